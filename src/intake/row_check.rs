//! One record to one typed row, with all that is wrong with it.

use super::{
    cell::Cell,
    coerce::{self, Surroundings},
    coerce_text,
    collect::{Cause, Collector, Detail, Place, RecordPlace},
    context::CheckContext,
    decode::{TextEncoding, decode_cell, is_forged},
    groups::Groups,
    layout::{Layout, LayoutColumn},
    number::read_plain,
    plain::{self, Plain},
    prefix::Prefix,
    program,
    row_shape::is_total,
    rules::{RawCells, RuleRow, Shapes},
    scan::Record,
    text,
    values::Values,
};
use crate::{
    catalogue::Catalogue,
    domain::{AgbCode, MissingReason, Period, restored},
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
    /// The last organisation for which the uploader was found to deliver.
    last_organisation: Option<AgbCode>,
    prefix: Prefix<'a>,
    /// Whether a cell of this row was not written plainly.
    has_looked_closely: bool,
    pub(super) values: Values<'a>,
    shapes: Shapes<'a>,
    /// The columns that the file should have and has not, as bits: what rules say of them follows from that.
    lacking: u64,
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
            last_organisation: None,
            prefix: Prefix::of(layout),
            has_looked_closely: false,
            values: Values {
                numbers: vec![f64::NAN; count],
                decimals: vec![0; count],
                today: program::day_number(context.today),
                ..Values::default()
            },
            shapes: Shapes::default(),
            lacking: layout.lacking(),
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
        self.layout.rules.finish(&self.layout.columns, &mut self.groups, &mut self.collector);
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
        self.values.unreadable = self.lacking;
        self.values.present = 0;
        self.has_looked_closely = false;
        self.values.measure = None;
        let mut around = Surroundings {
            style: self.layout.style,
            organisations: self.context.organisations,
            year: None,
            measure: None,
            has_measure: self.layout.measure.is_some(),
        };
        let layout = self.layout;
        let known = self.prefix.recall(record, cells, &mut self.values);
        if known > 0 {
            around.year = cell_at(cells, layout.year).and_then(year_of);
        }
        let unread = layout.columns.get(known..).unwrap_or_default().iter();
        let room = scratches.get_mut(known..).unwrap_or_default();
        for (index, (column, scratch)) in (known..).zip(unread.zip(room)) {
            if !self.read(record, &place, index, column, &around, scratch, cells) {
                is_sound = false;
                self.values.unreadable |= column.bit;
                if layout.organisation == Some(index) && is_total(record, column) {
                    // A total is no row of an organisation: the rest of it follows from that.
                    return None;
                }
            }
            if index + 1 == self.prefix.columns && !self.has_looked_closely {
                self.prefix.remember(record, cells, &self.values);
            }
            if layout.year == Some(index) {
                around.year = cells.last().copied().and_then(year_of);
            } else if layout.measure == Some(index)
                && let Some(Cell::Word { index: word, .. }) = cells.last()
            {
                self.values.measure = column.words.get(*word).and_then(|word| word.indicator);
                around.measure = self.values.measure;
            }
        }
        let year = cell_at(cells, layout.year).and_then(year_of);
        let period = cell_at(cells, layout.period).and_then(period_of);
        let organisation = cell_at(cells, layout.organisation).and_then(organisation_of);
        is_sound &= self.has_open_period(record, place, year, period, organisation);
        is_sound &= self.follows_rules(record, place, organisation.zip(period));
        is_sound.then(|| Sound { key: self.key(cells, known), period })
    }

    fn key(&self, cells: &[Cell<'_>], known: usize) -> Option<u64> {
        if self.layout.key.is_empty() {
            return None;
        }
        let (mut hasher, known) = self.prefix.key(known);
        for index in self.layout.key.iter().skip(known) {
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

    /// Reads one cell and puts it behind `cells`; whether it is right. A cell that is wrong stands there as missing.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "calls for each cell are a fifth of the whole check")]
    #[expect(clippy::too_many_arguments, reason = "where the cell stands, what it is read with, where it goes")]
    fn read<'r>(
        &mut self,
        record: &Record<'r>,
        place: &RecordPlace,
        index: usize,
        column: &LayoutColumn<'a>,
        around: &Surroundings<'_>,
        scratch: &'r mut Scratch,
        cells: &mut Vec<Cell<'r>>,
    ) -> bool
    where
        'a: 'r,
    {
        let Scratch { bytes: unquoted, decoded, stored } = scratch;
        let bytes = column.position.map(|position| record.cell(position, unquoted)).unwrap_or_default();
        let bytes = if self.layout.remarks.is_some() { restored(bytes) } else { bytes };
        if bytes.is_empty() && (!column.column.value_required || column.position.is_none()) {
            self.values.forget(index);
            cells.push(Cell::Missing(MissingReason::NotReported));
            return true;
        }
        if self.read_plainly(bytes, index, column, around, cells).is_some() {
            return true;
        }
        let cell = self.read_closely(bytes, place, column, around, decoded, stored);
        self.note(index, column.bit, cell.as_ref());
        cells.push(cell.unwrap_or(Cell::Missing(MissingReason::NotReported)));
        cell.is_some()
    }

    /// Reads a cell that is written as asked, and puts it behind `cells`. `None` when it wants a closer look.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "calls for each cell are a fifth of the whole check")]
    fn read_plainly<'r>(
        &mut self,
        bytes: &'r [u8],
        index: usize,
        column: &LayoutColumn<'a>,
        around: &Surroundings<'_>,
        cells: &mut Vec<Cell<'r>>,
    ) -> Option<()>
    where
        'a: 'r,
    {
        // Each arm puts its own cell in its place: handed back, it would be copied by halves.
        let mut put = |cell: Cell<'r>, number: f64, decimals: u8| {
            self.values.note(index, column.bit, number, decimals);
            cells.push(cell);
        };
        match &column.plain {
            Plain::Number { is_whole, range } => {
                let number = read_plain(bytes, around.style, *is_whole)?;
                let value = number.value();
                range.contains(&value).then(|| put(Cell::Number(number), value, number.decimals()))?;
            }
            Plain::Agb => {
                let number = plain::digits::<8>(bytes)?;
                let code = AgbCode::from_number(number)?;
                if self.last_organisation != Some(code) {
                    self.last_organisation = around.organisations.allows(code).then_some(code);
                    self.last_organisation?;
                }
                put(Cell::Agb(code), f64::from(number), 0);
            }
            Plain::Year => {
                let year = plain::year(bytes)?;
                put(Cell::Year(year), f64::from(year), 0);
            }
            Plain::Period => {
                let period = plain::period(bytes)?;
                put(Cell::Period(period), program::period_number(period), 0);
            }
            Plain::Date => {
                let date = plain::date(bytes)?;
                put(Cell::Date(date), program::day_number(date), 0);
            }
            Plain::Boolean => match bytes {
                b"ja" => put(Cell::Boolean(true), 1.0, 0),
                b"nee" => put(Cell::Boolean(false), 0.0, 0),
                _ => return None,
            },
            Plain::Word(words) => {
                let word = words.find(bytes)?;
                put(Cell::Word { index: word, text: column.words.get(word)?.text }, f64::from(word), 0);
            }
            Plain::Text => {
                let is_plain = !bytes.is_empty() && coerce_text::is_plain_text(bytes, column.column);
                put(Cell::Text(std::str::from_utf8(bytes).ok().filter(|_| is_plain)?), 0.0, 0);
            }
            Plain::Identifier => {
                let is_plain = coerce_text::is_identifier(bytes, column.column);
                put(Cell::Text(std::str::from_utf8(bytes).ok().filter(|_| is_plain)?), 0.0, 0);
            }
        }
        Some(())
    }

    /// Reads a cell that is not plainly right. `None` when it is wrong.
    fn read_closely<'r>(
        &mut self,
        bytes: &'r [u8],
        place: &RecordPlace,
        column: &LayoutColumn<'a>,
        around: &Surroundings<'_>,
        decoded: &'r mut String,
        stored: &'r mut String,
    ) -> Option<Cell<'r>>
    where
        'a: 'r,
    {
        self.has_looked_closely = true;
        let position = column.position?;
        if !bytes.is_ascii() && self.has_bad_encoding(bytes, position, *place) {
            return None;
        }
        let text = decode_cell(bytes, self.encoding, decoded);
        let is_silent = self.is_silent;
        let collector = &mut self.collector;
        let mut report = |cause: Cause, detail: &dyn Fn() -> Detail| {
            if !is_silent {
                collector.add(cause, Place::Column(position), *place, detail);
            }
        };
        match column.plain {
            Plain::Text => coerce_text::coerce_text(text, column.column, stored, &mut report),
            Plain::Identifier => coerce_text::coerce_identifier(text, column.column, stored, &mut report),
            _ => coerce::coerce(text, column, around, &mut report),
        }
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
    fn note(&mut self, index: usize, bit: u64, cell: Option<&Cell<'_>>) {
        match cell.and_then(|cell| Some((number_of(cell)?, cell))) {
            Some((number, Cell::Number(shown))) => self.values.note(index, bit, number, shown.decimals()),
            Some((number, _)) => self.values.note(index, bit, number, 0),
            None => self.values.forget(index),
        }
    }

    fn follows_rules(&mut self, record: &Record<'_>, place: RecordPlace, group: Option<(AgbCode, Period)>) -> bool {
        let layout = self.layout;
        let raw = RecordCells { record, columns: &layout.columns };
        let row = RuleRow { place, group, raw: &raw };
        if self.is_silent {
            let mut nowhere = Collector::default();
            return layout.rules.check(
                &self.values,
                row,
                &layout.columns,
                &mut self.shapes,
                &mut self.groups,
                &mut nowhere,
            );
        }
        layout.rules.check(&self.values, row, &layout.columns, &mut self.shapes, &mut self.groups, &mut self.collector)
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

/// The number of a cell for the rules; `None` when it has no value.
fn number_of(cell: &Cell<'_>) -> Option<f64> {
    Some(match cell {
        Cell::Number(number) => number.value(),
        Cell::Word { index, .. } => f64::from(*index),
        Cell::Year(year) => f64::from(*year),
        Cell::Period(period) => program::period_number(*period),
        Cell::Date(date) => program::day_number(*date),
        Cell::Boolean(yes) => f64::from(u8::from(*yes)),
        Cell::Agb(code) => f64::from(code.number()),
        Cell::Text(_) => 0.0,
        Cell::Missing(_) => return None,
    })
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
