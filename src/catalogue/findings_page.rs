//! The page of all findings, from the same data as the findings themselves.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{finding_kind::FindingKind, load::Catalogue, rule::Rule};
use crate::domain::{Language, Severity, Text};

/// The words between the data.
struct Words {
    title: &'static str,
    intro: &'static str,
    weights: [&'static str; 3],
    wrong: &'static str,
    remedy: &'static str,
    steps: &'static str,
    bad: &'static str,
    good: &'static str,
    reason: &'static str,
    within: &'static str,
}

const DUTCH: Words = Words {
    title: "Bevindingen",
    intro: "Alles wat bij het controleren van een bestand kan worden gezegd, op code. Een fout houdt een bestand tegen, \
            een vraag wil een bevestiging of een uitleg, een tip zegt wat is gelezen. Tussen accolades staat wat van de \
            plaats afhangt; wat tussen vierkante haken staat, valt weg als het er niet is. Deze bladzijde is gemaakt met \
            `kraamzicht findings`.",
    weights: ["fout", "vraag", "tip"],
    wrong: "Wat er is",
    remedy: "Oplossing",
    steps: "Stappen",
    bad: "Fout",
    good: "Goed",
    reason: "Waarom",
    within: "In",
};

const ENGLISH: Words = Words {
    title: "Findings",
    intro: "All that the check of a file can say, by code. An error holds a file back, a question wants a confirmation or \
            an explanation, a note says what was read. In braces stands what depends on the place; what stands in square \
            brackets is left out when it is not there. This page is made by `kraamzicht findings --language en`.",
    weights: ["error", "question", "note"],
    wrong: "What it is",
    remedy: "Remedy",
    steps: "Steps",
    bad: "Wrong",
    good: "Right",
    reason: "Why",
    within: "In",
};

impl Catalogue {
    /// The page of all findings and rules, in Markdown, a heading for each code.
    pub fn findings_page(&self, language: Language) -> String {
        let words = match language {
            Language::Nl => &DUTCH,
            Language::En => &ENGLISH,
        };
        let mut page = Page { text: String::new(), words, language };
        page.line(format_args!("# {}\n\n{}", words.title, words.intro));
        let mut rules: BTreeMap<&str, Vec<(&str, &Rule)>> = BTreeMap::new();
        for (dataset, rule) in
            self.rules.iter().flat_map(|(dataset, rules)| rules.iter().map(move |rule| (dataset, rule)))
        {
            rules.entry(&rule.code).or_default().push((dataset, rule));
        }
        let mut codes: Vec<&str> = self.finding_kinds.keys().map(String::as_str).chain(rules.keys().copied()).collect();
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            page.line(format_args!("\n## {code}"));
            if let Some(kind) = self.finding_kinds.get(code) {
                page.kind(kind);
            }
            for (dataset, rule) in rules.get(code).into_iter().flatten() {
                page.rule(dataset, rule);
            }
        }
        page.text
    }
}

struct Page {
    text: String,
    words: &'static Words,
    language: Language,
}

impl Page {
    fn line(&mut self, arguments: std::fmt::Arguments<'_>) {
        // A string takes everything.
        let _ = writeln!(self.text, "{arguments}");
    }

    fn head(&mut self, title: &Text, severity: Severity) {
        let [error, question, note] = self.words.weights;
        let weight = match severity {
            Severity::Error => error,
            Severity::Question => question,
            Severity::Note => note,
        };
        self.line(format_args!("\n**{}** ({weight})\n", title.get(self.language)));
    }

    fn item(&mut self, name: &str, text: &str) {
        self.line(format_args!("- {name}: {text}"));
    }

    fn examples(&mut self, bad: &str, good: &str) {
        for (name, example) in [(self.words.bad, bad), (self.words.good, good)] {
            self.line(format_args!("\n{name}:\n\n```\n{example}\n```"));
        }
    }

    fn kind(&mut self, kind: &FindingKind) {
        let (words, language) = (self.words, self.language);
        self.head(&kind.title, kind.severity);
        self.item(words.wrong, kind.message.get(language));
        self.item(words.remedy, kind.remedy.get(language));
        if let Some(steps) = &kind.steps {
            self.item(words.steps, steps.get(language));
        }
        self.examples(&kind.bad, &kind.good);
    }

    fn rule(&mut self, dataset: &str, rule: &Rule) {
        let (words, language) = (self.words, self.language);
        self.head(&rule.title, rule.severity);
        self.item(words.within, &format!("`{dataset}`, `{}`", rule.column));
        self.item(words.wrong, rule.message.get(language));
        self.item(words.remedy, rule.remedy.get(language));
        self.item(words.reason, rule.reason.get(language));
        if let (Some(bad), Some(good)) = (&rule.bad, &rule.good) {
            self.examples(bad, good);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_those_of_the_catalogue() {
        let catalogue = Catalogue::embedded().expect("a catalogue");
        let pages = [
            (Language::Nl, include_str!("../../docs/findings.nl.md")),
            (Language::En, include_str!("../../docs/findings.en.md")),
        ];
        for (language, page) in pages {
            let made = catalogue.findings_page(language);
            assert!(made == page, "run `make findings`: docs/findings.*.md are not those of schema/");
        }
    }

    #[test]
    fn every_rule_of_ours_has_examples() {
        let catalogue = Catalogue::embedded().expect("a catalogue");
        for rule in catalogue.rules.values().flatten() {
            assert!(rule.bad.is_some() && rule.good.is_some(), "{}", rule.code);
        }
    }
}
