//! What outranks scores: recorded by the inspectorate, shown with its source, part of runs, on both databases.

use kraamzicht::{
    domain::RunId,
    service::{Difference, Service},
};
use serde_json::{Value, json};

use crate::{
    harness::{both, execute, fetch},
    scene::{Client, Organisation, PERIOD, World},
};

const SCORES: &str = "query($at: DateTime, $filter: RiskScoreFilter) { riskScores(period: \"2025\", asKnownAt: $at,
    filter: $filter) { nodes { organisation { agbCode } headline level score explanation { nl }
    overrides { reason record { id from until reference } explanation { nl en } } } } }";
const RECORDED: &str =
    "query($at: DateTime) { overrides(asKnownAt: $at) { totalCount nodes { id organisation { agbCode } reason from
    until reference recordedBy withdrawn changeGround changedBy } } }";

async fn scores(client: &Client, variables: &Value) -> Vec<Value> {
    client.ask(SCORES, variables).await["riskScores"]["nodes"].as_array().unwrap().clone()
}

/// The overall score of an organisation.
async fn score(client: &Client, of: &Organisation) -> Value {
    scores(client, &json!({ "filter": { "organisation": of.id } })).await.pop().unwrap()
}

async fn recorded(client: &Client) -> Vec<Value> {
    client.ask(RECORDED, &Value::Null).await["overrides"]["nodes"].as_array().unwrap().clone()
}

fn mutation(field: &str, input_type: &str) -> String {
    format!(
        "mutation($input: {input_type}!) {{ done: {field}(input: $input) {{ recorded {{ id until withdrawn }} runIds
            userErrors {{ code path }} }} }}"
    )
}

async fn record(client: &Client, of: &str, reason: &str, days: (&str, Option<&str>), reference: &str) -> Value {
    let input =
        json!({ "organisationId": of, "reason": reason, "from": days.0, "until": days.1, "reference": reference });
    client.ask(&mutation("recordOverride", "RecordOverrideInput"), &json!({ "input": input })).await["done"].take()
}

async fn end(client: &Client, id: &Value, until: Option<&str>) -> Value {
    let input = json!({ "overrideId": id, "until": until, "ground": "Besluit van de inspectie." });
    client.ask(&mutation("endOverride", "EndOverrideInput"), &json!({ "input": input })).await["done"].take()
}

fn code(payload: &Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or("")
}

async fn differences(service: &Service, run: &Value) -> Vec<&'static str> {
    let run: RunId = run.as_str().unwrap().parse().unwrap();
    service.verify(run).await.unwrap().differences.iter().map(Difference::code).collect()
}

const MEASURE: &str = "ACTIVE_MEASURE";

both! {
    async fn what_is_recorded_outranks_the_scores_with_its_source(database: TestDatabase) {
        let world = World::new(database).await;
        let [one, other] = [
            world.organisation("33991001", "Kraamzorg De Wieg").await,
            world.organisation("33991002", "Kraamzorg De Ooievaar").await,
        ];
        for of in [&one, &other] {
            of.deliver(&of.file(PERIOD)).await;
        }
        let inspector = world.inspector().await;
        let before = score(&inspector, &one).await;
        let then = inspector.ask("{ run(period: \"2025\") { knownAt } }", &Value::Null).await["run"]["knownAt"].take();
        assert_ne!(before["headline"], "OVERRIDDEN");

        let done = record(&inspector, &one.id, MEASURE, ("2026-01-15", None), "  M-2026-017 ").await;
        assert_eq!((code(&done), done["runIds"].as_array().unwrap().len()), ("", 1), "{done}");
        let calamity = "CALAMITY_UNDER_INVESTIGATION";
        let second = record(&inspector, &one.id, calamity, ("2025-11-02", Some("2026-04-01")), "LMZ 4711").await;
        assert_eq!(code(&second), "");

        // Shown first and with its source, to the inspectorate and to the organisation itself; the figures stay.
        for client in [&inspector, &one.client] {
            let shown = score(client, &one).await;
            assert_eq!(shown["headline"], "OVERRIDDEN");
            assert_eq!((&shown["level"], &shown["score"]), (&before["level"], &before["score"]));
            let overrides = shown["overrides"].as_array().unwrap();
            assert_eq!((&overrides[0]["reason"], &overrides[1]["reason"]), (&json!(MEASURE), &json!(calamity)));
            let want = json!({ "id": done["recorded"]["id"], "from": "2026-01-15", "until": null, "reference": "M-2026-017" });
            assert_eq!((&overrides[0]["record"], &overrides[1]["record"]["until"]), (&want, &json!("2026-04-01")));
            assert!(overrides[0]["explanation"]["en"].as_str().unwrap().contains("M-2026-017"));
            let sentence = shown["explanation"]["nl"].as_str().unwrap();
            assert!(sentence.starts_with("Er loopt een maatregel van de inspectie.") && sentence.contains("LMZ 4711"), "{sentence}");
        }
        assert_ne!(score(&inspector, &other).await["headline"], "OVERRIDDEN");
        assert_eq!(recorded(&one.client).await, recorded(&inspector).await);
        assert_eq!((recorded(&one.client).await.len(), recorded(&other.client).await.len()), (2, 0));
        let only = async |wanted: bool| scores(&inspector, &json!({ "filter": { "overridden": wanted } })).await.len();
        assert_eq!((only(true).await, only(false).await), (1, 1));

        // As it was known before, it was not.
        let past = scores(&inspector, &json!({ "at": then, "filter": { "organisation": one.id } })).await.pop().unwrap();
        assert_eq!((&past["headline"], &past["overrides"]), (&before["headline"], &json!([])));
        let past = inspector.ask(RECORDED, &json!({ "at": then })).await;
        assert_eq!(past["overrides"]["totalCount"], 0);

        // Part of the run: it follows again, and not from anything else.
        let run = second["runIds"][0].clone();
        assert_eq!(differences(&world.service, &run).await, Vec::<&str>::new());
        let audited: (i64,) =
            fetch(&world.database, "SELECT COUNT(*) FROM audit WHERE action = 'override.recorded' AND result <> ''").await;
        assert_eq!(audited, (2,));
        execute(&world.database, "UPDATE recorded_override SET reference = 'M-2026-018' WHERE reference = 'M-2026-017'").await;
        let found = differences(&world.service, &run).await;
        assert!(["VERIFY_INPUT", "VERIFY_OUTPUT", "VERIFY_VALUE"].iter().all(|code| found.contains(code)), "{found:?}");
    }

    async fn an_end_is_added_and_a_mistake_taken_back(database: TestDatabase) {
        let world = World::new(database).await;
        let one = world.organisation("33991001", "Kraamzorg De Wieg").await;
        one.deliver(&one.file(PERIOD)).await;
        let inspector = world.inspector().await;
        let done = record(&inspector, &one.id, MEASURE, ("2024-03-01", None), "M-2024-003").await;
        let id = &done["recorded"]["id"];
        assert_eq!(score(&inspector, &one).await["headline"], "OVERRIDDEN");
        assert_eq!(code(&end(&inspector, id, Some("2024-02-29")).await), "OVERRIDE_DAYS_ORDER");

        // Over before the year began: no longer beside its scores, and the run follows again.
        let ended = end(&inspector, id, Some("2024-12-31")).await;
        assert_eq!((code(&ended), ended["runIds"].as_array().unwrap().len()), ("", 1));
        assert_ne!(score(&inspector, &one).await["headline"], "OVERRIDDEN");
        assert_eq!(differences(&world.service, &ended["runIds"][0]).await, Vec::<&str>::new());
        // A mistake in that is mended by another line.
        end(&inspector, id, Some("2025-06-30")).await;
        assert_eq!(score(&inspector, &one).await["overrides"][0]["record"]["until"], "2025-06-30");

        let gone = end(&inspector, id, None).await;
        assert_eq!((code(&gone), &gone["recorded"]["withdrawn"]), ("", &json!(true)));
        assert_eq!(score(&inspector, &one).await["overrides"], json!([]));
        assert_eq!(code(&end(&inspector, id, Some("2026-01-31")).await), "OVERRIDE_WITHDRAWN");
        let kept = recorded(&one.client).await;
        assert_eq!((kept.len(), &kept[0]["withdrawn"], &kept[0]["changeGround"]), (1, &json!(true), &json!("Besluit van de inspectie.")));
        for run in ended["runIds"].as_array().unwrap().iter().chain(done["runIds"].as_array().unwrap()) {
            assert_eq!(differences(&world.service, run).await, Vec::<&str>::new(), "as known then");
        }
        let lines: (i64, i64) = fetch(
            &world.database,
            "SELECT (SELECT COUNT(*) FROM override_change), (SELECT COUNT(*) FROM audit WHERE action = 'override.changed')",
        )
        .await;
        assert_eq!(lines, (3, 3));
    }

    async fn only_the_inspectorate_records_and_only_what_can_be(database: TestDatabase) {
        let world = World::new(database).await;
        let one = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let inspector = world.inspector().await;
        let today = ("2026-03-01", None);
        let made = record(&inspector, &one.id, MEASURE, today, "M-1").await;
        assert_eq!(code(&made), "");
        assert_eq!(made["runIds"], json!([]), "nothing was delivered");
        for (field, input_type, input) in [
            ("recordOverride", "RecordOverrideInput", json!({ "organisationId": one.id, "reason": MEASURE, "from": "2026-03-01", "reference": "M-2" })),
            ("endOverride", "EndOverrideInput", json!({ "overrideId": made["recorded"]["id"], "ground": "Wij vinden van niet." })),
        ] {
            let answer = one.client.try_ask(&mutation(field, input_type), &json!({ "input": input })).await.json();
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
        }
        let refused = [
            (record(&inspector, &one.id, MEASURE, ("2026-03-03", None), "M-1").await, "OVERRIDE_DAYS_ORDER"),
            (record(&inspector, &one.id, MEASURE, ("2026-03-01", Some("2026-02-28")), "M-1").await, "OVERRIDE_DAYS_ORDER"),
            (record(&inspector, &one.id, MEASURE, today, " M ").await, "TEXT_LENGTH"),
            (record(&inspector, "org_00000000000000000000000000", MEASURE, today, "M-1").await, "NOT_FOUND"),
            (record(&inspector, "nobody", MEASURE, today, "M-1").await, "NOT_FOUND"),
            (end(&inspector, &json!("ovr_00000000000000000000000000"), None).await, "NOT_FOUND"),
        ];
        for (payload, want) in &refused {
            assert_eq!((code(payload), &payload["recorded"]), (*want, &Value::Null));
        }
        assert_eq!(recorded(&inspector).await.len(), 1);
    }
}
