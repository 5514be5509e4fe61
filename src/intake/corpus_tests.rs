//! The corpus of difficult uploads: every verdict and every finding with its place, and nothing beside them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use jiff::civil::date;

use super::{Cell, CheckContext, NoSink, Row, RowSink, check};
use crate::{
    catalogue::Catalogue,
    domain::{AgbCode, Report, Severity},
};

pub(super) fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus")
}

pub(super) fn catalogue() -> Catalogue {
    fn take(folder: &Path, root: &Path, files: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                take(&path, root, files);
            } else {
                let name = path.strip_prefix(root).expect("below").to_str().expect("a name").to_owned();
                files.insert(name, fs::read_to_string(&path).expect("text"));
            }
        }
    }
    let root = corpus().join("catalogue");
    let mut files = BTreeMap::new();
    take(&root, &root, &mut files);
    Catalogue::load(&files).expect("the corpus's catalogue")
}

pub(super) fn organisations(codes: &[&str]) -> BTreeSet<AgbCode> {
    codes.iter().map(|code| code.parse().expect("an AGB code")).collect()
}

pub(super) fn check_bytes(bytes: &[u8], catalogue: &Catalogue, dataset: Option<&str>, codes: &[&str]) -> Report {
    check_named("", bytes, catalogue, dataset, codes, &mut NoSink)
}

fn check_named(
    name: &str,
    bytes: &[u8],
    catalogue: &Catalogue,
    dataset: Option<&str>,
    codes: &[&str],
    sink: &mut dyn RowSink,
) -> Report {
    let organisations = organisations(codes);
    let usual = CheckContext::new(date(2025, 2, 1), dataset, &organisations);
    check(Cursor::new(bytes), catalogue, &CheckContext { file_name: Some(name), ..usual }, sink)
        .expect("memory can be read")
}

pub(super) fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).expect("a table");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

/// The accepted rows as `row1.teller=412`.
#[derive(Default)]
struct Stored(BTreeSet<String>);

impl RowSink for Stored {
    fn row(&mut self, row: &Row<'_>) {
        for (column, cell) in row.dataset.columns.iter().zip(row.cells) {
            let value = match cell {
                Cell::Missing(_) => "null".to_owned(),
                Cell::Agb(code) => code.to_string(),
                Cell::Year(year) => year.to_string(),
                Cell::Period(period) => period.to_string(),
                Cell::Word { text, .. } | Cell::Text(text) => (*text).to_owned(),
                Cell::Number(number) => number.to_string(),
                Cell::Date(date) => date.to_string(),
                Cell::Boolean(yes) => yes.to_string(),
            };
            self.0.insert(format!("row{}.{}={value}", row.row, column.name));
        }
    }

    fn restart(&mut self) {
        self.0.clear();
    }
}

fn verdict(report: &Report) -> &'static str {
    match (report.is_accepted(), report.findings.is_empty()) {
        (false, _) => "reject",
        (true, false) => "accept_warn",
        (true, true) => "accept",
    }
}

/// Code, line, row and column of every place, as the tables write them.
fn places(report: &Report) -> Vec<[String; 4]> {
    let text = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let all = report.findings.iter().flat_map(|finding| {
        let column = finding.column.as_ref().and_then(|column| column.number);
        finding
            .occurrences
            .iter()
            .map(move |place| [finding.code.clone(), text(place.line), text(place.row), text(column.map(u64::from))])
    });
    all.collect()
}

/// What the check of one file has of what `expect.csv` and `expect_findings.csv` do not say.
fn faults(
    folder: &Path,
    catalogue: &Catalogue,
    file: &BTreeMap<String, String>,
    wanted: &[BTreeMap<String, String>],
) -> Vec<String> {
    let name = &file["file"];
    let bytes = fs::read(folder.join("files").join(name)).expect("a file");
    let codes: &[&str] = if name == "f09_mandated_two_orgs.csv" { &["00990001", "00990003"] } else { &["00990001"] };
    let mut stored = Stored::default();
    let report = check_named(name, &bytes, catalogue, Some(&file["layout"]), codes, &mut stored);
    let found = places(&report);
    let mut faults = Vec::new();
    let mut fault = |fault: String| faults.push(format!("{name}: {fault}\n    {found:?}"));
    if verdict(&report) != file["verdict"] {
        fault(format!("verdict {} instead of {}", verdict(&report), file["verdict"]));
    }
    let rows = &report.rows;
    if rows.read != rows.accepted + rows.unchanged + rows.superseded + rows.rejected {
        fault(format!("rows do not add up: {rows:?}"));
    }
    for (column, count) in [("rows_total", rows.read), ("rows_ok", rows.accepted)] {
        if !file[column].is_empty() && file[column] != count.to_string() {
            fault(format!("{column} {count} instead of {}", file[column]));
        }
    }
    for value in file["normalised"].split("; ").filter(|value| value.contains('=')) {
        if !stored.0.contains(value) {
            fault(format!("does not store {value}"));
        }
    }
    for finding in wanted {
        let wanted = ["code", "line", "row", "column"].map(|field| finding[field].clone());
        if !found.contains(&wanted) {
            fault(format!("lacks {wanted:?}"));
        }
        let severity = report.findings.iter().find(|other| other.code == finding["code"]).map(|other| other.severity);
        if severity.is_some_and(|severity| (severity == Severity::Error) != (finding["severity"] == "error")) {
            fault(format!("{} weighs {severity:?}", finding["code"]));
        }
    }
    let lines: BTreeSet<&str> = wanted.iter().map(|finding| finding["line"].as_str()).collect();
    if name != "d25_only_wrong_rows.csv" {
        for place in found.iter().filter(|place| !lines.contains(place[1].as_str())) {
            fault(format!("says {place:?} too much"));
        }
    }
    for finding in &report.findings {
        if finding.code.starts_with("cell.") && finding.expected.is_none() {
            fault(format!("{}: nothing is expected", finding.code));
        }
        let expected = finding.occurrences.iter().filter_map(|place| finding.expected_at(place));
        let mut texts = [&finding.title, &finding.message, &finding.remedy].into_iter().chain(expected);
        if texts.any(|text| text.nl.contains(['{', '[', ']']) || text.nl.trim().is_empty()) {
            fault(format!("{}: {:?}", finding.code, finding.message.nl));
        }
    }
    faults
}

/// Checks all files of a folder; gives the codes that it expects.
fn check_folder(folder: &Path) -> BTreeSet<String> {
    let catalogue = catalogue();
    let mut expected: BTreeMap<String, Vec<BTreeMap<String, String>>> = BTreeMap::new();
    let mut codes = BTreeSet::new();
    for finding in table(&folder.join("expect_findings.csv")) {
        codes.insert(finding["code"].clone());
        expected.entry(finding["file"].clone()).or_default().push(finding);
    }
    let files = table(&folder.join("expect.csv"));
    let faults: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let wanted = expected.get(&file["file"]).map(Vec::as_slice).unwrap_or_default();
            faults(folder, &catalogue, file, wanted)
        })
        .collect();
    assert!(faults.is_empty(), "{} faults over {} files\n{}", faults.len(), files.len(), faults.join("\n"));
    codes
}

#[test]
fn every_file_gets_its_verdict_and_its_findings_and_every_code_is_found() {
    let mut codes = check_folder(&corpus());
    codes.extend(check_folder(&corpus().join("own")));
    let catalogue = catalogue();
    let rules = catalogue.rules.values().flatten().map(|rule| &rule.code);
    // What is asked in the light of the past or of another file has its own tests (plausibility_tests.rs).
    let kinds = catalogue.finding_kinds.keys().filter(|code| !code.starts_with("plausibility."));
    let missing: BTreeSet<_> = kinds.chain(rules).filter(|code| !codes.contains(*code)).collect();
    assert!(missing.is_empty(), "no file has {missing:?}");
}

#[test]
fn what_cannot_be_read_everywhere_is_counted_and_listed_up_to_a_limit() {
    let bytes = fs::read(corpus().join("files/d25_only_wrong_rows.csv")).expect("a file");
    let report = check_bytes(&bytes, &catalogue(), None, &["00990001"]);
    let [finding] = report.findings.as_slice() else { panic!("one finding, not {:?}", report.findings) };
    assert_eq!((finding.count, finding.occurrences.len()), (2_000, Report::LISTED_OCCURRENCES));
    assert_eq!(report.rows.rejected, 2_000);
}
