//! A line to PostgreSQL that can be cut: what a server sees when its database goes away.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
};

use super::TestDatabase;

/// The real address of a database.
#[derive(Clone, Debug)]
enum Address {
    Socket(PathBuf),
    Network(String),
}

#[derive(Debug)]
struct State {
    up: watch::Sender<bool>,
    /// Bytes that went to the database.
    sent: AtomicU64,
    /// The line breaks when so many have gone.
    most: AtomicU64,
}

/// A line to one database, up until it is cut.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The database by way of this line.
    pub(crate) url: String,
    state: Arc<State>,
}

impl Line {
    /// A line to a PostgreSQL database.
    pub(crate) async fn to(database: &TestDatabase) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, url) = detour(&database.url, listener.local_addr().unwrap());
        let most = AtomicU64::new(u64::MAX);
        let state = Arc::new(State { up: watch::Sender::new(true), sent: AtomicU64::new(0), most });
        tokio::spawn(serve(listener, address, Arc::clone(&state)));
        Self { url, state }
    }

    /// Breaks every connection, and every one that is tried.
    pub(crate) fn cut(&self) {
        self.state.up.send_replace(false);
    }

    /// Cuts it once `more` further bytes have gone to the database.
    pub(crate) fn cut_after(&self, more: u64) {
        self.state.most.store(self.sent() + more, Ordering::SeqCst);
    }

    /// Waits until it is cut.
    pub(crate) async fn is_cut(&self) {
        self.state.up.subscribe().wait_for(|up| !up).await.unwrap();
    }

    /// Makes it whole again.
    pub(crate) fn mend(&self) {
        self.state.most.store(u64::MAX, Ordering::SeqCst);
        self.state.up.send_replace(true);
    }

    /// How many bytes went to the database.
    pub(crate) fn sent(&self) -> u64 {
        self.state.sent.load(Ordering::SeqCst)
    }
}

/// Where the database of `url` is, and a URL that leads to it by way of `line`.
fn detour(url: &str, line: SocketAddr) -> (Address, String) {
    let (head, parameters) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = head.split_once("://").unwrap();
    let (authority, name) = rest.split_once('/').unwrap();
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
    let folder = parameters.split('&').find_map(|parameter| parameter.strip_prefix("host=/"));
    let address = match folder {
        Some(folder) => Address::Socket(PathBuf::from(format!("/{folder}/.s.PGSQL.5432"))),
        None if host.contains(':') => Address::Network(host.to_owned()),
        None => Address::Network(format!("{host}:5432")),
    };
    let role = parameters.split('&').find(|parameter| parameter.starts_with("options[role]="));
    let role = role.map_or_else(String::new, |role| format!("&{role}"));
    let user = if user.is_empty() { String::new() } else { format!("{user}@") };
    (address, format!("{scheme}://{user}{line}/{name}?sslmode=disable{role}"))
}

async fn serve(listener: TcpListener, address: Address, state: Arc<State>) {
    while let Ok((near, _)) = listener.accept().await {
        if !*state.up.borrow() {
            continue;
        }
        let (address, state) = (address.clone(), Arc::clone(&state));
        tokio::spawn(async move {
            match address {
                Address::Socket(path) => carry(near, UnixStream::connect(path).await.unwrap(), &state).await,
                Address::Network(host) => carry(near, TcpStream::connect(host).await.unwrap(), &state).await,
            }
        });
    }
}

/// Carries bytes both ways until one end closes or the line is cut.
async fn carry(near: TcpStream, far: impl AsyncRead + AsyncWrite, state: &State) {
    let (mut near_read, mut near_write) = near.into_split();
    let (mut far_read, mut far_write) = split(far);
    let mut up = state.up.subscribe();
    let forth = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = near_read.read(&mut buffer).await {
            let before = state.sent.fetch_add(count as u64, Ordering::SeqCst);
            let room = state.most.load(Ordering::SeqCst).saturating_sub(before);
            let going = count.min(usize::try_from(room).unwrap_or(usize::MAX));
            if far_write.write_all(&buffer[..going]).await.is_err() || going < count {
                state.up.send_replace(false);
                break;
            }
        }
    };
    tokio::select! {
        () = forth => {}
        _ = tokio::io::copy(&mut far_read, &mut near_write) => {}
        _ = up.wait_for(|up| !up) => {}
    }
}

#[test]
fn a_detour_keeps_user_and_database() {
    let line: SocketAddr = "127.0.0.1:9".parse().unwrap();
    let (address, url) = detour("postgres://k@localhost/test_1?host=/tmp/x&options[role]=r", line);
    assert!(matches!(address, Address::Socket(path) if path.ends_with("x/.s.PGSQL.5432")));
    assert_eq!(url, "postgres://k@127.0.0.1:9/test_1?sslmode=disable&options[role]=r");
    let (address, url) = detour("postgres://k:p@db:5433/test_1", line);
    assert!(matches!(address, Address::Network(host) if host == "db:5433"));
    assert_eq!(url, "postgres://k:p@127.0.0.1:9/test_1?sslmode=disable");
}
