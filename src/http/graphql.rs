//! GraphQL over HTTP: POST with JSON or, for files, as a multipart form; and GET for queries only. What is asked comes as
//! text (`query`) or as the identifier of a trusted document (`documentId`). Whoever accepts an event stream, or asks for a
//! socket, goes the same way and is answered by [`live`].
//!
//! A request error (nothing was executed) has no `data`; its status is 400 for
//! `application/graphql-response+json`, and 200 for the older `application/json` where the parameters themselves
//! were well-formed, as the audits of the graphql-http project want. What exceeds a limit is 400 in both.

mod cache;
mod form;
mod live;
mod parameters;
mod reply;
#[cfg(test)]
mod tests;

use std::{future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_graphql::{Data, Executor, Variables};
use axum::{
    Router,
    body::Body,
    extract::State,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{ALLOW, CONTENT_TYPE},
        request::Parts,
    },
    response::{IntoResponse as _, Response},
    routing::any,
};
use futures_util::FutureExt as _;

use self::{
    cache::Answers,
    form::{Form, Slots},
    parameters::{Asked, Parameters, malformed},
    reply::{Failure, MediaType, Reply},
};
use super::{
    LiveSettings, Problem, Reference, SpoolSettings, body::BodyError, body::LimitedBody, negotiate, places::Places,
    preferred_language,
};
use crate::{
    domain::Text,
    graphql::{
        ReceivedFiles, TrustedDocuments,
        guard::{Admitted, Guard, OperationKind, Refusal},
    },
    service::Service,
};

const JSON: &str = "application/json";
const FORM: &str = "multipart/form-data";

/// Headers that no form of a browser has: whoever sends one was asked first whether it may.
const PREFLIGHT: [&str; 2] = ["graphql-require-preflight", "apollo-require-preflight"];

/// Recognises who asks, and says what they may ask. Anonymous is an answer too.
pub trait Authenticate: Send + Sync + 'static {
    /// Who asks.
    type Caller: Clone + Send + Sync;

    /// Who sends this request, or why it is refused. Sees the head of the request only.
    fn authenticate(&self, request: &Parts) -> impl Future<Output = Result<Self::Caller, Problem>> + Send;

    /// Whether `caller` may ask what is not written down, before it is looked at.
    fn admit_ad_hoc(&self, caller: &Self::Caller) -> Result<(), Problem>;

    /// Whether `caller` may ask this, with so many files, before any of them is read: what resolvers find in their
    /// context, and headers for the answer.
    fn admit(&self, caller: Self::Caller, asked: &Admitted, files: usize) -> Result<(Data, HeaderMap), Problem>;

    /// Whether `caller`, who came by `request`, is still who they were and may see what they might; asked before anything
    /// leaves on a connection that stays open. It is no act of theirs.
    fn still(&self, request: &Parts, caller: &Self::Caller) -> impl Future<Output = Result<(), Problem>> + Send;

    /// By what the open connections of `caller` are counted.
    fn name(&self, caller: &Self::Caller) -> String;
}

/// By which door somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// One answer.
    Answer,
    /// A stream of events.
    Stream,
    /// A socket.
    Socket,
}

/// The GraphQL endpoint: the engine, with the guard in front of it.
#[derive(Debug)]
pub struct GraphqlEndpoint<E, A> {
    executor: E,
    guard: Arc<Guard>,
    documents: Arc<TrustedDocuments>,
    authenticate: A,
    body_limit: u64,
    body_patience: Duration,
    time_limit: Duration,
    spool: Option<SpoolSettings>,
    answers: Option<Answers>,
    live: LiveSettings,
    places: Arc<Places>,
}

impl<E: Executor, A: Authenticate> GraphqlEndpoint<E, A> {
    /// An endpoint that reads bodies up to 256 KiB, waits ten seconds for each next piece, and gives an
    /// operation thirty seconds.
    pub fn new(executor: E, guard: Arc<Guard>, authenticate: A) -> Self {
        Self {
            executor,
            guard,
            documents: Arc::default(),
            authenticate,
            body_limit: 256 * 1024,
            body_patience: Duration::from_secs(10),
            time_limit: Duration::from_secs(30),
            spool: None,
            answers: None,
            live: LiveSettings::default(),
            places: Places::new(&LiveSettings::default()),
        }
    }

    /// The same, taking files as well.
    #[must_use]
    pub fn with_files(self, settings: SpoolSettings) -> Self {
        Self { spool: Some(settings), ..self }
    }

    /// The same, answering these documents by their identifiers too.
    #[must_use]
    pub fn with_documents(self, documents: Arc<TrustedDocuments>) -> Self {
        Self { documents, ..self }
    }

    /// The same, keeping answers of `service` for who asks the same again, up to so many bytes; 0 for none.
    #[must_use]
    pub fn with_answers_kept(self, service: &Service, bytes: usize) -> Self {
        Self { answers: (bytes > 0).then(|| Answers::new(service.clone(), bytes)), ..self }
    }

    /// The same, with other limits for connections that stay open.
    #[must_use]
    pub fn with_live(self, settings: LiveSettings) -> Self {
        Self { places: Places::new(&settings), live: settings, ..self }
    }

    /// The endpoint at `/graphql`.
    pub fn routes(self) -> Router {
        Router::new().route("/graphql", any(answer::<E, A>)).with_state(Arc::new(self))
    }

    async fn handle(&self, parts: &Parts, body: Body, form_of_answer: MediaType) -> Result<Reply, Failure> {
        let caller = self.authenticate.authenticate(parts).await?;
        let (parameters, form) = self.parameters(parts, body).await?;
        let examined = self.examine(parts, caller, parameters, form, Door::Answer)?;
        let mut kept = None;
        if let Some(answers) = &self.answers
            && let Some(place) = answers.place(&examined, parts, form_of_answer)
        {
            if let Some(reply) = answers.again(&place, parts, form_of_answer).await {
                return Ok(reply.with(examined.headers));
            }
            kept = Some((answers, place));
        }
        let (request, headers) = examined.request(parts).await?;
        let executed = tokio::time::timeout(self.time_limit, self.execute(request)).await;
        let response = executed.map_err(|_| Problem::took_too_long())?;
        let is_whole = response.as_ref().is_some_and(|response| response.errors.is_empty());
        let reply = Reply::executed(response, form_of_answer, preferred_language(&parts.headers), &reference(parts));
        let reply = match kept {
            Some((answers, place)) => answers.keep(place, reply, is_whole, parts, form_of_answer).await,
            None => reply,
        };
        Ok(reply.with(headers))
    }

    /// The one way to an execution, whatever the door.
    fn examine(
        &self,
        parts: &Parts,
        caller: A::Caller,
        parameters: Parameters,
        form: Option<(Form, Slots)>,
        door: Door,
    ) -> Result<Examined, Failure> {
        let (document, admitted) = self.admit(&caller, &parameters)?;
        check_kind(&admitted, door, &parts.method)?;
        admitted.check_variables(&parameters.variables)?;
        let files = form.as_ref().map_or(0, |(_, slots)| slots.len());
        if files > 0 && admitted.kind() != OperationKind::Mutation {
            return Err(malformed("alleen een mutatie neemt bestanden aan", "only a mutation takes files").into());
        }
        let (data, headers) = self.authenticate.admit(caller, &admitted, files)?;
        Ok(Examined { document, admitted, parameters, form, data, headers })
    }

    /// The text of the document that is asked, and what the guard makes of it.
    fn admit(&self, caller: &A::Caller, parameters: &Parameters) -> Result<(String, Admitted), Failure> {
        let name = parameters.operation_name.as_deref();
        match &parameters.asked {
            Asked::AdHoc(text) => {
                self.authenticate.admit_ad_hoc(caller)?;
                Ok((text.clone(), self.guard.admit(text, name)?))
            }
            Asked::Trusted(id) => {
                let found = self.documents.find(id).ok_or_else(unknown_document)?;
                if name.is_some_and(|name| found.admitted.operation_name() != Some(name)) {
                    return Err(Refusal::Operation("the document has no operation of this name".to_owned()).into());
                }
                Ok((found.operation.document.clone(), found.admitted.clone()))
            }
        }
    }

    /// What is asked; and of a form, what is still to be read.
    async fn parameters(&self, parts: &Parts, body: Body) -> Result<(Parameters, Option<(Form, Slots)>), Problem> {
        if parts.method != Method::POST {
            return Ok((Parameters::from_query(parts.uri.query().unwrap_or_default())?, None));
        }
        if !negotiate::has_content_type(&parts.headers, FORM) {
            return Ok((Parameters::from_json(&self.read(body).await?)?, None));
        }
        let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let settings = self.spool.as_ref().ok_or_else(|| Problem::unsupported_media_type(JSON))?;
        let mut form = Form::new(content_type, body, settings)?;
        let (parameters, slots) = form.parameters().await?;
        Ok((parameters, Some((form, slots))))
    }

    async fn read(&self, body: Body) -> Result<Vec<u8>, Problem> {
        let body = LimitedBody::new(body, self.body_limit, self.body_patience);
        let read = match body {
            Ok(body) => body.collect().await,
            Err(error) => Err(error),
        };
        read.map_err(|error| match error {
            BodyError::TooLarge => Problem::too_large(self.body_limit),
            BodyError::Stalled => Problem::timed_out(),
            BodyError::CutOff => malformed("het verzoek brak af", "the request was cut off"),
        })
    }

    /// `None` when the engine panicked: the panic hook has logged it, in the span that carries the reference.
    async fn execute(&self, request: async_graphql::Request) -> Option<async_graphql::Response> {
        AssertUnwindSafe(self.executor.execute(request)).catch_unwind().await.ok()
    }
}

/// What may be executed.
struct Examined {
    /// The text of the document.
    document: String,
    admitted: Admitted,
    parameters: Parameters,
    /// Of a form, what is still to be read.
    form: Option<(Form, Slots)>,
    /// What resolvers find in their context.
    data: Data,
    /// For the answer.
    headers: HeaderMap,
}

impl Examined {
    /// The request for the engine, with its files, and headers for the answer.
    async fn request(self, parts: &Parts) -> Result<(async_graphql::Request, HeaderMap), Failure> {
        let document = self.admitted.respelled().map_or(self.document, str::to_owned);
        let variables = serde_json::Value::Object(self.parameters.variables);
        let mut request = async_graphql::Request::new(document).variables(Variables::from_json(variables));
        request.operation_name = self.parameters.operation_name;
        request.data = self.data;
        if let Some(prepared) = self.admitted.prepared() {
            request = prepared.ask(request);
        }
        request.data.insert(reference(parts));
        if let Some((form, slots)) = self.form {
            request.data.insert(ReceivedFiles::new(form.files(slots).await?));
        }
        Ok((request, self.headers))
    }
}

async fn answer<E: Executor, A: Authenticate>(
    State(endpoint): State<Arc<GraphqlEndpoint<E, A>>>,
    request: axum::extract::Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let language = preferred_language(&parts.headers);
    if live::is_upgrade(&parts) {
        return live::open_socket(endpoint, parts).await;
    }
    if live::accepts_events(&parts.headers) {
        return live::open_events(endpoint, parts, body).await;
    }
    let Some(form) = MediaType::preferred(&parts.headers) else {
        return Reply::failed(Problem::not_acceptable(&MediaType::offered()).into(), MediaType::Json, language)
            .into_response();
    };
    let reply = match check_request(&parts) {
        Ok(()) => endpoint.handle(&parts, body, form).await,
        Err(problem) => Err(problem.into()),
    };
    let response = reply.unwrap_or_else(|failure| Reply::failed(failure, form, language)).into_response();
    with_methods(response, &parts.method)
}

/// A method that is not allowed is told with those that are.
fn with_methods(mut response: Response, method: &Method) -> Response {
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let allowed = if *method == Method::GET || *method == Method::HEAD { "POST" } else { "GET, POST" };
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    }
    response
}

/// JSON is read, and a form whose sender says that no browser sends it across origins without asking first: with a header
/// of its own.
fn check_request(parts: &Parts) -> Result<(), Problem> {
    match parts.method {
        Method::GET | Method::HEAD => Ok(()),
        Method::POST if negotiate::is_coded(&parts.headers) => Err(Problem::unsupported_encoding()),
        Method::POST if negotiate::has_content_type(&parts.headers, JSON) => Ok(()),
        Method::POST if negotiate::has_content_type(&parts.headers, FORM) => {
            let said = |name| parts.headers.get(name).is_some_and(|value: &HeaderValue| !value.is_empty());
            if PREFLIGHT.into_iter().any(said) { Ok(()) } else { Err(Problem::preflight_missing(PREFLIGHT[0])) }
        }
        Method::POST => Err(Problem::unsupported_media_type(JSON)),
        _ => Err(Problem::method_not_allowed()),
    }
}

fn check_kind(admitted: &Admitted, door: Door, method: &Method) -> Result<(), Failure> {
    let refused = |message: &str| Err(Refusal::Operation(message.to_owned()).into());
    match (admitted.kind(), door) {
        (OperationKind::Query, _) | (OperationKind::Subscription, Door::Stream | Door::Socket) => Ok(()),
        (OperationKind::Mutation, Door::Socket) => refused("mutations are not served over a socket"),
        (OperationKind::Mutation, _) if *method == Method::POST => Ok(()),
        (OperationKind::Mutation, _) => Err(Problem::method_not_allowed().into()),
        (OperationKind::Subscription, Door::Answer) => {
            refused("subscriptions are not served over plain requests; accept text/event-stream, or open a WebSocket")
        }
    }
}

/// 400: no document is written down under this identifier. Which there are is at `/console/examples.json`.
fn unknown_document() -> Problem {
    let text = |nl: &str, en: &str| Text { nl: nl.to_owned(), en: en.to_owned() };
    Problem::new(
        StatusCode::BAD_REQUEST,
        "DOCUMENT_UNKNOWN",
        text("Onbekende vraag", "Unknown document"),
        text(
            "Er is geen vaste vraag met dit documentId: sha256: en 64 hexadecimale tekens. /console/examples.json noemt ze.",
            "There is no trusted document with this documentId: sha256: and 64 hexadecimal characters. \
             /console/examples.json has them.",
        ),
    )
}

fn reference(parts: &Parts) -> Reference {
    parts.extensions.get::<Reference>().cloned().unwrap_or_default()
}
