//! The corpus of difficult uploads: every verdict and every finding with its place, and nothing beside them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use jiff::civil::date;

use super::{CheckContext, NoSink, check};
use crate::{
    catalogue::Catalogue,
    domain::{AgbCode, Report, Severity},
};

fn corpus() -> PathBuf {
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
    let organisations = organisations(codes);
    let context = CheckContext::new(date(2025, 2, 1), dataset, &organisations);
    check(Cursor::new(bytes), catalogue, &context, &mut NoSink).expect("memory can be read")
}

fn table(name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(corpus().join(name)).expect("a table");
    reader.deserialize().map(|row| row.expect("a row")).collect()
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

#[test]
fn every_file_gets_its_verdict_and_its_findings() {
    let catalogue = catalogue();
    let mut expected: BTreeMap<String, Vec<BTreeMap<String, String>>> = BTreeMap::new();
    for finding in table("expect_findings.csv") {
        expected.entry(finding["file"].clone()).or_default().push(finding);
    }
    let mut faults = Vec::new();
    let files = table("expect.csv");
    for file in &files {
        let name = &file["file"];
        let bytes = fs::read(corpus().join("files").join(name)).expect("a file");
        let codes: &[&str] =
            if name == "f09_mandated_two_orgs.csv" { &["00990001", "00990003"] } else { &["00990001"] };
        let report = check_bytes(&bytes, &catalogue, Some(&file["layout"]), codes);
        let found = places(&report);
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
        let none = Vec::new();
        let wanted = expected.get(name).unwrap_or(&none);
        for finding in wanted {
            let wanted = ["code", "line", "row", "column"].map(|field| finding[field].clone());
            if !found.contains(&wanted) {
                fault(format!("lacks {wanted:?}"));
            }
            let severity =
                report.findings.iter().find(|other| other.code == finding["code"]).map(|other| other.severity);
            let is_error = severity == Some(Severity::Error);
            if severity.is_some() && is_error != (finding["severity"] == "error") {
                fault(format!("{} weighs {severity:?}", finding["code"]));
            }
        }
        let lines: BTreeSet<&str> = wanted.iter().map(|finding| finding["line"].as_str()).collect();
        if name != "d25_only_wrong_rows.csv" {
            for place in found.iter().filter(|place| !lines.contains(place[1].as_str())) {
                fault(format!("says {place:?} too much"));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults over {} files\n{}", faults.len(), files.len(), faults.join("\n"));
}

#[test]
fn what_cannot_be_read_everywhere_is_counted_and_listed_up_to_a_limit() {
    let bytes = fs::read(corpus().join("files/d25_only_wrong_rows.csv")).expect("a file");
    let report = check_bytes(&bytes, &catalogue(), None, &["00990001"]);
    let [finding] = report.findings.as_slice() else { panic!("one finding, not {:?}", report.findings) };
    assert_eq!((finding.count, finding.occurrences.len()), (2_000, Report::LISTED_OCCURRENCES));
    assert_eq!(report.rows.rejected, 2_000);
}
