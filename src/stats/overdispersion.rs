//! Published recipes for over-dispersion, for comparison only: their promised false-alarm rates do not hold where
//! sizes differ much (docs/methodology.md).

use super::{Error, describe::quantile};

/// A value on a scale on which its sampling variance is known, and the root of that variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transformed {
    /// y.
    pub value: f64,
    /// s, above 0.
    pub deviation: f64,
}

impl Transformed {
    /// The arcsine of the root of a share of `trials`: s = 1 / (2 sqrt n).
    pub fn arcsine(events: f64, trials: f64) -> Self {
        Self { value: (events / trials).clamp(0.0, 1.0).sqrt().asin(), deviation: 0.5 / trials.sqrt() }
    }

    /// The root of observed over expected: s = 1 / (2 sqrt E).
    pub fn root_ratio(events: f64, expected: f64) -> Self {
        Self { value: (events / expected).sqrt(), deviation: 0.5 / expected.sqrt() }
    }

    /// The logarithm of observed over expected: s = 1 / sqrt E. Not finite without events.
    pub fn log_ratio(events: f64, expected: f64) -> Self {
        Self { value: (events / expected).ln(), deviation: 1.0 / expected.sqrt() }
    }

    /// The logarithm of a rate of counts, each with a half added.
    pub fn log_rate(events: f64, exposure: f64) -> Self {
        let (x, n) = (events + 0.5, exposure + 0.5);
        Self { value: (x / n).ln(), deviation: (events / (x * x) + exposure / (n * n)).sqrt() }
    }

    /// The distance to `target`, in units of s.
    pub fn distance(self, target: f64) -> f64 {
        (self.value - target) / self.deviation
    }

    /// The distance to `target` when organisations also vary among themselves: (y - t) / sqrt(s^2 + tau^2).
    pub fn distance_beyond(self, target: f64, variance: f64) -> f64 {
        (self.value - target) / self.deviation.hypot(variance.sqrt())
    }
}

/// What a recipe finds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overdispersion {
    /// The target, t or mu.
    pub target: f64,
    /// The mean square of the distances that were kept (phi).
    pub factor: f64,
    /// The variance between organisations (tau^2), at least 0.
    pub variance: f64,
    /// How many organisations it rests on.
    pub kept: usize,
}

/// The Care Quality Commission's recipe (Spiegelhalter, Statistics in Medicine 24 (2005) 1185): distances to `target`
/// beyond their own 10 and 90 % quantiles (type 7) count as those.
pub fn winsorised(values: &[Transformed], target: f64) -> Result<Overdispersion, Error> {
    check(values)?;
    let distances: Vec<f64> = values.iter().map(|one| one.distance(target)).collect();
    let mut sorted = distances.clone();
    sorted.sort_by(f64::total_cmp);
    let at = |share| quantile(&sorted, share).unwrap_or(0.0);
    let (low, high) = (at(0.1), at(0.9));
    let clipped = distances.iter().map(|distance| distance.clamp(low, high));
    Ok(additive(target, clipped, values.iter()))
}

/// The recipe of the Summary Hospital-level Mortality Indicator (NHS Digital): organisations among the lowest and the
/// highest tenth by distance are left out, those with floor(10 rank / (I + 1)) equal to 0 or 9.
pub fn truncated(values: &[Transformed], target: f64) -> Result<Overdispersion, Error> {
    check(values)?;
    let mut order: Vec<(f64, usize)> = values.iter().map(|one| one.distance(target)).zip(0..).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut kept = vec![false; values.len()];
    let mut below = 0;
    for tied in order.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        // Equal distances share the mean of their ranks.
        let rank = below as f64 + 0.5 * (tied.len() as f64 + 1.0);
        let tenth = (10.0 * rank / (values.len() as f64 + 1.0)).floor();
        for (_, place) in tied {
            if let Some(slot) = kept.get_mut(*place) {
                *slot = tenth > 0.0 && tenth < 9.0;
            }
        }
        below += tied.len();
    }
    let left: Vec<Transformed> = values.iter().zip(kept).filter(|(_, kept)| *kept).map(|(one, _)| *one).collect();
    if left.len() < 2 {
        return Err(Error::TooFew(left.len()));
    }
    Ok(additive(target, left.iter().map(|one| one.distance(target)), left.iter()))
}

/// `DerSimonian` and Laird (Controlled Clinical Trials 7 (1986) 177): the variance from Cochran's Q around the weighted
/// mean, and the mean once more with it. The factor is Q / (I - 1), which others call H^2.
pub fn dersimonian_laird(values: &[Transformed]) -> Result<Overdispersion, Error> {
    check(values)?;
    let mean = weighted_mean(values, 0.0);
    let count = values.len() as f64;
    let heterogeneity = values.iter().fold(0.0, |sum, one| sum + one.distance(mean).powi(2));
    let variance = (excess(heterogeneity, count, values.iter())).max(0.0);
    let target = weighted_mean(values, variance);
    Ok(Overdispersion { target, factor: heterogeneity / (count - 1.0), variance, kept: values.len() })
}

/// The mean with weights 1 / (s^2 + `variance`).
pub fn weighted_mean(values: &[Transformed], variance: f64) -> f64 {
    let (sum, weights) = values.iter().fold((0.0, 0.0), |(sum, weights), one| {
        let weight = 1.0 / (one.deviation * one.deviation + variance);
        (sum + weight * one.value, weights + weight)
    });
    sum / weights
}

fn check(values: &[Transformed]) -> Result<(), Error> {
    let wrong = |one: &&Transformed| !(one.value.is_finite() && one.deviation > 0.0 && one.deviation.is_finite());
    match values.iter().find(wrong) {
        Some(one) => Err(Error::NotANumberOfItsKind(if one.value.is_finite() { one.deviation } else { one.value })),
        None if values.len() < 2 => Err(Error::TooFew(values.len())),
        None => Ok(()),
    }
}

/// phi, and tau^2 by moments; 0 where I phi is below I - 1.
fn additive<'v>(
    target: f64,
    distances: impl Iterator<Item = f64>,
    values: impl Iterator<Item = &'v Transformed>,
) -> Overdispersion {
    let (squares, kept) = distances.fold((0.0, 0), |(sum, count), distance| (sum + distance * distance, count + 1));
    let variance = excess(squares, kept as f64, values).max(0.0);
    Overdispersion { target, factor: squares / kept as f64, variance, kept }
}

/// (Q - (I - 1)) / (sum w - sum w^2 / sum w), w = 1 / s^2.
fn excess<'v>(squares: f64, count: f64, values: impl Iterator<Item = &'v Transformed>) -> f64 {
    let (sum, sum_of_squares) = values.fold((0.0, 0.0), |(sum, of_squares), one| {
        let weight = 1.0 / (one.deviation * one.deviation);
        (sum + weight, of_squares + weight * weight)
    });
    (squares - (count - 1.0)) / (sum - sum_of_squares / sum)
}
