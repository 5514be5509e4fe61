//! `register`: organisations from a CSV file.

use std::{fs::File, process::ExitCode};

use anyhow::{Context as _, bail};

use super::{
    arguments::{Global, RegisterOptions},
    check, exit, operate,
};
use crate::{
    catalogue::Catalogue,
    domain::{Actor, AgbCode, OrganisationKind, Report},
    intake::{self, AnyOrganisation, CheckContext, Row, RowSink},
    service::Service,
};

/// The dataset of the register.
const DATASET: &str = "organisaties";

/// Checks the file and adds all of it, or nothing.
pub(super) async fn run(global: &Global, options: &RegisterOptions) -> anyhow::Result<ExitCode> {
    let service = operate::service(global).await?;
    let file = File::open(&options.file).with_context(|| format!("{} cannot be read", options.file.display()))?;
    let (report, entries) = read(service.catalogue(), &service, file)?;
    if !report.is_accepted() {
        check::print_human(service.catalogue(), &options.file, &report, global.language.into())?;
        return Ok(ExitCode::from(exit::REJECTED));
    }
    let count = service.register(&Actor::OPERATOR, entries).await?;
    println!("{count} organisations registered");
    Ok(ExitCode::SUCCESS)
}

/// An organisation as the file says it.
pub(super) type Entry = (AgbCode, String, OrganisationKind);

/// Reads a register file.
pub(super) fn read(
    catalogue: &Catalogue,
    service: &Service,
    source: impl std::io::Read + std::io::Seek,
) -> anyhow::Result<(Report, Vec<Entry>)> {
    let context = CheckContext::new(service.now().date(), Some(DATASET), &AnyOrganisation);
    let mut sink = Entries::default();
    let report = intake::check(source, catalogue, &context, &mut sink)?;
    if sink.incomplete {
        bail!("the catalogue's dataset `{DATASET}` has no columns agb_code, naam and soort");
    }
    Ok((report, sink.entries))
}

#[derive(Default)]
struct Entries {
    entries: Vec<Entry>,
    incomplete: bool,
}

impl RowSink for Entries {
    fn row(&mut self, row: &Row<'_>) {
        let text = |name| row.text(name);
        let entry =
            (|| Some((text("agb_code")?.parse().ok()?, text("naam")?, OrganisationKind::parse(&text("soort")?)?)))();
        match entry {
            Some(entry) => self.entries.push(entry),
            None => self.incomplete = true,
        }
    }

    fn restart(&mut self) {
        self.entries.clear();
    }
}
