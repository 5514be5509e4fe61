//! Tables that somebody made by hand, and where they are wrong.

use std::fmt;

use thiserror::Error;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The line, from 1.
    pub line: u64,
    /// The column, from 1: of a table the place of the cell in its line, of other text that of the character.
    pub column: u64,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.what)
    }
}

/// All that is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Faults(pub Vec<Fault>);

/// How many faults are shown.
const SHOWN: usize = 20;

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, fault) in self.0.iter().take(SHOWN).enumerate() {
            write!(f, "{}{fault}", if place == 0 { "" } else { "\n" })?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl Faults {
    /// One fault.
    pub(super) fn one(line: u64, column: u64, what: impl Into<String>) -> Self {
        Self(vec![Fault { line, column, what: what.into() }])
    }

    /// `value`, unless something was wrong.
    pub(super) fn or<T>(mut self, value: T) -> Result<T, Self> {
        self.0.sort();
        self.0.dedup();
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

/// The cells of a file, with the names of their columns.
#[derive(Debug)]
pub(super) struct Cells {
    names: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    cells: &'a csv::StringRecord,
    names: &'a [String],
}

impl Cells {
    /// Reads comma-separated text, or semicolon-separated where the first line has more of those. The first line names
    /// the columns.
    pub(super) fn read(text: &str) -> Result<Self, Faults> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let first = text.lines().next().unwrap_or_default();
        let count = |wanted: u8| first.bytes().filter(|byte| *byte == wanted).count();
        let delimiter = if count(b';') > count(b',') { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| {
                Faults::one(error.position().map_or(1, csv::Position::line), 1, "cannot be read as a table")
            })?;
            rows.push(record);
        }
        if rows.is_empty() {
            return Err(Faults::one(1, 1, "the file is empty; the first line names the columns"));
        }
        let names: Vec<String> = rows.remove(0).iter().map(|name| name.trim().to_owned()).collect();
        let mut faults = Faults(Vec::new());
        for (place, name) in names.iter().enumerate() {
            if !name.is_empty() && names.iter().take(place).any(|other| other == name) {
                faults.0.push(fault(1, place, format!("the column `{name}` stands twice")));
            }
        }
        for row in &rows {
            if row.len() != names.len() {
                let what = format!("{} cells, where the first line names {} columns", row.len(), names.len());
                faults.0.push(fault(line(row), row.len().min(names.len()), what));
            }
        }
        faults.or(Self { names, rows })
    }

    /// The place of a column.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name)
    }

    /// The place of a column that must be there.
    pub(super) fn required(&self, name: &str) -> Result<usize, Faults> {
        self.column(name).ok_or_else(|| {
            Faults::one(1, 1, format!("there is no column `{name}`; there are: {}", self.names.join(", ")))
        })
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|cells| Row { cells, names: &self.names })
    }
}

fn line(record: &csv::StringRecord) -> u64 {
    record.position().map_or(1, csv::Position::line)
}

fn fault(line: u64, place: usize, what: String) -> Fault {
    Fault { line, column: place as u64 + 1, what }
}

impl<'a> Row<'a> {
    /// What stands in a cell, without white space around it.
    pub(super) fn text(self, place: usize) -> &'a str {
        self.cells.get(place).unwrap_or_default().trim()
    }

    /// The number in a cell; `None` where it is empty, `NA` or `NaN`.
    pub(super) fn number(self, place: usize) -> Result<Option<f64>, Fault> {
        let text = self.text(place);
        if text.is_empty() || text.eq_ignore_ascii_case("nan") || text.eq_ignore_ascii_case("na") {
            return Ok(None);
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ if text.contains(',') => {
                Err(self.fault(place, format!("`{text}` is not a number; decimals come after a point")))
            }
            _ => Err(self.fault(place, format!("`{text}` is not a number"))),
        }
    }

    /// Something wrong with a cell.
    pub(super) fn fault(self, place: usize, what: impl fmt::Display) -> Fault {
        let name = self.names.get(place).map_or("", String::as_str);
        fault(line(self.cells), place, format!("{name}: {what}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_found_by_line_and_column() {
        let cells = Cells::read("\u{feff}a;b;c\n1; 2 ;\n\"x\ny\";2,5;NaN\n").expect("a table");
        assert_eq!((cells.column("a"), cells.column("c"), cells.column("d")), (Some(0), Some(2), None));
        let rows: Vec<Row<'_>> = cells.rows().collect();
        assert_eq!((rows[0].number(1), rows[0].number(2), rows[1].number(2)), (Ok(Some(2.0)), Ok(None), Ok(None)));
        let wrong = rows[1].number(1).expect_err("a comma").to_string();
        assert_eq!(wrong, "line 3, column 2: b: `2,5` is not a number; decimals come after a point");
        assert_eq!(
            cells.required("d").expect_err("not there").to_string(),
            "line 1, column 1: there is no column `d`; there are: a, b, c"
        );
    }

    #[test]
    fn a_ragged_table_is_refused() {
        let refused = |text: &str| Cells::read(text).expect_err("refused").to_string();
        assert_eq!(refused("a,b\n1,2\n1\n"), "line 3, column 2: 1 cells, where the first line names 2 columns");
        assert_eq!(refused("a,a\n"), "line 1, column 2: the column `a` stands twice");
        assert_eq!(refused(""), "line 1, column 1: the file is empty; the first line names the columns");
    }
}
