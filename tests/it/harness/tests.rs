//! The harness itself.

use std::{path::Path, process::Command};

use sqlx::{Connection, PgConnection};

use super::{Server, both, cluster::with_database, execute, fetch, postgres, process::announced_address, sqlite};

both! {
    async fn a_database_answers(database: TestDatabase) {
        assert_eq!(fetch::<(i64,)>(&database, "SELECT CAST(1 AS BIGINT)").await, (1,));
    }

    async fn two_databases_do_not_see_one_another(database: TestDatabase) {
        let other = if database.is_postgres() { postgres().await } else { sqlite() };
        execute(&database, "CREATE TABLE harness_probe (number BIGINT)").await;
        execute(&other, "CREATE TABLE harness_probe (number BIGINT)").await;
        execute(&database, "INSERT INTO harness_probe VALUES (1)").await;
        assert_eq!(fetch::<(i64,)>(&database, "SELECT COUNT(*) FROM harness_probe").await, (1,));
        assert_eq!(fetch::<(i64,)>(&other, "SELECT COUNT(*) FROM harness_probe").await, (0,));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_database_is_gone() {
    let database = postgres().await;
    let url = database.url.clone();
    // An open connection does not keep it.
    let _open = PgConnection::connect(&url).await.unwrap();
    drop(database);
    let error = PgConnection::connect(&url).await.unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");

    let database = sqlite();
    execute(&database, "CREATE TABLE harness_probe (number BIGINT)").await;
    let url = database.url.clone();
    let file = url.strip_prefix("sqlite://").and_then(|rest| rest.strip_suffix("?mode=rwc")).unwrap();
    assert!(Path::new(file).is_file());
    drop(database);
    assert!(!Path::new(file).exists());
}

#[test]
fn a_database_url_keeps_its_user_and_parameters() {
    assert_eq!(
        with_database("postgres://u:p@host:5433/old?sslmode=disable", "new"),
        "postgres://u:p@host:5433/new?sslmode=disable"
    );
    assert_eq!(with_database("postgres://localhost", "new"), "postgres://localhost/new");
}

#[test]
fn the_address_is_read_from_the_announcement() {
    let found = |line| announced_address(line).map(|address| address.to_string());
    assert_eq!(found("listening on http://127.0.0.1:8080").as_deref(), Some("127.0.0.1:8080"));
    assert_eq!(found("INFO kraamzicht: listening on http://[::1]:80/ demo").as_deref(), Some("[::1]:80"));
    assert_eq!(found(r#"{"message":"listening on 127.0.0.1:4711","level":"INFO"}"#).as_deref(), Some("127.0.0.1:4711"));
    assert_eq!(found("listening on everything"), None);
    assert_eq!(found("starting"), None);
}

#[test]
fn a_process_lives_until_it_is_dropped() {
    let mut command = Command::new("sh");
    command.args(["-c", "echo starting >&2; echo listening on http://127.0.0.1:4711/; exec tail -f /dev/null"]);
    let server = Server::start_command(command).unwrap();
    assert_eq!(server.url("/health"), "http://127.0.0.1:4711/health");
    let process = format!("/proc/{}", server.id());
    assert!(Path::new(&process).exists());
    drop(server);
    assert!(!Path::new(&process).exists());
}

#[test]
fn a_process_is_asked_to_stop_or_killed() {
    let start = || {
        let mut command = Command::new("sh");
        command.args(["-c", "trap 'exit 7' TERM; echo listening on 127.0.0.1:4711; while :; do sleep 0.1; done"]);
        Server::start_command(command).unwrap()
    };
    assert_eq!(start().stop(), Some(7));
    let server = start();
    let process = format!("/proc/{}", server.id());
    assert_eq!(server.output().trim(), "listening on 127.0.0.1:4711");
    server.kill();
    assert!(!Path::new(&process).exists());
}

#[test]
fn a_process_that_ends_early_shows_what_it_printed() {
    let mut command = Command::new("sh");
    command.args(["-c", "echo the port is taken >&2; exit 3"]);
    let error = Server::start_command(command).unwrap_err();
    assert!(error.contains("the port is taken") && error.contains('3'), "{error}");
    assert!(Server::start(&["--version"]).unwrap_err().contains("before it listened"));
}
