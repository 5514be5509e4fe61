-- Moments are whole microseconds since 1970. Days are written 2026-06-01.

-- What outranks the scores of an organisation, as the inspectorate recorded it.
CREATE TABLE recorded_override (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    id TEXT NOT NULL PRIMARY KEY,
    reason TEXT NOT NULL CHECK (reason IN ('active_measure', 'calamity_under_investigation')),
    from_day TEXT NOT NULL,
    until_day TEXT,
    reference TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT;
CREATE INDEX recorded_override_of_organisation ON recorded_override (organisation_id, id);

-- Changes of its end; the last line counts. Without a day it was taken back: it should never have been recorded.
CREATE TABLE override_change (
    override_id TEXT NOT NULL REFERENCES recorded_override (id),
    sequence INTEGER NOT NULL,
    until_day TEXT,
    ground TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    CONSTRAINT override_change_turn PRIMARY KEY (override_id, sequence)
) STRICT, WITHOUT ROWID;
