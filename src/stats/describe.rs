//! Plain descriptions of series.

/// The median; `None` of nothing. NaN sorts last and is the caller's mistake.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    let half = values.len() / 2;
    if half >= values.len() {
        return None;
    }
    let is_odd = values.len() % 2 == 1;
    let (lower, upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    if is_odd {
        return Some(*upper);
    }
    let lower = lower.iter().copied().max_by(f64::total_cmp)?;
    Some(f64::midpoint(lower, *upper))
}

/// Evenly spread parts of a series, about `wanted` of them: all of it when it is not longer.
pub(super) fn spread<T: Copy>(series: &[T], wanted: usize) -> Vec<T> {
    series.iter().copied().step_by((series.len() / wanted.max(1)).max(1)).collect()
}

/// The quantile at `share` in [0, 1] of values that are in order, by linear interpolation between the two nearest
/// (Hyndman and Fan's type 7); `None` of nothing.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the length")]
    let below = place.floor() as usize;
    let low = *sorted.get(below)?;
    let high = sorted.get(below + 1).copied().unwrap_or(low);
    Some(low + (place - place.floor()) * (high - low))
}

/// Pearson's correlation of pairs, in [-1, 1]; `None` where a series does not vary beyond its rounding.
pub fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    /// Squared rounding errors of n equal numbers stay far below this share of their squares.
    const ROUNDING: f64 = 1e-24;

    let count = pairs.len() as f64;
    let sum = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
    let mean = (sum.0 / count, sum.1 / count);
    let mut squares = (0.0, 0.0);
    let mut products = 0.0;
    for (x, y) in pairs {
        let (x, y) = (x - mean.0, y - mean.1);
        squares = (squares.0 + x * x, squares.1 + y * y);
        products += x * y;
    }
    let varies = |squares: f64, mean: f64| squares > ROUNDING * count * mean * mean && squares > 0.0;
    if !varies(squares.0, mean.0) || !varies(squares.1, mean.1) {
        return None;
    }
    let correlation = products / (squares.0.sqrt() * squares.1.sqrt());
    correlation.is_finite().then(|| correlation.clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_between_values() {
        let values = [1.0, 2.0, 4.0, 8.0];
        let at = |share| quantile(&values, share);
        assert_eq!((at(0.0), at(0.5), at(1.0)), (Some(1.0), Some(3.0), Some(8.0)));
        assert_eq!(at(0.75), Some(5.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn medians() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn correlations() {
        let pairs = [(1.0, 2.0), (2.0, 1.0), (3.0, 4.0), (4.0, 3.0)];
        assert!((pearson(&pairs).expect("varies") - 0.6).abs() < 1e-15);
        assert_eq!(pearson(&[(1.3, 1.0), (1.3, 2.0), (1.3, 5.0)]), None);
        assert_eq!(pearson(&[]), None);
    }
}
