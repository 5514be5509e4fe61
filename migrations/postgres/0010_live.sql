-- How far checks are that are running now; a row is gone when its check is done.
CREATE TABLE running_check (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    upload_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    caller TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C",
    rows_checked BIGINT NOT NULL,
    bytes_read BIGINT NOT NULL,
    bytes_total BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX running_check_of_caller ON running_check (caller, key);

ALTER TABLE running_check ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON running_check FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON running_check FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY changed ON running_check FOR UPDATE
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()))
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY removed ON running_check FOR DELETE
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));

-- What changed since a moment.
CREATE INDEX submission_event_of_moment ON submission_event (at);
CREATE INDEX run_of_moment ON run (known_at);
CREATE INDEX submission_of_upload ON submission (upload_id);
