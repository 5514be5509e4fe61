//! Questions about mandates: given, and held.

use async_graphql::{Context, ID, InputObject, Object, Result};

use crate::{
    domain::MandateId,
    graphql::{
        context::Asked,
        page::{ORDINARY_PAGE, Page, PageRequest},
        scalars::DateTime,
        types::{IntermediaryType, MandateType},
    },
};

/// Which mandates are wanted.
#[derive(Default, InputObject)]
struct MandateFilter {
    /// Given by this organisation.
    organisation: Option<ID>,
    /// Held by this intermediary.
    intermediary: Option<ID>,
}

#[derive(Debug, Default)]
pub(super) struct MandateQuery;

#[Object]
impl MandateQuery {
    /// Mandates (machtigingen), the oldest first: of an organisation those it gave, with what became of them; of an
    /// intermediary those it holds, while they hold.
    async fn mandates(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.", default)] filter: MandateFilter,
        #[graphql(desc = "How many, at most 100.", default_with = "ORDINARY_PAGE")] first: i32,
        #[graphql(desc = "After the row with this cursor.")] after: Option<String>,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Result<Page<MandateType>> {
        let asked = Asked::by(context)?;
        let page = PageRequest::new(first, after, asked.known_at(as_known_at).await?)?;
        let today = asked.service.now().date();
        let organisation = filter.organisation.as_ref().map(|id| id.parse()).transpose();
        let mut found = match organisation {
            Ok(organisation) => {
                let found = asked.service.mandates(&asked.actor, organisation, page.known_at).await;
                found.map_err(|error| asked.failure(&error))?
            }
            // A text that is no identifier names nobody.
            Err(_) => Vec::new(),
        };
        let held_by = filter.intermediary.as_ref().map(|id| id.as_str());
        found.retain(|one| held_by.is_none_or(|id| one.intermediary.id.to_string() == id));
        Ok(page.cut(found, |one| MandateType::new(one, today)))
    }

    /// Those to whom a mandate can be given (intermediairs), by name. An intermediary sees itself.
    async fn intermediaries(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many, at most 100.", default_with = "ORDINARY_PAGE")] first: i32,
        #[graphql(desc = "After the row with this cursor.")] after: Option<String>,
    ) -> Result<Page<IntermediaryType>> {
        let asked = Asked::by(context)?;
        let page = PageRequest::new(first, after, asked.known_at(None).await?)?;
        let found = asked.service.intermediaries(&asked.actor).await;
        Ok(page.cut(found.map_err(|error| asked.failure(&error))?, Into::into))
    }
}

/// The mandate named so; nothing when it does not exist or is not the asker's.
pub(super) async fn find_mandate(context: &Context<'_>, id: &ID) -> Result<Option<MandateType>> {
    let asked = Asked::by(context)?;
    let known_at = asked.known_at(None).await?.counted;
    let Ok(id) = id.parse::<MandateId>() else { return Ok(None) };
    let found = asked.service.mandate(&asked.actor, id, known_at).await.map_err(|error| asked.failure(&error))?;
    Ok(found.map(|found| MandateType::new(found, asked.service.now().date())))
}
