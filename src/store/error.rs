//! What may go wrong with a database. Nothing of sqlx leaves this module but as a source for the log.

use thiserror::Error as ThisError;

/// A failure of the store.
#[derive(Debug, ThisError)]
pub enum Error {
    /// Somebody else was first: a named constraint held.
    #[error("another change was first ({constraint})")]
    Conflict {
        /// The constraint's name.
        constraint: String,
    },
    /// A stored value is not what this program writes.
    #[error("{table}.{column} holds what it should not")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The database cannot be reached or is busy; trying again is safe.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// The database refused a statement: a fault of this program.
    #[error("the database refused a statement")]
    Failed(#[source] sqlx::Error),
    /// The journal beside the database cannot be written or read, or is full.
    #[error("the audit journal is not available")]
    Journal(#[source] std::io::Error),
    /// The schema could not be brought up to date.
    #[error("the migrations could not be run")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let sqlx::Error::Database(fault) = &error else {
            return match error {
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed => Self::Unavailable(error),
                _ => Self::Failed(error),
            };
        };
        if fault.is_unique_violation() {
            // SQLite names the columns, PostgreSQL the constraint.
            let constraint = fault.constraint().unwrap_or_else(|| fault.message()).to_owned();
            return Self::Conflict { constraint };
        }
        // PostgreSQL classes 08 (connection), 40 (serialisation), 53 (resources), 57 (shutdown);
        // SQLite 5 (busy), 6 (locked), 10 (I/O), 13 (full), with extended codes above them.
        let code = fault.code().unwrap_or_default();
        let passing = ["08", "40", "53", "57"].iter().any(|class| code.len() == 5 && code.starts_with(class))
            || code
                .parse::<u32>()
                .is_ok_and(|code| code.to_string().len() < 5 && matches!(code & 0xff, 5 | 6 | 10 | 13));
        if passing { Self::Unavailable(error) } else { Self::Failed(error) }
    }
}

/// Reads a stored word, or says which column is corrupt.
pub(super) fn read<T>(found: Option<T>, table: &'static str, column: &'static str) -> Result<T, Error> {
    found.ok_or(Error::Corrupt { table, column })
}
