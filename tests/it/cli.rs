//! The commands, as the real binary runs them: what they print, and how they end.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::scene::last_year;

/// The binary with a folder of its own.
struct Kraamzicht {
    folder: TempDir,
}

impl Kraamzicht {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Writes a file and gives its path. Where it says 2024 it is about last year: the binary goes by the real clock, and
    /// years close.
    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content.replace("2024", &last_year())).unwrap();
        path
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kraamzicht"));
        command.arg("--data-dir").arg(self.folder.path().join("data")).args(arguments).output().unwrap()
    }

    /// The exit code, and both streams together.
    fn ends(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.run(arguments);
        let all = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(all).unwrap())
    }
}

const HEADER: &str = "agb_code;verslagjaar;periode;indicator_code;teller;noemer;waarde;toelichting\n";

#[test]
fn each_way_to_end_has_its_code() {
    let kraamzicht = Kraamzicht::new();
    let right = kraamzicht.file("goed.csv", &format!("{HEADER}33001234;2024;2024;KZ06;412;430;95,8;\n"));
    let wrong = kraamzicht.file("fout.csv", &format!("{HEADER}33001234;2024;2024;KZ06;440;430;;\n"));
    let (right, wrong) = (right.to_str().unwrap(), wrong.to_str().unwrap());
    assert_eq!(kraamzicht.ends(&["check", right]).0, Some(0));
    let (code, said) = kraamzicht.ends(&["check", right, wrong]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("De teller (440) is groter dan de noemer (430)."), "{said}");
    let (code, said) = kraamzicht.ends(&["--language", "en", "check", wrong]);
    assert!(code == Some(1) && said.contains("The numerator (440) is above the denominator (430)."), "{said}");

    assert_eq!(kraamzicht.ends(&["check", "is-er-niet.csv"]).0, Some(2));
    assert_eq!(kraamzicht.ends(&["wat"]).0, Some(2));
    assert_eq!(kraamzicht.ends(&["score", "--period", "2025"]).0, Some(3));
    assert_eq!(kraamzicht.ends(&["token", "--role", "organisation", "--agb", "33001234"]).0, Some(3));
    let nowhere = "postgres://kraamzicht@localhost/none?host=/nonexistent";
    let (code, said) = kraamzicht.ends(&["--database-url", nowhere, "migrate"]);
    assert_eq!(code, Some(4), "{said}");
    assert!(!said.contains(nowhere), "a database URL may hold a password: {said}");
    let empty = tempfile::tempdir().unwrap();
    let (code, said) = kraamzicht.ends(&["--catalogue", empty.path().to_str().unwrap(), "check", right]);
    assert_eq!(code, Some(5), "{said}");
}

/// A count that is none, on the line behind a text of two lines; and two values that do not fit.
const NOT_RIGHT: &str = "33001234;2024;2024;KZ06;412;430;95,8;\"twee\nregels\"\n\
     33001234;2024;2024;KZ01;é12;430;;\n33001234;2024;2024-Q1;KZ06;412;430;59,8;\n33001234;2024;2024-Q2;KZ06;41;43;59,8;\n";

#[test]
fn every_form_of_output_says_what_is_expected() {
    let kraamzicht = Kraamzicht::new();
    let file = kraamzicht.file("mijn fouten.csv", &format!("{HEADER}{NOT_RIGHT}"));
    let check = |language, format| {
        let output = kraamzicht.run(&["--language", language, "check", "--format", format, file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let json: Value = serde_json::from_str(&check("nl", "json")).unwrap();
    let findings = json[0]["findings"].as_array().unwrap();
    let of = |code: &str| findings.iter().find(|one| one["code"] == code).unwrap();
    assert_eq!(of("cell.type.integer")["expected"], "een geheel getal, 0 tot en met 10000000, zoals 412, of leeg");
    let mismatch = of("rule.value_mismatch");
    assert_eq!((&mismatch["expected"], &mismatch["count"]), (&json!("95,8, of leeg"), &json!(2)));
    assert_eq!(mismatch["places"][1]["expected"], "95,3, of leeg", "of each value its own");
    let lines = check("en", "ndjson");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["expected"] == "95.8, or empty"), "{lines:?}");
    assert!(check("nl", "human").contains("Verwacht: 95,8, of leeg."));
    assert!(check("en", "human").contains("Expected: a whole number, 0 to 10000000, such as 412, or empty."));
}

#[test]
fn sarif_points_at_the_characters() {
    let kraamzicht = Kraamzicht::new();
    let file = kraamzicht.file("mijn fouten.csv", &format!("{HEADER}{NOT_RIGHT}"));
    let said = kraamzicht.run(&["check", "--format", "sarif", file.to_str().unwrap()]).stdout;
    let document: Value = serde_json::from_slice(&said).unwrap();
    let run = &document["runs"][0];
    assert_eq!((&run["columnKind"], &run["language"]), (&json!("unicodeCodePoints"), &json!("nl-NL")));
    let results = run["results"].as_array().unwrap();
    let regions: Vec<&Value> = results.iter().map(|one| &one["locations"][0]["physicalLocation"]["region"]).collect();
    let region = |line: u32, from: u32, to: u32| json!({ "startLine": line, "startColumn": from, "endLine": line, "endColumn": to });
    assert_eq!(regions, [&region(4, 25, 28), &region(5, 36, 40), &region(6, 34, 38)], "{results:?}");
    assert_eq!(results[1]["properties"]["expected"], "95,8, of leeg");
    let rules: Vec<&Value> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    assert!(results.iter().all(|one| rules.contains(&&one["ruleId"])));
    let uri = results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
    assert!(uri.starts_with("file:///") && uri.ends_with("/mijn%20fouten.csv"), "{uri}");

    // A workbook has no lines: where its rows are stands in the properties.
    let workbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus/own/files/e20_workbook.xlsx");
    let said = kraamzicht.run(&["check", "--format", "sarif", workbook.to_str().unwrap()]).stdout;
    let document: Value = serde_json::from_slice(&said).unwrap();
    let results = document["runs"][0]["results"].as_array().unwrap();
    let place = |one: &Value| one["locations"][0]["physicalLocation"].get("region").is_none();
    assert!(
        results.iter().any(|one| one["properties"]["sheetRow"].is_u64()) && results.iter().all(place),
        "{results:?}"
    );
}

#[test]
fn a_register_a_token_and_an_intact_log() {
    let kraamzicht = Kraamzicht::new();
    assert_eq!(kraamzicht.ends(&["migrate"]), (Some(0), "SQLite is up to date\n".to_owned()));
    let register =
        kraamzicht.file("register.csv", "agb_code;naam;soort\n33001234;Kraamzorg De Ooievaar;organisation\n");
    let register = register.to_str().unwrap();
    assert_eq!(kraamzicht.ends(&["register", register]), (Some(0), "1 organisations registered\n".to_owned()));
    let (code, said) = kraamzicht.ends(&["register", register]);
    assert!(code == Some(3) && said.contains("33001234"), "{said}");
    let output = kraamzicht.run(&["token", "--role", "organisation", "--agb", "33001234"]);
    let secret = String::from_utf8(output.stdout).unwrap();
    assert!(secret.starts_with("kz_") && secret.trim_end().len() > 40, "{secret}");
    let (code, said) = kraamzicht.ends(&["verify-audit"]);
    assert_eq!((code, said.as_str()), (Some(0), "the audit log is intact: 2 lines\n"));
}

#[test]
fn tokens_are_made_listed_and_taken_back() {
    let kraamzicht = Kraamzicht::new();
    let create = ["token", "create", "--role", "inspector", "--label", "dashboard"];
    let secret = String::from_utf8(kraamzicht.run(&create).stdout).unwrap();
    let list = || {
        let output = kraamzicht.run(&["token", "list", "--format", "json"]);
        serde_json::from_slice::<Value>(&output.stdout).unwrap()[0].clone()
    };
    let made = list();
    assert_eq!(
        (&made["state"], &made["role"], &made["label"]),
        (&"works".into(), &"inspector".into(), &"dashboard".into())
    );
    assert!(made["usedAt"].is_null() && made["revokedAt"].is_null(), "{made}");
    let id = made["token"].as_str().unwrap();
    let (code, said) = kraamzicht.ends(&["token", "list"]);
    assert!(code == Some(0) && said.contains(id) && said.contains("never used"), "{said}");
    assert!(!said.contains(secret.trim()) && !made.to_string().contains(secret.trim()), "a secret is shown once");
    for _ in 0..2 {
        let (code, said) = kraamzicht.ends(&["token", "revoke", id]);
        assert!(code == Some(0) && said.starts_with(&format!("{id} was taken back at ")), "{said}");
    }
    assert_eq!(list()["state"], "revoked");
    assert_eq!(kraamzicht.ends(&["token", "revoke", "tok_00000000000000000000000000"]).0, Some(3));
    assert_eq!(kraamzicht.ends(&["token"]).0, Some(2));
    assert_eq!(kraamzicht.ends(&["verify-audit"]).1, "the audit log is intact: 2 lines\n");
}

#[test]
fn mandates_are_given_listed_and_withdrawn() {
    let kraamzicht = Kraamzicht::new();
    let register =
        kraamzicht.file("register.csv", "agb_code;naam;soort\n33001234;Kraamzorg De Ooievaar;organisation\n");
    assert_eq!(kraamzicht.ends(&["register", register.to_str().unwrap()]).0, Some(0));
    let name = "Softwarehuis De Brug";
    let (code, said) = kraamzicht.ends(&["mandate", "register", name, "--kvk", "12345678"]);
    let holder = said.trim_end();
    assert!(code == Some(0) && holder.starts_with("int_"), "{said}");
    assert_eq!(kraamzicht.ends(&["mandate", "register", name]).0, Some(3));
    assert_eq!(kraamzicht.ends(&["mandate", "register", "Een ander", "--kvk", "1234567x"]).0, Some(2));
    assert!(kraamzicht.ends(&["mandate", "intermediaries"]).1.contains(holder));
    let token = ["token", "create", "--role", "intermediary"];
    assert_eq!(kraamzicht.ends(&token).0, Some(2));
    let secret = kraamzicht.run(&[&token[..], &["--intermediary", holder]].concat()).stdout;
    assert!(secret.starts_with(b"kz_"));
    assert!(kraamzicht.ends(&["token", "list"]).1.contains(holder));

    let from = ["--agb", "33001234", "--intermediary", holder, "--right", "deliver", "--from", "2997-01-01"];
    let what = ["--dataset", "indicatoren,uren", "--until", "2997-12-31"];
    let give = [&["mandate", "give"], &from[..], &what[..]].concat();
    assert_eq!(kraamzicht.ends(&give).0, Some(2), "nobody asked");
    assert_eq!(kraamzicht.ends(&[&give[..], &["--asked-by", " "]].concat()).0, Some(3));
    let (code, said) = kraamzicht.ends(&[&give[..], &["--asked-by", "M. de Wit, bestuurder"]].concat());
    let mandate = said.trim_end();
    assert!(code == Some(0) && mandate.starts_with("mdt_"), "{said}");
    let list = || {
        let output = kraamzicht.run(&["mandate", "list", "--agb", "33001234", "--format", "json"]);
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let given = list();
    let shown = ["mandate", "standing", "right", "askedBy", "givenBy"].map(|field| given[0][field].as_str().unwrap());
    assert_eq!(shown, [mandate, "to come", "deliver", "M. de Wit, bestuurder", "operator"], "{given}");
    assert_eq!(given[0]["datasets"], json!(["indicatoren", "uren"]));
    let withdraw = ["mandate", "withdraw", mandate, "--asked-by", "M. de Wit, telefonisch"];
    let (code, said) = kraamzicht.ends(&withdraw);
    assert!(code == Some(0) && said.starts_with(&format!("{mandate} was withdrawn at ")), "{said}");
    assert_eq!(kraamzicht.ends(&withdraw).0, Some(3));
    assert_eq!(
        (&list()[0]["standing"], &list()[0]["withdrawalAskedBy"]),
        (&json!("withdrawn"), &json!("M. de Wit, telefonisch"))
    );
    assert_eq!(kraamzicht.ends(&["verify-audit"]).1, "the audit log is intact: 5 lines\n");
    let (code, said) = kraamzicht.ends(&["mandate", "--help"]);
    assert!(code == Some(0) && said.contains("Examples:") && said.contains("kraamzicht mandate give"), "{said}");
}

#[test]
fn the_help_shows_examples_and_exit_codes() {
    let (code, said) = Kraamzicht::new().ends(&["--help"]);
    assert_eq!(code, Some(0));
    for expected in ["Examples:", "kraamzicht demo", "Exit codes:", "KRAAMZICHT_DATA_DIR"] {
        assert!(said.contains(expected), "{expected} is not in\n{said}");
    }
}

/// Copies the catalogue of the source tree.
fn copy_catalogue(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if path.is_dir() {
            copy_catalogue(&path, &to.join(name));
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

#[test]
fn an_indicator_and_a_column_are_data() {
    let kraamzicht = Kraamzicht::new();
    let catalogue = kraamzicht.folder.path().join("catalogue");
    copy_catalogue(&Path::new(env!("CARGO_MANIFEST_DIR")).join("schema"), &catalogue);
    let indicator = fs::read_to_string(catalogue.join("indicators/KZ06.toml")).unwrap();
    let indicator = indicator.replace("KZ06", "KZ99").replace("INID000769", "INID000999");
    let lines: Vec<&str> = indicator.lines().filter(|line| !line.starts_with("local_number")).collect();
    let indicator = lines.join("\n");
    fs::write(catalogue.join("indicators/KZ99.toml"), indicator).unwrap();
    let dataset = catalogue.join("datasets/indicatoren.toml");
    let mut columns = fs::read_to_string(&dataset).unwrap();
    columns.push_str(
        "\n[[columns]]\nname = \"gezinnen\"\ntitle = { nl = \"Gezinnen\", en = \"Families\" }\n\
         description = { nl = \"Aantal gezinnen.\", en = \"Number of families.\" }\naliases = [\"aantal gezinnen\"]\n\
         type = \"integer\"\nheader_required = false\nminimum = 1.0\nmaximum = 100.0\nexample = \"12\"\n",
    );
    fs::write(&dataset, columns).unwrap();

    let header = HEADER.replace("toelichting", "Aantal gezinnen");
    let right = kraamzicht.file("goed.csv", &format!("{header}33001234;2024;2024;KZ99;412;430;95,8;12\n"));
    let wrong = kraamzicht.file("fout.csv", &format!("{header}33001234;2024;2024;INID000999;412;430;95,8;120\n"));
    let check = |path: &Path| {
        kraamzicht.ends(&[
            "--catalogue",
            catalogue.to_str().unwrap(),
            "check",
            "--format",
            "json",
            path.to_str().unwrap(),
        ])
    };
    assert_eq!(check(&right).0, Some(0));
    let (code, said) = check(&wrong);
    assert!(code == Some(1) && said.contains("gezinnen") && said.contains("\"cell.range\""), "{said}");
    // Without the folder neither is known.
    assert_eq!(kraamzicht.ends(&["check", right.to_str().unwrap()]).0, Some(1));
}

#[test]
fn a_file_is_written_with_remarks_and_never_over_another() {
    let kraamzicht = Kraamzicht::new();
    let wrong = kraamzicht.file("fout.csv", &format!("{HEADER}33001234;2024;2024;KZ06;440;430;;\n"));
    let wrong = wrong.to_str().unwrap();
    let out = |name: &str| kraamzicht.folder.path().join(name).to_str().unwrap().to_owned();
    let (csv, xlsx) = (out("uit.csv"), out("uit.xlsx"));
    let (code, said) = kraamzicht.ends(&["check", wrong, "--annotate", &csv]);
    assert!(code == Some(1) && said.contains("Geschreven: "), "{said}");
    let copy = fs::read_to_string(&csv).unwrap();
    assert!(copy.contains(";440;430;;;\"» Fout, kolom E teller: De teller (440)"), "{copy}");
    let (code, said) = kraamzicht.ends(&["check", wrong, "--annotate", &csv]);
    assert!(code == Some(3) && said.contains("--overwrite") && said.contains("bestaat al"), "{said}");
    let (code, said) = kraamzicht.ends(&["--language", "en", "check", wrong, "--annotate", &csv, "--overwrite"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(fs::read_to_string(&csv).unwrap().contains("» Error, column E teller: "));
    assert_eq!(kraamzicht.ends(&["check", wrong, "--annotate", &xlsx]).0, Some(1));
    let (code, said) = kraamzicht.ends(&["check", "--format", "json", &xlsx]);
    assert!(code == Some(1) && said.contains("rule.numerator_gt_denominator"), "{said}");
    assert!(!said.contains("structure.column_unknown"), "{said}");

    assert_eq!(kraamzicht.ends(&["check", wrong, "--annotate", &out("uit.pdf")]).0, Some(2));
    assert_eq!(kraamzicht.ends(&["check", wrong, wrong, "--annotate", &out("b.csv")]).0, Some(2));
    let personal = kraamzicht.file("bsn.csv", &format!("{HEADER}33001234;2024;2024;KZ06;4;9;;111222333\n"));
    let (code, said) = kraamzicht.ends(&["check", personal.to_str().unwrap(), "--annotate", &out("c.csv")]);
    assert!(code == Some(3) && said.contains("geen byte"), "{said}");
    let left = fs::read_dir(kraamzicht.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| !["fout.csv", "bsn.csv"].iter().any(|one| name == one)).collect();
    assert_eq!(left.len(), 2, "nothing half: {left:?}");
}

#[test]
fn a_template_is_made_checked_empty_and_described() {
    let kraamzicht = Kraamzicht::new();
    let path = kraamzicht.folder.path().join("sjabloon.xlsx");
    let path = path.to_str().unwrap();
    let arguments = ["template", "indicatoren", "--year", "2025", "--format", "xlsx", "--output", path];
    assert_eq!(kraamzicht.ends(&arguments).0, Some(0));
    assert_eq!(kraamzicht.ends(&arguments).0, Some(3), "it is there");
    let (code, said) = kraamzicht.ends(&["check", "--format", "json", path]);
    assert!(code == Some(1) && said.contains("file.no_rows") && said.matches("\"error\"").count() == 1, "{said}");
    let (code, said) = kraamzicht.ends(&["template", "indicatoren", "--year", "2025"]);
    assert!(code == Some(0) && said.starts_with("\u{feff}agb_code;verslagjaar;"), "{said}");
    let (code, said) = kraamzicht.ends(&["template", "indicatoren", "--year", "2025", "--format", "json"]);
    assert_eq!((code, serde_json::from_str::<Value>(&said).is_ok()), (Some(0), true), "{said}");
    let (code, said) = kraamzicht.ends(&["template", "indicatoren", "--year", "1999"]);
    assert!(code == Some(3) && said.contains("1999"), "{said}");
    let (code, said) = kraamzicht.ends(&["template", "niets", "--year", "2025"]);
    assert!(code == Some(3) && said.contains("personeel"), "{said}");
}

#[test]
fn simulated_sectors_give_the_false_alarms_that_were_promised() {
    let kraamzicht = Kraamzicht::new();
    let simulate = |seed| kraamzicht.ends(&["--language", "en", "simulate", "--sectors", "4", "--seed", seed]);
    let (code, said) = simulate("7");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Small organisations (fewer than 120 clients), above 2:"), "{said}");
    assert!(said.contains("\n\nAs many false alarms as promised.\n"), "{said}");
    assert_eq!(simulate("7").1, said, "the same seed, the same numbers");
    assert_ne!(simulate("8").1.replace("seed 8", "seed 7"), said);
    for wrong in [["--sectors", "0"], ["--organisations", "19"]] {
        assert_eq!(kraamzicht.ends(&["simulate", wrong[0], wrong[1]]).0, Some(2), "{wrong:?}");
    }
}
