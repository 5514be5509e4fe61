//! `score-table` and `backtest` as commands.

use std::{fs, process::Command};

fn kraamzicht(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kraamzicht"));
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_example_is_scored() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let (input, config) = ("fixtures/tables/example.csv", "fixtures/tables/example.toml");
    let arguments = ["score-table", "--input", input, "--config", config, "--out", out.to_str().unwrap()];
    let (code, said, wrong) = kraamzicht(&arguments);
    assert_eq!(code, Some(0), "{said}{wrong}");
    let lines = |name: &str| fs::read_to_string(out.join(name)).unwrap().lines().count();
    assert_eq!((lines("fits.csv"), lines("correlation.csv"), lines("scores.csv")), (5, 4, 31));
    assert_eq!(lines("indicator.csv"), fs::read_to_string(input).unwrap().lines().count());
    let indicator = fs::read_to_string(out.join("indicator.csv")).unwrap();
    let planted = indicator.lines().find(|line| line.starts_with("org-17,on_time,")).unwrap();
    assert!(planted.ends_with("elevated") || planted.ends_with("attention"), "{planted}");
}

#[test]
fn faults_name_the_file_the_line_and_the_column() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("table.csv");
    fs::write(&table, "org,indicator,kind,direction,x,n,sd\na,on_time,proportion,-1,7,5,\n").unwrap();
    let config = "fixtures/tables/example.toml";
    let out = folder.path().join("out");
    let (code, _, wrong) = kraamzicht(&[
        "score-table",
        "--input",
        table.to_str().unwrap(),
        "--config",
        config,
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(code, Some(1));
    assert_eq!(wrong, format!("{}: line 2, column 5: x: is more than n\n", table.display()));
    assert!(!out.exists(), "nothing was written");
}

#[test]
fn outcomes_are_held_against_scores() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("visits.csv");
    fs::write(&file, "score,outcome,team\n80,1,noord\n70,0,noord\n60,1,zuid\n40,0,zuid\n").unwrap();
    let (code, said, wrong) = kraamzicht(&["backtest", file.to_str().unwrap(), "--k", "2", "--format", "json"]);
    assert_eq!(code, Some(0), "{wrong}");
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["ordinary"]["area"]["value"], 0.75);
    assert_eq!(report["ordinary"]["tops"][0]["precision"]["value"], 0.5);
    assert_eq!(report["within_teams"]["value"], 1.0);
    assert_eq!(report["may_be_calibrated"], false);
    let (code, said, _) = kraamzicht(&["--language", "nl", "backtest", file.to_str().unwrap()]);
    assert!(code == Some(0) && said.contains("Nog niet geijkt") && !said.contains("BACKTEST_"), "{said}");
}
