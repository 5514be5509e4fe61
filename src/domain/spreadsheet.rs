//! Texts that a spreadsheet would take for a formula, made harmless and back.
//!
//! Every export writes cells through [`neutralised`]; what was written so is read back with [`restored`], to the byte.

use std::borrow::Cow;

/// `text` as it may stand in a file that a spreadsheet opens: an apostrophe goes before what would be calculated.
pub fn neutralised(text: &str) -> Cow<'_, str> {
    if is_calculated(text.as_bytes()) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Whether a spreadsheet that opens `bytes` as a cell would calculate something, or whether they already are such a
/// text behind apostrophes: these get one more, so that exactly one can be taken away again.
pub fn is_calculated(bytes: &[u8]) -> bool {
    const WIDE: [&str; 4] = ["＝", "＋", "－", "＠"];
    let apostrophes = bytes.iter().take_while(|byte| **byte == b'\'').count();
    let bare = bytes.get(apostrophes..).unwrap_or_default();
    match bare {
        [b'=' | b'@' | b'\t' | b'\r' | b'\n' | 0, ..] => true,
        // A number with a sign is what it says, and so is a dash alone.
        [b'+' | b'-', rest @ ..] => !rest.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',')),
        _ => WIDE.iter().any(|sign| bare.starts_with(sign.as_bytes())),
    }
}

/// What [`neutralised`] was given.
pub fn restored(bytes: &[u8]) -> &[u8] {
    match bytes.strip_prefix(b"'") {
        Some(rest) if is_calculated(rest) => rest,
        _ => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_calculated_is_not_and_comes_back() {
        for text in
            ["=1+1", "@SUM(A1)", "+31 6", "-2+3+cmd|' /C calc'!A0", "\t=1", "\r", "\0", "＝1", "－1", "'=1", "''@a"]
        {
            let written = neutralised(text);
            assert_eq!(written, format!("'{text}"));
            assert_eq!(restored(written.as_bytes()), text.as_bytes());
        }
    }

    #[test]
    fn what_is_not_stays() {
        for text in ["", "-", "-5", "+5,2", "'00990001", "'", "a=b", "een 'woord'", "» Fout", "–"] {
            assert_eq!(neutralised(text), text);
            assert_eq!(restored(text.as_bytes()), text.as_bytes());
        }
    }
}
