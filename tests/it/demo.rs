//! The demo on both engines, and the README's tour as a newcomer types it.

use std::{fs, path::Path, process::Command};

use sqlx::{PgPool, Row as _, SqlitePool};

use crate::harness::{Server, TestDatabase, postgres, sqlite};

/// Run, organisation and what the run says of it, to the byte.
type Outcome = (String, String, Vec<u8>);

const OUTCOMES: &str = "SELECT run_id, organisation_id, outcome FROM run_organisation ORDER BY run_id, organisation_id";
const RUNS: &str = "SELECT id, '' AS organisation_id, output_hash FROM run ORDER BY id";

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_gives_the_same_runs_on_both_engines_and_its_tour_is_true() {
    let (on_sqlite, on_postgres) = (sqlite(), postgres().await);
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let seeds = [&on_sqlite, &on_postgres].into_iter().zip(&folders).map(|(database, folder)| {
        let (url, folder) = (database.url.clone(), folder.path().to_owned());
        tokio::task::spawn_blocking(move || seed(&url, &folder))
    });
    for seeded in seeds.collect::<Vec<_>>() {
        seeded.await.unwrap();
    }

    let outcomes = [outcomes(&on_sqlite).await, outcomes(&on_postgres).await];
    assert!(outcomes[0].len() > 1_000, "{} outcomes", outcomes[0].len());
    assert!(outcomes[0] == outcomes[1], "the runs of the demo differ between the engines");

    let work = tempfile::tempdir().unwrap();
    let demo = work.path().join("demo");
    fs::create_dir(&demo).unwrap();
    let tokens = demo.join("tokens.json");
    let arguments = ["--data-dir", path(folders[0].path()), "--database-url", &on_sqlite.url];
    let serve = ["demo", "--listen", "127.0.0.1:0", "--tokens", path(&tokens)];
    let server = Server::start(&[arguments.as_slice(), &serve].concat()).unwrap();
    std::os::unix::fs::symlink(repository().join("fixtures"), work.path().join("fixtures")).unwrap();
    let tour = Tour::of(&fs::read_to_string(repository().join("README.md")).unwrap());
    tour.walk(&server.url(""), work.path());
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Makes the demo's sector, without serving it.
fn seed(url: &str, folder: &Path) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kraamzicht"));
    command.args(["--data-dir", path(folder), "--database-url", url, "demo", "--seed-only"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn outcomes(database: &TestDatabase) -> Vec<Outcome> {
    let mut all = Vec::new();
    if database.is_postgres() {
        let pool = PgPool::connect(&database.behind).await.unwrap();
        for statement in [RUNS, OUTCOMES] {
            let rows = sqlx::query(statement).fetch_all(&pool).await.unwrap();
            all.extend(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))));
        }
        pool.close().await;
    } else {
        let pool = SqlitePool::connect(&database.url).await.unwrap();
        for statement in [RUNS, OUTCOMES] {
            let rows = sqlx::query(statement).fetch_all(&pool).await.unwrap();
            all.extend(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))));
        }
        pool.close().await;
    }
    all
}

/// The commands of the README's tour, and what it says that each answers.
struct Tour {
    steps: Vec<Step>,
}

#[derive(Default)]
struct Step {
    commands: String,
    answers: Vec<String>,
}

/// Where the README says the demo's server is.
const ADDRESS: &str = "server=http://127.0.0.1:8080\n";

/// Printed after each step, so that its answer is told from the next.
const MARK: &str = "-- end of a step --";

impl Tour {
    fn of(readme: &str) -> Self {
        let (_, tour) = readme.split_once("## A tour\n").unwrap();
        let tour = tour.split("\n## ").next().unwrap();
        let mut steps: Vec<Step> = Vec::new();
        let mut fence = None;
        for line in tour.lines() {
            match (line.strip_prefix("```"), fence) {
                (Some("sh"), None) => {
                    steps.push(Step::default());
                    fence = Some("sh");
                }
                (Some(other), None) => fence = Some(if other == "text" { "text" } else { "unknown" }),
                (Some(_), Some(_)) => fence = None,
                (None, Some("sh")) => steps.last_mut().unwrap().commands.extend([line, "\n"]),
                (None, Some("text")) => steps.last_mut().unwrap().answers.push(line.to_owned()),
                _ => {}
            }
        }
        Self { steps }
    }

    /// Types it into a shell in `folder`, with `server` in place of the address, and compares the answers.
    fn walk(&self, server: &str, folder: &Path) {
        assert!(self.steps.len() > 4 && self.steps[0].commands.contains(ADDRESS));
        let end = format!("echo '{MARK}'\n");
        let commands: String = self.steps.iter().flat_map(|step| [&step.commands, &end]).map(String::as_str).collect();
        let commands = commands.replace(ADDRESS, &format!("server={server}\n"));
        let mut command = Command::new("bash");
        let output = command.args(["-euo", "pipefail", "-c", &commands]).current_dir(folder).output().unwrap();
        let (shown, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{shown}\n{errors}");
        for (step, answer) in self.steps.iter().zip(shown.split(MARK)) {
            for expected in &step.answers {
                assert!(answer.contains(expected), "the README promises {expected}\nof\n{}{answer}", step.commands);
            }
        }
    }
}
