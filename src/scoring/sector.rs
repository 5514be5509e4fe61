//! What a run takes in.

use serde::{Deserialize, Serialize};

use super::quality::DataInputs;
use crate::{
    catalogue::{Catalogue, Comparison, Derivation, Indicator, IndicatorKind, NormBasis, Origin},
    domain::{AgbCode, Code, Direction, Observation, OrganisationKind, OverrideRecord, Period},
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
    pub code: Code,
    /// The theme under which it counts.
    pub theme: Code,
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
    /// The standard deviation within an organisation where none was given, in the unit shown (kinds `mean` and
    /// `log_mean`); without it such means are taken to be exact.
    pub presumed_deviation: Option<f64>,
    /// How it follows from other measures.
    pub derived: Option<Derivation>,
    /// What it is held against besides peers, or instead of them.
    pub norm: Option<Threshold>,
    /// Whether it belongs to the set that must be delivered.
    pub is_mandatory: bool,
    /// Whether it comes with a dataset that nobody has to deliver: then its absence is no gap.
    pub is_voluntary: bool,
}

impl Measure {
    /// The same with names that it shares with nothing.
    pub(super) fn apart(&self) -> Self {
        Self { code: self.code.as_str().into(), theme: self.theme.as_str().into(), ..self.clone() }
    }
}

/// A norm of a measure, in the unit in which its values are shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// The value that must be met.
    pub value: f64,
    /// Whether the law sets it. What only orients is shown and gives no signal.
    pub is_legal: bool,
    /// Whether it stands in place of the comparison with peers.
    pub replaces_peers: bool,
}

impl From<&Indicator> for Measure {
    fn from(indicator: &Indicator) -> Self {
        Self {
            code: indicator.code.as_str().into(),
            theme: indicator.theme.as_str().into(),
            kind: indicator.kind,
            direction: indicator.direction,
            weight: indicator.weight,
            factor: indicator.unit.factor(),
            points_when_absent: indicator.points_when_absent.unwrap_or(2.0),
            hours_per_unit: indicator.hours_per_unit.unwrap_or(1_000.0),
            presumed_deviation: indicator.presumed_deviation,
            derived: indicator.derived.clone(),
            norm: indicator.norm.as_ref().map(|norm| Threshold {
                value: norm.value,
                is_legal: norm.basis == NormBasis::Legal,
                replaces_peers: indicator.comparison == Some(Comparison::Norm),
            }),
            is_mandatory: indicator.origin == Origin::Mandatory,
            is_voluntary: false,
        }
    }
}

/// The constants of the method; their defaults are those of method.md.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How organisations are compared with their peers.
    pub method: Method,
    /// Whether expected numbers are rounded to two decimals, as those of the SHMI are (`method` `shmi`).
    pub round_expected: bool,
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
    /// With how many periods before it a figure is compared for its change; 0: no changes are followed.
    pub past_periods: usize,
    /// How many periods, this one included, small numbers are put together from (m).
    pub pooled_periods: usize,
    /// Proportions of fewer trials than this are put together.
    pub pooling_denominator: f64,
    /// Counts of which fewer adverse ones than this are expected are put together.
    pub pooling_events: f64,
    /// How far good results make up for bad ones: 1 = fully, a plain sum; 0 = not at all.
    pub kappa: f64,
    /// How many draws the levels of sums follow from where `kappa` is below 1.
    pub threshold_draws: usize,
    /// How many places the top has, for the chance of standing in it.
    pub top: usize,
    /// How many draws that chance follows from.
    pub rank_draws: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            method: Method::Exact,
            round_expected: true,
            cap: 4.0,
            minimum_denominator: 5.0,
            minimum_peers: 20,
            minimum_pairs: 20,
            correlation_shrinkage: 0.1,
            minimum_coverage: 0.5,
            correlation_periods: 4,
            past_periods: 4,
            pooled_periods: 4,
            pooling_denominator: 30.0,
            pooling_events: 3.0,
            kappa: 1.0,
            threshold_draws: 200_000,
            top: 20,
            rank_draws: 2_000,
        }
    }
}

/// How organisations are compared with their peers. All but the first are the published recipes of others, for audit:
/// what they would have said of the same figures (method.md section 3.11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Our own: exact tails around a robust fit.
    #[default]
    Exact,
    /// The Care Quality Commission's: distances winsorised, over-dispersion added.
    CqcWinsor,
    /// That of the Summary Hospital-level Mortality Indicator: extreme tenths left out. For proportions and rates;
    /// means and shares have no expected number and are compared as under `exact`.
    Shmi,
    /// `DerSimonian` and Laird's random effects.
    Dl,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Exact, Self::CqcWinsor, Self::Shmi, Self::Dl];

    /// The word for it in configurations and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::CqcWinsor => "cqc_winsor",
            Self::Shmi => "shmi",
            Self::Dl => "dl",
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
    pub themes: Vec<Code>,
    /// The organisations, each once.
    pub members: Vec<Member>,
    /// What is known of the period and of those before it, as many as [`Settings::lookback`] says; at most one observation per member, measure and
    /// period.
    pub observations: Vec<Observation>,
    /// What was recorded of organisations, and stands beside their scores of this period.
    pub overrides: Vec<Override>,
    /// Whether what must be delivered of the period is due. Until then nobody missed it.
    pub is_due: bool,
    /// What signals about data look for, and what they need to know besides figures.
    pub data: DataInputs,
    /// From which all draws follow: [`RunKey::seed`](super::RunKey::seed).
    pub seed: u64,
    /// The constants.
    pub settings: Settings,
}

/// What was recorded of one organisation and outranks figures. Shown beside its scores, never part of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Override {
    /// Whose.
    pub agb_code: AgbCode,
    /// What.
    pub record: OverrideRecord,
}

impl Settings {
    /// How many periods a run looks at, its own included: those of its correlations and sums, and the past of the
    /// earliest.
    pub fn lookback(&self) -> usize {
        self.own_periods() + self.past_periods
    }

    /// How many periods are held against peers for a run, its own included.
    pub(super) fn own_periods(&self) -> usize {
        self.correlation_periods.max(self.pooled_periods).max(1)
    }
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
                .map(|indicator| Measure {
                    is_voluntary: is_voluntary(catalogue, indicator),
                    ..Measure::from(indicator)
                })
                .collect(),
            themes: catalogue.themes.iter().map(|theme| theme.code.as_str().into()).collect(),
            members: Vec::new(),
            observations: Vec::new(),
            overrides: Vec::new(),
            is_due: true,
            data: DataInputs::default(),
            seed: 0,
            settings: Settings::default(),
        }
    }
}

/// Whether an indicator, or one that it follows from, comes with a voluntary dataset.
fn is_voluntary(catalogue: &Catalogue, indicator: &Indicator) -> bool {
    let inputs = indicator.derived.iter().flat_map(|derived| &derived.inputs);
    let sources = inputs.filter_map(|code| catalogue.indicators.get(code)).chain([indicator]);
    let mut datasets = sources.filter_map(|one| catalogue.datasets.get(&one.data.as_ref()?.dataset));
    datasets.any(|dataset| dataset.voluntary)
}
