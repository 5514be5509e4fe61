//! Finding the dispersion at which a falling function crosses zero.

/// Where `function`, which falls, is zero between 0 and the upper end `most` of `range`. `None` when it is at or below 0 at the start
/// already, or crosses below the lower end; `most` when it is still above 0 there.
///
/// Secants on the logarithm of the argument, kept within the bracket found so far and started at `guess`. Stops when
/// a step is below 1e-9 of the argument: the error after a secant step is of the order of the product of the two
/// steps before it, so that the result is good to about 1e-14.
pub(super) fn falling_root(range: (f64, f64), guess: f64, mut function: impl FnMut(f64) -> f64) -> Option<f64> {
    const STEPS: usize = 120;
    const ENOUGH: f64 = 1e-9;
    /// The logarithm of a ratio of squared distances falls by somewhat less than the dispersion's logarithm rises.
    const FIRST_SLOPE: f64 = 0.7;

    let (mut low, mut high): (Option<f64>, Option<f64>) = (None, None);
    let (least, most) = range;
    let mut at = guess.max(least).min(most * 0.5).ln();
    let mut before: Option<(f64, f64)> = None;
    let top = most.ln();
    let mut previous_step = f64::INFINITY;
    let mut above_start = false;
    for _ in 0..STEPS {
        let value = function(at.exp());
        if value > 0.0 {
            low = Some(at);
        } else if value < 0.0 {
            // The start costs most to look at: only once it seems that the crossing may not lie above it.
            if low.is_none() && high.is_some() && !above_start {
                if function(0.0) <= 0.0 {
                    return None;
                }
                above_start = true;
            }
            high = Some(at);
        } else {
            return Some(at.exp());
        }
        let mut next = match before {
            Some((x, y)) if value < y && at > x || value > y && at < x => at - value * (at - x) / (value - y),
            _ => at + value / FIRST_SLOPE,
        };
        next = next.clamp(at - 3.0, at + 3.0);
        next = match (low, high) {
            (Some(low), Some(high)) if !(low..=high).contains(&next) => f64::midpoint(low, high),
            (Some(low), None) if next <= low => low + 1.0,
            (None, Some(high)) if next >= high => high - 1.0,
            _ => next,
        };
        if high.is_none() && next >= top {
            if low.is_some_and(|low| low >= top) {
                return Some(most);
            }
            next = top;
        }
        let step = (next - at).abs();
        if step < ENOUGH && previous_step.is_finite() {
            return Some(next.exp().min(most));
        }
        // So small that it cannot be told from none.
        if next < least.ln() {
            return None;
        }
        previous_step = step;
        before = Some((at, value));
        at = next;
    }
    Some(at.exp().min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_none_within_and_the_end() {
        assert_eq!(falling_root((1e-15, 1.0), 0.1, |x| -x), None);
        assert_eq!(falling_root((1e-15, 1.0), 0.1, |x| 2.0 - x), Some(1.0));
        for root in [1e-6, 3e-4, 0.02, 0.3, 0.89] {
            for guess in [0.0, 1e-5, 0.01, 0.5, 7.0] {
                let mut calls = 0;
                let found = falling_root((1e-15, 0.9), guess, |x| {
                    calls += 1;
                    ((1.0 + root * 50.0) / (1.0 + x * 50.0)).ln() + 0.3 * (root - x)
                })
                .expect("above 0 at the start");
                assert!((found / root - 1.0).abs() < 1e-14 / root.min(0.01), "{found} {root}");
                assert!(calls < 40, "{calls}");
            }
        }
    }
}
