//! Submissions: a row that never changes, and the events of its life.

use super::{Error, Tx, error::read, moment::Moment, scope::Filter};
use crate::domain::{DataClass, Digest, Instant, OrganisationId, Scope, SubmissionId, SubmissionState, UploadId};

statements! {
    INSERT = "INSERT INTO submission (organisation_id, id, dataset, upload_id, file_name, digest, catalogue_hash, report,
            created_at, created_by, class)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    LIST = "SELECT submission.organisation_id, submission.id, submission.dataset, submission.upload_id,
            submission.file_name, submission.digest, submission.catalogue_hash, submission.report,
            submission.created_at, submission.created_by, event.state, event.at,
            submission.class
        FROM submission JOIN submission_event AS event ON event.submission_id = submission.id
        WHERE (CAST($1 AS TEXT) IS NULL OR submission.organisation_id = $1)
        AND (submission.class = 'supervision' OR submission.organisation_id = $8)
        AND (CAST($9 AS TEXT) IS NULL OR (submission.organisation_id, submission.dataset) IN (SELECT organisation_id, dataset FROM mandated
            WHERE holder = $9 AND from_day <= $10 AND until_day >= $10))
        AND (CAST($2 AS TEXT) IS NULL OR submission.id = $2)
        AND (CAST($3 AS TEXT) IS NULL OR submission.dataset = $3)
        AND (CAST($4 AS TEXT) IS NULL OR event.state = $4)
        AND (CAST($5 AS TEXT) IS NULL OR submission.id < $5)
        AND event.sequence = (SELECT MAX(latest.sequence) FROM submission_event AS latest
            WHERE latest.submission_id = submission.id AND latest.at <= $6)
        ORDER BY submission.id DESC LIMIT $7";
    LIST_CHANGED = "SELECT DISTINCT event.at, submission.id
        FROM submission_event AS event JOIN submission ON submission.id = event.submission_id
        WHERE event.at > $1 AND event.at <= $2
        AND (CAST($3 AS TEXT) IS NULL OR submission.organisation_id = $3)
        AND (submission.class = 'supervision' OR submission.organisation_id = $4)
        AND (CAST($7 AS TEXT) IS NULL OR (submission.organisation_id, submission.dataset) IN (SELECT organisation_id, dataset FROM mandated
            WHERE holder = $7 AND from_day <= $8 AND until_day >= $8))
        AND (CAST($5 AS TEXT) IS NULL OR submission.id = $5)
        ORDER BY event.at, submission.id LIMIT $6";
    FIND_OF_UPLOAD = "SELECT id FROM submission WHERE upload_id = $1
        AND (CAST($2 AS TEXT) IS NULL OR organisation_id = $2)
        AND (class = 'supervision' OR organisation_id = $2)
        AND (CAST($3 AS TEXT) IS NULL OR (organisation_id, dataset) IN (SELECT organisation_id, dataset FROM mandated
            WHERE holder = $3 AND from_day <= $4 AND until_day >= $4))
        ORDER BY id DESC LIMIT 1";
    INSERT_DRAFT = "INSERT INTO draft (submission_id, observations) VALUES ($1, $2)";
    FIND_DRAFT = "SELECT observations FROM draft WHERE submission_id = $1";
    APPEND_EVENT = "INSERT INTO submission_event (submission_id, sequence, state, at, actor, reason)
        VALUES ($1, $2, $3, $4, $5, $6)";
    LIST_EVENTS = "SELECT sequence, state, at, actor, reason FROM submission_event
        WHERE submission_id = $1 AND at <= $2 ORDER BY sequence";
    EXPLAIN = "INSERT INTO explanation (submission_id, finding, sequence, text, at, actor)
        VALUES ($1, $2, (SELECT COUNT(*) FROM explanation WHERE submission_id = $1 AND finding = $2), $3, $4, $5)";
    LIST_EXPLANATIONS = "SELECT finding, text, at, actor FROM explanation
        WHERE submission_id = $1 AND at <= $2 ORDER BY finding, sequence";
}

/// A submission in the state it had at the moment that was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Its identifier.
    pub id: SubmissionId,
    /// Whose.
    pub organisation: OrganisationId,
    /// The dataset; `None` when the file was not recognised.
    pub dataset: Option<String>,
    /// The upload it was made of.
    pub upload: UploadId,
    /// What the file was called.
    pub file_name: String,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// The catalogue by which it was checked.
    pub catalogue_hash: Digest,
    /// What the check said: canonical JSON, compressed.
    pub report: Vec<u8>,
    /// When it was made.
    pub created_at: Instant,
    /// By whom.
    pub created_by: String,
    /// Where it was in its life.
    pub state: SubmissionState,
    /// Since when.
    pub state_since: Instant,
    /// What its figures may be used for; what is for learning only is in no sector's scope.
    pub class: DataClass,
}

/// A step in the life of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmissionEvent {
    /// Which step, from 0.
    pub sequence: i64,
    /// To which state.
    pub state: SubmissionState,
    /// When.
    pub at: Instant,
    /// By whom.
    pub actor: String,
    /// Why, where a reason was given.
    pub reason: Option<String>,
}

/// What an organisation said of a finding. The last one counts; earlier ones stay readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The finding's place in the report, from 0.
    pub finding: usize,
    /// What was said.
    pub text: String,
    /// When.
    pub at: Instant,
    /// By whom.
    pub actor: String,
}

/// Which submissions are wanted. Newest first.
#[derive(Clone, Copy, Debug)]
pub struct SubmissionFilter<'a> {
    /// This one only.
    pub id: Option<SubmissionId>,
    /// Of this organisation.
    pub organisation: Option<OrganisationId>,
    /// Of this dataset.
    pub dataset: Option<&'a str>,
    /// In this state.
    pub state: Option<SubmissionState>,
    /// Made before this one.
    pub before: Option<SubmissionId>,
    /// As known at this moment.
    pub known_at: Instant,
    /// At most so many.
    pub limit: i64,
}

/// Adds one; its events are appended apart.
pub async fn insert(tx: &mut Tx, submission: &Submission) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT)
        .bind(submission.organisation.to_string())
        .bind(submission.id.to_string())
        .bind(&submission.dataset)
        .bind(submission.upload.to_string())
        .bind(&submission.file_name)
        .bind(submission.digest.as_bytes().as_slice())
        .bind(submission.catalogue_hash.as_bytes().as_slice())
        .bind(&submission.report)
        .bind(Moment(submission.created_at))
        .bind(&submission.created_by)
        .bind(submission.class.as_str())
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// The submission with this identifier within `scope`, as known at `known_at`.
pub async fn find(tx: &mut Tx, scope: Scope, id: SubmissionId, known_at: Instant) -> Result<Option<Submission>, Error> {
    let wanted = SubmissionFilter {
        id: Some(id),
        organisation: None,
        dataset: None,
        state: None,
        before: None,
        known_at,
        limit: 1,
    };
    Ok(list(tx, scope, &wanted).await?.pop())
}

/// The submissions within `scope` that `filter` asks for, newest first. What is for learning only is in the scope of
/// its own organisation and in no other: the filter of a wider one does not open it.
pub async fn list(tx: &mut Tx, scope: Scope, filter: &SubmissionFilter<'_>) -> Result<Vec<Submission>, Error> {
    let by = Filter::of(scope);
    let organisation = match (scope.itself(), filter.organisation) {
        (Some(own), Some(asked)) if own != asked => return Ok(Vec::new()),
        (own, asked) => own.or(asked),
    };
    let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(LIST)
        .bind(organisation.map(|id| id.to_string()))
        .bind(filter.id.map(|id| id.to_string()))
        .bind(filter.dataset)
        .bind(filter.state.map(SubmissionState::as_str))
        .bind(filter.before.map(|id| id.to_string()))
        .bind(Moment(filter.known_at))
        .bind(filter.limit)
        .bind(by.whole)
        .bind(by.holder)
        .bind(by.day)
        .fetch_all(connection).await?);
    rows.into_iter().map(submission).collect()
}

/// Which submissions within `scope` took a step after `after`, each with the moment of it, in their
/// order. Of `filter` count who and which, `known_at` as the last moment, and the limit. What is for learning only is in the
/// scope of its own organisation alone.
pub async fn list_changed(
    tx: &mut Tx,
    scope: Scope,
    filter: &SubmissionFilter<'_>,
    after: Instant,
) -> Result<Vec<(Instant, SubmissionId)>, Error> {
    let by = Filter::of(scope);
    let organisation = match (scope.itself(), filter.organisation) {
        (Some(own), Some(asked)) if own != asked => return Ok(Vec::new()),
        (own, asked) => own.or(asked),
    };
    let rows: Vec<(Moment, String)> = on!(tx, connection => sqlx::query_as(LIST_CHANGED)
        .bind(Moment(after))
        .bind(Moment(filter.known_at))
        .bind(organisation.map(|id| id.to_string()))
        .bind(by.whole)
        .bind(filter.id.map(|id| id.to_string()))
        .bind(filter.limit)
        .bind(by.holder)
        .bind(by.day)
        .fetch_all(connection).await?);
    rows.into_iter().map(|(at, id)| Ok((at.0, read(id.parse().ok(), "submission", "id")?))).collect()
}

/// The latest submission that was made of an upload, within `scope`.
pub async fn find_of_upload(tx: &mut Tx, scope: Scope, upload: UploadId) -> Result<Option<SubmissionId>, Error> {
    let by = Filter::of(scope);
    let row: Option<(String,)> = on!(tx, connection => sqlx::query_as(FIND_OF_UPLOAD)
        .bind(upload.to_string())
        .bind(by.whole)
        .bind(by.holder)
        .bind(by.day)
        .fetch_optional(connection).await?);
    row.map(|(id,)| read(id.parse().ok(), "submission", "id")).transpose()
}

pub(super) type Row =
    (String, String, Option<String>, String, String, Vec<u8>, Vec<u8>, Vec<u8>, Moment, String, String, Moment, String);

pub(super) fn submission(row: Row) -> Result<Submission, Error> {
    let (organisation, id, dataset, upload, file_name, digest, catalogue_hash, report, at, by, state, since, class) =
        row;
    let bytes = |found: Vec<u8>, column| read(found.try_into().ok().map(Digest::from_bytes), "submission", column);
    Ok(Submission {
        id: read(id.parse().ok(), "submission", "id")?,
        organisation: read(organisation.parse().ok(), "submission", "organisation_id")?,
        dataset,
        upload: read(upload.parse().ok(), "submission", "upload_id")?,
        file_name,
        digest: bytes(digest, "digest")?,
        catalogue_hash: bytes(catalogue_hash, "catalogue_hash")?,
        report,
        created_at: at.0,
        created_by: by,
        state: read(SubmissionState::parse(&state), "submission_event", "state")?,
        state_since: since.0,
        class: read(DataClass::parse(&class), "submission", "class")?,
    })
}

/// Keeps what a checked file says, packed by the caller.
pub async fn insert_draft(tx: &mut Tx, submission: SubmissionId, observations: &[u8]) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT_DRAFT)
        .bind(submission.to_string()).bind(observations).execute(connection).await.map(drop)?);
    Ok(())
}

/// What [`insert_draft`] was given. The caller has seen that the submission is within scope.
pub async fn find_draft(tx: &mut Tx, submission: SubmissionId) -> Result<Option<Vec<u8>>, Error> {
    let row: Option<(Vec<u8>,)> = on!(tx, connection => sqlx::query_as(FIND_DRAFT)
        .bind(submission.to_string()).fetch_optional(connection).await?);
    Ok(row.map(|(observations,)| observations))
}

/// Adds a step. Two who take the same step at once: the second gets a conflict.
pub async fn append_event(tx: &mut Tx, submission: SubmissionId, event: &SubmissionEvent) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(APPEND_EVENT)
        .bind(submission.to_string())
        .bind(event.sequence)
        .bind(event.state.as_str())
        .bind(Moment(event.at))
        .bind(&event.actor)
        .bind(&event.reason)
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// The steps of a submission up to `known_at`, in order. The caller has seen that it is within scope.
pub async fn list_events(
    tx: &mut Tx,
    submission: SubmissionId,
    known_at: Instant,
) -> Result<Vec<SubmissionEvent>, Error> {
    let rows: Vec<(i64, String, Moment, String, Option<String>)> = on!(tx, connection => sqlx::query_as(LIST_EVENTS)
        .bind(submission.to_string()).bind(Moment(known_at)).fetch_all(connection).await?);
    rows.into_iter()
        .map(|(sequence, state, at, actor, reason)| {
            let state = read(SubmissionState::parse(&state), "submission_event", "state")?;
            Ok(SubmissionEvent { sequence, state, at: at.0, actor, reason })
        })
        .collect()
}

/// Adds what was said of a finding.
pub async fn explain(tx: &mut Tx, submission: SubmissionId, explanation: &Explanation) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(EXPLAIN)
        .bind(submission.to_string())
        .bind(i64::try_from(explanation.finding).unwrap_or(i64::MAX))
        .bind(&explanation.text)
        .bind(Moment(explanation.at))
        .bind(&explanation.actor)
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// What was said of the findings of a submission up to `known_at`. The caller has seen that it is within scope.
pub async fn list_explanations(
    tx: &mut Tx,
    submission: SubmissionId,
    known_at: Instant,
) -> Result<Vec<Explanation>, Error> {
    let rows: Vec<(i64, String, Moment, String)> = on!(tx, connection => sqlx::query_as(LIST_EXPLANATIONS)
        .bind(submission.to_string()).bind(Moment(known_at)).fetch_all(connection).await?);
    rows.into_iter()
        .map(|(finding, text, at, actor)| {
            let finding = read(finding.try_into().ok(), "explanation", "finding")?;
            Ok(Explanation { finding, text, at: at.0, actor })
        })
        .collect()
}
