//! The beta-binomial distribution: successes among trials that go together within an organisation.

use super::{
    Discrete, Error,
    discrete::{BLOCK, Block},
    twofold::{Line, Twofold},
};

/// Beta-binomial distributions with one mean share and correlation, for any number of trials.
///
/// The chance of x among n is C(n, x) B(x + a, n - x + b) / B(a, b) with a = mean / t, b = (1 - mean) / t and
/// t = correlation / (1 - correlation) (Skellam, Journal of the Royal Statistical Society B 10 (1948) 257). With
/// correlation 0 it is the binomial distribution. The variance of the share is
/// mean (1 - mean) (1/n + (1 - 1/n) correlation).
///
/// The chance of x + 1 divided by that of x is `success[x]` / `failure[n - x - 1]` with
/// `success[k]` = (mean + k t) / (k + 1) and `failure[k]` = (1 - mean + k t) / (k + 1): tabulated once, they serve
/// all numbers of trials without further divisions.
///
/// ```
/// use kraamzicht::stats::{BetaBinomial, Table};
///
/// let coin = BetaBinomial::new(0.5, 0.0, 10).unwrap();
/// let mut table = Table::default();
/// table.fill(&coin.with_trials(10).unwrap(), 0, 10);
/// assert!((table.chance(0) - 1.0 / 1024.0).abs() < 1e-15);
/// ```
#[derive(Clone, Debug)]
pub struct BetaBinomial {
    mean: f64,
    ratios_fall: bool,
    success: Vec<f64>,
    failure: Vec<f64>,
    /// The reciprocals.
    per_success: Vec<f64>,
    per_failure: Vec<f64>,
}

impl BetaBinomial {
    /// More trials than this are not tabulated; a year has under 200 000 births in the whole country.
    pub const MOST_TRIALS: u64 = 1_000_000;

    /// `mean` strictly between 0 and 1, `correlation` in [0, 1), `most_trials` at most [`Self::MOST_TRIALS`].
    pub fn new(mean: f64, correlation: f64, most_trials: u64) -> Result<Self, Error> {
        if !(mean > 0.0 && mean < 1.0) {
            return Err(Error::MeanOutsideUnit(mean));
        }
        if !(0.0..1.0).contains(&correlation) {
            return Err(Error::CorrelationOutsideUnit(correlation));
        }
        let size = u32::try_from(most_trials).ok().filter(|_| most_trials <= Self::MOST_TRIALS);
        let size = size.ok_or(Error::TooLarge(most_trials as f64))?;
        let [mean_share, correlation] = [mean, correlation].map(Twofold::of);
        let rest = Twofold::ONE - mean_share;
        let spread = correlation / (Twofold::ONE - correlation);
        // Both in some odd unit, lest a spread like 1/4 have all roundings go one way.
        let unit = Twofold::of(0.618_033_988_749_894_9);
        let (good, bad) = (Line::new(mean_share * unit, spread * unit), Line::new(rest * unit, spread * unit));
        let bottom = |k: u32| f64::from(k) + 1.0;
        Ok(Self {
            mean,
            // With a and b at least 1 the ratios of neighbours only fall.
            ratios_fall: mean.min(rest.nearest()) >= spread.nearest(),
            success: (0..size).map(|k| good.at(k.into()) / bottom(k)).collect(),
            failure: (0..size).map(|k| bad.at(k.into()) / bottom(k)).collect(),
            per_success: (0..size).map(|k| bottom(k) / good.at(k.into())).collect(),
            per_failure: (0..size).map(|k| bottom(k) / bad.at(k.into())).collect(),
        })
    }

    /// The distribution for `trials`, at most as many as were asked for.
    pub fn with_trials(&self, trials: u64) -> Result<WithTrials<'_>, Error> {
        match usize::try_from(trials) {
            Ok(trials) if trials <= self.success.len() => Ok(WithTrials { shared: self, trials }),
            _ => Err(Error::TooLarge(trials as f64)),
        }
    }
}

/// A [`BetaBinomial`] with its number of trials.
#[derive(Clone, Copy, Debug)]
pub struct WithTrials<'a> {
    shared: &'a BetaBinomial,
    trials: usize,
}

/// One factor going up its table and one going down, from `rising` on and from before `falling`.
#[inline]
fn multiply(up: &[f64], rising: usize, down: &[f64], falling: usize) -> Block {
    let whole = up.get(rising..).and_then(<[f64]>::first_chunk::<BLOCK>);
    let other = down.get(..falling).and_then(<[f64]>::last_chunk::<BLOCK>);
    if let (Some([a, b, c, d, e, f, g, h]), Some([s, t, u, v, w, x, y, z])) = (whole, other) {
        return [a * z, b * y, c * x, d * w, e * v, f * u, g * t, h * s];
    }
    let mut block = [0.0; BLOCK];
    let up = up.get(rising..).unwrap_or_default();
    let down = down.get(..falling).unwrap_or_default();
    for ((ratio, a), b) in block.iter_mut().zip(up).zip(down.iter().rev()) {
        *ratio = a * b;
    }
    block
}

impl Discrete for WithTrials<'_> {
    fn mean(&self) -> f64 {
        self.trials as f64 * self.shared.mean
    }

    fn last(&self) -> Option<usize> {
        Some(self.trials)
    }

    #[inline]
    fn above(&self, k: usize) -> Block {
        multiply(&self.shared.success, k, &self.shared.per_failure, self.trials.saturating_sub(k))
    }

    #[inline]
    fn below(&self, k: usize) -> Block {
        multiply(&self.shared.failure, self.trials.saturating_sub(k), &self.shared.per_success, k)
    }

    #[inline]
    fn bound_above(&self, ratio: f64) -> f64 {
        if self.shared.ratios_fall { ratio } else { 1.0 }
    }

    #[inline]
    fn bound_below(&self, ratio: f64) -> f64 {
        self.bound_above(ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_distribution() {
        let refusal = |mean, correlation, most| BetaBinomial::new(mean, correlation, most).map(|_| ()).unwrap_err();
        assert_eq!(refusal(0.0, 0.1, 10), Error::MeanOutsideUnit(0.0));
        assert_eq!(refusal(0.5, 1.0, 10), Error::CorrelationOutsideUnit(1.0));
        assert_eq!(refusal(0.5, 0.1, 1_000_001), Error::TooLarge(1_000_001.0));
        let ten = BetaBinomial::new(0.5, 0.1, 10).expect("legal");
        assert_eq!(ten.with_trials(11).map(|_| ()), Err(Error::TooLarge(11.0)));
    }
}
