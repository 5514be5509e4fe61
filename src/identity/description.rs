//! What the provider says about itself (`OpenID` Connect Discovery).

use serde::Deserialize;
use url::Url;

/// Where what can be asked.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Description {
    issuer: String,
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) jwks_uri: Url,
    pub(super) end_session_endpoint: Option<Url>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl Description {
    /// Where the description of `issuer` is.
    pub(super) fn place(issuer: &str) -> String {
        format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
    }

    /// Reads the description; it must be that of `issuer` itself, of a provider that knows PKCE when it says what it
    /// knows.
    pub(super) fn read(body: &[u8], issuer: &str) -> Result<Self, &'static str> {
        let read: Self = serde_json::from_slice(body).map_err(|_| "its description is not understood")?;
        if read.issuer != issuer {
            return Err("its description is that of another issuer");
        }
        if read.code_challenge_methods_supported.as_ref().is_some_and(|known| !known.iter().any(|one| one == "S256")) {
            return Err("it does not know PKCE with S256");
        }
        Ok(read)
    }

    /// Whether the secret goes into the form: only where the provider does not take it in the header, as it does when it
    /// says nothing.
    pub(super) fn wants_secret_in_form(&self) -> bool {
        let known = |method| match &self.token_endpoint_auth_methods_supported {
            Some(methods) => methods.iter().any(|one| one == method),
            None => method == "client_secret_basic",
        };
        !known("client_secret_basic") && known("client_secret_post")
    }
}
