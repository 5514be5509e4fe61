//! How far a check is: counted while it runs, and noted from time to time for whoever waits for it, on whatever process.
//! A check that is soon done is never noted.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::time::{Instant as Tick, MissedTickBehavior, interval_at};

use super::{
    CheckedSubmission, Error, Service, causes, must_deliver, submissions::KnownSubmission, submissions::ReceivedFile,
};
use crate::{
    domain::{Actor, Instant, Observed, Report, SubmissionId, UploadId},
    intake::{Row, RowSink},
    store::{self, RunningCheck, Sender, Tx, Upload},
};

/// A check that nobody went on with for so many seconds has broken off.
const BROKEN_OFF_SECONDS: i64 = 30;

/// How a client names a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckName {
    /// By the upload that is checked.
    Upload(UploadId),
    /// By the idempotency key of the request that asked for it.
    Key(u128),
}

/// Where a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckState {
    /// Nobody checks it, or the check broke off.
    Waiting,
    /// It is being checked.
    Running,
    /// It was checked.
    Done,
}

/// How far a check is.
#[derive(Clone, Debug)]
pub struct CheckProgress {
    /// The upload, once it is known.
    pub upload: Option<UploadId>,
    /// Where the check is.
    pub state: CheckState,
    /// How many rows were found right so far; in the end, how many were read.
    pub rows: u64,
    /// How many bytes were read so far.
    pub bytes_read: u64,
    /// How many there are; `None` when the file has not come, or is no longer kept.
    pub bytes_total: Option<u64>,
    /// What came of it.
    pub submission: Option<CheckedSubmission>,
}

impl CheckProgress {
    /// Whether a client that was told this has nothing new to hear.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        let told = |one: &Self| {
            let submission = one.submission.as_ref().map(|one| one.submission.id);
            (one.upload, one.state, one.rows, one.bytes_read, one.bytes_total, submission)
        };
        told(self) == told(other)
    }
}

/// Counts what a check has read and found.
#[derive(Debug, Default)]
pub(super) struct Meter {
    rows: AtomicU64,
    bytes: AtomicU64,
}

/// A source whose readings are counted. A file is read more than once; what counts is how far somebody came.
pub(super) struct Metered<'meter, R> {
    source: R,
    position: u64,
    meter: &'meter Meter,
}

/// A sink whose rows are counted.
pub(super) struct CountedRows<'meter, 'sink> {
    sink: &'sink mut dyn RowSink,
    rows: u64,
    meter: &'meter Meter,
}

impl Meter {
    pub(super) const fn source<R>(&self, source: R) -> Metered<'_, R> {
        Metered { source, position: 0, meter: self }
    }

    pub(super) const fn rows<'meter, 'sink>(&'meter self, sink: &'sink mut dyn RowSink) -> CountedRows<'meter, 'sink> {
        CountedRows { sink, rows: 0, meter: self }
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.position += count as u64;
        self.meter.bytes.fetch_max(self.position, Ordering::Relaxed);
        Ok(count)
    }
}

impl<R: Seek> Seek for Metered<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.source.seek(to)?;
        Ok(self.position)
    }
}

impl RowSink for CountedRows<'_, '_> {
    fn row(&mut self, row: &Row<'_>) {
        self.rows += 1;
        self.meter.rows.fetch_max(self.rows, Ordering::Relaxed);
        self.sink.row(row);
    }

    fn restart(&mut self) {
        self.rows = 0;
        self.sink.restart();
    }
}

/// What a check said, and whether its progress was noted: then the note is to be taken away with what came of it.
pub(super) struct Told {
    pub(super) report: Report,
    pub(super) observed: Observed,
    pub(super) noted: bool,
}

impl Service {
    /// Checks the file of `upload`, noting how far it is.
    pub(super) async fn check_telling(
        &self,
        actor: &Actor,
        upload: &Upload,
        file: ReceivedFile,
    ) -> Result<Told, Error> {
        let meter = Arc::new(Meter::default());
        let work = self.check_metered(file, Arc::clone(&meter));
        tokio::pin!(work);
        let every = self.settings.progress_every;
        let mut turns = interval_at(Tick::now() + every, every);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut noted = false;
        let checked = loop {
            tokio::select! {
                biased;
                checked = &mut work => break checked,
                _ = turns.tick() => match self.note_progress(actor, upload, &meter).await {
                    Ok(done) => noted |= done,
                    // The check itself does not need it.
                    Err(error) => tracing::warn!(error.source = causes(&error), "progress could not be noted"),
                },
            }
        };
        match checked {
            Ok((report, observed)) => Ok(Told { report, observed, noted }),
            Err(error) => {
                if noted {
                    self.forget_progress(actor, upload.id).await?;
                }
                Err(error)
            }
        }
    }

    /// Whether it was noted: an intermediary, whose file may be of several organisations, is told when it is done.
    async fn note_progress(&self, actor: &Actor, upload: &Upload, meter: &Meter) -> Result<bool, Error> {
        let Sender::Organisation(organisation) = upload.sender else { return Ok(false) };
        let check = RunningCheck {
            organisation,
            upload: upload.id,
            rows: meter.rows.load(Ordering::Relaxed),
            bytes_read: meter.bytes.load(Ordering::Relaxed).min(upload.size),
            bytes_total: upload.size,
            at: self.now(),
        };
        let mut tx = self.database.write(actor.scope).await?;
        store::save_check(&mut tx, &check, &actor.to_string(), actor.call.once).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn forget_progress(&self, actor: &Actor, upload: UploadId) -> Result<(), Error> {
        let mut tx = self.database.write(actor.scope).await?;
        store::delete_check(&mut tx, upload).await?;
        Ok(tx.commit().await?)
    }

    /// Checks of before this have broken off.
    pub(super) fn checks_since(&self) -> Instant {
        self.now().plus_seconds(-BROKEN_OFF_SECONDS)
    }

    /// How far the check that `name` names is; nothing for a file that does not exist or is another's. For those who
    /// deliver.
    pub async fn check_progress(&self, actor: &Actor, name: CheckName) -> Result<Option<CheckProgress>, Error> {
        must_deliver(actor)?;
        let mut tx = self.database.read(actor.scope).await?;
        match name {
            CheckName::Upload(upload) => self.progress_of_upload(&mut tx, actor, upload).await,
            CheckName::Key(key) => self.progress_of_key(&mut tx, actor, key).await.map(Some),
        }
    }

    async fn progress_of_upload(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        id: UploadId,
    ) -> Result<Option<CheckProgress>, Error> {
        if let Some(running) = store::find_check(tx, actor.scope, id, self.checks_since()).await? {
            return Ok(Some(as_running(&running)));
        }
        if let Some(submission) = store::find_submission_of_upload(tx, actor.scope, id).await? {
            return self.as_done(tx, actor, submission).await;
        }
        let upload = store::find_upload(tx, actor.scope, id).await?;
        Ok(upload.map(|upload| CheckProgress {
            upload: Some(upload.id),
            bytes_total: Some(upload.size),
            ..CheckProgress::WAITING
        }))
    }

    async fn progress_of_key(&self, tx: &mut Tx, actor: &Actor, key: u128) -> Result<CheckProgress, Error> {
        let caller = actor.to_string();
        if let Some(running) = store::find_check_by_key(tx, &caller, key, self.checks_since()).await? {
            return Ok(as_running(&running));
        }
        let known = store::find_outcome(tx, &caller, key, self.keys_since()).await?;
        // What came of another change under the key is no check.
        let known = known.and_then(|known| serde_json::from_str::<KnownSubmission>(&known.outcome).ok());
        let done = match known {
            Some(known) => self.as_done(tx, actor, known.submission).await?,
            None => None,
        };
        Ok(done.unwrap_or(CheckProgress::WAITING))
    }

    async fn as_done(&self, tx: &mut Tx, actor: &Actor, id: SubmissionId) -> Result<Option<CheckProgress>, Error> {
        let known_at = store::last_turn(tx).await?;
        let Some(found) = store::find_submission(tx, actor.scope, id, known_at).await? else { return Ok(None) };
        let size = store::find_upload(tx, actor.scope, found.upload).await?.map(|upload| upload.size);
        let submission = super::reading::with_report(actor, found, known_at)?;
        Ok(Some(CheckProgress {
            upload: Some(submission.submission.upload),
            state: CheckState::Done,
            rows: submission.report.rows.read,
            bytes_read: size.unwrap_or_default(),
            bytes_total: size,
            submission: Some(submission),
        }))
    }
}

impl CheckProgress {
    const WAITING: Self =
        Self { upload: None, state: CheckState::Waiting, rows: 0, bytes_read: 0, bytes_total: None, submission: None };
}

fn as_running(running: &RunningCheck) -> CheckProgress {
    CheckProgress {
        upload: Some(running.upload),
        state: CheckState::Running,
        rows: running.rows,
        bytes_read: running.bytes_read,
        bytes_total: Some(running.bytes_total),
        submission: None,
    }
}
