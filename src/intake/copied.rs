//! The rows of an annotated copy, and the copy as CSV.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use memchr::memmem;

use super::{
    decode::{TextEncoding, decode_cell},
    remarks::Remark,
    scan::Record,
};
use crate::domain::{Severity, is_calculated, restored};

/// Takes the rows of an annotated copy, in the order of the file, blank ones and those above the header too.
pub trait CopySink {
    /// The first call: what divides the cells in the file.
    fn begin(&mut self, delimiter: u8) -> io::Result<()>;

    /// Takes a row.
    fn row(&mut self, row: &CopiedRow<'_>) -> io::Result<()>;
}

/// A row of the file with what is said of it.
#[derive(Debug)]
pub struct CopiedRow<'r> {
    /// Its cells, without remarks of an earlier copy.
    pub cells: Vec<CopiedCell<'r>>,
    /// The position of the remark, from 0: behind the columns of the header; behind the last cell of a row that is
    /// not right in its shape, so that it is still not right when nobody puts it right. `None` for a row that has no
    /// cell for a remark: one above the header, or of no cells.
    pub remark_at: Option<usize>,
    /// All that is said of it on one line. Empty when there is nothing to say.
    pub remark: String,
    /// What weighs most of that.
    pub severity: Option<Severity>,
    /// Whether it is the header.
    pub is_header: bool,
}

impl CopiedRow<'_> {
    /// How many cells it has, that of the remark among them.
    pub fn width(&self) -> usize {
        let cells = self.cells.len();
        self.remark_at.map_or(cells, |at| at.max(cells) + 1)
    }
}

/// A cell of the file.
#[derive(Debug)]
pub struct CopiedCell<'r> {
    source: Source<'r>,
    encoding: TextEncoding,
    /// Whether a spreadsheet would calculate it.
    is_calculated: bool,
    /// What is said of this cell, and how much it weighs.
    pub remark: Option<(Severity, String)>,
}

#[derive(Debug)]
enum Source<'r> {
    /// As it stands in the file, its quotes around it, and its content.
    Written { raw: &'r [u8], content: Vec<u8>, is_quoted: bool },
    /// What could not be divided, or is in a line that could not.
    Rest(Cow<'r, [u8]>),
}

impl<'r> CopiedCell<'r> {
    /// The cell `index` of `record`; `is_copy` when the file is itself a copy, whose cells were made harmless.
    pub(super) fn of(
        record: &Record<'r>,
        index: usize,
        encoding: TextEncoding,
        is_copy: bool,
        remarks: &[Remark],
    ) -> Self {
        let span = record.span(index);
        let is_quoted = span.start > 0 && record.bytes().get(span.start - 1) == Some(&b'"');
        let around = if is_quoted { span.start - 1..span.end + 1 } else { span };
        let raw = record.bytes().get(around).unwrap_or_default();
        let mut scratch = Vec::new();
        let content = record.cell(index, &mut scratch).to_vec();
        let is_harmless = is_copy && restored(&content).len() < content.len();
        let is_calculated = !is_harmless && is_calculated(&content);
        let of_cell = |remark: &&Remark| remark.column.is_some_and(|column| column as usize == index + 1);
        let mut said = remarks.iter().filter(of_cell).peekable();
        let severity = said.peek().map(|worst| worst.severity);
        let text = said.map(|remark| remark.text.as_str()).collect::<Vec<_>>().join("\n");
        let remark = severity.map(|severity| (severity, text));
        // Before damage, a quote that is taken literally is not worth a word of its own.
        let is_odd = record.damage.is_some() && !is_quoted && raw.contains(&b'"');
        let source =
            if is_odd { Source::Rest(Cow::Owned(content)) } else { Source::Written { raw, content, is_quoted } };
        Self { source, encoding, is_calculated, remark }
    }

    /// What is left of a damaged record behind its first `whole` cells; `None` when nothing is.
    pub(super) fn rest(record: &Record<'r>, whole: usize, encoding: TextEncoding) -> Option<Self> {
        let start = if whole == 0 { 0 } else { record.span(record.len()).start };
        let bytes = record.bytes().get(start..).unwrap_or_default();
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let is_calculated = is_calculated(bytes);
        (!bytes.is_empty()).then_some(Self {
            source: Source::Rest(Cow::Borrowed(bytes)),
            encoding,
            is_calculated,
            remark: None,
        })
    }

    /// An empty cell.
    pub(super) const fn empty(encoding: TextEncoding) -> Self {
        Self { source: Source::Rest(Cow::Borrowed(&[])), encoding, is_calculated: false, remark: None }
    }

    fn content(&self) -> &[u8] {
        match &self.source {
            Source::Written { content, .. } => content,
            Source::Rest(bytes) => bytes,
        }
    }

    /// What stands in it, with what a spreadsheet would calculate made harmless.
    pub fn text(&self) -> String {
        let content = self.content();
        let text = decode_cell(content, self.encoding, &mut String::new()).to_owned();
        if self.is_calculated { format!("'{text}") } else { text }
    }

    /// As it stood in the file, to the byte where the encoding allows it, with what a spreadsheet would calculate made
    /// harmless.
    fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let apostrophe: &[u8] = if self.is_calculated { b"'" } else { b"" };
        match &self.source {
            Source::Written { raw, is_quoted, .. } => {
                let (quote, rest) = raw.split_at_checked(usize::from(*is_quoted)).unwrap_or_default();
                out.write_all(quote)?;
                out.write_all(apostrophe)?;
                out.write_all(&transcoded(rest, self.encoding))
            }
            Source::Rest(bytes) if bytes.is_empty() => Ok(()),
            Source::Rest(bytes) => {
                out.write_all(b"\"")?;
                out.write_all(apostrophe)?;
                write_doubled(&transcoded(bytes, self.encoding), out)?;
                out.write_all(b"\"")
            }
        }
    }
}

/// The bytes in UTF-8. What was no text in the file must not look like text in its copy: it stays as wrong as it was.
fn transcoded(bytes: &[u8], encoding: TextEncoding) -> Cow<'_, [u8]> {
    match encoding {
        TextEncoding::Windows1252 if !bytes.is_ascii() => {
            Cow::Owned(decode_cell(bytes, encoding, &mut String::new()).to_owned().into_bytes())
        }
        TextEncoding::BrokenUtf16(_) if memmem::find(bytes, "\u{fffd}".as_bytes()).is_some() => {
            let mut parts = Vec::with_capacity(bytes.len());
            let mut rest = bytes;
            while let Some(at) = memmem::find(rest, "\u{fffd}".as_bytes()) {
                let (before, after) = rest.split_at(at);
                parts.extend_from_slice(before);
                parts.push(0xff);
                rest = after.get(3..).unwrap_or_default();
            }
            parts.extend_from_slice(rest);
            Cow::Owned(parts)
        }
        _ => Cow::Borrowed(bytes),
    }
}

fn write_doubled(bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
    for piece in bytes.split_inclusive(|byte| *byte == b'"') {
        out.write_all(piece)?;
        if piece.ends_with(b"\"") {
            out.write_all(b"\"")?;
        }
    }
    Ok(())
}

/// Writes an annotated copy as CSV: UTF-8 that says so, for Excel; the delimiter, the quotes and the line ends within
/// cells of the file. It keeps nothing, so that files of any length can be copied.
#[derive(Debug)]
pub struct CsvCopy<W> {
    out: W,
    delimiter: [u8; 1],
}

impl<W: Write> CsvCopy<W> {
    /// Writes to `out`.
    pub const fn new(out: W) -> Self {
        Self { out, delimiter: [b';'] }
    }

    /// What was written to.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> CopySink for CsvCopy<W> {
    fn begin(&mut self, delimiter: u8) -> io::Result<()> {
        self.delimiter = [delimiter];
        self.out.write_all("\u{feff}".as_bytes())
    }

    fn row(&mut self, row: &CopiedRow<'_>) -> io::Result<()> {
        let mut cells = row.cells.iter();
        for position in 0..row.width() {
            if position > 0 {
                self.out.write_all(&self.delimiter)?;
            }
            if row.remark_at != Some(position) {
                cells.next().map_or(Ok(()), |cell| cell.write_csv(&mut self.out))?;
            } else if !row.remark.is_empty() {
                self.out.write_all(b"\"")?;
                write_doubled(row.remark.as_bytes(), &mut self.out)?;
                self.out.write_all(b"\"")?;
            }
        }
        self.out.write_all(b"\r\n")
    }
}
