//! Results as SARIF 2.1.0, which editors and code hosts show beside a file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
};

use serde_json::{Value, json};

use super::{Checked, Printer, Source, say};
use crate::{
    domain::{Finding, Language, Occurrence, Severity},
    intake::{Excerpt, ExcerptPlace, TextSpan},
};

/// Gathers the results of all files: SARIF is one document.
pub(super) struct Sarif<'a> {
    source: Source<'a>,
    language: Language,
    results: Vec<Value>,
}

impl<'a> Sarif<'a> {
    pub(super) const fn new(source: Source<'a>, language: Language) -> Self {
        Self { source, language, results: Vec::new() }
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Question => "warning",
        Severity::Note => "note",
    }
}

/// A path as a URI reference: relative stays relative.
fn uri(file: &Path) -> String {
    let path = file.to_string_lossy();
    let mut uri = String::from(if file.is_absolute() { "file://" } else { "" });
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            write!(uri, "%{byte:02X}").unwrap_or_default();
        }
    }
    uri
}

/// Where the place is looked for.
fn place_of(finding: &Finding, place: &Occurrence) -> Option<ExcerptPlace> {
    Some((place.line?, finding.column.as_ref().and_then(|column| column.number)))
}

fn result(
    checked: &Checked<'_>,
    finding: &Finding,
    place: &Occurrence,
    excerpts: &BTreeMap<ExcerptPlace, Excerpt>,
) -> Value {
    let mut location = json!({ "artifactLocation": { "uri": uri(checked.file) } });
    let found = place_of(finding, place).and_then(|place| excerpts.get(&place));
    match (found.map(|excerpt| excerpt.span), place.line) {
        (Some(Some(TextSpan { line, column, end_line, end_column })), _) => {
            location["region"] =
                json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column });
        }
        // Nothing to be seen on that line.
        (None, Some(line)) => location["region"] = json!({ "startLine": line }),
        // The file itself has no lines: a workbook, or something packed.
        (Some(None), _) | (None, None) => {}
    }
    let language = checked.language;
    let column = finding.column.as_ref();
    json!({
        "ruleId": finding.code,
        "level": level(finding.severity),
        "message": { "text": format!("{} {}", finding.message.get(language), finding.remedy.get(language)) },
        "locations": [{ "physicalLocation": location }],
        "properties": {
            "row": place.row,
            "sheetRow": place.sheet_row,
            "column": column.and_then(|column| column.number),
            "columnName": column.map(|column| &column.name),
            "value": place.value,
            "expected": finding.expected_at(place).map(|expected| expected.get(language)),
            "suggestion": place.suggestion,
            "count": finding.count,
        },
    })
}

impl Printer for Sarif<'_> {
    fn file(&mut self, checked: &Checked<'_>) -> anyhow::Result<()> {
        let all =
            || checked.report.findings.iter().flat_map(|one| one.occurrences.iter().map(move |place| (one, place)));
        let places: BTreeSet<ExcerptPlace> = all().filter_map(|(finding, place)| place_of(finding, place)).collect();
        let excerpts = self.source.excerpts(checked.file, &places)?;
        self.results.extend(all().map(|(finding, place)| result(checked, finding, place, &excerpts)));
        Ok(())
    }

    fn end(&mut self) -> anyhow::Result<()> {
        let catalogue = self.source.catalogue;
        let kinds = catalogue.finding_kinds.values();
        let kinds = kinds.map(|kind| (&kind.code, kind.severity, &kind.title));
        let rules = catalogue.rules.values().flatten().map(|rule| (&rule.code, rule.severity, &rule.title));
        let mut rules: Vec<_> = kinds.chain(rules).collect();
        rules.sort_by_key(|(code, ..)| *code);
        rules.dedup_by_key(|(code, ..)| *code);
        let rules = rules.into_iter().map(|(code, severity, title)| {
            json!({
                "id": code,
                "shortDescription": { "text": title.get(self.language) },
                "defaultConfiguration": { "level": level(severity) },
            })
        });
        let language = match self.language {
            Language::Nl => "nl-NL",
            Language::En => "en-GB",
        };
        let document = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": env!("CARGO_PKG_NAME"),
                    "version": env!("CARGO_PKG_VERSION"),
                    "language": language,
                    "rules": rules.collect::<Vec<_>>(),
                } },
                "language": language,
                "columnKind": "unicodeCodePoints",
                "results": std::mem::take(&mut self.results),
            }],
        });
        say(&serde_json::to_string_pretty(&document)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_reference() {
        assert_eq!(uri(Path::new("mijn map/1:2 é.csv")), "mijn%20map/1%3A2%20%C3%A9.csv");
        assert_eq!(uri(Path::new("/tmp/a.csv")), "file:///tmp/a.csv");
    }
}
