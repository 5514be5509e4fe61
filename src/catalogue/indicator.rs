//! Indicators: what is measured, and how a number becomes a signal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::dataset::YearRange;
use crate::domain::{Direction, Text};

/// One measure: `schema/indicators/<code>.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// The code by which everything names it, for example `KZ06`; equals the file's name.
    pub code: String,
    /// Its identifier in the register of the Zorginstituut, for example `INID000769`, where it has one.
    pub inid: Option<String>,
    /// Its number in the indicator set, for example `6`.
    pub local_number: Option<String>,
    /// What it is called.
    pub name: Text,
    /// What it tells, and what it does not.
    pub description: Text,
    /// The theme under which it counts.
    pub theme: String,
    /// Structure, process or outcome.
    pub aspect: Aspect,
    /// The statistical kind, which decides the route to a z (method.md section 3).
    pub kind: IndicatorKind,
    /// What is counted.
    pub numerator: Text,
    /// Out of what.
    pub denominator: Text,
    /// The unit in which its value is shown.
    pub unit: Unit,
    /// Which way is worse.
    pub direction: Direction,
    /// Its weight in scores, at least 0; context indicators have one too, for changes, but do not enter levels.
    pub weight: f64,
    /// The points on the z scale when the answer is no, for kind `rule`: 2, or 3 for a legal duty.
    pub points_when_absent: Option<f64>,
    /// The persons-year of hours behind one independent unit, for a share of hours without a headcount.
    pub hours_per_unit: Option<f64>,
    /// The standard deviation within an organisation that is presumed for a mean where no file gives one, in the unit
    /// shown. Left out, such means are taken to be exact.
    pub presumed_deviation: Option<f64>,
    /// A norm, where one exists. Nothing where none does.
    pub norm: Option<Norm>,
    /// With what it is compared; left out: with peers, and with a legal norm where there is one.
    pub comparison: Option<Comparison>,
    /// Report years in which it may be delivered.
    pub valid_years: YearRange,
    /// Whether the official definition was read; `false` where it is inferred.
    pub verified: bool,
    /// Where it comes from.
    pub origin: Origin,
    /// The sources, as numbered in docs/catalogue.md.
    #[serde(default)]
    pub sources: Vec<String>,
    /// How its observations follow from delivered rows.
    pub data: Option<DataSource>,
    /// How its observations follow from those of other indicators.
    pub derived: Option<Derivation>,
}

/// Structure, process, outcome (Donabedian).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// What is there.
    Structure,
    /// What is done.
    Process,
    /// What comes of it.
    Outcome,
}

/// The statistical kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorKind {
    /// x of n clients or carers: beta-binomial, method.md 3.3.
    Proportion,
    /// A share of hours: arcsine on an effective number, 3.5.
    Share,
    /// A mean, 3.6; the value, or numerator divided by denominator.
    Mean,
    /// The mean of a skewed positive quantity, on the logarithm, 3.6.
    LogMean,
    /// Events per exposure: gamma-Poisson, 3.4.
    Rate,
    /// Yes or no, or items in place: points from a table, 3.7.
    Rule,
}

/// The unit in which a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Percent: 100 x numerator / denominator.
    Percent,
    /// Hours.
    Hours,
    /// A mark on the instrument's scale.
    Mark,
    /// Number of items.
    Items,
    /// Yes (1) or no (0).
    YesNo,
    /// Events per hundred.
    PerHundred,
}

impl Unit {
    /// What numerator / denominator is multiplied with to give the value shown.
    pub const fn factor(self) -> f64 {
        match self {
            Self::Percent | Self::PerHundred => 100.0,
            Self::Hours | Self::Mark | Self::Items | Self::YesNo => 1.0,
        }
    }
}

/// A norm and who set it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Norm {
    /// The value, in the indicator's unit.
    pub value: f64,
    /// Whether it binds or only orients.
    pub basis: NormBasis,
    /// Who set it, where and when.
    pub source: Text,
}

/// How far a norm binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NormBasis {
    /// A legal duty.
    Legal,
    /// Somebody's reference (an insurer, a register): shown, never scored.
    Reference,
}

/// With what an indicator is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// With peers, and with a legal norm where there is one.
    Peers,
    /// With its legal norm alone: what peers do does not matter.
    Norm,
}

/// Where an indicator comes from (domain.md 8a).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The mandatory set.
    Mandatory,
    /// Mandatory in an earlier set.
    Historical,
    /// Defined by the annual accountability (jaarverantwoording).
    Accountability,
    /// Client experience (PREM).
    Experience,
    /// Proposed here.
    Proposed,
}

/// How observations follow from delivered rows of a dataset.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSource {
    /// The dataset.
    pub dataset: String,
    /// Only rows whose cells hold one of these words. Where the dataset has a `measure` column and the indicator
    /// gives no filter on it, the indicator's own code is the filter.
    #[serde(default, rename = "where")]
    pub filter: BTreeMap<String, Vec<String>>,
    /// Overrides of the dataset's `observation`.
    pub numerator: Option<Aggregate>,
    /// Idem.
    pub denominator: Option<Aggregate>,
    /// Idem.
    pub value: Option<Aggregate>,
    /// Idem.
    pub standard_deviation: Option<Aggregate>,
    /// Idem.
    pub units: Option<Aggregate>,
}

/// One number from the rows of one organisation and period. Exactly one of `sum`, `maximum`, `only`, `count` is given.
/// Absent when none of the rows has a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// The sum of these columns over the rows.
    #[serde(default)]
    pub sum: Vec<String>,
    /// The largest value of this column over the rows.
    pub maximum: Option<String>,
    /// The value of this column in the only row; absent when there are more.
    pub only: Option<String>,
    /// How many rows there are.
    #[serde(default)]
    pub count: bool,
    /// Only rows whose cells hold one of these words, on top of the source's own filter.
    #[serde(default, rename = "where")]
    pub filter: BTreeMap<String, Vec<String>>,
}

/// How observations follow from those of other indicators of the same organisation and period.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Derivation {
    /// The function.
    pub function: DerivedFunction,
    /// The indicators it takes, in the function's order.
    pub inputs: Vec<String>,
}

/// The functions that derive one measure from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DerivedFunction {
    /// From A (wants less) and B (received less) over the same N clients: the least number that received less
    /// without wanting less, `max(0, B - A)` of N (domain.md fact 10). Inputs: A, B.
    UnwantedShortfall,
}
