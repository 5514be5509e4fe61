//! Bytes to records, strictly: physical lines are counted right whatever the line ends, damage is reported where
//! it begins, and a record never takes more memory than its limit.
//!
//! A damaged quote costs the line on which it opens and no more: reading goes on at the next line, so that the
//! rows after it are checked and accounted for.

use std::io::{self, Read};

use memchr::{memchr, memchr2, memchr2_iter, memchr3};

/// What is wrong with the shape of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// A quote was opened in this column (from 0) and never closed.
    UnclosedQuote { column: usize },
    /// Text after the closing quote in this column (from 0).
    TextAfterQuote { column: usize },
    /// Longer than the limit.
    TooLong,
}

/// One cell's place in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    // Half as wide as places in memory are: a record of nothing but delimiters has a million cells.
    start: u32,
    end: u32,
    has_doubled_quotes: bool,
    has_bare_quotes: bool,
}

impl Field {
    /// Records are far shorter than four gigabytes.
    fn new(start: usize, end: usize, has_doubled_quotes: bool, has_bare_quotes: bool) -> Self {
        let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        Self { start: place(start), end: place(end), has_doubled_quotes, has_bare_quotes }
    }

    const fn range(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// One record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    bytes: &'a [u8],
    fields: &'a [Field],
    /// Physical line on which it starts, from 1.
    pub line: u64,
    /// What is wrong with it; its fields are then those before the damage.
    pub damage: Option<Damage>,
    /// Whether a quote stands inside a cell that is not quoted.
    pub has_bare_quotes: bool,
}

impl<'a> Record<'a> {
    /// The record at the head of `bytes`, as [`scan_record`] found its `fields`.
    pub(super) const fn over(bytes: &'a [u8], fields: &'a [Field], line: u64) -> Self {
        Self { bytes, fields, line, damage: None, has_bare_quotes: false }
    }

    /// The number of cells.
    pub(super) const fn len(&self) -> usize {
        self.fields.len()
    }

    /// The cell, its quotes resolved; `scratch` holds it where quotes were doubled.
    #[inline]
    pub(super) fn cell<'c>(&self, index: usize, scratch: &'c mut Vec<u8>) -> &'c [u8]
    where
        'a: 'c,
    {
        let Some(field) = self.fields.get(index) else { return &[] };
        let bytes = self.bytes.get(field.range()).unwrap_or_default();
        if field.has_doubled_quotes { Self::undouble(bytes, scratch) } else { bytes }
    }

    #[cold]
    fn undouble<'c>(bytes: &[u8], scratch: &'c mut Vec<u8>) -> &'c [u8] {
        scratch.clear();
        let mut rest = bytes;
        while let Some(quote) = memchr(b'"', rest) {
            let (before, after) = rest.split_at(quote + 1);
            scratch.extend_from_slice(before);
            rest = after.get(1..).unwrap_or_default();
        }
        scratch.extend_from_slice(rest);
        scratch
    }

    /// The cell as it stands, doubled quotes and all.
    pub(super) fn raw(&self, index: usize) -> &'a [u8] {
        self.fields.get(index).and_then(|field| self.bytes.get(field.range())).unwrap_or_default()
    }

    /// All its bytes, its line end included where it is whole.
    pub(super) const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Where the cell stands among the bytes. Behind the last cell that could be read: the rest of them.
    pub(super) fn span(&self, index: usize) -> std::ops::Range<usize> {
        let start = self.fields.last().map_or(0, |last| (last.range().end + 1).min(self.bytes.len()));
        self.fields.get(index).map_or(start..self.bytes.len(), Field::range)
    }

    /// The bytes before the cell `index`.
    pub(super) fn before(&self, index: usize) -> Option<&'a [u8]> {
        self.bytes.get(..self.fields.get(index)?.range().start)
    }

    /// The cells that are not quoted and hold a quote.
    pub(super) fn bare_quotes(&self) -> impl Iterator<Item = usize> {
        self.fields.iter().enumerate().filter(|(_, field)| field.has_bare_quotes).map(|(index, _)| index)
    }

    /// Whether every cell is empty or white space.
    #[inline]
    pub(super) fn is_blank(&self) -> bool {
        self.bytes.first().is_none_or(|byte| !byte.is_ascii_alphanumeric())
            && self.damage.is_none()
            && self
                .fields
                .iter()
                .all(|field| self.bytes.get(field.range()).unwrap_or_default().iter().all(u8::is_ascii_whitespace))
    }
}

/// How records are written.
#[derive(Clone, Debug)]
pub(super) struct Grammar {
    stops: [bool; 256],
    delimiter: u8,
    /// Whether a quoted cell may go on over the end of a line.
    quotes_span_lines: bool,
}

impl Grammar {
    /// Cells divided by `delimiter`.
    pub(super) fn new(delimiter: u8) -> Self {
        let mut stops = [false; 256];
        for stop in [delimiter, b'\n', b'\r', b'"'] {
            if let Some(entry) = stops.get_mut(usize::from(stop)) {
                *entry = true;
            }
        }
        Self { stops, delimiter, quotes_span_lines: true }
    }
}

/// What stands at the head of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A record of this many bytes, its line end included, over this many lines.
    Record { length: usize, lines: u64, has_bare_quotes: bool },
    /// A damaged line.
    Damaged { length: usize, damage: Damage },
    /// The record does not end in these bytes.
    Incomplete { open_quote: Option<(usize, usize)> },
}

/// Reads the record at the head of `bytes` into `fields`. With `is_all`, nothing follows.
pub(super) fn scan_record(bytes: &[u8], is_all: bool, grammar: &Grammar, fields: &mut Vec<Field>) -> Step {
    fields.clear();
    let mut start = 0;
    let mut lines = 1;
    let mut has_bare_quotes = false;
    loop {
        let end = if bytes.get(start) == Some(&b'"') {
            match scan_quoted(bytes, start, is_all, grammar) {
                Quoted::Closed { end, has_doubled_quotes, inner_lines } => {
                    lines += inner_lines;
                    fields.push(Field::new(start + 1, end, has_doubled_quotes, false));
                    end + 1
                }
                Quoted::Incomplete => return Step::Incomplete { open_quote: Some((fields.len(), start)) },
                Quoted::Unclosed => {
                    let damage = Damage::UnclosedQuote { column: fields.len() };
                    return damaged(bytes, start, is_all, damage);
                }
                Quoted::TextAfter => {
                    let damage = Damage::TextAfterQuote { column: fields.len() };
                    return damaged(bytes, start, is_all, damage);
                }
            }
        } else {
            let Some((end, is_bare)) = scan_bare(bytes, start, is_all, grammar) else {
                return Step::Incomplete { open_quote: None };
            };
            has_bare_quotes |= is_bare;
            fields.push(Field::new(start, end, false, is_bare));
            end
        };
        match bytes.get(end) {
            Some(&byte) if byte == grammar.delimiter => start = end + 1,
            Some(b'\n') => return Step::Record { length: end + 1, lines, has_bare_quotes },
            Some(b'\r') => match bytes.get(end + 1) {
                Some(b'\n') => return Step::Record { length: end + 2, lines, has_bare_quotes },
                None if !is_all => return Step::Incomplete { open_quote: None },
                _ => return Step::Record { length: end + 1, lines, has_bare_quotes },
            },
            _ => return Step::Record { length: end, lines, has_bare_quotes },
        }
    }
}

/// The end of the cell at `start`, which is not quoted, and whether it holds quotes all the same.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is called for nearly every cell")]
fn scan_bare(bytes: &[u8], start: usize, is_all: bool, grammar: &Grammar) -> Option<(usize, bool)> {
    let mut from = start;
    loop {
        let rest = bytes.get(from..).unwrap_or_default();
        match rest.iter().position(|byte| grammar.stops[usize::from(*byte)]) {
            Some(length) if rest.get(length) == Some(&b'"') => from += length + 1,
            Some(length) => return Some((from + length, from > start)),
            None if is_all => return Some((bytes.len(), from > start)),
            None => return None,
        }
    }
}

enum Quoted {
    Closed { end: usize, has_doubled_quotes: bool, inner_lines: u64 },
    TextAfter,
    Unclosed,
    Incomplete,
}

/// Reads the quoted cell whose quote stands at `open`.
fn scan_quoted(bytes: &[u8], open: usize, is_all: bool, grammar: &Grammar) -> Quoted {
    let mut from = open + 1;
    let mut has_doubled_quotes = false;
    loop {
        let rest = bytes.get(from..).unwrap_or_default();
        let found = if grammar.quotes_span_lines { memchr(b'"', rest) } else { memchr3(b'"', b'\n', b'\r', rest) };
        let Some(found) = found else { return if is_all { Quoted::Unclosed } else { Quoted::Incomplete } };
        let end = from + found;
        if bytes.get(end) != Some(&b'"') {
            return Quoted::Unclosed;
        }
        match bytes.get(end + 1) {
            Some(b'"') => {
                has_doubled_quotes = true;
                from = end + 2;
            }
            None if !is_all => return Quoted::Incomplete,
            Some(&next) if !grammar.stops[usize::from(next)] => {
                // A quote that closes on a later line and is followed by text never closed: it met the opening
                // quote of another cell.
                let inside = bytes.get(open..end).unwrap_or_default();
                let is_one_line = memchr2(b'\n', b'\r', inside).is_none();
                return if is_one_line { Quoted::TextAfter } else { Quoted::Unclosed };
            }
            _ => {
                let inside = bytes.get(open..end).unwrap_or_default();
                return Quoted::Closed { end, has_doubled_quotes, inner_lines: count_line_ends(inside) };
            }
        }
    }
}

/// The damage costs the line on which the quote opened.
fn damaged(bytes: &[u8], open: usize, is_all: bool, damage: Damage) -> Step {
    match line_end(bytes, open, is_all) {
        Some(length) => Step::Damaged { length, damage },
        None => Step::Incomplete { open_quote: None },
    }
}

/// The place after the first line end at or after `from`.
fn line_end(bytes: &[u8], from: usize, is_all: bool) -> Option<usize> {
    let rest = bytes.get(from..).unwrap_or_default();
    let Some(found) = memchr2(b'\n', b'\r', rest) else { return is_all.then_some(bytes.len()) };
    let end = from + found;
    match (bytes.get(end), bytes.get(end + 1)) {
        (Some(b'\r'), Some(b'\n')) => Some(end + 2),
        (Some(b'\r'), None) if !is_all => None,
        _ => Some(end + 1),
    }
}

pub(super) fn count_line_ends(bytes: &[u8]) -> u64 {
    memchr2_iter(b'\n', b'\r', bytes)
        .filter(|&at| bytes.get(at) == Some(&b'\n') || bytes.get(at + 1) != Some(&b'\n'))
        .map(|_| 1)
        .sum()
}

/// Records one after the other from a source.
#[derive(Debug)]
pub(super) struct Scanner<R> {
    source: R,
    grammar: Grammar,
    limit: usize,
    buffer: Vec<u8>,
    /// Where the unread bytes begin and end in `buffer`.
    start: usize,
    end: usize,
    is_exhausted: bool,
    line: u64,
    record: (usize, usize),
    record_line: u64,
    damage: Option<Damage>,
    has_bare_quotes: bool,
    fields: Vec<Field>,
}

impl<R: Read> Scanner<R> {
    const FIRST_BUFFER: usize = 256 << 10;

    /// Reads `source`, whose first byte is on line 1.
    pub(super) fn new(source: R, delimiter: u8, limit: usize) -> Self {
        Self {
            source,
            grammar: Grammar::new(delimiter),
            limit,
            buffer: vec![0; Self::FIRST_BUFFER],
            start: 0,
            end: 0,
            is_exhausted: false,
            line: 1,
            record: (0, 0),
            record_line: 1,
            damage: None,
            has_bare_quotes: false,
            fields: Vec::new(),
        }
    }

    /// Goes to the next record; `false` at the end.
    pub(super) fn advance(&mut self) -> io::Result<bool> {
        loop {
            let bytes = self.buffer.get(self.start..self.end).unwrap_or_default();
            if bytes.is_empty() && self.is_exhausted {
                return Ok(false);
            }
            match scan_record(bytes, self.is_exhausted, &self.grammar, &mut self.fields) {
                Step::Record { length, lines, has_bare_quotes } => {
                    let damage = (length > self.limit.saturating_add(2)).then_some(Damage::TooLong);
                    self.take(length, lines, damage, has_bare_quotes);
                    return Ok(true);
                }
                Step::Damaged { length, damage } => {
                    self.grammar.quotes_span_lines &= !matches!(damage, Damage::UnclosedQuote { .. });
                    self.take(length, 1, Some(damage), false);
                    return Ok(true);
                }
                Step::Incomplete { open_quote } if bytes.len() > self.limit.saturating_add(1) => {
                    return self.give_up(open_quote);
                }
                Step::Incomplete { .. } => self.fill()?,
            }
        }
    }

    /// The record gone to.
    pub(super) fn record(&self) -> Record<'_> {
        let bytes = self.buffer.get(self.record.0..self.record.1).unwrap_or_default();
        Record {
            bytes,
            fields: &self.fields,
            line: self.record_line,
            damage: self.damage,
            has_bare_quotes: self.has_bare_quotes,
        }
    }

    fn take(&mut self, length: usize, lines: u64, damage: Option<Damage>, has_bare_quotes: bool) {
        self.record = (self.start, self.start + length);
        self.record_line = self.line;
        self.damage = damage;
        self.has_bare_quotes = has_bare_quotes;
        self.start += length;
        self.line += lines;
    }

    /// The record is longer than the limit: it is a quote that never closed, or one endless line.
    fn give_up(&mut self, open_quote: Option<(usize, usize)>) -> io::Result<bool> {
        let bytes = self.buffer.get(self.start..self.end).unwrap_or_default();
        if let Some((column, open)) = open_quote
            && let Some(length) = line_end(bytes, open, false)
        {
            self.grammar.quotes_span_lines = false;
            self.take(length, 1, Some(Damage::UnclosedQuote { column }), false);
            return Ok(true);
        }
        self.fields.clear();
        // A quote that opened and is followed by no other before the end of its line never closed.
        let mut open_column = open_quote.map(|(column, open)| (column, open + 1));
        loop {
            let bytes = self.buffer.get(self.start..self.end).unwrap_or_default();
            let length = line_end(bytes, 0, self.is_exhausted);
            let line = bytes.get(..length.unwrap_or(bytes.len())).unwrap_or_default();
            open_column = open_column
                .filter(|(_, from)| memchr(b'"', line.get(*from..).unwrap_or_default()).is_none())
                .map(|(column, _)| (column, 0));
            if let Some(length) = length {
                let unclosed = open_column.map(|(column, _)| Damage::UnclosedQuote { column });
                self.take(length, 1, unclosed.or(Some(Damage::TooLong)), false);
                return Ok(true);
            }
            // Keep a last CR: an LF may follow.
            self.start = self.end - usize::from(bytes.last() == Some(&b'\r'));
            self.fill()?;
        }
    }

    /// Reads more bytes behind the unread ones.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let space = self.buffer.get_mut(self.end..).unwrap_or_default();
        let read = loop {
            match self.source.read(space) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.end += read;
        self.is_exhausted = read == 0;
        Ok(())
    }
}
