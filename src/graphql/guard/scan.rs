//! The first pass: bytes, tokens and brackets, without a parser and without recursion.

use std::ops::Range;

use super::{Complaint, Exceeded, Limits, Measure, Place, Refusal};

/// Refuses a document that is too large, has too many tokens or nests brackets too deep.
///
/// A text that is left open is refused here: behind it this pass and the parser could see different brackets.
pub(super) fn check(document: &str, limits: &Limits) -> Result<(), Refusal> {
    within(Measure::Bytes, document.len(), limits.bytes)?;
    let mut nesting: usize = 0;
    for (index, token) in Tokens::of(document).enumerate() {
        match document.as_bytes().get(token?.start) {
            Some(b'{' | b'[' | b'(') => {
                nesting += 1;
                within(Measure::Nesting, nesting, limits.nesting)?;
            }
            Some(b'}' | b']' | b')') => nesting = nesting.saturating_sub(1),
            _ => {}
        }
        within(Measure::Tokens, index + 1, limits.tokens)?;
    }
    Ok(())
}

/// Where the tokens of a document are, without white space, commas and comments; an error at a text that is left open.
pub(super) struct Tokens<'a> {
    document: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) const fn of(document: &'a str) -> Self {
        Self { document, at: 0 }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Result<Range<usize>, Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = skip(self.document.as_bytes(), self.at);
            let length = match rest.first()? {
                b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                    self.at += 1;
                    continue;
                }
                b'#' => {
                    self.at += run(rest, |byte| byte != b'\n' && byte != b'\r');
                    continue;
                }
                b'"' => {
                    let Some(length) = text(rest) else {
                        self.at = self.document.len();
                        return Some(Err(left_open(self.document, rest.len())));
                    };
                    length
                }
                _ => run(rest, is_word).max(1),
            };
            let token = self.at..self.at + length;
            self.at = token.end;
            return Some(Ok(token));
        }
    }
}

/// Refuses `found` above `limit`.
pub(super) fn within(measure: Measure, found: usize, limit: usize) -> Result<(), Refusal> {
    if found > limit { Err(Refusal::Limit(Exceeded { measure, limit, found })) } else { Ok(()) }
}

fn skip(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(length..).unwrap_or_default()
}

fn run(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| belongs(**byte)).count()
}

/// Names and numbers, and everything beyond ASCII, which the parser will refuse or skip.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+') || !byte.is_ascii()
}

/// The length of the string or block string at the start of `bytes`; `None` when it is not closed.
fn text(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"\"\"\"") {
        let mut at = 3;
        loop {
            let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
            if rest.starts_with(b"\"\"\"") {
                return Some(at + 3);
            }
            at += if rest.starts_with(b"\\\"\"\"") { 4 } else { 1 };
        }
    }
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\n' | b'\r' => return None,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn left_open(document: &str, remaining: usize) -> Refusal {
    let before = document.get(..document.len().saturating_sub(remaining)).unwrap_or_default();
    let place = Place {
        line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
        column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
    };
    Refusal::Parse(vec![Complaint { message: "a string is not closed".to_owned(), place: Some(place) }])
}
