//! The routes from evidence to a distance from peers, one per statistical kind (method.md section 3).

mod compatibility;
mod normal;
mod proportion;
mod rate;
mod rule;

use super::{Insufficiency, Interval, Measure, Settings};
use crate::{
    domain::Direction,
    stats::{Centre, Error, Events, Table, Tails, Trials, normal as gaussian},
};

pub(super) use normal::{Noise, Scale};

/// From this r on: attention.
const ATTENTION: f64 = 2.0;
/// From this r on: elevated.
const ELEVATED: f64 = 3.0;

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
#[derive(Clone, Copy, Debug)]
pub(super) struct Model {
    /// On the scale of the route.
    pub(super) centre: Centre,
    /// The variance within organisations that the group has in common, for means.
    within: f64,
    /// The published recipe that it follows in place of our own method.
    recipe: Option<compatibility::Recipe>,
}

/// What comparing one organisation gives.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Judgement {
    pub(super) z: Option<f64>,
    pub(super) r: f64,
    pub(super) tails: Option<Tails>,
    pub(super) noise_share: f64,
    pub(super) chance_of_attention: Option<f64>,
    pub(super) chance_of_elevated: Option<f64>,
    pub(super) ordinary: Option<Interval>,
    pub(super) shrunken: Option<f64>,
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

    /// Whether it follows the published recipe of others.
    pub(super) const fn follows_a_recipe(&self) -> bool {
        self.recipe.is_some()
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
    pub(super) fn typical_value(self, measure: &Measure, evidence: &[Evidence]) -> f64 {
        if let Some(recipe) = self.recipe {
            return compatibility::typical_value(recipe, self, measure, evidence.first());
        }
        match evidence.first() {
            Some(Evidence::Normal { scale, .. }) => scale.shown(self.centre.location),
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

/// The r of a distance: positive = worse; for context the distance with the same two-sided chance.
fn oriented(direction: Direction, z: f64, tails: Tails) -> f64 {
    match direction {
        Direction::Context => -gaussian::quantile((2.0 * tails.lower.min(tails.upper)).min(1.0)),
        _ => direction.sign() * z,
    }
}

/// The chance, in an ordinary organisation, of an r of at least `level` under a tabulated distribution.
fn chance_of(level: f64, direction: Direction, table: &Table) -> f64 {
    let tail = gaussian::survival(level);
    match direction {
        Direction::LowerIsBetter => table.chance_of_upper(tail),
        Direction::HigherIsBetter => table.chance_of_lower(tail),
        Direction::Context => table.chance_of_upper(0.5 * tail) + table.chance_of_lower(0.5 * tail),
    }
}
