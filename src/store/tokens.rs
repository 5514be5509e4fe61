//! Bearer tokens: only a digest of the secret is kept.

use super::{Error, Tx, error::read, moment::Moment};
use crate::domain::{Digest, Instant, OrganisationId, Role, TokenId};

statements! {
    INSERT = "INSERT INTO token (id, secret_digest, role, organisation_id, label, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    FIND_BY_SECRET = "SELECT token.id, token.role, token.organisation_id, token.label, token.expires_at
        FROM token LEFT JOIN token_revocation ON token_revocation.token_id = token.id
        WHERE token.secret_digest = $1 AND token_revocation.token_id IS NULL";
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
    /// What it is for, in the words of who made it.
    pub label: String,
    /// Until when it works.
    pub expires_at: Instant,
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
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// The token with this secret, unless it was revoked. Whether it expired is for the caller, who has the clock.
pub async fn find_by_secret(tx: &mut Tx, secret: Digest) -> Result<Option<Token>, Error> {
    let row: Option<(String, String, Option<String>, String, Moment)> = on!(tx, connection =>
        sqlx::query_as(FIND_BY_SECRET).bind(secret.as_bytes().as_slice()).fetch_optional(connection).await?);
    row.map(|(id, role, organisation, label, expires_at)| {
        Ok(Token {
            id: read(id.parse().ok(), "token", "id")?,
            role: read(Role::parse(&role), "token", "role")?,
            organisation: organisation.map(|id| read(id.parse().ok(), "token", "organisation_id")).transpose()?,
            label,
            expires_at: expires_at.0,
        })
    })
    .transpose()
}
