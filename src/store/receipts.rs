//! Receipts of approvals and the reasons of corrections: written with the approval, never changed.

use super::{Error, Tx, error::read, moment::Moment, scope::Filter};
use crate::domain::{Correction, Instant, OrganisationId, ReceiptId, Scope, SubmissionId};

statements! {
    INSERT = "INSERT INTO receipt (organisation_id, id, at, body, signature, key_id, submissions)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    INSERT_SUBMISSION = "INSERT INTO receipt_submission (submission_id, receipt_id) VALUES ($1, $2)";
    FIND = "SELECT organisation_id, id, at, body, signature, key_id FROM receipt
        WHERE id = $1 AND (CAST($2 AS TEXT) IS NULL OR organisation_id = $2) AND at <= $3
        AND (CAST($2 AS TEXT) IS NOT NULL OR NOT EXISTS (SELECT 1 FROM receipt_submission AS line
            JOIN submission ON submission.id = line.submission_id
            WHERE line.receipt_id = receipt.id AND submission.class <> 'supervision'))
        AND (CAST($4 AS TEXT) IS NULL OR receipt.submissions = (SELECT COUNT(*) FROM receipt_submission AS line
            JOIN submission ON submission.id = line.submission_id
            WHERE line.receipt_id = receipt.id AND (submission.organisation_id, submission.dataset) IN
                (SELECT organisation_id, dataset FROM mandated
                WHERE holder = $4 AND from_day <= $5 AND until_day >= $5)))";
    INSERT_CORRECTION = "INSERT INTO correction (submission_id, class, reason, at) VALUES ($1, $2, $3, $4)";
}

/// A receipt as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Whose.
    pub organisation: OrganisationId,
    /// Its identifier.
    pub id: ReceiptId,
    /// The moment of the approval.
    pub at: Instant,
    /// What was signed: canonical JSON.
    pub body: Vec<u8>,
    /// The Ed25519 signature over it.
    pub signature: Vec<u8>,
    /// Which key signed.
    pub key_id: String,
}

/// Keeps a receipt of these submissions.
pub async fn insert(tx: &mut Tx, receipt: &Receipt, submissions: &[SubmissionId]) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT)
        .bind(receipt.organisation.to_string())
        .bind(receipt.id.to_string())
        .bind(Moment(receipt.at))
        .bind(&receipt.body)
        .bind(&receipt.signature)
        .bind(&receipt.key_id)
        .bind(i64::try_from(submissions.len()).unwrap_or(i64::MAX))
        .execute(connection).await.map(drop)?);
    for submission in submissions {
        on!(tx, connection => sqlx::query(INSERT_SUBMISSION)
            .bind(submission.to_string())
            .bind(receipt.id.to_string())
            .execute(connection).await.map(drop)?);
    }
    Ok(())
}

type Row = (String, String, Moment, Vec<u8>, Vec<u8>, String);

/// The receipt with this identifier within `scope`, when it was there at `known_at`.
pub async fn find(tx: &mut Tx, scope: Scope, id: ReceiptId, known_at: Instant) -> Result<Option<Receipt>, Error> {
    let filter = Filter::of(scope);
    let row: Option<Row> = on!(tx, connection => sqlx::query_as(FIND)
        .bind(id.to_string())
        .bind(filter.whole)
        .bind(Moment(known_at))
        .bind(filter.holder)
        .bind(filter.day)
        .fetch_optional(connection).await?);
    row.map(receipt).transpose()
}

pub(super) fn receipt((organisation, id, at, body, signature, key_id): Row) -> Result<Receipt, Error> {
    Ok(Receipt {
        organisation: read(organisation.parse().ok(), "receipt", "organisation_id")?,
        id: read(id.parse().ok(), "receipt", "id")?,
        at: at.0,
        body,
        signature,
        key_id,
    })
}

/// Keeps why a submission took the place of what was in force.
pub async fn insert_correction(
    tx: &mut Tx,
    submission: SubmissionId,
    correction: &Correction,
    at: Instant,
) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT_CORRECTION)
        .bind(submission.to_string())
        .bind(correction.class.as_str())
        .bind(&correction.reason)
        .bind(Moment(at))
        .execute(connection).await.map(drop)?);
    Ok(())
}
