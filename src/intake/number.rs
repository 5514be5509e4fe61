//! Numbers as Dutch and English spreadsheets write them, read by hand: exactly one reading, or none.
//!
//! The language's own parsers are too lenient here (`NaN`, `inf`, `1e5`, `.5`) and know one notation only.

use super::cell::Number;

/// What was done to read a number that is not written as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remark {
    /// Separators between thousands were left out.
    Thousands,
    /// A point was read as the decimal mark where a comma is the custom.
    DecimalPoint,
    /// The other language's notation, thousands and decimals both.
    Notation,
    /// Leading zeros, a plus sign, decimals that are all zero.
    Cleaned,
}

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Two readings are possible: thousands or decimals.
    Ambiguous,
    /// A spreadsheet's short form of a long number: digits may be lost.
    Scientific,
    /// Decimals where a whole number is asked.
    NotWhole,
    /// Something else.
    NotANumber,
}

/// How numbers are customarily written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    /// The customary decimal mark: a comma, or a point in files whose cells are divided by commas.
    pub decimal_mark: char,
}

const MAXIMUM_DIGITS: usize = 15;

/// Reads digits only, and one customary decimal mark where the number need not be whole: what nearly every cell
/// holds. `None` sends the cell to [`read`].
pub(super) fn read_plain(bytes: &[u8], style: Style, is_whole: bool) -> Option<Number> {
    if bytes.len() > MAXIMUM_DIGITS {
        return None;
    }
    let mut mantissa: i64 = 0;
    let mut decimals: Option<u8> = None;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte.is_ascii_digit() {
            mantissa = mantissa * 10 + i64::from(byte - b'0');
            decimals = decimals.map(|count| count + 1);
        } else if !is_whole && decimals.is_none() && at > 0 && char::from(byte) == style.decimal_mark {
            decimals = Some(0);
        } else {
            return None;
        }
    }
    let has_leading_zero = bytes.first() == Some(&b'0') && bytes.get(1).is_some_and(u8::is_ascii_digit);
    if bytes.is_empty() || decimals == Some(0) || has_leading_zero {
        return None;
    }
    Some(Number::new(mantissa, decimals.unwrap_or(0)))
}

/// Reads `text`, trimmed, in any notation that leaves one reading.
pub(super) fn read(text: &str, style: Style, is_whole: bool) -> Result<(Number, Option<Remark>), Fault> {
    let (is_negative, has_plus, unsigned) = match text.chars().next() {
        Some('-' | '\u{2212}') => (true, false, text.trim_start_matches(['-', '\u{2212}']).trim_start()),
        Some('+') => (false, true, text.get(1..).unwrap_or_default()),
        _ => (false, false, text),
    };
    let parts =
        Parts::of(unsigned).ok_or(if is_scientific(unsigned) { Fault::Scientific } else { Fault::NotANumber })?;
    let (whole, fraction, remark) = parts.split(style, is_whole)?;
    let mut remark = remark;
    let digits = whole.len() + fraction.len();
    if digits > MAXIMUM_DIGITS {
        return Err(Fault::NotANumber);
    }
    if has_plus || (whole.len() > 1 && whole.starts_with('0')) {
        remark = remark.or(Some(Remark::Cleaned));
    }
    let fraction = if is_whole {
        if fraction.bytes().any(|digit| digit != b'0') {
            return Err(Fault::NotWhole);
        }
        if !fraction.is_empty() {
            remark = remark.or(Some(Remark::Cleaned));
        }
        ""
    } else {
        fraction
    };
    let mantissa = whole.bytes().chain(fraction.bytes()).fold(0, |sum: i64, digit| sum * 10 + i64::from(digit - b'0'));
    let decimals = u8::try_from(fraction.len()).map_err(|_| Fault::NotANumber)?;
    Ok((Number::new(if is_negative { -mantissa } else { mantissa }, decimals), remark))
}

/// Groups of digits and what stands between them.
struct Parts<'a> {
    groups: Vec<&'a str>,
    separators: Vec<char>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let is_separator = |c: char| !c.is_ascii_digit();
        let groups: Vec<_> = text.split(is_separator).collect();
        let separators = text.chars().filter(|c| is_separator(*c)).map(separator).collect::<Option<Vec<_>>>()?;
        let is_sound = groups.len() <= 8 && groups.iter().all(|group| !group.is_empty());
        is_sound.then_some(Self { groups, separators })
    }

    /// The digits before and after the decimal mark, and how that was decided.
    fn split(&self, style: Style, is_whole: bool) -> Result<(String, &'a str, Option<Remark>), Fault> {
        let last = self.groups.last().copied().unwrap_or_default();
        let (Some(&final_separator), before) = (self.separators.last(), self.groups.len() - 1) else {
            return Ok((last.to_owned(), "", None));
        };
        let are_equal = self.separators.iter().all(|separator| *separator == final_separator);
        if are_equal && (self.separators.len() > 1 || final_separator == ' ') {
            let is_other = final_separator == style.decimal_mark;
            let remark = if is_other { Remark::Notation } else { Remark::Thousands };
            return if are_thousands(&self.groups) {
                Ok((self.groups.concat(), "", Some(remark)))
            } else {
                Err(Fault::NotANumber)
            };
        }
        if are_equal {
            return self.split_at_one_mark(final_separator, style, is_whole);
        }
        let (thousands, _) = self.groups.split_at(before);
        let grouping = self.separators.first().copied().unwrap_or_default();
        let (groupings, _) = self.separators.split_at(before - 1);
        if final_separator == ' ' || groupings.iter().any(|sign| *sign != grouping) || !are_thousands(thousands) {
            return Err(Fault::NotANumber);
        }
        let is_custom = final_separator == style.decimal_mark;
        let remark = if is_custom || grouping == ' ' { Remark::Thousands } else { Remark::Notation };
        Ok((thousands.concat(), last, Some(remark)))
    }

    /// One point or one comma: the mark of decimals or of a thousand.
    fn split_at_one_mark(
        &self,
        mark: char,
        style: Style,
        is_whole: bool,
    ) -> Result<(String, &'a str, Option<Remark>), Fault> {
        let [first, last] = *self.groups.as_slice() else { return Err(Fault::NotANumber) };
        let may_be_thousand = are_thousands(&self.groups);
        let is_custom = mark == style.decimal_mark;
        match (may_be_thousand, is_custom, is_whole) {
            (true, false, true) => Ok((self.groups.concat(), "", Some(Remark::Thousands))),
            (true, true, true) | (true, false, false) => Err(Fault::Ambiguous),
            (false, false, false) if mark == '.' => Ok((first.to_owned(), last, Some(Remark::DecimalPoint))),
            _ => Ok((first.to_owned(), last, None)),
        }
    }
}

/// Whether groups of digits are written as thousands: three each, the first one to three and not zero.
fn are_thousands(groups: &[&str]) -> bool {
    groups.split_first().is_some_and(|(first, rest)| {
        (1..=3).contains(&first.len()) && !first.starts_with('0') && rest.iter().all(|group| group.len() == 3)
    })
}

/// The separator a character stands for; white space and apostrophes are one.
fn separator(c: char) -> Option<char> {
    match c {
        '.' | ',' => Some(c),
        ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\'' | '\u{2019}' => Some(' '),
        _ => None,
    }
}

/// `1,23E+05`, as a spreadsheet shows a number too long for its column.
pub(super) fn is_scientific(text: &str) -> bool {
    let Some((number, exponent)) = text.split_once(['e', 'E']) else { return false };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(exponent)
        && exponent.len() <= 3
        && number.split(['.', ',']).all(is_digits)
        && number.split(['.', ',']).count() <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUTCH: Style = Style { decimal_mark: ',' };
    const ENGLISH: Style = Style { decimal_mark: '.' };

    fn decimal(text: &str, style: Style) -> Result<(String, Option<Remark>), Fault> {
        read(text, style, false).map(|(number, remark)| (number.to_string(), remark))
    }

    fn whole(text: &str) -> Result<(String, Option<Remark>), Fault> {
        read(text, DUTCH, true).map(|(number, remark)| (number.to_string(), remark))
    }

    #[expect(clippy::unnecessary_wraps, reason = "compared with what was read")]
    fn ok(text: &str, remark: impl Into<Option<Remark>>) -> Result<(String, Option<Remark>), Fault> {
        Ok((text.to_owned(), remark.into()))
    }

    #[test]
    fn decimals_in_a_dutch_file() {
        assert_eq!(decimal("95,8", DUTCH), ok("95.8", None));
        assert_eq!(decimal("1,234", DUTCH), ok("1.234", None));
        assert_eq!(decimal("61.4", DUTCH), ok("61.4", Remark::DecimalPoint));
        assert_eq!(decimal("0.125", DUTCH), ok("0.125", Remark::DecimalPoint));
        assert_eq!(decimal("1.234", DUTCH), Err(Fault::Ambiguous));
        assert_eq!(decimal("24.560,0", DUTCH), ok("24560.0", Remark::Thousands));
        assert_eq!(decimal("24,560.0", DUTCH), ok("24560.0", Remark::Notation));
        assert_eq!(decimal("1.234.567", DUTCH), ok("1234567", Remark::Thousands));
        assert_eq!(decimal("1,234,567", DUTCH), ok("1234567", Remark::Notation));
        assert_eq!(decimal("24\u{a0}560,5", DUTCH), ok("24560.5", Remark::Thousands));
        assert_eq!(decimal("-3", DUTCH), ok("-3", None));
        assert_eq!(decimal("\u{2212}3,5", DUTCH), ok("-3.5", None));
        assert_eq!(decimal("007,5", DUTCH), ok("7.5", Remark::Cleaned));
    }

    #[test]
    fn decimals_in_an_english_file() {
        assert_eq!(decimal("95.8", ENGLISH), ok("95.8", None));
        assert_eq!(decimal("95,8", ENGLISH), ok("95.8", None));
        assert_eq!(decimal("1,234", ENGLISH), Err(Fault::Ambiguous));
        assert_eq!(decimal("24,560.0", ENGLISH), ok("24560.0", Remark::Thousands));
    }

    #[test]
    fn whole_numbers() {
        assert_eq!(whole("412"), ok("412", None));
        assert_eq!(whole("1.204"), ok("1204", Remark::Thousands));
        assert_eq!(whole("1 204"), ok("1204", Remark::Thousands));
        assert_eq!(whole("0412"), ok("412", Remark::Cleaned));
        assert_eq!(whole("412,0"), ok("412", Remark::Cleaned));
        assert_eq!(whole("412,000"), Err(Fault::Ambiguous));
        assert_eq!(whole("412,5"), Err(Fault::NotWhole));
        assert_eq!(whole("2,456E+04"), Err(Fault::Scientific));
    }

    #[test]
    fn what_is_no_number() {
        for text in
            ["NaN", "inf", "", "-", "12a", ".5", "5,", "1..2", "1.23.456", "1,2,3", "４１２", "1e", "0x1f", "1.234,5.6"]
        {
            assert_eq!(decimal(text, DUTCH), Err(Fault::NotANumber), "{text}");
        }
        assert_eq!(decimal("1e5", DUTCH), Err(Fault::Scientific));
        assert_eq!(decimal("1234567890123456", DUTCH), Err(Fault::NotANumber));
    }

    #[test]
    fn the_fast_reader_agrees_with_the_slow_one_or_leaves_it() {
        for text in ["0", "412", "95,8", "0,5", "0412", "95.8", ",5", "5,", "", "1,2,3", "123456789012345"] {
            for is_whole in [false, true] {
                if let Some(number) = read_plain(text.as_bytes(), DUTCH, is_whole) {
                    assert_eq!(read(text, DUTCH, is_whole), Ok((number, None)), "{text}");
                }
            }
        }
        assert!(read_plain(b"95,8", DUTCH, false).is_some() && read_plain(b"412", DUTCH, true).is_some());
    }
}
