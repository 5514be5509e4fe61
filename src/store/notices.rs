//! Telling those who wait that something changed: NOTIFY and LISTEN on PostgreSQL, a channel within the process on
//! SQLite. A notice may get lost, with a connection or behind a pooler: whoever waits looks again from time to time.

use std::sync::Arc;

use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, broadcast};

use super::{Database, Error};
use crate::domain::Notice;

/// The channel of PostgreSQL.
const CHANNEL: &str = "kraamzicht";

/// Tells a notice with the commit. PostgreSQL's alone.
pub(super) const ANNOUNCE: &str = "SELECT pg_notify('kraamzicht', $1)";

/// How many notices wait for one who listens within the process; of more, the oldest are let go.
const WAITING: usize = 64;

/// Who writes on SQLite: one at a time, and those who hear of it.
#[derive(Debug)]
pub struct Writer {
    place: Arc<Semaphore>,
    notices: broadcast::Sender<Notice>,
}

/// The writer's turn: its place, and what is to be told once it is done.
#[derive(Debug)]
pub struct Turn {
    _place: OwnedSemaphorePermit,
    notices: broadcast::Sender<Notice>,
    said: Vec<Notice>,
}

impl Default for Writer {
    fn default() -> Self {
        Self { place: Arc::new(Semaphore::new(1)), notices: broadcast::Sender::new(WAITING) }
    }
}

impl Writer {
    pub(super) async fn turn(&self) -> Result<Turn, AcquireError> {
        let place = Arc::clone(&self.place).acquire_owned().await?;
        Ok(Turn { _place: place, notices: self.notices.clone(), said: Vec::new() })
    }
}

impl Turn {
    pub(super) fn announce(&mut self, notice: Notice) {
        self.said.push(notice);
    }

    pub(super) fn tell(self) {
        for notice in self.said {
            // Nobody need listen.
            self.notices.send(notice).ok();
        }
    }
}

/// Hears what is announced.
#[derive(Debug)]
pub enum Listener {
    /// Within this process.
    Sqlite(broadcast::Receiver<Notice>),
    /// On a connection of its own.
    Postgres(Box<PgListener>),
}

impl Database {
    /// Begins to listen. What was announced before is not heard.
    pub async fn listen(&self) -> Result<Listener, Error> {
        match self {
            Self::Sqlite(_, writer, _) => Ok(Listener::Sqlite(writer.notices.subscribe())),
            Self::Postgres(pool, _) => {
                let apart =
                    PgPoolOptions::new().max_connections(1).acquire_timeout(pool.options().get_acquire_timeout());
                let apart = apart.max_lifetime(None).idle_timeout(None);
                let apart = apart.connect_lazy_with((*pool.connect_options()).clone());
                let mut listener = PgListener::connect_with(&apart).await?;
                listener.listen(CHANNEL).await?;
                Ok(Listener::Postgres(Box::new(listener)))
            }
        }
    }
}

impl Listener {
    /// The next notice; `None` when some may have got lost, or one was not understood. After an error it hears nothing
    /// any more.
    pub async fn next(&mut self) -> Result<Option<Notice>, Error> {
        match self {
            Self::Sqlite(notices) => match notices.recv().await {
                Ok(notice) => Ok(Some(notice)),
                Err(broadcast::error::RecvError::Lagged(_)) => Ok(None),
                Err(broadcast::error::RecvError::Closed) => Err(sqlx::Error::PoolClosed.into()),
            },
            Self::Postgres(listener) => {
                let heard = listener.try_recv().await?;
                Ok(heard.and_then(|heard| heard.payload().parse().ok()))
            }
        }
    }
}
