//! A change that is asked for twice under one key is made once, and answered the same.

use serde_json::{Value, json};

use crate::{
    harness::{TestDatabase, both, fetch},
    scene::{Client, Organisation, PERIOD, Submission, World},
};

const KEYS: [&str; 3] = [
    "0198c5a2-7f3e-7b1a-9c4d-5e6f70819201",
    "0198c5a2-7f3e-7b1a-9c4d-5e6f70819202",
    "0198c5a2-7f3e-7b1a-9c4d-5e6f70819203",
];

/// What a mutation is asked for, whichever it is.
fn mutation(field: &str, selection: &str) -> String {
    let (first, rest) = field.split_at(1);
    let input = format!("{}{rest}Input", first.to_uppercase());
    format!("mutation($i: {input}!) {{ {field}(input: $i) {{ {selection} userErrors {{ code path }} }} }}")
}

const CREATED: &str = "submission { id state findings { code explanations { text at } } events { state at } }";

async fn ask(client: &Client, document: &str, input: &Value, key: &str) -> Value {
    let mut input = input.clone();
    input["idempotencyKey"] = json!(key);
    let data = client.ask(document, &json!({ "i": input })).await;
    data.as_object().unwrap().values().next().unwrap().clone()
}

async fn world_of(database: TestDatabase) -> (World, Organisation) {
    let world = World::new(database).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    (world, officer)
}

async fn keys_kept(world: &World) -> i64 {
    fetch::<(i64,)>(&world.database, "SELECT COUNT(*) FROM idempotency").await.0
}

both! {
    async fn a_submission_that_is_asked_for_again_is_made_once(database: TestDatabase) {
        let (world, officer) = world_of(database).await;
        let upload = officer.client.upload("a.csv", officer.file(PERIOD).bytes()).await.json()["id"].clone();
        let document = mutation("createSubmission", CREATED);
        let input = json!({ "uploadId": upload, "dataset": "indicatoren" });
        let first = ask(&officer.client, &document, &input, KEYS[0]).await;
        let made = world.tally().await;
        // The same again: in another order, with what is null named, under another alias, written in the document.
        assert_eq!(ask(&officer.client, &document, &input, KEYS[0]).await, first);
        let other = json!({ "dataset": "indicatoren", "file": null, "uploadId": upload });
        assert_eq!(ask(&officer.client, &document, &other, &KEYS[0].to_uppercase()).await, first);
        let written = format!(
            "mutation {{ x: createSubmission(input: {{ idempotencyKey: \"{}\", dataset: \"indicatoren\", uploadId: {upload} }}) {{ {CREATED} userErrors {{ code path }} }} }}",
            KEYS[0]
        );
        assert_eq!(officer.client.ask(&written, &Value::Null).await["x"], first);
        // Approved meanwhile: the answer is what it was.
        let submission = Submission::of(&json!({ "submission": first["submission"] }));
        officer.client.approve(&[&submission]).await;
        assert_eq!(ask(&officer.client, &document, &input, KEYS[0]).await, first);
        assert_eq!(world.tally().await.submissions, made.submissions);

        // For something else, it is refused and nothing is done.
        let before = world.tally().await;
        let conflict = json!([{ "code": "IDEMPOTENCY_CONFLICT", "path": ["input", "idempotencyKey"] }]);
        let payload = ask(&officer.client, &document, &json!({ "uploadId": upload }), KEYS[0]).await;
        assert_eq!((&payload["submission"], &payload["userErrors"]), (&Value::Null, &conflict));
        let withdraw = mutation("withdrawSubmission", "submission { id }");
        let input_of = json!({ "submissionId": submission.id, "reason": "Verkeerd" });
        assert_eq!(ask(&officer.client, &withdraw, &input_of, KEYS[0]).await["userErrors"], conflict);
        assert_eq!(world.tally().await, before);

        // Another caller's key is another key; so is this one after two days.
        let colleague = world.member(&officer.agb_code).await;
        let theirs = ask(&colleague.client, &document, &input, KEYS[0]).await;
        assert_ne!(theirs["submission"]["id"], first["submission"]["id"]);
        world.clock.set("2026-03-04T08:59:00Z");
        let later = world.client(Some(&{
            // The token of before has ended; what is kept is kept by token.
            world.token(kraamzicht::domain::Role::Organisation, Some(&officer.agb_code)).await
        }));
        let again = ask(&later, &document, &input, KEYS[1]).await;
        assert_eq!(again["submission"]["state"], "CHECKED");
        assert_eq!(keys_kept(&world).await, 3);
        world.clock.set("2026-03-04T10:00:00Z");
        world.service.sweep().await.unwrap();
        assert_eq!(keys_kept(&world).await, 1, "those of more than 48 hours ago are let go");
    }

    async fn two_at_once_are_one(database: TestDatabase) {
        let (world, officer) = world_of(database).await;
        let upload = officer.client.upload("a.csv", officer.file(PERIOD).bytes()).await.json()["id"].clone();
        let before = world.tally().await;
        let document = mutation("createSubmission", CREATED);
        let input = json!({ "uploadId": upload });
        let one = || ask(&officer.client, &document, &input, KEYS[0]);
        let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
        assert_eq!(a["submission"]["state"], "CHECKED", "{a}");
        assert!([&b, &c, &d].into_iter().all(|other| *other == a), "{a} {b} {c} {d}");
        let after = world.tally().await;
        assert_eq!((after.submissions, after.events), (before.submissions + 1, before.events + 2));

        let approve = mutation("approveSubmissions", "approvedAt runIds receipts { id } submissions { id state }");
        let input = json!({ "submissionIds": [a["submission"]["id"]] });
        let one = || ask(&officer.client, &approve, &input, KEYS[1]);
        let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
        assert_eq!(a["submissions"][0]["state"], "APPROVED", "{a}");
        assert!([&b, &c, &d].into_iter().all(|other| *other == a), "{a} {b} {c} {d}");
        let after = world.tally().await;
        assert_eq!((after.deliveries, after.runs), (1, 1));
    }

    async fn every_change_is_made_once_under_its_key(database: TestDatabase) {
        let (world, officer) = world_of(database).await;
        let inspector = world.inspector().await;
        let open = officer.client.submit(&officer.file("2024").with("KZ06", 900, 999)).await;
        let ready = officer.client.submit(&officer.file(PERIOD)).await;
        let extension = json!({ "dataset": "indicatoren", "period": "2025", "until": "2026-06-15", "ground": "Ziekte." });
        let mut asked: Option<Value> = None;
        for (client, field, selection, input, key) in [
            (&officer.client, "explainFinding", CREATED, json!({ "submissionId": open.id, "finding": 0, "text": "Dit klopt." }), KEYS[0]),
            (&officer.client, "approveSubmissions", "approvedAt runIds receipts { id } submissions { id state }", json!({ "submissionIds": [ready.id] }), KEYS[1]),
            (&officer.client, "withdrawSubmission", "submission { id state } runIds", json!({ "submissionId": ready.id, "reason": "Verkeerd." }), KEYS[2]),
            (&officer.client, "requestExtension", "extension { id dataset decided wantedUntil }", extension, "0198c5a2-7f3e-7b1a-9c4d-5e6f70819204"),
            (&inspector, "decideExtension", "extension { id decided grantedUntil }", json!({ "reason": "Toegestaan.", "grantedUntil": "2026-06-15" }), KEYS[0]),
            (&inspector, "registerExemption", "exemption { births decidedAt }", json!({ "organisationId": officer.id, "year": 2025, "births": 3, "ground": "Klein." }), KEYS[1]),
        ] {
            let mut input = input;
            if field == "decideExtension" {
                input["extensionId"] = asked.take().unwrap()["extension"]["id"].clone();
            }
            let document = mutation(field, selection);
            let first = ask(client, &document, &input, key).await;
            assert_eq!(first["userErrors"], json!([]), "{field}: {first}");
            let made = (world.tally().await, keys_kept(&world).await);
            assert_eq!(ask(client, &document, &input, key).await, first, "{field}");
            assert_eq!((world.tally().await, keys_kept(&world).await), made, "{field}");
            asked = Some(first);
        }
        assert_eq!(keys_kept(&world).await, 6);
        let kept: (i64,) = fetch(&world.database, "SELECT COUNT(*) FROM idempotency WHERE outcome LIKE '%klopt%' OR outcome LIKE '%Ziekte%'").await;
        assert_eq!(kept, (0,), "identifiers alone are kept");
    }

    async fn what_was_refused_may_be_tried_again(database: TestDatabase) {
        let (world, officer) = world_of(database).await;
        let open = officer.client.submit(&officer.file("2024").with("KZ06", 900, 999)).await;
        let approve = mutation("approveSubmissions", "submissions { state }");
        let input = json!({ "submissionIds": [open.id] });
        let refused = ask(&officer.client, &approve, &input, KEYS[0]).await;
        let questions = open.codes("QUESTION").len();
        if questions > 0 {
            assert_eq!(refused["userErrors"][0]["code"], "QUESTIONS_OPEN", "{refused}");
            for finding in open.shown["findings"].as_array().unwrap() {
                if finding["severity"] == "QUESTION" {
                    officer.client.explain(&open, finding["number"].as_u64().unwrap(), "Dit klopt.").await;
                }
            }
            let done = ask(&officer.client, &approve, &input, KEYS[0]).await;
            assert_eq!(done["submissions"][0]["state"], "APPROVED", "{done}");
        }
        assert_eq!(keys_kept(&world).await, 1);
    }
}
