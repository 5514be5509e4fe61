//! Checks that are running: how far each is. A row is gone when its check is done, and means nothing when nobody went
//! on with it for long.

use super::{Error, Tx, error::read, moment::Moment, scope::closed};
use crate::domain::{Instant, Notice, Once, OrganisationId, Scope, UploadId};

statements! {
    SAVE = "INSERT INTO running_check (organisation_id, upload_id, caller, key, rows_checked, bytes_read, bytes_total, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (upload_id) DO UPDATE SET caller = excluded.caller, key = excluded.key,
            rows_checked = excluded.rows_checked, bytes_read = excluded.bytes_read,
            bytes_total = excluded.bytes_total, at = excluded.at";
    FIND = "SELECT organisation_id, upload_id, rows_checked, bytes_read, bytes_total, at FROM running_check
        WHERE upload_id = $1 AND at > $2 AND (CAST($3 AS TEXT) IS NULL OR organisation_id = $3)";
    FIND_BY_KEY = "SELECT organisation_id, upload_id, rows_checked, bytes_read, bytes_total, at FROM running_check
        WHERE caller = $1 AND key = $2 AND at > $3";
    DELETE = "DELETE FROM running_check WHERE upload_id = $1";
    DELETE_OLD = "DELETE FROM running_check WHERE at <= $1";
}

/// How far a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunningCheck {
    /// Whose file.
    pub organisation: OrganisationId,
    /// Which.
    pub upload: UploadId,
    /// How many rows were found right so far.
    pub rows: u64,
    /// How many bytes were read so far.
    pub bytes_read: u64,
    /// How many there are.
    pub bytes_total: u64,
    /// When that was so.
    pub at: Instant,
}

type Row = (String, String, i64, i64, i64, Moment);

/// Notes how far a check is, of a request of `caller` with this key if it has one, and tells it.
pub async fn save(tx: &mut Tx, check: &RunningCheck, caller: &str, once: Option<Once>) -> Result<(), Error> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    on!(tx, connection => sqlx::query(SAVE)
        .bind(check.organisation.to_string())
        .bind(check.upload.to_string())
        .bind(caller)
        .bind(once.map(|once| text(once.key)))
        .bind(number(check.rows))
        .bind(number(check.bytes_read))
        .bind(number(check.bytes_total))
        .bind(Moment(check.at))
        .execute(connection).await.map(drop)?);
    tx.announce(Notice::Check(check.upload)).await
}

/// How far the check of this upload is, within `scope`, when somebody went on with it after `since`.
pub async fn find(tx: &mut Tx, scope: Scope, upload: UploadId, since: Instant) -> Result<Option<RunningCheck>, Error> {
    let row: Option<Row> = on!(tx, connection => sqlx::query_as(FIND)
        .bind(upload.to_string())
        .bind(Moment(since))
        .bind(closed(scope))
        .fetch_optional(connection).await?);
    row.map(running).transpose()
}

/// The same, of the check that `caller` asked for under this key.
pub async fn find_by_key(tx: &mut Tx, caller: &str, key: u128, since: Instant) -> Result<Option<RunningCheck>, Error> {
    let row: Option<Row> = on!(tx, connection => sqlx::query_as(FIND_BY_KEY)
        .bind(caller)
        .bind(text(key))
        .bind(Moment(since))
        .fetch_optional(connection).await?);
    row.map(running).transpose()
}

/// The check of this upload ended, and that is told.
pub async fn delete(tx: &mut Tx, upload: UploadId) -> Result<(), Error> {
    on!(tx, connection =>
        sqlx::query(DELETE).bind(upload.to_string()).execute(connection).await.map(drop)?);
    tx.announce(Notice::Check(upload)).await
}

/// Lets go of checks that nobody went on with after `since`.
pub async fn delete_old(tx: &mut Tx, since: Instant) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(DELETE_OLD).bind(Moment(since)).execute(connection).await.map(drop)?);
    Ok(())
}

fn running((organisation, upload, rows, bytes_read, bytes_total, at): Row) -> Result<RunningCheck, Error> {
    let count = |number: i64, column| read(number.try_into().ok(), "running_check", column);
    Ok(RunningCheck {
        organisation: read(organisation.parse().ok(), "running_check", "organisation_id")?,
        upload: read(upload.parse().ok(), "running_check", "upload_id")?,
        rows: count(rows, "rows_checked")?,
        bytes_read: count(bytes_read, "bytes_read")?,
        bytes_total: count(bytes_total, "bytes_total")?,
        at: at.0,
    })
}

fn text(key: u128) -> String {
    format!("{key:032x}")
}
