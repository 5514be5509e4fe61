//! `verify` and `export-run`: stored runs computed once more.

use std::process::ExitCode;

use anyhow::Context as _;

use super::{
    arguments::{ExportRunOptions, Global, VerifyOptions},
    exit, operate,
    score_table::read,
};
use crate::{
    domain::Language,
    service::{Service, Verification},
};

/// Verifies one run, all, or one that was made elsewhere.
pub(super) async fn run(global: &Global, options: &VerifyOptions) -> anyhow::Result<ExitCode> {
    let service = operate::service(global).await?;
    let language = global.language.into();
    let (mut runs, mut intact) = (0_usize, true);
    let mut tell = |verification: Verification| {
        runs += 1;
        intact &= verification.differences.is_empty();
        print(&service, &verification, language);
    };
    if let Some(path) = &options.exported {
        let exported = serde_json::from_str(&read(path)?).with_context(|| format!("{} is no run", path.display()))?;
        tell(service.verify_exported(exported).await?);
    } else if let Some(id) = options.run {
        tell(service.verify(id).await?);
    } else {
        service.verify_all(&mut tell).await?;
        println!("{}", service.catalogue().message("VERIFY_RUNS", &[("count", runs.to_string())]).get(language));
    }
    Ok(if intact { ExitCode::SUCCESS } else { ExitCode::from(exit::NOT_INTACT) })
}

fn print(service: &Service, verification: &Verification, language: Language) {
    let parameters = [
        ("run", verification.run.to_string()),
        ("period", verification.key.period.to_string()),
        ("known_at", verification.key.known_at.to_string()),
        ("files", verification.files.to_string()),
    ];
    let code = if verification.differences.is_empty() { "VERIFY_EQUAL" } else { "VERIFY_DIFFERS" };
    println!("{}", service.catalogue().message(code, &parameters).get(language));
    for difference in &verification.differences {
        println!("  {}", difference.text(service).get(language));
    }
}

/// Prints a run as JSON.
pub(super) async fn export(global: &Global, options: &ExportRunOptions) -> anyhow::Result<ExitCode> {
    let service = operate::service(global).await?;
    println!("{}", serde_json::to_string(&service.export_run(options.run).await?)?);
    Ok(ExitCode::SUCCESS)
}
