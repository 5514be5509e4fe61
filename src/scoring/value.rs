//! What an observation says, by the kind of its measure: the value shown, its own interval, and the evidence that
//! can be compared with peers.

use super::{
    AtMost, Insufficiency, Interval, Measure,
    arrange::Figures,
    method::{Evidence, Noise, Scale},
};
use crate::{
    catalogue::IndicatorKind,
    domain::MissingReason,
    stats::{BetaBinomial, Bounds, Events, Trials, byar, normal::Z_95, wilson},
};

/// The tail on either side of a 95 % interval.
pub(super) const TAIL_95: f64 = 0.025;

/// What was read.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) numerator: Option<f64>,
    pub(super) denominator: Option<f64>,
    /// In the unit in which values are shown.
    pub(super) value: Option<f64>,
    /// 95 %, in the same unit.
    pub(super) interval: Option<Interval>,
    /// Where the numerator is a lower bound.
    pub(super) at_most: Option<Box<AtMost>>,
    /// However little it is.
    pub(super) evidence: Result<Evidence, Insufficiency>,
}

/// Reads the figures of one organisation.
///
/// Figures that contradict themselves or their kind (part of a client, more successes than clients, a negative
/// exposure) are no usable delivery: intake refuses them, and here they count as not reported.
pub(super) fn read(measure: &Measure, figures: Option<&Figures>) -> Reading {
    let none = Reading {
        numerator: figures.and_then(|figures| figures.numerator),
        denominator: figures.and_then(|figures| figures.denominator),
        value: None,
        interval: None,
        at_most: None,
        evidence: Err(Insufficiency::NotReported),
    };
    let Some(figures) = figures else { return none };
    if let Some(reason) = figures.missing {
        return Reading { evidence: Err(insufficiency(reason)), ..none };
    }
    if figures.denominator == Some(0.0) {
        return Reading { evidence: Err(Insufficiency::EmptyDenominator), ..none };
    }
    let read = match measure.kind {
        IndicatorKind::Proportion => proportion(measure, figures),
        IndicatorKind::Rate => rate(measure, figures),
        IndicatorKind::Share => share(measure, figures),
        IndicatorKind::Mean => mean(measure, figures),
        IndicatorKind::LogMean => log_mean(measure, figures),
        IndicatorKind::Rule => rule(measure, figures),
    };
    match read {
        Some((value, interval, evidence)) => {
            let at_most = at_most(measure, figures);
            Reading { value: Some(value), interval, at_most, evidence: Ok(evidence), ..none }
        }
        None => none,
    }
}

const fn insufficiency(reason: MissingReason) -> Insufficiency {
    match reason {
        MissingReason::NotReported => Insufficiency::NotReported,
        MissingReason::NotApplicable => Insufficiency::NotApplicable,
        MissingReason::Unknown => Insufficiency::Unknown,
        MissingReason::EmptyDenominator => Insufficiency::EmptyDenominator,
    }
}

type Read = Option<(f64, Option<Interval>, Evidence)>;

/// A whole number of things, if it is one and no more than can be.
pub(super) fn count(number: f64) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number within the range")]
    let count = (0.0..=BetaBinomial::MOST_TRIALS as f64).contains(&number).then_some(number as u64)?;
    (number.fract() == 0.0).then_some(count)
}

fn scaled(bounds: Bounds, factor: f64) -> Interval {
    Interval { low: factor * bounds.low, high: factor * bounds.high }
}

fn proportion(measure: &Measure, figures: &Figures) -> Read {
    let (events, trials) = (count(figures.numerator?)?, count(figures.denominator?)?);
    let (value, interval) = share_of(measure, events, trials)?;
    Some((value, Some(interval), Evidence::Proportion(Trials { events, trials })))
}

/// The value shown and its interval (Wilson).
pub(super) fn share_of(measure: &Measure, events: u64, trials: u64) -> Option<(f64, Interval)> {
    let interval = wilson(events, trials, TAIL_95).ok()?;
    Some((measure.factor * (events as f64 / trials as f64), scaled(interval, measure.factor)))
}

/// The value shown and its interval (Byar).
pub(super) fn rate_of(measure: &Measure, events: u64, exposure: f64) -> Option<(f64, Interval)> {
    let interval = byar(events, exposure, TAIL_95).ok()?;
    Some((measure.factor * (events as f64 / exposure), scaled(interval, measure.factor)))
}

fn at_most(measure: &Measure, figures: &Figures) -> Option<Box<AtMost>> {
    let numerator = figures.at_most?;
    let (value, interval) = share_of(measure, count(numerator)?, count(figures.denominator?)?)?;
    Some(Box::new(AtMost { numerator, value, interval }))
}

fn rate(measure: &Measure, figures: &Figures) -> Read {
    let (events, exposure) = (count(figures.numerator?)?, figures.denominator.filter(|exposure| *exposure > 0.0)?);
    let (value, interval) = rate_of(measure, events, exposure)?;
    Some((value, Some(interval), Evidence::Rate(Events { events, exposure })))
}

/// Hours are no independent trials: their number is that of the persons behind them.
fn share(measure: &Measure, figures: &Figures) -> Read {
    let (part, whole) = (figures.numerator.filter(|part| *part >= 0.0)?, figures.denominator.filter(|all| *all > 0.0)?);
    let share = (part / whole).min(1.0);
    let units = figures.units.filter(|units| *units > 0.0);
    let units = units.unwrap_or_else(|| (whole / measure.hours_per_unit).round().max(1.0));
    let scale = Scale::Arcsine(measure.factor);
    let evidence = Evidence::Normal { value: share.sqrt().asin(), noise: Noise::Known(0.25 / units), scale };
    let value = measure.factor * share;
    Some((value, own_interval(share.sqrt().asin(), 0.25 / units, scale), evidence))
}

/// The mean as given, else numerator over denominator, in the unit shown.
fn mean_value(measure: &Measure, figures: &Figures) -> Option<f64> {
    figures.value.or_else(|| {
        let denominator = figures.denominator.filter(|denominator| *denominator > 0.0)?;
        Some(measure.factor * figures.numerator? / denominator)
    })
}

/// The squared standard error from the organisation's own spread, where it gave one.
fn own_variance(figures: &Figures) -> Option<f64> {
    let respondents = figures.denominator.filter(|respondents| *respondents > 1.0)?;
    let deviation = figures.standard_deviation.filter(|deviation| *deviation >= 0.0)?;
    Some(deviation * deviation / respondents)
}

fn mean(measure: &Measure, figures: &Figures) -> Read {
    let value = mean_value(measure, figures)?;
    let respondents = figures.denominator.filter(|respondents| *respondents > 0.0);
    let deviation = figures.standard_deviation.filter(|deviation| *deviation >= 0.0);
    let noise = Noise::Within { respondents, deviation, presumed: measure.presumed_deviation };
    let interval = own_variance(figures).and_then(|variance| own_interval(value, variance, Scale::Plain));
    Some((value, interval, Evidence::Normal { value, noise, scale: Scale::Plain }))
}

fn log_mean(measure: &Measure, figures: &Figures) -> Read {
    let value = mean_value(measure, figures).filter(|value| *value > 0.0)?;
    let variance = own_variance(figures).map(|variance| variance / (value * value));
    let interval = variance.and_then(|variance| own_interval(value.ln(), variance, Scale::Logarithm));
    // On the scale of the logarithm, by the delta method.
    let presumed = measure.presumed_deviation.zip(figures.denominator.filter(|respondents| *respondents > 0.0));
    let presumed = presumed.map(|(deviation, respondents)| (deviation / value).powi(2) / respondents);
    let noise = Noise::Known(variance.or(presumed).unwrap_or(0.0));
    Some((value, interval, Evidence::Normal { value: value.ln(), noise, scale: Scale::Logarithm }))
}

fn own_interval(value: f64, variance: f64, scale: Scale) -> Option<Interval> {
    let interval = scale.interval(value, Z_95 * variance.sqrt());
    (interval.low.is_finite() && interval.high.is_finite()).then_some(interval)
}

fn rule(measure: &Measure, figures: &Figures) -> Read {
    let share = match (figures.numerator, figures.denominator) {
        (Some(present), Some(of)) if of > 0.0 => present / of,
        _ => figures.value?,
    };
    let share = share.clamp(0.0, 1.0);
    Some((measure.factor * share, None, Evidence::Rule { share }))
}
