//! The register of organisations.

use std::collections::BTreeMap;

use super::{Error, Refusal, Service};
use crate::{
    domain::{
        Actor, AgbCode, Instant, MergerCircle, Mergers, Organisation, OrganisationId, OrganisationKind, Registration,
        Role, Scope,
    },
    store::{self, Tx},
};

/// An organisation as the register's file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterEntry {
    /// Its code.
    pub agb_code: AgbCode,
    /// Its name.
    pub name: String,
    /// Its sort.
    pub kind: OrganisationKind,
    /// What else is said of it.
    pub registration: Registration,
}

impl From<(AgbCode, String, OrganisationKind)> for RegisterEntry {
    fn from((agb_code, name, kind): (AgbCode, String, OrganisationKind)) -> Self {
        Self { agb_code, name, kind, registration: Registration::default() }
    }
}

impl Service {
    /// Adds organisations to the register, all of them or none. One that is there already is taken when the file says
    /// something new of it: a number, a region, a merger.
    pub async fn register<Entry: Into<RegisterEntry>>(
        &self,
        actor: &Actor,
        entries: Vec<Entry>,
    ) -> Result<usize, Error> {
        if actor.role != Role::Operator {
            return Err(Error::Forbidden(Role::Operator));
        }
        let entries: Vec<RegisterEntry> = entries.into_iter().map(Into::into).collect();
        let count = entries.len();
        let mut tx = self.database.write(Scope::Sector).await?;
        // What is read as known at a moment has its own moments; a bare name has none.
        let says_more = entries.iter().any(|entry| entry.registration != Registration::default());
        let now = if says_more { store::take_turn(&mut tx, self.now()).await? } else { self.now() };
        let mut told = Vec::new();
        for entry in entries {
            let RegisterEntry { agb_code, name, kind, registration } = entry;
            let known = store::find_organisation_by_agb(&mut tx, Scope::Sector, agb_code).await?;
            let is_same = known.as_ref().is_some_and(|known| known.name == name && known.kind == kind);
            let id = match known {
                Some(known) if is_same && registration != Registration::default() => known.id,
                Some(_) => return Err(Refusal::AgbCodeTaken { agb_code: agb_code.to_string() }.into()),
                None => {
                    let organisation = Organisation { id: OrganisationId::new(&*self.ids), agb_code, name, kind };
                    match store::insert_organisation(&mut tx, &organisation, now).await {
                        Err(store::Error::Conflict { .. }) => {
                            return Err(Refusal::AgbCodeTaken { agb_code: agb_code.to_string() }.into());
                        }
                        outcome => outcome?,
                    }
                    organisation.id
                }
            };
            told.push((id, agb_code, registration));
        }
        note_all(&mut tx, told, now).await?;
        self.audit(&mut tx, actor, "organisations.registered", count, "done").await?;
        tx.commit().await?;
        Ok(count)
    }

    /// What the register said at `known_at` of each organisation that `actor` may see and of which it said more than a code,
    /// a name and a sort.
    pub async fn registrations(
        &self,
        actor: &Actor,
        known_at: Instant,
    ) -> Result<BTreeMap<OrganisationId, Registration>, Error> {
        // Who took it over is another.
        let mut tx = self.database.read(Scope::Sector).await?;
        let scope = if matches!(actor.scope, Scope::Mandates(_)) { Scope::Sector } else { actor.scope };
        let found = store::list_registrations(&mut tx, scope, known_at).await?;
        let mut registrations: BTreeMap<_, _> =
            found.into_iter().map(|(id, _, registration)| (id, registration)).collect();
        if scope != actor.scope {
            let seen = store::list_organisations(&mut tx, actor.scope).await?;
            registrations.retain(|id, _| seen.iter().any(|organisation| organisation.id == *id));
        }
        Ok(registrations)
    }

    /// The organisations that `actor` may see, by AGB code.
    pub async fn organisations(&self, actor: &Actor) -> Result<Vec<Organisation>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        Ok(store::list_organisations(&mut tx, actor.scope).await?)
    }

    /// One organisation.
    pub async fn organisation(&self, actor: &Actor, id: OrganisationId) -> Result<Option<Organisation>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        Ok(store::find_organisation(&mut tx, actor.scope, id).await?)
    }

    /// One organisation, by its AGB code.
    pub async fn organisation_by_agb(&self, actor: &Actor, agb_code: AgbCode) -> Result<Option<Organisation>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        Ok(store::find_organisation_by_agb(&mut tx, actor.scope, agb_code).await?)
    }
}

/// Notes what is said of organisations that are all there. What a line leaves out stays as it was.
async fn note_all(tx: &mut Tx, told: Vec<(OrganisationId, AgbCode, Registration)>, now: Instant) -> Result<(), Error> {
    let known = store::list_registrations(tx, Scope::Sector, now).await?;
    let mut known: BTreeMap<AgbCode, Registration> =
        known.into_iter().map(|(_, code, registration)| (code, registration)).collect();
    for (id, agb_code, registration) in told.into_iter().filter(|(.., told)| *told != Registration::default()) {
        let before = known.get(&agb_code).cloned().unwrap_or_default();
        let after = Registration {
            kvk_number: registration.kvk_number.or_else(|| before.kvk_number.clone()),
            region: registration.region.or_else(|| before.region.clone()),
            merger: registration.merger.or(before.merger),
        };
        if after == before {
            return Err(Refusal::AgbCodeTaken { agb_code: agb_code.to_string() }.into());
        }
        let successor = match after.merger {
            Some(merger) => {
                let found = store::find_organisation_by_agb(tx, Scope::Sector, merger.into).await?;
                let unknown = || Refusal::SuccessorUnknown { agb_code: merger.into.to_string() };
                Some(found.ok_or_else(unknown)?.id)
            }
            None => None,
        };
        store::insert_registration(tx, id, &after, successor, now).await?;
        known.insert(agb_code, after);
    }
    let mergers = known.into_iter().filter_map(|(code, registration)| Some((code, registration.merger?)));
    Mergers::new(mergers)
        .map(drop)
        .map_err(|MergerCircle(code)| Refusal::MergerCircle { agb_code: code.to_string() }.into())
}
