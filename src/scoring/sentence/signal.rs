//! The sentence for a signal.

use super::{
    Reader,
    words::{both, chance, count, in_unit, level, reason},
};
use crate::{
    catalogue::{Catalogue, Indicator, IndicatorKind},
    domain::{DataState, Language, Level, Text},
    scoring::{ChangeNeeded, NormComparison, Signal, Slip, TypingError},
};

/// The sentence for `signal` of `organisation`, with what else has to be known of its figures.
pub fn signal_sentence(catalogue: &Catalogue, reader: Reader, organisation: &str, signal: &Signal) -> Text {
    let Some(indicator) = catalogue.indicators.get(signal.indicator.as_str()) else { return Text::default() };
    both(|language| Telling { catalogue, reader, organisation, indicator, signal, language }.sentence())
}

struct Telling<'a> {
    catalogue: &'a Catalogue,
    reader: Reader,
    organisation: &'a str,
    indicator: &'a Indicator,
    signal: &'a Signal,
    language: Language,
}

impl Telling<'_> {
    fn sentence(&self) -> String {
        let signal = self.signal;
        let mut parameters = vec![
            ("organisation", self.organisation.to_owned()),
            ("indicator", self.indicator.name.get(self.language).to_owned()),
            ("level", level(self.catalogue, signal.level, self.language)),
        ];
        let first = match signal.data {
            DataState::Complete => None,
            DataState::Suspect => Some(self.say("SIGNAL_DATA_SUSPECT", &[])),
            DataState::Incomplete => Some(self.say("SIGNAL_DATA_INCOMPLETE", &[])),
        };
        if let Some(insufficiency) = signal.insufficiency {
            parameters.push(("reason", reason(self.catalogue, insufficiency, self.language)));
            let main = self.say(self.for_reader("SIGNAL_INSUFFICIENT", "SIGNAL_INSUFFICIENT_OWN"), &parameters);
            return first.into_iter().chain([main]).collect::<Vec<_>>().join(" ");
        }
        parameters.extend(self.figures());
        let main = if self.indicator.kind == IndicatorKind::Rule {
            self.for_reader("SIGNAL_RULE", "SIGNAL_RULE_OWN")
        } else if signal.z.is_some() {
            self.for_reader("SIGNAL", "SIGNAL_OWN")
        } else {
            self.for_reader("SIGNAL_NORM", "SIGNAL_NORM_OWN")
        };
        let flagged = signal.level >= Level::Attention;
        let clauses = [
            first,
            Some(self.say(main, &parameters)),
            signal.at_most.as_ref().map(|most| self.say("SIGNAL_AT_MOST", &[("most", self.shown(Some(most.value)))])),
            signal.norm.as_deref().map(|norm| self.norm(*norm)),
            signal.typing_error.as_deref().map(|slip| self.typing_error(*slip)),
            signal.change_needed.as_deref().and_then(|change| self.change(*change)),
            Some(match self.reader {
                Reader::Inspector => self.say("SIGNAL_LEVEL", &parameters),
                Reader::Organisation if flagged => self.say("SIGNAL_QUESTION", &[]),
                Reader::Organisation => self.say("SIGNAL_ORDINARY", &[]),
            }),
        ];
        clauses.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    fn say(&self, code: &str, parameters: &[(&str, String)]) -> String {
        self.catalogue.message(code, parameters).get(self.language).to_owned()
    }

    fn for_reader(&self, inspector: &'static str, organisation: &'static str) -> &'static str {
        match self.reader {
            Reader::Inspector => inspector,
            Reader::Organisation => organisation,
        }
    }

    fn shown(&self, value: Option<f64>) -> String {
        value.map_or_else(|| "?".to_owned(), |value| in_unit(value, self.indicator.unit, self.language))
    }

    fn count(&self, value: Option<f64>) -> String {
        value.map_or_else(|| "?".to_owned(), |value| count(value, self.language))
    }

    /// Whether the figures are counts that a reader can do something with.
    fn is_counted(&self) -> bool {
        self.signal.numerator.is_some() && !matches!(self.indicator.kind, IndicatorKind::Mean | IndicatorKind::LogMean)
    }

    fn figures(&self) -> Vec<(&'static str, String)> {
        let signal = self.signal;
        let pooled = signal.pooled.as_deref();
        let value = self.shown(pooled.map(|pooled| pooled.value).or(signal.value));
        let numerator = self.count(pooled.map(|pooled| pooled.numerator).or(signal.numerator));
        let denominator = self.count(pooled.map(|pooled| pooled.denominator).or(signal.denominator));
        let counts = match pooled {
            Some(pooled) => self.say(
                "COUNTS_POOLED",
                &[
                    ("numerator", numerator.clone()),
                    ("denominator", denominator.clone()),
                    ("periods", pooled.periods.to_string()),
                ],
            ),
            None if self.is_counted() => {
                self.say("COUNTS", &[("numerator", numerator.clone()), ("denominator", denominator.clone())])
            }
            None => String::new(),
        };
        let tail = signal.probability_low.zip(signal.probability_high).map(|(low, high)| low.min(high));
        vec![
            ("value", if signal.at_most.is_some() { self.say("AT_LEAST", &[("value", value)]) } else { value }),
            ("counts", counts),
            ("numerator", numerator),
            ("denominator", denominator),
            ("typical", self.shown(signal.typical_value)),
            ("low", self.shown(signal.ordinary.map(|ordinary| ordinary.low))),
            ("high", self.shown(signal.ordinary.map(|ordinary| ordinary.high))),
            ("probability", tail.map_or_else(|| "?".to_owned(), |tail| chance(tail, self.language))),
        ]
    }

    fn norm(&self, norm: NormComparison) -> String {
        let code = match (norm.is_legal, norm.is_met) {
            (true, true) => "NORM_MET",
            (true, false) => "NORM_BROKEN",
            (false, _) => "NORM_REFERENCE",
        };
        self.say(code, &[("norm", self.shown(Some(norm.norm)))])
    }

    fn typing_error(&self, error: TypingError) -> String {
        let code = match error.slip {
            Slip::SwappedDigits => "SLIP_SWAPPED",
            Slip::DoubledDigit => "SLIP_DOUBLED",
            Slip::Exchanged => "SLIP_EXCHANGED",
            Slip::LostDigit => "SLIP_LOST",
        };
        let parameters =
            [("numerator", self.count(Some(error.numerator))), ("denominator", self.count(Some(error.denominator)))];
        self.say(code, &parameters)
    }

    fn change(&self, change: ChangeNeeded) -> Option<String> {
        let level = ("level", level(self.catalogue, change.level, self.language));
        if self.is_counted() && self.indicator.kind != IndicatorKind::Share {
            let numerator = ("numerator", self.count(Some(change.numerator?)));
            let denominator = ("denominator", self.count(Some(self.signal.denominator?)));
            return Some(self.say("CHANGE_COUNT", &[numerator, denominator, level]));
        }
        Some(self.say("CHANGE_VALUE", &[("value", self.shown(Some(change.value))), level]))
    }
}
