-- Moments are whole microseconds since 1970.

-- What was done under an idempotency key, so that a request that is repeated is done once.
CREATE TABLE idempotency (
    caller TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    outcome TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT idempotency_once PRIMARY KEY (caller, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (at);

-- When a token was last used. Updated, as the turns are.
CREATE TABLE token_use (
    token_id TEXT NOT NULL PRIMARY KEY REFERENCES token (id),
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where a request came from, the hash of its document and what it cost. Earlier lines have none, and their hashes cover
-- none.
ALTER TABLE audit ADD COLUMN origin TEXT;
ALTER TABLE audit ADD COLUMN document BLOB;
ALTER TABLE audit ADD COLUMN cost INTEGER;
CREATE INDEX audit_line ON audit (id);
