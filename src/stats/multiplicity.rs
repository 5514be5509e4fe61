//! Many tests at once.

/// The false discovery rates that go with `probabilities`, in their order: among all tests at least this extreme, the
/// share that chance would explain (Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995) 289).
///
/// The least over k from its rank on of m p(k) / k, at most 1.
pub fn false_discovery_rates(probabilities: &[f64]) -> Vec<f64> {
    let count = probabilities.len() as f64;
    let order = in_order(probabilities);
    let mut rates = vec![1.0; probabilities.len()];
    let mut least = 1.0_f64;
    for (rank, (probability, place)) in order.iter().enumerate().rev() {
        least = least.min(count * probability / (rank as f64 + 1.0));
        if let Some(rate) = rates.get_mut(*place) {
            *rate = least;
        }
    }
    rates
}

/// The probabilities with their places, the lowest first. Most are spread evenly: put into as many compartments as there
/// are of them, few have company.
fn in_order(probabilities: &[f64]) -> Vec<(f64, usize)> {
    let count = probabilities.len();
    let compartment = |probability: f64| {
        let place = super::number::whole(probability.clamp(0.0, 1.0) * count as f64);
        usize::try_from(place).unwrap_or(usize::MAX).min(count)
    };
    let mut starts = vec![0_usize; count + 2];
    for probability in probabilities {
        if let Some(size) = starts.get_mut(compartment(*probability) + 1) {
            *size += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut order = vec![(0.0, 0); count];
    for (place, probability) in probabilities.iter().enumerate() {
        if let Some(next) = starts.get_mut(compartment(*probability)) {
            if let Some(slot) = order.get_mut(*next) {
                *slot = (*probability, place);
            }
            *next += 1;
        }
    }
    for company in order.chunk_by_mut(|a, b| compartment(a.0) == compartment(b.0)) {
        company.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    }
    order
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

    #[test]
    fn order_is_that_of_sorting() {
        let draws = super::super::Draws::new(3, 0);
        for count in 0..60 {
            // Some the same, some far out, both ends among them.
            let one = |place| match place % 5 {
                0 => 1.0,
                1 => 0.0,
                2 => draws.uniform(place).powi(20),
                _ => draws.uniform(place / 3),
            };
            let probabilities: Vec<f64> = (0..count).map(one).collect();
            let mut sorted = probabilities.clone();
            sorted.sort_by(f64::total_cmp);
            let order = in_order(&probabilities);
            assert_eq!(order.iter().map(|(one, _)| *one).collect::<Vec<_>>(), sorted);
            assert!(order.iter().all(|(one, place)| probabilities[*place].to_bits() == one.to_bits()));
        }
    }
}
