//! `token`: bearer tokens for people and programs.

use std::{collections::BTreeMap, process::ExitCode};

use anyhow::Context as _;
use serde::Serialize;

use super::{
    arguments::{Global, NewTokenOptions, ReportFormat, RoleArgument, TokenAction, TokenOptions},
    exit, operate,
};
use crate::{
    domain::{Actor, AgbCode, IntermediaryId, OrganisationId, Role, TokenId},
    service::{NewToken, Service, TokenRecord},
};

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// Does what is asked with tokens.
pub(super) async fn run(global: &Global, options: &TokenOptions) -> anyhow::Result<ExitCode> {
    let service = operate::service(global).await?;
    match (&options.action, &options.create) {
        (Some(TokenAction::Create(options)), _) | (None, Some(options)) => print_new(&service, options).await?,
        (Some(TokenAction::List(options)), _) => print_all(&service, options.format).await?,
        (Some(TokenAction::Revoke(options)), _) => {
            let revoked = service.revoke_token(&Actor::OPERATOR, options.token).await?;
            let at = revoked.revoked_at.map(|at| at.to_string()).unwrap_or_default();
            println!("{} was taken back at {at}", options.token);
        }
        (None, None) => {
            eprintln!(
                "kraamzicht: say what to do with tokens: `token create --role ROLE`, `token list` or `token revoke TOKEN`"
            );
            return Ok(ExitCode::from(exit::USAGE));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes a token and prints it, once.
async fn print_new(service: &Service, options: &NewTokenOptions) -> anyhow::Result<()> {
    let (label, days) = (options.label.as_str(), options.days);
    let token = match (options.role, options.intermediary) {
        (RoleArgument::Intermediary, Some(intermediary)) => {
            let lifetime = days * SECONDS_OF_A_DAY;
            service.create_intermediary_token(intermediary, label, lifetime, random()?).await?
        }
        (RoleArgument::Intermediary, None) => anyhow::bail!("an intermediary's token takes --intermediary"),
        (RoleArgument::Organisation, _) => create(service, Role::Organisation, options.agb, label, days).await?,
        (RoleArgument::Inspector, _) => create(service, Role::Inspector, None, label, days).await?,
    };
    eprintln!("{} works until {}; the secret is not kept and cannot be shown again:", token.id, token.expires_at);
    println!("{}", token.secret);
    Ok(())
}

async fn print_all(service: &Service, format: ReportFormat) -> anyhow::Result<()> {
    let organisations: BTreeMap<OrganisationId, AgbCode> = service
        .organisations(&Actor::OPERATOR)
        .await?
        .into_iter()
        .map(|organisation| (organisation.id, organisation.agb_code))
        .collect();
    let now = service.now();
    let lines: Vec<Line> = service
        .tokens(&Actor::OPERATOR)
        .await?
        .into_iter()
        .map(|TokenRecord { token, created_at, used_at, revoked_at }| Line {
            token: token.id,
            state: match revoked_at {
                Some(_) => "revoked",
                None if token.expires_at <= now => "expired",
                None => "works",
            },
            role: token.role.as_str(),
            intermediary: token.intermediary,
            agb_code: token.organisation.and_then(|id| organisations.get(&id).copied()),
            created_at: created_at.to_string(),
            expires_at: token.expires_at.to_string(),
            used_at: used_at.map(|at| at.to_string()),
            revoked_at: revoked_at.map(|at| at.to_string()),
            label: token.label,
        })
        .collect();
    if format == ReportFormat::Json {
        println!("{}", serde_json::to_string_pretty(&lines)?);
        return Ok(());
    }
    for line in lines {
        let whose = line.agb_code.map(|code| code.to_string()).or(line.intermediary.map(|id| id.to_string()));
        let whose = whose.unwrap_or_else(|| line.role.to_owned());
        let used = line.used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
        println!("{}  {:<7}  {whose:<10}  until {}  {used}  {}", line.token, line.state, line.expires_at, line.label);
    }
    Ok(())
}

/// A token as it is listed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    token: TokenId,
    state: &'static str,
    role: &'static str,
    agb_code: Option<AgbCode>,
    intermediary: Option<IntermediaryId>,
    created_at: String,
    expires_at: String,
    used_at: Option<String>,
    revoked_at: Option<String>,
    label: String,
}

/// Makes a token with a random secret.
pub(super) async fn create(
    service: &Service,
    role: Role,
    agb_code: Option<AgbCode>,
    label: &str,
    days: i64,
) -> anyhow::Result<NewToken> {
    Ok(service.create_token(role, agb_code, label, days * SECONDS_OF_A_DAY, random()?).await?)
}

fn random() -> anyhow::Result<[u8; 32]> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(anyhow::Error::msg).context("the system gives no randomness")?;
    Ok(secret)
}
