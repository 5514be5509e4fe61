//! One sentence for a signal or a score, from its figures and the catalogue's templates.

use super::outcome::{Insufficiency, Score, Signal};
use crate::{
    catalogue::{Catalogue, Indicator, IndicatorKind, Unit},
    domain::{Language, Level, Text},
};

/// How many contributions a sentence names before it sums up the rest.
const NAMED_CONTRIBUTIONS: usize = 3;

/// The sentence for `signal` of `organisation`; `typical` is the fit's typical value.
pub fn signal_sentence(catalogue: &Catalogue, organisation: &str, signal: &Signal, typical: Option<f64>) -> Text {
    let Some(indicator) = catalogue.indicators.get(&signal.indicator) else { return Text::default() };
    both(|language| {
        let mut parameters = vec![
            ("organisation", organisation.to_owned()),
            ("indicator", indicator.name.get(language).to_owned()),
            ("level", level(catalogue, signal.level, language)),
        ];
        let code = if let Some(reason) = signal.insufficiency {
            let reason = catalogue.message(insufficiency_code(reason), &[]);
            parameters.push(("reason", reason.get(language).to_owned()));
            "SIGNAL_INSUFFICIENT"
        } else {
            parameters.extend(figures(catalogue, indicator, signal, typical, language));
            if indicator.kind == IndicatorKind::Rule { "SIGNAL_RULE" } else { "SIGNAL" }
        };
        catalogue.message(code, &parameters).get(language).to_owned()
    })
}

/// The sentence for `score`.
pub fn score_sentence(catalogue: &Catalogue, score: &Score) -> Text {
    both(|language| {
        let mut parameters = vec![
            ("coverage", percentage(score.coverage, language)),
            ("level", level(catalogue, score.level, language)),
        ];
        let code = match (score.score, score.interval, score.percentile) {
            (Some(points), Some(interval), Some(percentile)) => {
                parameters.extend([
                    ("score", language.number(points, 1)),
                    ("low", language.number(interval.low, 1)),
                    ("high", language.number(interval.high, 1)),
                    ("above", percentage(1.0 - percentile, language)),
                    ("terms", terms(catalogue, score, language)),
                ]);
                "SCORE"
            }
            _ => "SCORE_INSUFFICIENT",
        };
        catalogue.message(code, &parameters).get(language).to_owned()
    })
}

fn both(sentence: impl Fn(Language) -> String) -> Text {
    Text { nl: sentence(Language::Nl), en: sentence(Language::En) }
}

fn figures(
    catalogue: &Catalogue,
    indicator: &Indicator,
    signal: &Signal,
    typical: Option<f64>,
    language: Language,
) -> Vec<(&'static str, String)> {
    let shown =
        |value: Option<f64>| value.map_or_else(|| "?".to_owned(), |value| in_unit(value, indicator.unit, language));
    let number = |value: Option<f64>| {
        value.map_or_else(|| "?".to_owned(), |value| language.number(value, usize::from(value.fract() != 0.0)))
    };
    let (numerator, denominator) = (number(signal.numerator), number(signal.denominator));
    let counted = signal.numerator.is_some() && indicator.kind != IndicatorKind::Mean;
    let counts = if counted {
        let parameters = [("numerator", numerator.clone()), ("denominator", denominator.clone())];
        catalogue.message("COUNTS", &parameters).get(language).to_owned()
    } else {
        String::new()
    };
    let tail = signal.probability_low.zip(signal.probability_high).map(|(low, high)| low.min(high));
    vec![
        ("value", shown(signal.value)),
        ("counts", counts),
        ("numerator", numerator),
        ("denominator", denominator),
        ("typical", shown(typical)),
        ("low", shown(signal.ordinary.map(|ordinary| ordinary.low))),
        ("high", shown(signal.ordinary.map(|ordinary| ordinary.high))),
        ("probability", tail.map_or_else(|| "?".to_owned(), |tail| chance(tail, language))),
    ]
}

/// `50 + 9,4 (KZ07B) - 1,2 (KZ06) + 0,3 (overige)`, without the 50.
fn terms(catalogue: &Catalogue, score: &Score, language: Language) -> String {
    let term = |points: f64, name: &str| {
        let sign = if points < 0.0 { '-' } else { '+' };
        format!("{sign} {} ({name})", language.number(points.abs(), 1))
    };
    let points = |index: usize| score.contributions.get(index).map(|one| (10.0 * one.standardised, &one.indicator));
    let mut terms: Vec<String> =
        (0..NAMED_CONTRIBUTIONS).filter_map(points).map(|(points, indicator)| term(points, indicator)).collect();
    let rest: f64 = score.contributions.iter().skip(NAMED_CONTRIBUTIONS).map(|one| 10.0 * one.standardised).sum();
    if score.contributions.len() > NAMED_CONTRIBUTIONS {
        terms.push(term(rest, catalogue.message("SCORE_REST", &[]).get(language)));
    }
    terms.join(" ")
}

fn in_unit(value: f64, unit: Unit, language: Language) -> String {
    match unit {
        Unit::Percent => format!("{}%", language.number(value, 1)),
        Unit::Hours | Unit::Mark | Unit::PerHundred => language.number(value, 1),
        Unit::Items | Unit::YesNo => language.number(value, usize::from(value.fract() != 0.0)),
    }
}

fn percentage(share: f64, language: Language) -> String {
    format!("{}%", language.number(100.0 * share, usize::from(share < 0.1)))
}

/// A chance as people read it: a percentage, and below a thousandth no more than that.
fn chance(probability: f64, language: Language) -> String {
    if probability >= 0.001 {
        return format!("{}%", language.number(100.0 * probability, 1));
    }
    match language {
        Language::Nl => "minder dan 0,1%".to_owned(),
        Language::En => "less than 0.1%".to_owned(),
    }
}

fn level(catalogue: &Catalogue, level: Level, language: Language) -> String {
    let code = match level {
        Level::None => "LEVEL_NONE",
        Level::Attention => "LEVEL_ATTENTION",
        Level::Elevated => "LEVEL_ELEVATED",
        Level::Insufficient => "LEVEL_INSUFFICIENT",
    };
    catalogue.message(code, &[]).get(language).to_owned()
}

const fn insufficiency_code(reason: Insufficiency) -> &'static str {
    match reason {
        Insufficiency::NotReported => "INSUFFICIENT_NOT_REPORTED",
        Insufficiency::NotApplicable => "INSUFFICIENT_NOT_APPLICABLE",
        Insufficiency::Unknown => "INSUFFICIENT_UNKNOWN",
        Insufficiency::EmptyDenominator => "INSUFFICIENT_EMPTY_DENOMINATOR",
        Insufficiency::SmallDenominator => "INSUFFICIENT_SMALL_DENOMINATOR",
        Insufficiency::FewPeers => "INSUFFICIENT_FEW_PEERS",
    }
}
