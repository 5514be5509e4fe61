//! The register of organisations.

use super::{
    Error, Tx,
    error::read,
    moment::Moment,
    scope::{Filter, closed},
};
use crate::domain::{AgbCode, Instant, Merger, Organisation, OrganisationId, OrganisationKind, Registration, Scope};

statements! {
    INSERT = "INSERT INTO organisation (id, agb_code, name, kind, registered_at) VALUES ($1, $2, $3, $4, $5)";
    FIND_BY_ID = "SELECT id, agb_code, name, kind FROM organisation
        WHERE id = $1 AND (CAST($2 AS TEXT) IS NULL OR id = $2)
        AND (CAST($3 AS TEXT) IS NULL OR id IN (SELECT organisation_id FROM mandated
            WHERE holder = $3 AND from_day <= $4 AND until_day >= $4))";
    FIND_BY_AGB = "SELECT id, agb_code, name, kind FROM organisation
        WHERE agb_code = $1 AND (CAST($2 AS TEXT) IS NULL OR id = $2)
        AND (CAST($3 AS TEXT) IS NULL OR id IN (SELECT organisation_id FROM mandated
            WHERE holder = $3 AND from_day <= $4 AND until_day >= $4))";
    LIST = "SELECT id, agb_code, name, kind FROM organisation
        WHERE (CAST($1 AS TEXT) IS NULL OR id = $1)
        AND (CAST($2 AS TEXT) IS NULL OR id IN (SELECT organisation_id FROM mandated
            WHERE holder = $2 AND from_day <= $3 AND until_day >= $3))
        ORDER BY agb_code";
    LIST_REGISTERED = "SELECT id, agb_code, name, kind FROM organisation
        WHERE (CAST($1 AS TEXT) IS NULL OR id = $1) AND registered_at <= $2
        AND (CAST($3 AS TEXT) IS NULL OR id IN (SELECT organisation_id FROM mandated
            WHERE holder = $3 AND from_day <= $4 AND until_day >= $4))
        ORDER BY agb_code";
    INSERT_REGISTRATION = "INSERT INTO registration (organisation_id, sequence, kvk_number, region, merged_into,
            merged_on, known_from)
        VALUES ($1, (SELECT COUNT(*) FROM registration WHERE organisation_id = $1), $2, $3, $4, $5, $6)";
    LIST_REGISTRATIONS = "SELECT registration.organisation_id, organisation.agb_code, registration.kvk_number,
            registration.region, successor.agb_code AS successor, registration.merged_on
        FROM registration JOIN organisation ON organisation.id = registration.organisation_id
        LEFT JOIN organisation AS successor ON successor.id = registration.merged_into
        WHERE (CAST($1 AS TEXT) IS NULL OR registration.organisation_id = $1)
        AND registration.sequence = (SELECT MAX(latest.sequence) FROM registration AS latest
            WHERE latest.organisation_id = registration.organisation_id AND latest.known_from <= $2)
        ORDER BY organisation.agb_code";
}

type Row = (String, String, String, String);

/// Adds one. A code that is there already is a conflict.
pub async fn insert(tx: &mut Tx, organisation: &Organisation, registered_at: Instant) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT)
        .bind(organisation.id.to_string())
        .bind(organisation.agb_code.to_string())
        .bind(&organisation.name)
        .bind(organisation.kind.as_str())
        .bind(Moment(registered_at))
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// The organisation with this identifier, within `scope`.
pub async fn find_by_id(tx: &mut Tx, scope: Scope, id: OrganisationId) -> Result<Option<Organisation>, Error> {
    let filter = Filter::of(scope);
    let row: Option<Row> = on!(tx, connection => sqlx::query_as(FIND_BY_ID)
        .bind(id.to_string()).bind(filter.whole).bind(filter.holder).bind(filter.day)
        .fetch_optional(connection).await?);
    row.map(organisation).transpose()
}

/// The organisation with this AGB code, within `scope`.
pub async fn find_by_agb(tx: &mut Tx, scope: Scope, agb_code: AgbCode) -> Result<Option<Organisation>, Error> {
    let filter = Filter::of(scope);
    let row: Option<Row> = on!(tx, connection => sqlx::query_as(FIND_BY_AGB)
        .bind(agb_code.to_string()).bind(filter.whole).bind(filter.holder).bind(filter.day)
        .fetch_optional(connection).await?);
    row.map(organisation).transpose()
}

/// The organisations within `scope`, by AGB code.
pub async fn list(tx: &mut Tx, scope: Scope) -> Result<Vec<Organisation>, Error> {
    let filter = Filter::of(scope);
    let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(LIST)
        .bind(filter.whole).bind(filter.holder).bind(filter.day).fetch_all(connection).await?);
    rows.into_iter().map(organisation).collect()
}

/// Those within `scope` that were registered up to `known_at`, by AGB code.
pub async fn list_registered(tx: &mut Tx, scope: Scope, known_at: Instant) -> Result<Vec<Organisation>, Error> {
    let filter = Filter::of(scope);
    let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(LIST_REGISTERED)
        .bind(filter.whole).bind(Moment(known_at)).bind(filter.holder).bind(filter.day)
        .fetch_all(connection).await?);
    rows.into_iter().map(organisation).collect()
}

fn organisation((id, agb_code, name, kind): Row) -> Result<Organisation, Error> {
    Ok(Organisation {
        id: read(id.parse().ok(), "organisation", "id")?,
        agb_code: read(agb_code.parse().ok(), "organisation", "agb_code")?,
        name,
        kind: read(OrganisationKind::parse(&kind), "organisation", "kind")?,
    })
}

/// Adds what the register says of an organisation besides its code, name and sort. `successor` is the identifier of
/// the organisation that it merged into.
pub async fn insert_registration(
    tx: &mut Tx,
    organisation: OrganisationId,
    registration: &Registration,
    successor: Option<OrganisationId>,
    known_from: Instant,
) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT_REGISTRATION)
        .bind(organisation.to_string())
        .bind(&registration.kvk_number)
        .bind(&registration.region)
        .bind(successor.map(|id| id.to_string()))
        .bind(registration.merger.map(|merger| merger.on.to_string()))
        .bind(Moment(known_from))
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// What the register said at `known_at` of the organisations within `scope`, by AGB code. Of whom it said nothing
/// more than a code, a name and a sort, there is nothing here.
pub async fn list_registrations(
    tx: &mut Tx,
    scope: Scope,
    known_at: Instant,
) -> Result<Vec<(OrganisationId, AgbCode, Registration)>, Error> {
    type Row = (String, String, Option<String>, Option<String>, Option<String>, Option<String>);
    let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(LIST_REGISTRATIONS)
        .bind(closed(scope)).bind(Moment(known_at)).fetch_all(connection).await?);
    rows.into_iter()
        .map(|(id, agb_code, kvk_number, region, successor, merged_on)| {
            let merger = match successor.zip(merged_on) {
                Some((into, on)) => Some(Merger {
                    into: read(into.parse().ok(), "organisation", "agb_code")?,
                    on: read(on.parse().ok(), "registration", "merged_on")?,
                }),
                None => None,
            };
            Ok((
                read(id.parse().ok(), "registration", "organisation_id")?,
                read(agb_code.parse().ok(), "organisation", "agb_code")?,
                Registration { kvk_number, region, merger },
            ))
        })
        .collect()
}
