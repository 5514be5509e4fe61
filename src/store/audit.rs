//! The audit log: every line carries the hash of the line before it.

use std::{borrow::Cow, sync::LazyLock};

use serde::{Deserialize, Serialize};

use super::{Error, Tx, error::read, moment::Moment};
use crate::domain::{AuditId, Digest, Instant, Scope};

statements! {
    TAKE_TURNS = "UPDATE turn SET number = number + $1 WHERE name = 'audit' RETURNING number";
    LAST = "SELECT hash FROM audit WHERE sequence = $1";
    APPEND = "INSERT INTO audit (sequence, id, at, actor, action, object, result, origin, document, cost, previous, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    COUNT = "SELECT COUNT(*) AS lines FROM audit WHERE id = $1";
    PAGE = "SELECT sequence, id, at, actor, action, object, result, origin, document, cost, previous, hash FROM audit
        WHERE sequence > $1 ORDER BY sequence LIMIT 1000";
    COUNT_TURNS = "SELECT number FROM turn WHERE name = 'audit'";
}

/// How many lines go in by one statement.
const TOGETHER: usize = 64;

/// [`APPEND`] for so many lines; made from it, so that it is no statement of its own. For PostgreSQL, and for SQLite: that
/// looks a parameter with a number up among all others, each time one is bound.
static APPEND_TOGETHER: LazyLock<[String; 2]> = LazyLock::new(|| {
    let (insert, row) = APPEND.split_once("VALUES ").unwrap_or((APPEND, ""));
    let cells = row.matches('$').count();
    let together = |parameter: &dyn Fn(usize) -> String| {
        let line = |line: usize| (1..=cells).map(|cell| parameter(line * cells + cell)).collect::<Vec<_>>().join(", ");
        let lines = (0..TOGETHER).map(|number| format!("({})", line(number))).collect::<Vec<_>>();
        format!("{insert}VALUES {}", lines.join(", "))
    };
    [together(&|number| format!("${number}")), together(&|_| "?".to_owned())]
});

/// Who did what to what, by which request, and how it ended. Never free text, never a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its identifier.
    pub id: AuditId,
    /// When.
    pub at: Instant,
    /// Who: the identifier of a token or a session, `operator`, or `nobody` for who was not let in.
    pub actor: String,
    /// What: `submission.approved`, `scores.read`, ...
    pub action: Cow<'static, str>,
    /// To what: an identifier.
    pub object: String,
    /// How it ended.
    pub result: String,
    /// From where: an address, or `local` for work at the machine itself.
    pub origin: String,
    /// SHA-256 of the GraphQL document, when it came by one.
    pub document: Option<Digest>,
    /// What it cost, in points, when that was measured.
    pub cost: Option<u32>,
}

/// Where the log is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditBreak {
    /// The number of the line that does not fit the one before it, or itself, or is not there.
    pub sequence: i64,
}

/// Adds a line. To be called last in a unit of work: others wait for their turn from here to the commit.
pub async fn append(tx: &mut Tx, entry: &AuditEntry) -> Result<(), Error> {
    append_lines(tx, &[entry]).await
}

/// Adds `entries` in their order, unless they are there; to be called as [`append`]. What was added in one unit of work
/// is there whole or not at all: the first tells.
pub async fn append_once(tx: &mut Tx, entries: &[AuditEntry]) -> Result<(), Error> {
    let Some(first) = entries.first().map(|entry| entry.id.to_string()) else { return Ok(()) };
    let own = tx.enter(Scope::Sector).await?;
    let (count,): (i64,) = on!(tx, connection => sqlx::query_as(COUNT).bind(first).fetch_one(connection).await?);
    tx.enter(own).await?;
    if count > 0 { Ok(()) } else { append_lines(tx, &entries.iter().collect::<Vec<_>>()).await }
}

/// A line with its place in the chain.
struct Line<'a> {
    entry: &'a AuditEntry,
    id: String,
    sequence: i64,
    previous: Digest,
    hash: Digest,
}

async fn append_lines(tx: &mut Tx, entries: &[&AuditEntry]) -> Result<(), Error> {
    // The line before may be anybody's.
    let own = tx.enter(Scope::Sector).await?;
    let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    let (last,): (i64,) = on!(tx, connection => sqlx::query_as(TAKE_TURNS).bind(count).fetch_one(connection).await?);
    let before: Option<(Vec<u8>,)> =
        on!(tx, connection => sqlx::query_as(LAST).bind(last - count).fetch_optional(connection).await?);
    let mut previous = match before {
        Some((hash,)) => read(hash.try_into().ok().map(Digest::from_bytes), "audit", "hash")?,
        None => Digest::from_bytes([0; 32]),
    };
    let mut lines = Vec::with_capacity(entries.len());
    for (sequence, entry) in (last - count + 1..).zip(entries.iter().copied()) {
        let id = entry.id.to_string();
        let told = Told { origin: &entry.origin, document: entry.document, cost: entry.cost.map(i64::from) };
        let fields = [&id, &entry.at.to_string(), &entry.actor, &*entry.action, &entry.object, &entry.result];
        let hash = line_hash(previous, sequence, fields, Some(told));
        lines.push(Line { entry, id, sequence, previous, hash });
        previous = hash;
    }
    let (together, rest) = lines.as_chunks::<TOGETHER>();
    let [numbered, plain] = &*APPEND_TOGETHER;
    let append_together = if matches!(tx, Tx::Postgres(..)) { numbered } else { plain };
    for lines in together {
        insert(tx, append_together, lines).await?;
    }
    for line in rest {
        insert(tx, APPEND, std::slice::from_ref(line)).await?;
    }
    tx.enter(own).await?;
    Ok(())
}

async fn insert(tx: &mut Tx, statement: &'static str, lines: &[Line<'_>]) -> Result<(), Error> {
    on!(tx, connection => {
        let mut query = sqlx::query(statement);
        for Line { entry, id, sequence, previous, hash } in lines {
            query = query
                .bind(*sequence)
                .bind(id)
                .bind(Moment(entry.at))
                .bind(&entry.actor)
                .bind(&*entry.action)
                .bind(&entry.object)
                .bind(&entry.result)
                .bind(&entry.origin)
                .bind(entry.document.map(|document| document.as_bytes().to_vec()))
                .bind(entry.cost.map(i64::from))
                .bind(previous.as_bytes().as_slice())
                .bind(hash.as_bytes().as_slice());
        }
        query.execute(connection).await.map(drop)?;
    });
    Ok(())
}

type Row = (
    i64,
    String,
    Moment,
    String,
    String,
    String,
    String,
    Option<String>,
    Option<Vec<u8>>,
    Option<i64>,
    Vec<u8>,
    Vec<u8>,
);

/// Reads the whole log and recomputes every hash: the number of lines, or the first that does not fit. A log that
/// lost its last lines has fewer than turns were taken.
pub async fn verify(tx: &mut Tx) -> Result<Result<i64, AuditBreak>, Error> {
    let mut previous = Digest::from_bytes([0; 32]);
    let mut count = 0;
    loop {
        let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(PAGE).bind(count).fetch_all(connection).await?);
        if rows.is_empty() {
            let (turns,): (i64,) = on!(tx, connection => sqlx::query_as(COUNT_TURNS).fetch_one(connection).await?);
            return Ok(if turns == count { Ok(count) } else { Err(AuditBreak { sequence: count + 1 }) });
        }
        for row in rows {
            let sequence = row.0;
            match check(&row, previous) {
                Some(hash) if sequence == count + 1 => previous = hash,
                _ => return Ok(Err(AuditBreak { sequence })),
            }
            count = sequence;
        }
    }
}

/// The hash of a line that fits itself and the one before it.
fn check(row: &Row, previous: Digest) -> Option<Digest> {
    let (sequence, id, at, actor, action, object, result, origin, document, cost, said_previous, said) = row;
    let told = match (origin, document, cost) {
        (Some(origin), document, cost) => {
            let document = match document {
                Some(bytes) => Some(Digest::from_bytes(bytes.as_slice().try_into().ok()?)),
                None => None,
            };
            Some(Told { origin, document, cost: *cost })
        }
        // A line of before the log had these.
        (None, None, None) => None,
        (None, ..) => return None,
    };
    let fields = [id.as_str(), &at.0.to_string(), actor, action, object, result];
    let hash = line_hash(previous, *sequence, fields, told);
    (said_previous == previous.as_bytes() && said == hash.as_bytes()).then_some(hash)
}

/// What a line tells of the request.
#[derive(Clone, Copy)]
struct Told<'a> {
    origin: &'a str,
    document: Option<Digest>,
    cost: Option<i64>,
}

/// The length of what is not there.
const ABSENT: u64 = u64::MAX;

/// SHA-256 over the previous hash, the line's number, and each field with its length before it. What is told of the
/// request comes after a mark that is no length of a field, so that no line can be read as one without it.
fn line_hash(previous: Digest, sequence: i64, fields: [&str; 6], told: Option<Told<'_>>) -> Digest {
    let mut body = Vec::new();
    let mut put = |field: Option<&str>| {
        body.extend(field.map_or(ABSENT, |field| field.len() as u64).to_be_bytes());
        body.extend(field.unwrap_or_default().as_bytes());
    };
    for field in fields {
        put(Some(field));
    }
    if let Some(Told { origin, document, cost }) = told {
        put(None);
        put(Some(origin));
        put(document.map(|document| document.to_string()).as_deref());
        put(cost.map(|cost| cost.to_string()).as_deref());
    }
    Digest::of_parts([previous.as_bytes().as_slice(), &sequence.to_be_bytes(), &body])
}
