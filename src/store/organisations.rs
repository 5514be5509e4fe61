//! The register of organisations.

use super::{Error, Tx, error::read, moment::Moment};
use crate::domain::{AgbCode, Instant, Organisation, OrganisationId, OrganisationKind, Scope};

statements! {
    INSERT = "INSERT INTO organisation (id, agb_code, name, kind, registered_at) VALUES ($1, $2, $3, $4, $5)";
    FIND_BY_ID = "SELECT id, agb_code, name, kind FROM organisation WHERE id = $1";
    FIND_BY_AGB = "SELECT id, agb_code, name, kind FROM organisation WHERE agb_code = $1";
    LIST = "SELECT id, agb_code, name, kind FROM organisation
        WHERE (CAST($1 AS TEXT) IS NULL OR id = $1) ORDER BY agb_code";
    LIST_REGISTERED = "SELECT id, agb_code, name, kind FROM organisation
        WHERE (CAST($1 AS TEXT) IS NULL OR id = $1) AND registered_at <= $2 ORDER BY agb_code";
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
    let row: Option<Row> = on!(tx, connection => sqlx::query_as(FIND_BY_ID)
        .bind(id.to_string()).fetch_optional(connection).await?);
    Ok(row.map(organisation).transpose()?.filter(|found| scope.includes(found.id)))
}

/// The organisation with this AGB code, within `scope`.
pub async fn find_by_agb(tx: &mut Tx, scope: Scope, agb_code: AgbCode) -> Result<Option<Organisation>, Error> {
    let row: Option<Row> = on!(tx, connection => sqlx::query_as(FIND_BY_AGB)
        .bind(agb_code.to_string()).fetch_optional(connection).await?);
    Ok(row.map(organisation).transpose()?.filter(|found| scope.includes(found.id)))
}

/// The organisations within `scope`, by AGB code.
pub async fn list(tx: &mut Tx, scope: Scope) -> Result<Vec<Organisation>, Error> {
    let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(LIST)
        .bind(scope.organisation().map(|id| id.to_string())).fetch_all(connection).await?);
    rows.into_iter().map(organisation).collect()
}

/// Those within `scope` that were registered up to `known_at`, by AGB code.
pub async fn list_registered(tx: &mut Tx, scope: Scope, known_at: Instant) -> Result<Vec<Organisation>, Error> {
    let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(LIST_REGISTERED)
        .bind(scope.organisation().map(|id| id.to_string())).bind(Moment(known_at)).fetch_all(connection).await?);
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
