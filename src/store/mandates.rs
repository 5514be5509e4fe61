//! Intermediaries and the mandates that organisations gave them: rows that are added, never changed.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Error, Tx, error::read, moment::Moment, scope::Filter};
use crate::domain::{
    AgbCode, Instant, Intermediary, IntermediaryId, Mandate, MandateId, MandateRight, MandateWithdrawal, Mandated,
    OrganisationId, Scope,
};

statements! {
    INSERT_INTERMEDIARY = "INSERT INTO intermediary (id, name, kvk_number, registered_at) VALUES ($1, $2, $3, $4)";
    LIST_INTERMEDIARIES = "SELECT id, name, kvk_number FROM intermediary
        WHERE (CAST($1 AS TEXT) IS NULL OR id = $1) AND (CAST($2 AS TEXT) IS NULL OR id = $2) ORDER BY name";
    INSERT = "INSERT INTO mandate (organisation_id, id, intermediary_id, act, from_day, until_day, given_by, asked_by,
            given_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    INSERT_LINE = "INSERT INTO mandate_line (holder, organisation_id, dataset, mandate_id, intermediary_id, from_day,
            until_day)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    INSERT_WITHDRAWAL = "INSERT INTO mandate_withdrawal (organisation_id, mandate_id, withdrawn_by, asked_by, withdrawn_at)
        VALUES ($1, $2, $3, $4, $5)";
    INSERT_MARK = "INSERT INTO mandate_mark (mandate_id, intermediary_id) VALUES ($1, $2)";
    LIST = "SELECT mandate.organisation_id, mandate.id, mandate.intermediary_id, mandate.act, line.dataset,
            mandate.from_day, mandate.until_day, mandate.given_by, mandate.asked_by, mandate.given_at,
            withdrawal.withdrawn_by, withdrawal.asked_by AS withdrawal_asked_by, withdrawal.withdrawn_at
        FROM mandate
        JOIN mandate_line AS line ON line.mandate_id = mandate.id AND line.holder = mandate.intermediary_id || ' read'
        LEFT JOIN mandate_withdrawal AS withdrawal ON withdrawal.mandate_id = mandate.id
            AND withdrawal.withdrawn_at <= $3
        WHERE (CAST($1 AS TEXT) IS NULL OR mandate.organisation_id = $1)
        AND (CAST($2 AS TEXT) IS NULL OR mandate.id = $2)
        AND mandate.given_at <= $3
        AND (CAST($4 AS TEXT) IS NULL OR mandate.id IN (SELECT mandate_id FROM mandated
            WHERE holder = $4 AND from_day <= $5 AND until_day >= $5))
        ORDER BY mandate.id, line.dataset";
    LIST_OPEN = "SELECT DISTINCT organisation.id, organisation.agb_code, mandated.dataset
        FROM mandated JOIN organisation ON organisation.id = mandated.organisation_id
        WHERE mandated.holder = $1 AND mandated.from_day <= $2 AND mandated.until_day >= $2
        ORDER BY organisation.agb_code, mandated.dataset";
}

/// Adds one. A name that is there already is a conflict.
pub async fn insert_intermediary(tx: &mut Tx, one: &Intermediary, registered_at: Instant) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT_INTERMEDIARY)
        .bind(one.id.to_string())
        .bind(&one.name)
        .bind(&one.kvk_number)
        .bind(Moment(registered_at))
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// The intermediaries, or the one with this identifier, by name. One that asks sees itself.
pub async fn list_intermediaries(
    tx: &mut Tx,
    scope: Scope,
    id: Option<IntermediaryId>,
) -> Result<Vec<Intermediary>, Error> {
    let itself = match scope {
        Scope::Mandates(mandated) => Some(mandated.intermediary.to_string()),
        Scope::Organisation(_) | Scope::Sector => None,
    };
    let rows: Vec<(String, String, Option<String>)> = on!(tx, connection => sqlx::query_as(LIST_INTERMEDIARIES)
        .bind(id.map(|id| id.to_string())).bind(itself).fetch_all(connection).await?);
    rows.into_iter()
        .map(|(id, name, kvk_number)| {
            Ok(Intermediary { id: read(id.parse().ok(), "intermediary", "id")?, name, kvk_number })
        })
        .collect()
}

/// Adds a mandate with what it opens.
pub async fn insert(tx: &mut Tx, one: &Mandate) -> Result<(), Error> {
    let (organisation, id, intermediary) =
        (one.organisation.to_string(), one.id.to_string(), one.intermediary.to_string());
    let (from, until) = (one.from.to_string(), one.until.to_string());
    on!(tx, connection => sqlx::query(INSERT)
        .bind(&organisation)
        .bind(&id)
        .bind(&intermediary)
        .bind(one.right.as_str())
        .bind(&from)
        .bind(&until)
        .bind(&one.given_by)
        .bind(&one.asked_by)
        .bind(Moment(one.given_at))
        .execute(connection).await.map(drop)?);
    for act in one.right.acts() {
        let holder = Mandated { intermediary: one.intermediary, act: *act, on: one.from }.holder();
        for dataset in &one.datasets {
            on!(tx, connection => sqlx::query(INSERT_LINE)
                .bind(&holder)
                .bind(&organisation)
                .bind(dataset)
                .bind(&id)
                .bind(&intermediary)
                .bind(&from)
                .bind(&until)
                .execute(connection).await.map(drop)?);
        }
    }
    Ok(())
}

/// Adds that a mandate was withdrawn: it opens nothing more. A second time is a conflict.
pub async fn withdraw(tx: &mut Tx, mandate: &Mandate, withdrawal: &MandateWithdrawal) -> Result<(), Error> {
    on!(tx, connection => {
        sqlx::query(INSERT_WITHDRAWAL)
            .bind(mandate.organisation.to_string())
            .bind(mandate.id.to_string())
            .bind(&withdrawal.by)
            .bind(&withdrawal.asked_by)
            .bind(Moment(withdrawal.at))
            .execute(&mut *connection).await?;
        sqlx::query(INSERT_MARK)
            .bind(mandate.id.to_string())
            .bind(mandate.intermediary.to_string())
            .execute(connection).await?;
    });
    Ok(())
}

/// Which mandates are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct MandateFilter {
    /// This one only.
    pub id: Option<MandateId>,
    /// Given by this organisation.
    pub organisation: Option<OrganisationId>,
}

type Row = (
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    Moment,
    Option<String>,
    Option<String>,
    Option<Moment>,
);

/// The mandates within `scope` that `filter` asks for as known at `known_at`, the oldest first. An intermediary sees
/// those it holds that are in force.
pub async fn list(tx: &mut Tx, scope: Scope, filter: MandateFilter, known_at: Instant) -> Result<Vec<Mandate>, Error> {
    let by = Filter::of(scope);
    let organisation = match (scope.itself(), filter.organisation) {
        (Some(own), Some(asked)) if own != asked => return Ok(Vec::new()),
        (own, asked) => own.or(asked),
    };
    let rows: Vec<Row> = on!(tx, connection => sqlx::query_as(LIST)
        .bind(organisation.map(|id| id.to_string()))
        .bind(filter.id.map(|id| id.to_string()))
        .bind(Moment(known_at))
        .bind(by.holder)
        .bind(by.day)
        .fetch_all(connection).await?);
    let mut mandates: Vec<Mandate> = Vec::new();
    for row in rows {
        let one = mandate(row)?;
        match mandates.last_mut().filter(|last| last.id == one.id) {
            Some(last) => last.datasets.extend(one.datasets),
            None => mandates.push(one),
        }
    }
    Ok(mandates)
}

/// The organisations and datasets that mandates open, by AGB code and dataset.
pub async fn list_open(tx: &mut Tx, mandated: Mandated) -> Result<Vec<(OrganisationId, AgbCode, String)>, Error> {
    let rows: Vec<(String, String, String)> = on!(tx, connection => sqlx::query_as(LIST_OPEN)
        .bind(mandated.holder()).bind(mandated.on.to_string()).fetch_all(connection).await?);
    rows.into_iter()
        .map(|(id, agb_code, dataset)| {
            let id = read(id.parse().ok(), "organisation", "id")?;
            Ok((id, read(agb_code.parse().ok(), "organisation", "agb_code")?, dataset))
        })
        .collect()
}

/// A mandate with one of its datasets.
fn mandate(row: Row) -> Result<Mandate, Error> {
    let (organisation, id, intermediary, act, dataset, from, until, given_by, asked_by, given_at, by, by_whom, at) =
        row;
    let day = |text: &str, column| read(text.parse::<Date>().ok(), "mandate", column);
    let withdrawal = by.zip(at).map(|(by, at)| MandateWithdrawal { by, asked_by: by_whom, at: at.0 });
    Ok(Mandate {
        id: read(id.parse().ok(), "mandate", "id")?,
        organisation: read(organisation.parse().ok(), "mandate", "organisation_id")?,
        intermediary: read(intermediary.parse().ok(), "mandate", "intermediary_id")?,
        right: read(MandateRight::parse(&act), "mandate", "act")?,
        datasets: BTreeSet::from([dataset]),
        from: day(&from, "from_day")?,
        until: day(&until, "until_day")?,
        given_by,
        asked_by,
        given_at: given_at.0,
        withdrawal,
    })
}
