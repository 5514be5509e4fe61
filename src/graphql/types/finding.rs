//! Findings: what is wrong with a file, where, and how to put it right.

use async_graphql::{Enum, ID, SimpleObject};

use super::LocalizedText;
use crate::{
    domain::{Finding, Occurrence, Severity},
    graphql::scalars::DateTime,
    service::{Explanation, NumberExplanation},
};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "Severity", remote = "Severity")]
pub(in crate::graphql) enum SeverityType {
    /// Fout: the file cannot be approved.
    Error,
    /// Vraag: wants an explanation before approval.
    Question,
    /// Tip: what was read, or what could be neater.
    Note,
}

/// One cause, with all places where it holds (bevinding).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Finding")]
pub(in crate::graphql) struct FindingType {
    /// Its number in this submission, from 0, by which it is explained.
    number: usize,
    /// Its stable code, for example `cell.type.agb`.
    code: String,
    /// How much it weighs.
    severity: SeverityType,
    /// What it is called.
    title: LocalizedText,
    /// What is wrong.
    message: LocalizedText,
    /// How to put it right.
    remedy: LocalizedText,
    /// What is expected instead (verwacht): the form of the column's values, or what a rule wants at the first place; null
    /// where nothing in particular is.
    expected: Option<LocalizedText>,
    /// The column's name; null when it is not about one.
    column: Option<String>,
    /// The column's position in the file, from 1.
    column_number: Option<u32>,
    /// The column's letters in a spreadsheet.
    column_letters: Option<String>,
    /// In how many places it holds, exactly.
    count: u32,
    /// The first places, at most 1,000.
    occurrences: Vec<OccurrenceType>,
    /// What the organisation said of it; the last one counts.
    explanations: Vec<ExplanationType>,
}

/// One place where a finding holds.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Occurrence")]
struct OccurrenceType {
    /// The line of the file, from 1.
    line: Option<u32>,
    /// The number of the data row, from 1.
    row: Option<u32>,
    /// The row a spreadsheet shows, from 1.
    sheet_row: Option<u32>,
    /// The value as found, at most 64 characters.
    value: Option<String>,
    /// What was certainly meant.
    suggestion: Option<String>,
    /// What is expected of this very value (verwacht), where that is more than what is expected of the column.
    expected: Option<LocalizedText>,
}

/// What the organisation said of a finding (toelichting).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Explanation")]
struct ExplanationType {
    /// What was said.
    text: String,
    /// When.
    at: DateTime,
}

impl FindingType {
    /// The type for the finding with this number, and what was said of it.
    pub(super) fn new(number: usize, finding: &Finding, explanations: &[Explanation]) -> Self {
        let said = explanations.iter().filter(|one| one.finding == number);
        Self {
            number,
            code: finding.code.clone(),
            severity: finding.severity.into(),
            title: (&finding.title).into(),
            message: (&finding.message).into(),
            remedy: (&finding.remedy).into(),
            expected: finding.expected.as_ref().map(Into::into),
            column: finding.column.as_ref().map(|column| column.name.clone()),
            column_number: finding.column.as_ref().and_then(|column| column.number),
            column_letters: finding.column.as_ref().and_then(crate::domain::ColumnPlace::letters),
            count: u32::try_from(finding.count).unwrap_or(u32::MAX),
            occurrences: finding.occurrences.iter().map(OccurrenceType::from).collect(),
            explanations: said.map(|one| ExplanationType { text: one.text.clone(), at: DateTime(one.at) }).collect(),
        }
    }
}

impl From<&Occurrence> for OccurrenceType {
    fn from(occurrence: &Occurrence) -> Self {
        let small = |number: Option<u64>| number.and_then(|number| u32::try_from(number).ok());
        Self {
            line: small(occurrence.line),
            row: small(occurrence.row),
            sheet_row: small(occurrence.sheet_row),
            value: occurrence.value.clone(),
            suggestion: occurrence.suggestion.clone(),
            expected: occurrence.expected.as_ref().map(Into::into),
        }
    }
}

/// What the organisation said about a number (toelichting bij een cijfer); it travels with the number.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "NumberExplanation")]
pub(in crate::graphql) struct NumberExplanationType {
    /// The submission it came with (inzending).
    submission_id: ID,
    /// The code of the finding that was answered, for example `plausibility.jump`.
    code: String,
    /// What was asked (vraag).
    question: LocalizedText,
    /// The code of the indicator it was about; null when it was about the file or a row of it.
    indicator_code: Option<String>,
    /// What was said (toelichting).
    text: String,
    /// When.
    at: DateTime,
}

impl From<NumberExplanation> for NumberExplanationType {
    fn from(said: NumberExplanation) -> Self {
        Self {
            submission_id: said.submission.to_string().into(),
            code: said.code,
            question: said.question.into(),
            indicator_code: said.indicator,
            text: said.text,
            at: DateTime(said.at),
        }
    }
}
