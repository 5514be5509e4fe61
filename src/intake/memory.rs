//! Cells that were read before: files repeat themselves.

use super::cell::{Cell, Number};
use crate::domain::MissingReason;

/// What some texts of a column were read as, when there was nothing to say about them.
#[derive(Clone, Debug)]
pub(super) struct Memory<'a> {
    slots: [(u128, Cell<'a>); Memory::SLOTS],
    /// Which of the places of a text is overwritten next.
    next: usize,
}

impl Default for Memory<'_> {
    fn default() -> Self {
        Self { slots: [(0, Cell::Missing(MissingReason::NotReported)); Memory::SLOTS], next: 0 }
    }
}

impl<'a> Memory<'a> {
    const SLOTS: usize = 64;
    /// In how many places a text may be kept.
    const PLACES: usize = 4;

    pub(super) fn recall(&self, bytes: &[u8]) -> Option<Cell<'a>> {
        let packed = pack(bytes)?;
        let places = self.slots.get(first_place(packed)..)?.get(..Self::PLACES)?;
        places.iter().find(|(found, _)| *found == packed).map(|(_, cell)| *cell)
    }

    pub(super) fn remember(&mut self, bytes: &[u8], cell: Cell<'a>) {
        let Some(packed) = pack(bytes) else { return };
        self.next = (self.next + 1) % Self::PLACES;
        let places = self.slots.get_mut(first_place(packed)..).unwrap_or_default();
        let free = places.iter().take(Self::PLACES).position(|(found, _)| *found == 0);
        if let Some(place) = places.get_mut(free.unwrap_or(self.next)) {
            *place = (packed, cell);
        }
    }
}

/// A text of 1 to 15 bytes as one number, its length in the last byte: equal only for equal texts, never 0.
fn pack(bytes: &[u8]) -> Option<u128> {
    let length = bytes.len();
    if length == 0 || length > 15 {
        return None;
    }
    let text = bytes.iter().rev().fold(0, |packed: u128, byte| (packed << 8) | u128::from(*byte));
    Some(text | ((length as u128) << 120))
}

/// The first of the places of a packed text.
#[expect(clippy::cast_possible_truncation, reason = "halves of a number are mixed on purpose")]
const fn first_place(packed: u128) -> usize {
    let mixed = ((packed as u64) ^ ((packed >> 64) as u64)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 60) as usize * Memory::PLACES
}

/// Only for the size of a remembered cell to stay in sight.
const _: () = assert!(size_of::<Cell<'_>>() <= 32 && size_of::<Number>() <= 16);
