//! Findings: what is wrong with a file, where, what was expected, and how to put it right.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Period, Text};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Fout: the file cannot be approved.
    Error,
    /// Vraag: never rejects a file, but wants an explanation before approval.
    Question,
    /// Tip: what was read, or what could be neater.
    Note,
}

impl Severity {
    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Question => "question",
            Self::Note => "note",
        }
    }
}

/// The column a finding is about, as it stands in the uploaded file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ColumnPlace {
    /// Position in the file, from 1; `None` for a column that is not there.
    pub number: Option<u32>,
    /// The dataset's name for it, or the header as found when it has none.
    pub name: String,
}

impl ColumnPlace {
    /// The letters a spreadsheet shows above the column: 1 is `A`, 27 is `AA`.
    pub fn letters(&self) -> Option<String> {
        let mut number = self.number.filter(|number| *number > 0)?;
        let mut letters = Vec::new();
        while number > 0 {
            number -= 1;
            letters.push(b'A' + u8::try_from(number % 26).unwrap_or(0));
            number /= 26;
        }
        letters.reverse();
        String::from_utf8(letters).ok()
    }
}

/// One place where a finding holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// Physical line on which the record starts, from 1, counting every line end.
    pub line: Option<u64>,
    /// Number of the data record, from 1, blank records not counted.
    pub row: Option<u64>,
    /// Row that a spreadsheet shows: records counted from 1 with header and blank records.
    pub sheet_row: Option<u64>,
    /// The value as found, control characters made visible, at most 64 characters.
    pub value: Option<String>,
    /// What stands in the message beside the value: limits, what was read, the other place.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// What was certainly meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// What is expected of this very value, where that is more than [`Finding::expected`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Text>,
}

/// One cause, with all places where it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable code, for example `cell.type.agb`.
    pub code: String,
    /// How much it weighs.
    pub severity: Severity,
    /// The column, when it is about one.
    pub column: Option<ColumnPlace>,
    /// In how many places it holds; exact, also when fewer are listed.
    pub count: u64,
    /// The first places, in the order of the file; at most [`Report::LISTED_OCCURRENCES`].
    pub occurrences: Vec<Occurrence>,
    /// What it is called.
    pub title: Text,
    /// What is wrong at the first place.
    pub message: Text,
    /// What is expected instead: the form of the column's values, or what a rule wants at the first place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Text>,
    /// How to put it right.
    pub remedy: Text,
}

impl Finding {
    /// What is expected of the value at `occurrence`.
    pub fn expected_at<'a>(&'a self, occurrence: &'a Occurrence) -> Option<&'a Text> {
        occurrence.expected.as_ref().or(self.expected.as_ref())
    }
}

/// Where every row of a file went: `read = accepted + unchanged + superseded + rejected`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowCounts {
    /// Data records in the file; blank records are not data.
    pub read: u64,
    /// Taken over.
    pub accepted: u64,
    /// Said the same as an earlier row.
    pub unchanged: u64,
    /// Took the place of an earlier row.
    pub superseded: u64,
    /// Not taken over: something in the row is wrong.
    pub rejected: u64,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFate {
    /// Taken over.
    Accepted,
    /// Says the same as an earlier row.
    Unchanged,
    /// Takes the place of an earlier row.
    Superseded,
    /// Not taken over.
    Rejected,
}

impl RowCounts {
    /// Counts a row with what becomes of it: a row is never read without a fate, nor has it two.
    pub fn take(&mut self, fate: RowFate) {
        self.read += 1;
        *self.of(fate) += 1;
    }

    /// A row that was counted turns out to have another fate.
    pub fn change(&mut self, from: RowFate, to: RowFate) {
        if let Some(left) = self.of(from).checked_sub(1) {
            *self.of(from) = left;
            *self.of(to) += 1;
        }
    }

    /// Whether every row that was read has exactly one fate.
    pub const fn add_up(&self) -> bool {
        self.read == self.accepted + self.unchanged + self.superseded + self.rejected
    }

    const fn of(&mut self, fate: RowFate) -> &mut u64 {
        match fate {
            RowFate::Accepted => &mut self.accepted,
            RowFate::Unchanged => &mut self.unchanged,
            RowFate::Superseded => &mut self.superseded,
            RowFate::Rejected => &mut self.rejected,
        }
    }
}

/// What a check says of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The dataset the file was read as; `None` when it could not be told.
    pub dataset: Option<String>,
    /// The periods its accepted rows are about, in order.
    pub periods: Vec<Period>,
    /// Where the rows went.
    pub rows: RowCounts,
    /// Errors, then questions, then notes; within those in the order of the file.
    pub findings: Vec<Finding>,
}

impl Report {
    /// How many places of one finding are listed; all are counted.
    pub const LISTED_OCCURRENCES: usize = 1_000;

    /// Whether nothing stands in the way of an approval but unanswered questions.
    pub fn is_accepted(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity != Severity::Error)
    }

    /// Whether the file is refused for data about persons, so that no byte of it is to be kept.
    pub fn refuses_personal_data(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error && finding.code.starts_with("privacy."))
    }

    /// The number of places with this severity.
    pub fn count(&self, severity: Severity) -> u64 {
        self.findings.iter().filter(|finding| finding.severity == severity).map(|finding| finding.count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_one_fate() {
        let mut rows = RowCounts::default();
        for fate in [RowFate::Accepted, RowFate::Accepted, RowFate::Superseded, RowFate::Rejected] {
            rows.take(fate);
        }
        rows.change(RowFate::Accepted, RowFate::Unchanged);
        rows.change(RowFate::Unchanged, RowFate::Rejected);
        rows.change(RowFate::Unchanged, RowFate::Rejected);
        let expected = RowCounts { read: 4, accepted: 1, unchanged: 0, superseded: 1, rejected: 2 };
        assert_eq!((rows, rows.add_up()), (expected, true), "what is not there cannot change");
    }

    #[test]
    fn spreadsheet_letters() {
        let letters = |number| ColumnPlace { number: Some(number), name: String::new() }.letters();
        assert_eq!(letters(1).as_deref(), Some("A"));
        assert_eq!(letters(26).as_deref(), Some("Z"));
        assert_eq!(letters(27).as_deref(), Some("AA"));
        assert_eq!(letters(703).as_deref(), Some("AAA"));
        assert_eq!(letters(0), None);
    }
}
