//! Who is asking: bearer tokens.

use super::{Error, Service};
use crate::{
    domain::{Actor, AgbCode, Digest, Instant, Role, Scope, TokenId},
    store::{self, Token},
};

/// A token that was just made. Its secret is shown once and kept nowhere.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Its identifier, which may be shown and logged.
    pub id: TokenId,
    /// What to send as `Authorization: Bearer ...`.
    pub secret: String,
    /// Until when it works.
    pub expires_at: Instant,
}

impl Service {
    /// Makes a token for `role`; for the role organisation, of the organisation with `agb_code`.
    ///
    /// `secret` is 32 random bytes from the caller.
    pub async fn create_token(
        &self,
        role: Role,
        agb_code: Option<AgbCode>,
        label: &str,
        lifetime_seconds: i64,
        secret: [u8; 32],
    ) -> Result<NewToken, Error> {
        let now = self.now();
        let secret = format!("kz_{}", Digest::from_bytes(secret));
        let mut tx = self.database.write().await?;
        let organisation = match agb_code {
            Some(agb_code) => Some(
                store::find_organisation_by_agb(&mut tx, Scope::Sector, agb_code).await?.ok_or(Error::NotFound)?.id,
            ),
            None => None,
        };
        let token = Token {
            id: TokenId::new(&*self.ids),
            role,
            organisation,
            label: label.to_owned(),
            expires_at: now.plus_seconds(lifetime_seconds),
        };
        store::insert_token(&mut tx, &token, Digest::of(secret.as_bytes()), now).await?;
        self.audit(&mut tx, &Actor::OPERATOR, "token.created", token.id, role.as_str()).await?;
        tx.commit().await?;
        Ok(NewToken { id: token.id, secret, expires_at: token.expires_at })
    }

    /// Who holds `secret`.
    pub async fn authenticate(&self, secret: &str) -> Result<Actor, Error> {
        let mut tx = self.database.read().await?;
        let token = store::find_token_by_secret(&mut tx, Digest::of(secret.as_bytes()))
            .await?
            .filter(|token| token.expires_at > self.now())
            .ok_or(Error::Unauthenticated)?;
        let scope = match (token.role, token.organisation) {
            (Role::Organisation, Some(organisation)) => Scope::Organisation(organisation),
            (Role::Inspector, None) => Scope::Sector,
            _ => return Err(Error::Unauthenticated),
        };
        Ok(Actor { token: Some(token.id), role: token.role, scope })
    }
}
