//! What can be typed.

mod mandate;
mod scoring;
mod serve;
mod sign_in;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use self::{
    mandate::{GiveMandateOptions, ListMandatesOptions, MandateAction, MandateOptions},
    scoring::{
        BacktestOptions, ExportRunOptions, MethodArgument, ScoreOptions, ScoreTableOptions, SimulateOptions,
        VerifyOptions,
    },
    serve::{DemoOptions, ServeOptions},
    sign_in::SignInOptions,
};
use super::exit;
use crate::domain::{AgbCode, Instant, IntermediaryId, Language, TokenId};

/// Takes in the quality data of kraamzorg organisations and serves explained, reproducible risk signals.
#[derive(Debug, Parser)]
#[command(
    name = "kraamzicht",
    version,
    after_help = exit::HELP
)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What every command knows.
#[derive(Args, Debug)]
pub(super) struct Global {
    /// The folder with the database and the files being received
    #[arg(long, global = true, env = "KRAAMZICHT_DATA_DIR", default_value = "kraamzicht-data", value_name = "DIR")]
    pub(super) data_dir: PathBuf,
    /// sqlite:PATH or postgres://...; without it, kraamzicht.db in the data folder
    #[arg(long, global = true, env = "KRAAMZICHT_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(super) database_url: Option<String>,
    /// The file with the key that signs receipts, made at first use; without it, signing.key in the data folder
    #[arg(long, global = true, env = "KRAAMZICHT_SIGNING_KEY", value_name = "FILE")]
    pub(super) signing_key: Option<PathBuf>,
    /// A folder with a catalogue to use instead of the built-in one
    #[arg(long, global = true, env = "KRAAMZICHT_CATALOGUE", value_name = "DIR")]
    pub(super) catalogue: Option<PathBuf>,
    /// What is logged: error, warn, info, debug, or a filter such as kraamzicht=debug
    #[arg(long, global = true, env = "KRAAMZICHT_LOG", default_value = "warn", value_name = "FILTER")]
    pub(super) log: String,
    /// The language of what is said about files and scores
    #[arg(long, global = true, env = "KRAAMZICHT_LANGUAGE", default_value = "nl")]
    pub(super) language: LanguageArgument,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LanguageArgument {
    /// Nederlands
    Nl,
    /// English
    En,
}

impl From<LanguageArgument> for Language {
    fn from(argument: LanguageArgument) -> Self {
        match argument {
            LanguageArgument::Nl => Self::Nl,
            LanguageArgument::En => Self::En,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve the API and the console
    Serve(ServeOptions),
    /// Make an invented sector, send its files through intake, approval and scoring, and serve it
    Demo(DemoOptions),
    /// Check files without sending them: what is wrong, where, and how to put it right
    Check(CheckOptions),
    /// Make the template of a dataset for a year: CSV, XLSX with drop-down lists, or a description for machines
    Template(TemplateOptions),
    /// Print the page of all findings: what is wrong, how to put it right, an example
    Findings,
    /// Bring the database up to date (serve does so too)
    Migrate,
    /// Add organisations to the register from a CSV file
    Register(RegisterOptions),
    /// Make, list and take back bearer tokens
    Token(TokenOptions),
    /// Register intermediaries, and give, withdraw and list the mandates that organisations give them
    Mandate(MandateOptions),
    /// Print the GraphQL schema
    Schema,
    /// Print the scores of a period, or one organisation's score explained
    Score(ScoreOptions),
    /// Score any table of figures and write what the engine finds, in 17 significant digits
    ScoreTable(ScoreTableOptions),
    /// Draw sectors of ordinary organisations alone: does the engine give as many signals of them as it promises?
    Simulate(SimulateOptions),
    /// Hold scores against what inspectors found: does the list point at the right organisations?
    Backtest(BacktestOptions),
    /// Compute a stored run once more from the files as they were received, and compare every byte
    Verify(VerifyOptions),
    /// Print a stored run as JSON, to be verified elsewhere
    ExportRun(ExportRunOptions),
    /// Print how everything is computed, in Markdown
    Methodology,
    /// Print the key by which receipts are verified
    ReceiptKey,
    /// Check a receipt against a published key, without a service
    VerifyReceipt(VerifyReceiptOptions),
    /// Note a time in which the service could not be reached; deadlines near it move on
    Downtime(DowntimeOptions),
    /// Recompute every line of the audit log
    VerifyAudit,
}

#[derive(Args, Debug)]
pub(super) struct CheckOptions {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// The dataset they are; without it the header decides
    #[arg(long)]
    pub(super) dataset: Option<String>,
    /// How the result is printed
    #[arg(long, default_value = "human")]
    pub(super) format: Format,
    /// A JSON file that says who delivers and what day it is; without it, any organisation and today
    #[arg(long, value_name = "FILE")]
    pub(super) context: Option<PathBuf>,
    /// Also print the rows as they would be stored (json and ndjson)
    #[arg(long)]
    pub(super) values: bool,
    /// Also write the file with remarks at each row, for a single FILE; the ending says how: .csv or .xlsx
    #[arg(long, value_name = "OUT")]
    pub(super) annotate: Option<PathBuf>,
    /// Write over OUT when it is there
    #[arg(long, requires = "annotate")]
    pub(super) overwrite: bool,
}

#[derive(Args, Debug)]
pub(super) struct TemplateOptions {
    /// The dataset
    pub(super) dataset: String,
    /// The report year
    #[arg(long)]
    pub(super) year: i16,
    /// In which form
    #[arg(long, default_value = "csv")]
    pub(super) format: TemplateFormat,
    /// Where it is written; without it, to standard output
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Write over FILE when it is there
    #[arg(long, requires = "output")]
    pub(super) overwrite: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TemplateFormat {
    /// The header, in UTF-8 for Excel
    Csv,
    /// A workbook with drop-down lists and an explanation of each column
    Xlsx,
    /// A Data Package with a Table Schema (Frictionless)
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For reading: the line, and a mark under the cell; plain sentences with `NO_GRAPHICS`
    Human,
    /// For programs: an array with a report per file
    Json,
    /// For programs that read as it comes: a line per finding, and one with the verdict per file
    Ndjson,
    /// For editors and code hosts: SARIF 2.1.0
    Sarif,
}

/// How the outcome of a calculation is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For reading
    Human,
    /// For programs
    Json,
}

#[derive(Args, Debug)]
pub(super) struct RegisterOptions {
    /// A CSV file with the columns `agb_code`, `naam` and `soort`
    pub(super) file: PathBuf,
}

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct TokenOptions {
    #[command(subcommand)]
    pub(super) action: Option<TokenAction>,
    #[command(flatten)]
    pub(super) create: Option<NewTokenOptions>,
}

#[derive(Debug, Subcommand)]
pub(super) enum TokenAction {
    /// Make a token; its secret is shown once. So does `token` with these options
    Create(NewTokenOptions),
    /// List all tokens: whose, until when, when last used, when taken back. Never a secret
    List(ListTokensOptions),
    /// Take a token back: it works for no further request
    Revoke(RevokeTokenOptions),
}

#[derive(Args, Debug)]
pub(super) struct NewTokenOptions {
    /// What its holder may do
    #[arg(long)]
    pub(super) role: RoleArgument,
    /// The AGB code of the organisation, for the role organisation
    #[arg(long, required_if_eq("role", "organisation"))]
    pub(super) agb: Option<AgbCode>,
    /// The intermediary, for the role intermediary, as `mandate intermediaries` names it
    #[arg(long, required_if_eq("role", "intermediary"), conflicts_with = "agb")]
    pub(super) intermediary: Option<IntermediaryId>,
    /// What it is for
    #[arg(long, default_value = "")]
    pub(super) label: String,
    /// For how many days it works
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(i64).range(1..=366))]
    pub(super) days: i64,
}

#[derive(Args, Debug)]
pub(super) struct ListTokensOptions {
    /// How the result is printed
    #[arg(long, default_value = "human")]
    pub(super) format: ReportFormat,
}

#[derive(Args, Debug)]
pub(super) struct RevokeTokenOptions {
    /// The token's identifier, as `token list` and the audit log name it
    pub(super) token: TokenId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RoleArgument {
    /// Delivers for one organisation and sees that organisation
    Organisation,
    /// Acts for organisations that gave it a mandate, and sees what that lets it
    Intermediary,
    /// Sees all organisations
    Inspector,
}

#[derive(Args, Debug)]
pub(super) struct DowntimeOptions {
    /// From this moment, for example 2026-06-01T18:00:00Z
    #[arg(long, value_parser = moment)]
    pub(super) from: Instant,
    /// Until this moment
    #[arg(long, value_parser = moment)]
    pub(super) until: Instant,
    /// What was the matter
    #[arg(long)]
    pub(super) reason: String,
}

fn moment(text: &str) -> Result<Instant, &'static str> {
    Instant::parse(text).ok_or("expected a moment such as 2026-06-01T18:00:00Z")
}

#[derive(Args, Debug)]
pub(super) struct VerifyReceiptOptions {
    /// The receipt: the JSON of `GET /receipts/ID`
    pub(super) file: PathBuf,
    /// The published key: the JSON of `GET /receipts/key`
    #[arg(long, value_name = "FILE")]
    pub(super) key: PathBuf,
}
