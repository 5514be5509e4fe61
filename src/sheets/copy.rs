//! The annotated copy as a workbook.

use std::io;

use rust_xlsxwriter::{Format, IgnoreError, Worksheet};

use super::{SheetError, look};
use crate::{
    domain::Severity,
    intake::{CopiedRow, CopySink},
};

/// The last column of a sheet.
const LAST_COLUMN: u16 = 16_383;

/// More rows than a workbook is made of: the copy as CSV has no such limit.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("too large for a workbook")]
pub struct TooLarge;

impl TooLarge {
    /// The stable code, and that of the message.
    pub const CODE: &'static str = "COPY_TOO_LARGE";

    /// Whether this is why copying ended.
    pub fn is_cause(error: &io::Error) -> bool {
        matches!(error.get_ref(), Some(source) if source.is::<Self>())
    }
}

/// An annotated copy as XLSX: every cell as text, so that no zero is lost; wrong cells coloured, with the remark as a note.
///
/// A workbook is made in memory. It takes at most [`XlsxCopy::CELLS`] cells and [`XlsxCopy::TEXT`] bytes of text, which
/// is also what intake takes back of one.
pub struct XlsxCopy {
    sheet: Worksheet,
    row: u32,
    cells: usize,
    text: usize,
    notes: usize,
    looks: Looks,
}

struct Looks {
    text: Format,
    header: Format,
    remark: Format,
    marked: [Format; 3],
}

impl Looks {
    fn marked(&self, severity: Severity) -> &Format {
        let [error, question, note] = &self.marked;
        match severity {
            Severity::Error => error,
            Severity::Question => question,
            Severity::Note => note,
        }
    }
}

impl std::fmt::Debug for XlsxCopy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("XlsxCopy").field("row", &self.row).field("cells", &self.cells).finish_non_exhaustive()
    }
}

impl Default for XlsxCopy {
    fn default() -> Self {
        let marked = [Severity::Error, Severity::Question, Severity::Note].map(look::marked);
        let looks = Looks { text: look::text(), header: look::header(), remark: look::wrapped(), marked };
        Self { sheet: Worksheet::new(), row: 0, cells: 0, text: 0, notes: 0, looks }
    }
}

impl XlsxCopy {
    /// The most cells.
    pub const CELLS: usize = 40_000;
    /// The most bytes of text in all cells.
    pub const TEXT: usize = 1 << 20;
    /// The most notes; cells behind them are coloured only. A spreadsheet gets slow with many.
    const NOTES: usize = 1_000;
    /// The most characters of a cell that a spreadsheet takes is a little more.
    const LONGEST: usize = 32_000;
    /// How wide the remarks are, in characters.
    const REMARK_WIDTH: f64 = 80.0;

    /// The workbook.
    pub fn finish(mut self) -> Result<Vec<u8>, SheetError> {
        let mut workbook = look::workbook()?;
        self.sheet.set_name("Kraamzicht")?;
        let last = self.row.max(1) - 1;
        self.sheet.ignore_error_range(0, 0, last, LAST_COLUMN, IgnoreError::NumberStoredAsText)?;
        workbook.push_worksheet(self.sheet);
        Ok(workbook.save_to_buffer()?)
    }

    fn write(&mut self, row: &CopiedRow<'_>) -> Result<(), SheetError> {
        let mut cells = row.cells.iter();
        for position in 0..row.width() {
            let column = u16::try_from(position).unwrap_or(u16::MAX);
            if row.remark_at == Some(position) {
                self.write_remark(row, column)?;
                continue;
            }
            let Some(cell) = cells.next() else { continue };
            let text = look::shortened(&cell.text(), Self::LONGEST);
            let format = match &cell.remark {
                Some((severity, _)) => self.looks.marked(*severity),
                None if row.is_header => &self.looks.header,
                None => &self.looks.text,
            };
            self.sheet.write_string_with_format(self.row, column, &text, format)?;
            if let Some((_, remark)) = &cell.remark
                && self.notes < Self::NOTES
            {
                self.sheet.insert_note(self.row, column, &look::note(remark))?;
                self.notes += 1;
            }
        }
        Ok(())
    }

    fn write_remark(&mut self, row: &CopiedRow<'_>, column: u16) -> Result<(), SheetError> {
        let marked = row.severity.map(|severity| look::wrapped().merge(self.looks.marked(severity)));
        let format = match &marked {
            Some(marked) => marked,
            None if row.is_header => &self.looks.header,
            None => &self.looks.remark,
        };
        if row.is_header {
            self.sheet.set_column_width(column, Self::REMARK_WIDTH)?;
            self.sheet.set_freeze_panes(self.row + 1, 0)?;
        }
        if !row.remark.is_empty() {
            self.sheet.write_string_with_format(self.row, column, &row.remark, format)?;
        }
        Ok(())
    }
}

impl CopySink for XlsxCopy {
    fn begin(&mut self, _: u8) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &CopiedRow<'_>) -> io::Result<()> {
        self.cells += row.width();
        self.text += row.remark.len() + row.cells.iter().map(|cell| cell.text().len()).sum::<usize>();
        if self.cells > Self::CELLS || self.text > Self::TEXT || self.row as usize > Self::CELLS {
            return Err(io::Error::other(TooLarge));
        }
        self.write(row).map_err(io::Error::other)?;
        self.row += 1;
        Ok(())
    }
}
