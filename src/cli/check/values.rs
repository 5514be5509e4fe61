//! Accepted rows as they would be stored.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    catalogue::ColumnType,
    intake::{Cell, Row, RowSink},
};

/// A row.
#[derive(Clone, Debug, Serialize)]
pub(super) struct StoredRow {
    line: u64,
    row: u64,
    /// The columns of the dataset; `null` where there is no value.
    values: Map<String, Value>,
}

/// Gathers all accepted rows.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Values(Vec<StoredRow>);

impl RowSink for Values {
    fn row(&mut self, row: &Row<'_>) {
        let columns = row.dataset.columns.iter().zip(row.cells);
        let values = columns.map(|(column, cell)| (column.name.clone(), value(*cell, column.kind))).collect();
        self.0.push(StoredRow { line: row.line, row: row.row, values });
    }

    fn restart(&mut self) {
        self.0.clear();
    }
}

fn value(cell: Cell<'_>, kind: ColumnType) -> Value {
    match cell {
        Cell::Missing(_) => Value::Null,
        Cell::Agb(code) => Value::String(code.to_string()),
        Cell::Year(year) => year.into(),
        Cell::Period(period) => Value::String(period.to_string()),
        Cell::Word { text, .. } | Cell::Text(text) => Value::String(text.to_owned()),
        Cell::Number(number) if kind == ColumnType::Integer => {
            number.to_string().parse::<i64>().map_or(Value::Null, Value::from)
        }
        Cell::Number(number) => number.value().into(),
        Cell::Date(date) => Value::String(date.to_string()),
        Cell::Boolean(yes) => yes.into(),
    }
}
