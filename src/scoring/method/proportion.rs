//! Successes among trials: the beta-binomial route (method.md 3.3).

use super::{ATTENTION, ELEVATED, Evidence, Judgement, Model, chance_of, limits, oriented};
use crate::{
    scoring::{Interval, Measure, value::TAIL_95},
    stats::{BetaBinomial, Error, Table, Trials, fit_beta_binomial, locate_beta_binomial},
};

fn trials(evidence: &[Evidence]) -> Vec<Trials> {
    let one = |evidence: &Evidence| match evidence {
        Evidence::Proportion(trials) => Some(*trials),
        _ => None,
    };
    evidence.iter().filter_map(one).collect()
}

pub(super) fn fit(evidence: &[Evidence]) -> Result<Model, Error> {
    Ok(Model { centre: fit_beta_binomial(&trials(evidence))?, within: 0.0, recipe: None })
}

pub(super) fn locate(evidence: &[Evidence], model: Model) -> Result<f64, Error> {
    locate_beta_binomial(&trials(evidence), model.centre.dispersion)
}

/// Tabulates each number of trials once.
pub(super) fn judge(
    model: Model,
    measure: &Measure,
    evidence: &[Evidence],
    table: &mut Table,
) -> Vec<Option<Judgement>> {
    let counts = trials(evidence);
    let mut order: Vec<(Trials, usize)> = counts.into_iter().zip(0..).collect();
    order.sort_unstable_by_key(|(one, place)| (one.trials, one.events, *place));
    let mut judgements = vec![None; evidence.len()];
    let most = order.last().map_or(0, |(one, _)| one.trials);
    let Ok(family) = BetaBinomial::new(model.centre.location, model.centre.dispersion, most) else { return judgements };
    for same in order.chunk_by(|(a, _), (b, _)| a.trials == b.trials) {
        let (Some((lowest, _)), Some((highest, _))) = (same.first(), same.last()) else { continue };
        let Ok(distribution) = family.with_trials(lowest.trials) else { continue };
        table.fill(&distribution, lowest.events, highest.events);
        let common = of_size(model, measure, lowest.trials, table);
        for (one, place) in same {
            if let Some(slot) = judgements.get_mut(*place) {
                *slot = Some(judge_one(model, measure, *one, table, common));
            }
        }
    }
    judgements
}

/// What all organisations with so many trials share.
fn of_size(model: Model, measure: &Measure, trials: u64, table: &Table) -> Judgement {
    let n = trials as f64;
    let (low, high) = table.between(TAIL_95);
    let scale = measure.factor / n;
    let noise = 1.0 / n;
    Judgement {
        noise_share: noise / (noise + (1.0 - noise) * model.centre.dispersion),
        chance_of_attention: Some(chance_of(ATTENTION, measure.direction, table)),
        chance_of_elevated: Some(chance_of(ELEVATED, measure.direction, table)),
        ordinary: Some(Interval { low: scale * low as f64, high: scale * high as f64 }),
        ..Judgement::default()
    }
}

fn judge_one(model: Model, measure: &Measure, one: Trials, table: &Table, common: Judgement) -> Judgement {
    let tails = table.tails(one.events);
    let z = tails.z();
    let centre = model.centre.location;
    let share = one.events as f64 / one.trials as f64;
    let r = oriented(measure.direction, z, tails);
    Judgement {
        z: Some(z),
        r,
        tails: Some(tails),
        limits: limits(r, measure.direction, table),
        shrunken: Some(measure.factor * (centre + (1.0 - common.noise_share) * (share - centre))),
        ..common
    }
}
