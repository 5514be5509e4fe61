-- Moments are whole microseconds since 1970.

-- The receipt of an approval, as it was signed: canonical JSON, and an Ed25519 signature over it.
CREATE TABLE receipt (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    id TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    body BLOB NOT NULL,
    signature BLOB NOT NULL,
    key_id TEXT NOT NULL
) STRICT;
CREATE INDEX receipt_of_organisation ON receipt (organisation_id, id);

CREATE TABLE receipt_submission (
    submission_id TEXT NOT NULL PRIMARY KEY REFERENCES submission (id),
    receipt_id TEXT NOT NULL REFERENCES receipt (id)
) STRICT, WITHOUT ROWID;

-- Why a submission took the place of what was in force.
CREATE TABLE correction (
    submission_id TEXT NOT NULL PRIMARY KEY REFERENCES submission (id),
    class TEXT NOT NULL CHECK (class IN ('technical', 'content', 'material')),
    reason TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a checked file says, so that the organisation's other files can be compared with it before approval.
CREATE TABLE draft (
    submission_id TEXT NOT NULL PRIMARY KEY REFERENCES submission (id),
    observations BLOB NOT NULL
) STRICT;

-- About which periods a submission is, from the moment it was checked.
CREATE TABLE submission_period (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    dataset TEXT NOT NULL,
    period TEXT NOT NULL,
    submission_id TEXT NOT NULL REFERENCES submission (id),
    PRIMARY KEY (period, organisation_id, dataset, submission_id)
) STRICT, WITHOUT ROWID;

-- More time: what was asked, and what was decided. Days are written 2026-06-01.
CREATE TABLE extension (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    id TEXT NOT NULL PRIMARY KEY,
    dataset TEXT NOT NULL,
    period TEXT NOT NULL,
    wanted_until TEXT NOT NULL,
    ground TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX extension_of_period ON extension (period, organisation_id, dataset, id);

CREATE TABLE extension_decision (
    extension_id TEXT NOT NULL CONSTRAINT extension_decided PRIMARY KEY REFERENCES extension (id),
    granted_until TEXT,
    reason TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who need not deliver about a year; the last line counts. Without births the exemption has ended.
CREATE TABLE exemption (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    year INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    births INTEGER,
    ground TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    CONSTRAINT exemption_turn PRIMARY KEY (organisation_id, year, sequence)
) STRICT, WITHOUT ROWID;

-- When the service could not be reached: found between two heartbeats, or noted by the operator.
CREATE TABLE downtime (
    from_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    noted_by TEXT NOT NULL,
    noted_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT downtime_order CHECK (from_at < until_at)
) STRICT;
INSERT INTO turn (name, number, at) VALUES ('heartbeat', 0, 0);
