//! What has to be delivered by when: statuses, rates, more time, exemptions and downtime, on both databases.

use kraamzicht::domain::{Actor, Downtime, Instant};
use serde_json::{Value, json};

use crate::{
    harness::{both, fetch},
    scene::{Client, Indicators, Organisation, PERIOD, World},
};

const ROWS: &str = "query($filter: ObligationFilter, $at: DateTime) { obligations(period: \"2025\", first: 100, filter: $filter,
    asKnownAt: $at) { totalCount nodes { organisation { agbCode } dataset status overdue opens due closes takenUntil deadline submittedAt
    submissionId openSubmissionId exemption { births } extensions { id decided grantedUntil } } } }";

async fn rows(client: &Client, filter: &Value, at: Option<&str>) -> Vec<Value> {
    let data = client.ask(ROWS, &json!({ "filter": filter, "at": at })).await;
    data["obligations"]["nodes"].as_array().unwrap().clone()
}

/// The obligation of the indicator file.
async fn indicators(client: &Client, of: &Organisation) -> Value {
    rows(client, &json!({ "organisation": of.id, "dataset": "indicatoren" }), None).await.pop().unwrap()
}

/// Does a mutation; the payload.
async fn act(client: &Client, field: &str, input_type: &str, selection: &str, input: Value) -> Value {
    let document = format!(
        "mutation($input: {input_type}!) {{ done: {field}(input: $input) {{ {selection} userErrors {{ code path }} }} }}"
    );
    client.ask(&document, &json!({ "input": input })).await["done"].take()
}

async fn ask_time(officer: &Organisation, until: &str) -> Value {
    let input =
        json!({ "dataset": "indicatoren", "period": PERIOD, "until": until, "ground": "Ons systeem is vervangen." });
    act(&officer.client, "requestExtension", "RequestExtensionInput", "extension { id decided }", input).await
}

async fn decide(inspector: &Client, id: &Value, until: Option<&str>) -> Value {
    let input = json!({ "extensionId": id, "grantedUntil": until, "reason": "Overmacht is aannemelijk." });
    act(inspector, "decideExtension", "DecideExtensionInput", "extension { decided grantedUntil decidedBy }", input)
        .await
}

async fn exempt(inspector: &Client, of: &Organisation, births: Option<u32>) -> Value {
    let input =
        json!({ "organisationId": of.id, "year": 2025, "births": births, "ground": "Opgave van de aanbieder." });
    act(inspector, "registerExemption", "RegisterExemptionInput", "exemption { births }", input).await
}

fn code(payload: &Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or("")
}

both! {
    async fn every_obligation_has_its_status(database: TestDatabase) {
        let world = World::new(database).await;
        let mut officers = Vec::new();
        for place in 1..=6 {
            officers.push(world.organisation(&format!("3399100{place}"), &format!("Kraamzorg {place}")).await);
        }
        let inspector = world.inspector().await;
        let [nothing, draft, checked, submitted, late, exempted] = officers.as_slice() else { panic!() };
        let status = async |of: &Organisation| indicators(&inspector, of).await["status"].as_str().unwrap().to_owned();

        draft.client.submit(&draft.file(PERIOD).with("KZ06", 500, 80)).await;
        let waiting = checked.client.submit(&checked.file(PERIOD)).await;
        let first = submitted.deliver(&submitted.file(PERIOD)).await;
        exempt(&inspector, exempted, Some(3)).await;
        assert_eq!(status(nothing).await, "NOTHING");
        assert_eq!(status(draft).await, "DRAFT");
        assert_eq!(status(checked).await, "CHECKED");
        assert_eq!(status(submitted).await, "SUBMITTED");
        assert_eq!(status(late).await, "NOTHING");
        assert_eq!(status(exempted).await, "EXEMPT");
        let shown = indicators(&inspector, checked).await;
        assert_eq!((&shown["openSubmissionId"], &shown["submissionId"]), (&json!(waiting.id), &Value::Null));
        assert_eq!(
            (&shown["opens"], &shown["due"], &shown["closes"], &shown["deadline"]),
            (&json!("2025-01-01"), &json!("2026-06-01"), &json!("2027-12-31"), &json!("2026-06-02T00:00:00.000000Z"))
        );
        // Three datasets for each of six organisations; an organisation sees its own three.
        assert_eq!(rows(&inspector, &json!({}), None).await.len(), 18);
        let own = rows(&nothing.client, &json!({}), None).await;
        assert!(own.len() == 3 && own.iter().all(|row| row["organisation"]["agbCode"] == "33991001"), "{own:?}");
        assert_eq!(rows(&nothing.client, &json!({ "organisation": late.id }), None).await, Vec::<Value>::new());

        // After the due day: late is recorded and not refused, a correction changes nothing of it, and who delivered
        // nothing is overdue.
        let before = "2026-05-31T12:00:00Z";
        world.clock.set("2026-06-02T10:00:00Z");
        let members = [world.member("33991005").await, world.member("33991004").await];
        members[0].deliver(&late.file(PERIOD).with("KZ06", 300, 400)).await;
        members[1].deliver(&submitted.file(PERIOD).with("KZ06", 300, 400)).await;
        let inspector = world.inspector().await;
        let row = indicators(&inspector, late).await;
        assert_eq!((&row["status"], &row["overdue"]), (&json!("LATE"), &json!(false)));
        assert_eq!(row["submittedAt"].as_str().unwrap().get(..10), Some("2026-06-02"));
        let row = indicators(&inspector, submitted).await;
        assert_eq!((&row["status"], row["submittedAt"].as_str().unwrap().get(..10)), (&json!("SUBMITTED"), Some("2026-03-02")));
        assert_ne!(row["submissionId"], json!(first.id));
        let overdue = rows(&inspector, &json!({ "dataset": "indicatoren", "overdue": true }), None).await;
        let codes: Vec<_> = overdue.iter().map(|row| row["organisation"]["agbCode"].as_str().unwrap()).collect();
        assert_eq!(codes, ["33991001", "33991002", "33991003"]);
        let then = rows(&inspector, &json!({ "overdue": true }), Some(before)).await;
        assert_eq!(then, Vec::<Value>::new(), "as it was known before the deadline");

        let query = "{ obligationRates(period: \"2025\") { dataset overdue completeness timeliness counts { status count } } }";
        let rates = inspector.ask(query, &Value::Null).await["obligationRates"].take();
        let of = |dataset: Value| rates.as_array().unwrap().iter().find(|one| one["dataset"] == dataset).unwrap().clone();
        let found = of(json!("indicatoren"));
        assert_eq!((&found["completeness"], &found["timeliness"], &found["overdue"]), (&json!(0.4), &json!(0.2), &json!(3)));
        let count = |status: &str| found["counts"].as_array().unwrap().iter().find(|one| one["status"] == status).unwrap()["count"].clone();
        assert_eq!(["LATE", "EXEMPT", "SUBMITTED", "DRAFT"].map(count), [1, 1, 1, 1].map(|count| json!(count)));
        assert_eq!((&of(json!("personeel"))["completeness"], &of(Value::Null)["overdue"]), (&json!(0.0), &json!(13)));

        // What was withdrawn is not there, and what comes after it is new.
        let latest = json!(row["submissionId"]);
        let withdrawn = world.member("33991004").await;
        let shown = withdrawn.client.look_at(latest.as_str().unwrap()).await;
        let shown = crate::scene::Submission::of(&json!({ "submission": shown }));
        withdrawn.client.withdraw(&shown, "Verkeerde vestiging").await;
        let row = indicators(&withdrawn.client, &withdrawn).await;
        assert_eq!((&row["status"], &row["overdue"], &row["submittedAt"]), (&json!("NOTHING"), &json!(true), &Value::Null));
        withdrawn.deliver(&submitted.file(PERIOD).with("KZ06", 301, 400)).await;
        assert_eq!(indicators(&withdrawn.client, &withdrawn).await["status"], "LATE");
    }

    async fn four_quarters_are_a_year(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        for quarter in 1..=4 {
            assert_eq!(indicators(&officer.client, &officer).await["status"], "NOTHING");
            officer.deliver(&Indicators::of("33991001").row(&format!("2025-Q{quarter}"), "KZ06", "90", "100")).await;
        }
        assert_eq!(indicators(&officer.client, &officer).await["status"], "SUBMITTED");
    }

    async fn more_time_is_asked_for_and_decided_on_once(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let other = world.organisation("33991002", "Kraamzorg De Ooievaar").await;
        let inspector = world.inspector().await;
        // After the due day, and until a year after the window closes at the latest.
        for day in ["2026-06-01", "2028-12-31"] {
            assert_eq!(code(&ask_time(&officer, day).await), "EXTENSION_DAY");
        }
        let asked = ask_time(&officer, "2026-07-01").await;
        assert_eq!((code(&asked), &asked["extension"]["decided"]), ("", &json!(false)));
        assert_eq!(code(&ask_time(&officer, "2026-08-01").await), "EXTENSION_WAITS");
        assert_eq!(indicators(&inspector, &officer).await["status"], "NOTHING", "asking gives nothing");
        let waiting = rows(&inspector, &json!({ "extensionWaits": true }), None).await;
        assert_eq!((waiting.len(), &waiting[0]["organisation"]["agbCode"]), (1, &json!("33991001")));

        // Only the inspectorate decides, and nobody else asks for another or sees it.
        let document = "mutation($input: DecideExtensionInput!) { decideExtension(input: $input) { userErrors { code } } }";
        let input = json!({ "input": { "extensionId": asked["extension"]["id"], "grantedUntil": "2026-07-01", "reason": "Akkoord" } });
        for client in [&officer.client, &other.client] {
            let answer = client.try_ask(document, &input).await.json();
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
        }
        assert_eq!(rows(&other.client, &json!({ "extensionWaits": true }), None).await, Vec::<Value>::new());
        let id = &asked["extension"]["id"];
        assert_eq!(code(&decide(&inspector, id, Some("2026-05-01")).await), "EXTENSION_DAY");
        assert_eq!(code(&decide(&inspector, &json!("ext_x"), None).await), "NOT_FOUND");
        let decided = decide(&inspector, id, Some("2026-06-15")).await;
        assert_eq!((code(&decided), &decided["extension"]["grantedUntil"]), ("", &json!("2026-06-15")));
        assert_eq!(code(&decide(&inspector, id, None).await), "EXTENSION_DECIDED");
        let row = indicators(&officer.client, &officer).await;
        assert_eq!((&row["status"], &row["deadline"]), (&json!("EXTENDED"), &json!("2026-06-16T00:00:00.000000Z")));
        assert_eq!(row["extensions"][0], json!({ "id": id, "decided": true, "grantedUntil": "2026-06-15" }));
        // The other files of the same organisation have no more time.
        let staff = rows(&officer.client, &json!({ "dataset": "personeel" }), None).await;
        assert_eq!(staff[0]["deadline"], "2026-06-02T00:00:00.000000Z");

        // A refused request gives nothing, and can be followed by another.
        let refused = ask_time(&other, "2026-07-01").await;
        decide(&inspector, &refused["extension"]["id"], None).await;
        assert_eq!(indicators(&inspector, &other).await["status"], "NOTHING");
        assert_eq!(code(&ask_time(&other, "2026-07-01").await), "");

        // In the added time is in time; after it is late.
        world.clock.set("2026-06-15T23:00:00Z");
        let officer = world.member("33991001").await;
        officer.deliver(&officer.file(PERIOD)).await;
        assert_eq!(indicators(&officer.client, &officer).await["status"], "SUBMITTED");
    }

    /// The window for 2025 closes behind 31 December 2027; one organisation has until 15 January, the others have not.
    async fn a_window_stays_open_to_whom_more_time_was_given(database: TestDatabase) {
        let world = World::with(database, |settings| settings.upload_lifetime = 10 * 365 * 24 * 3_600).await;
        let given = world.organisation("33991001", "Kraamzorg De Wieg").await;
        world.organisation("33991002", "Kraamzorg De Ooievaar").await;
        let asked = ask_time(&given, "2028-02-01").await;
        let inspector = world.inspector().await;
        decide(&inspector, &asked["extension"]["id"], Some("2028-01-15")).await;
        let row = indicators(&inspector, &given).await;
        assert_eq!((&row["closes"], &row["takenUntil"]), (&json!("2027-12-31"), &json!("2028-01-16T00:00:00.000000Z")));

        world.clock.set("2028-01-15T23:00:00Z");
        let (given, other) = (world.member("33991001").await, world.member("33991002").await);
        let refused = other.client.submit(&other.file(PERIOD)).await;
        assert_eq!((refused.state.as_str(), refused.codes("ERROR")), ("REJECTED", vec!["rule.period_closed"]));
        // Of another period and another file there is no more time.
        let earlier = given.client.submit(&given.file("2024")).await;
        assert_eq!(earlier.codes("ERROR"), ["rule.period_closed"]);
        let delivered = given.deliver(&given.file(PERIOD)).await;
        assert_eq!(delivered.state, "APPROVED");
        let quarters = Indicators::of("33991001").row("2025-Q1", "KZ06", "90", "100");
        assert_eq!(given.client.submit(&quarters).await.state, "CHECKED", "four quarters are the year as well");
        let row = indicators(&given.client, &given).await;
        assert_eq!((&row["status"], &row["deadline"]), (&json!("SUBMITTED"), &json!("2028-01-16T00:00:00.000000Z")));
        let last = given.client.submit(&given.file(PERIOD).with("KZ06", 300, 400)).await;
        assert_eq!(last.state, "CHECKED");

        // With the day the time is over.
        let seen = given.client.approval_seen(&[&last]).await;
        world.clock.set("2028-01-16T00:00:00Z");
        let closed = given.client.ask(&Client::approval(), &seen).await["done"].take();
        assert_eq!(code(&closed), "CHECK_CHANGED", "{closed}");
        assert_eq!(given.client.submit(&given.file(PERIOD).with("KZ06", 301, 400)).await.codes("ERROR"), ["rule.period_closed"]);
        // What was delivered in the added time is verified as on its own day.
        let mut verified = 0;
        let tell = |one: kraamzicht::service::Verification| {
            assert!(one.files > 0 && one.differences.is_empty(), "{one:?}");
            verified += 1;
        };
        world.service.verify_all(tell).await.unwrap();
        assert!(verified > 0);
    }

    async fn downtime_before_the_window_closes_moves_its_end(database: TestDatabase) {
        let world = World::with(database, |settings| settings.upload_lifetime = 10 * 365 * 24 * 3_600).await;
        world.organisation("33991001", "Kraamzorg De Wieg").await;
        world.clock.set("2027-12-31T23:00:00Z");
        let at = |text: &str| Instant::parse(text).unwrap();
        let down = Downtime { from: at("2027-12-31T17:00:00Z"), until: at("2027-12-31T23:00:00Z") };
        world.service.note_downtime(&Actor::OPERATOR, down, "De proxy weigerde").await.unwrap();
        let officer = world.member("33991001").await;
        let row = indicators(&officer.client, &officer).await;
        assert_eq!(row["takenUntil"], "2028-01-01T06:00:00.000000Z");
        world.clock.set("2028-01-01T05:59:00Z");
        officer.deliver(&officer.file(PERIOD)).await;
        assert_eq!(indicators(&officer.client, &officer).await["status"], "LATE", "taken, and after the deadline of June");
        world.clock.set("2028-01-01T06:00:00Z");
        let refused = officer.client.submit(&officer.file(PERIOD).with("KZ06", 300, 400)).await;
        assert_eq!(refused.codes("ERROR"), ["rule.period_closed"]);
    }

    async fn an_exemption_is_for_the_smallest_and_can_end(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let inspector = world.inspector().await;
        let refused = exempt(&inspector, &officer, Some(4)).await;
        assert_eq!((code(&refused), &refused["userErrors"][0]["path"]), ("TOO_MANY_BIRTHS", &json!(["input", "births"])));
        assert_eq!(indicators(&inspector, &officer).await["status"], "NOTHING");
        exempt(&inspector, &officer, Some(2)).await;
        let row = indicators(&officer.client, &officer).await;
        assert_eq!((&row["status"], &row["exemption"]["births"]), (&json!("EXEMPT"), &json!(2)));
        let then = world.service.now().to_string();
        exempt(&inspector, &officer, None).await;
        assert_eq!(indicators(&inspector, &officer).await["status"], "NOTHING");
        let row = rows(&inspector, &json!({ "dataset": "indicatoren" }), Some(&then)).await;
        assert_eq!(row[0]["status"], "EXEMPT", "as it was known");
        let kept: (i64,) = fetch(&world.database, "SELECT COUNT(*) FROM exemption").await;
        assert_eq!(kept, (2,), "lines are added");
        let document = "mutation($input: RegisterExemptionInput!) { registerExemption(input: $input) { userErrors { code } } }";
        let input = json!({ "input": { "organisationId": officer.id, "year": 2025, "births": 1, "ground": "Zelf gezegd" } });
        let answer = officer.client.try_ask(document, &input).await.json();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }

    async fn downtime_is_measured_and_moves_the_deadline(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        assert_eq!(world.service.beat().await.unwrap(), None, "nothing came before the first");
        assert_eq!(world.service.beat().await.unwrap(), None);
        // Silent from March on, until six hours before the deadline: what was silent within its last week counts.
        world.clock.set("2026-06-01T18:00:00Z");
        let officer_again = world.member("33991001").await;
        let measured = world.service.beat().await.unwrap().unwrap();
        assert!(measured.until.to_string().starts_with("2026-06-01T18:00:00"), "{measured:?}");
        assert_eq!(world.service.beat().await.unwrap(), None, "counted once");
        let deadline = |row: Value| Instant::parse(row["deadline"].as_str().unwrap()).unwrap();
        let end = Instant::parse("2026-06-02T00:00:00Z").unwrap();
        let moved = (deadline(indicators(&officer_again.client, &officer).await).microseconds() - end.microseconds()) / 1_000_000;
        assert_eq!(moved / 60, 6 * 24 * 60 + 18 * 60, "all of the week but six hours");

        // What the operator notes is added where it was not measured; nobody else notes any.
        let at = |text: &str| Instant::parse(text).unwrap();
        let noted = Downtime { from: at("2026-06-01T12:00:00Z"), until: at("2026-06-01T18:00:00Z") };
        world.service.note_downtime(&Actor::OPERATOR, noted, "De proxy weigerde").await.unwrap();
        let again = (deadline(indicators(&officer_again.client, &officer).await).microseconds() - end.microseconds()) / 1_000_000;
        assert_eq!(again, moved, "it was down already");
        let future = Downtime { from: noted.from, until: at("2026-07-01T00:00:00Z") };
        assert_eq!(world.service.note_downtime(&Actor::OPERATOR, future, "Nog niet").await.unwrap_err().code(), "DOWNTIME_ORDER");
        let log = world.service.verify_audit().await.unwrap();
        assert!(log.is_ok(), "{log:?}");

        // So a delivery on the third is in time.
        world.clock.set("2026-06-03T09:00:00Z");
        let officer = world.member("33991001").await;
        officer.deliver(&officer.file(PERIOD)).await;
        assert_eq!(indicators(&officer.client, &officer).await["status"], "SUBMITTED");
    }
}

#[test]
fn the_operator_notes_downtime() {
    let folder = tempfile::tempdir().unwrap();
    let run = |from: &str, until: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_kraamzicht"))
            .arg("--data-dir")
            .arg(folder.path())
            .args(["downtime", "--from", from, "--until", until, "--reason", "De proxy weigerde"])
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    assert_eq!(run("2026-01-01T18:00:00Z", "2026-01-01T19:00:00Z").0, Some(0));
    let (code, said) = run("2026-01-01T19:00:00Z", "2026-01-01T18:00:00Z");
    assert!(code == Some(3) && said.contains("storing"), "{said}");
    assert_eq!(run("gisteren", "2026-01-01T18:00:00Z").0, Some(2));
    assert_eq!(run("2099-01-01T18:00:00Z", "2099-01-01T19:00:00Z").0, Some(3), "not what is to come");
}
