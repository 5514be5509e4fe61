//! Change against one's own past (method.md section 5).
//!
//! The difference between a figure and the weighted mean of up to so many before it, on a scale on which its sampling
//! variance hardly depends on it: the arcsine of the root for shares, the logarithm for rates and log-means, its own
//! unit for means. Put through the same comparison with peers as figures are, the location is what the sector did and
//! the dispersion is how much ordinary organisations go up and down, so that no theory of series is needed.

use serde::{Deserialize, Serialize};

use super::{
    Interval, Measure, PeerGroup,
    method::{Evidence, Judgement, Noise, Scale, pooled},
};
use crate::{
    catalogue::IndicatorKind,
    domain::{Code, Level},
};

/// How one figure of an organisation changed against its own past, compared with how those of its peers did.
///
/// All differences are in the unit in which values are shown, at the level of the organisation's own past.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The measure.
    pub indicator: Code,
    /// The theme of the measure.
    pub theme: Code,
    /// What it asks of the reader.
    pub level: Level,
    /// With whom it was compared.
    pub peer_group: PeerGroup,
    /// Over how many earlier periods its past was taken.
    pub periods: usize,
    /// Its own past, in the unit in which values are shown.
    pub past: f64,
    /// By how much this period is above its past.
    pub difference: f64,
    /// By how much the typical peer is above its past.
    pub drift: f64,
    /// Between which differences 95 % of ordinary organisations of this size lie.
    pub ordinary: Interval,
    /// Distance of the change from that of peers; positive = risen more.
    pub z: f64,
    /// The same, positive = worse; for context measures two-sided.
    pub r: f64,
    /// Chance of a change this low or lower in an ordinary organisation of this size.
    pub probability_low: f64,
    /// Chance of a change this high or higher in an ordinary organisation of this size.
    pub probability_high: f64,
    /// The share of the distance that is sampling noise (B).
    pub noise_share: f64,
    /// Of the comparisons of this period that are at least so far out, the share that chance would explain.
    pub false_discovery_rate: Option<f64>,
}

/// A figure on its steady scale.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steady {
    pub(super) value: f64,
    /// Its sampling variance; 0 where it is not known.
    pub(super) variance: f64,
    /// What it counts for beside other periods; `None` where that is not known.
    weight: Option<f64>,
    pub(super) scale: Scale,
}

/// What one organisation did against its past, on the steady scale.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnChange {
    pub(super) difference: f64,
    /// The sampling variance of the difference.
    pub(super) variance: f64,
    pub(super) past: f64,
    pub(super) periods: usize,
    pub(super) scale: Scale,
}

/// The variance within organisations of all `evidence` together, for means without one of their own.
pub(super) fn within<'a>(evidence: impl IntoIterator<Item = &'a Evidence>) -> f64 {
    pooled(&evidence.into_iter().copied().collect::<Vec<_>>())
}

/// `evidence` on its steady scale; nothing of a rule, in which no chance plays.
///
/// x of n: asin sqrt(x/n) with variance 1/(4n). x events in e: ln((x + 1/2) / e) with variance 1/(x + 1/2).
pub(super) fn steady(evidence: Evidence, within: f64, factor: f64) -> Option<Steady> {
    match evidence {
        Evidence::Proportion(trials) => {
            let n = trials.trials as f64;
            let value = (trials.events as f64 / n).sqrt().asin();
            Some(Steady { value, variance: 0.25 / n, weight: Some(n), scale: Scale::Arcsine(factor) })
        }
        Evidence::Rate(events) => Some(rate(events.events as f64, events.exposure, factor)),
        Evidence::Normal { value, noise, scale } => {
            let weight = match noise {
                Noise::Known(variance) => (variance > 0.0).then(|| 1.0 / variance),
                Noise::Within { respondents, .. } => respondents,
            };
            Some(Steady { value, variance: noise.variance(within), weight, scale })
        }
        Evidence::Rule { .. } => None,
    }
}

fn rate(events: f64, exposure: f64, factor: f64) -> Steady {
    let events = events + 0.5;
    let value = (factor * events / exposure).ln();
    Steady { value, variance: 1.0 / events, weight: Some(exposure), scale: Scale::Logarithm }
}

/// The change of one organisation; `history` has this period first, then those before it.
///
/// D = y - b with b = sum(n y) / sum(n) over the past, and the variance of D that of y plus that of b, for proportions
/// 1/(4n) + 1/(4 sum n). The past of a rate is that of its events and exposure together.
pub(super) fn own_change(history: &[Option<Evidence>], within: f64, factor: f64) -> Option<OwnChange> {
    let (now, past) = history.split_first()?;
    let now = steady((*now)?, within, factor)?;
    let past = past.iter().flatten();
    let before = if past.clone().any(|one| matches!(one, Evidence::Rate(_))) {
        let sums = past.clone().fold((0.0, 0.0), |sums, one| match one {
            Evidence::Rate(events) => (sums.0 + events.events as f64, sums.1 + events.exposure),
            _ => sums,
        });
        rate(sums.0, sums.1, factor)
    } else {
        mean(past.clone().filter_map(|one| steady(*one, within, factor)))?
    };
    let change = OwnChange {
        difference: now.value - before.value,
        variance: now.variance + before.variance,
        past: before.value,
        periods: past.count(),
        scale: now.scale,
    };
    (change.difference.is_finite() && change.variance.is_finite()).then_some(change)
}

/// The mean of a past by weight; of equal ones where some weight is not known.
fn mean(past: impl Iterator<Item = Steady> + Clone) -> Option<Steady> {
    let are_known = past.clone().all(|one| one.weight.is_some());
    let weight = |one: &Steady| one.weight.filter(|_| are_known).unwrap_or(1.0);
    let total: f64 = past.clone().map(|one| weight(&one)).sum();
    let scale = past.clone().next()?.scale;
    let (mut value, mut variance) = (0.0, 0.0);
    for one in past {
        let share = weight(&one) / total;
        value += share * one.value;
        variance += share * share * one.variance;
    }
    Some(Steady { value, variance, weight: Some(total), scale })
}

impl OwnChange {
    /// As it is compared with those of peers.
    pub(super) const fn evidence(&self) -> Evidence {
        Evidence::Normal { value: self.difference, noise: Noise::Known(self.variance), scale: Scale::Plain }
    }

    /// A difference from the past on the steady scale, in the unit in which values are shown.
    pub(super) fn shown(&self, difference: f64) -> f64 {
        self.scale.shown(self.past + difference) - self.scale.shown(self.past)
    }

    /// What comes of comparing it with peers whose change is centred at `location` on the steady scale.
    pub(super) fn judged(
        &self,
        measure: &Measure,
        peer_group: PeerGroup,
        location: f64,
        judgement: &Judgement,
    ) -> Option<Change> {
        let ordinary = judgement.ordinary?;
        let tails = judgement.tails?;
        let past = self.scale.shown(self.past);
        let shown = |difference: f64| self.scale.shown(self.past + difference) - past;
        Some(Change {
            indicator: measure.code.clone(),
            theme: measure.theme.clone(),
            level: Level::of(judgement.r),
            peer_group,
            periods: self.periods,
            past,
            difference: shown(self.difference),
            drift: shown(location),
            ordinary: Interval { low: shown(ordinary.low), high: shown(ordinary.high) },
            z: judgement.z?,
            r: judgement.r,
            probability_low: tails.lower,
            probability_high: tails.upper,
            noise_share: judgement.noise_share,
            false_discovery_rate: None,
        })
    }
}

/// The measure of the change of `measure`: a value about normal, of the same theme and with half the weight. That of a
/// context measure counts too: it is judged on both sides, and as far out as it is unusual.
pub(super) fn measure_of_change(measure: &Measure) -> Measure {
    Measure {
        code: format!("{}{SUFFIX}", measure.code).into(),
        kind: IndicatorKind::Mean,
        weight: 0.5 * measure.weight,
        factor: 1.0,
        derived: None,
        norm: None,
        is_mandatory: false,
        is_voluntary: false,
        ..measure.clone()
    }
}

/// What marks the code of the change of a measure.
pub(super) const SUFFIX: &str = ".change";

/// Whether the change of a measure is followed: not that of a rule.
pub(super) fn is_followed(measure: &Measure) -> bool {
    measure.kind != IndicatorKind::Rule
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Events, Trials};

    #[expect(clippy::unnecessary_wraps, reason = "stands beside figures that are not there")]
    fn of(events: u64, trials: u64) -> Option<Evidence> {
        Some(Evidence::Proportion(Trials { events, trials }))
    }

    #[test]
    fn proportion_against_its_past() {
        let change = own_change(&[of(30, 40), of(45, 50), None, of(80, 100)], 0.0, 100.0).expect("a change");
        let angle = |share: f64| share.sqrt().asin();
        let past = (50.0 * angle(0.9) + 100.0 * angle(0.8)) / 150.0;
        assert!((change.past - past).abs() < 1e-15);
        assert!((change.difference - (angle(0.75) - past)).abs() < 1e-15);
        assert!((change.variance - (1.0 / 160.0 + 1.0 / 600.0)).abs() < 1e-15);
        assert_eq!(change.periods, 2);
        assert!((change.shown(change.difference) - (75.0 - 100.0 * past.sin().powi(2))).abs() < 1e-12);
        assert!(own_change(&[None, of(1, 9)], 0.0, 1.0).is_none() && own_change(&[of(1, 9), None], 0.0, 1.0).is_none());
    }

    #[test]
    fn rate_against_the_events_of_its_past_together() {
        let of = |events, exposure| Some(Evidence::Rate(Events { events, exposure }));
        let change = own_change(&[of(6, 2.0), of(0, 1.0), of(7, 3.0)], 0.0, 100.0).expect("a change");
        assert!((change.difference - (3.25_f64 / 1.875).ln()).abs() < 1e-15);
        assert!((change.variance - (1.0 / 6.5 + 1.0 / 7.5)).abs() < 1e-15);
        assert!((change.scale.shown(change.past) - 187.5).abs() < 1e-12);
    }

    #[test]
    fn mean_against_its_past_by_respondents_and_without_them() {
        let of = |value, respondents, deviation| {
            let noise = Noise::Within { respondents, deviation, presumed: None };
            Some(Evidence::Normal { value, noise, scale: Scale::Plain })
        };
        let known = [of(7.0, Some(20.0), Some(1.0)), of(8.0, Some(30.0), Some(1.0)), of(9.0, Some(10.0), Some(1.0))];
        let change = own_change(&known, within(known.iter().flatten()), 1.0).expect("a change");
        assert!((change.difference + 1.25).abs() < 1e-14, "{change:?}");
        assert!((change.variance - (1.0 / 20.0 + 1.0 / 40.0)).abs() < 1e-14, "{change:?}");
        let unknown = [of(7.0, None, None), of(8.0, Some(30.0), Some(1.0)), of(9.0, None, None)];
        let change = own_change(&unknown, 1.0, 1.0).expect("a change");
        assert!((change.difference + 1.5).abs() < 1e-14, "{change:?}");
        let logarithm = |value: f64| {
            Some(Evidence::Normal { value: value.ln(), noise: Noise::Known(0.0), scale: Scale::Logarithm })
        };
        let change = own_change(&[logarithm(20.0), logarithm(40.0)], 0.0, 1.0).expect("a change");
        assert!((change.shown(change.difference) + 20.0).abs() < 1e-12);
        assert!(own_change(&[Some(Evidence::Rule { share: 1.0 }); 2], 0.0, 1.0).is_none());
    }
}
