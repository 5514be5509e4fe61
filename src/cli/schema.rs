//! `schema`: the GraphQL contract.

use std::process::ExitCode;

/// Prints the schema.
#[expect(clippy::unnecessary_wraps, reason = "commands have one shape")]
pub(super) fn run() -> anyhow::Result<ExitCode> {
    print!("{}", crate::graphql::sdl());
    Ok(ExitCode::SUCCESS)
}
