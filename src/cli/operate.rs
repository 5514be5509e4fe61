//! What commands that work on the data have in common.

use std::{collections::BTreeMap, fs, future::Future, io, path::Path, process::ExitCode, sync::Arc};

use anyhow::Context as _;

use super::arguments::Global;
use crate::{
    catalogue::Catalogue,
    domain::{Clock, IdSource},
    service::{Service, Settings},
    store::Database,
    system::{SystemClock, SystemIds},
};

/// How many threads at most wait for the disk or work on what takes long. Each has a stack of 2 MiB: the 512 that tokio allows
/// could alone take more than a server's memory is capped at.
const BLOCKING_THREADS: usize = 16;

/// Runs a command that waits for things.
pub(super) fn block_on(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.max_blocking_threads(BLOCKING_THREADS).enable_all().build().context("no runtime")?.block_on(command)
}

/// The catalogue of `--catalogue`, or the built-in one.
pub(super) fn catalogue(global: &Global) -> anyhow::Result<Catalogue> {
    match &global.catalogue {
        None => Ok(Catalogue::embedded()?),
        Some(folder) => {
            let mut files = BTreeMap::new();
            read_folder(folder, folder, &mut files)
                .with_context(|| format!("the catalogue {} cannot be read", folder.display()))?;
            Ok(Catalogue::load(&files)?)
        }
    }
}

fn read_folder(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_folder(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let below = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.insert(below, fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// Opens the database, made and brought up to date when it is not.
pub(super) async fn database(global: &Global) -> anyhow::Result<Database> {
    fs::create_dir_all(&global.data_dir)
        .with_context(|| format!("the data folder {} cannot be made", global.data_dir.display()))?;
    let database = match &global.database_url {
        Some(url) => Database::open(url).await?,
        None => Database::open_sqlite(&global.data_dir.join("kraamzicht.db")).await?,
    };
    database.migrate().await?;
    Ok(database)
}

/// The use-cases with the clock and the identifiers of the real world.
pub(super) async fn service(global: &Global) -> anyhow::Result<Service> {
    let clock = SystemClock::new();
    service_with(global, Arc::new(clock), Arc::new(SystemIds::new(clock)), |_| ()).await
}

/// The use-cases with a given clock and source of identifiers.
pub(super) async fn service_with(
    global: &Global,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    adjust: impl FnOnce(&mut Settings),
) -> anyhow::Result<Service> {
    let catalogue = catalogue(global)?;
    let database = database(global).await?;
    let spool_folder = global.data_dir.join("spool");
    fs::create_dir_all(&spool_folder).context("the spool folder cannot be made")?;
    let mut settings = Settings::new(spool_folder);
    if let Some(path) = &global.signing_key {
        settings.signing_key.clone_from(path);
    }
    adjust(&mut settings);
    Ok(Service::new(database, Arc::new(catalogue), clock, ids, settings))
}
