//! The layouts of files that may be delivered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::indicator::Aggregate;
use crate::domain::{DataClass, Text};

/// Calendar years, from and to inclusive; without `to` it is still in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearRange {
    /// The first year.
    pub from: i16,
    /// The last year.
    pub to: Option<i16>,
}

impl YearRange {
    /// Whether `year` lies inside.
    pub fn contains(self, year: i16) -> bool {
        year >= self.from && self.to.is_none_or(|to| year <= to)
    }
}

/// One CSV layout: `schema/datasets/<code>.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// The name by which it is delivered, for example `indicatoren`; equals the file's name.
    pub code: String,
    /// What it is called.
    pub name: Text,
    /// What it is for.
    pub description: Text,
    /// Whether organisations deliver it; `false` for the register of organisations itself.
    #[serde(default = "yes")]
    pub submittable: bool,
    /// What its figures may be used for.
    #[serde(default)]
    pub class: DataClass,
    /// Whether nobody has to deliver it. What does not come in is then neither late nor missing.
    #[serde(default)]
    pub voluntary: bool,
    /// Report years for which this layout holds.
    pub valid_years: YearRange,
    /// The column that names the organisation.
    pub organisation: String,
    /// The column with the report year; `None` for a dataset without periods.
    pub year: Option<String>,
    /// The column with the period; `None` for a dataset without periods.
    pub period: Option<String>,
    /// The columns that together name a row: two rows with the same key are one row said twice.
    pub key: Vec<String>,
    /// The column that divides an organisation into parts, for example its postcode areas: beside the figures of the
    /// whole there are those of each part.
    pub part: Option<String>,
    /// The column whose cell names the indicator a row is about, where rows are about indicators.
    pub measure: Option<String>,
    /// How a row about an indicator becomes an observation, unless the indicator says otherwise:
    /// `numerator`, `denominator`, `value`, `standard_deviation`, `units` to an aggregate.
    #[serde(default)]
    pub observation: BTreeMap<String, Aggregate>,
    /// The columns, in the order of the template.
    #[serde(rename = "columns")]
    pub columns: Vec<Column>,
}

impl Dataset {
    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// One column of a dataset.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its header in the template.
    pub name: String,
    /// What it is called in texts.
    pub title: Text,
    /// What stands in it.
    pub description: Text,
    /// Other headers under which it is recognised. Case, spaces and punctuation do not matter.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What its cells hold.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// The unit of a number: `percent`, `hours`, `persons`, ...
    pub unit: Option<String>,
    /// Whether the file must have the column.
    #[serde(default = "yes")]
    pub header_required: bool,
    /// Whether every row must have a value in it.
    #[serde(default)]
    pub value_required: bool,
    /// The smallest number allowed.
    pub minimum: Option<f64>,
    /// The largest number allowed.
    pub maximum: Option<f64>,
    /// The most characters allowed in a text.
    pub maximum_length: Option<usize>,
    /// The words allowed, for a column of type `code`.
    #[serde(default)]
    pub codes: Vec<Code>,
    /// A right value.
    pub example: String,
    /// Report years in which the column exists; without it, as long as the dataset.
    pub valid_years: Option<YearRange>,
}

/// A word allowed in a column of type `code`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// The word that is stored.
    pub code: String,
    /// What it means.
    pub name: Text,
    /// Other ways in which people write it.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Eight digits, leading zeros kept.
    AgbCode,
    /// A report year.
    Year,
    /// A year or a quarter.
    Period,
    /// The code or the INID of an indicator.
    Indicator,
    /// One of the column's `codes`.
    Code,
    /// A whole number.
    Integer,
    /// A number.
    Decimal,
    /// A day.
    Date,
    /// Yes or no.
    Boolean,
    /// A name for something, of letters, digits and `-_.`, unique within its meaning.
    Identifier,
    /// Free text.
    Text,
}

const fn yes() -> bool {
    true
}
