//! The sentence for a score.

use super::{
    Reader,
    words::{both, chance, level, percentage},
};
use crate::{
    catalogue::Catalogue,
    domain::{Language, Text},
    scoring::{Contribution, Score},
};

/// How many contributions a sentence names before it sums up the rest.
const NAMED_CONTRIBUTIONS: usize = 3;

/// The sentence for `score`.
pub fn score_sentence(catalogue: &Catalogue, reader: Reader, score: &Score) -> Text {
    both(|language| {
        let mut parameters = vec![
            ("coverage", percentage(score.coverage, language)),
            ("level", level(catalogue, score.level, language)),
        ];
        let own = reader == Reader::Organisation;
        let code = match (score.score, score.interval, score.percentile) {
            (Some(points), Some(interval), Some(percentile)) => {
                parameters.extend([
                    ("score", language.number(points, 1)),
                    ("low", language.number(interval.low, 1)),
                    ("high", language.number(interval.high, 1)),
                    ("above", chance(1.0 - percentile, language)),
                    ("terms", terms(catalogue, reader, score, language)),
                ]);
                if own { "SCORE_OWN" } else { "SCORE" }
            }
            _ if own => "SCORE_INSUFFICIENT_OWN",
            _ => "SCORE_INSUFFICIENT",
        };
        catalogue.message(code, &parameters).get(language).to_owned()
    })
}

/// `+ 9,4 (KZ07B) - 1,2 (KZ06) + 0,3 (overige)`; by name for those who do not know the codes.
fn terms(catalogue: &Catalogue, reader: Reader, score: &Score, language: Language) -> String {
    let term = |points: f64, name: &str| {
        let sign = if points < 0.0 { '-' } else { '+' };
        format!("{sign} {} ({name})", language.number(points.abs(), 1))
    };
    let name = |one: &Contribution| {
        let code = one.indicator.as_str();
        let named = catalogue.indicators.get(code).map(|indicator| &indicator.name);
        let name = match named.or_else(|| catalogue.signals.get(code).map(|signal| &signal.name)) {
            Some(name) if reader == Reader::Organisation => name.get(language).to_owned(),
            _ => code.to_owned(),
        };
        if one.is_change {
            catalogue.message("SCORE_CHANGE", &[("indicator", name)]).get(language).to_owned()
        } else {
            name
        }
    };
    let (named, rest) = score.contributions.split_at(NAMED_CONTRIBUTIONS.min(score.contributions.len()));
    let mut terms: Vec<String> = named.iter().map(|one| term(10.0 * one.standardised, &name(one))).collect();
    if !rest.is_empty() {
        let points = rest.iter().map(|one| 10.0 * one.standardised).sum();
        terms.push(term(points, catalogue.message("SCORE_REST", &[]).get(language)));
    }
    terms.join(" ")
}
