//! Observations of parts of organisations, such as postcode areas: appended with an approval, never changed.

use super::{
    Error, Tx,
    error::read,
    moment::Moment,
    observations::{NumberRow, figures},
    scope::Filter,
};
use crate::domain::{
    Instant, MissingReason, Observation, OrganisationId, PartObservation, Period, Scope, SubmissionId,
};

statements! {
    INSERT = "INSERT INTO observation_part (organisation_id, submission_id, period, indicator, part, numerator,
            denominator, value, standard_deviation, units, missing)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    LIST_IN_FORCE = "SELECT observation_part.part, organisation.agb_code, observation_part.period,
            observation_part.indicator, observation_part.numerator, observation_part.denominator,
            observation_part.value, observation_part.standard_deviation, observation_part.units,
            observation_part.missing, observation_part.submission_id
        FROM delivery
        JOIN observation_part ON observation_part.organisation_id = delivery.organisation_id
            AND observation_part.submission_id = delivery.submission_id AND observation_part.period = delivery.period
        JOIN organisation ON organisation.id = delivery.organisation_id
        WHERE delivery.period = $1
        AND (CAST($2 AS TEXT) IS NULL OR delivery.organisation_id = $2)
        AND (CAST($4 AS TEXT) IS NULL OR (delivery.organisation_id, delivery.dataset) IN (SELECT organisation_id, dataset FROM mandated
            WHERE holder = $4 AND from_day <= $5 AND until_day >= $5))
        AND delivery.version = (SELECT MAX(latest.version) FROM delivery AS latest
            WHERE latest.organisation_id = delivery.organisation_id AND latest.dataset = delivery.dataset
            AND latest.period = delivery.period AND latest.known_from <= $3)
        ORDER BY organisation.agb_code, observation_part.indicator, observation_part.part";
    LIST_OF_SUBMISSION = "SELECT observation_part.part, organisation.agb_code, observation_part.period,
            observation_part.indicator, observation_part.numerator, observation_part.denominator,
            observation_part.value, observation_part.standard_deviation, observation_part.units,
            observation_part.missing, observation_part.submission_id
        FROM observation_part JOIN organisation ON organisation.id = observation_part.organisation_id
        WHERE observation_part.submission_id = $1
        ORDER BY observation_part.period, observation_part.indicator, observation_part.part";
}

/// Adds one, of an organisation's submission.
pub async fn insert(
    tx: &mut Tx,
    organisation: OrganisationId,
    submission: SubmissionId,
    part: &PartObservation,
) -> Result<(), Error> {
    let PartObservation { part, observation } = part;
    on!(tx, connection => sqlx::query(INSERT)
        .bind(organisation.to_string())
        .bind(submission.to_string())
        .bind(observation.period.to_string())
        .bind(&observation.indicator)
        .bind(part)
        .bind(observation.numerator)
        .bind(observation.denominator)
        .bind(observation.value)
        .bind(observation.standard_deviation)
        .bind(observation.units)
        .bind(observation.missing.map(MissingReason::as_str))
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// Those of `period` within `scope` that were in force at `known_at`, each with the submission it came with, by AGB
/// code, indicator and part.
pub async fn list_in_force(
    tx: &mut Tx,
    scope: Scope,
    period: Period,
    known_at: Instant,
) -> Result<Vec<(PartObservation, SubmissionId)>, Error> {
    let filter = Filter::of(scope);
    let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(LIST_IN_FORCE)
        .bind(period.to_string())
        .bind(filter.whole)
        .bind(Moment(known_at))
        .bind(filter.holder)
        .bind(filter.day)
        .fetch_all(connection).await?);
    rows.into_iter().map(observation).collect()
}

/// Those that were appended with a submission, by period, indicator and part. The caller has seen that it is within
/// scope.
pub async fn list_of_submission(tx: &mut Tx, submission: SubmissionId) -> Result<Vec<PartObservation>, Error> {
    let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(LIST_OF_SUBMISSION)
        .bind(submission.to_string()).fetch_all(connection).await?);
    rows.into_iter().map(|row| Ok(observation(row)?.0)).collect()
}

type Row = (
    String,
    String,
    String,
    String,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<String>,
    String,
);

fn observation(row: Row) -> Result<(PartObservation, SubmissionId), Error> {
    const TABLE: &str = "observation_part";
    let (part, agb_code, period, indicator, numerator, denominator, value, standard_deviation, units, missing, from) =
        row;
    let row: NumberRow =
        (agb_code, period, indicator, numerator, denominator, value, standard_deviation, units, missing, from);
    let figures = figures(&row, TABLE)?;
    let (agb_code, period, indicator, .., from) = row;
    let agb_code = read(agb_code.parse().ok(), "organisation", "agb_code")?;
    let period = read(period.parse().ok(), TABLE, "period")?;
    let observation = Observation::with(agb_code, period, indicator, figures);
    Ok((PartObservation { part, observation }, read(from.parse().ok(), TABLE, "submission_id")?))
}
