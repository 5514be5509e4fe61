//! Observations: appended with an approval, never changed.

use super::{Error, Tx, error::read, moment::Moment, scope::Filter};
use crate::domain::{Figures, Instant, MissingReason, Observation, OrganisationId, Period, Scope, SubmissionId};

statements! {
    INSERT = "INSERT INTO observation (organisation_id, submission_id, period, indicator, numerator, denominator, value,
            standard_deviation, units, missing)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    LIST_IN_FORCE = "SELECT organisation.agb_code, observation.period, observation.indicator, observation.numerator,
            observation.denominator, observation.value, observation.standard_deviation, observation.units,
            observation.missing, observation.submission_id
        FROM delivery
        JOIN observation ON observation.organisation_id = delivery.organisation_id
            AND observation.submission_id = delivery.submission_id AND observation.period = delivery.period
        JOIN organisation ON organisation.id = delivery.organisation_id
        WHERE delivery.period = $1
        AND (CAST($2 AS TEXT) IS NULL OR delivery.organisation_id = $2)
        AND (CAST($4 AS TEXT) IS NULL OR (delivery.organisation_id, delivery.dataset) IN (SELECT organisation_id, dataset FROM mandated
            WHERE holder = $4 AND from_day <= $5 AND until_day >= $5))
        AND delivery.version = (SELECT MAX(latest.version) FROM delivery AS latest
            WHERE latest.organisation_id = delivery.organisation_id AND latest.dataset = delivery.dataset
            AND latest.period = delivery.period AND latest.known_from <= $3)
        ORDER BY organisation.agb_code, observation.indicator";
    LIST_OF_SUBMISSION = "SELECT organisation.agb_code, observation.period, observation.indicator,
            observation.numerator, observation.denominator, observation.value, observation.standard_deviation,
            observation.units, observation.missing, observation.submission_id
        FROM observation JOIN organisation ON organisation.id = observation.organisation_id
        WHERE observation.submission_id = $1
        ORDER BY observation.period, observation.indicator";
}

/// Whose, when, of what, the figures, and the submission they came with.
pub(super) type NumberRow =
    (String, String, String, Option<f64>, Option<f64>, Option<f64>, Option<f64>, Option<f64>, Option<String>, String);

/// Adds one, of an organisation's submission.
pub async fn insert(
    tx: &mut Tx,
    organisation: OrganisationId,
    submission: SubmissionId,
    observation: &Observation,
) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT)
        .bind(organisation.to_string())
        .bind(submission.to_string())
        .bind(observation.period.to_string())
        .bind(&observation.indicator)
        .bind(observation.numerator)
        .bind(observation.denominator)
        .bind(observation.value)
        .bind(observation.standard_deviation)
        .bind(observation.units)
        .bind(observation.missing.map(MissingReason::as_str))
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// The observations of `period` within `scope` that were in force at `known_at`, each with the submission it came
/// with, by AGB code and indicator.
pub async fn list_in_force(
    tx: &mut Tx,
    scope: Scope,
    period: Period,
    known_at: Instant,
) -> Result<Vec<(Observation, SubmissionId)>, Error> {
    let filter = Filter::of(scope);
    let rows: Vec<NumberRow> = on!(tx, connection => sqlx::query_as(LIST_IN_FORCE)
        .bind(period.to_string())
        .bind(filter.whole)
        .bind(Moment(known_at))
        .bind(filter.holder)
        .bind(filter.day)
        .fetch_all(connection).await?);
    rows.into_iter().map(observation).collect()
}

/// The observations that were appended with a submission, whether or not it is in force still, by period and
/// indicator. The caller has seen that it is within scope.
pub async fn list_of_submission(tx: &mut Tx, submission: SubmissionId) -> Result<Vec<Observation>, Error> {
    let rows: Vec<NumberRow> = on!(tx, connection => sqlx::query_as(LIST_OF_SUBMISSION)
        .bind(submission.to_string()).fetch_all(connection).await?);
    rows.into_iter().map(|row| Ok(observation(row)?.0)).collect()
}

/// The figures of a row of `table`.
pub(super) fn figures(row: &NumberRow, table: &'static str) -> Result<Figures, Error> {
    let (_, _, _, numerator, denominator, value, standard_deviation, units, missing, _) = row;
    let missing = missing.as_ref().map(|word| read(MissingReason::parse(word), table, "missing")).transpose()?;
    let (numerator, denominator, value) = (*numerator, *denominator, *value);
    Ok(Figures { numerator, denominator, value, standard_deviation: *standard_deviation, units: *units, missing })
}

fn observation(row: NumberRow) -> Result<(Observation, SubmissionId), Error> {
    let figures = figures(&row, "observation")?;
    let (agb_code, period, indicator, .., from) = row;
    let agb_code = read(agb_code.parse().ok(), "organisation", "agb_code")?;
    let period = read(period.parse().ok(), "observation", "period")?;
    let observation = Observation::with(agb_code, period, indicator, figures);
    Ok((observation, read(from.parse().ok(), "observation", "submission_id")?))
}
