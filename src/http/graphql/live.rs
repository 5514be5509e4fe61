//! Connections that stay open: a stream of events for each operation (graphql-sse, "distinct connections mode"), or a
//! socket for several (graphql-transport-ws).
//!
//! Both go the way of every request, by [`GraphqlEndpoint::examine`]. Before anything leaves on them, and when nothing does
//! from time to time, whoever is on them must still be who they were. What waits to be sent is pulled from where it comes
//! from: a client that does not read holds up nobody and fills nothing.

mod events;
mod message;
mod socket;

use std::panic::AssertUnwindSafe;

use async_graphql::{Executor, Request, Response};
use axum::http::{
    HeaderMap, Method, StatusCode,
    header::{HOST, ORIGIN, UPGRADE},
    request::Parts,
    uri::Authority,
};
use futures_util::{
    FutureExt as _, StreamExt as _,
    stream::{self, BoxStream},
};

use tokio::{sync::mpsc, task::AbortHandle};
use tracing::Instrument as _;

use super::{Authenticate, GraphqlEndpoint};
use crate::http::{Problem, negotiate};

pub(super) use self::{events::open_events, socket::open_socket};

const EVENTS: &str = "text/event-stream";

/// Whether a stream of events is what the request accepts most.
pub(super) fn accepts_events(headers: &HeaderMap) -> bool {
    let offered = ["application/json", "application/graphql-response+json", EVENTS];
    negotiate::preferred(headers, &offered) == Some(EVENTS)
}

/// Whether the request asks to become a socket.
pub(super) fn is_upgrade(parts: &Parts) -> bool {
    let asked = parts.headers.get(UPGRADE).and_then(|value| value.to_str().ok());
    parts.method == Method::GET && asked.is_some_and(|asked| asked.eq_ignore_ascii_case("websocket"))
}

/// Whether the page that asks, if a page does, is of this server: browsers let any page open a socket.
fn is_of_this_site(parts: &Parts) -> bool {
    let Some(origin) = parts.headers.get(ORIGIN) else { return true };
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| parts.uri.authority().map(Authority::as_str));
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    // The proxy in front has the scheme; the port is in both, unless it is the scheme's own.
    origin.zip(host).is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host))
}

/// What an operation answers, event by event; `None` as the last when the engine panicked. At most one waits to be taken.
///
/// A task of its own, so that an answer that is being made goes on while the connection does something else: it may hold
/// what that needs, as connections to the database. It ends when what it answers is dropped.
fn responses<E: Executor, A: Authenticate>(
    endpoint: &GraphqlEndpoint<E, A>,
    request: Request,
) -> BoxStream<'static, Option<Response>> {
    let mut answers = endpoint.executor.execute_stream(request, None);
    let (tell, answered) = mpsc::channel(1);
    let work = async move {
        loop {
            let answer = match AssertUnwindSafe(answers.next()).catch_unwind().await {
                Ok(Some(answer)) => Some(answer),
                Ok(None) => return,
                Err(_) => None,
            };
            let is_last = answer.is_none();
            if tell.send(answer).await.is_err() || is_last {
                return;
            }
        }
    };
    let task = Task(tokio::spawn(work.in_current_span()).abort_handle());
    stream::unfold((answered, task), async |(mut answered, task)| Some((answered.recv().await?, (answered, task))))
        .boxed()
}

/// A task that nobody waits for any more is ended.
struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Whether the answer to a caller who is looked up once more says no, and not that nobody could look.
fn is_refusal(problem: &Problem) -> bool {
    matches!(problem.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn asked(headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::get("/graphql");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_page_of_another_site_opens_no_socket() {
        let of = |origin| is_of_this_site(&asked(&[("host", "kraamzicht.example:8080"), ("origin", origin)]));
        assert!(of("https://kraamzicht.example:8080") && of("http://Kraamzicht.example:8080"));
        for other in ["https://kraamzicht.example", "https://evil.example:8080", "null", "kraamzicht.example:8080", ""]
        {
            assert!(!of(other), "{other}");
        }
        assert!(is_of_this_site(&asked(&[("host", "x")])), "what is no page has no origin");
        assert!(!is_of_this_site(&asked(&[("origin", "https://x")])));
    }

    #[test]
    fn events_are_for_who_wants_them_most() {
        let wants = |accept| accepts_events(&asked(&[("accept", accept)]).headers);
        assert!(wants("text/event-stream") && wants("text/event-stream, */*;q=0.1"));
        assert!(!wants("*/*") && !wants("application/json, text/event-stream;q=0.5") && !wants("text/html"));
        assert!(!accepts_events(&asked(&[]).headers));
    }
}
