//! What must hold for any bytes, as functions for a fuzzer and for the tests that run its seeds.

use std::io::{Cursor, Read};

use super::{
    AnyOrganisation, CheckContext, NoSink, check as check_file,
    date::{read_date, read_period},
    decode::{TextEncoding, TextReader, survey},
    number::{self, Style},
    scan::Scanner,
};
use crate::catalogue::Catalogue;

/// The most bytes of text that a byte of a file can become: half a character of UTF-16 becomes a sign of three bytes.
const GROWTH: usize = 3;

/// Every file has one encoding, and what is said to be UTF-8 is.
///
/// # Panics
///
/// When that does not hold.
pub fn decode(bytes: &[u8]) {
    let Ok(found) = survey(&mut Cursor::new(bytes), bytes) else { return };
    let Ok(mut reader) = TextReader::open(Cursor::new(bytes), found) else { return };
    let mut text = Vec::new();
    let read = reader.read_to_end(&mut text);
    assert!(read.is_ok(), "memory can be read");
    assert!(text.len() <= bytes.len().saturating_mul(GROWTH) + GROWTH, "{} from {}", text.len(), bytes.len());
    if matches!(found.encoding, TextEncoding::Utf8 | TextEncoding::Utf16(_) | TextEncoding::BrokenUtf16(_)) {
        assert!(std::str::from_utf8(&text).is_ok(), "{:?}", found.encoding);
    }
}

/// Lines only go up, and no cell is longer than its record.
///
/// # Panics
///
/// When that does not hold.
pub fn scanner(bytes: &[u8]) {
    let mut scanner = Scanner::new(bytes, b';', 4096);
    let mut last = 0;
    let mut scratch = Vec::new();
    while scanner.advance().is_ok_and(|goes_on| goes_on) {
        let record = scanner.record();
        assert!(record.line > last, "line {} after line {last}", record.line);
        last = record.line;
        for index in 0..record.len() {
            assert!(record.cell(index, &mut scratch).len() <= record.bytes().len(), "cell {index} of line {last}");
        }
    }
    let ends = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
    assert!(last <= ends + 1, "line {last} of {}", ends + 1);
}

/// A number that was read is read the same when it is printed plainly.
///
/// # Panics
///
/// When that does not hold.
pub fn number(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for decimal_mark in [',', '.'] {
        for is_whole in [false, true] {
            let style = Style { decimal_mark };
            let Ok((number, _)) = number::read(text.trim(), style, is_whole) else { continue };
            let plain = number.to_string().replace('.', &decimal_mark.to_string());
            let again = number::read(&plain, style, is_whole).map(|(number, _)| number);
            assert_eq!(again, Ok(number), "{text:?} printed as {plain:?}");
        }
    }
}

/// A day or period that was read is read the same, without a remark, when it is printed.
///
/// # Panics
///
/// When that does not hold.
pub fn date(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some((day, _)) = read_date(text.trim()) {
        assert_eq!(read_date(&day.to_string()), Some((day, None)), "{text:?}");
    }
    if let Some((period, _)) = read_period(text.trim(), Some(2024)) {
        assert_eq!(read_period(&period.to_string(), None), Some((period, None)), "{text:?}");
    }
}

/// Any bytes, whatever they call themselves, give a report whose rows add up.
///
/// # Panics
///
/// When that does not hold.
pub fn check(catalogue: &Catalogue, bytes: &[u8]) {
    // A name matters where something is packed.
    let names = if bytes.starts_with(b"PK") || bytes.starts_with(b"\x1f\x8b") { 3 } else { 1 };
    for name in ["a.csv", "a.xlsx", "a.csv.gz"].into_iter().take(names) {
        let usual = CheckContext::new(jiff::civil::date(2025, 2, 1), None, &AnyOrganisation);
        let context = CheckContext { file_name: Some(name), ..usual };
        let report = check_file(Cursor::new(bytes), catalogue, &context, &mut NoSink);
        assert!(report.is_ok_and(|report| report.rows.add_up()), "{name}");
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::intake::corpus_tests::catalogue;

    /// All files of the corpus up to a size, in order.
    fn seeds() -> Vec<Vec<u8>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus");
        let mut paths: Vec<_> = ["files", "own/files"]
            .iter()
            .flat_map(|folder| fs::read_dir(root.join(folder)).expect("a folder"))
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        let files = paths.into_iter().map(|path| fs::read(path).expect("a file"));
        files.filter(|bytes| bytes.len() <= 16 << 10).collect()
    }

    /// A small generator of numbers, so that the same mutations are made everywhere.
    struct Mix(u64);

    impl Mix {
        fn below(&mut self, limit: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(self.0 >> 33).expect("31 bits") % limit.max(1)
        }

        /// Cuts, doubles, exchanges and inserts bytes that matter.
        fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
            const TOKENS: [&[u8]; 12] =
                [b"\"", b";", b"\r", b"\n", b"\r\n", b"\0", b"\xff", b"\xc3", b"=", b"\xef\xbb\xbf", b"'", b","];
            let mut changed = bytes.to_vec();
            for _ in 0..=self.below(4) {
                let at = self.below(changed.len() + 1);
                match self.below(4) {
                    0 => changed.truncate(at),
                    1 => drop(changed.splice(at..at, TOKENS[self.below(TOKENS.len())].iter().copied())),
                    2 if at < changed.len() => changed[at] = u8::try_from(self.below(256)).expect("a byte"),
                    _ => {
                        let end = (at + self.below(40)).min(changed.len());
                        let piece = changed[at..end].to_vec();
                        drop(changed.splice(at..at, piece));
                    }
                }
            }
            changed
        }
    }

    #[test]
    fn seeds_and_their_mutations_hold() {
        let catalogue = catalogue();
        let mut mix = Mix(1);
        for seed in seeds() {
            for mutation in 0..6 {
                let bytes = if mutation == 0 { seed.clone() } else { mix.mutate(&seed) };
                decode(&bytes);
                scanner(&bytes);
                check(&catalogue, &bytes);
                for cell in bytes.split(|byte| matches!(byte, b';' | b'\r' | b'\n')).take(40) {
                    number(cell);
                    date(cell);
                }
            }
        }
    }
}
