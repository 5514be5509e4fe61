//! The rank to be expected and the chance of a place at the top, given how noisy sums are.

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
const PARTS: usize = 1 << 12;

/// The chance of one of the first `places`, each: the share of `count` draws, one of every sum as if one measured
/// again, in which it has one of them. Of equal sums the first has the better place.
///
/// A draw is the middle of one of 4096 equally likely parts of a normal, which is finer than `count` draws can tell.
pub(super) fn chances_of_top(standings: &[Standing], places: usize, count: usize, draws: Draws) -> Vec<f64> {
    if places == 0 || count == 0 {
        return vec![0.0; standings.len()];
    }
    if standings.len() <= places {
        return vec![1.0; standings.len()];
    }
    let normal: Vec<f64> = (0..PARTS).map(|part| quantile((part as f64 + 0.5) / PARTS as f64)).collect();
    let deviations: Vec<f64> = standings.iter().map(|standing| standing.variance.sqrt()).collect();
    let blocks = standings.len().div_ceil(DRAWS_AT_ONCE);
    let mut times = vec![0_u32; standings.len()];
    let mut drawn: Vec<f64> = Vec::with_capacity(standings.len());
    let mut sorted: Vec<f64> = Vec::with_capacity(standings.len());
    for draw in 0..count {
        drawn.clear();
        let pairs = standings.chunks(DRAWS_AT_ONCE).zip(deviations.chunks(DRAWS_AT_ONCE)).enumerate();
        for (block, (standings, deviations)) in pairs {
            let mut bits = draws.bits((draw * blocks + block) as u64);
            for (standing, deviation) in standings.iter().zip(deviations) {
                let part = usize::try_from(bits % PARTS as u64).unwrap_or_default();
                bits /= PARTS as u64;
                drawn.push(standing.sum + deviation * normal.get(part).copied().unwrap_or_default());
            }
        }
        sorted.clone_from(&drawn);
        let (higher, last, _) = sorted.select_nth_unstable_by(places - 1, |a, b| b.total_cmp(a));
        let last = *last;
        // Some may be equal to the last that has a place: the first of them have what is left.
        let mut left = places - higher.iter().filter(|sum| sum.total_cmp(&last).is_gt()).count();
        for (sum, times) in drawn.iter().zip(&mut times) {
            let equal = sum.total_cmp(&last).is_eq();
            if sum.total_cmp(&last).is_gt() || (equal && left > 0) {
                *times += 1;
                left -= usize::from(equal);
            }
        }
    }
    times.into_iter().map(|times| f64::from(times) / count as f64).collect()
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
}
