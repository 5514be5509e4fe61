//! A stream of events for one operation: `next` with each result, `complete` at the end.

use std::sync::Arc;

use async_graphql::{Executor, Response as Answer};
use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, VARY},
        request::Parts,
    },
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::{is_refusal, responses};
use crate::{
    domain::Language,
    http::{
        Problem,
        graphql::{
            Authenticate, Door, GraphqlEndpoint, check_request, reference,
            reply::{Failure, MediaType, Reply, is_away},
            with_methods,
        },
        places::Place,
        preferred_language,
        server::Stopping,
    },
};

/// A sign of life, and what says that the stream has begun.
const BEAT: &[u8] = b":\n\n";

/// After how many seconds it is worth trying again when too many streams are open.
const RETRY_AFTER: u64 = 10;

/// Answers with a stream of events. What is wrong with the request as such is answered with its status; what is wrong with
/// the document, as the protocol wants, by the first event.
pub(in crate::http::graphql) async fn open_events<E: Executor, A: Authenticate>(
    endpoint: Arc<GraphqlEndpoint<E, A>>,
    parts: Parts,
    body: Body,
) -> Response {
    let language = preferred_language(&parts.headers);
    let (method, opened) = (parts.method.clone(), open(&endpoint, &parts, body).await);
    let (events, headers) = match opened {
        Ok((caller, place, answers, headers)) => {
            let mut beat = interval_at(Instant::now() + endpoint.live.beat_every, endpoint.live.beat_every);
            beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let stopping = Stopping::of(&parts);
            let events =
                Events { endpoint, parts, language, caller, answers, beat, stopping, is_over: false, _place: place };
            let events = stream::unfold(events, async |mut events: Events<E, A>| Some((events.next().await?, events)));
            let begun = stream::once(async { Bytes::from_static(BEAT) });
            (begun.chain(events).boxed(), headers)
        }
        Err(failure @ Failure::Document(_)) => {
            let told = Reply::failed(failure, MediaType::GraphqlResponse, language).body();
            let events = vec![event("next", &told), event("complete", b"")];
            (stream::iter(events).boxed(), axum::http::HeaderMap::new())
        }
        Err(failure) => {
            let response = Reply::failed(failure, MediaType::GraphqlResponse, language).into_response();
            return with_methods(response, &method);
        }
    };
    let mut response =
        (StatusCode::OK, Body::from_stream(events.map(Ok::<_, std::convert::Infallible>))).into_response();
    let all = response.headers_mut();
    all.extend(headers);
    all.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    all.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store, no-transform"));
    all.insert(VARY, HeaderValue::from_static("Accept, Accept-Language, Authorization"));
    // For proxies that would gather the answer before they pass it on.
    all.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

type Opened<C> = (C, Place, BoxStream<'static, Option<Answer>>, axum::http::HeaderMap);

async fn open<E: Executor, A: Authenticate>(
    endpoint: &GraphqlEndpoint<E, A>,
    parts: &Parts,
    body: Body,
) -> Result<Opened<A::Caller>, Failure> {
    check_request(parts)?;
    let caller = endpoint.authenticate.authenticate(parts).await?;
    let too_many = || Problem::rate_limited(RETRY_AFTER);
    let mut place = endpoint.places.take().ok_or_else(too_many)?;
    if !place.is_for(endpoint.authenticate.name(&caller)) {
        return Err(too_many().into());
    }
    let (parameters, form) = endpoint.parameters(parts, body).await?;
    let examined = endpoint.examine(parts, caller.clone(), parameters, form, Door::Stream)?;
    let (request, headers) = examined.request(parts).await?;
    Ok((caller, place, responses(endpoint, request), headers))
}

/// An event; JSON has no line ends within it.
fn event(name: &str, data: &[u8]) -> Bytes {
    let parts: [&[u8]; 5] = [b"event: ", name.as_bytes(), b"\ndata: ", data, b"\n\n"];
    Bytes::from(parts.concat())
}

struct Events<E, A: Authenticate> {
    endpoint: Arc<GraphqlEndpoint<E, A>>,
    parts: Parts,
    language: Language,
    caller: A::Caller,
    answers: BoxStream<'static, Option<Answer>>,
    beat: Interval,
    stopping: Stopping,
    is_over: bool,
    _place: Place,
}

impl<E: Executor, A: Authenticate> Events<E, A> {
    async fn next(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        // In no order, so that none of these holds up another.
        tokio::select! {
            // Without `complete`: whoever listens comes back, to another process or after the restart.
            () = self.stopping.wait() => None,
            _ = self.beat.tick() => match self.still().await {
                Err(problem) if is_refusal(&problem) => Some(self.refused(problem)),
                _ => Some(Bytes::from_static(BEAT)),
            },
            answer = self.answers.next() => match answer {
                Some(answer) => Some(self.told(answer).await),
                None => Some(self.last(Bytes::new())),
            },
        }
    }

    async fn still(&mut self) -> Result<(), Problem> {
        self.endpoint.authenticate.still(&self.parts, &self.caller).await
    }

    async fn told(&mut self, answer: Option<Answer>) -> Bytes {
        if let Err(problem) = self.still().await {
            return self.refused(problem);
        }
        // A change that cannot be told whole is not told: whoever listens comes back for it.
        if answer.as_ref().is_some_and(is_away) {
            return self.refused(Problem::database_away());
        }
        self.is_over = answer.is_none();
        let reply = Reply::executed(answer, MediaType::GraphqlResponse, self.language, &reference(&self.parts));
        let told = event("next", &reply.body());
        if self.is_over { self.last(told) } else { told }
    }

    /// The end of a stream whose caller is not, or not known to be, who they were.
    fn refused(&mut self, problem: Problem) -> Bytes {
        let told = Reply::failed(problem.into(), MediaType::GraphqlResponse, self.language).body();
        self.last(event("next", &told))
    }

    fn last(&mut self, told: Bytes) -> Bytes {
        self.is_over = true;
        Bytes::from([told, event("complete", b"")].concat())
    }
}
