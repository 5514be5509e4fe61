//! A file as it came, with a column that says of each row what is wrong with it and how to put it right.
//!
//! The file is read once more, row by row, and each row is checked again on the way: a report lists the first places of
//! a cause only, a copy shows all. Memory does not grow with the file.

use std::io::{self, Read, Seek};

use super::{
    cell::{NoSink, RowSink},
    collect::{Collector, RecordPlace},
    context::CheckContext,
    copied::{CopiedCell, CopiedRow, CopySink},
    decode::{self, Survey, TextEncoding, TextReader},
    dialect::{self, Dialect, EarlyRecord, Start},
    duplicates::{Firsts, repeated},
    header::{KnownNames, REMARKS},
    header_check::{HeaderChecker, HeaderVerdict, column_names},
    layout::Layout,
    passes::{Pass, Tally, report_repetition},
    remarks::{Remark, Remarks, together},
    row_check::{RowChecker, Scratch},
    row_shape::is_remark,
    scan::{Record, Scanner},
    source::{self, HEAD, Opened},
};
use crate::{
    catalogue::Catalogue,
    domain::{Finding, Language, Report},
};

/// Why there is no annotated copy of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoCopy {
    /// It was refused for data about persons, which must not go round once more.
    Personal,
    /// It cannot be read as a table.
    NoTable,
}

impl NoCopy {
    /// The stable code, and that of the message.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Personal => "COPY_PERSONAL",
            Self::NoTable => "COPY_NO_TABLE",
        }
    }

    /// Why there is none of the file that `report` is about, as far as that tells.
    pub fn by(report: &Report) -> Option<Self> {
        report.refuses_personal_data().then_some(Self::Personal)
    }
}

/// Hands the rows of `source` to `copy`, with what `report` says of them in `language`.
///
/// `context` is that of the check that gave the report. Whatever the bytes are, every record is handed on, in its place
/// and once; only `source` and `copy` can fail.
pub fn annotate<R: Read + Seek>(
    source: R,
    catalogue: &Catalogue,
    context: &CheckContext<'_>,
    report: &Report,
    language: Language,
    copy: &mut dyn CopySink,
) -> io::Result<Result<(), NoCopy>> {
    if let Some(reason) = NoCopy::by(report) {
        return Ok(Err(reason));
    }
    let Ok(mut source) = source::open(source, catalogue, context)? else { return Ok(Err(NoCopy::NoTable)) };
    source.rewind()?;
    let mut head = Vec::new();
    (&mut source).take(HEAD).read_to_end(&mut head)?;
    let survey = decode::survey(&mut source, &head)?;
    if survey.encoding == TextEncoding::Unknown {
        return Ok(Err(NoCopy::NoTable));
    }
    let mut head = Vec::new();
    TextReader::open(&mut source, survey)?.take(HEAD).read_to_end(&mut head)?;
    let known = KnownNames::new(catalogue, context.dataset);
    let (dialect, first, delimiter) = match dialect::find(&head, (head.len() as u64) < HEAD, survey.encoding, &known) {
        Start::Header(dialect) => {
            let (first, delimiter) = (dialect.header.clone(), dialect.delimiter);
            (Some(dialect), first, delimiter)
        }
        Start::NoHeader { first, delimiter } => (None, first, delimiter),
        Start::Wrapped { first } => (None, first, b';'),
        Start::Blank => return Ok(Err(NoCopy::NoTable)),
    };
    let copier = Copier {
        catalogue,
        context: *context,
        report,
        remarks: Remarks::new(catalogue, report, language),
        name: catalogue.message(REMARKS, &[]).get(language).to_owned(),
        survey,
        delimiter,
        own: known.remarks(&first.cells),
        first,
    };
    copy.begin(delimiter)?;
    copier.copy(&mut source, dialect.as_ref(), &known, copy)?;
    Ok(Ok(()))
}

struct Copier<'a> {
    catalogue: &'a Catalogue,
    context: CheckContext<'a>,
    report: &'a Report,
    remarks: Remarks<'a>,
    /// The name of the column with remarks.
    name: String,
    survey: Survey,
    delimiter: u8,
    /// The header, or what stands in its place.
    first: EarlyRecord,
    /// Where the file has remarks of its own, being a copy.
    own: Option<usize>,
}

impl Copier<'_> {
    fn copy<R: Read + Seek>(
        &self,
        source: &mut Opened<R>,
        dialect: Option<&Dialect>,
        known: &KnownNames<'_>,
        copy: &mut dyn CopySink,
    ) -> io::Result<()> {
        let dataset = self.report.dataset.as_ref().and_then(|code| self.catalogue.datasets.get(code));
        let resolved = known.resolve(&self.first.cells);
        let resolution = resolved.into_iter().find(|(one, _)| dataset.is_some_and(|dataset| dataset.code == one.code));
        let Some(((dataset, resolution), dialect)) = resolution.zip(dialect) else {
            return self.each(source, copy, |_, _| Vec::new());
        };
        let mut nowhere = Collector::default();
        let verdict = HeaderChecker {
            catalogue: self.catalogue,
            dataset,
            resolution: &resolution,
            most_columns: self.context.limits.columns,
            collector: &mut nowhere,
        }
        .check(dialect);
        if verdict == HeaderVerdict::Unreadable {
            return self.each(source, copy, |_, _| Vec::new());
        }
        let width = self.first.cells.len();
        let layout = Layout::new(self.catalogue, dataset, &resolution, width, self.delimiter);
        let headers = column_names(&self.first.cells, dataset, &resolution);
        let checker = || {
            let (header, encoding) = (self.first.raw.clone(), self.survey.encoding);
            RowChecker::new(self.catalogue, &layout, self.context, encoding, header, Collector::default())
        };
        let mut firsts = Firsts::new(self.repeated_keys(source, checker(), verdict)?);
        let mut checker = checker();
        let mut scratches = vec![Scratch::default(); layout.columns.len()];
        self.each(source, copy, |record, place| {
            let mut cells = Vec::new();
            let sound = checker.check(record, place, &mut scratches, &mut cells);
            if record.has_bare_quotes && record.damage.is_none() {
                for position in record.bare_quotes() {
                    checker.remark_on_bare_quotes(record, place, position);
                }
            }
            if let Some(sound) = sound.filter(|_| verdict == HeaderVerdict::Right) {
                report_repetition(&mut checker, &mut firsts, place, &cells, sound);
            }
            std::mem::take(&mut checker.collector).finish(self.catalogue, Some(&dataset.code), &headers)
        })
    }

    /// The hashes of the keys that more than one row has.
    fn repeated_keys<R: Read + Seek>(
        &self,
        source: &mut Opened<R>,
        mut checker: RowChecker<'_, '_>,
        verdict: HeaderVerdict,
    ) -> io::Result<Vec<u64>> {
        checker.is_silent = true;
        let mut pass = Pass {
            is_doomed: verdict == HeaderVerdict::Incomplete,
            skipped: self.first.index + 1,
            limits: self.context.limits,
            tally: Tally::default(),
            hashes: Vec::new(),
        };
        let nobody: &mut dyn RowSink = &mut NoSink;
        pass.first(&mut self.scanner(source)?, &mut checker, nobody)?;
        Ok(repeated(pass.hashes))
    }

    fn scanner<'s, R: Read + Seek>(
        &self,
        source: &'s mut Opened<R>,
    ) -> io::Result<Scanner<TextReader<&'s mut Opened<R>>>> {
        let reader = TextReader::open(source, self.survey)?;
        Ok(Scanner::new(reader, self.delimiter, self.context.limits.record_bytes))
    }

    /// Copies every record; `find` says what is wrong with a row.
    fn each<R: Read + Seek>(
        &self,
        source: &mut Opened<R>,
        copy: &mut dyn CopySink,
        mut find: impl FnMut(&Record<'_>, RecordPlace) -> Vec<Finding>,
    ) -> io::Result<()> {
        let mut scanner = self.scanner(source)?;
        let (mut index, mut row) = (0, 0);
        while scanner.advance()? {
            let record = scanner.record();
            let is_header = index == self.first.index;
            let remarks = if is_header {
                self.remarks.of_file()
            } else if index < self.first.index || record.is_blank() {
                Vec::new()
            } else {
                row += 1;
                let place = RecordPlace { line: Some(record.line), row: Some(row), sheet_row: Some(index + 1) };
                self.remarks.of_row(record.line, &find(&record, place))
            };
            let is_above = index < self.first.index;
            copy.row(&self.row(&record, is_header, is_above, &remarks))?;
            index += 1;
        }
        Ok(())
    }

    fn row<'r>(&self, record: &Record<'r>, is_header: bool, is_above: bool, remarks: &[Remark]) -> CopiedRow<'r> {
        let encoding = self.survey.encoding;
        let width = self.first.width - usize::from(self.own.is_some());
        let stray = self.own.is_some_and(|own| (0..record.len()).any(|at| at != own && is_remark(record.raw(at))));
        let is_own = |at: usize| {
            let in_place = self.own == Some(at) && record.len() == self.first.width && !stray;
            in_place || self.own.is_some() && is_remark(record.raw(at)) || is_header && self.own == Some(at)
        };
        let is_copy = self.own.is_some();
        let are_extra_empty = self.delimiter != b','
            && record.len() > self.first.width
            && (self.first.width..record.len()).all(|at| record.raw(at).trim_ascii().is_empty());
        // Many cells are not kept apart; nor is a header that cannot be divided, lest it be taken for one that can.
        let most = self.context.limits.columns * 2;
        let is_whole = record.len() <= most && !(is_header && record.damage.is_some());
        let count = if is_whole || are_extra_empty { record.len().min(most) } else { 0 };
        let kept = (0..count).filter(|at| !is_own(*at));
        let mut cells: Vec<_> = kept.map(|at| CopiedCell::of(record, at, encoding, is_copy, remarks)).collect();
        let is_broken = record.damage.is_some() || stray || cells.len() != width && !are_extra_empty;
        if record.damage.is_some() || count == 0 {
            cells.extend(CopiedCell::rest(record, count, encoding));
        }
        if is_broken && cells.len() == width && !is_header && !remarks.is_empty() {
            cells.push(CopiedCell::empty(encoding));
        }
        let is_bare = is_above || record.bytes().iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        let name = if is_header { self.name.as_str() } else { "" };
        let remark_at = match (is_bare, is_broken || is_header) {
            (true, _) => None,
            (false, true) => (is_header || !remarks.is_empty()).then_some(cells.len()),
            (false, false) => Some(width),
        };
        let room = self.context.limits.record_bytes.saturating_sub(record.bytes().len());
        let mut remark = together(name, remarks);
        if record.damage.is_none() && remark.len() > room {
            // The row must not become longer than is taken.
            name.clone_into(&mut remark);
        }
        CopiedRow { cells, remark_at, remark, severity: remarks.iter().map(|one| one.severity).min(), is_header }
    }
}
