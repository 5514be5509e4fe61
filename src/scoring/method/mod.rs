//! The routes from evidence to a distance from peers, one per statistical kind (method.md section 3).

mod compatibility;
mod normal;
mod norm;
mod proportion;
mod rate;
mod rule;

use super::{Insufficiency, Interval, Measure, Settings};
use crate::{
    domain::Direction,
    stats::{Centre, Error, Events, Table, Tails, Trials, normal as gaussian},
};

pub(super) use norm::{Breach, hold_against};
pub(super) use normal::{FURTHEST, Noise, Scale, pooled};
pub(super) use proportion::by_size;

/// From this r on: attention.
pub(super) const ATTENTION: f64 = 2.0;
/// From this r on: elevated.
pub(super) const ELEVATED: f64 = 3.0;

/// The chances of at least these in a standard normal.
pub(super) const CHANCE_OF_ATTENTION: f64 = 0.022_750_131_948_179_212;
pub(super) const CHANCE_OF_ELEVATED: f64 = 0.001_349_898_031_630_094_6;

/// What can be compared.
#[derive(Clone, Copy, Debug)]
pub(super) enum Evidence {
    /// Successes among trials.
    Proportion(Trials),
    /// Events during an exposure.
    Rate(Events),
    /// A value on a scale on which it is about normal.
    Normal {
        /// On that scale.
        value: f64,
        /// Its sampling variance, or what it follows from.
        noise: Noise,
        /// The scale.
        scale: Scale,
    },
    /// The share of what a rule asks that is there.
    Rule {
        /// From 0 to 1.
        share: f64,
    },
}

/// The ordinary organisation of a peer group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Model {
    /// On the scale of the route.
    pub(super) centre: Centre,
    /// The variance within organisations that the group has in common, for means.
    within: f64,
    /// The published recipe that it follows in place of our own method.
    recipe: Option<compatibility::Recipe>,
}

/// What comparing one organisation gives.
#[derive(Clone, Debug, Default)]
pub(super) struct Judgement {
    pub(super) z: Option<f64>,
    pub(super) r: f64,
    pub(super) tails: Option<Tails>,
    pub(super) noise_share: f64,
    pub(super) chance_of_attention: Option<f64>,
    pub(super) chance_of_elevated: Option<f64>,
    pub(super) ordinary: Option<Interval>,
    pub(super) shrunken: Option<f64>,
    /// The figures below each level, where this one is not.
    pub(super) limits: Option<Box<Limits>>,
}

/// The lowest and the highest figure below a level: numerators for counts, values shown for the rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limits {
    /// Below attention.
    pub(super) attention: (f64, f64),
    /// Below elevated.
    pub(super) elevated: (f64, f64),
}

impl Evidence {
    /// Whether it is enough to be held against peers.
    pub(super) fn is_enough(&self, settings: &Settings) -> bool {
        match self {
            Self::Proportion(trials) => trials.trials as f64 >= settings.minimum_denominator,
            _ => true,
        }
    }
}

impl Model {
    /// Fits `evidence`, all of one kind, by the method of `settings`.
    pub(super) fn fit(settings: &Settings, evidence: &[Evidence]) -> Result<Self, Error> {
        if let Some(model) = compatibility::fit(settings, evidence) {
            return model;
        }
        match evidence.first() {
            Some(Evidence::Proportion(_)) => proportion::fit(evidence),
            Some(Evidence::Rate(_)) => rate::fit(evidence),
            Some(Evidence::Normal { .. }) => normal::fit(evidence),
            Some(Evidence::Rule { .. }) | None => Err(Error::TooFew(0)),
        }
    }

    /// Nothing is estimated: `within` is the variance within organisations, for means.
    pub(super) const fn known(location: f64, dispersion: f64, within: f64) -> Self {
        Self { centre: Centre { location, dispersion }, within, recipe: None }
    }

    /// Whether it follows the published recipe of others.
    pub(super) const fn follows_a_recipe(&self) -> bool {
        self.recipe.is_some()
    }

    /// The same with the location of `evidence` for the dispersion at hand.
    pub(super) fn located(self, evidence: &[Evidence]) -> Result<Self, Error> {
        let location = match evidence.first() {
            Some(Evidence::Proportion(_)) => proportion::locate(evidence, self),
            Some(Evidence::Rate(_)) => rate::locate(evidence, self),
            Some(Evidence::Normal { .. }) => normal::locate(evidence, self),
            Some(Evidence::Rule { .. }) | None => Err(Error::TooFew(0)),
        }?;
        Ok(self.at(location))
    }

    /// The same with another location.
    pub(super) fn at(self, location: f64) -> Self {
        Self { centre: Centre { location, ..self.centre }, ..self }
    }

    /// Judges each piece of evidence, in its order; `None` where no comparison can be made.
    pub(super) fn judge(self, measure: &Measure, evidence: &[Evidence], table: &mut Table) -> Vec<Option<Judgement>> {
        if let Some(recipe) = self.recipe {
            return evidence.iter().map(|one| compatibility::judge(recipe, self, measure, one)).collect();
        }
        match evidence.first() {
            Some(Evidence::Proportion(_)) => proportion::judge(self, measure, evidence, table),
            _ => evidence
                .iter()
                .map(|one| match one {
                    Evidence::Rate(events) => rate::judge(self, measure, *events, table),
                    Evidence::Normal { value, noise, scale } => {
                        normal::judge(self, measure.direction, *value, *noise, *scale)
                    }
                    Evidence::Rule { share } => Some(rule::judge(measure, *share)),
                    Evidence::Proportion(_) => None,
                })
                .collect(),
        }
    }

    /// The centre in the unit shown.
    pub(super) fn typical_value(self, measure: &Measure, evidence: Evidence) -> f64 {
        if let Some(recipe) = self.recipe {
            return compatibility::typical_value(recipe, self, measure, &evidence);
        }
        match evidence {
            Evidence::Normal { scale, .. } => scale.shown(self.centre.location),
            _ => measure.factor * self.centre.location,
        }
    }
}

/// Judges a rule, which needs no peers.
pub(super) fn judge_rule(measure: &Measure, evidence: Evidence) -> Result<Judgement, Insufficiency> {
    match evidence {
        Evidence::Rule { share } => Ok(rule::judge(measure, share)),
        _ => Err(Insufficiency::FewPeers),
    }
}

/// The tail beyond which a figure has at least `level`.
fn tail_of(level: f64, direction: Direction) -> f64 {
    let tail = if level >= ELEVATED { CHANCE_OF_ELEVATED } else { CHANCE_OF_ATTENTION };
    if direction == Direction::Context { 0.5 * tail } else { tail }
}

/// The figures below each level, under a tabulated distribution; sought only for an `r` that has one.
fn limits(r: f64, direction: Direction, table: &Table) -> Option<Limits> {
    let below = |level| {
        let (low, high) = table.between(tail_of(level, direction));
        (low as f64, high as f64)
    };
    (r >= ATTENTION).then(|| Limits { attention: below(ATTENTION), elevated: below(ELEVATED) })
}

/// The r of a distance: positive = worse; for context the distance with the same two-sided chance.
pub(super) fn oriented(direction: Direction, z: f64, tails: Tails) -> f64 {
    match direction {
        Direction::Context => -gaussian::quantile((2.0 * tails.lower.min(tails.upper)).min(1.0)),
        _ => direction.sign() * z,
    }
}

/// The chance, in an ordinary organisation, of an r of at least `level` under a tabulated distribution.
fn chance_of(level: f64, direction: Direction, table: &Table) -> f64 {
    let tail = tail_of(level, direction);
    match direction {
        Direction::LowerIsBetter => table.chance_of_upper(tail),
        Direction::HigherIsBetter => table.chance_of_lower(tail),
        Direction::Context => table.chance_of_upper(tail) + table.chance_of_lower(tail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_of_levels_are_those_of_a_normal() {
        assert_eq!(CHANCE_OF_ATTENTION.to_bits(), gaussian::survival(ATTENTION).to_bits());
        assert_eq!(CHANCE_OF_ELEVATED.to_bits(), gaussian::survival(ELEVATED).to_bits());
    }
}
