//! The bit of a file around a place, to be shown to people.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Read, Seek},
    ops::Range,
};

use super::{
    collect::shown_character,
    context::CheckContext,
    decode::{self, TextEncoding, TextReader, decode_cell},
    dialect::{self, Start},
    header::KnownNames,
    scan::{Record, Scanner, count_line_ends},
    source::{self, HEAD, Opened},
};
use crate::catalogue::Catalogue;

/// A record's line, or a column (from 1) in the record that starts on it.
pub type ExcerptPlace = (u64, Option<u32>);

/// Some text of a record, on one line: line ends and other control characters are made visible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The text; `…` stands where it was cut off.
    pub text: String,
    /// The bytes of `text` that are the cell.
    pub mark: Range<usize>,
    /// Where the cell, or the whole record, stands in the file; `None` where the file itself is no text.
    pub span: Option<TextSpan>,
}

/// A piece of a text file. Lines and columns count from 1; columns are characters (code points), and the end is that of
/// the first character behind the piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextSpan {
    /// The line on which it starts.
    pub line: u64,
    /// The column at which it starts.
    pub column: u64,
    /// The line on which it ends.
    pub end_line: u64,
    /// The column behind its last character.
    pub end_column: u64,
}

/// How many characters are shown before and behind the beginning of a cell.
const AROUND: (usize, usize) = (40, 80);

/// The excerpts around `places`. Reads the text of `source` again; of a file that is no text there are none.
pub fn excerpts<R: Read + Seek>(
    source: R,
    catalogue: &Catalogue,
    context: &CheckContext<'_>,
    places: &BTreeSet<ExcerptPlace>,
) -> io::Result<BTreeMap<ExcerptPlace, Excerpt>> {
    let mut found = BTreeMap::new();
    let Ok(mut source) = source::open(source, catalogue, context)? else { return Ok(found) };
    let is_text = matches!(source, Opened::Plain(_));
    source.rewind()?;
    let mut head = Vec::new();
    (&mut source).take(HEAD).read_to_end(&mut head)?;
    let survey = decode::survey(&mut source, &head)?;
    if survey.encoding == TextEncoding::Unknown {
        return Ok(found);
    }
    let mut head = Vec::new();
    TextReader::open(&mut source, survey)?.take(HEAD).read_to_end(&mut head)?;
    let known = KnownNames::new(catalogue, context.dataset);
    let delimiter = match dialect::find(&head, (head.len() as u64) < HEAD, survey.encoding, &known) {
        Start::Header(dialect) => dialect.delimiter,
        Start::NoHeader { delimiter, .. } => delimiter,
        Start::Wrapped { .. } | Start::Blank => b';',
    };
    let mut scanner = Scanner::new(TextReader::open(&mut source, survey)?, delimiter, context.limits.record_bytes);
    let last = places.last().map_or(0, |(line, _)| *line);
    while scanner.advance()? && scanner.record().line <= last {
        let record = scanner.record();
        for place in places.range((record.line, None)..=(record.line, Some(u32::MAX))) {
            found.insert(*place, excerpt(&record, place.1, survey.encoding, is_text));
        }
    }
    Ok(found)
}

fn excerpt(record: &Record<'_>, column: Option<u32>, encoding: TextEncoding, is_text: bool) -> Excerpt {
    let bytes = record.bytes();
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let index = column.and_then(|column| usize::try_from(column).ok()?.checked_sub(1));
    let cell = index.map_or(0..bytes.len(), |index| record.span(index));
    let (before, rest) = bytes.split_at_checked(cell.start).unwrap_or((bytes, &[]));
    let (inside, after) = rest.split_at_checked(cell.len()).unwrap_or((rest, &[]));
    let span = is_text.then(|| {
        let (line, column) = behind((record.line, 1), before, encoding);
        let (end_line, end_column) = behind((line, column), inside, encoding);
        TextSpan { line, column, end_line, end_column }
    });
    // A character has at most four bytes, so that more than enough of them are decoded.
    let cut = before.len().saturating_sub(AROUND.0 * 4);
    let before = visible(before.get(cut..).unwrap_or_default(), encoding);
    let inside = visible(inside.get(..inside.len().min(AROUND.1 * 4)).unwrap_or_default(), encoding);
    let after = visible(after.get(..after.len().min(AROUND.1 * 4)).unwrap_or_default(), encoding);
    let mut text = String::new();
    let skipped = before.len().saturating_sub(AROUND.0);
    if cut > 0 || skipped > 0 {
        text.push('…');
    }
    text.extend(before.iter().skip(skipped));
    let start = text.len();
    text.extend(inside.iter().take(AROUND.1));
    let end = text.len();
    text.extend(after.iter().take(AROUND.1.saturating_sub(inside.len())));
    if inside.len() + after.len() > AROUND.1 {
        text.push('…');
    }
    Excerpt { text, mark: start..end, span }
}

/// The line and column behind `bytes`, which start at `place`.
fn behind(place: (u64, u64), bytes: &[u8], encoding: TextEncoding) -> (u64, u64) {
    let lines = count_line_ends(bytes);
    let start = memchr::memrchr2(b'\n', b'\r', bytes).map_or(0, |end| end + 1);
    let last = bytes.get(start..).unwrap_or_default();
    let characters = decode_cell(last, encoding, &mut String::new()).chars().count() as u64;
    (place.0 + lines, if lines == 0 { place.1 + characters } else { characters + 1 })
}

fn visible(bytes: &[u8], encoding: TextEncoding) -> Vec<char> {
    decode_cell(bytes, encoding, &mut String::new()).chars().map(shown_character).collect()
}
