//! The service's routes, wired to the use-cases.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_graphql::Data;
use axum::{
    Json, Router,
    body::Body,
    extract::{FromRef, Path, Request, State},
    http::{
        HeaderMap, HeaderName, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
        request::Parts,
    },
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use bytes::Bytes;
use serde_json::json;

use super::{
    Authenticate, GraphqlEndpoint, Problem, ServerSettings, SpoolSettings, console_routes, copies, exports, file_name,
    metrics::{Metrics, bearer, scrape},
    negotiate, openapi,
    origin::origin,
    protect,
    rates::Rates,
    session::{self, SignIn},
    spool,
    upload::NAMELESS,
};
use crate::{
    domain::{Actor, Call, Digest, Entry, Instant, ReceiptId},
    graphql::{
        self, Loads, Operation, Snapshot, TrustedDocuments,
        guard::{Admitted, Guard, Limits, OperationKind},
    },
    service::{Error, Service, causes, must_deliver},
};

/// The media types in which files come. Anything may be in them: what it is, intake finds out.
const FILE_TYPES: [&str; 5] = [
    "text/csv",
    "application/octet-stream",
    "application/vnd.ms-excel",
    "text/plain",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
];

/// The wiring failed: a fault of this program, found at the start.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// The guard does not understand the schema.
    #[error("the GraphQL schema is not understood by its guard")]
    Schema(#[from] graphql::guard::SchemaError),
    /// A trusted document cannot be offered.
    #[error("a trusted document cannot be offered")]
    Operation(#[from] graphql::OperationError),
    /// The guard refuses a trusted document.
    #[error("a trusted document is refused")]
    Document(#[from] graphql::DocumentError),
    /// The console's examples or the description of the API are no JSON.
    #[error("the console's examples or the description of the API are no JSON")]
    Json(#[from] serde_json::Error),
}

/// All routes of the service, with what protects them.
pub fn routes(service: &Service, settings: &ServerSettings) -> Result<Router, WiringError> {
    let sdl = graphql::sdl();
    let guard = Arc::new(Guard::new(&sdl, Limits::default())?);
    let documents = Arc::new(TrustedDocuments::new(&guard, Operation::embedded()?)?);
    let door = Door::new(service, settings);
    let metrics = Metrics::of(service, &door.rates);
    let spool = SpoolSettings::new(&service.settings().spool_folder, service.settings().upload_limit);
    let endpoint = GraphqlEndpoint::new(graphql::schema(service.clone()), guard, door.clone())
        .with_documents(Arc::clone(&documents))
        .with_files(spool)
        .with_answers_kept(service, settings.answers_kept)
        .with_live(settings.live.clone());
    let own = Router::new()
        .route("/", get(async || Redirect::to("/console")))
        .route("/uploads", post(upload))
        .route("/receipts/key", get(receipt_key))
        .route("/receipts/{id}", get(receipt))
        .route("/submissions/{id}/{file}", get(copies::annotated_copy))
        .route("/templates/{dataset}/{file}", get(copies::template))
        .route("/v1/exports/scores", get(exports::scores))
        .route("/v1/exports/signals", get(exports::signals))
        .route("/v1/exports/observations", get(exports::observations))
        .route("/v1/exports/submissions", get(exports::submissions))
        .route("/health", get(async || Json(json!({ "status": "ok" }))))
        .route("/ready", get(ready))
        .with_state(door.clone());
    let scrape = Router::new().route("/metrics", get(scrape)).with_state((metrics.clone(), settings.metrics_token));
    let description = Bytes::from(serde_json::to_vec(&openapi::document(service)?)?);
    let description = move || async move { ([(CONTENT_TYPE, "application/json")], description) };
    let router = own
        .merge(session::routes(door))
        .merge(endpoint.routes())
        .merge(console_routes(sdl, &documents.all())?)
        .merge(scrape);
    let router = router.route("/openapi.json", get(description));
    Ok(protect(router, settings, &metrics))
}

/// Where everybody comes in: recognises who holds a bearer token or a session, and counts what they ask.
#[derive(Clone, Debug)]
pub(super) struct Door {
    pub(super) service: Service,
    rates: Arc<Rates>,
    proxies: Arc<[IpAddr]>,
    requests: Arc<AtomicU64>,
    sign_in: Option<SignIn>,
}

impl FromRef<Door> for Service {
    fn from_ref(door: &Door) -> Self {
        door.service.clone()
    }
}

impl Door {
    fn new(service: &Service, settings: &ServerSettings) -> Self {
        Self {
            service: service.clone(),
            rates: Arc::new(Rates::new(&settings.rates, &service.clock())),
            proxies: settings.rates.proxies.clone().into(),
            requests: Arc::default(),
            sign_in: settings.sign_in.clone().map(SignIn::new),
        }
    }

    /// Who sends this request: by their token, or else by their session, which changes nothing on behalf of a page of
    /// another site.
    pub(super) async fn recognise(&self, request: &Parts) -> Result<Actor, Problem> {
        if let Some(secret) = bearer(&request.headers) {
            let call = self.call(request);
            let actor = self.look_up(secret, call, self.service.authenticate(secret, call)).await?;
            self.rates.request(actor.entry)?;
            return Ok(actor);
        }
        if let Some(sign_in) = &self.sign_in
            && sign_in.session(&request.headers).is_some()
        {
            sign_in.check_origin(request)?;
        }
        let found = self.session(request).await.unwrap_or_else(|| Err(Problem::unauthenticated()));
        found.map(|(actor, _)| actor)
    }

    /// Who holds the session that a request brings, and until when it lasts at most; `None` when it brings none.
    pub(super) async fn session(&self, request: &Parts) -> Option<Result<(Actor, Instant), Problem>> {
        let secret = self.sign_in.as_ref()?.session(&request.headers)?;
        let call = self.call(request);
        let found = self.look_up(secret, call, self.service.authenticate_session(secret, call)).await;
        Some(found.and_then(|(actor, until)| {
            self.rates.request(actor.entry)?;
            Ok((actor, until))
        }))
    }

    /// What `looked` finds of who holds `secret`; counts it when it was a guess.
    async fn look_up<T>(
        &self,
        secret: &str,
        call: Call,
        looked: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Problem> {
        let digest = Digest::of(secret.as_bytes());
        self.rates.attempt(call.origin, digest)?;
        match looked.await {
            Ok(found) => {
                self.rates.recognised(call.origin, digest);
                Ok(found)
            }
            // It was no attempt if nobody could look.
            Err(Error::Unauthenticated) => {
                self.rates.unknown(digest);
                Err(Problem::unauthenticated())
            }
            Err(error) => {
                self.rates.not_looked_up(call.origin, digest);
                Err(failure(&self.service, &error))
            }
        }
    }

    /// The request, with a number of its own.
    pub(super) fn call(&self, request: &Parts) -> Call {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        Call { number, origin: origin(request, &self.proxies), ..Call::LOCAL }
    }

    /// How people sign in; not found where they cannot.
    pub(super) fn sign_in(&self) -> Result<&SignIn, Problem> {
        self.sign_in.as_ref().ok_or_else(Problem::not_found)
    }

    /// How often whom has asked what.
    pub(super) fn rates(&self) -> &Rates {
        &self.rates
    }
}

impl Door {
    /// Takes the points that a document costs, and notes both for the audit log; gives the headers that say how many are
    /// left.
    pub(super) fn charge(&self, actor: &mut Actor, document: Digest, cost: u32) -> Result<HeaderMap, Problem> {
        let headers = self.rates.points(actor.entry, cost)?;
        actor.call.document = Some(document);
        actor.call.cost = Some(cost);
        Ok(headers)
    }
}

impl Authenticate for Door {
    type Caller = Actor;

    async fn authenticate(&self, request: &Parts) -> Result<Actor, Problem> {
        self.recognise(request).await
    }

    fn admit_ad_hoc(&self, actor: &Actor) -> Result<(), Problem> {
        match actor.entry {
            Entry::Session(_) => Err(session::trusted_documents_only()),
            Entry::Machine | Entry::Token(_) => Ok(()),
        }
    }

    fn admit(&self, mut actor: Actor, asked: &Admitted, files: usize) -> Result<(Data, HeaderMap), Problem> {
        if files > 0 {
            // Before a byte of them is read; the use-case asks it again.
            must_deliver(&actor).map_err(|error| failure(&self.service, &error))?;
        }
        let mut headers = self.charge(&mut actor, asked.hash(), asked.cost())?;
        headers.insert(HeaderName::from_static("query-cost"), asked.cost().into());
        self.rates.uploads(actor.entry, u32::try_from(files).unwrap_or(u32::MAX))?;
        let mut data = Data::default();
        if asked.kind() == OperationKind::Query {
            data.insert(actor.call.present.map_or_else(Snapshot::default, Snapshot::at));
        }
        data.insert(actor);
        data.insert(Loads::default());
        Ok((data, headers))
    }

    async fn still(&self, request: &Parts, before: &Actor) -> Result<(), Problem> {
        // Not counted, neither as a request nor as a use.
        let call = self.call(request);
        let session = || self.sign_in.as_ref().and_then(|sign_in| sign_in.session(&request.headers));
        let found = if let Some(secret) = bearer(&request.headers) {
            self.service.token_holder(secret, call).await
        } else if let Some(secret) = session() {
            self.service.session_holder(secret, call).await.map(|(actor, _)| actor)
        } else {
            return Err(Problem::unauthenticated());
        };
        let now = found.map_err(|error| failure(&self.service, &error))?;
        let is_same = (now.entry, now.role, now.scope) == (before.entry, before.role, before.scope);
        if is_same { Ok(()) } else { Err(Problem::unauthenticated()) }
    }

    fn name(&self, actor: &Actor) -> String {
        actor.to_string()
    }
}

/// `POST /uploads`: the bytes of one file as the body; answers its identifier and digest.
async fn upload(State(door): State<Door>, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let service = &door.service;
    let actor = door.recognise(&parts).await?;
    // Before a byte is read; the use-case asks it again.
    must_deliver(&actor).map_err(|error| failure(service, &error))?;
    if negotiate::is_coded(&parts.headers) {
        return Err(Problem::unsupported_encoding());
    }
    let content_type = parts.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !essence.is_empty() && !FILE_TYPES.contains(&essence.as_str()) {
        return Err(Problem::unsupported_media_type(FILE_TYPES[0]));
    }
    door.rates.uploads(actor.entry, 1)?;
    let settings = service.settings();
    let spooled = spool(body, &SpoolSettings::new(&settings.spool_folder, settings.upload_limit)).await?;
    let name = file_name(&parts.uri, &parts.headers).unwrap_or_else(|| NAMELESS.to_owned());
    let file = std::fs::File::open(spooled.path()).map_err(super::UploadError::from)?;
    let upload = service.receive(&actor, None, &name, file).await;
    let upload = upload.map_err(|error| failure(service, &error))?;
    let answer = json!({
        "id": upload.id,
        "fileName": upload.file_name,
        "size": upload.size,
        "sha256": upload.digest,
        "receivedAt": upload.received_at.to_string(),
        "expiresAt": upload.expires_at.to_string(),
    });
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// `GET /receipts/key`: the key by which receipts are verified, for everybody.
async fn receipt_key(State(service): State<Service>) -> Result<Response, Problem> {
    let key = service.receipt_key().map_err(|error| failure(&service, &error))?;
    Ok(Json(key).into_response())
}

/// `GET /receipts/ID`: a receipt with its signature, as a file.
async fn receipt(
    State(door): State<Door>,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let service = &door.service;
    let actor = door.recognise(&parts).await?;
    let Ok(id) = id.parse::<ReceiptId>() else { return Err(Problem::not_found()) };
    let found = service.receipt(&actor, id).await.and_then(|found| found.ok_or(Error::NotFound));
    let found = found.map_err(|error| failure(service, &error))?;
    let disposition = format!("attachment; filename=\"{id}.json\"");
    Ok(([(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, disposition)], found.document)
        .into_response())
}

/// Whether requests can be served: the database answers.
async fn ready(State(service): State<Service>) -> Result<Response, Problem> {
    service.ping().await.map_err(|error| failure(&service, &error))?;
    Ok(Json(json!({ "status": "ok" })).into_response())
}

/// What the client is told of a use-case that failed. What is internal is logged here, once.
pub(super) fn failure(service: &Service, error: &Error) -> Problem {
    match error {
        Error::Unauthenticated => Problem::unauthenticated(),
        Error::NotFound => Problem::not_found(),
        Error::Unavailable(source) => {
            tracing::warn!(error.source = causes(source), "the database is not available");
            Problem::database_away()
        }
        Error::NoRoom(source) => {
            tracing::error!(error.source = %source, "there is no room on the disk");
            Problem::no_room()
        }
        Error::Internal(source) => {
            let reference = service.new_reference();
            tracing::error!(error.reference = %reference, error.source = causes(source.as_ref()), "a request failed");
            Problem::internal(reference)
        }
        Error::Forbidden(_) | Error::Refused(_) | Error::Conflict => {
            let text = error.text(service.catalogue(), "");
            let status = match error {
                Error::Forbidden(_) => StatusCode::FORBIDDEN,
                Error::Conflict => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            Problem::new(status, error.code(), text.clone(), text)
        }
    }
}
