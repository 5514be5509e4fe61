//! Questions about checks that are running.

use async_graphql::{Context, Object, Result};

use crate::graphql::{
    context::Asked,
    types::{CheckBy, CheckProgressType},
};

#[derive(Debug, Default)]
pub(super) struct CheckQuery;

#[Object]
impl CheckQuery {
    /// How far the check of a file is (voortgang van de controle), for who delivers it; null when there is no such upload
    /// or it is not yours. The subscription of this name tells it as it goes on.
    async fn check_progress(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which check.")] by: CheckBy,
    ) -> Option<Result<CheckProgressType>> {
        find_progress(context, by).await.transpose()
    }
}

async fn find_progress(context: &Context<'_>, by: CheckBy) -> Result<Option<CheckProgressType>> {
    let asked = Asked::by(context)?;
    let found = asked.service.check_progress(&asked.actor, by.into()).await;
    Ok(found.map_err(|error| asked.failure(&error))?.map(CheckProgressType::new))
}
