//! The service's routes, wired to the use-cases.

use std::sync::Arc;

use async_graphql::Data;
use axum::{
    Json, Router,
    body::Body,
    extract::{Path, Request, State},
    http::{
        StatusCode,
        header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE},
        request::Parts,
    },
    response::{IntoResponse as _, Redirect, Response},
    routing::{any, get, post},
};
use serde_json::json;

use super::{
    Authenticate, Example, GraphqlEndpoint, Problem, ServerSettings, SpoolSettings, console_routes, copies, file_name,
    protect, spool,
};
use crate::{
    domain::{Actor, ReceiptId},
    graphql::{self, guard::Guard, guard::Limits},
    service::{Error, Service, must_deliver},
};

/// The name of a file whose sender gave none.
const NAMELESS: &str = "upload.csv";

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
    /// The console's examples cannot be written as JSON.
    #[error("the console's examples cannot be written")]
    Examples(#[from] serde_json::Error),
}

/// All routes of the service, with what protects them.
pub fn routes(service: &Service, examples: &[Example], settings: &ServerSettings) -> Result<Router, WiringError> {
    let sdl = graphql::sdl();
    let guard = Arc::new(Guard::new(&sdl, Limits::default())?);
    let endpoint = GraphqlEndpoint::new(graphql::schema(service.clone()), guard, Bearer(service.clone()));
    let own = Router::new()
        .route("/", get(async || Redirect::to("/console")))
        .route("/uploads", post(upload))
        .route("/receipts/key", get(receipt_key))
        .route("/receipts/{id}", get(receipt))
        .route("/submissions/{id}/{file}", get(copies::annotated_copy))
        .route("/templates/{dataset}/{file}", get(copies::template))
        .route("/health", get(async || Json(json!({ "status": "ok" }))))
        .route("/ready", any(ready))
        .with_state(service.clone());
    let router = own.merge(endpoint.routes()).merge(console_routes(sdl, examples)?);
    Ok(protect(router, settings))
}

/// Recognises who holds a bearer token.
struct Bearer(Service);

impl Authenticate for Bearer {
    async fn authenticate(&self, request: &Parts) -> Result<Data, Problem> {
        let mut data = Data::default();
        data.insert(recognise(&self.0, request).await?);
        Ok(data)
    }
}

pub(super) async fn recognise(service: &Service, request: &Parts) -> Result<Actor, Problem> {
    let header = request.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let secret = header
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, secret)| secret.trim())
        .ok_or_else(Problem::unauthenticated)?;
    service.authenticate(secret).await.map_err(|error| failure(service, &error))
}

/// `POST /uploads`: the bytes of one file as the body; answers its identifier and digest.
async fn upload(State(service): State<Service>, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let actor = recognise(&service, &parts).await?;
    // Before a byte is read; the use-case asks it again.
    must_deliver(&actor).map_err(|error| failure(&service, &error))?;
    let content_type = parts.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !essence.is_empty() && !FILE_TYPES.contains(&essence.as_str()) {
        return Err(Problem::unsupported_media_type(FILE_TYPES[0]));
    }
    let settings = service.settings();
    let spooled = spool(body, &SpoolSettings::new(&settings.spool_folder, settings.upload_limit)).await?;
    let file = std::fs::File::open(spooled.path()).map_err(super::UploadError::from)?;
    let name = file_name(&parts.uri, &parts.headers).unwrap_or_else(|| NAMELESS.to_owned());
    let upload = service.receive(&actor, None, &name, file).await.map_err(|error| failure(&service, &error))?;
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
    State(service): State<Service>,
    Path(id): Path<String>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let actor = recognise(&service, &parts).await?;
    let Ok(id) = id.parse::<ReceiptId>() else { return Err(Problem::not_found()) };
    let found = service.receipt(&actor, id).await.and_then(|found| found.ok_or(Error::NotFound));
    let found = found.map_err(|error| failure(&service, &error))?;
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
            tracing::warn!(error.source = %source, "the database is not available");
            Problem::database_away()
        }
        Error::Internal(source) => {
            let reference = service.new_reference();
            tracing::error!(error.reference = %reference, error.source = %source, "a request failed");
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
