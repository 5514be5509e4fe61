//! What is said of a row in an annotated copy.

use std::collections::BTreeMap;

use super::{collect::texts_at, row_shape::REMARK_MARK, text::holds_national_number};
use crate::{
    catalogue::Catalogue,
    domain::{ColumnPlace, Finding, Language, Occurrence, Report, Severity},
};

/// The most characters of all that is said of one row: no cell of a spreadsheet gets near its own limit.
const LONGEST: usize = 4_000;

/// One thing that is said of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remark {
    code: String,
    /// The column of the uploaded file, from 1.
    pub column: Option<u32>,
    pub severity: Severity,
    /// What is wrong and how to put it right.
    pub text: String,
    /// What it is called, without anything of the file in it.
    title: String,
}

/// Finds words for what a report says.
pub(super) struct Remarks<'a> {
    catalogue: &'a Catalogue,
    report: &'a Report,
    language: Language,
    /// The findings about rows and the places that are listed, by line.
    listed: BTreeMap<u64, Vec<(&'a Finding, &'a Occurrence)>>,
}

impl<'a> Remarks<'a> {
    pub(super) fn new(catalogue: &'a Catalogue, report: &'a Report, language: Language) -> Self {
        let mut listed: BTreeMap<u64, Vec<_>> = BTreeMap::new();
        for finding in &report.findings {
            for place in finding.occurrences.iter().filter(|place| place.row.is_some()) {
                listed.entry(place.line.unwrap_or(0)).or_default().push((finding, place));
            }
        }
        Self { catalogue, report, language, listed }
    }

    /// What is said of the file as a whole.
    pub(super) fn of_file(&self) -> Vec<Remark> {
        let is_whole = |finding: &&Finding| finding.occurrences.iter().all(|place| place.row.is_none());
        let nowhere = Occurrence::default();
        let findings = self.report.findings.iter().filter(is_whole);
        findings.map(|finding| self.remark(finding, finding.occurrences.first().unwrap_or(&nowhere))).collect()
    }

    /// What is said of the row on `line`: what the report lists there, and what was `found` when it was read again,
    /// for the report lists only the first places. Of what was found no more is said than the report says at all.
    pub(super) fn of_row(&self, line: u64, found: &[Finding]) -> Vec<Remark> {
        let listed = self.listed.get(&line).map(Vec::as_slice).unwrap_or_default();
        let mut remarks: Vec<Remark> = listed.iter().map(|(finding, place)| self.remark(finding, place)).collect();
        let number = |column: Option<&ColumnPlace>| column.and_then(|column| column.number);
        for finding in found {
            let column = number(finding.column.as_ref());
            let is_same = |code: &str, other: Option<u32>| code == finding.code && other == column;
            let is_said = self.report.findings.iter().any(|one| is_same(&one.code, number(one.column.as_ref())));
            if is_said && !remarks.iter().any(|remark| is_same(&remark.code, remark.column)) {
                let place = finding.occurrences.first();
                remarks.extend(place.map(|place| self.remark(finding, place)));
            }
        }
        remarks.sort_by_key(|remark| (remark.severity, remark.column));
        remarks
    }

    fn remark(&self, finding: &Finding, place: &Occurrence) -> Remark {
        let (message, remedy) = texts_at(finding, place, self.catalogue, self.report.dataset.as_deref());
        let weight = match finding.severity {
            Severity::Error => "CHECK_ERROR",
            Severity::Question => "CHECK_QUESTION",
            Severity::Note => "CHECK_NOTE",
        };
        let say = |code: &str, parameters: &[(&str, String)]| {
            self.catalogue.message(code, parameters).get(self.language).to_owned()
        };
        let mut title = say(weight, &[]);
        if let Some(column) = &finding.column {
            let name = ("name", column.name.clone());
            let column = match column.letters() {
                Some(letters) => say("CHECK_COLUMN", &[("letters", letters), name]),
                None => say("CHECK_COLUMN_LACKING", &[name]),
            };
            title = format!("{title}, {column}");
        }
        let text = format!("{title}: {} {}", message.get(self.language), remedy.get(self.language));
        let title = format!("{title}: {}", finding.title.get(self.language));
        let (code, severity) = (finding.code.clone(), finding.severity);
        let column = finding.column.as_ref().and_then(|column| column.number);
        Remark { code, column, severity, text: on_one_line(&text), title: on_one_line(&title) }
    }
}

/// All remarks as one text; empty when there are none. `name` goes before them, at the head of the column.
///
/// It stands on one line, so that the lines of a copy are those of the file, and has no number in it that could be taken
/// for a person's.
pub(super) fn together(name: &str, remarks: &[Remark]) -> String {
    let join = |text: fn(&Remark) -> &str| {
        let all = remarks.iter().map(text).collect::<Vec<_>>().join(" | ");
        match (name.is_empty(), all.is_empty()) {
            (_, true) => name.to_owned(),
            (true, false) => format!("{REMARK_MARK}{all}"),
            (false, false) => format!("{name}: {all}"),
        }
    };
    let mut joined = join(|remark| &remark.text);
    if holds_national_number(joined.as_bytes()) {
        joined = join(|remark| &remark.title);
    }
    if let Some((end, _)) = joined.char_indices().nth(LONGEST) {
        joined.truncate(end);
        joined.push('…');
    }
    joined
}

fn on_one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
