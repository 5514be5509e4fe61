//! What is in force: a log of which submission speaks for (organisation, dataset, period), and since when.

use super::{Error, Tx, error::read, moment::Moment, scope::Filter};
use crate::domain::{DataClass, Instant, Notice, OrganisationId, Period, Scope, SubmissionId};

statements! {
    TAKE_TURN = "UPDATE turn SET number = number + 1 WHERE name = 'deliveries' RETURNING at";
    LAST_TURN = "SELECT at FROM turn WHERE name = 'deliveries'";
    COUNT = "SELECT CAST((SELECT COUNT(*) FROM delivery) + (SELECT COUNT(*) FROM registration) AS BIGINT) AS lines";
    END_TURN = "UPDATE turn SET at = $1 WHERE name = 'deliveries'";
    APPEND = "INSERT INTO delivery (organisation_id, dataset, period, version, submission_id, known_from, class)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    IN_FORCE = "SELECT organisation_id, dataset, period, version, submission_id, known_from, class FROM delivery
        WHERE organisation_id = $1 AND dataset = $2 AND period = $3 AND known_from <= $4
        ORDER BY version DESC LIMIT 1";
    LIST = "SELECT organisation_id, dataset, period, version, submission_id, known_from, class FROM delivery
        WHERE (CAST($1 AS TEXT) IS NULL OR organisation_id = $1)
        AND (CAST($2 AS TEXT) IS NULL OR submission_id = $2)
        AND known_from <= $3
        AND (CAST($4 AS TEXT) IS NULL OR (organisation_id, dataset) IN (SELECT organisation_id, dataset FROM mandated
            WHERE holder = $4 AND from_day <= $5 AND until_day >= $5))
        ORDER BY organisation_id, dataset, period, version";
    LIST_OF_PERIOD = "SELECT organisation_id, dataset, period, version, submission_id, known_from, class FROM delivery
        WHERE period = $1
        AND (CAST($2 AS TEXT) IS NULL OR organisation_id = $2)
        AND known_from <= $3
        AND (CAST($4 AS TEXT) IS NULL OR (organisation_id, dataset) IN (SELECT organisation_id, dataset FROM mandated
            WHERE holder = $4 AND from_day <= $5 AND until_day >= $5))
        ORDER BY organisation_id, dataset, version";
    LIST_SUPERVISED = "SELECT organisation_id, dataset, period, version, submission_id, known_from, class FROM delivery
        WHERE class = 'supervision' AND known_from <= $1
        ORDER BY organisation_id, dataset, period, version";
    LIST_PERIODS = "SELECT DISTINCT period FROM delivery WHERE class = 'supervision' AND known_from <= $1
        ORDER BY period";
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Whose.
    pub organisation: OrganisationId,
    /// The dataset.
    pub dataset: String,
    /// The period.
    pub period: Period,
    /// 1 for the first delivery; each change one more.
    pub version: i64,
    /// The submission that speaks from now on; `None` after a withdrawal.
    pub submission: Option<SubmissionId>,
    /// Since when.
    pub known_from: Instant,
    /// What its figures may be used for.
    pub class: DataClass,
}

pub(super) type Row = (String, String, String, i64, Option<String>, Moment, String);

/// Waits until nobody else is changing what can be asked as known at a moment, and gives the moment of this change:
/// `now`, or the smallest later moment that no earlier change has. To be called first in such a unit of work: changes
/// then have their moments in the order in which they are committed, so that no answer up to [`last_turn`] changes.
/// Whoever listens is told of it with the commit.
pub async fn take_turn(tx: &mut Tx, now: Instant) -> Result<Instant, Error> {
    let (last,): (Moment,) = on!(tx, connection => sqlx::query_as(TAKE_TURN).fetch_one(connection).await?);
    let at = now.max(Instant::from_microseconds(last.0.microseconds() + 1));
    on!(tx, connection => sqlx::query(END_TURN).bind(Moment(at)).execute(connection).await.map(drop)?);
    tx.announce(Notice::Change(at)).await?;
    Ok(at)
}

/// The moment of the last change that is whole.
pub async fn last_turn(tx: &mut Tx) -> Result<Instant, Error> {
    let (last,): (Moment,) = on!(tx, connection => sqlx::query_as(LAST_TURN).fetch_one(connection).await?);
    Ok(last.0)
}

/// How many lines there are, with those of the register: as long as it stays the same, so does what is in force and with
/// whom it counts.
pub async fn count(tx: &mut Tx) -> Result<i64, Error> {
    let (lines,): (i64,) = on!(tx, connection => sqlx::query_as(COUNT).fetch_one(connection).await?);
    Ok(lines)
}

/// Adds a line.
pub async fn append(tx: &mut Tx, delivery: &Delivery) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(APPEND)
        .bind(delivery.organisation.to_string())
        .bind(&delivery.dataset)
        .bind(delivery.period.to_string())
        .bind(delivery.version)
        .bind(delivery.submission.map(|id| id.to_string()))
        .bind(Moment(delivery.known_from))
        .bind(delivery.class.as_str())
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// The last line for this organisation, dataset and period that was known at `known_at`.
pub async fn in_force(
    tx: &mut Tx,
    organisation: OrganisationId,
    dataset: &str,
    period: Period,
    known_at: Instant,
) -> Result<Option<Delivery>, Error> {
    let row: Option<Row> = on!(tx, connection => sqlx::query_as(IN_FORCE)
        .bind(organisation.to_string())
        .bind(dataset)
        .bind(period.to_string())
        .bind(Moment(known_at))
        .fetch_optional(connection).await?);
    row.map(delivery).transpose()
}

/// All lines within `scope` known at `known_at`, of one submission or of all, by organisation, dataset, period and
/// version.
pub async fn list(
    tx: &mut Tx,
    scope: Scope,
    submission: Option<SubmissionId>,
    known_at: Instant,
) -> Result<Vec<Delivery>, Error> {
    let filter = Filter::of(scope);
    let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(LIST)
        .bind(filter.whole)
        .bind(submission.map(|id| id.to_string()))
        .bind(Moment(known_at))
        .bind(filter.holder)
        .bind(filter.day)
        .fetch_all(connection).await?);
    rows.into_iter().map(delivery).collect()
}

/// All lines of the whole sector that were known at `known_at` and may be used for supervision, by organisation,
/// dataset, period and version: what scores and verifies takes these.
pub async fn list_supervised(tx: &mut Tx, known_at: Instant) -> Result<Vec<Delivery>, Error> {
    let rows: Vec<Row> =
        on!(tx, connection => sqlx::query_as(LIST_SUPERVISED).bind(Moment(known_at)).fetch_all(connection).await?);
    rows.into_iter().map(delivery).collect()
}

/// All lines about a period within `scope` known at `known_at`, by organisation, dataset and version.
pub async fn list_of_period(
    tx: &mut Tx,
    scope: Scope,
    period: Period,
    known_at: Instant,
) -> Result<Vec<Delivery>, Error> {
    let filter = Filter::of(scope);
    let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(LIST_OF_PERIOD)
        .bind(period.to_string())
        .bind(filter.whole)
        .bind(Moment(known_at))
        .bind(filter.holder)
        .bind(filter.day)
        .fetch_all(connection).await?);
    rows.into_iter().map(delivery).collect()
}

/// The periods of which anything was ever delivered for supervision up to `known_at`, in order.
pub async fn list_periods(tx: &mut Tx, known_at: Instant) -> Result<Vec<Period>, Error> {
    let rows: Vec<(String,)> =
        on!(tx, connection => sqlx::query_as(LIST_PERIODS).bind(Moment(known_at)).fetch_all(connection).await?);
    let periods: Result<Vec<_>, _> =
        rows.into_iter().map(|(period,)| read(period.parse().ok(), "delivery", "period")).collect();
    let mut periods = periods?;
    // The engines' collations may differ.
    periods.sort_unstable();
    Ok(periods)
}

pub(super) fn delivery(
    (organisation, dataset, period, version, submission, known_from, class): Row,
) -> Result<Delivery, Error> {
    Ok(Delivery {
        organisation: read(organisation.parse().ok(), "delivery", "organisation_id")?,
        dataset,
        period: read(period.parse().ok(), "delivery", "period")?,
        version,
        submission: submission.map(|id| read(id.parse().ok(), "delivery", "submission_id")).transpose()?,
        known_from: known_from.0,
        class: read(DataClass::parse(&class), "delivery", "class")?,
    })
}
