//! Rows as CSV and as JSON. Numbers are written by the same text as in GraphQL: as many digits as they need.

use csv::{Terminator, WriterBuilder};
use serde_json::{Map, Number, Value};

use super::wanted::Form;
use crate::{domain::neutralised, service::ExportColumn};

/// What stands in one place of a row.
pub(super) enum Cell {
    Nothing,
    Text(String),
    Number(f64),
    Count(u64),
    Flag(bool),
}

impl From<Option<f64>> for Cell {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Self::Nothing, Self::Number)
    }
}

impl From<Option<usize>> for Cell {
    fn from(count: Option<usize>) -> Self {
        count.map_or(Self::Nothing, |count| Self::Count(count as u64))
    }
}

impl<T: ToString> From<Option<&T>> for Cell {
    fn from(text: Option<&T>) -> Self {
        text.map_or(Self::Nothing, |text| Self::Text(text.to_string()))
    }
}

/// A row: the names of its columns, which are those of the catalogue, and what stands there.
pub(super) type Row = Vec<(&'static str, Cell)>;

/// Writes the rows of one page.
pub(super) struct Writer {
    form: Form,
    names: Vec<String>,
    is_empty: bool,
}

impl Writer {
    pub(super) fn new(form: Form, columns: &[ExportColumn]) -> Self {
        Self { form, names: columns.iter().map(|column| column.name.clone()).collect(), is_empty: true }
    }

    /// What stands before the rows.
    pub(super) fn begin(&self, to: &mut Vec<u8>) {
        match self.form {
            Form::Json => to.push(b'['),
            Form::Csv => self.line(to, &self.names),
            Form::ExcelNl => {
                to.extend("\u{feff}".as_bytes());
                self.line(to, &self.names);
            }
        }
    }

    /// One row.
    pub(super) fn row(&mut self, to: &mut Vec<u8>, row: Row) {
        if self.form == Form::Json {
            to.extend(if self.is_empty { "\n" } else { ",\n" }.as_bytes());
            let object: Map<String, Value> =
                row.into_iter().map(|(name, cell)| (name.to_owned(), json(cell))).collect();
            to.extend(Value::Object(object).to_string().as_bytes());
        } else {
            let cells: Vec<String> = row.into_iter().map(|(_, cell)| self.text(cell)).collect();
            self.line(to, &cells);
        }
        self.is_empty = false;
    }

    /// What stands behind the rows.
    pub(super) fn end(&self, to: &mut Vec<u8>) {
        if self.form == Form::Json {
            to.extend(b"\n]\n");
        }
    }

    fn text(&self, cell: Cell) -> String {
        match json(cell) {
            Value::Null => String::new(),
            Value::String(text) => neutralised(&text).into_owned(),
            Value::Number(number) if self.form == Form::ExcelNl => number.to_string().replace('.', ","),
            other => other.to_string(),
        }
    }

    fn line(&self, to: &mut Vec<u8>, cells: &[String]) {
        let delimiter = if self.form == Form::ExcelNl { b';' } else { b',' };
        let mut writer = WriterBuilder::new().delimiter(delimiter).terminator(Terminator::CRLF).from_writer(to);
        // Memory takes everything.
        let _ = writer.write_record(cells).and_then(|()| Ok(writer.flush()?));
    }
}

fn json(cell: Cell) -> Value {
    match cell {
        Cell::Nothing => Value::Null,
        Cell::Text(text) => Value::String(text),
        Cell::Number(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        Cell::Count(count) => Value::from(count),
        Cell::Flag(flag) => Value::Bool(flag),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(form: Form, cells: Vec<Cell>) -> String {
        let row = ["a", "b", "c", "d", "e"].into_iter().zip(cells).collect();
        let mut to = Vec::new();
        let mut writer = Writer { form, names: vec!["a".to_owned(), "b".to_owned()], is_empty: true };
        writer.begin(&mut to);
        writer.row(&mut to, row);
        writer.end(&mut to);
        String::from_utf8(to).unwrap()
    }

    fn cells() -> Vec<Cell> {
        vec![Cell::Text("=1+1;\"x\"".to_owned()), Cell::Number(-0.1), Cell::Count(3), Cell::Nothing, Cell::Flag(true)]
    }

    #[test]
    fn a_row_in_each_form() {
        assert_eq!(written(Form::Csv, cells()), "a,b\r\n\"'=1+1;\"\"x\"\"\",-0.1,3,,true\r\n");
        assert_eq!(written(Form::ExcelNl, cells()), "\u{feff}a;b\r\n\"'=1+1;\"\"x\"\"\";-0,1;3;;true\r\n");
        assert_eq!(
            written(Form::Json, cells()),
            "[\n{\"a\":\"=1+1;\\\"x\\\"\",\"b\":-0.1,\"c\":3,\"d\":null,\"e\":true}\n]\n"
        );
    }
}
