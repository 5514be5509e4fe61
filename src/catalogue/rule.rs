//! Rules across the cells of a file: an entry of `schema/rules/<dataset>.toml` per rule.

use serde::Deserialize;

use crate::domain::{Severity, Text};

/// One rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable code, for example `rule.numerator_gt_denominator`.
    pub code: String,
    /// How much it weighs.
    pub severity: Severity,
    /// The column at which a finding points.
    pub column: String,
    /// What it is called.
    pub title: Text,
    /// What is wrong.
    pub message: Text,
    /// How to put it right.
    pub remedy: Text,
    /// Why it is asked.
    pub reason: Text,
}
