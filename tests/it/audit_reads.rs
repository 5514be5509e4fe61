//! Who read which scores stands in the audit log: by whom, from where, by which document, at what cost; and nobody
//! reads when it cannot be noted.

use std::fs;

use futures_util::FutureExt as _;
use kraamzicht::domain::Digest;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection, query, raw_sql};

use crate::{
    harness::{TestDatabase, both, execute, fetch, sqlite},
    scene::{PERIOD, Program, Sector, World, agb_code, last_year, make_in_real_time},
};

type Line = (String, String, String, String, Option<String>, Option<Vec<u8>>, Option<i64>);

/// The last line of the log.
async fn last(database: &TestDatabase) -> Line {
    let last = "SELECT actor, action, object, result, origin, document, cost FROM audit ORDER BY sequence DESC LIMIT 1";
    fetch(database, last).await
}

async fn lines(database: &TestDatabase) -> i64 {
    fetch::<(i64,)>(database, "SELECT COUNT(*) FROM audit").await.0
}

/// Who asks what of scores, and how the log calls it.
const READS: [(&str, &str, i64); 6] = [
    ("query A($p: Period!) { riskScores(period: $p) { nodes { score } } }", "scores.read", 3),
    ("query B($p: Period!) { signals(period: $p) { totalCount } run(period: $p) { id } }", "scores.read", 4),
    (
        "query C($p: Period!) { distribution(period: $p, indicator: \"KZ06\") { organisations } }",
        "distribution.read",
        2,
    ),
    ("query D($p: Period!) { account(period: $p) { signals { tests } } }", "account.read", 3),
    (
        "query E($p: Period!) { organisations { nodes { signals(period: $p) { value } riskScore(period: $p) { score } } } }",
        "scores.read",
        6,
    ),
    (
        "query F($p: Period!, $o: AgbCode!) { chart(indicator: \"KZ06\", period: $p, by: { agbCode: $o }) { points { period } } }",
        "chart.read",
        3,
    ),
];

both! {
    async fn a_read_of_scores_leaves_its_line(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let (database, service) = (&sector.world.database, &sector.world.service);
        let officer = sector.member(3).await;
        let run = officer.client.ask("query($p: Period!) { run(period: $p) { id } }", &json!({ "p": PERIOD })).await;
        let run = run["run"]["id"].as_str().unwrap().to_owned();
        for client in [&officer.client, &sector.inspector] {
            for (document, action, cost) in READS {
                service.keep_records().await.unwrap();
                let before = lines(database).await;
                let variables = json!({ "p": PERIOD, "o": officer.agb_code });
                client.ask(document, &variables).await;
                assert_eq!(lines(database).await, before, "a read waits for no writer");
                assert_eq!(service.keep_records().await.unwrap(), 1, "{document}: one line, however many rows");
                assert_eq!(lines(database).await, before + 1);
                let (actor, did, object, result, origin, hash, points) = last(database).await;
                assert!(actor.starts_with("tok_"), "{actor}");
                let about = if action == "chart.read" { &officer.id } else { &run };
                assert_eq!((did.as_str(), &object, result.as_str()), (action, about, "done"));
                assert_eq!((origin.as_deref(), points), (Some("127.0.0.1"), Some(cost)), "{document}");
                assert_eq!(hash.as_deref(), Some(Digest::of(document.as_bytes()).as_bytes().as_slice()));
            }
        }
        // Two who ask are two.
        let actors: (i64,) = fetch(database, "SELECT COUNT(DISTINCT actor) FROM audit WHERE action = 'account.read'").await;
        assert_eq!(actors, (2,));
        assert_eq!(service.keep_records().await.unwrap(), 0);
        let told: (i64,) = fetch(database, "SELECT COUNT(*) FROM audit WHERE origin IS NULL").await;
        assert_eq!(told, (0,), "every line says from where");
        officer.client.submit(&officer.file(PERIOD)).await;
        let (_, did, _, result, origin, hash, points) = last(database).await;
        assert_eq!((did.as_str(), result.as_str(), origin.as_deref()), ("submission.created", "checked", Some("127.0.0.1")));
        assert!(hash.is_some() && points > Some(20), "changes say by what, too: {points:?}");

        let all = lines(database).await;
        assert_eq!(service.verify_audit().await.unwrap(), Ok(all));
        for (tamper, mend) in [
            ("UPDATE audit SET origin = '127.0.0.2' WHERE action = 'account.read'", "UPDATE audit SET origin = '127.0.0.1' WHERE action = 'account.read'"),
            ("UPDATE audit SET cost = cost + 1 WHERE action = 'account.read'", "UPDATE audit SET cost = cost - 1 WHERE action = 'account.read'"),
            ("UPDATE audit SET origin = NULL, document = NULL, cost = NULL WHERE action = 'account.read'", ""),
        ] {
            assert!(execute(database, tamper).await > 0);
            assert!(service.verify_audit().await.unwrap().is_err(), "{tamper}");
            if !mend.is_empty() {
                execute(database, mend).await;
                assert_eq!(service.verify_audit().await.unwrap(), Ok(all));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_waits_for_no_writer() {
    let sector = Sector::in_world(World::new(sqlite()).await).await;
    let mut writer = SqliteConnection::connect(&sector.world.database.url).await.unwrap();
    query("BEGIN IMMEDIATE").execute(&mut writer).await.unwrap();
    let scores = "query($p: Period!) { riskScores(period: $p) { totalCount } }";
    let seen = sector.inspector.ask(scores, &json!({ "p": PERIOD })).await;
    assert!(seen["riskScores"]["totalCount"].as_u64().unwrap() > 0);
    query("ROLLBACK").execute(&mut writer).await.unwrap();
    assert!(sector.world.service.keep_records().await.unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_noted_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not-there").join("audit.journal");
    let world = World::with(sqlite(), |settings| settings.audit_journal = Some(path.clone())).await;
    let sector = Sector::in_world(world).await;
    for (document, ..) in READS {
        let variables = json!({ "p": PERIOD, "o": "33990003" });
        let answer = sector.inspector.try_ask(document, &variables).await;
        if document.contains("chart") && answer.json().get("errors").is_none() {
            // Nothing to draw: nothing was read.
            assert_eq!(answer.json()["data"]["chart"], Value::Null);
            continue;
        }
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{document}: {answer:?}");
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    }
    assert_eq!(sector.inspector.ask("{ viewer { role } }", &Value::Null).await["viewer"]["role"], "INSPECTOR");
    // Once it can be, all is well.
    fs::create_dir(path.parent().unwrap()).unwrap();
    sector.inspector.ask(READS[0].0, &json!({ "p": PERIOD })).await;
    assert_eq!(sector.world.service.keep_records().await.unwrap(), 1);
}

/// The process ended between the commit and its note that it was done.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_in_the_log_is_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.journal");
    let world = World::with(sqlite(), |settings| settings.audit_journal = Some(path.clone())).await;
    let sector = Sector::in_world(world).await;
    sector.inspector.ask(READS[0].0, &json!({ "p": PERIOD })).await;
    let waiting = fs::read(&path).unwrap();
    assert_eq!(sector.world.service.keep_records().await.unwrap(), 1);
    let written = lines(&sector.world.database).await;
    fs::write(path.with_extension("moving"), waiting).unwrap();
    sector.inspector.ask(READS[0].0, &json!({ "p": PERIOD })).await;
    sector.world.service.keep_records().await.unwrap();
    assert_eq!(lines(&sector.world.database).await, written);
    assert_eq!(sector.world.service.keep_records().await.unwrap(), 1);
    assert_eq!(lines(&sector.world.database).await, written + 1);
}

/// Whoever moves lines need not wait for their turn when many wait.
#[tokio::test(flavor = "multi_thread")]
async fn many_reads_press() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.journal");
    let with_lines = async |lines: &[u8]| {
        fs::write(&path, lines).unwrap();
        let world = World::with(sqlite(), |settings| settings.audit_journal = Some(path.clone())).await;
        let sector = Sector::in_world(world).await;
        sector.inspector.ask(READS[0].0, &json!({ "p": PERIOD })).await;
        sector.world.service.records_press().now_or_never().is_some()
    };
    assert!(!with_lines(b"").await);
    let line = fs::read(&path).unwrap();
    let some = line.repeat(1024 * 1024 / line.len());
    assert!(!with_lines(&some).await && with_lines(&some.repeat(2)).await);
}

both! {
    async fn a_killed_process_loses_no_read(database: TestDatabase) {
        let period = last_year();
        make_in_real_time(&database, &period).await;
        let mut program = Program::on(&database.url);
        let token = program.token(&agb_code(5));
        let reads = async || fetch::<(i64,)>(&database, "SELECT COUNT(*) FROM audit WHERE action = 'scores.read'").await.0;
        let scores = "query($p: Period!) { riskScores(period: $p) { totalCount } }";
        for round in 1..=2 {
            program.start();
            program.client(&token).ask(scores, &json!({ "p": period })).await;
            program.kill();
            // On the next start, and on its end, what waited is written: each line once.
            program.start();
            program.client(&token).ask("{ viewer { role } }", &Value::Null).await;
            assert_eq!(program.take_server().stop(), Some(0));
            assert_eq!(reads().await, round);
        }
        // Whoever is asked to stop writes what waits before it does, though the threads of its connections have ended.
        program.start();
        program.client(&token).ask(scores, &json!({ "p": period })).await;
        assert_eq!(program.take_server().stop(), Some(0));
        assert_eq!(reads().await, 3);
        let said = program.run(&["verify-audit"]);
        assert!(said.starts_with("the audit log is intact"), "{said}");
        let listed: Value = serde_json::from_str(&program.run(&["token", "list", "--format", "json"])).unwrap();
        let mut used = listed.as_array().unwrap().iter().filter(|one| one["usedAt"].is_string());
        assert!(used.next().is_some() && used.next().is_none(), "{listed}");
    }
}

/// What was written before lines told of the request.
#[tokio::test(flavor = "multi_thread")]
async fn lines_of_before_still_fit() {
    let world = World::new(sqlite()).await;
    let fields = ["aud_1", "2026-01-01T00:00:00.000000Z", "operator", "token.created", "tok_1", "inspector"];
    let mut hashed = vec![0; 32];
    hashed.extend(1_i64.to_be_bytes());
    for field in fields {
        hashed.extend((field.len() as u64).to_be_bytes());
        hashed.extend(field.as_bytes());
    }
    let hash = Digest::of(&hashed);
    let mut connection = SqliteConnection::connect(&world.database.url).await.unwrap();
    query(
        "INSERT INTO audit (sequence, id, at, actor, action, object, result, previous, hash)
            VALUES (1, 'aud_1', 1767225600000000, 'operator', 'token.created', 'tok_1', 'inspector', ?, ?)",
    )
    .bind(vec![0_u8; 32])
    .bind(hash.as_bytes().to_vec())
    .execute(&mut connection)
    .await
    .unwrap();
    raw_sql("UPDATE turn SET number = 1 WHERE name = 'audit'").execute(&mut connection).await.unwrap();
    world.inspector().await;
    assert_eq!(world.service.verify_audit().await.unwrap(), Ok(2));
    raw_sql("UPDATE audit SET origin = 'local' WHERE sequence = 1").execute(&mut connection).await.unwrap();
    assert_eq!(world.service.verify_audit().await.unwrap(), Err(1));
}
