//! Charts of one series over time: limits, runs, and the two lines that gather small shifts.
//!
//! For looking, not for levels: real series follow themselves, and on 36 months of 136 emergency departments such
//! rules call half of all points special (method.md finding 9).

use super::describe::median;

/// Limits of single values: mean -+ 2.66 mean moving ranges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ControlLimits {
    /// The mean of the series.
    pub centre: f64,
    /// Below this a value is out of the ordinary.
    pub low: f64,
    /// Above this a value is out of the ordinary.
    pub high: f64,
    /// The mean of the moving ranges that were kept.
    pub moving_range: f64,
}

/// The limits of a chart of single values and moving ranges (`XmR`); `None` of fewer than two values.
///
/// Moving ranges `|y_t - y_(t-1)|` above 3.267 times their mean are left out once, and the mean is taken again;
/// 2.66 = 3 / 1.128 and 3.267 follow from the range of two normal values (Wheeler, Understanding Variation, 1993).
pub fn control_limits(series: &[f64]) -> Option<ControlLimits> {
    const LARGEST_RANGE: f64 = 3.267;
    const RANGES: f64 = 2.66;

    let ranges: Vec<f64> = series.iter().zip(series.iter().skip(1)).map(|(a, b)| (b - a).abs()).collect();
    let all = mean(&ranges)?;
    let kept: Vec<f64> = ranges.into_iter().filter(|range| *range <= LARGEST_RANGE * all).collect();
    let moving_range = mean(&kept)?;
    let centre = mean(series)?;
    let width = RANGES * moving_range;
    Some(ControlLimits { centre, low: centre - width, high: centre + width, moving_range })
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// How a series runs along its median.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runs {
    /// The values that are not on the median.
    pub useful: usize,
    /// The most neighbours on one side of it.
    pub longest_run: usize,
    /// More than so many are a shift: log2(useful) + 3, rounded.
    pub longest_run_expected: usize,
    /// How often the series crosses the median.
    pub crossings: usize,
    /// Fewer than so many are a shift: the 5 % point of the crossings of a series without one.
    pub crossings_expected: usize,
}

impl Runs {
    /// Whether runs are too long or crossings too few for chance.
    pub const fn is_shifted(&self) -> bool {
        self.longest_run > self.longest_run_expected || self.crossings < self.crossings_expected
    }
}

/// Runs and crossings (Anhøj and Olesen, Public Library of Science One 9 (2014) e113825); `None` where no value is off the median.
pub fn runs(series: &[f64]) -> Option<Runs> {
    const ONE_IN: f64 = 0.05;

    let centre = median(series)?;
    let sides: Vec<bool> =
        series.iter().filter(|value| (**value - centre).abs() > 0.0).map(|value| *value > centre).collect();
    let useful = sides.len();
    if useful == 0 {
        return None;
    }
    let (mut longest_run, mut run, mut crossings) = (1, 1, 0);
    for (before, after) in sides.iter().zip(sides.iter().skip(1)) {
        if before == after {
            run += 1;
        } else {
            run = 1;
            crossings += 1;
        }
        longest_run = longest_run.max(run);
    }
    // The smallest count that a fair coin thrown `useful` - 1 times stays at or below in 5 % of cases or more.
    let throws = useful - 1;
    let (mut chance, mut below, mut crossings_expected) = (0.5_f64.powf(throws as f64), 0.0, 0);
    loop {
        below += chance;
        if below >= ONE_IN || crossings_expected >= throws {
            break;
        }
        chance *= (throws - crossings_expected) as f64 / (crossings_expected + 1) as f64;
        crossings_expected += 1;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number above 0")]
    let longest_run_expected = ((useful as f64).log2() + 3.0).round() as usize;
    Some(Runs { useful, longest_run, longest_run_expected, crossings, crossings_expected })
}

/// A one-sided cumulative sum of standard deviations: `C_t = max(0, C_(t-1) + u_t - reference)` (Page, Biometrika 41
/// (1954) 100). An alarm is a value above the limit of [`cumulative_sum_run_length`](super::cumulative_sum_run_length).
pub fn cumulative_sum(standardised: &[f64], reference: f64) -> Vec<f64> {
    let mut sum = 0.0_f64;
    let next = |value: &f64| {
        sum = (sum + value - reference).max(0.0);
        sum
    };
    standardised.iter().map(next).collect()
}

/// An exponentially weighted mean of standard deviations, from 0: `E_t = (1 - weight) E_(t-1) + weight u_t` (Roberts,
/// Technometrics 1 (1959) 239). An alarm is a value beyond `limit` times [`moving_average_deviation`].
pub fn moving_average(standardised: &[f64], weight: f64) -> Vec<f64> {
    let mut average = 0.0;
    let next = |value: &f64| {
        average += weight * (value - average);
        average
    };
    standardised.iter().map(next).collect()
}

/// The standard deviation of a long [`moving_average`]: sqrt(weight / (2 - weight)).
pub fn moving_average_deviation(weight: f64) -> f64 {
    (weight / (2.0 - weight)).sqrt()
}

/// The correlation of a series with itself one step later; `None` where it does not vary.
///
/// The sum of `(y_t - mean) (y_(t+1) - mean)` over that of `(y_t - mean)^2`. Run lengths hold at 0 only.
pub fn autocorrelation(series: &[f64]) -> Option<f64> {
    let centre = mean(series)?;
    let squares: f64 = series.iter().map(|value| (value - centre) * (value - centre)).sum();
    let products: f64 = series.iter().zip(series.iter().skip(1)).map(|(a, b)| (a - centre) * (b - centre)).sum();
    (squares > 1e-24 * centre * centre * series.len() as f64).then(|| products / squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_leave_out_one_leap() {
        // Ranges 1, 1, 1, 20, 1, 1: the mean is 25/6, and 20 is above 3.267 times that.
        let limits = control_limits(&[1.0, 2.0, 1.0, 2.0, 22.0, 21.0, 22.0]).expect("limits");
        assert!((limits.moving_range - 1.0).abs() < 1e-15);
        assert!((limits.centre - 71.0 / 7.0).abs() < 1e-14);
        assert!((limits.high - limits.low - 5.32).abs() < 1e-12);
        assert_eq!((control_limits(&[]), control_limits(&[1.0])), (None, None));
    }

    #[test]
    fn runs_of_a_step_and_of_noise() {
        let step: Vec<f64> = (0..20).map(|t| f64::from(t / 10) + 0.001 * f64::from(t * 7 % 5)).collect();
        let found = runs(&step).expect("runs");
        assert_eq!((found.useful, found.longest_run, found.crossings), (20, 10, 1));
        // Of 19 throws 5 or fewer heads have chance 0.032, 6 or fewer 0.084.
        assert_eq!((found.longest_run_expected, found.crossings_expected), (7, 6));
        assert!(found.is_shifted());
        let noise = runs(&[1.0, 4.0, 2.0, 5.0, 1.5, 2.5, 6.0, 0.5, 3.0, 3.5]).expect("runs");
        assert!(!noise.is_shifted(), "{noise:?}");
        assert_eq!(runs(&[2.0; 9]), None);
        assert_eq!(runs(&[1.0, 2.0]).map(|runs| (runs.crossings, runs.is_shifted())), Some((1, false)));
    }

    #[test]
    fn sums_and_averages() {
        assert_eq!(cumulative_sum(&[1.0, -2.0, 1.5, 0.75], 0.5), [0.5, 0.0, 1.0, 1.25]);
        assert_eq!(moving_average(&[1.0, 1.0, -1.5], 0.5), [0.5, 0.75, -0.375]);
        assert_eq!(autocorrelation(&[1.0, -1.0, 1.0, -1.0]), Some(-0.75));
        assert_eq!(autocorrelation(&[0.3; 5]), None);
    }
}
