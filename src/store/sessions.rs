//! People who signed in: only digests of their secrets, and of what the provider calls them, are kept.

use super::{Error, Tx, error::read, moment::Moment};
use crate::domain::{Digest, Instant, OrganisationId, Role, SessionId};

statements! {
    INSERT_SIGN_IN = "INSERT INTO sign_in (digest, begun_at) VALUES ($1, $2)";
    TAKE_SIGN_IN = "DELETE FROM sign_in WHERE digest = $1 RETURNING begun_at";
    DELETE_OLD_SIGN_INS = "DELETE FROM sign_in WHERE begun_at <= $1";
    INSERT = "INSERT INTO session (id, secret_digest, subject, role, organisation_id, begun_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    FIND_BY_SECRET = "SELECT session.id, session.role, session.organisation_id, session.begun_at, session.expires_at,
            session_use.at AS used_at, turn.at AS present
        FROM session JOIN turn ON turn.name = 'deliveries'
        LEFT JOIN session_use ON session_use.session_id = session.id
        LEFT JOIN session_end ON session_end.session_id = session.id
        WHERE session.secret_digest = $1 AND session_end.session_id IS NULL";
    END = "INSERT INTO session_end (session_id, at) SELECT id, $2 FROM session WHERE id = $1
        ON CONFLICT (session_id) DO NOTHING";
    NOTE_USE = "INSERT INTO session_use (session_id, at) VALUES ($1, $2)
        ON CONFLICT (session_id) DO UPDATE SET at = excluded.at WHERE session_use.at < excluded.at";
}

/// A session as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its identifier, which may be shown and logged.
    pub id: SessionId,
    /// What its holder may do.
    pub role: Role,
    /// Whose data, for the role organisation.
    pub organisation: Option<OrganisationId>,
    /// When they signed in.
    pub begun_at: Instant,
    /// Until when it lasts, however much it is used.
    pub expires_at: Instant,
    /// When it was last used, to the minute; the moment of signing in before that is noted.
    pub used_at: Instant,
}

/// Notes that somebody began to sign in.
pub async fn insert_sign_in(tx: &mut Tx, digest: Digest, begun_at: Instant) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT_SIGN_IN)
        .bind(digest.as_bytes().as_slice())
        .bind(Moment(begun_at))
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// Takes away a sign-in that was begun, once: when that was.
pub async fn take_sign_in(tx: &mut Tx, digest: Digest) -> Result<Option<Instant>, Error> {
    let row: Option<(Moment,)> = on!(tx, connection =>
        sqlx::query_as(TAKE_SIGN_IN).bind(digest.as_bytes().as_slice()).fetch_optional(connection).await?);
    Ok(row.map(|(begun_at,)| begun_at.0))
}

/// Lets go of sign-ins that were begun up to `since`.
pub async fn delete_old_sign_ins(tx: &mut Tx, since: Instant) -> Result<(), Error> {
    on!(tx, connection =>
        sqlx::query(DELETE_OLD_SIGN_INS).bind(Moment(since)).execute(connection).await.map(drop)?);
    Ok(())
}

/// Keeps a session by the digests of its secret and of its subject.
pub async fn insert(tx: &mut Tx, session: &Session, secret: Digest, subject: Digest) -> Result<(), Error> {
    on!(tx, connection => sqlx::query(INSERT)
        .bind(session.id.to_string())
        .bind(secret.as_bytes().as_slice())
        .bind(subject.as_bytes().as_slice())
        .bind(session.role.as_str())
        .bind(session.organisation.map(|id| id.to_string()))
        .bind(Moment(session.begun_at))
        .bind(Moment(session.expires_at))
        .execute(connection).await.map(drop)?);
    Ok(())
}

/// The session with this secret, unless it was ended, and the moment of the last change that is whole. Whether its time is over is for the caller, who has the clock.
pub async fn find_by_secret(tx: &mut Tx, secret: Digest) -> Result<Option<(Session, Instant)>, Error> {
    type Row = (String, String, Option<String>, Moment, Moment, Option<Moment>, Moment);
    let row: Option<Row> = on!(tx, connection =>
        sqlx::query_as(FIND_BY_SECRET).bind(secret.as_bytes().as_slice()).fetch_optional(connection).await?);
    let session = |(id, role, organisation, begun_at, expires_at, used_at, present): Row| {
        let session = Session {
            id: read(id.parse().ok(), "session", "id")?,
            role: read(Role::parse(&role), "session", "role")?,
            organisation: organisation.map(|id| read(id.parse().ok(), "session", "organisation_id")).transpose()?,
            begun_at: begun_at.0,
            expires_at: expires_at.0,
            used_at: used_at.map_or(begun_at.0, |at| at.0),
        };
        Ok((session, present.0))
    };
    row.map(session).transpose()
}

/// Ends a session; one that was ended before keeps its moment.
pub async fn end(tx: &mut Tx, id: SessionId, at: Instant) -> Result<(), Error> {
    on!(tx, connection =>
        sqlx::query(END).bind(id.to_string()).bind(Moment(at)).execute(connection).await.map(drop)?);
    Ok(())
}

/// Notes that a session was used, unless a later use is known.
pub async fn note_use(tx: &mut Tx, id: SessionId, at: Instant) -> Result<(), Error> {
    on!(tx, connection =>
        sqlx::query(NOTE_USE).bind(id.to_string()).bind(Moment(at)).execute(connection).await.map(drop)?);
    Ok(())
}
