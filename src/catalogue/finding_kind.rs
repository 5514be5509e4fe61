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
    /// A bit of a file that has it.
    pub bad: Option<String>,
    /// The same bit, right.
    pub good: Option<String>,
}
