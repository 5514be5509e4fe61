-- How far checks are that are running now; a row is gone when its check is done. Moments are whole microseconds since
-- 1970.
CREATE TABLE running_check (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    upload_id TEXT NOT NULL PRIMARY KEY,
    caller TEXT NOT NULL,
    key TEXT,
    rows_checked INTEGER NOT NULL,
    bytes_read INTEGER NOT NULL,
    bytes_total INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX running_check_of_caller ON running_check (caller, key);

-- What changed since a moment.
CREATE INDEX submission_event_of_moment ON submission_event (at);
CREATE INDEX run_of_moment ON run (known_at);
CREATE INDEX submission_of_upload ON submission (upload_id);
