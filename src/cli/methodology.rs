//! `methodology`: how everything is computed.

use std::process::ExitCode;

use super::{arguments::Global, operate};

/// Prints the page in Markdown.
pub(super) fn run(global: &Global) -> anyhow::Result<ExitCode> {
    print!("{}", operate::catalogue(global)?.methodology_page(global.language.into()));
    Ok(ExitCode::SUCCESS)
}
