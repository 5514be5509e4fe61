//! What was done under an idempotency key.

use super::{Error, Tx, error::read, moment::Moment};
use crate::domain::{Digest, Instant, Once};

statements! {
    FIND = "SELECT fingerprint, outcome FROM idempotency WHERE caller = $1 AND key = $2 AND at > $3";
    FORGET = "DELETE FROM idempotency WHERE caller = $1 AND key = $2 AND at <= $3";
    INSERT = "INSERT INTO idempotency (caller, key, fingerprint, outcome, at) VALUES ($1, $2, $3, $4, $5)";
    DELETE_OLD = "DELETE FROM idempotency WHERE at <= $1";
}

/// What was done under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownOutcome {
    /// SHA-256 of what was asked.
    pub fingerprint: Digest,
    /// What came of it, as the service wrote it.
    pub outcome: String,
}

/// What `caller` did under this key after `since`.
pub async fn find(tx: &mut Tx, caller: &str, key: u128, since: Instant) -> Result<Option<KnownOutcome>, Error> {
    let row: Option<(Vec<u8>, String)> = on!(tx, connection => sqlx::query_as(FIND)
        .bind(caller)
        .bind(text(key))
        .bind(Moment(since))
        .fetch_optional(connection).await?);
    row.map(|(fingerprint, outcome)| {
        let fingerprint = fingerprint.try_into().ok().map(Digest::from_bytes);
        Ok(KnownOutcome { fingerprint: read(fingerprint, "idempotency", "fingerprint")?, outcome })
    })
    .transpose()
}

/// Notes what `caller` did under this key at `at`; a key of before `since` may be used again. Fails as a conflict when
/// another request with the key was first.
pub async fn insert(
    tx: &mut Tx,
    caller: &str,
    once: Once,
    outcome: &str,
    at: Instant,
    since: Instant,
) -> Result<(), Error> {
    on!(tx, connection => {
        sqlx::query(FORGET)
            .bind(caller)
            .bind(text(once.key))
            .bind(Moment(since))
            .execute(&mut *connection).await?;
        sqlx::query(INSERT)
            .bind(caller)
            .bind(text(once.key))
            .bind(once.fingerprint.as_bytes().as_slice())
            .bind(outcome)
            .bind(Moment(at))
            .execute(connection).await?;
    });
    Ok(())
}

/// Lets go of what was done up to `since`.
pub async fn delete_old(tx: &mut Tx, since: Instant) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(DELETE_OLD).bind(Moment(since)).execute(connection).await.map(drop)?);
    Ok(())
}

fn text(key: u128) -> String {
    format!("{key:032x}")
}
