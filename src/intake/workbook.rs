//! A workbook in XLSX, read as the text table that its program would have saved.
//!
//! The program that made it may lie about sizes, so that every part is unpacked and counted before it is opened. Values
//! are taken as they are stored, not as they are shown: no digits are lost to the width of a column.

use std::{
    fmt::Write as _,
    io::{self, Read, Seek},
};

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, Xlsx, XlsxError};
use zip::ZipArchive;

use super::{context::Limits, dialect, header::KnownNames};

/// Why a workbook is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It expands to more than is taken.
    TooLarge,
    /// It is damaged or protected, or none or several of its sheets have a table that is known.
    NoTable,
}

/// The one sheet whose columns are known, as text: cells divided by semicolons, a line for each row of the sheet.
pub(super) struct Table {
    /// The name of the sheet.
    pub sheet: String,
    pub text: Vec<u8>,
}

/// Reads the workbook in `source`.
pub(super) fn read<R: Read + Seek>(
    mut source: R,
    limits: &Limits,
    known: &KnownNames<'_>,
) -> io::Result<Result<Table, Refused>> {
    match measure(&mut source, limits.workbook_bytes)? {
        Some(true) => {}
        Some(false) => return Ok(Err(Refused::TooLarge)),
        None => return Ok(Err(Refused::NoTable)),
    }
    source.rewind()?;
    let Ok(mut book) = Xlsx::new(source) else { return Ok(Err(Refused::NoTable)) };
    let sheets = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let names: Vec<String> = sheets.map(|sheet| sheet.name.clone()).collect();
    let mut found = None;
    for sheet in names {
        let text = match write_sheet(&mut book, &sheet, limits) {
            Ok(Some(text)) => text,
            Ok(None) => return Ok(Err(Refused::TooLarge)),
            Err(_) => continue,
        };
        if is_known(&text, known) {
            if found.is_some() {
                return Ok(Err(Refused::NoTable));
            }
            found = Some(Table { sheet, text });
        }
    }
    Ok(found.ok_or(Refused::NoTable))
}

/// Whether all parts together expand to at most `most` bytes; `None` for an archive that cannot be read.
fn measure<R: Read + Seek>(source: &mut R, most: u64) -> io::Result<Option<bool>> {
    source.rewind()?;
    let Ok(mut archive) = ZipArchive::new(source) else { return Ok(None) };
    let mut left = most;
    for index in 0..archive.len() {
        let Ok(part) = archive.by_index(index) else { return Ok(None) };
        let Ok(size) = io::copy(&mut part.take(left.saturating_add(1)), &mut io::sink()) else { return Ok(None) };
        let Some(rest) = left.checked_sub(size) else { return Ok(Some(false)) };
        left = rest;
    }
    Ok(Some(true))
}

fn is_known(text: &[u8], known: &KnownNames<'_>) -> bool {
    let head = text.get(..text.len().min(64 << 10)).unwrap_or_default();
    let start = dialect::find(head, head.len() == text.len(), super::decode::TextEncoding::Utf8, known);
    matches!(start, dialect::Start::Header(_))
}

/// The sheet as text; `None` when it has more than is taken.
fn write_sheet<R: Read + Seek>(book: &mut Xlsx<R>, sheet: &str, limits: &Limits) -> Result<Option<Vec<u8>>, XlsxError> {
    let Some(width) = width(book, sheet, limits)? else { return Ok(None) };
    let most = usize::try_from(limits.workbook_bytes / 2).unwrap_or(usize::MAX);
    let mut cells = book.worksheet_cells_reader(sheet)?;
    let mut text = String::new();
    let (mut row, mut column) = (0, 0);
    while let Some(cell) = cells.next_cell()? {
        if matches!(cell.get_value(), DataRef::Empty) {
            continue;
        }
        let (at_row, at_column) = cell.get_position();
        if text.len() > most {
            return Ok(None);
        }
        if row < at_row {
            end_row(&mut text, column, width);
            // Rows without a cell are blank lines, so that lines are rows of the sheet.
            (row + 1..at_row).for_each(|_| text.push_str("\r\n"));
            (row, column) = (at_row, 0);
        }
        (column..at_column).for_each(|_| text.push(';'));
        column = at_column;
        write_cell(&mut text, cell.get_value());
    }
    end_row(&mut text, column, width);
    Ok(Some(text.into_bytes()))
}

/// Fills the row up to the width of the sheet; `column` is where it stands.
fn end_row(text: &mut String, column: u32, width: u32) {
    let is_blank = text.is_empty() || text.ends_with('\n');
    if !is_blank {
        (column + 1..width).for_each(|_| text.push(';'));
    }
    text.push_str("\r\n");
}

/// How many columns the sheet has; `None` when it has more of something than is taken. In a sheet all rows are equally
/// wide, whatever its last cells are.
fn width<R: Read + Seek>(book: &mut Xlsx<R>, sheet: &str, limits: &Limits) -> Result<Option<u32>, XlsxError> {
    let mut cells = book.worksheet_cells_reader(sheet)?;
    let mut width = 0;
    let mut last = None;
    while let Some(cell) = cells.next_cell()? {
        let place = cell.get_position();
        // Rows and cells come in order; what does not is damage.
        if last.replace(place).is_some_and(|last| last >= place) {
            return Err(XlsxError::Unexpected("cells out of order"));
        }
        if !matches!(cell.get_value(), DataRef::Empty) {
            width = width.max(place.1 + 1);
            if u64::from(place.0) > limits.rows || width as usize > limits.columns * 2 {
                return Ok(None);
            }
        }
    }
    Ok(Some(width))
}

fn write_cell(text: &mut String, value: &DataRef<'_>) {
    match value {
        DataRef::Int(number) => write_all(text, format_args!("{number}")),
        DataRef::Float(number) => text.push_str(&number.to_string().replace('.', ",")),
        DataRef::SharedString(words) => write_words(text, words),
        DataRef::Bool(yes) => text.push_str(if *yes { "ja" } else { "nee" }),
        DataRef::DateTime(moment) => write_moment(text, moment),
        DataRef::String(words) | DataRef::DateTimeIso(words) | DataRef::DurationIso(words) => write_words(text, words),
        DataRef::Error(error) => write_all(text, format_args!("{error}")),
        DataRef::Empty => {}
    }
}

fn write_all(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // A string takes everything.
    let _ = text.write_fmt(arguments);
}

fn write_moment(text: &mut String, moment: &ExcelDateTime) {
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    write_all(text, format_args!("{year:04}-{month:02}-{day:02}"));
    if (hour, minute, second) != (0, 0, 0) {
        write_all(text, format_args!("T{hour:02}:{minute:02}:{second:02}"));
    }
}

fn write_words(text: &mut String, words: &str) {
    if words.contains([';', '"', '\r', '\n']) {
        text.push('"');
        text.push_str(&words.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(words);
    }
}
