//! One attempt to sign in.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::domain::Digest;

/// One attempt to sign in: 32 random bytes that the browser keeps, from which all that the flow needs follows. Whoever
/// sees one of these does not know the others, nor the bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Attempt([u8; 32]);

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attempt({})", self.key())
    }
}

impl Attempt {
    /// The attempt with these random bytes.
    pub const fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// The attempt that a browser brings back.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<Digest>().ok().map(|secret| Self(*secret.as_bytes()))
    }

    /// What the browser keeps.
    pub fn secret(&self) -> String {
        Digest::from_bytes(self.0).to_string()
    }

    /// By what the service knows that it began.
    pub fn key(&self) -> Digest {
        self.derive("key")
    }

    /// What the answer must bring, so that it is one to this browser's question.
    pub fn state(&self) -> String {
        self.derive("state").to_string()
    }

    /// What the token must bring, so that it was made for this attempt.
    pub(super) fn nonce(&self) -> String {
        self.derive("nonce").to_string()
    }

    /// What proves to the provider that who redeems a code is who asked for it (RFC 7636).
    pub(super) fn verifier(&self) -> String {
        self.derive("verifier").to_string()
    }

    /// Its digest, which the provider is told first (S256).
    pub(super) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Digest::of(self.verifier().as_bytes()).as_bytes())
    }

    fn derive(&self, purpose: &str) -> Digest {
        Digest::of_parts([b"kraamzicht sign-in ".as_slice(), purpose.as_bytes(), b" ", &self.0])
    }
}
