//! Rules across the cells of a file: an entry of `schema/rules/<dataset>.toml` per rule.

use serde::Deserialize;

use super::{
    dataset::{ColumnType, Dataset},
    expression::{Expression, Operator},
    load::{Catalogue, CatalogueError},
};
use crate::domain::{Severity, Text};

/// One rule. Exactly one of `require`, `same`, `expects` says what must hold.
///
/// Its texts hold placeholders: `{value}` as found, `{<column>}` for every column it names, `{expected}` for what
/// stands right of a `=`, `<=` or `>=`, `{first}` and `{first_line}` for the row with which a `same` rule disagrees,
/// `{organisation}` and `{period}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Stable code, for example `rule.numerator_gt_denominator`.
    pub code: String,
    /// How much it weighs.
    pub severity: Severity,
    /// The column at which a finding points.
    pub column: String,
    /// The rows it is about; without it, all.
    pub when: Option<Expression>,
    /// What must hold in each row.
    pub require: Option<Expression>,
    /// The column that must hold one and the same number in all rows of an organisation and period.
    pub same: Option<String>,
    /// The word of `column` for which an organisation and period must have a row.
    pub expects: Option<String>,
    /// What it is called.
    pub title: Text,
    /// What is wrong.
    pub message: Text,
    /// How to put it right.
    pub remedy: Text,
    /// What is expected of the cell at which a finding points.
    pub expected: Option<Text>,
    /// Why it is asked.
    pub reason: Text,
    /// A bit of a file that fails it.
    pub bad: Option<String>,
    /// The same bit, right.
    pub good: Option<String>,
}

/// All that is wrong with the rules of `catalogue`: columns and words that its datasets do not have, and rules
/// that require nothing or two things.
pub(super) fn faults(catalogue: &Catalogue) -> Vec<CatalogueError> {
    let mut faults = Vec::new();
    for (dataset, rules) in &catalogue.rules {
        let mut add = |fault: String| faults.push(CatalogueError { file: format!("rules/{dataset}.toml"), fault });
        let Some(dataset) = catalogue.datasets.get(dataset) else {
            add(format!("there is no dataset `{dataset}`"));
            continue;
        };
        for rule in rules {
            for fault in rule_faults(rule, dataset, catalogue) {
                add(format!("`{}`: {fault}", rule.code));
            }
        }
    }
    faults
}

fn rule_faults(rule: &Rule, dataset: &Dataset, catalogue: &Catalogue) -> Vec<String> {
    let mut faults = Vec::new();
    let kinds = [rule.require.is_some(), rule.same.is_some(), rule.expects.is_some()];
    if kinds.iter().filter(|given| **given).count() != 1 {
        faults.push("exactly one of `require`, `same` and `expects` is needed".to_owned());
    }
    let expressions = || rule.when.iter().chain(&rule.require);
    let named = expressions().flat_map(Expression::columns);
    for column in named.chain(rule.same.as_deref()).chain([rule.column.as_str()]) {
        if dataset.column(column).is_none() {
            faults.push(format!("there is no column `{column}`"));
        }
    }
    if let Some(word) = &rule.expects
        && !has_word(dataset, &rule.column, word, catalogue)
    {
        faults.push(format!("`{}` cannot hold `{word}`", rule.column));
    }
    for expression in expressions() {
        expression.visit(&mut |part| faults.extend(word_faults(part, dataset, catalogue)));
    }
    faults
}

/// Words compared with something that can never hold them.
fn word_faults(part: &Expression, dataset: &Dataset, catalogue: &Catalogue) -> Vec<String> {
    let pairs: Vec<(&Expression, &Expression)> = match part {
        Expression::Binary(Operator::Equal | Operator::NotEqual, left, right) => {
            vec![(left, right), (right, left)]
        }
        Expression::In(left, values) => values.iter().map(|value| (&**left, value)).collect(),
        _ => Vec::new(),
    };
    let mut faults = Vec::new();
    for (holder, word) in pairs {
        let Expression::Word(word) = word else { continue };
        let fits = match holder {
            Expression::Column(column) => has_word(dataset, column, word, catalogue),
            Expression::Measure(_) => true,
            _ => false,
        };
        if !fits {
            faults.push(format!("nothing there can be `{word}`"));
        }
    }
    faults
}

fn has_word(dataset: &Dataset, column: &str, word: &str, catalogue: &Catalogue) -> bool {
    dataset.column(column).is_some_and(|column| match column.kind {
        ColumnType::Code => column.codes.iter().any(|code| code.code == word),
        ColumnType::Indicator => catalogue.indicators.contains_key(word),
        _ => false,
    })
}
