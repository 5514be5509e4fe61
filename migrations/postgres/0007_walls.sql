-- The second wall: what a statement forgot to ask for is not there (docs/adr/0011-row-level-security.md).
--
-- Each transaction says whose data it may see: kraamzicht.scope is the identifier of one organisation, or 'sector'.
-- One that says nothing sees nothing. Rows are only added, save in the tables that have a policy for more. The owner of
-- the tables is held to it like everybody else; a superuser and who has BYPASSRLS are not.
-- (SELECT ...) around what is the same for all rows has it computed once a statement.

CREATE FUNCTION kraamzicht_scope() RETURNS TEXT LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT NULLIF(current_setting('kraamzicht.scope', true), '') $$;

-- What is an organisation's own.
ALTER TABLE organisation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON organisation FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON organisation FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR id = (SELECT kraamzicht_scope()));

ALTER TABLE upload ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON upload FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON upload FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY removed ON upload FOR DELETE
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));

ALTER TABLE submission ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON submission FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON submission FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));

ALTER TABLE delivery ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON delivery FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON delivery FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));

ALTER TABLE observation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON observation FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON observation FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));

ALTER TABLE observation_part ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON observation_part FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON observation_part FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));

ALTER TABLE receipt ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON receipt FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON receipt FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));

ALTER TABLE submission_period ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON submission_period FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON submission_period FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));

ALTER TABLE extension ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON extension FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON extension FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));

ALTER TABLE exemption ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON exemption FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON exemption FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));

ALTER TABLE registration ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON registration FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON registration FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));

ALTER TABLE recorded_override ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON recorded_override FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON recorded_override FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));

ALTER TABLE run_organisation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON run_organisation FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON run_organisation FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));

-- What is for learning only is in no sector's scope.
ALTER TABLE learning_observation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON learning_observation FOR SELECT
    USING (organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON learning_observation FOR INSERT
    WITH CHECK (organisation_id = (SELECT kraamzicht_scope()));

-- What belongs to something that is an organisation's own.
ALTER TABLE submission_event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON submission_event FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM submission WHERE submission.id = submission_event.submission_id AND submission.organisation_id = (SELECT kraamzicht_scope())));
CREATE POLICY added ON submission_event FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM submission WHERE submission.id = submission_event.submission_id AND submission.organisation_id = (SELECT kraamzicht_scope())));

ALTER TABLE explanation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON explanation FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM submission WHERE submission.id = explanation.submission_id AND submission.organisation_id = (SELECT kraamzicht_scope())));
CREATE POLICY added ON explanation FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM submission WHERE submission.id = explanation.submission_id AND submission.organisation_id = (SELECT kraamzicht_scope())));

ALTER TABLE correction ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON correction FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM submission WHERE submission.id = correction.submission_id AND submission.organisation_id = (SELECT kraamzicht_scope())));
CREATE POLICY added ON correction FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM submission WHERE submission.id = correction.submission_id AND submission.organisation_id = (SELECT kraamzicht_scope())));

ALTER TABLE draft ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON draft FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM submission WHERE submission.id = draft.submission_id AND submission.organisation_id = (SELECT kraamzicht_scope())));
CREATE POLICY added ON draft FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM submission WHERE submission.id = draft.submission_id AND submission.organisation_id = (SELECT kraamzicht_scope())));

ALTER TABLE receipt_submission ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON receipt_submission FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM submission WHERE submission.id = receipt_submission.submission_id AND submission.organisation_id = (SELECT kraamzicht_scope())));
CREATE POLICY added ON receipt_submission FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM submission WHERE submission.id = receipt_submission.submission_id AND submission.organisation_id = (SELECT kraamzicht_scope())));

ALTER TABLE extension_decision ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON extension_decision FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM extension WHERE extension.id = extension_decision.extension_id AND extension.organisation_id = (SELECT kraamzicht_scope())));
CREATE POLICY added ON extension_decision FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM extension WHERE extension.id = extension_decision.extension_id AND extension.organisation_id = (SELECT kraamzicht_scope())));

ALTER TABLE override_change ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON override_change FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM recorded_override WHERE recorded_override.id = override_change.override_id AND recorded_override.organisation_id = (SELECT kraamzicht_scope())));
CREATE POLICY added ON override_change FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM recorded_override WHERE recorded_override.id = override_change.override_id AND recorded_override.organisation_id = (SELECT kraamzicht_scope())));

-- Bytes are kept once, whoever sent them: they are seen by way of an upload or a submission.
CREATE INDEX upload_of_content ON upload (digest);

ALTER TABLE content ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON content FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM upload WHERE upload.digest = content.digest AND upload.organisation_id = (SELECT kraamzicht_scope()))
    OR EXISTS (SELECT 1 FROM submission WHERE submission.digest = content.digest AND submission.organisation_id = (SELECT kraamzicht_scope())));
CREATE POLICY added ON content FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM upload WHERE upload.digest = content.digest AND upload.organisation_id = (SELECT kraamzicht_scope()))
    OR EXISTS (SELECT 1 FROM submission WHERE submission.digest = content.digest AND submission.organisation_id = (SELECT kraamzicht_scope())));
CREATE POLICY removed ON content FOR DELETE
    USING ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM upload WHERE upload.digest = content.digest AND upload.organisation_id = (SELECT kraamzicht_scope()))
    OR EXISTS (SELECT 1 FROM submission WHERE submission.digest = content.digest AND submission.organisation_id = (SELECT kraamzicht_scope())));

-- Who asks, and what was done under their keys.
ALTER TABLE token ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON token FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON token FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));

ALTER TABLE token_revocation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON token_revocation FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector'));
CREATE POLICY added ON token_revocation FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector'));

ALTER TABLE token_use ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON token_use FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector'));
CREATE POLICY added ON token_use FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector'));
CREATE POLICY changed ON token_use FOR UPDATE
    USING ((SELECT kraamzicht_scope() = 'sector')) WITH CHECK ((SELECT kraamzicht_scope() = 'sector'));

ALTER TABLE idempotency ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON idempotency FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM token WHERE token.id = idempotency.caller AND token.organisation_id = (SELECT kraamzicht_scope())));
CREATE POLICY added ON idempotency FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM token WHERE token.id = idempotency.caller AND token.organisation_id = (SELECT kraamzicht_scope())));
CREATE POLICY removed ON idempotency FOR DELETE
    USING ((SELECT kraamzicht_scope() = 'sector')
    OR EXISTS (SELECT 1 FROM token WHERE token.id = idempotency.caller AND token.organisation_id = (SELECT kraamzicht_scope())));

-- Everybody writes in the log; who reads it sees of all.
ALTER TABLE audit ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON audit FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector'));
CREATE POLICY added ON audit FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope()) IS NOT NULL);

-- What is nobody's in particular.
ALTER TABLE run ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON run FOR SELECT
    USING ((SELECT kraamzicht_scope()) IS NOT NULL);
CREATE POLICY added ON run FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope()) IS NOT NULL);

ALTER TABLE turn ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON turn FOR SELECT
    USING ((SELECT kraamzicht_scope()) IS NOT NULL);
CREATE POLICY changed ON turn FOR UPDATE
    USING ((SELECT kraamzicht_scope()) IS NOT NULL) WITH CHECK ((SELECT kraamzicht_scope()) IS NOT NULL);

ALTER TABLE downtime ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON downtime FOR SELECT
    USING ((SELECT kraamzicht_scope()) IS NOT NULL);
CREATE POLICY added ON downtime FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope()) IS NOT NULL);

-- Which migrations there were is read by every server and written by the owner alone.
ALTER TABLE _sqlx_migrations ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON _sqlx_migrations FOR SELECT USING (true);

-- A submission that the wall hides is no submission for supervision.
CREATE OR REPLACE FUNCTION refuse_learning() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT class FROM submission WHERE id = NEW.submission_id) IS DISTINCT FROM 'supervision' THEN
        RAISE EXCEPTION 'for learning only';
    END IF;
    RETURN NEW;
END $$;
