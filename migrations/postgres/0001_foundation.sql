-- Nothing here is updated but the two rows that hand out turns.

CREATE TABLE organisation (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    agb_code TEXT COLLATE "C" NOT NULL CONSTRAINT organisation_agb_code UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('organisation', 'cooperative', 'solo')),
    registered_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE token (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    secret_digest BYTEA NOT NULL CONSTRAINT token_secret UNIQUE,
    role TEXT COLLATE "C" NOT NULL CHECK (role IN ('organisation', 'inspector')),
    organisation_id TEXT COLLATE "C" REFERENCES organisation (id),
    label TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    CHECK ((role = 'organisation') = (organisation_id IS NOT NULL))
);

CREATE TABLE token_revocation (
    token_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES token (id),
    revoked_at TIMESTAMPTZ NOT NULL
);

-- The bytes of files, compressed, once per content.
CREATE TABLE content (
    digest BYTEA NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    gzip BYTEA NOT NULL
);

CREATE TABLE upload (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    file_name TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    size BIGINT NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX upload_expiry ON upload (expires_at);

CREATE TABLE submission (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    dataset TEXT COLLATE "C",
    upload_id TEXT COLLATE "C" NOT NULL,
    file_name TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    catalogue_hash BYTEA NOT NULL,
    report BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL
);
CREATE INDEX submission_of_organisation ON submission (organisation_id, id);
CREATE INDEX submission_of_content ON submission (digest);

CREATE TABLE submission_event (
    submission_id TEXT COLLATE "C" NOT NULL REFERENCES submission (id),
    sequence BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('received', 'checked', 'rejected', 'approved', 'superseded', 'withdrawn')),
    at TIMESTAMPTZ NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C",
    CONSTRAINT submission_event_turn PRIMARY KEY (submission_id, sequence)
);

CREATE TABLE explanation (
    submission_id TEXT COLLATE "C" NOT NULL REFERENCES submission (id),
    finding BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    CONSTRAINT explanation_turn PRIMARY KEY (submission_id, finding, sequence)
);

-- What is in force: the row with the highest version; a row without submission is a withdrawal.
CREATE TABLE delivery (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    dataset TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    submission_id TEXT COLLATE "C" REFERENCES submission (id),
    known_from TIMESTAMPTZ NOT NULL,
    CONSTRAINT delivery_turn PRIMARY KEY (organisation_id, dataset, period, version)
);
CREATE INDEX delivery_of_period ON delivery (period, organisation_id, dataset, version);
CREATE INDEX delivery_of_submission ON delivery (submission_id);

CREATE TABLE observation (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    submission_id TEXT COLLATE "C" NOT NULL REFERENCES submission (id),
    period TEXT COLLATE "C" NOT NULL,
    indicator TEXT COLLATE "C" NOT NULL,
    numerator DOUBLE PRECISION,
    denominator DOUBLE PRECISION,
    value DOUBLE PRECISION,
    standard_deviation DOUBLE PRECISION,
    units DOUBLE PRECISION,
    missing TEXT COLLATE "C",
    PRIMARY KEY (organisation_id, submission_id, period, indicator)
);

CREATE TABLE run (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    period TEXT COLLATE "C" NOT NULL,
    known_at TIMESTAMPTZ NOT NULL,
    engine_version TEXT COLLATE "C" NOT NULL,
    catalogue_hash BYTEA NOT NULL,
    input_hash BYTEA NOT NULL,
    output_hash BYTEA NOT NULL,
    sector BYTEA NOT NULL
);
CREATE INDEX run_of_period ON run (period, known_at);

CREATE TABLE run_organisation (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    run_id TEXT COLLATE "C" NOT NULL REFERENCES run (id),
    outcome BYTEA NOT NULL,
    PRIMARY KEY (run_id, organisation_id)
);

CREATE TABLE audit (
    sequence BIGINT NOT NULL PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    result TEXT COLLATE "C" NOT NULL,
    previous BYTEA NOT NULL,
    hash BYTEA NOT NULL
);

-- The turns: whoever changes what is in force, or writes to the log, waits here for whoever came before.
CREATE TABLE turn (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
INSERT INTO turn (name, number, at) VALUES ('deliveries', 0, TIMESTAMPTZ 'epoch'), ('audit', 0, TIMESTAMPTZ 'epoch');
