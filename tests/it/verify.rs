//! Runs computed once more from the files as they were received, on both databases.

use std::{io::Cursor, process::Command, sync::Arc};

use kraamzicht::{
    catalogue::Catalogue,
    cli::demo::{self, Expectation},
    domain::{Actor, Clock, Instant, RunId, Severity, SubmissionState},
    service::{ApprovalRequest, Service, Settings},
    store::Database,
    system::SeededIds,
};
use sqlx::{Connection, PgConnection, SqliteConnection, query};

use crate::harness::{TestDatabase, both, postgres, sqlite};

/// How many organisations deliver: enough to be compared.
const ORGANISATIONS: usize = 24;
const YEAR: i16 = 2024;

/// A clock that stands still.
#[derive(Clone, Copy, Debug)]
struct Standing(Instant);

impl Clock for Standing {
    fn now(&self) -> Instant {
        self.0
    }
}

/// Some of the demo's files of one year, delivered and approved at once; the same whatever the database is.
async fn deliver(database: &TestDatabase) -> (Service, Vec<RunId>) {
    let store = Database::open(&database.url).await.unwrap();
    store.migrate().await.unwrap();
    let clock = Standing(Instant::at_start_of(demo::TODAY));
    let ids = Arc::new(SeededIds::new(1, clock));
    let catalogue = Arc::new(Catalogue::embedded().unwrap());
    let spool = std::env::temp_dir();
    let service = Service::new(store, catalogue, Arc::new(clock), ids, Settings::new(spool));
    let demo = demo::generate(1);
    let all = demo.organisations.iter().map(|one| (one.agb_code, one.name.clone(), one.kind)).collect();
    service.register(&Actor::OPERATOR, all).await.unwrap();
    let organisations = service.organisations(&Actor::OPERATOR).await.unwrap();
    let mut checked = Vec::new();
    let accepted = |one: &&demo::Delivery| {
        one.year == YEAR && one.dataset == "indicatoren" && matches!(one.expected, Expectation::Accepted)
    };
    for delivery in demo.deliveries.iter().filter(accepted) {
        let id = organisations.iter().find(|one| one.agb_code == delivery.agb_code).unwrap().id;
        let source = Cursor::new(delivery.bytes.clone());
        let upload = service.receive(&Actor::OPERATOR, Some(id), &delivery.file_name, source).await.unwrap();
        let made = service.create_submission(&Actor::OPERATOR, upload.id, Some("indicatoren")).await.unwrap();
        let asks = made.report.findings.iter().any(|finding| finding.severity == Severity::Question);
        if made.submission.state == SubmissionState::Checked && !asks {
            checked.push(made.submission.id);
        }
        if checked.len() == ORGANISATIONS {
            break;
        }
    }
    assert_eq!(checked.len(), ORGANISATIONS);
    let approval = service.approve(&Actor::OPERATOR, &ApprovalRequest::of(&checked)).await.unwrap();
    assert_eq!(approval.runs.len(), 1);
    (service, approval.runs)
}

async fn change(database: &TestDatabase, statement: &'static str) {
    let changed = if database.is_postgres() {
        let mut connection = PgConnection::connect(&database.behind).await.unwrap();
        query(statement).execute(&mut connection).await.unwrap().rows_affected()
    } else {
        let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
        query(statement).execute(&mut connection).await.unwrap().rows_affected()
    };
    assert!(changed > 0, "{statement}");
}

async fn differences(service: &Service, run: RunId) -> Vec<&'static str> {
    let verification = service.verify(run).await.unwrap();
    assert_eq!(verification.files, ORGANISATIONS);
    verification.differences.iter().map(kraamzicht::service::Difference::code).collect()
}

both! {
    async fn a_run_follows_from_the_files_received(database: TestDatabase) {
        let (service, runs) = deliver(&database).await;
        assert_eq!(differences(&service, runs[0]).await, Vec::<&str>::new());
    }

    async fn a_changed_observation_is_found(database: TestDatabase) {
        let (service, runs) = deliver(&database).await;
        change(&database, "UPDATE observation SET numerator = numerator - 1
            WHERE indicator = 'KZ02' AND numerator = (SELECT MAX(numerator) FROM observation WHERE indicator = 'KZ02')")
            .await;
        assert_eq!(differences(&service, runs[0]).await, ["VERIFY_OBSERVATION"], "the run itself still follows");
    }

    async fn a_changed_file_is_found(database: TestDatabase) {
        let (service, runs) = deliver(&database).await;
        change(&database, "UPDATE content SET gzip = (SELECT gzip FROM content ORDER BY digest DESC LIMIT 1)
            WHERE digest = (SELECT digest FROM content ORDER BY digest LIMIT 1)")
            .await;
        let found = differences(&service, runs[0]).await;
        for code in ["VERIFY_FILE_CHANGED", "VERIFY_OBSERVATION", "VERIFY_INPUT", "VERIFY_OUTPUT"] {
            assert!(found.contains(&code), "{code}: {found:?}");
        }
    }

    async fn a_changed_result_is_found(database: TestDatabase) {
        let (service, runs) = deliver(&database).await;
        change(&database, "UPDATE run_organisation SET outcome = (SELECT outcome FROM run_organisation ORDER BY outcome DESC LIMIT 1)").await;
        let found = differences(&service, runs[0]).await;
        assert!(found.contains(&"VERIFY_KEPT") && found.contains(&"VERIFY_VALUE"), "{found:?}");
        assert!(!found.contains(&"VERIFY_INPUT") && !found.contains(&"VERIFY_OUTPUT"), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_one_database_verifies_on_the_other() {
    let (on_sqlite, on_postgres) = (sqlite(), postgres().await);
    let (one, runs) = deliver(&on_sqlite).await;
    let (other, same) = deliver(&on_postgres).await;
    assert_eq!(runs, same, "the same files give the same run");
    let exported = serde_json::to_string(&one.export_run(runs[0]).await.unwrap()).unwrap();
    let again = other.verify_exported(serde_json::from_str(&exported).unwrap()).await.unwrap();
    assert_eq!(again.differences, []);
    // One digit of one number of the evidence.
    let mut forged: kraamzicht::service::ExportedRun = serde_json::from_str(&exported).unwrap();
    forged.outcome.fits[0].location += 1e-12;
    let found = other.verify_exported(forged).await.unwrap();
    let codes: Vec<&str> = found.differences.iter().map(kraamzicht::service::Difference::code).collect();
    assert_eq!(codes, ["VERIFY_KEPT", "VERIFY_VALUE"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_says_it_with_its_exit_code() {
    let database = sqlite();
    let folder = tempfile::tempdir().unwrap();
    let (_, runs) = deliver(&database).await;
    let verify = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kraamzicht"));
        command.args(["--database-url", &database.url, "--data-dir", folder.path().to_str().unwrap(), "verify"]);
        let output = command.args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let run = runs[0].to_string();
    let (code, said) = verify(&[&run]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&run) && said.contains("elke byte klopt"), "{said}");
    assert_eq!(verify(&["--all"]).0, Some(0));
    assert_eq!(verify(&["run_00000000000000000000000000"]).0.map(|code| code == 2 || code == 3), Some(true));
    change(
        &database,
        "UPDATE observation SET numerator = numerator + 1 WHERE indicator = 'KZ18' AND numerator < denominator",
    )
    .await;
    let (code, said) = verify(&["--all"]);
    assert_eq!(code, Some(6), "{said}");
    assert!(said.contains("KZ18"), "{said}");
}
