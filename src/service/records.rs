//! What is noted of reads: who read which scores, and when a token or a session was last used.
//!
//! A read waits for no writer. Its line is in a journal beside the database before the answer leaves; a task of the
//! server moves what waits into the log each second. When the journal cannot be written, scores are not read: what
//! cannot be accounted for does not happen. Without a journal, as on the command line, the line goes straight into
//! the log.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    num::NonZeroUsize,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use lru::LruCache;
use tokio::sync::Notify;

use super::{Error, Service};
use crate::{
    domain::{Actor, Entry, Instant, Scope},
    store::{self, Journal},
};

/// The use of a token or a session is noted once in so many seconds.
const USE_SECONDS: i64 = 60;

/// Of how many of them it is remembered when they were noted.
const ENTRIES: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// Of how many reads it is remembered that their request has noted them.
const READS: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// What is noted and has not been written yet.
pub(super) struct Records {
    journal: OnceLock<Journal>,
    /// Held by whoever opens it.
    opening: Mutex<()>,
    uses: Mutex<Uses>,
    /// A request that reads the scores of a run for a hundred organisations has read them once.
    reads: Mutex<LruCache<(u64, &'static str, String), ()>>,
    /// What those requests read whose reads are watched, by their number.
    watched: Mutex<HashMap<u64, Vec<NotedRead>>>,
    /// Held by whoever moves lines into the log.
    moving: tokio::sync::Mutex<()>,
    /// Told when so many lines wait that they should be moved before their turn.
    pressing: Notify,
}

/// Something that was read and noted: how the audit log calls it, and what it was.
pub type NotedRead = (&'static str, String);

/// Sees what one request reads, for as long as it is kept.
#[must_use]
pub struct ReadWatch {
    records: Arc<Records>,
    number: u64,
}

impl fmt::Debug for ReadWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadWatch").field("number", &self.number).finish_non_exhaustive()
    }
}

impl ReadWatch {
    /// What was read and noted so far.
    pub fn seen(&self) -> Vec<NotedRead> {
        let watched = self.records.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.get(&self.number).cloned().unwrap_or_default()
    }
}

impl Drop for ReadWatch {
    fn drop(&mut self) {
        self.records.watched.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

struct Uses {
    noted: LruCache<Entry, Instant>,
    waiting: BTreeMap<Entry, Instant>,
}

impl Records {
    pub(super) fn new() -> Self {
        Self {
            journal: OnceLock::new(),
            opening: Mutex::new(()),
            uses: Mutex::new(Uses { noted: LruCache::new(ENTRIES), waiting: BTreeMap::new() }),
            reads: Mutex::new(LruCache::new(READS)),
            watched: Mutex::default(),
            moving: tokio::sync::Mutex::new(()),
            pressing: Notify::new(),
        }
    }

    /// Notes in memory that a token or a session was used; at most once a minute for each.
    pub(super) fn note_use(&self, entry: Entry, now: Instant) {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        if uses.noted.get(&entry).is_none_or(|noted| noted.plus_seconds(USE_SECONDS) <= now) {
            uses.noted.put(entry, now);
            // While the database is away, more than these are let go.
            if uses.waiting.len() < ENTRIES.get() || uses.waiting.contains_key(&entry) {
                uses.waiting.insert(entry, now);
            }
        }
    }
}

impl Service {
    /// Notes that `actor` read `object`, before they get it.
    pub(super) async fn note_read(
        &self,
        actor: &Actor,
        action: &'static str,
        object: impl fmt::Display,
    ) -> Result<(), Error> {
        let object = object.to_string();
        let key = (actor.call.number, action, object.clone());
        if actor.call.number != 0 && self.records.reads.lock().unwrap_or_else(PoisonError::into_inner).contains(&key) {
            return Ok(());
        }
        let entry = self.audit_entry(actor, action, &object, "done");
        if let Some(journal) = self.journal()? {
            if journal.append(entry)? {
                self.records.pressing.notify_one();
            }
        } else {
            let mut tx = self.database.write(Scope::Sector).await?;
            store::append_audit(&mut tx, &entry).await?;
            tx.commit().await?;
        }
        let mut watched = self.records.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = watched.get_mut(&actor.call.number) {
            seen.push((action, object));
        }
        drop(watched);
        self.records.reads.lock().unwrap_or_else(PoisonError::into_inner).put(key, ());
        Ok(())
    }

    /// Watches what the request of `actor` reads from here on; nothing for work without a request.
    pub fn watch_reads(&self, actor: &Actor) -> Option<ReadWatch> {
        let number = actor.call.number;
        (number != 0).then(|| {
            self.records.watched.lock().unwrap_or_else(PoisonError::into_inner).insert(number, Vec::new());
            ReadWatch { records: Arc::clone(&self.records), number }
        })
    }

    /// Notes that `actor` is given again what was read before, before they get it.
    pub async fn note_reads_again(&self, actor: &Actor, reads: &[NotedRead]) -> Result<(), Error> {
        for (action, object) in reads {
            self.note_read(actor, action, object).await?;
        }
        self.counts.gave_again();
        Ok(())
    }

    /// Opens the journal of reads, so that one that cannot be written is known at the start.
    pub fn open_journal(&self) -> Result<(), Error> {
        self.journal().map(drop)
    }

    /// Waits until so many lines wait that they should be moved at once.
    pub async fn records_press(&self) {
        self.records.pressing.notified().await;
    }

    /// Writes what was noted of reads and uses since the last time: how many lines went into the audit log. To be
    /// called each second while requests are answered, sooner when [`Service::records_press`], and once after the last.
    pub async fn keep_records(&self) -> Result<usize, Error> {
        let _turn = self.records.moving.lock().await;
        let waiting: Vec<(Entry, Instant)> = {
            let uses = self.records.uses.lock().unwrap_or_else(PoisonError::into_inner);
            uses.waiting.iter().map(|(entry, at)| (*entry, *at)).collect()
        };
        let journal = self.journal()?;
        let lines = journal.map_or_else(|| Ok(Vec::new()), Journal::take)?;
        if waiting.is_empty() && lines.is_empty() {
            return Ok(0);
        }
        let mut tx = self.database.write(Scope::Sector).await?;
        for (entry, at) in &waiting {
            match entry {
                Entry::Token(token) => store::note_token_use(&mut tx, *token, *at).await?,
                Entry::Session(session) => store::note_session_use(&mut tx, *session, *at).await?,
                Entry::Machine => {}
            }
        }
        // After a crash, or an answer to the commit that got lost, they are there already.
        store::append_audit_once(&mut tx, &lines).await?;
        tx.commit().await?;
        journal.map_or(Ok(()), Journal::done)?;
        let mut uses = self.records.uses.lock().unwrap_or_else(PoisonError::into_inner);
        uses.waiting.retain(|entry, at| waiting.binary_search(&(*entry, *at)).is_err());
        Ok(lines.len())
    }

    /// How much of the journal waits for the audit log, in bytes; 0 without one.
    pub(super) fn journal_bytes(&self) -> u64 {
        self.records.journal.get().map_or(0, Journal::waiting)
    }

    fn journal(&self) -> Result<Option<&Journal>, Error> {
        let Some(path) = &self.settings.audit_journal else { return Ok(None) };
        if let Some(journal) = self.records.journal.get() {
            return Ok(Some(journal));
        }
        let _one = self.records.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if self.records.journal.get().is_none() {
            let journal = Journal::open(path)?;
            return Ok(Some(self.records.journal.get_or_init(|| journal)));
        }
        Ok(self.records.journal.get())
    }
}
