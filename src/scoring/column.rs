//! One measure of one period, as columns: for sectors of any size, and for as many threads as there are columns.

use super::method::{FURTHEST, by_size, oriented};
use crate::{
    domain::Direction,
    stats::{Centre, Error, Measured, Table, Tails, Trials, fit_beta_binomial, fit_normal},
};

/// What one column gives: the same numbers as [`score`](super::score) gives of the same figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The ordinary organisation.
    pub centre: Centre,
    /// The distance of each organisation, in the order of the figures; positive = worse. 0 where nothing can be said.
    pub r: Vec<f64>,
}

/// Fits and judges successes among trials (method.md 3.3), all of one peer group.
pub fn judge_proportions(counts: &[Trials], direction: Direction, table: &mut Table) -> Result<Column, Error> {
    let centre = fit_beta_binomial(counts)?;
    let mut r = vec![0.0; counts.len()];
    let mut known: Vec<f64> = Vec::new();
    by_size(counts, centre, table, |_, places, table| {
        let of = |place: &usize| counts.get(*place).map_or(0, |one| one.events);
        let lowest = places.iter().map(of).min().unwrap_or(0);
        let width = places.iter().map(of).max().unwrap_or(0) - lowest + 1;
        let distance = |events: u64| {
            let tails = table.tails(events);
            oriented(direction, tails.z(), tails)
        };
        // Of many with the same trials, many have the same successes.
        let shared = width < places.len() as u64;
        if shared {
            known.clear();
            known.extend((0..width).map(|step| distance(lowest + step)));
        }
        for place in places {
            let events = of(place);
            let step = usize::try_from(events - lowest).ok().filter(|_| shared);
            if let Some(slot) = r.get_mut(*place) {
                *slot = step.and_then(|step| known.get(step)).copied().unwrap_or_else(|| distance(events));
            }
        }
    });
    Ok(Column { centre, r })
}

/// Fits and judges values that are about normal (method.md 3.2), all of one peer group.
pub fn judge_values(values: &[Measured], direction: Direction) -> Result<Column, Error> {
    let centre = fit_normal(values)?;
    let distance = |one: &Measured| {
        let total = one.variance + centre.dispersion;
        let z = if total > 0.0 { (one.value - centre.location) / total.sqrt() } else { 0.0 };
        let z = z.clamp(-FURTHEST, FURTHEST);
        match direction {
            Direction::Context => oriented(direction, z, Tails::of_z(z)),
            _ => direction.sign() * z,
        }
    };
    Ok(Column { centre, r: values.iter().map(distance).collect() })
}
