//! The options of signing in.

use std::path::PathBuf;

use clap::Args;
use url::Url;

use crate::identity::Secret;

/// People sign in at an `OpenID` provider when all that it takes is said; otherwise only tokens work.
#[derive(Args, Debug)]
#[command(next_help_heading = "Signing in")]
pub(in crate::cli) struct SignInOptions {
    /// The provider (OIDC) at which people sign in, exactly as it calls itself
    #[arg(long, env = "KRAAMZICHT_OIDC_ISSUER", value_name = "URL", requires_all = ["oidc_client_id", "oidc_claims", "public_url"])]
    pub(in crate::cli) oidc_issuer: Option<String>,
    /// What the provider calls this service
    #[arg(long, env = "KRAAMZICHT_OIDC_CLIENT_ID", value_name = "ID", requires = "oidc_issuer")]
    pub(in crate::cli) oidc_client_id: Option<String>,
    /// By what the provider recognises this service; better in the environment or in a file than on the command line
    #[arg(
        long,
        env = "KRAAMZICHT_OIDC_CLIENT_SECRET",
        hide_env_values = true,
        value_name = "SECRET",
        requires = "oidc_issuer"
    )]
    pub(in crate::cli) oidc_client_secret: Option<Secret>,
    /// The file with that secret
    #[arg(
        long,
        env = "KRAAMZICHT_OIDC_CLIENT_SECRET_FILE",
        value_name = "FILE",
        requires = "oidc_issuer",
        conflicts_with = "oidc_client_secret"
    )]
    pub(in crate::cli) oidc_client_secret_file: Option<PathBuf>,
    /// The file (TOML) that says which claims give which role
    #[arg(long, env = "KRAAMZICHT_OIDC_CLAIMS", value_name = "FILE", requires = "oidc_issuer")]
    pub(in crate::cli) oidc_claims: Option<PathBuf>,
    /// Certificates (PEM) of who vouches for the provider, instead of the public authorities
    #[arg(long, env = "KRAAMZICHT_OIDC_AUTHORITIES", value_name = "FILE", requires = "oidc_issuer")]
    pub(in crate::cli) oidc_authorities: Option<PathBuf>,
    /// Where browsers find this service; the provider sends them back to /sign-in/callback there
    #[arg(long, env = "KRAAMZICHT_PUBLIC_URL", value_name = "URL")]
    pub(in crate::cli) public_url: Option<Url>,
    /// For how many minutes somebody who signed in stays so at most
    #[arg(long, env = "KRAAMZICHT_SESSION_MINUTES", default_value_t = 480, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=7 * 24 * 60))]
    pub(in crate::cli) session_minutes: u32,
    /// After how many minutes without a request they no longer are
    #[arg(long, env = "KRAAMZICHT_SESSION_IDLE_MINUTES", default_value_t = 30, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(2..=7 * 24 * 60))]
    pub(in crate::cli) session_idle_minutes: u32,
}
