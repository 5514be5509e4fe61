//! `findings`: the page of all findings.

use std::process::ExitCode;

use super::{arguments::Global, operate};

/// Prints the page.
pub(super) fn run(global: &Global) -> anyhow::Result<ExitCode> {
    print!("{}", operate::catalogue(global)?.findings_page(global.language.into()));
    Ok(ExitCode::SUCCESS)
}
