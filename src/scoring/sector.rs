//! What a run takes in.

use serde::{Deserialize, Serialize};

use crate::{
    catalogue::{Catalogue, Derivation, Indicator, IndicatorKind},
    domain::{AgbCode, Direction, Observation, OrganisationKind, Period},
};

/// An organisation that takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Its code, by which everything is sorted.
    pub agb_code: AgbCode,
    /// Its sort, which decides its peers.
    pub kind: OrganisationKind,
}

/// What scoring needs to know of an indicator.
#[derive(Clone, Debug)]
pub struct Measure {
    /// The indicator's code.
    pub code: String,
    /// The theme under which it counts.
    pub theme: String,
    /// The route to a z.
    pub kind: IndicatorKind,
    /// Which way is worse.
    pub direction: Direction,
    /// Its weight.
    pub weight: f64,
    /// What numerator / denominator is multiplied with to give the value shown.
    pub factor: f64,
    /// Points when the answer is no (kind `rule`).
    pub points_when_absent: f64,
    /// Hours behind one independent unit (kind `share` without a headcount).
    pub hours_per_unit: f64,
    /// How it follows from other measures.
    pub derived: Option<Derivation>,
}

impl From<&Indicator> for Measure {
    fn from(indicator: &Indicator) -> Self {
        Self {
            code: indicator.code.clone(),
            theme: indicator.theme.clone(),
            kind: indicator.kind,
            direction: indicator.direction,
            weight: indicator.weight,
            factor: indicator.unit.factor(),
            points_when_absent: indicator.points_when_absent.unwrap_or(2.0),
            hours_per_unit: indicator.hours_per_unit.unwrap_or(1_000.0),
            derived: indicator.derived.clone(),
        }
    }
}

/// The constants of the method; their defaults are those of method.md.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The most that one indicator's r may weigh, either way.
    pub cap: f64,
    /// The least denominator for a peer z.
    pub minimum_denominator: f64,
    /// The fewest organisations that make a peer group.
    pub minimum_peers: usize,
    /// The fewest pairs for a correlation.
    pub minimum_pairs: usize,
    /// How far correlations are drawn towards none.
    pub correlation_shrinkage: f64,
    /// The least share of applicable weight for a score.
    pub minimum_coverage: f64,
    /// How many periods, this one included, the correlations look back.
    pub correlation_periods: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cap: 4.0,
            minimum_denominator: 5.0,
            minimum_peers: 20,
            minimum_pairs: 20,
            correlation_shrinkage: 0.1,
            minimum_coverage: 0.5,
            correlation_periods: 4,
        }
    }
}

/// All that a run looks at.
#[derive(Clone, Debug)]
pub struct Sector {
    /// The period that is scored.
    pub period: Period,
    /// The measures, each once.
    pub measures: Vec<Measure>,
    /// The themes, in the order in which they are shown.
    pub themes: Vec<String>,
    /// The organisations, each once.
    pub members: Vec<Member>,
    /// What is known of the period and of up to three before it; at most one observation per member, measure and
    /// period.
    pub observations: Vec<Observation>,
    /// The constants.
    pub settings: Settings,
}

impl Sector {
    /// The sector with the measures of `catalogue` that are valid in `period`, and no members yet.
    pub fn new(catalogue: &Catalogue, period: Period) -> Self {
        Self {
            period,
            measures: catalogue
                .indicators
                .values()
                .filter(|indicator| indicator.valid_years.contains(period.calendar_year()))
                .map(Measure::from)
                .collect(),
            themes: catalogue.themes.iter().map(|theme| theme.code.clone()).collect(),
            members: Vec::new(),
            observations: Vec::new(),
            settings: Settings::default(),
        }
    }
}
