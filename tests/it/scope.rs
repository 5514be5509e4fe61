//! Who sees what, where it takes more than a question by each (matrix.rs asks those): identifiers of no form, another's
//! code in a file, who is not known, answers that are remembered.

use kraamzicht::{
    domain::{Actor, OverrideReason, Role},
    service::OverrideRequest,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    harness::{TestDatabase, both, execute},
    scene::{Answer, Client, Organisation, PERIOD, Questions, Sector, Submission, World},
};

/// Counts that no other organisation has.
const CANARY: (u32, u32) = (71_933, 76_543);

/// What would tell that somebody saw data of `of`.
fn traces(of: &Organisation, submission: &Submission) -> Vec<String> {
    let percent = f64::from(CANARY.0) / f64::from(CANARY.1) * 100.0;
    let upload = &submission.shown["upload"];
    vec![
        of.id.clone(),
        of.agb_code.clone(),
        of.name.clone(),
        submission.id.clone(),
        submission.shown["receipt"]["id"].as_str().unwrap().to_owned(),
        upload["id"].as_str().unwrap().to_owned(),
        upload["sha256"].as_str().unwrap().to_owned(),
        CANARY.0.to_string(),
        CANARY.1.to_string(),
        percent.to_string().chars().take(7).collect(),
    ]
}

fn assert_no_trace(traces: &[String], asked: &str, answer: &Answer) {
    for trace in traces {
        assert!(!answer.text.contains(trace), "{trace} was seen by asking {asked}");
    }
}

/// A sector in which one organisation delivered numbers like no other's, and another is curious.
async fn curious(database: TestDatabase) -> (Sector, Organisation, Submission, Organisation) {
    let sector = Sector::in_world(World::new(database).await).await;
    sector.world.register(&[("33988881".to_owned(), "Kraamzorg Kanarie".to_owned())]).await;
    let seen = sector.world.member("33988881").await;
    let submission = seen.deliver(&seen.file(PERIOD).with("KZ06", CANARY.0, CANARY.1)).await;
    let curious = sector.member(9).await;
    for of in [&seen, &curious] {
        let request = OverrideRequest {
            organisation: of.id.parse().unwrap(),
            reason: OverrideReason::ActiveMeasure,
            from: jiff::civil::date(2026, 1, 15),
            until: None,
            reference: format!("M-{}", of.agb_code),
        };
        sector.world.service.record_override(&Actor::OPERATOR, &request).await.unwrap();
    }
    (sector, seen, submission, curious)
}

both! {
    async fn what_is_not_yours_is_as_what_is_not_there(database: TestDatabase) {
        let (sector, seen, submission, curious) = curious(database).await;
        let open = seen.client.submit(&seen.file(PERIOD)).await;
        let before = sector.world.tally().await;
        // The last letters of an identifier changed: one that could exist.
        let other = |id: &str| format!("{}{}", &id[..id.len() - 4], if id.ends_with("0000") { "1111" } else { "0000" });
        let id = "query($id: ID!) { node(id: $id) { id } submission(id: $id) { id } organisation(by: { id: $id }) { name } }";
        for foreign in [&seen.id, &submission.id, &open.id] {
            let answers = [foreign.clone(), other(foreign), "sub_x".to_owned(), "'; --".to_owned(), String::new()];
            for unknown in &answers {
                let answer = curious.client.ask(id, &json!({ "id": unknown })).await;
                assert_eq!(answer, json!({ "node": null, "submission": null, "organisation": null }), "{unknown}");
            }
        }
        assert_eq!(sector.world.tally().await, before);
        assert_eq!(seen.client.look_at(&open.id).await["state"], "CHECKED");
    }

    async fn another_code_in_a_file_is_as_a_code_of_nobody(database: TestDatabase) {
        let (sector, seen, _, curious) = curious(database).await;
        let file =
            |code: &str| String::from_utf8(curious.file(PERIOD).bytes()).unwrap().replace(&curious.agb_code, code);
        let before = sector.world.tally().await;
        let mut told = Vec::new();
        for code in [seen.agb_code.as_str(), "33988882"] {
            let submission = Submission::of(&curious.client.create(file(code), None).await);
            assert_eq!(
                (submission.state.as_str(), submission.codes("ERROR")),
                ("REJECTED", vec!["auth.org_not_allowed"])
            );
            told.push(submission.shown["findings"].to_string().replace(code, "CODE"));
        }
        assert_eq!(told[0], told[1]);
        let after = sector.world.tally().await;
        assert_eq!(
            (after.deliveries, after.observations, after.runs),
            (before.deliveries, before.observations, before.runs)
        );
    }

    async fn the_inspectorate_sees_all_and_changes_nothing(database: TestDatabase) {
        let (sector, seen, _, _) = curious(database).await;
        let open = seen.client.submit(&seen.file(PERIOD)).await;
        let count = sector
            .inspector
            .ask("{ organisations { totalCount } viewer { role organisation { id } } }", &Value::Null)
            .await;
        assert_eq!(
            count,
            json!({ "organisations": { "totalCount": 31 }, "viewer": { "role": "INSPECTOR", "organisation": null } })
        );
        assert_eq!(sector.inspector.look_at(&open.id).await["state"], "CHECKED");
        let before = sector.world.tally().await;

        let upload = sector.inspector.upload("a.csv", seen.file(PERIOD).bytes()).await;
        assert_eq!((upload.status, &upload.json()["code"]), (StatusCode::FORBIDDEN, &json!("FORBIDDEN")));
        for document in [
            format!(
                "mutation {{ createSubmission(input: {{ uploadId: \"{}\" }}) {{ userErrors {{ code }} }} }}",
                open.shown["upload"]["id"].as_str().unwrap()
            ),
            format!(
                "mutation {{ explainFinding(input: {{ submissionId: \"{}\", finding: 0, text: \"Klopt\" }}) {{ userErrors {{ code }} }} }}",
                open.id
            ),
            format!(
                "mutation {{ approveSubmissions(input: {{ submissionIds: [\"{}\"] }}) {{ userErrors {{ code }} }} }}",
                open.id
            ),
            format!(
                "mutation {{ withdrawSubmission(input: {{ submissionId: \"{}\", reason: \"Weg\" }}) {{ userErrors {{ code }} }} }}",
                open.id
            ),
        ] {
            let answer = sector.inspector.try_ask(&document, &Value::Null).await.json();
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{document}: {answer}");
        }
        assert_eq!((sector.world.tally().await, sector.world.spooled()), (before, 0));
    }

    async fn who_is_not_known_is_told_no_more(database: TestDatabase) {
        let world = World::new(database).await;
        world.register(&[("33991001".to_owned(), "Kraamzorg De Wieg".to_owned())]).await;
        let expired = world.token(Role::Organisation, Some("33991001")).await;
        world.clock.set("2026-03-05T09:00:00Z");
        let revoked = world.token(Role::Organisation, Some("33991001")).await;
        let asks = |token: &str| world.client(Some(token));
        let viewer = asks(&revoked).ask("{ viewer { organisation { agbCode } } }", &Value::Null).await;
        assert_eq!(viewer["viewer"]["organisation"]["agbCode"], "33991001");
        let revoke = "INSERT INTO token_revocation SELECT id, created_at FROM token WHERE expires_at = (SELECT MAX(expires_at) FROM token)";
        assert_eq!(execute(&world.database, revoke).await, 1);

        let before = world.tally().await;
        let mut told: Vec<(Answer, Answer, Answer)> = Vec::new();
        let others = ["kz_", "", "x", &format!("kz_{}", "0".repeat(64)), &format!("{revoked}0"), &revoked[..20]];
        let unknown = others.iter().map(|token| (*token).to_owned()).chain([expired, revoked.clone()]);
        for client in unknown.map(|token| asks(&token)).chain([world.client(None)]) {
            let document = "{ viewer { role } }";
            let get = client.get("/graphql?query=%7Bviewer%7Brole%7D%7D").await;
            told.push((client.try_ask(document, &Value::Null).await, client.upload("a.csv", "x").await, get));
        }
        for (graphql, upload, get) in &told {
            for (answer, first) in [(graphql, &told[0].0), (upload, &told[0].1), (get, &told[0].2)] {
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer:?}");
                assert_eq!(answer.header("www-authenticate"), "Bearer");
                assert_eq!(answer.text, first.text);
                assert!(answer.text.contains("UNAUTHENTICATED"));
            }
        }
        assert_eq!((world.tally().await, world.spooled()), (before, 0));
    }
}

/// An answer to one organisation must never come from what another asked before.
#[tokio::test(flavor = "multi_thread")]
async fn remembered_answers_are_apart() {
    let (sector, seen, submission, curious) = curious(crate::harness::sqlite()).await;
    let question = Questions::about(PERIOD, None).whole("riskScores", "");
    let ask = async |client: &Client| client.try_ask(&question, &Value::Null).await;
    ask(&sector.inspector).await;
    ask(&seen.client).await;
    assert_no_trace(&traces(&seen, &submission), &question, &ask(&curious.client).await);
    assert!(ask(&seen.client).await.text.contains(&seen.name));
}
