//! How workbooks look. Colour never says anything alone: the words stand beside it.

use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, Note, Workbook};

use super::SheetError;
use crate::domain::Severity;

/// The most characters of a note at a cell.
const LONGEST_NOTE: usize = 2_000;

/// The number format by which a spreadsheet leaves a cell alone: no zero is lost, nothing becomes a date.
const TEXT: &str = "@";

/// A workbook that does not tell when it was made: equal content gives equal bytes.
pub(super) fn workbook() -> Result<Workbook, SheetError> {
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    Ok(workbook)
}

/// An ordinary cell.
pub(super) fn text() -> Format {
    Format::new().set_num_format(TEXT)
}

/// Text of more than a line.
pub(super) fn wrapped() -> Format {
    text().set_text_wrap().set_align(FormatAlign::Top)
}

/// The header.
pub(super) fn header() -> Format {
    text().set_bold().set_background_color(Color::RGB(0xD9_E1_F2)).set_align(FormatAlign::Top)
}

/// A cell of which something is said.
pub(super) fn marked(severity: Severity) -> Format {
    let (paper, ink) = match severity {
        Severity::Error => (0xFF_C7_CE, 0x9C_00_06),
        Severity::Question => (0xFF_EB_9C, 0x7F_60_00),
        Severity::Note => (0xDD_EB_F7, 0x1F_4E_78),
    };
    text().set_background_color(Color::RGB(paper)).set_font_color(Color::RGB(ink))
}

/// A note at a cell.
pub(super) fn note(text: &str) -> Note {
    Note::new(shortened(text, LONGEST_NOTE)).add_author_prefix(false).set_width(360).set_height(140)
}

/// At most `most` characters; `…` stands where the rest was.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
