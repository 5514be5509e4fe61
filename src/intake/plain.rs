//! Cells that are written as asked: nearly all of them, read without a closer look and without a word about it.
//!
//! What is read here would be read the same by [`coerce`](super::coerce::coerce); what is not goes there.

use std::ops::RangeInclusive;

use jiff::civil::Date;

use super::words::Words;
use crate::{
    catalogue::{Column, ColumnType},
    domain::{Period, PeriodPart},
};

/// How the cells of a column mostly look.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plain {
    /// Digits, and a decimal mark where the number need not be whole, within the range of the column.
    Number { is_whole: bool, range: RangeInclusive<f64> },
    /// Eight digits.
    Agb,
    /// Four digits.
    Year,
    /// A year, or a quarter as `2025-Q1`.
    Period,
    /// A day as `2025-03-15` or `15-03-2025`.
    Date,
    /// `ja` or `nee`.
    Boolean,
    /// A word as the catalogue has it.
    Word(ExactWords),
    /// An identifier.
    Identifier,
    /// Free text.
    Text,
}

impl Plain {
    /// For `column`, which allows `words`.
    pub(super) fn of(column: &Column, words: &Words<'_>) -> Self {
        match column.kind {
            ColumnType::Integer | ColumnType::Decimal => Self::Number {
                is_whole: column.kind == ColumnType::Integer,
                range: column.minimum.unwrap_or(f64::NEG_INFINITY)..=column.maximum.unwrap_or(f64::INFINITY),
            },
            ColumnType::AgbCode => Self::Agb,
            ColumnType::Year => Self::Year,
            ColumnType::Period => Self::Period,
            ColumnType::Date => Self::Date,
            ColumnType::Boolean => Self::Boolean,
            ColumnType::Indicator | ColumnType::Code => Self::Word(ExactWords::of(words)),
            ColumnType::Identifier => Self::Identifier,
            ColumnType::Text => Self::Text,
        }
    }
}

/// Reads exactly so many digits.
#[inline]
pub(super) fn digits<const COUNT: usize>(bytes: &[u8]) -> Option<u32> {
    let bytes: &[u8; COUNT] = bytes.try_into().ok()?;
    let mut number = 0;
    let mut is_number = true;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        is_number &= digit <= 9;
        number = number * 10 + u32::from(digit);
    }
    is_number.then_some(number)
}

/// Reads a year in which data can be.
#[inline]
pub(super) fn year(bytes: &[u8]) -> Option<i16> {
    let year = i16::try_from(digits::<4>(bytes)?).ok()?;
    Period::YEARS.contains(&year).then_some(year)
}

/// Reads a year or a quarter of one.
#[inline]
pub(super) fn period(bytes: &[u8]) -> Option<Period> {
    let (years, quarter) = bytes.split_at_checked(4)?;
    let part = match quarter {
        [] => PeriodPart::Year,
        [b'-', b'Q', quarter @ b'1'..=b'4'] => PeriodPart::Quarter(quarter - b'0'),
        _ => return None,
    };
    Period::new(year(years)?, part).ok()
}

/// Reads a day.
pub(super) fn date(bytes: &[u8]) -> Option<Date> {
    let at = |place: RangeInclusive<usize>| digits::<2>(bytes.get(place)?);
    let (year, month, day) = match bytes {
        [_, _, _, _, b'-', _, _, b'-', _, _] => (digits::<4>(bytes.get(..4)?)?, at(5..=6)?, at(8..=9)?),
        [_, _, b'-', _, _, b'-', _, _, _, _] => (digits::<4>(bytes.get(6..)?)?, at(3..=4)?, at(0..=1)?),
        _ => return None,
    };
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// The words of a column as the catalogue has them, found in one or two steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ExactWords {
    /// A power of two of places, at most a quarter of them taken.
    places: Vec<Option<ExactWord>>,
}

#[derive(Clone, Debug, PartialEq)]
struct ExactWord {
    ends: Ends,
    text: Box<[u8]>,
    /// The place of the word among those of the column.
    index: u32,
}

impl ExactWords {
    fn of(words: &Words<'_>) -> Self {
        let texts: Vec<(&str, u32)> = words.exact().collect();
        let mut places = vec![None; (texts.len() * 4).next_power_of_two()];
        for (text, index) in texts {
            let ends = Ends::of(text.as_bytes());
            let mut place = ends.first_place(places.len());
            while let Some(Some(_)) = places.get(place) {
                place = (place + 1) & (places.len() - 1);
            }
            if let Some(free) = places.get_mut(place) {
                *free = Some(ExactWord { ends, text: text.as_bytes().into(), index });
            }
        }
        Self { places }
    }

    /// The place of the word that is written so.
    #[inline]
    pub(super) fn find(&self, bytes: &[u8]) -> Option<u32> {
        let ends = Ends::of(bytes);
        let mut place = ends.first_place(self.places.len());
        loop {
            let word = self.places.get(place)?.as_ref()?;
            if word.ends == ends && (bytes.len() <= 16 || *word.text == *bytes) {
                return Some(word.index);
            }
            place = (place + 1) & (self.places.len() - 1);
        }
    }
}

/// The length of a text, its first and its last bytes, which may be the same: all of a text of up to 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ends {
    head: u64,
    tail: u64,
    length: usize,
}

impl Ends {
    #[inline]
    fn of(bytes: &[u8]) -> Self {
        let eight = |bytes: Option<&[u8; 8]>| bytes.map(|bytes| u64::from_le_bytes(*bytes));
        let four = |bytes: Option<&[u8; 4]>| bytes.map(|bytes| u64::from(u32::from_le_bytes(*bytes)));
        let at = |place: usize| u64::from(bytes.get(place).copied().unwrap_or_default());
        let (head, tail) = eight(bytes.first_chunk())
            .zip(eight(bytes.last_chunk()))
            .or_else(|| four(bytes.first_chunk()).zip(four(bytes.last_chunk())))
            .unwrap_or_else(|| (at(0) | at(1) << 8, at(2)));
        Self { head, tail, length: bytes.len() }
    }

    /// Where a text is looked for first among `places`, a power of two.
    #[inline]
    const fn first_place(self, places: usize) -> usize {
        let mixed = (self.head ^ self.tail.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 40) as usize & (places - 1)
    }
}
