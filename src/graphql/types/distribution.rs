//! How the values of an indicator lie over the sector.

use async_graphql::SimpleObject;

use super::{
    IndicatorType, LevelType, RunType, SignalType,
    course::{SectorDriftType, sector_drift},
    signal,
    signal::{FitType, IntervalType},
};
use crate::{
    graphql::{context::Asked, scalars::PeriodText},
    service::Distribution,
};

/// A quantile of the values.
#[derive(Clone, Debug, SimpleObject)]
struct Quantile {
    /// The share of organisations with a lower value, from 0 to 1.
    share: f64,
    /// The value, in the indicator's unit.
    value: f64,
}

/// How many organisations have a level.
#[derive(Clone, Debug, SimpleObject)]
struct LevelCount {
    /// The level.
    level: LevelType,
    /// How many.
    count: usize,
}

/// How the values of an indicator lie over the sector in a period: anonymous, and withheld below ten
/// organisations outside the inspectorate.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Distribution")]
pub(in crate::graphql) struct DistributionType {
    /// The indicator.
    indicator: IndicatorType,
    /// The period.
    period: PeriodText,
    /// How many organisations have a value.
    organisations: usize,
    /// Whether the figures are withheld because there are too few organisations.
    suppressed: bool,
    /// The 5, 25, 50, 75 and 95 % quantiles.
    quantiles: Vec<Quantile>,
    /// How many organisations have which level.
    levels: Vec<LevelCount>,
    /// What was fitted, per peer group.
    fits: Vec<FitType>,
    /// What each peer group as a whole did (ontwikkeling van de sector); empty when withheld.
    drifts: Vec<SectorDriftType>,
    /// The lowest and the highest value; for the inspectorate alone.
    extremes: Option<IntervalType>,
    /// The asker's own signal; null for the inspectorate.
    own: Option<SignalType>,
    /// The run it was taken from.
    run: RunType,
}

impl DistributionType {
    /// The type for `distribution`.
    pub(in crate::graphql) fn new(asked: &Asked<'_>, distribution: &Distribution) -> Self {
        let run = &*distribution.run;
        let own = distribution.own.as_ref().zip(run.organisations.first());
        let drifts =
            run.drifts.iter().filter(|one| !distribution.suppressed && one.indicator == distribution.indicator);
        Self {
            indicator: IndicatorType::named(asked.catalogue(), &distribution.indicator),
            period: PeriodText(run.key.period),
            organisations: distribution.organisations,
            suppressed: distribution.suppressed,
            quantiles: distribution
                .quantiles
                .iter()
                .map(|(share, value)| Quantile { share: *share, value: *value })
                .collect(),
            levels: distribution
                .levels
                .iter()
                .map(|(level, count)| LevelCount { level: (*level).into(), count: *count })
                .collect(),
            fits: distribution.fits.iter().map(Into::into).collect(),
            drifts: drifts.map(|drift| sector_drift(asked, drift)).collect(),
            extremes: distribution.extremes.map(Into::into),
            own: own.map(|(found, one)| signal(asked, run, one, found)),
            run: run.into(),
        }
    }
}
