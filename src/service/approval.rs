//! Approval and withdrawal: the two acts that change what is in force.
//!
//! Each is one unit of work: states, observations, supersession, runs and the line in the audit log, or nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Error, Preview, PreviewPlace, ReceiptSubmission, ReceiptVersion, Refusal, Service,
    once::Done,
    preview::{Prepared, compare},
    receipts::Approved,
    submissions::{must_be, within_length},
    windows::Allowed,
    wiring::must_deliver,
};
use crate::{
    domain::{
        Actor, Change, Correction, DataClass, Digest, Instant, Observed, OrganisationId, ReceiptId, RunId, Scope,
        Severity, SubmissionId, SubmissionState,
    },
    store::{self, Delivery, Submission, SubmissionEvent, Tx},
};

/// What came of an approval or a withdrawal.
#[derive(Clone, Debug)]
pub struct Approval {
    /// The moment from which it holds.
    pub at: Instant,
    /// The submissions as they are now.
    pub submissions: Vec<Submission>,
    /// The runs that followed.
    pub runs: Vec<RunId>,
    /// The receipts: one for each organisation.
    pub receipts: Vec<ReceiptId>,
}

/// What is approved.
#[derive(Clone, Debug, Default)]
pub struct ApprovalRequest {
    /// The submissions: all of them are submitted, or none.
    pub submissions: Vec<SubmissionId>,
    /// The [`Preview`] that was seen. Without it nothing may be in force that they take the place of.
    pub basis: Option<Digest>,
    /// Why they take the place of what is in force; needed when they do.
    pub correction: Option<Correction>,
}

impl ApprovalRequest {
    /// An approval of `submissions`, where nothing is in force.
    pub fn of(submissions: &[SubmissionId]) -> Self {
        Self { submissions: submissions.to_vec(), ..Self::default() }
    }
}

/// What is noted of an approval or withdrawal under its key.
#[derive(Serialize, Deserialize)]
struct KnownApproval {
    at: Instant,
    submissions: Vec<SubmissionId>,
    runs: Vec<RunId>,
    receipts: Vec<ReceiptId>,
}

impl KnownApproval {
    fn of(approval: &Approval) -> Self {
        Self {
            at: approval.at,
            submissions: approval.submissions.iter().map(|one| one.id).collect(),
            runs: approval.runs.clone(),
            receipts: approval.receipts.clone(),
        }
    }
}

impl Service {
    /// Submits what was checked: all of it, or nothing.
    pub async fn approve(&self, actor: &Actor, request: &ApprovalRequest) -> Result<Approval, Error> {
        must_deliver(actor)?;
        let actor = &actor.delivering();
        match self.once(actor, Box::pin(self.approve_anew(actor, request))).await? {
            Done::Now(approval) => Ok(approval),
            Done::Before(known) => self.approval_as_it_was(actor, known).await,
        }
    }

    /// What came of an approval or withdrawal that was made under a key.
    async fn approval_as_it_was(&self, actor: &Actor, known: KnownApproval) -> Result<Approval, Error> {
        let KnownApproval { at, submissions: ids, runs, receipts } = known;
        let mut tx = self.database.read(actor.scope).await?;
        let mut submissions = Vec::with_capacity(ids.len());
        for id in ids {
            submissions.extend(store::find_submission(&mut tx, actor.scope, id, at).await?);
        }
        Ok(Approval { at, submissions, runs, receipts })
    }

    async fn approve_anew(&self, actor: &Actor, request: &ApprovalRequest) -> Result<Approval, Error> {
        let correction = request.correction.as_ref().map(|correction| {
            Ok::<_, Refusal>(Correction { class: correction.class, reason: within_length(&correction.reason)? })
        });
        let correction = correction.transpose()?;
        let prepared = self.prepare_all(actor, &request.submissions).await?;
        let mut answered = BTreeMap::new();
        for one in &prepared {
            answered.insert(one.submission.id, self.must_be_answered(one).await?);
        }

        let mut tx = self.database.write(actor.scope).await?;
        let at = store::take_turn(&mut tx, self.now()).await?;
        for one in &prepared {
            // Somebody may have been faster since it was prepared.
            let now = store::find_submission(&mut tx, actor.scope, one.submission.id, at).await?;
            must_be(now.ok_or(Error::NotFound)?.state, SubmissionState::Checked)?;
        }
        self.must_be_open(&mut tx, &prepared, at).await?;
        let preview = compare(&mut tx, &prepared, at).await?;
        must_differ(&mut tx, &prepared, &preview, at).await?;
        must_be_seen(&preview, request.basis, correction.as_ref())?;
        let mut changed = BTreeSet::new();
        for one in &prepared {
            let places: Vec<&PreviewPlace> =
                preview.places.iter().filter(|place| place.by == one.submission.id).collect();
            self.put_in_force(&mut tx, actor, one, &places, at).await?;
            if let Some(correction) =
                correction.as_ref().filter(|_| places.iter().any(|place| place.in_force.is_some()))
            {
                store::insert_correction(&mut tx, one.submission.id, correction, at).await?;
            }
            // What is for learning only is in no run.
            if one.submission.class == DataClass::Supervision {
                changed.extend(one.periods.iter().copied());
            }
        }
        let runs = self.assess(&mut tx, changed, at).await?;
        let approved = Approved { actor, at, basis: request.basis, runs: &runs };
        // What is for learning only has a receipt of its own, which the inspectorate does not see.
        let mut by_organisation: BTreeMap<(OrganisationId, DataClass), Vec<ReceiptSubmission>> = BTreeMap::new();
        for one in &prepared {
            let questions = answered.get(&one.submission.id).copied().unwrap_or_default();
            let line = receipt_line(one, questions, &preview, correction.as_ref());
            by_organisation.entry((one.organisation, one.submission.class)).or_default().push(line);
        }
        let mut receipts = Vec::with_capacity(by_organisation.len());
        for ((organisation, _), lines) in by_organisation {
            receipts.push(self.hand_out(&mut tx, &approved, organisation, lines).await?);
        }
        let mut submissions = Vec::with_capacity(prepared.len());
        for one in prepared {
            submissions.extend(store::find_submission(&mut tx, actor.scope, one.submission.id, at).await?);
        }
        let approval = Approval { at, submissions, runs, receipts };
        self.remember(&mut tx, actor, &KnownApproval::of(&approval)).await?;
        for one in &approval.submissions {
            self.audit(&mut tx, actor, "submission.approved", one.id, one.state.as_str()).await?;
        }
        tx.commit().await?;
        self.counts.approved(approval.submissions.len(), approval.runs.len());
        Ok(approval)
    }

    /// Takes back what was checked or approved. Nothing comes in its place until something else is approved.
    pub async fn withdraw(&self, actor: &Actor, submission: SubmissionId, reason: &str) -> Result<Approval, Error> {
        must_deliver(actor)?;
        let actor = &actor.delivering();
        match self.once(actor, Box::pin(self.withdraw_anew(actor, submission, reason))).await? {
            Done::Now(approval) => Ok(approval),
            Done::Before(known) => self.approval_as_it_was(actor, known).await,
        }
    }

    async fn withdraw_anew(&self, actor: &Actor, submission: SubmissionId, reason: &str) -> Result<Approval, Error> {
        let reason = within_length(reason)?;
        let mut tx = self.database.write(actor.scope).await?;
        let at = store::take_turn(&mut tx, self.now()).await?;
        let found = store::find_submission(&mut tx, actor.scope, submission, at).await?.ok_or(Error::NotFound)?;
        if !found.state.may_become(SubmissionState::Withdrawn) {
            must_be(found.state, SubmissionState::Approved)?;
        }
        let mut changed = BTreeSet::new();
        for delivery in store::list_deliveries(&mut tx, actor.scope, Some(submission), at).await? {
            let Delivery { organisation, dataset, period, .. } = delivery;
            let last = store::in_force(&mut tx, organisation, &dataset, period, at).await?;
            if let Some(last) = last.filter(|last| last.submission == Some(submission)) {
                let gone = Delivery { version: last.version + 1, submission: None, known_from: at, ..last };
                store::append_delivery(&mut tx, &gone).await?;
                if found.class == DataClass::Supervision {
                    changed.insert(period);
                }
            }
        }
        step(&mut tx, actor, submission, SubmissionState::Withdrawn, at, Some(reason)).await?;
        let runs = self.assess(&mut tx, changed, at).await?;
        let submissions = store::find_submission(&mut tx, actor.scope, submission, at).await?.into_iter().collect();
        let withdrawal = Approval { at, submissions, runs, receipts: Vec::new() };
        self.remember(&mut tx, actor, &KnownApproval::of(&withdrawal)).await?;
        self.audit(&mut tx, actor, "submission.withdrawn", submission, "withdrawn").await?;
        tx.commit().await?;
        self.counts.withdrew(withdrawal.runs.len());
        Ok(withdrawal)
    }

    /// Refuses what a window closed on since it was checked once more.
    async fn must_be_open(&self, tx: &mut Tx, prepared: &[Prepared], at: Instant) -> Result<(), Error> {
        for one in prepared {
            let allowed = Allowed::load(tx, one.organisation, at).await?;
            let mut periods = one.periods.iter();
            if !periods.all(|period| allowed.is_open(&self.catalogue, &one.dataset, *period)) {
                let closed = self.catalogue.finding_kinds.get("rule.period_closed");
                let title = closed.map(|kind| kind.title.clone()).unwrap_or_default();
                return Err(Refusal::CheckChanged { title }.into());
            }
        }
        Ok(())
    }

    /// How many questions were answered; refuses when there are others.
    async fn must_be_answered(&self, one: &Prepared) -> Result<usize, Error> {
        let mut tx = self.database.read(Scope::Organisation(one.organisation)).await?;
        let now = store::last_turn(&mut tx).await?;
        let explanations = store::list_explanations(&mut tx, one.submission.id, now).await?;
        let explained: BTreeSet<usize> = explanations.into_iter().map(|one| one.finding).collect();
        let questions = one.report.findings.iter().enumerate();
        let (answered, open): (Vec<usize>, Vec<usize>) = questions
            .filter(|(_, finding)| finding.severity == Severity::Question)
            .map(|(number, _)| number)
            .partition(|number| explained.contains(number));
        if open.is_empty() { Ok(answered.len()) } else { Err(Refusal::QuestionsOpen { count: open.len() }.into()) }
    }

    /// Lets `one` speak for its periods from `at` on, in place of what did.
    async fn put_in_force(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        one: &Prepared,
        places: &[&PreviewPlace],
        at: Instant,
    ) -> Result<(), Error> {
        let id = one.submission.id;
        step(tx, actor, id, SubmissionState::Approved, at, None).await?;
        let mut replaced = BTreeSet::new();
        for place in places {
            let delivery = Delivery {
                organisation: one.organisation,
                dataset: one.dataset.clone(),
                period: place.period,
                version: place.version + 1,
                submission: Some(id),
                known_from: at,
                class: one.submission.class,
            };
            store::append_delivery(tx, &delivery).await?;
            replaced.extend(place.in_force);
        }
        for earlier in replaced {
            if !speaks_still(tx, earlier, at).await? {
                step(tx, actor, earlier, SubmissionState::Superseded, at, None).await?;
            }
        }
        let Observed { whole, parts, learning } = &one.observed;
        for observation in whole {
            store::insert_observation(tx, one.organisation, id, observation).await?;
        }
        for part in parts {
            store::insert_part(tx, one.organisation, id, part).await?;
        }
        for observation in learning {
            store::insert_learning(tx, one.own.ok_or(Error::NotFound)?, id, observation).await?;
        }
        Ok(())
    }
}

/// Whether `submission` is in force for any of its periods.
async fn speaks_still(tx: &mut Tx, submission: SubmissionId, at: Instant) -> Result<bool, Error> {
    for Delivery { organisation, dataset, period, .. } in
        store::list_deliveries(tx, Scope::Sector, Some(submission), at).await?
    {
        let last = store::in_force(tx, organisation, &dataset, period, at).await?;
        if last.is_some_and(|last| last.submission == Some(submission)) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn step(
    tx: &mut Tx,
    actor: &Actor,
    submission: SubmissionId,
    state: SubmissionState,
    at: Instant,
    reason: Option<String>,
) -> Result<(), Error> {
    let sequence = store::list_submission_events(tx, submission, at).await?.len();
    let sequence = i64::try_from(sequence).map_err(Error::internal)?;
    let event = SubmissionEvent { sequence, state, at, actor: actor.to_string(), reason };
    Ok(store::append_submission_event(tx, submission, &event).await?)
}

/// Refuses a file whose bytes and numbers are in force already.
async fn must_differ(tx: &mut Tx, prepared: &[Prepared], preview: &Preview, at: Instant) -> Result<(), Error> {
    for one in prepared {
        let mut places = preview.places.iter().filter(|place| place.by == one.submission.id);
        let Some(submission) = places.next().and_then(|place| place.in_force) else { continue };
        let same_version = places.all(|place| place.in_force == Some(submission));
        let mut own = preview.differences.iter().filter(|(by, _)| *by == one.submission.id);
        let found = store::find_submission(tx, Scope::Organisation(one.organisation), submission, at).await?;
        let same_bytes = found.is_some_and(|found| found.digest == one.submission.digest);
        if same_version && same_bytes && own.all(|(_, found)| found.change() == Change::Unchanged) {
            return Err(Refusal::AlreadyInForce { submission }.into());
        }
    }
    Ok(())
}

/// Refuses an approval that was given with something else in view, or that replaces without a reason.
fn must_be_seen(preview: &Preview, seen: Option<Digest>, correction: Option<&Correction>) -> Result<(), Refusal> {
    let replaces = preview.places.iter().any(|place| place.in_force.is_some());
    match seen {
        Some(seen) if seen != preview.basis => Err(Refusal::VersionChanged),
        None if replaces => Err(Refusal::VersionNotSeen),
        _ if replaces && correction.is_none() => Err(Refusal::CorrectionMissing),
        _ => Ok(()),
    }
}

fn receipt_line(
    one: &Prepared,
    questions: usize,
    preview: &Preview,
    correction: Option<&Correction>,
) -> ReceiptSubmission {
    let places = || preview.places.iter().filter(|place| place.by == one.submission.id);
    ReceiptSubmission {
        id: one.submission.id,
        dataset: one.dataset.clone(),
        file_name: one.submission.file_name.clone(),
        sha256: one.submission.digest,
        rows: one.report.rows,
        observations: one.observed.len(),
        questions,
        versions: places().map(|place| ReceiptVersion { period: place.period, version: place.version + 1 }).collect(),
        correction: correction.filter(|_| places().any(|place| place.in_force.is_some())).cloned(),
    }
}
