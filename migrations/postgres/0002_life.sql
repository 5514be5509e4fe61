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
