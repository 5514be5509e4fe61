//! The audit log: every line carries the hash of the line before it.

use super::{Error, Tx, error::read, moment::Moment};
use crate::domain::{AuditId, Digest, Instant};

statements! {
    TAKE_TURN = "UPDATE turn SET number = number + 1 WHERE name = 'audit' RETURNING number";
    LAST = "SELECT hash FROM audit WHERE sequence = $1";
    APPEND = "INSERT INTO audit (sequence, id, at, actor, action, object, result, previous, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    PAGE = "SELECT sequence, id, at, actor, action, object, result, previous, hash FROM audit
        WHERE sequence > $1 ORDER BY sequence LIMIT 1000";
    COUNT_TURNS = "SELECT number FROM turn WHERE name = 'audit'";
}

/// Who did what to what, and how it ended. Never free text, never a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its identifier.
    pub id: AuditId,
    /// When.
    pub at: Instant,
    /// Who: a token's identifier or `operator`.
    pub actor: String,
    /// What: `submission.approved`, ...
    pub action: &'static str,
    /// To what: an identifier.
    pub object: String,
    /// How it ended.
    pub result: String,
}

/// Where the log is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditBreak {
    /// The number of the line that does not fit the one before it, or itself, or is not there.
    pub sequence: i64,
}

/// Adds a line. To be called last in a unit of work: others wait for their turn from here to the commit.
pub async fn append(tx: &mut Tx, entry: &AuditEntry) -> Result<(), Error> {
    let (sequence,): (i64,) = on!(tx, connection => sqlx::query_as(TAKE_TURN).fetch_one(connection).await?);
    let last: Option<(Vec<u8>,)> =
        on!(tx, connection => sqlx::query_as(LAST).bind(sequence - 1).fetch_optional(connection).await?);
    let previous = match last {
        Some((hash,)) => read(hash.try_into().ok().map(Digest::from_bytes), "audit", "hash")?,
        None => Digest::from_bytes([0; 32]),
    };
    let fields =
        [&entry.id.to_string(), &entry.at.to_string(), &entry.actor, entry.action, &entry.object, &entry.result];
    let hash = line_hash(previous, sequence, fields);
    on!(tx, connection => sqlx::query(APPEND)
        .bind(sequence)
        .bind(entry.id.to_string())
        .bind(Moment(entry.at))
        .bind(&entry.actor)
        .bind(entry.action)
        .bind(&entry.object)
        .bind(&entry.result)
        .bind(previous.as_bytes().as_slice())
        .bind(hash.as_bytes().as_slice())
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// Reads the whole log and recomputes every hash: the number of lines, or the first that does not fit. A log that
/// lost its last lines has fewer than turns were taken.
pub async fn verify(tx: &mut Tx) -> Result<Result<i64, AuditBreak>, Error> {
    type Row = (i64, String, Moment, String, String, String, String, Vec<u8>, Vec<u8>);
    let mut previous = Digest::from_bytes([0; 32]);
    let mut count = 0;
    loop {
        let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(PAGE).bind(count).fetch_all(connection).await?);
        if rows.is_empty() {
            let (turns,): (i64,) = on!(tx, connection => sqlx::query_as(COUNT_TURNS).fetch_one(connection).await?);
            return Ok(if turns == count { Ok(count) } else { Err(AuditBreak { sequence: count + 1 }) });
        }
        for (sequence, id, at, actor, action, object, result, said_previous, said) in rows {
            let fields = [id.as_str(), &at.0.to_string(), &actor, &action, &object, &result];
            let hash = line_hash(previous, sequence, fields);
            if sequence != count + 1 || said_previous != previous.as_bytes() || said != hash.as_bytes() {
                return Ok(Err(AuditBreak { sequence }));
            }
            previous = hash;
            count = sequence;
        }
    }
}

/// SHA-256 over the previous hash, the line's number, and each field with its length before it.
fn line_hash(previous: Digest, sequence: i64, fields: [&str; 6]) -> Digest {
    let lengths = fields.map(|field| (field.len() as u64).to_be_bytes());
    let number = sequence.to_be_bytes();
    let head = [previous.as_bytes().as_slice(), &number];
    let body = fields.iter().zip(&lengths).flat_map(|(field, length)| [length.as_slice(), field.as_bytes()]);
    Digest::of_parts(head.into_iter().chain(body))
}
