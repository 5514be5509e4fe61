//! The beta-binomial distribution: successes among trials that go together within an organisation.

use super::{Discrete, Error};

/// Successes among `trials`, with mean share `mean` and correlation `correlation` between two trials.
///
/// The chance of x among n is C(n, x) B(x + a, n - x + b) / B(a, b) with a = mean / t, b = (1 - mean) / t and
/// t = correlation / (1 - correlation) (Skellam, Journal of the Royal Statistical Society B 10 (1948) 257). With
/// correlation 0 it is the binomial distribution. The variance of the share is
/// mean (1 - mean) (1/n + (1 - 1/n) correlation).
///
/// ```
/// use kraamzicht::stats::{BetaBinomial, Table};
///
/// let mut table = Table::default();
/// table.fill(&BetaBinomial::new(10, 0.5, 0.0).unwrap(), 0, 10);
/// assert!((table.chance(0) - 1.0 / 1024.0).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BetaBinomial {
    trials: u64,
    mean: f64,
    /// 1 / (a + b).
    spread: f64,
}

impl BetaBinomial {
    /// More trials than this are not tabulated; a year has under 200 000 births in the whole country.
    pub const MOST_TRIALS: u64 = 1_000_000;

    /// `mean` strictly between 0 and 1, `correlation` in [0, 1), at most [`Self::MOST_TRIALS`].
    pub fn new(trials: u64, mean: f64, correlation: f64) -> Result<Self, Error> {
        if trials > Self::MOST_TRIALS {
            return Err(Error::TooLarge(trials as f64));
        }
        if !(mean > 0.0 && mean < 1.0) {
            return Err(Error::MeanOutsideUnit(mean));
        }
        if !(0.0..1.0).contains(&correlation) {
            return Err(Error::CorrelationOutsideUnit(correlation));
        }
        Ok(Self { trials, mean, spread: correlation / (1.0 - correlation) })
    }

    /// With a and b at least 1 the ratios of neighbours only fall.
    fn ratios_fall(&self) -> bool {
        self.mean.min(1.0 - self.mean) >= self.spread
    }
}

impl Discrete for BetaBinomial {
    fn mean(&self) -> f64 {
        self.trials as f64 * self.mean
    }

    fn last(&self) -> Option<u64> {
        Some(self.trials)
    }

    #[inline]
    fn neighbours(&self, k: f64) -> (f64, f64) {
        let rest = self.trials as f64 - k;
        (rest * (self.mean + k * self.spread), (k + 1.0) * ((1.0 - self.mean) + (rest - 1.0) * self.spread))
    }

    #[inline]
    fn bound_above(&self, ratio: f64) -> f64 {
        if self.ratios_fall() { ratio } else { 1.0 }
    }

    #[inline]
    fn bound_below(&self, ratio: f64) -> f64 {
        self.bound_above(ratio)
    }
}
