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
        if is_passing(&fault.code().unwrap_or_default()) { Self::Unavailable(error) } else { Self::Failed(error) }
    }
}

/// Whether what the database said passes: it is away, busy, full, or for a while takes no changes. Trying again is safe,
/// for nothing was changed.
fn is_passing(code: &str) -> bool {
    /// Connection, serialisation, resources, shutdown, and the system under PostgreSQL.
    const CLASSES: [&str; 5] = ["08", "40", "53", "57", "58"];
    /// Of the class of transactions what is not this program's fault: the database takes no changes (a standby, or one
    /// that was put aside), or gave up a transaction that waited too long; and a lock that was not to be had.
    const CODES: [&str; 4] = ["25006", "25P03", "25P04", "55P03"];
    /// Busy, locked, I/O, full, cannot open (no more files); extended codes lie above them.
    const SQLITE: [u32; 5] = [5, 6, 10, 13, 14];
    if code.len() == 5 {
        return CODES.contains(&code) || CLASSES.iter().any(|class| code.starts_with(class));
    }
    code.parse::<u32>().is_ok_and(|code| SQLITE.contains(&(code & 0xff)))
}

/// Reads a stored word, or says which column is corrupt.
pub(super) fn read<T>(found: Option<T>, table: &'static str, column: &'static str) -> Result<T, Error> {
    found.ok_or(Error::Corrupt { table, column })
}

#[cfg(test)]
mod tests {
    use super::is_passing;

    #[test]
    fn what_passes_is_told_from_faults() {
        // Full, read-only, put out of a transaction, away; of SQLite: busy while recovering, cannot write, full.
        for passing in ["53100", "25006", "25P03", "08006", "58030", "57P01", "40001", "261", "778", "13"] {
            assert!(is_passing(passing), "{passing}");
        }
        // A statement after one that failed, a table that is not there, a constraint; of SQLite: a fault, a constraint.
        for fault in ["25P02", "25001", "42P01", "23505", "1", "1299", ""] {
            assert!(!is_passing(fault), "{fault}");
        }
    }
}
