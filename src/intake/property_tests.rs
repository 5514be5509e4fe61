//! What must hold for every file, shown on generated ones.

use std::io::Cursor;

use jiff::civil::date;
use proptest::prelude::*;

use super::{
    Cell, CheckContext, Row, RowSink, check,
    corpus_tests::{catalogue, check_bytes, organisations},
    scan::{Damage, Scanner},
};
use crate::domain::Report;

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
    let endless = format!("a;\"{long}\nc;d");
    assert_eq!(damages(&endless, 1 << 20), [(1, Some(Damage::UnclosedQuote { column: 1 })), (2, None)]);
    let closed = format!("a;\"{long}\";b\nc;d");
    assert_eq!(damages(&closed, 1 << 20), [(1, Some(Damage::TooLong)), (2, None)]);
    assert_eq!(damages("aaaa;b\r\nc;d\r\n", 4), [(1, Some(Damage::TooLong)), (2, None)]);
}

/// The accepted rows, printed as the template asks for.
#[derive(Default)]
struct Printed(Vec<Vec<String>>);

impl RowSink for Printed {
    fn row(&mut self, row: &Row<'_>) {
        let print = |cell: &Cell<'_>| match cell {
            Cell::Missing(_) => String::new(),
            Cell::Agb(code) => code.to_string(),
            Cell::Year(year) => year.to_string(),
            Cell::Period(period) => period.to_string(),
            Cell::Number(number) => number.to_string().replace('.', ","),
            Cell::Date(date) => date.to_string(),
            Cell::Boolean(yes) => if *yes { "ja" } else { "nee" }.to_owned(),
            Cell::Word { text, .. } | Cell::Text(text) => format!("\"{}\"", text.replace('"', "\"\"")),
        };
        self.0.push(row.cells.iter().map(print).collect());
    }

    fn restart(&mut self) {
        self.0.clear();
    }
}

fn accepted(text: &str) -> (Report, Printed) {
    let organisations = organisations(&["00990001"]);
    let context = CheckContext::new(date(2025, 2, 1), Some("indicator"), &organisations);
    let mut printed = Printed::default();
    let report = check(Cursor::new(text), &catalogue(), &context, &mut printed).expect("memory can be read");
    (report, printed)
}

/// Counts as people write them, all of which are read.
fn written_count() -> impl Strategy<Value = (u32, String)> {
    (0_u32..2_000_000, 0..4).prop_map(|(count, way)| {
        let plain = count.to_string();
        let grouped = |sign: &str| {
            let digits: Vec<char> = plain.chars().rev().collect();
            let groups: Vec<String> = digits.chunks(3).map(|group| group.iter().rev().collect()).collect();
            groups.into_iter().rev().collect::<Vec<_>>().join(sign)
        };
        let text = match way {
            0 => plain,
            1 => grouped("."),
            2 => grouped("\u{a0}"),
            _ => format!("0{plain}"),
        };
        (count, text)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_was_accepted_and_printed_is_accepted_again_with_the_same_values(
        rows in prop::collection::vec(
            (
                prop_oneof![Just("00990001"), Just("990001"), Just("=\"\"00990001\"\""), Just(" 00990001")],
                prop_oneof![Just("2024"), Just("2.024")],
                prop_oneof![Just("2024"), Just("2024-K2"), Just("q3"), Just("1e kwartaal 2024")],
                prop_oneof![Just("KZ001"), Just("kz002"), Just("KZ003"), Just("KZ004\u{a0}")],
                written_count(),
                any::<Option<()>>(),
                "[ -~\u{e0}-\u{ff}\n]{0,12}",
            ),
            0..12,
        )
    ) {
        let quote = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let lines = rows.iter().map(|(agb, year, period, code, (_, count), known, note)| {
            let count = if known.is_some() { count.as_str() } else { "onbekend" };
            let agb = if agb.starts_with('=') { format!("\"{agb}\"") } else { (*agb).to_owned() };
            format!("{agb};{year};{period};{code};{count};{count};;{}\r\n", quote(note))
        });
        let text = format!("{HEADER}\r\n{}", lines.collect::<Vec<_>>().concat());
        let (report, first) = accepted(&text);
        prop_assert!(report.rows.add_up());
        prop_assert_eq!(report.rows.accepted, first.0.len() as u64);
        let printed: Vec<String> = first.0.iter().map(|row| row.join(";")).collect();
        let (again, second) = accepted(&format!("{HEADER}\r\n{}\r\n", printed.join("\r\n")));
        prop_assert_eq!(&second.0, &first.0);
        prop_assert_eq!(again.rows.accepted, report.rows.accepted);
        prop_assert_eq!(again.rows.read, report.rows.accepted);
        // What was changed in reading is written plainly now; only texts can still be talked about.
        let columns = again.findings.iter().filter_map(|finding| finding.column.as_ref());
        prop_assert!(columns.into_iter().all(|column| column.name == "toelichting"), "{:?}", again.findings);
    }

    #[test]
    fn counts_are_read_as_they_were_meant((count, text) in written_count()) {
        let (_, printed) = accepted(&format!("{HEADER}\n00990001;2024;2024;KZ001;{text};{text};;\n"));
        prop_assert_eq!(printed.0.first().and_then(|row| row.get(4)), Some(&count.to_string()));
    }
}

fn cells(text: &str, delimiter: u8) -> Vec<Vec<String>> {
    let mut scanner = Scanner::new(text.as_bytes(), delimiter, 1 << 20);
    let mut rows = Vec::new();
    while scanner.advance().expect("memory can be read") {
        let record = scanner.record();
        assert_eq!(record.damage, None, "{text}");
        let mut scratch = Vec::new();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        rows.push((0..record.len()).map(|index| text(record.cell(index, &mut scratch))).collect());
    }
    rows
}

/// The kinds of files of csv-spectrum, in our own words.
#[test]
fn rows_and_fields_are_read_right() {
    for (text, expected) in [
        (
            "voornaam,adres\nJan,\"Dorpsstraat 1, Zeist\"\n",
            vec![vec!["voornaam", "adres"], vec!["Jan", "Dorpsstraat 1, Zeist"]],
        ),
        ("a,b,c\n1,\"\",\"\"\n2,3,4\n", vec![vec!["a", "b", "c"], vec!["1", "", ""], vec!["2", "3", "4"]]),
        ("a,b,c\r\n1,\"\",\"\"\r\n2,3,4\r\n", vec![vec!["a", "b", "c"], vec!["1", "", ""], vec!["2", "3", "4"]]),
        ("a,b\n1,\"ha \"\"ha\"\" ha\"\n3,4\n", vec![vec!["a", "b"], vec!["1", "ha \"ha\" ha"], vec!["3", "4"]]),
        (
            "key,val\n1,\"{\"\"type\"\": \"\"Point\"\", \"\"at\"\": [102.0, 0.5]}\"\n",
            vec![vec!["key", "val"], vec!["1", "{\"type\": \"Point\", \"at\": [102.0, 0.5]}"]],
        ),
        (
            "a,b,c\n1,2,3\n\"eens \nkwam er\",5,6\n",
            vec![vec!["a", "b", "c"], vec!["1", "2", "3"], vec!["eens \nkwam er", "5", "6"]],
        ),
        ("a,b,c\r\n\"eens\r\n\r\nkwam\",5,6\r\n", vec![vec!["a", "b", "c"], vec!["eens\r\n\r\nkwam", "5", "6"]]),
        ("a,b,c\n1,2,3", vec![vec!["a", "b", "c"], vec!["1", "2", "3"]]),
        ("a,b,c\n1,2,3\n4,5,ʤ\n", vec![vec!["a", "b", "c"], vec!["1", "2", "3"], vec!["4", "5", "ʤ"]]),
        ("a,b\r1,2\r", vec![vec!["a", "b"], vec!["1", "2"]]),
        ("\"\"\"a\"\"\",\"b\"\n,\n", vec![vec!["\"a\"", "b"], vec!["", ""]]),
    ] {
        assert_eq!(cells(text, b','), expected, "{text}");
        // Divided otherwise and wholly in quotes, the same table.
        let quoted = expected.iter().map(|row| {
            let cells = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
            cells.collect::<Vec<_>>().join(";")
        });
        assert_eq!(cells(&quoted.collect::<Vec<_>>().join("\r\n"), b';'), expected);
    }
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
