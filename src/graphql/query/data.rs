//! Questions about the catalogue, organisations and what they delivered.

use std::collections::BTreeMap;

use async_graphql::{Context, Enum, ID, InputObject, Interface, Object, OneofObject, Result, SimpleObject};

use super::mandates::find_mandate;
use crate::{
    domain::{MandateId, Organisation, OrganisationId, Period, ReportedNumber, Role, SubmissionId, Succession},
    graphql::{
        context::Asked,
        page::{ORDINARY_PAGE, Page, PageRequest},
        plan::{ObservationRow, ObservationShape, PageOf, page_of},
        scalars::{AgbCodeText, DateTime, PeriodText},
        types::{
            CatalogueType, IndicatorType, IntermediaryType, MandateType, ObservationType, OrganisationType,
            SubmissionStateType, SubmissionType,
        },
    },
    service::{Error, NumberInForce, NumberQuery, SubmissionQuery},
};

/// The most submissions that one walk sees.
const LONGEST_WALK: usize = 10_000;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "Role", remote = "Role")]
enum RoleType {
    /// Delivers for one organisation and sees that organisation.
    Organisation,
    /// Acts for organisations that gave it a mandate (machtiging), and sees what that lets it.
    Intermediary,
    /// Works at the inspectorate and sees all organisations.
    Inspector,
    /// Runs the service.
    Operator,
}

/// Who is asking.
#[derive(SimpleObject)]
struct Viewer {
    /// What they may do.
    role: RoleType,
    /// Their organisation; null for the inspectorate and for an intermediary.
    organisation: Option<OrganisationType>,
    /// The intermediary they are of (intermediair); null for others. What it may do is in `mandates`.
    intermediary: Option<IntermediaryType>,
}

/// Anything with an identifier.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "&ID", desc = "Its identifier."))]
enum Node {
    Organisation(Box<OrganisationType>),
    Submission(Box<SubmissionType>),
    Mandate(Box<MandateType>),
}

/// One way to name an organisation.
#[derive(OneofObject)]
pub(super) enum OrganisationBy {
    /// By its identifier.
    Id(ID),
    /// By its AGB code.
    AgbCode(AgbCodeText),
}

/// Which submissions are wanted.
#[derive(Default, InputObject)]
struct SubmissionFilter {
    /// Of this organisation.
    organisation: Option<ID>,
    /// Of this dataset, for example `indicatoren`.
    dataset: Option<String>,
    /// In this state.
    state: Option<SubmissionStateType>,
}

/// Which observations are wanted.
#[derive(Default, InputObject)]
struct ObservationFilter {
    /// Of this organisation.
    organisation: Option<ID>,
    /// Of these indicators.
    indicators: Option<Vec<String>>,
    /// Those of parts of organisations, for example postcode areas, in place of those of the whole.
    by_part: Option<bool>,
    /// Of these parts, for example the PC4 `7411`; asks for parts.
    parts: Option<Vec<String>>,
}

/// As which organisations figures are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
#[graphql(name = "Succession", remote = "Succession")]
pub(super) enum SuccessionType {
    /// The organisations as they were (zoals toen): each with what it delivered itself.
    #[default]
    AsThen,
    /// As they are now (zoals nu): what an organisation delivered before it merged counts with its successor. Counts and
    /// hours are added, means weighed; of a yes or no the successor's own stands. Only where the asker may see both.
    AsNow,
}

#[derive(Debug, Default)]
pub(super) struct DataQuery;

#[Object]
impl DataQuery {
    /// Who is asking.
    async fn viewer(&self, context: &Context<'_>) -> Result<Viewer> {
        let asked = Asked::by(context)?;
        let organisation = match asked.actor.scope.itself() {
            Some(id) => find_organisation(&asked, id).await?,
            None => None,
        };
        let intermediary = asked.service.own_intermediary(&asked.actor).await.map_err(|error| asked.failure(&error))?;
        Ok(Viewer {
            role: asked.actor.role.into(),
            organisation: organisation.map(Into::into),
            intermediary: intermediary.map(Into::into),
        })
    }

    /// Anything by its identifier; null when it does not exist or is not yours.
    async fn node(&self, context: &Context<'_>, #[graphql(desc = "The identifier.")] id: ID) -> Option<Result<Node>> {
        find_node(context, &id).await.transpose()
    }

    /// One organisation; null when it does not exist or is not yours.
    async fn organisation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How it is named.")] by: OrganisationBy,
    ) -> Option<Result<OrganisationType>> {
        organisation_by(context, by).await.map(|found| found.map(Into::into)).transpose()
    }

    /// The organisations that you may see, by AGB code.
    async fn organisations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, at most 100.", default_with = "ORDINARY_PAGE")] first: i32,
        #[graphql(desc = "After the row with this cursor.")] after: Option<String>,
    ) -> Result<Page<OrganisationType>> {
        let asked = Asked::by(context)?;
        let page = PageRequest::new(first, after, asked.known_at(None).await?)?;
        let found = asked.service.organisations(&asked.actor).await;
        Ok(page.cut(found.map_err(|error| asked.failure(&error))?, Into::into))
    }

    /// The periods of which something was delivered, in order.
    async fn periods(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Result<Vec<PeriodText>> {
        let asked = Asked::by(context)?;
        let known_at = asked.known_at(as_known_at).await?.counted;
        let found = asked.service.periods(known_at).await;
        Ok(found.map_err(|error| asked.failure(&error))?.into_iter().map(PeriodText).collect())
    }

    /// What may be delivered and how it is judged.
    #[expect(clippy::unused_async, reason = "a resolver that waits for nothing")]
    async fn catalogue(&self, context: &Context<'_>) -> Result<CatalogueType> {
        Ok(Asked::by(context)?.catalogue().into())
    }

    /// One indicator by its code or INID.
    async fn indicator(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "For example `KZ06` or `INID000769`.")] code: String,
    ) -> Option<Result<IndicatorType>> {
        let asked = match Asked::by(context) {
            Ok(asked) => asked,
            Err(error) => return Some(Err(error)),
        };
        let catalogue = asked.catalogue();
        let named = |one: &&crate::catalogue::Indicator| one.code == code || one.inid.as_ref() == Some(&code);
        catalogue.all_indicators().find(named).map(|found| Ok(IndicatorType::new(catalogue, found)))
    }

    /// One submission; null when it does not exist or is not yours.
    async fn submission(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its identifier.")] id: ID,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Option<Result<SubmissionType>> {
        find_submission(context, &id, as_known_at).await.transpose()
    }

    /// The submissions that you may see, newest first.
    async fn submissions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.", default)] filter: SubmissionFilter,
        #[graphql(desc = "How many, at most 100.", default_with = "ORDINARY_PAGE")] first: i32,
        #[graphql(desc = "After the row with this cursor.")] after: Option<String>,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Result<Page<SubmissionType>> {
        let asked = Asked::by(context)?;
        let page = PageRequest::new(first, after, asked.known_at(as_known_at).await?)?;
        let query = SubmissionQuery {
            organisation: match named_organisation(filter.organisation.as_ref()) {
                Ok(organisation) => organisation,
                Err(()) => return Ok(page.cut(Vec::new(), |one| SubmissionType::new(one, page.known_at))),
            },
            dataset: filter.dataset,
            state: filter.state.map(Into::into),
            before: None,
            limit: LONGEST_WALK,
        };
        let found = asked.service.submissions(&asked.actor, &query, page.known_at).await;
        let found = found.map_err(|error| asked.failure(&error))?;
        Ok(page.cut(found, |one| SubmissionType::new(one, page.known_at)))
    }

    /// The numbers in force for a period, by AGB code, indicator and part. Those for learning only are shown to the
    /// organisation itself alone.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn observations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The period, for example 2025.")] period: PeriodText,
        #[graphql(desc = "Which.", default)] filter: ObservationFilter,
        #[graphql(desc = "As which organisations, where some merged; as they were, without it.", default)]
        organisations: SuccessionType,
        #[graphql(desc = "How many, at most 100.", default_with = "ORDINARY_PAGE")] first: i32,
        #[graphql(desc = "After the row with this cursor.")] after: Option<String>,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Result<PageOf<ObservationType>> {
        let asked = Asked::by(context)?;
        let page = PageRequest::new(first, after, asked.known_at(as_known_at).await?)?;
        let rows = observations(&asked, period.0, &filter, organisations.into(), page).await?;
        let rows = rows.iter().map(|(organisation, found)| ObservationRow { organisation, found });
        let node = |row: ObservationRow<'_>| {
            let (organisation, found) = (row.organisation.clone(), row.found.clone());
            ObservationType::new(asked.catalogue(), organisation, found, page.known_at)
        };
        Ok(page_of::<ObservationShape>(&asked, context, page, rows, node))
    }
}

async fn observations(
    asked: &Asked<'_>,
    period: Period,
    filter: &ObservationFilter,
    succession: Succession,
    page: PageRequest,
) -> Result<Vec<(Organisation, NumberInForce)>> {
    let fail = |error| asked.failure(&error);
    let mut rows = Vec::new();
    if let Ok(organisation) = named_organisation(filter.organisation.as_ref()) {
        let by_code: BTreeMap<_, Organisation> = asked
            .service
            .organisations(&asked.actor)
            .await
            .map_err(fail)?
            .into_iter()
            .map(|one| (one.agb_code, one))
            .collect();
        let by_part = filter.by_part.unwrap_or(filter.parts.is_some());
        let query = NumberQuery { organisation, period, by_part, for_learning: true, succession };
        let found = asked.service.numbers(&asked.actor, &query, page.known_at).await.map_err(fail)?;
        let wanted = |one: &ReportedNumber| {
            filter.indicators.as_ref().is_none_or(|wanted| wanted.contains(&one.indicator))
                && filter.parts.as_ref().is_none_or(|wanted| one.part.as_ref().is_some_and(|one| wanted.contains(one)))
        };
        rows.extend(
            found
                .into_iter()
                .filter(|one| wanted(&one.number))
                .filter_map(|one| Some((by_code.get(&one.number.agb_code)?.clone(), one))),
        );
    }
    Ok(rows)
}

/// The organisation that a filter names. A text that is no identifier names nobody.
fn named_organisation(id: Option<&ID>) -> Result<Option<OrganisationId>, ()> {
    id.map(|id| id.parse()).transpose().map_err(|_| ())
}

async fn find_organisation(asked: &Asked<'_>, id: OrganisationId) -> Result<Option<Organisation>> {
    asked.service.organisation(&asked.actor, id).await.map_err(|error| asked.failure(&error))
}

/// The organisation named so; nothing when it does not exist or is not the asker's.
pub(super) async fn organisation_by(context: &Context<'_>, by: OrganisationBy) -> Result<Option<Organisation>> {
    let asked = Asked::by(context)?;
    match by {
        OrganisationBy::Id(id) => match id.parse() {
            Ok(id) => find_organisation(&asked, id).await,
            Err(_) => Ok(None),
        },
        OrganisationBy::AgbCode(code) => {
            let found = asked.service.organisation_by_agb(&asked.actor, code.0).await;
            found.map_err(|error: Error| asked.failure(&error))
        }
    }
}

async fn find_submission(
    context: &Context<'_>,
    id: &ID,
    as_known_at: Option<DateTime>,
) -> Result<Option<SubmissionType>> {
    let asked = Asked::by(context)?;
    let known_at = asked.known_at(as_known_at).await?.counted;
    let Ok(id) = id.parse::<SubmissionId>() else { return Ok(None) };
    let found = asked.service.submission(&asked.actor, id, known_at).await;
    Ok(found.map_err(|error| asked.failure(&error))?.map(|one| SubmissionType::new(one, known_at)))
}

async fn find_node(context: &Context<'_>, id: &ID) -> Result<Option<Node>> {
    if id.starts_with(SubmissionId::PREFIX) {
        let found = find_submission(context, id, None).await?;
        return Ok(found.map(|found| Node::Submission(Box::new(found))));
    }
    if id.starts_with(MandateId::PREFIX) {
        return Ok(find_mandate(context, id).await?.map(|found| Node::Mandate(Box::new(found))));
    }
    let found = organisation_by(context, OrganisationBy::Id(id.clone())).await?;
    Ok(found.map(|found| Node::Organisation(Box::new(found.into()))))
}
