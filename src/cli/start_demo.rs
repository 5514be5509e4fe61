//! `demo`: an invented sector through the real intake, approval and scoring, and then served.

use std::{
    collections::BTreeMap,
    fs,
    io::Cursor,
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use anyhow::{Context as _, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::{
    arguments::{DemoOptions, Global},
    demo::{self, Delivery, Demo, Expectation},
    operate, register, serve, token,
};
use crate::{
    domain::{
        Actor, AgbCode, Clock, Correction, CorrectionClass, Instant, Language, OrganisationId, Role, Scope, Severity,
        SubmissionId, SubmissionState,
    },
    service::{ApprovalRequest, Service, Settings},
    system::{SeededIds, SystemClock, SystemIds},
};

/// How far into its day the demo's present is: nine in the morning.
const MORNING: i64 = 9 * 60 * 60;

/// For how many days the demo's tokens work.
const TOKEN_DAYS: i64 = 366;

/// The stories whose organisations get a token: one that has yet to deliver the last year, and one with a signal.
const TOLD_FIRST: [&str; 2] = ["silent-this-year", "supply-shortfall"];

/// What an organisation of the demo says when it sends a better file.
const CORRECTED: &str = "Er stonden fouten in de eerdere opgave.";

/// A clock that shows the moment of the delivery that is being played.
#[derive(Clone, Debug, Default)]
struct StageClock(Arc<AtomicI64>);

impl StageClock {
    fn set(&self, moment: Instant) {
        self.0.store(moment.microseconds(), Ordering::Relaxed);
    }
}

impl Clock for StageClock {
    fn now(&self) -> Instant {
        Instant::from_microseconds(self.0.load(Ordering::Relaxed))
    }
}

/// Makes the sector unless the data folder has it already, and serves it.
pub(super) async fn run(global: &Global, options: &DemoOptions) -> anyhow::Result<ExitCode> {
    let stage = StageClock::default();
    let demo = demo::generate(options.seed);
    let ids = Arc::new(SeededIds::new(options.seed, stage.clone()));
    let service = operate::service_with(global, Arc::new(stage.clone()), ids, |_: &mut Settings| ()).await?;
    if service.organisations(&Actor::OPERATOR).await?.is_empty() {
        play(&service, &stage, &demo, &global.data_dir).await?;
    } else {
        let first = demo.organisations.first().context("the demo has no organisations")?;
        let known = service.organisation_by_agb(&Actor::OPERATOR, first.agb_code).await?;
        ensure!(known.is_some(), "there are other data here; the demo wants a data folder or database of its own");
    }

    // From here on the demo's own day goes on at the pace of the real one.
    let clock = SystemClock::starting_at(Instant::at_start_of(demo::TODAY).plus_seconds(MORNING));
    let adjust = |settings: &mut Settings| serve::adjust(settings, global, &options.serve);
    let service = operate::service_with(global, Arc::new(clock), Arc::new(SystemIds::new(clock)), adjust).await?;
    let tokens = make_tokens(&service, &demo).await?;
    if let Some(path) = &options.tokens {
        let text = serde_json::to_string_pretty(&tokens)?;
        fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    if options.seed_only {
        print_tokens(&tokens);
        return Ok(ExitCode::SUCCESS);
    }
    serve::serve(service, &options.serve, |address| {
        print_tokens(&tokens);
        print_guide(address, &demo, global.language.into());
        Ok(())
    })
    .await
}

/// Sends every file at its own moment; at the end of each month what was checked is approved together.
async fn play(service: &Service, stage: &StageClock, demo: &Demo, folder: &Path) -> anyhow::Result<()> {
    stage.set(demo.deliveries.first().map_or(Instant::from_microseconds(0), |first| first.at));
    let organisations = register_all(service, demo, folder).await?;
    let bar = ProgressBar::new(demo.deliveries.len() as u64);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} bestanden, {msg} ({elapsed})")?);
    let mut waiting: Vec<SubmissionId> = Vec::new();
    let mut month = None;
    for delivery in &demo.deliveries {
        let this_month = delivery.at.date().first_of_month();
        if month.is_some_and(|month| month != this_month) {
            approve(service, &Actor::OPERATOR, &mut waiting).await?;
        }
        month = Some(this_month);
        bar.set_message(this_month.strftime("%Y-%m").to_string());
        stage.set(delivery.at);
        keep_file(folder, delivery)?;
        let organisation = organisations.get(&delivery.agb_code).context("a delivery of nobody")?;
        waiting.extend(send(service, &Actor::OPERATOR, *organisation, delivery).await?);
        bar.inc(1);
    }
    approve(service, &Actor::OPERATOR, &mut waiting).await?;
    for delivery in &demo.further {
        stage.set(delivery.at);
        keep_file(folder, delivery)?;
        let organisation = *organisations.get(&delivery.agb_code).context("a delivery of nobody")?;
        // Who acts for one organisation may also deliver what is for that one alone.
        let acting = Actor { scope: Scope::Organisation(organisation), ..Actor::OPERATOR };
        let mut waiting = send(service, &acting, organisation, delivery).await?.into_iter().collect();
        approve(service, &acting, &mut waiting).await?;
    }
    bar.finish_and_clear();
    Ok(())
}

/// `files/2025/33991234/2026-03-02-indicatoren.csv`.
fn keep_file(folder: &Path, delivery: &Delivery) -> anyhow::Result<()> {
    let path = folder.join("files").join(delivery.year.to_string()).join(delivery.agb_code.to_string());
    fs::create_dir_all(&path)?;
    fs::write(path.join(format!("{}-{}", delivery.at.date(), delivery.file_name)), &delivery.bytes)?;
    Ok(())
}

async fn register_all(
    service: &Service,
    demo: &Demo,
    folder: &Path,
) -> anyhow::Result<BTreeMap<AgbCode, OrganisationId>> {
    let mut csv = csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new());
    csv.write_record(["agb_code", "naam", "soort", "opgegaan_in", "opgegaan_op"])?;
    for one in &demo.organisations {
        let [into, on] = one.merger.map_or_else(Default::default, |one| [one.into.to_string(), one.on.to_string()]);
        csv.write_record([&one.agb_code.to_string(), one.name.as_str(), one.kind.as_str(), &into, &on])?;
    }
    let csv = csv.into_inner()?;
    fs::create_dir_all(folder.join("files"))?;
    fs::write(folder.join("files/organisaties.csv"), &csv)?;
    let (report, entries) = register::read(service.catalogue(), service, Cursor::new(csv))?;
    ensure!(report.is_accepted(), "the demo's register was refused: {:?}", report.findings);
    service.register(&Actor::OPERATOR, entries).await?;
    let all = service.organisations(&Actor::OPERATOR).await?;
    Ok(all.into_iter().map(|one| (one.agb_code, one.id)).collect())
}

/// Sends one file; gives the submission when it waits for approval.
async fn send(
    service: &Service,
    actor: &Actor,
    organisation: OrganisationId,
    delivery: &Delivery,
) -> anyhow::Result<Option<SubmissionId>> {
    let source = Cursor::new(delivery.bytes.clone());
    let upload = service.receive(actor, Some(organisation), &delivery.file_name, source).await?;
    let checked = service.create_submission(actor, upload.id, Some(delivery.dataset)).await?;
    let (state, id) = (checked.submission.state, checked.submission.id);
    let expected = match delivery.expected {
        Expectation::Rejected => SubmissionState::Rejected,
        _ => SubmissionState::Checked,
    };
    ensure!(state == expected, "{} was {}: {:?}", delivery.file_name, state.as_str(), checked.report.findings);
    if state == SubmissionState::Rejected {
        return Ok(None);
    }
    let explanation = match &delivery.expected {
        Expectation::AcceptedWithQuestions { explanation } => &explanation.nl,
        _ => "Nagekeken: dit klopt.",
    };
    for (number, finding) in checked.report.findings.iter().enumerate() {
        if finding.severity == Severity::Question {
            service.explain_finding(actor, id, number, explanation).await?;
        }
    }
    Ok(Some(id))
}

async fn approve(service: &Service, actor: &Actor, waiting: &mut Vec<SubmissionId>) -> anyhow::Result<()> {
    if !waiting.is_empty() {
        let submissions = std::mem::take(waiting);
        let basis = service.preview(actor, &submissions).await?.basis;
        let correction = Correction { class: CorrectionClass::Content, reason: CORRECTED.to_owned() };
        let request = ApprovalRequest { submissions, basis: Some(basis), correction: Some(correction) };
        service.approve(actor, &request).await?;
    }
    Ok(())
}

/// The tokens as they are shown and written to a file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DemoTokens {
    /// Of the inspectorate.
    inspector: String,
    /// Of an organisation that has yet to deliver the last year.
    organisation: String,
    organisation_agb_code: AgbCode,
    organisation_name: String,
    /// Of an organisation with a signal.
    other_organisation: String,
    other_organisation_agb_code: AgbCode,
    other_organisation_name: String,
}

async fn make_tokens(service: &Service, demo: &Demo) -> anyhow::Result<DemoTokens> {
    let secret =
        async |role, agb_code| anyhow::Ok(token::create(service, role, agb_code, "demo", TOKEN_DAYS).await?.secret);
    let [silent, signalled] = TOLD_FIRST.map(|code| {
        let story = demo.stories.iter().find(|story| story.code == code)?;
        demo.organisations.iter().find(|one| one.agb_code == story.organisation)
    });
    let silent = silent.context("the demo lacks a story")?;
    let signalled = signalled.context("the demo lacks a story")?;
    Ok(DemoTokens {
        inspector: secret(Role::Inspector, None).await?,
        organisation: secret(Role::Organisation, Some(silent.agb_code)).await?,
        organisation_agb_code: silent.agb_code,
        organisation_name: silent.name.clone(),
        other_organisation: secret(Role::Organisation, Some(signalled.agb_code)).await?,
        other_organisation_agb_code: signalled.agb_code,
        other_organisation_name: signalled.name.clone(),
    })
}

fn print_tokens(tokens: &DemoTokens) {
    println!("\nAlle gegevens zijn verzonnen. All data are invented. In the demo it is {}.\n", demo::TODAY);
    println!("  inspectie / inspectorate\n    {}", tokens.inspector);
    println!("  {} ({})\n    {}", tokens.organisation_name, tokens.organisation_agb_code, tokens.organisation);
    println!(
        "  {} ({})\n    {}",
        tokens.other_organisation_name, tokens.other_organisation_agb_code, tokens.other_organisation
    );
}

fn print_guide(address: &str, demo: &Demo, language: Language) {
    let (open, first, third) = match language {
        Language::Nl => (
            "Open in een browser, plak een token en voer een voorbeeld uit",
            "Wie eerst? Vraag als inspectie de ranglijst",
            "Wat er in de sector verstopt zit",
        ),
        Language::En => (
            "Open in a browser, paste a token and run an example",
            "Whom first? Ask for the list as the inspectorate",
            "What is hidden in the sector",
        ),
    };
    println!("\n1. {open}: {address}/console");
    println!(
        "2. {first}:\n     curl -s {address}/graphql -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/json' \\\n       -d '{{\"query\":\"{{ riskScores(period: \\\"2025\\\", first: 5) {{ edges {{ node {{ score organisation {{ name }} }} }} }} }}\"}}'"
    );
    println!("3. {third}:");
    for story in &demo.stories {
        println!("     {} {}", story.organisation, story.title.get(language));
    }
    println!();
}
