//! Any table of figures through the engine: what a statistician needs to hold it to numbers of their own.
//!
//! The table is read into a [`Sector`] like any other and scored by the function that the service uses.

mod config;
mod digits;
mod read;
mod write;

use super::{Outcome, Sector, input_hash, located::Faults, score};
use crate::domain::Direction;

pub use config::TableConfig;
pub use digits::seventeen_digits;

/// What is wrong with what was handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableFaults {
    /// With the table.
    Table(Faults),
    /// With its configuration.
    Config(Faults),
}

/// A table that can be scored.
#[derive(Debug)]
pub struct ScoreTable {
    sector: Sector,
    /// The codes of the measures in the order of the configuration.
    indicators: Vec<String>,
    /// The organisations, sorted; their places are their codes in the sector.
    organisations: Vec<String>,
    /// Sorted by indicator and organisation.
    rows: Vec<Line>,
}

/// A row of the table, as it is said again beside what was found.
#[derive(Debug)]
struct Line {
    organisation: usize,
    indicator: String,
    kind: String,
    direction: Direction,
    x: Option<f64>,
    n: Option<f64>,
    sd: Option<f64>,
}

impl ScoreTable {
    /// Reads `text` (columns `org`, `indicator`, `x` and, where they are needed, `kind`, `direction`, `n`, `sd`).
    pub fn read(text: &str, config: &TableConfig) -> Result<Self, TableFaults> {
        read::read(text, config)
    }

    /// Scores it. The same table and configuration give the same numbers.
    pub fn score(&mut self) -> Outcome {
        let bits = input_hash(&self.sector).leading_bits();
        self.sector.seed = u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
        score(&self.sector)
    }

    /// The same, whatever share of the weight is there.
    fn score_uncovered(&self) -> Outcome {
        let mut sector = self.sector.clone();
        sector.settings.minimum_coverage = 0.0;
        score(&sector)
    }

    /// The name and the text of `fits.csv`, `indicator.csv`, `correlation.csv` and `scores.csv`.
    pub fn files(&self, outcome: &Outcome) -> [(&'static str, String); 4] {
        [
            ("fits.csv", write::fits(self, outcome)),
            ("indicator.csv", write::indicators(self, outcome)),
            ("correlation.csv", write::correlation(self, outcome)),
            ("scores.csv", write::scores(self, outcome)),
        ]
    }
}

/// +1 where high is worse, -1 where low is worse, 0 for context: what files say.
const fn sign(direction: Direction) -> i8 {
    match direction {
        Direction::LowerIsBetter => 1,
        Direction::HigherIsBetter => -1,
        Direction::Context => 0,
    }
}

/// The direction behind a sign.
const fn direction_of(sign: i64) -> Option<Direction> {
    match sign {
        1 => Some(Direction::LowerIsBetter),
        -1 => Some(Direction::HigherIsBetter),
        0 => Some(Direction::Context),
        _ => None,
    }
}
