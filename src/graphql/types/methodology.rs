//! The account of the method as clients see it.

use async_graphql::SimpleObject;

use super::LocalizedText;
use crate::catalogue::MethodologySection;

/// How one statistic is computed, and what it is worth (methode).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "MethodologySection")]
pub(in crate::graphql) struct MethodologySectionType {
    /// The code by which it is named.
    code: String,
    /// What it is called.
    title: LocalizedText,
    /// What it does and why.
    text: LocalizedText,
    /// How it is computed.
    formula: String,
    /// What must hold for it to be true.
    assumptions: LocalizedText,
    /// How often it speaks where nothing is out of the ordinary.
    false_alarms: LocalizedText,
    /// Numbers worked out.
    example: LocalizedText,
    /// The same as calculations, `name(arguments) = value`.
    calculations: Vec<String>,
    /// Where it comes from.
    source: String,
}

impl From<&MethodologySection> for MethodologySectionType {
    fn from(section: &MethodologySection) -> Self {
        Self {
            code: section.code.clone(),
            title: (&section.title).into(),
            text: (&section.text).into(),
            formula: section.formula.clone(),
            assumptions: (&section.assumptions).into(),
            false_alarms: (&section.false_alarms).into(),
            example: (&section.example).into(),
            calculations: section.calculations.clone(),
            source: section.source.clone(),
        }
    }
}
