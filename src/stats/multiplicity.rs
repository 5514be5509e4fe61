//! Many tests at once.

/// The false discovery rates that go with `probabilities`, in their order: among all tests at least this extreme, the
/// share that chance would explain (Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995) 289).
///
/// The least over k from its rank on of m p(k) / k, at most 1.
pub fn false_discovery_rates(probabilities: &[f64]) -> Vec<f64> {
    let count = probabilities.len() as f64;
    // Of numbers that are not negative the bits have the order of the numbers, and are quicker to compare.
    let mut order: Vec<(u64, usize)> = probabilities.iter().map(|one| one.max(0.0).to_bits()).zip(0..).collect();
    order.sort_unstable();
    let mut rates = vec![1.0; probabilities.len()];
    let mut least = 1.0_f64;
    for (rank, (probability, place)) in order.iter().enumerate().rev() {
        least = least.min(count * f64::from_bits(*probability) / (rank as f64 + 1.0));
        if let Some(rate) = rates.get_mut(*place) {
            *rate = least;
        }
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_r_gives_them() {
        // p.adjust(c(0.01, 0.04, 0.03, 0.5, 0.005), "BH")
        let rates = false_discovery_rates(&[0.01, 0.04, 0.03, 0.5, 0.005]);
        for (rate, wanted) in rates.iter().zip([0.025, 0.05, 0.05, 0.5, 0.025]) {
            assert!((rate - wanted).abs() < 1e-15, "{rates:?}");
        }
        assert_eq!(false_discovery_rates(&[0.9, 0.8]), [0.9, 0.9]);
        assert!(false_discovery_rates(&[]).is_empty());
    }
}
