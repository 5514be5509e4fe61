//! What the operator says about the provider.

use std::{convert::Infallible, fmt, str::FromStr};

use thiserror::Error;
use url::{Host, Url};

use super::Rules;

/// A text that is not to be shown: not in the log, not in a debug print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(...)")
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    /// White space around it comes from the file it was in.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.trim().to_owned()))
    }
}

/// The provider at which people sign in, and how this service is known there.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// The provider, exactly as it calls itself.
    pub issuer: String,
    /// What the provider calls this service.
    pub client_id: String,
    /// By what the provider recognises it; none for a public client, which PKCE alone protects.
    pub client_secret: Option<Secret>,
    /// Where browsers find this service; the provider sends them back there.
    pub public_url: Url,
    /// What its claims mean here.
    pub rules: Rules,
    /// Certificates (PEM) of who vouches for the provider, instead of the public authorities.
    pub authorities: Option<Vec<u8>>,
}

/// Why the settings cannot be used.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// Neither https nor this machine.
    #[error("{name} must begin with https:// (http:// only for this machine itself)")]
    Unprotected {
        /// Which setting.
        name: &'static str,
    },
    /// More than where a service is.
    #[error("the public URL is a scheme, a host and perhaps a port, without a path")]
    Path,
    /// No URL.
    #[error("the issuer is no URL")]
    Issuer(#[source] url::ParseError),
    /// The certificates cannot be used.
    #[error("the certificates of the provider's authority cannot be used: {0}")]
    Authorities(String),
}

/// Whether nobody reads along on the way to `url`: TLS, or this machine itself.
pub fn is_protected(url: &Url) -> bool {
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && local)
}

impl ProviderSettings {
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let issuer = Url::parse(&self.issuer).map_err(SettingsError::Issuer)?;
        for (name, url) in [("the issuer", &issuer), ("the public URL", &self.public_url)] {
            if !is_protected(url) {
                return Err(SettingsError::Unprotected { name });
            }
        }
        if self.public_url.path() != "/" || self.public_url.query().is_some() || self.public_url.fragment().is_some() {
            return Err(SettingsError::Path);
        }
        Ok(())
    }

    /// Where the provider sends browsers back to.
    pub(super) fn callback(&self) -> String {
        self.at("/sign-in/callback")
    }

    /// A page of this service.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.origin().ascii_serialization())
    }
}
