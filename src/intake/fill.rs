//! Templates of texts, filled from the place where something was found.

use crate::domain::{Language, Occurrence, Text};

/// `template` in both languages, with `{value}`, `{suggestion}`, `{line}`, `{row}`, `{column}` and the parameters of
/// `occurrence` in their places. What has no value is left out.
pub(super) fn fill(template: &Text, column: Option<&str>, occurrence: &Occurrence) -> Text {
    let fill = |text: &str, language| fill_one(text, &|name| lookup(name, column, occurrence, language));
    Text { nl: fill(&template.nl, Language::Nl), en: fill(&template.en, Language::En) }
}

fn lookup(name: &str, column: Option<&str>, occurrence: &Occurrence, language: Language) -> String {
    let place = |place: Option<u64>| place.map(|place| place.to_string()).unwrap_or_default();
    match name {
        "value" => occurrence.value.clone().unwrap_or_default(),
        "suggestion" => occurrence.suggestion.clone().unwrap_or_default(),
        "column" => column.unwrap_or_default().to_owned(),
        "line" => place(occurrence.line),
        "row" => place(occurrence.row),
        _ => {
            // A parameter with a form for this language goes before the one for all.
            let suffix = match language {
                Language::Nl => "nl",
                Language::En => "en",
            };
            let own = occurrence.parameters.get(&format!("{name}_{suffix}"));
            let parameter = own.or_else(|| occurrence.parameters.get(name)).map_or("", String::as_str);
            in_language(parameter, language)
        }
    }
}

/// A plain number as the language writes it; anything else as it is.
fn in_language(text: &str, language: Language) -> String {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.strip_prefix('-').unwrap_or(text).split_once('.') {
        Some((whole, fraction)) if language == Language::Nl && digits(whole) && digits(fraction) => {
            text.replace('.', ",")
        }
        _ => text.to_owned(),
    }
}

/// Fills one text. What stands between square brackets is left out when a placeholder in it has no value.
fn fill_one(template: &str, lookup: &dyn Fn(&str) -> String) -> String {
    let mut filled = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, optional)) = rest.split_once('[') {
        filled.push_str(&fill_part(before, lookup).0);
        let (inside, after) = optional.split_once(']').unwrap_or((optional, ""));
        let (part, is_complete) = fill_part(inside, lookup);
        if is_complete {
            filled.push_str(&part);
        }
        rest = after;
    }
    filled.push_str(&fill_part(rest, lookup).0);
    filled
}

/// The text with its placeholders filled, and whether all of them had a value.
fn fill_part(template: &str, lookup: &dyn Fn(&str) -> String) -> (String, bool) {
    let mut filled = String::new();
    let mut is_complete = true;
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = lookup(name);
        is_complete &= !value.is_empty();
        filled.push_str(before);
        filled.push_str(&value);
        rest = after;
    }
    filled.push_str(rest);
    (filled, is_complete)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_language_does() {
        let template = Text {
            nl: "{value} is {expected}[ of {x}]".to_owned(),
            en: "{value} is {expected}[ or {value}]".to_owned(),
        };
        let occurrence = Occurrence {
            value: Some("59.8".to_owned()),
            parameters: [("expected".to_owned(), "95.8".to_owned())].into(),
            ..Occurrence::default()
        };
        let filled = fill(&template, None, &occurrence);
        assert_eq!(filled.nl, "59.8 is 95,8", "the value stands as found");
        assert_eq!(filled.en, "59.8 is 95.8 or 59.8");
    }
}
