//! The options of `mandate`.

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;

use super::ReportFormat;
use crate::domain::{AgbCode, IntermediaryId, MandateId, MandateRight};

#[derive(Args, Debug)]
#[command(after_help = "Examples:
  kraamzicht mandate register 'Softwarehuis De Brug' --kvk 12345678
  kraamzicht token create --role intermediary --intermediary int_01k9x6v7t0e8mbq2d3f4g5h6j7 --label aanlevering
  kraamzicht mandate give --agb 33001234 --intermediary int_01k9x6v7t0e8mbq2d3f4g5h6j7 --right deliver \\
    --dataset indicatoren,personeel --until 2027-12-31 --asked-by 'M. de Wit, bestuurder, brief van 3 maart'
  kraamzicht mandate list --agb 33001234
  kraamzicht mandate withdraw mdt_01k9x6v7t0e8mbq2d3f4g5h6j8 --asked-by 'M. de Wit, bestuurder, telefonisch'

An organisation gives and withdraws mandates itself over the API (giveMandate, withdrawMandate). Here it is done on its
behalf, and who of it asked is kept. Nothing is changed or removed: what ended stays in the list.")]
pub(in crate::cli) struct MandateOptions {
    #[command(subcommand)]
    pub(in crate::cli) action: MandateAction,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum MandateAction {
    /// Add an intermediary: a supplier of software, a back office, a branch body. It may do nothing yet
    Register(RegisterIntermediaryOptions),
    /// List the intermediaries
    Intermediaries(ListIntermediariesOptions),
    /// Give a mandate on behalf of an organisation
    Give(GiveMandateOptions),
    /// Withdraw a mandate on behalf of its organisation: it opens nothing from the next request on
    Withdraw(WithdrawMandateOptions),
    /// List mandates: who, for whom, what, until when, and how it is with them
    List(ListMandatesOptions),
}

#[derive(Args, Debug)]
pub(in crate::cli) struct RegisterIntermediaryOptions {
    /// Its name
    pub(in crate::cli) name: String,
    /// Its number in the trade register: eight digits
    #[arg(long, value_parser = kvk_number)]
    pub(in crate::cli) kvk: Option<String>,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ListIntermediariesOptions {
    /// How the result is printed
    #[arg(long, default_value = "human")]
    pub(in crate::cli) format: ReportFormat,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct GiveMandateOptions {
    /// The AGB code of the organisation that gives it
    #[arg(long)]
    pub(in crate::cli) agb: AgbCode,
    /// Who gets it, as `mandate intermediaries` names it
    #[arg(long)]
    pub(in crate::cli) intermediary: IntermediaryId,
    /// What it lets be done
    #[arg(long)]
    pub(in crate::cli) right: RightArgument,
    /// With which datasets, for example indicatoren,personeel
    #[arg(long, required = true, value_delimiter = ',', value_name = "DATASET")]
    pub(in crate::cli) dataset: Vec<String>,
    /// The first day on which it holds, for example 2026-06-01; without it, today
    #[arg(long, value_name = "DAY")]
    pub(in crate::cli) from: Option<Date>,
    /// The last day on which it holds
    #[arg(long, value_name = "DAY")]
    pub(in crate::cli) until: Date,
    /// Who of the organisation asked for it, and how
    #[arg(long, value_name = "WHO")]
    pub(in crate::cli) asked_by: String,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct WithdrawMandateOptions {
    /// The mandate, as `mandate list` names it
    pub(in crate::cli) mandate: MandateId,
    /// Who of the organisation asked for it, and how
    #[arg(long, value_name = "WHO")]
    pub(in crate::cli) asked_by: String,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ListMandatesOptions {
    /// Those of the organisation with this AGB code
    #[arg(long)]
    pub(in crate::cli) agb: Option<AgbCode>,
    /// How the result is printed
    #[arg(long, default_value = "human")]
    pub(in crate::cli) format: ReportFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RightArgument {
    /// See what was delivered and what is to be
    Read,
    /// See it, and send, explain, approve, withdraw and ask for more time
    Deliver,
}

impl From<RightArgument> for MandateRight {
    fn from(argument: RightArgument) -> Self {
        match argument {
            RightArgument::Read => Self::Read,
            RightArgument::Deliver => Self::Deliver,
        }
    }
}

fn kvk_number(text: &str) -> Result<String, &'static str> {
    let is_number = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { Ok(text.to_owned()) } else { Err("expected eight digits, for example 12345678") }
}
