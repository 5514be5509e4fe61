//! Signing in and out of people, and the cookie of their session.
//!
//! `GET /sign-in` sends a browser to the identity provider; `GET /sign-in/callback` takes it back and begins a session;
//! `POST /sign-out` ends it. `GET /session` tells a page who is signed in. Without a provider there are none of these.

mod cookies;
mod page;
mod problems;
mod same_origin;

use axum::{
    Json, Router,
    body::Body,
    extract::{Query, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, LOCATION, SET_COOKIE, VARY},
        request::Parts,
    },
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use self::cookies::Cookies;
pub(super) use self::problems::trusted_documents_only;
use super::{
    Problem,
    api::{Door, failure},
};
use crate::{
    domain::{Actor, Digest, Instant, Scope},
    identity::{Answer, Attempt, Provider, Refused},
    service::Error,
};

/// Where people land who signed in or out.
const HOME: &str = "/console";

/// How people sign in here.
#[derive(Clone, Debug)]
pub(super) struct SignIn {
    provider: Provider,
    cookies: Cookies,
    /// The origin that pages of this service have.
    origin: String,
}

impl SignIn {
    /// By this provider.
    pub(super) fn new(provider: Provider) -> Self {
        let origin = provider.public_url().origin().ascii_serialization();
        let cookies = Cookies::new(provider.public_url().scheme() == "https");
        Self { provider, cookies, origin }
    }

    /// The secret of the session that a request brings.
    pub(super) fn session<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        self.cookies.session(headers)
    }

    /// Refuses what a page of another site may have sent: a cookie comes along with everything.
    pub(super) fn check_origin(&self, request: &Parts) -> Result<(), Problem> {
        same_origin::check(request, &self.origin)
    }
}

/// The routes of signing in and out.
pub(super) fn routes(door: Door) -> Router {
    Router::new()
        .route("/sign-in", get(sign_in))
        .route("/sign-in/callback", get(callback))
        .route("/sign-out", post(sign_out))
        .route("/session", get(session))
        .with_state(door)
}

/// Sends the browser to the provider.
async fn sign_in(State(door): State<Door>, request: Request<Body>) -> Response {
    let (parts, _) = request.into_parts();
    let begun = begin(&door, &parts).await;
    begun.unwrap_or_else(|problem| page::refusal(problem, &parts.headers))
}

async fn begin(door: &Door, parts: &Parts) -> Result<Response, Problem> {
    let sign_in = door.sign_in()?;
    door.rates().sign_in(door.call(parts).origin)?;
    let attempt = Attempt::new(random()?);
    let place = sign_in.provider.authorise(&attempt).await.map_err(problems::refused)?;
    door.service.begin_sign_in(attempt.key()).await.map_err(|error| failure(&door.service, &error))?;
    leave_for(&place, [sign_in.cookies.keep_attempt(&attempt.secret())])
}

/// Takes the browser back from the provider.
async fn callback(State(door): State<Door>, request: Request<Body>) -> Response {
    let (parts, _) = request.into_parts();
    let done = end(&door, &parts).await;
    done.unwrap_or_else(|problem| page::refusal(problem, &parts.headers))
}

async fn end(door: &Door, parts: &Parts) -> Result<Response, Problem> {
    let sign_in = door.sign_in()?;
    let call = door.call(parts);
    door.rates().sign_in(call.origin)?;
    let service = &door.service;
    let internal = |error: Error| failure(service, &error);
    let refused = match redeem(door, sign_in, parts).await? {
        Ok(person) => {
            let former = sign_in.cookies.session(&parts.headers);
            match service.begin_session(&person, call, former, random()?).await {
                Ok(session) => {
                    door.rates().signed_in(call.origin, Digest::of(session.secret.as_bytes()));
                    let seconds = service.settings().session_lifetime;
                    let cookies =
                        [sign_in.cookies.keep_session(&session.secret, seconds), sign_in.cookies.drop_attempt()];
                    return leave_for(HOME, cookies);
                }
                Err(Error::NotFound) => Refused::Role,
                Err(error) => return Err(internal(error)),
            }
        }
        Err(refused) => refused,
    };
    let problem = problems::refused(refused);
    if refused != Refused::Away {
        service.refuse_sign_in(call, problem.code).await.map_err(internal)?;
    }
    Err(problem)
}

/// Who comes back. Of an attempt that the browser did not begin, or that was answered before, nothing is believed.
async fn redeem(
    door: &Door,
    sign_in: &SignIn,
    parts: &Parts,
) -> Result<Result<crate::domain::Person, Refused>, Problem> {
    let attempt = sign_in.cookies.attempt(&parts.headers).and_then(Attempt::parse);
    let (Some(attempt), Some(answer)) = (attempt, read_answer(parts)) else { return Ok(Err(Refused::State)) };
    // Whoever sends a browser here with a state of their own takes nothing away from it.
    if answer.state.as_deref() != Some(attempt.state().as_str()) {
        return Ok(Err(Refused::State));
    }
    let taken = door.service.take_sign_in(attempt.key()).await;
    if !taken.map_err(|error| failure(&door.service, &error))? {
        return Ok(Err(Refused::State));
    }
    Ok(sign_in.provider.redeem(&attempt, &answer).await)
}

/// What the provider answered; `None` when something is there twice.
fn read_answer(parts: &Parts) -> Option<Answer> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).ok()?;
    let mut answer = Answer::default();
    for (name, value) in pairs {
        let place = match name.as_str() {
            "code" => &mut answer.code,
            "state" => &mut answer.state,
            "error" => &mut answer.error,
            "iss" => &mut answer.iss,
            _ => continue,
        };
        if place.replace(value).is_some() {
            return None;
        }
    }
    Some(answer)
}

/// Ends the session, and says where to end that of the provider.
async fn sign_out(State(door): State<Door>, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    let sign_in = door.sign_in()?;
    sign_in.check_origin(&parts)?;
    if let Some((actor, _)) = signed_in(&door, &parts).await? {
        door.service.end_session(&actor).await.map_err(|error| failure(&door.service, &error))?;
    }
    let next = sign_in.provider.end_session().await.unwrap_or_else(|| HOME.to_owned());
    let mut response = told(json!({ "next": next }));
    set(response.headers_mut(), &sign_in.cookies.drop_session())?;
    Ok(response)
}

/// Who is signed in, for a page.
async fn session(State(door): State<Door>, request: Request<Body>) -> Result<Response, Problem> {
    let (parts, _) = request.into_parts();
    if door.sign_in().is_err() {
        return Ok(told(json!({ "signIn": false, "session": null })));
    }
    let session = match signed_in(&door, &parts).await? {
        Some((actor, expires_at)) => describe(&door, &actor, expires_at).await?,
        None => Value::Null,
    };
    Ok(told(json!({ "signIn": true, "session": session })))
}

async fn describe(door: &Door, actor: &Actor, expires_at: Instant) -> Result<Value, Problem> {
    let organisation = match actor.scope {
        Scope::Organisation(id) => {
            let found = door.service.organisation(actor, id).await;
            found.map_err(|error| failure(&door.service, &error))?
        }
        // Nobody signs in at an intermediary.
        Scope::Mandates(_) | Scope::Sector => None,
    };
    let organisation = organisation.map(|one| json!({ "agbCode": one.agb_code, "name": one.name }));
    Ok(json!({ "role": actor.role.as_str(), "organisation": organisation, "expiresAt": expires_at.to_string() }))
}

/// Who is signed in; `None` when nobody is, or no longer.
async fn signed_in(door: &Door, parts: &Parts) -> Result<Option<(Actor, Instant)>, Problem> {
    match door.session(parts).await {
        Some(Ok(found)) => Ok(Some(found)),
        Some(Err(problem)) if problem.status == StatusCode::UNAUTHORIZED => Ok(None),
        Some(Err(problem)) => Err(problem),
        None => Ok(None),
    }
}

fn told(body: Value) -> Response {
    let headers = [(CACHE_CONTROL, "private, no-store"), (VARY, "Cookie")];
    (headers, Json(body)).into_response()
}

/// 303: whatever was asked, what comes next is fetched.
fn leave_for(place: &str, cookies: impl IntoIterator<Item = String>) -> Result<Response, Problem> {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    let place = HeaderValue::from_str(place).map_err(|_| problems::refused(Refused::Away))?;
    headers.insert(LOCATION, place);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    cookies.into_iter().try_for_each(|cookie| set(headers, &cookie))?;
    Ok(response)
}

fn set(headers: &mut HeaderMap, cookie: &str) -> Result<(), Problem> {
    headers.append(SET_COOKIE, HeaderValue::from_str(cookie).map_err(|_| Problem::internal(""))?);
    Ok(())
}

fn random() -> Result<[u8; 32], Problem> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no randomness");
        Problem::unavailable(60)
    })?;
    Ok(bytes)
}
