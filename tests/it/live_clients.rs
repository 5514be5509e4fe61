//! The public clients of both protocols against the real server: npm `graphql-sse` and `graphql-ws`.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::{
    harness::{postgres, sqlite},
    scene::{PERIOD, Program, Submission, World, last_year, make_in_real_time},
};

const SUBMISSIONS: &str = "subscription { submissionsChanged { at submissions { id state } } }";

const MISSING: &str = "the public clients are not installed: run scripts/test, or `npm ci` on a copy of tests/clients-live in \
    target/clients-live";

/// The clients as scripts/test installs them, with the program of today.
fn folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("target/clients-live");
    assert!(folder.join("node_modules/graphql-ws").is_dir(), "{MISSING}");
    fs::copy(root.join("tests/clients-live/follow.mjs"), folder.join("follow.mjs")).unwrap();
    folder
}

/// A client in a process of its own.
struct Node {
    child: Child,
    said: ChildStdin,
    heard: UnboundedReceiver<String>,
}

impl Drop for Node {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Node {
    fn start(protocol: &str, base: &str, token: &str) -> Self {
        let mut command = Command::new("node");
        command.arg(folder().join("follow.mjs")).args([protocol, &format!("{base}/graphql"), token]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect(MISSING);
        let said = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (say, heard) = unbounded_channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| say.send(line)));
        Self { child, said, heard }
    }

    fn follow(&mut self, query: &str) {
        let line = format!("{}\n", json!({ "query": query }));
        self.said.write_all(line.as_bytes()).unwrap();
    }

    async fn heard(&mut self) -> Value {
        let line = tokio::time::timeout(Duration::from_mins(2), self.heard.recv()).await.expect("nothing came");
        serde_json::from_str(&line.expect("the client is gone")).unwrap()
    }

    async fn told(&mut self) -> Value {
        let mut heard = self.heard().await;
        assert!(heard["next"]["data"]["submissionsChanged"].is_object(), "{heard}");
        heard["next"]["data"]["submissionsChanged"].take()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_clients_are_told() {
    let mut world = World::live(sqlite(), |_| (), kraamzicht::http::LiveSettings::default()).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    let mut clients = Vec::new();
    for protocol in ["sse", "ws"] {
        let mut node = Node::start(protocol, &world.base, officer.client.token());
        node.follow(SUBMISSIONS);
        assert_eq!(node.told().await["submissions"], json!([]));
        // What is wrong with a document is told as the protocol has it.
        node.follow("subscription { nothing }");
        let wrong = node.heard().await;
        assert!(wrong.to_string().contains("GRAPHQL_VALIDATION_FAILED"), "{wrong}");
        if protocol == "sse" {
            assert_eq!(node.heard().await, json!({ "complete": true }));
        }
        // A question beside it.
        node.follow("{ viewer { role } }");
        assert_eq!(node.heard().await, json!({ "next": { "data": { "viewer": { "role": "ORGANISATION" } } } }));
        assert_eq!(node.heard().await, json!({ "complete": true }));
        clients.push(node);
    }
    let submission = officer.client.submit(&officer.file(PERIOD)).await;
    for node in &mut clients {
        assert_eq!(node.told().await["submissions"], json!([{ "id": submission.id, "state": "CHECKED" }]));
    }
    for (protocol, expected) in [("sse", "401"), ("ws", "4403")] {
        let mut unknown = Node::start(protocol, &world.base, "kz_nobody");
        unknown.follow(SUBMISSIONS);
        let heard = unknown.heard().await.to_string();
        assert!(heard.contains(expected) || heard.contains("Unauthorized"), "{heard}");
    }
    // Both know the end of a server from the end of an operation.
    world.stop().await;
    for node in &mut clients {
        let heard = node.heard().await;
        assert!(heard.get("error").is_some() || heard["closed"] == 1012, "{heard}");
    }
}

/// Two servers as operators run them, on one database: what is done at one is told at the other.
#[tokio::test(flavor = "multi_thread")]
async fn two_server_processes_tell_of_one_another() {
    let database = postgres().await;
    let period = last_year();
    make_in_real_time(&database, &period).await;
    let (mut one, mut other) = (Program::on(&database.url), Program::on(&database.url));
    one.start();
    other.start();
    let token = one.token(&crate::scene::agb_code(1));
    let base = other.server().url("");
    let mut clients = Vec::new();
    for protocol in ["sse", "ws"] {
        let mut node = Node::start(protocol, base.trim_end_matches('/'), &token);
        node.follow(SUBMISSIONS);
        node.told().await;
        clients.push(node);
    }
    let officer = one.client(&token);
    let file = crate::scene::Indicators::ordinary(&crate::scene::agb_code(1), &period, 1);
    let submission: Submission = officer.submit(&file).await;
    officer.approve(&[&submission]).await;
    for node in &mut clients {
        for state in ["CHECKED", "APPROVED"] {
            assert_eq!(node.told().await["submissions"], json!([{ "id": submission.id, "state": state }]));
        }
    }
    // Taken back at one, closed at the other, within a sign of life.
    let list = one.run(&["token", "list"]);
    let id = list.split_whitespace().rfind(|word| word.starts_with("tok_")).unwrap().to_owned();
    one.run(&["token", "revoke", &id]);
    let heard = clients[0].heard().await.to_string();
    assert!(heard.contains("UNAUTHENTICATED"), "{heard}");
    let heard = clients[1].heard().await;
    assert_eq!(heard["closed"], 4403, "{heard}");
    assert_eq!(other.take_server().stop(), Some(0));
}
