//! The robust fit of the beta-binomial distribution, exactly consistent for small denominators.

use super::{
    Centre, Error,
    describe::{median, spread},
    huber::{CLIP, clipped_second_moment},
    root::falling_root,
    sums::sum_of,
};

/// Successes among trials, at least one trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trials {
    /// The successes.
    pub events: u64,
    /// The trials.
    pub trials: u64,
}

/// The middle squared distance of a standard normal.
pub(super) const MEDIAN_SQUARE: f64 = 0.455;
/// Distances beyond this weigh less in the location.
pub(super) const LOCATION_CLIP: f64 = 3.5;
/// Up to this many trials the clipped square's expectation is summed exactly; beyond, it is that of a normal.
const EXACT_TRIALS: usize = 400;
const MOST_CORRELATION: f64 = 0.9;
/// Smaller correlations cannot be told from none.
const NO_CORRELATION: f64 = 1e-15;
/// Where the search begins when the shares differ no more than chance.
const SMALL_CORRELATION: f64 = 1e-3;
const LEAST_SHARE: f64 = 1e-6;
/// From so many organisations on the search begins at the answer for some of them.
const MANY: usize = 4_096;

/// The mean share (location, within \[1e-6, 1 - 1e-6\]) and correlation (dispersion, within \[0, 0.9\]) of ordinary
/// organisations, at least two.
///
/// Solves together, with v = mu (1 - mu) (1/n + (1 - 1/n) rho) and u = (x/n - mu) / sqrt(v): mu is the mean of the
/// x/n weighted with min(1, 3.5/|u|) / v, and the mean of psi(u)^2, clipped at 1.5, is (1 - 1/I) times the mean of what
/// it is expected to be under the distribution itself (method.md 3.3). The fit of `huber`, made exact for counts.
pub fn fit_beta_binomial(counts: &[Trials]) -> Result<Centre, Error> {
    check(counts)?;
    if counts.len() < MANY {
        let mut problem = Problem::new(counts, None);
        let guess = problem.first_guess();
        return Ok(problem.solve(guess));
    }
    // Of very many, some that are spread evenly over them say about where the answer lies.
    let some = fit_beta_binomial(&spread(counts, MANY / 2))?;
    Ok(Problem::new(counts, Some(some.location)).solve(some.dispersion.max(SMALL_CORRELATION)))
}

/// The mean share where the correlation is known, by the first of the equations of [`fit_beta_binomial`].
pub fn locate_beta_binomial(counts: &[Trials], correlation: f64) -> Result<f64, Error> {
    check(counts)?;
    if !(0.0..=MOST_CORRELATION).contains(&correlation) {
        return Err(Error::CorrelationOutsideUnit(correlation));
    }
    let mut problem = Problem::new(counts, None);
    problem.settle(correlation);
    Ok(problem.mean)
}

fn check(counts: &[Trials]) -> Result<(), Error> {
    if counts.len() < 2 {
        return Err(Error::TooFew(counts.len()));
    }
    match counts.iter().find(|one| one.events > one.trials || one.trials == 0) {
        Some(one) => Err(Error::ImpossibleCount { events: one.events, trials: one.trials }),
        None => Ok(()),
    }
}

/// An organisation's share and the reciprocal of its trials.
struct Share {
    value: f64,
    inverse: f64,
    /// What it weighs with the correlation at hand, unclipped.
    weight: f64,
}

struct Problem {
    shares: Vec<Share>,
    /// How many organisations have so many trials, from none up to [`EXACT_TRIALS`].
    sizes: Vec<f64>,
    /// How many have more.
    large: f64,
    /// The middle share or one near the answer, from which every search begins: the answer may not depend on where the last one ended.
    middle: f64,
    mean: f64,
    products: Products,
}

impl Problem {
    fn new(counts: &[Trials], middle: Option<f64>) -> Self {
        let mut sizes = vec![0.0; EXACT_TRIALS + 1];
        let mut large = 0.0;
        let mut most = 0;
        let mut shares = Vec::with_capacity(counts.len());
        for one in counts {
            let trials = one.trials as f64;
            shares.push(Share { value: one.events as f64 / trials, inverse: 1.0 / trials, weight: 0.0 });
            match usize::try_from(one.trials).ok().and_then(|size| Some((size, sizes.get_mut(size)?))) {
                Some((size, count)) => {
                    *count += 1.0;
                    most = most.max(size);
                }
                None => large += 1.0,
            }
        }
        sizes.truncate(most + 1);
        let mean = within(middle.unwrap_or_else(|| {
            let values: Vec<f64> = shares.iter().map(|share| share.value).collect();
            median(&values).unwrap_or(0.5)
        }));
        Self { shares, sizes, large, middle: mean, mean, products: Products::new(most) }
    }

    fn solve(&mut self, guess: f64) -> Centre {
        let range = (NO_CORRELATION, MOST_CORRELATION);
        let dispersion = falling_root(range, guess, |correlation| self.imbalance(correlation)).unwrap_or(0.0);
        self.settle(dispersion);
        Centre { location: self.mean, dispersion }
    }

    /// A correlation to begin with: that of the middle squared distance, without the part that chance explains.
    fn first_guess(&self) -> f64 {
        let squares: Vec<f64> = self.shares.iter().map(|share| (share.value - self.mean).powi(2)).collect();
        let noise: Vec<f64> = self.shares.iter().map(|share| share.inverse).collect();
        let typical = median(&squares).unwrap_or(0.0) / (MEDIAN_SQUARE * self.mean * (1.0 - self.mean));
        (typical - median(&noise).unwrap_or(0.0)).max(SMALL_CORRELATION)
    }

    /// The logarithm of the clipped squares found over those expected, at the mean that goes with `correlation`.
    fn imbalance(&mut self, correlation: f64) -> f64 {
        self.settle(correlation);
        let scale = self.mean * (1.0 - self.mean);
        let mean = self.mean;
        let found = sum_of(&self.shares, |share| {
            let distance = share.value - mean;
            [(distance * distance * share.weight).min(CLIP * CLIP * scale)]
        });
        let [found] = found.map(|found| found / scale);
        let count = self.shares.len() as f64;
        let expected = (1.0 - 1.0 / count) * self.expected(correlation);
        (found / expected).ln()
    }

    /// The sum over organisations of the clipped square's expectation.
    fn expected(&mut self, correlation: f64) -> f64 {
        self.products.fill(self.mean, correlation);
        let sizes = self.sizes.iter().enumerate().filter(|(_, count)| **count > 0.0);
        let small = sizes.fold(0.0, |sum, (trials, count)| {
            sum + count * self.products.clipped_square(trials, self.mean, correlation)
        });
        small + self.large * clipped_second_moment(CLIP)
    }

    /// Moves the mean to where it belongs with `correlation`.
    fn settle(&mut self, correlation: f64) {
        for share in &mut self.shares {
            share.weight = 1.0 / (share.inverse + (1.0 - share.inverse) * correlation);
        }
        self.mean = settle(self.middle, within, |mean| self.weighted_mean(mean));
    }

    /// The mean with the weights that go with `mean`. What all variances have in common cancels.
    fn weighted_mean(&self, mean: f64) -> f64 {
        let scale = mean * (1.0 - mean);
        let farthest = LOCATION_CLIP * LOCATION_CLIP * scale;
        let [sum, weights] = sum_of(&self.shares, |share| {
            let (distance, full) = (share.value - mean, share.weight);
            let square = distance * distance * full;
            let weight = if square <= farthest { full } else { full * (farthest / square).sqrt() };
            [weight * share.value, weight]
        });
        sum / weights
    }
}

/// Where a location, kept `within` its range, stays when it is weighted again. Reweighting brings it nearer by about the same share at every
/// step: every other step goes on at once to where that leads.
pub(super) fn settle(start: f64, within: impl Fn(f64) -> f64, reweighted: impl Fn(f64) -> f64) -> f64 {
    const STEPS: usize = 250;
    const ROUNDING: f64 = 4e-16;
    let mut location = start;
    for _ in 0..STEPS {
        let first = within(reweighted(location));
        let second = within(reweighted(first));
        let (change, next_change) = (first - location, second - first);
        location = second;
        if next_change.abs() <= ROUNDING * location.abs() {
            break;
        }
        let share = next_change / change;
        if share.abs() < 0.8 && next_change.abs() > 1e3 * ROUNDING * location.abs() {
            location = within(location + next_change * share / (1.0 - share));
        }
    }
    location
}

fn within(share: f64) -> f64 {
    share.clamp(LEAST_SHARE, 1.0 - LEAST_SHARE)
}

/// Rising products from which the chances for all numbers of trials follow without further divisions:
/// with t = rho / (1 - rho), the chance of x among n is `successes[x]` `failures[n - x]` / `all[n]`, where these are
/// the products over k of (mu + k t) / (k + 1), of (1 - mu + k t) / (k + 1) and of (1 + k t) / (k + 1).
/// All are scaled by the same factor per step, which cancels and keeps them within the range of numbers.
struct Products {
    successes: Vec<f64>,
    failures: Vec<f64>,
    all: Vec<f64>,
}

impl Products {
    fn new(most: usize) -> Self {
        Self { successes: vec![1.0; most + 1], failures: vec![1.0; most + 1], all: vec![1.0; most + 1] }
    }

    fn fill(&mut self, mean: f64, correlation: f64) {
        /// The step at which the scaled products stop growing, without correlation: they stay below e^150.
        const MIDDLE: f64 = 150.0;
        let spread = correlation / (1.0 - correlation);
        let scale = (MIDDLE + 1.0) / (1.0 + MIDDLE * spread);
        let (mut successes, mut failures, mut all, mut k) = (1.0, 1.0, 1.0, 0.0);
        let places = self.successes.iter_mut().zip(&mut self.failures).zip(&mut self.all).skip(1);
        for ((success, failure), both) in places {
            let step = scale / (k + 1.0);
            successes *= (mean + k * spread) * step;
            failures *= ((1.0 - mean) + k * spread) * step;
            all *= (1.0 + k * spread) * step;
            (*success, *failure, *both) = (successes, failures, all);
            k += 1.0;
        }
    }

    /// The expectation of psi(u)^2 for `trials`: clip^2 less what lies within the clip, each by its shortfall.
    fn clipped_square(&self, trials: usize, mean: f64, correlation: f64) -> f64 {
        let n = trials as f64;
        let variance = mean * (1.0 - mean) * (1.0 / n + (1.0 - 1.0 / n) * correlation);
        let reach = CLIP * variance.sqrt() * n;
        let centre = mean * n;
        let first = super::number::whole((centre - reach).max(0.0).ceil());
        let last = super::number::whole((centre + reach).min(n).floor());
        let first = usize::try_from(first).unwrap_or(0).min(trials);
        let last = usize::try_from(last).unwrap_or(trials).min(trials);
        let successes = self.successes.get(first..=last).unwrap_or_default();
        let failures = self.failures.get(trials - last..=trials - first).unwrap_or_default();
        let scale = 1.0 / (variance * n * n);
        let mut distance = first as f64 - centre;
        let shortfall =
            |success: f64, failure: f64, distance: f64| success * failure * (CLIP * CLIP - distance * distance * scale);
        // Four at a time: independent of one another, they need not wait for the sum.
        let (blocks, rest) = successes.as_chunks::<4>();
        let (other_rest, other_blocks) = failures.as_rchunks::<4>();
        let mut within = 0.0;
        for ([a, b, c, d], [s, r, q, p]) in blocks.iter().zip(other_blocks.iter().rev()) {
            let early = shortfall(*a, *p, distance) + shortfall(*b, *q, distance + 1.0);
            let late = shortfall(*c, *r, distance + 2.0) + shortfall(*d, *s, distance + 3.0);
            within += early + late;
            distance += 4.0;
        }
        for (success, failure) in rest.iter().zip(other_rest.iter().rev()) {
            within += shortfall(*success, *failure, distance);
            distance += 1.0;
        }
        CLIP * CLIP - within / self.all.get(trials).copied().unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{BetaBinomial, Table};

    #[test]
    fn products_give_the_expectation_of_the_distribution() {
        let mut products = Products::new(EXACT_TRIALS);
        let mut table = Table::default();
        for (mean, correlation) in [(0.5, 0.0), (0.93, 0.02), (0.02, 0.3), (1e-6, 0.0), (0.999, 0.9), (0.3, 1e-9)] {
            products.fill(mean, correlation);
            for trials in [1, 2, 5, 37, 170, 399, 400] {
                let n = trials as f64;
                let family = BetaBinomial::new(mean, correlation, 400).expect("legal");
                table.fill(&family.with_trials(trials as u64).expect("legal"), 0, trials as u64);
                let variance = mean * (1.0 - mean) * (1.0 / n + (1.0 - 1.0 / n) * correlation);
                let expected: f64 = (0..=trials as u64)
                    .map(|x| table.chance(x) * ((x as f64 / n - mean).powi(2) / variance).min(CLIP * CLIP))
                    .sum();
                let got = products.clipped_square(trials, mean, correlation);
                assert!((got - expected).abs() < 1e-12, "{mean} {correlation} {trials}: {got} {expected}");
            }
        }
    }

    #[test]
    fn refuses_what_cannot_be() {
        let one = Trials { events: 3, trials: 10 };
        assert_eq!(fit_beta_binomial(&[one]), Err(Error::TooFew(1)));
        let wrong = Trials { events: 11, trials: 10 };
        assert_eq!(fit_beta_binomial(&[one, wrong]), Err(Error::ImpossibleCount { events: 11, trials: 10 }));
    }

    #[test]
    fn ends_stay_within() {
        for (events, share) in [(0, LEAST_SHARE), (10, 1.0 - LEAST_SHARE)] {
            let all = vec![Trials { events, trials: 10 }; 30];
            assert_eq!(fit_beta_binomial(&all), Ok(Centre { location: share, dispersion: 0.0 }));
        }
        let opposites: Vec<Trials> = (0..30).map(|i| Trials { events: 100 * (i % 2), trials: 100 }).collect();
        let fit = fit_beta_binomial(&opposites).expect("a fit");
        assert!(fit.dispersion <= MOST_CORRELATION && fit.dispersion > 0.5, "{fit:?}");
    }
}
