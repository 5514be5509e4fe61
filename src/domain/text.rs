//! Texts in the two languages of the product.

use serde::{Deserialize, Serialize};

/// A language in which people are addressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Dutch, the language of the field and of the law.
    #[default]
    Nl,
    /// English.
    En,
}

impl Language {
    /// `value` with so many decimals: `12,5` in Dutch, `12.5` in English. Never `-0`.
    pub fn number(self, value: f64, decimals: usize) -> String {
        let text = format!("{value:.decimals$}");
        let text = match text.strip_prefix('-') {
            Some(digits) if digits.bytes().all(|byte| matches!(byte, b'0' | b'.')) => digits.to_owned(),
            _ => text,
        };
        match self {
            Self::Nl => text.replace('.', ","),
            Self::En => text,
        }
    }
}

/// One text in both languages. The catalogue refuses a text that lacks one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// The Dutch text.
    pub nl: String,
    /// The English text.
    pub en: String,
}

impl Text {
    /// The text in `language`.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Nl => &self.nl,
            Language::En => &self.en,
        }
    }

    /// The text with each `{name}` replaced by what `parameters` says for it.
    #[must_use]
    pub fn fill(&self, parameters: &[(&str, String)]) -> Self {
        let fill = |template: &str| {
            parameters
                .iter()
                .fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };
        Self { nl: fill(&self.nl), en: fill(&self.en) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_each_language_writes_them() {
        assert_eq!(Language::Nl.number(1234.56, 1), "1234,6");
        assert_eq!(Language::En.number(1234.56, 1), "1234.6");
        assert_eq!(Language::Nl.number(-0.04, 1), "0,0");
        assert_eq!(Language::Nl.number(-2.0, 0), "-2");
    }
}
