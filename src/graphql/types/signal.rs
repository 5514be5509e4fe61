//! Signals with their explanation as data.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};

use super::{
    IndicatorType, LocalizedText, NumberExplanationType, OrganisationType,
    comparison::{AtMostType, ChangeNeededType, NormComparisonType, PooledType, TypingErrorType},
    course::{ChangeOverTimeType, change_over_time},
    quality::{DataFindingType, HeadlineType, data_finding},
};
use crate::{
    domain::{DataState, Instant, Level, OrganisationId, SubmissionId},
    graphql::{context::Asked, scalars::PeriodText},
    service::{AssessedOrganisation, Assessment, Dispersion, Error, Fit, Insufficiency, Interval, PeerGroup, Signal},
};

/// What an outcome asks of the reader. A signal is a question, not a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "Level", remote = "Level")]
pub(in crate::graphql) enum LevelType {
    /// Too few data to say anything (onvoldoende gegevens).
    Insufficient,
    /// Nothing out of the ordinary (geen).
    None,
    /// Attention (aandacht): expected of 2.3 % of ordinary organisations.
    Attention,
    /// Elevated (verhoogd): expected of 0.13 % of ordinary organisations.
    Elevated,
}

/// What can be said of the data behind an outcome. Said before any level: incomplete outranks elevated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "DataState", remote = "DataState")]
pub(in crate::graphql) enum DataStateType {
    /// Nothing is missing and nothing is odd (volledig).
    Complete,
    /// Something about them asks to be looked at before they are believed (twijfelachtig).
    Suspect,
    /// Something that must be there is not (onvolledig).
    Incomplete,
}

/// Why there is no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "Insufficiency", remote = "Insufficiency")]
pub(in crate::graphql) enum InsufficiencyType {
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

/// With whom an organisation is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "PeerGroup", remote = "PeerGroup")]
pub(in crate::graphql) enum PeerGroupType {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "Dispersion", remote = "Dispersion")]
pub(in crate::graphql) enum DispersionType {
    /// Variance between organisations on the scale of the fit.
    Variance,
    /// Correlation within organisations of a beta-binomial.
    IntraclassCorrelation,
    /// Squared coefficient of variation between organisations of a gamma-Poisson.
    SquaredVariation,
    /// Nothing was fitted: a rule.
    None,
}

/// From low to high, both inclusive.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "Interval")]
pub(in crate::graphql) struct IntervalType {
    /// The lower end.
    low: f64,
    /// The upper end.
    high: f64,
}

impl From<Interval> for IntervalType {
    fn from(interval: Interval) -> Self {
        Self { low: interval.low, high: interval.high }
    }
}

/// The ordinary organisation, as fitted to a peer group.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Fit")]
pub(in crate::graphql) struct FitType {
    /// The peers.
    peer_group: PeerGroupType,
    /// How many organisations were fitted.
    organisations: usize,
    /// From how many periods the variation was taken: more than 1 where one held too few organisations.
    periods: usize,
    /// What is usual, in the indicator's unit.
    typical_value: f64,
    /// The centre on the scale of the fit.
    location: f64,
    /// The ordinary variation between organisations.
    dispersion: f64,
    /// What the dispersion is.
    dispersion_kind: DispersionType,
}

impl From<&Fit> for FitType {
    fn from(fit: &Fit) -> Self {
        Self {
            peer_group: fit.peer_group.into(),
            organisations: fit.organisations,
            periods: fit.periods,
            typical_value: fit.typical_value,
            location: fit.location,
            dispersion: fit.dispersion,
            dispersion_kind: fit.dispersion_kind.into(),
        }
    }
}

/// One indicator of one organisation in one period, held against its peers.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Signal", complex)]
pub(in crate::graphql) struct SignalType {
    #[graphql(skip)]
    organisation_id: OrganisationId,
    #[graphql(skip)]
    known_at: Instant,
    #[graphql(skip)]
    code: String,
    /// Whose.
    organisation: OrganisationType,
    /// When.
    period: PeriodText,
    /// The indicator.
    indicator: IndicatorType,
    /// What is said first of it: the state of its figures, or else its level.
    headline: HeadlineType,
    /// What can be said of the figures behind it; comes before the level.
    data: DataStateType,
    /// The signals about data that make the figures suspect or incomplete; empty when they are complete.
    data_findings: Vec<DataFindingType>,
    /// What it asks of the reader (niveau).
    level: LevelType,
    /// Why there is no level, when there is none.
    insufficiency: Option<InsufficiencyType>,
    /// One sentence that says it.
    explanation: LocalizedText,
    /// What was counted (teller), as delivered.
    numerator: Option<f64>,
    /// Out of what (noemer), as delivered.
    denominator: Option<f64>,
    /// The value in the indicator's unit (waarde).
    value: Option<f64>,
    /// 95 % interval of the value from its own numbers.
    interval: Option<IntervalType>,
    /// Where the numerator is only known to be at least so much: the most it can be (hooguit).
    at_most: Option<AtMostType>,
    /// What was compared instead, where this period's numbers are too small (over meer perioden); null otherwise.
    pooled: Option<PooledType>,
    /// With whom it was compared (vergelijkingsgroep); null when it was compared with nobody.
    peer_group: Option<PeerGroupType>,
    /// How many organisations it was compared with, it included; null when it was compared with nobody.
    peers: Option<usize>,
    /// What is usual (gebruikelijk), in the indicator's unit; over the same periods, where more were put together.
    typical_value: Option<f64>,
    /// Where 95 % of ordinary organisations of this size lie.
    ordinary: Option<IntervalType>,
    /// The value drawn towards the peers by as much as it is noise (ingedikte schatting).
    shrunken: Option<f64>,
    /// Distance to the peers in standard deviations; positive is high.
    z: Option<f64>,
    /// The same; positive is worse, for context indicators two-sided.
    r: Option<f64>,
    /// The same from peers alone, without a norm: what enters scores.
    r_peers: Option<f64>,
    /// Chance of a value this low or lower in an ordinary organisation of this size.
    probability_low: Option<f64>,
    /// Chance of a value this high or higher in an ordinary organisation of this size.
    probability_high: Option<f64>,
    /// The share of the distance that is sampling noise.
    noise_share: Option<f64>,
    /// The chance of at least attention in an ordinary organisation of this size: the false alarms to expect.
    chance_of_attention: Option<f64>,
    /// The chance of elevated in an ordinary organisation of this size.
    chance_of_elevated: Option<f64>,
    /// Of the comparisons of this period that are at least so far out, the share that chance would explain (q-waarde of
    /// Benjamini and Hochberg). Information: no level depends on it.
    false_discovery_rate: Option<f64>,
    /// The norm, and how the value stands to it; null without one.
    norm: Option<NormComparisonType>,
    /// The smallest change that would lower the level; null where there is no level to lower.
    change_needed: Option<ChangeNeededType>,
    /// One slip of the keyboard after which the figure would be ordinary (mogelijke typefout); null where none explains
    /// it.
    typing_error: Option<TypingErrorType>,
    /// How the figure changed against the organisation's own past (verandering); null without one to compare.
    change: Option<ChangeOverTimeType>,
    /// What was fitted to the peers.
    fit: Option<FitType>,
}

#[ComplexObject]
impl SignalType {
    /// What the organisation said, before approval, about the numbers behind it (toelichtingen) and the file they came
    /// with.
    async fn explanations(&self, context: &Context<'_>) -> Result<Vec<NumberExplanationType>> {
        let asked = Asked::by(context)?;
        let (organisation, period, known_at) = (self.organisation_id, self.period.0, self.known_at);
        let fail = |error: Arc<Error>| asked.failure(&error);
        let speaking = async |_: Vec<OrganisationId>| asked.service.speaking(&asked.actor, period, known_at).await;
        let found = asked.loads().speaking.one((known_at, period), organisation, speaking).await.map_err(fail)?;
        let (codes, datasets) = asked.service.made_from(&self.code);
        let found = found.unwrap_or_default();
        let submissions = datasets.iter().filter_map(|dataset| found.get(*dataset).copied()).collect();
        let answered = async |ids: Vec<SubmissionId>| asked.service.answered(&asked.actor, &ids, known_at).await;
        let answered = asked.loads().answered.many(known_at, submissions, answered).await.map_err(fail)?;
        Ok(answered.iter().flat_map(|one| one.about(period, &codes)).map(Into::into).collect())
    }
}

/// The type for `signal` of `one` in `assessment`.
pub(in crate::graphql) fn signal(
    asked: &Asked<'_>,
    assessment: &Assessment,
    one: &AssessedOrganisation,
    signal: &Signal,
) -> SignalType {
    let organisation = &one.organisation;
    let code = &signal.indicator;
    let change = one.outcome.changes.iter().find(|change| change.indicator == *code);
    let fit = assessment.fit(signal);
    SignalType {
        organisation_id: organisation.id,
        known_at: assessment.key.known_at,
        code: code.to_string(),
        organisation: organisation.clone().into(),
        period: PeriodText(assessment.key.period),
        indicator: IndicatorType::named(asked.catalogue(), code),
        headline: signal.headline().into(),
        data: signal.data.into(),
        data_findings: one.outcome.data.reasons(Some(code)).map(|finding| data_finding(asked, finding)).collect(),
        level: signal.level.into(),
        insufficiency: signal.insufficiency.map(Into::into),
        explanation: asked.service.explain_signal(asked.reader(), organisation, signal).into(),
        numerator: signal.numerator,
        denominator: signal.denominator,
        value: signal.value,
        interval: signal.interval.map(Into::into),
        at_most: signal.at_most.as_deref().copied().map(Into::into),
        pooled: signal.pooled.as_deref().copied().map(Into::into),
        peer_group: signal.peer_group.map(Into::into),
        peers: fit.map(|fit| fit.organisations),
        typical_value: signal.typical_value,
        ordinary: signal.ordinary.map(Into::into),
        shrunken: signal.shrunken,
        z: signal.z,
        r: signal.r,
        r_peers: signal.r_peers,
        probability_low: signal.probability_low,
        probability_high: signal.probability_high,
        noise_share: signal.noise_share,
        chance_of_attention: signal.chance_of_attention,
        chance_of_elevated: signal.chance_of_elevated,
        false_discovery_rate: signal.false_discovery_rate,
        norm: signal.norm.as_deref().copied().map(Into::into),
        change_needed: signal.change_needed.as_deref().copied().map(Into::into),
        typing_error: signal.typing_error.as_deref().copied().map(Into::into),
        change: change.map(|change| change_over_time(asked, organisation, change)),
        fit: fit.map(Into::into),
    }
}
