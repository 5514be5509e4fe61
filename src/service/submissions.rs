//! Submissions: made of an upload and checked at once; questions explained.

use std::{io::Cursor, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    Error, Refusal, Service,
    mandates::{shown_report, veil},
    once::Done,
    packing::{decompress, pack, unpack},
    progress::{Meter, Told},
    shares::Share,
    windows::{Allowed, OpenWindows},
    wiring::must_deliver,
};
use crate::{
    catalogue::Catalogue,
    domain::{
        Actor, DataClass, Digest, Instant, Observation, Observed, OrganisationId, Report, Scope, Severity,
        SubmissionId, SubmissionState, UploadId,
    },
    intake::{self, CheckContext, Limits, Observer},
    store::{self, Explanation, Submission, SubmissionEvent, Tx, Upload},
};

/// How long an explanation or a reason may be, in characters.
pub(super) const TEXT_LENGTH: std::ops::RangeInclusive<usize> = 3..=1_000;

/// A submission with what the check said of it.
#[derive(Clone, Debug)]
pub struct CheckedSubmission {
    /// The submission.
    pub submission: Submission,
    /// What the check said.
    pub report: Report,
    /// The moment as of which it is shown.
    pub known_at: Instant,
}

/// What is noted of a change of a submission under its key; of a file that was divided, with the others.
#[derive(Serialize, Deserialize)]
pub(super) struct KnownSubmission {
    pub(super) submission: SubmissionId,
    at: Instant,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<SubmissionId>,
}

impl Service {
    /// Makes a submission of an upload and checks it, as `dataset` or as what its header says. Of a file about several
    /// organisations, the first: see [`create_submissions`](Self::create_submissions).
    pub async fn create_submission(
        &self,
        actor: &Actor,
        upload: UploadId,
        dataset: Option<&str>,
    ) -> Result<CheckedSubmission, Error> {
        self.create_submissions(actor, upload, dataset).await?.into_iter().next().ok_or(Error::NotFound)
    }

    /// Makes a submission of an upload for each organisation that it is about, and checks it. An intermediary may send a
    /// file about several; of an organisation's own there is one.
    pub async fn create_submissions(
        &self,
        actor: &Actor,
        upload: UploadId,
        dataset: Option<&str>,
    ) -> Result<Vec<CheckedSubmission>, Error> {
        must_deliver(actor)?;
        let actor = &actor.delivering();
        match self.once(actor, Box::pin(self.create_anew(actor, upload, dataset))).await? {
            Done::Now(checked) => Ok(checked),
            Done::Before(known) => self.all_as_they_were(actor, known).await,
        }
    }

    /// The submissions that an earlier request with the key of this one made, if any.
    pub async fn created_before(&self, actor: &Actor) -> Result<Option<Vec<CheckedSubmission>>, Error> {
        match self.known(actor).await? {
            Some(known) => self.all_as_they_were(actor, known).await.map(Some),
            None => Ok(None),
        }
    }

    /// A submission as it was when it was changed under a key.
    async fn as_it_was(&self, actor: &Actor, known: KnownSubmission) -> Result<CheckedSubmission, Error> {
        self.submission(actor, known.submission, known.at).await?.ok_or(Error::NotFound)
    }

    async fn all_as_they_were(&self, actor: &Actor, known: KnownSubmission) -> Result<Vec<CheckedSubmission>, Error> {
        let mut all = Vec::with_capacity(1 + known.others.len());
        for id in std::iter::once(known.submission).chain(known.others) {
            all.push(self.submission(actor, id, known.at).await?.ok_or(Error::NotFound)?);
        }
        Ok(all)
    }

    async fn create_anew(
        &self,
        actor: &Actor,
        upload: UploadId,
        dataset: Option<&str>,
    ) -> Result<Vec<CheckedSubmission>, Error> {
        if let Some(dataset) = dataset {
            self.known_dataset(dataset)?;
        }
        let mut tx = self.database.read(actor.scope).await?;
        let upload = store::find_upload(&mut tx, actor.scope, upload).await?.ok_or(Error::NotFound)?;
        let gzip = store::load_content(&mut tx, upload.digest).await?.ok_or(Refusal::UploadExpired)?;
        drop(tx);
        let judged = match self.judge_all(actor, &upload, gzip, dataset).await {
            Err(Error::Refused(refusal @ Refusal::FilePersonal { .. })) => {
                let mut tx = self.database.write(actor.scope).await?;
                forget(&mut tx, upload.digest).await?;
                self.audit(&mut tx, actor, "upload.wiped", upload.id, "done").await?;
                tx.commit().await?;
                return Err(refusal.into());
            }
            judged => judged?,
        };

        let mut tx = self.database.write(actor.scope).await?;
        let at = store::take_turn(&mut tx, self.now()).await?;
        let mut made: Vec<CheckedSubmission> = Vec::with_capacity(judged.len());
        for one in judged {
            made.push(self.keep_submission(&mut tx, actor, one, at).await?);
        }
        if made.iter().any(|one| one.report.refuses_personal_data()) {
            forget(&mut tx, upload.digest).await?;
        }
        let mut ids = made.iter().map(|one| one.submission.id);
        let submission = ids.next().ok_or(Error::NotFound)?;
        self.remember(&mut tx, actor, &KnownSubmission { submission, at, others: ids.collect() }).await?;
        for one in &made {
            let (id, state) = (one.submission.id, one.submission.state);
            self.audit(&mut tx, actor, "submission.created", id, state.as_str()).await?;
        }
        tx.commit().await?;
        for one in &mut made {
            self.counts.checked(one.report.is_accepted());
            veil(actor, &mut one.report);
        }
        Ok(made)
    }

    async fn judge_all(
        &self,
        actor: &Actor,
        upload: &Upload,
        gzip: Vec<u8>,
        dataset: Option<&str>,
    ) -> Result<Vec<Judged>, Error> {
        let mut judged = Vec::new();
        for share in self.shares(actor, upload, gzip, dataset).await? {
            judged.push(self.judge(actor, share).await?);
        }
        Ok(judged)
    }

    /// Checks the file of one organisation, and holds it against what there is. What an intermediary sent and holds
    /// data about persons is no submission of anybody.
    async fn judge(&self, actor: &Actor, share: Share) -> Result<Judged, Error> {
        let Share { upload, organisation, file, is_new } = share;
        let (gzip, declared) = (is_new.then(|| file.gzip.clone()), file.dataset.clone());
        // How far it is, is told of a file as it was sent.
        let Told { mut report, observed, noted } = if is_new {
            let (report, observed) = self.check(file).await?;
            Told { report, observed, noted: false }
        } else {
            self.check_telling(actor, &upload, file).await?
        };
        let class = self.class_of(declared.as_deref(), &report);
        if matches!(actor.scope, Scope::Mandates(_)) {
            must_be_impersonal(&report)?;
            if class != DataClass::Supervision || report.dataset.is_none() || report.dataset != declared {
                return Err(Error::NotFound);
            }
        }
        // What is for learning only is held against nobody's past.
        let observations = Arc::new(observed.whole);
        if let Some(dataset) = report.dataset.as_ref().filter(|_| report.is_accepted()) {
            let questions = self.questions(organisation, dataset, &observations).await?;
            report.findings.extend(questions);
            report.findings.sort_by_key(|finding| finding.severity);
        }
        Ok(Judged { packed: pack(&report)?, upload, organisation, gzip, report, class, observations, noted })
    }

    /// Makes a submission of what was judged, at `at`.
    async fn keep_submission(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        judged: Judged,
        at: Instant,
    ) -> Result<CheckedSubmission, Error> {
        let Judged { packed, upload, organisation, gzip, report, class, observations, noted } = judged;
        if let Some(gzip) = gzip {
            // In this order: bytes are seen by way of an upload of them.
            store::insert_upload(tx, &upload).await?;
            store::save_content(tx, upload.digest, upload.size, &gzip).await?;
        }
        let accepted = report.is_accepted();
        let state = if accepted { SubmissionState::Checked } else { SubmissionState::Rejected };
        let submission = Submission {
            id: SubmissionId::new(&*self.ids),
            organisation,
            dataset: report.dataset.clone(),
            upload: upload.id,
            file_name: upload.file_name,
            digest: upload.digest,
            catalogue_hash: self.catalogue.hash,
            report: packed,
            created_at: at,
            created_by: actor.to_string(),
            state,
            state_since: at,
            class,
        };
        store::insert_submission(tx, &submission).await?;
        for (sequence, state) in [(0, SubmissionState::Received), (1, state)] {
            let event = SubmissionEvent { sequence, state, at, actor: actor.to_string(), reason: None };
            store::append_submission_event(tx, submission.id, &event).await?;
        }
        if let Some(dataset) = &submission.dataset {
            store::insert_periods(tx, organisation, dataset, submission.id, &report.periods).await?;
        }
        if accepted && class == DataClass::Supervision {
            self.keep_draft(tx, submission.id, &observations).await?;
        }
        if noted {
            store::delete_check(tx, submission.upload).await?;
        }
        Ok(CheckedSubmission { submission, report, known_at: at })
    }

    /// Notes what the organisation says of a finding, by its number in the report from 0.
    pub async fn explain_finding(
        &self,
        actor: &Actor,
        submission: SubmissionId,
        finding: usize,
        text: &str,
    ) -> Result<CheckedSubmission, Error> {
        must_deliver(actor)?;
        let actor = &actor.delivering();
        match self.once(actor, Box::pin(self.explain_anew(actor, submission, finding, text))).await? {
            Done::Now(checked) => Ok(checked),
            Done::Before(known) => self.as_it_was(actor, known).await,
        }
    }

    async fn explain_anew(
        &self,
        actor: &Actor,
        submission: SubmissionId,
        finding: usize,
        text: &str,
    ) -> Result<CheckedSubmission, Error> {
        let text = within_length(text)?;
        let mut tx = self.database.write(actor.scope).await?;
        let at = store::take_turn(&mut tx, self.now()).await?;
        let found = store::find_submission(&mut tx, actor.scope, submission, at).await?.ok_or(Error::NotFound)?;
        must_be(found.state, SubmissionState::Checked)?;
        let report: Report = shown_report(actor, unpack(&found.report)?);
        let severity = report.findings.get(finding).ok_or(Refusal::FindingUnknown { finding })?.severity;
        if severity == Severity::Error {
            return Err(Refusal::FindingIsError.into());
        }
        let explanation = Explanation { finding, text, at, actor: actor.to_string() };
        store::insert_explanation(&mut tx, submission, &explanation).await?;
        self.remember(&mut tx, actor, &KnownSubmission { submission, at, others: Vec::new() }).await?;
        self.audit(&mut tx, actor, "finding.explained", submission, &finding.to_string()).await?;
        tx.commit().await?;
        Ok(CheckedSubmission { submission: found, report, known_at: at })
    }

    /// Runs the check where it does not hold up other requests, at most so many at once as the settings say. What day it
    /// is follows from what is allowed.
    pub(super) async fn check(&self, file: ReceivedFile) -> Result<(Report, Observed), Error> {
        self.check_metered(file, Arc::default()).await
    }

    /// The same, counting how far it is.
    pub(super) async fn check_metered(
        &self,
        file: ReceivedFile,
        meter: Arc<Meter>,
    ) -> Result<(Report, Observed), Error> {
        let _place = self.check_places.acquire().await.map_err(Error::internal)?;
        let catalogue = Arc::clone(&self.catalogue);
        let limit = self.settings.upload_limit;
        let work = move || check_bytes(&file, &catalogue, limit, &meter);
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
    }

    /// What a file may be used for: for learning only when it was said to be of such a dataset or turns out to be, and
    /// when nobody can tell what it is.
    fn class_of(&self, declared: Option<&str>, report: &Report) -> DataClass {
        let found = self.catalogue.class(report.dataset.as_deref().or(declared));
        declared.map_or(found, |declared| found.max(self.catalogue.class(Some(declared))))
    }

    fn known_dataset(&self, dataset: &str) -> Result<(), Error> {
        if self.catalogue.datasets.get(dataset).is_some_and(|found| found.submittable) {
            return Ok(());
        }
        let known: Vec<_> =
            self.catalogue.datasets.values().filter(|one| one.submittable).map(|one| one.code.as_str()).collect();
        Err(Refusal::DatasetUnknown { dataset: dataset.to_owned(), known: known.join(", ") }.into())
    }
}

/// Refuses a file with data about persons, to be wiped.
pub(super) fn must_be_impersonal(report: &Report) -> Result<(), Refusal> {
    let error = report.findings.iter().find(|finding| finding.severity == Severity::Error);
    match error.filter(|_| report.refuses_personal_data()) {
        Some(error) => Err(Refusal::FilePersonal { title: error.title.clone() }),
        None => Ok(()),
    }
}

/// Lets go of bytes that should not have been sent, whoever sent them too.
async fn forget(tx: &mut Tx, digest: Digest) -> Result<(), Error> {
    let own = tx.enter(Scope::Sector).await?;
    store::forget_content(tx, digest).await?;
    tx.enter(own).await?;
    Ok(())
}

/// The file of one organisation, judged.
struct Judged {
    packed: Vec<u8>,
    upload: Upload,
    organisation: OrganisationId,
    /// Its bytes, where they are not kept yet.
    gzip: Option<Vec<u8>>,
    report: Report,
    class: DataClass,
    observations: Arc<Vec<Observation>>,
    /// Whether its progress was noted: the note goes with what came of it.
    noted: bool,
}

/// A file as it was received, and what it may hold.
pub(super) struct ReceivedFile {
    pub(super) gzip: Vec<u8>,
    /// What it is called: only what is named a workbook is read as one.
    pub(super) name: String,
    /// The dataset it is said to be.
    pub(super) dataset: Option<String>,
    /// The organisations it may be about, and when.
    pub(super) allowed: Allowed,
}

/// The file of a submission.
pub(super) fn received(submission: &Submission, gzip: Vec<u8>, allowed: Allowed) -> ReceivedFile {
    ReceivedFile { gzip, name: submission.file_name.clone(), dataset: submission.dataset.clone(), allowed }
}

/// Decompresses and checks; gives the observations too when the file is accepted.
fn check_bytes(
    file: &ReceivedFile,
    catalogue: &Catalogue,
    limit: u64,
    meter: &Meter,
) -> Result<(Report, Observed), Error> {
    let bytes = decompress(&file.gzip)?;
    let windows = OpenWindows(&file.allowed, catalogue);
    let context = CheckContext {
        limits: Limits { bytes: limit, ..Limits::default() },
        file_name: Some(&file.name),
        more_time: Some(&windows),
        ..CheckContext::new(file.allowed.at().date(), file.dataset.as_deref(), &file.allowed.codes)
    };
    let mut observer = Observer::new(catalogue);
    let (source, mut rows) = (meter.source(Cursor::new(bytes)), meter.rows(&mut observer));
    let report = intake::check(source, catalogue, &context, &mut rows).map_err(Error::internal)?;
    let observed = if report.is_accepted() { observer.finish() } else { Observed::default() };
    Ok((report, observed))
}

/// `text` without white space around it, when it is neither too short nor too long.
pub(super) fn within_length(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let found = text.chars().count();
    if TEXT_LENGTH.contains(&found) {
        Ok(text.to_owned())
    } else {
        Err(Refusal::TextLength { minimum: *TEXT_LENGTH.start(), maximum: *TEXT_LENGTH.end(), found })
    }
}

/// Refuses a submission that is not where it should be.
pub(super) fn must_be(state: SubmissionState, expected: SubmissionState) -> Result<(), Refusal> {
    if state == expected { Ok(()) } else { Err(Refusal::SubmissionState { state, expected }) }
}
