//! The keys with which the provider signs, which change now and then.

use jsonwebtoken::{
    Algorithm, DecodingKey, Header,
    jwk::{Jwk, JwkSet, PublicKeyUse},
};

use crate::domain::Instant;

/// After so many seconds keys are fetched anew, so that one that was taken back is not believed for ever.
const FRESH_SECONDS: i64 = 60 * 60;

/// A key that is not known is looked up again, but not more often than once in so many seconds: whoever makes up keys
/// does not have the provider asked each time.
const AGAIN_SECONDS: i64 = 10;

/// The keys as they were fetched last.
#[derive(Debug, Default)]
pub(super) struct Keys {
    known: Vec<Jwk>,
    fetched_at: Option<Instant>,
    again_at: Option<Instant>,
}

impl Keys {
    /// Whether they have to be fetched before anything is looked up.
    pub(super) fn are_stale(&self, now: Instant) -> bool {
        self.fetched_at.is_none_or(|at| at.plus_seconds(FRESH_SECONDS) <= now)
    }

    /// Whether it is worth fetching them for a key that is not among them; to be asked once for each time.
    pub(super) fn may_look_again(&mut self, now: Instant) -> bool {
        if self.again_at.is_some_and(|at| at.plus_seconds(AGAIN_SECONDS) > now) {
            return false;
        }
        self.again_at = Some(now);
        true
    }

    /// Takes what was fetched.
    pub(super) fn take(&mut self, body: &[u8], now: Instant) -> Result<(), &'static str> {
        let set: JwkSet = serde_json::from_slice(body).map_err(|_| "its keys are not understood")?;
        self.known = set.keys;
        self.fetched_at = Some(now);
        Ok(())
    }

    /// The keys that may have signed a token with this header: the one that it names, or all that fit when it names none.
    pub(super) fn that_fit(&self, header: &Header) -> Vec<DecodingKey> {
        let named = |jwk: &&Jwk| match &header.kid {
            Some(kid) => jwk.common.key_id.as_ref() == Some(kid),
            None => true,
        };
        let fits = self.known.iter().filter(named).filter(|jwk| signs(jwk, header.alg));
        let keys = fits.filter_map(|jwk| DecodingKey::from_jwk(jwk).ok());
        keys.filter(|key| key.family().algorithms().contains(&header.alg)).collect()
    }
}

/// Whether a key is for signing with `algorithm`, as far as it says.
fn signs(jwk: &Jwk, algorithm: Algorithm) -> bool {
    let common = &jwk.common;
    let for_signing = common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let said = common.key_algorithm.as_ref().map(ToString::to_string);
    for_signing && said.is_none_or(|said| said == format!("{algorithm:?}"))
}
