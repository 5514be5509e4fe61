//! The bounded list of findings: everything is counted, the first places of each cause are kept.

use std::{collections::BTreeMap, fmt};

use super::{expected, fill::fill};
use crate::{
    catalogue::Catalogue,
    domain::{ColumnPlace, Finding, Occurrence, Report, Severity, Text},
};

/// What makes places one finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// A sort of finding of `findings.toml`.
    Kind(&'static str),
    /// The same, weighing otherwise than `findings.toml` says.
    Weighed(&'static str, Severity),
    /// A rule of the dataset, by its place in the list.
    Rule(usize),
}

/// A column of the uploaded file, or one that it lacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// No column in particular.
    Whole,
    /// The column at this position, from 0.
    Column(usize),
    /// A column that is not there, by its name.
    Lacking(String),
}

/// Where in the file a record stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RecordPlace {
    pub line: Option<u64>,
    pub row: Option<u64>,
    pub sheet_row: Option<u64>,
}

/// What is said of a place beside where it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Detail {
    pub value: Option<String>,
    pub parameters: BTreeMap<String, String>,
    pub suggestion: Option<String>,
}

impl Detail {
    /// Only the value as found.
    pub(super) fn of(value: &[u8]) -> Self {
        Self { value: Some(show(value)), ..Self::default() }
    }

    pub(super) fn with(mut self, name: &str, parameter: impl fmt::Display) -> Self {
        self.parameters.insert(name.to_owned(), format!("{parameter}"));
        self
    }

    pub(super) fn suggest(mut self, suggestion: Option<String>) -> Self {
        self.suggestion = suggestion;
        self
    }
}

#[derive(Clone, Debug, Default)]
struct Group {
    count: u64,
    occurrences: Vec<Occurrence>,
}

/// The list.
#[derive(Clone, Debug, Default)]
pub(super) struct Collector {
    groups: BTreeMap<(Cause, Place), Group>,
    kept: usize,
}

impl Collector {
    /// Over all findings together no more places are kept than this, whatever the file: each is a few hundred bytes.
    const KEPT: usize = 20_000;

    /// Counts a place, and keeps it while there is room.
    pub(super) fn add(&mut self, cause: Cause, place: Place, record: RecordPlace, detail: impl FnOnce() -> Detail) {
        let group = self.groups.entry((cause, place)).or_default();
        group.count += 1;
        let is_first = group.occurrences.is_empty();
        if is_first || (group.occurrences.len() < Report::LISTED_OCCURRENCES && self.kept < Self::KEPT) {
            let Detail { value, parameters, suggestion } = detail();
            let RecordPlace { line, row, sheet_row } = record;
            let expected = None;
            group.occurrences.push(Occurrence { line, row, sheet_row, value, parameters, suggestion, expected });
            self.kept += 1;
        }
    }

    /// The findings with their texts, in the order of a report. `headers` are the names of the file's columns.
    pub(super) fn finish(self, catalogue: &Catalogue, dataset: Option<&str>, headers: &[String]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self
            .groups
            .into_iter()
            .map(|((cause, place), mut group)| {
                group.occurrences.sort_by_key(|occurrence| (occurrence.line.is_none(), occurrence.line));
                let texts = texts(cause, catalogue, dataset);
                let column = column_place(place, headers);
                let name = column.as_ref().map(|column| column.name.as_str());
                let first = group.occurrences.first().cloned().unwrap_or_default();
                let filled = |text: &Text| fill(text, name, &first);
                let form = || {
                    let dataset = catalogue.datasets.get(dataset?)?;
                    let column = dataset.column(name.filter(|_| texts.code.starts_with("cell."))?)?;
                    Some(expected::form(column, dataset, catalogue))
                };
                if let Some(template) = &texts.expected {
                    for occurrence in &mut group.occurrences {
                        occurrence.expected = Some(fill(template, name, occurrence));
                    }
                }
                Finding {
                    title: filled(&texts.title),
                    message: filled(&texts.message),
                    remedy: filled(&texts.remedy),
                    expected: texts.expected.as_ref().map(filled).or_else(form),
                    code: texts.code,
                    severity: texts.severity,
                    column,
                    count: group.count,
                    occurrences: group.occurrences,
                }
            })
            .collect();
        findings.sort_by_cached_key(|finding| {
            let line = finding.occurrences.first().and_then(|occurrence| occurrence.line);
            let column = finding.column.as_ref().map(|column| (column.number.is_none(), column.number));
            (finding.severity, line.is_none(), line, column, finding.code.clone())
        });
        findings
    }
}

struct Texts {
    code: String,
    severity: Severity,
    title: Text,
    message: Text,
    remedy: Text,
    expected: Option<Text>,
}

/// What is said of `occurrence`, a place of `finding`: the message and the remedy. They stand in the finding for its
/// first place only.
pub(super) fn texts_at(
    finding: &Finding,
    occurrence: &Occurrence,
    catalogue: &Catalogue,
    dataset: Option<&str>,
) -> (Text, Text) {
    let rules = dataset.and_then(|dataset| catalogue.rules.get(dataset));
    let rule = rules.and_then(|rules| rules.iter().find(|rule| rule.code == finding.code));
    let templates = match (rule, catalogue.finding_kinds.get(&finding.code)) {
        (Some(rule), _) => Some((&rule.message, &rule.remedy)),
        (None, kind) => kind.map(|kind| (&kind.message, &kind.remedy)),
    };
    let Some((message, remedy)) = templates else { return (finding.message.clone(), finding.remedy.clone()) };
    let column = finding.column.as_ref().map(|column| column.name.as_str());
    (fill(message, column, occurrence), fill(remedy, column, occurrence))
}

fn texts(cause: Cause, catalogue: &Catalogue, dataset: Option<&str>) -> Texts {
    let (code, weight) = match cause {
        Cause::Rule(index) => {
            let rules = dataset.and_then(|dataset| catalogue.rules.get(dataset));
            if let Some(rule) = rules.and_then(|rules| rules.get(index)) {
                return Texts {
                    code: rule.code.clone(),
                    severity: rule.severity,
                    title: rule.title.clone(),
                    message: rule.message.clone(),
                    remedy: rule.remedy.clone(),
                    expected: rule.expected.clone(),
                };
            }
            ("rule", None)
        }
        Cause::Kind(code) => (code, None),
        Cause::Weighed(code, severity) => (code, Some(severity)),
    };
    let Some(kind) = catalogue.finding_kinds.get(code) else {
        // A catalogue of one's own may lack a text; the finding must not get lost for that.
        let title = Text { nl: code.to_owned(), en: code.to_owned() };
        let severity = weight.unwrap_or(Severity::Error);
        let (message, remedy) = (title.clone(), Text::default());
        return Texts { code: code.to_owned(), severity, title, message, remedy, expected: None };
    };
    Texts {
        code: code.to_owned(),
        severity: weight.unwrap_or(kind.severity),
        title: kind.title.clone(),
        message: kind.message.clone(),
        remedy: kind.remedy.clone(),
        expected: kind.expected.clone(),
    }
}

fn column_place(place: Place, headers: &[String]) -> Option<ColumnPlace> {
    match place {
        Place::Whole => None,
        Place::Lacking(name) => Some(ColumnPlace { number: None, name }),
        Place::Column(index) => Some(ColumnPlace {
            number: u32::try_from(index + 1).ok(),
            name: headers.get(index).cloned().unwrap_or_default(),
        }),
    }
}

/// The value as found, for people: control and direction characters made visible, at most 64 characters.
pub(super) fn show(bytes: &[u8]) -> String {
    const MOST: usize = 64;
    let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(MOST * 4 + 4)).unwrap_or_default());
    let mut shown = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == MOST {
            shown.pop();
            shown.push('…');
            break;
        }
        shown.push(shown_character(c));
    }
    shown
}

/// The character itself, or a sign for one that cannot be seen.
pub(super) fn shown_character(c: char) -> char {
    if u32::from(c) < 0x20 {
        char::from_u32(0x2400 + u32::from(c)).unwrap_or('?')
    } else if c == '\u{7f}' {
        '\u{2421}'
    } else if c.is_control() || super::text::is_invisible(c) {
        '\u{fffd}'
    } else {
        c
    }
}
