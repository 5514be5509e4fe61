//! Workbooks for people: annotated copies and templates as XLSX. Values in, bytes out; no clock, no files.
//!
//! What they hold is decided elsewhere: [`intake`](crate::intake) reads the rows of a copy, the
//! [`catalogue`](crate::catalogue) says what a template asks. Here is only how it looks in a spreadsheet.

mod copy;
mod look;
mod template;

pub use copy::{TooLarge, XlsxCopy};
pub use template::template;

/// A workbook could not be written: a fault of this program.
#[derive(Debug, thiserror::Error)]
#[error("a workbook could not be written")]
pub struct SheetError(#[from] rust_xlsxwriter::XlsxError);

#[cfg(test)]
mod tests;
