//! Results for reading: the line with a mark under the cell, or plain sentences for who hears them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    io::IsTerminal as _,
    path::Path,
};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents,
};

use super::super::words::Words;
use super::{Checked, Printer, Source, Verdict, say, verdict};
use crate::{
    catalogue::Catalogue,
    domain::{Finding, Language, Occurrence, Report, Severity},
    intake::{Excerpt, ExcerptPlace},
};

/// How many places of one finding are named.
const NAMED_PLACES: usize = 8;

/// Prints reports for people.
pub(super) struct Human<'a> {
    source: Source<'a>,
}

impl<'a> Human<'a> {
    pub(super) const fn new(source: Source<'a>) -> Self {
        Self { source }
    }
}

impl Printer for Human<'_> {
    fn file(&mut self, checked: &Checked<'_>) -> anyhow::Result<()> {
        let places: BTreeSet<ExcerptPlace> = checked.report.findings.iter().filter_map(excerpt_place).collect();
        let excerpts = self.source.excerpts(checked.file, &places)?;
        print_report(self.source.catalogue, checked.file, &checked.report, checked.language, &excerpts)
    }

    fn end(&mut self) -> anyhow::Result<()> {
        Ok(())
    }
}

/// Prints a report without excerpts of the file.
pub(in crate::cli) fn print(
    catalogue: &Catalogue,
    file: &Path,
    report: &Report,
    language: Language,
) -> anyhow::Result<()> {
    print_report(catalogue, file, report, language, &BTreeMap::new())
}

/// The place that is shown. Numbers of persons are never repeated.
fn excerpt_place(finding: &Finding) -> Option<ExcerptPlace> {
    let line = finding.occurrences.first()?.line?;
    let is_private = finding.code.starts_with("privacy.");
    (!is_private).then(|| (line, finding.column.as_ref().and_then(|column| column.number)))
}

fn print_report(
    catalogue: &Catalogue,
    file: &Path,
    report: &Report,
    language: Language,
    excerpts: &BTreeMap<ExcerptPlace, Excerpt>,
) -> anyhow::Result<()> {
    let words = Words { catalogue, language };
    let is_narrated = std::env::var_os("NO_GRAPHICS").is_some_and(|value| value != "0");
    let theme = match std::env::var_os("NO_COLOR") {
        None if std::io::stdout().is_terminal() => GraphicalTheme::unicode(),
        _ => GraphicalTheme::unicode_nocolor(),
    };
    say(&file.display())?;
    for finding in &report.findings {
        if is_narrated {
            say(&format_args!("\n{}", words.narrate(finding)))?;
            continue;
        }
        let shown = Shown {
            words: &words,
            finding,
            file: file.to_string_lossy().into_owned(),
            excerpt: excerpt_place(finding).and_then(|place| excerpts.get(&place)),
        };
        let mut text = String::new();
        let handler = GraphicalReportHandler::new_themed(theme.clone()).with_width(WIDTH).with_context_lines(0);
        handler.with_footer(words.footer(finding)).render_report(&mut text, &shown)?;
        say(&format_args!("\n{}", text.trim_end()))?;
    }
    let code = match verdict(report) {
        Verdict::Accept => "CHECK_ACCEPT",
        Verdict::AcceptWarn => "CHECK_ACCEPT_WARN",
        Verdict::Reject => "CHECK_REJECT",
    };
    say(&format_args!("\n{} {}\n", words.rows(report), words.say(code, &[])))
}

/// How wide findings are printed: what still reads well.
const WIDTH: usize = 100;

impl Words<'_> {
    fn rows(&self, report: &Report) -> String {
        let rows = &report.rows;
        self.say(
            "CHECK_ROWS",
            &[
                ("read", rows.read.to_string()),
                ("accepted", rows.accepted.to_string()),
                ("unchanged", rows.unchanged.to_string()),
                ("superseded", rows.superseded.to_string()),
                ("rejected", rows.rejected.to_string()),
            ],
        )
    }

    fn severity(&self, severity: Severity) -> String {
        let code = match severity {
            Severity::Error => "CHECK_ERROR",
            Severity::Question => "CHECK_QUESTION",
            Severity::Note => "CHECK_NOTE",
        };
        self.say(code, &[])
    }

    /// Where the first place is.
    fn place(&self, finding: &Finding) -> Vec<String> {
        let first = finding.occurrences.first();
        let line = first.and_then(|place| place.line);
        let row = first.and_then(|place| place.row.and(place.sheet_row));
        let mut parts = Vec::new();
        parts.extend(line.map(|line| self.say("CHECK_LINE", &[("line", line.to_string())])));
        parts.extend(
            row.filter(|row| Some(*row) != line).map(|row| self.say("CHECK_SHEET_ROW", &[("row", row.to_string())])),
        );
        parts.extend(finding.column.as_ref().map(|column| self.column(column)));
        parts
    }

    fn column(&self, column: &crate::domain::ColumnPlace) -> String {
        let name = ("name", column.name.clone());
        match column.letters() {
            Some(letters) => self.say("CHECK_COLUMN", &[("letters", letters), name]).trim_end().to_owned(),
            None => self.say("CHECK_COLUMN_LACKING", &[name]),
        }
    }

    /// How to put it right, and where else it is.
    fn footer(&self, finding: &Finding) -> String {
        let mut footer = self.say("CHECK_REMEDY", &[("remedy", finding.remedy.get(self.language).to_owned())]);
        if let Some(expected) = &finding.expected {
            let expected = expected.get(self.language).to_owned();
            footer.insert(0, '\n');
            footer.insert_str(0, &self.say("CHECK_EXPECTED", &[("expected", expected)]));
        }
        if let Some(elsewhere) = self.elsewhere(finding) {
            footer.push('\n');
            footer.push_str(&elsewhere);
        }
        footer
    }

    fn elsewhere(&self, finding: &Finding) -> Option<String> {
        let others = finding.occurrences.iter().skip(1).filter_map(|place| place.line);
        let lines: Vec<String> = others.take(NAMED_PLACES).map(|line| line.to_string()).collect();
        let cut = if finding.count > lines.len() as u64 + 1 { ", …" } else { "" };
        let lines = format!("{}{cut}", lines.join(", "));
        let parameters = [("count", finding.count.to_string()), ("lines", lines)];
        (finding.count > 1 && finding.occurrences.len() > 1).then(|| self.say("CHECK_COUNT", &parameters))
    }

    /// The finding in sentences.
    fn narrate(&self, finding: &Finding) -> String {
        let mut text = format!("{}: {}.", self.severity(finding.severity), finding.title.get(self.language));
        let place = self.place(finding).join(", ");
        if !place.is_empty() {
            text.push(' ');
            text.extend(place.chars().next().into_iter().flat_map(char::to_uppercase));
            text.extend(place.chars().skip(1));
            text.push('.');
        }
        for part in [finding.message.get(self.language), &self.footer(finding).replace('\n', " ")] {
            text.push('\n');
            text.push_str(part);
        }
        text
    }

    fn label(&self, finding: &Finding, first: &Occurrence) -> Option<String> {
        let suggestion = first.suggestion.clone().map(|word| self.say("CHECK_SUGGESTION", &[("suggestion", word)]));
        suggestion.or_else(|| finding.column.as_ref().map(|column| self.column(column)))
    }
}

/// A finding as miette takes it.
#[derive(Debug)]
struct Shown<'a> {
    words: &'a Words<'a>,
    finding: &'a Finding,
    file: String,
    excerpt: Option<&'a Excerpt>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.finding.message.get(self.words.language))
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let severity = self.words.severity(self.finding.severity);
        let mut place = self.words.place(self.finding).join(", ");
        if !place.is_empty() {
            place.insert_str(0, " · ");
        }
        Some(Box::new(format!("{severity} · {}{place}", self.finding.code)))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Question => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.map(|_| self as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (excerpt, first) = (self.excerpt?, self.finding.occurrences.first()?);
        self.finding.column.as_ref()?.number?;
        let label = self.words.label(self.finding, first);
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(label, excerpt.mark.clone()))))
    }
}

impl SourceCode for Shown<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let excerpt = self.excerpt.ok_or(MietteError::OutOfBounds)?;
        let data = excerpt.text.as_bytes();
        data.get(span.offset()..span.offset() + span.len()).ok_or(MietteError::OutOfBounds)?;
        let line = self.finding.occurrences.first().and_then(|place| place.line).unwrap_or(1);
        let line = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
        let whole = SourceSpan::new(0.into(), data.len());
        Ok(Box::new(MietteSpanContents::new_named(self.file.clone(), data, whole, line, 0, 1)))
    }
}
