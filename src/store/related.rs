//! What belongs to many submissions or organisations, in one statement for all of them.
//!
//! A list comes as one text, each identifier as long as the next: neither engine's way to pass a list is known to the
//! other. Each function looks within `scope` itself, so that an identifier from elsewhere brings nothing.

use std::{collections::BTreeMap, fmt::Display};

use super::{
    Delivery, Error, Explanation, Receipt, Submission, SubmissionEvent, Tx,
    deliveries::{self, delivery},
    error::read,
    moment::Moment,
    receipts::receipt,
    scope::Filter,
    submissions::{self, submission},
};
use crate::domain::{Correction, CorrectionClass, Instant, OrganisationId, Scope, SubmissionId, SubmissionState};

/// The identifiers in `$1`, each of `$2` characters.
macro_rules! wanted {
    ($rest:literal) => {
        concat!(
            "WITH RECURSIVE place (start) AS (SELECT CAST(1 AS INTEGER) AS start UNION ALL SELECT start + $2 FROM place
                WHERE start + $2 <= LENGTH(CAST($1 AS TEXT))),
            wanted (id) AS (SELECT SUBSTR(CAST($1 AS TEXT), start, $2) AS id FROM place) ",
            $rest
        )
    };
}

statements! {
    LIST_SUBMISSIONS = wanted!("SELECT submission.organisation_id, submission.id, submission.dataset,
            submission.upload_id, submission.file_name, submission.digest, submission.catalogue_hash, submission.report,
            submission.created_at, submission.created_by, event.state, event.at, submission.class
        FROM wanted JOIN submission ON submission.id = wanted.id
        JOIN submission_event AS event ON event.submission_id = submission.id
        WHERE (CAST($3 AS TEXT) IS NULL OR submission.organisation_id = $3)
        AND (submission.class = 'supervision' OR submission.organisation_id = $3)
        AND (CAST($5 AS TEXT) IS NULL OR (submission.organisation_id, submission.dataset) IN (SELECT organisation_id, dataset
            FROM mandated WHERE holder = $5 AND from_day <= $6 AND until_day >= $6))
        AND event.sequence = (SELECT MAX(latest.sequence) FROM submission_event AS latest
            WHERE latest.submission_id = submission.id AND latest.at <= $4)
        ORDER BY submission.id DESC");
    LIST_LATEST = wanted!("SELECT ranked.organisation_id, ranked.id, ranked.dataset, ranked.upload_id, ranked.file_name,
            ranked.digest, ranked.catalogue_hash, ranked.report, ranked.created_at, ranked.created_by, ranked.state,
            ranked.at, ranked.class
        FROM (SELECT submission.organisation_id, submission.id, submission.dataset, submission.upload_id,
                submission.file_name, submission.digest, submission.catalogue_hash, submission.report,
                submission.created_at, submission.created_by, event.state, event.at, submission.class,
                ROW_NUMBER() OVER (PARTITION BY submission.organisation_id ORDER BY submission.id DESC) AS place
            FROM wanted JOIN submission ON submission.organisation_id = wanted.id
            JOIN submission_event AS event ON event.submission_id = submission.id
            WHERE (CAST($3 AS TEXT) IS NULL OR submission.organisation_id = $3)
            AND (submission.class = 'supervision' OR submission.organisation_id = $3)
        AND (CAST($5 AS TEXT) IS NULL OR (submission.organisation_id, submission.dataset) IN (SELECT organisation_id, dataset
            FROM mandated WHERE holder = $5 AND from_day <= $6 AND until_day >= $6))
            AND event.sequence = (SELECT MAX(latest.sequence) FROM submission_event AS latest
                WHERE latest.submission_id = submission.id AND latest.at <= $4)) AS ranked
        WHERE ranked.place <= $7 ORDER BY ranked.id DESC");
    LIST_EVENTS = wanted!("SELECT event.submission_id, event.sequence, event.state, event.at, event.actor, event.reason
        FROM wanted JOIN submission ON submission.id = wanted.id
        JOIN submission_event AS event ON event.submission_id = submission.id
        WHERE (CAST($3 AS TEXT) IS NULL OR submission.organisation_id = $3)
        AND (submission.class = 'supervision' OR submission.organisation_id = $3)
        AND (CAST($5 AS TEXT) IS NULL OR (submission.organisation_id, submission.dataset) IN (SELECT organisation_id, dataset
            FROM mandated WHERE holder = $5 AND from_day <= $6 AND until_day >= $6)) AND event.at <= $4
        ORDER BY event.submission_id, event.sequence");
    LIST_EXPLANATIONS = wanted!("SELECT explanation.submission_id, explanation.finding, explanation.text, explanation.at,
            explanation.actor
        FROM wanted JOIN submission ON submission.id = wanted.id
        JOIN explanation ON explanation.submission_id = submission.id
        WHERE (CAST($3 AS TEXT) IS NULL OR submission.organisation_id = $3)
        AND (submission.class = 'supervision' OR submission.organisation_id = $3)
        AND (CAST($5 AS TEXT) IS NULL OR (submission.organisation_id, submission.dataset) IN (SELECT organisation_id, dataset
            FROM mandated WHERE holder = $5 AND from_day <= $6 AND until_day >= $6)) AND explanation.at <= $4
        ORDER BY explanation.submission_id, explanation.finding, explanation.sequence");
    LIST_SAME = wanted!("SELECT submission.id, (SELECT MAX(earlier.id) FROM submission AS earlier
                WHERE earlier.organisation_id = submission.organisation_id AND earlier.digest = submission.digest
                AND earlier.id < submission.id
                AND (CAST($4 AS TEXT) IS NULL OR (earlier.organisation_id, earlier.dataset) IN (SELECT organisation_id, dataset
                    FROM mandated WHERE holder = $4 AND from_day <= $5 AND until_day >= $5))) AS earlier_id
        FROM wanted JOIN submission ON submission.id = wanted.id
        WHERE (CAST($3 AS TEXT) IS NULL OR submission.organisation_id = $3)
        AND (submission.class = 'supervision' OR submission.organisation_id = $3)
        AND (CAST($4 AS TEXT) IS NULL OR (submission.organisation_id, submission.dataset) IN (SELECT organisation_id, dataset
            FROM mandated WHERE holder = $4 AND from_day <= $5 AND until_day >= $5))
        ORDER BY submission.id");
    LIST_CORRECTIONS = wanted!("SELECT correction.submission_id, correction.class, correction.reason
        FROM wanted JOIN submission ON submission.id = wanted.id
        JOIN correction ON correction.submission_id = submission.id
        WHERE (CAST($3 AS TEXT) IS NULL OR submission.organisation_id = $3)
        AND (submission.class = 'supervision' OR submission.organisation_id = $3)
        AND (CAST($5 AS TEXT) IS NULL OR (submission.organisation_id, submission.dataset) IN (SELECT organisation_id, dataset
            FROM mandated WHERE holder = $5 AND from_day <= $6 AND until_day >= $6)) AND correction.at <= $4
        ORDER BY correction.submission_id");
    LIST_VERSIONS = wanted!("SELECT delivery.organisation_id, delivery.dataset, delivery.period, delivery.version,
            delivery.submission_id, delivery.known_from, delivery.class
        FROM wanted JOIN delivery ON delivery.submission_id = wanted.id
        WHERE (CAST($3 AS TEXT) IS NULL OR delivery.organisation_id = $3) AND delivery.known_from <= $4
        AND (CAST($5 AS TEXT) IS NULL OR (delivery.organisation_id, delivery.dataset) IN (SELECT organisation_id, dataset
            FROM mandated WHERE holder = $5 AND from_day <= $6 AND until_day >= $6))
        ORDER BY delivery.organisation_id, delivery.dataset, delivery.period, delivery.version");
    LIST_DELIVERIES = wanted!("SELECT delivery.organisation_id, delivery.dataset, delivery.period, delivery.version,
            delivery.submission_id, delivery.known_from, delivery.class
        FROM wanted JOIN delivery ON delivery.organisation_id = wanted.id
        WHERE (CAST($3 AS TEXT) IS NULL OR delivery.organisation_id = $3) AND delivery.known_from <= $4
        AND (CAST($5 AS TEXT) IS NULL OR (delivery.organisation_id, delivery.dataset) IN (SELECT organisation_id, dataset
            FROM mandated WHERE holder = $5 AND from_day <= $6 AND until_day >= $6))
        ORDER BY delivery.organisation_id, delivery.dataset, delivery.period, delivery.version");
    LIST_RECEIPTS = wanted!("SELECT of_it.submission_id, receipt.organisation_id, receipt.id, receipt.at, receipt.body,
            receipt.signature, receipt.key_id
        FROM wanted JOIN receipt_submission AS of_it ON of_it.submission_id = wanted.id
        JOIN receipt ON receipt.id = of_it.receipt_id
        WHERE (CAST($3 AS TEXT) IS NULL OR receipt.organisation_id = $3) AND receipt.at <= $4
        AND (CAST($3 AS TEXT) IS NOT NULL OR NOT EXISTS (SELECT 1 FROM receipt_submission AS line
            JOIN submission ON submission.id = line.submission_id
            WHERE line.receipt_id = receipt.id AND submission.class <> 'supervision'))
        AND (CAST($5 AS TEXT) IS NULL OR receipt.submissions = (SELECT COUNT(*) FROM receipt_submission AS line
            JOIN submission ON submission.id = line.submission_id
            WHERE line.receipt_id = receipt.id AND (submission.organisation_id, submission.dataset) IN
                (SELECT organisation_id, dataset FROM mandated
                WHERE holder = $5 AND from_day <= $6 AND until_day >= $6)))
        ORDER BY of_it.submission_id, receipt.id");
}

/// Those of one submission or organisation, by its identifier.
type By<Id, T> = BTreeMap<Id, Vec<T>>;

/// The list as `$1` and the length of each of it as `$2`; one that is empty is not asked about.
fn list_of<Id: Display>(ids: &[Id]) -> Option<(String, i32)> {
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let width = i32::try_from(texts.first()?.len()).ok()?;
    Some((texts.concat(), width))
}

/// Asks `statement` about `ids` within `scope` as known at `known_at`.
macro_rules! ask {
    ($tx:expr, $statement:ident, $ids:expr, $scope:expr, $known_at:expr) => {{
        let Some((list, width)) = list_of($ids) else { return Ok(Default::default()) };
        let filter = Filter::of($scope);
        on!($tx, connection => sqlx::query_as($statement)
            .bind(list)
            .bind(width)
            .bind(filter.whole)
            .bind(Moment($known_at))
            .bind(filter.holder)
            .bind(filter.day)
            .fetch_all(connection).await?)
    }};
}

fn submission_id(text: &str, table: &'static str) -> Result<SubmissionId, Error> {
    read(text.parse().ok(), table, "submission_id")
}

/// These submissions, newest first.
pub async fn list_submissions(
    tx: &mut Tx,
    scope: Scope,
    ids: &[SubmissionId],
    known_at: Instant,
) -> Result<Vec<Submission>, Error> {
    let rows: Vec<submissions::Row> = ask!(tx, LIST_SUBMISSIONS, ids, scope, known_at);
    rows.into_iter().map(submission).collect()
}

/// The latest submissions of each of these organisations, at most so many of each, newest first.
pub async fn list_latest(
    tx: &mut Tx,
    scope: Scope,
    organisations: &[OrganisationId],
    most: i64,
    known_at: Instant,
) -> Result<Vec<Submission>, Error> {
    let Some((list, width)) = list_of(organisations) else { return Ok(Vec::new()) };
    let filter = Filter::of(scope);
    let rows: Vec<submissions::Row> = on!(tx, connection => sqlx::query_as(LIST_LATEST)
        .bind(list)
        .bind(width)
        .bind(filter.whole)
        .bind(Moment(known_at))
        .bind(filter.holder)
        .bind(filter.day)
        .bind(most)
        .fetch_all(connection).await?);
    rows.into_iter().map(submission).collect()
}

/// The steps of these submissions up to `known_at`, in order.
pub async fn list_events(
    tx: &mut Tx,
    scope: Scope,
    ids: &[SubmissionId],
    known_at: Instant,
) -> Result<By<SubmissionId, SubmissionEvent>, Error> {
    type Row = (String, i64, String, Moment, String, Option<String>);
    let rows: Vec<Row> = ask!(tx, LIST_EVENTS, ids, scope, known_at);
    let mut found = By::new();
    for (of, sequence, state, at, actor, reason) in rows {
        let state = read(SubmissionState::parse(&state), "submission_event", "state")?;
        let event = SubmissionEvent { sequence, state, at: at.0, actor, reason };
        found.entry(submission_id(&of, "submission_event")?).or_insert_with(Vec::new).push(event);
    }
    Ok(found)
}

/// What was said of the findings of these submissions up to `known_at`.
pub async fn list_explanations(
    tx: &mut Tx,
    scope: Scope,
    ids: &[SubmissionId],
    known_at: Instant,
) -> Result<By<SubmissionId, Explanation>, Error> {
    let rows: Vec<(String, i64, String, Moment, String)> = ask!(tx, LIST_EXPLANATIONS, ids, scope, known_at);
    let mut found = By::new();
    for (of, finding, text, at, actor) in rows {
        let finding = read(finding.try_into().ok(), "explanation", "finding")?;
        let explanation = Explanation { finding, text, at: at.0, actor };
        found.entry(submission_id(&of, "explanation")?).or_insert_with(Vec::new).push(explanation);
    }
    Ok(found)
}

/// Each of these submissions that there is, with the latest earlier one of the same organisation that was made of the same
/// bytes.
pub async fn list_same(
    tx: &mut Tx,
    scope: Scope,
    ids: &[SubmissionId],
) -> Result<BTreeMap<SubmissionId, Option<SubmissionId>>, Error> {
    let Some((list, width)) = list_of(ids) else { return Ok(BTreeMap::new()) };
    let filter = Filter::of(scope);
    let rows: Vec<(String, Option<String>)> = on!(tx, connection => sqlx::query_as(LIST_SAME)
        .bind(list)
        .bind(width)
        .bind(filter.whole)
        .bind(filter.holder)
        .bind(filter.day)
        .fetch_all(connection).await?);
    let earlier = |id: Option<String>| id.map(|id| submission_id(&id, "submission")).transpose();
    rows.into_iter().map(|(of, same)| Ok((submission_id(&of, "submission")?, earlier(same)?))).collect()
}

/// Why these submissions took the place of what was in force, those that did so up to `known_at`.
pub async fn list_corrections(
    tx: &mut Tx,
    scope: Scope,
    ids: &[SubmissionId],
    known_at: Instant,
) -> Result<BTreeMap<SubmissionId, Correction>, Error> {
    let rows: Vec<(String, String, String)> = ask!(tx, LIST_CORRECTIONS, ids, scope, known_at);
    rows.into_iter()
        .map(|(of, class, reason)| {
            let class = read(CorrectionClass::parse(&class), "correction", "class")?;
            Ok((submission_id(&of, "correction")?, Correction { class, reason }))
        })
        .collect()
}

/// The lines of the log in which these submissions speak, up to `known_at`, in the log's order.
pub async fn list_versions(
    tx: &mut Tx,
    scope: Scope,
    ids: &[SubmissionId],
    known_at: Instant,
) -> Result<Vec<Delivery>, Error> {
    let rows: Vec<deliveries::Row> = ask!(tx, LIST_VERSIONS, ids, scope, known_at);
    rows.into_iter().map(delivery).collect()
}

/// The lines of the log about these organisations up to `known_at`, by organisation, dataset, period and version.
pub async fn list_deliveries(
    tx: &mut Tx,
    scope: Scope,
    organisations: &[OrganisationId],
    known_at: Instant,
) -> Result<Vec<Delivery>, Error> {
    let rows: Vec<deliveries::Row> = ask!(tx, LIST_DELIVERIES, organisations, scope, known_at);
    rows.into_iter().map(delivery).collect()
}

/// The receipts of these submissions, those that were there at `known_at`.
pub async fn list_receipts(
    tx: &mut Tx,
    scope: Scope,
    ids: &[SubmissionId],
    known_at: Instant,
) -> Result<BTreeMap<SubmissionId, Receipt>, Error> {
    type Row = (String, String, String, Moment, Vec<u8>, Vec<u8>, String);
    let rows: Vec<Row> = ask!(tx, LIST_RECEIPTS, ids, scope, known_at);
    rows.into_iter()
        .map(|(of, organisation, id, at, body, signature, key_id)| {
            let found = receipt((organisation, id, at, body, signature, key_id))?;
            Ok((submission_id(&of, "receipt_submission")?, found))
        })
        .collect()
}
