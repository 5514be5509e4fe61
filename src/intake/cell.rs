//! Typed cells and rows: what a sink is handed.

use std::fmt;

use jiff::civil::Date;

use crate::{
    catalogue::Dataset,
    domain::{AgbCode, MissingReason, Period},
};

/// A number with the decimals it was shown with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    mantissa: i64,
    decimals: u8,
}

impl Number {
    const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

    /// `mantissa` divided by ten to the power `decimals`, at most 15.
    pub(super) const fn new(mantissa: i64, decimals: u8) -> Self {
        Self { mantissa, decimals }
    }

    /// The nearest floating-point number.
    pub fn value(self) -> f64 {
        if self.decimals == 0 {
            return self.mantissa as f64;
        }
        // Mantissa and power are exact below 2^53 and 1e22, so that the quotient is rounded once.
        self.mantissa as f64 / Self::POWERS.get(usize::from(self.decimals)).copied().unwrap_or(f64::INFINITY)
    }

    /// How many decimals it was shown with.
    pub const fn decimals(self) -> u8 {
        self.decimals
    }

    /// Half of the last of `decimals` decimals: how far the number may be from what was rounded to it.
    pub(super) fn half_unit(decimals: u8) -> f64 {
        const HALVES: [f64; 16] =
            [5e-1, 5e-2, 5e-3, 5e-4, 5e-5, 5e-6, 5e-7, 5e-8, 5e-9, 5e-10, 5e-11, 5e-12, 5e-13, 5e-14, 5e-15, 5e-16];
        HALVES.get(usize::from(decimals)).copied().unwrap_or(0.0)
    }

    /// The number without its decimal mark.
    pub(super) const fn mantissa(self) -> i64 {
        self.mantissa
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = usize::from(self.decimals);
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = format!("{:0width$}", self.mantissa.unsigned_abs(), width = decimals + 1);
        match digits.split_at_checked(digits.len() - decimals) {
            Some((whole, fraction)) if decimals > 0 => write!(f, "{sign}{whole}.{fraction}"),
            _ => write!(f, "{sign}{digits}"),
        }
    }
}

/// One cell, read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// No value, and why.
    Missing(MissingReason),
    /// An AGB code for which the uploader may deliver.
    Agb(AgbCode),
    /// A report year.
    Year(i16),
    /// A period.
    Period(Period),
    /// The catalogue's code of an indicator, or a word of a column of codes.
    Word {
        /// Its place among the words of the column.
        index: u32,
        /// The word as the catalogue has it.
        text: &'a str,
    },
    /// A whole or decimal number.
    Number(Number),
    /// A day.
    Date(Date),
    /// Yes or no.
    Boolean(bool),
    /// An identifier or free text, normalised to NFC.
    Text(&'a str),
}

/// One accepted row.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The dataset it is a row of.
    pub dataset: &'a Dataset,
    /// The physical line on which it starts, from 1.
    pub line: u64,
    /// Its number among the data records, from 1.
    pub row: u64,
    /// A cell for each column of the dataset, in the dataset's order; also for columns the file does not have.
    pub cells: &'a [Cell<'a>],
}

impl<'a> Row<'a> {
    /// The cell in the dataset's column `name`; `None` when the dataset has no such column.
    pub fn cell(&self, name: &str) -> Option<Cell<'a>> {
        let index = self.dataset.columns.iter().position(|column| column.name == name)?;
        self.cells.get(index).copied()
    }

    /// The words of the cell in column `name`: a text, a word or an AGB code as they are written.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.cell(name)? {
            Cell::Text(text) | Cell::Word { text, .. } => Some(text.to_owned()),
            Cell::Agb(code) => Some(code.to_string()),
            _ => None,
        }
    }
}

/// Takes the accepted rows of a file, in its order.
pub trait RowSink {
    /// Takes a row.
    fn row(&mut self, row: &Row<'_>);

    /// Forgets all rows: they are given again from the first, because some turned out to be said twice.
    fn restart(&mut self);
}

/// Takes nothing: for a check that only reports.
#[derive(Clone, Copy, Debug)]
pub struct NoSink;

impl RowSink for NoSink {
    fn row(&mut self, _: &Row<'_>) {}

    fn restart(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_the_decimals_they_were_shown_with() {
        for (mantissa, decimals, text, value) in
            [(958, 1, "95.8", 95.8), (-5, 2, "-0.05", -0.05), (412, 0, "412", 412.0), (750, 1, "75.0", 75.0)]
        {
            let number = Number::new(mantissa, decimals);
            assert_eq!(number.to_string(), text);
            assert!((number.value() - value).abs() < 1e-12);
        }
    }
}
