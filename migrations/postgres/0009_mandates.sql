-- Mandates: what an organisation lets an intermediary do for it (docs/adr/0015-mandates.md). Days are written 2026-06-01.
-- Rows are added, never changed.

CREATE TABLE intermediary (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL CONSTRAINT intermediary_name UNIQUE,
    kvk_number TEXT COLLATE "C",
    registered_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE mandate (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    intermediary_id TEXT COLLATE "C" NOT NULL REFERENCES intermediary (id),
    act TEXT COLLATE "C" NOT NULL CHECK (act IN ('read', 'deliver')),
    from_day TEXT COLLATE "C" NOT NULL,
    until_day TEXT COLLATE "C" NOT NULL,
    given_by TEXT COLLATE "C" NOT NULL,
    asked_by TEXT COLLATE "C",
    given_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT mandate_order CHECK (from_day <= until_day)
);
CREATE INDEX mandate_of_organisation ON mandate (organisation_id, id);

-- What a mandate opens: a line for each dataset and act, found by who holds it and for which act: 'int_... read'.
CREATE TABLE mandate_line (
    holder TEXT COLLATE "C" NOT NULL,
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    dataset TEXT COLLATE "C" NOT NULL,
    mandate_id TEXT COLLATE "C" NOT NULL REFERENCES mandate (id),
    intermediary_id TEXT COLLATE "C" NOT NULL REFERENCES intermediary (id),
    from_day TEXT COLLATE "C" NOT NULL,
    until_day TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (holder, organisation_id, dataset, mandate_id)
);
CREATE INDEX mandate_line_of_mandate ON mandate_line (mandate_id);

CREATE TABLE mandate_withdrawal (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    mandate_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES mandate (id),
    withdrawn_by TEXT COLLATE "C" NOT NULL,
    asked_by TEXT COLLATE "C",
    withdrawn_at TIMESTAMPTZ NOT NULL
);

-- The mark of a withdrawal, which says nothing else: whoever held the mandate is held to it and sees no more of it.
CREATE TABLE mandate_mark (
    mandate_id TEXT COLLATE "C" NOT NULL CONSTRAINT mandate_withdrawn PRIMARY KEY REFERENCES mandate (id),
    intermediary_id TEXT COLLATE "C" NOT NULL REFERENCES intermediary (id)
);

-- The lines of mandates that were not withdrawn; the days are for who asks.
CREATE VIEW mandated WITH (security_invoker = true) AS
    SELECT holder, organisation_id, dataset, mandate_id, from_day, until_day FROM mandate_line
    WHERE NOT EXISTS (SELECT 1 FROM mandate_mark WHERE mandate_mark.mandate_id = mandate_line.mandate_id);

-- Tokens and uploads of intermediaries.
ALTER TABLE token ADD COLUMN intermediary_id TEXT COLLATE "C" REFERENCES intermediary (id);
ALTER TABLE token DROP CONSTRAINT token_role_check;
ALTER TABLE token ADD CONSTRAINT token_role_check CHECK (role IN ('organisation', 'intermediary', 'inspector'));
ALTER TABLE token ADD CONSTRAINT token_intermediary_check
    CHECK ((role = 'intermediary') = (intermediary_id IS NOT NULL));

ALTER TABLE upload ALTER COLUMN organisation_id DROP NOT NULL;
ALTER TABLE upload ADD COLUMN intermediary_id TEXT COLLATE "C" REFERENCES intermediary (id);
ALTER TABLE upload ADD CONSTRAINT upload_sender CHECK ((organisation_id IS NULL) <> (intermediary_id IS NULL));

-- How many submissions a receipt is about, so that one with any that may not be seen is not seen. Nothing for those of
-- before, which no mandate opens.
ALTER TABLE receipt ADD COLUMN submissions BIGINT;

-- The second wall. The scope of an intermediary is 'int_... read 2026-06-01': who, the act, the day. No policy of 0007
-- knows such a word, so that it sees nothing but what is opened here. What (SELECT ...) is around is computed once a
-- statement, and for nobody else is anything behind the first condition looked at.

CREATE FUNCTION kraamzicht_intermediary() RETURNS TEXT LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT substring(kraamzicht_scope() FROM '^(int_[0-9a-z]{26}) (?:read|deliver) [0-9]{4}-[0-9]{2}-[0-9]{2}$') $$;
CREATE FUNCTION kraamzicht_act() RETURNS TEXT LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT CASE WHEN kraamzicht_intermediary() IS NOT NULL THEN split_part(kraamzicht_scope(), ' ', 2) END $$;
CREATE FUNCTION kraamzicht_day() RETURNS TEXT LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT CASE WHEN kraamzicht_intermediary() IS NOT NULL THEN split_part(kraamzicht_scope(), ' ', 3) END $$;

-- What mandates open: 'org_... dataset', and the organisations of those. In PL/pgSQL, so that they are not written out in
-- every statement on every table with a policy: planning it would take longer than the statement. They see no more than
-- who calls them.
CREATE FUNCTION kraamzicht_open() RETURNS TEXT[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN ARRAY(SELECT organisation_id || ' ' || dataset FROM mandated
        WHERE holder = kraamzicht_intermediary() || ' ' || kraamzicht_act()
        AND from_day <= kraamzicht_day() AND until_day >= kraamzicht_day());
END $$;
CREATE FUNCTION kraamzicht_open_organisations() RETURNS TEXT[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN ARRAY(SELECT DISTINCT split_part(one, ' ', 1) FROM unnest(kraamzicht_open()) AS one);
END $$;

-- The mandates themselves: the organisation's all, the intermediary's while they hold.
ALTER TABLE intermediary ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON intermediary FOR SELECT
    USING (id = (SELECT kraamzicht_intermediary())
    OR (SELECT kraamzicht_scope() IS NOT NULL AND kraamzicht_intermediary() IS NULL));
CREATE POLICY added ON intermediary FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector'));

ALTER TABLE mandate_mark ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON mandate_mark FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR intermediary_id = (SELECT kraamzicht_intermediary()));
CREATE POLICY added ON mandate_mark FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR EXISTS (SELECT 1 FROM mandate_withdrawal
        WHERE mandate_withdrawal.mandate_id = mandate_mark.mandate_id));

ALTER TABLE mandate_line ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON mandate_line FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope())
    OR (intermediary_id = (SELECT kraamzicht_intermediary())
        AND from_day <= (SELECT kraamzicht_day()) AND until_day >= (SELECT kraamzicht_day())
        AND NOT EXISTS (SELECT 1 FROM mandate_mark WHERE mandate_mark.mandate_id = mandate_line.mandate_id)));
CREATE POLICY added ON mandate_line FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));

ALTER TABLE mandate ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON mandate FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope())
    OR (intermediary_id = (SELECT kraamzicht_intermediary())
        AND EXISTS (SELECT 1 FROM mandate_line WHERE mandate_line.mandate_id = mandate.id)));
CREATE POLICY added ON mandate FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));

ALTER TABLE mandate_withdrawal ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY seen ON mandate_withdrawal FOR SELECT
    USING ((SELECT kraamzicht_scope() = 'sector') OR organisation_id = (SELECT kraamzicht_scope()));
CREATE POLICY added ON mandate_withdrawal FOR INSERT
    WITH CHECK ((SELECT kraamzicht_scope() = 'sector') OR (organisation_id = (SELECT kraamzicht_scope())
    AND EXISTS (SELECT 1 FROM mandate WHERE mandate.id = mandate_withdrawal.mandate_id
        AND mandate.organisation_id = mandate_withdrawal.organisation_id)));

-- What is an intermediary's own.
CREATE POLICY seen_by_holder ON token FOR SELECT
    USING (intermediary_id = (SELECT kraamzicht_intermediary()));

CREATE POLICY seen_by_holder ON idempotency FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND EXISTS (SELECT 1 FROM token WHERE token.id = idempotency.caller));
CREATE POLICY added_by_holder ON idempotency FOR INSERT
    WITH CHECK ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND EXISTS (SELECT 1 FROM token WHERE token.id = idempotency.caller));
CREATE POLICY removed_by_holder ON idempotency FOR DELETE
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND EXISTS (SELECT 1 FROM token WHERE token.id = idempotency.caller));

CREATE POLICY seen_by_holder ON upload FOR SELECT
    USING (intermediary_id = (SELECT kraamzicht_intermediary()));
CREATE POLICY added_by_holder ON upload FOR INSERT
    WITH CHECK (intermediary_id = (SELECT kraamzicht_intermediary()));

-- What mandates open of an organisation as a whole.
CREATE POLICY seen_by_mandate ON organisation FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL) AND id = ANY ((SELECT kraamzicht_open_organisations())::TEXT[]));
CREATE POLICY seen_by_mandate ON registration FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND organisation_id = ANY ((SELECT kraamzicht_open_organisations())::TEXT[]));
CREATE POLICY seen_by_mandate ON exemption FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND organisation_id = ANY ((SELECT kraamzicht_open_organisations())::TEXT[]));

-- What they open of a dataset; never what is for learning only.
CREATE POLICY seen_by_mandate ON submission FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL) AND class = 'supervision'
    AND organisation_id || ' ' || dataset = ANY ((SELECT kraamzicht_open())::TEXT[]));
CREATE POLICY added_by_mandate ON submission FOR INSERT
    WITH CHECK ((SELECT kraamzicht_act() = 'deliver') AND class = 'supervision'
    AND organisation_id || ' ' || dataset = ANY ((SELECT kraamzicht_open())::TEXT[]));

CREATE POLICY seen_by_mandate ON delivery FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL) AND class = 'supervision'
    AND organisation_id || ' ' || dataset = ANY ((SELECT kraamzicht_open())::TEXT[]));
CREATE POLICY added_by_mandate ON delivery FOR INSERT
    WITH CHECK ((SELECT kraamzicht_act() = 'deliver') AND class = 'supervision'
    AND organisation_id || ' ' || dataset = ANY ((SELECT kraamzicht_open())::TEXT[]));

CREATE POLICY seen_by_mandate ON submission_period FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND organisation_id || ' ' || dataset = ANY ((SELECT kraamzicht_open())::TEXT[]));
CREATE POLICY added_by_mandate ON submission_period FOR INSERT
    WITH CHECK ((SELECT kraamzicht_act() = 'deliver')
    AND organisation_id || ' ' || dataset = ANY ((SELECT kraamzicht_open())::TEXT[]));

CREATE POLICY seen_by_mandate ON extension FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND organisation_id || ' ' || dataset = ANY ((SELECT kraamzicht_open())::TEXT[]));
CREATE POLICY added_by_mandate ON extension FOR INSERT
    WITH CHECK ((SELECT kraamzicht_act() = 'deliver')
    AND organisation_id || ' ' || dataset = ANY ((SELECT kraamzicht_open())::TEXT[]));

-- What belongs to something that they open: the wall of that one is looked through.
CREATE POLICY seen_by_mandate ON extension_decision FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND EXISTS (SELECT 1 FROM extension WHERE extension.id = extension_decision.extension_id));

CREATE POLICY seen_by_mandate ON submission_event FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND EXISTS (SELECT 1 FROM submission WHERE submission.id = submission_event.submission_id));
CREATE POLICY added_by_mandate ON submission_event FOR INSERT
    WITH CHECK ((SELECT kraamzicht_act() = 'deliver')
    AND EXISTS (SELECT 1 FROM submission WHERE submission.id = submission_event.submission_id));

CREATE POLICY seen_by_mandate ON explanation FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND EXISTS (SELECT 1 FROM submission WHERE submission.id = explanation.submission_id));
CREATE POLICY added_by_mandate ON explanation FOR INSERT
    WITH CHECK ((SELECT kraamzicht_act() = 'deliver')
    AND EXISTS (SELECT 1 FROM submission WHERE submission.id = explanation.submission_id));

CREATE POLICY seen_by_mandate ON correction FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND EXISTS (SELECT 1 FROM submission WHERE submission.id = correction.submission_id));
CREATE POLICY added_by_mandate ON correction FOR INSERT
    WITH CHECK ((SELECT kraamzicht_act() = 'deliver')
    AND EXISTS (SELECT 1 FROM submission WHERE submission.id = correction.submission_id));

CREATE POLICY seen_by_mandate ON draft FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND EXISTS (SELECT 1 FROM submission WHERE submission.id = draft.submission_id));
CREATE POLICY added_by_mandate ON draft FOR INSERT
    WITH CHECK ((SELECT kraamzicht_act() = 'deliver')
    AND EXISTS (SELECT 1 FROM submission WHERE submission.id = draft.submission_id));

CREATE POLICY seen_by_mandate ON observation FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND EXISTS (SELECT 1 FROM submission WHERE submission.id = observation.submission_id
        AND submission.organisation_id = observation.organisation_id));
CREATE POLICY added_by_mandate ON observation FOR INSERT
    WITH CHECK ((SELECT kraamzicht_act() = 'deliver')
    AND EXISTS (SELECT 1 FROM submission WHERE submission.id = observation.submission_id
        AND submission.organisation_id = observation.organisation_id));

CREATE POLICY seen_by_mandate ON observation_part FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND EXISTS (SELECT 1 FROM submission WHERE submission.id = observation_part.submission_id
        AND submission.organisation_id = observation_part.organisation_id));
CREATE POLICY added_by_mandate ON observation_part FOR INSERT
    WITH CHECK ((SELECT kraamzicht_act() = 'deliver')
    AND EXISTS (SELECT 1 FROM submission WHERE submission.id = observation_part.submission_id
        AND submission.organisation_id = observation_part.organisation_id));

CREATE POLICY seen_by_mandate ON receipt_submission FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND EXISTS (SELECT 1 FROM submission WHERE submission.id = receipt_submission.submission_id));
CREATE POLICY added_by_mandate ON receipt_submission FOR INSERT
    WITH CHECK ((SELECT kraamzicht_act() = 'deliver')
    AND EXISTS (SELECT 1 FROM submission WHERE submission.id = receipt_submission.submission_id));

CREATE POLICY seen_by_mandate ON receipt FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND organisation_id = ANY ((SELECT kraamzicht_open_organisations())::TEXT[])
    AND submissions = (SELECT COUNT(*) FROM receipt_submission WHERE receipt_submission.receipt_id = receipt.id));
CREATE POLICY added_by_mandate ON receipt FOR INSERT
    WITH CHECK ((SELECT kraamzicht_act() = 'deliver')
    AND organisation_id = ANY ((SELECT kraamzicht_open_organisations())::TEXT[]));

CREATE POLICY seen_by_mandate ON content FOR SELECT
    USING ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND (EXISTS (SELECT 1 FROM upload WHERE upload.digest = content.digest)
        OR EXISTS (SELECT 1 FROM submission WHERE submission.digest = content.digest)));
CREATE POLICY added_by_holder ON content FOR INSERT
    WITH CHECK ((SELECT kraamzicht_intermediary() IS NOT NULL)
    AND EXISTS (SELECT 1 FROM upload WHERE upload.digest = content.digest));
