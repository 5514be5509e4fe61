//! What every use-case has at hand.

use std::{
    fmt,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use lru::LruCache;
use tokio::sync::Semaphore;

use super::{Assessment, Error, holders::Holders, live::Pulse, records::Records, signing::Signer, tally::Counts};
use crate::{
    catalogue::Catalogue,
    domain::{Actor, AuditId, Call, Clock, IdSource, Instant, Period, Role, RunId, Scope},
    intake::Past,
    store::{self, AuditEntry, Database, Session, Token, Tx},
};

/// What the operator decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where uploads are spooled while they come in.
    pub spool_folder: PathBuf,
    /// The file with the key that signs receipts; made when it is not there.
    pub signing_key: PathBuf,
    /// The most bytes of an upload.
    pub upload_limit: u64,
    /// For how many seconds an upload is kept when nothing made of it is approved.
    pub upload_lifetime: i64,
    /// How many files are checked at once.
    pub checks_at_once: usize,
    /// For how many seconds somebody who signed in stays so at most.
    pub session_lifetime: i64,
    /// After how many seconds without a request they no longer are, to the minute.
    pub session_inactivity: i64,
    /// The file in which reads of scores wait for the audit log; without one, each read writes into the log itself.
    pub audit_journal: Option<PathBuf>,
    /// How often it is looked whether something changed that nobody told.
    pub look_every: Duration,
    /// How many submissions or runs are told one by one to who was away; of more, only that there are.
    pub told_at_most: usize,
    /// How often it is noted how far a check is.
    pub progress_every: Duration,
}

impl Settings {
    /// The defaults, with uploads spooled in `spool_folder` and the signing key beside that.
    pub fn new(spool_folder: PathBuf) -> Self {
        let signing_key = spool_folder.with_file_name("signing.key");
        Self {
            spool_folder,
            signing_key,
            upload_limit: 50 * 1024 * 1024,
            upload_lifetime: 30 * 24 * 3600,
            checks_at_once: 2,
            session_lifetime: 8 * 3600,
            session_inactivity: 30 * 60,
            audit_journal: None,
            look_every: Duration::from_secs(2),
            told_at_most: 200,
            progress_every: Duration::from_millis(500),
        }
    }
}

/// The use-cases and what they need. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    pub(super) database: Database,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
    pub(super) settings: Arc<Settings>,
    pub(super) check_places: Arc<Semaphore>,
    pub(super) assessments: Arc<Mutex<AssessmentCache>>,
    pub(super) latest: Arc<Mutex<LatestCache>>,
    pub(super) pasts: Arc<Mutex<PastCache>>,
    pub(super) tokens: Arc<Holders<Token>>,
    pub(super) sessions: Arc<Holders<Session>>,
    pub(super) records: Arc<Records>,
    pub(super) counts: Arc<Counts>,
    pub(super) pulse: Arc<Pulse>,
    pub(super) telling_places: Arc<Semaphore>,
    signer: Arc<OnceLock<Signer>>,
}

/// Runs never change, so what was read of one stays true; keyed by whose eyes read it.
pub(super) type AssessmentCache = LruCache<(RunId, Scope), Arc<Assessment>>;

/// The last run of a period as known at a moment that has passed: what is known then does not change. Keyed by the period,
/// the moment and whose eyes read it.
pub(super) type LatestCache = LruCache<(Period, Instant, Scope), Arc<Assessment>>;

/// What the sector delivered up to a period; keyed by how many changes of what is in force there were.
pub(super) type PastCache = LruCache<(Period, i64), Arc<Past>>;

/// How many of them are remembered: four years and their quarters are more than one month's files are about.
const PASTS: NonZeroUsize = NonZeroUsize::new(20).unwrap();

/// How many subscribers look at once what is new for them: of a thousand that hear of one change, the others wait.
const TELLING: usize = 4;

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Service {
    /// The use-cases over `database`, with the given clock and source of identifiers.
    pub fn new(
        database: Database,
        catalogue: Arc<Catalogue>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        settings: Settings,
    ) -> Self {
        let remembered = NonZeroUsize::new(32).unwrap_or(NonZeroUsize::MIN);
        Self {
            database,
            catalogue,
            clock,
            ids,
            check_places: Arc::new(Semaphore::new(settings.checks_at_once)),
            settings: Arc::new(settings),
            assessments: Arc::new(Mutex::new(LruCache::new(remembered))),
            latest: Arc::new(Mutex::new(LruCache::new(remembered))),
            pasts: Arc::new(Mutex::new(LruCache::new(PASTS))),
            tokens: Arc::new(Holders::new()),
            sessions: Arc::new(Holders::new()),
            records: Arc::new(Records::new()),
            counts: Arc::default(),
            pulse: Arc::default(),
            telling_places: Arc::new(Semaphore::new(TELLING)),
            signer: Arc::default(),
        }
    }

    /// The catalogue by which everything is judged.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// What the operator decided.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The clock by which everything goes.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// The present moment.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// A reference by which a fault is found again in the log.
    pub fn new_reference(&self) -> String {
        AuditId::new(&*self.ids).to_string()
    }

    /// The key that signs, read or made when it is first needed.
    pub(super) fn signer(&self) -> Result<&Signer, Error> {
        if let Some(signer) = self.signer.get() {
            return Ok(signer);
        }
        let opened = Signer::open(&self.settings.signing_key, &*self.ids)?;
        Ok(self.signer.get_or_init(|| opened))
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        Ok(self.database.ping().await?)
    }

    /// Whether the database itself keeps organisations apart, beside the statements that do.
    pub async fn has_walls(&self) -> Result<bool, Error> {
        Ok(self.database.has_walls().await?)
    }

    /// The engine's name, for people.
    pub const fn engine(&self) -> &'static str {
        self.database.engine()
    }

    /// Adds a line to the audit log, as the last thing of a unit of work.
    pub(super) async fn audit(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        action: &'static str,
        object: impl fmt::Display,
        result: &str,
    ) -> Result<(), Error> {
        let entry = self.audit_entry(actor, action, object, result);
        Ok(store::append_audit(tx, &entry).await?)
    }

    /// A line for the audit log: who did what by which request, now.
    pub(super) fn audit_entry(
        &self,
        actor: &Actor,
        action: &'static str,
        object: impl fmt::Display,
        result: &str,
    ) -> AuditEntry {
        self.audit_line(actor, actor.call, action, object, result)
    }

    /// The same for `who`, who may be nobody known.
    pub(super) fn audit_line(
        &self,
        who: impl fmt::Display,
        call: Call,
        action: &'static str,
        object: impl fmt::Display,
        result: &str,
    ) -> AuditEntry {
        let Call { origin, document, cost, .. } = call;
        AuditEntry {
            id: AuditId::new(&*self.ids),
            at: self.now(),
            actor: who.to_string(),
            action: action.into(),
            object: object.to_string(),
            result: result.to_owned(),
            origin: origin.map_or_else(|| "local".to_owned(), |origin| origin.to_string()),
            document,
            cost,
        }
    }

    /// Reads the audit log from its beginning: how many lines it has, or the first that was tampered with.
    pub async fn verify_audit(&self) -> Result<Result<i64, i64>, Error> {
        let mut tx = self.database.read(Scope::Sector).await?;
        Ok(store::verify_audit(&mut tx).await?.map_err(|found| found.sequence))
    }
}

/// Refuses everybody who does not deliver files.
pub fn must_deliver(actor: &Actor) -> Result<(), Error> {
    if actor.role.may_deliver() { Ok(()) } else { Err(Error::Forbidden(Role::Organisation)) }
}
