//! Questions about what has to be delivered by when.

use std::collections::BTreeSet;

use async_graphql::{Context, ID, InputObject, Object, Result};

use crate::{
    domain::{Obligation, ObligationRates},
    graphql::{
        context::Asked,
        page::{ORDINARY_PAGE, Page, PageRequest},
        scalars::{DateTime, PeriodText},
        types::{ObligationRatesType, ObligationStatusType, ObligationType},
    },
};

/// Which obligations are wanted.
#[derive(Default, InputObject)]
struct ObligationFilter {
    /// Of this organisation.
    organisation: Option<ID>,
    /// Of this dataset, for example `indicatoren`.
    dataset: Option<String>,
    /// With one of these statuses.
    statuses: Option<Vec<ObligationStatusType>>,
    /// Only those whose deadline has passed with nothing in force (achterstallig), or only the others.
    overdue: Option<bool>,
    /// Only those with a request for more time that waits for a decision, or only the others.
    extension_waits: Option<bool>,
}

impl ObligationFilter {
    fn wants(&self, one: &Obligation) -> bool {
        let waits = || one.extensions.iter().any(|extension| extension.decision.is_none());
        self.organisation.as_ref().is_none_or(|id| one.organisation.id.to_string() == id.as_str())
            && self.dataset.as_ref().is_none_or(|dataset| *dataset == one.dataset)
            && self.statuses.as_ref().is_none_or(|statuses| statuses.contains(&one.status.into()))
            && self.overdue.is_none_or(|overdue| overdue == one.is_overdue)
            && self.extension_waits.is_none_or(|wanted| wanted == waits())
    }
}

#[derive(Debug, Default)]
pub(super) struct ObligationQuery;

#[Object]
impl ObligationQuery {
    /// What has to be delivered about a period by when, and how far everybody is (verplichtingen), by AGB code and
    /// dataset. An organisation sees its own.
    async fn obligations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The period, for example 2025.")] period: PeriodText,
        #[graphql(desc = "Which.", default)] filter: ObligationFilter,
        #[graphql(desc = "How many, at most 100.", default_with = "ORDINARY_PAGE")] first: i32,
        #[graphql(desc = "After the row with this cursor.")] after: Option<String>,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Result<Page<ObligationType>> {
        let asked = Asked::by(context)?;
        let known_at = asked.known_at(as_known_at).await?;
        let now = known_at.asked.unwrap_or_else(|| asked.now());
        let page = PageRequest::new(first, after, known_at)?;
        let found = asked.service.obligations(&asked.actor, period.0, page.known_at, now).await;
        let mut found = found.map_err(|error| asked.failure(&error))?;
        found.retain(|one| filter.wants(one));
        Ok(page.cut(found, Into::into))
    }

    /// How much of what has to be delivered about a period is there, and in time (volledigheid en tijdigheid): for each
    /// dataset, and for all together. For an organisation, of its own.
    async fn obligation_rates(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The period, for example 2025.")] period: PeriodText,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Result<Vec<ObligationRatesType>> {
        let asked = Asked::by(context)?;
        let known_at = asked.known_at(as_known_at).await?;
        let now = known_at.asked.unwrap_or_else(|| asked.now());
        let found = asked.service.obligations(&asked.actor, period.0, known_at.counted, now).await;
        let found = found.map_err(|error| asked.failure(&error))?;
        let datasets: BTreeSet<&String> = found.iter().map(|one| &one.dataset).collect();
        let each = datasets.into_iter().map(|dataset| {
            let of_it: Vec<&Obligation> = found.iter().filter(|one| one.dataset == *dataset).collect();
            ObligationRatesType::new(Some(dataset.clone()), &ObligationRates::of(&of_it))
        });
        let all = ObligationRatesType::new(None, &ObligationRates::of(&found.iter().collect::<Vec<_>>()));
        Ok(each.chain(std::iter::once(all)).collect())
    }
}
