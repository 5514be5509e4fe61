//! Spellings of the specification that a parser behind this does not know, put in others of the same meaning.

use std::{borrow::Cow, fmt::Write as _};

use super::{Refusal, scan::Tokens};

/// `document` with spaces in place of descriptions of operations, fragments and variables (September 2025), so that
/// every other character stays where it is.
pub(super) fn without_descriptions(document: &str) -> Result<Cow<'_, str>, Refusal> {
    // Only a text can be one.
    if !document.contains('"') {
        return Ok(Cow::Borrowed(document));
    }
    let tokens = Tokens::of(document).collect::<Result<Vec<_>, _>>()?;
    let mut without = Cow::Borrowed(document);
    let mut nesting: usize = 0;
    for (index, token) in tokens.iter().enumerate() {
        let near = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map_or("", |near| &document[near.clone()]);
        let (before, after) = (near(index.checked_sub(1)), near(Some(index + 1)));
        match document.as_bytes()[token.start] {
            b'{' | b'[' | b'(' => nesting += 1,
            b'}' | b']' | b')' => nesting = nesting.saturating_sub(1),
            b'"' => {
                let is_of_definition = nesting == 0
                    && matches!(before, "" | "}")
                    && matches!(after, "query" | "mutation" | "subscription" | "fragment");
                if is_of_definition || (nesting == 1 && before != ":" && after == "$") {
                    without.to_mut().replace_range(token.clone(), &blank(&document[token.clone()]));
                }
            }
            _ => {}
        }
    }
    Ok(without)
}

/// As many bytes, with every line where it was.
fn blank(text: &str) -> String {
    text.bytes().map(|byte| if byte == b'\n' || byte == b'\r' { char::from(byte) } else { ' ' }).collect()
}

/// `document` with the characters themselves in place of `\u{1F600}` and of pairs such as `\uD83D\uDE00`; nothing when
/// there are none. The document has been parsed, so what is escaped is right.
pub(super) fn spelled_out(document: &str) -> Option<String> {
    if !document.contains("\\u") {
        return None;
    }
    let mut spelled = String::with_capacity(document.len());
    let mut end = 0;
    for token in Tokens::of(document).map_while(Result::ok) {
        let text = &document[token.clone()];
        if text.starts_with('"') && !text.starts_with("\"\"\"") {
            spelled.push_str(&document[end..token.start]);
            spell(text, &mut spelled);
            end = token.end;
        }
    }
    spelled.push_str(&document[end..]);
    Some(spelled)
}

fn spell(text: &str, into: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        into.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some((character, length)) = character(rest) else {
            // Another escape: it and what it escapes.
            let length = rest.char_indices().nth(2).map_or(rest.len(), |(index, _)| index);
            into.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        };
        if character.is_control() || matches!(character, '"' | '\\') {
            // Writing to a string cannot fail.
            let _ = write!(into, "\\u{:04X}", u32::from(character));
        } else {
            into.push(character);
        }
        rest = &rest[length..];
    }
    into.push_str(rest);
}

/// The character that an escape of code points at the start of `text` stands for, and the length of the escape.
fn character(text: &str) -> Option<(char, usize)> {
    if let Some(digits) = text.strip_prefix("\\u{") {
        let digits = digits.split('}').next()?;
        return Some((char::from_u32(u32::from_str_radix(digits, 16).ok()?)?, digits.len() + 4));
    }
    let unit = |text: &str| u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
    let first = unit(text)?;
    let units = [Some(first), text.get(6..).and_then(unit)];
    let decoded = char::decode_utf16(units.into_iter().flatten()).next()?.ok()?;
    Some((decoded, 6 * decoded.len_utf16()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_give_way_and_nothing_moves() {
        for (document, expected) in [
            ("\"ab\" query { a }", "     query { a }"),
            ("\"\"\"a\nb\"\"\"\nquery A(\"c\" $a: Int) { a }", "    \n    \nquery A(    $a: Int) { a }"),
            ("{ a } \"f\" fragment f on A { a }", "{ a }     fragment f on A { a }"),
        ] {
            assert_eq!(without_descriptions(document).unwrap(), expected);
            assert_eq!(document.len(), expected.len());
        }
        for kept in [
            "\"a\" { a }",
            "{ a } \"b\"",
            "query \"a\" { a }",
            "{ a(b: \"query\") }",
            "{ a(b: [\"c\" $d]) }",
            "{ a(b: \"c\" $d) }",
            "\"a\" \"b\" query { a }",
        ] {
            let without = without_descriptions(kept).unwrap();
            assert!(without.contains('"'), "{kept}: {without}");
        }
    }

    #[test]
    fn escapes_are_spelled_out() {
        for (document, expected) in [
            (r#"{ a(b: "\u{1F600}x") }"#, "{ a(b: \"😀x\") }"),
            (r#"{ a(b: "\uD83D\uDE00") }"#, "{ a(b: \"😀\") }"),
            (r#"{ a(b: "\u0041\u{22}\\u{41}\n\u000a") }"#, r#"{ a(b: "A\u0022\\u{41}\n\u000A") }"#),
            (r#"{ a(b: """\u{41}""") } # "\u{41}"#, r#"{ a(b: """\u{41}""") } # "\u{41}"#),
        ] {
            assert_eq!(spelled_out(document).unwrap(), expected);
        }
        assert_eq!(spelled_out("{ a }"), None);
    }
}
