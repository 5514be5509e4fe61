//! What must hold for the annotated copy of every file.

use std::{collections::BTreeMap, fs, io::Cursor};

use jiff::civil::date;
use proptest::prelude::*;

use super::{
    CheckContext, CsvCopy, NoCopy, NoSink, Row, RowSink, annotate, check,
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

/// Code, row, row of the sheet and name of the column.
type PlaceFound = (String, Option<u64>, Option<u64>, Option<String>);

/// Each place, with how often, but for what a copy cures.
fn places(report: &Report) -> BTreeMap<PlaceFound, usize> {
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

/// Whether the record that should be the header has quotes that are not right: in the copy it is one cell.
fn has_damaged_header(report: &Report) -> bool {
    let damages = report
        .findings
        .iter()
        .filter(|finding| matches!(finding.code.as_str(), "row.unclosed_quote" | "row.bad_quote"));
    damages.flat_map(|finding| &finding.occurrences).any(|place| place.row.is_none())
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
        } else if !has_damaged_header(&report) && places(&again) != places(&report) {
            faults.push(format!("{name}:\n{:#?}\n became\n{:#?}\n{shown}", places(&report), places(&again)));
        }
        let second = bench.copy("kopie.csv", &copy, Some(layout), &again).expect("a copy of a copy");
        let third = bench.check("kopie.csv", &second, Some(layout));
        let delimiter = [b';', b',', b'\t', b'|']
            .into_iter()
            .max_by_key(|sign| copy.iter().take_while(|byte| **byte != b'\n').filter(|byte| **byte == *sign).count());
        let delimiter = delimiter.expect("there are some");
        if widths(&second, delimiter) != widths(&copy, delimiter) || places(&third) != places(&again) {
            faults.push(format!("{name}: its copy's copy is another\n{shown}\n{}", String::from_utf8_lossy(&second)));
        }
    });
    assert!(faults.is_empty(), "{} faults in {copies} copies\n{}", faults.len(), faults.join("\n"));
    assert!(copies > 150, "{copies}");
}

const HEADER: &str = "agb_code;verslagjaar;periode;indicator_code;teller;noemer;waarde;toelichting";

/// A row as people send it: right, wrong in a cell, damaged, too long, too short, blank.
fn row() -> impl Strategy<Value = String> {
    let agb = prop::sample::select(vec!["00990001", "00990001", "990001", "\"00990001\"", "Totaal", "=\"00990001\""]);
    let middle = prop::sample::select(vec![
        "2024;2024;KZ001;12;430",
        "2024;2024;KZ002;12;430",
        "2024;2024;KZ0O1;999;430",
        "2024;2024;KZ001;12",
        "2024;2024;\"KZ001;12;430",
        "2024;2024;KZ001;\"12\"x;430",
        "2024;2024;KZ001;12;430;1;2",
    ]);
    let value = prop::sample::select(vec!["", "2,8", "1.234", "-2+3"]);
    let note = prop::sample::select(vec![
        "",
        "kleine groep",
        "=A1",
        "'=A1",
        "\"a;b\"",
        "\"twee\nregels\"",
        "een \"q\"",
        "é",
        ";;",
    ]);
    let whole = (agb, middle, value, note).prop_map(|(a, b, c, d)| format!("{a};{b};{c};{d}"));
    prop_oneof![8 => whole, 1 => Just(String::new()), 1 => Just(";;;;;;;".to_owned())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_row_comes_back_once_and_as_right_as_it_was(rows in prop::collection::vec(row(), 0..10)) {
        let bench = Bench::new();
        let text = format!("{HEADER}\n{}\n", rows.join("\n"));
        let report = bench.check("", text.as_bytes(), None);
        let copy = bench.copy("", text.as_bytes(), None, &report).expect("a copy");
        let again = bench.check("", &copy, None);
        prop_assert_eq!(places(&again), places(&report), "{}", String::from_utf8_lossy(&copy));
        prop_assert_eq!(again.rows, report.rows);
        let second = bench.copy("", &copy, None, &again).expect("a copy");
        // Damage is told otherwise the second time; what stands in the file is the same.
        let cells = |copy: &[u8]| {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(b';').from_reader(copy);
            let is_cell = |cell: &&[u8]| !cell.starts_with("»".as_bytes()) && !cell.starts_with(b"Opmerkingen van");
            let records: Vec<Vec<Vec<u8>>> = reader
                .byte_records()
                .map(|record| record.expect("whole").iter().filter(is_cell).map(<[u8]>::to_vec).collect())
                .collect();
            records
        };
        prop_assert_eq!(cells(&second), cells(&copy));
    }
}

fn lines(copy: &[u8]) -> Vec<String> {
    String::from_utf8(copy.to_vec()).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn cells_stand_as_they_stood_and_the_remark_behind_them() {
    let bench = Bench::new();
    let text = format!("{HEADER}\r\n00990001;2024;2024;KZ001;440;430;\"95,8\";een \"q\"\r\n");
    let report = bench.check("", text.as_bytes(), None);
    let copy = lines(&bench.copy("", text.as_bytes(), None, &report).expect("a copy"));
    assert_eq!(copy[0], format!("\u{feff}{HEADER};\"Opmerkingen van Kraamzicht\""));
    let (cells, remark) = copy[1].split_once(";\"» ").expect("a remark");
    assert_eq!(cells, "00990001;2024;2024;KZ001;440;430;\"95,8\";een \"q\"");
    assert!(
        remark.starts_with("Fout, kolom E teller: ") && remark.contains(" | Tip, kolom H toelichting: "),
        "{remark}"
    );
    let english = bench.copy_in("", text.as_bytes(), None, &report, Language::En).expect("a copy");
    assert!(
        lines(&english)[0].ends_with("\"Remarks by Kraamzicht\"")
            && lines(&english)[1].contains("» Error, column E teller: ")
    );
    let again = bench.check("", &english, None);
    assert_eq!(places(&again), places(&report), "the name is known in both languages");
    let dutch = bench.copy("", &english, None, &again).expect("a copy");
    assert_eq!(lines(&dutch), copy, "a copy of a copy is the same copy");
}

#[test]
fn what_holds_for_the_file_stands_at_its_head_and_does_not_change_its_name() {
    let bench = Bench::new();
    let text =
        b"agb_code;verslagjaar;periode;indicator_code;teller;waarde;interne_code\n00990001;2024;2024;KZ001;4;95,8;x\n";
    let report = bench.check("", text, Some("indicator"));
    let copy = bench.copy("", text, Some("indicator"), &report).expect("a copy");
    let head = lines(&copy)[0].clone();
    assert!(head.contains(";\"Opmerkingen van Kraamzicht: Fout, kolom noemer: De kolom noemer ontbreekt."), "{head}");
    assert!(head.contains("Tip, kolom G interne_code: "), "{head}");
    assert_eq!(places(&bench.check("", &copy, Some("indicator"))), places(&report));
}

#[test]
fn every_wrong_row_has_its_remark_however_many_there_are() {
    let bench = Bench::new();
    let bytes = fs::read(corpus().join("files/d25_only_wrong_rows.csv")).expect("a file");
    let report = bench.check("", &bytes, None);
    assert!(report.findings[0].occurrences.len() < 2_000);
    let copy = lines(&bench.copy("", &bytes, None, &report).expect("a copy"));
    assert_eq!(copy.iter().filter(|line| line.contains("» Fout")).count(), 2_000);
    let twice = format!("{HEADER}\n{}", "00990001;2024;2024;KZ001;4;9;;\n".repeat(1_500));
    let report = bench.check("", twice.as_bytes(), None);
    let copy = lines(&bench.copy("", twice.as_bytes(), None, &report).expect("a copy"));
    assert_eq!(copy.iter().filter(|line| line.contains("» Tip")).count(), 1_499, "all but the first");
}

#[test]
fn a_formula_is_harmless_in_the_copy_and_itself_when_it_comes_back() {
    let bench = Bench::new();
    for note in ["=1+1", "'=1+1", "''@a", "@SUM(A1)", "+31 6", "\"=\"\"a\"\"\"", "＝1", "-5", "-"] {
        let text = format!("{HEADER}\n00990001;2024;2024;KZ001;4;9;;{note}\n");
        let organisations = organisations(&["00990001"]);
        let context = CheckContext::new(date(2025, 2, 1), None, &organisations);
        let stored = |bytes: &[u8]| {
            let mut stored = Stored::default();
            check(Cursor::new(bytes), &bench.catalogue, &context, &mut stored).expect("memory can be read");
            stored.0
        };
        let report = bench.check("", text.as_bytes(), None);
        let copy = bench.copy("", text.as_bytes(), None, &report).expect("a copy");
        let cell = lines(&copy)[1].split(';').nth(7).expect("a cell").trim_matches('"').to_owned();
        assert!(!cell.starts_with(['=', '@', '＝']) && (!cell.starts_with(['+', '-']) || cell.len() < 3), "{cell}");
        assert_eq!(stored(&copy), stored(text.as_bytes()), "{note}");
    }
}

#[derive(Default)]
struct Stored(Vec<Vec<String>>);

impl RowSink for Stored {
    fn row(&mut self, row: &Row<'_>) {
        self.0.push(row.cells.iter().map(|cell| format!("{cell:?}")).collect());
    }

    fn restart(&mut self) {
        self.0.clear();
    }
}

#[test]
fn there_is_no_copy_of_personal_data_nor_of_what_is_no_table() {
    let bench = Bench::new();
    for (name, reason) in [
        ("files/k10_bsn_column.csv", NoCopy::Personal),
        ("own/files/k13_birth_date_column.csv", NoCopy::Personal),
        ("own/files/k12_national_number_in_text.csv", NoCopy::Personal),
        ("files/e05_pdf.csv", NoCopy::NoTable),
        ("files/d01_empty.csv", NoCopy::NoTable),
        ("files/b05_utf16le_nobom.csv", NoCopy::NoTable),
    ] {
        let bytes = fs::read(corpus().join(name)).expect("a file");
        let report = bench.check(name, &bytes, None);
        assert_eq!(bench.copy(name, &bytes, None, &report), Err(reason), "{name}");
    }
    // What somebody types in the column with remarks is not read, but a number of a person is seen there too.
    let text = format!("{HEADER};Opmerkingen van Kraamzicht\n00990001;2024;2024;KZ001;4;9;;;zie 111222333\n");
    assert_eq!(bench.check("", text.as_bytes(), None).findings[0].code, "privacy.national_number");
    let text = text.replace("zie 111222333", "vraag aan Ria");
    assert_eq!(bench.check("", text.as_bytes(), None).findings, []);
}

#[test]
fn a_remark_never_looks_like_the_number_of_a_person() {
    let bench = Bench::new();
    // Eight digits, a space and one: together they would pass.
    let text = format!("{HEADER}\n1112223;2024;2024;KZ001;4;9;;\n33;2024;2024;KZ001;4;9;;\n");
    let report = bench.check("", text.as_bytes(), None);
    let copy = bench.copy("", text.as_bytes(), None, &report).expect("a copy");
    assert!(bench.check("", &copy, None).findings.iter().all(|finding| !finding.code.starts_with("privacy.")));
}
