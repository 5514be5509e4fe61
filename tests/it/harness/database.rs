//! A database for one test, gone when the test ends.

use std::{
    fs,
    fs::File,
    path::{Path, PathBuf},
    thread,
};

use sqlx::{Connection, PgConnection, raw_sql};
use tempfile::TempDir;
use tokio::{runtime::Builder, sync::OnceCell};

use super::{cluster::Cluster, migrate::migrate};

/// The database that the tests' databases on our own cluster are copied from.
const TEMPLATE: &str = "template_kraamzicht";

/// The roles of docs/operations.md.
pub(crate) const OWNER: &str = "kraamzicht_owner";
pub(crate) const SERVER: &str = "kraamzicht_server";

/// An empty database with the newest schema or, on SQLite, one that gets it when it is opened.
#[derive(Debug)]
pub(crate) struct TestDatabase {
    /// For `--database-url` and the store: on PostgreSQL as the role of a server, which row-level security holds.
    pub(crate) url: String,
    /// For a look behind its back: as a superuser, who stands above that.
    pub(crate) behind: String,
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
    TestDatabase { behind: url.clone(), url, _remover: Remover::Folder { _folder: folder } }
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
            execute(cluster, format!("CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {TEMPLATE}")).await;
        }
        Cluster::Given(_) => {
            static READY: OnceCell<()> = OnceCell::const_new();
            READY.get_or_init(|| make_roles(cluster)).await;
            make_migrated(cluster, &name).await;
        }
    }
    on_postgres(cluster, name, SERVER)
}

/// A new PostgreSQL database without anything in it, as its owner.
pub(crate) async fn empty_postgres() -> TestDatabase {
    let cluster = Cluster::shared();
    let name = format!("test_{:016x}", getrandom::u64().unwrap());
    // The roles come with the first of the others.
    drop(postgres().await);
    execute(cluster, format!("CREATE DATABASE {name} OWNER {OWNER}")).await;
    on_postgres(cluster, name, OWNER)
}

fn on_postgres(cluster: &Cluster, name: String, role: &str) -> TestDatabase {
    let behind = cluster.url(&name);
    TestDatabase { url: as_role(&behind, role), behind, _remover: Remover::Postgres { name } }
}

/// `url` as another role, whose rights are all that is left.
pub(crate) fn as_role(url: &str, role: &str) -> String {
    format!("{url}{}options[role]={role}", if url.contains('?') { '&' } else { '?' })
}

/// The lines for PostgreSQL that docs/operations.md tells operators, as far as they begin like this.
fn told(beginning: &str) -> impl Iterator<Item = String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    let lines = fs::read_to_string(page).unwrap();
    let lines: Vec<String> = lines.lines().filter(|line| line.starts_with(beginning)).map(str::to_owned).collect();
    assert!(!lines.is_empty(), "docs/operations.md tells no {beginning}");
    lines.into_iter()
}

/// Makes the roles as operators do, unless they are there.
async fn make_roles(cluster: &Cluster) {
    for line in told("CREATE ROLE ") {
        execute(cluster, format!("DO $$ BEGIN {line} EXCEPTION WHEN duplicate_object THEN NULL; END $$")).await;
    }
}

/// Makes a database and migrates it as operators do.
async fn make_migrated(cluster: &Cluster, name: &str) {
    execute(cluster, format!("CREATE DATABASE {name} OWNER {OWNER}")).await;
    let url = cluster.url(name);
    let mut connection = PgConnection::connect(&url).await.unwrap();
    for line in told("ALTER DEFAULT PRIVILEGES ") {
        raw_sql(sqlx::AssertSqlSafe(line)).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    migrate(as_role(&url, OWNER)).await;
}

/// Migrates the template, unless another process of this run did.
async fn make_template(cluster: &Cluster, lock: PathBuf, done: PathBuf) {
    let lock = File::create(lock).unwrap();
    lock.lock().unwrap();
    if !done.exists() {
        // Left by a migration that failed in another test of this run.
        execute(cluster, format!("DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")).await;
        make_roles(cluster).await;
        make_migrated(cluster, TEMPLATE).await;
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
