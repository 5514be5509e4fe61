//! Chances of patterns in figures: repeats, counts of rare things, series that vary too little.

use super::{Error, normal};

/// What may be left out of a sum of chances, relative to the largest.
const NEGLIGIBLE: f64 = 1e-20;

/// The chance that two binomial counts with the same number of trials and share are equal: the sum of squared
/// chances. For example 0.125 for 20 trials of one half.
pub fn chance_of_same_count(trials: u64, share: f64) -> Result<f64, Error> {
    if !(0.0..=1.0).contains(&share) {
        return Err(Error::MeanOutsideUnit(share));
    }
    if share <= 0.0 || share >= 1.0 {
        return Ok(1.0);
    }
    let odds = share / (1.0 - share);
    let n = trials as f64;
    let start = (n * share).floor();
    Ok(same(start, |k| (n - k) / (k + 1.0) * odds, |k| k / (n - k + 1.0) / odds))
}

/// The chance that two Poisson counts with the same mean are equal.
pub fn chance_of_same_events(mean: f64) -> Result<f64, Error> {
    if !(mean >= 0.0 && mean.is_finite()) {
        return Err(Error::MeanNotPositive(mean));
    }
    Ok(same(mean.floor(), |k| mean / (k + 1.0), |k| k / mean.max(f64::MIN_POSITIVE)))
}

/// The sum of squared chances of a distribution with one mode near `start` and neighbours in these ratios.
fn same(start: f64, above: impl Fn(f64) -> f64, below: impl Fn(f64) -> f64) -> f64 {
    let (mut sum, mut squares) = (1.0, 1.0);
    for (ratio, step) in [(&above as &dyn Fn(f64) -> f64, 1.0), (&below, -1.0)] {
        let (mut k, mut chance) = (start, 1.0);
        loop {
            chance *= ratio(k);
            k += step;
            if chance.is_nan() || chance <= NEGLIGIBLE * sum {
                break;
            }
            sum += chance;
            squares += chance * chance;
        }
    }
    squares / (sum * sum)
}

/// The chance that two normal values with this standard deviation are equal when written with steps of `step`:
/// about step / (2 sqrt(pi) deviation), and at most 1.
pub fn chance_of_same_value(deviation: f64, step: f64) -> f64 {
    let ratio = step / (2.0 * std::f64::consts::PI.sqrt() * deviation);
    if ratio.is_nan() { 1.0 } else { ratio.clamp(0.0, 1.0) }
}

/// The chance that at least `count` of independent events with these chances happen (Poisson-binomial), summed from
/// the small end.
pub fn chance_of_at_least(count: usize, chances: &[f64]) -> f64 {
    if count == 0 {
        return 1.0;
    }
    // The chance of exactly so many of those seen; the last entry holds all from `count` on.
    let mut exactly = vec![0.0; count + 1];
    if let Some(none) = exactly.first_mut() {
        *none = 1.0;
    }
    for chance in chances.iter().map(|chance| chance.clamp(0.0, 1.0)) {
        let before = exactly.clone();
        for (place, now) in exactly.iter_mut().enumerate() {
            let stays = if place == count { 1.0 } else { 1.0 - chance };
            let comes = place.checked_sub(1).and_then(|fewer| before.get(fewer)).map_or(0.0, |fewer| fewer * chance);
            *now = *now * stays + comes;
        }
    }
    exactly.last().copied().unwrap_or(0.0).min(1.0)
}

/// The chance that a sum of `degrees` squared standard normal distances is at most `sum`: the lower tail of the
/// chi-square distribution. Relative error about 1e-12 in the tail.
///
/// With a = degrees / 2 and x = sum / 2: x^a e^-x / gamma(a + 1) times the sum of x^n / ((a + 1) ... (a + n)).
pub fn chi_square_lower(sum: f64, degrees: usize) -> f64 {
    const TERMS: usize = 100_000;

    if sum.is_nan() || sum <= 0.0 || degrees == 0 {
        return if degrees == 0 && sum >= 0.0 { 1.0 } else { 0.0 };
    }
    let (a, x) = (0.5 * degrees as f64, 0.5 * sum);
    // Far above the mean (Wilson and Hilferty) nothing is left to say.
    let z = ((x / a).cbrt() - 1.0 + 1.0 / (9.0 * a)) * (9.0 * a).sqrt();
    if z > 10.0 {
        return 1.0 - normal::survival(z);
    }
    let (mut term, mut series) = (1.0, 1.0);
    for n in 1..TERMS {
        term *= x / (a + n as f64);
        series += term;
        if term < 1e-17 * series {
            break;
        }
    }
    (a * x.ln() - x - ln_gamma_of_half(degrees + 2) + series.ln()).exp().min(1.0)
}

/// The logarithm of gamma(`halves` / 2), by its recurrence.
fn ln_gamma_of_half(halves: usize) -> f64 {
    let (mut argument, mut logarithm) =
        if halves.is_multiple_of(2) { (1.0, 0.0) } else { (0.5, 0.5 * std::f64::consts::PI.ln()) };
    while argument + 0.5 < 0.5 * halves as f64 {
        logarithm += argument.ln();
        argument += 1.0;
    }
    logarithm
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    use super::*;

    #[test]
    fn same_events_and_values() {
        // The sum of squared Poisson chances is e^-2m I_0(2m): m = 1 gives 0.3085083224.
        assert!((chance_of_same_events(1.0).expect("a mean") - 0.308_508_322_553_67).abs() < 1e-12);
        assert_eq!(chance_of_same_events(0.0), Ok(1.0));
        assert_eq!(chance_of_same_count(12, 1.0), Ok(1.0));
        assert!(chance_of_same_count(12, 1.5).is_err() && chance_of_same_events(f64::NAN).is_err());
        assert!((chance_of_same_value(1.0, 0.01) - 0.002_820_947_917_738_78).abs() < 1e-15);
        assert!([0.1, 0.0].iter().all(|step| chance_of_same_value(0.0, *step) >= 1.0));
    }

    #[test]
    fn large_counts_are_normal() {
        let chance = chance_of_same_count(1_000_000, 0.3).expect("a share");
        let deviation = (1_000_000.0_f64 * 0.21).sqrt();
        assert!((chance / chance_of_same_value(deviation, 1.0) - 1.0).abs() < 1e-5, "{chance}");
    }

    #[test]
    fn at_least() {
        // 1 - 0.8^3 - 3 * 0.2 * 0.8^2.
        assert!((chance_of_at_least(2, &[0.2; 3]) - 0.104).abs() < 1e-15);
        assert!((chance_of_at_least(2, &[0.5, 0.1, 1.0]) - 0.55).abs() < 1e-15);
        assert_eq!((chance_of_at_least(0, &[]), chance_of_at_least(1, &[])), (1.0, 0.0));
        let tiny = chance_of_at_least(40, &[1e-5; 40]);
        assert!((tiny / 1e-200 - 1.0).abs() < 1e-10, "{tiny}");
    }

    #[test]
    fn chi_square_against_statrs() {
        for degrees in [1_usize, 2, 3, 4, 7, 30, 121, 400] {
            let second = ChiSquared::new(degrees as f64).expect("legal");
            for share in [0.01, 0.1, 0.5, 0.9, 1.0, 1.5, 3.0] {
                let sum = share * degrees as f64;
                let (got, want) = (chi_square_lower(sum, degrees), second.cdf(sum));
                assert!((got - want).abs() <= 1e-11 * want.max(1e-12), "{degrees} {sum} {got} {want}");
            }
        }
        // Two degrees: 1 - e^(-x/2), without the loss.
        assert!((chi_square_lower(1e-9, 2) / 5e-10 - 1.0).abs() < 1e-9);
        assert!([0.0, f64::NAN].iter().all(|sum| chi_square_lower(*sum, 3) <= 0.0) && chi_square_lower(1e6, 3) >= 1.0);
    }
}
