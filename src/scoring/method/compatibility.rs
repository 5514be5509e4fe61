//! The published recipes of others, for audit (method.md section 3.11). What they promise of false alarms they do not
//! keep where sizes differ much; docs/methodology.md says by how much.
//!
//! Proportions are compared on the arcsine scale, rates as the root of observed over expected, both for all but the
//! SHMI, which takes the logarithm of observed over expected. Expected is the exposure, or the number of trials, times
//! the share of all organisations together. Means and shares keep their own scale.

use std::f64::consts::FRAC_PI_2;

use super::{
    ATTENTION, ELEVATED, Evidence, Judgement, Model,
    normal::{FURTHEST, Scale, pooled},
    oriented,
};
use crate::{
    scoring::{Interval, Measure, Method, Settings},
    stats::{
        Centre, Error, Tails, Transformed, dersimonian_laird,
        normal::{Z_95, survival},
        truncated, weighted_mean, winsorised,
    },
};

/// A recipe, with the scale on which it compares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Recipe {
    /// The arcsine of the root of a share.
    Arcsine,
    /// The root of observed over expected, at this rate of all together.
    RootRatio(f64),
    /// The logarithm of observed over expected, at this rate of all together, with expected numbers rounded or not.
    LogRatio(f64, bool),
    /// As it is.
    Own,
}

/// Fits `evidence` by the recipe that `settings` asks for; `None` where it has none for this sort of evidence.
pub(super) fn fit(settings: &Settings, evidence: &[Evidence]) -> Option<Result<Model, Error>> {
    let method = settings.method;
    let recipe = match (method, evidence.first()?) {
        (Method::Exact, _) | (Method::Shmi, Evidence::Normal { .. }) | (_, Evidence::Rule { .. }) => return None,
        (Method::Shmi, _) => Recipe::LogRatio(overall(evidence), settings.round_expected),
        (_, Evidence::Proportion(_)) => Recipe::Arcsine,
        (_, Evidence::Rate(_)) => Recipe::RootRatio(overall(evidence)),
        (_, Evidence::Normal { .. }) => Recipe::Own,
    };
    let within = if recipe == Recipe::Own { pooled(evidence) } else { 0.0 };
    let values: Vec<Transformed> = evidence.iter().filter_map(|one| recipe.transform(one, within)).collect();
    let found = match method {
        Method::Dl => dersimonian_laird(&values),
        Method::Shmi => truncated(&values, 0.0),
        _ => winsorised(&values, recipe.target(evidence, &values)),
    };
    Some(found.map(|found| Model {
        centre: Centre { location: found.target, dispersion: found.variance },
        within,
        recipe: Some(recipe),
    }))
}

/// The events of all organisations over what all had: the share or the rate of the sector as a whole.
fn overall(evidence: &[Evidence]) -> f64 {
    let (events, exposure) = evidence.iter().fold((0.0, 0.0), |(events, exposure), one| match one {
        Evidence::Proportion(one) => (events + one.events as f64, exposure + one.trials as f64),
        Evidence::Rate(one) => (events + one.events as f64, exposure + one.exposure),
        _ => (events, exposure),
    });
    events / exposure
}

impl Recipe {
    /// The value on the recipe's scale; `None` where that has none, or no sampling variance.
    fn transform(self, evidence: &Evidence, within: f64) -> Option<Transformed> {
        let ratio = |events: u64, exposure: f64| match self {
            Self::LogRatio(rate, is_rounded) => {
                let expected = rate * exposure;
                let expected = if is_rounded { (100.0 * expected).round() / 100.0 } else { expected };
                Transformed::log_ratio(events as f64, expected)
            }
            Self::RootRatio(rate) => Transformed::root_ratio(events as f64, rate * exposure),
            Self::Arcsine | Self::Own => Transformed::arcsine(events as f64, exposure),
        };
        let one = match evidence {
            Evidence::Proportion(one) => ratio(one.events, one.trials as f64),
            Evidence::Rate(one) => ratio(one.events, one.exposure),
            Evidence::Normal { value, noise, .. } => {
                Transformed { value: *value, deviation: noise.variance(within).sqrt() }
            }
            Evidence::Rule { .. } => return None,
        };
        (one.value.is_finite() && one.deviation.is_finite() && one.deviation > 0.0).then_some(one)
    }

    fn target(self, evidence: &[Evidence], values: &[Transformed]) -> f64 {
        match self {
            Self::Arcsine => overall(evidence).clamp(0.0, 1.0).sqrt().asin(),
            Self::RootRatio(_) => 1.0,
            Self::LogRatio(..) => 0.0,
            Self::Own => weighted_mean(values, 0.0),
        }
    }

    /// The value shown. Angles are held within their quarter and roots above 0, which the reference does not do.
    fn shown(self, measure: &Measure, scale: Option<Scale>, value: f64) -> f64 {
        match self {
            Self::Arcsine => measure.factor * value.clamp(0.0, FRAC_PI_2).sin().powi(2),
            Self::RootRatio(rate) => measure.factor * rate * value.max(0.0).powi(2),
            Self::LogRatio(rate, _) => measure.factor * rate * value.exp(),
            Self::Own => scale.map_or(value, |scale| scale.shown(value)),
        }
    }
}

const fn scale_of(evidence: &Evidence) -> Option<Scale> {
    match evidence {
        Evidence::Normal { scale, .. } => Some(*scale),
        _ => None,
    }
}

/// The centre in the unit shown.
pub(super) fn typical_value(recipe: Recipe, model: Model, measure: &Measure, evidence: &Evidence) -> f64 {
    recipe.shown(measure, scale_of(evidence), model.centre.location)
}

/// `None` where the recipe has no value for it: no events under a logarithm, no sampling variance.
pub(super) fn judge(recipe: Recipe, model: Model, measure: &Measure, evidence: &Evidence) -> Option<Judgement> {
    let Centre { location, dispersion } = model.centre;
    let one = recipe.transform(evidence, model.within)?;
    let z = one.distance_beyond(location, dispersion).clamp(-FURTHEST, FURTHEST);
    let tails = Tails::of_z(z);
    let own = one.deviation * one.deviation;
    let noise_share = own / (own + dispersion);
    let shown = |value| recipe.shown(measure, scale_of(evidence), value);
    let width = Z_95 * (own + dispersion).sqrt();
    let ordinary = Interval { low: shown(location - width), high: shown(location + width) };
    let is_shown = ordinary.low.is_finite() && ordinary.high.is_finite();
    Some(Judgement {
        z: Some(z),
        r: oriented(measure.direction, z, tails),
        tails: Some(tails),
        noise_share,
        chance_of_attention: Some(survival(ATTENTION)),
        chance_of_elevated: Some(survival(ELEVATED)),
        limits: None,
        ordinary: is_shown.then_some(ordinary),
        shrunken: Some(shown(location + (1.0 - noise_share) * (one.value - location)))
            .filter(|value| value.is_finite()),
    })
}
