//! Bearer tokens: only a digest of the secret is kept.

use super::{Error, Tx, error::read, moment::Moment};
use crate::domain::{Digest, Instant, IntermediaryId, OrganisationId, Role, TokenId};

statements! {
    INSERT = "INSERT INTO token (id, secret_digest, role, organisation_id, label, created_at, expires_at,
            intermediary_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    FIND_BY_SECRET = "SELECT token.id, token.role, token.organisation_id, token.label, token.expires_at,
            token.intermediary_id, turn.at AS present
        FROM token JOIN turn ON turn.name = 'deliveries'
        LEFT JOIN token_revocation ON token_revocation.token_id = token.id
        WHERE token.secret_digest = $1 AND token_revocation.token_id IS NULL";
    REVOKE = "INSERT INTO token_revocation (token_id, revoked_at) SELECT id, $2 FROM token WHERE id = $1
        ON CONFLICT (token_id) DO NOTHING";
    LIST = "SELECT token.id, token.role, token.organisation_id, token.label, token.expires_at, token.created_at,
            token_use.at AS used_at, token_revocation.revoked_at, token.intermediary_id
        FROM token LEFT JOIN token_use ON token_use.token_id = token.id
        LEFT JOIN token_revocation ON token_revocation.token_id = token.id
        WHERE (CAST($1 AS TEXT) IS NULL OR token.id = $1) ORDER BY token.id";
    NOTE_USE = "INSERT INTO token_use (token_id, at) VALUES ($1, $2)
        ON CONFLICT (token_id) DO UPDATE SET at = excluded.at WHERE token_use.at < excluded.at";
}

/// A token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its identifier, which may be shown and logged.
    pub id: TokenId,
    /// What its holder may do.
    pub role: Role,
    /// Whose data, for the role organisation.
    pub organisation: Option<OrganisationId>,
    /// Whose mandates, for the role intermediary.
    pub intermediary: Option<IntermediaryId>,
    /// What it is for, in the words of who made it.
    pub label: String,
    /// Until when it works.
    pub expires_at: Instant,
}

/// A token and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    /// The token.
    pub token: Token,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last used, to the minute.
    pub used_at: Option<Instant>,
    /// When it was taken back.
    pub revoked_at: Option<Instant>,
}

/// Keeps a token by the digest of its secret.
pub async fn insert(tx: &mut Tx, token: &Token, secret: Digest, created_at: Instant) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT)
        .bind(token.id.to_string())
        .bind(secret.as_bytes().as_slice())
        .bind(token.role.as_str())
        .bind(token.organisation.map(|id| id.to_string()))
        .bind(&token.label)
        .bind(Moment(created_at))
        .bind(Moment(token.expires_at))
        .bind(token.intermediary.map(|id| id.to_string()))
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// The token with this secret, unless it was revoked, and the moment of the last change that is whole. Whether it expired is
/// for the caller, who has the clock.
pub async fn find_by_secret(tx: &mut Tx, secret: Digest) -> Result<Option<(Token, Instant)>, Error> {
    type Row = (String, String, Option<String>, String, Moment, Option<String>, Moment);
    let row: Option<Row> = on!(tx, connection =>
        sqlx::query_as(FIND_BY_SECRET).bind(secret.as_bytes().as_slice()).fetch_optional(connection).await?);
    row.map(|(id, role, organisation, label, expires_at, intermediary, present)| {
        Ok((token(&id, &role, (organisation, intermediary), label, expires_at)?, present.0))
    })
    .transpose()
}

/// Every token, or the one with this identifier; the oldest first.
pub async fn list(tx: &mut Tx, id: Option<TokenId>) -> Result<Vec<TokenRecord>, Error> {
    type Row = (String, String, Option<String>, String, Moment, Moment, Option<Moment>, Option<Moment>, Option<String>);
    let rows: Vec<Row> = on!(tx, connection =>
        sqlx::query_as(LIST).bind(id.map(|id| id.to_string())).fetch_all(connection).await?);
    let record = |(id, role, organisation, label, expires_at, created_at, used_at, revoked_at, intermediary): Row| {
        Ok(TokenRecord {
            token: token(&id, &role, (organisation, intermediary), label, expires_at)?,
            created_at: created_at.0,
            used_at: used_at.map(|moment| moment.0),
            revoked_at: revoked_at.map(|moment| moment.0),
        })
    };
    rows.into_iter().map(record).collect()
}

/// Takes a token back; one that was taken back before keeps its moment.
pub async fn revoke(tx: &mut Tx, id: TokenId, at: Instant) -> Result<(), Error> {
    on!(tx, connection =>
        sqlx::query(REVOKE).bind(id.to_string()).bind(Moment(at)).execute(connection).await.map(drop)?);
    Ok(())
}

/// Notes that a token was used, unless a later use is known.
pub async fn note_use(tx: &mut Tx, id: TokenId, at: Instant) -> Result<(), Error> {
    on!(tx, connection =>
        sqlx::query(NOTE_USE).bind(id.to_string()).bind(Moment(at)).execute(connection).await.map(drop)?);
    Ok(())
}

fn token(
    id: &str,
    role: &str,
    (organisation, intermediary): (Option<String>, Option<String>),
    label: String,
    expires_at: Moment,
) -> Result<Token, Error> {
    Ok(Token {
        id: read(id.parse().ok(), "token", "id")?,
        role: read(Role::parse(role), "token", "role")?,
        organisation: organisation.map(|id| read(id.parse().ok(), "token", "organisation_id")).transpose()?,
        intermediary: intermediary.map(|id| read(id.parse().ok(), "token", "intermediary_id")).transpose()?,
        label,
        expires_at: expires_at.0,
    })
}
