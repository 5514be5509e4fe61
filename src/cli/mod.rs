//! The command line: one binary, a command per use.
//!
//! What a command says to people goes to standard output; what went wrong, progress and the log go to standard
//! error, so that output can be piped.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is where the program speaks")]

mod arguments;
mod backtest;
mod check;
pub mod demo;
mod downtime;
mod exit;
mod findings;
mod mandate;
mod methodology;
mod migrate;
mod operate;
mod output;
mod receipt;
mod register;
mod schema;
mod score;
mod score_table;
mod serve;
mod sign_in;
mod simulate;
mod start_demo;
mod template;
mod token;
mod verify;
mod words;

use std::process::ExitCode;

use clap::Parser as _;

use self::arguments::{Arguments, Command};

/// Reads the arguments and does what they ask.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Err(error) = crate::telemetry::start(&arguments.global.log) {
        eprintln!("kraamzicht: {error}");
        return ExitCode::from(exit::USAGE);
    }
    let global = &arguments.global;
    let outcome = match arguments.command {
        Command::Check(options) => check::run(global, &options),
        Command::Template(options) => template::run(global, &options),
        Command::Findings => findings::run(global),
        Command::Schema => schema::run(),
        Command::ScoreTable(options) => score_table::run(&options),
        Command::Simulate(options) => simulate::run(global, &options),
        Command::Backtest(options) => backtest::run(global, &options),
        Command::Methodology => methodology::run(global),
        Command::Serve(options) => operate::block_on(serve::run(global, &options)),
        Command::Demo(options) => operate::block_on(start_demo::run(global, &options)),
        Command::Migrate => operate::block_on(migrate::run(global)),
        Command::Register(options) => operate::block_on(register::run(global, &options)),
        Command::Token(options) => operate::block_on(token::run(global, &options)),
        Command::Mandate(options) => operate::block_on(mandate::run(global, &options)),
        Command::Score(options) => operate::block_on(score::run(global, &options)),
        Command::Verify(options) => operate::block_on(verify::run(global, &options)),
        Command::ExportRun(options) => operate::block_on(verify::export(global, &options)),
        Command::ReceiptKey => operate::block_on(receipt::key(global)),
        Command::VerifyReceipt(options) => receipt::verify(&options),
        Command::Downtime(options) => operate::block_on(downtime::run(global, &options)),
        Command::VerifyAudit => operate::block_on(migrate::verify_audit(global)),
    };
    outcome.unwrap_or_else(|error| exit::report(&error, global.language.into()))
}
