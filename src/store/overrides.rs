//! What the inspectorate recorded of organisations and outranks their scores: rows that are added, never changed.

use jiff::civil::Date;

use super::{Error, Tx, error::read, moment::Moment, scope::closed};
use crate::domain::{
    Instant, OrganisationId, OverrideChange, OverrideId, OverrideReason, OverrideRecord, RecordedOverride, Scope,
};

statements! {
    INSERT = "INSERT INTO recorded_override (organisation_id, id, reason, from_day, until_day, reference, recorded_by,
            recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    CHANGE = "INSERT INTO override_change (override_id, sequence, until_day, ground, changed_by, changed_at)
        VALUES ($1, (SELECT COUNT(*) FROM override_change WHERE override_id = $1), $2, $3, $4, $5)";
    LIST = "SELECT recorded_override.organisation_id, recorded_override.id, recorded_override.reason,
            recorded_override.from_day, recorded_override.until_day, recorded_override.reference,
            recorded_override.recorded_by, recorded_override.recorded_at, change.until_day, change.ground,
            change.changed_by, change.changed_at
        FROM recorded_override LEFT JOIN override_change AS change ON change.override_id = recorded_override.id
            AND change.sequence = (SELECT MAX(latest.sequence) FROM override_change AS latest
                WHERE latest.override_id = recorded_override.id AND latest.changed_at <= $3)
        WHERE (CAST($1 AS TEXT) IS NULL OR recorded_override.organisation_id = $1)
        AND (CAST($2 AS TEXT) IS NULL OR recorded_override.id = $2)
        AND recorded_override.recorded_at <= $3
        ORDER BY recorded_override.organisation_id, recorded_override.id";
}

/// Adds what was recorded; changes of its end come apart.
pub async fn insert(tx: &mut Tx, one: &RecordedOverride) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT)
        .bind(one.organisation.to_string())
        .bind(one.record.id.to_string())
        .bind(one.record.reason.as_str())
        .bind(one.record.from.to_string())
        .bind(one.record.until.map(|day| day.to_string()))
        .bind(&one.record.reference)
        .bind(&one.recorded_by)
        .bind(Moment(one.recorded_at))
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// Adds a change of the end of what was recorded.
pub async fn change(tx: &mut Tx, id: OverrideId, change: &OverrideChange) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(CHANGE)
        .bind(id.to_string())
        .bind(change.until.map(|day| day.to_string()))
        .bind(&change.ground)
        .bind(&change.changed_by)
        .bind(Moment(change.changed_at))
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// What was recorded within `scope` as known at `known_at`, each as it then held: of an organisation, that with an
/// identifier, or all; what was taken back too.
pub async fn list(
    tx: &mut Tx,
    scope: Scope,
    id: Option<OverrideId>,
    known_at: Instant,
) -> Result<Vec<RecordedOverride>, Error> {
    type Row = (
        String,
        String,
        String,
        String,
        Option<String>,
        String,
        String,
        Moment,
        Option<String>,
        Option<String>,
        Option<String>,
        Option<Moment>,
    );
    let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(LIST)
        .bind(closed(scope))
        .bind(id.map(|id| id.to_string()))
        .bind(Moment(known_at))
        .fetch_all(connection).await?);
    let day = |text: &str, column| read(text.parse::<Date>().ok(), "recorded_override", column);
    let optional = |text: Option<&str>| text.map(|text| day(text, "until_day")).transpose();
    let organisation = |text: &str| read(text.parse::<OrganisationId>().ok(), "recorded_override", "organisation_id");
    rows.into_iter()
        .map(|(of, id, reason, from, until, reference, recorded_by, recorded_at, changed, ground, by, at)| {
            let change = match (ground, by, at) {
                (Some(ground), Some(changed_by), Some(at)) => {
                    Some(OverrideChange { until: optional(changed.as_deref())?, ground, changed_by, changed_at: at.0 })
                }
                _ => None,
            };
            let first_until = optional(until.as_deref())?;
            Ok(RecordedOverride {
                organisation: organisation(&of)?,
                record: OverrideRecord {
                    reason: read(OverrideReason::parse_recorded(&reason), "recorded_override", "reason")?,
                    from: day(&from, "from_day")?,
                    until: change.as_ref().and_then(|change| change.until).or(first_until),
                    reference,
                    id: read(id.parse().ok(), "recorded_override", "id")?,
                },
                recorded_by,
                recorded_at: recorded_at.0,
                change,
            })
        })
        .collect()
}
