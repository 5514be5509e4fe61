//! Intervals of one organisation's own figure.

use super::{Error, normal};

/// A lower and an upper end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Wilson's interval of a share: `events` of `trials`, `tail` on either side (0.025 for 95 %). Within \[0, 1\].
///
/// (2x + z^2 -+ z sqrt(z^2 + 4x(1 - x/n))) / (2(n + z^2)); Wilson, JASA 22 (1927) 209.
pub fn wilson(events: u64, trials: u64, tail: f64) -> Result<Bounds, Error> {
    if trials == 0 || events > trials {
        return Err(Error::ImpossibleCount { events, trials });
    }
    wilson_of(events as f64, trials as f64, tail)
}

/// The same of a weighted share: `events` and `trials` need not be whole.
pub(super) fn wilson_of(x: f64, n: f64, tail: f64) -> Result<Bounds, Error> {
    let z = distance(tail)?;
    let centre = 2.0 * x + z * z;
    let width = z * (z * z + 4.0 * x * (1.0 - x / n).max(0.0)).sqrt();
    let scale = 2.0 * (n + z * z);
    let low = if x <= 0.0 { 0.0 } else { (centre - width) / scale };
    let high = if x >= n { 1.0 } else { (centre + width) / scale };
    Ok(Bounds { low: low.max(0.0), high: high.min(1.0) })
}

/// Byar's interval of a rate: `events` during `exposure`, `tail` on either side; exact below ten events.
///
/// x (1 - 1/(9x) - z/(3 sqrt x))^3 and likewise with x + 1 above; Breslow and Day, IARC 82 (1987) 69.
pub fn byar(events: u64, exposure: f64, tail: f64) -> Result<Bounds, Error> {
    if !(exposure > 0.0 && exposure.is_finite()) {
        return Err(Error::NotANumberOfItsKind(exposure));
    }
    let count = if events < 10 { poisson_exact(events, tail)? } else { byar_count(events, distance(tail)?) };
    Ok(Bounds { low: count.low / exposure, high: count.high / exposure })
}

fn byar_count(events: u64, z: f64) -> Bounds {
    let end = |x: f64, z: f64| x * (1.0 - 1.0 / (9.0 * x) + z / (3.0 * x.sqrt())).powi(3);
    let x = events as f64;
    Bounds { low: end(x, -z).max(0.0), high: end(x + 1.0, z) }
}

/// The exact interval of a Poisson mean of which `events`, at most 500, were seen: the means at which as many or more,
/// and as many or fewer, have chance `tail`. Half the chi-square quantiles with 2x and 2x + 2 degrees of freedom.
pub fn poisson_exact(events: u64, tail: f64) -> Result<Bounds, Error> {
    const MOST: u64 = 500;
    let z = distance(tail)?;
    if events > MOST {
        return Err(Error::TooLarge(events as f64));
    }
    let start = byar_count(events.max(1), z);
    let low = if events == 0 { 0.0 } else { mean_of(start.low.max(1e-3), |mean| of_at_least(events, mean), tail) };
    Ok(Bounds { low, high: mean_of(start.high, |mean| of_at_most(events, mean), tail) })
}

/// The mean at which a tail has this chance, from the logarithm of the tail and its derivative: Newton's steps, within a
/// bracket. The small tail, and never 1 minus it, which would lose its digits.
fn mean_of(start: f64, tail: impl Fn(f64) -> (f64, f64), chance: f64) -> f64 {
    const STEPS: usize = 100;
    let wanted = chance.ln();
    let (mut low, mut high) = (0.0_f64, 2_000.0_f64);
    let mut mean = start;
    for _ in 0..STEPS {
        let (logarithm, slope) = tail(mean);
        let gap = logarithm - wanted;
        if (gap / slope).abs() <= 1e-15 * mean {
            break;
        }
        if (gap > 0.0) == (slope > 0.0) {
            high = mean;
        } else {
            low = mean;
        }
        let mut next = mean - gap / slope;
        if !(next > low && next < high) {
            next = f64::midpoint(low, high);
        }
        mean = next;
    }
    mean
}

/// The logarithm of the chance of at most so many events, and its derivative.
fn of_at_most(events: u64, mean: f64) -> (f64, f64) {
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..=events {
        term *= mean / k as f64;
        sum += term;
    }
    // The factor e^-mean is left to the logarithm, which does not underflow.
    (sum.ln() - mean, -term / sum)
}

/// The logarithm of the chance of at least so many events, and its derivative.
fn of_at_least(events: u64, mean: f64) -> (f64, f64) {
    let first: f64 = (1..=events).map(|k| (mean / k as f64).ln()).sum();
    let (mut term, mut sum, mut k) = (1.0, 1.0, events as f64);
    while term > 1e-17 * sum {
        k += 1.0;
        term *= mean / k;
        sum += term;
    }
    (first - mean + sum.ln(), events as f64 / mean / sum)
}

fn distance(tail: f64) -> Result<f64, Error> {
    // The one that nearly everyone asks for.
    if tail.to_bits() == 0.025_f64.to_bits() {
        return Ok(normal::Z_95);
    }
    if tail > 0.0 && tail < 0.5 { Ok(-normal::quantile(tail)) } else { Err(Error::TailOutsideHalf(tail)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_distance_is_that_of_its_tail() {
        let usual = distance(0.025).expect("within a half");
        assert!((usual + normal::quantile(0.025)).abs() <= f64::EPSILON);
    }

    #[test]
    fn refuses_what_cannot_be() {
        assert_eq!(wilson(2, 1, 0.025), Err(Error::ImpossibleCount { events: 2, trials: 1 }));
        assert_eq!(wilson(0, 0, 0.025), Err(Error::ImpossibleCount { events: 0, trials: 0 }));
        assert_eq!(wilson(1, 2, 0.5), Err(Error::TailOutsideHalf(0.5)));
        assert_eq!(byar(1, 0.0, 0.025), Err(Error::NotANumberOfItsKind(0.0)));
        assert_eq!(poisson_exact(501, 0.025), Err(Error::TooLarge(501.0)));
    }
}
