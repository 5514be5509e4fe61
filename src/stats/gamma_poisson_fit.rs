//! The robust fit of the gamma-Poisson distribution, exactly consistent for small expectations.

use super::{
    Centre, Error,
    beta_binomial_fit::{LOCATION_CLIP, MEDIAN_SQUARE, settle},
    describe::median,
    huber::{CLIP, clipped_second_moment},
    root::falling_root,
};

/// Events during an exposure, which is positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Events {
    /// The events.
    pub events: u64,
    /// The exposure, in any unit that all share.
    pub exposure: f64,
}

/// Up to this expectation the clipped square's expectation is summed exactly; beyond, it is that of a normal.
const EXACT_MEAN: f64 = 400.0;
const MOST_VARIATION: f64 = 50.0;
/// Smaller variations cannot be told from none.
const NO_VARIATION: f64 = 1e-14;
/// Where the search begins when the rates differ no more than chance.
const SMALL_VARIATION: f64 = 1e-3;
/// The least rate, per unit of the middle exposure.
const LEAST_EVENTS: f64 = 1e-6;

/// The rate per unit of exposure (location) and its squared coefficient of variation (dispersion, within \[0, 50\]) in
/// ordinary organisations, at least two.
///
/// The equations of the beta-binomial fit with E = rate e and v = (E + E^2 tau) / e^2 (method.md 3.4).
pub fn fit_gamma_poisson(counts: &[Events]) -> Result<Centre, Error> {
    check(counts)?;
    let mut problem = Problem::new(counts);
    let guess = problem.first_guess();
    let dispersion =
        falling_root((NO_VARIATION, MOST_VARIATION), guess, |variation| problem.imbalance(variation)).unwrap_or(0.0);
    problem.settle(dispersion);
    Ok(Centre { location: problem.rate, dispersion })
}

/// The rate where the squared variation is known, by the first of the equations of [`fit_gamma_poisson`].
pub fn locate_gamma_poisson(counts: &[Events], variation: f64) -> Result<f64, Error> {
    check(counts)?;
    if !(0.0..=MOST_VARIATION).contains(&variation) {
        return Err(Error::NegativeDispersion(variation));
    }
    let mut problem = Problem::new(counts);
    problem.settle(variation);
    Ok(problem.rate)
}

fn check(counts: &[Events]) -> Result<(), Error> {
    if counts.len() < 2 {
        return Err(Error::TooFew(counts.len()));
    }
    match counts.iter().find(|one| !(one.exposure > 0.0 && one.exposure.is_finite())) {
        Some(one) => Err(Error::NotANumberOfItsKind(one.exposure)),
        None => Ok(()),
    }
}

struct Problem {
    /// Rate and exposure of each organisation.
    rates: Vec<(f64, f64)>,
    /// The middle rate, from which every search begins: the answer may not depend on where the last one ended.
    middle: f64,
    rate: f64,
    least: f64,
}

impl Problem {
    fn new(counts: &[Events]) -> Self {
        let rates: Vec<(f64, f64)> =
            counts.iter().map(|one| (one.events as f64 / one.exposure, one.exposure)).collect();
        let exposures: Vec<f64> = counts.iter().map(|one| one.exposure).collect();
        let least = LEAST_EVENTS / median(&exposures).unwrap_or(1.0);
        let values: Vec<f64> = rates.iter().map(|(rate, _)| *rate).collect();
        // Where more than half saw no events the middle rate is zero, from which nothing moves: take the mean.
        let pooled = rates.iter().fold((0.0, 0.0), |sum, (rate, exposure)| (sum.0 + rate * exposure, sum.1 + exposure));
        let middle = median(&values).filter(|middle| *middle > 0.0).unwrap_or(pooled.0 / pooled.1);
        let middle = middle.max(least);
        Self { rates, middle, rate: middle, least }
    }

    fn first_guess(&self) -> f64 {
        let squares: Vec<f64> = self.rates.iter().map(|(rate, _)| (rate / self.rate - 1.0).powi(2)).collect();
        let noise: Vec<f64> = self.rates.iter().map(|(_, exposure)| 1.0 / (exposure * self.rate)).collect();
        let typical = median(&squares).unwrap_or(0.0) / MEDIAN_SQUARE;
        (typical - median(&noise).unwrap_or(0.0)).max(SMALL_VARIATION)
    }

    fn imbalance(&mut self, variation: f64) -> f64 {
        self.settle(variation);
        let normal = clipped_second_moment(CLIP);
        let (mut found, mut expected) = (0.0, 0.0);
        for (rate, exposure) in &self.rates {
            let distance = rate - self.rate;
            let variance = self.rate / exposure + self.rate * self.rate * variation;
            found += (distance * distance / variance).min(CLIP * CLIP);
            let mean = self.rate * exposure;
            expected += if mean <= EXACT_MEAN { clipped_square(mean, variation) } else { normal };
        }
        let count = self.rates.len() as f64;
        (found / ((1.0 - 1.0 / count) * expected)).ln()
    }

    fn settle(&mut self, variation: f64) {
        self.rate = settle(self.middle, |rate| rate.max(self.least), |rate| self.weighted_mean(rate, variation));
    }

    /// The mean rate with the weights that go with `centre`.
    fn weighted_mean(&self, centre: f64, variation: f64) -> f64 {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (rate, exposure) in &self.rates {
            let variance = centre / exposure + centre * centre * variation;
            let distance = (rate - centre).abs();
            let limit = LOCATION_CLIP * variance.sqrt();
            let weight = if distance <= limit { 1.0 / variance } else { limit / (distance * variance) };
            sum += weight * rate;
            weights += weight;
        }
        sum / weights
    }
}

/// The expectation of psi(u)^2 for events with this mean and squared variation: clip^2 less what lies within the
/// clip, each by its shortfall. Chances run up from none, whose chance is at least e^-400.
fn clipped_square(mean: f64, variation: f64) -> f64 {
    let variance = mean + mean * mean * variation;
    let reach = CLIP * variance.sqrt();
    let rate = mean / (1.0 + mean * variation);
    let mut chance = if variation > 0.0 { (-(mean * variation).ln_1p() / variation).exp() } else { (-mean).exp() };
    let (mut k, mut within) = (0.0, 0.0);
    while k <= mean + reach {
        let distance = k - mean;
        within += chance * (CLIP * CLIP - distance * distance / variance).max(0.0);
        chance *= rate * (1.0 + k * variation) / (k + 1.0);
        k += 1.0;
    }
    CLIP * CLIP - within
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{NegativeBinomial, Table};

    #[test]
    fn expectation_of_the_distribution() {
        let mut table = Table::default();
        for (mean, variation) in [(0.01, 0.0), (3.0, 0.4), (50.0, 2.0), (400.0, 0.0), (390.0, 0.05), (5.0, 30.0)] {
            table.fill(&NegativeBinomial::new(mean, variation).expect("legal"), 0, 10_000);
            let variance = mean + mean * mean * variation;
            let expected: f64 =
                (0..200_000).map(|x| table.chance(x) * ((x as f64 - mean).powi(2) / variance).min(CLIP * CLIP)).sum();
            let got = clipped_square(mean, variation);
            assert!((got - expected).abs() < 1e-11, "{mean} {variation}: {got} {expected}");
        }
    }

    #[test]
    fn none_at_all_and_refusals() {
        let none = vec![Events { events: 0, exposure: 10.0 }; 30];
        let fit = fit_gamma_poisson(&none).expect("a fit");
        assert_eq!(fit, Centre { location: 1e-7, dispersion: 0.0 });
        assert_eq!(fit_gamma_poisson(&none[..1]), Err(Error::TooFew(1)));
        let wrong = [Events { events: 1, exposure: 0.0 }; 2];
        assert_eq!(fit_gamma_poisson(&wrong), Err(Error::NotANumberOfItsKind(0.0)));
    }
}
