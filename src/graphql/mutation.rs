//! What can be done: a submission made, explained, approved, withdrawn.
//!
//! An ordinary "no" is data (`userErrors`); only faults, limits and a missing right are errors.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use super::{
    context::Asked,
    scalars::DateTime,
    types::{SubmissionType, UserError},
};
use crate::{
    domain::SubmissionId,
    service::{Approval, CheckedSubmission, Error},
};

/// What a submission is made of.
#[derive(InputObject)]
struct CreateSubmissionInput {
    /// The upload: the `id` that `POST /uploads` answered.
    upload_id: ID,
    /// The dataset, for example `indicatoren`; without it the header decides.
    dataset: Option<String>,
}

/// What came of it.
#[derive(SimpleObject)]
struct CreateSubmissionPayload {
    /// The submission, checked; null when it could not be made.
    submission: Option<SubmissionType>,
    /// Why not.
    user_errors: Vec<UserError>,
}

/// What is said of a finding.
#[derive(InputObject)]
struct ExplainFindingInput {
    /// The submission.
    submission_id: ID,
    /// The finding's number in it.
    finding: u32,
    /// The explanation or confirmation, 3 to 1,000 characters; it travels with the numbers to the inspectorate.
    text: String,
}

/// What came of it.
#[derive(SimpleObject)]
struct ExplainFindingPayload {
    /// The submission; null when nothing was noted.
    submission: Option<SubmissionType>,
    /// Why not.
    user_errors: Vec<UserError>,
}

/// What is approved.
#[derive(InputObject)]
struct ApproveSubmissionsInput {
    /// The submissions: all of them are submitted, or none.
    submission_ids: Vec<ID>,
}

/// What came of it.
#[derive(SimpleObject)]
struct ApproveSubmissionsPayload {
    /// The submissions as they are now; null when nothing was submitted.
    submissions: Option<Vec<SubmissionType>>,
    /// The moment from which they count.
    approved_at: Option<DateTime>,
    /// The scoring runs that followed.
    run_ids: Vec<ID>,
    /// Why nothing was submitted.
    user_errors: Vec<UserError>,
}

/// What is withdrawn.
#[derive(InputObject)]
struct WithdrawSubmissionInput {
    /// The submission.
    submission_id: ID,
    /// Why, 3 to 1,000 characters.
    reason: String,
}

/// What came of it.
#[derive(SimpleObject)]
struct WithdrawSubmissionPayload {
    /// The submission as it is now; null when nothing was withdrawn.
    submission: Option<SubmissionType>,
    /// The scoring runs that followed.
    run_ids: Vec<ID>,
    /// Why not.
    user_errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub(super) struct Mutation;

/// What can be done. An ordinary "no" is an answer, in `userErrors`.
#[Object]
impl Mutation {
    /// Makes a submission of an upload and checks it. Checked is not submitted.
    async fn create_submission(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What it is made of.")] input: CreateSubmissionInput,
    ) -> Result<CreateSubmissionPayload> {
        let asked = Asked::by(context)?;
        let outcome = match input.upload_id.parse() {
            Ok(upload) => asked.service.create_submission(&asked.actor, upload, input.dataset.as_deref()).await,
            Err(_) => Err(Error::NotFound),
        };
        let path =
            if matches!(&outcome, Err(error) if error.code() == "DATASET_UNKNOWN") { "dataset" } else { "uploadId" };
        let (checked, user_errors) = answer(&asked, outcome, &["input", path])?;
        Ok(CreateSubmissionPayload { submission: shown(&asked, checked).await?, user_errors })
    }

    /// Explains or confirms a finding; every question must have one before approval.
    async fn explain_finding(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is said of what.")] input: ExplainFindingInput,
    ) -> Result<ExplainFindingPayload> {
        let asked = Asked::by(context)?;
        let outcome = match input.submission_id.parse() {
            Ok(id) => {
                let finding = usize::try_from(input.finding)?;
                asked.service.explain_finding(&asked.actor, id, finding, &input.text).await
            }
            Err(_) => Err(Error::NotFound),
        };
        let path = match outcome.as_ref().map_err(Error::code) {
            Err("TEXT_LENGTH") => "text",
            Err("FINDING_UNKNOWN" | "FINDING_IS_ERROR") => "finding",
            _ => "submissionId",
        };
        let (checked, user_errors) = answer(&asked, outcome, &["input", path])?;
        Ok(ExplainFindingPayload { submission: shown(&asked, checked).await?, user_errors })
    }

    /// Submits what was checked: the numbers count from now on, and the scores follow at once.
    async fn approve_submissions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is approved.")] input: ApproveSubmissionsInput,
    ) -> Result<ApproveSubmissionsPayload> {
        let asked = Asked::by(context)?;
        let ids: Result<Vec<SubmissionId>, _> = input.submission_ids.iter().map(|id| id.parse()).collect();
        let outcome = match ids {
            Ok(ids) => asked.service.approve(&asked.actor, &ids).await,
            Err(_) => Err(Error::NotFound),
        };
        let (approval, user_errors) = answer(&asked, outcome, &["input", "submissionIds"])?;
        let approved_at = approval.as_ref().map(|approval| DateTime(approval.at));
        let run_ids = run_ids(approval.as_ref());
        let submissions = match approval {
            Some(approval) => Some(reload(&asked, &approval).await?),
            None => None,
        };
        Ok(ApproveSubmissionsPayload { submissions, approved_at, run_ids, user_errors })
    }

    /// Takes a submission back. Nothing comes in its place until something else is approved.
    async fn withdraw_submission(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is withdrawn, and why.")] input: WithdrawSubmissionInput,
    ) -> Result<WithdrawSubmissionPayload> {
        let asked = Asked::by(context)?;
        let outcome = match input.submission_id.parse() {
            Ok(id) => asked.service.withdraw(&asked.actor, id, &input.reason).await,
            Err(_) => Err(Error::NotFound),
        };
        let path =
            if matches!(&outcome, Err(error) if error.code() == "TEXT_LENGTH") { "reason" } else { "submissionId" };
        let (withdrawal, user_errors) = answer(&asked, outcome, &["input", path])?;
        let run_ids = run_ids(withdrawal.as_ref());
        let submission = match withdrawal {
            Some(withdrawal) => reload(&asked, &withdrawal).await?.pop(),
            None => None,
        };
        Ok(WithdrawSubmissionPayload { submission, run_ids, user_errors })
    }
}

/// What was done, or why not; a fault is an error.
fn answer<T>(asked: &Asked<'_>, outcome: Result<T, Error>, path: &[&str]) -> Result<(Option<T>, Vec<UserError>)> {
    match outcome {
        Ok(done) => Ok((Some(done), Vec::new())),
        Err(error) => match UserError::from_error(asked.catalogue(), &error, path) {
            Some(user_error) => Ok((None, vec![user_error])),
            None => Err(asked.failure(&error)),
        },
    }
}

/// The submission as it is now, what was just said of it included.
async fn shown(asked: &Asked<'_>, checked: Option<CheckedSubmission>) -> Result<Option<SubmissionType>> {
    let now = asked.known_at(None).await?.counted;
    Ok(checked.map(|checked| SubmissionType::new(checked, now)))
}

fn run_ids(approval: Option<&Approval>) -> Vec<ID> {
    approval.map_or_else(Vec::new, |approval| approval.runs.iter().map(|id| id.to_string().into()).collect())
}

async fn reload(asked: &Asked<'_>, approval: &Approval) -> Result<Vec<SubmissionType>> {
    let mut submissions = Vec::with_capacity(approval.submissions.len());
    for one in &approval.submissions {
        let found = asked.service.submission(&asked.actor, one.id, approval.at).await;
        let found = found.map_err(|error| asked.failure(&error))?;
        submissions.extend(found.map(|checked| SubmissionType::new(checked, approval.at)));
    }
    Ok(submissions)
}
