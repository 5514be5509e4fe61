//! The messages of graphql-transport-ws, and the codes with which a socket is closed.

use axum::extract::ws::{CloseFrame, Message};
use serde_json::{Map, Value, json};

/// The longest that the name of an operation may be, in bytes.
const LONGEST_ID: usize = 128;

/// What a client says.
#[derive(Debug, PartialEq)]
pub(super) enum Said {
    /// Who it is.
    Init(Map<String, Value>),
    /// A sign of life, to be answered.
    Ping(Option<Value>),
    /// An answer to one.
    Pong,
    /// An operation: its name, and the parameters of a GraphQL request.
    Subscribe(String, Value),
    /// The operation of that name is not wanted any more.
    Complete(String),
}

/// Why a socket is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// What came is no message of the protocol.
    BadRequest(&'static str),
    /// An operation before it was said who asks.
    Unauthorized,
    /// Nobody known, or no longer.
    Forbidden,
    /// Another protocol.
    NotAcceptable,
    /// It was not said in time who asks.
    InitTimeout,
    /// An operation of that name is going on.
    AlreadyExists(String),
    /// It was said twice who asks.
    TooManyInits,
    /// The caller has too many sockets, or asked too often.
    TooMany,
    /// A message that is too long.
    TooLarge,
    /// The server stops, or its database is away.
    Restart,
    /// A fault of ours.
    Internal,
}

impl Close {
    /// As the protocol has it. A reason has at most 123 bytes.
    pub(super) fn frame(&self) -> Message {
        let (code, reason) = match self {
            Self::BadRequest(reason) => (4400, (*reason).to_owned()),
            Self::Unauthorized => (4401, "Unauthorized".to_owned()),
            Self::Forbidden => (4403, "Forbidden".to_owned()),
            Self::NotAcceptable => (4406, "Subprotocol not acceptable".to_owned()),
            Self::InitTimeout => (4408, "Connection initialisation timeout".to_owned()),
            Self::AlreadyExists(id) if id.len() <= 60 => (4409, format!("Subscriber for {id} already exists")),
            Self::AlreadyExists(_) => (4409, "Subscriber already exists".to_owned()),
            Self::TooManyInits => (4429, "Too many initialisation requests".to_owned()),
            Self::TooMany => (4429, "Too many requests".to_owned()),
            Self::TooLarge => (1009, "Message too big".to_owned()),
            Self::Restart => (1012, "Service restart".to_owned()),
            Self::Internal => (4500, "Internal server error".to_owned()),
        };
        Message::Close(Some(CloseFrame { code, reason: reason.into() }))
    }
}

impl Said {
    /// Reads what came; anything else than the protocol knows closes the socket.
    pub(super) fn read(text: &str) -> Result<Self, Close> {
        let Ok(Value::Object(mut fields)) = serde_json::from_str(text) else {
            return Err(Close::BadRequest("Invalid message: expected a JSON object"));
        };
        let payload = fields.remove("payload").filter(|payload| !payload.is_null());
        let id = |fields: &mut Map<String, Value>| match fields.remove("id") {
            Some(Value::String(id)) if !id.is_empty() && id.len() <= LONGEST_ID => Ok(id),
            _ => Err(Close::BadRequest("Invalid message: expected an id of 1 to 128 bytes")),
        };
        match fields.get("type").and_then(Value::as_str) {
            Some("connection_init") => match payload {
                None => Ok(Self::Init(Map::new())),
                Some(Value::Object(payload)) => Ok(Self::Init(payload)),
                Some(_) => Err(Close::BadRequest("Invalid message: the payload of connection_init is no object")),
            },
            Some("ping") => Ok(Self::Ping(payload)),
            Some("pong") => Ok(Self::Pong),
            Some("subscribe") => match payload {
                Some(payload @ Value::Object(_)) => Ok(Self::Subscribe(id(&mut fields)?, payload)),
                _ => Err(Close::BadRequest("Invalid message: the payload of subscribe is no object")),
            },
            Some("complete") => Ok(Self::Complete(id(&mut fields)?)),
            Some(_) => Err(Close::BadRequest("Invalid message: a type that the protocol does not know")),
            None => Err(Close::BadRequest("Invalid message: expected a type")),
        }
    }
}

/// It is known who asks.
pub(super) fn ack() -> Message {
    text(&json!({ "type": "connection_ack" }))
}

/// The answer to a sign of life.
pub(super) fn pong(payload: Option<Value>) -> Message {
    match payload {
        Some(payload) => text(&json!({ "type": "pong", "payload": payload })),
        None => text(&json!({ "type": "pong" })),
    }
}

/// A result: `response` is the JSON text of a GraphQL response.
pub(super) fn next(id: &str, response: &[u8]) -> Message {
    let response = String::from_utf8_lossy(response);
    Message::text(format!(r#"{{"id":{},"type":"next","payload":{response}}}"#, json!(id)))
}

/// An operation that was not executed: `response` is the JSON text of a GraphQL response with its errors.
pub(super) fn error(id: &str, response: &[u8]) -> Message {
    let errors = serde_json::from_slice(response).map_or(Value::Null, |mut response: Value| response["errors"].take());
    text(&json!({ "id": id, "type": "error", "payload": errors }))
}

/// The end of an operation.
pub(super) fn complete(id: &str) -> Message {
    text(&json!({ "id": id, "type": "complete" }))
}

fn text(message: &Value) -> Message {
    Message::text(message.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_the_protocol_are_read() {
        assert_eq!(Said::read(r#"{"type":"connection_init"}"#), Ok(Said::Init(Map::new())));
        assert_eq!(Said::read(r#"{"type":"ping","payload":{"a":1}}"#), Ok(Said::Ping(Some(json!({ "a": 1 })))));
        assert_eq!(Said::read(r#"{"type":"pong","more":1}"#), Ok(Said::Pong));
        let subscribe = r#"{"id":"1","type":"subscribe","payload":{"query":"{a}"}}"#;
        assert_eq!(Said::read(subscribe), Ok(Said::Subscribe("1".to_owned(), json!({ "query": "{a}" }))));
        assert_eq!(Said::read(r#"{"id":"1","type":"complete"}"#), Ok(Said::Complete("1".to_owned())));
    }

    #[test]
    fn everything_else_closes_the_socket_with_a_reason_that_fits() {
        let long = format!(r#"{{"id":"{}","type":"complete"}}"#, "x".repeat(LONGEST_ID + 1));
        for text in [
            "",
            "x",
            "[]",
            "1",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"start"}"#,
            r#"{"type":"connection_ack"}"#,
            r#"{"type":"connection_init","payload":"x"}"#,
            r#"{"type":"subscribe","payload":{}}"#,
            r#"{"id":"1","type":"subscribe"}"#,
            r#"{"id":"","type":"complete"}"#,
            r#"{"id":1,"type":"complete"}"#,
            &long,
        ] {
            let close = Said::read(text).unwrap_err();
            assert!(matches!(close, Close::BadRequest(_)), "{text}");
        }
        for close in
            [Close::AlreadyExists("x".repeat(LONGEST_ID)), Close::AlreadyExists("x".repeat(60)), Close::InitTimeout]
        {
            let Message::Close(Some(frame)) = close.frame() else { panic!() };
            assert!(frame.reason.len() <= 123, "{close:?}");
        }
    }

    #[test]
    fn what_is_sent_is_json_with_the_response_as_it_is() {
        let said = |message: Message| serde_json::from_str::<Value>(message.to_text().unwrap()).unwrap();
        let response = br#"{"data":{"a":"\"1\""}}"#;
        let expected = json!({ "id": "a\"b", "type": "next", "payload": { "data": { "a": "\"1\"" } } });
        assert_eq!(said(next("a\"b", response)), expected);
        let errors = br#"{"errors":[{"message":"no"}]}"#;
        assert_eq!(said(error("1", errors)), json!({ "id": "1", "type": "error", "payload": [{ "message": "no" }] }));
    }
}
