//! The life of a submission, on both databases, over HTTP with real tokens.

use serde_json::{Value, json};

use crate::{
    harness::both,
    scene::{Client, Indicators, PERIOD, Sector, Submission, Tally, World},
};

/// What a payload says went wrong, by code.
fn codes(payload: &Value) -> Vec<&str> {
    payload["userErrors"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

/// The numbers in force of the client's organisation: indicator, numerator, denominator, the submission.
async fn in_force(client: &Client) -> Vec<Value> {
    let query = "query($period: Period!) { observations(period: $period, first: 100) { nodes {
        indicator { code } numerator denominator submissionId } } }";
    let data = client.ask(query, &json!({ "period": PERIOD })).await;
    data["observations"]["nodes"].as_array().unwrap().clone()
}

/// The score and the run behind it, of the client's organisation.
async fn score(client: &Client) -> Value {
    let query = "query($period: Period!) { riskScores(period: $period) { nodes { score coverage run { id } } } }";
    client.ask(query, &json!({ "period": PERIOD })).await["riskScores"]["nodes"][0].take()
}

both! {
    async fn a_finding_points_at_the_cell(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let file = officer.file(PERIOD).with("KZ04B", 500, 80);
        let submission = officer.client.submit(&file).await;

        assert_eq!(
            (submission.state.as_str(), submission.codes("ERROR")),
            ("REJECTED", vec!["rule.numerator_gt_denominator"])
        );
        let finding = &submission.shown["findings"][0];
        assert_eq!(
            (&finding["column"], &finding["columnLetters"], &finding["columnNumber"]),
            (&json!("teller"), &json!("E"), &json!(5))
        );
        // KZ04B is the third row below the header.
        let cell = json!([{ "line": 4, "row": 3, "sheetRow": 4, "value": "500" }]);
        assert_eq!(finding["occurrences"], cell);
        for language in ["nl", "en"] {
            let message = finding["message"][language].as_str().unwrap();
            assert!(message.contains("500") && message.contains("80"), "{message}");
        }
        assert_eq!(submission.shown["rows"], json!({ "read": 10, "accepted": 9, "rejected": 1 }));
    }

    async fn a_rejected_file_leaves_nothing_behind(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let before = world.tally().await;
        let submission = officer.client.submit(&officer.file(PERIOD).with("KZ06", 500, 80)).await;
        assert_eq!(submission.state, "REJECTED");
        let after = world.tally().await;
        assert_eq!((after.submissions, after.events), (before.submissions + 1, before.events + 2));
        let counted = |tally: Tally| (tally.deliveries, tally.observations, tally.runs, tally.outcomes);
        assert_eq!(counted(after), (0, 0, 0, 0));
        assert_eq!(in_force(&officer.client).await, Vec::<Value>::new());

        let payload = officer.client.approve(&[&submission]).await;
        assert_eq!((codes(&payload), &payload["submissions"]), (vec!["SUBMISSION_STATE"], &Value::Null));
        assert_eq!(world.tally().await, after);
    }

    async fn an_approved_file_is_in_force_and_scored_in_the_same_call(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let officer = sector.latecomer(0).await;
        assert_eq!(score(&officer.client).await["score"], Value::Null);
        let checked = officer.client.submit(&officer.file(PERIOD).with("KZ06", 371, 401)).await;
        assert_eq!(checked.state, "CHECKED");
        assert_eq!(in_force(&officer.client).await, Vec::<Value>::new(), "checked is not submitted");

        let payload = officer.client.approve(&[&checked]).await;
        assert_eq!(payload["userErrors"], json!([]));
        assert_eq!(payload["submissions"][0]["state"], "APPROVED");
        let found = in_force(&officer.client).await;
        assert_eq!(found.len(), 10);
        let row = json!({ "indicator": { "code": "KZ06" }, "numerator": 371.0, "denominator": 401.0, "submissionId": checked.id });
        assert!(found.contains(&row), "{found:?}");
        let now = score(&officer.client).await;
        assert!(now["score"].is_f64() && now["coverage"].as_f64().unwrap() > 0.5, "{now}");
        assert_eq!(payload["runIds"], json!([now["run"]["id"]]));
        let states: Vec<&Value> =
            payload["submissions"][0]["events"].as_array().unwrap().iter().map(|event| &event["state"]).collect();
        assert_eq!(states, ["RECEIVED", "CHECKED", "APPROVED"]);
    }

    async fn a_question_is_answered_before_approval(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let file = officer.file(PERIOD).with("KZ06", 900, 999).with("KZ18", 800, 999);
        let submission = officer.client.submit(&file).await;
        assert_eq!(submission.state, "CHECKED", "a question never rejects a file");
        let questions = submission.codes("QUESTION").len();
        assert!(questions >= 1, "{submission:?}");
        let before = world.tally().await;
        let payload = officer.client.approve(&[&submission]).await;
        assert_eq!(codes(&payload), ["QUESTIONS_OPEN"]);
        assert!(payload["userErrors"][0]["message"]["nl"].as_str().unwrap().contains(&questions.to_string()));
        assert_eq!(world.tally().await, before);

        let refused = officer.client.explain(&submission, 99, "Dit klopt.").await;
        assert_eq!(
            (codes(&refused), &refused["userErrors"][0]["path"]),
            (vec!["FINDING_UNKNOWN"], &json!(["input", "finding"]))
        );
        for text in ["", "  x ", &"a".repeat(1_001)] {
            assert_eq!(codes(&officer.client.explain(&submission, 0, text).await), ["TEXT_LENGTH"], "{text}");
        }
        for finding in submission.shown["findings"].as_array().unwrap() {
            let number = finding["number"].as_u64().unwrap();
            let payload = officer.client.explain(&submission, number, "Nagekeken: dit klopt.").await;
            assert_eq!(codes(&payload), Vec::<&str>::new());
            let shown = &payload["submission"]["findings"][usize::try_from(number).unwrap()];
            assert_eq!(shown["explanations"], json!([{ "text": "Nagekeken: dit klopt." }]));
        }
        assert_eq!(codes(&officer.client.approve(&[&submission]).await), Vec::<&str>::new());
        let late = officer.client.explain(&submission, 0, "Te laat.").await;
        assert_eq!(codes(&late), ["SUBMISSION_STATE"], "what was approved stays as it was read");
    }

    async fn an_error_is_not_explained_away(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let wrong = officer.client.submit(&officer.file(PERIOD).with("KZ06", 500, 80)).await;
        let payload = officer.client.explain(&wrong, 0, "Dit klopt echt.").await;
        assert_eq!(codes(&payload), ["SUBMISSION_STATE"]);
        assert_eq!(world.tally().await.explanations, 0);
    }

    async fn a_second_version_supersedes_the_first(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let officer = sector.latecomer(0).await;
        let first = officer.deliver(&officer.file(PERIOD)).await;
        let before = (score(&officer.client).await, sector.world.tally().await);
        let second = officer.deliver(&officer.file(PERIOD).with("KZ06", 200, 400)).await;

        assert_eq!(officer.client.look_at(&first.id).await["state"], "SUPERSEDED");
        assert_eq!(officer.client.look_at(&second.id).await["state"], "APPROVED");
        let found = in_force(&officer.client).await;
        assert!(found.iter().all(|row| row["submissionId"] == second.id.as_str()) && found.len() == 10, "{found:?}");
        let after = (score(&officer.client).await, sector.world.tally().await);
        assert!(after.0["score"].as_f64() > before.0["score"].as_f64(), "half of the families saw many faces");
        assert_eq!(after.1.observations, before.1.observations + 10, "the first version is still kept");
        assert_eq!((after.1.deliveries, after.1.runs), (before.1.deliveries + 1, before.1.runs + 1));
        assert_eq!(codes(&officer.client.withdraw(&first, "Verkeerd bestand").await), ["SUBMISSION_STATE"]);
    }

    async fn what_is_withdrawn_no_longer_counts(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let officer = sector.latecomer(0).await;
        let first = officer.deliver(&officer.file(PERIOD)).await;
        assert_eq!(codes(&officer.client.withdraw(&first, "x").await), ["TEXT_LENGTH"]);
        let payload = officer.client.withdraw(&first, "Verkeerde jaargang").await;
        assert_eq!((codes(&payload), &payload["submission"]["state"]), (vec![], &json!("WITHDRAWN")));
        assert_eq!(payload["submission"]["events"][3], json!({ "state": "WITHDRAWN", "reason": "Verkeerde jaargang" }));
        assert_eq!(in_force(&officer.client).await, Vec::<Value>::new());
        let now = score(&officer.client).await;
        assert_eq!((&now["score"], &payload["runIds"]), (&Value::Null, &json!([now["run"]["id"]])));
        assert_eq!(codes(&officer.client.withdraw(&first, "Nog eens").await), ["SUBMISSION_STATE"]);
        assert_eq!(codes(&officer.client.approve(&[&first]).await), ["SUBMISSION_STATE"]);

        // Nothing stands in the way of delivering again.
        let again = officer.deliver(&officer.file(PERIOD)).await;
        assert_eq!(in_force(&officer.client).await[0]["submissionId"], again.id.as_str());
    }

    async fn a_checked_file_can_be_withdrawn_without_a_run(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let checked = officer.client.submit(&officer.file(PERIOD)).await;
        let payload = officer.client.withdraw(&checked, "Toch niet").await;
        assert_eq!((codes(&payload), &payload["runIds"]), (vec![], &json!([])));
        assert_eq!(codes(&officer.client.approve(&[&checked]).await), ["SUBMISSION_STATE"]);
        assert_eq!(world.tally().await.deliveries, 0);
    }

    async fn several_are_approved_together_or_not_at_all(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let file = |period| officer.file(period);
        let this_year = officer.client.submit(&file(PERIOD)).await;
        let last_year = officer.client.submit(&file("2024")).await;
        let same_year = officer.client.submit(&file(PERIOD).with("KZ06", 380, 400)).await;
        let wrong = officer.client.submit(&file("2023").with("KZ06", 500, 80)).await;
        let before = world.tally().await;
        for (batch, code) in [
            (vec![&this_year, &same_year], "SUBMISSIONS_OVERLAP"),
            (vec![&this_year, &wrong], "SUBMISSION_STATE"),
            (vec![], "NOTHING_ASKED"),
        ] {
            assert_eq!(codes(&officer.client.approve(&batch).await), [code]);
            assert_eq!(world.tally().await, before);
        }
        // Named twice is once.
        let payload = officer.client.approve(&[&this_year, &last_year, &this_year]).await;
        assert_eq!((codes(&payload), payload["submissions"].as_array().unwrap().len()), (vec![], 2));
        // The year after looks back at the year before: both are scored, once.
        assert_eq!(payload["runIds"].as_array().unwrap().len(), 2);
        let after = world.tally().await;
        assert_eq!((after.deliveries, after.observations, after.runs), (2, 20, 2));
    }

    async fn the_same_mutation_twice_is_done_once(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let checked = officer.client.submit(&officer.file(PERIOD)).await;
        assert_eq!(codes(&officer.client.approve(&[&checked]).await), Vec::<&str>::new());
        let after = world.tally().await;
        let payload = officer.client.approve(&[&checked]).await;
        assert_eq!(codes(&payload), ["SUBMISSION_STATE"]);
        assert!(payload["userErrors"][0]["message"]["en"].as_str().unwrap().contains("approved"), "{payload}");
        assert_eq!(world.tally().await, after);
    }

    async fn of_two_who_approve_at_once_one_wins(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let before = world.tally().await;
        for round in 1..=5 {
            let file = officer.file(PERIOD).with("KZ06", 370 + u32::try_from(round).unwrap(), 400);
            let checked = officer.client.submit(&file).await;
            let colleague = officer.client.clone();
            let seen = officer.client.approval_seen(&[&checked]).await;
            let approval = Client::approval();
            let (one, other) = tokio::join!(officer.client.ask(&approval, &seen), colleague.ask(&approval, &seen));
            let (one, other) = (one["done"].clone(), other["done"].clone());
            let mut said = [codes(&one), codes(&other)];
            said.sort_unstable();
            assert_eq!(said, [vec![], vec!["SUBMISSION_STATE"]]);
            let after = world.tally().await;
            assert_eq!((after.deliveries, after.observations, after.runs), (round, 10 * round, round));
        }
        assert_eq!(world.tally().await.audit, before.audit + 5 * 3, "an upload, a check and an approval each");
        assert_eq!(world.service.verify_audit().await.unwrap(), Ok(before.audit + 15));
    }

    async fn two_versions_at_once_follow_one_another(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let mut files: Vec<Submission> = Vec::new();
        for numerator in 371..376 {
            files.push(officer.client.submit(&officer.file(PERIOD).with("KZ06", numerator, 400)).await);
        }
        let approvals = files.iter().map(|one| {
            let (client, one) = (officer.client.clone(), one.clone());
            // Who was overtaken looks again.
            tokio::spawn(async move {
                loop {
                    let payload = client.approve(&[&one]).await;
                    if codes(&payload) != ["VERSION_CHANGED"] {
                        return payload;
                    }
                }
            })
        });
        for approval in approvals.collect::<Vec<_>>() {
            assert_eq!(codes(&approval.await.unwrap()), Vec::<&str>::new());
        }
        let mut approved = Vec::new();
        for one in &files {
            let state = officer.client.look_at(&one.id).await["state"].clone();
            assert!(state == "APPROVED" || state == "SUPERSEDED", "{state}");
            approved.extend((state == "APPROVED").then_some(one.id.as_str()));
        }
        let found = in_force(&officer.client).await;
        assert_eq!((approved.len(), found.len()), (1, 10));
        assert!(found.iter().all(|row| row["submissionId"] == approved[0]), "one file speaks, whole");
        assert_eq!(world.tally().await.deliveries, 5);
    }

    async fn a_file_about_two_periods_is_superseded_when_both_are(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let one = |period: &str| Indicators::of("33991001").row(period, "KZ06", "90", "100");
        let both = officer.deliver(&one("2025-Q1").row("2025-Q2", "KZ06", "80", "100")).await;
        officer.deliver(&one("2025-Q1")).await;
        assert_eq!(officer.client.look_at(&both.id).await["state"], "APPROVED", "it still speaks for Q2");
        officer.deliver(&one("2025-Q2")).await;
        assert_eq!(officer.client.look_at(&both.id).await["state"], "SUPERSEDED");
    }
}
