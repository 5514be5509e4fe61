//! Scoring runs: content-addressed, so the same run is written once.

use super::{Error, Tx, error::read, moment::Moment, scope::closed};
use crate::domain::{Digest, Instant, OrganisationId, Period, RunId, Scope};

statements! {
    INSERT = "INSERT INTO run (id, period, known_at, engine_version, catalogue_hash, input_hash, output_hash, sector)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    INSERT_OUTCOME = "INSERT INTO run_organisation (organisation_id, run_id, outcome) VALUES ($1, $2, $3)";
    FIND = "SELECT id, period, known_at, engine_version, catalogue_hash, input_hash, output_hash, sector
        FROM run WHERE id = $1";
    FIND_LATEST = "SELECT id, period, known_at, engine_version, catalogue_hash, input_hash, output_hash, sector
        FROM run WHERE period = $1 AND known_at <= $2 ORDER BY known_at DESC, id DESC LIMIT 1";
    LIST = "SELECT id, period, known_at, engine_version, catalogue_hash, input_hash, output_hash, sector
        FROM run WHERE known_at <= $1 AND known_at = (SELECT MAX(latest.known_at) FROM run AS latest
            WHERE latest.period = run.period AND latest.known_at <= $1)
        ORDER BY period";
    LIST_ALL = "SELECT id, period, known_at, engine_version, catalogue_hash, input_hash, output_hash, sector
        FROM run ORDER BY known_at, period, id";
    LIST_SINCE = "SELECT id, period, known_at, engine_version, catalogue_hash, input_hash, output_hash, sector
        FROM run WHERE known_at > $1 AND known_at <= $2 AND (CAST($3 AS TEXT) IS NULL OR period = $3)
        ORDER BY known_at, period, id LIMIT $4";
    LIST_OUTCOMES = "SELECT organisation_id, outcome FROM run_organisation
        WHERE run_id = $1 AND (CAST($2 AS TEXT) IS NULL OR organisation_id = $2)
        ORDER BY organisation_id";
}

/// A run as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The identifier that follows from the rest of its key.
    pub id: RunId,
    /// The period that was scored.
    pub period: Period,
    /// The moment whose knowledge was used.
    pub known_at: Instant,
    /// The version of the method.
    pub engine_version: String,
    /// The catalogue.
    pub catalogue_hash: Digest,
    /// What was scored.
    pub input_hash: Digest,
    /// SHA-256 of the canonical JSON of the whole result.
    pub output_hash: Digest,
    /// What holds for the sector as a whole: canonical JSON, compressed.
    pub sector: Vec<u8>,
}

/// What a run says of one organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOutcome {
    /// Whose.
    pub organisation: OrganisationId,
    /// Canonical JSON, compressed.
    pub outcome: Vec<u8>,
}

type Row = (String, String, Moment, String, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>);

/// Adds a run; its outcomes are added apart.
pub async fn insert(tx: &mut Tx, run: &Run) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT)
        .bind(run.id.to_string())
        .bind(run.period.to_string())
        .bind(Moment(run.known_at))
        .bind(&run.engine_version)
        .bind(run.catalogue_hash.as_bytes().as_slice())
        .bind(run.input_hash.as_bytes().as_slice())
        .bind(run.output_hash.as_bytes().as_slice())
        .bind(&run.sector)
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// Adds what a run says of one organisation.
pub async fn insert_outcome(tx: &mut Tx, run: RunId, outcome: &RunOutcome) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT_OUTCOME)
        .bind(outcome.organisation.to_string())
        .bind(run.to_string())
        .bind(&outcome.outcome)
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// The run with this identifier.
pub async fn find(tx: &mut Tx, id: RunId) -> Result<Option<Run>, Error> {
    let row: Option<Row> =
        on!(tx, connection => sqlx::query_as(FIND).bind(id.to_string()).fetch_optional(connection).await?);
    row.map(run).transpose()
}

/// The last run of `period` that was known at `known_at`.
pub async fn find_latest(tx: &mut Tx, period: Period, known_at: Instant) -> Result<Option<Run>, Error> {
    let row: Option<Row> = on!(tx, connection => sqlx::query_as(FIND_LATEST)
        .bind(period.to_string()).bind(Moment(known_at)).fetch_optional(connection).await?);
    row.map(run).transpose()
}

/// Every run, in the order in which they were made.
pub async fn list_all(tx: &mut Tx) -> Result<Vec<Run>, Error> {
    let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(LIST_ALL).fetch_all(connection).await?);
    rows.into_iter().map(run).collect()
}

/// The last run of every period that was known at `known_at`, by period.
pub async fn list(tx: &mut Tx, known_at: Instant) -> Result<Vec<Run>, Error> {
    let rows: Vec<Row> =
        on!(tx, connection => sqlx::query_as(LIST).bind(Moment(known_at)).fetch_all(connection).await?);
    rows.into_iter().map(run).collect()
}

/// The runs that were made after `after` and up to `until`, of `period` or of any, in their order; at most `limit`.
pub async fn list_since(
    tx: &mut Tx,
    period: Option<Period>,
    after: Instant,
    until: Instant,
    limit: i64,
) -> Result<Vec<Run>, Error> {
    let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(LIST_SINCE)
        .bind(Moment(after))
        .bind(Moment(until))
        .bind(period.map(|period| period.to_string()))
        .bind(limit)
        .fetch_all(connection).await?);
    rows.into_iter().map(run).collect()
}

/// What a run says of the organisations within `scope`.
pub async fn list_outcomes(tx: &mut Tx, scope: Scope, run: RunId) -> Result<Vec<RunOutcome>, Error> {
    let rows: Vec<(String, Vec<u8>)> = on!(tx, connection => sqlx::query_as(LIST_OUTCOMES)
        .bind(run.to_string())
        .bind(closed(scope))
        .fetch_all(connection).await?);
    rows.into_iter()
        .map(|(organisation, outcome)| {
            let organisation = read(organisation.parse().ok(), "run_organisation", "organisation_id")?;
            Ok(RunOutcome { organisation, outcome })
        })
        .collect()
}

fn run(
    (id, period, known_at, engine_version, catalogue_hash, input_hash, output_hash, sector): Row,
) -> Result<Run, Error> {
    let digest = |found: Vec<u8>, column| read(found.try_into().ok().map(Digest::from_bytes), "run", column);
    Ok(Run {
        id: read(id.parse().ok(), "run", "id")?,
        period: read(period.parse().ok(), "run", "period")?,
        known_at: known_at.0,
        engine_version,
        catalogue_hash: digest(catalogue_hash, "catalogue_hash")?,
        input_hash: digest(input_hash, "input_hash")?,
        output_hash: digest(output_hash, "output_hash")?,
        sector,
    })
}
