//! Results as SARIF 2.1.0, which editors and code hosts show beside a file.

use serde_json::{Value, json};

use super::{Checked, Printer, say};
use crate::{
    catalogue::Catalogue,
    domain::{Finding, Language, Occurrence, Severity},
};

/// Gathers the results of all files: SARIF is one document.
pub(super) struct Sarif<'a> {
    catalogue: &'a Catalogue,
    language: Language,
    results: Vec<Value>,
}

impl<'a> Sarif<'a> {
    pub(super) const fn new(catalogue: &'a Catalogue, language: Language) -> Self {
        Self { catalogue, language, results: Vec::new() }
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Question => "warning",
        Severity::Note => "note",
    }
}

fn result(checked: &Checked<'_>, finding: &Finding, place: &Occurrence) -> Value {
    let mut location = json!({ "artifactLocation": { "uri": checked.file.to_string_lossy() } });
    if let Some(line) = place.line {
        location["region"] = json!({ "startLine": line });
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
            "column": column.and_then(|column| column.number),
            "columnName": column.map(|column| &column.name),
            "value": place.value,
            "suggestion": place.suggestion,
            "count": finding.count,
        },
    })
}

impl Printer for Sarif<'_> {
    fn file(&mut self, checked: &Checked<'_>) -> anyhow::Result<()> {
        for finding in &checked.report.findings {
            self.results.extend(finding.occurrences.iter().map(|place| result(checked, finding, place)));
        }
        Ok(())
    }

    fn end(&mut self) -> anyhow::Result<()> {
        let kinds = self.catalogue.finding_kinds.values();
        let kinds = kinds.map(|kind| (&kind.code, kind.severity, &kind.title));
        let rules = self.catalogue.rules.values().flatten().map(|rule| (&rule.code, rule.severity, &rule.title));
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
        let document = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": env!("CARGO_PKG_NAME"),
                    "version": env!("CARGO_PKG_VERSION"),
                    "rules": rules.collect::<Vec<_>>(),
                } },
                "results": std::mem::take(&mut self.results),
            }],
        });
        say(&serde_json::to_string_pretty(&document)?)
    }
}
