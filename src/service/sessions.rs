//! Who is asking: people who signed in, by the secret of their session.

use super::{Error, Service};
use crate::{
    domain::{Actor, Call, Capacity, Digest, Entry, Instant, Person, Role, Scope, SessionId},
    store::{self, Session},
};

/// What the secret of a session begins with, so that it is not taken for that of a token.
const SECRET_PREFIX: &str = "kzs_";

/// For how many seconds somebody may be busy at the provider.
const SIGN_IN_SECONDS: i64 = 10 * 60;

/// A session that was just begun. Its secret is for the browser and kept nowhere else.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Who may ask by it.
    pub actor: Actor,
    /// What the browser sends.
    pub secret: String,
    /// Until when it lasts at most.
    pub expires_at: Instant,
}

impl Service {
    /// Notes that somebody began to sign in, by a digest of what their browser keeps.
    pub async fn begin_sign_in(&self, key: Digest) -> Result<(), Error> {
        let mut tx = self.database.write(Scope::Sector).await?;
        store::insert_sign_in(&mut tx, key, self.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Whether somebody began to sign in by `key` a short while ago. True once: a second answer to it is none.
    pub async fn take_sign_in(&self, key: Digest) -> Result<bool, Error> {
        let mut tx = self.database.write(Scope::Sector).await?;
        let begun = store::take_sign_in(&mut tx, key).await?;
        tx.commit().await?;
        Ok(begun.is_some_and(|at| at > self.sign_ins_since()))
    }

    /// Begins a session for `person`, who asks by `call`; ends that of `former`, which their browser had. Not found is
    /// the organisation that they ask for. `secret` is 32 random bytes from the caller.
    pub async fn begin_session(
        &self,
        person: &Person,
        call: Call,
        former: Option<&str>,
        secret: [u8; 32],
    ) -> Result<NewSession, Error> {
        let now = self.now();
        let secret = format!("{SECRET_PREFIX}{}", Digest::from_bytes(secret));
        let mut tx = self.database.write(Scope::Sector).await?;
        let (role, organisation) = match person.capacity {
            Capacity::Inspector => (Role::Inspector, None),
            Capacity::Organisation(agb_code) => {
                let found = store::find_organisation_by_agb(&mut tx, Scope::Sector, agb_code).await?;
                (Role::Organisation, Some(found.ok_or(Error::NotFound)?.id))
            }
        };
        let session = Session {
            id: SessionId::new(&*self.ids),
            role,
            organisation,
            begun_at: now,
            expires_at: now.plus_seconds(self.settings.session_lifetime),
            used_at: now,
        };
        if let Some(former) = former.filter(|former| Self::may_be_session(former))
            && let Some((former, _)) = store::find_session_by_secret(&mut tx, Digest::of(former.as_bytes())).await?
        {
            store::end_session(&mut tx, former.id, now).await?;
        }
        store::insert_session(&mut tx, &session, Digest::of(secret.as_bytes()), person.subject).await?;
        let scope = Scope::of(role, organisation, None, now.date()).ok_or(Error::Unauthenticated)?;
        let actor = Actor { entry: Entry::Session(session.id), role, scope, call };
        self.audit(&mut tx, &actor, "session.begun", session.id, role.as_str()).await?;
        tx.commit().await?;
        Ok(NewSession { actor, secret, expires_at: session.expires_at })
    }

    /// Notes that somebody was not let in, and why: a code, nothing of what they sent.
    pub async fn refuse_sign_in(&self, call: Call, code: &'static str) -> Result<(), Error> {
        let mut tx = self.database.write(Scope::Sector).await?;
        let entry = self.audit_line("nobody", call, "session.refused", "sign-in", code);
        store::append_audit(&mut tx, &entry).await?;
        Ok(tx.commit().await?)
    }

    /// Ends the session by which `actor` asks: it works for no request that begins after that.
    pub async fn end_session(&self, actor: &Actor) -> Result<(), Error> {
        let Entry::Session(id) = actor.entry else { return Err(Error::NotFound) };
        let mut tx = self.database.write(Scope::Sector).await?;
        store::end_session(&mut tx, id, self.now()).await?;
        self.audit(&mut tx, actor, "session.ended", id, "done").await?;
        Ok(tx.commit().await?)
    }

    /// Whether `secret` looks like that of a session; what does not need not be looked for.
    pub fn may_be_session(secret: &str) -> bool {
        secret.strip_prefix(SECRET_PREFIX).is_some_and(|rest| rest.parse::<Digest>().is_ok())
    }

    /// Who holds the session with `secret`, asking by `call`, and until when it lasts at most, as the database
    /// holds it now: a session that was ended, that lay idle or whose time is over works for no further request.
    pub async fn authenticate_session(&self, secret: &str, call: Call) -> Result<(Actor, Instant), Error> {
        let found = self.session_holder(secret, call).await?;
        self.records.note_use(found.0.entry, self.now());
        Ok(found)
    }

    /// The same without noting that the session was used: a connection that stays open keeps no session from lying idle.
    pub async fn session_holder(&self, secret: &str, call: Call) -> Result<(Actor, Instant), Error> {
        if !Self::may_be_session(secret) {
            return Err(Error::Unauthenticated);
        }
        let found =
            self.sessions.find(&self.database, Digest::of(secret.as_bytes()), store::find_session_by_secret).await?;
        let now = self.now();
        let idle_since = now.plus_seconds(-self.settings.session_inactivity);
        let (session, present) = found
            .filter(|(session, _)| session.expires_at > now && session.used_at > idle_since)
            .ok_or(Error::Unauthenticated)?;
        let entry = Entry::Session(session.id);
        let scope = Scope::of(session.role, session.organisation, None, now.date()).ok_or(Error::Unauthenticated)?;
        let call = Call { present: Some(present), ..call };
        Ok((Actor { entry, role: session.role, scope, call }, session.expires_at))
    }

    /// Sign-ins that were begun before this are over.
    pub(super) fn sign_ins_since(&self) -> Instant {
        self.now().plus_seconds(-SIGN_IN_SECONDS)
    }
}
