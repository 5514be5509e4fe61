//! Who is asking: bearer tokens.

use super::{Error, Service};
use crate::{
    domain::{Actor, AgbCode, Call, Digest, Entry, Instant, IntermediaryId, Role, Scope, TokenId},
    store::{self, Token, TokenRecord},
};

/// What the secret of a token begins with, so that scanners of code find one that leaked.
const SECRET_PREFIX: &str = "kz_";

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
        self.create_token_of(role, (agb_code, None), label, lifetime_seconds, secret).await
    }

    /// The same for an intermediary, to be used with the mandates that it holds.
    pub async fn create_intermediary_token(
        &self,
        intermediary: IntermediaryId,
        label: &str,
        lifetime_seconds: i64,
        secret: [u8; 32],
    ) -> Result<NewToken, Error> {
        self.create_token_of(Role::Intermediary, (None, Some(intermediary)), label, lifetime_seconds, secret).await
    }

    async fn create_token_of(
        &self,
        role: Role,
        (agb_code, intermediary): (Option<AgbCode>, Option<IntermediaryId>),
        label: &str,
        lifetime_seconds: i64,
        secret: [u8; 32],
    ) -> Result<NewToken, Error> {
        let now = self.now();
        let secret = format!("{SECRET_PREFIX}{}", Digest::from_bytes(secret));
        let mut tx = self.database.write(Scope::Sector).await?;
        let organisation = match agb_code {
            Some(agb_code) => Some(
                store::find_organisation_by_agb(&mut tx, Scope::Sector, agb_code).await?.ok_or(Error::NotFound)?.id,
            ),
            None => None,
        };
        if intermediary.is_some() {
            let found = store::list_intermediaries(&mut tx, Scope::Sector, intermediary).await?;
            found.first().ok_or(Error::NotFound)?;
        }
        // A role goes with whom it is for, and with nobody else.
        Scope::of(role, organisation, intermediary, now.date()).ok_or(Error::NotFound)?;
        let token = Token {
            id: TokenId::new(&*self.ids),
            role,
            organisation,
            intermediary,
            label: label.to_owned(),
            expires_at: now.plus_seconds(lifetime_seconds),
        };
        store::insert_token(&mut tx, &token, Digest::of(secret.as_bytes()), now).await?;
        self.audit(&mut tx, &Actor::OPERATOR, "token.created", token.id, role.as_str()).await?;
        tx.commit().await?;
        Ok(NewToken { id: token.id, secret, expires_at: token.expires_at })
    }

    /// Every token and what became of it, the oldest first; for the operator.
    pub async fn tokens(&self, actor: &Actor) -> Result<Vec<TokenRecord>, Error> {
        must_operate(actor)?;
        let mut tx = self.database.read(Scope::Sector).await?;
        Ok(store::list_tokens(&mut tx, None).await?)
    }

    /// Takes a token back: it works for no request that begins after this. A second time changes nothing.
    pub async fn revoke_token(&self, actor: &Actor, id: TokenId) -> Result<TokenRecord, Error> {
        must_operate(actor)?;
        let mut tx = self.database.write(Scope::Sector).await?;
        let found = store::list_tokens(&mut tx, Some(id)).await?.pop().ok_or(Error::NotFound)?;
        if found.revoked_at.is_some() {
            return Ok(found);
        }
        let now = self.now();
        store::revoke_token(&mut tx, id, now).await?;
        self.audit(&mut tx, actor, "token.revoked", id, "done").await?;
        tx.commit().await?;
        Ok(TokenRecord { revoked_at: Some(now), ..found })
    }

    /// Whether `secret` looks like that of a token; what does not need not be looked for.
    pub fn may_be_secret(secret: &str) -> bool {
        secret.strip_prefix(SECRET_PREFIX).is_some_and(|rest| rest.parse::<Digest>().is_ok())
    }

    /// Who holds `secret`, asking by `call`, as the database holds it now: a token that was taken back or has expired works for
    /// no further request.
    pub async fn authenticate(&self, secret: &str, call: Call) -> Result<Actor, Error> {
        let actor = self.token_holder(secret, call).await?;
        self.records.note_use(actor.entry, self.now());
        Ok(actor)
    }

    /// The same without noting that the token was used: of a connection that stays open.
    pub async fn token_holder(&self, secret: &str, call: Call) -> Result<Actor, Error> {
        if !Self::may_be_secret(secret) {
            return Err(Error::Unauthenticated);
        }
        let found =
            self.tokens.find(&self.database, Digest::of(secret.as_bytes()), store::find_token_by_secret).await?;
        let now = self.now();
        let (token, present) = found.filter(|(token, _)| token.expires_at > now).ok_or(Error::Unauthenticated)?;
        let entry = Entry::Token(token.id);
        let scope = Scope::of(token.role, token.organisation, token.intermediary, now.date());
        let scope = scope.ok_or(Error::Unauthenticated)?;
        let call = Call { present: Some(present), ..call };
        Ok(Actor { entry, role: token.role, scope, call })
    }
}

fn must_operate(actor: &Actor) -> Result<(), Error> {
    if actor.role == Role::Operator { Ok(()) } else { Err(Error::Forbidden(Role::Operator)) }
}
