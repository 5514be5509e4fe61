//! How far good results make up for bad ones (kappa, method.md section 6).

use std::{collections::BTreeMap, f64::consts::PI};

use super::Thresholds;
use crate::stats::{Draws, normal, triangle};

/// Good results count for kappa of themselves, and what that takes from the mean of ordinary organisations is given
/// back: g(r) - E0 with g(r) = max(r, 0) + kappa min(r, 0) and E0 = (1 - kappa) / sqrt(2 pi).
#[derive(Clone, Copy, Debug)]
pub(super) struct Credit {
    kappa: f64,
    /// E0.
    mean: f64,
}

impl Credit {
    /// Outside of 0 to 1 and for no number: 1.
    pub(super) fn new(kappa: f64) -> Self {
        let kappa = if (0.0..=1.0).contains(&kappa) { kappa } else { 1.0 };
        Self { kappa, mean: (1.0 - kappa) / (2.0 * PI).sqrt() }
    }

    /// Whether sums are plain.
    pub(super) fn is_full(self) -> bool {
        self.kappa >= 1.0
    }

    pub(super) fn points(self, r: f64) -> f64 {
        if self.is_full() { r } else { r.max(0.0) + self.kappa * r.min(0.0) - self.mean }
    }

    /// The covariance of the points of two standard normals with this correlation: exactly
    /// (1 + kappa^2) A(rho) - 2 kappa A(-rho) - E0^2, A(rho) = (sqrt(1 - rho^2) + rho (pi/2 + asin rho)) / (2 pi).
    pub(super) fn covariance(self, correlation: f64) -> f64 {
        if self.is_full() {
            return correlation;
        }
        let rho = correlation.clamp(-1.0, 1.0);
        let both = |rho: f64| ((1.0 - rho * rho).sqrt() + rho * (0.5 * PI + rho.asin())) / (2.0 * PI);
        (1.0 + self.kappa * self.kappa) * both(rho) - 2.0 * self.kappa * both(-rho) - self.mean * self.mean
    }

    /// The variance of the points if one measured again an r of which so much is noise.
    pub(super) fn noise(self, r: f64, noise_share: f64) -> f64 {
        if self.is_full() || noise_share <= 0.0 {
            return noise_share;
        }
        let s = noise_share.sqrt();
        let h = r / s;
        let (below, density) = (normal::cdf(h), normal::density(h));
        let part = r * below + s * density;
        let square = (r * r + noise_share) * below + r * s * density;
        let mean = part + self.kappa * (r - part);
        let mean_square = square + self.kappa * self.kappa * (r * r + noise_share - square);
        (mean_square - mean * mean).max(0.0)
    }
}

/// The measures that one sum has, by their place in the correlation matrix, each with its weight over the standard
/// deviation of the sum.
pub(super) type Pattern = Vec<(usize, f64)>;

/// Draws are made so many at a time.
const BLOCK: usize = 512;
/// Sums below this are not kept: every threshold lies above it.
const LEAST_KEPT: f64 = 1.0;

/// Where the levels of each pattern begin: the sums that 2.3 % and 0.13 % of `count` draws of ordinary organisations reach.
pub(super) fn thresholds(
    credit: Credit,
    correlation: &[Vec<f64>],
    patterns: &[Pattern],
    draws: Draws,
    count: usize,
) -> Vec<Thresholds> {
    // Which measures are there decides: what they weigh follows from that.
    let key = |pattern: &[(usize, f64)]| pattern.iter().map(|(place, _)| *place).collect::<Vec<usize>>();
    let mut kept: BTreeMap<Vec<usize>, (&Pattern, Vec<f64>)> = BTreeMap::new();
    for pattern in patterns.iter().filter(|pattern| !pattern.is_empty()) {
        kept.entry(key(pattern)).or_insert((pattern, Vec::new()));
    }
    let rows = triangle(correlation);
    let mut points = vec![[0.0; BLOCK]; rows.len()];
    for first in (0..count).step_by(BLOCK) {
        let size = BLOCK.min(count - first);
        fill(&mut points, &rows, credit, draws, first, size);
        for (pattern, sums) in kept.values_mut() {
            let mut block = [0.0; BLOCK];
            for (place, weight) in *pattern {
                let Some(points) = points.get(*place) else { continue };
                for (sum, points) in block.iter_mut().zip(points) {
                    *sum += weight * points;
                }
            }
            sums.extend(block.iter().take(size).filter(|sum| **sum > LEAST_KEPT));
        }
    }
    let known: BTreeMap<Vec<usize>, Thresholds> = kept
        .into_iter()
        .map(|(key, (_, mut sums))| {
            sums.sort_unstable_by(|a, b| b.total_cmp(a));
            let at = |level: f64| reached_by(&sums, normal::survival(level) * count as f64).unwrap_or(level);
            (key, Thresholds { attention: at(2.0), elevated: at(3.0) })
        })
        .collect();
    patterns.iter().map(|pattern| known.get(&key(pattern)).copied().unwrap_or(Thresholds::PLAIN)).collect()
}

/// The points of `size` ordinary organisations, from the draws that begin at `first`.
fn fill(points: &mut [[f64; BLOCK]], rows: &[Vec<f64>], credit: Credit, draws: Draws, first: usize, size: usize) {
    let measures = rows.len();
    let mut independent = vec![0.0; measures];
    for organisation in 0..size {
        for (place, draw) in independent.iter_mut().enumerate() {
            *draw = draws.normal(((first + organisation) * measures + place) as u64);
        }
        for (row, points) in rows.iter().zip(points.iter_mut()) {
            let r = row.iter().zip(&independent).fold(0.0, |sum, (a, b)| sum + a * b);
            if let Some(slot) = points.get_mut(organisation) {
                *slot = credit.points(r);
            }
        }
    }
}

/// The value that `share` of the descending `sums` reach.
fn reached_by(sums: &[f64], share: f64) -> Option<f64> {
    let place = super::value::count(share.round())?.checked_sub(1)?;
    sums.get(usize::try_from(place).ok()?).or(sums.last()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_credit_is_a_plain_sum() {
        let full = Credit::new(1.0);
        assert_eq!((full.points(-2.5), full.covariance(0.3), full.noise(1.0, 0.4)), (-2.5, 0.3, 0.4));
        // The formulas of the option agree with it where they meet.
        let nearly = Credit::new(1.0 - 1e-12);
        assert!((nearly.covariance(0.3) - 0.3).abs() < 1e-10);
        assert!((nearly.noise(1.0, 0.4) - 0.4).abs() < 1e-10);
    }

    #[test]
    fn points_of_ordinary_organisations_have_mean_zero_and_the_covariance_said() {
        const COUNT: u64 = 200_000;
        let (one, other) = (Draws::new(1, 0), Draws::new(1, 1));
        for (kappa, rho) in [(0.0, 0.0), (0.5, 0.4), (0.0, -0.7), (0.3, 1.0)] {
            let credit = Credit::new(kappa);
            let (mut sum, mut products) = (0.0, 0.0);
            for place in 0..COUNT {
                let x = one.normal(place);
                let y = rho * x + (1.0_f64 - rho * rho).sqrt() * other.normal(place);
                sum += credit.points(x);
                products += credit.points(x) * credit.points(y);
            }
            let count = COUNT as f64;
            assert!((sum / count).abs() < 0.01, "{kappa} {}", sum / count);
            assert!((products / count - credit.covariance(rho)).abs() < 0.012, "{kappa} {rho}");
        }
    }

    #[test]
    fn thresholds_of_full_credit_would_be_two_and_three() {
        let correlation = vec![vec![1.0, 0.6], vec![0.6, 1.0]];
        let weight = 1.0 / (2.0_f64 + 2.0 * 0.6).sqrt();
        let patterns = vec![vec![(0, weight), (1, weight)], vec![(1, 1.0)], Vec::new()];
        let found = thresholds(Credit::new(1.0), &correlation, &patterns, Draws::new(3, 1), 200_000);
        for one in &found[..2] {
            assert!((one.attention - 2.0).abs() < 0.03 && (one.elevated - 3.0).abs() < 0.1, "{one:?}");
        }
        assert_eq!(found[2], Thresholds::PLAIN);
        // Without credit a single measure has a long upper tail: (2 - E0) / sd.
        let none = Credit::new(0.0);
        let alone = vec![vec![(1, 1.0 / none.covariance(1.0).sqrt())]];
        let found = thresholds(none, &correlation, &alone, Draws::new(3, 1), 200_000);
        let exact = none.points(2.0) / none.covariance(1.0).sqrt();
        assert!((found[0].attention - exact).abs() < 0.05, "{found:?} {exact}");
    }
}
