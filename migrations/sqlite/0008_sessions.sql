-- People who sign in (docs/adr/0012). Of every secret only a digest is kept.

-- Sign-ins that were begun and not ended: each is taken away by the one answer that may end it.
CREATE TABLE sign_in (
    digest BLOB NOT NULL PRIMARY KEY,
    begun_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_age ON sign_in (begun_at);

-- The subject is the digest of what the provider calls somebody, by which the sessions of one person are found.
CREATE TABLE session (
    id TEXT NOT NULL PRIMARY KEY,
    secret_digest BLOB NOT NULL CONSTRAINT session_secret UNIQUE,
    subject BLOB NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('organisation', 'inspector')),
    organisation_id TEXT REFERENCES organisation (id),
    begun_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK ((role = 'organisation') = (organisation_id IS NOT NULL))
) STRICT;
CREATE INDEX session_of_subject ON session (subject, id);

CREATE TABLE session_end (
    session_id TEXT NOT NULL PRIMARY KEY REFERENCES session (id),
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When a session was last used. Updated, as the use of tokens is.
CREATE TABLE session_use (
    session_id TEXT NOT NULL PRIMARY KEY REFERENCES session (id),
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
