//! What tells that nothing was written: while its mark is the same, a database holds the same.
//!
//! SQLite counts for each connection how often the file was changed by others, in whichever process they are
//! (`PRAGMA data_version`). sqlx runs what it is asked on threads of its own; going there and back costs ten times what
//! this question takes. So the connection that asks it is rusqlite's, over the same library, and does nothing else.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

/// A state of the database, to be held against another of the same [`Database`](super::Database).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(i64);

/// Where SQLite is asked.
#[derive(Debug)]
pub struct Marks(Mutex<Option<Connection>>);

impl Marks {
    /// Of the file at `path`, which others have open. Without such a file, as of a database in memory, there are no marks.
    pub(super) fn of(path: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = path.is_file().then(|| Connection::open_with_flags(path, flags).ok()).flatten();
        // It never waits: whoever asks holds a thread of the server.
        Self(Mutex::new(connection.filter(|connection| connection.busy_timeout(Duration::ZERO).is_ok())))
    }

    /// The present mark; `None` when SQLite does not tell.
    pub(super) fn now(&self) -> Option<Mark> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement = connection.as_ref()?.prepare_cached("PRAGMA data_version").ok()?;
        statement.query_row((), |row| row.get(0)).ok().map(Mark)
    }

    /// Lets go of the file; there are no marks after that.
    pub(super) fn close(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
