//! `mandate`: intermediaries, and what organisations let them do.

use std::process::ExitCode;

use anyhow::Context as _;
use jiff::civil::Date;
use serde::Serialize;

use super::{
    arguments::{GiveMandateOptions, Global, ListMandatesOptions, MandateAction, MandateOptions, ReportFormat},
    operate,
};
use crate::{
    domain::{Actor, AgbCode, IntermediaryId, MandateId, MandateStanding, OrganisationId},
    service::{MandateRequest, NamedMandate, Service},
};

/// Does what is asked with mandates.
pub(super) async fn run(global: &Global, options: &MandateOptions) -> anyhow::Result<ExitCode> {
    let service = operate::service(global).await?;
    match &options.action {
        MandateAction::Register(options) => {
            let one = service.register_intermediary(&Actor::OPERATOR, &options.name, options.kvk.clone()).await?;
            println!("{}", one.id);
        }
        MandateAction::Intermediaries(options) => print_intermediaries(&service, options.format).await?,
        MandateAction::Give(options) => give(&service, options).await?,
        MandateAction::Withdraw(options) => {
            let asked_by = Some(options.asked_by.as_str());
            let withdrawn = service.withdraw_mandate(&Actor::OPERATOR, options.mandate, asked_by).await?;
            let at = withdrawn.mandate.withdrawal.map(|withdrawal| withdrawal.at.to_string()).unwrap_or_default();
            println!("{} was withdrawn at {at}", options.mandate);
        }
        MandateAction::List(options) => print_all(&service, options).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn give(service: &Service, options: &GiveMandateOptions) -> anyhow::Result<()> {
    let request = MandateRequest {
        organisation: Some(organisation(service, options.agb).await?),
        intermediary: options.intermediary,
        right: options.right.into(),
        datasets: options.dataset.iter().cloned().collect(),
        from: options.from.unwrap_or_else(|| service.now().date()),
        until: options.until,
        asked_by: Some(options.asked_by.clone()),
    };
    let given = service.give_mandate(&Actor::OPERATOR, &request).await?;
    println!("{}", given.mandate.id);
    Ok(())
}

async fn organisation(service: &Service, agb_code: AgbCode) -> anyhow::Result<OrganisationId> {
    let found = service.organisation_by_agb(&Actor::OPERATOR, agb_code).await?;
    Ok(found.with_context(|| format!("the register has no organisation with AGB code {agb_code}"))?.id)
}

async fn print_intermediaries(service: &Service, format: ReportFormat) -> anyhow::Result<()> {
    let all = service.intermediaries(&Actor::OPERATOR).await?;
    let lines: Vec<IntermediaryLine> = all
        .into_iter()
        .map(|one| IntermediaryLine { intermediary: one.id, name: one.name, kvk_number: one.kvk_number })
        .collect();
    if format == ReportFormat::Json {
        println!("{}", serde_json::to_string_pretty(&lines)?);
        return Ok(());
    }
    for line in lines {
        println!("{}  {:<8}  {}", line.intermediary, line.kvk_number.unwrap_or_default(), line.name);
    }
    Ok(())
}

async fn print_all(service: &Service, options: &ListMandatesOptions) -> anyhow::Result<()> {
    let organisation = match options.agb {
        Some(agb_code) => Some(organisation(service, agb_code).await?),
        None => None,
    };
    let today = service.now().date();
    let known_at = service.known_at(None).await?.counted;
    let all = service.mandates(&Actor::OPERATOR, organisation, known_at).await?;
    let lines: Vec<Line> = all.into_iter().map(|one| Line::new(one, today)).collect();
    if options.format == ReportFormat::Json {
        println!("{}", serde_json::to_string_pretty(&lines)?);
        return Ok(());
    }
    for line in lines {
        println!(
            "{}  {:<9}  {}  {:<7}  {} - {}  {}  {}",
            line.mandate,
            line.standing,
            line.agb_code,
            line.right,
            line.from,
            line.until,
            line.datasets.join(","),
            line.intermediary_name
        );
    }
    Ok(())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IntermediaryLine {
    intermediary: IntermediaryId,
    name: String,
    kvk_number: Option<String>,
}

/// A mandate as it is listed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    mandate: MandateId,
    standing: &'static str,
    agb_code: AgbCode,
    intermediary: IntermediaryId,
    intermediary_name: String,
    right: &'static str,
    datasets: Vec<String>,
    from: String,
    until: String,
    given_by: String,
    asked_by: Option<String>,
    given_at: String,
    withdrawn_at: Option<String>,
    withdrawn_by: Option<String>,
    withdrawal_asked_by: Option<String>,
}

impl Line {
    fn new(found: NamedMandate, today: Date) -> Self {
        let NamedMandate { organisation, intermediary, mandate } = found;
        let standing = match mandate.standing(today) {
            MandateStanding::ToCome => "to come",
            MandateStanding::InForce => "in force",
            MandateStanding::Ended => "ended",
            MandateStanding::Withdrawn => "withdrawn",
        };
        let withdrawal = mandate.withdrawal.as_ref();
        Self {
            mandate: mandate.id,
            standing,
            agb_code: organisation.agb_code,
            intermediary: intermediary.id,
            intermediary_name: intermediary.name,
            right: mandate.right.as_str(),
            from: mandate.from.to_string(),
            until: mandate.until.to_string(),
            given_at: mandate.given_at.to_string(),
            withdrawn_at: withdrawal.map(|one| one.at.to_string()),
            withdrawn_by: withdrawal.map(|one| one.by.clone()),
            withdrawal_asked_by: withdrawal.and_then(|one| one.asked_by.clone()),
            datasets: mandate.datasets.into_iter().collect(),
            given_by: mandate.given_by,
            asked_by: mandate.asked_by,
        }
    }
}
