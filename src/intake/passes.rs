//! The readings of the rows: the first checks each, the second tells which are said twice.

use std::{
    collections::BTreeSet,
    io::{self, Read},
};

use super::{
    cell::{Cell, Row, RowSink},
    collect::{Cause, Detail, Place, RecordPlace},
    context::Limits,
    duplicates::{Firsts, Hasher, Repetition, write_key},
    row_check::{RowChecker, Scratch, Sound},
    scan::{Record, Scanner},
};
use crate::domain::{Period, RowCounts, RowFate};

/// What the rows came to.
#[derive(Default)]
pub(super) struct Tally {
    pub counts: RowCounts,
    pub periods: BTreeSet<Period>,
}

/// The readings of the rows.
pub(super) struct Pass {
    /// Whether no row can be accepted, because a column lacks.
    pub is_doomed: bool,
    /// How many records stand before the first row.
    pub skipped: u64,
    pub limits: Limits,
    pub tally: Tally,
    /// The hash of the key of each accepted row.
    pub hashes: Vec<u64>,
}

impl Pass {
    /// Checks all rows.
    pub(super) fn first<R: Read>(
        &mut self,
        scanner: &mut Scanner<R>,
        checker: &mut RowChecker<'_, '_>,
        rows: &mut dyn RowSink,
    ) -> io::Result<()> {
        let mut last_period = None;
        let limits = self.limits;
        self.each(scanner, checker, |pass, record, place, checker, cells, sound| {
            let read = pass.tally.counts.read + 1;
            if read == limits.rows + 1 {
                let detail = || Detail::default().with("format", "CSV").with("maximum", limits.rows);
                checker.report(Cause::Kind("file.too_large"), Place::Whole, place, detail);
            }
            if record.has_bare_quotes && record.damage.is_none() {
                for position in record.bare_quotes() {
                    checker.remark_on_bare_quotes(record, place, position);
                }
            }
            let Some(sound) = sound.filter(|_| !pass.is_doomed && read <= limits.rows) else {
                pass.tally.counts.take(RowFate::Rejected);
                return;
            };
            pass.tally.counts.take(RowFate::Accepted);
            pass.hashes.extend(sound.key);
            if sound.period != last_period {
                last_period = sound.period;
                pass.tally.periods.extend(sound.period);
            }
            rows.row(&row(checker, place, cells));
        })
    }

    /// Reads all rows again, to compare those whose keys may be equal, and hands out those that stay.
    pub(super) fn second<R: Read>(
        &mut self,
        scanner: &mut Scanner<R>,
        checker: &mut RowChecker<'_, '_>,
        mut firsts: Firsts,
        rows: &mut dyn RowSink,
    ) -> io::Result<()> {
        let mut read = 0;
        let limit = self.limits.rows;
        self.each(scanner, checker, |pass, _, place, checker, cells, sound| {
            read += 1;
            let Some(sound) = sound.filter(|_| read <= limit) else { return };
            match report_repetition(checker, &mut firsts, place, cells, sound) {
                None => rows.row(&row(checker, place, cells)),
                Some(fate) => pass.tally.counts.change(RowFate::Accepted, fate),
            }
        })
    }

    /// Reads the rows behind the header and calls `take` for each.
    fn each<R: Read>(
        &mut self,
        scanner: &mut Scanner<R>,
        checker: &mut RowChecker<'_, '_>,
        mut take: impl FnMut(&mut Self, &Record<'_>, RecordPlace, &mut RowChecker<'_, '_>, &[Cell<'_>], Option<Sound>),
    ) -> io::Result<()> {
        let mut scratches = vec![Scratch::default(); checker.layout.columns.len()];
        let mut storage: Vec<Cell<'static>> = Vec::new();
        let (mut index, mut row) = (0, 0);
        while scanner.advance()? {
            index += 1;
            let record = scanner.record();
            if index <= self.skipped || record.is_blank() {
                continue;
            }
            row += 1;
            let place = RecordPlace { line: Some(record.line), row: Some(row), sheet_row: Some(index) };
            // The cells borrow from this record; the room for them goes on to the next one.
            let mut cells: Vec<Cell<'_>> = storage.into_iter().collect();
            let sound = checker.check(&record, place, &mut scratches, &mut cells);
            take(self, &record, place, checker, &cells, sound);
            cells.clear();
            storage = cells.into_iter().map(|_| Cell::Boolean(false)).collect();
        }
        Ok(())
    }
}

/// Says that a row says what an earlier one said; what then becomes of it. `None` for the first with its key.
pub(super) fn report_repetition(
    checker: &mut RowChecker<'_, '_>,
    firsts: &mut Firsts,
    place: RecordPlace,
    cells: &[Cell<'_>],
    sound: Sound,
) -> Option<RowFate> {
    let key = &checker.layout.key;
    let keys = || key.iter().filter_map(|index| cells.get(*index));
    let content = || {
        let mut hasher = Hasher::default();
        let others = cells.iter().enumerate().filter(|(index, _)| !key.contains(index));
        others.for_each(|(_, cell)| hasher.add(cell));
        hasher.finish()
    };
    let line = place.line.unwrap_or(0);
    let (code, fate, first) = match firsts.compare(sound.key?, line, |bytes| write_key(keys(), bytes), content) {
        Repetition::First => return None,
        Repetition::Same(first) => ("row.duplicate", RowFate::Unchanged, first),
        Repetition::Conflict(first) => ("row.conflict", RowFate::Rejected, first),
    };
    checker.collector.add(Cause::Kind(code), Place::Whole, place, || Detail::default().with("first_line", first));
    Some(fate)
}

fn row<'r>(checker: &RowChecker<'_, 'r>, place: RecordPlace, cells: &'r [Cell<'r>]) -> Row<'r> {
    Row { dataset: checker.layout.dataset, line: place.line.unwrap_or(0), row: place.row.unwrap_or(0), cells }
}
