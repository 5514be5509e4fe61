use std::collections::BTreeMap;

use super::*;
use crate::catalogue::embedded;

type Files = BTreeMap<String, String>;

fn faults(files: &Files) -> Vec<String> {
    match Catalogue::load(files) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.0.iter().map(ToString::to_string).collect(),
    }
}

/// The embedded files with the first `from` in `path` replaced by `to`.
fn with(path: &str, from: &str, to: &str) -> Files {
    let mut files = embedded::files();
    let text = files.get_mut(path).unwrap_or_else(|| panic!("no {path}"));
    assert!(text.contains(from), "{path} has no `{from}`");
    *text = text.replacen(from, to, 1);
    files
}

/// Each case breaks one thing in one of the embedded files: path, what stands there, what is put there, the fault.
pub(super) fn assert_faults(cases: &[(&str, &str, &str, &str)]) {
    for (path, from, to, fault) in cases {
        let found = faults(&with(path, from, to));
        assert!(found.contains(&format!("{path}: {fault}")), "{path}: `{from}` to `{to}` gave {found:#?}");
    }
}

#[test]
fn embedded_catalogue_is_without_faults() {
    assert_eq!(faults(&embedded::files()), Vec::<String>::new());
}

#[test]
fn columns_of_exports_are_told_apart_and_explained() {
    let twice = "`agb_code` of `agb_code` is read as a word of `agb_code`";
    assert_faults(&[
        ("exports.toml", "nl = \"Naam van de organisatie.\"", "nl = \"\"", "organisation has no text in `nl`"),
        ("exports.toml", "name = \"organisation_id\"", "name = \"agb_code\"", twice),
    ]);
}

#[test]
fn all_faults_are_reported() {
    let mut files = with("indicators/KZ01.toml", "weight = 1.0", "weight = -1.0");
    files.extend(
        with("themes.toml", "nl = \"Bezetting\"", "nl = \" \"").into_iter().filter(|(path, _)| path == "themes.toml"),
    );
    assert_eq!(
        faults(&files),
        [
            "themes.toml: the name of `bezetting` has no text in `nl`",
            "indicators/KZ01.toml: the weight must be a number of at least 0",
        ]
    );
}

#[test]
fn themes() {
    assert_faults(&[
        (
            "themes.toml",
            "code = \"integrale_zorg\"",
            "code = \"Bezetting\"",
            "`bezetting` of `bezetting` is read as a word of `Bezetting`",
        ),
        ("themes.toml", "en = \"Staffing\"", "en = \"\"", "the name of `bezetting` has no text in `en`"),
    ]);
}

#[test]
fn columns_of_a_dataset() {
    let path = "datasets/personeel.toml";
    assert_faults(&[
        (path, "name = \"fte\"", "name = \"Uren\"", "`uren` of `uren` is read as a word of `Uren`"),
        (path, "\"aantal fte\"", "\"AANTAL\"", "`AANTAL` of `fte` is read as a word of `aantal_personen`"),
        (path, "\"aantal fte\"", "\"--\"", "`--` of `fte` has no letter or digit"),
        (path, "title = { nl = \"Fte\"", "title = { nl = \"\"", "the title of `fte` has no text in `nl`"),
        (
            path,
            "maximum = 100000.0\nexample = \"84\"",
            "maximum = -1.0\nexample = \"84\"",
            "`aantal_personen` has no range from its minimum to its maximum",
        ),
        (
            path,
            "type = \"year\"",
            "type = \"year\"\nminimum = 2000.0",
            "`verslagjaar` has a minimum or maximum and holds no numbers",
        ),
        (
            path,
            "type = \"year\"",
            "type = \"year\"\nmaximum_length = 4",
            "`verslagjaar` has a `maximum_length` and is no text",
        ),
        (path, "type = \"year\"", "type = \"code\"", "`verslagjaar` must have codes exactly when it is of type `code`"),
        (
            path,
            "type = \"year\"",
            "type = \"year\"\nvalid_years = { from = 2010, to = 2009 }",
            "`verslagjaar` ends before it begins",
        ),
        (
            path,
            "type = \"year\"",
            "type = \"year\"\nvalid_years = { from = 2010 }",
            "`verslagjaar` has years that the dataset has not",
        ),
        (path, "\"uitzendkracht\"", "\"ZZP-er\"", "`ZZP-er` of `uitzend` is read as a word of `zzp`"),
        (
            path,
            "name = { nl = \"Uitzendkracht\"",
            "name = { nl = \"\"",
            "the name of `uitzend` in `contractvorm` has no text in `nl`",
        ),
    ]);
}

#[test]
fn examples_are_right_values() {
    let staff = "datasets/personeel.toml";
    assert_faults(&[
        (staff, "\"33001234\"", "\"3300123\"", "the example `3300123` of `agb_code` is no right value"),
        (
            staff,
            "type = \"year\"\nvalue_required = true\nexample = \"2025\"",
            "type = \"year\"\nvalue_required = true\nexample = \"25\"",
            "the example `25` of `verslagjaar` is no right value",
        ),
        (
            staff,
            "type = \"period\"\nvalue_required = true\nexample = \"2025\"",
            "type = \"period\"\nvalue_required = true\nexample = \"2025-5\"",
            "the example `2025-5` of `periode` is no right value",
        ),
        (
            staff,
            "example = \"loondienst\"",
            "example = \"vast\"",
            "the example `vast` of `contractvorm` is no right value",
        ),
        (staff, "example = \"84\"", "example = \"84,5\"", "the example `84,5` of `aantal_personen` is no right value"),
        (staff, "example = \"84\"", "example = \"-1\"", "the example `-1` of `aantal_personen` is no right value"),
        (staff, "example = \"61,4\"", "example = \"1.061,4\"", "the example `1.061,4` of `fte` is no right value"),
        (
            "datasets/indicatoren.toml",
            "example = \"KZ06\"",
            "example = \"KZ99\"",
            "the example `KZ99` of `indicator_code` is no right value",
        ),
        (
            "datasets/indicatoren.toml",
            "example = \"KZ06\"",
            "example = \"KZ23\"",
            "the example `KZ23` of `indicator_code` is no right value",
        ),
        (
            "datasets/indicatoren.toml",
            "maximum_length = 500",
            "maximum_length = 3",
            "the example `kleine groep` of `toelichting` is no right value",
        ),
    ]);
    assert!(dataset::is_date("2024-02-29") && dataset::is_date("29-2-2024"));
    assert!(!dataset::is_date("2025-02-29") && !dataset::is_date("2025-02") && !dataset::is_date("1-2-3-4"));
}

#[test]
fn roles_and_key_of_a_dataset() {
    let path = "datasets/evaluaties.toml";
    assert_faults(&[
        (
            path,
            "measure = \"onderwerp_code\"",
            "measure = \"onderwerp\"",
            "`measure` is the column `onderwerp`, which is not there",
        ),
        (
            path,
            "measure = \"onderwerp_code\"",
            "measure = \"instrument\"",
            "`measure` is `instrument`, which is of another type",
        ),
        (path, "year = \"verslagjaar\"\n", "", "`year` and `period` go together"),
        (
            path,
            "\"instrument\", \"onderwerp_code\"]",
            "\"vragenlijst\"]",
            "the key names the column `vragenlijst`, which is not there",
        ),
        (
            path,
            "\"instrument\", \"onderwerp_code\"]",
            "\"gemiddelde\"]",
            "`gemiddelde` is part of the key and may be empty",
        ),
        (
            path,
            "key = [\"agb_code\", \"verslagjaar\", \"periode\", \"instrument\", \"onderwerp_code\"]",
            "key = []",
            "there is no key",
        ),
        (path, "name = { nl = \"Evaluaties\"", "name = { nl = \"\"", "the name has no text in `nl`"),
    ]);
}

#[test]
fn numbers_taken_from_rows() {
    let (dataset, indicator) = ("datasets/evaluaties.toml", "indicators/ST01.toml");
    assert_faults(&[
        (dataset, "value = { only", "mean = { only", "an observation has no `mean`"),
        (
            dataset,
            "{ only = \"gemiddelde\" }",
            "{ only = \"cijfer\" }",
            "`value` takes the column `cijfer`, which `evaluaties` has not",
        ),
        (
            dataset,
            "{ only = \"gemiddelde\" }",
            "{ only = \"instrument\" }",
            "`value` takes the column `instrument`, which holds no numbers",
        ),
        (
            dataset,
            "{ only = \"gemiddelde\" }",
            "{}",
            "`value` must have exactly one of `sum`, `maximum`, `only` and `count`",
        ),
        (
            indicator,
            "{ sum = [\"aantal_personen\"] }",
            "{ sum = [\"fte\"], only = \"fte\" }",
            "`units` must have exactly one of `sum`, `maximum`, `only` and `count`",
        ),
        (
            indicator,
            "{ contractvorm = [\"zzp\"] }",
            "{ contractvorm = [\"ZZP'er\"] }",
            "the filter on `contractvorm` has `ZZP'er`, which that column cannot hold",
        ),
        (
            indicator,
            "{ contractvorm = [\"zzp\"] }",
            "{ contractvorm = [] }",
            "the filter on `contractvorm` has no words",
        ),
        (
            indicator,
            "{ contractvorm = [\"zzp\"] }",
            "{ contract = [\"zzp\"] }",
            "a filter is on the column `contract`, which `personeel` has not",
        ),
        (
            indicator,
            "{ contractvorm = [\"zzp\"] }",
            "{ fte = [\"1\"] }",
            "the filter is on `fte`, which holds no codes",
        ),
        (
            "indicators/CE14.toml",
            "\"CE13\"",
            "\"CE15\"",
            "the filter on `onderwerp_code` has `CE15`, which that column cannot hold",
        ),
    ]);
}

#[test]
fn indicators() {
    let path = "indicators/KZ01.toml";
    assert_faults(&[
        (path, "theme = \"professioneel_samenwerken\"", "theme = \"samenwerken\"", "there is no theme `samenwerken`"),
        (path, "weight = 1.0", "weight = nan", "the weight must be a number of at least 0"),
        (
            path,
            "weight = 1.0",
            "weight = 1.0\npoints_when_absent = 2.0",
            "`points_when_absent` belongs to the kind `rule`, and to no other",
        ),
        (path, "weight = 1.0", "weight = 1.0\nhours_per_unit = 2.0", "`hours_per_unit` belongs to the kind `share`"),
        (
            path,
            "weight = 1.0",
            "weight = 1.0\npresumed_deviation = 2.0",
            "`presumed_deviation` belongs to the kinds `mean` and `log_mean`",
        ),
        (
            "indicators/KZ04A.toml",
            "weight = 0.5",
            "weight = 0.5\npresumed_deviation = 0.0",
            "`presumed_deviation` must be a number above 0",
        ),
        (path, "INID000763", "INID763", "an INID is `INID` and six digits"),
        ("indicators/KZ02.toml", "INID000764", "INID000763", "`INID000763` already names the indicator `KZ01`"),
        (
            path,
            "verified = false\norigin = \"mandatory\"\nsources = [\"S1\", \"S2\"]",
            "verified = true\norigin = \"mandatory\"",
            "it is verified, and names no source",
        ),
        (path, "[data]\ndataset = \"indicatoren\"", "", "there must be exactly one of `data` and `derived`"),
        (path, "dataset = \"indicatoren\"", "dataset = \"indicator\"", "there is no dataset `indicator`"),
        (path, "from = 2019", "from = 2018", "it has years that the dataset `indicatoren` has not"),
        (path, "from = 2019", "from = 2019, to = 2018", "`valid_years` ends before it begins"),
        (path, "dataset = \"indicatoren\"", "dataset = \"evaluaties\"", "it lacks a number that its kind needs"),
        ("indicators/KZ06.toml", "value = 90.0", "value = inf", "the norm must be a number"),
        (
            "indicators/KZ06.toml",
            "unit = \"percent\"",
            "unit = \"percent\"\ncomparison = \"norm\"",
            "only a legal norm can stand in place of peers",
        ),
        (
            "indicators/KZ06.toml",
            "en = \"Contract condition",
            "en = \"\" } # \"",
            "the source of the norm has no text in `en`",
        ),
        (
            "indicators/KZ22.toml",
            "points_when_absent = 2.0\n",
            "",
            "`points_when_absent` belongs to the kind `rule`, and to no other",
        ),
        (
            "indicators/KZ22.toml",
            "points_when_absent = 2.0",
            "points_when_absent = 0.0",
            "`points_when_absent` must be a number above 0",
        ),
        (
            "indicators/ST01.toml",
            "hours_per_unit = 1000.0",
            "hours_per_unit = -1.0",
            "`hours_per_unit` must be a number above 0",
        ),
        ("indicators/ST02.toml", "units = {", "value = {", "it lacks a number that its kind needs"),
    ]);
}

#[test]
fn derived_indicators() {
    let path = "indicators/KZ23.toml";
    assert_faults(&[
        (path, "[\"KZ07A\", \"KZ07B\"]", "[\"KZ07A\"]", "its function takes 2 inputs"),
        (path, "[\"KZ07A\", \"KZ07B\"]", "[\"KZ07A\", \"KZ07C\"]", "its input `KZ07C` is no indicator"),
        (path, "[\"KZ07A\", \"KZ07B\"]", "[\"KZ07A\", \"KZ23\"]", "its input `KZ23` is itself derived"),
        (path, "[\"KZ07A\", \"KZ07B\"]", "[\"KZ07A\", \"CE01\"]", "it has years that its input `CE01` has not"),
    ]);
}

#[test]
fn windows() {
    let path = "windows.toml";
    let again = "[[windows]]\ndataset = \"personeel\"\nyears = { from = 2030 }\nopens = \"+0-01-01\"\ndue = \"+1-06-01\"\ncloses = \"+2-12-31\"\n\n[[windows]]\ndataset = \"personeel\"";
    assert_faults(&[
        (
            path,
            "dataset = \"personeel\"",
            "dataset = \"staf\"",
            "the window of `staf` from 2019: there is no such dataset",
        ),
        (
            path,
            "dataset = \"personeel\"",
            "dataset = \"organisaties\"",
            "the window of `organisaties` from 2019: nobody delivers this dataset",
        ),
        (
            path,
            "from = 2023",
            "from = 2022",
            "the window of `evaluaties` from 2022: it has years that the dataset has not",
        ),
        (path, "from = 2023", "from = 2023, to = 2022", "the window of `evaluaties` from 2023 ends before it begins"),
        (
            path,
            "due = \"+1-06-01\"",
            "due = \"+3-06-01\"",
            "the window of `indicatoren` from 2019: opens, due and closes do not follow one another",
        ),
        (
            path,
            "[[windows]]\ndataset = \"personeel\"",
            again,
            "the window of `personeel` from 2019: another window has some of the same years",
        ),
    ]);
    let years = |from, to| YearRange { from, to };
    assert!(!overlap(years(2019, Some(2021)), years(2022, None)));
    assert!(overlap(years(2019, Some(2022)), years(2022, None)) && overlap(years(2022, None), years(2019, Some(2022))));
}

const RULE: &str = r#"
[[rules]]
code = "rule.one"
severity = "question"
column = "noemer"
title = { nl = "Titel", en = "Title" }
message = { nl = "Wat", en = "What" }
remedy = { nl = "Hoe", en = "How" }
reason = { nl = "Waarom", en = "Why" }
"#;

#[test]
fn rules() {
    let path = "rules/indicatoren.toml";
    for (path, text, fault) in [
        (path, RULE.replace("noemer", "fte"), "`rule.one` points at the column `fte`, which `indicatoren` has not"),
        (path, RULE.replace("Why", ""), "the reason of `rule.one` has no text in `en`"),
        ("rules/indicator.toml", RULE.to_owned(), "there is no dataset `indicator`"),
    ] {
        let mut files = embedded::files();
        files.insert(path.to_owned(), text);
        let found = faults(&files);
        assert!(found.contains(&format!("{path}: {fault}")), "{found:#?}");
    }
}

const FINDING: &str = r#"
[[findings]]
code = "cell.required"
severity = "error"
title = { nl = "Titel", en = "Title" }
message = { nl = "Wat", en = "What" }
remedy = { nl = "Hoe", en = "How" }
bad = "x"
good = "1"
"#;

#[test]
fn finding_kinds() {
    for (text, fault) in [
        (format!("{FINDING}{FINDING}"), "`cell.required` stands twice"),
        (FINDING.replace("Hoe", ""), "the remedy of `cell.required` has no text in `nl`"),
    ] {
        let mut files = embedded::files();
        files.insert("findings.toml".to_owned(), text);
        let found = faults(&files);
        assert!(found.contains(&format!("findings.toml: {fault}")), "{found:#?}");
    }
}
