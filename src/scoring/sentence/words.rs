//! Numbers and words as people read them.

use crate::{
    catalogue::{Catalogue, Unit},
    domain::{Language, Level, Text},
    scoring::Insufficiency,
};

pub(super) fn both(sentence: impl Fn(Language) -> String) -> Text {
    Text { nl: sentence(Language::Nl), en: sentence(Language::En) }
}

pub(super) fn in_unit(value: f64, unit: Unit, language: Language) -> String {
    match unit {
        Unit::Percent => format!("{}%", language.number(value, 1)),
        Unit::Hours | Unit::Mark | Unit::PerHundred => language.number(value, 1),
        Unit::Items | Unit::YesNo => language.number(value, usize::from(value.fract() != 0.0)),
    }
}

/// A count, or what is none with one decimal.
pub(super) fn count(value: f64, language: Language) -> String {
    language.number(value, usize::from(value.fract() != 0.0))
}

pub(super) fn percentage(share: f64, language: Language) -> String {
    format!("{}%", language.number(100.0 * share, usize::from(share < 0.1)))
}

/// A chance as people read it: a percentage, and below a thousandth no more than that.
pub(super) fn chance(probability: f64, language: Language) -> String {
    if probability >= 0.001 {
        return format!("{}%", language.number(100.0 * probability, 1));
    }
    match language {
        Language::Nl => "minder dan 0,1%".to_owned(),
        Language::En => "less than 0.1%".to_owned(),
    }
}

pub(super) fn level(catalogue: &Catalogue, level: Level, language: Language) -> String {
    let code = match level {
        Level::None => "LEVEL_NONE",
        Level::Attention => "LEVEL_ATTENTION",
        Level::Elevated => "LEVEL_ELEVATED",
        Level::Insufficient => "LEVEL_INSUFFICIENT",
    };
    catalogue.message(code, &[]).get(language).to_owned()
}

pub(super) fn reason(catalogue: &Catalogue, reason: Insufficiency, language: Language) -> String {
    let code = match reason {
        Insufficiency::NotReported => "INSUFFICIENT_NOT_REPORTED",
        Insufficiency::NotApplicable => "INSUFFICIENT_NOT_APPLICABLE",
        Insufficiency::Unknown => "INSUFFICIENT_UNKNOWN",
        Insufficiency::EmptyDenominator => "INSUFFICIENT_EMPTY_DENOMINATOR",
        Insufficiency::SmallDenominator => "INSUFFICIENT_SMALL_DENOMINATOR",
        Insufficiency::FewPeers => "INSUFFICIENT_FEW_PEERS",
    };
    catalogue.message(code, &[]).get(language).to_owned()
}
