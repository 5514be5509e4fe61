//! Mandates: given and withdrawn by organisations, held by intermediaries.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Error, Refusal, Service, once::Done, submissions::within_length};
use crate::{
    domain::{
        Actor, DataClass, Instant, Intermediary, IntermediaryId, Mandate, MandateId, MandateRight, MandateWithdrawal,
        Organisation, OrganisationId, Report, Role, Scope, Text,
    },
    store::{self, MandateFilter, Tx},
};

/// The finding that names figures of another dataset than its file is of.
const ACROSS_FILES: &str = "plausibility.files_differ";

/// What is given.
#[derive(Clone, Debug)]
pub struct MandateRequest {
    /// By whom; the asker's own organisation when it is left out.
    pub organisation: Option<OrganisationId>,
    /// To whom.
    pub intermediary: IntermediaryId,
    /// What it lets be done.
    pub right: MandateRight,
    /// With which datasets.
    pub datasets: BTreeSet<String>,
    /// The first day on which it holds; today or later.
    pub from: Date,
    /// The last day.
    pub until: Date,
    /// Who of the organisation asked the operator to; an organisation asks nobody.
    pub asked_by: Option<String>,
}

/// A mandate with the names of both sides.
#[derive(Clone, Debug)]
pub struct NamedMandate {
    /// Who gave it.
    pub organisation: Organisation,
    /// Who holds it.
    pub intermediary: Intermediary,
    /// What.
    pub mandate: Mandate,
}

impl Service {
    /// Adds a party that may act for organisations. It may do nothing until one gives it a mandate.
    pub async fn register_intermediary(
        &self,
        actor: &Actor,
        name: &str,
        kvk_number: Option<String>,
    ) -> Result<Intermediary, Error> {
        if actor.role != Role::Operator {
            return Err(Error::Forbidden(Role::Operator));
        }
        let one = Intermediary { id: IntermediaryId::new(&*self.ids), name: within_length(name)?, kvk_number };
        let mut tx = self.database.write(Scope::Sector).await?;
        match store::insert_intermediary(&mut tx, &one, self.now()).await {
            Err(store::Error::Conflict { .. }) => return Err(Refusal::IntermediaryTaken { name: one.name }.into()),
            outcome => outcome?,
        }
        self.audit(&mut tx, actor, "intermediary.registered", one.id, "done").await?;
        tx.commit().await?;
        Ok(one)
    }

    /// The intermediaries there are, by name. One that asks sees itself.
    pub async fn intermediaries(&self, actor: &Actor) -> Result<Vec<Intermediary>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        Ok(store::list_intermediaries(&mut tx, actor.scope, None).await?)
    }

    /// The intermediary that asks.
    pub async fn own_intermediary(&self, actor: &Actor) -> Result<Option<Intermediary>, Error> {
        let Scope::Mandates(mandated) = actor.scope else { return Ok(None) };
        let mut tx = self.database.read(actor.scope).await?;
        Ok(store::list_intermediaries(&mut tx, actor.scope, Some(mandated.intermediary)).await?.pop())
    }

    /// Gives a mandate.
    pub async fn give_mandate(&self, actor: &Actor, request: &MandateRequest) -> Result<NamedMandate, Error> {
        must_mandate(actor)?;
        match self.once(actor, Box::pin(self.give_anew(actor, request))).await? {
            Done::Now(given) => Ok(given),
            Done::Before(known) => self.mandate_as_it_was(actor, known).await,
        }
    }

    /// A mandate as it was when it was given or withdrawn under a key.
    async fn mandate_as_it_was(&self, actor: &Actor, (id, at): (MandateId, Instant)) -> Result<NamedMandate, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let filter = MandateFilter { id: Some(id), organisation: None };
        named(&mut tx, actor.scope, filter, at).await?.pop().ok_or(Error::NotFound)
    }

    async fn give_anew(&self, actor: &Actor, request: &MandateRequest) -> Result<NamedMandate, Error> {
        let asked_by = asked_by(actor, request.asked_by.as_deref())?;
        let organisation = request.organisation.or(actor.scope.itself());
        let organisation = organisation.filter(|asked| actor.scope.includes(*asked)).ok_or(Error::NotFound)?;
        self.must_be_mandatable(&request.datasets)?;
        let today = self.now().date();
        let lasts = (request.until - request.from).get_days();
        if request.from < today || !(0..Mandate::LONGEST_DAYS).contains(&lasts) {
            return Err(Refusal::MandateDays { today, longest: Mandate::LONGEST_DAYS }.into());
        }
        let mut tx = self.database.write(actor.scope).await?;
        let at = store::take_turn(&mut tx, self.now()).await?;
        let whose = store::find_organisation(&mut tx, actor.scope, organisation).await?.ok_or(Error::NotFound)?;
        let found = store::list_intermediaries(&mut tx, actor.scope, Some(request.intermediary)).await?.pop();
        let intermediary = found.ok_or(Error::NotFound)?;
        let mandate = Mandate {
            id: MandateId::new(&*self.ids),
            organisation,
            intermediary: intermediary.id,
            right: request.right,
            datasets: request.datasets.clone(),
            from: request.from,
            until: request.until,
            given_by: actor.to_string(),
            asked_by,
            given_at: at,
            withdrawal: None,
        };
        store::insert_mandate(&mut tx, &mandate).await?;
        self.remember(&mut tx, actor, &(mandate.id, at)).await?;
        self.audit(&mut tx, actor, "mandate.given", mandate.id, mandate.right.as_str()).await?;
        tx.commit().await?;
        Ok(NamedMandate { organisation: whose, intermediary, mandate })
    }

    /// Withdraws a mandate: no request that begins after this sees anything by it.
    pub async fn withdraw_mandate(
        &self,
        actor: &Actor,
        id: MandateId,
        asked_by: Option<&str>,
    ) -> Result<NamedMandate, Error> {
        must_mandate(actor)?;
        match self.once(actor, Box::pin(self.withdraw_mandate_anew(actor, id, asked_by))).await? {
            Done::Now(withdrawn) => Ok(withdrawn),
            Done::Before(known) => self.mandate_as_it_was(actor, known).await,
        }
    }

    async fn withdraw_mandate_anew(
        &self,
        actor: &Actor,
        id: MandateId,
        by_whom: Option<&str>,
    ) -> Result<NamedMandate, Error> {
        let asked_by = asked_by(actor, by_whom)?;
        let mut tx = self.database.write(actor.scope).await?;
        let at = store::take_turn(&mut tx, self.now()).await?;
        let filter = MandateFilter { id: Some(id), organisation: None };
        let mut found = named(&mut tx, actor.scope, filter, at).await?.pop().ok_or(Error::NotFound)?;
        if found.mandate.withdrawal.is_some() {
            return Err(Refusal::MandateWithdrawn.into());
        }
        let withdrawal = MandateWithdrawal { by: actor.to_string(), asked_by, at };
        store::withdraw_mandate(&mut tx, &found.mandate, &withdrawal).await?;
        self.remember(&mut tx, actor, &(id, at)).await?;
        self.audit(&mut tx, actor, "mandate.withdrawn", id, "done").await?;
        tx.commit().await?;
        found.mandate.withdrawal = Some(withdrawal);
        Ok(found)
    }

    /// The mandates that `actor` may see as known at `known_at`, the oldest first: an organisation those it gave, with
    /// what became of them; an intermediary those it holds, while they hold.
    pub async fn mandates(
        &self,
        actor: &Actor,
        organisation: Option<OrganisationId>,
        known_at: Instant,
    ) -> Result<Vec<NamedMandate>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        named(&mut tx, actor.scope, MandateFilter { id: None, organisation }, known_at).await
    }

    /// One mandate.
    pub async fn mandate(
        &self,
        actor: &Actor,
        id: MandateId,
        known_at: Instant,
    ) -> Result<Option<NamedMandate>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let filter = MandateFilter { id: Some(id), organisation: None };
        Ok(named(&mut tx, actor.scope, filter, known_at).await?.pop())
    }

    /// The organisations and datasets that mandates open for an intermediary; nothing for who needs no mandate.
    pub(super) async fn mandated(&self, actor: &Actor) -> Result<Option<BTreeSet<(OrganisationId, String)>>, Error> {
        let Scope::Mandates(mandated) = actor.scope else { return Ok(None) };
        let mut tx = self.database.read(actor.scope).await?;
        let open = store::list_mandated(&mut tx, mandated).await?;
        Ok(Some(open.into_iter().map(|(organisation, _, dataset)| (organisation, dataset)).collect()))
    }

    /// Refuses no dataset at all, and those that no mandate is about: what nobody delivers, and what is for learning
    /// only, which stays with the organisation.
    fn must_be_mandatable(&self, datasets: &BTreeSet<String>) -> Result<(), Refusal> {
        let all = self.catalogue.datasets.values().filter(|one| one.submittable);
        let known: Vec<&str> = all
            .map(|one| one.code.as_str())
            .filter(|code| self.catalogue.class(Some(code)) == DataClass::Supervision)
            .collect();
        if !datasets.is_empty() && datasets.iter().all(|one| known.contains(&one.as_str())) {
            return Ok(());
        }
        Err(Refusal::MandateDatasets { known: known.join(", ") })
    }
}

/// The mandates within `scope` with their names.
async fn named(
    tx: &mut Tx,
    scope: Scope,
    filter: MandateFilter,
    known_at: Instant,
) -> Result<Vec<NamedMandate>, Error> {
    let mandates = store::list_mandates(tx, scope, filter, known_at).await?;
    let organisations = store::list_organisations(tx, scope).await?;
    let intermediaries = store::list_intermediaries(tx, scope, None).await?;
    let organisations: BTreeMap<OrganisationId, Organisation> =
        organisations.into_iter().map(|one| (one.id, one)).collect();
    let intermediaries: BTreeMap<IntermediaryId, Intermediary> =
        intermediaries.into_iter().map(|one| (one.id, one)).collect();
    let name = |mandate: Mandate| {
        let organisation = organisations.get(&mandate.organisation)?.clone();
        let intermediary = intermediaries.get(&mandate.intermediary)?.clone();
        Some(NamedMandate { organisation, intermediary, mandate })
    };
    Ok(mandates.into_iter().filter_map(name).collect())
}

/// Who asked: the operator says so, an organisation asks for itself.
fn asked_by(actor: &Actor, given: Option<&str>) -> Result<Option<String>, Refusal> {
    match actor.role {
        Role::Operator => within_length(given.unwrap_or_default()).map(Some),
        _ => Ok(None),
    }
}

/// Refuses everybody who gives no mandates.
fn must_mandate(actor: &Actor) -> Result<(), Error> {
    if actor.role.may_mandate() { Ok(()) } else { Err(Error::Forbidden(Role::Organisation)) }
}

/// A report as `actor` may see it. A question may hold a file against another of the same organisation: who has a
/// mandate is told that it was asked, and not the figures, which may be of a dataset that the mandate is not about.
pub(super) fn shown_report(actor: &Actor, mut report: Report) -> Report {
    veil(actor, &mut report);
    report
}

/// The same in place.
pub(super) fn veil(actor: &Actor, report: &mut Report) {
    if matches!(actor.scope, Scope::Mandates(_)) {
        for finding in report.findings.iter_mut().filter(|finding| finding.code == ACROSS_FILES) {
            finding.message = finding.title.clone();
            finding.expected = None;
            finding.occurrences.clear();
            finding.remedy = Text::default();
        }
    }
}
