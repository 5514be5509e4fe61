//! Observations: what an organisation reported of one measure in one period.

use serde::{Deserialize, Serialize};

use super::{AgbCode, LearningObservation, Own, Period};

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

/// The numbers of an observation, without whose and of what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// What is counted.
    pub numerator: Option<f64>,
    /// Out of what.
    pub denominator: Option<f64>,
    /// The value itself, in the indicator's unit, where it does not follow from numerator and denominator.
    pub value: Option<f64>,
    /// Standard deviation within the organisation, in the unit of the value.
    pub standard_deviation: Option<f64>,
    /// Number of independent units behind the value where the denominator is not that.
    pub units: Option<f64>,
    /// Why nothing is there, when nothing is.
    pub missing: Option<MissingReason>,
}

impl Observation {
    /// The observation with these figures.
    pub const fn with(agb_code: AgbCode, period: Period, indicator: String, figures: Figures) -> Self {
        let Figures { numerator, denominator, value, standard_deviation, units, missing } = figures;
        Self { agb_code, period, indicator, numerator, denominator, value, standard_deviation, units, missing }
    }

    /// Its figures.
    pub const fn figures(&self) -> Figures {
        Figures {
            numerator: self.numerator,
            denominator: self.denominator,
            value: self.value,
            standard_deviation: self.standard_deviation,
            units: self.units,
            missing: self.missing,
        }
    }
}

/// What an organisation reported of one measure in one part of it, for example a postcode area. Beside the observation
/// of the whole; whatever compares organisations takes the whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartObservation {
    /// Which part, as the file names it.
    pub part: String,
    /// What was reported of it.
    pub observation: Observation,
}

/// All that a file gives, by what may be done with it. A file is of one dataset, and a dataset of one class: where
/// there is something for learning, there is nothing else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// Of the organisation as a whole.
    pub whole: Vec<Observation>,
    /// Of its parts, where the dataset has parts.
    pub parts: Vec<PartObservation>,
    /// For learning only.
    pub learning: Vec<LearningObservation>,
}

impl Observed {
    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.whole.len() + self.parts.len() + self.learning.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers as they are shown to `reader`; those for learning only to the organisation itself.
    pub fn numbers(&self, reader: Option<Own>) -> Vec<ReportedNumber> {
        let number = |one: &Observation, part: Option<&String>| ReportedNumber {
            agb_code: one.agb_code,
            period: one.period,
            indicator: one.indicator.clone(),
            part: part.cloned(),
            figures: one.figures(),
        };
        let whole = self.whole.iter().map(|one| number(one, None));
        let parts = self.parts.iter().map(|one| number(&one.observation, Some(&one.part)));
        let learning = self.learning.iter().filter_map(|one| {
            Some(ReportedNumber {
                agb_code: one.agb_code(),
                period: one.period(),
                indicator: one.indicator().to_owned(),
                part: None,
                figures: one.figures(reader?),
            })
        });
        whole.chain(parts).chain(learning).collect()
    }
}

/// A number to be shown or compared with another version of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReportedNumber {
    /// Whose.
    pub agb_code: AgbCode,
    /// When.
    pub period: Period,
    /// The indicator's code.
    pub indicator: String,
    /// Of which part; nothing for the whole.
    pub part: Option<String>,
    /// The number.
    pub figures: Figures,
}
