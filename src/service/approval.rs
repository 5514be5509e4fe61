//! Approval and withdrawal: the two acts that change what is in force.
//!
//! Each is one unit of work: states, observations, supersession, runs and the line in the audit log, or nothing.

use std::collections::BTreeSet;

use super::{
    Error, Refusal, Service,
    packing::unpack,
    submissions::{allowed, must_be, within_length},
    wiring::must_deliver,
};
use crate::{
    domain::{
        Actor, Instant, Observation, OrganisationId, Period, Report, RunId, Scope, Severity, SubmissionId,
        SubmissionState,
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
}

/// A submission that may be approved, with what its file says.
struct Prepared {
    submission: Submission,
    dataset: String,
    organisation: OrganisationId,
    periods: Vec<Period>,
    observations: Vec<Observation>,
}

impl Service {
    /// Submits what was checked: all of `submissions`, or none of them.
    pub async fn approve(&self, actor: &Actor, submissions: &[SubmissionId]) -> Result<Approval, Error> {
        must_deliver(actor)?;
        if submissions.is_empty() {
            return Err(Refusal::NothingAsked.into());
        }
        let wanted: BTreeSet<SubmissionId> = submissions.iter().copied().collect();
        let mut prepared = Vec::with_capacity(wanted.len());
        for id in wanted {
            prepared.push(self.prepare(actor, id).await?);
        }
        must_not_overlap(&prepared)?;

        let mut tx = self.database.write().await?;
        let at = store::take_turn(&mut tx, self.now()).await?;
        let mut changed = BTreeSet::new();
        for one in &prepared {
            // Somebody may have been faster since it was prepared.
            let now = store::find_submission(&mut tx, actor.scope, one.submission.id, at).await?;
            must_be(now.ok_or(Error::NotFound)?.state, SubmissionState::Checked)?;
            self.put_in_force(&mut tx, actor, one, at).await?;
            changed.extend(one.periods.iter().copied());
        }
        let runs = self.assess(&mut tx, changed, at).await?;
        let mut approved = Vec::with_capacity(prepared.len());
        for one in prepared {
            approved.extend(store::find_submission(&mut tx, actor.scope, one.submission.id, at).await?);
        }
        for one in &approved {
            self.audit(&mut tx, actor, "submission.approved", one.id, one.state.as_str()).await?;
        }
        tx.commit().await?;
        Ok(Approval { at, submissions: approved, runs })
    }

    /// Takes back what was checked or approved. Nothing comes in its place until something else is approved.
    pub async fn withdraw(&self, actor: &Actor, submission: SubmissionId, reason: &str) -> Result<Approval, Error> {
        must_deliver(actor)?;
        let reason = within_length(reason)?;
        let mut tx = self.database.write().await?;
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
                changed.insert(period);
            }
        }
        step(&mut tx, actor, submission, SubmissionState::Withdrawn, at, Some(reason)).await?;
        let runs = self.assess(&mut tx, changed, at).await?;
        let submissions = store::find_submission(&mut tx, actor.scope, submission, at).await?.into_iter().collect();
        self.audit(&mut tx, actor, "submission.withdrawn", submission, "withdrawn").await?;
        tx.commit().await?;
        Ok(Approval { at, submissions, runs })
    }

    /// Reads a submission and checks its file once more, by the catalogue and the day of now.
    async fn prepare(&self, actor: &Actor, id: SubmissionId) -> Result<Prepared, Error> {
        let mut tx = self.database.read().await?;
        let now = store::last_turn(&mut tx).await?;
        let submission = store::find_submission(&mut tx, actor.scope, id, now).await?.ok_or(Error::NotFound)?;
        must_be(submission.state, SubmissionState::Checked)?;
        let report: Report = unpack(&submission.report)?;
        let explained: BTreeSet<usize> =
            store::list_explanations(&mut tx, id, now).await?.into_iter().map(|one| one.finding).collect();
        let open = report
            .findings
            .iter()
            .enumerate()
            .filter(|(number, finding)| finding.severity == Severity::Question && !explained.contains(number))
            .count();
        if open > 0 {
            return Err(Refusal::QuestionsOpen { count: open }.into());
        }
        let gzip = store::load_content(&mut tx, submission.digest).await?.ok_or(Refusal::UploadExpired)?;
        let organisation = submission.organisation;
        let allowed = allowed(&mut tx, organisation).await?;
        drop(tx);

        let (again, observations) = self.check(gzip, submission.dataset.clone(), allowed).await?;
        if let Some(error) = again.findings.iter().find(|finding| finding.severity == Severity::Error) {
            return Err(Refusal::CheckChanged { title: error.title.clone() }.into());
        }
        let dataset = again.dataset.ok_or_else(|| Error::internal("an accepted file of no dataset"))?;
        Ok(Prepared { submission, dataset, organisation, periods: again.periods, observations })
    }

    /// Lets `one` speak for its periods from `at` on, in place of what did.
    async fn put_in_force(&self, tx: &mut Tx, actor: &Actor, one: &Prepared, at: Instant) -> Result<(), Error> {
        let id = one.submission.id;
        step(tx, actor, id, SubmissionState::Approved, at, None).await?;
        let mut replaced = BTreeSet::new();
        for period in &one.periods {
            let last = store::in_force(tx, one.organisation, &one.dataset, *period, at).await?;
            let delivery = Delivery {
                organisation: one.organisation,
                dataset: one.dataset.clone(),
                period: *period,
                version: last.as_ref().map_or(1, |last| last.version + 1),
                submission: Some(id),
                known_from: at,
            };
            store::append_delivery(tx, &delivery).await?;
            replaced.extend(last.and_then(|last| last.submission));
        }
        for earlier in replaced {
            if !speaks_still(tx, earlier, at).await? {
                step(tx, actor, earlier, SubmissionState::Superseded, at, None).await?;
            }
        }
        for observation in &one.observations {
            store::insert_observation(tx, one.organisation, id, observation).await?;
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

/// Two submissions may not speak for the same organisation, dataset and period.
fn must_not_overlap(prepared: &[Prepared]) -> Result<(), Refusal> {
    let mut spoken_for = BTreeSet::new();
    let all =
        prepared.iter().flat_map(|one| one.periods.iter().map(move |period| (one.organisation, &one.dataset, *period)));
    for place in all {
        if !spoken_for.insert(place) {
            return Err(Refusal::SubmissionsOverlap);
        }
    }
    Ok(())
}
