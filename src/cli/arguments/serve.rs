//! The options of the commands that serve.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use clap::Args;

use super::SignInOptions;

#[derive(Args, Debug)]
pub(in crate::cli) struct ServeOptions {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, env = "KRAAMZICHT_LISTEN", default_value = "127.0.0.1:8080")]
    pub(in crate::cli) listen: SocketAddr,
    /// The most bytes of an upload
    #[arg(long, env = "KRAAMZICHT_UPLOAD_LIMIT", default_value_t = 50 * 1024 * 1024, value_name = "BYTES")]
    pub(in crate::cli) upload_limit: u64,
    /// Requests a minute from one address with tokens that are not known, or to sign in; 0 for no limit
    #[arg(long, env = "KRAAMZICHT_ATTEMPTS_PER_MINUTE", default_value_t = 30, value_name = "COUNT")]
    pub(in crate::cli) attempts_per_minute: u32,
    /// Requests a minute with one token or session; 0 for no limit
    #[arg(long, env = "KRAAMZICHT_REQUESTS_PER_MINUTE", default_value_t = 60_000, value_name = "COUNT")]
    pub(in crate::cli) requests_per_minute: u32,
    /// Files an hour with one token or session; 0 for no limit
    #[arg(long, env = "KRAAMZICHT_UPLOADS_PER_HOUR", default_value_t = 600, value_name = "COUNT")]
    pub(in crate::cli) uploads_per_hour: u32,
    /// Points a minute with one token or session, a point for each field that is asked for; 0 for no limit
    #[arg(long, env = "KRAAMZICHT_POINTS_PER_MINUTE", default_value_t = 600_000, value_name = "COUNT")]
    pub(in crate::cli) points_per_minute: u32,
    /// How many bytes of answers are kept for who asks the same again before anything changed; 0 for none
    #[arg(long, env = "KRAAMZICHT_ANSWERS_KEPT", default_value_t = 64 * 1024 * 1024, value_name = "BYTES")]
    pub(in crate::cli) answers_kept: usize,
    /// The addresses of proxies whose X-Forwarded-For is believed
    #[arg(long, env = "KRAAMZICHT_TRUSTED_PROXY", value_delimiter = ',', value_name = "ADDRESS")]
    pub(in crate::cli) trusted_proxy: Vec<IpAddr>,
    /// The bearer token with which /metrics is read, at least 32 characters; without one, it is for this machine alone
    #[arg(long, env = "KRAAMZICHT_METRICS_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(in crate::cli) metrics_token: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) sign_in: SignInOptions,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct DemoOptions {
    #[command(flatten)]
    pub(in crate::cli) serve: ServeOptions,
    /// Another invented sector
    #[arg(long, default_value_t = 1)]
    pub(in crate::cli) seed: u64,
    /// Also write the tokens to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) tokens: Option<PathBuf>,
    /// Stop before serving
    #[arg(long)]
    pub(in crate::cli) seed_only: bool,
}
