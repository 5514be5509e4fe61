//! Questions about versions: what an approval would change, what it did, and its proof.

use async_graphql::{Context, ID, Object, Result, SimpleObject};

use crate::{
    domain::SubmissionId,
    graphql::{
        context::Asked,
        mutation::answer,
        scalars::DateTime,
        types::{ApprovalPreviewType, ChangeType, ReceiptType, SubmissionDifference, UserError},
    },
    service::Error,
};

/// What an approval would change, or why it cannot be approved.
#[derive(SimpleObject)]
struct ApprovalPreviewPayload {
    /// What it would change; null when it cannot be approved.
    preview: Option<ApprovalPreviewType>,
    /// Why not.
    user_errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub(super) struct LifeQuery;

#[Object]
impl LifeQuery {
    /// What an approval of these submissions would change now (voorvertoning): what becomes new, changes, stays, or
    /// disappears against the versions in force.
    async fn approval_preview(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The submissions that would be approved together.")] submission_ids: Vec<ID>,
    ) -> Result<ApprovalPreviewPayload> {
        let asked = Asked::by(context)?;
        let ids: Result<Vec<SubmissionId>, _> = submission_ids.iter().map(|id| id.parse()).collect();
        let outcome = match ids {
            Ok(ids) => asked.service.preview(&asked.actor, &ids).await,
            Err(_) => Err(Error::NotFound),
        };
        let (preview, user_errors) = answer(&asked, outcome, &["submissionIds"])?;
        Ok(ApprovalPreviewPayload { preview: preview.map(Into::into), user_errors })
    }

    /// What one version of a delivery says otherwise than another (verschil); null when one of them cannot be seen, was
    /// never approved, or they are of two organisations or datasets.
    async fn submission_difference(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The submission whose figures are `before`.")] earlier: ID,
        #[graphql(desc = "The submission whose figures are `after`.")] later: ID,
        #[graphql(desc = "Only these changes.")] changes: Option<Vec<ChangeType>>,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Option<Result<SubmissionDifference>> {
        find_difference(context, &earlier, &later, changes.as_deref(), as_known_at).await.transpose()
    }

    /// One receipt (ontvangstbewijs); null when it does not exist or is not yours.
    async fn receipt(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its identifier.")] id: ID,
    ) -> Option<Result<ReceiptType>> {
        find_receipt(context, &id).await.transpose()
    }
}

async fn find_difference(
    context: &Context<'_>,
    earlier: &ID,
    later: &ID,
    changes: Option<&[ChangeType]>,
    as_known_at: Option<DateTime>,
) -> Result<Option<SubmissionDifference>> {
    let asked = Asked::by(context)?;
    let (Ok(earlier), Ok(later)) = (earlier.parse(), later.parse()) else { return Ok(None) };
    let known_at = asked.known_at(as_known_at).await?.counted;
    let found = asked.service.difference(&asked.actor, earlier, later, known_at).await;
    let found = found.map_err(|error| asked.failure(&error))?;
    Ok(found.map(|found| SubmissionDifference::new(asked.catalogue(), later, &found, changes)))
}

async fn find_receipt(context: &Context<'_>, id: &ID) -> Result<Option<ReceiptType>> {
    let asked = Asked::by(context)?;
    let Ok(id) = id.parse() else { return Ok(None) };
    let found = asked.service.receipt(&asked.actor, id).await.map_err(|error| asked.failure(&error))?;
    Ok(found.and_then(ReceiptType::new))
}
