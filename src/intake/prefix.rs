//! The first cells of a row, when they are those of the row before: rows of an organisation and period mostly follow one
//! another.

use super::{cell::Cell, duplicates::Hasher, layout::Layout, plain::Plain, program, scan::Record, values::Values};

/// The first cells of the last row in which each was written plainly.
#[derive(Debug)]
pub(super) struct Prefix<'a> {
    /// How many columns it is about: those that say whose the row is and when, as far as the file has them first.
    pub columns: usize,
    /// What stood before the next cell, the delimiter included. Empty when nothing is known.
    bytes: Vec<u8>,
    cells: Vec<Cell<'a>>,
    /// What the cells are to the rules.
    numbers: Vec<f64>,
    present: u64,
    /// What the cells come to in a row's key.
    key: Hasher,
    /// Whether the key begins with these columns.
    begins_key: bool,
}

impl<'a> Prefix<'a> {
    pub(super) fn of(layout: &Layout<'_>) -> Self {
        let is_fixed = |plain: &Plain| matches!(plain, Plain::Agb | Plain::Year | Plain::Period);
        let columns = layout
            .columns
            .iter()
            .enumerate()
            .take_while(|(index, column)| column.position == Some(*index) && is_fixed(&column.plain))
            .count();
        let present = (0..columns).fold(0, |all, index| all | program::bit(index));
        Self {
            columns,
            bytes: Vec::new(),
            cells: Vec::new(),
            numbers: Vec::new(),
            present,
            key: Hasher::default(),
            begins_key: layout.key.iter().copied().take(columns).eq(0..columns),
        }
    }

    /// Puts the cells behind `cells` when the record begins as the one they were read from, and says how many.
    #[inline]
    pub(super) fn recall<'r>(&self, record: &Record<'r>, cells: &mut Vec<Cell<'r>>, values: &mut Values<'_>) -> usize
    where
        'a: 'r,
    {
        if self.bytes.is_empty() || record.before(self.columns) != Some(self.bytes.as_slice()) {
            return 0;
        }
        cells.extend_from_slice(&self.cells);
        for (slot, number) in values.numbers.iter_mut().zip(&self.numbers) {
            *slot = *number;
        }
        values.present |= self.present;
        self.columns
    }

    /// The key of a row in which `known` cells were recalled, as far as they tell it, and how many of its columns that is.
    #[inline]
    pub(super) fn key(&self, known: usize) -> (Hasher, usize) {
        if known > 0 && self.begins_key { (self.key, known) } else { (Hasher::default(), 0) }
    }

    /// Keeps the cells that were just read from `record`, each of them written plainly.
    pub(super) fn remember(&mut self, record: &Record<'_>, cells: &[Cell<'_>], values: &Values<'_>) {
        self.bytes.clear();
        self.cells.clear();
        self.numbers.clear();
        for cell in cells {
            self.cells.push(match *cell {
                Cell::Agb(code) => Cell::Agb(code),
                Cell::Year(year) => Cell::Year(year),
                Cell::Period(period) => Cell::Period(period),
                _ => return,
            });
        }
        self.key = Hasher::default();
        for cell in cells {
            self.key.add(cell);
        }
        self.numbers.extend(values.numbers.iter().take(self.columns));
        // A quoted cell begins behind its quote: what stands before it is then no whole prefix.
        let before = record.before(self.columns).filter(|before| before.last().is_some_and(|byte| *byte != b'"'));
        self.bytes.extend_from_slice(before.unwrap_or_default());
    }
}
