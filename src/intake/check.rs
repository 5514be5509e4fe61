//! The way of a file: container, encoding, dialect, header, rows, duplicates, report.

use std::io::{self, Read, Seek};

use super::{
    cell::RowSink,
    collect::{Cause, Collector, Detail, Place, RecordPlace},
    context::CheckContext,
    decode::{self, Survey, TextEncoding, TextReader},
    dialect::{self, Dialect, EarlyRecord, Start},
    duplicates::{Firsts, repeated},
    header::{KnownNames, Resolution},
    header_check::{HeaderChecker, HeaderVerdict, column_names},
    layout::Layout,
    passes::{Pass, Tally},
    row_check::RowChecker,
    scan::{Damage, Scanner},
    source::{self, HEAD, Opened, Unopened},
};
use crate::{
    catalogue::{Catalogue, Dataset},
    domain::{Report, RowCounts, RowFate},
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
    let mut collector = Collector::default();
    let opened = match source::open(source, catalogue, context)? {
        Ok(opened) => opened,
        Err(unopened) => {
            refuse(unopened, context, &mut collector);
            let findings = collector.finish(catalogue, None, &[]);
            return Ok(Report { dataset: None, periods: Vec::new(), rows: RowCounts::default(), findings });
        }
    };
    let read = match &opened {
        Opened::Plain(_) => None,
        Opened::Unpacked(_) => Some(("file.archive_read", "gzip")),
        Opened::Sheet(sheet, _) => Some(("file.spreadsheet_read", sheet.as_str())),
    };
    if let Some((code, read)) = read {
        let detail = || Detail::default().with("read", read);
        collector.add(Cause::Kind(code), Place::Whole, RecordPlace::default(), detail);
    }
    File { source: opened, catalogue, context: *context, collector }.check(rows)
}

/// Says why no row is read.
fn refuse(unopened: Unopened, context: &CheckContext<'_>, collector: &mut Collector) {
    let (code, detail) = match unopened {
        Unopened::Empty => ("file.empty", Detail::default()),
        Unopened::TooLarge(size) => {
            let detail = Detail::default().with("format", "CSV").with("size", size);
            ("file.too_large", detail.with("maximum", context.limits.bytes))
        }
        Unopened::Refused(refusal) => (refusal.code, Detail::default().with("format", refusal.format)),
    };
    collector.add(Cause::Kind(code), Place::Whole, RecordPlace::default(), || detail);
}

struct File<'c, R> {
    source: R,
    catalogue: &'c Catalogue,
    context: CheckContext<'c>,
    collector: Collector,
}

impl<R: Read + Seek> File<'_, R> {
    fn check(&mut self, rows: &mut dyn RowSink) -> io::Result<Report> {
        self.source.rewind()?;
        let mut head = Vec::new();
        (&mut self.source).take(HEAD).read_to_end(&mut head)?;
        if let Some(assumed) = decode::assume(&head).filter(|_| head.len() as u64 == HEAD) {
            let before = self.collector.clone();
            match self.check_text(assumed, rows) {
                Err(error) if decode::NotUtf8::is_cause(&error) => {
                    self.collector = before;
                    rows.restart();
                }
                outcome => return outcome,
            }
        }
        let survey = decode::survey(&mut self.source, &head)?;
        self.check_text(survey, rows)
    }

    /// Checks the text of a file in the encoding that was found.
    fn check_text(&mut self, survey: Survey, rows: &mut dyn RowSink) -> io::Result<Report> {
        match survey.encoding {
            TextEncoding::Unknown => {
                let read = || Detail::default().with("unmarked", "UTF-16, UTF-32");
                return Ok(self.refuse("file.encoding", Some(1), read));
            }
            TextEncoding::Utf16(encoding) | TextEncoding::BrokenUtf16(encoding) => {
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
            Start::Wrapped { first } => self.refuse_rows(survey, b';', 1, "structure.single_column", first.line),
            Start::NoHeader { first, delimiter } => self.without_header(survey, &first, delimiter, &known),
            Start::Blank => Ok(self.refuse("file.empty", None, Detail::default)),
        }
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
                tally.counts.take(RowFate::Rejected);
            }
            index += 1;
        }
        Ok(tally)
    }

    /// Refuses all rows because the quotes of the record that should be the header are not right.
    fn refuse_damaged(
        &mut self,
        survey: Survey,
        delimiter: u8,
        record: &EarlyRecord,
        damage: Damage,
    ) -> io::Result<Report> {
        let (code, column) = match damage {
            Damage::UnclosedQuote { column } => ("row.unclosed_quote", column),
            Damage::TextAfterQuote { column } => ("row.bad_quote", column),
            Damage::TooLong => ("file.record_too_long", 0),
        };
        let place = RecordPlace { line: Some(record.line), row: None, sheet_row: Some(record.index + 1) };
        let maximum = self.context.limits.record_bytes;
        let detail = || Detail::default().with("maximum", maximum);
        self.collector.add(Cause::Kind(code), Place::Column(column), place, detail);
        let tally = self.count_rows(survey, delimiter, record.index + 1)?;
        Ok(self.report(None, tally, &[]))
    }

    /// No record has names of columns: say what it is instead.
    fn without_header(
        &mut self,
        survey: Survey,
        first: &EarlyRecord,
        delimiter: u8,
        known: &KnownNames<'_>,
    ) -> io::Result<Report> {
        if let Some(damage) = first.damage {
            return self.refuse_damaged(survey, delimiter, first, damage);
        }
        if first.is_cut {
            let maximum = || Detail::default().with("maximum", HEAD);
            return Ok(self.refuse("file.record_too_long", Some(first.line), maximum));
        }
        let has_number = |cell: &String| cell.trim().starts_with(|c: char| c.is_ascii_digit());
        let (skipped, code) = if first.cells.iter().any(has_number) {
            (first.index, "structure.header_missing")
        } else if first.cells.len() - usize::from(known.remarks(&first.cells).is_some()) == 1 {
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
        if let Some(damage) = header.damage {
            return self.refuse_damaged(survey, dialect.delimiter, header, damage);
        }
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
        let mut checker = HeaderChecker {
            catalogue: self.catalogue,
            dataset,
            resolution: &resolution,
            most_columns: self.context.limits.columns,
            collector: &mut self.collector,
        };
        let verdict = checker.check(dialect);
        let tally = if verdict == HeaderVerdict::Unreadable {
            self.count_rows(survey, dialect.delimiter, header.index + 1)?
        } else {
            self.check_rows(survey, dialect, dataset, &resolution, verdict, rows)?
        };
        if tally.counts.read == 0 && verdict != HeaderVerdict::Unreadable {
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
        let layout = Layout::new(self.catalogue, dataset, resolution, width, dialect.delimiter);
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
