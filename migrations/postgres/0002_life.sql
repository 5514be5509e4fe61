-- The receipt of an approval, as it was signed: canonical JSON, and an Ed25519 signature over it.
CREATE TABLE receipt (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL,
    body BYTEA NOT NULL,
    signature BYTEA NOT NULL,
    key_id TEXT COLLATE "C" NOT NULL
);
CREATE INDEX receipt_of_organisation ON receipt (organisation_id, id);

CREATE TABLE receipt_submission (
    submission_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES submission (id),
    receipt_id TEXT COLLATE "C" NOT NULL REFERENCES receipt (id)
);

-- Why a submission took the place of what was in force.
CREATE TABLE correction (
    submission_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES submission (id),
    class TEXT COLLATE "C" NOT NULL CHECK (class IN ('technical', 'content', 'material')),
    reason TEXT COLLATE "C" NOT NULL,
    at TIMESTAMPTZ NOT NULL
);

-- What a checked file says, so that the organisation's other files can be compared with it before approval.
CREATE TABLE draft (
    submission_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES submission (id),
    observations BYTEA NOT NULL
);

-- About which periods a submission is, from the moment it was checked.
CREATE TABLE submission_period (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    dataset TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    submission_id TEXT COLLATE "C" NOT NULL REFERENCES submission (id),
    PRIMARY KEY (period, organisation_id, dataset, submission_id)
);

-- More time: what was asked, and what was decided. Days are written 2026-06-01.
CREATE TABLE extension (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    dataset TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    wanted_until TEXT COLLATE "C" NOT NULL,
    ground TEXT COLLATE "C" NOT NULL,
    asked_by TEXT COLLATE "C" NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX extension_of_period ON extension (period, organisation_id, dataset, id);

CREATE TABLE extension_decision (
    extension_id TEXT COLLATE "C" NOT NULL CONSTRAINT extension_decided PRIMARY KEY REFERENCES extension (id),
    granted_until TEXT COLLATE "C",
    reason TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C" NOT NULL,
    decided_at TIMESTAMPTZ NOT NULL
);

-- Who need not deliver about a year; the last line counts. Without births the exemption has ended.
CREATE TABLE exemption (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    year BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    births BIGINT,
    ground TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C" NOT NULL,
    decided_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT exemption_turn PRIMARY KEY (organisation_id, year, sequence)
);

-- When the service could not be reached: found between two heartbeats, or noted by the operator.
CREATE TABLE downtime (
    from_at TIMESTAMPTZ NOT NULL,
    until_at TIMESTAMPTZ NOT NULL,
    noted_by TEXT COLLATE "C" NOT NULL,
    noted_at TIMESTAMPTZ NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    CONSTRAINT downtime_order CHECK (from_at < until_at)
);
INSERT INTO turn (name, number, at) VALUES ('heartbeat', 0, TIMESTAMPTZ 'epoch');
