//! What can be wrong with the characters of a text, whatever it says.

use encoding_rs::WINDOWS_1252;
use unicode_normalization::UnicodeNormalization;

/// Characters that are not seen and do not belong in a value: zero width, direction marks, soft hyphen.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{180e}' | '\u{61c}')
        || is_direction(c)
}

/// Characters that turn the direction of writing around, by which a text can look like another.
pub(super) const fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A control character that no cell should hold: all but tab and line ends.
pub(super) fn is_stray_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

/// White space and invisible characters beyond the ordinary space.
pub(super) const fn is_odd_space(c: char) -> bool {
    is_invisible(c) || (c.is_whitespace() && !c.is_ascii())
}

/// A name reduced to what matters: compatibility forms undone, lower case, letters and digits only.
pub(super) fn fold(name: &str) -> String {
    name.nfkc().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Latin letters that Cyrillic and Greek letters look like.
const LOOKALIKES: [(char, char); 40] = [
    ('А', 'A'),
    ('В', 'B'),
    ('Е', 'E'),
    ('К', 'K'),
    ('М', 'M'),
    ('Н', 'H'),
    ('О', 'O'),
    ('Р', 'P'),
    ('С', 'C'),
    ('Т', 'T'),
    ('У', 'Y'),
    ('Х', 'X'),
    ('І', 'I'),
    ('Ј', 'J'),
    ('Ѕ', 'S'),
    ('а', 'a'),
    ('е', 'e'),
    ('о', 'o'),
    ('р', 'p'),
    ('с', 'c'),
    ('у', 'y'),
    ('х', 'x'),
    ('і', 'i'),
    ('ј', 'j'),
    ('ѕ', 's'),
    ('Α', 'A'),
    ('Β', 'B'),
    ('Ε', 'E'),
    ('Ζ', 'Z'),
    ('Η', 'H'),
    ('Ι', 'I'),
    ('Κ', 'K'),
    ('Μ', 'M'),
    ('Ν', 'N'),
    ('Ο', 'O'),
    ('Ρ', 'P'),
    ('Τ', 'T'),
    ('Υ', 'Y'),
    ('Χ', 'X'),
    ('ο', 'o'),
];

/// The first letter that looks like another, and the text with all of them replaced.
pub(super) fn lookalike(text: &str) -> Option<(char, String)> {
    let latin = |c: char| LOOKALIKES.iter().find(|(odd, _)| *odd == c).map(|(_, latin)| *latin);
    let is_full_width = |c: char| ('\u{ff01}'..='\u{ff5e}').contains(&c);
    let first = text.chars().find(|c| latin(*c).is_some() || is_full_width(*c))?;
    Some((first, text.nfkc().map(|c| latin(c).unwrap_or(c)).collect()))
}

/// The text as it was before UTF-8 was taken for windows-1252 and saved again; `None` when that did not happen.
pub(super) fn undo_double_encoding(text: &str) -> Option<String> {
    let mut repaired = String::with_capacity(text.len());
    let mut is_repaired = false;
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| !c.is_ascii()) {
        let (before, from) = rest.split_at(start);
        let (run, after) = from.split_at(from.find(|c: char| c.is_ascii()).unwrap_or(from.len()));
        let (bytes, _, is_lossy) = WINDOWS_1252.encode(run);
        let decoded = if is_lossy { None } else { std::str::from_utf8(&bytes).ok() };
        repaired.push_str(before);
        repaired.push_str(decoded.unwrap_or(run));
        is_repaired |= decoded.is_some();
        rest = after;
    }
    repaired.push_str(rest);
    is_repaired.then_some(repaired)
}

/// Whether a spreadsheet would take the text for a formula.
pub(super) fn is_formula(text: &str) -> bool {
    let mut characters = text.chars();
    match characters.next() {
        Some('=' | '@' | '\t' | '\r' | '\u{ff1d}' | '\u{ff20}') => text.chars().count() > 1,
        Some('+' | '-' | '\u{ff0b}' | '\u{ff0d}') => {
            characters.next().is_some_and(char::is_alphabetic) || text.contains(['|', '(', '!'])
        }
        _ => false,
    }
}

const SPREADSHEET_ERRORS: [&str; 22] = [
    "#N/B",
    "#VERW!",
    "#WAARDE!",
    "#NAAM?",
    "#DEEL/0!",
    "#GETAL!",
    "#LEEG!",
    "#OVERLOOP!",
    "#BEREKEN!",
    "#VELD!",
    "#BLOKKEREN!",
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#NAME?",
    "#DIV/0!",
    "#NUM!",
    "#NULL!",
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
    "#GEENVERBINDING!",
];

/// Whether the text is what a spreadsheet shows for a failed formula, or for a column that is too narrow.
pub(super) fn is_spreadsheet_error(text: &str) -> bool {
    SPREADSHEET_ERRORS.iter().any(|error| text.eq_ignore_ascii_case(error))
        || (text.len() >= 3 && text.bytes().all(|byte| byte == b'#'))
}

/// Whether nine digits pass the eleven-test of the citizen service number (BSN).
pub(super) fn passes_eleven_test(digits: &[u8]) -> bool {
    if digits.len() != 9 || !digits.iter().all(u8::is_ascii_digit) || digits.iter().all(|digit| *digit == b'0') {
        return false;
    }
    let weights = [9, 8, 7, 6, 5, 4, 3, 2, -1];
    let sum: i32 = digits.iter().zip(weights).map(|(digit, weight)| i32::from(digit - b'0') * weight).sum();
    sum % 11 == 0
}

/// Whether a number of nine digits that passes the eleven-test stands in the text; points, dashes and spaces may divide it.
pub(super) fn holds_national_number(text: &[u8]) -> bool {
    runs_of_digits(text).any(|digits| passes_eleven_test(&digits))
}

/// Whether an e-mail address or a Dutch telephone number stands in the text.
pub(super) fn holds_contact_data(text: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
    let is_address = text.match_indices('@').any(|(at, _)| {
        let (before, after) = text.split_at(at);
        let host: &str = after.get(1..).unwrap_or_default();
        let host = host.split(|c| !part(c)).next().unwrap_or_default().trim_end_matches('.');
        before.chars().next_back().is_some_and(part)
            && host.rsplit_once('.').is_some_and(|(name, top)| !name.is_empty() && top.len() >= 2)
    });
    is_address
        || runs_of_digits(text.as_bytes()).any(|digits| {
            let national = digits.len() == 10 && digits.starts_with(b"0") && digits.get(1) != Some(&b'0');
            let abroad = digits.len() == 11 && digits.starts_with(b"31");
            national || abroad || (digits.len() == 13 && digits.starts_with(b"0031"))
        })
}

/// The digits of every run of digits that single separators may divide.
fn runs_of_digits(text: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.iter().position(u8::is_ascii_digit)?;
        let mut digits = Vec::new();
        let mut separators = 0;
        let mut length = 0;
        for byte in rest.iter().skip(start) {
            match byte {
                b'0'..=b'9' => {
                    digits.push(*byte);
                    separators = 0;
                }
                b' ' | b'-' | b'.' | b'(' | b')' if separators < 2 => separators += 1,
                _ => break,
            }
            length += 1;
        }
        rest = rest.get(start + length..).unwrap_or_default();
        Some(digits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fold_to_what_matters() {
        for name in ["agb_code", "AGB-code", " Agb Code\u{200b}", "ＡＧＢ\u{a0}code"] {
            assert_eq!(fold(name), "agbcode");
        }
    }

    #[test]
    fn double_encoding_is_undone_and_nothing_else() {
        assert_eq!(undo_double_encoding("Ã©Ã©n cliÃ«nt").as_deref(), Some("één cliënt"));
        assert_eq!(undo_double_encoding("één cliënt – € 5"), None);
    }

    #[test]
    fn formulas_and_what_only_looks_like_one() {
        for text in ["=cmd|'/C calc'!A0", "@SUM(A1)", "+HYPERLINK(1)", "-2+3+cmd|' /C calc'!A0", "＝1+1"] {
            assert!(is_formula(text), "{text}");
        }
        for text in ["- kleine groep", "-5", "+31 6", "goed", "=", ""] {
            assert!(!is_formula(text), "{text}");
        }
    }

    #[test]
    fn numbers_of_persons() {
        assert!(holds_national_number(b"bsn 111222333."));
        assert!(holds_national_number(b"1112.22.333"));
        assert!(!holds_national_number(b"111222334 0612345678 00990001"));
        for text in ["Bel mij op 06-12345678", "a.b@voorbeeld.nl", "+31 6 12345678", "020 123 45 67"] {
            assert!(holds_contact_data(text), "{text}");
        }
        for text in ["15-03-2024", "99 @ 100", "kleine groep", "24560 uur"] {
            assert!(!holds_contact_data(text), "{text}");
        }
    }
}
