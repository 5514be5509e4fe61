-- Moments are whole microseconds since 1970. Nothing here is updated but the two rows that hand out turns.

CREATE TABLE organisation (
    id TEXT NOT NULL PRIMARY KEY,
    agb_code TEXT NOT NULL CONSTRAINT organisation_agb_code UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('organisation', 'cooperative', 'solo')),
    registered_at INTEGER NOT NULL
) STRICT;

CREATE TABLE token (
    id TEXT NOT NULL PRIMARY KEY,
    secret_digest BLOB NOT NULL CONSTRAINT token_secret UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('organisation', 'inspector')),
    organisation_id TEXT REFERENCES organisation (id),
    label TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK ((role = 'organisation') = (organisation_id IS NOT NULL))
) STRICT;

CREATE TABLE token_revocation (
    token_id TEXT NOT NULL PRIMARY KEY REFERENCES token (id),
    revoked_at INTEGER NOT NULL
) STRICT;

-- The bytes of files, compressed, once per content.
CREATE TABLE content (
    digest BLOB NOT NULL PRIMARY KEY,
    size INTEGER NOT NULL,
    gzip BLOB NOT NULL
) STRICT;

CREATE TABLE upload (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    id TEXT NOT NULL PRIMARY KEY,
    file_name TEXT NOT NULL,
    digest BLOB NOT NULL,
    size INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX upload_expiry ON upload (expires_at);

CREATE TABLE submission (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    id TEXT NOT NULL PRIMARY KEY,
    dataset TEXT,
    upload_id TEXT NOT NULL,
    file_name TEXT NOT NULL,
    digest BLOB NOT NULL,
    catalogue_hash BLOB NOT NULL,
    report BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL
) STRICT;
CREATE INDEX submission_of_organisation ON submission (organisation_id, id);
CREATE INDEX submission_of_content ON submission (digest);

CREATE TABLE submission_event (
    submission_id TEXT NOT NULL REFERENCES submission (id),
    sequence INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'checked', 'rejected', 'approved', 'superseded', 'withdrawn')),
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT,
    CONSTRAINT submission_event_turn PRIMARY KEY (submission_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE explanation (
    submission_id TEXT NOT NULL REFERENCES submission (id),
    finding INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    CONSTRAINT explanation_turn PRIMARY KEY (submission_id, finding, sequence)
) STRICT, WITHOUT ROWID;

-- What is in force: the row with the highest version; a row without submission is a withdrawal.
CREATE TABLE delivery (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    dataset TEXT NOT NULL,
    period TEXT NOT NULL,
    version INTEGER NOT NULL,
    submission_id TEXT REFERENCES submission (id),
    known_from INTEGER NOT NULL,
    CONSTRAINT delivery_turn PRIMARY KEY (organisation_id, dataset, period, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_of_period ON delivery (period, organisation_id, dataset, version);
CREATE INDEX delivery_of_submission ON delivery (submission_id);

CREATE TABLE observation (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    submission_id TEXT NOT NULL REFERENCES submission (id),
    period TEXT NOT NULL,
    indicator TEXT NOT NULL,
    numerator REAL,
    denominator REAL,
    value REAL,
    standard_deviation REAL,
    units REAL,
    missing TEXT,
    PRIMARY KEY (organisation_id, submission_id, period, indicator)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id TEXT NOT NULL PRIMARY KEY,
    period TEXT NOT NULL,
    known_at INTEGER NOT NULL,
    engine_version TEXT NOT NULL,
    catalogue_hash BLOB NOT NULL,
    input_hash BLOB NOT NULL,
    output_hash BLOB NOT NULL,
    sector BLOB NOT NULL
) STRICT;
CREATE INDEX run_of_period ON run (period, known_at);

CREATE TABLE run_organisation (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    run_id TEXT NOT NULL REFERENCES run (id),
    outcome BLOB NOT NULL,
    PRIMARY KEY (run_id, organisation_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    sequence INTEGER NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    result TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;

-- The turns: whoever changes what is in force, or writes to the log, waits here for whoever came before.
CREATE TABLE turn (
    name TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
INSERT INTO turn (name, number, at) VALUES ('deliveries', 0, 0), ('audit', 0, 0);
