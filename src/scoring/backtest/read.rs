//! Outcomes of visits from a table.

use super::Visit;
use crate::scoring::located::{Cells, Fault, Faults, Row};

/// What the columns are called. The first two must be there; the others may be left out of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BacktestColumns {
    /// The score, a number, higher is worse.
    pub score: String,
    /// Whether there was a finding: 1 or 0, true or false, yes or no, ja or nee. Empty where nobody went.
    pub outcome: String,
    /// The chance of a finding told beforehand, from 0 to 1.
    pub probability: String,
    /// The chance of having been selected, above 0 and at most 1.
    pub selection_probability: String,
    /// The inspector or team.
    pub team: String,
    /// The size, as a number or as the name of a class.
    pub size: String,
    /// The sort of organisation.
    pub sort: String,
}

impl Default for BacktestColumns {
    fn default() -> Self {
        Self {
            score: "score".to_owned(),
            outcome: "outcome".to_owned(),
            probability: "probability".to_owned(),
            selection_probability: "selection_probability".to_owned(),
            team: "team".to_owned(),
            size: "size".to_owned(),
            sort: "type".to_owned(),
        }
    }
}

/// What was not used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Rows that the condition leaves out.
    pub other: usize,
    /// Rows without a score.
    pub without_score: usize,
    /// Rows without an outcome.
    pub without_outcome: usize,
}

/// Reads visits, those rows where `condition`'s column has its value; all without a condition.
pub fn read_outcomes(
    text: &str,
    columns: &BacktestColumns,
    condition: Option<(&str, &str)>,
) -> Result<(Vec<Visit>, LeftOut), Faults> {
    let cells = Cells::read(text)?;
    let (score, outcome) = (cells.required(&columns.score)?, cells.required(&columns.outcome)?);
    let condition = match condition {
        Some((column, value)) => Some((cells.required(column)?, value)),
        None => None,
    };
    let [forecast, selection, team, size, sort] =
        [&columns.probability, &columns.selection_probability, &columns.team, &columns.size, &columns.sort]
            .map(|name| cells.column(name));
    let (mut visits, mut left_out, mut faults) = (Vec::new(), LeftOut::default(), Faults(Vec::new()));
    for row in cells.rows() {
        if condition.is_some_and(|(place, value)| row.text(place) != value) {
            left_out.other += 1;
            continue;
        }
        let optional = |place: Option<usize>, least: f64| place.map_or(Ok(None), |place| chance(row, place, least));
        let word = |place: Option<usize>| {
            place.map(|place| row.text(place)).filter(|word| !word.is_empty()).map(str::to_owned)
        };
        let read = (|| {
            Ok((row.number(score)?, finding(row, outcome)?, optional(forecast, 0.0)?, optional(selection, 1e-9)?))
        })();
        match read {
            Err(fault) => faults.0.push(fault),
            Ok((_, None, ..)) => left_out.without_outcome += 1,
            Ok((None, ..)) => left_out.without_score += 1,
            Ok((Some(score), Some(finding), forecast, selection_probability)) => visits.push(Visit {
                score,
                forecast,
                finding,
                selection_probability,
                team: word(team),
                size: word(size),
                sort: word(sort),
            }),
        }
    }
    if visits.is_empty() && faults.0.is_empty() {
        faults.0.push(Fault { line: 1, column: 1, what: "no row has both a score and an outcome".to_owned() });
    }
    faults.or((visits, left_out))
}

fn finding(row: Row<'_>, place: usize) -> Result<Option<bool>, Fault> {
    match row.text(place).to_lowercase().as_str() {
        "" | "na" | "nan" => Ok(None),
        "1" | "true" | "yes" | "ja" => Ok(Some(true)),
        "0" | "false" | "no" | "nee" => Ok(Some(false)),
        other => Err(row.fault(place, format!("`{other}` is no outcome: write 1 for a finding, 0 for none"))),
    }
}

fn chance(row: Row<'_>, place: usize, least: f64) -> Result<Option<f64>, Fault> {
    match row.number(place)? {
        Some(chance) if !(least..=1.0).contains(&chance) => {
            let range = if least > 0.0 { "above 0 and at most 1" } else { "from 0 to 1" };
            Err(row.fault(place, format!("a chance lies {range}, not {chance}")))
        }
        chance => Ok(chance),
    }
}
