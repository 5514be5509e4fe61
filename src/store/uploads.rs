//! Received files: their bytes once per content, compressed by the caller.

use super::{Error, Tx, error::read, moment::Moment};
use crate::domain::{Digest, Instant, IntermediaryId, OrganisationId, Scope, UploadId};

statements! {
    SAVE_CONTENT = "INSERT INTO content (digest, size, gzip) VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING";
    LOAD_CONTENT = "SELECT gzip FROM content WHERE digest = $1";
    INSERT = "INSERT INTO upload (organisation_id, id, file_name, digest, size, received_at, expires_at, intermediary_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    FIND = "SELECT organisation_id, id, file_name, digest, size, received_at, expires_at, intermediary_id FROM upload
        WHERE id = $1 AND (CAST($2 AS TEXT) IS NULL OR organisation_id = $2)
        AND (CAST($3 AS TEXT) IS NULL OR intermediary_id = $3)";
    FORGET_UPLOADS = "DELETE FROM upload WHERE digest = $1";
    FORGET_CONTENT = "DELETE FROM content WHERE digest = $1";
    DELETE_EXPIRED = "DELETE FROM upload WHERE expires_at <= $1";
    DELETE_UNUSED_CONTENT = "DELETE FROM content
        WHERE NOT EXISTS (SELECT 1 FROM upload WHERE upload.digest = content.digest)
        AND NOT EXISTS (SELECT 1 FROM submission JOIN submission_event ON submission_event.submission_id = submission.id
            WHERE submission.digest = content.digest AND submission_event.state = 'approved')";
}

/// Who sent a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// An organisation, about itself.
    Organisation(OrganisationId),
    /// An intermediary, about those that gave it a mandate.
    Intermediary(IntermediaryId),
}

/// A file that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its identifier.
    pub id: UploadId,
    /// Who sent it.
    pub sender: Sender,
    /// What it was called.
    pub file_name: String,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// How many bytes.
    pub size: u64,
    /// When it came.
    pub received_at: Instant,
    /// When it goes, unless what was made of it is approved.
    pub expires_at: Instant,
}

/// Keeps compressed bytes; the same content is kept once.
pub async fn save_content(tx: &mut Tx, digest: Digest, size: u64, gzip: &[u8]) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(SAVE_CONTENT)
        .bind(digest.as_bytes().as_slice())
        .bind(i64::try_from(size).unwrap_or(i64::MAX))
        .bind(gzip)
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// The compressed bytes with this digest.
pub async fn load_content(tx: &mut Tx, digest: Digest) -> Result<Option<Vec<u8>>, Error> {
    let row: Option<(Vec<u8>,)> = on!(tx, connection => sqlx::query_as(LOAD_CONTENT)
        .bind(digest.as_bytes().as_slice()).fetch_optional(connection).await?);
    Ok(row.map(|(gzip,)| gzip))
}

/// Notes that a file was received.
pub async fn insert(tx: &mut Tx, upload: &Upload) -> Result<(), Error> {
    let (organisation, intermediary) = match upload.sender {
        Sender::Organisation(id) => (Some(id.to_string()), None),
        Sender::Intermediary(id) => (None, Some(id.to_string())),
    };
    on!(tx, connection => sqlx::query(INSERT)
        .bind(organisation)
        .bind(upload.id.to_string())
        .bind(&upload.file_name)
        .bind(upload.digest.as_bytes().as_slice())
        .bind(i64::try_from(upload.size).unwrap_or(i64::MAX))
        .bind(Moment(upload.received_at))
        .bind(Moment(upload.expires_at))
        .bind(intermediary)
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// The upload with this identifier, within `scope`: of an intermediary, what it sent itself.
pub async fn find(tx: &mut Tx, scope: Scope, id: UploadId) -> Result<Option<Upload>, Error> {
    type Row = (Option<String>, String, String, Vec<u8>, i64, Moment, Moment, Option<String>);
    let intermediary = match scope {
        Scope::Mandates(mandated) => Some(mandated.intermediary.to_string()),
        Scope::Organisation(_) | Scope::Sector => None,
    };
    let row: Option<Row> = on!(tx, connection => sqlx::query_as(FIND)
        .bind(id.to_string())
        .bind(scope.itself().map(|id| id.to_string()))
        .bind(intermediary)
        .fetch_optional(connection).await?);
    row.map(|(organisation, id, file_name, digest, size, received_at, expires_at, intermediary)| {
        let sender = match (organisation, intermediary) {
            (Some(id), None) => id.parse().ok().map(Sender::Organisation),
            (None, Some(id)) => id.parse().ok().map(Sender::Intermediary),
            _ => None,
        };
        Ok(Upload {
            id: read(id.parse().ok(), "upload", "id")?,
            sender: read(sender, "upload", "organisation_id")?,
            file_name,
            digest: read(digest.try_into().ok().map(Digest::from_bytes), "upload", "digest")?,
            size: read(size.try_into().ok(), "upload", "size")?,
            received_at: received_at.0,
            expires_at: expires_at.0,
        })
    })
    .transpose()
}

/// Lets go of uploads that expired, and of bytes that neither an upload nor an approved submission needs.
pub async fn delete_expired(tx: &mut Tx, now: Instant) -> Result<(), Error> {
    on!(tx, connection => {
        sqlx::query(DELETE_EXPIRED).bind(Moment(now)).execute(&mut *connection).await?;
        sqlx::query(DELETE_UNUSED_CONTENT).execute(connection).await?;
    });
    Ok(())
}

/// Lets go of these bytes at once, and of every upload of them: they should not have been sent.
pub async fn forget_content(tx: &mut Tx, digest: Digest) -> Result<(), Error> {
    on!(tx, connection => {
        sqlx::query(FORGET_UPLOADS).bind(digest.as_bytes().as_slice()).execute(&mut *connection).await?;
        sqlx::query(FORGET_CONTENT).bind(digest.as_bytes().as_slice()).execute(connection).await?;
    });
    Ok(())
}
