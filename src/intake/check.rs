//! The way of a file: container, encoding, dialect, header, rows, duplicates, report.

use std::{
    collections::BTreeSet,
    io::{self, Read, Seek, SeekFrom},
};

use super::{
    cell::{Cell, Row, RowSink},
    collect::{Cause, Collector, Detail, Place, RecordPlace},
    container,
    context::CheckContext,
    decode::{self, Survey, TextEncoding, TextReader},
    dialect::{self, Dialect, EarlyRecord, Start},
    duplicates::{Firsts, Hasher, Repetition, repeated, write_key},
    header::{self, KnownNames, Resolution},
    layout::Layout,
    row_check::{RowChecker, Scratch, Sound},
    scan::{Record, Scanner},
    text,
};
use crate::{
    catalogue::{Catalogue, Dataset},
    domain::{Period, Report, RowCounts},
};

/// Checks a file against `catalogue` and hands its accepted rows to `rows`.
///
/// Reads `source` from its start, two or three times and never into memory as a whole. Whatever the bytes are, the
/// answer is a report; only `source` itself can fail.
pub fn check<R: Read + Seek>(
    source: R,
    catalogue: &Catalogue,
    context: &CheckContext<'_>,
    rows: &mut dyn RowSink,
) -> io::Result<Report> {
    let mut file = File { source, catalogue, context: *context, collector: Collector::default() };
    file.check(rows)
}

/// How much of the start of a file is looked at to tell what it is.
const HEAD: u64 = 256 << 10;

struct File<'c, R> {
    source: R,
    catalogue: &'c Catalogue,
    context: CheckContext<'c>,
    collector: Collector,
}

/// What the rows came to.
#[derive(Default)]
struct Tally {
    counts: RowCounts,
    periods: BTreeSet<Period>,
}

impl<R: Read + Seek> File<'_, R> {
    fn check(&mut self, rows: &mut dyn RowSink) -> io::Result<Report> {
        let size = self.source.seek(SeekFrom::End(0))?;
        self.source.rewind()?;
        let mut head = Vec::new();
        (&mut self.source).take(HEAD).read_to_end(&mut head)?;
        if let Some(refusal) = self.refusal(&head, size)? {
            return Ok(refusal);
        }
        let survey = decode::survey(&mut self.source, &head)?;
        match survey.encoding {
            TextEncoding::Unknown => return Ok(self.refuse("file.encoding", Some(1), Detail::default)),
            TextEncoding::Utf16(encoding) => {
                let read = || Detail::default().with("read", encoding.name());
                self.collector.add(Cause::Kind("file.encoding_converted"), Place::Whole, RecordPlace::default(), read);
            }
            _ => {}
        }
        let mut head = Vec::new();
        TextReader::open(&mut self.source, survey)?.take(HEAD).read_to_end(&mut head)?;
        let known = KnownNames::new(self.catalogue, self.context.dataset);
        let is_all = (head.len() as u64) < HEAD;
        match dialect::find(&head, is_all, survey.encoding, &known) {
            Start::Header(dialect) => {
                let is_cr_only = head.contains(&b'\r') && !head.contains(&b'\n');
                if is_cr_only {
                    self.note_on_line_1("file.line_ends", Detail::default);
                }
                self.check_table(survey, &dialect, &known, rows)
            }
            Start::Wrapped { line } => self.refuse_rows(survey, b';', 1, "structure.single_column", line),
            Start::NoHeader { first, delimiter } => self.without_header(survey, &first, delimiter),
            Start::Blank => Ok(self.refuse("file.empty", None, Detail::default)),
        }
    }

    /// What can be refused by its size and its first bytes.
    fn refusal(&mut self, head: &[u8], size: u64) -> io::Result<Option<Report>> {
        if size == 0 {
            return Ok(Some(self.refuse("file.empty", None, Detail::default)));
        }
        if let Some(refusal) = container::refuse(&mut self.source, head, size, &self.context.limits)? {
            let format = || Detail::default().with("format", refusal.format);
            return Ok(Some(self.refuse(refusal.code, None, format)));
        }
        let limit = self.context.limits.bytes;
        if size > limit {
            let detail = || Detail::default().with("format", "CSV").with("size", size).with("maximum", limit);
            return Ok(Some(self.refuse("file.too_large", None, detail)));
        }
        Ok(None)
    }

    /// A report of one reason for which no row is read.
    fn refuse(&mut self, code: &'static str, line: Option<u64>, detail: impl FnOnce() -> Detail) -> Report {
        let place = RecordPlace { line, ..RecordPlace::default() };
        self.collector.add(Cause::Kind(code), Place::Whole, place, detail);
        self.report(None, Tally::default(), &[])
    }

    fn report(&mut self, dataset: Option<&str>, tally: Tally, headers: &[String]) -> Report {
        let collector = std::mem::take(&mut self.collector);
        Report {
            dataset: dataset.map(str::to_owned),
            periods: tally.periods.into_iter().collect(),
            rows: tally.counts,
            findings: collector.finish(self.catalogue, dataset, headers),
        }
    }

    fn note_on_line_1(&mut self, code: &'static str, detail: impl FnOnce() -> Detail) {
        let place = RecordPlace { line: Some(1), ..RecordPlace::default() };
        self.collector.add(Cause::Kind(code), Place::Whole, place, detail);
    }

    /// Refuses all rows for one reason; they are counted.
    fn refuse_rows(
        &mut self,
        survey: Survey,
        delimiter: u8,
        skipped: u64,
        code: &'static str,
        line: u64,
    ) -> io::Result<Report> {
        let place = RecordPlace { line: Some(line), ..RecordPlace::default() };
        self.collector.add(Cause::Kind(code), Place::Whole, place, Detail::default);
        let tally = self.count_rows(survey, delimiter, skipped)?;
        Ok(self.report(None, tally, &[]))
    }

    /// Counts the rows behind the first `skipped` records, all as rejected.
    fn count_rows(&mut self, survey: Survey, delimiter: u8, skipped: u64) -> io::Result<Tally> {
        let reader = TextReader::open(&mut self.source, survey)?;
        let mut scanner = Scanner::new(reader, delimiter, self.context.limits.record_bytes);
        let mut tally = Tally::default();
        let mut index = 0;
        while scanner.advance()? {
            if index >= skipped && !scanner.record().is_blank() {
                tally.counts.read += 1;
                tally.counts.rejected += 1;
            }
            index += 1;
        }
        Ok(tally)
    }

    /// No record has names of columns: say what it is instead.
    fn without_header(&mut self, survey: Survey, first: &EarlyRecord, delimiter: u8) -> io::Result<Report> {
        let has_number = |cell: &String| cell.trim().starts_with(|c: char| c.is_ascii_digit());
        let (skipped, code) = if first.cells.iter().any(has_number) {
            (first.index, "structure.header_missing")
        } else if first.cells.len() == 1 {
            (first.index, "file.not_text_table")
        } else {
            (first.index + 1, "structure.layout")
        };
        self.refuse_rows(survey, delimiter, skipped, code, first.line)
    }

    fn check_table(
        &mut self,
        survey: Survey,
        dialect: &Dialect,
        known: &KnownNames<'_>,
        rows: &mut dyn RowSink,
    ) -> io::Result<Report> {
        let header = &dialect.header;
        let Some((dataset, resolution, is_other)) = self.choose(known, &header.cells) else {
            return self.refuse_rows(survey, dialect.delimiter, header.index + 1, "structure.layout", header.line);
        };
        let headers = column_names(&header.cells, dataset, &resolution);
        if is_other {
            let place = RecordPlace { line: Some(header.line), ..RecordPlace::default() };
            self.collector.add(Cause::Kind("structure.layout"), Place::Whole, place, || {
                let detail = Detail::default().with("found_nl", &dataset.name.nl).with("found_en", &dataset.name.en);
                detail.with("expected", self.context.dataset.unwrap_or_default())
            });
            let tally = self.count_rows(survey, dialect.delimiter, header.index + 1)?;
            return Ok(self.report(None, tally, &headers));
        }
        let verdict = self.check_header(dialect, dataset, &resolution);
        let tally = if verdict == HeaderVerdict::Unreadable {
            self.count_rows(survey, dialect.delimiter, header.index + 1)?
        } else {
            self.check_rows(survey, dialect, dataset, &resolution, verdict, rows)?
        };
        if tally.counts.read == 0 {
            let place = RecordPlace { line: Some(header.line), ..RecordPlace::default() };
            self.collector.add(Cause::Kind("file.no_rows"), Place::Whole, place, Detail::default);
        }
        Ok(self.report(Some(&dataset.code), tally, &headers))
    }

    /// The dataset the file is read as, and whether it is another one than was told.
    fn choose<'a>(&self, known: &KnownNames<'a>, header: &[String]) -> Option<(&'a Dataset, Resolution, bool)> {
        let (best, best_resolution) = known.best(header)?;
        let told =
            known.resolve(header).into_iter().find(|(dataset, _)| Some(dataset.code.as_str()) == self.context.dataset);
        let Some((dataset, resolution)) = told else { return Some((best, best_resolution, false)) };
        let is_other = best.code != dataset.code
            && resolution.missing(dataset).next().is_some()
            && best_resolution.missing(best).next().is_none();
        Some(if is_other { (best, best_resolution, true) } else { (dataset, resolution, false) })
    }

    /// Reports all that is wrong with the header.
    fn check_header(&mut self, dialect: &Dialect, dataset: &Dataset, resolution: &Resolution) -> HeaderVerdict {
        let header = &dialect.header;
        let place = RecordPlace { line: Some(header.line), row: None, sheet_row: Some(header.index + 1) };
        let mut verdict = HeaderVerdict::Right;
        let unusual =
            dialect.delimiter == b'|' || dialect.promised.is_some_and(|promised| promised != dialect.delimiter);
        if unusual {
            let delimiter = char::from(dialect.delimiter);
            self.note_on_line_1("file.delimiter", || Detail::default().with("read", delimiter));
        }
        let mut add = |code, column, detail: Detail| self.collector.add(Cause::Kind(code), column, place, || detail);
        if dialect.has_lines_above {
            add("structure.header_not_first", Place::Whole, Detail::default());
        }
        let most = self.context.limits.columns;
        if header.cells.len() > most {
            let detail = Detail::default().with("found", header.cells.len()).with("maximum", most);
            add("structure.too_many_columns", Place::Whole, detail);
            return HeaderVerdict::Unreadable;
        }
        for (position, name) in header.cells.iter().enumerate() {
            let detail = || Detail::of(name.as_bytes());
            let column = Place::Column(position);
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
                add("structure.empty_columns", column, Detail::default());
            } else {
                let missing =
                    dataset.columns.iter().zip(&resolution.positions).filter(|(_, position)| position.is_none());
                let nearest = header::nearest(name, missing.map(|(column, _)| column.name.as_str()));
                add("structure.column_unknown", column, detail().suggest(nearest.map(str::to_owned)));
            }
        }
        self.check_missing_columns(place, header, dataset, resolution).max(verdict)
    }

    fn check_missing_columns(
        &mut self,
        place: RecordPlace,
        header: &EarlyRecord,
        dataset: &Dataset,
        resolution: &Resolution,
    ) -> HeaderVerdict {
        let missing: Vec<_> = resolution.missing(dataset).filter_map(|index| dataset.columns.get(index)).collect();
        let is_measure = |name: &str| self.catalogue.indicators.contains_key(name.trim());
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

    fn check_rows(
        &mut self,
        survey: Survey,
        dialect: &Dialect,
        dataset: &Dataset,
        resolution: &Resolution,
        verdict: HeaderVerdict,
        rows: &mut dyn RowSink,
    ) -> io::Result<Tally> {
        let width = dialect.header.cells.len();
        let layout = Layout::new(self.catalogue, dataset, &resolution.positions, width, dialect.delimiter);
        let collector = std::mem::take(&mut self.collector);
        let header = dialect.header.raw.clone();
        let mut checker = RowChecker::new(self.catalogue, &layout, self.context, survey.encoding, header, collector);
        let mut pass = Pass {
            is_doomed: verdict == HeaderVerdict::Incomplete,
            skipped: dialect.header.index + 1,
            limits: self.context.limits,
            tally: Tally::default(),
            hashes: Vec::new(),
        };
        let record_limit = self.context.limits.record_bytes;
        let mut scanner = Scanner::new(TextReader::open(&mut self.source, survey)?, dialect.delimiter, record_limit);
        pass.first(&mut scanner, &mut checker, rows)?;
        let hashes = repeated(std::mem::take(&mut pass.hashes));
        if !hashes.is_empty() {
            rows.restart();
            checker.is_silent = true;
            let mut scanner =
                Scanner::new(TextReader::open(&mut self.source, survey)?, dialect.delimiter, record_limit);
            pass.second(&mut scanner, &mut checker, Firsts::new(hashes), rows)?;
        }
        checker.finish();
        self.collector = checker.collector;
        Ok(pass.tally)
    }
}

/// What a header allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum HeaderVerdict {
    /// All is there.
    Right,
    /// A column lacks: rows are checked, none is accepted.
    Incomplete,
    /// Rows cannot be read, or must not be.
    Unreadable,
}

/// The readings of the rows.
struct Pass {
    is_doomed: bool,
    skipped: u64,
    limits: super::context::Limits,
    tally: Tally,
    hashes: Vec<u64>,
}

impl Pass {
    /// Checks all rows.
    fn first<R: Read>(
        &mut self,
        scanner: &mut Scanner<R>,
        checker: &mut RowChecker<'_, '_>,
        rows: &mut dyn RowSink,
    ) -> io::Result<()> {
        let mut last_period = None;
        let limits = self.limits;
        self.each(scanner, checker, &mut |pass, record, place, checker, cells, sound| {
            pass.tally.counts.read += 1;
            if pass.tally.counts.read == limits.rows + 1 {
                let detail = || Detail::default().with("format", "CSV").with("maximum", limits.rows);
                checker.report(Cause::Kind("file.too_large"), Place::Whole, place, detail);
            }
            if record.has_bare_quotes && record.damage.is_none() {
                for position in record.bare_quotes() {
                    checker.remark_on_bare_quotes(record, place, position);
                }
            }
            let Some(sound) = sound.filter(|_| !pass.is_doomed && pass.tally.counts.read <= limits.rows) else {
                pass.tally.counts.rejected += 1;
                return;
            };
            pass.tally.counts.accepted += 1;
            pass.hashes.extend(sound.key);
            if sound.period != last_period {
                last_period = sound.period;
                pass.tally.periods.extend(sound.period);
            }
            rows.row(&row(checker, place, cells));
        })
    }

    /// Reads all rows again, to compare those whose keys may be equal, and hands out those that stay.
    fn second<R: Read>(
        &mut self,
        scanner: &mut Scanner<R>,
        checker: &mut RowChecker<'_, '_>,
        mut firsts: Firsts,
        rows: &mut dyn RowSink,
    ) -> io::Result<()> {
        let mut read = 0;
        let limit = self.limits.rows;
        self.each(scanner, checker, &mut |pass, _, place, checker, cells, sound| {
            read += 1;
            let Some(sound) = sound.filter(|_| read <= limit) else { return };
            let key = &checker.layout.key;
            let keys = || key.iter().filter_map(|index| cells.get(*index));
            let content = || {
                let mut hasher = Hasher::default();
                let others = cells.iter().enumerate().filter(|(index, _)| !key.contains(index));
                others.for_each(|(_, cell)| hasher.add(cell));
                hasher.finish()
            };
            let line = place.line.unwrap_or(0);
            let repetition = sound.key.map_or(Repetition::First, |hash| {
                firsts.compare(hash, line, |bytes| write_key(keys(), bytes), content)
            });
            let (code, first) = match repetition {
                Repetition::First => {
                    rows.row(&row(checker, place, cells));
                    return;
                }
                Repetition::Same(first) => {
                    pass.tally.counts.unchanged += 1;
                    ("row.duplicate", first)
                }
                Repetition::Conflict(first) => {
                    pass.tally.counts.rejected += 1;
                    ("row.conflict", first)
                }
            };
            pass.tally.counts.accepted -= 1;
            checker
                .collector
                .add(Cause::Kind(code), Place::Whole, place, || Detail::default().with("first_line", first));
        })
    }

    /// Reads the rows behind the header and calls `take` for each.
    fn each<R: Read>(
        &mut self,
        scanner: &mut Scanner<R>,
        checker: &mut RowChecker<'_, '_>,
        take: &mut TakeRow<'_>,
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

type TakeRow<'t> =
    dyn FnMut(&mut Pass, &Record<'_>, RecordPlace, &mut RowChecker<'_, '_>, &[Cell<'_>], Option<Sound>) + 't;

fn row<'r>(checker: &RowChecker<'_, 'r>, place: RecordPlace, cells: &'r [Cell<'r>]) -> Row<'r> {
    Row { dataset: checker.layout.dataset, line: place.line.unwrap_or(0), row: place.row.unwrap_or(0), cells }
}

/// The dataset's name for each column of the file, or the header as found.
fn column_names(header: &[String], dataset: &Dataset, resolution: &Resolution) -> Vec<String> {
    let known = |position: usize| {
        let index = resolution.positions.iter().position(|found| *found == Some(position))?;
        dataset.columns.get(index).map(|column| column.name.clone())
    };
    let shown = |name: &String| super::collect::show(name.trim().as_bytes());
    header.iter().enumerate().map(|(position, name)| known(position).unwrap_or_else(|| shown(name))).collect()
}
