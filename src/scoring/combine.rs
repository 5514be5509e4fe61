//! From the r of measures to scores that add up (method.md section 6, at kappa = 1: a plain weighted sum).

use super::{
    Contribution, Interval, Measure, Score, Settings,
    rank::{Standing, expected_ranks},
};
use crate::{
    domain::Level,
    stats::{median, normal},
};

/// Points per unit of the standardised sum, and the score of an ordinary organisation.
const POINTS: f64 = 10.0;
const ORDINARY: f64 = 50.0;
/// Makes the median absolute deviation of a normal its standard deviation.
const NORMAL_SPREAD: f64 = 1.4826;

/// One measure of one organisation, as it enters sums.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entry {
    /// Capped r and the share of it that is noise.
    Present {
        /// Capped, positive = worse.
        r: f64,
        /// B.
        noise_share: f64,
    },
    /// It applies and is not there.
    Absent,
    /// It does not apply: its weight is not missed.
    NotApplicable,
}

/// A measure that counts, with its entries per member.
#[derive(Debug)]
pub(super) struct Counted<'a> {
    pub(super) measure: &'a Measure,
    pub(super) entries: Vec<Entry>,
}

/// A part of one organisation's sum.
struct Part<'a> {
    code: &'a str,
    /// The place in the correlation matrix.
    place: usize,
    weight: f64,
    r: f64,
    noise_share: f64,
}

/// The sum of one organisation before it is standardised by the group.
struct Sum<'a> {
    parts: Vec<Part<'a>>,
    coverage: f64,
    /// The standard deviation of the weighted sum in ordinary organisations.
    deviation: f64,
}

impl<'a> Sum<'a> {
    fn of(counted: &[(usize, &Counted<'a>)], member: usize, correlation: &[Vec<f64>], settings: &Settings) -> Self {
        let (mut applicable, mut present) = (0.0, 0.0);
        let mut parts = Vec::with_capacity(counted.len());
        for (place, one) in counted {
            let weight = one.measure.weight;
            match one.entries.get(member) {
                Some(Entry::Present { r, noise_share }) => {
                    applicable += weight;
                    present += weight;
                    let (r, noise_share) = (*r, *noise_share);
                    parts.push(Part { code: &one.measure.code, place: *place, weight, r, noise_share });
                }
                Some(Entry::Absent) => applicable += weight,
                Some(Entry::NotApplicable) | None => {}
            }
        }
        let coverage = if applicable > 0.0 { present / applicable } else { 0.0 };
        let deviation = deviation(&parts, correlation, settings);
        Self { parts, coverage, deviation }
    }

    fn standardised(&self) -> Option<f64> {
        let sum = self.parts.iter().fold(0.0, |sum, part| sum + part.weight * part.r);
        (self.deviation > 0.0).then(|| sum / self.deviation)
    }
}

fn deviation(parts: &[Part<'_>], correlation: &[Vec<f64>], settings: &Settings) -> f64 {
    let (mut variance, mut squares) = (0.0, 0.0);
    for part in parts {
        let row = correlation.get(part.place).map_or(&[][..], Vec::as_slice);
        let along =
            parts.iter().fold(0.0, |sum, other| sum + other.weight * row.get(other.place).copied().unwrap_or(0.0));
        variance += part.weight * along;
        squares += part.weight * part.weight;
    }
    // Pairwise correlations need not fit together. Were they to, the part drawn towards none would remain at least.
    variance.max(squares * settings.correlation_shrinkage.max(1e-6)).sqrt()
}

/// The scores of all members on one theme, or overall, in the order of the members. Ranks are given overall only.
pub(super) fn combine(
    theme: Option<&str>,
    counted: &[(usize, &Counted<'_>)],
    members: usize,
    correlation: &[Vec<f64>],
    settings: &Settings,
) -> Vec<Score> {
    let sums: Vec<Sum<'_>> = (0..members).map(|member| Sum::of(counted, member, correlation, settings)).collect();
    let inflation = inflation(&sums);
    let mut scored: Vec<(Score, Option<Standing>)> =
        sums.iter().map(|sum| score(theme, sum, inflation, settings)).collect();
    if theme.is_none() {
        let standings: Vec<Standing> = scored.iter().filter_map(|(_, standing)| *standing).collect();
        let ranks = expected_ranks(&standings);
        let with_rank = scored.iter_mut().filter(|(_, standing)| standing.is_some());
        for ((score, _), rank) in with_rank.zip(ranks) {
            score.expected_rank = Some(rank);
            score.ranked = Some(standings.len());
        }
    }
    scored.into_iter().map(|(score, _)| score).collect()
}

/// By how much the sums of a group spread more than chance: robust, and never below 1.
fn inflation(sums: &[Sum<'_>]) -> f64 {
    let values: Vec<f64> = sums.iter().filter_map(Sum::standardised).collect();
    let Some(middle) = median(&values) else { return 1.0 };
    let distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    median(&distances).map_or(1.0, |distance| (NORMAL_SPREAD * distance).max(1.0))
}

fn score(theme: Option<&str>, sum: &Sum<'_>, inflation: f64, settings: &Settings) -> (Score, Option<Standing>) {
    let mut score = Score {
        theme: theme.map(str::to_owned),
        level: Level::Insufficient,
        coverage: sum.coverage,
        standardised: None,
        score: None,
        interval: None,
        percentile: None,
        thresholds: None,
        inflation,
        contributions: Vec::new(),
        expected_rank: None,
        ranked: None,
        top: None,
    };
    if sum.deviation <= 0.0 || sum.coverage < settings.minimum_coverage {
        return (score, None);
    }
    let scale = sum.deviation * inflation;
    let (mut standardised, mut variance) = (0.0, 0.0);
    for part in &sum.parts {
        let contribution = part.weight * part.r / scale;
        standardised += contribution;
        variance += part.weight * part.weight * part.noise_share;
        score.contributions.push(Contribution { indicator: part.code.to_owned(), standardised: contribution });
    }
    variance /= scale * scale;
    // The largest either way first; of equal ones the first by code.
    score.contributions.sort_by(|a, b| b.standardised.abs().total_cmp(&a.standardised.abs()));
    let points = |sum: f64| (ORDINARY + POINTS * sum).clamp(0.0, 100.0);
    let width = normal::Z_90 * variance.sqrt();
    score.level = Level::of(standardised);
    score.standardised = Some(standardised);
    score.score = Some(points(standardised));
    score.interval = Some(Interval { low: points(standardised - width), high: points(standardised + width) });
    score.percentile = Some(normal::cdf(standardised));
    (score, Some(Standing { sum: standardised, variance }))
}
