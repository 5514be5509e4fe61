//! `serve`: the API and the console.

use std::{error::Error as _, fs, io::Write as _, num::NonZeroU32, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use tokio::net::TcpListener;

use super::{
    arguments::{Global, ServeOptions},
    operate, sign_in,
};
use crate::{
    domain::Digest,
    http::{self, RateSettings, ServerSettings},
    service::{Service, Settings},
    system::{SystemClock, SystemIds},
};

/// How often expired uploads are let go of.
const SWEEP: Duration = Duration::from_hours(1);

/// How often the service says that it is there.
const HEARTBEAT: Duration = Duration::from_secs(Service::HEARTBEAT_SECONDS.unsigned_abs());

/// How often what was noted of reads is written into the audit log.
const RECORDS: Duration = Duration::from_secs(1);

/// A token that nobody guesses.
const SHORTEST_METRICS_TOKEN: usize = 32;

/// Serves until it is told to stop.
pub(super) async fn run(global: &Global, options: &ServeOptions) -> anyhow::Result<ExitCode> {
    let clock = SystemClock::new();
    let ids = SystemIds::new(clock);
    let adjust = |settings: &mut Settings| adjust(settings, global, options);
    let service = operate::service_with(global, Arc::new(clock), Arc::new(ids), adjust).await?;
    serve(service, options, |_| Ok(())).await
}

/// What the options and the data folder say of a service that serves.
pub(super) fn adjust(settings: &mut Settings, global: &Global, options: &ServeOptions) {
    settings.upload_limit = options.upload_limit;
    settings.session_lifetime = i64::from(options.sign_in.session_minutes) * 60;
    settings.session_inactivity = i64::from(options.sign_in.session_idle_minutes) * 60;
    settings.audit_journal = Some(global.data_dir.join("audit.journal"));
}

/// Serves `service`; `ready` is called with the address once requests are answered.
pub(super) async fn serve(
    service: Service,
    options: &ServeOptions,
    ready: impl FnOnce(&str) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    outlive_full_files()?;
    let spool_folder = &service.settings().spool_folder;
    fs::create_dir_all(spool_folder).context("the spool folder cannot be made")?;
    http::clear_spool(spool_folder).context("the spool folder cannot be cleared")?;

    // A key that cannot be read or made is better known now than at the first approval.
    service.receipt_key().context("the key that signs receipts cannot be read or made")?;
    // So is a journal in which reads of scores cannot be noted.
    if let Err(error) = service.open_journal() {
        tracing::warn!(source = ?error.source().map(ToString::to_string), "the journal cannot be opened");
        bail!("the journal of reads cannot be written, or another process serves from this data folder");
    }
    if service.engine() == "PostgreSQL" && !service.has_walls().await? {
        tracing::warn!(
            "the server's role stands above row-level security; make it one that does not (docs/operations.md)"
        );
    }
    let metrics_token = options.metrics_token.as_deref();
    if metrics_token.is_some_and(|token| token.len() < SHORTEST_METRICS_TOKEN) {
        bail!("the token for /metrics must have at least {SHORTEST_METRICS_TOKEN} characters");
    }
    let metrics_token = metrics_token.map(|token| Digest::of(token.as_bytes()));
    let sign_in = sign_in::provider(&options.sign_in)?;
    let settings = ServerSettings {
        rates: rates(options),
        metrics_token,
        sign_in,
        answers_kept: options.answers_kept,
        ..ServerSettings::default()
    };
    let routes = http::routes(&service, &settings)?;
    let listener =
        TcpListener::bind(options.listen).await.with_context(|| format!("cannot listen on {}", options.listen))?;
    let address = format!("http://{}", listener.local_addr()?);
    println!("listening on {address}");
    ready(&address)?;
    std::io::stdout().flush()?;

    let sweeper = tokio::task::spawn(sweep(service.clone()));
    let heart = tokio::task::spawn(beat(service.clone()));
    let keeper = tokio::task::spawn(keep_records(service.clone()));
    http::serve(listener, routes, http::stop_signal(), settings).await?;
    sweeper.abort();
    heart.abort();
    keeper.abort();
    // What cannot be written now is in the journal, for the next start.
    if let Err(error) = service.keep_records().await {
        tracing::warn!(%error, source = ?error.source().map(ToString::to_string), "the last reads wait in their journal");
    }
    Ok(ExitCode::SUCCESS)
}

fn rates(options: &ServeOptions) -> RateSettings {
    RateSettings {
        attempts: NonZeroU32::new(options.attempts_per_minute),
        requests: NonZeroU32::new(options.requests_per_minute),
        uploads: NonZeroU32::new(options.uploads_per_hour),
        points: NonZeroU32::new(options.points_per_minute),
        proxies: options.trusted_proxy.clone(),
    }
}

/// Writes every second what was noted of reads, and sooner when much was.
async fn keep_records(service: Service) {
    let mut turns = tokio::time::interval(RECORDS);
    let mut failing = false;
    loop {
        tokio::select! {
            _ = turns.tick() => {}
            // What cannot be written is not tried again before its turn, however much presses.
            () = service.records_press(), if !failing => {}
        }
        match service.keep_records().await {
            Ok(_) => failing = false,
            // Once, not each second.
            Err(error) if !failing => {
                tracing::error!(%error, source = ?error.source().map(ToString::to_string), "reads cannot be written into the audit log; when their journal is full, scores are not read");
                failing = true;
            }
            Err(_) => {}
        }
    }
}

/// A file that may not grow any further (`ulimit -f`) is an error of that write; by default its signal ends the process.
#[cfg(target_os = "linux")]
fn outlive_full_files() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    /// SIGXFSZ on every processor of Linux but MIPS and PA-RISC.
    const FILE_SIZE_LIMIT: SignalKind = SignalKind::from_raw(25);
    // Once it is heard it no longer ends the process, whether somebody listens on or not.
    signal(FILE_SIZE_LIMIT).map(drop)
}

#[cfg(not(target_os = "linux"))]
const fn outlive_full_files() -> std::io::Result<()> {
    Ok(())
}

async fn sweep(service: Service) {
    let mut turns = tokio::time::interval(SWEEP);
    loop {
        turns.tick().await;
        if let Err(error) = service.sweep().await {
            tracing::warn!(%error, "expired uploads could not be let go of");
        }
    }
}

/// Says every minute that the service is there (docs/adr/0008-downtime-by-heartbeat.md).
async fn beat(service: Service) {
    let mut turns = tokio::time::interval(HEARTBEAT);
    loop {
        turns.tick().await;
        match service.beat().await {
            Ok(Some(downtime)) => {
                tracing::warn!(from = %downtime.from, until = %downtime.until, "the service was not there; deadlines move");
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "no heartbeat could be written"),
        }
    }
}
