//! A connection on which a test says every byte itself.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// One connection to the server.
#[derive(Debug)]
pub(crate) struct Wire(TcpStream);

impl Wire {
    /// Connects to the server at `base`.
    pub(crate) async fn to(base: &str) -> Self {
        Self(TcpStream::connect(base.trim_start_matches("http://")).await.unwrap())
    }

    /// Begins an upload: the head, and the headers that say how the body comes.
    pub(crate) async fn begin_upload(&mut self, token: &str, body_headers: &str) {
        let head =
            format!("POST /uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{body_headers}\r\n\r\n");
        self.say(head.as_bytes()).await.unwrap();
    }

    /// Sends bytes; an error when the server no longer takes them.
    pub(crate) async fn say(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.write_all(bytes).await
    }

    /// Reads until the server closes the connection.
    pub(crate) async fn hear_to_the_end(&mut self) -> String {
        let mut all = Vec::new();
        let mut buffer = [0; 4_096];
        // A server that stopped reading may reset the connection once it has said its last.
        while let Ok(count @ 1..) = self.0.read(&mut buffer).await {
            all.extend_from_slice(&buffer[..count]);
        }
        String::from_utf8(all).unwrap()
    }

    /// Reads a little, whatever it is; nothing at the end.
    pub(crate) async fn hear_bytes(&mut self) -> Vec<u8> {
        let mut buffer = vec![0; 16 * 1_024];
        let count = self.0.read(&mut buffer).await.unwrap_or(0);
        buffer.truncate(count);
        buffer
    }

    /// Reads a little.
    pub(crate) async fn hear(&mut self) -> String {
        let mut buffer = vec![0; 16 * 1_024];
        let count = self.0.read(&mut buffer).await.unwrap();
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    }
}

/// Waits until `holds`. What never comes fails the test after a while that no machine needs.
pub(crate) async fn until(holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_mins(2), "what was waited for did not come");
        tokio::task::yield_now().await;
    }
}
