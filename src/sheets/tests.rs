//! Workbooks written here are read by intake, as when they are sent.

use std::{collections::BTreeSet, io::Cursor};

use jiff::civil::date;
use rust_xlsxwriter::Workbook;

use super::{TooLarge, XlsxCopy, template};
use crate::{
    catalogue::{Catalogue, ColumnType, Template},
    domain::{AgbCode, Language, Report, Severity},
    intake::{self, CheckContext, CsvCopy, NoSink, OpenYears},
};

const HEADER: &str = "agb_code;verslagjaar;periode;indicator_code;teller;noemer;waarde;toelichting";

fn catalogue() -> Catalogue {
    Catalogue::embedded().expect("ours")
}

fn own() -> BTreeSet<AgbCode> {
    ["00990001"].iter().map(|code| code.parse().expect("a code")).collect()
}

fn check(name: &str, bytes: &[u8], dataset: Option<&str>) -> Report {
    let (own, open) = (own(), OpenYears::new((2019..2030).collect()));
    let usual = CheckContext::new(date(2026, 2, 1), dataset, &own);
    let context = CheckContext { file_name: Some(name), open_years: Some(&open), ..usual };
    intake::check(Cursor::new(bytes), &catalogue(), &context, &mut NoSink).expect("memory can be read")
}

fn workbook(name: &str, bytes: &[u8], report: &Report) -> Result<Vec<u8>, std::io::Error> {
    let own = own();
    let context = CheckContext { file_name: Some(name), ..CheckContext::new(date(2026, 2, 1), None, &own) };
    let mut copy = XlsxCopy::default();
    intake::annotate(Cursor::new(bytes), &catalogue(), &context, report, Language::Nl, &mut copy)?.expect("a copy");
    Ok(copy.finish().expect("a workbook"))
}

/// Code, row, row of the sheet and name of the column.
type PlaceFound = (String, Option<u64>, Option<u64>, Option<String>);

/// Each place but that a sheet was read.
fn places(report: &Report) -> Vec<PlaceFound> {
    let findings = report.findings.iter().filter(|finding| finding.code != "file.spreadsheet_read");
    findings
        .flat_map(|finding| {
            let column = finding.column.as_ref().map(|column| column.name.clone());
            finding
                .occurrences
                .iter()
                .map(move |place| (finding.code.clone(), place.row, place.sheet_row, column.clone()))
        })
        .collect()
}

#[test]
fn a_copy_as_a_workbook_is_judged_as_the_file_was_and_so_is_its_copy() {
    let text = format!(
        "{HEADER}\r\n00990001;2024;2024;KZ06;440;430;;=goed\r\n\r\n00990001;2024;2024;KZ0O1;1;2;;\r\n\
         00990001;2024;2024;KZ07A;1;4\r\n00990001;2024;2024;KZ07A;1;4;25,0;goed;te veel\r\n\
         00990001;2024;2024;\"KZ07B;1;4;25,0;goed\r\n00990001;2024;2024;KZ18;3;4;75,0;\"a\"\"b\"\r\n"
    );
    let report = check("a.csv", text.as_bytes(), None);
    assert_eq!(report.rows.rejected, 5, "{:?}", report.findings);
    let copy = workbook("a.csv", text.as_bytes(), &report).expect("a copy");
    let again = check("kopie.xlsx", &copy, None);
    let renamed: Vec<_> = places(&report)
        .into_iter()
        .map(|(code, row, sheet, column)| match code.as_str() {
            "row.unclosed_quote" => ("row.ragged".to_owned(), row, sheet, None),
            _ => (code, row, sheet, column),
        })
        .collect();
    let sorted = |mut places: Vec<_>| {
        places.sort();
        places
    };
    let of_rows = |places: Vec<PlaceFound>| sorted(places.into_iter().filter(|place| place.1.is_some()).collect());
    assert_eq!(of_rows(places(&again)), of_rows(renamed));
    assert_eq!(again.rows, report.rows);
    let second = workbook("kopie.xlsx", &copy, &again).expect("a copy of a copy");
    assert_eq!(of_rows(places(&check("kopie.xlsx", &second, None))), of_rows(places(&again)));
    // From a workbook to CSV and back.
    let own = own();
    let context = CheckContext { file_name: Some("kopie.xlsx"), ..CheckContext::new(date(2026, 2, 1), None, &own) };
    let mut csv = CsvCopy::new(Vec::new());
    intake::annotate(Cursor::new(&copy), &catalogue(), &context, &again, Language::En, &mut csv)
        .expect("memory")
        .expect("a copy");
    let csv = String::from_utf8(csv.finish().expect("memory")).expect("UTF-8");
    assert!(csv.contains("\r\n00990001;2024;2024;KZ06;440;430;;'=goed;"), "zeros stay, formulas do not: {csv}");
    assert_eq!(csv.matches("Remarks by Kraamzicht").count(), 1, "{csv}");
    assert!(!csv.contains("Opmerkingen van Kraamzicht"), "{csv}");
}

#[test]
fn a_file_that_is_right_stays_right_as_a_workbook() {
    let text =
        format!("{HEADER}\n00990001;2024;2024;KZ06;412;430;95,8;kleine groep\n00990001;2024;2024;KZ18;3;4;75,0;\n");
    let report = check("a.csv", text.as_bytes(), None);
    let copy = workbook("a.csv", text.as_bytes(), &report).expect("a copy");
    let again = check("kopie.xlsx", &copy, None);
    assert_eq!((again.rows, places(&again)), (report.rows, Vec::new()));
    assert_eq!(again.rows.accepted, 2);
    assert_eq!(copy, workbook("a.csv", text.as_bytes(), &report).expect("a copy"), "equal content gives equal bytes");
}

#[test]
fn the_largest_workbook_is_one_that_intake_takes_back() {
    let row = |number: usize| format!("00990001;2024;2024;KZ06;{number};&&&&&&&&;<>;x\r\n");
    let rows = |count: usize| format!("{HEADER}\r\n{}", (0..count).map(row).collect::<String>());
    let most = XlsxCopy::CELLS / 9 - 1;
    let text = rows(most).replace("&&&&&&&&", "&");
    let report = check("a.csv", text.as_bytes(), None);
    // Bad from the first row to the last: the whole limit of text goes into remarks before the rows are out.
    let error = workbook("a.csv", text.as_bytes(), &report).expect_err("more text than is taken");
    assert!(TooLarge::is_cause(&error));
    let text = format!("{HEADER}\r\n{}", "00990001;2024;2024;KZ06;412;430;95,8;&&&&\r\n".repeat(most));
    let mut report = check("a.csv", text.as_bytes(), None);
    report.findings.clear();
    let copy = workbook("a.csv", text.as_bytes(), &report).expect("a copy");
    let again = check("kopie.xlsx", &copy, None);
    assert_eq!(again.rows.read, most as u64, "{:?}", again.findings);
    let error = workbook("a.csv", format!("{text}{}", row(1)).as_bytes(), &report).expect_err("one row more");
    assert!(TooLarge::is_cause(&error));
    let text = rows(1_000);
    let few = check("a.csv", text.as_bytes(), None);
    let copy = workbook("a.csv", text.as_bytes(), &few).expect("a copy");
    assert_eq!(check("kopie.xlsx", &copy, None).rows.read, 1_000, "remarks and notes on every row");
}

/// The right value of each column, with the organisation and the year that are tested.
fn right_values(template: &Template<'_>) -> Vec<String> {
    let period = template.year.to_string();
    let value = |kind, name: &str, example: &str| match kind {
        ColumnType::AgbCode if name == "agb_code" => "00990001".to_owned(),
        ColumnType::Year | ColumnType::Period => period.clone(),
        // An outcome must agree with its numbers; it may be left to them. Most did not merge, and with nobody that this
        // account delivers for.
        _ if ["waarde", "opgegaan_in", "opgegaan_op"].contains(&name) => String::new(),
        _ => example.to_owned(),
    };
    template.columns.iter().map(|one| value(one.column.kind, &one.column.name, &one.column.example)).collect()
}

#[test]
fn an_empty_template_has_no_rows_and_a_filled_one_is_accepted() {
    let catalogue = catalogue();
    for (code, dataset) in &catalogue.datasets {
        for year in [dataset.valid_years.from.max(2019), 2025] {
            let found = catalogue.template(code, year).expect("a template");
            let empty = check("leeg.xlsx", &template(&found).expect("a workbook"), Some(code));
            let errors = |report: &Report| {
                let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
                errors.map(|finding| finding.code.clone()).collect::<Vec<_>>()
            };
            assert_eq!(errors(&empty), ["file.no_rows"], "{code} {year}");
            assert_eq!(errors(&check("leeg.csv", found.csv().as_bytes(), Some(code))), ["file.no_rows"]);

            let values = right_values(&found);
            let csv = format!("{}{}\r\n", found.csv(), values.join(";"));
            let report = check("vol.csv", csv.as_bytes(), Some(code));
            assert_eq!(
                (report.rows.accepted, errors(&report)),
                (1, Vec::new()),
                "{code} {year}: {:?}",
                report.findings
            );
            let mut book = Workbook::new();
            let sheet = book.add_worksheet();
            for (column, (one, value)) in (0_u16..).zip(found.columns.iter().zip(&values)) {
                sheet.write_string(0, column, &one.column.name).expect("a cell");
                // As a person types it: numbers in columns of numbers, text in columns of text.
                match (one.column.kind, value.replace(',', ".").parse::<f64>()) {
                    (ColumnType::Integer | ColumnType::Decimal, Ok(number)) => sheet.write_number(1, column, number),
                    _ => sheet.write_string(1, column, value),
                }
                .expect("a cell");
            }
            let report = check("vol.xlsx", &book.save_to_buffer().expect("a workbook"), Some(code));
            assert_eq!(
                (report.rows.accepted, errors(&report)),
                (1, Vec::new()),
                "{code} {year}: {:?}",
                report.findings
            );
        }
    }
}
