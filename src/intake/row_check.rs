//! One record to one typed row, with all that is wrong with it.

use super::{
    cell::Cell,
    coerce::{self, Surroundings},
    coerce_text,
    collect::{Cause, Collector, Detail, Place, RecordPlace},
    context::CheckContext,
    decode::{TextEncoding, decode_cell, is_forged},
    duplicates::Hasher,
    layout::{Layout, LayoutColumn},
    memory::Memory,
    number::read_plain,
    program::{self, Values},
    row_shape::is_total,
    rules::{Groups, RawCells, RuleRow},
    scan::Record,
    text,
};
use crate::{
    catalogue::{Catalogue, ColumnType},
    domain::{AgbCode, MissingReason, Period},
};

/// What a row that is right comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sound {
    /// The hash of its key; `None` in a dataset without key.
    pub key: Option<u64>,
    pub period: Option<Period>,
}

/// Room for one cell that cannot be borrowed from the record.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    bytes: Vec<u8>,
    decoded: String,
    stored: String,
}

/// Checks rows one after the other. What it remembers between rows only saves time, but for the groups of the rules.
pub(super) struct RowChecker<'l, 'a> {
    pub layout: &'l Layout<'a>,
    pub collector: Collector,
    /// Whether findings are left out: the second time that rows are read.
    pub is_silent: bool,
    pub(super) catalogue: &'a Catalogue,
    pub(super) context: CheckContext<'l>,
    encoding: TextEncoding,
    pub(super) header: Vec<Vec<u8>>,
    memories: Vec<Memory<'a>>,
    pub(super) values: Values<'a>,
    groups: Groups,
    pub(super) sound_period: Option<(Option<i16>, Option<Period>)>,
    has_told_encoding: bool,
}

impl<'l, 'a> RowChecker<'l, 'a> {
    pub(super) fn new(
        catalogue: &'a Catalogue,
        layout: &'l Layout<'a>,
        context: CheckContext<'l>,
        encoding: TextEncoding,
        header: Vec<Vec<u8>>,
        collector: Collector,
    ) -> Self {
        let count = layout.columns.len();
        Self {
            layout,
            collector,
            is_silent: false,
            catalogue,
            context,
            encoding,
            header,
            memories: vec![Memory::default(); count],
            values: Values {
                numbers: vec![f64::NAN; count],
                decimals: vec![0; count],
                today: program::day_number(context.today),
                ..Values::default()
            },
            groups: Groups::default(),
            sound_period: None,
            has_told_encoding: false,
        }
    }

    /// Reports a place.
    pub(super) fn report(&mut self, cause: Cause, place: Place, record: RecordPlace, detail: impl FnOnce() -> Detail) {
        if !self.is_silent {
            self.collector.add(cause, place, record, detail);
        }
    }

    /// Reports what only the whole file shows.
    pub(super) fn finish(&mut self) {
        self.layout.rules.finish(&self.layout.columns, &self.groups, &mut self.collector);
    }

    /// Reads `record` into `cells`, one for each column of the dataset. `None` when something in it is wrong.
    pub(super) fn check<'r>(
        &mut self,
        record: &Record<'r>,
        place: RecordPlace,
        scratches: &'r mut [Scratch],
        cells: &mut Vec<Cell<'r>>,
    ) -> Option<Sound>
    where
        'a: 'r,
    {
        if !self.has_right_shape(record, place) {
            return None;
        }
        let mut is_sound = self.check_unknown_columns(record, place);
        self.values.unreadable = 0;
        self.values.measure = None;
        let mut around = Surroundings {
            style: self.layout.style,
            organisations: self.context.organisations,
            year: None,
            measure: None,
            has_measure: self.layout.measure.is_some(),
        };
        let layout = self.layout;
        for (index, (column, scratch)) in layout.columns.iter().zip(scratches).enumerate() {
            let cell = self.read(record, place, index, column, &around, scratch);
            match cell {
                Some(Cell::Year(year)) if layout.year == Some(index) => around.year = Some(year),
                Some(Cell::Word { index: word, .. }) if layout.measure == Some(index) => {
                    self.values.measure = column.words.get(word).and_then(|word| word.indicator);
                    around.measure = self.values.measure;
                }
                None => {
                    is_sound = false;
                    self.values.unreadable |= program::bit(index);
                    if layout.organisation == Some(index) && is_total(record, column) {
                        // A total is no row of an organisation: the rest of it follows from that.
                        return None;
                    }
                }
                _ => {}
            }
            let cell = cell.unwrap_or(Cell::Missing(MissingReason::NotReported));
            self.note(index, &cell);
            cells.push(cell);
        }
        let year = cell_at(cells, layout.year).and_then(year_of);
        let period = cell_at(cells, layout.period).and_then(period_of);
        is_sound &= self.has_open_period(record, place, year, period);
        let organisation = cell_at(cells, layout.organisation).and_then(organisation_of);
        is_sound &= self.follows_rules(record, place, organisation.zip(period));
        is_sound.then(|| Sound { key: self.key(cells), period })
    }

    fn key(&self, cells: &[Cell<'_>]) -> Option<u64> {
        if self.layout.key.is_empty() {
            return None;
        }
        let mut hasher = Hasher::default();
        for index in &self.layout.key {
            cells.get(*index).into_iter().for_each(|cell| hasher.add(cell));
        }
        Some(hasher.finish())
    }

    /// Columns that are left out are only looked through for numbers of persons.
    fn check_unknown_columns(&mut self, record: &Record<'_>, place: RecordPlace) -> bool {
        let layout = self.layout;
        let mut is_sound = true;
        for &position in &layout.unknown {
            if text::holds_national_number(record.raw(position)) {
                self.report(Cause::Kind("privacy.national_number"), Place::Column(position), place, Detail::default);
                is_sound = false;
            }
        }
        is_sound
    }

    /// Reads one cell. `None` when it is wrong.
    fn read<'r>(
        &mut self,
        record: &Record<'r>,
        place: RecordPlace,
        index: usize,
        column: &LayoutColumn<'a>,
        around: &Surroundings<'_>,
        scratch: &'r mut Scratch,
    ) -> Option<Cell<'r>>
    where
        'a: 'r,
    {
        let Some(position) = column.position else { return Some(Cell::Missing(MissingReason::NotReported)) };
        let Scratch { bytes: unquoted, decoded, stored } = scratch;
        let bytes = record.cell(position, unquoted);
        let kind = column.column.kind;
        match kind {
            _ if bytes.is_empty() && !column.column.value_required => {
                return Some(Cell::Missing(MissingReason::NotReported));
            }
            ColumnType::Integer | ColumnType::Decimal => {
                let number = read_plain(bytes, around.style, kind == ColumnType::Integer);
                if let Some(number) = number.filter(|number| coerce::is_in_range(*number, column.column)) {
                    return Some(Cell::Number(number));
                }
            }
            ColumnType::Text => {
                if coerce_text::is_plain_text(bytes, column.column)
                    && !bytes.is_empty()
                    && let Ok(text) = std::str::from_utf8(bytes)
                {
                    return Some(Cell::Text(text));
                }
            }
            ColumnType::Identifier => {
                if coerce_text::is_identifier(bytes, column.column)
                    && let Ok(text) = std::str::from_utf8(bytes)
                {
                    return Some(Cell::Text(text));
                }
            }
            _ => {
                if let Some(cell) = self.memories.get(index).and_then(|memory| memory.recall(bytes)) {
                    return Some(cell);
                }
            }
        }
        let is_bad_encoding = !bytes.is_ascii() && self.has_bad_encoding(bytes, position, place);
        let text = decode_cell(bytes, self.encoding, decoded);
        let mut has_remark = false;
        let is_silent = self.is_silent;
        let collector = &mut self.collector;
        let mut report = |cause: Cause, detail: &dyn Fn() -> Detail| {
            has_remark = true;
            if !is_silent {
                collector.add(cause, Place::Column(position), place, detail);
            }
        };
        let cell = match kind {
            ColumnType::Text => coerce_text::coerce_text(text, column.column, stored, &mut report)?,
            ColumnType::Identifier => coerce_text::coerce_identifier(text, column.column, stored, &mut report)?,
            _ => {
                let cell = coerce::coerce(text, column, around, &mut report)?;
                // A bare quarter means another period in another year: it has a remark and is not remembered.
                if !has_remark && let Some(memory) = self.memories.get_mut(index) {
                    memory.remember(bytes, cell);
                }
                cell
            }
        };
        (!is_bad_encoding).then_some(cell)
    }

    /// Says once that the encoding is assumed, and everywhere that it is none; the latter is an error.
    fn has_bad_encoding(&mut self, bytes: &[u8], position: usize, place: RecordPlace) -> bool {
        let code = match self.encoding {
            TextEncoding::Windows1252 if !self.has_told_encoding => "file.encoding_assumed",
            TextEncoding::Mixed if std::str::from_utf8(bytes).is_err() => {
                let is_forged = (0..bytes.len()).any(|at| is_forged(bytes.get(at..).unwrap_or_default()));
                if is_forged { "file.encoding" } else { "file.encoding_mixed" }
            }
            TextEncoding::BrokenUtf16(_) if memchr::memmem::find(bytes, "\u{fffd}".as_bytes()).is_some() => {
                "file.encoding"
            }
            _ => return false,
        };
        self.has_told_encoding = true;
        let read = decode_cell(bytes, self.encoding, &mut String::new()).to_owned();
        self.report(Cause::Kind(code), Place::Column(position), place, || {
            Detail::of(read.as_bytes()).with("read", super::collect::show(read.as_bytes()))
        });
        self.encoding != TextEncoding::Windows1252
    }

    /// Keeps the number of a cell for the rules.
    fn note(&mut self, index: usize, cell: &Cell<'_>) {
        let (number, decimals) = match cell {
            Cell::Number(number) => (number.value(), number.decimals()),
            Cell::Word { index, .. } => (f64::from(*index), 0),
            Cell::Year(year) => (f64::from(*year), 0),
            Cell::Period(period) => (program::period_number(*period), 0),
            Cell::Date(date) => (program::day_number(*date), 0),
            Cell::Boolean(yes) => (f64::from(u8::from(*yes)), 0),
            Cell::Agb(code) => (f64::from(code.number()), 0),
            Cell::Text(_) => (0.0, 0),
            Cell::Missing(_) => (f64::NAN, 0),
        };
        if let Some(slot) = self.values.numbers.get_mut(index) {
            *slot = number;
        }
        if let Some(slot) = self.values.decimals.get_mut(index) {
            *slot = decimals;
        }
    }

    fn follows_rules(&mut self, record: &Record<'_>, place: RecordPlace, group: Option<(AgbCode, Period)>) -> bool {
        let layout = self.layout;
        let raw = RecordCells { record, columns: &layout.columns };
        let row = RuleRow { place, group, raw: &raw };
        if self.is_silent {
            let mut nowhere = Collector::default();
            return layout.rules.check(&self.values, row, &layout.columns, &mut self.groups, &mut nowhere);
        }
        layout.rules.check(&self.values, row, &layout.columns, &mut self.groups, &mut self.collector)
    }

    /// Reports at the dataset's column `index`.
    pub(super) fn report_at(
        &mut self,
        code: &'static str,
        index: Option<usize>,
        record: &Record<'_>,
        place: RecordPlace,
        detail: impl FnOnce(&[u8]) -> Detail,
    ) {
        let column = index.and_then(|index| self.layout.columns.get(index));
        let position = column.and_then(|column| column.position);
        let raw = position.map(|position| record.raw(position)).unwrap_or_default();
        self.report(Cause::Kind(code), position.map_or(Place::Whole, Place::Column), place, || detail(raw));
    }
}

fn cell_at<'r>(cells: &[Cell<'r>], index: Option<usize>) -> Option<Cell<'r>> {
    cells.get(index?).copied()
}

const fn year_of(cell: Cell<'_>) -> Option<i16> {
    if let Cell::Year(year) = cell { Some(year) } else { None }
}

const fn period_of(cell: Cell<'_>) -> Option<Period> {
    if let Cell::Period(period) = cell { Some(period) } else { None }
}

const fn organisation_of(cell: Cell<'_>) -> Option<AgbCode> {
    if let Cell::Agb(code) = cell { Some(code) } else { None }
}

#[derive(Debug)]
struct RecordCells<'r, 'l, 'a> {
    record: &'r Record<'r>,
    columns: &'l [LayoutColumn<'a>],
}

impl RawCells for RecordCells<'_, '_, '_> {
    fn raw(&self, index: usize) -> Vec<u8> {
        let position = self.columns.get(index).and_then(|column| column.position);
        position.map(|position| self.record.raw(position).to_vec()).unwrap_or_default()
    }
}
