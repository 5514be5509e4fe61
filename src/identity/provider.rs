//! The flow: where to send a browser, and who comes back.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::{Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use url::{Url, form_urlencoded};

use super::{
    Attempt, ProviderSettings, Secret, SettingsError,
    claims::{self, Expected},
    crypto,
    description::Description,
    http::Asker,
    keys::Keys,
};
use crate::domain::{Clock, Instant, Person};

/// For so many seconds the provider's description is taken as it was.
const FRESH_SECONDS: i64 = 60 * 60;

/// For so many seconds after it could not be reached, the provider is not asked for its description again.
const AWAY_SECONDS: i64 = 5;

/// Why somebody is not signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The answer is not one to this browser's question: another state, another issuer, or no code.
    State,
    /// The provider itself says no.
    Denied,
    /// What the provider gave for the code is not to be believed, or it gave nothing for it.
    Token,
    /// The claims give nobody a role here, or more than one.
    Role,
    /// The provider cannot be reached, or is not understood.
    Away,
}

/// With what the browser comes back from the provider.
#[derive(Clone, Default)]
pub struct Answer {
    /// The code to redeem.
    pub code: Option<String>,
    /// The state of the attempt.
    pub state: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
    /// Who answers (RFC 9207).
    pub iss: Option<String>,
}

/// The provider at which people sign in. Cheap to clone.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    settings: ProviderSettings,
    asker: Asker,
    clock: Arc<dyn Clock>,
    described: Mutex<Described>,
    keys: Mutex<Keys>,
}

#[derive(Default)]
struct Described {
    description: Option<(Arc<Description>, Instant)>,
    away_since: Option<Instant>,
}

/// What the provider gives for a code, as far as it is used.
#[derive(Deserialize)]
struct Given {
    id_token: Option<String>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Provider").field(&self.0.settings.issuer).finish()
    }
}

impl std::fmt::Debug for Answer {
    /// A code is a secret for as long as it lives.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("error", &self.error).finish_non_exhaustive()
    }
}

impl Provider {
    /// The provider of these settings, by `clock`. It is asked nothing before somebody signs in.
    pub fn new(settings: ProviderSettings, clock: Arc<dyn Clock>) -> Result<Self, SettingsError> {
        settings.check()?;
        crypto::install();
        let asker = Asker::new(settings.authorities.as_deref())?;
        let (described, keys) = (Mutex::default(), Mutex::default());
        Ok(Self(Arc::new(Inner { settings, asker, clock, described, keys })))
    }

    /// Where browsers find this service.
    pub fn public_url(&self) -> &Url {
        &self.0.settings.public_url
    }

    /// Where to send a browser that begins `attempt`.
    pub async fn authorise(&self, attempt: &Attempt) -> Result<String, Refused> {
        let settings = &self.0.settings;
        let description = self.description().await?;
        let mut url = description.authorization_endpoint.clone();
        let scopes = std::iter::once("openid").chain(settings.rules.scopes.iter().map(String::as_str));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &settings.client_id)
            .append_pair("redirect_uri", &settings.callback())
            .append_pair("scope", &scopes.collect::<Vec<_>>().join(" "))
            .append_pair("state", &attempt.state())
            .append_pair("nonce", &attempt.nonce())
            .append_pair("code_challenge", &attempt.challenge())
            .append_pair("code_challenge_method", "S256");
        Ok(url.into())
    }

    /// Who signed in by `attempt`, by the answer with which the browser came back.
    pub async fn redeem(&self, attempt: &Attempt, answer: &Answer) -> Result<Person, Refused> {
        let settings = &self.0.settings;
        if answer.state.as_deref() != Some(attempt.state().as_str()) {
            return Err(Refused::State);
        }
        let description = self.description().await?;
        let named = answer.iss.as_deref();
        if named.is_some_and(|iss| iss != settings.issuer)
            || (named.is_none() && description.authorization_response_iss_parameter_supported)
        {
            return Err(Refused::State);
        }
        if let Some(error) = &answer.error {
            tracing::info!(error = plain(error), "the identity provider refused somebody");
            return Err(Refused::Denied);
        }
        let code = answer.code.as_deref().ok_or(Refused::State)?;
        let token = self.exchange(&description, attempt, code).await?;
        let claims = self.verified(&description, &token).await?;
        let expected = Expected {
            issuer: &settings.issuer,
            client_id: &settings.client_id,
            nonce: &attempt.nonce(),
            now: self.0.clock.now(),
        };
        let subject = claims::check(&claims, &expected).map_err(|claim| {
            tracing::warn!(claim, "a token of the identity provider is not to be believed");
            Refused::Token
        })?;
        let capacity = settings.rules.capacity(&claims).ok_or(Refused::Role)?;
        Ok(Person { subject, capacity })
    }

    /// Where to send a browser to end its session at the provider too, when it has such a place.
    pub async fn end_session(&self) -> Option<String> {
        let settings = &self.0.settings;
        let mut url = self.description().await.ok()?.end_session_endpoint.clone()?;
        url.query_pairs_mut()
            .append_pair("client_id", &settings.client_id)
            .append_pair("post_logout_redirect_uri", &settings.at("/console"));
        Some(url.into())
    }

    /// Gives the code for a token.
    async fn exchange(&self, description: &Description, attempt: &Attempt, code: &str) -> Result<String, Refused> {
        let (form, authorisation) = self.redemption(description, attempt, code);
        let endpoint = &description.token_endpoint;
        let reply = self.0.asker.post(endpoint, form, authorisation.as_deref()).await;
        let reply = reply.map_err(|error| away(&error.to_string()))?;
        if reply.status.is_server_error() {
            return Err(away("it failed to give a token"));
        }
        if !reply.status.is_success() {
            let said: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
            let error = said.get("error").and_then(Value::as_str).map_or_else(String::new, plain);
            tracing::warn!(status = reply.status.as_u16(), error, "the identity provider gave no token for a code");
            return Err(Refused::Token);
        }
        let given: Given = serde_json::from_slice(&reply.body).map_err(|_| away("its answer is not understood"))?;
        given.id_token.ok_or(Refused::Token)
    }

    /// The form that redeems a code, and the header by which the provider recognises this service.
    fn redemption(&self, description: &Description, attempt: &Attempt, code: &str) -> (String, Option<String>) {
        let settings = &self.0.settings;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &settings.callback())
            .append_pair("code_verifier", &attempt.verifier());
        let secret = settings.client_secret.as_ref().map(Secret::expose);
        if let Some(secret) = secret.filter(|_| !description.wants_secret_in_form()) {
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<Vec<_>>().concat();
            let pair = format!("{}:{}", encoded(&settings.client_id), encoded(secret));
            return (form.finish(), Some(format!("Basic {}", STANDARD.encode(pair))));
        }
        form.append_pair("client_id", &settings.client_id);
        if let Some(secret) = secret {
            form.append_pair("client_secret", secret);
        }
        (form.finish(), None)
    }

    /// The claims of `token`, when one of the provider's keys signed it.
    async fn verified(&self, description: &Description, token: &str) -> Result<Map<String, Value>, Refused> {
        let header = decode_header(token).map_err(|_| Refused::Token)?;
        if !crypto::ALGORITHMS.contains(&header.alg) {
            return Err(Refused::Token);
        }
        let mut keys = self.0.keys.lock().await;
        if keys.are_stale(self.0.clock.now()) {
            self.fetch_keys(description, &mut keys).await?;
        }
        let mut fitting = keys.that_fit(&header);
        if fitting.is_empty() && keys.may_look_again(self.0.clock.now()) {
            self.fetch_keys(description, &mut keys).await?;
            fitting = keys.that_fit(&header);
        }
        drop(keys);
        let mut validation = Validation::new(header.alg);
        // The claims are held to this service's clock and settings, in `claims`.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let verified = fitting.iter().find_map(|key| decode::<Map<String, Value>>(token, key, &validation).ok());
        verified.map(|data| data.claims).ok_or_else(|| {
            tracing::warn!("a token of the identity provider is signed by none of its keys");
            Refused::Token
        })
    }

    async fn fetch_keys(&self, description: &Description, keys: &mut Keys) -> Result<(), Refused> {
        let reply = self.0.asker.get(&description.jwks_uri).await.map_err(|error| away(&error.to_string()))?;
        if !reply.status.is_success() {
            return Err(away("it gave no keys"));
        }
        keys.take(&reply.body, self.0.clock.now()).map_err(away)
    }

    /// What the provider says about itself, as it was said within the hour; older when it is away.
    async fn description(&self) -> Result<Arc<Description>, Refused> {
        let mut described = self.0.described.lock().await;
        let now = self.0.clock.now();
        if let Some((description, at)) = &described.description
            && at.plus_seconds(FRESH_SECONDS) > now
        {
            return Ok(Arc::clone(description));
        }
        let recently = described.away_since.is_some_and(|at| at.plus_seconds(AWAY_SECONDS) > now);
        let fetched = if recently { Err(Refused::Away) } else { self.fetch_description().await };
        match fetched {
            Ok(description) => {
                let description = Arc::new(description);
                *described = Described { description: Some((Arc::clone(&description), now)), away_since: None };
                Ok(description)
            }
            Err(refused) => {
                if !recently {
                    described.away_since = Some(now);
                }
                described.description.as_ref().map(|(description, _)| Arc::clone(description)).ok_or(refused)
            }
        }
    }

    async fn fetch_description(&self) -> Result<Description, Refused> {
        let issuer = &self.0.settings.issuer;
        let place = Url::parse(&Description::place(issuer)).map_err(|error| away(&error.to_string()))?;
        let reply = self.0.asker.get(&place).await.map_err(|error| away(&error.to_string()))?;
        if !reply.status.is_success() {
            return Err(away("it does not describe itself"));
        }
        Description::read(&reply.body, issuer).map_err(away)
    }
}

/// The provider is of no use now; the log says why.
fn away(why: &str) -> Refused {
    tracing::warn!(why, "the identity provider is of no use");
    Refused::Away
}

/// A code of an error as it may stand in the log: others wrote it.
fn plain(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').take(40).collect()
}
