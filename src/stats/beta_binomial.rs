//! The beta-binomial distribution: successes among trials that go together within an organisation.

use super::{
    Discrete, Error,
    discrete::{follow, nearest},
    products::{Products, exponent_of, power_of_two},
    twofold::{Line, Twofold},
};

/// Beta-binomial distributions with one mean share and correlation, for any number of trials.
///
/// The chance of x among n is C(n, x) B(x + a, n - x + b) / B(a, b) with a = mean / t, b = (1 - mean) / t and
/// t = correlation / (1 - correlation) (Skellam, Journal of the Royal Statistical Society B 10 (1948) 257). With
/// correlation 0 it is the binomial distribution. The variance of the share is
/// mean (1 - mean) (1/n + (1 - 1/n) correlation).
///
/// But for a factor that is the same for all x, that chance is S(x) F(n - x), where S(x) is the product of
/// (mean + k t) / (k + 1) over k < x, and F the same of 1 - mean. Tabulated once, the two serve all numbers of trials.
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
    factors: Factors,
    most_trials: usize,
    /// S.
    success: Products,
    /// F.
    failure: Products,
}

impl BetaBinomial {
    /// More trials than this are not tabulated; a year has under 200 000 births in the whole country.
    pub const MOST_TRIALS: u64 = 1_000_000;

    /// `mean` strictly between 0 and 1, `correlation` in [0, 1), `most_trials` at most [`Self::MOST_TRIALS`].
    pub fn new(mean: f64, correlation: f64, most_trials: u64) -> Result<Self, Error> {
        let factors = Factors::new(mean, correlation)?;
        let size = size_of(most_trials)?;
        // Most factors are then near 1.
        let scale = power_of_two(-exponent_of(factors.spread + 1.0 / f64::from(size.max(1))));
        Ok(Self {
            factors,
            most_trials: size as usize,
            success: Products::new(factors.good, scale, size),
            failure: Products::new(factors.bad, scale, size),
        })
    }

    /// The distribution for `trials` alone, where a table that serves all numbers of trials does not pay.
    pub fn alone(mean: f64, correlation: f64, trials: u64) -> Result<Alone, Error> {
        let factors = Factors::new(mean, correlation)?;
        let trials = size_of(trials)? as usize;
        Ok(Alone { factors, trials, centre: nearest(trials as f64 * mean, trials) })
    }

    /// The distribution for `trials`, at most as many as were asked for.
    pub fn with_trials(&self, trials: u64) -> Result<WithTrials<'_>, Error> {
        match usize::try_from(trials) {
            Ok(trials) if trials <= self.most_trials => Ok(WithTrials::new(self, trials)),
            _ => Err(Error::TooLarge(trials as f64)),
        }
    }
}

fn size_of(trials: u64) -> Result<u32, Error> {
    let size = u32::try_from(trials).ok().filter(|_| trials <= BetaBinomial::MOST_TRIALS);
    size.ok_or(Error::TooLarge(trials as f64))
}

/// What the chances are products of.
#[derive(Clone, Copy, Debug)]
struct Factors {
    mean: f64,
    /// t
    spread: f64,
    /// mean + k t, in some unit.
    good: Line,
    /// 1 - mean + k t, in the same unit.
    bad: Line,
}

impl Factors {
    fn new(mean: f64, correlation: f64) -> Result<Self, Error> {
        if !(mean > 0.0 && mean < 1.0) {
            return Err(Error::MeanOutsideUnit(mean));
        }
        if !(0.0..1.0).contains(&correlation) {
            return Err(Error::CorrelationOutsideUnit(correlation));
        }
        let [mean_share, correlation] = [mean, correlation].map(Twofold::of);
        let rest = Twofold::ONE - mean_share;
        let spread = correlation / (Twofold::ONE - correlation);
        // An odd one, lest a spread like 1/4 have all roundings go one way.
        let unit = Twofold::of(0.618_033_988_749_894_9);
        Ok(Self {
            mean,
            spread: spread.nearest(),
            good: Line::new(mean_share * unit, spread * unit),
            bad: Line::new(rest * unit, spread * unit),
        })
    }

    /// An upper bound of the ratios of neighbours beyond one that equals `ratio`: with a and b at least 1 they only fall.
    fn bound(&self, ratio: f64) -> f64 {
        if self.mean.min(1.0 - self.mean) >= self.spread { ratio } else { 1.0 }
    }
}

/// A beta-binomial distribution by itself.
#[derive(Clone, Copy, Debug)]
pub struct Alone {
    factors: Factors,
    trials: usize,
    centre: usize,
}

impl Discrete for Alone {
    fn centre(&self) -> usize {
        self.centre
    }

    fn last(&self) -> Option<usize> {
        Some(self.trials)
    }

    #[inline]
    fn add_above(&self, chances: &mut Vec<f64>) {
        let (n, first) = (self.trials as f64, (self.centre + chances.len()) as f64);
        let ratio = |step: usize| {
            let k = first + step as f64;
            let rest = n - k;
            if rest < 1.0 {
                0.0
            } else {
                self.factors.good.at(k) * rest / ((k + 1.0) * self.factors.bad.at(rest - 1.0))
            }
        };
        follow(chances, std::array::from_fn(ratio));
    }

    #[inline]
    fn add_below(&self, chances: &mut Vec<f64>) {
        let (n, first) = (self.trials as f64, self.centre as f64 - chances.len() as f64);
        let ratio = |step: usize| {
            let k = first - step as f64;
            let rest = n - k;
            if k < 1.0 { 0.0 } else { k * self.factors.bad.at(rest) / (self.factors.good.at(k - 1.0) * (rest + 1.0)) }
        };
        follow(chances, std::array::from_fn(ratio));
    }

    fn bound_above(&self, ratio: f64) -> f64 {
        self.factors.bound(ratio)
    }

    fn bound_below(&self, ratio: f64) -> f64 {
        self.factors.bound(ratio)
    }
}

/// A [`BetaBinomial`] with its number of trials.
#[derive(Clone, Copy, Debug)]
pub struct WithTrials<'a> {
    shared: &'a BetaBinomial,
    trials: usize,
    centre: usize,
    /// With which power of two the chance of the centre becomes 1.
    factor: f64,
    power: i32,
}

impl<'a> WithTrials<'a> {
    fn new(shared: &'a BetaBinomial, trials: usize) -> Self {
        let centre = nearest(trials as f64 * shared.factors.mean, trials);
        let (success, failure) = (shared.success.at(centre), shared.failure.at(trials - centre));
        let factor = 1.0 / (success.0 * failure.0);
        // So that it takes nothing of the range away.
        let taken = exponent_of(factor);
        let power = taken - (success.1 + failure.1);
        Self { shared, trials, centre, factor: factor * power_of_two(-taken), power }
    }
}

impl Discrete for WithTrials<'_> {
    fn centre(&self) -> usize {
        self.centre
    }

    fn last(&self) -> Option<usize> {
        Some(self.trials)
    }

    #[inline]
    fn add_above(&self, chances: &mut Vec<f64>) {
        let (rising, falling) = (&self.shared.success, &self.shared.failure);
        let next = self.centre + chances.len() + 1;
        rising.add_beside(next, falling, (self.trials + 1).saturating_sub(next), (self.factor, self.power), chances);
    }

    #[inline]
    fn add_below(&self, chances: &mut Vec<f64>) {
        let (rising, falling) = (&self.shared.failure, &self.shared.success);
        let next = self.trials - self.centre + chances.len() + 1;
        rising.add_beside(next, falling, (self.trials + 1).saturating_sub(next), (self.factor, self.power), chances);
    }

    #[inline]
    fn bound_above(&self, ratio: f64) -> f64 {
        self.shared.factors.bound(ratio)
    }

    #[inline]
    fn bound_below(&self, ratio: f64) -> f64 {
        self.shared.factors.bound(ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Table;

    #[test]
    fn refuses_what_is_no_distribution() {
        let refusal = |mean, correlation, most| BetaBinomial::new(mean, correlation, most).map(|_| ()).unwrap_err();
        assert_eq!(refusal(0.0, 0.1, 10), Error::MeanOutsideUnit(0.0));
        assert_eq!(refusal(0.5, 1.0, 10), Error::CorrelationOutsideUnit(1.0));
        assert_eq!(refusal(0.5, 0.1, 1_000_001), Error::TooLarge(1_000_001.0));
        let ten = BetaBinomial::new(0.5, 0.1, 10).expect("legal");
        assert_eq!(ten.with_trials(11).map(|_| ()), Err(Error::TooLarge(11.0)));
    }
    #[test]
    fn alone_and_from_the_tables_are_the_same() {
        let cases = [
            (0.3, 0.0, 50),
            (0.02, 0.3, 7),
            (0.95, 0.01, 4_000),
            (0.5, 0.9, 300),
            (1e-5, 1e-4, 200_000),
            (0.6, 0.02, 1),
        ];
        let (mut alone, mut shared) = (Table::default(), Table::default());
        for (mean, correlation, trials) in cases {
            let family = BetaBinomial::new(mean, correlation, trials).expect("legal");
            shared.fill(&family.with_trials(trials).expect("within"), 0, trials);
            alone.fill(&BetaBinomial::alone(mean, correlation, trials).expect("legal"), 0, trials);
            for x in (0..=trials).filter(|x| x % (1 + trials / 97) == 0).chain([trials]) {
                let (one, other) = (alone.tails(x), shared.tails(x));
                let within = |a: f64, b: f64| (a - b).abs() <= 2e-13 * b + f64::MIN_POSITIVE;
                assert!(
                    within(one.lower, other.lower) && within(one.upper, other.upper),
                    "{mean} {x}: {one:?} {other:?}"
                );
            }
        }
    }
}
