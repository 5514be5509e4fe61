//! Shares of hours and means: the normal route (method.md 3.2, 3.5, 3.6).

use std::f64::consts::FRAC_PI_2;

use super::{
    ATTENTION, CHANCE_OF_ATTENTION, CHANCE_OF_ELEVATED, ELEVATED, Evidence, Judgement, Limits, Model, oriented, tail_of,
};
use crate::{
    domain::Direction,
    scoring::Interval,
    stats::{
        Error, Measured, Tails, fit_normal, locate_normal,
        normal::{Z_95, quantile},
    },
};

/// The weight of the group's variance within organisations against an organisation's own, in respondents.
const PRIOR_RESPONDENTS: f64 = 10.0;
/// Distances further than this are not told apart, so that all are numbers. Chances are 0 from 37.5 on already.
pub(in crate::scoring) const FURTHEST: f64 = 1e6;

/// What a sampling variance follows from.
#[derive(Clone, Copy, Debug)]
pub(in crate::scoring) enum Noise {
    /// The variance itself; 0 where it is not known.
    Known(f64),
    /// Respondents and their standard deviation, to be drawn towards that of the group.
    Within {
        /// How many, above 0.
        respondents: Option<f64>,
        /// At least 0.
        deviation: Option<f64>,
        /// What is presumed where nobody in the group gave one.
        presumed: Option<f64>,
    },
}

/// The scale on which a value is about normal.
#[derive(Clone, Copy, Debug)]
pub(in crate::scoring) enum Scale {
    /// Its own.
    Plain,
    /// Its logarithm.
    Logarithm,
    /// The arcsine of the root of the share, which times this factor is the value shown.
    Arcsine(f64),
}

impl Scale {
    /// The value shown.
    pub(in crate::scoring) fn shown(self, value: f64) -> f64 {
        match self {
            Self::Plain => value,
            Self::Logarithm => value.exp(),
            Self::Arcsine(factor) => factor * value.clamp(0.0, FRAC_PI_2).sin().powi(2),
        }
    }

    /// What lies within `width` of `value`, in the unit shown.
    pub(in crate::scoring) fn interval(self, value: f64, width: f64) -> Interval {
        Interval { low: self.shown(value - width), high: self.shown(value + width) }
    }
}

impl Noise {
    /// The sampling variance that an organisation's own figures give; 0 where they give none.
    pub(in crate::scoring) fn known(self) -> f64 {
        match self {
            Self::Known(variance) => variance,
            Self::Within { respondents: Some(respondents), deviation: Some(deviation), .. } => {
                deviation * deviation / respondents
            }
            Self::Within { .. } => 0.0,
        }
    }

    /// The sampling variance, given the variance `within` that the group has in common: of an organisation without a
    /// standard deviation of its own the group's is taken, or else what is presumed; of one without a number of
    /// respondents none.
    pub(in crate::scoring) fn variance(self, within: f64) -> f64 {
        match self {
            Self::Known(variance) => variance,
            Self::Within { respondents: None, .. } => 0.0,
            Self::Within { respondents: Some(respondents), deviation: None, presumed } => {
                let presumed = presumed.filter(|_| within <= 0.0).map_or(within, |deviation| deviation * deviation);
                presumed / respondents
            }
            Self::Within { respondents: Some(respondents), deviation: Some(deviation), .. } => {
                let degrees = (respondents - 1.0).max(0.0);
                let squares = degrees * deviation * deviation + PRIOR_RESPONDENTS * within;
                squares / (degrees + PRIOR_RESPONDENTS) / respondents
            }
        }
    }
}

fn samples(evidence: &[Evidence]) -> impl Iterator<Item = (f64, Noise)> {
    evidence.iter().filter_map(|one| match one {
        Evidence::Normal { value, noise, .. } => Some((*value, *noise)),
        _ => None,
    })
}

/// The variance within organisations, pooled by degrees of freedom.
pub(in crate::scoring) fn pooled(evidence: &[Evidence]) -> f64 {
    let (squares, degrees) = samples(evidence).fold((0.0, 0.0), |sum, (_, noise)| match noise {
        Noise::Within { respondents: Some(respondents), deviation: Some(deviation), .. } if respondents > 1.0 => {
            (sum.0 + (respondents - 1.0) * deviation * deviation, sum.1 + (respondents - 1.0))
        }
        _ => sum,
    });
    if degrees > 0.0 { squares / degrees } else { 0.0 }
}

fn measured(evidence: &[Evidence], within: f64) -> Vec<Measured> {
    samples(evidence).map(|(value, noise)| Measured { value, variance: noise.variance(within) }).collect()
}

pub(super) fn fit(evidence: &[Evidence]) -> Result<Model, Error> {
    let within = pooled(evidence);
    Ok(Model { centre: fit_normal(&measured(evidence, within))?, within, recipe: None })
}

pub(super) fn locate(evidence: &[Evidence], model: Model) -> Result<f64, Error> {
    locate_normal(&measured(evidence, model.within), model.centre.dispersion)
}

/// `None` where neither chance nor ordinary variation could explain any distance at all.
pub(super) fn judge(model: Model, direction: Direction, value: f64, noise: Noise, scale: Scale) -> Option<Judgement> {
    let centre = model.centre;
    let variance = noise.variance(model.within);
    let total = variance + centre.dispersion;
    let distance = value - centre.location;
    // Equal values without any variance: all are as ordinary as can be, up to the rounding of the centre.
    let z = if total > 0.0 {
        (distance / total.sqrt()).clamp(-FURTHEST, FURTHEST)
    } else if distance.abs() <= 1e-12 * centre.location.abs() {
        0.0
    } else {
        return None;
    };
    let tails = Tails::of_z(z);
    let noise_share = if total > 0.0 { variance / total } else { 0.0 };
    let r = oriented(direction, z, tails);
    let below = |level| {
        let reach = scale.interval(centre.location, -quantile(tail_of(level, direction)) * total.sqrt());
        (reach.low, reach.high)
    };
    Some(Judgement {
        z: Some(z),
        r,
        limits: (r >= ATTENTION).then(|| Box::new(Limits { attention: below(ATTENTION), elevated: below(ELEVATED) })),
        tails: Some(tails),
        noise_share,
        chance_of_attention: Some(CHANCE_OF_ATTENTION),
        chance_of_elevated: Some(CHANCE_OF_ELEVATED),
        ordinary: Some(scale.interval(centre.location, Z_95 * total.sqrt())),
        shrunken: Some(scale.shown(centre.location + (1.0 - noise_share) * distance)),
    })
}
