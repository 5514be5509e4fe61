//! What can be done: a submission made, explained, approved, withdrawn.
//!
//! An ordinary "no" is data (`userErrors`); only faults, limits and a missing right are errors.

mod mandates;
mod overrides;
mod windows;

use async_graphql::{Context, ID, InputObject, MergedObject, Object, Result, SimpleObject};

use super::{
    context::Asked,
    files::ReceivedFile,
    scalars::{DateTime, FileHandle, Key},
    types::{CorrectionInput, ReceiptType, SubmissionType, UserError},
};
use crate::{
    domain::{Digest, SubmissionId},
    service::{Approval, ApprovalRequest, CheckedSubmission, Error, Refusal},
};

/// What a submission is made of.
#[derive(InputObject)]
struct CreateSubmissionInput {
    /// The upload: the `id` that `POST /uploads` answered. Either this or `file`.
    upload_id: Option<ID>,
    /// The file itself (bestand), for clients that speak GraphQL alone. Either this or `uploadId`.
    file: Option<FileHandle>,
    /// The dataset, for example `indicatoren`; without it the header decides.
    dataset: Option<String>,
    /// Done once, however often it is sent with this key (idempotentiesleutel); kept for 48 hours.
    idempotency_key: Option<Key>,
}

/// What came of it.
#[derive(SimpleObject)]
struct CreateSubmissionPayload {
    /// The submission, checked; null when it could not be made. Of a file about several organisations, the first.
    submission: Option<SubmissionType>,
    /// The submissions, checked, by AGB code: one for each organisation in a file that an intermediary sent (per
    /// organisatie een inzending). Empty when none could be made.
    submissions: Vec<SubmissionType>,
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
    /// Done once, however often it is sent with this key (idempotentiesleutel); kept for 48 hours.
    idempotency_key: Option<Key>,
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
    /// The `basis` of the `approvalPreview` that was seen (grondslag). When anything that was compared has changed
    /// since, nothing is submitted. It may be left out only where no earlier version is in force.
    basis: Option<String>,
    /// Why they take the place of what is in force (correctie); needed when they do.
    correction: Option<CorrectionInput>,
    /// Done once, however often it is sent with this key (idempotentiesleutel); kept for 48 hours.
    idempotency_key: Option<Key>,
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
    /// The proofs of the approval (ontvangstbewijzen): one for each organisation.
    receipts: Vec<ReceiptType>,
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
    /// Done once, however often it is sent with this key (idempotentiesleutel); kept for 48 hours.
    idempotency_key: Option<Key>,
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

/// What can be done. An ordinary "no" is an answer, in `userErrors`.
#[derive(Debug, Default, MergedObject)]
pub(super) struct Mutation(
    SubmissionMutation,
    mandates::MandateMutation,
    overrides::OverrideMutation,
    windows::WindowMutation,
);

#[derive(Debug, Default)]
struct SubmissionMutation;

#[Object]
impl SubmissionMutation {
    /// Makes a submission of an upload and checks it. Checked is not submitted.
    async fn create_submission(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What it is made of.")] input: CreateSubmissionInput,
    ) -> Result<CreateSubmissionPayload> {
        let asked = Asked::once(context, input.idempotency_key)?;
        let outcome = match (&input.upload_id, &input.file) {
            (Some(id), None) => create_of_upload(&asked, id, input.dataset.as_deref()).await,
            (None, Some(handle)) => create_of_file(&asked, asked.file(handle)?, input.dataset.as_deref()).await,
            _ => Err(Refusal::UploadChoice.into()),
        };
        let path: &[&str] = match outcome.as_ref().map_err(Error::code) {
            Err("DATASET_UNKNOWN") => &["input", "dataset"],
            Err("UPLOAD_CHOICE") => &["input"],
            _ if input.file.is_some() => &["input", "file"],
            _ => &["input", "uploadId"],
        };
        let (checked, user_errors) = answer(&asked, outcome, path)?;
        let all = checked.unwrap_or_default();
        Ok(CreateSubmissionPayload {
            submission: all.first().cloned().map(shown),
            submissions: all.into_iter().map(shown).collect(),
            user_errors,
        })
    }

    /// Explains or confirms a finding; every question must have one before approval.
    async fn explain_finding(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is said of what.")] input: ExplainFindingInput,
    ) -> Result<ExplainFindingPayload> {
        let asked = Asked::once(context, input.idempotency_key)?;
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
        Ok(ExplainFindingPayload { submission: checked.map(shown), user_errors })
    }

    /// Submits what was checked: the numbers count from now on, and the scores follow at once.
    async fn approve_submissions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is approved.")] input: ApproveSubmissionsInput,
    ) -> Result<ApproveSubmissionsPayload> {
        let asked = Asked::once(context, input.idempotency_key)?;
        let ids: Result<Vec<SubmissionId>, _> = input.submission_ids.iter().map(|id| id.parse()).collect();
        let basis = input.basis.map(|basis| basis.parse::<Digest>()).transpose();
        let outcome = match (ids, basis) {
            (Ok(submissions), Ok(basis)) => {
                let correction = input.correction.map(Into::into);
                asked.service.approve(&asked.actor, &ApprovalRequest { submissions, basis, correction }).await
            }
            (Err(_), _) => Err(Error::NotFound),
            // A text that names no comparison names none that still holds.
            (_, Err(_)) => Err(Refusal::VersionChanged.into()),
        };
        let path: &[&str] = match outcome.as_ref().map_err(Error::code) {
            Err("VERSION_CHANGED" | "VERSION_NOT_SEEN") => &["input", "basis"],
            Err("CORRECTION_MISSING") => &["input", "correction"],
            Err("TEXT_LENGTH") => &["input", "correction", "reason"],
            _ => &["input", "submissionIds"],
        };
        let (approval, user_errors) = answer(&asked, outcome, path)?;
        let approved_at = approval.as_ref().map(|approval| DateTime(approval.at));
        let run_ids = run_ids(approval.as_ref());
        let (submissions, receipts) = match approval {
            Some(approval) => (Some(reload(&asked, &approval).await?), receipts(&asked, &approval).await?),
            None => (None, Vec::new()),
        };
        Ok(ApproveSubmissionsPayload { submissions, approved_at, run_ids, receipts, user_errors })
    }

    /// Takes a submission back. Nothing comes in its place until something else is approved.
    async fn withdraw_submission(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is withdrawn, and why.")] input: WithdrawSubmissionInput,
    ) -> Result<WithdrawSubmissionPayload> {
        let asked = Asked::once(context, input.idempotency_key)?;
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

async fn create_of_upload(asked: &Asked<'_>, id: &ID, dataset: Option<&str>) -> Result<Vec<CheckedSubmission>, Error> {
    let upload = id.parse().map_err(|_| Error::NotFound)?;
    asked.service.create_submissions(&asked.actor, upload, dataset).await
}

/// Keeps the file and makes a submission of it; of one that was sent before under the same key, nothing is kept again.
async fn create_of_file(
    asked: &Asked<'_>,
    file: ReceivedFile,
    dataset: Option<&str>,
) -> Result<Vec<CheckedSubmission>, Error> {
    if let Some(before) = asked.service.created_before(&asked.actor).await? {
        return Ok(before);
    }
    let upload = asked.service.receive(&asked.actor, None, &file.name, file.content).await?;
    asked.service.create_submissions(&asked.actor, upload.id, dataset).await
}

/// What was done, or why not; a fault is an error. Of a key that was used for something else, the key is what is wrong.
pub(super) fn answer<T>(
    asked: &Asked<'_>,
    outcome: Result<T, Error>,
    path: &[&str],
) -> Result<(Option<T>, Vec<UserError>)> {
    match outcome {
        Ok(done) => Ok((Some(done), Vec::new())),
        Err(error) => match UserError::from_error(asked.catalogue(), &error, at_fault(&error, path)) {
            Some(user_error) => Ok((None, vec![user_error])),
            None => Err(asked.failure(&error)),
        },
    }
}

fn at_fault<'a>(error: &Error, path: &'a [&'a str]) -> &'a [&'a str] {
    if matches!(error, Error::Refused(Refusal::IdempotencyConflict)) { &["input", "idempotencyKey"] } else { path }
}

async fn receipts(asked: &Asked<'_>, approval: &Approval) -> Result<Vec<ReceiptType>> {
    let mut receipts = Vec::with_capacity(approval.receipts.len());
    for id in &approval.receipts {
        let found = asked.service.receipt(&asked.actor, *id).await.map_err(|error| asked.failure(&error))?;
        receipts.extend(found.and_then(ReceiptType::new));
    }
    Ok(receipts)
}

/// The submission as it is after the change, what was just said of it included.
fn shown(checked: CheckedSubmission) -> SubmissionType {
    let at = checked.known_at;
    SubmissionType::new(checked, at)
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
