use async_graphql::{ServerError, Value};
use axum::{
    body::Bytes,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse, Response},
};
use serde_json::{Map, json};

use crate::{
    domain::Language,
    graphql::{
        guard::{Complaint, Refusal},
        to_json,
    },
    http::{Problem, Reference, negotiate},
};

/// More errors than this in one response help nobody.
const ERRORS: usize = 20;

/// The form of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/json`: what clients of before the specification expect.
    Json,
    /// `application/graphql-response+json`.
    GraphqlResponse,
}

impl MediaType {
    const ALL: [Self; 2] = [Self::Json, Self::GraphqlResponse];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphqlResponse => "application/graphql-response+json",
        }
    }

    /// Both, in words that need no language.
    pub(super) fn offered() -> String {
        Self::ALL.map(Self::as_str).join(" / ")
    }

    /// What the request accepts most, if anything.
    pub(super) fn preferred(headers: &HeaderMap) -> Option<Self> {
        let chosen = negotiate::preferred(headers, &Self::ALL.map(Self::as_str))?;
        Self::ALL.into_iter().find(|form| form.as_str() == chosen)
    }
}

/// Why nothing was executed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The request as such.
    Request(Box<Problem>),
    /// The document or its variables.
    Document(Refusal),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Request(Box::new(problem))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Document(refusal)
    }
}

/// A response before it has headers.
pub(super) struct Reply {
    status: StatusCode,
    form: MediaType,
    headers: HeaderMap,
    body: Bytes,
}

impl Reply {
    /// What the engine answered; `None` when it panicked.
    pub(super) fn executed(
        response: Option<async_graphql::Response>,
        form: MediaType,
        language: Language,
        reference: &Reference,
    ) -> Self {
        let internal = || Self::problem(&Problem::internal(reference.as_str()), form, language);
        let Some(mut response) = response else { return internal() };
        response.errors.truncate(ERRORS);
        // The guard let it pass, yet the engine did not begin: no field was reached.
        let not_begun = matches!(response.data, Value::Null)
            && !response.errors.is_empty()
            && response.errors.iter().all(|error| error.path.is_empty() && error.source.is_none());
        for error in &mut response.errors {
            if not_begun && !has_code(error) {
                error.extensions.get_or_insert_default().set("code", "GRAPHQL_VALIDATION_FAILED");
            }
            give_code(error, language, reference);
        }
        if not_begun {
            let body = json!({ "errors": response.errors }).to_string().into();
            return Self { status: refused(form), form, headers: response.http_headers, body };
        }
        // Whoever tries requests again looks at the status.
        let away = is_away(&response).then(Problem::database_away);
        let status = away.as_ref().map_or(StatusCode::OK, |problem| problem.status);
        response.http_headers.extend(away.map(|problem| problem.headers()).unwrap_or_default());
        match to_json(&response) {
            Ok(body) => Self { status, form, headers: response.http_headers, body: body.into() },
            Err(error) => {
                tracing::error!(%error, "a GraphQL response could not be written");
                internal()
            }
        }
    }

    /// What was answered before.
    pub(super) fn again(form: MediaType, headers: HeaderMap, body: Bytes) -> Self {
        Self { status: StatusCode::OK, form, headers, body }
    }

    /// What the client has already.
    pub(super) fn not_modified(form: MediaType, headers: HeaderMap) -> Self {
        Self { status: StatusCode::NOT_MODIFIED, form, headers, body: Bytes::new() }
    }

    /// The bytes of the answer; all there is of it at doors where no header goes with it.
    pub(super) fn body(&self) -> Bytes {
        self.body.clone()
    }

    /// The same with more headers.
    pub(super) fn with(mut self, headers: HeaderMap) -> Self {
        self.headers.extend(headers);
        self
    }

    /// Nothing was executed.
    pub(super) fn failed(failure: Failure, form: MediaType, language: Language) -> Self {
        match failure {
            Failure::Request(problem) => Self::problem(&problem, form, language),
            Failure::Document(refusal) => {
                let status = match refusal {
                    Refusal::Limit(_) => StatusCode::BAD_REQUEST,
                    _ => refused(form),
                };
                Self::errors(status, form, &refusal_errors(&refusal, language))
            }
        }
    }

    fn problem(problem: &Problem, form: MediaType, language: Language) -> Self {
        let mut extensions = Map::new();
        extensions.insert("code".to_owned(), json!(problem.code));
        if let Some(reference) = &problem.reference {
            extensions.insert("reference".to_owned(), json!(reference));
        }
        for (name, value) in problem.numbers() {
            extensions.insert(name.to_owned(), json!(value));
        }
        let error = json!({ "message": problem.detail.get(language), "extensions": extensions });
        Self { headers: problem.headers(), ..Self::errors(problem.status, form, &[error]) }
    }

    fn errors(status: StatusCode, form: MediaType, errors: &[serde_json::Value]) -> Self {
        Self { status, form, headers: HeaderMap::new(), body: json!({ "errors": errors }).to_string().into() }
    }
}

const fn refused(form: MediaType) -> StatusCode {
    match form {
        MediaType::Json => StatusCode::OK,
        MediaType::GraphqlResponse => StatusCode::BAD_REQUEST,
    }
}

fn refusal_errors(refusal: &Refusal, language: Language) -> Vec<serde_json::Value> {
    let code = refusal.code();
    match refusal {
        Refusal::Limit(exceeded) => vec![json!({
            "message": exceeded.text().get(language),
            "extensions": { "code": code, "limit": exceeded.limit, "found": exceeded.found },
        })],
        Refusal::Operation(message) => vec![json!({ "message": message, "extensions": { "code": code } })],
        Refusal::Parse(complaints) | Refusal::Validation(complaints) | Refusal::Variables(complaints) => {
            complaints.iter().map(|complaint| complaint_error(complaint, code)).collect()
        }
    }
}

fn complaint_error(complaint: &Complaint, code: &str) -> serde_json::Value {
    let mut error = json!({ "message": complaint.message, "extensions": { "code": code } });
    if let (Some(place), Some(fields)) = (complaint.place, error.as_object_mut()) {
        fields.insert("locations".to_owned(), json!([{ "line": place.line, "column": place.column }]));
    }
    error
}

/// Whether the database was away for a part of it.
pub(super) fn is_away(response: &async_graphql::Response) -> bool {
    response.errors.iter().any(is_unavailable)
}

fn is_unavailable(error: &ServerError) -> bool {
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    matches!(code, Some(Value::String(code)) if code == Problem::database_away().code)
}

fn has_code(error: &ServerError) -> bool {
    error.extensions.as_ref().is_some_and(|extensions| extensions.get("code").is_some())
}

/// Every error leaves with a code. One that has none was not meant for clients, unless it comes from reading an
/// input value: it becomes INTERNAL, and the log keeps what it said.
fn give_code(error: &mut ServerError, language: Language, reference: &Reference) {
    if has_code(error) {
        return;
    }
    let extensions = error.extensions.get_or_insert_default();
    let about_input = error.source.is_none()
        && ["Failed to parse \"", "Expected input type \"", "Invalid value for argument"]
            .iter()
            .any(|beginning| error.message.starts_with(beginning));
    if about_input {
        extensions.set("code", "BAD_USER_INPUT");
        return;
    }
    tracing::error!(%reference, error = %error.message, "a resolver failed");
    let problem = Problem::internal(reference.as_str());
    extensions.set("code", problem.code);
    extensions.set("reference", reference.as_str());
    problem.detail.get(language).clone_into(&mut error.message);
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        let content_type = match self.form {
            MediaType::Json => "application/json; charset=utf-8",
            MediaType::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Language, Authorization, Cookie"));
        headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
        headers.extend(self.headers);
        response
    }
}
