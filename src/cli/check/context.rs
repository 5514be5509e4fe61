//! Who delivers, what day it is and which years are open, as `--context` says it.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::Context as _;
use jiff::civil::Date;
use serde::Deserialize;

use crate::{
    domain::{AgbCode, Clock as _},
    intake::{AllowedOrganisations, AnyOrganisation, CheckContext, Limits, OpenYears},
    system::SystemClock,
};

/// What stands in for the server's knowledge. The form is that of `fixtures/corpus/context.json`; of its fields those
/// that say what the catalogue says (codes, words, markers) are left to the catalogue.
#[derive(Debug, Default, Deserialize)]
struct ContextFile {
    today: Option<Date>,
    uploader_agb: Option<AgbCode>,
    uploader_may_submit_for: Option<BTreeSet<AgbCode>>,
    /// For whom an intermediary may deliver, and which of the files are its.
    #[serde(default)]
    collective_uploader_may_submit_for: BTreeSet<AgbCode>,
    #[serde(default)]
    collective_uploader_files: BTreeSet<String>,
    #[serde(default)]
    open_years: BTreeSet<i16>,
    max_record_bytes: Option<usize>,
    max_columns: Option<usize>,
}

/// The context of a run.
#[derive(Debug)]
pub(super) struct Said {
    today: Date,
    /// `None` for any organisation.
    own: Option<BTreeSet<AgbCode>>,
    collective: BTreeSet<AgbCode>,
    collective_files: BTreeSet<String>,
    open_years: Option<OpenYears>,
    limits: Limits,
}

impl Said {
    /// Reads the file; without one it is today, for any organisation, and the catalogue says what is open.
    pub(super) fn read(path: Option<&Path>) -> anyhow::Result<Self> {
        let said: ContextFile = match path {
            None => ContextFile::default(),
            Some(path) => {
                let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
                serde_json::from_str(&text).with_context(|| format!("{} is no context", path.display()))?
            }
        };
        let limits = Limits::default();
        let own = said.uploader_may_submit_for.or_else(|| said.uploader_agb.map(|code| BTreeSet::from([code])));
        Ok(Self {
            today: said.today.unwrap_or_else(|| SystemClock::new().now().date()),
            own,
            collective: said.collective_uploader_may_submit_for,
            collective_files: said.collective_uploader_files,
            open_years: (!said.open_years.is_empty()).then(|| OpenYears::new(said.open_years)),
            limits: Limits {
                record_bytes: said.max_record_bytes.unwrap_or(limits.record_bytes),
                columns: said.max_columns.unwrap_or(limits.columns),
                ..limits
            },
        })
    }

    /// The context for one file.
    pub(super) fn context<'a>(&'a self, file: &'a Path, dataset: Option<&'a str>) -> CheckContext<'a> {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let organisations: &dyn AllowedOrganisations = match &self.own {
            _ if self.collective_files.contains(name) => &self.collective,
            Some(own) => own,
            None => &AnyOrganisation,
        };
        CheckContext {
            file_name: Some(name),
            open_years: self.open_years.as_ref(),
            limits: self.limits,
            ..CheckContext::new(self.today, dataset, organisations)
        }
    }
}
