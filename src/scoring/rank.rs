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
const BITS: usize = 12;
const PARTS: usize = 1 << BITS;

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
    let rivals = rivals(standings, places, &normal);
    let blocks = standings.len().div_ceil(DRAWS_AT_ONCE);
    let mut times = vec![0_u32; standings.len()];
    // Those who can still stand as high as ever was needed, and of a draw those who do.
    let mut contenders: Vec<Contender> = Vec::new();
    let mut high: Vec<(f64, usize)> = vec![(0.0, 0); rivals.len()];
    // The lowest sum that had the last place so far: whoever stands below it hardly ever has one.
    let mut low = f64::INFINITY;
    for draw in 0..count {
        let first = draw * blocks;
        let (mut block, mut bits, mut above) = (usize::MAX, 0, 0);
        for contender in &contenders {
            if contender.rival.block != block {
                block = contender.rival.block;
                bits = draws.bits((first + block) as u64);
            }
            let part = contender.rival.part(bits);
            let sum = contender.rival.sum(normal.get(part).copied().unwrap_or_default());
            // Whether it stays is seen from the count: nothing here hangs on a guess.
            if let Some(slot) = high.get_mut(above) {
                *slot = (sum, contender.rival.place);
            }
            above += usize::from(part >= contender.enough);
        }
        if above < places {
            above = rivals.len();
            for (slot, rival) in high.iter_mut().zip(&rivals) {
                let part = rival.part(draws.bits((first + rival.block) as u64));
                *slot = (rival.sum(normal.get(part).copied().unwrap_or_default()), rival.place);
            }
        }
        let chosen = high.get_mut(..above).unwrap_or_default();
        let (higher, last, _) =
            chosen.select_nth_unstable_by(places - 1, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let lowest = last.0;
        for (_, place) in higher.iter().chain([&*last]) {
            if let Some(times) = times.get_mut(*place) {
                *times += 1;
            }
        }
        if lowest < low {
            low = lowest;
            let enough = |rival: &Rival| normal.partition_point(|draw| rival.sum(*draw) < low);
            let all = rivals.iter().map(|rival| Contender { rival: *rival, enough: enough(rival) });
            contenders = all.filter(|contender| contender.enough < PARTS).collect();
        }
    }
    times.into_iter().map(|times| f64::from(times) / count as f64).collect()
}

/// Who can have a place at the top at all.
#[derive(Clone, Copy)]
struct Rival {
    /// Among all.
    place: usize,
    sum: f64,
    deviation: f64,
    /// In which bits its own are, and where they begin.
    block: usize,
    shift: usize,
}

/// One who can stand high enough.
struct Contender {
    rival: Rival,
    /// From which part on a draw of its own is worth a look.
    enough: usize,
}

impl Rival {
    /// Which part it draws.
    fn part(&self, bits: u64) -> usize {
        usize::try_from((bits >> self.shift) % PARTS as u64).unwrap_or_default()
    }

    /// What it has when it draws so much of a standard normal.
    fn sum(&self, draw: f64) -> f64 {
        self.sum + self.deviation * draw
    }
}

/// Those whose highest draw is not below the lowest draws of as many others as there are `places`.
fn rivals(standings: &[Standing], places: usize, normal: &[f64]) -> Vec<Rival> {
    let (least, most) = (normal.first().copied().unwrap_or(0.0), normal.last().copied().unwrap_or(0.0));
    let at = |standing: &Standing, draw: f64| standing.sum + standing.variance.sqrt() * draw;
    let mut lowest: Vec<f64> = standings.iter().map(|standing| at(standing, least)).collect();
    let (_, enough, _) = lowest.select_nth_unstable_by(places - 1, |a, b| b.total_cmp(a));
    let enough = *enough;
    let rival = |(place, standing): (usize, &Standing)| Rival {
        place,
        sum: standing.sum,
        deviation: standing.variance.sqrt(),
        block: place / DRAWS_AT_ONCE,
        shift: (place % DRAWS_AT_ONCE) * BITS,
    };
    let is_one = |(_, standing): &(usize, &Standing)| at(standing, most) >= enough;
    standings.iter().enumerate().filter(is_one).map(rival).collect()
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
        let mut times = vec![0.0; standings.len()];
        for draw in 0..count {
            let mut drawn: Vec<(f64, usize)> = (0..standings.len())
                .map(|place| {
                    let bits = draws.bits((draw * standings.len().div_ceil(5) + place / 5) as u64);
                    let part = (bits >> (12 * (place % 5))) & 4_095;
                    let normal = quantile((part as f64 + 0.5) / 4_096.0);
                    (standings[place].sum + standings[place].variance.sqrt() * normal, place)
                })
                .collect();
            drawn.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            for (_, place) in drawn.iter().take(places) {
                times[*place] += 1.0;
            }
        }
        let chances: Vec<f64> = times.iter().map(|times| times / count as f64).collect();
        assert_eq!(chances_of_top(&standings, places, count, draws), chances);
    }
}
