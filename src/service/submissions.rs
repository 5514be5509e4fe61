//! Submissions: made of an upload and checked at once; questions explained.

use std::{io::Cursor, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    Error, Refusal, Service,
    once::Done,
    packing::{decompress, pack, unpack},
    progress::{Meter, Told},
    windows::{Allowed, OpenWindows},
    wiring::must_deliver,
};
use crate::{
    catalogue::Catalogue,
    domain::{Actor, DataClass, Instant, Observed, Report, Scope, Severity, SubmissionId, SubmissionState, UploadId},
    intake::{self, CheckContext, Limits, Observer},
    store::{self, Explanation, Submission, SubmissionEvent},
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

/// What is noted of a change of a submission under its key.
#[derive(Serialize, Deserialize)]
pub(super) struct KnownSubmission {
    pub(super) submission: SubmissionId,
    at: Instant,
}

impl Service {
    /// Makes a submission of an upload and checks it, as `dataset` or as what its header says.
    pub async fn create_submission(
        &self,
        actor: &Actor,
        upload: UploadId,
        dataset: Option<&str>,
    ) -> Result<CheckedSubmission, Error> {
        must_deliver(actor)?;
        match self.once(actor, Box::pin(self.create_anew(actor, upload, dataset))).await? {
            Done::Now(checked) => Ok(checked),
            Done::Before(known) => self.as_it_was(actor, known).await,
        }
    }

    /// The submission that an earlier request with the key of this one made, if any.
    pub async fn created_before(&self, actor: &Actor) -> Result<Option<CheckedSubmission>, Error> {
        match self.known(actor).await? {
            Some(known) => self.as_it_was(actor, known).await.map(Some),
            None => Ok(None),
        }
    }

    /// A submission as it was when it was changed under a key.
    async fn as_it_was(&self, actor: &Actor, known: KnownSubmission) -> Result<CheckedSubmission, Error> {
        let KnownSubmission { submission, at } = known;
        self.submission(actor, submission, at).await?.ok_or(Error::NotFound)
    }

    async fn create_anew(
        &self,
        actor: &Actor,
        upload: UploadId,
        dataset: Option<&str>,
    ) -> Result<CheckedSubmission, Error> {
        if let Some(dataset) = dataset {
            self.known_dataset(dataset)?;
        }
        let mut tx = self.database.read(actor.scope).await?;
        let upload = store::find_upload(&mut tx, actor.scope, upload).await?.ok_or(Error::NotFound)?;
        let gzip = store::load_content(&mut tx, upload.digest).await?.ok_or(Refusal::UploadExpired)?;
        let allowed = Allowed::load(&mut tx, upload.organisation, self.now()).await?;
        drop(tx);

        let (name, declared) = (upload.file_name.clone(), dataset.map(str::to_owned));
        let file = ReceivedFile { gzip, name, dataset: declared, allowed };
        let Told { mut report, observed, noted } = self.check_telling(actor, &upload, file).await?;
        let class = self.class_of(dataset, &report);
        // What is for learning only is held against nobody's past.
        let observations = Arc::new(observed.whole);
        if let Some(dataset) = report.dataset.as_ref().filter(|_| report.is_accepted()) {
            let questions = self.questions(upload.organisation, dataset, &observations).await?;
            report.findings.extend(questions);
            report.findings.sort_by_key(|finding| finding.severity);
        }
        let packed = pack(&report)?;
        let mut tx = self.database.write(actor.scope).await?;
        let at = store::take_turn(&mut tx, self.now()).await?;
        let accepted = report.is_accepted();
        let state = if accepted { SubmissionState::Checked } else { SubmissionState::Rejected };
        let submission = Submission {
            id: SubmissionId::new(&*self.ids),
            organisation: upload.organisation,
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
        store::insert_submission(&mut tx, &submission).await?;
        for (sequence, state) in [(0, SubmissionState::Received), (1, state)] {
            let event = SubmissionEvent { sequence, state, at, actor: actor.to_string(), reason: None };
            store::append_submission_event(&mut tx, submission.id, &event).await?;
        }
        if let Some(dataset) = &submission.dataset {
            let (organisation, periods) = (submission.organisation, &report.periods);
            store::insert_periods(&mut tx, organisation, dataset, submission.id, periods).await?;
        }
        if accepted && class == DataClass::Supervision {
            self.keep_draft(&mut tx, submission.id, &observations).await?;
        }
        if report.refuses_personal_data() {
            // Whoever sent them too.
            let own = tx.enter(Scope::Sector).await?;
            store::forget_content(&mut tx, upload.digest).await?;
            tx.enter(own).await?;
        }
        if noted {
            store::delete_check(&mut tx, submission.upload).await?;
        }
        self.remember(&mut tx, actor, &KnownSubmission { submission: submission.id, at }).await?;
        self.audit(&mut tx, actor, "submission.created", submission.id, state.as_str()).await?;
        tx.commit().await?;
        self.counts.checked(accepted);
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
        let report: Report = unpack(&found.report)?;
        let severity = report.findings.get(finding).ok_or(Refusal::FindingUnknown { finding })?.severity;
        if severity == Severity::Error {
            return Err(Refusal::FindingIsError.into());
        }
        let explanation = Explanation { finding, text, at, actor: actor.to_string() };
        store::insert_explanation(&mut tx, submission, &explanation).await?;
        self.remember(&mut tx, actor, &KnownSubmission { submission, at }).await?;
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
