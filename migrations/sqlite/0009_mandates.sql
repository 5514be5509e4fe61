-- Mandates: what an organisation lets an intermediary do for it (docs/adr/0015-mandates.md). Moments are whole
-- microseconds since 1970, days are written 2026-06-01. Rows are added, never changed.

CREATE TABLE intermediary (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL CONSTRAINT intermediary_name UNIQUE,
    kvk_number TEXT,
    registered_at INTEGER NOT NULL
) STRICT;

CREATE TABLE mandate (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    id TEXT NOT NULL PRIMARY KEY,
    intermediary_id TEXT NOT NULL REFERENCES intermediary (id),
    act TEXT NOT NULL CHECK (act IN ('read', 'deliver')),
    from_day TEXT NOT NULL,
    until_day TEXT NOT NULL,
    given_by TEXT NOT NULL,
    asked_by TEXT,
    given_at INTEGER NOT NULL,
    CONSTRAINT mandate_order CHECK (from_day <= until_day)
) STRICT;
CREATE INDEX mandate_of_organisation ON mandate (organisation_id, id);

-- What a mandate opens: a line for each dataset and act, found by who holds it and for which act: 'int_... read'.
CREATE TABLE mandate_line (
    holder TEXT NOT NULL,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    dataset TEXT NOT NULL,
    mandate_id TEXT NOT NULL REFERENCES mandate (id),
    intermediary_id TEXT NOT NULL REFERENCES intermediary (id),
    from_day TEXT NOT NULL,
    until_day TEXT NOT NULL,
    PRIMARY KEY (holder, organisation_id, dataset, mandate_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX mandate_line_of_mandate ON mandate_line (mandate_id);

CREATE TABLE mandate_withdrawal (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    mandate_id TEXT NOT NULL PRIMARY KEY REFERENCES mandate (id),
    withdrawn_by TEXT NOT NULL,
    asked_by TEXT,
    withdrawn_at INTEGER NOT NULL
) STRICT;

-- The mark of a withdrawal, which says nothing else: whoever held the mandate is held to it and sees no more of it.
CREATE TABLE mandate_mark (
    mandate_id TEXT NOT NULL CONSTRAINT mandate_withdrawn PRIMARY KEY REFERENCES mandate (id),
    intermediary_id TEXT NOT NULL REFERENCES intermediary (id)
) STRICT, WITHOUT ROWID;

-- The lines of mandates that were not withdrawn; the days are for who asks.
CREATE VIEW mandated AS
    SELECT holder, organisation_id, dataset, mandate_id, from_day, until_day FROM mandate_line
    WHERE NOT EXISTS (SELECT 1 FROM mandate_mark WHERE mandate_mark.mandate_id = mandate_line.mandate_id);

-- Tokens and uploads of intermediaries. A constraint cannot be changed here, so their tables are made anew; what names
-- a token with them, as it goes before its rows do.
CREATE TABLE token_anew (
    id TEXT NOT NULL PRIMARY KEY,
    secret_digest BLOB NOT NULL CONSTRAINT token_secret UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('organisation', 'intermediary', 'inspector')),
    organisation_id TEXT REFERENCES organisation (id),
    label TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    intermediary_id TEXT REFERENCES intermediary (id),
    CHECK ((role = 'organisation') = (organisation_id IS NOT NULL)),
    CHECK ((role = 'intermediary') = (intermediary_id IS NOT NULL))
) STRICT;
INSERT INTO token_anew (id, secret_digest, role, organisation_id, label, created_at, expires_at)
    SELECT id, secret_digest, role, organisation_id, label, created_at, expires_at FROM token;
CREATE TABLE token_revocation_anew (
    token_id TEXT NOT NULL PRIMARY KEY REFERENCES token_anew (id),
    revoked_at INTEGER NOT NULL
) STRICT;
INSERT INTO token_revocation_anew SELECT token_id, revoked_at FROM token_revocation;
CREATE TABLE token_use_anew (
    token_id TEXT NOT NULL PRIMARY KEY REFERENCES token_anew (id),
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO token_use_anew SELECT token_id, at FROM token_use;
DROP TABLE token_revocation;
DROP TABLE token_use;
DROP TABLE token;
-- What refers to a table follows its name.
ALTER TABLE token_anew RENAME TO token;
ALTER TABLE token_revocation_anew RENAME TO token_revocation;
ALTER TABLE token_use_anew RENAME TO token_use;

CREATE TABLE upload_anew (
    organisation_id TEXT REFERENCES organisation (id),
    id TEXT NOT NULL PRIMARY KEY,
    file_name TEXT NOT NULL,
    digest BLOB NOT NULL,
    size INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    intermediary_id TEXT REFERENCES intermediary (id),
    CONSTRAINT upload_sender CHECK ((organisation_id IS NULL) <> (intermediary_id IS NULL))
) STRICT;
INSERT INTO upload_anew (organisation_id, id, file_name, digest, size, received_at, expires_at)
    SELECT organisation_id, id, file_name, digest, size, received_at, expires_at FROM upload;
DROP TABLE upload;
ALTER TABLE upload_anew RENAME TO upload;
CREATE INDEX upload_expiry ON upload (expires_at);
CREATE INDEX upload_of_content ON upload (digest);

-- How many submissions a receipt is about, so that one with any that may not be seen is not seen. Nothing for those of
-- before, which no mandate opens.
ALTER TABLE receipt ADD COLUMN submissions INTEGER;
