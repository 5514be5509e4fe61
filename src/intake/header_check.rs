//! What is wrong with a header.

use super::{
    collect::{Cause, Collector, Detail, Place, RecordPlace, show},
    dialect::{Dialect, EarlyRecord},
    header::{self, Resolution},
    text,
};
use crate::{
    catalogue::{Catalogue, Dataset},
    domain::{ColumnPlace, Severity},
};

/// What a header allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum HeaderVerdict {
    /// All is there.
    Right,
    /// A column lacks: rows are checked, none is accepted.
    Incomplete,
    /// Rows cannot be read, or must not be.
    Unreadable,
}

/// Looks at the header of a file that is read as `dataset`.
pub(super) struct HeaderChecker<'c> {
    pub catalogue: &'c Catalogue,
    pub dataset: &'c Dataset,
    pub resolution: &'c Resolution,
    pub most_columns: usize,
    pub collector: &'c mut Collector,
}

impl HeaderChecker<'_> {
    /// Reports all that is wrong with the header.
    pub(super) fn check(&mut self, dialect: &Dialect) -> HeaderVerdict {
        let (dataset, resolution) = (self.dataset, self.resolution);
        let header = &dialect.header;
        let place = RecordPlace { line: Some(header.line), row: None, sheet_row: Some(header.index + 1) };
        let mut verdict = HeaderVerdict::Right;
        let unusual =
            dialect.delimiter == b'|' || dialect.promised.is_some_and(|promised| promised != dialect.delimiter);
        if unusual {
            let delimiter = char::from(dialect.delimiter);
            let first_line = RecordPlace { line: Some(1), ..RecordPlace::default() };
            self.collector.add(Cause::Kind("file.delimiter"), Place::Whole, first_line, || {
                Detail::default().with("read", delimiter)
            });
        }
        let mut add = |code, column, detail: Detail| {
            // A column of personal data refuses the file; contact data in a text is a question.
            let cause =
                if code == "privacy.contact_data" { Cause::Weighed(code, Severity::Error) } else { Cause::Kind(code) };
            self.collector.add(cause, column, place, || detail);
        };
        if dialect.has_lines_above {
            add("structure.header_not_first", Place::Whole, Detail::default());
        }
        let most = self.most_columns;
        let width = header.width - usize::from(resolution.remarks.is_some());
        if width > most {
            // Of a header that was only looked at in part, more than that.
            let found = if header.is_cut { format!("> {width}") } else { width.to_string() };
            let detail = Detail::default().with("found", found).with("maximum", most);
            add("structure.too_many_columns", Place::Whole, detail);
            return HeaderVerdict::Unreadable;
        }
        if header.is_cut {
            add("file.record_too_long", Place::Whole, Detail::default().with("maximum", super::source::HEAD));
            return HeaderVerdict::Unreadable;
        }
        let mut nameless = Vec::new();
        for (position, name) in header.cells.iter().enumerate() {
            let detail = || Detail::of(name.as_bytes());
            let column = Place::Column(position);
            if resolution.remarks == Some(position) {
                // The remarks of an annotated copy are not the sender's.
                continue;
            }
            if header::names_national_number(name) {
                add("privacy.national_number", column, Detail::default());
                verdict = HeaderVerdict::Unreadable;
            } else if resolution.duplicates.contains(&position) {
                add("structure.column_duplicate", column, detail());
                verdict = HeaderVerdict::Unreadable;
            } else if resolution.positions.contains(&Some(position)) {
                if name.chars().any(text::is_odd_space) {
                    add("structure.header_cleaned", column, detail());
                }
            } else if name.trim().is_empty() {
                nameless.push(position);
            } else if header::names_person(name) {
                add("privacy.contact_data", column, detail());
                verdict = HeaderVerdict::Unreadable;
            } else {
                let missing =
                    dataset.columns.iter().zip(&resolution.positions).filter(|(_, position)| position.is_none());
                let nearest = header::nearest(name, missing.map(|(column, _)| column.name.as_str()));
                add("structure.column_unknown", column, detail().suggest(nearest.map(str::to_owned)));
            }
        }
        if let Some(first) = nameless.first() {
            let letters = nameless.iter().filter_map(|position| letters(*position)).collect::<Vec<_>>().join(", ");
            add("structure.empty_columns", Place::Column(*first), Detail::default().with("columns", letters));
        }
        self.check_missing_columns(place, header).max(verdict)
    }

    fn check_missing_columns(&mut self, place: RecordPlace, header: &EarlyRecord) -> HeaderVerdict {
        let (dataset, resolution) = (self.dataset, self.resolution);
        let missing: Vec<_> = resolution.missing(dataset).filter_map(|index| dataset.columns.get(index)).collect();
        let is_measure = |name: &str| self.catalogue.indicator(name.trim()).is_some();
        let is_wide = missing.iter().any(|column| Some(&column.name) == dataset.measure.as_ref())
            && header.cells.iter().any(|name| is_measure(name));
        if is_wide {
            self.collector.add(Cause::Kind("structure.layout"), Place::Whole, place, || {
                Detail::default()
                    .with("found_nl", "een kolom per indicator")
                    .with("found_en", "a column for each indicator")
            });
            return HeaderVerdict::Unreadable;
        }
        for column in &missing {
            let positions = header.cells.iter().enumerate();
            let unknown = positions.filter(|(position, _)| !resolution.positions.contains(&Some(*position)));
            let nearest = header::nearest(&column.name, unknown.map(|(_, name)| name.as_str()));
            self.collector.add(
                Cause::Kind("structure.column_missing"),
                Place::Lacking(column.name.clone()),
                place,
                || Detail::default().with("example", &column.example).suggest(nearest.map(str::to_owned)),
            );
        }
        if missing.is_empty() { HeaderVerdict::Right } else { HeaderVerdict::Incomplete }
    }
}

/// The dataset's name for each column of the file, or the header as found.
pub(super) fn column_names(header: &[String], dataset: &Dataset, resolution: &Resolution) -> Vec<String> {
    let known = |position: usize| {
        let index = resolution.positions.iter().position(|found| *found == Some(position))?;
        dataset.columns.get(index).map(|column| column.name.clone())
    };
    let shown = |name: &String| show(name.trim().as_bytes());
    header.iter().enumerate().map(|(position, name)| known(position).unwrap_or_else(|| shown(name))).collect()
}

/// The letters above the column at `position`, from 0.
fn letters(position: usize) -> Option<String> {
    ColumnPlace { number: u32::try_from(position + 1).ok(), name: String::new() }.letters()
}
