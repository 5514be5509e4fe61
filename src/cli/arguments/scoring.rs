//! What can be typed about scores, and about how they are checked.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ReportFormat;
use crate::{
    domain::{AgbCode, Period, RunId},
    scoring::Method,
};

#[derive(Args, Debug)]
pub(in crate::cli) struct ScoreOptions {
    /// The period, for example 2025
    #[arg(long)]
    pub(in crate::cli) period: Period,
    /// The AGB code of the organisation whose score is explained
    #[arg(long, value_name = "AGB")]
    pub(in crate::cli) explain: Option<AgbCode>,
    /// For audit: compare with peers by the recipe of others, on the same data. Such a run is not kept
    #[arg(long, default_value = "exact")]
    pub(in crate::cli) method: MethodArgument,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum MethodArgument {
    /// Our own: exact tails around a robust fit
    Exact,
    /// Care Quality Commission: distances winsorised, over-dispersion added
    #[value(name = "cqc_winsor")]
    CqcWinsor,
    /// Summary Hospital-level Mortality Indicator: extreme tenths left out
    Shmi,
    /// `DerSimonian` and Laird's random effects
    Dl,
}

impl From<MethodArgument> for Method {
    fn from(argument: MethodArgument) -> Self {
        match argument {
            MethodArgument::Exact => Self::Exact,
            MethodArgument::CqcWinsor => Self::CqcWinsor,
            MethodArgument::Shmi => Self::Shmi,
            MethodArgument::Dl => Self::Dl,
        }
    }
}

#[derive(Args, Debug)]
#[command(
    after_help = "The table has the columns org, indicator, x and, as its kinds need them, kind, direction, n, sd:

  org,indicator,kind,direction,x,n,sd
  org-01,on_time,proportion,-1,52,60,          x of n; direction -1: low is worse
  org-01,complaints,rate,1,0,0.6,              x events during n
  org-01,client_score,mean,-1,8.70,15,1.42     mean, respondents, standard deviation
  org-01,self_employed_hours,share,0,0.1,3,    share, the number behind it; direction 0: context

The configuration says how they weigh:

  themes = [\"care\", \"clients\"]
  [settings]
  kappa = 1
  [[indicators]]
  code = \"on_time\"
  theme = \"care\"
  weight = 1.5

Written are fits.csv, indicator.csv, correlation.csv and scores.csv. A whole example with all settings and kinds:
fixtures/tables/example.csv and fixtures/tables/example.toml."
)]
pub(in crate::cli) struct ScoreTableOptions {
    /// The table, a CSV file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) input: PathBuf,
    /// The weights, themes, directions and settings, a TOML file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) config: PathBuf,
    /// The folder for the results
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: PathBuf,
}

#[derive(Args, Debug)]
#[command(
    after_help = "Each sector is drawn from fitted models with the spread of sizes of kraamzorg: proportions, a rate,
a share of hours and a mean. Nothing is wrong in any of them, so that every signal is a false alarm. Printed are the
shares beyond 2 and 3 standard deviations beside the exact chances, with the 99.9 % band of so many tests, for small
organisations (fewer than 120 clients), large ones (240 and more) and overall scores. Exit code 6 when one lies outside
its band. The same seed gives the same numbers."
)]
pub(in crate::cli) struct SimulateOptions {
    /// How many sectors
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(in crate::cli) sectors: u64,
    /// How many organisations each has
    #[arg(long, default_value_t = 200, value_parser = organisations)]
    pub(in crate::cli) organisations: usize,
    /// Other sectors
    #[arg(long, default_value_t = 1)]
    pub(in crate::cli) seed: u64,
}

fn organisations(text: &str) -> Result<usize, &'static str> {
    let count = text.parse().ok().filter(|count| (20..=100_000).contains(count));
    count.ok_or("expected a number from 20, the fewest that make a peer group, to 100000")
}

#[derive(Args, Debug)]
#[command(after_help = "A row per visit, with the columns below, or what the options call them:

  score                  the score before the visit, higher is worse
  outcome                1 for a finding, 0 for none (also true/false, yes/no, ja/nee); empty: nobody went
  probability            the chance of a finding that was told beforehand, if any: for Brier and calibration
  selection_probability  the chance of having been selected for a visit, if known: for the weighted figures
  team, size, type       who went, and to what sort of organisation, if known

For example, on the food inspections of Chicago:

  kraamzicht backtest inspections.csv --outcome criticalFound --probability score \\
      --team Inspector_Assigned --where Test=1")]
pub(in crate::cli) struct BacktestOptions {
    /// A CSV file with scores and outcomes
    pub(in crate::cli) file: PathBuf,
    /// The column with the score
    #[arg(long, default_value = "score", value_name = "COLUMN")]
    pub(in crate::cli) score: String,
    /// The column with the outcome
    #[arg(long, default_value = "outcome", value_name = "COLUMN")]
    pub(in crate::cli) outcome: String,
    /// The column with the chance told beforehand
    #[arg(long, default_value = "probability", value_name = "COLUMN")]
    pub(in crate::cli) probability: String,
    /// The column with the chance of selection
    #[arg(long, default_value = "selection_probability", value_name = "COLUMN")]
    pub(in crate::cli) selection_probability: String,
    /// The column with the inspector or team
    #[arg(long, default_value = "team", value_name = "COLUMN")]
    pub(in crate::cli) team: String,
    /// The column with the size, as a number or as the name of a class
    #[arg(long, default_value = "size", value_name = "COLUMN")]
    pub(in crate::cli) size: String,
    /// The column with the sort of organisation
    #[arg(long = "type", default_value = "type", value_name = "COLUMN")]
    pub(in crate::cli) sort: String,
    /// Only the rows where a column has a value
    #[arg(long = "where", value_name = "COLUMN=VALUE")]
    pub(in crate::cli) only: Option<String>,
    /// Precision and lift among so many of the highest scores; may be given more than once
    #[arg(long = "k", value_name = "COUNT")]
    pub(in crate::cli) tops: Vec<usize>,
    /// How the result is printed
    #[arg(long, default_value = "human")]
    pub(in crate::cli) format: ReportFormat,
}

#[derive(Args, Debug)]
#[command(after_help = "The files as they were received are read, checked, counted and scored once more, and the
result is compared with what is stored. Exit code 6 when anything differs. A run made on SQLite verifies on
PostgreSQL: give the database with --database-url, and the run by its id when the data are there, or as the JSON
of `export-run`.")]
pub(in crate::cli) struct VerifyOptions {
    /// The run
    #[arg(required_unless_present_any = ["all", "exported"], conflicts_with_all = ["all", "exported"])]
    pub(in crate::cli) run: Option<RunId>,
    /// Every run that is stored
    #[arg(long, conflicts_with = "exported")]
    pub(in crate::cli) all: bool,
    /// A run as `export-run` printed it, against the data here
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) exported: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct ExportRunOptions {
    /// The run
    pub(in crate::cli) run: RunId,
}
