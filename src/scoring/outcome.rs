//! What a run gives: the explanation is data.
//!
//! Every number is finite. Probabilities and shares are in [0, 1]; z and r are in standard deviations.

use serde::{Deserialize, Serialize};

use super::{account::Account, change::Change, drift::Drift, quality::DataQuality};
use crate::domain::{AgbCode, Code, DataState, Level, OverrideReason, OverrideRecord, Period};

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The period that was scored.
    pub period: Period,
    /// What was fitted to the peers, one per measure and peer group with enough data, sorted by both.
    pub fits: Vec<Fit>,
    /// How measures go together in ordinary organisations.
    pub correlation: Correlation,
    /// What each peer group as a whole did, sorted by measure and group: invisible to comparisons with peers.
    pub drifts: Vec<Drift>,
    /// How many signals there are, and how many chance alone would give.
    pub account: Account,
    /// The organisations, sorted by code. Those that are not ranked are not here.
    pub organisations: Vec<OrganisationOutcome>,
    /// Practices of one person, sorted by code: compared with their own kind alone, and never scored, ranked or
    /// counted, as such a practice is a person. For themselves.
    pub solos: Vec<OrganisationOutcome>,
}

/// With whom an organisation is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeerGroup {
    /// Organisations with carers in employment.
    Organisations,
    /// Cooperatives and agencies.
    Cooperatives,
    /// Practices of one person.
    Solos,
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
    pub indicator: Code,
    /// The peers.
    pub peer_group: PeerGroup,
    /// How many organisations were fitted.
    pub organisations: usize,
    /// From how many periods the dispersion was taken: more than 1 where one held too few organisations.
    pub periods: usize,
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
///
/// There are many: names are shared, and what few of them have is kept apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// The measure.
    pub indicator: Code,
    /// Its theme.
    pub theme: Code,
    /// What it asks of the reader: that of the comparison with peers or with a legal norm, whichever is higher.
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
    /// Where the numerator is only known to be at least so much: the most it can be.
    pub at_most: Option<Box<AtMost>>,
    /// What was compared instead, where this period's numbers are too small.
    pub pooled: Option<Box<Pooled>>,
    /// What is usual, in the unit of the value; of the same periods, where more were put together.
    pub typical_value: Option<f64>,
    /// Where 95 % of ordinary organisations of this size lie, in the unit of the value.
    pub ordinary: Option<Interval>,
    /// The value drawn towards the peers by as much as it is noise.
    pub shrunken: Option<f64>,
    /// Distance to the peers; positive = the value is high.
    pub z: Option<f64>,
    /// The distance that decides the level, positive = worse; for context measures two-sided.
    pub r: Option<f64>,
    /// The same from peers alone, which is what enters scores.
    pub r_peers: Option<f64>,
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
    /// Of the comparisons of this period that are at least so far out, the share that chance would explain
    /// (Benjamini and Hochberg's q). Information; levels do not depend on it.
    pub false_discovery_rate: Option<f64>,
    /// The norm, and how the value stands to it.
    pub norm: Option<Box<NormComparison>>,
    /// The smallest change that would lower the level.
    pub change_needed: Option<Box<ChangeNeeded>>,
    /// What can be said of the figures behind it. Said before the level.
    pub data: DataState,
    /// One slip of the keyboard after which the figure would be ordinary.
    pub typing_error: Option<Box<TypingError>>,
}

impl Signal {
    /// What is said first of it: the state of its figures, or else its level.
    pub fn headline(&self) -> Headline {
        Headline::of(self.data, self.level)
    }
}

/// What is said first. What was recorded and outranks scores comes before all else; what is not complete outranks every level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Headline {
    /// The inspectorate recorded what outranks all of it ([`OrganisationOutcome::records`]).
    Overridden,
    /// Something that must be there is not: no level says more than that.
    Incomplete,
    /// The data ask to be looked at before they are believed.
    Suspect,
    /// The data are complete, and this is what they say.
    Level(Level),
}

impl Headline {
    /// Of data in this state that give this level.
    pub const fn of(data: DataState, level: Level) -> Self {
        match data {
            DataState::Incomplete => Self::Incomplete,
            DataState::Suspect => Self::Suspect,
            DataState::Complete => Self::Level(level),
        }
    }
}

/// The most that a numerator can be of which only a lower bound is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AtMost {
    /// The numerator.
    pub numerator: f64,
    /// In the unit in which values are shown.
    pub value: f64,
    /// 95 % interval of that value.
    pub interval: Interval,
}

/// Figures of more periods together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pooled {
    /// Over how many periods, this one included.
    pub periods: usize,
    /// Of all together.
    pub numerator: f64,
    /// Of all together.
    pub denominator: f64,
    /// In the unit in which values are shown.
    pub value: f64,
    /// 95 % interval of that value.
    pub interval: Interval,
}

/// How a value stands to a norm, from this period's figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NormComparison {
    /// The norm, in the unit in which values are shown.
    pub norm: f64,
    /// Whether the law sets it; what only orients gives no signal.
    pub is_legal: bool,
    /// Whether the value is on the right side of it.
    pub is_met: bool,
    /// The distance on the wrong side, 0 on the right one: how far beyond what chance explains in an organisation
    /// that just meets the norm. `None` for what only orients.
    pub r: Option<f64>,
    /// The chance of a value this far on the wrong side in an organisation that just meets the norm (mid-p).
    pub probability: Option<f64>,
}

/// The smallest change of a figure that lowers its level, all else being equal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeNeeded {
    /// The level it would then have.
    pub level: Level,
    /// The numerator that gives it, of this period; `None` where there is no numerator.
    pub numerator: Option<f64>,
    /// The value that gives it, in the unit in which values are shown, of all periods that were compared together; for
    /// what is no count the value beyond which it does.
    pub value: f64,
}

/// A single slip that would turn an ordinary figure into the one delivered.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypingError {
    /// What may have happened.
    pub slip: Slip,
    /// What the numerator may have been meant to be.
    pub numerator: f64,
    /// What the denominator may have been meant to be.
    pub denominator: f64,
}

/// Slips of the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slip {
    /// Two neighbouring digits changed places.
    SwappedDigits,
    /// A digit was typed twice.
    DoubledDigit,
    /// Numerator and denominator changed places.
    Exchanged,
    /// A digit was left out.
    LostDigit,
}

/// What one measure adds to a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    /// The measure.
    pub indicator: Code,
    /// Whether it is the change of the measure that adds it, and not its figure.
    pub is_change: bool,
    /// What it adds to the standardised sum. Contributions add up to it exactly; ten times this is in points.
    pub standardised: f64,
}

/// A theme's or the overall outcome of one organisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The theme; `None` for the overall score.
    pub theme: Option<Code>,
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
    /// The sums from which on the level is `attention` and `elevated`: 2 and 3, unless good results count for less
    /// than bad ones.
    pub thresholds: Option<Thresholds>,
    /// By how much sums were divided because they spread more than chance (phi).
    pub inflation: f64,
    /// What each measure adds, largest first.
    pub contributions: Vec<Contribution>,
    /// The rank to be expected given the noise, 1 = highest; overall only.
    pub expected_rank: Option<f64>,
    /// Among how many.
    pub ranked: Option<usize>,
    /// The chance of standing among the first so many, if one measured again; overall only.
    pub top: Option<Top>,
}

/// From where on a standardised sum has a level.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// From here on 2.3 % of ordinary organisations.
    pub attention: f64,
    /// From here on 0.13 % of ordinary organisations.
    pub elevated: f64,
}

/// The chance of standing at the top.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Top {
    /// How many places it has.
    pub places: usize,
    /// The share of draws in which the organisation has one of them.
    pub chance: f64,
}

/// All of one organisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrganisationOutcome {
    /// Whose.
    pub agb_code: AgbCode,
    /// What outranks the scores, sorted.
    pub overrides: Vec<OverrideReason>,
    /// What those that were recorded rest on, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<OverrideRecord>,
    /// Overall first, then the themes in their order.
    pub scores: Vec<Score>,
    /// What can be said of the data behind all of it. Said first: incomplete outranks elevated.
    pub data: DataQuality,
    /// One per measure, sorted by code.
    pub signals: Vec<Signal>,
    /// How figures changed against their own past, sorted by code; only where there is one to compare.
    pub changes: Vec<Change>,
}

impl Outcome {
    /// Of a period without anything.
    pub(super) fn nothing(period: Period) -> Self {
        Self {
            period,
            fits: Vec::new(),
            correlation: Correlation { indicators: Vec::new(), values: Vec::new() },
            drifts: Vec::new(),
            account: Account::of(&[], &[], &[]),
            organisations: Vec::new(),
            solos: Vec::new(),
        }
    }
}

impl OrganisationOutcome {
    /// The score of `theme`; overall without one.
    pub fn score(&self, theme: Option<&str>) -> Option<&Score> {
        self.scores.iter().find(|score| score.theme.as_deref() == theme)
    }

    /// What is said first of the organisation: what was recorded and outranks its scores, the state of its data, or else the level of its
    /// overall score.
    pub fn headline(&self) -> Headline {
        if !self.records.is_empty() {
            return Headline::Overridden;
        }
        Headline::of(self.data.state, self.score(None).map_or(Level::Insufficient, |score| score.level))
    }

    /// What outranks the scores: every record, and what follows from the figures without one.
    pub fn overrides_with_records(&self) -> impl Iterator<Item = (OverrideReason, Option<&OverrideRecord>)> {
        self.overrides.iter().flat_map(|reason| {
            let mut records = self.records.iter().filter(|record| record.reason == *reason).map(Some).peekable();
            let alone = records.peek().is_none().then_some(None);
            records.chain(alone).map(|record| (*reason, record))
        })
    }

    /// The themes whose level is above that of the overall score: what a good result elsewhere would hide.
    pub fn theme_alerts(&self) -> impl Iterator<Item = &Score> {
        let overall = self.score(None).map_or(Level::None, |score| score.level).max(Level::None);
        self.scores.iter().filter(move |score| score.theme.is_some() && score.level > overall)
    }
}

/// The correlation matrix of the measures that enter scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    /// The measures, sorted.
    pub indicators: Vec<Code>,
    /// Row by row; symmetric, ones on the diagonal.
    pub values: Vec<Vec<f64>>,
}
