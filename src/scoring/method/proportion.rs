//! Successes among trials: the beta-binomial route (method.md 3.3).

use super::{ATTENTION, ELEVATED, Evidence, Judgement, Model, chance_of, limits, oriented};
use crate::{
    scoring::{Interval, Measure, value::TAIL_95},
    stats::{BetaBinomial, Centre, Error, Table, Trials, fit_beta_binomial, locate_beta_binomial},
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

pub(super) fn judge(
    model: Model,
    measure: &Measure,
    evidence: &[Evidence],
    table: &mut Table,
) -> Vec<Option<Judgement>> {
    let counts = trials(evidence);
    let mut judgements = vec![None; evidence.len()];
    by_size(&counts, model.centre, table, |size, places, table| {
        let common = of_size(model, measure, size, table);
        for place in places {
            if let (Some(one), Some(slot)) = (counts.get(*place), judgements.get_mut(*place)) {
                *slot = Some(judge_one(model, measure, *one, table, &common));
            }
        }
    });
    judgements
}

/// Tabulates each number of trials once, and has those with so many, by their places, visited with the table.
pub(in crate::scoring) fn by_size(
    counts: &[Trials],
    centre: Centre,
    table: &mut Table,
    mut visit: impl FnMut(u64, &[usize], &Table),
) {
    if let [one] = counts {
        if let Ok(distribution) = BetaBinomial::alone(centre.location, centre.dispersion, one.trials) {
            table.fill(&distribution, one.events, one.events);
            visit(one.trials, &[0], table);
        }
        return;
    }
    let most = counts.iter().map(|one| one.trials).max().unwrap_or(0);
    let Ok(family) = BetaBinomial::new(centre.location, centre.dispersion, most) else { return };
    let places = places_by_size(counts, most);
    let trials = |place: &usize| counts.get(*place).map_or(0, |one| one.trials);
    for same in places.chunk_by(|a, b| trials(a) == trials(b)) {
        let events = || same.iter().filter_map(|place| counts.get(*place)).map(|one| one.events);
        let (Some(lowest), Some(highest), Some(first)) = (events().min(), events().max(), same.first()) else {
            continue;
        };
        let Ok(distribution) = family.with_trials(trials(first)) else { continue };
        table.fill(&distribution, lowest, highest);
        visit(trials(first), same, table);
    }
}

/// The places of `counts` in order of their trials, at most `most`, and within a size as they come.
fn places_by_size(counts: &[Trials], most: u64) -> Vec<usize> {
    let size = |one: &Trials| usize::try_from(one.trials).unwrap_or(usize::MAX);
    let most = size(&Trials { events: 0, trials: most });
    if counts.len() < most {
        let mut sizes: Vec<(u64, usize)> = counts.iter().map(|one| one.trials).zip(0..).collect();
        sizes.sort_unstable();
        return sizes.into_iter().map(|(_, place)| place).collect();
    }
    // More of them than sizes: by counting.
    let mut ends = vec![0_usize; most + 2];
    for one in counts {
        if let Some(end) = ends.get_mut(size(one) + 1) {
            *end += 1;
        }
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    let mut places = vec![0; counts.len()];
    for (place, one) in counts.iter().enumerate() {
        if let Some(end) = ends.get_mut(size(one)) {
            if let Some(slot) = places.get_mut(*end) {
                *slot = place;
            }
            *end += 1;
        }
    }
    places
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

fn judge_one(model: Model, measure: &Measure, one: Trials, table: &Table, common: &Judgement) -> Judgement {
    let tails = table.tails(one.events);
    let z = tails.z();
    let centre = model.centre.location;
    let share = one.events as f64 / one.trials as f64;
    let r = oriented(measure.direction, z, tails);
    Judgement {
        z: Some(z),
        r,
        tails: Some(tails),
        limits: limits(r, measure.direction, table).map(Box::new),
        shrunken: Some(measure.factor * (centre + (1.0 - common.noise_share) * (share - centre))),
        ..common.clone()
    }
}
