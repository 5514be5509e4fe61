//! What was answered once is answered again, to the byte; and the log shows who changed what.

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, query};

use crate::{
    harness::{both, execute, fetch, postgres},
    scene::{Client, Organisation, PERIOD, Questions, Sector, Submission, World},
};

/// Every question that knows the past, asked as known at a moment; with the identifiers it takes.
async fn all_as_known_at(client: &Client, moment: &str, submission: &str) -> Vec<(String, String)> {
    let questions = Questions::about(PERIOD, Some(moment)).in_pages_of(4);
    let mut answers = Vec::new();
    for root in questions.roots().into_iter().filter(|root| questions.knows_the_past(root)) {
        let arguments = match root.as_str() {
            "chart" => r#"indicator: "KZ06", by: { agbCode: "33990000" }"#.to_owned(),
            "distribution" => r#"indicator: "KZ06""#.to_owned(),
            "submission" => format!(r#"id: "{submission}""#),
            "submissionDifference" => format!(r#"earlier: "{submission}", later: "{submission}""#),
            _ => String::new(),
        };
        let answer = client.try_ask(&questions.whole(&root, &arguments), &json!({})).await;
        assert!(answer.json().get("errors").is_none(), "{root}: {}", answer.text);
        answers.push((root, answer.text));
    }
    assert!(answers.len() >= 7, "{answers:?}");
    answers
}

/// The moment that an answer shows.
async fn moment(client: &Client) -> String {
    let data = client.ask("{ submissions { knownAt } }", &Value::Null).await;
    data["submissions"]["knownAt"].as_str().unwrap().to_owned()
}

/// All that may happen after a moment.
async fn go_on(sector: &Sector, officer: &Organisation, first: &Submission, open: &Submission) {
    let explained = officer.client.explain(open, 0, "Dit is nagekeken.").await;
    assert_eq!(explained["userErrors"], json!([]));
    officer.deliver(&officer.file(PERIOD).with("KZ06", 200, 400)).await;
    assert_eq!(officer.client.look_at(&first.id).await["state"], "SUPERSEDED");
    let other = sector.member(7).await;
    other.client.submit(&other.file("2024")).await;
    let own = other.client.ask("{ submissions { nodes { id } } }", &Value::Null).await;
    let approved =
        json!({ "submission": other.client.look_at(own["submissions"]["nodes"][1]["id"].as_str().unwrap()).await });
    let withdrawn = other.client.withdraw(&Submission::of(&approved), "Verkeerde cijfers").await;
    assert_eq!(withdrawn["userErrors"], json!([]));
    let newcomer = sector.world.organisation("33990999", "Kraamzorg Nieuw").await;
    newcomer.deliver(&newcomer.file(PERIOD)).await;
}

both! {
    async fn an_earlier_answer_comes_again_to_the_byte(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let officer = sector.latecomer(0).await;
        let first = officer.deliver(&officer.file(PERIOD)).await;
        let open = officer.client.submit(&officer.file(PERIOD).with("KZ06", 900, 999)).await;
        let then = moment(&officer.client).await;
        let before = all_as_known_at(&officer.client, &then, &first.id).await;
        let inspector_before = all_as_known_at(&sector.inspector, &then, &first.id).await;

        go_on(&sector, &officer, &first, &open).await;

        let now = moment(&officer.client).await;
        for (client, before) in [(&officer.client, before), (&sector.inspector, inspector_before)] {
            let again = all_as_known_at(client, &then, &first.id).await;
            let changed = all_as_known_at(client, &now, &first.id).await;
            for ((earlier, later), changed) in before.iter().zip(&again).zip(&changed) {
                assert!(earlier == later, "{} changed:\n{}\n{}", earlier.0, earlier.1, later.1);
                // Nothing was delivered about a period that was not there; what was approved once stays as it was, and
                // a correction is no delivery more.
                let stays = ["periods", "submissionDifference", "obligationRates"].contains(&earlier.0.as_str());
                assert!(stays || earlier.1 != changed.1, "{} should have changed since", earlier.0);
            }
        }
    }

    async fn a_moment_to_come_is_the_present(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let query = "query($at: DateTime) { submissions(asKnownAt: $at) { knownAt } }";
        let asked = json!({ "at": "2099-01-01T00:00:00Z" });
        let shown = officer.client.ask(query, &asked).await["submissions"]["knownAt"].take();
        assert!(shown.as_str().unwrap().starts_with("2026-03-02T09:00:"), "{shown}");
        let earlier = officer.client.ask(query, &json!({ "at": "2020-01-01T00:00:00Z" })).await;
        assert_eq!(earlier["submissions"]["knownAt"], "2020-01-01T00:00:00.000000Z");
    }

    async fn a_walk_through_pages_sees_one_moment(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let page = "query($after: String) { riskScores(period: \"2025\", first: 11, after: $after) {
            totalCount knownAt pageInfo { hasNextPage endCursor } nodes { score run { id } organisation { agbCode } } } }";
        let mut after = Value::Null;
        let (mut seen, mut runs) = (Vec::new(), Vec::new());
        loop {
            let scores = sector.inspector.ask(page, &json!({ "after": after })).await["riskScores"].take();
            assert_eq!(scores["totalCount"], 30);
            for node in scores["nodes"].as_array().unwrap() {
                seen.push(node["organisation"]["agbCode"].as_str().unwrap().to_owned());
                runs.push(node["run"]["id"].clone());
            }
            // Between two pages everything moves.
            let officer = sector.member(u32::try_from(seen.len() % 20).unwrap() + 2).await;
            officer.deliver(&officer.file(PERIOD).with("KZ06", 210, 420)).await;
            if scores["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = scores["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(seen.len(), 30);
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 30, "each organisation once");
        assert!(runs.iter().all(|run| *run == runs[0]));
    }

    async fn a_tampered_log_is_found(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        officer.deliver(&officer.file(PERIOD)).await;
        let (lines,): (i64,) = fetch(&world.database, "SELECT COUNT(*) FROM audit").await;
        assert_eq!((lines, world.service.verify_audit().await.unwrap()), (5, Ok(5)));

        let mend = "UPDATE audit SET actor = 'operator' WHERE sequence = 2";
        for (tamper, mend) in [
            ("UPDATE audit SET actor = 'operatos' WHERE sequence = 2", mend),
            (
                "UPDATE audit SET result = result || ' ' WHERE sequence = 2",
                "UPDATE audit SET result = TRIM(result) WHERE sequence = 2",
            ),
            ("UPDATE audit SET sequence = 9 WHERE sequence = 2", "UPDATE audit SET sequence = 2 WHERE sequence = 9"),
            ("UPDATE audit SET hash = previous WHERE sequence = 2", ""),
        ] {
            assert_eq!(execute(&world.database, tamper).await, 1);
            let found = world.service.verify_audit().await.unwrap();
            assert!(matches!(found, Err(2 | 3)), "{tamper}: {found:?}");
            if !mend.is_empty() {
                execute(&world.database, mend).await;
                assert_eq!(world.service.verify_audit().await.unwrap(), Ok(5));
            }
        }
    }

    async fn a_log_that_lost_its_end_is_found(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        officer.deliver(&officer.file(PERIOD)).await;
        assert_eq!(world.service.verify_audit().await.unwrap(), Ok(5));
        assert_eq!(execute(&world.database, "DELETE FROM audit WHERE sequence = 5").await, 1);
        assert_eq!(world.service.verify_audit().await.unwrap(), Err(5));
    }
}

/// A change that waits for its last step has its moment already; what is asked meanwhile must not include that moment.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_during_a_change_stays_the_answer() {
    let world = World::new(postgres().await).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    let upload = officer.client.upload("a.csv", officer.file("2023").bytes()).await.json()["id"].clone();
    let open = officer.client.submit(&officer.file("2024").with("KZ06", 900, 999)).await;
    let ready = officer.client.submit(&officer.file(PERIOD)).await;
    let create = "mutation($u: ID!) { createSubmission(input: { uploadId: $u }) { submission { state } } }";
    let explain = "mutation($s: ID!) { explainFinding(input: { submissionId: $s, finding: 0, text: \"Klopt.\" }) {
        submission { state } } }";
    let withdraw = "mutation($s: ID!) { withdrawSubmission(input: { submissionId: $s, reason: \"Verkeerd\" }) {
        submission { state } } }";
    for (request, seen) in [
        (officer.client.graphql(create, &json!({ "u": upload })), &ready),
        (officer.client.graphql(explain, &json!({ "s": open.id })), &open),
        (officer.client.graphql(&Client::approval(), &Client::approval_of(&[&ready])), &ready),
        (officer.client.graphql(withdraw, &json!({ "s": ready.id })), &ready),
    ] {
        let mut holder = PgConnection::connect(&world.database.behind).await.unwrap();
        query("BEGIN").execute(&mut holder).await.unwrap();
        query("SELECT number FROM turn WHERE name = 'audit' FOR UPDATE").execute(&mut holder).await.unwrap();
        let client = officer.client.clone();
        let under_way = tokio::spawn(async move { client.send(request).await });
        let waiting =
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while fetch::<(i64,)>(&world.database, waiting).await.0 == 0 {
            assert!(!under_way.is_finished(), "it did not take its turn in the log");
        }

        let then = moment(&officer.client).await;
        let before = all_as_known_at(&officer.client, &then, &seen.id).await;
        query("ROLLBACK").execute(&mut holder).await.unwrap();
        let done = under_way.await.unwrap();
        assert!(done.status.is_success() && done.json().get("errors").is_none(), "{done:?}");
        let again = all_as_known_at(&officer.client, &then, &seen.id).await;
        for (earlier, later) in before.iter().zip(&again) {
            assert!(earlier == later, "{} changed:\n{}\n{}", earlier.0, earlier.1, later.1);
        }
        let now = moment(&officer.client).await;
        assert!(now > then, "{now}");
        assert_ne!(all_as_known_at(&officer.client, &now, &seen.id).await, again);
    }
}
