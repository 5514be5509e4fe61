//! The two engines behind one face.

use std::{borrow::Cow, collections::BTreeSet, path::Path, str::FromStr as _, sync::Arc, time::Duration};

use super::{
    Error,
    mark::{Mark, Marks},
    notices::{ANNOUNCE, Turn, Writer},
};
use crate::domain::{Notice, Scope};
use rust_embed::RustEmbed;
use sqlx::{
    Connection as _, PgPool, Postgres, SqlSafeStr as _, Sqlite, SqlitePool, Transaction,
    migrate::{Migrate as _, Migration, MigrationType, Migrator},
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::runtime::Handle;

/// Runs the same expression against whichever engine a [`Tx`] is on.
macro_rules! on {
    ($tx:expr, $connection:ident => $body:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(transaction, _) => {
                let $connection = &mut **transaction;
                $body
            }
            $crate::store::Tx::Postgres(transaction, _) => {
                let $connection = &mut **transaction;
                $body
            }
            $crate::store::Tx::Glance(connection) => {
                let $connection = &mut **connection;
                $body
            }
        }
    };
}

/// Names the statements of a module, and lists them for the test that prepares each on both engines.
macro_rules! statements {
    ($($name:ident = $sql:expr;)*) => {
        $(const $name: &str = $sql;)*
        /// Every statement of this module.
        pub(super) const STATEMENTS: &[$crate::store::Statement] =
            &[$($crate::store::Statement { name: stringify!($name), sql: $sql }),*];
    };
}

/// A statement and what it is called in the code.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// The constant's name.
    pub name: &'static str,
    /// The text, the same for both engines.
    pub sql: &'static str,
}

/// Every statement this program may run, by module.
pub const STATEMENTS: &[(&str, &[Statement])] = &[
    ("audit", super::audit::STATEMENTS),
    ("checks", super::checks::STATEMENTS),
    ("deliveries", super::deliveries::STATEMENTS),
    ("idempotency", super::idempotency::STATEMENTS),
    ("learning", super::learning::STATEMENTS),
    ("mandates", super::mandates::STATEMENTS),
    ("obligations", super::obligations::STATEMENTS),
    ("observations", super::observations::STATEMENTS),
    ("organisations", super::organisations::STATEMENTS),
    ("overrides", super::overrides::STATEMENTS),
    ("parts", super::parts::STATEMENTS),
    ("receipts", super::receipts::STATEMENTS),
    ("related", super::related::STATEMENTS),
    ("runs", super::runs::STATEMENTS),
    ("sessions", super::sessions::STATEMENTS),
    ("submissions", super::submissions::STATEMENTS),
    ("tokens", super::tokens::STATEMENTS),
    ("uploads", super::uploads::STATEMENTS),
];

/// Until the end of the transaction, the policies let through what is within this scope.
const ENTER: &str = "SELECT set_config('kraamzicht.scope', $1, true)";

/// The same until the end of the session.
const SESSION: &str = "SELECT set_config('kraamzicht.scope', $1, false)";

/// How long a writer waits for its turn on SQLite.
const PATIENCE: Duration = Duration::from_secs(10);

/// The migrations; folder `sqlite` and folder `postgres` hold the same numbers.
#[derive(RustEmbed)]
#[folder = "migrations/"]
#[include = "*.sql"]
struct Migrations;

/// A pool of connections to one of the two engines.
#[derive(Clone, Debug)]
pub enum Database {
    /// The embedded default: a file, what whoever writes in it needs, and what tells whether anybody did.
    Sqlite(SqlitePool, Arc<Writer>, Arc<Marks>),
    /// Production; and the runtime that holds its connections, whichever thread asks.
    Postgres(PgPool, Handle),
}

/// How many connections to the database there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Open.
    pub open: u32,
    /// Of these, those that nobody uses.
    pub idle: u32,
    /// The most there may be.
    pub most: u32,
}

/// One unit of work. Dropped without [`Tx::commit`] it leaves nothing behind.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite; with the turn of the writer, for one that writes.
    Sqlite(Transaction<'static, Sqlite>, Option<Turn>),
    /// On PostgreSQL; with whose rows its policies let through.
    Postgres(Transaction<'static, Postgres>, Scope),
    /// On SQLite, for one statement that reads: it is its own transaction.
    Glance(PoolConnection<Sqlite>),
}

impl Database {
    /// Opens `url`: `sqlite:PATH` (made when it is not there) or `postgres://...`. Runs no migrations.
    pub async fn open(url: &str) -> Result<Self, Error> {
        if url.starts_with("sqlite:") {
            return Self::connect_sqlite(SqliteConnectOptions::from_str(url)?).await;
        }
        let options = PgConnectOptions::from_str(url)?.application_name("kraamzicht");
        let pool = PgPoolOptions::new().max_connections(16).acquire_timeout(Duration::from_secs(5));
        Ok(Self::Postgres(pool.connect_with(options).await?, Handle::current()))
    }

    /// Opens the SQLite file at `path`.
    pub async fn open_sqlite(path: &Path) -> Result<Self, Error> {
        Self::connect_sqlite(SqliteConnectOptions::new().filename(path)).await
    }

    async fn connect_sqlite(options: SqliteConnectOptions) -> Result<Self, Error> {
        let options = options
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // What was acknowledged survives a power cut, not only a killed process.
            .synchronous(SqliteSynchronous::Full)
            // What should not have been sent is wiped, not only forgotten.
            .pragma("secure_delete", "ON")
            .busy_timeout(PATIENCE);
        let pool = SqlitePoolOptions::new()
            .max_connections(8)
            .acquire_timeout(Duration::from_secs(5))
            // There is no line that could have gone dead.
            .test_before_acquire(false)
            // What SQLite rolled back by itself, as when it found no room, sqlx goes on to take for open: such a
            // connection would never write again.
            .before_acquire(|connection, _| {
                let is_free = !connection.is_in_transaction();
                Box::pin(async move { Ok(is_free) })
            });
        let path = options.get_filename().to_owned();
        let pool = pool.connect_with(options).await?;
        Ok(Self::Sqlite(pool, Arc::default(), Arc::new(Marks::of(&path))))
    }

    /// Brings the schema up to date. Several processes may do so at once.
    pub async fn migrate(&self) -> Result<(), Error> {
        let wrong = |error: sqlx::migrate::MigrateError| Error::Migration(Box::new(error));
        match self {
            Self::Sqlite(pool, ..) => {
                // The writer's place, for as long as all of it takes: sqlx knows no lock for this engine.
                let mut turn = pool.begin_with("BEGIN IMMEDIATE").await?;
                migrator("sqlite/")?.run(&mut *turn).await.map_err(wrong)?;
                Ok(turn.commit().await?)
            }
            Self::Postgres(pool, _) => {
                let (wanted, mut connection) = (migrator("postgres/")?, pool.acquire().await?);
                // A server that may not change tables has nothing to change when its owner has.
                let applied = connection.list_applied_migrations(&wanted.table_name).await.unwrap_or_default();
                let applied: BTreeSet<_> = applied.iter().map(|one| (one.version, &*one.checksum)).collect();
                if wanted.iter().all(|one| applied.contains(&(one.version, &*one.checksum))) {
                    return Ok(());
                }
                // The owner is held to the policies too. Not given back to the pool, as it sees everything.
                let mut connection = connection.detach();
                sqlx::query(SESSION).bind(Scope::Sector.to_string()).execute(&mut connection).await?;
                wanted.run(&mut connection).await.map_err(wrong)?;
                Ok(connection.close().await?)
            }
        }
    }

    /// Begins a unit of work that only reads, and sees one moment of the database throughout. On PostgreSQL it sees
    /// nothing outside of `scope`, whatever a statement asks.
    ///
    /// Waiting for a connection is kept apart here and below: it takes 4 KB, which would be moved about with every request,
    /// those that never ask the database too.
    pub async fn read(&self, scope: Scope) -> Result<Tx, Error> {
        match self {
            Self::Sqlite(pool, ..) => Ok(Tx::Sqlite(Box::pin(pool.begin()).await?, None)),
            Self::Postgres(pool, runtime) => {
                let begun = begin_whole(pool, runtime, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                Tx::within(begun, scope).await
            }
        }
    }

    /// For one statement that only reads, as on the way of every request: cheaper than [`read`](Self::read) where the engine
    /// needs no transaction to know the scope.
    pub async fn glance(&self, scope: Scope) -> Result<Tx, Error> {
        match self {
            Self::Sqlite(pool, ..) => Ok(Tx::Glance(Box::pin(pool.acquire()).await?)),
            Self::Postgres(..) => self.read(scope).await,
        }
    }

    /// The mark of what the database holds now: while it is the same, so is every answer. `None` where that is not to be had
    /// for less than the answer, as on PostgreSQL.
    pub fn mark(&self) -> Option<Mark> {
        match self {
            Self::Sqlite(_, _, marks) => marks.now(),
            Self::Postgres(..) => None,
        }
    }

    /// Begins a unit of work that writes. On SQLite writers queue here instead of failing at the commit, and without
    /// a connection, so that there is always one to read with. On PostgreSQL it sees and adds nothing outside of `scope`.
    pub async fn write(&self, scope: Scope) -> Result<Tx, Error> {
        match self {
            Self::Sqlite(pool, writer, _) => {
                let turn = tokio::time::timeout(PATIENCE, writer.turn()).await;
                let turn = turn.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
                Ok(Tx::Sqlite(Box::pin(pool.begin_with("BEGIN IMMEDIATE")).await?, Some(turn)))
            }
            Self::Postgres(pool, runtime) => Tx::within(begin_whole(pool, runtime, "BEGIN").await?, scope).await,
        }
    }

    /// Whether policies hold what statements forget: not on SQLite, nor for a user of PostgreSQL that stands above them.
    pub async fn has_walls(&self) -> Result<bool, Error> {
        const ABOVE: &str = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
        match self {
            Self::Sqlite(..) => Ok(false),
            Self::Postgres(pool, _) => {
                let (above,): (bool,) = sqlx::query_as(ABOVE).fetch_one(pool).await?;
                Ok(!above)
            }
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite(pool, ..) => sqlx::query("SELECT 1").execute(pool).await.map(drop)?,
            Self::Postgres(pool, runtime) => begin_whole(pool, runtime, "BEGIN READ ONLY").await?.rollback().await?,
        }
        Ok(())
    }

    /// The connections there are now.
    pub fn connections(&self) -> Connections {
        let (open, idle, most) = match self {
            Self::Sqlite(pool, ..) => (pool.size(), pool.num_idle(), pool.options().get_max_connections()),
            Self::Postgres(pool, _) => (pool.size(), pool.num_idle(), pool.options().get_max_connections()),
        };
        Connections { open, idle: u32::try_from(idle).unwrap_or(u32::MAX).min(open), most }
    }

    /// The engine's name, for people.
    pub const fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite(..) => "SQLite",
            Self::Postgres(..) => "PostgreSQL",
        }
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(pool, _, marks) => {
                // The last one to go tidies up, and can do so alone.
                marks.close();
                pool.close().await;
            }
            Self::Postgres(pool, _) => pool.close().await,
        }
    }
}

/// Begins in a task of its own, which goes on when whoever waits for it goes away: a transaction that was given up half way
/// sqlx takes for one that never began, and whoever has its connection next would be within it.
///
/// A connection that this opens belongs to `runtime` and breaks when that ends; those of single threads end before the last
/// work is done.
async fn begin_whole(
    pool: &PgPool,
    runtime: &Handle,
    statement: &'static str,
) -> Result<Transaction<'static, Postgres>, Error> {
    let pool = pool.clone();
    let begun = runtime.spawn(async move { pool.begin_with(statement).await }).await;
    Ok(begun.map_err(|_| sqlx::Error::PoolClosed)??)
}

impl Tx {
    async fn within(mut transaction: Transaction<'static, Postgres>, scope: Scope) -> Result<Self, Error> {
        sqlx::query(ENTER).bind(scope.to_string()).execute(&mut *transaction).await?;
        Ok(Self::Postgres(transaction, scope))
    }

    /// Sees from here on what is within `scope`: what it was before, to go back to. For the work of one that needs the
    /// whole sector, such as a run; a test holds the list of who does (tests/it/walls.rs).
    pub async fn enter(&mut self, scope: Scope) -> Result<Scope, Error> {
        match self {
            // SQLite has no walls, so there is none to pass.
            Self::Sqlite(..) | Self::Glance(_) => Ok(scope),
            Self::Postgres(_, before) if *before == scope => Ok(scope),
            Self::Postgres(transaction, before) => {
                sqlx::query(ENTER).bind(scope.to_string()).execute(&mut **transaction).await?;
                Ok(std::mem::replace(before, scope))
            }
        }
    }

    /// Makes all of it so.
    pub async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(transaction, turn) => {
                transaction.commit().await?;
                turn.into_iter().for_each(Turn::tell);
            }
            Self::Postgres(transaction, _) => transaction.commit().await?,
            Self::Glance(_) => {}
        }
        Ok(())
    }

    /// Tells it to whoever listens on any process, when and if this unit of work is committed; on SQLite, to those of
    /// this process.
    pub(super) async fn announce(&mut self, notice: Notice) -> Result<(), Error> {
        match self {
            Self::Sqlite(_, turn) => turn.iter_mut().for_each(|turn| turn.announce(notice)),
            Self::Postgres(transaction, _) => {
                sqlx::query(ANNOUNCE).bind(notice.to_string()).execute(&mut **transaction).await?;
            }
            // It changes nothing.
            Self::Glance(_) => {}
        }
        Ok(())
    }
}

fn migrator(folder: &str) -> Result<Migrator, Error> {
    let mut migrations = Vec::new();
    for path in Migrations::iter().filter(|path| path.starts_with(folder)) {
        let wrong = || Error::Migration(format!("{path} is not of the form NNNN_name.sql").into());
        let name = path.strip_prefix(folder).and_then(|name| name.strip_suffix(".sql")).ok_or_else(wrong)?;
        let (number, description) = name.split_once('_').ok_or_else(wrong)?;
        let version = number.parse().map_err(|_| wrong())?;
        let file = Migrations::get(&path).ok_or_else(wrong)?;
        let Cow::Borrowed(bytes) = file.data else { return Err(wrong()) };
        let text: &'static str = std::str::from_utf8(bytes).map_err(|_| wrong())?;
        migrations.push(Migration::new(
            version,
            description.to_owned().into(),
            MigrationType::Simple,
            text.into_sql_str(),
            false,
        ));
    }
    Ok(Migrator::with_migrations(migrations))
}
