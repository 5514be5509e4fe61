//! The identity provider, as the options say it.

use std::{fs, path::Path, sync::Arc};

use anyhow::{Context as _, bail};

use super::arguments::SignInOptions;
use crate::{
    identity::{Provider, ProviderSettings, Rules, Secret},
    system::SystemClock,
};

/// The provider at which people sign in; `None` when the options name none.
pub(super) fn provider(options: &SignInOptions) -> anyhow::Result<Option<Provider>> {
    let (Some(issuer), Some(client_id), Some(claims), Some(public_url)) =
        (&options.oidc_issuer, &options.oidc_client_id, &options.oidc_claims, &options.public_url)
    else {
        return Ok(None);
    };
    let rules = Rules::parse(&read(claims, "the rules for claims")?)
        .with_context(|| format!("the rules for claims in {} cannot be used", claims.display()))?;
    let client_secret = match &options.oidc_client_secret_file {
        Some(file) => Some(read(file, "the client's secret")?.parse::<Secret>()?),
        None => options.oidc_client_secret.clone(),
    };
    if client_secret.as_ref().is_some_and(Secret::is_empty) {
        bail!("the client's secret is empty; leave it out for a public client");
    }
    let authorities = options.oidc_authorities.as_deref();
    let authorities = authorities.map(|file| read(file, "the certificates of the provider's authority")).transpose()?;
    let settings = ProviderSettings {
        issuer: issuer.clone(),
        client_id: client_id.clone(),
        client_secret,
        public_url: public_url.clone(),
        rules,
        authorities: authorities.map(String::into_bytes),
    };
    // The provider's tokens are of today, also where the demo has a date of its own.
    let provider = Provider::new(settings, Arc::new(SystemClock::new())).context("people cannot sign in like this")?;
    Ok(Some(provider))
}

fn read(file: &Path, what: &str) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("{what} cannot be read from {}", file.display()))
}
