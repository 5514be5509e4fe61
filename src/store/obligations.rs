//! More time, exemptions and downtime: rows that are added, never changed; and what is open about a period.

use jiff::civil::Date;

use super::{Error, Tx, error::read, moment::Moment, scope::Filter};
use crate::domain::{
    Downtime, Exemption, Extension, ExtensionDecision, ExtensionId, Instant, OrganisationId, Period, Scope,
    SubmissionId, SubmissionState,
};

statements! {
    INSERT_PERIOD = "INSERT INTO submission_period (organisation_id, dataset, period, submission_id)
        VALUES ($1, $2, $3, $4)";
    LIST_OPEN = "SELECT submission_period.organisation_id, submission_period.dataset, submission_period.submission_id,
            event.state
        FROM submission_period JOIN submission_event AS event ON event.submission_id = submission_period.submission_id
        WHERE submission_period.period = $1
        AND (CAST($2 AS TEXT) IS NULL OR submission_period.organisation_id = $2)
        AND (CAST($4 AS TEXT) IS NULL OR (submission_period.organisation_id, submission_period.dataset) IN (SELECT organisation_id, dataset FROM mandated
            WHERE holder = $4 AND from_day <= $5 AND until_day >= $5))
        AND event.sequence = (SELECT MAX(latest.sequence) FROM submission_event AS latest
            WHERE latest.submission_id = submission_period.submission_id AND latest.at <= $3)
        AND event.state IN ('received', 'checked', 'rejected')
        ORDER BY submission_period.organisation_id, submission_period.dataset, submission_period.submission_id";
    INSERT_EXTENSION = "INSERT INTO extension (organisation_id, id, dataset, period, wanted_until, ground, asked_by,
            asked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    DECIDE_EXTENSION = "INSERT INTO extension_decision (extension_id, granted_until, reason, decided_by, decided_at)
        VALUES ($1, $2, $3, $4, $5)";
    LIST_EXTENSIONS = "SELECT extension.organisation_id, extension.id, extension.dataset, extension.period,
            extension.wanted_until, extension.ground, extension.asked_by, extension.asked_at, decision.granted_until,
            decision.reason, decision.decided_by, decision.decided_at
        FROM extension LEFT JOIN extension_decision AS decision ON decision.extension_id = extension.id
            AND decision.decided_at <= $4
        WHERE (CAST($1 AS TEXT) IS NULL OR extension.id = $1)
        AND (CAST($2 AS TEXT) IS NULL OR extension.period = $2)
        AND (CAST($3 AS TEXT) IS NULL OR extension.organisation_id = $3)
        AND (CAST($5 AS TEXT) IS NULL OR (extension.organisation_id, extension.dataset) IN (SELECT organisation_id, dataset FROM mandated
            WHERE holder = $5 AND from_day <= $6 AND until_day >= $6))
        AND extension.asked_at <= $4
        ORDER BY extension.organisation_id, extension.id";
    INSERT_EXEMPTION = "INSERT INTO exemption (organisation_id, year, sequence, births, ground, decided_by, decided_at)
        VALUES ($1, $2, (SELECT COUNT(*) FROM exemption WHERE organisation_id = $1 AND year = $2), $3, $4, $5, $6)";
    LIST_EXEMPTIONS = "SELECT organisation_id, year, births, ground, decided_by, decided_at FROM exemption
        WHERE year = $1 AND (CAST($2 AS TEXT) IS NULL OR organisation_id = $2)
        AND (CAST($4 AS TEXT) IS NULL OR organisation_id IN (SELECT organisation_id FROM mandated
            WHERE holder = $4 AND from_day <= $5 AND until_day >= $5))
        AND sequence = (SELECT MAX(latest.sequence) FROM exemption AS latest
            WHERE latest.organisation_id = exemption.organisation_id AND latest.year = exemption.year
            AND latest.decided_at <= $3)
        ORDER BY organisation_id";
    TAKE_BEAT = "UPDATE turn SET number = number + 1 WHERE name = 'heartbeat' RETURNING number, at";
    END_BEAT = "UPDATE turn SET at = $1 WHERE name = 'heartbeat'";
    INSERT_DOWNTIME = "INSERT INTO downtime (from_at, until_at, noted_by, noted_at, reason) VALUES ($1, $2, $3, $4, $5)";
    LIST_DOWNTIME = "SELECT from_at, until_at FROM downtime WHERE noted_at <= $1 ORDER BY from_at, until_at";
}

/// Notes about which periods a checked submission is.
pub async fn insert_periods(
    tx: &mut Tx,
    organisation: OrganisationId,
    dataset: &str,
    submission: SubmissionId,
    periods: &[Period],
) -> Result<(), Error> {
    for period in periods {
        on!(tx, connection => sqlx::query(INSERT_PERIOD)
            .bind(organisation.to_string())
            .bind(dataset)
            .bind(period.to_string())
            .bind(submission.to_string())
            .execute(connection).await.map(drop)?);
    }
    Ok(())
}

/// A submission that is not approved, nor withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSubmission {
    /// Whose.
    pub organisation: OrganisationId,
    /// Of which dataset.
    pub dataset: String,
    /// Which.
    pub submission: SubmissionId,
    /// Received, checked or rejected.
    pub state: SubmissionState,
}

/// The open submissions about a period within `scope`, by organisation, dataset and age.
pub async fn list_open(
    tx: &mut Tx,
    scope: Scope,
    period: Period,
    known_at: Instant,
) -> Result<Vec<OpenSubmission>, Error> {
    let filter = Filter::of(scope);
    let rows: Vec<(String, String, String, String)> = on!(tx, connection => sqlx::query_as(LIST_OPEN)
        .bind(period.to_string())
        .bind(filter.whole)
        .bind(Moment(known_at))
        .bind(filter.holder)
        .bind(filter.day)
        .fetch_all(connection).await?);
    rows.into_iter()
        .map(|(organisation, dataset, submission, state)| {
            Ok(OpenSubmission {
                organisation: read(organisation.parse().ok(), "submission_period", "organisation_id")?,
                dataset,
                submission: read(submission.parse().ok(), "submission_period", "submission_id")?,
                state: read(SubmissionState::parse(&state), "submission_event", "state")?,
            })
        })
        .collect()
}

/// Adds a request for more time; its decision comes apart.
pub async fn insert_extension(tx: &mut Tx, extension: &Extension) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT_EXTENSION)
        .bind(extension.organisation.to_string())
        .bind(extension.id.to_string())
        .bind(&extension.dataset)
        .bind(extension.period.to_string())
        .bind(extension.wanted_until.to_string())
        .bind(&extension.ground)
        .bind(&extension.asked_by)
        .bind(Moment(extension.asked_at))
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// Adds the decision on a request. A second one is a conflict.
pub async fn decide_extension(tx: &mut Tx, id: ExtensionId, decision: &ExtensionDecision) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(DECIDE_EXTENSION)
        .bind(id.to_string())
        .bind(decision.granted_until.map(|day| day.to_string()))
        .bind(&decision.reason)
        .bind(&decision.decided_by)
        .bind(Moment(decision.decided_at))
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// The requests within `scope` as known at `known_at`: that with an identifier, those about a period, or all.
pub async fn list_extensions(
    tx: &mut Tx,
    scope: Scope,
    id: Option<ExtensionId>,
    period: Option<Period>,
    known_at: Instant,
) -> Result<Vec<Extension>, Error> {
    type Row = (
        String,
        String,
        String,
        String,
        String,
        String,
        String,
        Moment,
        Option<String>,
        Option<String>,
        Option<String>,
        Option<Moment>,
    );
    let filter = Filter::of(scope);
    let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(LIST_EXTENSIONS)
        .bind(id.map(|id| id.to_string()))
        .bind(period.map(|period| period.to_string()))
        .bind(filter.whole)
        .bind(Moment(known_at))
        .bind(filter.holder)
        .bind(filter.day)
        .fetch_all(connection).await?);
    let day = |text: &str, column| read(text.parse::<Date>().ok(), "extension", column);
    rows.into_iter()
        .map(|(organisation, id, dataset, period, wanted, ground, asked_by, asked_at, granted, reason, by, at)| {
            let decision = match (reason, by, at) {
                (Some(reason), Some(decided_by), Some(at)) => Some(ExtensionDecision {
                    granted_until: granted.as_deref().map(|text| day(text, "granted_until")).transpose()?,
                    reason,
                    decided_by,
                    decided_at: at.0,
                }),
                _ => None,
            };
            Ok(Extension {
                id: read(id.parse().ok(), "extension", "id")?,
                organisation: read(organisation.parse().ok(), "extension", "organisation_id")?,
                dataset,
                period: read(period.parse().ok(), "extension", "period")?,
                wanted_until: day(&wanted, "wanted_until")?,
                ground,
                asked_by,
                asked_at: asked_at.0,
                decision,
            })
        })
        .collect()
}

/// Adds an exemption, or its end.
pub async fn insert_exemption(tx: &mut Tx, exemption: &Exemption) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT_EXEMPTION)
        .bind(exemption.organisation.to_string())
        .bind(i64::from(exemption.year))
        .bind(exemption.births.map(i64::from))
        .bind(&exemption.ground)
        .bind(&exemption.decided_by)
        .bind(Moment(exemption.decided_at))
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// The last line about each organisation within `scope` for a year, as known at `known_at`; ends of exemptions too.
pub async fn list_exemptions(tx: &mut Tx, scope: Scope, year: i16, known_at: Instant) -> Result<Vec<Exemption>, Error> {
    let filter = Filter::of(scope);
    let rows: Vec<(String, i64, Option<i64>, String, String, Moment)> = on!(tx, connection =>
        sqlx::query_as(LIST_EXEMPTIONS)
            .bind(i64::from(year))
            .bind(filter.whole)
            .bind(Moment(known_at))
            .bind(filter.holder)
            .bind(filter.day)
            .fetch_all(connection).await?);
    rows.into_iter()
        .map(|(organisation, year, births, ground, decided_by, decided_at)| {
            Ok(Exemption {
                organisation: read(organisation.parse().ok(), "exemption", "organisation_id")?,
                year: read(year.try_into().ok(), "exemption", "year")?,
                births: births.map(|births| read(births.try_into().ok(), "exemption", "births")).transpose()?,
                ground,
                decided_by,
                decided_at: decided_at.0,
            })
        })
        .collect()
}

/// Notes that the service is there at `now`; gives the moment of the heartbeat before, when there was one.
pub async fn beat(tx: &mut Tx, now: Instant) -> Result<Option<Instant>, Error> {
    let (number, last): (i64, Moment) = on!(tx, connection => sqlx::query_as(TAKE_BEAT).fetch_one(connection).await?);
    let at = now.max(last.0);
    on!(tx, connection => sqlx::query(END_BEAT).bind(Moment(at)).execute(connection).await.map(drop)?);
    Ok((number > 1).then_some(last.0))
}

/// Adds a time in which the service could not be reached.
pub async fn insert_downtime(
    tx: &mut Tx,
    downtime: Downtime,
    noted_by: &str,
    noted_at: Instant,
    reason: &str,
) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT_DOWNTIME)
        .bind(Moment(downtime.from))
        .bind(Moment(downtime.until))
        .bind(noted_by)
        .bind(Moment(noted_at))
        .bind(reason)
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// All downtime that was noted up to `known_at`, by its beginning.
pub async fn list_downtime(tx: &mut Tx, known_at: Instant) -> Result<Vec<Downtime>, Error> {
    let rows: Vec<(Moment, Moment)> =
        on!(tx, connection => sqlx::query_as(LIST_DOWNTIME).bind(Moment(known_at)).fetch_all(connection).await?);
    Ok(rows.into_iter().map(|(from, until)| Downtime { from: from.0, until: until.0 }).collect())
}
