-- What was done under an idempotency key, so that a request that is repeated is done once.
CREATE TABLE idempotency (
    caller TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    fingerprint BYTEA NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT idempotency_once PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_age ON idempotency (at);

-- When a token was last used. Updated, as the turns are.
CREATE TABLE token_use (
    token_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES token (id),
    at TIMESTAMPTZ NOT NULL
);

-- Where a request came from, the hash of its document and what it cost. Earlier lines have none, and their hashes cover
-- none.
ALTER TABLE audit ADD COLUMN origin TEXT COLLATE "C";
ALTER TABLE audit ADD COLUMN document BYTEA;
ALTER TABLE audit ADD COLUMN cost BIGINT;
CREATE INDEX audit_line ON audit (id);
