//! What is said of data: one sentence per signal, and one that goes before everything else.

use super::{DataFinding, DataQuality};
use crate::{
    catalogue::Catalogue,
    domain::{DataState, Language, Text},
};

/// How many indicators a sentence names before it sums up the rest.
const NAMED: usize = 4;

/// The sentence of a signal about data; empty where it does not show.
pub fn data_signal_sentence(catalogue: &Catalogue, finding: &DataFinding) -> Text {
    let Some(signal) = catalogue.signals.get(&finding.code).filter(|_| finding.is_shown()) else {
        return Text::default();
    };
    let of = |language: Language| {
        let datasets: Vec<&str> = finding
            .datasets
            .iter()
            .map(|code| catalogue.datasets.get(code).map_or(code.as_str(), |dataset| dataset.name.get(language)))
            .collect();
        let parameters = [
            ("count", finding.count.to_string()),
            ("of", finding.of.to_string()),
            ("days", finding.days.map_or_else(String::new, |days| days.to_string())),
            ("chance", finding.chance.map_or_else(String::new, |chance| share(chance, language))),
            ("indicators", list(catalogue, &finding.indicators, language)),
            ("datasets", datasets.join(", ")),
        ];
        signal.sentence.fill(&parameters).get(language).to_owned()
    };
    Text { nl: of(Language::Nl), en: of(Language::En) }
}

/// What goes before everything else that is said of an organisation, or of one of its indicators; empty where there is
/// nothing to say.
pub fn data_sentence(catalogue: &Catalogue, quality: &DataQuality, indicator: Option<&str>) -> Text {
    let state = indicator.map_or(quality.state, |indicator| quality.state_of(indicator));
    let code = match state {
        DataState::Complete => return Text::default(),
        DataState::Suspect => "DATA_SUSPECT",
        DataState::Incomplete => "DATA_INCOMPLETE",
    };
    let of = |language: Language| {
        let reasons: Vec<String> = quality
            .reasons(indicator)
            .filter(|finding| finding.state == state)
            .map(|finding| data_signal_sentence(catalogue, finding).get(language).to_owned())
            .collect();
        catalogue.message(code, &[("reasons", reasons.join(" "))]).get(language).to_owned()
    };
    Text { nl: of(Language::Nl), en: of(Language::En) }
}

fn list(catalogue: &Catalogue, codes: &[impl AsRef<str>], language: Language) -> String {
    let mut named: Vec<String> = codes.iter().take(NAMED).map(|code| code.as_ref().to_owned()).collect();
    if codes.len() > NAMED {
        let more = [("count", (codes.len() - NAMED).to_string())];
        named.push(catalogue.message("DATA_MORE", &more).get(language).to_owned());
    }
    named.join(", ")
}

/// A chance as people read it: a percentage, and below a hundredth of one no more than that.
fn share(chance: f64, language: Language) -> String {
    let least = 1e-4;
    if chance >= least {
        return format!("{}%", language.number(100.0 * chance, 2));
    }
    let words = match language {
        Language::Nl => "minder dan",
        Language::En => "less than",
    };
    format!("{words} {}%", language.number(100.0 * least, 2))
}
