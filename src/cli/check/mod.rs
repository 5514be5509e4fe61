//! `check`: what is wrong with files, without sending them.

mod annotate;
mod context;
mod human;
mod json;
mod sarif;
mod values;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    fs::File,
    io::{self, Read, Seek, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use self::{context::Said, values::Values};
use super::{
    arguments::{CheckOptions, Format, Global},
    exit, operate,
};
use crate::{
    catalogue::Catalogue,
    domain::{Language, Report},
    intake::{self, Excerpt, ExcerptPlace, NoSink},
};

pub(super) use self::human::print as print_human;

/// What the check said of a file.
struct Checked<'a> {
    file: &'a Path,
    report: Report,
    /// Its accepted rows as they would be stored, when that was asked.
    values: Option<Values>,
    language: Language,
}

/// What becomes of a file.
fn verdict(report: &Report) -> Verdict {
    if report.findings.is_empty() {
        Verdict::Accept
    } else if report.is_accepted() {
        Verdict::AcceptWarn
    } else {
        Verdict::Reject
    }
}

/// What is needed to look into a file once more.
#[derive(Clone, Copy)]
struct Source<'a> {
    catalogue: &'a Catalogue,
    said: &'a Said,
    dataset: Option<&'a str>,
}

impl Source<'_> {
    /// What stands at `places`.
    fn excerpts(
        &self,
        file: &Path,
        places: &BTreeSet<ExcerptPlace>,
    ) -> anyhow::Result<BTreeMap<ExcerptPlace, Excerpt>> {
        if places.is_empty() {
            return Ok(BTreeMap::new());
        }
        let context = self.said.context(file, self.dataset);
        Ok(intake::excerpts(File::open(file)?, self.catalogue, &context, places)?)
    }
}

/// The way in which results are printed, file by file.
trait Printer {
    /// Prints what was found in a file.
    fn file(&mut self, checked: &Checked<'_>) -> anyhow::Result<()>;

    /// Prints what stands behind the last file.
    fn end(&mut self) -> anyhow::Result<()>;
}

/// Prints a line to standard output.
fn say(text: &dyn Display) -> anyhow::Result<()> {
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}

/// Checks the files. Who reads the output may stop before its end.
pub(super) fn run(global: &Global, options: &CheckOptions) -> anyhow::Result<ExitCode> {
    let outcome = check(global, options);
    let is_unheard = |error: &anyhow::Error| {
        let of_pipe = |cause: &io::Error| cause.kind() == io::ErrorKind::BrokenPipe;
        let of_json = |cause: &serde_json::Error| cause.io_error_kind() == Some(io::ErrorKind::BrokenPipe);
        error.downcast_ref().is_some_and(of_pipe) || error.downcast_ref().is_some_and(of_json)
    };
    match outcome {
        Err(error) if is_unheard(&error) => Ok(ExitCode::SUCCESS),
        outcome => outcome,
    }
}

fn check(global: &Global, options: &CheckOptions) -> anyhow::Result<ExitCode> {
    let catalogue = operate::catalogue(global)?;
    annotate::is_possible(options)?;
    let said = Said::read(options.context.as_deref())?;
    let language = global.language.into();
    let source = Source { catalogue: &catalogue, said: &said, dataset: options.dataset.as_deref() };
    let mut printer: Box<dyn Printer + '_> = match options.format {
        Format::Human => Box::new(human::Human::new(source)),
        Format::Json => Box::new(json::Json::default()),
        Format::Ndjson => Box::new(json::Ndjson),
        Format::Sarif => Box::new(sarif::Sarif::new(source, language)),
    };
    let mut are_accepted = true;
    let mut copied = None;
    for file in &options.files {
        let unreadable = || format!("{} cannot be read", file.display());
        let source = File::open(file).with_context(unreadable)?;
        let source = Watched::new(source).with_context(unreadable)?;
        let context = said.context(file, options.dataset.as_deref());
        let (report, values) = if options.values {
            let mut values = Values::default();
            (intake::check(source, &catalogue, &context, &mut values), Some(values))
        } else {
            (intake::check(source, &catalogue, &context, &mut NoSink), None)
        };
        let report = report.with_context(unreadable)?;
        are_accepted &= report.is_accepted();
        if let Some(out) = &options.annotate {
            let source = Watched::new(File::open(file).with_context(unreadable)?).with_context(unreadable)?;
            copied = Some(annotate::write(global, &catalogue, &context, &report, source, out, options.overwrite)?);
        }
        printer.file(&Checked { file, report, values, language })?;
    }
    printer.end()?;
    if let Some(refused) = copied.filter(|code| *code != ExitCode::SUCCESS) {
        return Ok(refused);
    }
    Ok(if are_accepted { ExitCode::SUCCESS } else { ExitCode::from(exit::REJECTED) })
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// Nothing to say.
    Accept,
    /// It can be submitted; there are questions or notes.
    AcceptWarn,
    /// At least one error.
    Reject,
}

/// A source whose reading is shown on standard error, when that is a terminal and the file is long.
struct Watched {
    file: File,
    bar: Option<ProgressBar>,
}

impl Watched {
    /// From how many bytes on reading takes long enough to be watched.
    const LONG: u64 = 16 << 20;

    fn new(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        let bar = (size >= Self::LONG).then(|| {
            // Read once for the encoding and once for the rows; a second reading for repeated rows shows as full.
            let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}");
            ProgressBar::new(size * 2).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Ok(Self { file, bar })
    }
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        if let Some(bar) = &self.bar {
            bar.inc(count as u64);
        }
        Ok(count)
    }
}

impl Seek for Watched {
    fn seek(&mut self, position: io::SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
