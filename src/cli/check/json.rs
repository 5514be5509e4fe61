//! Results for programs: one array, or a line for each finding and file.

use std::{io::Write as _, path::Path};

use serde::Serialize;

use super::{Checked, Printer, Values, Verdict, say, verdict};
use crate::domain::{Finding, Language, Occurrence, RowCounts, Severity};

/// A file and all that was found in it.
#[derive(Serialize)]
struct FileResult<'a> {
    file: &'a Path,
    verdict: Verdict,
    dataset: Option<&'a str>,
    rows: RowCounts,
    findings: Vec<FindingResult<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    normalised: Option<&'a Values>,
}

/// A finding at its first place, and all listed places.
#[derive(Serialize)]
struct FindingResult<'a> {
    code: &'a str,
    severity: Severity,
    #[serde(flatten)]
    first: Place<'a>,
    #[serde(rename = "columnName")]
    column_name: Option<&'a str>,
    letters: Option<String>,
    title: &'a str,
    message: &'a str,
    remedy: &'a str,
    count: u64,
    places: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    line: Option<u64>,
    row: Option<u64>,
    #[serde(rename = "sheetRow")]
    sheet_row: Option<u64>,
    column: Option<u32>,
    value: Option<&'a str>,
    suggestion: Option<&'a str>,
    expected: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn new(finding: &'a Finding, occurrence: Option<&'a Occurrence>, language: Language) -> Self {
        let column = finding.column.as_ref().and_then(|column| column.number);
        Self {
            line: occurrence.and_then(|place| place.line),
            row: occurrence.and_then(|place| place.row),
            sheet_row: occurrence.and_then(|place| place.sheet_row),
            column,
            value: occurrence.and_then(|place| place.value.as_deref()),
            suggestion: occurrence.and_then(|place| place.suggestion.as_deref()),
            expected: occurrence
                .map_or(finding.expected.as_ref(), |place| finding.expected_at(place))
                .map(|text| text.get(language)),
        }
    }
}

impl<'a> FindingResult<'a> {
    fn new(finding: &'a Finding, language: Language) -> Self {
        Self {
            code: &finding.code,
            severity: finding.severity,
            first: Place::new(finding, finding.occurrences.first(), language),
            column_name: finding.column.as_ref().map(|column| column.name.as_str()),
            letters: finding.column.as_ref().and_then(crate::domain::ColumnPlace::letters),
            title: finding.title.get(language),
            message: finding.message.get(language),
            remedy: finding.remedy.get(language),
            count: finding.count,
            places: finding.occurrences.iter().map(|place| Place::new(finding, Some(place), language)).collect(),
        }
    }
}

impl<'a> FileResult<'a> {
    fn new(checked: &'a Checked<'_>, findings: Vec<FindingResult<'a>>) -> Self {
        let report = &checked.report;
        Self {
            file: checked.file,
            verdict: verdict(report),
            dataset: report.dataset.as_deref(),
            rows: report.rows,
            findings,
            normalised: checked.values.as_ref(),
        }
    }
}

fn findings<'a>(checked: &'a Checked<'_>) -> impl Iterator<Item = FindingResult<'a>> {
    checked.report.findings.iter().map(|finding| FindingResult::new(finding, checked.language))
}

/// One array, written file by file.
#[derive(Default)]
pub(super) struct Json {
    has_files: bool,
}

impl Printer for Json {
    fn file(&mut self, checked: &Checked<'_>) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        out.write_all(if self.has_files { b",\n" } else { b"[\n" })?;
        self.has_files = true;
        serde_json::to_writer_pretty(&mut out, &FileResult::new(checked, findings(checked).collect()))?;
        Ok(())
    }

    fn end(&mut self) -> anyhow::Result<()> {
        say(&if self.has_files { "\n]" } else { "[]" })
    }
}

/// A line for each finding, then one for the file.
pub(super) struct Ndjson;

#[derive(Serialize)]
struct FindingLine<'a> {
    file: &'a Path,
    #[serde(flatten)]
    finding: FindingResult<'a>,
}

impl Printer for Ndjson {
    fn file(&mut self, checked: &Checked<'_>) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        for finding in findings(checked) {
            serde_json::to_writer(&mut out, &FindingLine { file: checked.file, finding })?;
            out.write_all(b"\n")?;
        }
        serde_json::to_writer(&mut out, &FileResult::new(checked, Vec::new()))?;
        out.write_all(b"\n")?;
        Ok(())
    }

    fn end(&mut self) -> anyhow::Result<()> {
        Ok(())
    }
}
