//! Those who are asked: each a process of its own, stopped when it is dropped.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use axum::{Router, body::Bytes, http::header::CONTENT_TYPE, routing::any};
use serde_json::Value;

use super::{
    FOLDER,
    load::{Request, fetch},
};

/// A server that answers.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    port: u16,
    token: String,
}

impl Server {
    /// Starts `command`, which prints a line that ends in its port.
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let port = loop {
            let line = lines.next().expect("it says where it listens").expect("text");
            let end = line.rsplit(':').next().and_then(|end| end.trim_end_matches('/').parse().ok());
            if let Some(port) = end {
                break port;
            }
        };
        // Goes on reading, or it could not go on writing.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, port, token: String::new() }
    }

    fn request(&self, line: &str, headers: &str, body: &str) -> Request {
        let text = format!(
            "{line} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nAccept: application/json\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            self.token,
            body.len()
        );
        Request { port: self.port, process: self.child.id(), bytes: text.into_bytes() }
    }

    /// The question in `body`.
    pub(crate) fn post(&self, body: &str) -> Request {
        self.request("POST /graphql", "", body)
    }

    /// The same by GET, from one who has the answer.
    pub(crate) fn get_known(&self, body: &str) -> Request {
        let asked: Value = serde_json::from_str(body).expect("JSON");
        let encode = |text: &str| text.bytes().fold(String::new(), |all, byte| all + &format!("%{byte:02X}"));
        let query = encode(asked["query"].as_str().unwrap_or_default());
        let head = format!("GET /graphql?query={query}&variables={}", encode(&asked["variables"].to_string()));
        let tag = fetch(&self.request(&head, "", "")).tag;
        assert!(!tag.is_empty(), "the answer has a tag");
        self.request(&head, &format!("If-None-Match: {tag}\r\n"), "")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// This program, serving the demo's sector.
pub(crate) fn kraamzicht(options: &[&str]) -> Server {
    let tokens = Path::new(FOLDER).join("tokens.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kraamzicht"));
    command.args(["--data-dir", &format!("{FOLDER}/data"), "demo", "--listen", "127.0.0.1:0", "--tokens"]).arg(&tokens);
    command.args(["--requests-per-minute", "0", "--points-per-minute", "0"]).args(options);
    command.stderr(fs::File::create(Path::new(FOLDER).join("server.log")).expect("target can be written"));
    let mut server = Server::start(command);
    let tokens: Value = serde_json::from_slice(&fs::read(tokens).expect("the tokens")).expect("JSON");
    tokens["inspector"].as_str().expect("a token").clone_into(&mut server.token);
    server
}

/// The peer, serving what was exported.
pub(crate) fn peer() -> Server {
    let (source, folder) =
        (Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers"), PathBuf::from(FOLDER).join("node"));
    fs::create_dir_all(&folder).expect("target can be written");
    let mut is_new = !folder.join("node_modules").exists();
    for file in ["package.json", "package-lock.json", "peer.mjs"] {
        let (wanted, known) = (fs::read(source.join(file)).expect("a file of ours"), fs::read(folder.join(file)).ok());
        is_new |= file != "peer.mjs" && known.as_ref() != Some(&wanted);
        fs::write(folder.join(file), wanted).expect("target can be written");
    }
    if is_new {
        let installed = Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder).status();
        assert!(installed.expect("npm is there").success(), "the peer is installed");
    }
    let mut command = Command::new("node");
    command.arg(folder.join("peer.mjs")).arg(Path::new(FOLDER).join("scores.json")).arg(source.join("schema.graphql"));
    command.env("NODE_ENV", "production");
    Server::start(command)
}

/// The same bytes for whatever is asked, from memory.
pub(crate) fn bytes(name: &str, body: &[u8]) -> Server {
    let path = Path::new(FOLDER).join(format!("{name}.json"));
    fs::write(&path, body).expect("target can be written");
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.arg("--bytes").arg(path);
    Server::start(command)
}

/// Serves a file as [`bytes`] wants it.
pub(crate) fn serve_bytes(path: &str) {
    let body = Bytes::from(fs::read(path).expect("a file"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let answer = any(async move || ([(CONTENT_TYPE, "application/json")], body));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("http://{}", listener.local_addr().expect("an address"));
        axum::serve(listener, Router::new().route("/graphql", answer)).await.expect("it serves");
    });
}
