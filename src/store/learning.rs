//! The numbers that are for learning only: the one module that names their table.
//!
//! Every statement asks for the organisation, and every function for the proof that the reader is that organisation.

use super::{
    Error, Tx,
    error::read,
    moment::Moment,
    observations::{NumberRow, figures},
};
use crate::domain::{DataClass, Instant, LearningObservation, Own, Period, SubmissionId};

statements! {
    INSERT = "INSERT INTO learning_observation (organisation_id, submission_id, period, indicator, numerator,
            denominator, value, standard_deviation, units, missing)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    LIST_IN_FORCE = "SELECT organisation.agb_code, learning_observation.period, learning_observation.indicator,
            learning_observation.numerator, learning_observation.denominator, learning_observation.value,
            learning_observation.standard_deviation, learning_observation.units, learning_observation.missing,
            learning_observation.submission_id
        FROM delivery
        JOIN learning_observation ON learning_observation.organisation_id = delivery.organisation_id
            AND learning_observation.submission_id = delivery.submission_id
            AND learning_observation.period = delivery.period
        JOIN organisation ON organisation.id = delivery.organisation_id
        WHERE delivery.organisation_id = $1 AND delivery.period = $2 AND delivery.class = $3
        AND delivery.version = (SELECT MAX(latest.version) FROM delivery AS latest
            WHERE latest.organisation_id = delivery.organisation_id AND latest.dataset = delivery.dataset
            AND latest.period = delivery.period AND latest.known_from <= $4)
        ORDER BY learning_observation.indicator";
    LIST_OF_SUBMISSION = "SELECT organisation.agb_code, learning_observation.period, learning_observation.indicator,
            learning_observation.numerator, learning_observation.denominator, learning_observation.value,
            learning_observation.standard_deviation, learning_observation.units, learning_observation.missing,
            learning_observation.submission_id
        FROM learning_observation JOIN organisation ON organisation.id = learning_observation.organisation_id
        WHERE learning_observation.organisation_id = $1 AND learning_observation.submission_id = $2
        ORDER BY learning_observation.period, learning_observation.indicator";
}

/// Adds one, of the organisation's own submission.
pub async fn insert(
    tx: &mut Tx,
    own: Own,
    submission: SubmissionId,
    observation: &LearningObservation,
) -> Result<(), Error> {
    let figures = observation.figures(own);
    on!(tx, connection => sqlx::query(INSERT)
        .bind(own.organisation().to_string())
        .bind(submission.to_string())
        .bind(observation.period().to_string())
        .bind(observation.indicator())
        .bind(figures.numerator)
        .bind(figures.denominator)
        .bind(figures.value)
        .bind(figures.standard_deviation)
        .bind(figures.units)
        .bind(figures.missing.map(crate::domain::MissingReason::as_str))
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// The organisation's own of `period` that were in force at `known_at`, each with its submission, by indicator.
pub async fn list_in_force(
    tx: &mut Tx,
    own: Own,
    period: Period,
    known_at: Instant,
) -> Result<Vec<(LearningObservation, SubmissionId)>, Error> {
    let rows: Vec<NumberRow> = on!(tx, connection => sqlx::query_as(LIST_IN_FORCE)
        .bind(own.organisation().to_string())
        .bind(period.to_string())
        .bind(DataClass::LearningOnly.as_str())
        .bind(Moment(known_at))
        .fetch_all(connection).await?);
    rows.into_iter().map(observation).collect()
}

/// Those that were appended with one of the organisation's own submissions, by period and indicator.
pub async fn list_of_submission(
    tx: &mut Tx,
    own: Own,
    submission: SubmissionId,
) -> Result<Vec<LearningObservation>, Error> {
    let rows: Vec<NumberRow> = on!(tx, connection => sqlx::query_as(LIST_OF_SUBMISSION)
        .bind(own.organisation().to_string()).bind(submission.to_string()).fetch_all(connection).await?);
    rows.into_iter().map(|row| Ok(observation(row)?.0)).collect()
}

fn observation(row: NumberRow) -> Result<(LearningObservation, SubmissionId), Error> {
    const TABLE: &str = "learning_observation";
    let figures = figures(&row, TABLE)?;
    let (agb_code, period, indicator, .., from) = row;
    let agb_code = read(agb_code.parse().ok(), "organisation", "agb_code")?;
    let period = read(period.parse().ok(), TABLE, "period")?;
    let observation = LearningObservation::new(agb_code, period, indicator, figures);
    Ok((observation, read(from.parse().ok(), TABLE, "submission_id")?))
}
