//! What an approval shows before, holds to, and hands out after: previews, corrections, receipts, on both databases.

use std::fs;

use kraamzicht::service::verify_receipt;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    harness::{both, execute, fetch},
    scene::{Client, PERIOD, Sector, Submission, World},
};

fn codes(payload: &Value) -> Vec<&str> {
    payload["userErrors"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

/// Approves with these variables.
async fn approve_with(client: &Client, variables: &Value) -> Value {
    client.ask(&Client::approval(), variables).await["done"].take()
}

/// Approves and gives the receipts as well.
async fn receipts(client: &Client, submissions: &[&Submission]) -> Vec<Value> {
    let document = "mutation($input: ApproveSubmissionsInput!) { approveSubmissions(input: $input) { approvedAt receipts {
        id approvedAt approvedBy agbCode basis catalogueHash engineVersion programVersion runIds keyId document
        submissions { submissionId dataset fileName sha256 observations questions
            rows { read accepted unchanged superseded rejected } versions { period version } correction { class reason } } }
        userErrors { code } } }";
    let seen = client.approval_seen(submissions).await;
    let mut data = client.ask(document, &seen).await;
    assert_eq!(data["approveSubmissions"]["userErrors"], json!([]), "{data}");
    data["approveSubmissions"]["receipts"].as_array_mut().unwrap().drain(..).collect()
}

both! {
    async fn a_preview_tells_every_number_before_and_after(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let first = officer.client.submit(&officer.file(PERIOD)).await;
        let shown = officer.client.preview(&[&first]).await;
        let counts = |shown: &Value| shown["preview"]["counts"].clone();
        assert_eq!(counts(&shown), json!({ "new": 10, "changed": 0, "unchanged": 0, "disappeared": 0 }));
        assert_eq!(
            (&shown["preview"]["supersedes"], &shown["preview"]["places"][0]["version"]),
            (&json!(false), &json!(0))
        );
        officer.client.approve(&[&first]).await;

        // One number changes, one is new, one is gone, eight stay.
        let old = officer.file(PERIOD);
        let second = old.clone().with("KZ06", 301, 400).without("KZ22").row(PERIOD, "KZ04A", "960", "80");
        let second = officer.client.submit(&second).await;
        let before = world.tally().await;
        let shown = officer.client.preview(&[&second]).await;
        assert_eq!(counts(&shown), json!({ "new": 1, "changed": 1, "unchanged": 8, "disappeared": 1 }));
        let place = json!([{ "submissionId": second.id, "dataset": "indicatoren", "period": PERIOD, "version": 1,
            "inForceId": first.id }]);
        assert_eq!((&shown["preview"]["supersedes"], &shown["preview"]["places"]), (&json!(true), &place));
        let differences = shown["preview"]["differences"].as_array().unwrap();
        assert_eq!(differences.len(), 11);
        let of = |code: &str| differences.iter().find(|one| one["indicator"]["code"] == code).unwrap().clone();
        let changed = of("KZ06");
        assert_eq!((&changed["change"], &changed["agbCode"]), (&json!("CHANGED"), &json!("33991001")));
        assert_eq!(changed["after"], json!({ "numerator": 301.0, "denominator": 400.0 }));
        assert_ne!(changed["before"]["denominator"], json!(400.0), "as it was delivered first");
        assert_eq!((&of("KZ22")["change"], &of("KZ22")["after"]), (&json!("DISAPPEARED"), &Value::Null));
        assert_eq!((&of("KZ04A")["change"], &of("KZ04A")["before"]), (&json!("NEW"), &Value::Null));
        assert_eq!(world.tally().await, before, "looking changes nothing");

        // What cannot be approved cannot be previewed, and says so.
        assert_eq!(codes(&officer.client.preview(&[&first]).await), ["SUBMISSION_STATE"]);
        assert_eq!(codes(&officer.client.preview(&[]).await), ["NOTHING_ASKED"]);
    }

    async fn an_approval_holds_to_what_was_seen(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let one = officer.client.submit(&officer.file(PERIOD).with("KZ06", 310, 400)).await;
        let other = officer.client.submit(&officer.file(PERIOD).with("KZ06", 320, 400)).await;
        let seen = officer.client.approval_seen(&[&other]).await;
        assert_eq!(codes(&officer.client.approve(&[&one]).await), Vec::<&str>::new());
        let after = world.tally().await;

        // Nothing was in force when it was looked at; now something is.
        let payload = approve_with(&officer.client, &seen).await;
        assert_eq!((codes(&payload), &payload["submissions"]), (vec!["VERSION_CHANGED"], &Value::Null));
        assert_eq!(payload["userErrors"][0]["path"], json!(["input", "basis"]));
        let unseen = approve_with(&officer.client, &Client::approval_of(&[&other])).await;
        assert_eq!(codes(&unseen), ["VERSION_NOT_SEEN"]);
        let mut guessed = seen.clone();
        guessed["input"]["basis"] = json!("geen");
        assert_eq!(codes(&approve_with(&officer.client, &guessed).await), ["VERSION_CHANGED"]);

        // Looked at again, but without a reason.
        let mut again = officer.client.approval_seen(&[&other]).await;
        assert_ne!(again["input"]["basis"], seen["input"]["basis"]);
        let correction = again["input"]["correction"].take();
        assert_eq!(codes(&approve_with(&officer.client, &again).await), ["CORRECTION_MISSING"]);
        again["input"]["correction"] = json!({ "class": "MATERIAL", "reason": " x " });
        assert_eq!(codes(&approve_with(&officer.client, &again).await), ["TEXT_LENGTH"]);
        assert_eq!(world.tally().await, after, "nothing was submitted");
        again["input"]["correction"] = correction;
        assert_eq!(codes(&approve_with(&officer.client, &again).await), Vec::<&str>::new());

        // A withdrawal in between is a change as well; after it nothing is in force.
        let third = officer.client.submit(&officer.file(PERIOD).with("KZ06", 330, 400)).await;
        let seen = officer.client.approval_seen(&[&third]).await;
        officer.client.withdraw(&other, "Verkeerd bestand").await;
        assert_eq!(codes(&approve_with(&officer.client, &seen).await), ["VERSION_CHANGED"]);
        assert_eq!(codes(&approve_with(&officer.client, &Client::approval_of(&[&third])).await), Vec::<&str>::new());
    }

    async fn every_version_stays_and_says_why(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let officer = sector.latecomer(0).await;
        let first = officer.deliver(&officer.file(PERIOD).with("KZ06", 310, 400)).await;
        let second = officer.client.submit(&officer.file(PERIOD).with("KZ06", 320, 400).without("KZ22")).await;
        let mut seen = officer.client.approval_seen(&[&second]).await;
        seen["input"]["correction"] = json!({ "class": "MATERIAL", "reason": "Teller en noemer verwisseld" });
        assert_eq!(codes(&approve_with(&officer.client, &seen).await), Vec::<&str>::new());
        officer.client.withdraw(&second, "Verkeerde vestiging").await;

        let query = "query($id: ID!) { organisation(by: { id: $id }) { deliveries(period: \"2025\", dataset: \"indicatoren\") {
            dataset period version submissionId } other: deliveries(dataset: \"personeel\") { version } } }";
        for client in [&officer.client, &sector.inspector] {
            let data = client.ask(query, &json!({ "id": officer.id })).await;
            let version = |version: u32, submission: Option<&str>| json!({ "dataset": "indicatoren", "period": PERIOD,
                "version": version, "submissionId": submission });
            assert_eq!(
                data["organisation"]["deliveries"],
                json!([version(1, Some(&first.id)), version(2, Some(&second.id)), version(3, None)])
            );
            assert_eq!(data["organisation"]["other"], json!([]));

            let query = "query($id: ID!) { submission(id: $id) { state correction { class reason } versions { version period } } }";
            let shown = client.ask(query, &json!({ "id": second.id })).await["submission"].take();
            assert_eq!(shown["correction"], json!({ "class": "MATERIAL", "reason": "Teller en noemer verwisseld" }));
            assert_eq!((&shown["state"], &shown["versions"]), (&json!("WITHDRAWN"), &json!([{ "version": 2, "period": PERIOD }])));
            let shown = client.ask(query, &json!({ "id": first.id })).await["submission"].take();
            assert_eq!((&shown["correction"], &shown["state"]), (&Value::Null, &json!("SUPERSEDED")));

            let query = "query($a: ID!, $b: ID!) { submissionDifference(earlier: $a, later: $b, changes: [CHANGED, DISAPPEARED]) {
                counts { new changed unchanged disappeared } differences { change indicator { code } before { numerator }
                after { numerator } } } }";
            let found = client.ask(query, &json!({ "a": first.id, "b": second.id })).await["submissionDifference"].take();
            assert_eq!(found["counts"], json!({ "new": 0, "changed": 1, "unchanged": 8, "disappeared": 1 }));
            assert_eq!(found["differences"], json!([
                { "change": "CHANGED", "indicator": { "code": "KZ06" }, "before": { "numerator": 310.0 }, "after": { "numerator": 320.0 } },
                { "change": "DISAPPEARED", "indicator": { "code": "KZ22" }, "before": { "numerator": 1.0 }, "after": null },
            ]));
        }
        // Of two organisations nothing is compared, nor what was never approved.
        let (of_another, open) = (sector.member(5).await, officer.client.submit(&officer.file(PERIOD)).await);
        let other = of_another.client.ask("{ submissions { nodes { id } } }", &Value::Null).await;
        let other = other["submissions"]["nodes"][0]["id"].as_str().unwrap().to_owned();
        let query = "query($a: ID!, $b: ID!) { submissionDifference(earlier: $a, later: $b) { counts { new } } }";
        for later in [other.as_str(), open.id.as_str(), "sub_x"] {
            let found = sector.inspector.ask(query, &json!({ "a": first.id, "b": later })).await;
            assert_eq!(found["submissionDifference"], Value::Null);
        }
    }

    async fn the_same_bytes_change_nothing(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let file = officer.file(PERIOD);
        let first = officer.deliver(&file).await;
        let again = officer.client.submit(&file).await;
        let query = "query($id: ID!) { submission(id: $id) { sameBytesAsId } }";
        let shown = officer.client.ask(query, &json!({ "id": again.id })).await;
        assert_eq!(shown["submission"]["sameBytesAsId"], json!(first.id));
        let shown = officer.client.ask(query, &json!({ "id": first.id })).await;
        assert_eq!(shown["submission"]["sameBytesAsId"], Value::Null);

        let before = world.tally().await;
        let payload = officer.client.approve(&[&again]).await;
        assert_eq!(codes(&payload), ["ALREADY_IN_FORCE"]);
        let said = payload["userErrors"][0]["message"]["nl"].as_str().unwrap();
        assert!(said.contains(&first.id), "it says which: {said}");
        assert_eq!(world.tally().await, before);

        // Another file came in between: then the first is a way back.
        officer.deliver(&file.clone().with("KZ06", 301, 400)).await;
        assert_eq!(codes(&officer.client.approve(&[&again]).await), Vec::<&str>::new());
        // The same bytes of somebody else are nobody's business.
        let other = world.organisation("33991002", "Kraamzorg De Ooievaar").await;
        let foreign = Submission::of(&other.client.create(file.bytes(), None).await);
        let shown = other.client.ask(query, &json!({ "id": foreign.id })).await;
        assert_eq!(shown["submission"]["sameBytesAsId"], Value::Null);
    }

    async fn a_receipt_can_be_verified_and_not_forged(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let (this_year, last_year) =
            (officer.client.submit(&officer.file(PERIOD)).await, officer.client.submit(&officer.file("2024").with("KZ06", 1, 5)).await);
        let found = receipts(&officer.client, &[&this_year, &last_year]).await;
        let [receipt] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((&receipt["agbCode"], receipt["runIds"].as_array().unwrap().len()), (&json!("33991001"), 2));
        assert!(receipt["approvedBy"].as_str().unwrap().starts_with("tok_"));
        let line = receipt["submissions"].as_array().unwrap().iter().find(|one| one["submissionId"] == this_year.id.as_str());
        let expected = json!({ "submissionId": this_year.id, "dataset": "indicatoren", "fileName": "indicatoren.csv",
            "sha256": this_year.shown["upload"]["sha256"], "observations": 10, "questions": 0,
            "rows": { "read": 10, "accepted": 10, "unchanged": 0, "superseded": 0, "rejected": 0 },
            "versions": [{ "period": PERIOD, "version": 1 }], "correction": null });
        assert_eq!(line.unwrap(), &expected);

        // The same document three ways; the key for everybody.
        let document = receipt["document"].as_str().unwrap();
        let path = format!("/receipts/{}", receipt["id"].as_str().unwrap());
        let download = officer.client.get(&path).await;
        assert_eq!((download.status, download.text.as_str()), (StatusCode::OK, document));
        assert!(download.header("content-disposition").contains(".json"));
        let query = "query($id: ID!) { submission(id: $id) { receipt { document } } }";
        let kept = officer.client.ask(query, &json!({ "id": this_year.id })).await;
        assert_eq!(kept["submission"]["receipt"]["document"], document);
        let key = world.client(None).get("/receipts/key").await;
        assert_eq!(key.status, StatusCode::OK);
        let signed = verify_receipt(document.as_bytes(), key.text.as_bytes()).unwrap();
        assert_eq!(signed["approvedAt"], receipt["approvedAt"]);
        for (is, becomes) in [("\"accepted\":10", "\"accepted\":11"), ("33991001", "33991002"), ("\"version\":1", "\"version\":2")] {
            let forged = document.replace(is, becomes);
            assert_ne!(forged, document);
            assert!(verify_receipt(forged.as_bytes(), key.text.as_bytes()).is_err(), "{is}");
        }

        // The command says the same, without a service.
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("receipt.json"), document).unwrap();
        fs::write(folder.path().join("key.json"), &key.text).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kraamzicht"));
        command.args(["verify-receipt", "receipt.json", "--key", "key.json"]).current_dir(folder.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), signed);

        // Others do not find it, in the words of what is not there.
        let other = world.organisation("33991002", "Kraamzorg De Ooievaar").await;
        let unknown = other.client.get("/receipts/rcp_00000000000000000000000000").await;
        let foreign = other.client.get(&path).await;
        assert_eq!((foreign.status, foreign.json()["title"].clone()), (unknown.status, unknown.json()["title"].clone()));
        assert_eq!((foreign.status, world.client(None).get(&path).await.status), (StatusCode::NOT_FOUND, StatusCode::UNAUTHORIZED));
        assert_eq!(world.inspector().await.get(&path).await.text, document);
    }

    async fn a_receipt_and_its_approval_are_one(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let checked = officer.client.submit(&officer.file(PERIOD)).await;
        // A table that takes no receipt stands for whatever fails there.
        execute(&world.database, "ALTER TABLE receipt RENAME TO receipt_away").await;
        let before = world.tally().await;
        let answer = officer.client.try_ask(&Client::approval(), &Client::approval_of(&[&checked])).await;
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "INTERNAL", "{answer:?}");
        assert_eq!(world.tally().await, before, "no receipt, no approval");
        execute(&world.database, "ALTER TABLE receipt_away RENAME TO receipt").await;
        assert_eq!(codes(&officer.client.approve(&[&checked]).await), Vec::<&str>::new());
        let kept: (i64, i64) = fetch(&world.database, "SELECT (SELECT COUNT(*) FROM receipt), (SELECT COUNT(*) FROM receipt_submission)").await;
        assert_eq!(kept, (1, 1));
    }
}

#[test]
fn the_command_verifies_offline() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_kraamzicht"))
            .args(["--data-dir", &path("data"), "--signing-key", &path("own.key")])
            .args(arguments)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, key, _) = run(&["receipt-key"]);
    assert_eq!(code, Some(0));
    assert_eq!(run(&["receipt-key"]).1, key, "made once");
    fs::write(path("key.json"), &key).unwrap();
    // Nobody signed this.
    let receipt = json!({ "receipt": { "id": "rcp_0" }, "signature": { "algorithm": "Ed25519",
        "keyId": serde_json::from_str::<Value>(&key).unwrap()["keyId"], "value": "00".repeat(64) } });
    fs::write(path("receipt.json"), receipt.to_string()).unwrap();
    let (code, _, said) = run(&["verify-receipt", &path("receipt.json"), "--key", &path("key.json")]);
    assert!(code == Some(6) && said.contains("does not fit"), "{said}");
    assert_eq!(run(&["verify-receipt", &path("key.json"), "--key", &path("key.json")]).0, Some(2));
    assert_eq!(run(&["verify-receipt", &path("none.json"), "--key", &path("key.json")]).0, Some(2));
}
