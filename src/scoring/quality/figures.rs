//! What figures say about themselves: repeats, roundings, percentages, too little variation, contradictions.

use std::collections::BTreeSet;

use super::{Found, Own};
use crate::{
    catalogue::{Figure, FigurePair, FigurePart, FigureRelation, IndicatorKind},
    domain::{Direction, Level},
    scoring::{Measure, arrange::Figures},
    stats::{chance_of_at_least, chance_of_same_count, chance_of_same_events, chance_of_same_value, chi_square_lower},
};

/// The chance that a whole number ends in 0 or 5.
const ENDS_ROUND: f64 = 0.2;

/// Whether both are there and the very same number.
fn same(one: Option<f64>, other: Option<f64>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one.to_bits() == other.to_bits())
}

fn count(number: f64) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number within the range")]
    let count = (0.0..=1e9).contains(&number).then_some(number as u64)?;
    (number.fract() == 0.0).then_some(count)
}

/// The smallest step in which a number is written: 1 for 12, 0.01 for 8.25.
fn step(number: f64) -> f64 {
    let text = number.to_string();
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    0.1_f64.powf(decimals as f64)
}

/// Whether `now` repeats `before`, and the chance of that; `None` where the two cannot be compared, as their
/// denominators differ.
fn repeat(kind: IndicatorKind, now: &Figures, before: &Figures) -> Option<(bool, f64)> {
    if !same(now.denominator, before.denominator) {
        return None;
    }
    let denominator = before.denominator?;
    match kind {
        IndicatorKind::Proportion => {
            let trials = count(denominator).filter(|trials| *trials > 0)?;
            let chance = chance_of_same_count(trials, before.numerator? / denominator).ok()?;
            Some((same(now.numerator, before.numerator), chance))
        }
        IndicatorKind::Rate => {
            Some((same(now.numerator, before.numerator), chance_of_same_events(before.numerator?).ok()?))
        }
        IndicatorKind::Share => {
            let (part, units) = (before.numerator?, before.units.filter(|units| *units > 0.0)?);
            let share = (part / denominator).clamp(0.0, 1.0);
            let deviation = denominator * (share * (1.0 - share) / units).sqrt();
            Some((same(now.numerator, before.numerator), chance_of_same_value(deviation, step(part))))
        }
        IndicatorKind::Mean | IndicatorKind::LogMean => {
            let value = before.value?;
            let deviation = before.standard_deviation? / denominator.sqrt();
            let is_same = same(now.value, before.value) && same(now.standard_deviation, before.standard_deviation);
            Some((is_same, chance_of_same_value(deviation, step(value))))
        }
        IndicatorKind::Rule => None,
    }
}

/// Figures equal to those of the period before. Both the product of the chances of those that repeat and the chance
/// that so many of those that could repeat do must be small: the first alone would forget that others did not.
pub(super) fn repeated(own: &Own<'_>, chance: f64) -> Found {
    let mut chances = Vec::new();
    let mut product = 1.0;
    let mut found = Found::default();
    for ((measure, now), (_, before)) in own.delivered(0).zip(own.delivered(1)) {
        let (Some(now), Some(before)) = (now, before) else { continue };
        if !own.inputs.counted_anew.contains(measure.code.as_str()) {
            continue;
        }
        let Some((is_same, of_one)) = repeat(measure.kind, &now, &before) else { continue };
        chances.push(of_one);
        if is_same {
            product *= of_one;
            found.indicators.insert(measure.code.clone());
        }
    }
    found.count = found.indicators.len();
    found.of = chances.len();
    if found.of > 0 {
        let at_most = product.max(chance_of_at_least(found.count, &chances));
        found.chance = Some(at_most);
        found.level = Some(if at_most < chance { Level::Attention } else { Level::None });
    }
    found
}

/// Counts that end in 0 or 5 more often than one time in five: the chance of so many, over more periods. Equal counts
/// of one period may be the same people and are taken once. Shown while this period has any.
pub(super) fn rounded(own: &Own<'_>, chance: f64, least_count: f64, periods: usize) -> Found {
    let ends_round = |number: u64| number.is_multiple_of(5);
    let mut found = Found::default();
    let mut counts = 0;
    for period in 0..periods {
        let mut seen = BTreeSet::new();
        for (measure, figures) in own.delivered(period) {
            if !matches!(measure.kind, IndicatorKind::Proportion | IndicatorKind::Rate) {
                continue;
            }
            let numerator = figures.and_then(|figures| figures.numerator).filter(|one| *one >= least_count);
            let Some(number) = numerator.and_then(count) else { continue };
            if period == 0 && ends_round(number) {
                found.indicators.insert(measure.code.clone());
            }
            if seen.insert(number) {
                counts += 1;
                found.count += usize::from(ends_round(number));
            }
        }
    }
    found.of = counts;
    if counts > 0 {
        let of_chance = chance_of_at_least(found.count, &vec![ENDS_ROUND; counts]);
        found.chance = Some(of_chance);
        let is_shown = of_chance < chance && !found.indicators.is_empty();
        found.level = Some(if is_shown { Level::Attention } else { Level::None });
    }
    found
}

/// Proportions and rates of which the denominator is one suspicious number.
pub(super) fn equal_denominators(own: &Own<'_>, denominator: f64, indicators: usize) -> Found {
    let is_counted = |measure: &Measure| matches!(measure.kind, IndicatorKind::Proportion | IndicatorKind::Rate);
    let delivered = own.delivered(0).filter(|(measure, _)| is_counted(measure));
    indicators_with(delivered, indicators, |_, figures| same(figures.denominator, Some(denominator)))
}

/// Proportions of exactly everyone, where there are many and the law does not ask it.
pub(super) fn perfect(own: &Own<'_>, above_denominator: f64, indicators: usize) -> Found {
    let can_be = |measure: &Measure| {
        let is_asked = measure.norm.is_some_and(|norm| norm.is_legal && norm.value >= measure.factor);
        measure.kind == IndicatorKind::Proportion && measure.direction == Direction::HigherIsBetter && !is_asked
    };
    let many = |figures: &Figures| figures.denominator.is_some_and(|denominator| denominator > above_denominator);
    let delivered =
        own.delivered(0).filter(|(measure, figures)| can_be(measure) && figures.is_some_and(|one| many(&one)));
    indicators_with(delivered, indicators, |_, figures| same(figures.numerator, figures.denominator))
}

fn indicators_with<'a>(
    delivered: impl Iterator<Item = (&'a Measure, Option<Figures>)>,
    enough: usize,
    shows: impl Fn(&Measure, &Figures) -> bool,
) -> Found {
    let mut found = Found::default();
    for (measure, figures) in delivered.filter_map(|(measure, figures)| Some((measure, figures?))) {
        found.of += 1;
        if shows(measure, &figures) {
            found.indicators.insert(measure.code.clone());
        }
    }
    found.count = found.indicators.len();
    found.level = (found.of > 0).then_some(if found.count >= enough { Level::Attention } else { Level::None });
    found
}

/// Series that vary less than sampling alone would make them: the sum over series of `4 n (y - mean)^2`, with
/// y = asin sqrt(x/n), against a chi-square with one degree less than periods. Ordinary change only adds to it.
pub(super) fn smooth(own: &Own<'_>, chance: f64, least_periods: usize, least_count: f64) -> Found {
    let (mut sum, mut degrees) = (0.0, 0);
    let mut found = Found::default();
    for (place, measure) in own.measures.iter().enumerate() {
        let is_followed =
            measure.kind == IndicatorKind::Proportion && own.inputs.counted_anew.contains(measure.code.as_str());
        if !is_followed {
            continue;
        }
        let of_period = |row: &Vec<Option<Figures>>| {
            let figures = (*row.get(place)?)?;
            let (x, n) = (figures.numerator?, figures.denominator?);
            (x >= least_count && n - x >= least_count).then(|| ((x / n).sqrt().asin(), n))
        };
        let series: Vec<(f64, f64)> = own.figures.iter().filter_map(of_period).collect();
        if series.len() < least_periods {
            continue;
        }
        let total: f64 = series.iter().map(|(_, n)| n).sum();
        let mean = series.iter().map(|(y, n)| n * y).sum::<f64>() / total;
        sum += series.iter().map(|(y, n)| 4.0 * n * (y - mean) * (y - mean)).sum::<f64>();
        degrees += series.len() - 1;
        found.indicators.insert(measure.code.clone());
    }
    found.count = found.indicators.len();
    found.of = found.count;
    if degrees > 0 {
        let lower = chi_square_lower(sum, degrees);
        found.chance = Some(lower);
        found.level = Some(if lower < chance { Level::Attention } else { Level::None });
    }
    found
}

/// Figures that count the same people and differ.
pub(super) fn contradictions(own: &Own<'_>, pairs: &[FigurePair]) -> Found {
    let number = |figure: &Figure| {
        let place = own.measures.iter().position(|measure| measure.code == figure.indicator)?;
        let figures = (*own.figures.first()?.get(place)?)?;
        match figure.part {
            FigurePart::Numerator => figures.numerator,
            FigurePart::Denominator => figures.denominator,
        }
    };
    let mut found = Found::default();
    for pair in pairs {
        let (Some(left), Some(right)) = (number(&pair.left), number(&pair.right)) else { continue };
        found.of += 1;
        let excess = match pair.relation {
            FigureRelation::Equal => (left - right).abs(),
            FigureRelation::AtMost => left - right,
        };
        if excess > pair.slack && excess > pair.tolerance * left.max(right) {
            found.count += 1;
            found.indicators.extend([&pair.left, &pair.right].map(|one| one.indicator.as_str().into()));
        }
    }
    Found {
        indicators: found.indicators,
        count: found.count,
        of: found.of,
        ..match found.of {
            0 => Found::default(),
            _ => Found::tested(found.count > 0),
        }
    }
}
