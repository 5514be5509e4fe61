//! `GET /v1/exports/scores` and its like: flat lists for spreadsheets and dashboards, one row for each thing.
//!
//! They ask the same use-cases as GraphQL does, with the same scope and the same line in the audit log. A page is planned
//! whole, so that every failure is a problem with its own status, and then written piece by piece as it is read.

mod plan;
mod rows;
mod wanted;
mod write;

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, LINK, VARY},
    },
    response::{IntoResponse as _, Response},
};
use futures_util::{StreamExt as _, stream};

use self::{
    plan::{Page, plan, snapshot},
    wanted::{Form, Wanted},
    write::Writer,
};
use super::{
    Problem,
    api::{Door, failure},
    copies::percent_encoded,
    negotiate::is_known,
};
use crate::{
    domain::{Actor, Digest, Instant},
    service::{ExportColumn, Service},
};

/// How much of an export is written at once.
const PIECE: usize = 64 << 10;

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Export {
    Scores,
    Signals,
    Observations,
    Submissions,
}

impl Export {
    pub(super) const ALL: [Self; 4] = [Self::Scores, Self::Signals, Self::Observations, Self::Submissions];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Scores => "scores",
            Self::Signals => "signals",
            Self::Observations => "observations",
            Self::Submissions => "submissions",
        }
    }

    /// What a row of it is called in the description of the API.
    pub(super) const fn row_name(self) -> &'static str {
        match self {
            Self::Scores => "ScoreRow",
            Self::Signals => "SignalRow",
            Self::Observations => "ObservationRow",
            Self::Submissions => "SubmissionRow",
        }
    }

    /// Its columns, in their order.
    pub(super) fn columns(self, service: &Service) -> &[ExportColumn] {
        let exports = &service.catalogue().exports;
        match self {
            Self::Scores => &exports.scores,
            Self::Signals => &exports.signals,
            Self::Observations => &exports.observations,
            Self::Submissions => &exports.submissions,
        }
    }

    fn path(self) -> String {
        format!("/v1/exports/{}", self.name())
    }
}

pub(super) async fn scores(State(door): State<Door>, request: Request<Body>) -> Result<Response, Problem> {
    answer(&door, Export::Scores, request).await
}

pub(super) async fn signals(State(door): State<Door>, request: Request<Body>) -> Result<Response, Problem> {
    answer(&door, Export::Signals, request).await
}

pub(super) async fn observations(State(door): State<Door>, request: Request<Body>) -> Result<Response, Problem> {
    answer(&door, Export::Observations, request).await
}

pub(super) async fn submissions(State(door): State<Door>, request: Request<Body>) -> Result<Response, Problem> {
    answer(&door, Export::Submissions, request).await
}

async fn answer(door: &Door, export: Export, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let mut actor = door.recognise(&parts).await?;
    let wanted = Wanted::read(export, &parts.uri, &parts.headers)?;
    let service = &door.service;
    // A point for each field that is asked for, as in GraphQL; the path is the document, the query its variables.
    let points = u32::try_from(export.columns(service).len()).unwrap_or(u32::MAX);
    let limits = door.charge(&mut actor, Digest::of(format!("GET {}", export.path()).as_bytes()), points)?;
    let fail = |error| failure(service, &error);
    let known_at = service.known_at(wanted.as_known_at).await.map_err(fail)?.counted;
    let snapshot = snapshot(service, export, &wanted, known_at).await.map_err(fail)?;
    let tag = tag(service, &actor, export, &wanted, snapshot);
    let mut headers = limits;
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(VARY, HeaderValue::from_static("Accept, Authorization, Cookie"));
    put(&mut headers, ETAG, &tag);
    put(&mut headers, HeaderName::from_static("known-at"), &known_at.to_string());
    if is_known(&parts.headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let page = plan(service, &actor, export, &wanted, known_at).await.map_err(fail)?;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(wanted.form.media_type()));
    if wanted.form != Form::Json {
        put(&mut headers, CONTENT_DISPOSITION, &format!("attachment; filename=\"{}.csv\"", export.name()));
    }
    if let Some(after) = &page.next {
        put(&mut headers, LINK, &format!("<{}>; rel=\"next\"", next(export, &wanted, after, known_at)));
    }
    Ok((headers, body(Writer::new(wanted.form, export.columns(service)), page, service.clone(), actor)).into_response())
}

fn put(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

/// What the answer follows from. Weak: compressed or not, it is the same answer.
fn tag(service: &Service, actor: &Actor, export: Export, wanted: &Wanted, snapshot: String) -> String {
    let parts = [
        env!("CARGO_PKG_VERSION").to_owned(),
        service.catalogue().hash.to_string(),
        export.name().to_owned(),
        actor.scope.to_string(),
        wanted.canonical(),
        snapshot,
    ];
    let digest = Digest::of(parts.join("\n").as_bytes()).to_string();
    format!("W/\"{}\"", digest.get(..32).unwrap_or(&digest))
}

/// Where the next page of the same walk is: of the same snapshot, behind the last row of this one.
fn next(export: Export, wanted: &Wanted, after: &str, known_at: Instant) -> String {
    let own = [("after".to_owned(), after.to_owned()), ("asKnownAt".to_owned(), known_at.to_string())];
    let kept = wanted.given.iter().filter(|(name, _)| name != "after" && name != "asKnownAt");
    let pairs: Vec<String> =
        kept.chain(&own).map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
    format!("{}?{}", export.path(), pairs.join("&"))
}

/// The page, written as it is read.
fn body(writer: Writer, page: Page, service: Service, actor: Actor) -> Body {
    let rest = (writer, page.items.into_iter(), true);
    let pieces = stream::unfold(Some(rest), move |rest| {
        let next = rest.map(|(mut writer, mut items, is_first)| {
            let mut piece = Vec::with_capacity(PIECE + 4_096);
            if is_first {
                writer.begin(&mut piece);
            }
            while piece.len() < PIECE {
                let Some(item) = items.next() else {
                    writer.end(&mut piece);
                    return (Ok::<_, std::convert::Infallible>(Bytes::from(piece)), None);
                };
                writer.row(&mut piece, item.cells(&service, Service::reader(&actor)));
            }
            (Ok(Bytes::from(piece)), Some((writer, items, false)))
        });
        std::future::ready(next)
    });
    // Who compresses looks once more behind the end.
    Body::from_stream(pieces.fuse())
}
