//! How everything is computed, in words: the texts of the page on the method and of the API.

use serde::Deserialize;

use super::load::Catalogue;
use crate::domain::{Language, Text};

/// The account of the method.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Methodology {
    /// What it is called.
    pub title: Text,
    /// For whom it is and what is not known.
    pub introduction: Text,
    /// What stands above the parts of a section.
    pub headings: Headings,
    /// The statistics, in the order in which they are read.
    pub sections: Vec<MethodologySection>,
}

/// What stands above the parts of a section.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Headings {
    /// Above the formula.
    pub formula: Text,
    /// Above the assumptions.
    pub assumptions: Text,
    /// Above the false-alarm rate.
    pub false_alarms: Text,
    /// Above the worked example.
    pub example: Text,
    /// Above the source.
    pub source: Text,
}

/// One statistic.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodologySection {
    /// The code by which it is named.
    pub code: String,
    /// What it is called.
    pub title: Text,
    /// What it does and why.
    pub text: Text,
    /// How it is computed.
    pub formula: String,
    /// What must hold for it to be true.
    pub assumptions: Text,
    /// How often it speaks where nothing is out of the ordinary.
    pub false_alarms: Text,
    /// Numbers worked out.
    pub example: Text,
    /// The same as calculations, `name(arguments) = value`, which a test holds to the engine.
    pub calculations: Vec<String>,
    /// Where it comes from.
    pub source: String,
}

impl Catalogue {
    /// The page on the method, in Markdown.
    pub fn methodology_page(&self, language: Language) -> String {
        use std::fmt::Write as _;

        let Methodology { title, introduction, headings, sections } = &self.methodology;
        let of = |text: &Text| text.get(language).trim().to_owned();
        let mut page = format!("# {}\n\n{}\n", of(title), of(introduction));
        for section in sections {
            let _ = write!(page, "\n## {}\n\n{}\n", of(&section.title), of(&section.text));
            let _ = write!(page, "\n**{}**\n\n```text\n{}\n```\n", of(&headings.formula), section.formula.trim());
            for (heading, text) in
                [(&headings.assumptions, &section.assumptions), (&headings.false_alarms, &section.false_alarms)]
            {
                let _ = write!(page, "\n**{}** {}\n", of(heading), of(text));
            }
            let _ = write!(page, "\n**{}** {}\n", of(&headings.example), of(&section.example));
            if !section.calculations.is_empty() {
                let _ = write!(page, "\n```text\n{}\n```\n", section.calculations.join("\n"));
            }
            let _ = write!(page, "\n**{}** {}\n", of(&headings.source), section.source.trim());
        }
        page
    }
}
