//! How a file is written: which character divides its cells, and which record is its header.
//!
//! Sniffers guess from frequencies and are wrong on real files. Here the header decides: the delimiter is the one by
//! which most names of columns are recognised.

use std::collections::BTreeSet;

use super::{
    decode::{TextEncoding, decode_cell},
    header::KnownNames,
    scan::{Damage, Grammar, Step, scan_record},
};

/// The delimiters that are tried, the usual first.
pub(super) const DELIMITERS: [u8; 4] = *b";,\t|";

/// How many records are searched for a header.
const SEARCHED: usize = 20;

/// A record near the start of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EarlyRecord {
    /// Its place among all records, blank ones too, from 0.
    pub index: u64,
    /// The line on which it starts.
    pub line: u64,
    /// Its cells as bytes.
    pub raw: Vec<Vec<u8>>,
    /// Its cells as text; of very many the first.
    pub cells: Vec<String>,
    /// How many cells it has.
    pub width: usize,
    /// Whether it goes on behind what was looked at.
    pub is_cut: bool,
    /// What is wrong with it; its cells are then those before the damage.
    pub damage: Option<Damage>,
}

/// How many cells of a record are looked at: more than any limit of columns.
const CELLS: usize = 2_000;

/// How a file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub delimiter: u8,
    pub header: EarlyRecord,
    /// Whether something stands above the header that is neither blank nor a `sep=` line.
    pub has_lines_above: bool,
    /// The delimiter that a first line `sep=` promises.
    pub promised: Option<u8>,
}

/// What the start of a file shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// A header.
    Header(Dialect),
    /// Whole lines stand in quotes, as one cell; the header is inside this one.
    Wrapped { first: EarlyRecord },
    /// No header. The first record that is not blank, by the likeliest delimiter.
    NoHeader { first: EarlyRecord, delimiter: u8 },
    /// Nothing but white space.
    Blank,
}

/// Looks at the start of a file, `head`; with `is_all` it is the whole file.
pub(super) fn find(head: &[u8], is_all: bool, encoding: TextEncoding, known: &KnownNames<'_>) -> Start {
    let promised = promise(head);
    let mut best: Option<(usize, u8, Vec<EarlyRecord>, usize)> = None;
    let mut widest: Option<(usize, u8, EarlyRecord)> = None;
    let mut wrapped = None;
    for delimiter in DELIMITERS {
        let records = early_records(head, is_all, delimiter, encoding);
        for (at, record) in records.iter().enumerate() {
            let score = known.score(&record.cells);
            if score >= 2 && best.as_ref().is_none_or(|(most, ..)| score > *most) {
                best = Some((score, delimiter, records.clone(), at));
            }
        }
        wrapped = wrapped.or_else(|| records.iter().find(|record| is_wrapped(record, known)).cloned());
        if let Some(first) = records.into_iter().find(|record| !is_promise(record))
            && widest.as_ref().is_none_or(|(width, ..)| first.width > *width)
        {
            widest = Some((first.width, delimiter, first));
        }
    }
    if let Some((_, delimiter, records, at)) = best {
        let has_lines_above = records.iter().take(at).any(|record| !is_promise(record));
        return match records.into_iter().nth(at) {
            Some(header) => Start::Header(Dialect { delimiter, header, has_lines_above, promised }),
            None => Start::Blank,
        };
    }
    if let Some(first) = wrapped {
        return Start::Wrapped { first };
    }
    match widest {
        Some((_, delimiter, first)) => Start::NoHeader { first, delimiter },
        None => Start::Blank,
    }
}

/// The records at the start that are not blank.
fn early_records(head: &[u8], is_all: bool, delimiter: u8, encoding: TextEncoding) -> Vec<EarlyRecord> {
    let grammar = Grammar::new(delimiter);
    let mut found = Vec::new();
    let mut fields = Vec::new();
    let mut rest = head;
    let (mut index, mut line) = (0, 1);
    while found.len() < SEARCHED && !rest.is_empty() {
        let mut step = scan_record(rest, is_all, &grammar, &mut fields);
        // A first record that is longer than all that is looked at is judged by its start.
        let is_cut = matches!(step, Step::Incomplete { .. }) && found.is_empty();
        if is_cut {
            step = scan_record(rest, true, &grammar, &mut fields);
        }
        let (length, lines, damage) = match step {
            Step::Record { length, lines, .. } => (length, lines, None),
            Step::Damaged { length, damage } => (length, 1, Some(damage)),
            Step::Incomplete { .. } => break,
        };
        let record = super::scan::Record::over(rest, &fields, line);
        if damage.is_some() || !record.is_blank() {
            let mut scratch = Vec::new();
            let width = record.len();
            let seen = 0..width.min(CELLS);
            let raw = seen.clone().map(|cell| record.raw(cell).to_vec()).collect();
            let cells = seen
                .map(|cell| decode_cell(record.cell(cell, &mut scratch), encoding, &mut String::new()).to_owned())
                .collect();
            found.push(EarlyRecord { index, line, raw, cells, width, is_cut, damage });
        }
        index += 1;
        line += lines;
        rest = rest.get(length..).unwrap_or_default();
    }
    found
}

/// The delimiter of a first line such as `sep=;`, which spreadsheets write for themselves.
fn promise(head: &[u8]) -> Option<u8> {
    let line = head.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    match line.trim_ascii_end() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter, ..] => Some(*delimiter),
        _ => line.to_ascii_lowercase().starts_with(b"sep=").then(|| line.get(4).copied()).flatten(),
    }
}

fn is_promise(record: &EarlyRecord) -> bool {
    record.line == 1 && record.cells.first().is_some_and(|cell| cell.to_ascii_lowercase().starts_with("sep="))
}

/// Whether the record is one cell, in which a header stands: in quotes as a whole, or divided by a sign that is no
/// delimiter.
fn is_wrapped(record: &EarlyRecord, known: &KnownNames<'_>) -> bool {
    let (([cell], _) | ([cell, _], Some(1))) = (record.cells.as_slice(), known.remarks(&record.cells)) else {
        return false;
    };
    let signs: BTreeSet<char> = cell.chars().filter(|c| !c.is_alphanumeric() && !matches!(c, '_' | '-')).collect();
    signs.into_iter().any(|sign| {
        let cells: Vec<String> = cell.split(sign).map(str::to_owned).collect();
        cells.len() > 1 && known.score(&cells) >= 2
    })
}
