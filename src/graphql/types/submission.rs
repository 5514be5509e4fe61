//! Submissions and the uploads they are made of.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};

use super::{
    CorrectionType, DeliveryVersionType, LocalizedText, OrganisationType, ReceiptType, SeverityType,
    finding::FindingType,
};
use crate::{
    domain::{Instant, OrganisationId, RowCounts, Scope, Severity, SubmissionId, SubmissionState, UploadId},
    graphql::{
        context::Asked,
        scalars::{DateTime, PeriodText},
    },
    service::{CheckedSubmission, Error, History, Relations, SubmissionEvent},
};

/// Where a submission is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "SubmissionState", remote = "SubmissionState")]
pub(in crate::graphql) enum SubmissionStateType {
    /// The bytes are here; nothing was judged yet (ontvangen).
    Received,
    /// Checked without errors; waits for approval (gecontroleerd). Checked is not submitted.
    Checked,
    /// Checked and refused: it has errors (afgekeurd).
    Rejected,
    /// Submitted: its numbers count (goedgekeurd).
    Approved,
    /// A later version took its place (vervangen).
    Superseded,
    /// Taken back by the organisation (ingetrokken).
    Withdrawn,
}

/// Bytes that were received; they come by `POST /uploads`, or with the mutation.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "UploadedFile")]
pub(in crate::graphql) struct UploadType {
    /// Its identifier.
    id: ID,
    /// SHA-256 of the bytes.
    sha256: String,
}

impl UploadType {
    fn new(id: UploadId, sha256: String) -> Self {
        Self { id: id.to_string().into(), sha256 }
    }
}

/// The file with a column that says of each row what is wrong with it and how to put it right (kopie met opmerkingen).
///
/// Mended in that copy and sent again, the column is recognised and ignored. Paths of this server, to be fetched with the
/// same token; the language follows `Accept-Language`.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "AnnotatedCopy")]
struct AnnotatedCopyType {
    /// As CSV, whatever the length of the file.
    csv: String,
    /// As a workbook (XLSX), with the wrong cells coloured; for files that are not too long.
    xlsx: String,
}

/// Where the rows of a file went: read = accepted + unchanged + superseded + rejected.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "RowCounts")]
pub(super) struct RowCountsType {
    /// Data rows in the file.
    read: u32,
    /// Taken over.
    accepted: u32,
    /// Said the same as an earlier row.
    unchanged: u32,
    /// Took the place of an earlier row.
    superseded: u32,
    /// Not taken over.
    rejected: u32,
}

impl From<RowCounts> for RowCountsType {
    fn from(rows: RowCounts) -> Self {
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            read: count(rows.read),
            accepted: count(rows.accepted),
            unchanged: count(rows.unchanged),
            superseded: count(rows.superseded),
            rejected: count(rows.rejected),
        }
    }
}

/// A step in the life of a submission.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "SubmissionEvent")]
struct SubmissionEventType {
    /// To which state.
    state: SubmissionStateType,
    /// When.
    at: DateTime,
    /// Why, where a reason was given.
    reason: Option<String>,
}

impl From<SubmissionEvent> for SubmissionEventType {
    fn from(event: SubmissionEvent) -> Self {
        Self { state: event.state.into(), at: DateTime(event.at), reason: event.reason }
    }
}

/// One version of a delivery (inzending): a file, what the check said of it, and its life.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Submission", complex)]
pub(in crate::graphql) struct SubmissionType {
    #[graphql(skip)]
    checked: CheckedSubmission,
    #[graphql(skip)]
    known_at: Instant,
    /// Its identifier.
    pub(in crate::graphql) id: ID,
    /// The dataset; null when the file was not recognised.
    dataset: Option<String>,
    /// The periods its rows are about.
    periods: Vec<PeriodText>,
    /// What the file was called.
    file_name: String,
    /// The bytes it was made of.
    upload: UploadType,
    /// Where it is in its life.
    state: SubmissionStateType,
    /// Since when.
    state_since: DateTime,
    /// When it was made.
    created_at: DateTime,
    /// Where the rows went.
    rows: RowCountsType,
    /// What stands in the way now, in one sentence; null when nothing does.
    blocked: Option<LocalizedText>,
}

impl SubmissionType {
    /// The type for `checked`, as known at `known_at`.
    pub(in crate::graphql) fn new(checked: CheckedSubmission, known_at: Instant) -> Self {
        let CheckedSubmission { submission, report, .. } = &checked;
        let first_error = report.findings.iter().find(|finding| finding.severity == Severity::Error);
        Self {
            known_at,
            id: submission.id.to_string().into(),
            dataset: submission.dataset.clone(),
            periods: report.periods.iter().copied().map(PeriodText).collect(),
            file_name: submission.file_name.clone(),
            upload: UploadType::new(submission.upload, submission.digest.to_string()),
            state: submission.state.into(),
            state_since: DateTime(submission.state_since),
            created_at: DateTime(submission.created_at),
            rows: report.rows.into(),
            blocked: first_error.map(|finding| (&finding.message).into()),
            checked,
        }
    }
}

#[ComplexObject]
impl SubmissionType {
    /// Whose.
    async fn organisation(&self, context: &Context<'_>) -> Result<OrganisationType> {
        let asked = Asked::by(context)?;
        let load = async |_: Vec<OrganisationId>| {
            let all = asked.service.organisations(&asked.actor).await?;
            Ok(all.into_iter().map(|one| (one.id, one)).collect())
        };
        let found = asked.loads().organisations.one((), self.checked.submission.organisation, load).await;
        let found = found.map_err(|error| asked.failure(&error))?.ok_or_else(|| asked.failure(&Error::NotFound))?;
        Ok(found.into())
    }

    /// What the check said (bevindingen): errors, then questions, then notes, in the order of the file.
    async fn findings(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only findings of this weight.")] severity: Option<SeverityType>,
    ) -> Result<Vec<FindingType>> {
        let asked = Asked::by(context)?;
        let history = self.history(&asked).await?;
        let findings = self.checked.report.findings.iter().enumerate();
        Ok(findings
            .filter(|(_, finding)| severity.is_none_or(|severity| severity == finding.severity.into()))
            .map(|(number, finding)| FindingType::new(number, finding, &history.explanations))
            .collect())
    }

    /// Where the file is to be had with remarks, for who delivers; null for others, and when the file was refused for
    /// data about persons and no byte of it was kept.
    #[expect(clippy::unused_async, reason = "a resolver that waits for nothing")]
    async fn annotated_copy(&self, context: &Context<'_>) -> Result<Option<AnnotatedCopyType>> {
        let asked = Asked::by(context)?;
        // Who looks at the sector sees figures, not files.
        let is_own = asked.actor.scope != Scope::Sector;
        let id = self.checked.submission.id;
        let is_kept = is_own && !self.checked.report.refuses_personal_data();
        Ok(is_kept.then(|| AnnotatedCopyType {
            csv: format!("/submissions/{id}/copy.csv"),
            xlsx: format!("/submissions/{id}/copy.xlsx"),
        }))
    }

    /// Which versions it is, of which periods (versies); empty until it is approved.
    async fn versions(&self, context: &Context<'_>) -> Result<Vec<DeliveryVersionType>> {
        Ok(self.relations(context).await?.versions.iter().map(Into::into).collect())
    }

    /// Why it took the place of an earlier version (correctie); null when it did not.
    async fn correction(&self, context: &Context<'_>) -> Result<Option<CorrectionType>> {
        Ok(self.relations(context).await?.correction.clone().map(Into::into))
    }

    /// The latest earlier submission of the same organisation that was made of the very same bytes (zelfde bestand).
    async fn same_bytes_as_id(&self, context: &Context<'_>) -> Result<Option<ID>> {
        Ok(self.relations(context).await?.same_bytes_as.map(|id| id.to_string().into()))
    }

    /// The proof of its approval (ontvangstbewijs); null until it is approved.
    async fn receipt(&self, context: &Context<'_>) -> Option<Result<ReceiptType>> {
        self.find_receipt(context).await.transpose()
    }

    /// Its life so far.
    async fn events(&self, context: &Context<'_>) -> Result<Vec<SubmissionEventType>> {
        let asked = Asked::by(context)?;
        Ok(self.history(&asked).await?.events.iter().cloned().map(Into::into).collect())
    }
}

impl SubmissionType {
    async fn history(&self, asked: &Asked<'_>) -> Result<Arc<History>> {
        let known_at = self.known_at;
        let load = async |ids: Vec<SubmissionId>| asked.service.histories(&asked.actor, &ids, known_at).await;
        let found = asked.loads().histories.one(known_at, self.checked.submission.id, load).await;
        found.map_err(|error| asked.failure(&error))?.ok_or_else(|| asked.failure(&Error::NotFound))
    }

    async fn relations(&self, context: &Context<'_>) -> Result<Arc<Relations>> {
        let (asked, known_at) = (Asked::by(context)?, self.known_at);
        let load = async |ids: Vec<SubmissionId>| asked.service.relations(&asked.actor, &ids, known_at).await;
        let found = asked.loads().relations.one(known_at, self.checked.submission.id, load).await;
        found.map_err(|error| asked.failure(&error))?.ok_or_else(|| asked.failure(&Error::NotFound))
    }

    async fn find_receipt(&self, context: &Context<'_>) -> Result<Option<ReceiptType>> {
        let (asked, known_at) = (Asked::by(context)?, self.known_at);
        let load = async |ids: Vec<SubmissionId>| asked.service.receipts_of(&asked.actor, &ids, known_at).await;
        let found = asked.loads().receipts.one(known_at, self.checked.submission.id, load).await;
        Ok(found.map_err(|error| asked.failure(&error))?.and_then(ReceiptType::new))
    }
}
