-- Moments are whole microseconds since 1970. Days are written 2026-06-01.

-- What the figures of a delivery may be used for. What is for learning only (Wkkgz article 9) is shown to the
-- organisation itself: every statement that reads across organisations asks for 'supervision'.
ALTER TABLE submission ADD COLUMN class TEXT NOT NULL DEFAULT 'supervision'
    CHECK (class IN ('supervision', 'learning_only'));
ALTER TABLE delivery ADD COLUMN class TEXT NOT NULL DEFAULT 'supervision'
    CHECK (class IN ('supervision', 'learning_only'));

-- The numbers that are for learning only. They are in no other table.
CREATE TABLE learning_observation (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    submission_id TEXT NOT NULL REFERENCES submission (id),
    period TEXT NOT NULL,
    indicator TEXT NOT NULL,
    numerator REAL,
    denominator REAL,
    value REAL,
    standard_deviation REAL,
    units REAL,
    missing TEXT,
    PRIMARY KEY (organisation_id, submission_id, period, indicator)
) STRICT, WITHOUT ROWID;

-- The numbers of parts of an organisation, such as postcode areas, beside those of the whole in observation.
CREATE TABLE observation_part (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    submission_id TEXT NOT NULL REFERENCES submission (id),
    period TEXT NOT NULL,
    indicator TEXT NOT NULL,
    part TEXT NOT NULL,
    numerator REAL,
    denominator REAL,
    value REAL,
    standard_deviation REAL,
    units REAL,
    missing TEXT,
    PRIMARY KEY (organisation_id, submission_id, period, indicator, part)
) STRICT, WITHOUT ROWID;

-- What the register says of an organisation besides its code, name and sort; the last line counts.
CREATE TABLE registration (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    sequence INTEGER NOT NULL,
    kvk_number TEXT,
    region TEXT,
    merged_into TEXT REFERENCES organisation (id),
    merged_on TEXT,
    known_from INTEGER NOT NULL,
    CONSTRAINT registration_turn PRIMARY KEY (organisation_id, sequence),
    CONSTRAINT registration_merger CHECK ((merged_into IS NULL) = (merged_on IS NULL)),
    CONSTRAINT registration_other CHECK (merged_into IS NULL OR merged_into <> organisation_id)
) STRICT, WITHOUT ROWID;

-- The last door: a number that is for learning only is refused by the tables of those that are not.
CREATE TRIGGER observation_class BEFORE INSERT ON observation
WHEN (SELECT class FROM submission WHERE id = NEW.submission_id) <> 'supervision'
BEGIN SELECT RAISE(ABORT, 'for learning only'); END;
CREATE TRIGGER observation_part_class BEFORE INSERT ON observation_part
WHEN (SELECT class FROM submission WHERE id = NEW.submission_id) <> 'supervision'
BEGIN SELECT RAISE(ABORT, 'for learning only'); END;
