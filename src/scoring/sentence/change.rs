//! The sentence for a change.

use super::{
    Reader,
    words::{both, in_unit, level},
};
use crate::{
    catalogue::{Catalogue, Unit},
    domain::{Direction, Language, Text},
    scoring::Change,
};

/// The sentence for `change` of `organisation`, beside what the sector did; of a context measure with what that means.
pub fn change_sentence(catalogue: &Catalogue, reader: Reader, organisation: &str, change: &Change) -> Text {
    let Some(indicator) = catalogue.indicators.get(change.indicator.as_str()) else { return Text::default() };
    both(|language| {
        let say =
            |code: &str, parameters: &[(&str, String)]| catalogue.message(code, parameters).get(language).to_owned();
        let amount = |difference: f64| amount(catalogue, indicator.unit, difference, language);
        let moved = |difference: f64| {
            let code = if difference < 0.0 { "CHANGE_DOWN" } else { "CHANGE_UP" };
            say(code, &[("amount", amount(difference.abs()))])
        };
        let parameters = [
            ("organisation", organisation.to_owned()),
            ("indicator", indicator.name.get(language).to_owned()),
            ("periods", change.periods.to_string()),
            ("past", in_unit(change.past, indicator.unit, language)),
            ("difference", moved(change.difference)),
            ("drift", moved(change.drift)),
            ("low", amount(change.ordinary.low)),
            ("high", amount(change.ordinary.high)),
            ("level", level(catalogue, change.level, language)),
        ];
        let code = match (reader, change.periods) {
            (Reader::Inspector, 1) => "CHANGE_ONE",
            (Reader::Inspector, _) => "CHANGE",
            (Reader::Organisation, 1) => "CHANGE_ONE_OWN",
            (Reader::Organisation, _) => "CHANGE_OWN",
        };
        let mut sentence = say(code, &parameters);
        if indicator.direction == Direction::Context {
            sentence.push(' ');
            sentence.push_str(&say("CHANGE_CONTEXT", &[]));
        }
        sentence
    })
}

/// A difference in the unit of the values: of percentages in percentage points.
fn amount(catalogue: &Catalogue, unit: Unit, difference: f64, language: Language) -> String {
    match unit {
        Unit::Percent => {
            let amount = [("amount", language.number(difference, 1))];
            catalogue.message("CHANGE_POINTS", &amount).get(language).to_owned()
        }
        Unit::Hours | Unit::Mark | Unit::PerHundred | Unit::Items | Unit::YesNo => language.number(difference, 1),
    }
}
