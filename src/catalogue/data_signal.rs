//! Signals about the data themselves.

use serde::{Deserialize, Serialize};

use crate::domain::{DataState, Text};

/// The theme of signals about data. Shown apart and never mixed into the risk of care (method.md section 7).
pub const DATA_QUALITY: &str = "gegevenskwaliteit";

/// One signal about what an organisation delivered, never about its care: `schema/signals/<code>.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSignal {
    /// The code by which everything names it, for example `GK04`; equals the file's name.
    pub code: String,
    /// What it is called.
    pub name: Text,
    /// What it tells, and what it does not.
    pub description: Text,
    /// Its weight in the theme of data quality, above 0.
    pub weight: f64,
    /// What it makes of the figures it is about.
    pub state: DataState,
    /// What is said when it shows. Placeholders: see [`DataTest::placeholders`].
    pub sentence: Text,
    /// What it looks for.
    pub test: DataTest,
}

/// What a signal about data looks for, with its thresholds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DataTest {
    /// Mandatory figures that are not there after the day on which they were due.
    MissingValues {
        /// More days than this after it was due: elevated. The second period in a row is too.
        elevated_after_days: i32,
    },
    /// A dataset that came after the day on which it was due.
    LateDelivery {
        /// More days than this: elevated. The second period in a row is too.
        elevated_after_days: i32,
    },
    /// A dataset delivered in an earlier period, and not in this one after the day on which it was due.
    MissingStream {
        /// More days than this after it was due: elevated. The second period in a row is too.
        elevated_after_days: i32,
    },
    /// Figures equal to those of the period before.
    RepeatedFigures {
        /// Shown when the chance of so many repeats is below this.
        chance: f64,
    },
    /// Counts that end in 0 or 5 too often.
    RoundedCounts {
        /// Shown when the chance of so many is below this.
        chance: f64,
        /// Counts below this are left out.
        least_count: f64,
        /// How many periods, this one included, are looked at.
        periods: usize,
    },
    /// Several indicators with one suspicious denominator.
    EqualDenominators {
        /// The denominator.
        denominator: f64,
        /// Shown from so many indicators on.
        indicators: usize,
    },
    /// Series that vary less than sampling alone would make them.
    SmoothSeries {
        /// Shown when the chance of so little variation is below this.
        chance: f64,
        /// Series of fewer periods are left out.
        least_periods: usize,
        /// So are periods with fewer cases on either side.
        least_count: f64,
    },
    /// Several indicators at exactly 100 % of many, where the law does not ask it.
    AllPerfect {
        /// Only denominators above this.
        above_denominator: f64,
        /// Shown from so many indicators on.
        indicators: usize,
    },
    /// Figures that count the same people and differ.
    Contradictions {
        /// What is held against what.
        pairs: Vec<FigurePair>,
    },
}

impl DataTest {
    /// What the sentence of a signal with this test may hold in braces.
    pub const fn placeholders(&self) -> &'static [&'static str] {
        match self {
            Self::MissingValues { .. } => &["count", "of", "days", "indicators"],
            Self::LateDelivery { .. } | Self::MissingStream { .. } => &["count", "days", "datasets"],
            Self::RepeatedFigures { .. } | Self::RoundedCounts { .. } | Self::SmoothSeries { .. } => {
                &["count", "of", "chance", "indicators"]
            }
            Self::EqualDenominators { .. } | Self::AllPerfect { .. } | Self::Contradictions { .. } => {
                &["count", "of", "indicators"]
            }
        }
    }
}

/// Two figures of one organisation and period that should go together.
///
/// They disagree when they differ by more than `slack` and by more than `tolerance` times the larger one.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FigurePair {
    /// One of them.
    pub left: Figure,
    /// How it should stand to the other.
    pub relation: FigureRelation,
    /// The other.
    pub right: Figure,
    /// The share by which they may differ, from 0 to 1.
    pub tolerance: f64,
    /// The number by which they may differ, at least 0.
    pub slack: f64,
}

/// A number of an indicator.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// The indicator.
    pub indicator: String,
    /// Which of its numbers.
    pub part: FigurePart,
}

/// Which number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FigurePart {
    /// What is counted.
    Numerator,
    /// Out of what.
    Denominator,
}

/// How two numbers should stand to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureRelation {
    /// About the same.
    Equal,
    /// The left one not above the right one.
    AtMost,
}
