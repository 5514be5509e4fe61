//! A socket for several operations: graphql-transport-ws, and no other protocol.
//!
//! One task for each. It waits for whatever comes first and sends one message at a time, so that what a client does not
//! take stays where it comes from.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Executor, Response as Answer};
use axum::{
    extract::{
        FromRequestParts as _,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderValue, StatusCode, header::AUTHORIZATION, request::Parts},
    response::Response,
};
use futures_util::{
    StreamExt as _,
    stream::{self, AbortHandle, Abortable, BoxStream, SelectAll},
};
use serde_json::{Map, Value};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until, timeout};
use tracing::Instrument as _;

use super::{
    is_of_this_site, is_refusal,
    message::{self, Close, Said},
    responses,
};
use crate::{
    domain::{Language, Text},
    http::{
        Problem,
        graphql::{
            Authenticate, Door, GraphqlEndpoint,
            parameters::Parameters,
            reference,
            reply::{Failure, MediaType, Reply, is_away},
        },
        places::Place,
        preferred_language,
        server::Stopping,
    },
};

const PROTOCOL: &str = "graphql-transport-ws";

/// After how many seconds it is worth trying again when too many sockets are open.
const RETRY_AFTER: u64 = 10;

/// Makes of a request a socket.
pub(in crate::http::graphql) async fn open_socket<E: Executor, A: Authenticate>(
    endpoint: Arc<GraphqlEndpoint<E, A>>,
    mut parts: Parts,
) -> Response {
    let language = preferred_language(&parts.headers);
    let refused = |problem: Problem| problem.into_response_in(language);
    if !is_of_this_site(&parts) {
        return refused(foreign());
    }
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &()).await else {
        return refused(Problem::bad_request(Text {
            nl: "Dit is geen verzoek om een WebSocket.".to_owned(),
            en: "This is no request for a WebSocket.".to_owned(),
        }));
    };
    let Some(place) = endpoint.places.take() else { return refused(Problem::rate_limited(RETRY_AFTER)) };
    let most = endpoint.live.message_bytes;
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(most).max_frame_size(most);
    let is_spoken = upgrade.selected_protocol().is_some();
    let stopping = Stopping::of(&parts);
    let span = tracing::Span::current();
    upgrade.on_upgrade(move |socket| {
        let connection = Connection::new(endpoint, parts, language, socket, stopping, place);
        async move { connection.run(is_spoken).await }.instrument(span)
    })
}

/// 403: a page of another site asks for a socket.
fn foreign() -> Problem {
    let title = Text { nl: "Niet toegestaan".to_owned(), en: "Forbidden".to_owned() };
    let detail = Text {
        nl: "Een pagina van een andere site opent hier geen WebSocket.".to_owned(),
        en: "A page of another site opens no WebSocket here.".to_owned(),
    };
    Problem::new(StatusCode::FORBIDDEN, "FOREIGN_ORIGIN", title, detail)
}

/// What an operation gives.
enum Given {
    Answer(Box<Option<Answer>>),
    End,
}

type Running = Abortable<BoxStream<'static, (Arc<str>, Given)>>;

struct Connection<E, A: Authenticate> {
    endpoint: Arc<GraphqlEndpoint<E, A>>,
    parts: Parts,
    language: Language,
    socket: WebSocket,
    stopping: Stopping,
    place: Place,
    caller: Option<A::Caller>,
    running: SelectAll<Running>,
    names: HashMap<Arc<str>, AbortHandle>,
    /// Whether anything came since the last ping.
    is_alive: bool,
}

impl<E: Executor, A: Authenticate> Connection<E, A> {
    fn new(
        endpoint: Arc<GraphqlEndpoint<E, A>>,
        parts: Parts,
        language: Language,
        socket: WebSocket,
        stopping: Stopping,
        place: Place,
    ) -> Self {
        let (running, names) = (SelectAll::new(), HashMap::new());
        Self { endpoint, parts, language, socket, stopping, place, caller: None, running, names, is_alive: true }
    }

    async fn run(mut self, is_spoken: bool) {
        let ended = if is_spoken { self.talk().await } else { Err(End::Close(Close::NotAcceptable)) };
        if let Err(End::Close(close)) = ended {
            tracing::debug!(?close, "a socket is closed");
            // Whoever is gone needs no goodbye.
            self.send(close.frame()).await.ok();
        }
    }

    async fn talk(&mut self) -> Result<(), End> {
        let live = self.endpoint.live.clone();
        let init_until = Instant::now() + live.init_time_limit;
        let (mut ping, mut beat) = (turns(live.ping_every), turns(live.beat_every));
        loop {
            // In no order, so that none of these holds up another.
            tokio::select! {
                () = self.stopping.wait() => return Err(Close::Restart.into()),
                () = sleep_until(init_until), if self.caller.is_none() => return Err(Close::InitTimeout.into()),
                _ = beat.tick(), if self.caller.is_some() => self.look_again(false).await?,
                _ = ping.tick() => {
                    if !std::mem::take(&mut self.is_alive) {
                        return Err(End::Gone);
                    }
                    self.send(Message::Ping(bytes::Bytes::new())).await?;
                }
                heard = self.socket.recv() => {
                    self.is_alive = true;
                    match heard {
                        Some(Ok(Message::Text(text))) => self.hear(text.as_str()).await?,
                        Some(Ok(Message::Binary(_))) => return Err(Close::BadRequest("Invalid message: binary").into()),
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
                        Some(Err(error)) => return Err(broken(error)),
                    }
                }
                Some((name, given)) = self.running.next(), if !self.running.is_empty() => self.tell(&name, given).await?,
            }
        }
    }

    async fn hear(&mut self, text: &str) -> Result<(), End> {
        match Said::read(text)? {
            Said::Init(payload) => self.init(&payload).await,
            Said::Ping(payload) => self.send(message::pong(payload)).await,
            Said::Pong => Ok(()),
            Said::Complete(name) => {
                if let Some(handle) = self.names.remove(name.as_str()) {
                    handle.abort();
                }
                Ok(())
            }
            Said::Subscribe(..) if self.caller.is_none() => Err(Close::Unauthorized.into()),
            Said::Subscribe(name, payload) => self.begin(name, &payload).await,
        }
    }

    /// It is said who asks: by the header of the request, or, as browsers can send none, by the payload.
    async fn init(&mut self, payload: &Map<String, Value>) -> Result<(), End> {
        if self.caller.is_some() {
            return Err(Close::TooManyInits.into());
        }
        let said = ["authorization", "Authorization"].iter().find_map(|name| payload.get(*name)?.as_str());
        if let Some(said) = said {
            let value = HeaderValue::from_str(said).map_err(|_| Close::Forbidden)?;
            self.parts.headers.insert(AUTHORIZATION, value);
        }
        let caller = self.endpoint.authenticate.authenticate(&self.parts).await.map_err(|problem| close(&problem))?;
        if !self.place.is_for(self.endpoint.authenticate.name(&caller)) {
            return Err(Close::TooMany.into());
        }
        self.caller = Some(caller);
        self.send(message::ack()).await
    }

    async fn begin(&mut self, name: String, payload: &Value) -> Result<(), End> {
        if self.names.contains_key(name.as_str()) {
            return Err(Close::AlreadyExists(name).into());
        }
        if self.names.len() >= self.endpoint.live.operations {
            let failure = Problem::rate_limited(RETRY_AFTER).into();
            return self.send(self.failed(&name, failure)).await;
        }
        // An operation is a request like any other: its caller is looked up, counted and charged.
        let caller = self.endpoint.authenticate.authenticate(&self.parts).await;
        let caller = match caller {
            Err(problem) if is_refusal(&problem) => return Err(Close::Forbidden.into()),
            caller => caller.map_err(Failure::from),
        };
        let request = match (caller, Parameters::from_json(payload.to_string().as_bytes())) {
            (Ok(caller), Ok(parameters)) => {
                match self.endpoint.examine(&self.parts, caller, parameters, None, Door::Socket) {
                    Ok(examined) => examined.request(&self.parts).await,
                    Err(failure) => Err(failure),
                }
            }
            (Err(failure), _) => Err(failure),
            (_, Err(problem)) => Err(problem.into()),
        };
        match request {
            Ok((request, _)) => {
                let name: Arc<str> = name.into();
                let given = responses(&self.endpoint, request).map(|answer| Given::Answer(Box::new(answer)));
                let given = given.chain(stream::once(async { Given::End }));
                let whose = Arc::clone(&name);
                let (handle, registration) = AbortHandle::new_pair();
                let named = given.map(move |given| (Arc::clone(&whose), given)).boxed();
                self.running.push(Abortable::new(named, registration));
                self.names.insert(name, handle);
                Ok(())
            }
            Err(failure) => self.send(self.failed(&name, failure)).await,
        }
    }

    fn failed(&self, name: &str, failure: Failure) -> Message {
        message::error(name, &Reply::failed(failure, MediaType::GraphqlResponse, self.language).body())
    }

    async fn tell(&mut self, name: &Arc<str>, given: Given) -> Result<(), End> {
        let Given::Answer(answer) = given else {
            self.names.remove(name);
            return self.send(message::complete(name)).await;
        };
        self.look_again(true).await?;
        // A change that cannot be told whole is not told: whoever listens comes back for it.
        if (*answer).as_ref().is_some_and(is_away) {
            return Err(Close::Restart.into());
        }
        let is_panic = answer.is_none();
        let reply = Reply::executed(*answer, MediaType::GraphqlResponse, self.language, &reference(&self.parts));
        let told = reply.body();
        if is_panic {
            if let Some(handle) = self.names.remove(name) {
                handle.abort();
            }
            return self.send(message::error(name, &told)).await;
        }
        self.send(message::next(name, &told)).await
    }

    /// Whether the caller is still who they were. That nobody could look is a reason to send nothing.
    async fn look_again(&mut self, is_sending: bool) -> Result<(), End> {
        let Some(caller) = &self.caller else { return Ok(()) };
        match self.endpoint.authenticate.still(&self.parts, caller).await {
            Err(problem) if is_sending || is_refusal(&problem) => Err(close(&problem).into()),
            _ => Ok(()),
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        let sent = timeout(self.endpoint.live.send_time_limit, self.socket.send(message)).await;
        match sent {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Gone),
        }
    }
}

/// How a talk ends.
enum End {
    /// By us.
    Close(Close),
    /// The other side is gone, or takes nothing any more.
    Gone,
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

fn turns(every: std::time::Duration) -> Interval {
    let mut turns = interval_at(Instant::now() + every, every);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    turns
}

/// Why a caller is refused, as a code.
fn close(problem: &Problem) -> Close {
    match problem.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Close::Forbidden,
        StatusCode::TOO_MANY_REQUESTS => Close::TooMany,
        StatusCode::SERVICE_UNAVAILABLE => Close::Restart,
        _ => Close::Internal,
    }
}

/// What came is too long, or no WebSocket any more.
fn broken(error: axum::Error) -> End {
    let source = error.into_inner();
    if source.to_string().contains("too long") { Close::TooLarge.into() } else { End::Gone }
}
