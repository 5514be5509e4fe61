//! What must hold of the token that says who signed in (`OpenID` Connect Core, 3.1.3.7).

use serde_json::{Map, Value};

use crate::domain::{Digest, Instant};

/// How far the clocks of the provider and of this service may differ, in seconds.
const LEEWAY: f64 = 60.0;

/// The longest that a provider's name for somebody may be, by the specification.
const LONGEST_SUBJECT: usize = 255;

/// Whose token it must be, for whom and for which attempt.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: Instant,
}

/// Holds the claims of a token whose signature is right to what is expected: the digest of who it is about, or what is
/// wrong with it.
pub(super) fn check(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<Digest, &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err("iss");
    }
    let audience: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !audience.contains(&expected.client_id) {
        return Err("aud");
    }
    let party = claims.get("azp");
    if (audience.len() > 1 || party.is_some()) && text("azp") != Some(expected.client_id) {
        return Err("azp");
    }
    let now = expected.now.microseconds() as f64 / 1e6;
    let moment = |name: &str| claims.get(name).and_then(Value::as_f64);
    if moment("exp").is_none_or(|end| end + LEEWAY <= now) {
        return Err("exp");
    }
    if moment("iat").is_none_or(|made| made - LEEWAY > now) {
        return Err("iat");
    }
    if claims.contains_key("nbf") && moment("nbf").is_none_or(|from| from - LEEWAY > now) {
        return Err("nbf");
    }
    if text("nonce") != Some(expected.nonce) {
        return Err("nonce");
    }
    match text("sub") {
        Some(subject) if (1..=LONGEST_SUBJECT).contains(&subject.len()) => {
            Ok(Digest::of_parts([expected.issuer.as_bytes(), b"\0", subject.as_bytes()]))
        }
        _ => Err("sub"),
    }
}
