-- Moments are in UTC. Days are written 2026-06-01.

-- What outranks the scores of an organisation, as the inspectorate recorded it.
CREATE TABLE recorded_override (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    reason TEXT COLLATE "C" NOT NULL CHECK (reason IN ('active_measure', 'calamity_under_investigation')),
    from_day TEXT COLLATE "C" NOT NULL,
    until_day TEXT COLLATE "C",
    reference TEXT COLLATE "C" NOT NULL,
    recorded_by TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX recorded_override_of_organisation ON recorded_override (organisation_id, id);

-- Changes of its end; the last line counts. Without a day it was taken back: it should never have been recorded.
CREATE TABLE override_change (
    override_id TEXT COLLATE "C" NOT NULL REFERENCES recorded_override (id),
    sequence BIGINT NOT NULL,
    until_day TEXT COLLATE "C",
    ground TEXT COLLATE "C" NOT NULL,
    changed_by TEXT COLLATE "C" NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT override_change_turn PRIMARY KEY (override_id, sequence)
);
