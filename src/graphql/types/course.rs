//! Over time: an organisation against its own past, what the sector did, and the chart.

use async_graphql::SimpleObject;

use super::{
    IndicatorType, LevelType, LocalizedText, OrganisationType,
    signal::{IntervalType, PeerGroupType},
};
use crate::{
    domain::Organisation,
    graphql::{context::Asked, scalars::PeriodText},
    service::{Change, ChartLimits, ChartPoint, ChartSums, Drift, OrganisationChart, Step, TypicalValue},
};

/// How a figure changed against the organisation's own past, compared with how those of its peers did (verandering).
/// Differences are in the indicator's unit.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "ChangeOverTime")]
pub(super) struct ChangeOverTimeType {
    /// What it asks of the reader (niveau).
    level: LevelType,
    /// One sentence that says it.
    explanation: LocalizedText,
    /// With whom it was compared.
    peer_group: PeerGroupType,
    /// Over how many earlier periods its past was taken (over m perioden).
    periods: usize,
    /// Its own past (eigen verleden), in the indicator's unit.
    past: f64,
    /// By how much this period is above its past (verschil).
    difference: f64,
    /// By how much the typical peer is above its past (ontwikkeling van de sector).
    drift: f64,
    /// Between which differences 95 % of ordinary organisations of this size lie.
    ordinary: IntervalType,
    /// Distance of the change from that of peers, in standard deviations; positive has risen more.
    z: f64,
    /// The same; positive is worse, for context indicators two-sided.
    r: f64,
    /// Chance of a change this low or lower in an ordinary organisation of this size.
    probability_low: f64,
    /// Chance of a change this high or higher in an ordinary organisation of this size.
    probability_high: f64,
    /// The share of the distance that is sampling noise.
    noise_share: f64,
    /// Of the comparisons of this period that are at least so far out, the share that chance would explain (q-waarde of
    /// Benjamini and Hochberg). Information: no level depends on it.
    false_discovery_rate: Option<f64>,
}

/// The type for `change` of `organisation`.
pub(super) fn change_over_time(asked: &Asked<'_>, organisation: &Organisation, change: &Change) -> ChangeOverTimeType {
    ChangeOverTimeType {
        level: change.level.into(),
        explanation: asked.service.explain_change(asked.reader(), organisation, change).into(),
        peer_group: change.peer_group.into(),
        periods: change.periods,
        past: change.past,
        difference: change.difference,
        drift: change.drift,
        ordinary: change.ordinary.into(),
        z: change.z,
        r: change.r,
        probability_low: change.probability_low,
        probability_high: change.probability_high,
        noise_share: change.noise_share,
        false_discovery_rate: change.false_discovery_rate,
    }
}

/// Where the typical organisation of a peer group was in one period.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "TypicalValue")]
struct TypicalValueType {
    /// When (periode).
    period: PeriodText,
    /// How many organisations were fitted.
    organisations: usize,
    /// In the indicator's unit (waarde).
    value: f64,
    /// 90 % band of it; null where nothing says how sure it is.
    band: Option<IntervalType>,
}

impl From<&TypicalValue> for TypicalValueType {
    fn from(one: &TypicalValue) -> Self {
        Self {
            period: PeriodText(one.period),
            organisations: one.organisations,
            value: one.value,
            band: one.band.map(Into::into),
        }
    }
}

/// The change of the typical organisation against its own past, tested: about the sector, not about an organisation
/// (verandering van de sector).
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "SectorStep")]
struct SectorStepType {
    /// How many organisations have a past.
    organisations: usize,
    /// The typical past, in the indicator's unit.
    past: f64,
    /// By how much the typical organisation is above it (verschil).
    difference: f64,
    /// 90 % band of that difference.
    band: IntervalType,
    /// The change in its standard errors; positive has risen.
    z: f64,
    /// The same; positive is worse, for context indicators two-sided.
    r: f64,
    /// The chance of a change as large, either way, in a sector in which nothing changed.
    probability: f64,
    /// What it asks of the reader (niveau).
    level: LevelType,
}

impl From<Step> for SectorStepType {
    fn from(step: Step) -> Self {
        Self {
            organisations: step.organisations,
            past: step.past,
            difference: step.difference,
            band: step.band.into(),
            z: step.z,
            r: step.r,
            probability: step.probability,
            level: step.level.into(),
        }
    }
}

/// The course of one indicator in one peer group (ontwikkeling van de sector): when everyone gets worse, nobody is out of
/// the ordinary, and only this shows it.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "SectorDrift")]
pub(super) struct SectorDriftType {
    /// The indicator.
    indicator: IndicatorType,
    /// Of whom.
    peer_group: PeerGroupType,
    /// Where the typical organisation was, the earliest period first (verloop).
    course: Vec<TypicalValueType>,
    /// What this period is against the organisations' own pasts; null without enough of them.
    step: Option<SectorStepType>,
}

/// The type for `drift`.
pub(super) fn sector_drift(asked: &Asked<'_>, drift: &Drift) -> SectorDriftType {
    SectorDriftType {
        indicator: IndicatorType::named(asked.catalogue(), &drift.indicator),
        peer_group: drift.peer_group.into(),
        course: drift.course.iter().map(Into::into).collect(),
        step: drift.step.map(Into::into),
    }
}

/// One figure of a chart.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "ChartPoint")]
struct ChartPointType {
    /// When (periode).
    period: PeriodText,
    /// In the indicator's unit (waarde).
    value: f64,
    /// Whether it lies outside the limits.
    is_outside: bool,
}

impl From<&ChartPoint> for ChartPointType {
    fn from(point: &ChartPoint) -> Self {
        Self { period: PeriodText(point.period), value: point.value, is_outside: point.is_outside }
    }
}

/// The limits of single values (XmR-grenzen): the organisation's own mean, and 2.66 mean moving ranges on either side.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "ChartLimits")]
struct ChartLimitsType {
    /// The organisation's own mean (gemiddelde), in the indicator's unit.
    centre: f64,
    /// The limits (grenzen), in the indicator's unit.
    limits: IntervalType,
}

impl From<ChartLimits> for ChartLimitsType {
    fn from(limits: ChartLimits) -> Self {
        Self { centre: limits.centre, limits: limits.limits.into() }
    }
}

/// How a figure runs along its median (reeksen; Anhøj's signals of a shift).
#[derive(Clone, Copy, Debug, SimpleObject)]
struct ChartRuns {
    /// How many figures are not on the median.
    useful: usize,
    /// The most neighbours on one side of it (langste reeks).
    longest_run: usize,
    /// More neighbours than this are a shift.
    longest_run_expected: usize,
    /// How often the figure crosses the median (kruisingen).
    crossings: usize,
    /// Fewer crossings than this are a shift.
    crossings_expected: usize,
    /// Whether the runs are too long or the crossings too few for chance (verschuiving).
    is_shifted: bool,
}

/// Lines that gather small shifts, over what is left of the figure without the organisation's own middle and without
/// what the sector did, in standard deviations; a number per point of the chart.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "ChartSums")]
struct ChartSumsType {
    /// The cumulative sum of rises (CUSUM omhoog).
    up: Vec<f64>,
    /// The cumulative sum of falls (CUSUM omlaag).
    down: Vec<f64>,
    /// Above this a cumulative sum speaks up.
    limit: f64,
    /// The mean number of points until either sum does so by chance, in a series that does not follow itself.
    run_length: Option<f64>,
    /// The exponentially weighted mean (EWMA).
    average: Vec<f64>,
    /// Beyond this on either side the mean speaks up.
    average_limit: f64,
    /// The mean number of points until it does so by chance.
    average_run_length: Option<f64>,
}

impl From<ChartSums> for ChartSumsType {
    fn from(sums: ChartSums) -> Self {
        Self {
            up: sums.up,
            down: sums.down,
            limit: sums.limit,
            run_length: sums.run_length,
            average: sums.average,
            average_limit: sums.average_limit,
            average_run_length: sums.average_run_length,
        }
    }
}

/// The chart of one organisation's own figures (grafiek): for looking and talking. No level depends on it, and what its
/// lines promise holds for figures that do not follow themselves.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Chart")]
pub(in crate::graphql) struct ChartType {
    /// Whose.
    organisation: OrganisationType,
    /// The indicator.
    indicator: IndicatorType,
    /// The figures, the earliest first; only of periods in which there is one.
    points: Vec<ChartPointType>,
    /// The limits of single values; null of fewer than four points.
    limits: Option<ChartLimitsType>,
    /// How the figure runs along its median; null of fewer than four points.
    runs: Option<ChartRuns>,
    /// The correlation of the figure with itself a period later (autocorrelatie): the further from 0, the less the lines
    /// promise. Null of fewer than four points.
    autocorrelation: Option<f64>,
    /// The lines that gather small shifts; null of fewer than twelve points, and outside the inspectorate of fewer than
    /// ten other organisations.
    sums: Option<ChartSumsType>,
}

impl ChartType {
    /// The type for `found`.
    pub(in crate::graphql) fn new(asked: &Asked<'_>, found: OrganisationChart) -> Self {
        let chart = found.chart;
        Self {
            organisation: found.organisation.into(),
            indicator: IndicatorType::named(asked.catalogue(), &chart.indicator),
            points: chart.points.iter().map(Into::into).collect(),
            limits: chart.limits.map(Into::into),
            runs: chart.runs.map(|runs| ChartRuns {
                useful: runs.useful,
                longest_run: runs.longest_run,
                longest_run_expected: runs.longest_run_expected,
                crossings: runs.crossings,
                crossings_expected: runs.crossings_expected,
                is_shifted: runs.is_shifted(),
            }),
            autocorrelation: chart.autocorrelation,
            sums: chart.sums.map(Into::into),
        }
    }
}
