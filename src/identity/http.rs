//! Asks the provider over HTTP: bounded in time and size, no redirects, TLS unless it is this machine.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, StatusCode};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use url::Url;

use super::settings::{SettingsError, is_protected};

/// The longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most bytes of an answer: keys and descriptions are a few thousand.
const LIMIT: usize = 512 * 1024;

/// Why there is no answer; for the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("the address is neither https nor this machine")]
    Unprotected,
    #[error("it did not answer within {} s", PATIENCE.as_secs())]
    Slow,
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    #[error("its answer was cut off or too long")]
    Body,
}

/// An answer, read whole.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

/// Asks one provider.
#[derive(Clone, Debug)]
pub(super) struct Asker(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Asker {
    /// Trusts `authorities` (PEM), or else the public ones.
    pub(super) fn new(authorities: Option<&[u8]>) -> Result<Self, SettingsError> {
        let unusable = |error: String| SettingsError::Authorities(error);
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?;
        let config = match authorities {
            None => config.with_webpki_roots().with_no_client_auth(),
            Some(pem) => {
                let mut roots = RootCertStore::empty();
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
                    roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
                }
                if roots.is_empty() {
                    return Err(unusable("there is none in the file".to_owned()));
                }
                config.with_root_certificates(roots).with_no_client_auth()
            }
        };
        let connector = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }

    /// Fetches a document.
    pub(super) async fn get(&self, url: &Url) -> Result<Reply, HttpError> {
        self.ask(url, Request::get(url.as_str()), Bytes::new()).await
    }

    /// Sends a form, with the value of `Authorization` where there is one.
    pub(super) async fn post(&self, url: &Url, form: String, authorisation: Option<&str>) -> Result<Reply, HttpError> {
        let mut request = Request::post(url.as_str()).header("content-type", "application/x-www-form-urlencoded");
        if let Some(value) = authorisation {
            request = request.header("authorization", value);
        }
        self.ask(url, request, form.into()).await
    }

    async fn ask(&self, url: &Url, request: hyper::http::request::Builder, body: Bytes) -> Result<Reply, HttpError> {
        if !is_protected(url) {
            return Err(HttpError::Unprotected);
        }
        let request = request.header("accept", "application/json").header("user-agent", "kraamzicht");
        let request = request.body(Full::new(body)).map_err(|error| HttpError::Unreachable(error.to_string()))?;
        let whole = async {
            let response = self.0.request(request).await;
            let (head, body) = response.map_err(|error| HttpError::Unreachable(why(&error)))?.into_parts();
            let body = Limited::new(body, LIMIT).collect().await.map_err(|_| HttpError::Body)?;
            Ok(Reply { status: head.status, body: body.to_bytes() })
        };
        tokio::time::timeout(PATIENCE, whole).await.map_err(|_| HttpError::Slow)?
    }
}

/// An error with all that it came from.
fn why(error: &(dyn std::error::Error + 'static)) -> String {
    let all = std::iter::successors(Some(error), |error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
