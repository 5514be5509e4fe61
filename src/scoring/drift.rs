//! What the sector as a whole does: invisible to a comparison with peers, as when everyone gets worse nobody is out of
//! the ordinary (method.md 3.10).

use serde::{Deserialize, Serialize};

use super::{Fit, Interval, Measure, PeerGroup, change::OwnChange, method::Evidence};
use crate::{
    domain::{Code, Direction, Level, Period},
    stats::{
        Measured, location_variance,
        normal::{Z_90, quantile, survival},
    },
};

/// The course of one measure in one peer group, and whether its last step is more than chance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// The measure.
    pub indicator: Code,
    /// Of whom.
    pub peer_group: PeerGroup,
    /// Where the typical organisation was, the earliest period first.
    pub course: Vec<TypicalValue>,
    /// What this period is against the organisations' own pasts.
    pub step: Option<Step>,
}

/// Where the typical organisation of a peer group was in one period.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypicalValue {
    /// When.
    pub period: Period,
    /// How many organisations were fitted.
    pub organisations: usize,
    /// In the unit in which values are shown.
    pub value: f64,
    /// 90 % band of it, in the same unit; `None` where nothing says how sure it is.
    pub band: Option<Interval>,
}

/// The change of the typical organisation against its own past: the location of all changes, tested.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// How many organisations have a past.
    pub organisations: usize,
    /// The typical past, in the unit in which values are shown.
    pub past: f64,
    /// By how much the typical organisation is above it.
    pub difference: f64,
    /// 90 % band of that.
    pub band: Interval,
    /// The change in its standard errors; positive = risen.
    pub z: f64,
    /// The same, positive = worse; for context measures two-sided.
    pub r: f64,
    /// The chance of a change as large, either way, in a sector in which nothing changed.
    pub probability: f64,
    /// What it asks of the reader: about the sector, not about an organisation.
    pub level: Level,
}

/// The typical value that `fit` found among `evidence`, all of one peer group, with its band.
pub(super) fn typical_value(
    measure: &Measure,
    period: Period,
    fit: &Fit,
    evidence: &[Evidence],
    within: f64,
) -> TypicalValue {
    /// Where the robust fits clip the pull of one organisation: of counts, and of values about normal.
    const CLIPS: [f64; 2] = [3.5, 1.5];

    let (location, dispersion) = (fit.location, fit.dispersion);
    let around = |one: &Evidence| match one {
        Evidence::Proportion(trials) => {
            let n = trials.trials as f64;
            let variance = location * (1.0 - location) * (1.0 / n + (1.0 - 1.0 / n) * dispersion);
            Some(Measured { value: trials.events as f64 / n, variance })
        }
        Evidence::Rate(events) => {
            let variance = location / events.exposure + location * location * dispersion;
            Some(Measured { value: events.events as f64 / events.exposure, variance })
        }
        Evidence::Normal { value, noise, .. } => {
            Some(Measured { value: *value, variance: noise.variance(within) + dispersion })
        }
        Evidence::Rule { .. } => None,
    };
    let shown = |place: f64| match evidence.first() {
        Some(Evidence::Normal { scale, .. }) => scale.shown(place),
        Some(Evidence::Proportion(_)) => measure.factor * place.clamp(0.0, 1.0),
        _ => measure.factor * place.max(0.0),
    };
    let measured: Vec<Measured> = evidence.iter().filter_map(around).collect();
    let clip = CLIPS[usize::from(matches!(evidence.first(), Some(Evidence::Normal { .. })))];
    let band = location_variance(&measured, location, clip).map(|variance| {
        let width = Z_90 * variance.sqrt();
        Interval { low: shown(location - width), high: shown(location + width) }
    });
    TypicalValue { period, organisations: fit.organisations, value: fit.typical_value, band }
}

/// The step that `fit` found among `changes`, all of one peer group; `None` where nothing says how sure it is.
pub(super) fn step(direction: Direction, fit: &Fit, changes: &[OwnChange]) -> Option<Step> {
    let measured: Vec<Measured> =
        changes.iter().map(|one| Measured { value: one.difference, variance: one.variance + fit.dispersion }).collect();
    let deviation = location_variance(&measured, fit.location, 1.5)?.sqrt();
    // The typical past is the middle one of those there are, so that what is shown follows from one scale.
    let mut by_past: Vec<&OwnChange> = changes.iter().collect();
    by_past.sort_by(|a, b| a.past.total_cmp(&b.past));
    let typical = by_past.get(by_past.len() / 2)?;
    let z = fit.location / deviation;
    let probability = (2.0 * survival(z.abs())).min(1.0);
    let r = match direction {
        Direction::Context => -quantile(probability),
        _ => direction.sign() * z,
    };
    let width = Z_90 * deviation;
    let band = Interval { low: typical.shown(fit.location - width), high: typical.shown(fit.location + width) };
    Some(Step {
        organisations: changes.len(),
        past: typical.scale.shown(typical.past),
        difference: typical.shown(fit.location),
        band,
        z,
        r,
        probability,
        level: Level::of(r),
    })
}
