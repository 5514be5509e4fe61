//! Whether a record is a row at all: damage, cells too many or too few, headers and totals between the rows.

use super::{
    collect::{Cause, Detail, Place, RecordPlace},
    layout::LayoutColumn,
    row_check::RowChecker,
    scan::{Damage, Record},
    text,
};
use crate::domain::Severity;

impl RowChecker<'_, '_> {
    /// Whether the record has the cells that the header promises.
    pub(super) fn has_right_shape(&mut self, record: &Record<'_>, place: RecordPlace) -> bool {
        let width = self.layout.width;
        if let Some(damage) = record.damage {
            let (code, column) = match damage {
                Damage::UnclosedQuote { column } => ("row.unclosed_quote", Place::Column(column)),
                Damage::TextAfterQuote { column } => ("row.bad_quote", Place::Column(column)),
                Damage::TooLong => ("file.record_too_long", Place::Whole),
            };
            let limit = self.context.limits.record_bytes;
            self.report(Cause::Kind(code), column, place, || Detail::default().with("maximum", limit));
            return false;
        }
        if self.is_header_again(record) {
            self.report(Cause::Kind("row.repeated_header"), Place::Whole, place, Detail::default);
            return false;
        }
        let found = record.len();
        if self.layout.remarks.is_some_and(|remarks| has_stray_remark(record, remarks)) {
            // In an annotated copy it stands behind the cells of a row that was not right in its shape.
            self.report(Cause::Kind("row.ragged"), Place::Whole, place, || {
                Detail::default().with("found", found).with("expected", width)
            });
            return false;
        }
        if found == width {
            return true;
        }
        // Between commas a decimal comma makes cells too, and the last of them may be empty.
        let may_be_decimals = self.layout.style.decimal_mark == '.';
        let are_extra_empty = found > width && (width..found).all(|index| record.raw(index).trim_ascii().is_empty());
        if are_extra_empty && !may_be_decimals {
            self.report(Cause::Kind("row.extra_empty_cells"), Place::Column(width), place, || {
                Detail::default().with("found", found).with("expected", width)
            });
            return true;
        }
        self.report(Cause::Kind("row.ragged"), Place::Whole, place, || {
            Detail::default().with("found", found).with("expected", width)
        });
        false
    }

    /// Whether the record says the header again, in whatever case and with whatever space: of files that were put
    /// together, with a byte order mark too. Cells may be empty, but not all the names behind the first.
    fn is_header_again(&self, record: &Record<'_>) -> bool {
        let first = record.raw(0).first();
        // A row seldom begins as the header does, and mostly with a digit.
        if first.is_none_or(u8::is_ascii_digit) && self.header.first().is_none_or(|name| name.first() != first) {
            return false;
        }
        let is_name = |index: usize| {
            let (cell, name) = (record.raw(index), self.header.get(index).map(Vec::as_slice).unwrap_or_default());
            self.layout.remarks == Some(index) || bare(cell).eq_ignore_ascii_case(bare(name))
        };
        let is_empty = |index: usize| self.layout.remarks == Some(index) || record.raw(index).trim_ascii().is_empty();
        record.len() == self.header.len()
            && is_name(0)
            && (1..record.len()).all(|index| is_empty(index) || is_name(index))
            && (1..record.len()).any(|index| !is_empty(index))
    }

    /// Says that an unquoted cell holds a quote; it is read literally.
    pub(super) fn remark_on_bare_quotes(&mut self, record: &Record<'_>, place: RecordPlace, position: usize) {
        let raw = record.raw(position);
        let cause = Cause::Weighed("row.bad_quote", Severity::Note);
        self.report(cause, Place::Column(position), place, || Detail::of(raw));
    }
}

/// What every remark of an annotated copy begins with.
pub(super) const REMARK_MARK: &str = "» ";

/// Whether a cell is a remark of an annotated copy.
pub(super) fn is_remark(cell: &[u8]) -> bool {
    cell.starts_with(REMARK_MARK.as_bytes()) || cell.starts_with(b"\xbb ")
}

fn has_stray_remark(record: &Record<'_>, remarks: usize) -> bool {
    (0..record.len()).any(|index| index != remarks && is_remark(record.raw(index)))
}

/// The cell without white space and a byte order mark.
fn bare(cell: &[u8]) -> &[u8] {
    let cell = cell.trim_ascii();
    cell.strip_prefix("\u{feff}".as_bytes()).unwrap_or(cell).trim_ascii()
}

/// Whether a row without an organisation says that it is a total: in that cell, or in another where it is empty.
pub(super) fn is_total(record: &Record<'_>, column: &LayoutColumn<'_>) -> bool {
    const TOTALS: [&str; 8] = ["totaal", "subtotaal", "eindtotaal", "total", "som", "sum", "gemiddelde", "gemiddeld"];
    let says = |position: usize| {
        let word = text::fold(&String::from_utf8_lossy(record.raw(position)));
        TOTALS.iter().any(|total| word.starts_with(total))
    };
    let Some(position) = column.position else { return false };
    if record.raw(position).trim_ascii().is_empty() { (0..record.len()).any(says) } else { says(position) }
}
