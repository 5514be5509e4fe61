//! Observations: what an organisation reported of one measure in one period.

use serde::{Deserialize, Serialize};

use super::{AgbCode, Period};

/// Why a value is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingReason {
    /// The cell was empty or held a dash.
    NotReported,
    /// `n.v.t.`: the measure does not apply to this organisation.
    NotApplicable,
    /// `onbekend`: the organisation does not know.
    Unknown,
    /// A zero denominator: nothing to count in this period.
    EmptyDenominator,
}

impl MissingReason {
    /// The word used in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotReported => "not_reported",
            Self::NotApplicable => "not_applicable",
            Self::Unknown => "unknown",
            Self::EmptyDenominator => "empty_denominator",
        }
    }

    /// The reason written as `word`.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::NotReported, Self::NotApplicable, Self::Unknown, Self::EmptyDenominator]
            .into_iter()
            .find(|reason| reason.as_str() == word)
    }
}

/// One measure of one organisation in one period, as its file in force says it.
///
/// Which of the numbers are present follows from the indicator's kind: a proportion has numerator and
/// denominator, a mean has value and denominator (respondents) and perhaps a standard deviation, a share of
/// hours has numerator and denominator in hours and a `weight` in persons. All numbers are finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Whose.
    pub agb_code: AgbCode,
    /// When.
    pub period: Period,
    /// The indicator's code, for example `KZ06`.
    pub indicator: String,
    /// What is counted.
    pub numerator: Option<f64>,
    /// Out of what.
    pub denominator: Option<f64>,
    /// The value itself, in the indicator's unit, where it does not follow from numerator and denominator.
    pub value: Option<f64>,
    /// Standard deviation within the organisation, in the unit of the value.
    pub standard_deviation: Option<f64>,
    /// Number of independent units behind the value where the denominator is not that (persons behind hours).
    pub units: Option<f64>,
    /// Why nothing is there, when nothing is.
    pub missing: Option<MissingReason>,
}
