//! Those who are told what changes: by a stream of events, or on a socket.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Response;
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest as _, protocol::CloseFrame},
};

use super::{Answer, Client};

/// What never comes fails the test after a while that no machine needs.
const PATIENCE: Duration = Duration::from_mins(2);

/// What comes on a stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// A sign of life.
    Beat,
    /// A result.
    Next(Value),
    /// The end of the operation.
    Complete,
    /// The end of the connection, without the end of the operation.
    End,
}

/// A stream of events.
#[derive(Debug)]
pub(crate) struct Events {
    response: Response,
    buffer: String,
}

impl Events {
    /// Subscribes; what is wrong with the request is an answer.
    pub(crate) async fn try_open(client: &Client, query: &str, variables: &Value) -> Result<Self, Answer> {
        let request = client.graphql(query, variables).header("accept", "text/event-stream");
        // The header that the helper sets for plain requests.
        let mut request = request.build().unwrap();
        request.headers_mut().insert("accept", "text/event-stream".parse().unwrap());
        let response = reqwest::Client::new().execute(request).await.unwrap();
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        if kind.starts_with("text/event-stream") {
            assert_eq!(response.status(), 200);
            return Ok(Self { response, buffer: String::new() });
        }
        let (status, headers) = (response.status(), response.headers().clone());
        Err(Answer { status, headers, text: response.text().await.unwrap() })
    }

    /// Subscribes.
    pub(crate) async fn open(client: &Client, query: &str, variables: &Value) -> Self {
        Self::try_open(client, query, variables).await.unwrap()
    }

    /// What comes next.
    pub(crate) async fn event(&mut self) -> Event {
        timeout(PATIENCE, self.read()).await.expect("nothing came")
    }

    async fn read(&mut self) -> Event {
        loop {
            if let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.buffer = rest;
                return parse(&event);
            }
            match self.response.chunk().await {
                Ok(Some(bytes)) => self.buffer.push_str(std::str::from_utf8(&bytes).unwrap()),
                Ok(None) | Err(_) => return Event::End,
            }
        }
    }

    /// The next result, whole, signs of life left out.
    pub(crate) async fn result(&mut self) -> Value {
        loop {
            match self.event().await {
                Event::Beat => {}
                Event::Next(result) => return result,
                other => panic!("{other:?} came in place of a result"),
            }
        }
    }

    /// The next thing that is told by the operation's one field.
    pub(crate) async fn told(&mut self) -> Value {
        let mut result = self.result().await;
        assert!(result.get("errors").is_none(), "{result}");
        let data = result["data"].as_object_mut().unwrap();
        assert_eq!(data.len(), 1);
        data.values_mut().next().unwrap().take()
    }

    /// What comes next that is no sign of life.
    pub(crate) async fn last(&mut self) -> Event {
        loop {
            match self.event().await {
                Event::Beat => {}
                other => return other,
            }
        }
    }
}

fn parse(event: &str) -> Event {
    if event == ":" {
        return Event::Beat;
    }
    let mut lines = event.lines();
    let name = lines.next().unwrap().strip_prefix("event: ").unwrap();
    let data = lines.next().unwrap().strip_prefix("data: ").unwrap();
    assert_eq!(lines.next(), None);
    match name {
        "next" => Event::Next(serde_json::from_str(data).unwrap()),
        "complete" if data.is_empty() => Event::Complete,
        other => panic!("an event {other}"),
    }
}

/// A socket.
#[derive(Debug)]
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What came on a socket.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Heard {
    Said(Value),
    Closed(u16, String),
    Gone,
}

impl Socket {
    /// Opens one; an error when the server refuses, with its status.
    pub(crate) async fn try_open(base: &str, protocol: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let url = format!("{}/graphql", base.replacen("http", "ws", 1));
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            // The client's own check of the protocol.
            Err(other) => panic!("{other}"),
        }
    }

    /// Opens one and says nothing.
    pub(crate) async fn silent(base: &str) -> Self {
        Self::try_open(base, "graphql-transport-ws", &[]).await.unwrap()
    }

    /// Opens one and says who is there.
    pub(crate) async fn of(base: &str, token: &str) -> Self {
        let mut socket = Self::silent(base).await;
        let payload = json!({ "authorization": format!("Bearer {token}") });
        socket.say(&json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.hear().await, Heard::Said(json!({ "type": "connection_ack" })));
        socket
    }

    pub(crate) async fn say(&mut self, message: &Value) {
        self.say_text(message.to_string()).await;
    }

    pub(crate) async fn say_text(&mut self, text: impl Into<String>) {
        self.send(Message::text(text.into())).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        // A server that closes may be gone already.
        self.0.send(message).await.ok();
    }

    pub(crate) async fn subscribe(&mut self, id: &str, query: &str, variables: &Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(&json!({ "id": id, "type": "subscribe", "payload": payload })).await;
    }

    /// What comes next; pings of the server are answered by the library.
    pub(crate) async fn hear(&mut self) -> Heard {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("nothing came") {
                Some(Ok(Message::Text(text))) => return Heard::Said(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(Some(CloseFrame { code, reason })))) => {
                    return Heard::Closed(code.into(), reason.to_string());
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(other)) => panic!("{other:?}"),
                Some(Err(_)) | None => return Heard::Gone,
            }
        }
    }

    /// Whether the next thing is a ping of the server.
    pub(crate) async fn is_pinged(&mut self) -> bool {
        let next = timeout(PATIENCE, self.0.next()).await.expect("nothing came");
        matches!(next, Some(Ok(Message::Ping(_))))
    }

    /// The next message, which must be a result of operation `id`: what its one field says.
    pub(crate) async fn told(&mut self, id: &str) -> Value {
        let Heard::Said(mut said) = self.hear().await else { panic!("no result") };
        assert_eq!((&said["id"], &said["type"]), (&json!(id), &json!("next")), "{said}");
        assert!(said["payload"].get("errors").is_none(), "{said}");
        said["payload"]["data"].as_object_mut().unwrap().values_mut().next().unwrap().take()
    }

    /// The code with which the server closes, whatever it says before.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            match self.hear().await {
                Heard::Said(_) => {}
                Heard::Closed(code, reason) => {
                    assert!(reason.len() <= 123, "{reason}");
                    return code;
                }
                Heard::Gone => panic!("closed without a word"),
            }
        }
    }
}
