//! `migrate` and `verify-audit`.

use std::process::ExitCode;

use super::{arguments::Global, exit, operate};

/// Brings the database up to date.
pub(super) async fn run(global: &Global) -> anyhow::Result<ExitCode> {
    let database = operate::database(global).await?;
    println!("{} is up to date", database.engine());
    database.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Recomputes every line of the audit log.
pub(super) async fn verify_audit(global: &Global) -> anyhow::Result<ExitCode> {
    match operate::service(global).await?.verify_audit().await? {
        Ok(lines) => {
            println!("the audit log is intact: {lines} lines");
            Ok(ExitCode::SUCCESS)
        }
        Err(line) => {
            eprintln!("kraamzicht: the audit log was changed at line {line}");
            Ok(ExitCode::from(exit::NOT_INTACT))
        }
    }
}
