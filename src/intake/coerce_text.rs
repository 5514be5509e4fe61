//! Identifiers and free text.

use super::{
    cell::Cell,
    coerce::{Report, code_point, coerce_missing, control_name, text_marker},
    collect::{Cause, Detail, show},
    text,
};
use crate::{catalogue::Column, domain::MissingReason};

/// The most characters of an identifier that does not say so itself.
pub(super) const IDENTIFIER_LENGTH: usize = 64;

/// Reads an identifier: letters, digits and `-_.`, the first a letter or digit.
pub(super) fn is_identifier(bytes: &[u8], column: &Column) -> bool {
    bytes.len() <= column.maximum_length.unwrap_or(IDENTIFIER_LENGTH)
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && !text::passes_eleven_test(bytes)
}

/// Reads a cell of type identifier that is not plainly one.
pub(super) fn coerce_identifier<'a>(
    raw: &str,
    column: &Column,
    stored: &'a mut String,
    report: &mut Report<'_>,
) -> Option<Cell<'a>> {
    let found = || Detail::of(raw.as_bytes()).with("example", &column.example);
    let cleaned: String = raw.chars().filter(|c| !text::is_invisible(*c)).collect();
    let trimmed = cleaned.trim();
    let value = text_marker(trimmed).unwrap_or(trimmed);
    if value.is_empty() {
        return coerce_missing(MissingReason::NotReported, value, column, &found, report);
    }
    if text::passes_eleven_test(value.as_bytes()) {
        report(Cause::Kind("privacy.national_number"), &Detail::default);
        return None;
    }
    if raw.chars().any(text::is_stray_control) {
        report(Cause::Kind("cell.control_char"), &|| found().with("character", control_name(raw)));
        return None;
    }
    if text::is_formula(value) {
        report(Cause::Kind("cell.formula"), &found);
        return None;
    }
    if !is_identifier(value.as_bytes(), column) {
        let lookalike = text::lookalike(value);
        let code = if lookalike.is_some() { "cell.lookalike" } else { "cell.type.identifier" };
        report(Cause::Kind(code), &|| match &lookalike {
            Some((c, latin)) => found().with("character", code_point(*c)).suggest(Some(latin.clone())),
            None => found(),
        });
        return None;
    }
    if value != raw {
        let code = if value == trimmed { "cell.cleaned" } else { "cell.text_marker" };
        report(Cause::Kind(code), &|| found().with("read", value));
    }
    stored.clear();
    stored.push_str(value);
    Some(Cell::Text(stored))
}

/// The most characters of a text that does not say so itself.
pub(super) const TEXT_LENGTH: usize = 4_000;

/// Whether a text can hold nothing worth a word: short, printable ASCII, no `@`, hardly any digits.
pub(super) fn is_plain_text(bytes: &[u8], column: &Column) -> bool {
    let mut digits = 0_usize;
    let is_plain = bytes.iter().all(|byte| {
        digits += usize::from(byte.is_ascii_digit());
        matches!(byte, b' '..=b'~') && *byte != b'@'
    });
    is_plain
        && digits < 9
        && bytes.len() <= column.maximum_length.unwrap_or(TEXT_LENGTH)
        && !matches!(bytes.first(), Some(b'=' | b'+' | b'-' | b' '))
        && bytes.last() != Some(&b' ')
}

/// Reads free text that is not plain. It is kept literally, in NFC; who shows or exports it must neutralise it.
pub(super) fn coerce_text<'a>(
    raw: &str,
    column: &Column,
    stored: &'a mut String,
    report: &mut Report<'_>,
) -> Option<Cell<'a>> {
    let found = || Detail::of(raw.as_bytes());
    let value = raw.trim_matches(' ');
    if value.is_empty() {
        return coerce_missing(MissingReason::NotReported, "", column, &found, report);
    }
    if raw.chars().any(text::is_stray_control) {
        report(Cause::Kind("cell.control_char"), &|| found().with("character", control_name(raw)));
        return None;
    }
    let most = column.maximum_length.unwrap_or(TEXT_LENGTH);
    let length = value.chars().count();
    if length > most {
        report(Cause::Kind("cell.too_long"), &|| found().with("length", length).with("maximum", most));
        return None;
    }
    if text::holds_national_number(value.as_bytes()) {
        report(Cause::Kind("privacy.national_number"), &Detail::default);
        return None;
    }
    if text::holds_contact_data(value) {
        report(Cause::Kind("privacy.contact_data"), &Detail::default);
    }
    if text::is_formula(value) {
        report(Cause::Kind("cell.formula_text"), &found);
    }
    if value.chars().any(text::is_direction) {
        report(Cause::Kind("cell.bidi_control"), &found);
    }
    if value.contains('\u{fffd}') {
        report(Cause::Kind("cell.mojibake"), &found);
    } else if let Some(repaired) = text::undo_double_encoding(value) {
        report(Cause::Kind("cell.mojibake"), &|| found().suggest(Some(show(repaired.as_bytes()))));
    }
    stored.clear();
    stored.extend(unicode_normalization::UnicodeNormalization::nfc(value));
    Some(Cell::Text(stored))
}
