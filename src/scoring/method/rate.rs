//! Events during an exposure: the gamma-Poisson route (method.md 3.4).

use super::{ATTENTION, ELEVATED, Evidence, Judgement, Model, chance_of, limits, oriented};
use crate::{
    scoring::{Interval, Measure, value::TAIL_95},
    stats::{Error, Events, NegativeBinomial, Table, fit_gamma_poisson, locate_gamma_poisson},
};

fn events(evidence: &[Evidence]) -> Vec<Events> {
    let one = |evidence: &Evidence| match evidence {
        Evidence::Rate(events) => Some(*events),
        _ => None,
    };
    evidence.iter().filter_map(one).collect()
}

pub(super) fn fit(evidence: &[Evidence]) -> Result<Model, Error> {
    Ok(Model { centre: fit_gamma_poisson(&events(evidence))?, within: 0.0, recipe: None })
}

pub(super) fn locate(evidence: &[Evidence], model: Model) -> Result<f64, Error> {
    locate_gamma_poisson(&events(evidence), model.centre.dispersion)
}

pub(super) fn judge(model: Model, measure: &Measure, one: Events, table: &mut Table) -> Option<Judgement> {
    let centre = model.centre;
    let mean = centre.location * one.exposure;
    let distribution = NegativeBinomial::new(mean, centre.dispersion).ok()?;
    table.fill(&distribution, one.events, one.events);
    let tails = table.tails(one.events);
    let z = tails.z();
    let noise_share = 1.0 / (1.0 + mean * centre.dispersion);
    let (low, high) = table.between(TAIL_95);
    let scale = measure.factor / one.exposure;
    let rate = one.events as f64 / one.exposure;
    let r = oriented(measure.direction, z, tails);
    Some(Judgement {
        z: Some(z),
        r,
        limits: limits(r, measure.direction, table).map(Box::new),
        tails: Some(tails),
        noise_share,
        chance_of_attention: Some(chance_of(ATTENTION, measure.direction, table)),
        chance_of_elevated: Some(chance_of(ELEVATED, measure.direction, table)),
        ordinary: Some(Interval { low: scale * low as f64, high: scale * high as f64 }),
        shrunken: Some(measure.factor * (centre.location + (1.0 - noise_share) * (rate - centre.location))),
    })
}
