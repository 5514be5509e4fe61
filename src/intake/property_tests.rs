//! What must hold for every file, shown on generated ones.

use proptest::prelude::*;

use crate::domain::Report;

use super::{
    corpus_tests::{catalogue, check_bytes},
    scan::{Damage, Scanner},
};

const HEADER: &str = "agb_code;verslagjaar;periode;indicator_code;teller;noemer;waarde;toelichting";

/// The start line of every record, by reading one character after the other.
fn naive_lines(text: &str) -> Vec<u64> {
    let characters: Vec<char> = text.chars().collect();
    let (mut lines, mut line, mut start, mut is_quoted, mut at) = (Vec::new(), 1, 1, false, 0);
    let mut is_open = false;
    while at < characters.len() {
        is_open = true;
        match characters[at] {
            '"' => is_quoted = !is_quoted,
            '\n' | '\r' => {
                if characters[at] == '\r' && characters.get(at + 1) == Some(&'\n') {
                    at += 1;
                }
                line += 1;
                if !is_quoted {
                    lines.push(start);
                    start = line;
                    is_open = false;
                }
            }
            _ => {}
        }
        at += 1;
    }
    if is_open {
        lines.push(start);
    }
    lines
}

fn line_end() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("\n"), Just("\r\n"), Just("\r")]
}

/// A cell as it stands in the file: bare, or quoted with whatever needs it.
fn written_cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9,. ]{0,6}",
        prop::collection::vec(
            prop_oneof![Just("a"), Just("\"\""), Just(";"), Just("\n"), Just("\r\n"), Just("\r"), Just(" ")],
            0..6
        )
        .prop_map(|parts| format!("\"{}\"", parts.concat())),
    ]
}

fn file_of_records() -> impl Strategy<Value = String> {
    let record = (prop::collection::vec(written_cell(), 0..5), line_end());
    prop::collection::vec(record, 0..12).prop_map(|records| {
        let lines = records.into_iter().map(|(cells, end)| cells.join(";") + end);
        // A lone CR directly before an LF of the next record would be one line end.
        lines.collect::<Vec<_>>().concat().replace("\r\n\n", "\r\n\r\n")
    })
}

/// Reads `limit` bytes at most at a time, so that every place is once the end of a buffer.
struct Drip<'a>(&'a [u8], usize);

impl std::io::Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(self.0.len()).min(buffer.len());
        let (now, later) = self.0.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn lines_agree_with_a_naive_counter(text in file_of_records(), step in 1_usize..20) {
        let mut scanner = Scanner::new(Drip(text.as_bytes(), step), b';', 1 << 20);
        let mut lines = Vec::new();
        while scanner.advance().expect("memory can be read") {
            prop_assert_eq!(scanner.record().damage, None);
            lines.push(scanner.record().line);
        }
        prop_assert_eq!(lines, naive_lines(&text), "{:?}", text);
    }

    #[test]
    fn any_bytes_give_a_report_whose_rows_add_up(bytes in prop::collection::vec(any::<u8>(), 0..600), told in any::<bool>()) {
        let report = check_bytes(&bytes, &catalogue(), told.then_some("indicator"), &["00990001"]);
        let rows = report.rows;
        prop_assert_eq!(rows.read, rows.accepted + rows.unchanged + rows.superseded + rows.rejected);
    }

    #[test]
    fn damaged_rows_add_up_too(
        rows in prop::collection::vec(
            (
                prop_oneof![Just("00990001"), Just("990001"), Just("00990002"), Just("Totaal"), Just(""), Just("\"00990001\"")],
                prop_oneof![Just("2024"), Just("2.024"), Just("20x4")],
                prop_oneof![Just("2024"), Just("Q1"), Just("2024-K2"), Just("jan-24")],
                prop_oneof![Just("KZ001"), Just("kz002"), Just("KZ01"), Just("KZ003")],
                prop_oneof![Just("1;2;50,0"), Just("-;-;-"), Just("3;2;"), Just("\"1;2;3"), Just("1"), Just("1.204;2.000;60,2")],
                prop_oneof![Just(";"), Just(";x"), Just(";\"a\nb\""), Just(";;;"), Just(";\"a\"b"), Just(";één 06-12345678")],
                line_end(),
            ),
            0..30,
        )
    ) {
        let lines = rows.iter().map(|(agb, year, period, code, numbers, note, end)| {
            format!("{agb};{year};{period};{code};{numbers}{note}{end}")
        });
        let text = format!("{HEADER}\r\n{}", lines.collect::<Vec<_>>().concat());
        let report = check_bytes(text.as_bytes(), &catalogue(), None, &["00990001"]);
        let counts = report.rows;
        prop_assert_eq!(counts.read, counts.accepted + counts.unchanged + counts.superseded + counts.rejected);
        let is_clean = counts.rejected == 0 && !rows.is_empty();
        prop_assert_eq!(is_clean, report.is_accepted(), "a row is rejected exactly when there is an error: {}", text);
        let last = text.lines().count() as u64 + text.matches('\r').count() as u64 + 1;
        let places = report.findings.iter().flat_map(|finding| &finding.occurrences).filter_map(|place| place.line);
        prop_assert!(places.into_iter().all(|line| (1..=last).contains(&line)));
    }
}

fn damages(text: &str, limit: usize) -> Vec<(u64, Option<Damage>)> {
    let mut scanner = Scanner::new(text.as_bytes(), b';', limit);
    let mut found = Vec::new();
    while scanner.advance().expect("memory can be read") {
        found.push((scanner.record().line, scanner.record().damage));
    }
    found
}

#[test]
fn an_open_quote_costs_its_own_line() {
    let unclosed = Some(Damage::UnclosedQuote { column: 1 });
    assert_eq!(damages("a;b\nc;\"d\ne;f\n", 100), [(1, None), (2, unclosed), (3, None)]);
    assert_eq!(damages("c;\"d\ne;\"f\"\ng;h", 100), [(1, unclosed), (2, None), (3, None)], "met another quote");
    let text_after = Some(Damage::TextAfterQuote { column: 0 });
    assert_eq!(damages("\"a\"b;c\r\nd;e", 100), [(1, text_after), (2, None)]);
}

#[test]
fn a_record_never_takes_more_than_its_limit() {
    let long = "x".repeat(3 << 20);
    assert_eq!(damages(&format!("{long}\na;b\n"), 1 << 20), [(1, Some(Damage::TooLong)), (2, None)]);
    let open = format!("a;\"{}", "y\n".repeat(1 << 20));
    let found = damages(&open, 1 << 20);
    assert_eq!(found[0], (1, Some(Damage::UnclosedQuote { column: 1 })));
    assert_eq!((found.len(), found[1]), (1 << 20, (2, None)));
    assert_eq!(damages("aaaa;b\r\nc;d\r\n", 4), [(1, Some(Damage::TooLong)), (2, None)]);
}

/// The findings of a report about rows, without what only several rows together show: code, column, line, value.
fn about_rows(report: &Report, first_line: u64) -> Vec<(String, Option<u32>, u64, Option<String>)> {
    let alone =
        |code: &str| !matches!(code, "row.duplicate" | "row.conflict" | "file.encoding_assumed" | "file.no_rows");
    let findings = report.findings.iter().filter(|finding| alone(&finding.code));
    let mut found: Vec<_> = findings
        .flat_map(|finding| {
            let column = finding.column.as_ref().and_then(|column| column.number);
            finding.occurrences.iter().map(move |place| {
                let line = place.line.unwrap_or(0) + first_line - 2;
                (finding.code.clone(), column, line, place.value.clone())
            })
        })
        .collect();
    found.sort();
    found
}

/// A row of which each cell is mostly right, so that rows repeat one another's first cells and shapes.
fn row() -> impl Strategy<Value = String> {
    let agb = prop::sample::select(vec![
        "00990001",
        "00990001",
        "00990001",
        "990001",
        "00990002",
        " 00990001",
        "\"00990001\"",
    ]);
    let year = prop::sample::select(vec!["2024", "2024", "2024", "2023", "2.024", "2019", ""]);
    let period = prop::sample::select(vec!["2024", "2024", "2024-Q1", "Q1", "2023-Q2", "2024-k1", "jan-24"]);
    let indicator = prop::sample::select(vec!["KZ001", "KZ002", "KZ010", "kz001", "KZ0O1", "KZ900", "n.v.t."]);
    let number = || prop::sample::select(vec!["12", "430", "", "1.204", "-", "999", "12,5", "0"]);
    let value = prop::sample::select(vec!["", "95,8", "2,8", "95.8", "1.234", "#N/B"]);
    let note = prop::sample::select(vec!["", "kleine groep", "=A1", "tel. 0612345678", "\"a;b\"", "een \"q\""]);
    (agb, year, period, indicator, number(), number(), value, note)
        .prop_map(|(a, b, c, d, e, f, g, h)| format!("{a};{b};{c};{d};{e};{f};{g};{h}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// What is remembered between rows (their first cells, their shapes, their organisation) saves time and nothing else.
    #[test]
    fn a_row_is_judged_the_same_alone_and_among_others(rows in prop::collection::vec(row(), 1..12)) {
        let catalogue = catalogue();
        let codes = ["00990001"];
        let together = check_bytes(format!("{HEADER}\n{}\n", rows.join("\n")).as_bytes(), &catalogue, None, &codes);
        let mut alone = Vec::new();
        for (row, line) in rows.iter().zip(2..) {
            let report = check_bytes(format!("{HEADER}\n{row}\n").as_bytes(), &catalogue, None, &codes);
            alone.extend(about_rows(&report, line));
        }
        alone.sort();
        prop_assert_eq!(about_rows(&together, 2), alone);
    }
}
