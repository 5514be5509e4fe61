//! `check`: what is wrong with files, without sending them.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::Path,
    process::ExitCode,
};

use anyhow::Context as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    arguments::{CheckOptions, Format, Global},
    exit, operate,
};
use crate::{
    domain::{AgbCode, Clock as _, Language, Report},
    intake::{self, AllowedOrganisations, AnyOrganisation, CheckContext, Limits, NoSink},
    system::SystemClock,
};

/// Who delivers and what day it is, as `--context` says it.
#[derive(Debug, Default, Deserialize)]
struct ContextFile {
    today: Option<Date>,
    #[serde(default)]
    uploader_may_submit_for: BTreeSet<AgbCode>,
    /// For whom an intermediary may deliver, and which of the files are its.
    #[serde(default)]
    collective_uploader_may_submit_for: BTreeSet<AgbCode>,
    #[serde(default)]
    collective_uploader_files: BTreeSet<String>,
}

/// A file and what the check said of it.
#[derive(Serialize)]
struct FileReport<'a> {
    file: &'a Path,
    accepted: bool,
    #[serde(flatten)]
    report: &'a Report,
}

/// Checks the files.
pub(super) fn run(global: &Global, options: &CheckOptions) -> anyhow::Result<ExitCode> {
    let catalogue = operate::catalogue(global)?;
    let said: Option<ContextFile> = match &options.context {
        None => None,
        Some(path) => {
            let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
            Some(serde_json::from_str(&text).with_context(|| format!("{} is no context", path.display()))?)
        }
    };
    let mut reports = Vec::with_capacity(options.files.len());
    for path in &options.files {
        let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let context = CheckContext {
            today: said.as_ref().and_then(|said| said.today).unwrap_or_else(|| SystemClock::new().now().date()),
            dataset: options.dataset.as_deref(),
            organisations: said.as_ref().map_or(&AnyOrganisation as &dyn AllowedOrganisations, |said| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if said.collective_uploader_files.contains(&*name) {
                    &said.collective_uploader_may_submit_for
                } else {
                    &said.uploader_may_submit_for
                }
            }),
            limits: Limits::default(),
        };
        let report = intake::check(file, &catalogue, &context, &mut NoSink)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        if options.format == Format::Human {
            print_human(path, &report, global.language.into())?;
        }
        reports.push(report);
    }
    if options.format == Format::Json {
        let all = options.files.iter().zip(&reports);
        let all: Vec<_> =
            all.map(|(file, report)| FileReport { file, accepted: report.is_accepted(), report }).collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
    }
    let accepted = reports.iter().all(Report::is_accepted);
    Ok(if accepted { ExitCode::SUCCESS } else { ExitCode::from(exit::REJECTED) })
}

/// Prints a report for people.
pub(super) fn print_human(path: &Path, report: &Report, language: Language) -> anyhow::Result<()> {
    println!("{}", path.display());
    for finding in &report.findings {
        println!("  {} {}: {}", finding.severity.as_str(), finding.code, finding.message.get(language));
    }
    Ok(())
}
