//! What goes wrong, and that it goes wrong well: a clear answer, and nothing lost or half done.

use std::{fs, path::Path};

use kraamzicht::{
    domain::{Role, Scope},
    store::{Database, Tx},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection, query, query_as};

use crate::{
    harness::{Line, both, sqlite},
    scene::{Client, Organisation, PERIOD, Submission, Wire, World, until},
};

/// A file of the corpus.
fn corpus(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus/files").join(name)).unwrap()
}

async fn officer_of(world: &World) -> Organisation {
    world.organisation("33991001", "Kraamzorg De Wieg").await
}

/// What keeps the service from its database.
enum Away {
    Cut(Line),
    Locked(SqliteConnection),
}

impl Away {
    async fn begin(world: &World, line: Option<&Line>) -> Self {
        if let Some(line) = line {
            line.cut();
            return Self::Cut(line.clone());
        }
        let mut writer = SqliteConnection::connect(&world.database.url).await.unwrap();
        query("BEGIN IMMEDIATE").execute(&mut writer).await.unwrap();
        Self::Locked(writer)
    }

    async fn end(self) {
        match self {
            Self::Cut(line) => line.mend(),
            Self::Locked(mut writer) => drop(query("ROLLBACK").execute(&mut writer).await.unwrap()),
        }
    }
}

both! {
    async fn a_database_that_is_away_is_said_to_be_and_trying_again_is_safe(database: TestDatabase) {
        let line = if database.is_postgres() { Some(Line::to(&database).await) } else { None };
        let url = line.as_ref().map_or_else(|| database.url.clone(), |line| line.url.clone());
        let world = World::by_way_of(&url, database, |_| ()).await;
        let officer = officer_of(&world).await;
        let checked = officer.client.submit(&officer.file(PERIOD)).await;
        let upload = officer.client.upload("b.csv", officer.file("2024").bytes()).await.json();
        let before = world.tally().await;

        let away = Away::begin(&world, line.as_ref()).await;
        let approve = || officer.client.graphql(&Client::approval(), &Client::approval_of(&[&checked]));
        let create = "mutation($u: ID!) { createSubmission(input: { uploadId: $u }) { submission { state } } }";
        let create = || officer.client.graphql(create, &json!({ "u": upload["id"] }));
        let (approved, created, uploaded) = tokio::join!(
            officer.client.send(approve()),
            officer.client.send(create()),
            officer.client.upload("c.csv", officer.file("2023").bytes()),
        );
        for answer in [&approved, &created, &uploaded] {
            assert_eq!(
                (answer.status, answer.header("retry-after")),
                (StatusCode::SERVICE_UNAVAILABLE, "5"),
                "{answer:?}"
            );
            assert!(answer.text.contains("UNAVAILABLE"), "{answer:?}");
        }
        if line.is_some() {
            let ready = officer.client.get("/ready").await;
            assert_eq!((ready.status, ready.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"));
        }
        assert_eq!(officer.client.get("/health").await.status, StatusCode::OK, "the process itself is well");
        assert_eq!((world.tally().await, world.spooled()), (before, 0));

        away.end().await;
        assert_eq!(officer.client.get("/ready").await.status, StatusCode::OK);
        let approved = officer.client.send(approve()).await.json();
        assert_eq!(approved["data"]["done"]["submissions"][0]["state"], "APPROVED", "{approved}");
        let created = officer.client.send(create()).await.json();
        assert_eq!(created["data"]["createSubmission"]["submission"]["state"], "CHECKED", "{created}");
        let after = world.tally().await;
        assert_eq!((after.deliveries, after.runs, after.submissions), (1, 1, before.submissions + 1));
    }

    async fn a_dataset_that_is_not_there_is_named_with_those_that_are(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = officer_of(&world).await;
        let before = world.tally().await;
        // The register is the operator's: no organisation delivers it.
        for dataset in ["indicatorenn", "", "organisaties", "INDICATOREN"] {
            let payload = officer.client.create(officer.file(PERIOD).bytes(), Some(dataset)).await;
            let error = &payload["userErrors"][0];
            assert_eq!(
                (&error["code"], &error["path"]),
                (&json!("DATASET_UNKNOWN"), &json!(["input", "dataset"])),
                "{dataset}"
            );
            for language in ["nl", "en"] {
                let message = error["message"][language].as_str().unwrap();
                assert!(message.contains("evaluaties, indicatoren, leren, personeel"), "{message}");
            }
        }
        assert_eq!(world.tally().await.submissions, before.submissions);
    }

    async fn a_closed_period_takes_nothing_more(database: TestDatabase) {
        let world = World::with(database, |settings| settings.upload_lifetime = 10 * 365 * 24 * 3_600).await;
        let officer = officer_of(&world).await;
        let in_time = officer.client.submit(&officer.file(PERIOD)).await;
        assert_eq!(in_time.state, "CHECKED");
        world.clock.set("2028-01-01T00:00:00Z");
        let officer = world.member(&officer.agb_code).await;
        let before = world.tally().await;
        let late = officer.client.submit(&officer.file(PERIOD)).await;
        assert_eq!((late.state.as_str(), late.codes("ERROR")), ("REJECTED", vec!["rule.period_closed"]));

        // What was checked in time and not approved is looked at with the eyes of today.
        let payload = officer.client.approve(&[&in_time]).await;
        assert_eq!(payload["userErrors"][0]["code"], "CHECK_CHANGED", "{payload}");
        assert!(payload["userErrors"][0]["message"]["nl"].as_str().unwrap().contains("Periode gesloten"));
        let after = world.tally().await;
        assert_eq!((after.deliveries, after.runs, after.submissions), (0, 0, before.submissions + 1));
        assert_eq!(officer.client.look_at(&in_time.id).await["state"], "CHECKED");
    }

    async fn a_file_that_was_not_approved_in_time_is_let_go(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = officer_of(&world).await;
        let kept = officer.deliver(&officer.file(PERIOD)).await;
        let checked = officer.client.submit(&officer.file("2024")).await;
        assert_eq!((world.tally().await.contents, world.tally().await.uploads), (2, 2));
        world.clock.set("2026-04-10T00:00:00Z");
        world.service.sweep().await.unwrap();
        assert_eq!((world.tally().await.contents, world.tally().await.uploads), (1, 0), "what was approved stays");

        let officer = world.member(&officer.agb_code).await;
        let payload = officer.client.approve(&[&checked]).await;
        assert_eq!(payload["userErrors"][0]["code"], "UPLOAD_EXPIRED", "{payload}");
        assert_eq!(officer.client.look_at(&kept.id).await["state"], "APPROVED");
        let again = Submission::of(&officer.client.create(officer.file("2024").bytes(), None).await);
        assert_eq!(again.state, "CHECKED");
    }

    async fn what_is_no_table_is_refused_by_name(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = officer_of(&world).await;
        for (file, code) in [
            ("d01_empty.csv", "file.empty"),
            ("e01_xlsx_named_csv.csv", "file.is_spreadsheet"),
            ("e05_pdf.csv", "file.binary"),
            ("e11_random_binary.csv", "file.binary"),
        ] {
            for dataset in [None, Some("indicatoren")] {
                let submission = Submission::of(&officer.client.create(corpus(file), dataset).await);
                assert_eq!((submission.state.as_str(), submission.codes("ERROR")), ("REJECTED", vec![code]), "{file}");
            }
        }
        let after = world.tally().await;
        assert_eq!((after.submissions, after.deliveries, after.observations), (8, 0, 0));
    }

    async fn a_workbook_is_read_when_it_is_named_one(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = officer_of(&world).await;
        let workbook = corpus("../own/files/e20_workbook.xlsx");
        let create = async |name| Submission::of(&officer.client.create_named(name, workbook.clone(), None).await);
        // Its codes are those of the corpus: as a table it is read, and its cells are judged.
        let read = create("cijfers.xlsx").await;
        assert!(read.codes("NOTE").contains(&"file.spreadsheet_read"), "{read:?}");
        assert!(!read.codes("ERROR").contains(&"file.is_spreadsheet"), "{read:?}");
        assert_eq!(create("cijfers.csv").await.codes("ERROR"), ["file.is_spreadsheet"]);
    }

    async fn of_a_file_with_citizen_numbers_no_byte_stays(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = officer_of(&world).await;
        let before = world.tally().await;
        let text = String::from_utf8(officer.file(PERIOD).bytes()).unwrap();
        let text = text.replacen(";;\r\n", ";;cliënt 111222333\r\n", 1);
        let column = text.replace(";toelichting\r\n", ";bsn\r\n").replace(";;\r\n", ";;111222333\r\n");
        for file in [text, column] {
            // A colleague sent the same file and left it at that.
            officer.client.upload("a.csv", file.clone()).await;
            let submission = Submission::of(&officer.client.create(file, Some("indicatoren")).await);
            assert_eq!(submission.state, "REJECTED");
            assert!(submission.codes("ERROR").contains(&"privacy.national_number"), "{submission:?}");
            assert!(!submission.shown.to_string().contains("111222333"), "{submission:?}");
            let answer = officer.client.look_at(&submission.id).await;
            assert!(!answer.to_string().contains("111222333"), "{answer}");
            let after = world.tally().await;
            assert_eq!((after.contents, after.uploads), (before.contents, before.uploads));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_over_the_limit_is_refused_while_it_is_sent() {
    let world = World::with(sqlite(), |settings| settings.upload_limit = 50_000).await;
    let officer = officer_of(&world).await;
    let token = world.token(Role::Organisation, Some(&officer.agb_code)).await;
    let before = world.tally().await;

    // It says so itself: refused before a byte of it came.
    let mut wire = Wire::to(&world.base).await;
    wire.begin_upload(&token, "Content-Length: 50001").await;
    let announced = wire.hear_to_the_end().await;
    // It does not say: refused at the first byte too many, with the rest still to come.
    let mut wire = Wire::to(&world.base).await;
    wire.begin_upload(&token, "Transfer-Encoding: chunked").await;
    for _ in 0..50 {
        wire.say(format!("3e8\r\n{}\r\n", "a".repeat(1_000)).as_bytes()).await.unwrap();
    }
    until(|| world.spooled() == 1).await;
    wire.say(b"1\r\na\r\n").await.unwrap();
    let counted = wire.hear_to_the_end().await;
    for answer in [announced, counted] {
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        let head = answer.to_ascii_lowercase();
        assert!(head.contains("connection: close") && head.contains("application/problem+json"), "{answer}");
        assert!(answer.contains("50000 bytes") && answer.contains("TOO_LARGE"), "{answer}");
    }
    assert_eq!((world.tally().await, world.spooled()), (before, 0));
    // The last byte that fits.
    assert_eq!(officer.client.upload("a.csv", "a".repeat(50_000)).await.status, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_were_let_go_are_wiped() {
    let database = sqlite();
    let store = Database::open(&database.url).await.unwrap();
    let Tx::Sqlite(mut tx, ..) = store.read(Scope::Sector).await.unwrap() else { panic!("this is SQLite") };
    let (wipes,): (i64,) = query_as("PRAGMA secure_delete").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(wipes, 1, "SQLite leaves deleted bytes in the file unless it is told otherwise");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_asks_too_much_is_refused_and_the_server_lives() {
    let world = World::new(sqlite()).await;
    let officer = officer_of(&world).await;
    let doubling: Vec<String> =
        (0..40).map(|n| format!("fragment f{n} on Query {{ ...f{} ...f{} }} ", n + 1, n + 1)).collect();
    let doubling = doubling.concat();
    let aliases: Vec<String> = (0..600).map(|n| format!("a{n}: viewer {{ role }} ")).collect();
    let aliases = aliases.concat();
    let roles = aliases.replace("viewer { role }", "role");
    let deep = |open: &str, close: &str| {
        format!("{{ organisation(by: {}1{}) {{ id }} }}", open.repeat(3_000), close.repeat(3_000))
    };
    let introspection =
        "{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }";
    for (document, code) in [
        (deep("[", "]"), "QUERY_TOO_DEEP"),
        (deep("{a:", "}"), "QUERY_TOO_DEEP"),
        ("{ viewer ".repeat(1_500), "QUERY_TOO_DEEP"),
        (format!("{{ ...f0 }} {doubling} fragment f40 on Query {{ viewer {{ role }} }}"), "QUERY_TOO_COSTLY"),
        ("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned(), "GRAPHQL_VALIDATION_FAILED"),
        (format!("{{ {aliases} }}"), "DOCUMENT_TOO_LARGE"),
        (format!("{{ {} }}", &aliases[..aliases.find("a25:").unwrap()]), "QUERY_TOO_COSTLY"),
        (format!("{{ viewer {{ {} }} }}", &roles[..roles.find("a31:").unwrap()]), "QUERY_TOO_COSTLY"),
        (
            "{ viewer { role @include(if: true) } }".replace("@include(if: true)", &"@include(if: true) ".repeat(60)),
            "QUERY_TOO_COSTLY",
        ),
        (format!("{{ viewer {{ role }} }} #{}", "x".repeat(17_000)), "DOCUMENT_TOO_LARGE"),
        (introspection.to_owned(), "QUERY_TOO_COSTLY"),
        ("{".to_owned(), "GRAPHQL_PARSE_FAILED"),
    ] {
        let answer = officer.client.try_ask(&document, &Value::Null).await;
        let found = answer.json()["errors"][0]["extensions"]["code"].clone();
        assert_eq!((answer.status, &found), (StatusCode::BAD_REQUEST, &json!(code)), "{document:.80} {answer:?}");
        assert!(answer.text.len() < 4_096, "a refusal is short");
    }
    // Deep in the variables, and in the body itself.
    let deep =
        format!(r#"{{"query":"{{viewer{{role}}}}","variables":{{"a":{}{}}}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    for (body, status) in [(deep, StatusCode::BAD_REQUEST), ("x".repeat(300_000), StatusCode::PAYLOAD_TOO_LARGE)] {
        let request =
            officer.client.request(reqwest::Method::POST, "/graphql").header("content-type", "application/json");
        assert_eq!(officer.client.send(request.body(body)).await.status, status);
    }
    let alive = officer.client.ask("{ viewer { role } }", &Value::Null).await;
    assert_eq!(alive["viewer"]["role"], "ORGANISATION");
}

/// On SQLite one writes at a time. Those who wait must not keep others from reading.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_to_write_keeps_nobody_from_reading() {
    let world = World::new(sqlite()).await;
    let officer = officer_of(&world).await;
    let mut writer = SqliteConnection::connect(&world.database.url).await.unwrap();
    query("BEGIN IMMEDIATE").execute(&mut writer).await.unwrap();
    let uploads: Vec<_> = (0..12)
        .map(|number| {
            let client = officer.client.clone();
            tokio::spawn(async move { client.upload("a.csv", format!("file {number}")).await })
        })
        .collect();
    // All have come in whole and want to be noted.
    until(|| world.spooled() == 12).await;
    for _ in 0..3 {
        officer.client.ask("{ viewer { role } submissions { totalCount } }", &Value::Null).await;
    }
    assert!(uploads.iter().all(|upload| !upload.is_finished()));
    query("ROLLBACK").execute(&mut writer).await.unwrap();
    for upload in uploads {
        assert_eq!(upload.await.unwrap().status, StatusCode::CREATED);
    }
    assert_eq!(world.tally().await.uploads, 12);
}
