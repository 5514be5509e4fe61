//! A row as the rules see it: a number in each column, and which columns have one.

use crate::catalogue::Indicator;

/// The numbers of one row.
#[derive(Debug, Default)]
pub(super) struct Values<'a> {
    /// The number in each column of the dataset; NaN where there is none.
    pub numbers: Vec<f64>,
    /// The columns that have a value, as bits.
    pub present: u64,
    /// The decimals with which it was shown.
    pub decimals: Vec<u8>,
    /// The columns whose cells could not be read, as bits.
    pub unreadable: u64,
    /// The day of the check, as [`day_number`](super::program::day_number) counts.
    pub today: f64,
    /// The indicator the row is about.
    pub measure: Option<&'a Indicator>,
}

/// What decides which parts of a rule are still open in a row: rows of a file come in few shapes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'a> {
    /// The columns that have a value, as bits.
    pub present: u64,
    /// The indicator the row is about.
    pub measure: Option<&'a Indicator>,
}

impl PartialEq for Shape<'_> {
    /// Indicators are told apart by their place in the catalogue.
    fn eq(&self, other: &Self) -> bool {
        let place = |shape: &Self| shape.measure.map(std::ptr::from_ref);
        self.present == other.present && place(self) == place(other)
    }
}

impl<'a> Values<'a> {
    /// Notes the number in the column `index`, whose bit is `bit`.
    #[inline]
    pub(super) fn note(&mut self, index: usize, bit: u64, number: f64, decimals: u8) {
        if let Some(slot) = self.numbers.get_mut(index) {
            *slot = number;
        }
        if let Some(slot) = self.decimals.get_mut(index) {
            *slot = decimals;
        }
        self.present |= bit;
    }

    /// Notes that the column `index` has no value.
    #[inline]
    pub(super) fn forget(&mut self, index: usize) {
        if let Some(slot) = self.numbers.get_mut(index) {
            *slot = f64::NAN;
        }
    }

    /// The shape of the row.
    pub(super) const fn shape(&self) -> Shape<'a> {
        Shape { present: self.present, measure: self.measure }
    }
}
