-- People who sign in (docs/adr/0012). Of every secret only a digest is kept.

-- Sign-ins that were begun and not ended: each is taken away by the one answer that may end it.
CREATE TABLE sign_in (
    digest BYTEA NOT NULL PRIMARY KEY,
    begun_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX sign_in_age ON sign_in (begun_at);

-- The subject is the digest of what the provider calls somebody, by which the sessions of one person are found.
CREATE TABLE session (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    secret_digest BYTEA NOT NULL CONSTRAINT session_secret UNIQUE,
    subject BYTEA NOT NULL,
    role TEXT COLLATE "C" NOT NULL CHECK (role IN ('organisation', 'inspector')),
    organisation_id TEXT COLLATE "C" REFERENCES organisation (id),
    begun_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CHECK ((role = 'organisation') = (organisation_id IS NOT NULL))
);
CREATE INDEX session_of_subject ON session (subject, id);

CREATE TABLE session_end (
    session_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES session (id),
    at TIMESTAMPTZ NOT NULL
);

-- When a session was last used. Updated, as the use of tokens is.
CREATE TABLE session_use (
    session_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES session (id),
    at TIMESTAMPTZ NOT NULL
);

ALTER TABLE sign_in ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON sign_in FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector'));
CREATE POLICY added ON sign_in FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector'));
CREATE POLICY removed ON sign_in FOR DELETE
    USING ((SELECT kraamzicht_scope() = 'sector'));

ALTER TABLE session ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON session FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON session FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector'));

ALTER TABLE session_end ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON session_end FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector'));
CREATE POLICY added ON session_end FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector'));

ALTER TABLE session_use ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON session_use FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector'));
CREATE POLICY added ON session_use FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector'));
CREATE POLICY changed ON session_use FOR UPDATE
    USING ((SELECT kraamzicht_scope() = 'sector')) WITH CHECK ((SELECT kraamzicht_scope() = 'sector'));

-- What was done under a key is its caller's, who may come by a session now.
ALTER POLICY seen ON idempotency
    USING ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM token WHERE token.id = idempotency.caller AND token.organisation_id = (SELECT kraamzicht_scope()))
    OR EXISTS (SELECT 1 FROM session WHERE session.id = idempotency.caller AND session.organisation_id = (SELECT kraamzicht_scope())));
ALTER POLICY added ON idempotency
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM token WHERE token.id = idempotency.caller AND token.organisation_id = (SELECT kraamzicht_scope()))
    OR EXISTS (SELECT 1 FROM session WHERE session.id = idempotency.caller AND session.organisation_id = (SELECT kraamzicht_scope())));
ALTER POLICY removed ON idempotency
    USING ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM token WHERE token.id = idempotency.caller AND token.organisation_id = (SELECT kraamzicht_scope()))
    OR EXISTS (SELECT 1 FROM session WHERE session.id = idempotency.caller AND session.organisation_id = (SELECT kraamzicht_scope())));
