//! Sockets: graphql-transport-ws as its protocol says, by who may, within limits.

use std::time::Duration;

use kraamzicht::http::LiveSettings;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    harness::{both, sqlite},
    scene::{Heard, PERIOD, Socket, World},
};

const SUBMISSIONS: &str = "subscription { submissionsChanged { at submissions { id state } } }";
const VIEWER: &str = "{ viewer { role } }";

fn none() -> Value {
    json!({})
}

both! {
    async fn several_operations_go_on_at_once(database: TestDatabase) {
        let world = World::live(database, |_| (), LiveSettings::default()).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let mut socket = Socket::of(&world.base, officer.client.token()).await;
        socket.subscribe("a", SUBMISSIONS, &none()).await;
        socket.told("a").await;
        socket.subscribe("b", SUBMISSIONS, &none()).await;
        socket.told("b").await;
        // A question beside them is answered once.
        socket.subscribe("c", VIEWER, &none()).await;
        assert_eq!(socket.told("c").await, json!({ "role": "ORGANISATION" }));
        assert_eq!(socket.hear().await, Heard::Said(json!({ "id": "c", "type": "complete" })));
        socket.say(&json!({ "type": "ping", "payload": { "n": 1 } })).await;
        assert_eq!(socket.hear().await, Heard::Said(json!({ "type": "pong", "payload": { "n": 1 } })));
        // What is not wanted any more is not told, and its name is free.
        socket.say(&json!({ "id": "b", "type": "complete" })).await;
        socket.say(&json!({ "id": "b", "type": "complete" })).await;
        socket.subscribe("b", VIEWER, &none()).await;
        assert_eq!(socket.told("b").await, json!({ "role": "ORGANISATION" }));
        assert_eq!(socket.hear().await, Heard::Said(json!({ "id": "b", "type": "complete" })));
        let submission = officer.client.submit(&officer.file(PERIOD)).await;
        let told = socket.told("a").await;
        assert_eq!(told["submissions"], json!([{ "id": submission.id, "state": "CHECKED" }]));
        let second = officer.client.submit(&officer.file(PERIOD).with("KZ06", 301, 400)).await;
        assert_eq!(socket.told("a").await["submissions"][0]["id"], json!(second.id), "b is told nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_closed_with_the_code_of_the_protocol() {
    let live = LiveSettings { init_time_limit: Duration::from_millis(50), ..LiveSettings::default() };
    let world = World::live(sqlite(), |_| (), live).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    let token = officer.client.token();
    let init = |said: &str| json!({ "type": "connection_init", "payload": { "authorization": said } });

    let mut late = Socket::silent(&world.base).await;
    assert_eq!(late.hear().await, Heard::Closed(4408, "Connection initialisation timeout".to_owned()));
    let mut early = Socket::silent(&world.base).await;
    early.subscribe("1", VIEWER, &none()).await;
    assert_eq!(early.closed().await, 4401);
    for said in [json!({ "type": "connection_init" }), init("Bearer kz_x"), init("Basic x"), init("\n"), init("")] {
        let mut unknown = Socket::silent(&world.base).await;
        unknown.say(&said).await;
        assert_eq!(unknown.closed().await, 4403, "{said}");
    }
    let mut twice = Socket::of(&world.base, token).await;
    twice.say(&init(&format!("Bearer {token}"))).await;
    assert_eq!(twice.closed().await, 4429);
    let mut same = Socket::of(&world.base, token).await;
    same.subscribe("1", SUBMISSIONS, &none()).await;
    same.subscribe("1", SUBMISSIONS, &none()).await;
    assert_eq!(same.closed().await, 4409);
    for wrong in ["x", "[]", r#"{"type":"start"}"#, r#"{"type":"connection_ack"}"#, r#"{"id":"1","type":"subscribe"}"#]
    {
        let mut socket = Socket::of(&world.base, token).await;
        socket.say_text(wrong).await;
        assert_eq!(socket.closed().await, 4400, "{wrong}");
    }
    let mut binary = Socket::of(&world.base, token).await;
    binary.send(Message::binary(b"{}".to_vec())).await;
    assert_eq!(binary.closed().await, 4400);
    let mut long = Socket::of(&world.base, token).await;
    long.say_text("x".repeat(64 * 1_024 + 1)).await;
    assert_eq!(long.closed().await, 1009);
    // The header of the request says it as well.
    let header = format!("Bearer {token}");
    let headers = [("authorization", header.as_str())];
    let mut known = Socket::try_open(&world.base, "graphql-transport-ws", &headers).await.unwrap();
    known.say(&json!({ "type": "connection_init" })).await;
    assert_eq!(known.hear().await, Heard::Said(json!({ "type": "connection_ack" })));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_another_site_and_no_other_protocol() {
    let world = World::live(sqlite(), |_| (), LiveSettings::default()).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    let open = async |origin: &str| {
        Socket::try_open(&world.base, "graphql-transport-ws", &[("origin", origin)]).await.map(drop)
    };
    assert_eq!(open(&world.base).await, Ok(()));
    for other in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        assert_eq!(open(other).await, Err(403), "{other}");
    }
    // What only looks like the beginning of a socket.
    let half = officer.client.request(reqwest::Method::GET, "/graphql").header("upgrade", "websocket");
    assert_eq!(officer.client.send(half).await.status, 400);
    // The client library refuses an answer without the protocol that it asked for; a bare one shows the code.
    let mut wire = crate::scene::Wire::to(&world.base).await;
    let head = "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-ws\r\n\r\n";
    wire.say(head.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    while !heard.windows(2).any(|two| two == 4406_u16.to_be_bytes()) {
        let more = wire.hear_bytes().await;
        assert!(!more.is_empty(), "{}", String::from_utf8_lossy(&heard));
        heard.extend(more);
    }
    assert!(!String::from_utf8_lossy(&heard).to_lowercase().contains("sec-websocket-protocol"));
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_and_what_is_refused_ends_nothing_else() {
    let live = LiveSettings { operations: 2, connections_each: 2, connections: 3, ..LiveSettings::default() };
    let world = World::live(sqlite(), |_| (), live).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    let token = officer.client.token();
    let mut socket = Socket::of(&world.base, token).await;
    socket.subscribe("1", SUBMISSIONS, &none()).await;
    socket.told("1").await;
    let code = |heard: Heard, id: &str| {
        let Heard::Said(said) = heard else { panic!("{heard:?}") };
        assert_eq!((&said["id"], &said["type"]), (&json!(id), &json!("error")), "{said}");
        said["payload"][0]["extensions"]["code"].as_str().unwrap().to_owned()
    };
    // No changes over a socket, nothing that is not valid, nothing that is too large; the same guard as everywhere.
    let change = "mutation { withdrawSubmission(input: { submissionId: \"x\", reason: \"Weg\" }) { runIds } }";
    let deep = format!("{{ a(b: {}{}) }}", "[".repeat(60), "]".repeat(60));
    let wrong = [
        (change, "OPERATION_RESOLUTION_FAILURE"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        (&deep, "QUERY_TOO_DEEP"),
    ];
    for (document, expected) in wrong {
        socket.subscribe("2", document, &none()).await;
        assert_eq!(code(socket.hear().await, "2"), expected);
    }
    socket.say(&json!({ "id": "2", "type": "subscribe", "payload": { "query": 1 } })).await;
    assert_eq!(code(socket.hear().await, "2"), "BAD_REQUEST");
    socket.subscribe("2", SUBMISSIONS, &none()).await;
    socket.told("2").await;
    socket.subscribe("3", SUBMISSIONS, &none()).await;
    assert_eq!(code(socket.hear().await, "3"), "RATE_LIMITED");
    // So many sockets for one caller, so many in all.
    let second = Socket::of(&world.base, token).await;
    let mut third = Socket::silent(&world.base).await;
    let payload = json!({ "authorization": format!("Bearer {token}") });
    third.say(&json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(third.closed().await, 4429);
    drop(third);
    let waiting = loop {
        match Socket::try_open(&world.base, "graphql-transport-ws", &[]).await {
            Ok(socket) => break socket,
            Err(status) => assert_eq!(status, 429),
        }
    };
    assert_eq!(Socket::try_open(&world.base, "graphql-transport-ws", &[]).await.map(drop), Err(429));
    drop((second, waiting));
    // What went on goes on.
    officer.client.submit(&officer.file(PERIOD)).await;
    let mut names = Vec::new();
    for _ in 0..2 {
        let Heard::Said(said) = socket.hear().await else { panic!() };
        names.push(said["id"].as_str().unwrap().to_owned());
    }
    names.sort();
    assert_eq!(names, ["1", "2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_pinged_and_one_that_is_dead_is_let_go() {
    let live = LiveSettings { ping_every: Duration::from_millis(50), ..LiveSettings::default() };
    let world = World::live(sqlite(), |_| (), live).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    let mut socket = Socket::of(&world.base, officer.client.token()).await;
    assert!(socket.is_pinged().await);
    // The library answers when it is read from; one that never reads is gone after the next ping.
    let mut wire = crate::scene::Wire::to(&world.base).await;
    let head = "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n";
    wire.say(head.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    loop {
        let more = wire.hear_bytes().await;
        if more.is_empty() {
            break;
        }
        heard.extend(more);
    }
    assert!(heard.ends_with(&[0x89, 0]), "a ping, and no more");
}
