//! The register of organisations.

use super::{Error, Refusal, Service};
use crate::{
    domain::{Actor, AgbCode, Organisation, OrganisationId, OrganisationKind, Role},
    store,
};

impl Service {
    /// Adds organisations to the register, all of them or none.
    pub async fn register(
        &self,
        actor: &Actor,
        entries: Vec<(AgbCode, String, OrganisationKind)>,
    ) -> Result<usize, Error> {
        if actor.role != Role::Operator {
            return Err(Error::Forbidden(Role::Operator));
        }
        let now = self.now();
        let mut tx = self.database.write().await?;
        let count = entries.len();
        for (agb_code, name, kind) in entries {
            let organisation = Organisation { id: OrganisationId::new(&*self.ids), agb_code, name, kind };
            match store::insert_organisation(&mut tx, &organisation, now).await {
                Err(store::Error::Conflict { .. }) => {
                    return Err(Refusal::AgbCodeTaken { agb_code: agb_code.to_string() }.into());
                }
                outcome => outcome?,
            }
        }
        self.audit(&mut tx, actor, "organisations.registered", count, "done").await?;
        tx.commit().await?;
        Ok(count)
    }

    /// The organisations that `actor` may see, by AGB code.
    pub async fn organisations(&self, actor: &Actor) -> Result<Vec<Organisation>, Error> {
        let mut tx = self.database.read().await?;
        Ok(store::list_organisations(&mut tx, actor.scope).await?)
    }

    /// One organisation.
    pub async fn organisation(&self, actor: &Actor, id: OrganisationId) -> Result<Option<Organisation>, Error> {
        let mut tx = self.database.read().await?;
        Ok(store::find_organisation(&mut tx, actor.scope, id).await?)
    }

    /// One organisation, by its AGB code.
    pub async fn organisation_by_agb(&self, actor: &Actor, agb_code: AgbCode) -> Result<Option<Organisation>, Error> {
        let mut tx = self.database.read().await?;
        Ok(store::find_organisation_by_agb(&mut tx, actor.scope, agb_code).await?)
    }
}
