//! The columns of the flat exports.

use serde::Deserialize;

use crate::domain::Text;

/// The columns of each flat export, in their order.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exports {
    /// A row for each score.
    pub scores: Vec<ExportColumn>,
    /// A row for each signal.
    pub signals: Vec<ExportColumn>,
    /// A row for each number in force.
    pub observations: Vec<ExportColumn>,
    /// A row for each submission.
    pub submissions: Vec<ExportColumn>,
}

/// One column of an export.
#[derive(Clone, Debug, Deserialize)]
pub struct ExportColumn {
    /// Its name, in the first line of CSV and in JSON.
    pub name: String,
    /// What stands in it.
    #[serde(rename = "type")]
    pub kind: ExportType,
    /// Whether it may be empty.
    #[serde(default)]
    pub optional: bool,
    /// What it means.
    #[serde(flatten)]
    pub description: Text,
}

/// What stands in a column of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportType {
    /// Text.
    String,
    /// A number.
    Number,
    /// A whole number, 0 or more.
    Integer,
    /// Yes or no: `true` or `false`.
    Boolean,
}

impl ExportType {
    /// The word of JSON Schema.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
        }
    }
}
