//! Organisations.

use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};

use super::{DeliveryVersionType, RiskScore, SignalType, SubmissionType, risk_score, signal};
use crate::{
    domain::{Organisation, OrganisationId, OrganisationKind, Registration},
    graphql::{
        context::Asked,
        scalars::{AgbCodeText, DateText, DateTime, PeriodText},
    },
};

/// The sort of provider, which decides with whom it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "OrganisationKind", remote = "OrganisationKind")]
pub(in crate::graphql) enum OrganisationKindType {
    /// An organisation with carers in employment (kraamzorgorganisatie).
    Organisation,
    /// A cooperative or agency of self-employed carers (coöperatie, bemiddelaar).
    Cooperative,
    /// One self-employed carer (zzp'er): checked, never ranked.
    Solo,
}

/// What the register says of a provider besides its code, name and sort (registratie).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Registration")]
struct RegistrationType {
    /// Its number in the trade register (KvK-nummer).
    kvk_number: Option<String>,
    /// The province in which it gives most of its care, by its CBS code (provincie), for example `PV25`.
    region: Option<String>,
    /// The AGB code of the provider that it merged into (opgegaan in); null when it did not.
    merged_into: Option<AgbCodeText>,
    /// The first day on which it was no longer independent (opgegaan op).
    merged_on: Option<DateText>,
}

impl From<Registration> for RegistrationType {
    fn from(registration: Registration) -> Self {
        let Registration { kvk_number, region, merger } = registration;
        Self {
            kvk_number,
            region,
            merged_into: merger.map(|merger| AgbCodeText(merger.into)),
            merged_on: merger.map(|merger| DateText(merger.on)),
        }
    }
}

/// A provider of kraamzorg in the register.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Organisation", complex)]
pub(in crate::graphql) struct OrganisationType {
    #[graphql(skip)]
    organisation: Organisation,
    /// Its identifier.
    pub(in crate::graphql) id: ID,
    /// Its AGB code, by which files name it.
    agb_code: AgbCodeText,
    /// Its name.
    name: String,
    /// The sort of provider.
    kind: OrganisationKindType,
}

impl From<Organisation> for OrganisationType {
    fn from(organisation: Organisation) -> Self {
        Self {
            id: organisation.id.to_string().into(),
            agb_code: AgbCodeText(organisation.agb_code),
            name: organisation.name.clone(),
            kind: organisation.kind.into(),
            organisation,
        }
    }
}

#[ComplexObject]
impl OrganisationType {
    /// What the register says of it besides its code, name and sort (registratie).
    async fn registration(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Result<RegistrationType> {
        let asked = Asked::by(context)?;
        let known_at = asked.known_at(as_known_at).await?.counted;
        let load = async |_: Vec<OrganisationId>| asked.service.registrations(&asked.actor, known_at).await;
        let found = asked.loads().registrations.one(known_at, self.organisation.id, load).await;
        Ok(found.map_err(|error| asked.failure(&error))?.unwrap_or_default().into())
    }

    /// Its overall score in a period (risicoscore); null when it is not ranked or nothing was scored.
    async fn risk_score(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The period, for example 2025.")] period: PeriodText,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Option<Result<RiskScore>> {
        self.find_score(context, period, as_known_at).await.transpose()
    }

    /// Its signals in a period (signalen), by indicator. Those of a practice of one person are for that practice alone.
    async fn signals(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The period, for example 2025.")] period: PeriodText,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Result<Vec<SignalType>> {
        let asked = Asked::by(context)?;
        let known_at = asked.known_at(as_known_at).await?.counted;
        let Some(assessment) = asked.assessment(period.0, known_at).await? else { return Ok(Vec::new()) };
        let own = assessment.shown_to(asked.actor.scope).find(|one| one.organisation.id == self.organisation.id);
        Ok(own.map_or_else(Vec::new, |one| {
            one.outcome.signals.iter().map(|found| signal(&asked, &assessment, one, found)).collect()
        }))
    }

    /// Every version of what it delivered (versies), by dataset, period and version; withdrawals too.
    async fn deliveries(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of this period only.")] period: Option<PeriodText>,
        #[graphql(desc = "Of this dataset only, for example `indicatoren`.")] dataset: Option<String>,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Result<Vec<DeliveryVersionType>> {
        let asked = Asked::by(context)?;
        let known_at = asked.known_at(as_known_at).await?.counted;
        let load = async |ids: Vec<OrganisationId>| asked.service.deliveries(&asked.actor, &ids, known_at).await;
        let found = asked.loads().deliveries.one(known_at, self.organisation.id, load).await;
        let found = found.map_err(|error| asked.failure(&error))?.unwrap_or_default();
        let wanted = found
            .iter()
            .filter(|one| period.is_none_or(|period| period.0 == one.period))
            .filter(|one| dataset.as_ref().is_none_or(|dataset| *dataset == one.dataset));
        Ok(wanted.map(Into::into).collect())
    }

    /// Its latest submissions (inzendingen), newest first.
    async fn submissions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, at most 100.", default = 10)] first: i32,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Result<Vec<SubmissionType>> {
        let asked = Asked::by(context)?;
        let known_at = asked.known_at(as_known_at).await?.counted;
        let most = usize::try_from(first.clamp(1, 100))?;
        let load =
            async |ids: Vec<OrganisationId>| asked.service.latest_submissions(&asked.actor, &ids, most, known_at).await;
        let found = asked.loads().submissions.one((known_at, most), self.organisation.id, load).await;
        let found = found.map_err(|error| asked.failure(&error))?.unwrap_or_default();
        Ok(found.into_iter().map(|one| SubmissionType::new(one, known_at)).collect())
    }
}

impl OrganisationType {
    async fn find_score(
        &self,
        context: &Context<'_>,
        period: PeriodText,
        as_known_at: Option<DateTime>,
    ) -> Result<Option<RiskScore>> {
        let asked = Asked::by(context)?;
        let known_at = asked.known_at(as_known_at).await?.counted;
        let Some(assessment) = asked.assessment(period.0, known_at).await? else { return Ok(None) };
        let mut all = assessment.organisations.iter().enumerate();
        let own = all.find(|(_, one)| one.organisation.id == self.organisation.id);
        Ok(own.and_then(|(place, one)| {
            let score = one.outcome.score(None)?;
            Some(risk_score(&asked, &assessment, place, one, score))
        }))
    }
}
