//! The demo on both engines, and the README's tour as a newcomer types it.

use std::{fs, path::Path, process::Command};

use sqlx::{PgPool, Row as _, SqlitePool};

use crate::{
    harness::{Server, TestDatabase, postgres, sqlite},
    scene::{ADDRESS, Tour},
};

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
    let tour = Tour::of(&fs::read_to_string(repository().join("README.md")).unwrap(), "A tour");
    tour.walk(&[(ADDRESS, &format!("server={}\n", server.url("")))], work.path());
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
