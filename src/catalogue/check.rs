//! What must hold across the files of a catalogue.
//!
//! Everything that can be told without data is told here, when a catalogue is loaded, so that the parts that use it
//! need not doubt it: whatever it names exists, has a fitting type, and says so in both languages.

mod data_signal;
mod dataset;
mod indicator;

use std::collections::BTreeMap;

use super::{
    data_signal::DATA_QUALITY,
    dataset::YearRange,
    export::Exports,
    fold::fold,
    load::{Catalogue, CatalogueError},
    methodology::Methodology,
    plausibility::Plausibility,
    rule,
    window::Window,
};
use crate::domain::Text;

/// All that is wrong with `catalogue`; empty when it may be used.
pub(super) fn check(catalogue: &Catalogue) -> Vec<CatalogueError> {
    let mut all = Vec::new();
    if catalogue.datasets.is_empty() {
        Faults::of("datasets/", &mut all).add("there is no dataset: is this the folder of a catalogue?".to_owned());
    }
    check_themes(catalogue, &mut Faults::of("themes.toml", &mut all));
    for (code, dataset) in &catalogue.datasets {
        dataset::check(catalogue, dataset, &mut Faults::of(&format!("datasets/{code}.toml"), &mut all));
    }
    for indicator in catalogue.all_indicators() {
        let code = &indicator.code;
        indicator::check(catalogue, indicator, &mut Faults::of(&format!("indicators/{code}.toml"), &mut all));
    }
    indicator::check_identifiers(catalogue, &mut all);
    for (code, signal) in &catalogue.signals {
        data_signal::check(catalogue, signal, &mut Faults::of(&format!("signals/{code}.toml"), &mut all));
    }
    for dataset in catalogue.rules.keys() {
        check_rules(catalogue, dataset, &mut Faults::of(&format!("rules/{dataset}.toml"), &mut all));
    }
    check_finding_kinds(catalogue, &mut Faults::of("findings.toml", &mut all));
    check_methodology(catalogue, &mut Faults::of("methodology.toml", &mut all));
    check_exports(catalogue, &mut Faults::of("exports.toml", &mut all));
    check_windows(catalogue, &mut Faults::of("windows.toml", &mut all));
    if let Some(plausibility) = &catalogue.plausibility {
        check_plausibility(catalogue, plausibility, &mut Faults::of("plausibility.toml", &mut all));
    }
    all.extend(rule::faults(catalogue));
    all
}

fn check_plausibility(catalogue: &Catalogue, plausibility: &Plausibility, faults: &mut Faults<'_>) {
    for (name, share) in [("jump", plausibility.jump.share), ("copy", plausibility.copy.share)] {
        if !(0.0..=1.0).contains(&share) {
            faults.add(format!("{name}: the share is not from 0 to 1"));
        }
    }
    if plausibility.jump.pairs < 1 || plausibility.jump.organisations == 0 {
        faults.add("jump: at least one pair of years and one organisation are compared".to_owned());
    }
    for rule in &plausibility.same_count {
        faults.check_text("same_count", &rule.name);
        for code in rule.one.indicators.iter().chain(&rule.other.indicators) {
            if catalogue.indicators.get(code).is_none_or(|found| found.data.is_none()) {
                faults.add(format!("same_count: nobody delivers an indicator `{code}`"));
            }
        }
        if rule.factor.is_nan() || rule.factor < 1.0 || rule.difference.is_nan() || rule.difference < 0.0 {
            faults.add("same_count: the factor is at least 1 and the difference at least 0".to_owned());
        }
    }
}

/// Takes down the faults of one file.
struct Faults<'all> {
    file: String,
    all: &'all mut Vec<CatalogueError>,
}

impl<'all> Faults<'all> {
    fn of(file: &str, all: &'all mut Vec<CatalogueError>) -> Self {
        Self { file: file.to_owned(), all }
    }

    fn add(&mut self, fault: String) {
        self.all.push(CatalogueError { file: self.file.clone(), fault });
    }

    /// A text needs both languages.
    fn check_text(&mut self, what: &str, text: &Text) {
        for (language, words) in [("nl", &text.nl), ("en", &text.en)] {
            if words.trim().is_empty() {
                self.add(format!("{what} has no text in `{language}`"));
            }
        }
    }

    fn check_years(&mut self, what: &str, years: YearRange) {
        if years.to.is_some_and(|to| to < years.from) {
            self.add(format!("{what} ends before it begins"));
        }
    }

    /// No two names may be read as the same word, nor may an alias be read as a word of another name.
    fn check_distinct<'name>(&mut self, names: impl IntoIterator<Item = (&'name String, &'name [String])>) {
        let mut owners = BTreeMap::new();
        for (position, (name, aliases)) in names.into_iter().enumerate() {
            for word in [name].into_iter().chain(aliases) {
                let folded = fold(word);
                if folded.is_empty() {
                    self.add(format!("`{word}` of `{name}` has no letter or digit"));
                } else if let Some((first, owner)) = owners.insert(folded, (position, name))
                    && first != position
                {
                    self.add(format!("`{word}` of `{name}` is read as a word of `{owner}`"));
                }
            }
        }
    }
}

fn check_themes(catalogue: &Catalogue, faults: &mut Faults<'_>) {
    faults.check_distinct(catalogue.themes.iter().map(|theme| (&theme.code, &[][..])));
    for theme in &catalogue.themes {
        faults.check_text(&format!("the name of `{}`", theme.code), &theme.name);
        faults.check_text(&format!("the description of `{}`", theme.code), &theme.description);
    }
    if !catalogue.signals.is_empty() && catalogue.themes.iter().all(|theme| theme.code != DATA_QUALITY) {
        faults.add(format!("signals about data have no theme `{DATA_QUALITY}`"));
    }
}

fn check_rules(catalogue: &Catalogue, code: &str, faults: &mut Faults<'_>) {
    let rules = catalogue.rules.get(code).map(Vec::as_slice).unwrap_or_default();
    let dataset = catalogue.datasets.get(code);
    if dataset.is_none() {
        faults.add(format!("there is no dataset `{code}`"));
    }
    for rule in rules {
        if dataset.is_some_and(|dataset| dataset.column(&rule.column).is_none()) {
            faults.add(format!("`{}` points at the column `{}`, which `{code}` has not", rule.code, rule.column));
        }
        for (what, text) in
            [("title", &rule.title), ("message", &rule.message), ("remedy", &rule.remedy), ("reason", &rule.reason)]
        {
            faults.check_text(&format!("the {what} of `{}`", rule.code), text);
        }
        if let Some(expected) = &rule.expected {
            faults.check_text(&format!("what `{}` expects", rule.code), expected);
        }
    }
}

fn check_finding_kinds(catalogue: &Catalogue, faults: &mut Faults<'_>) {
    for kind in catalogue.finding_kinds.values() {
        for (what, text) in [("title", &kind.title), ("message", &kind.message), ("remedy", &kind.remedy)] {
            faults.check_text(&format!("the {what} of `{}`", kind.code), text);
        }
        if let Some(expected) = &kind.expected {
            faults.check_text(&format!("what `{}` expects", kind.code), expected);
        }
        if let Some(steps) = &kind.steps {
            faults.check_text(&format!("the steps of `{}`", kind.code), steps);
        }
    }
}

fn check_methodology(catalogue: &Catalogue, faults: &mut Faults<'_>) {
    let Methodology { title, introduction, sections, .. } = &catalogue.methodology;
    faults.check_text("the title", title);
    faults.check_text("the introduction", introduction);
    faults.check_distinct(sections.iter().map(|section| (&section.code, &[][..])));
    for section in sections {
        for (what, text) in [
            ("title", &section.title),
            ("text", &section.text),
            ("assumptions", &section.assumptions),
            ("false-alarm rate", &section.false_alarms),
            ("example", &section.example),
        ] {
            faults.check_text(&format!("the {what} of `{}`", section.code), text);
        }
    }
}

fn check_exports(catalogue: &Catalogue, faults: &mut Faults<'_>) {
    let Exports { scores, signals, observations, submissions } = &catalogue.exports;
    for columns in [scores, signals, observations, submissions] {
        faults.check_distinct(columns.iter().map(|column| (&column.name, [].as_slice())));
        for column in columns {
            faults.check_text(&column.name, &column.description);
        }
    }
}

fn check_windows(catalogue: &Catalogue, faults: &mut Faults<'_>) {
    for (index, window) in catalogue.windows.iter().enumerate() {
        let name = format!("the window of `{}` from {}", window.dataset, window.years.from);
        match catalogue.datasets.get(&window.dataset) {
            None => faults.add(format!("{name}: there is no such dataset")),
            Some(dataset) if !dataset.submittable => faults.add(format!("{name}: nobody delivers this dataset")),
            Some(dataset) if !within(window.years, dataset.valid_years) => {
                faults.add(format!("{name}: it has years that the dataset has not"));
            }
            Some(_) => {}
        }
        faults.check_years(&name, window.years);
        let days = [window.opens, window.due, window.closes].map(|day| day.in_year(window.years.from));
        if !days.is_sorted() {
            faults.add(format!("{name}: opens, due and closes do not follow one another"));
        }
        let overlaps = |other: &Window| other.dataset == window.dataset && overlap(other.years, window.years);
        if catalogue.windows.iter().take(index).any(overlaps) {
            faults.add(format!("{name}: another window has some of the same years"));
        }
    }
}

fn overlap(one: YearRange, other: YearRange) -> bool {
    one.to.is_none_or(|to| other.from <= to) && other.to.is_none_or(|to| one.from <= to)
}

/// Whether all years of `inner` lie in `outer`.
fn within(inner: YearRange, outer: YearRange) -> bool {
    inner.from >= outer.from && outer.to.is_none_or(|end| inner.to.is_some_and(|to| to <= end))
}

#[cfg(test)]
mod learning_tests;
#[cfg(test)]
mod tests;
