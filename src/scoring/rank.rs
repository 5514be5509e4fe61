//! The rank to be expected, given how noisy sums are.

use crate::stats::normal::cdf;

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
}
