//! What the inspectorate knows of an organisation besides figures, and outranks its scores: recorded, ended, taken back.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Error, Refusal, Service, obligations::must_inspect, once::Done, submissions::within_length};
use crate::{
    domain::{
        Actor, Instant, Organisation, OrganisationId, OverrideChange, OverrideId, OverrideReason, OverrideRecord,
        RecordedOverride, RunId,
    },
    store,
};

/// What is recorded.
#[derive(Clone, Debug)]
pub struct OverrideRequest {
    /// Of whom.
    pub organisation: OrganisationId,
    /// What: one of [`OverrideReason::RECORDED`].
    pub reason: OverrideReason,
    /// The first day on which it holds; not in the future.
    pub from: Date,
    /// The last day on which it holds, where that is known.
    pub until: Option<Date>,
    /// By what it is found in the inspectorate's own files, 3 to 1,000 characters.
    pub reference: String,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct OverrideOutcome {
    /// Of whom.
    pub organisation: Organisation,
    /// What is recorded now.
    pub recorded: RecordedOverride,
    /// The runs that followed.
    pub runs: Vec<RunId>,
}

impl Service {
    /// Records what outranks the scores of an organisation; the periods in which it holds are scored anew.
    pub async fn record_override(&self, actor: &Actor, request: &OverrideRequest) -> Result<OverrideOutcome, Error> {
        must_inspect(actor)?;
        match self.once(actor, Box::pin(self.record_anew(actor, request))).await? {
            Done::Now(outcome) => Ok(outcome),
            Done::Before(known) => self.override_as_it_was(actor, known).await,
        }
    }

    /// What came of a record as it was when it was made or changed under a key.
    async fn override_as_it_was(
        &self,
        actor: &Actor,
        (id, at, runs): (OverrideId, Instant, Vec<RunId>),
    ) -> Result<OverrideOutcome, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let recorded = store::list_overrides(&mut tx, actor.scope, Some(id), at).await?.pop().ok_or(Error::NotFound)?;
        let organisation = store::find_organisation(&mut tx, actor.scope, recorded.organisation).await?;
        Ok(OverrideOutcome { organisation: organisation.ok_or(Error::NotFound)?, recorded, runs })
    }

    async fn record_anew(&self, actor: &Actor, request: &OverrideRequest) -> Result<OverrideOutcome, Error> {
        let reference = within_length(&request.reference)?;
        let today = self.now().date();
        if request.from > today || request.until.is_some_and(|until| until < request.from) {
            return Err(Refusal::OverrideDays { today }.into());
        }
        let mut tx = self.database.write(actor.scope).await?;
        let at = store::take_turn(&mut tx, self.now()).await?;
        let organisation = store::find_organisation(&mut tx, actor.scope, request.organisation).await?;
        let organisation = organisation.ok_or(Error::NotFound)?;
        let recorded = RecordedOverride {
            organisation: request.organisation,
            record: OverrideRecord {
                reason: request.reason,
                from: request.from,
                until: request.until,
                reference,
                id: OverrideId::new(&*self.ids),
            },
            recorded_by: actor.to_string(),
            recorded_at: at,
            change: None,
        };
        store::insert_override(&mut tx, &recorded).await?;
        let runs = self.assess_where(&mut tx, |period| recorded.holds_in(period), at).await?;
        self.remember(&mut tx, actor, &(recorded.record.id, at, &runs)).await?;
        self.audit(&mut tx, actor, "override.recorded", recorded.record.id, request.reason.as_str()).await?;
        tx.commit().await?;
        self.counts.made_runs(runs.len());
        Ok(OverrideOutcome { organisation, recorded, runs })
    }

    /// Says until which day, that day included, it holds; without a day it is taken back, as it should never have been
    /// recorded.
    pub async fn end_override(
        &self,
        actor: &Actor,
        id: OverrideId,
        until: Option<Date>,
        ground: &str,
    ) -> Result<OverrideOutcome, Error> {
        must_inspect(actor)?;
        match self.once(actor, Box::pin(self.end_anew(actor, id, until, ground))).await? {
            Done::Now(outcome) => Ok(outcome),
            Done::Before(known) => self.override_as_it_was(actor, known).await,
        }
    }

    async fn end_anew(
        &self,
        actor: &Actor,
        id: OverrideId,
        until: Option<Date>,
        ground: &str,
    ) -> Result<OverrideOutcome, Error> {
        let ground = within_length(ground)?;
        let mut tx = self.database.write(actor.scope).await?;
        let at = store::take_turn(&mut tx, self.now()).await?;
        let found = store::list_overrides(&mut tx, actor.scope, Some(id), at).await?.pop();
        let before = found.ok_or(Error::NotFound)?;
        let organisation = store::find_organisation(&mut tx, actor.scope, before.organisation).await?;
        let organisation = organisation.ok_or(Error::NotFound)?;
        if before.is_withdrawn() {
            return Err(Refusal::OverrideWithdrawn.into());
        }
        if until.is_some_and(|until| until < before.record.from) {
            return Err(Refusal::OverrideDays { today: at.date() }.into());
        }
        let change = OverrideChange { until, ground, changed_by: actor.to_string(), changed_at: at };
        store::change_override(&mut tx, id, &change).await?;
        let mut after = before.clone();
        after.record.until = until.or(before.record.until);
        after.change = Some(change);
        let runs = self.assess_where(&mut tx, |period| before.holds_in(period) || after.holds_in(period), at).await?;
        self.remember(&mut tx, actor, &(id, at, &runs)).await?;
        let result = if until.is_some() { "ended" } else { "withdrawn" };
        self.audit(&mut tx, actor, "override.changed", id, result).await?;
        tx.commit().await?;
        self.counts.made_runs(runs.len());
        Ok(OverrideOutcome { organisation, recorded: after, runs })
    }

    /// What was recorded of the organisations that `actor` may see, as known at `known_at`; by organisation and age.
    pub async fn overrides(
        &self,
        actor: &Actor,
        known_at: Instant,
    ) -> Result<Vec<(Organisation, RecordedOverride)>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let found = store::list_overrides(&mut tx, actor.scope, None, known_at).await?;
        let organisations = store::list_organisations(&mut tx, actor.scope).await?;
        let by_id: BTreeMap<OrganisationId, &Organisation> = organisations.iter().map(|one| (one.id, one)).collect();
        let named = |one: RecordedOverride| by_id.get(&one.organisation).map(|whose| ((*whose).clone(), one));
        Ok(found.into_iter().filter_map(named).collect())
    }
}
