//! What a run gives: the explanation is data.
//!
//! Every number is finite. Probabilities and shares are in [0, 1]; z and r are in standard deviations.

use serde::{Deserialize, Serialize};

use crate::domain::{AgbCode, Level, Period};

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The period that was scored.
    pub period: Period,
    /// What was fitted to the peers, one per measure and peer group with enough data, sorted by both.
    pub fits: Vec<Fit>,
    /// How measures go together in ordinary organisations.
    pub correlation: Correlation,
    /// The organisations, sorted by code. Those that are not ranked are not here.
    pub organisations: Vec<OrganisationOutcome>,
}

/// With whom an organisation is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerGroup {
    /// Organisations with carers in employment.
    Organisations,
    /// Cooperatives and agencies.
    Cooperatives,
    /// All ranked organisations together, where a group of one's own is too small.
    National,
}

/// What the dispersion of a fit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dispersion {
    /// Variance between organisations on the scale of the fit (tau squared).
    Variance,
    /// Correlation within organisations of a beta-binomial (rho).
    IntraclassCorrelation,
    /// Squared coefficient of variation between organisations of a gamma-Poisson (tau).
    SquaredVariation,
    /// No dispersion was fitted: a rule.
    None,
}

/// The ordinary organisation, as fitted to a peer group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// The measure.
    pub indicator: String,
    /// The peers.
    pub peer_group: PeerGroup,
    /// How many organisations were fitted.
    pub organisations: usize,
    /// The centre, on the scale of the route: a share for proportions, the arcsine of its root for shares, the
    /// logarithm for log-means, the value's own unit for means.
    pub location: f64,
    /// The centre in the unit in which values are shown.
    pub typical_value: f64,
    /// The ordinary variation between organisations.
    pub dispersion: f64,
    /// What that is.
    pub dispersion_kind: Dispersion,
}

/// A closed interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Why there is no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Insufficiency {
    /// Nothing was delivered.
    NotReported,
    /// The measure does not apply to this organisation.
    NotApplicable,
    /// The organisation does not know.
    Unknown,
    /// The denominator is zero.
    EmptyDenominator,
    /// The denominator is below the least that says anything.
    SmallDenominator,
    /// Too few organisations delivered it to know what is ordinary.
    FewPeers,
}

/// One measure of one organisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// The measure.
    pub indicator: String,
    /// Its theme.
    pub theme: String,
    /// What it asks of the reader.
    pub level: Level,
    /// Why there is no level.
    pub insufficiency: Option<Insufficiency>,
    /// With whom it was compared.
    pub peer_group: Option<PeerGroup>,
    /// As delivered.
    pub numerator: Option<f64>,
    /// As delivered.
    pub denominator: Option<f64>,
    /// In the unit in which values are shown.
    pub value: Option<f64>,
    /// 95 % interval of the value, from its own numbers alone.
    pub interval: Option<Interval>,
    /// Where 95 % of ordinary organisations of this size lie, in the unit of the value.
    pub ordinary: Option<Interval>,
    /// The value drawn towards the peers by as much as it is noise.
    pub shrunken: Option<f64>,
    /// Distance to the peers; positive = the value is high.
    pub z: Option<f64>,
    /// The same, positive = worse; for context measures two-sided.
    pub r: Option<f64>,
    /// Chance of a value this low or lower in an ordinary organisation of this size (mid-p).
    pub probability_low: Option<f64>,
    /// Chance of a value this high or higher in an ordinary organisation of this size (mid-p).
    pub probability_high: Option<f64>,
    /// The share of the distance that is sampling noise (B).
    pub noise_share: Option<f64>,
    /// The exact chance of at least `attention` in an ordinary organisation of this size.
    pub chance_of_attention: Option<f64>,
    /// The exact chance of `elevated` in an ordinary organisation of this size.
    pub chance_of_elevated: Option<f64>,
}

/// What one measure adds to a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    /// The measure.
    pub indicator: String,
    /// What it adds to the standardised sum. Contributions add up to it exactly; ten times this is in points.
    pub standardised: f64,
}

/// A theme's or the overall outcome of one organisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The theme; `None` for the overall score.
    pub theme: Option<String>,
    /// What it asks of the reader.
    pub level: Level,
    /// The share of applicable weight that is present.
    pub coverage: f64,
    /// The standardised sum S; in an ordinary organisation standard normal.
    pub standardised: Option<f64>,
    /// 50 + 10 S, held within 0 and 100.
    pub score: Option<f64>,
    /// 90 % interval of the score, if one measured again.
    pub interval: Option<Interval>,
    /// The share of ordinary organisations that score lower.
    pub percentile: Option<f64>,
    /// By how much sums were divided because they spread more than chance (phi).
    pub inflation: f64,
    /// What each measure adds, largest first.
    pub contributions: Vec<Contribution>,
    /// The rank to be expected given the noise, 1 = highest; overall only.
    pub expected_rank: Option<f64>,
    /// Among how many.
    pub ranked: Option<usize>,
}

/// All of one organisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrganisationOutcome {
    /// Whose.
    pub agb_code: AgbCode,
    /// Overall first, then the themes in their order.
    pub scores: Vec<Score>,
    /// One per measure, sorted by code.
    pub signals: Vec<Signal>,
}

impl OrganisationOutcome {
    /// The score of `theme`; overall without one.
    pub fn score(&self, theme: Option<&str>) -> Option<&Score> {
        self.scores.iter().find(|score| score.theme.as_deref() == theme)
    }
}

/// The correlation matrix of the measures that enter scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    /// The measures, sorted.
    pub indicators: Vec<String>,
    /// Row by row; symmetric, ones on the diagonal.
    pub values: Vec<Vec<f64>>,
}
