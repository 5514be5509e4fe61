//! When a number that may be right is asked about.

use serde::Deserialize;

use crate::domain::{Observation, Text};

/// The file `schema/plausibility.toml`. A catalogue without it asks nothing.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plausibility {
    /// Changes from one year to the next.
    pub jump: JumpRule,
    /// Figures of an earlier year, delivered once more.
    pub copy: CopyRule,
    /// Numbers in different files that count the same.
    #[serde(default)]
    pub same_count: Vec<SameCountRule>,
}

/// How large a change is asked about.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JumpRule {
    /// Asked when at most this share of the other organisations made as large a one; from 0 to 1.
    pub share: f64,
    /// The fewest other organisations of which that can be said.
    pub organisations: usize,
    /// How many pairs of years back the others are looked at; the last one of each counts.
    pub pairs: i16,
}

/// How much sameness is asked about.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyRule {
    /// The fewest figures that are the same.
    pub figures: usize,
    /// The least share of the comparable figures; from 0 to 1.
    pub share: f64,
}

/// Two places where the same is counted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SameCountRule {
    /// What is counted, in the plural.
    pub name: Text,
    /// In one file.
    pub one: CountPlace,
    /// In the other.
    pub other: CountPlace,
    /// Asked when the larger is more than so many times the smaller ...
    pub factor: f64,
    /// ... and at least so many more.
    pub difference: f64,
}

/// Where something is counted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountPlace {
    /// The indicators.
    pub indicators: Vec<String>,
    /// Which of their figures.
    pub figure: CountFigure,
}

/// A figure that counts something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountFigure {
    /// The numerator.
    Numerator,
    /// The denominator.
    Denominator,
    /// The units behind hours or days.
    Units,
}

impl CountFigure {
    /// The figure of `observation`.
    pub const fn of(self, observation: &Observation) -> Option<f64> {
        match self {
            Self::Numerator => observation.numerator,
            Self::Denominator => observation.denominator,
            Self::Units => observation.units,
        }
    }
}
