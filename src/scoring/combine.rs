//! From the r of measures to scores that add up (method.md section 6).

use super::{
    Contribution, Interval, Measure, Score, Settings, Thresholds, Top,
    change::SUFFIX,
    credit::{Credit, Pattern, thresholds},
    rank::{Standing, chances_of_top, expected_ranks},
};
use crate::{
    domain::{Code, Level},
    stats::{Draws, median, normal},
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
    /// The code of the measure, or of that of which it is the change.
    indicator: Code,
    is_change: bool,
    pub(super) entries: Vec<Entry>,
}

impl<'a> Counted<'a> {
    pub(super) fn new(measure: &'a Measure, entries: Vec<Entry>) -> Self {
        let followed = measure.code.strip_suffix(SUFFIX);
        let indicator = followed.map_or_else(|| measure.code.clone(), Code::from);
        Self { measure, indicator, is_change: followed.is_some(), entries }
    }
}

/// A part of one organisation's sum.
struct Part<'a> {
    indicator: &'a Code,
    is_change: bool,
    /// The place in the correlation matrix.
    place: usize,
    weight: f64,
    /// What it weighs in at.
    points: f64,
    /// By how much that would differ, squared, if one measured again.
    noise: f64,
}

/// The sum of one organisation before it is standardised by the group.
struct Sum<'a> {
    parts: Vec<Part<'a>>,
    coverage: f64,
    /// The standard deviation of the weighted sum in ordinary organisations.
    deviation: f64,
}

/// All that sums of a run have in common.
pub(super) struct Combiner<'a> {
    counted: &'a [Counted<'a>],
    credit: Credit,
    correlation: &'a [Vec<f64>],
    /// The covariance of the points.
    covariance: Vec<Vec<f64>>,
    settings: &'a Settings,
    seed: u64,
}

impl<'a> Combiner<'a> {
    pub(super) fn new(
        counted: &'a [Counted<'a>],
        correlation: &'a [Vec<f64>],
        settings: &'a Settings,
        seed: u64,
    ) -> Self {
        let credit = Credit::new(settings.kappa);
        let covariance = correlation
            .iter()
            .map(|row| row.iter().map(|correlation| credit.covariance(*correlation)).collect())
            .collect();
        Self { counted, credit, correlation, covariance, settings, seed }
    }

    /// The scores of all members on one theme, or overall, in the order of the members, from the measures that
    /// `belongs` picks. Ranks are given overall only.
    pub(super) fn combine(
        &self,
        theme: Option<&Code>,
        belongs: &dyn Fn(&Measure) -> bool,
        members: usize,
    ) -> Vec<Score> {
        let chosen: Vec<(usize, &Counted<'_>)> =
            self.counted.iter().enumerate().filter(|(_, one)| belongs(one.measure)).collect();
        let mut sums: Vec<Sum<'_>> = Vec::with_capacity(members);
        for member in 0..members {
            let sum = self.sum(&chosen, member, sums.last());
            sums.push(sum);
        }
        let inflation = inflation(&sums);
        let thresholds = self.thresholds(&sums);
        let mut scored: Vec<(Score, Option<Standing>)> = sums
            .iter()
            .zip(thresholds)
            .map(|(sum, thresholds)| score(theme, sum, inflation, thresholds, self.settings))
            .collect();
        if theme.is_none() {
            self.rank(&mut scored);
        }
        scored.into_iter().map(|(score, _)| score).collect()
    }

    /// The sum of a member; `other` is that of any other one on the same theme.
    fn sum(&self, chosen: &[(usize, &'a Counted<'a>)], member: usize, other: Option<&Sum<'_>>) -> Sum<'a> {
        let (mut applicable, mut present) = (0.0, 0.0);
        let mut parts = Vec::with_capacity(chosen.len());
        for (place, one) in chosen {
            let weight = one.measure.weight;
            match one.entries.get(member) {
                Some(Entry::Present { r, noise_share }) => {
                    applicable += weight;
                    present += weight;
                    let (points, noise) = (self.credit.points(*r), self.credit.noise(*r, *noise_share));
                    let (indicator, is_change) = (&one.indicator, one.is_change);
                    parts.push(Part { indicator, is_change, place: *place, weight, points, noise });
                }
                Some(Entry::Absent) => applicable += weight,
                Some(Entry::NotApplicable) | None => {}
            }
        }
        let coverage = if applicable > 0.0 { present / applicable } else { 0.0 };
        // Of the same measures it is the same.
        let same = other.filter(|other| {
            other.parts.len() == parts.len() && other.parts.iter().zip(&parts).all(|(a, b)| a.place == b.place)
        });
        let deviation = same.map_or_else(|| self.deviation(&parts), |other| other.deviation);
        Sum { parts, coverage, deviation }
    }

    fn deviation(&self, parts: &[Part<'_>]) -> f64 {
        let (mut variance, mut squares) = (0.0, 0.0);
        for part in parts {
            let row = self.covariance.get(part.place).map_or(&[][..], Vec::as_slice);
            let along =
                parts.iter().fold(0.0, |sum, other| sum + other.weight * row.get(other.place).copied().unwrap_or(0.0));
            variance += part.weight * along;
            squares += part.weight * part.weight * row.get(part.place).copied().unwrap_or(0.0);
        }
        // Pairwise correlations need not fit together. Were they to, the part drawn towards none would remain at least.
        variance.max(squares * self.settings.correlation_shrinkage.max(1e-6)).sqrt()
    }

    /// Where the levels of each sum begin.
    fn thresholds(&self, sums: &[Sum<'_>]) -> Vec<Thresholds> {
        if self.credit.is_full() {
            return vec![Thresholds::PLAIN; sums.len()];
        }
        let patterns: Vec<Pattern> = sums
            .iter()
            .map(|sum| sum.parts.iter().map(|part| (part.place, part.weight / sum.deviation)).collect())
            .collect();
        let draws = Draws::new(self.seed, 1);
        thresholds(self.credit, self.correlation, &patterns, draws, self.settings.threshold_draws)
    }

    fn rank(&self, scored: &mut [(Score, Option<Standing>)]) {
        let standings: Vec<Standing> = scored.iter().filter_map(|(_, standing)| *standing).collect();
        let ranks = expected_ranks(&standings);
        let places = self.settings.top;
        let chances = chances_of_top(&standings, places, self.settings.rank_draws, Draws::new(self.seed, 2));
        let with_rank = scored.iter_mut().filter(|(_, standing)| standing.is_some());
        for (((score, _), rank), chance) in with_rank.zip(ranks).zip(chances) {
            score.expected_rank = Some(rank);
            score.ranked = Some(standings.len());
            score.top = Some(Top { places, chance });
        }
    }
}

impl Sum<'_> {
    fn standardised(&self) -> Option<f64> {
        let sum = self.parts.iter().fold(0.0, |sum, part| sum + part.weight * part.points);
        (self.deviation > 0.0).then(|| sum / self.deviation)
    }
}

/// By how much the sums of a group spread more than chance: robust, and never below 1.
fn inflation(sums: &[Sum<'_>]) -> f64 {
    let values: Vec<f64> = sums.iter().filter_map(Sum::standardised).collect();
    let Some(middle) = median(&values) else { return 1.0 };
    let distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    median(&distances).map_or(1.0, |distance| (NORMAL_SPREAD * distance).max(1.0))
}

fn score(
    theme: Option<&Code>,
    sum: &Sum<'_>,
    inflation: f64,
    thresholds: Thresholds,
    settings: &Settings,
) -> (Score, Option<Standing>) {
    let mut score = Score {
        theme: theme.cloned(),
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
    let mut order: Vec<(f64, &Part<'_>)> = Vec::with_capacity(sum.parts.len());
    for part in &sum.parts {
        let contribution = part.weight * part.points / scale;
        standardised += contribution;
        variance += part.weight * part.weight * part.noise;
        order.push((contribution, part));
    }
    variance /= scale * scale;
    // The largest either way first; of equal ones the first by code.
    order.sort_by(|(a, _), (b, _)| b.abs().total_cmp(&a.abs()));
    let contribution = |(standardised, part): (f64, &Part<'_>)| Contribution {
        indicator: part.indicator.clone(),
        is_change: part.is_change,
        standardised,
    };
    score.contributions = order.into_iter().map(contribution).collect();
    let points = |sum: f64| (ORDINARY + POINTS * sum).clamp(0.0, 100.0);
    let width = normal::Z_90 * variance.sqrt();
    score.level = thresholds.level(standardised);
    score.standardised = Some(standardised);
    score.score = Some(points(standardised));
    score.interval = Some(Interval { low: points(standardised - width), high: points(standardised + width) });
    score.percentile = Some(normal::cdf(standardised));
    score.thresholds = Some(thresholds);
    (score, Some(Standing { sum: standardised, variance }))
}

impl Thresholds {
    /// Those of a standard normal.
    pub(super) const PLAIN: Self = Self { attention: 2.0, elevated: 3.0 };

    fn level(self, sum: f64) -> Level {
        if sum >= self.elevated {
            Level::Elevated
        } else if sum >= self.attention {
            Level::Attention
        } else {
            Level::None
        }
    }
}
