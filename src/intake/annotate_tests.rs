//! What must hold for the annotated copy of every file.

use std::{collections::BTreeMap, fs, io::Cursor};

use jiff::civil::date;
use proptest::prelude::*;

use super::{
    CheckContext, CsvCopy, NoCopy, NoSink, annotate, check,
    corpus_tests::{catalogue, corpus, organisations, table},
};
use crate::{
    catalogue::Catalogue,
    domain::{Language, Report, Severity},
};

/// What is said of how a file was written, where its copy is written as the template asks.
const CURED: [&str; 5] = [
    "file.archive_read",
    "file.encoding_assumed",
    "file.encoding_converted",
    "file.line_ends",
    "file.spreadsheet_read",
];

/// Quotes that are not right are so no more in the copy, in which every record is a row; its cells are still not right in
/// number. Halves of characters are still no characters.
const RENAMED: [(&str, &str); 4] = [
    ("row.unclosed_quote", "row.ragged"),
    ("row.bad_quote", "row.ragged"),
    ("file.record_too_long", "row.ragged"),
    ("file.encoding", "file.encoding_mixed"),
];

struct Bench {
    catalogue: Catalogue,
}

impl Bench {
    fn new() -> Self {
        Self { catalogue: catalogue() }
    }

    fn check(&self, name: &str, bytes: &[u8], dataset: Option<&str>) -> Report {
        let organisations = organisations(&["00990001"]);
        let usual = CheckContext::new(date(2025, 2, 1), dataset, &organisations);
        let context = CheckContext { file_name: Some(name), ..usual };
        check(Cursor::new(bytes), &self.catalogue, &context, &mut NoSink).expect("memory can be read")
    }

    fn copy_in(
        &self,
        name: &str,
        bytes: &[u8],
        dataset: Option<&str>,
        report: &Report,
        language: Language,
    ) -> Result<Vec<u8>, NoCopy> {
        let organisations = organisations(&["00990001"]);
        let usual = CheckContext::new(date(2025, 2, 1), dataset, &organisations);
        let context = CheckContext { file_name: Some(name), ..usual };
        let mut copy = CsvCopy::new(Vec::new());
        annotate(Cursor::new(bytes), &self.catalogue, &context, report, language, &mut copy)
            .expect("memory can be read and written")?;
        Ok(copy.finish().expect("memory"))
    }

    fn copy(&self, name: &str, bytes: &[u8], dataset: Option<&str>, report: &Report) -> Result<Vec<u8>, NoCopy> {
        self.copy_in(name, bytes, dataset, report, Language::Nl)
    }
}

/// Code, row, row of the sheet and column of each place, with how often, but for what a copy cures.
fn places(report: &Report) -> BTreeMap<(String, Option<u64>, Option<u64>, Option<String>), usize> {
    let mut all = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| !CURED.contains(&finding.code.as_str())) {
        for place in &finding.occurrences {
            let is_damage = finding.severity == Severity::Error;
            let renamed = RENAMED.iter().find(|(code, _)| is_damage && *code == finding.code).map(|(_, code)| *code);
            let code = renamed.unwrap_or(&finding.code).to_owned();
            // A row that is not right in its shape is so as a whole.
            let is_shape = code.starts_with("row.");
            let column = finding.column.as_ref().filter(|_| !is_shape).map(|column| column.name.clone());
            *all.entry((code, place.row, place.sheet_row, column)).or_default() += 1;
        }
    }
    all
}

/// The width of every row that is right in its shape.
fn widths(copy: &[u8], delimiter: u8) -> Vec<usize> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(copy);
    reader.byte_records().map(|record| record.expect("a whole record").len()).collect()
}

fn each_file(mut test: impl FnMut(&str, &str, &[u8])) {
    for folder in [corpus(), corpus().join("own")] {
        for file in table(&folder.join("expect.csv")) {
            let bytes = fs::read(folder.join("files").join(&file["file"])).expect("a file");
            test(&file["file"], &file["layout"], &bytes);
        }
    }
}

#[test]
fn a_copy_checked_again_is_judged_as_the_file_was() {
    let bench = Bench::new();
    let (mut copies, mut faults) = (0, Vec::new());
    each_file(|name, layout, bytes| {
        let report = bench.check(name, bytes, Some(layout));
        let Ok(copy) = bench.copy(name, bytes, Some(layout), &report) else { return };
        copies += 1;
        let again = bench.check("kopie.csv", &copy, Some(layout));
        let shown = String::from_utf8_lossy(&copy).into_owned();
        if again.rows.read != report.rows.read || again.is_accepted() != report.is_accepted() {
            faults.push(format!("{name}: {:?} became {:?}\n{shown}", report.rows, again.rows));
        } else if places(&again) != places(&report) {
            faults.push(format!("{name}:\n{:#?}\n became\n{:#?}\n{shown}", places(&report), places(&again)));
        }
        let second = bench.copy("kopie.csv", &copy, Some(layout), &again).expect("a copy of a copy");
        let third = bench.check("kopie.csv", &second, Some(layout));
        let delimiter = [b';', b',', b'\t', b'|'].into_iter().max_by_key(|sign| {
            copy.iter().take_while(|byte| **byte != b'\n').filter(|byte| **byte == *sign).count()
        });
        let delimiter = delimiter.expect("there are some");
        if widths(&second, delimiter) != widths(&copy, delimiter) || places(&third) != places(&again) {
            faults.push(format!("{name}: its copy's copy is another\n{shown}\n{}", String::from_utf8_lossy(&second)));
        }
    });
    assert!(faults.is_empty(), "{} faults in {copies} copies\n{}", faults.len(), faults.join("\n"));
    assert!(copies > 150, "{copies}");
}
