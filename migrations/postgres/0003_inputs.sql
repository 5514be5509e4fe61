-- Days are written 2026-06-01.

-- What the figures of a delivery may be used for. What is for learning only (Wkkgz article 9) is shown to the
-- organisation itself: every statement that reads across organisations asks for 'supervision'.
ALTER TABLE submission ADD COLUMN class TEXT COLLATE "C" NOT NULL DEFAULT 'supervision'
    CHECK (class IN ('supervision', 'learning_only'));
ALTER TABLE delivery ADD COLUMN class TEXT COLLATE "C" NOT NULL DEFAULT 'supervision'
    CHECK (class IN ('supervision', 'learning_only'));

-- The numbers that are for learning only. They are in no other table.
CREATE TABLE learning_observation (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    submission_id TEXT COLLATE "C" NOT NULL REFERENCES submission (id),
    period TEXT COLLATE "C" NOT NULL,
    indicator TEXT COLLATE "C" NOT NULL,
    numerator DOUBLE PRECISION,
    denominator DOUBLE PRECISION,
    value DOUBLE PRECISION,
    standard_deviation DOUBLE PRECISION,
    units DOUBLE PRECISION,
    missing TEXT COLLATE "C",
    PRIMARY KEY (organisation_id, submission_id, period, indicator)
);

-- The numbers of parts of an organisation, such as postcode areas, beside those of the whole in observation.
CREATE TABLE observation_part (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    submission_id TEXT COLLATE "C" NOT NULL REFERENCES submission (id),
    period TEXT COLLATE "C" NOT NULL,
    indicator TEXT COLLATE "C" NOT NULL,
    part TEXT COLLATE "C" NOT NULL,
    numerator DOUBLE PRECISION,
    denominator DOUBLE PRECISION,
    value DOUBLE PRECISION,
    standard_deviation DOUBLE PRECISION,
    units DOUBLE PRECISION,
    missing TEXT COLLATE "C",
    PRIMARY KEY (organisation_id, submission_id, period, indicator, part)
);

-- What the register says of an organisation besides its code, name and sort; the last line counts.
CREATE TABLE registration (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    sequence BIGINT NOT NULL,
    kvk_number TEXT COLLATE "C",
    region TEXT COLLATE "C",
    merged_into TEXT COLLATE "C" REFERENCES organisation (id),
    merged_on TEXT COLLATE "C",
    known_from TIMESTAMPTZ NOT NULL,
    CONSTRAINT registration_turn PRIMARY KEY (organisation_id, sequence),
    CONSTRAINT registration_merger CHECK ((merged_into IS NULL) = (merged_on IS NULL)),
    CONSTRAINT registration_other CHECK (merged_into IS NULL OR merged_into <> organisation_id)
);

-- The last door: a number that is for learning only is refused by the tables of those that are not.
CREATE FUNCTION refuse_learning() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT class FROM submission WHERE id = NEW.submission_id) <> 'supervision' THEN
        RAISE EXCEPTION 'for learning only';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER observation_class BEFORE INSERT ON observation
    FOR EACH ROW EXECUTE FUNCTION refuse_learning();
CREATE TRIGGER observation_part_class BEFORE INSERT ON observation_part
    FOR EACH ROW EXECUTE FUNCTION refuse_learning();
