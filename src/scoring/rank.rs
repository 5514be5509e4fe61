//! The rank to be expected and the chance of a place at the top, given how noisy sums are.

use std::sync::LazyLock;

use crate::stats::{
    Draws,
    normal::{cdf, quantile},
};

/// A standardised sum and its variance if one measured again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) sum: f64,
    pub(super) variance: f64,
}

/// 1 + the sum over the others of the chance that they stand higher (Lingsma and others, BMC Medical Research
/// Methodology 9 (2009) 53). 1 = highest.
pub(super) fn expected_ranks(standings: &[Standing]) -> Vec<f64> {
    let mut ranks = vec![1.0; standings.len()];
    for (place, one) in standings.iter().enumerate() {
        let Some((rank, others)) = ranks.get_mut(place..).and_then(<[f64]>::split_first_mut) else { continue };
        for (other, other_rank) in standings.iter().skip(place + 1).zip(others) {
            let higher = chance_above(*other, *one);
            *rank += higher;
            *other_rank += 1.0 - higher;
        }
    }
    ranks
}

fn chance_above(one: Standing, other: Standing) -> f64 {
    let distance = one.sum - other.sum;
    let deviation = (one.variance + other.variance).sqrt();
    if deviation > 0.0 {
        cdf(distance / deviation)
    } else if distance == 0.0 {
        0.5
    } else {
        f64::from(u8::from(distance > 0.0))
    }
}

/// So many draws fit into 64 bits, each one of as many equally likely parts of a normal.
const DRAWS_AT_ONCE: usize = 5;
const BITS: usize = 12;
const PARTS: usize = 1 << BITS;
/// The middle of each part.
static NORMAL: LazyLock<Vec<f64>> =
    LazyLock::new(|| (0..PARTS).map(|part| quantile((part as f64 + 0.5) / PARTS as f64)).collect());
/// From so many draws is learned how low a sum may be that has a place; where one must be lower, all are looked at.
const LEARNING: usize = 100;

/// The chance of one of the first `places`, each: the share of `count` draws, one of every sum as if one measured
/// again, in which it has one of them. Of equal sums the one that stands higher has the better place, or else the first.
///
/// A draw is the middle of one of 4096 equally likely parts of a normal, which is finer than `count` draws can tell. Five
/// sums that stand next to each other draw at once, the five highest first.
pub(super) fn chances_of_top(standings: &[Standing], places: usize, count: usize, draws: Draws) -> Vec<f64> {
    if places == 0 || count == 0 {
        return vec![0.0; standings.len()];
    }
    if standings.len() <= places {
        return vec![1.0; standings.len()];
    }
    let normal = &**NORMAL;
    let mut order: Vec<(usize, Standing)> = standings.iter().copied().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| b.sum.total_cmp(&a.sum));
    // By place in the order: the sum and its deviation.
    let ranked: Vec<(f64, f64)> = order.iter().map(|(_, one)| (one.sum, one.variance.sqrt())).collect();
    // Of the one at a place, of whose part the bits begin at `start`.
    let drawn = |place: usize, bits: u64, start: usize| {
        let part = usize::try_from((bits >> start) % PARTS as u64).unwrap_or_default();
        let (sum, deviation) = ranked.get(place).copied().unwrap_or_default();
        (sum + deviation * normal.get(part).copied().unwrap_or_default(), place)
    };
    let all = ranked.len().div_ceil(DRAWS_AT_ONCE);
    let mut times = vec![0_u32; ranked.len()];
    let mut hopeful: Vec<Hopeful> = Vec::new();
    let mut high: Vec<(f64, usize)> = Vec::with_capacity(ranked.len());
    // The lowest sum that had the last place in the first draws: whoever stands below it seldom has one.
    let mut low = f64::INFINITY;
    for draw in 0..count {
        let bits = |block: usize| draws.bits((draw * all + block) as u64);
        high.clear();
        for five in &hopeful {
            let bits = bits(five.block);
            let mut hits = five.hits(bits);
            while hits > 0 {
                let start = hits.trailing_zeros() as usize - BITS;
                high.push(drawn(five.block * DRAWS_AT_ONCE + start / BITS, bits, start));
                hits &= hits - 1;
            }
        }
        if high.len() < places {
            high.clear();
            let whole = |place: usize| drawn(place, bits(place / DRAWS_AT_ONCE), place % DRAWS_AT_ONCE * BITS);
            high.extend((0..ranked.len()).map(whole));
        }
        let (higher, last, _) = high.select_nth_unstable_by(places - 1, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let lowest = last.0;
        for (_, place) in higher.iter().chain([&*last]) {
            if let Some(times) = times.get_mut(*place) {
                *times += 1;
            }
        }
        if draw < LEARNING && lowest < low {
            low = lowest;
            let enough = |(sum, deviation): &(f64, f64)| normal.partition_point(|draw| sum + deviation * draw < low);
            let fives = ranked.chunks(DRAWS_AT_ONCE).enumerate();
            hopeful = fives.filter_map(|(block, five)| Hopeful::of(block, five.iter().map(enough))).collect();
        }
    }
    let mut chances = vec![0.0; ranked.len()];
    for ((place, _), times) in order.iter().zip(times) {
        if let Some(chance) = chances.get_mut(*place) {
            *chance = f64::from(times) / count as f64;
        }
    }
    chances
}

/// Five that draw at once, some of whom can stand high enough.
struct Hopeful {
    block: usize,
    /// From which part on a draw is worth a look: of the first, third and fifth, and of the second and fourth.
    odd: u64,
    even: u64,
}

/// A bit above each part of every other one.
const GUARD: u64 = (1 << BITS) | (1 << (3 * BITS)) | (1 << (5 * BITS));
/// The bits of those parts.
const EVERY_OTHER: u64 = GUARD - (GUARD >> BITS);

impl Hopeful {
    /// Of the five with these parts to reach; `None` where none of them can.
    fn of(block: usize, enough: impl Iterator<Item = usize>) -> Option<Self> {
        // Whoever is not there never reaches it.
        let mut five = [PARTS as u64; DRAWS_AT_ONCE];
        for (slot, enough) in five.iter_mut().zip(enough) {
            *slot = enough as u64;
        }
        let [a, b, c, d, e] = five;
        let odd = a | (c << (2 * BITS)) | (e << (4 * BITS));
        // Of what would be the sixth nothing is ever enough.
        let even = b | (d << (2 * BITS)) | ((PARTS as u64) << (4 * BITS));
        five.iter().any(|enough| *enough < PARTS as u64).then_some(Self { block, odd, even })
    }

    /// The bit above the part of each whose draw is enough. What is left of a guard after subtraction tells.
    fn hits(&self, bits: u64) -> u64 {
        let odd = (((bits & EVERY_OTHER) | GUARD) - self.odd) & GUARD;
        let even = ((((bits >> BITS) & EVERY_OTHER) | GUARD) - self.even) & GUARD;
        odd | (even << BITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certain_and_equal_standings() {
        let at = |sum, variance| Standing { sum, variance };
        assert_eq!(expected_ranks(&[at(1.0, 0.0), at(3.0, 0.0), at(1.0, 0.0)]), [2.5, 1.0, 2.5]);
        let ranks = expected_ranks(&[at(0.0, 1.0), at(0.5, 0.2), at(-2.0, 0.7), at(0.1, 0.0)]);
        assert!((ranks.iter().sum::<f64>() - 10.0).abs() < 1e-12);
    }

    #[test]
    fn chances_of_places_add_up_to_the_places() {
        let at = |sum, variance| Standing { sum, variance };
        let standings = [at(0.0, 1.0), at(9.0, 0.1), at(0.0, 1.0), at(0.0, 1.0), at(-9.0, 0.1)];
        let chances = chances_of_top(&standings, 2, 20_000, Draws::new(5, 2));
        assert!((chances.iter().sum::<f64>() - 2.0).abs() < 1e-12);
        assert_eq!((chances[1], chances[4]), (1.0, 0.0));
        // Three of a kind share the one place that is left, within four standard errors.
        assert!([0, 2, 3].iter().all(|one| (chances[*one] - 1.0 / 3.0).abs() < 0.014), "{chances:?}");
        assert_eq!(chances_of_top(&standings, 9, 10, Draws::new(5, 2)), [1.0; 5]);
        assert_eq!(chances_of_top(&standings, 0, 10, Draws::new(5, 2)), [0.0; 5]);
    }

    #[test]
    fn chances_are_those_of_sorting_every_draw() {
        let (draws, count, places) = (Draws::new(9, 2), 300, 7);
        let standings: Vec<Standing> = (0..53)
            .map(|place| Standing {
                sum: (3.0 * draws.normal(1_000_000 + place)).round(),
                variance: if place % 4 == 0 { 0.0 } else { 0.1 * (place % 5) as f64 },
            })
            .collect();
        let mut order: Vec<usize> = (0..standings.len()).collect();
        order.sort_by(|a, b| standings[*b].sum.total_cmp(&standings[*a].sum).then(a.cmp(b)));
        let mut times = vec![0.0; standings.len()];
        for draw in 0..count {
            let one = |(rank, place): (usize, &usize)| {
                let bits = draws.bits((draw * standings.len().div_ceil(5) + rank / 5) as u64);
                let part = (bits >> (12 * (rank % 5))) & 4_095;
                let normal = quantile((part as f64 + 0.5) / 4_096.0);
                (standings[*place].sum + standings[*place].variance.sqrt() * normal, *place)
            };
            // The sort is stable: of equal ones the first in the order stays first.
            let mut drawn: Vec<(f64, usize)> = order.iter().enumerate().map(one).collect();
            drawn.sort_by(|a, b| b.0.total_cmp(&a.0));
            for (_, place) in drawn.iter().take(places) {
                times[*place] += 1.0;
            }
        }
        let chances: Vec<f64> = times.iter().map(|times| times / count as f64).collect();
        assert_eq!(chances_of_top(&standings, places, count, draws), chances);
    }
}
