//! The texts of findings: an entry of `schema/findings.toml` per code.

use serde::Deserialize;

use crate::domain::{Severity, Text};

/// A sort of finding. Texts hold placeholders such as `{value}`, filled from the place where it was found.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingKind {
    /// Stable code, for example `cell.type.agb`.
    pub code: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What it is called.
    pub title: Text,
    /// What is wrong.
    pub message: Text,
    /// How to put it right.
    pub remedy: Text,
    /// What is expected, where that is not the form of a column's cells.
    pub expected: Option<Text>,
    /// A bit of a file that has it, as Dutch organisations write it.
    pub bad: String,
    /// The same bit, right.
    pub good: String,
    /// The steps in a spreadsheet program, where that is where it is put right.
    pub steps: Option<Text>,
}
