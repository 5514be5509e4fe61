//! Asks the same question over and over, and looks at what the server spends on it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

/// Connections at a time.
const CONNECTIONS: usize = 4;

/// What is asked of whom.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) port: u16,
    pub(crate) process: u32,
    pub(crate) bytes: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) tag: String,
    pub(crate) body: Vec<u8>,
}

/// One answer.
pub(crate) fn fetch(request: &Request) -> Answer {
    let mut connection = Connection::open(request.port);
    connection.ask(&request.bytes)
}

/// The processor time of each per request, in milliseconds. They take turns, so that what else the machine does is shared.
pub(crate) fn alternate<const COUNT: usize>(
    requests: [&Request; COUNT],
    time: Duration,
    rounds: usize,
) -> [f64; COUNT] {
    for request in requests {
        repeat(request, Duration::from_millis(300));
    }
    let mut totals = [(0_u64, 0_u64); COUNT];
    for _ in 0..rounds {
        for (total, request) in totals.iter_mut().zip(requests) {
            let before = ticks(request.process);
            total.0 += repeat(request, time);
            total.1 += ticks(request.process) - before;
        }
    }
    // A tick is a hundredth of a second on every Linux there is.
    totals.map(|(asked, ticks)| 10.0 * ticks as f64 / asked as f64)
}

fn repeat(request: &Request, time: Duration) -> u64 {
    let asking = |_| {
        let request = request.clone();
        thread::spawn(move || {
            let mut connection = Connection::open(request.port);
            let expected = connection.ask(&request.bytes);
            let (begun, mut count) = (Instant::now(), 1);
            while begun.elapsed() < time {
                let answer = connection.ask(&request.bytes);
                assert_eq!((answer.status, answer.body.len()), (expected.status, expected.body.len()));
                count += 1;
            }
            count
        })
    };
    let threads: Vec<_> = (0..CONNECTIONS).map(asking).collect();
    threads.into_iter().map(|thread| thread.join().expect("every question is answered")).sum()
}

/// What a process and its threads spent so far.
fn ticks(process: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).expect("the server is alive");
    let fields = text.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.skip(11).take(2).map(|field| field.parse::<u64>().expect("a number")).sum()
}

struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        Self { stream: BufReader::with_capacity(256 << 10, stream) }
    }

    fn ask(&mut self, request: &[u8]) -> Answer {
        self.stream.get_mut().write_all(request).expect("the server listens");
        let (mut status, mut length, mut is_chunked, mut tag) = (0, 0, false, String::new());
        loop {
            let line = self.line();
            if line.is_empty() {
                break;
            }
            if status == 0 {
                status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
            } else if let Some((name, value)) = line.split_once(": ") {
                match name.to_ascii_lowercase().as_str() {
                    "content-length" => length = value.parse().expect("a length"),
                    "transfer-encoding" => is_chunked = value == "chunked",
                    "etag" => value.clone_into(&mut tag),
                    _ => {}
                }
            }
        }
        let mut body = Vec::new();
        loop {
            if is_chunked {
                length = usize::from_str_radix(&self.line(), 16).expect("a length");
            }
            let start = body.len();
            body.resize(start + length, 0);
            self.stream.read_exact(body.get_mut(start..).expect("just made")).expect("a whole answer");
            if !is_chunked {
                break;
            }
            self.line();
            if length == 0 {
                break;
            }
        }
        Answer { status, tag, body }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("an answer");
        line.trim_end().to_owned()
    }
}
