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
