//! Rows that are said twice, found with eight bytes a row.
//!
//! The first reading of a file keeps a hash of each row's key. Only when two are equal is the file read again, and
//! then the keys themselves are compared, for those rows alone.

use super::cell::Cell;

/// Hashes typed cells: equal values give equal hashes however they were written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hasher(u64);

impl Default for Hasher {
    fn default() -> Self {
        Self(0x243f_6a88_85a3_08d3)
    }
}

impl Hasher {
    #[inline]
    pub(super) fn add(&mut self, cell: &Cell<'_>) {
        let (sort, number) = match cell {
            Cell::Missing(_) => (0, 0),
            Cell::Agb(code) => (1, u64::from(code.number())),
            Cell::Year(year) => (2, u64::from(year.unsigned_abs())),
            Cell::Period(period) => (3, super::program::period_number(*period).to_bits()),
            Cell::Word { index, .. } => (4, u64::from(*index)),
            Cell::Number(number) => (5, number.value().to_bits()),
            Cell::Date(date) => (6, super::program::day_number(*date).to_bits()),
            Cell::Boolean(yes) => (7, u64::from(*yes)),
            Cell::Text(text) => {
                for piece in text.as_bytes().chunks(8) {
                    self.mix(piece.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)));
                }
                (8, text.len() as u64)
            }
        };
        self.mix(number ^ (sort << 60));
    }

    /// One multiplication to 128 bits, its halves folded.
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of the product are taken on purpose")]
    fn mix(&mut self, number: u64) {
        let product = u128::from(self.0 ^ number) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product as u64).rotate_left(29) ^ ((product >> 64) as u64) ^ number;
    }

    pub(super) const fn finish(self) -> u64 {
        self.0
    }
}

/// Writes typed cells as bytes: equal values give equal bytes, others others.
pub(super) fn write_key<'c>(cells: impl Iterator<Item = &'c Cell<'c>>, bytes: &mut Vec<u8>) {
    for cell in cells {
        match cell {
            Cell::Missing(_) => bytes.push(0),
            Cell::Agb(code) => bytes.extend(code.number().to_be_bytes()),
            Cell::Year(year) => bytes.extend(year.to_be_bytes()),
            Cell::Period(period) => bytes.extend(super::program::period_number(*period).to_bits().to_be_bytes()),
            Cell::Word { index, .. } => bytes.extend(index.to_be_bytes()),
            Cell::Number(number) => bytes.extend(number.value().to_bits().to_be_bytes()),
            Cell::Date(date) => bytes.extend(super::program::day_number(*date).to_bits().to_be_bytes()),
            Cell::Boolean(yes) => bytes.push(1 + u8::from(*yes)),
            Cell::Text(text) => {
                bytes.extend((text.len() as u64).to_be_bytes());
                bytes.extend(text.as_bytes());
            }
        }
        bytes.push(0xff);
    }
}

/// The hashes that stand more than once in `hashes`, in order, each once.
pub(super) fn repeated(mut hashes: Vec<u64>) -> Vec<u64> {
    sift(&mut hashes);
    hashes.sort_unstable();
    let mut repeated: Vec<u64> =
        hashes.windows(2).filter_map(|pair| (pair.first() == pair.last()).then(|| pair.first().copied())?).collect();
    repeated.dedup();
    repeated
}

/// Takes out most of what stands alone, which is less work than to put it in order: whatever has a bit of its own, of
/// sixteen or more bits a hash as long as that is a few megabytes.
fn sift(hashes: &mut Vec<u64>) {
    const MOST_WORDS: usize = 1 << 18;
    let words = (hashes.len() / 4).next_power_of_two().min(MOST_WORDS);
    // A hash may be uneven in its lower bits.
    let place = |hash: u64| {
        let spread = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        (usize::try_from(spread / 64).unwrap_or_default() & (words - 1), 1_u64 << (spread % 64))
    };
    let (mut once, mut twice) = (vec![0_u64; words], vec![0_u64; words]);
    for hash in &*hashes {
        let (word, bit) = place(*hash);
        if let (Some(once), Some(twice)) = (once.get_mut(word), twice.get_mut(word)) {
            *twice |= *once & bit;
            *once |= bit;
        }
    }
    hashes.retain(|hash| {
        let (word, bit) = place(*hash);
        twice.get(word).is_some_and(|twice| twice & bit > 0)
    });
}

/// What a row turns out to be beside the earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repetition {
    /// The first with its key.
    First,
    /// Says the same as the row on this line.
    Same(u64),
    /// Contradicts the row on this line.
    Conflict(u64),
}

#[derive(Clone, Copy, Debug, Default)]
struct First {
    line: u64,
    content: u64,
    key_start: usize,
    key_end: usize,
}

/// The first row of each key whose hash stands more than once.
#[derive(Debug)]
pub(super) struct Firsts {
    hashes: Vec<u64>,
    rows: Vec<First>,
    keys: Vec<u8>,
    /// Keys that share their hash with another key: in practice none.
    others: Vec<(Vec<u8>, u64, u64)>,
}

impl Firsts {
    /// For these hashes, in order.
    pub(super) fn new(hashes: Vec<u64>) -> Self {
        let rows = vec![First::default(); hashes.len()];
        Self { hashes, rows, keys: Vec::new(), others: Vec::new() }
    }

    /// Compares a row with the first one of its key. `key` writes the key, `content` hashes the other cells.
    pub(super) fn compare(
        &mut self,
        hash: u64,
        line: u64,
        key: impl FnOnce(&mut Vec<u8>),
        content: impl FnOnce() -> u64,
    ) -> Repetition {
        let Ok(index) = self.hashes.binary_search(&hash) else { return Repetition::First };
        let Some(first) = self.rows.get_mut(index) else { return Repetition::First };
        let key_start = self.keys.len();
        key(&mut self.keys);
        let key_end = self.keys.len();
        let content = content();
        if first.line == 0 {
            *first = First { line, content, key_start, key_end };
            return Repetition::First;
        }
        let (known, own) = (self.keys.get(first.key_start..first.key_end), self.keys.get(key_start..));
        let earlier = if known == own {
            Some((first.line, first.content))
        } else {
            let own = own.unwrap_or_default();
            self.others.iter().find(|(other, _, _)| other == own).map(|(_, line, content)| (*line, *content))
        };
        let Some((first_line, first_content)) = earlier else {
            self.others.push((self.keys.split_off(key_start), line, content));
            return Repetition::First;
        };
        self.keys.truncate(key_start);
        if first_content == content { Repetition::Same(first_line) } else { Repetition::Conflict(first_line) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_hashes_of_other_keys_are_no_repetition() {
        assert_eq!(repeated(vec![3, 1, 3, 2, 3, 1]), [1, 3]);
        // Even and uneven ones, of which every hundredth stands twice.
        for step in [1, 1 << 40, 0x9e37_79b9_7f4a_7c15] {
            let all = (0..30_000_u64).chain((0..30_000).step_by(100)).map(|number| number.wrapping_mul(step));
            let mut twice: Vec<u64> = (0..30_000_u64).step_by(100).map(|number| number.wrapping_mul(step)).collect();
            twice.sort_unstable();
            assert_eq!(repeated(all.collect()), twice);
        }
        let mut firsts = Firsts::new(vec![1]);
        let mut compare =
            |key: &'static [u8], line, content| firsts.compare(1, line, |bytes| bytes.extend(key), || content);
        assert_eq!(compare(b"a", 2, 7), Repetition::First);
        assert_eq!(compare(b"b", 3, 7), Repetition::First);
        assert_eq!(compare(b"a", 4, 7), Repetition::Same(2));
        assert_eq!(compare(b"b", 5, 8), Repetition::Conflict(3));
    }
}
