//! `serve`: the API and the console.

use std::{fs, io::Write as _, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::net::TcpListener;

use super::{
    arguments::{Global, ServeOptions},
    operate,
};
use crate::{
    http::{self, Example, ServerSettings},
    service::Service,
    system::{SystemClock, SystemIds},
};

/// How often expired uploads are let go of.
const SWEEP: Duration = Duration::from_hours(1);

/// How often the service says that it is there.
const HEARTBEAT: Duration = Duration::from_secs(Service::HEARTBEAT_SECONDS.unsigned_abs());

/// The requests that the console offers to begin with.
const EXAMPLES: &str = include_str!("examples.json");

/// Serves until it is told to stop.
pub(super) async fn run(global: &Global, options: &ServeOptions) -> anyhow::Result<ExitCode> {
    let clock = SystemClock::new();
    let ids = SystemIds::new(clock);
    let adjust = |settings: &mut crate::service::Settings| settings.upload_limit = options.upload_limit;
    let service = operate::service_with(global, Arc::new(clock), Arc::new(ids), adjust).await?;
    serve(service, options, |_| Ok(())).await
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
    let examples: Vec<Example> = serde_json::from_str(EXAMPLES).context("the console's examples cannot be read")?;
    let settings = ServerSettings::default();
    let routes = http::routes(&service, &examples, &settings)?;
    let listener =
        TcpListener::bind(options.listen).await.with_context(|| format!("cannot listen on {}", options.listen))?;
    let address = format!("http://{}", listener.local_addr()?);
    println!("listening on {address}");
    ready(&address)?;
    std::io::stdout().flush()?;

    let (sweeper, heart) = (tokio::task::spawn(sweep(service.clone())), tokio::task::spawn(beat(service)));
    http::serve(listener, routes, http::stop_signal(), settings).await?;
    sweeper.abort();
    heart.abort();
    Ok(ExitCode::SUCCESS)
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
