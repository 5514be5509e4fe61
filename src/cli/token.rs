//! `token`: a bearer token for a person or a program.

use std::process::ExitCode;

use anyhow::Context as _;

use super::{
    arguments::{Global, RoleArgument, TokenOptions},
    operate,
};
use crate::{
    domain::{AgbCode, Role},
    service::{NewToken, Service},
};

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// Makes a token and prints it, once.
pub(super) async fn run(global: &Global, options: &TokenOptions) -> anyhow::Result<ExitCode> {
    let service = operate::service(global).await?;
    let (role, agb_code) = match options.role {
        RoleArgument::Organisation => (Role::Organisation, options.agb),
        RoleArgument::Inspector => (Role::Inspector, None),
    };
    let token = create(&service, role, agb_code, &options.label, options.days).await?;
    eprintln!("{} works until {}; the secret is not kept and cannot be shown again:", token.id, token.expires_at);
    println!("{}", token.secret);
    Ok(ExitCode::SUCCESS)
}

/// Makes a token with a random secret.
pub(super) async fn create(
    service: &Service,
    role: Role,
    agb_code: Option<AgbCode>,
    label: &str,
    days: i64,
) -> anyhow::Result<NewToken> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(anyhow::Error::msg).context("the system gives no randomness")?;
    Ok(service.create_token(role, agb_code, label, days * SECONDS_OF_A_DAY, secret).await?)
}
