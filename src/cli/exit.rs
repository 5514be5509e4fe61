//! Exit codes, and how a command says that it failed.

use std::process::ExitCode;

use crate::{
    catalogue::{Catalogue, CatalogueErrors},
    domain::Language,
    service, store,
};

/// The files were checked and at least one has an error; or a table cannot be used.
pub(super) const REJECTED: u8 = 1;
/// The command was not understood, or a file it names cannot be read.
pub(super) const USAGE: u8 = 2;
/// An ordinary "no": not found, already there.
pub(super) const REFUSED: u8 = 3;
/// The database cannot be reached or is busy; trying again is safe.
pub(super) const UNAVAILABLE: u8 = 4;
/// The catalogue has faults.
pub(super) const CATALOGUE: u8 = 5;
/// What was verified is not intact, or a promise was not kept.
pub(super) const NOT_INTACT: u8 = 6;
/// A fault of this program.
pub(super) const INTERNAL: u8 = 70;

/// What stands below `--help`.
pub(super) const HELP: &str = "Examples:
  kraamzicht demo                                   an invented sector on http://127.0.0.1:8080
  kraamzicht check indicatoren.csv                  what is wrong with a file, without sending it
  kraamzicht check in.csv --annotate uit.xlsx       the same, as a copy with remarks at each row
  kraamzicht template indicatoren --year 2025 --format xlsx --output sjabloon.xlsx
  kraamzicht serve --database-url postgres://...    the service on PostgreSQL
  kraamzicht token create --role inspector          a token for somebody at the inspectorate
  kraamzicht verify --all                           are all stored scores still what the received files give?
  kraamzicht score-table --help                     a table of your own through the engine

Exit codes:
  0   done; for `check`: no errors
  1   `check`: at least one file has an error; `score-table`, `backtest`: the table has one
  2   the command was not understood, or a file cannot be read
  3   refused: not found, or already there
  4   the database cannot be reached or is busy; trying again is safe
  5   the catalogue has faults
  6   what was verified is not intact, or not what the received files give; `simulate`: other than promised
  70  a fault of this program";

/// Says what went wrong, with its causes, and gives the exit code. An ordinary "no" is said in `language`, in the words
/// that a client of the service gets.
pub(super) fn report(error: &anyhow::Error, language: Language) -> ExitCode {
    let refused = error.chain().find_map(|cause| match cause.downcast_ref::<service::Error>() {
        Some(service::Error::Internal(_)) | None => None,
        refused => refused,
    });
    match (refused, Catalogue::embedded()) {
        (Some(refused), Ok(catalogue)) => eprintln!("kraamzicht: {}", refused.text(&catalogue, "").get(language)),
        _ => eprintln!("kraamzicht: {error:#}"),
    }
    ExitCode::from(code(error))
}

fn code(error: &anyhow::Error) -> u8 {
    for cause in error.chain() {
        if let Some(error) = cause.downcast_ref::<service::Error>() {
            return match error {
                service::Error::Unavailable(_) | service::Error::NoRoom(_) => UNAVAILABLE,
                service::Error::Internal(_) => INTERNAL,
                _ => REFUSED,
            };
        }
        if let Some(error) = cause.downcast_ref::<store::Error>() {
            return if matches!(error, store::Error::Unavailable(_)) { UNAVAILABLE } else { INTERNAL };
        }
        if cause.is::<CatalogueErrors>() {
            return CATALOGUE;
        }
    }
    USAGE
}
