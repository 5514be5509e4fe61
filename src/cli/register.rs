//! `register`: organisations from a CSV file.

use std::{fs::File, process::ExitCode};

use anyhow::{Context as _, bail};

use super::{
    arguments::{Global, RegisterOptions},
    check, exit, operate,
};
use crate::{
    catalogue::Catalogue,
    domain::{Actor, Merger, OrganisationKind, Registration, Report},
    intake::{self, AnyOrganisation, Cell, CheckContext, Row, RowSink},
    service::{RegisterEntry, Service},
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

/// Reads a register file.
pub(super) fn read(
    catalogue: &Catalogue,
    service: &Service,
    source: impl std::io::Read + std::io::Seek,
) -> anyhow::Result<(Report, Vec<RegisterEntry>)> {
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
    entries: Vec<RegisterEntry>,
    incomplete: bool,
}

impl RowSink for Entries {
    fn row(&mut self, row: &Row<'_>) {
        match entry(row) {
            Some(entry) => self.entries.push(entry),
            None => self.incomplete = true,
        }
    }

    fn restart(&mut self) {
        self.entries.clear();
    }
}

fn entry(row: &Row<'_>) -> Option<RegisterEntry> {
    let text = |name| row.text(name);
    let kvk_number = match row.cell("kvk_nummer") {
        // Spreadsheets drop the zeros in front.
        Some(Cell::Number(number)) => Some(format!("{:0>8}", number.to_string())),
        _ => None,
    };
    let merger = match (text("opgegaan_in"), row.cell("opgegaan_op")) {
        (Some(into), Some(Cell::Date(on))) => Some(Merger { into: into.parse().ok()?, on }),
        _ => None,
    };
    Some(RegisterEntry {
        agb_code: text("agb_code")?.parse().ok()?,
        name: text("naam")?,
        kind: OrganisationKind::parse(&text("soort")?)?,
        registration: Registration { kvk_number, region: text("regio"), merger },
    })
}
