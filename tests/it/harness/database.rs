//! A database for one test, gone when the test ends.

use std::{fs::File, path::PathBuf, thread};

use sqlx::{Connection, PgConnection, raw_sql};
use tempfile::TempDir;
use tokio::{runtime::Builder, sync::OnceCell};

use super::{cluster::Cluster, migrate::migrate};

/// The database that the tests' databases on our own cluster are copied from.
const TEMPLATE: &str = "template_kraamzicht";

/// An empty database with the newest schema or, on SQLite, one that gets it when it is opened.
#[derive(Debug)]
pub(crate) struct TestDatabase {
    /// For `--database-url` and the store.
    pub(crate) url: String,
    _remover: Remover,
}

impl TestDatabase {
    /// Whether this is the PostgreSQL one of the two.
    pub(crate) fn is_postgres(&self) -> bool {
        self.url.starts_with("postgres")
    }
}

/// Removes the database when it is dropped.
#[derive(Debug)]
enum Remover {
    Folder { _folder: TempDir },
    Postgres { name: String },
}

/// A new SQLite database: a file that does not exist yet, in a temporary folder.
pub(crate) fn sqlite() -> TestDatabase {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("kraamzicht.db").display());
    TestDatabase { url, _remover: Remover::Folder { _folder: folder } }
}

/// A new, migrated PostgreSQL database.
///
/// # Panics
///
/// When there is no PostgreSQL: a test that skips itself proves nothing.
pub(crate) async fn postgres() -> TestDatabase {
    let cluster = Cluster::shared();
    let name = format!("test_{:016x}", getrandom::u64().unwrap());
    match cluster {
        Cluster::Own(folder) => {
            static READY: OnceCell<()> = OnceCell::const_new();
            READY.get_or_init(|| make_template(cluster, folder.join("lock"), folder.join("template"))).await;
            execute(cluster, format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")).await;
        }
        Cluster::Given(_) => {
            execute(cluster, format!("CREATE DATABASE {name}")).await;
            migrate(cluster.url(&name)).await;
        }
    }
    TestDatabase { url: cluster.url(&name), _remover: Remover::Postgres { name } }
}

/// A new PostgreSQL database without anything in it.
pub(crate) async fn empty_postgres() -> TestDatabase {
    let cluster = Cluster::shared();
    let name = format!("test_{:016x}", getrandom::u64().unwrap());
    execute(cluster, format!("CREATE DATABASE {name}")).await;
    TestDatabase { url: cluster.url(&name), _remover: Remover::Postgres { name } }
}

/// Migrates the template, unless another process of this run did.
async fn make_template(cluster: &Cluster, lock: PathBuf, done: PathBuf) {
    let lock = File::create(lock).unwrap();
    lock.lock().unwrap();
    if !done.exists() {
        // Left by a migration that failed in another test of this run.
        execute(cluster, format!("DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")).await;
        execute(cluster, format!("CREATE DATABASE {TEMPLATE}")).await;
        migrate(cluster.url(TEMPLATE)).await;
        File::create(done).unwrap();
    }
}

impl Drop for Remover {
    fn drop(&mut self) {
        let Self::Postgres { name } = self else { return };
        let statement = format!("DROP DATABASE {name} WITH (FORCE)");
        // A thread of its own: a runtime cannot be entered from within the test's.
        let dropped = thread::spawn(move || {
            Builder::new_current_thread().enable_all().build().unwrap().block_on(execute(Cluster::shared(), statement));
        })
        .join();
        if !thread::panicking() {
            dropped.unwrap();
        }
    }
}

/// Runs a statement that names a database: a name cannot be a parameter. The names are our own.
async fn execute(cluster: &Cluster, statement: String) {
    let mut connection = PgConnection::connect(&cluster.maintenance_url()).await.unwrap();
    raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
