//! Mandates at work: given, used, and gone from the next request on. Who gets what by which door is in matrix.rs.

use kraamzicht::domain::MandateRight;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    harness::{TestDatabase, both},
    scene::{Answer, Client, Organisation, PERIOD, Submission, World},
};

const STAFF: &str = "agb_code;verslagjaar;periode;contractvorm;functie;aantal_personen;fte;uren;in_opleiding;ziektedagen;\
    beschikbare_dagen;instroom;uitstroom;vacatures;vacatures_langer_dan_3_maanden;met_schriftelijke_overeenkomst;\
    met_vergewischeck;kckz_geregistreerd\r\n";

/// All that an intermediary may ask about organisations, in one question.
const ALL: &str = "{ organisations { nodes { agbCode name deliveries { dataset } submissions { id } } }
    submissions { nodes { id } } observations(period: \"2025\") { nodes { numerator } }
    obligations(period: \"2025\") { nodes { dataset organisation { agbCode } } } mandates { nodes { id datasets } }
    riskScores(period: \"2025\") { totalCount } signals(period: \"2025\") { totalCount } run(period: \"2025\") { id }
    account(period: \"2025\") { __typename } distribution(period: \"2025\", indicator: \"KZ06\") { __typename }
    overrides { totalCount } }";

/// Two organisations, each with a mandate for one intermediary, and a third without.
struct Field {
    world: World,
    wheel: Organisation,
    nest: Organisation,
    stork: Organisation,
    intermediary: String,
    client: Client,
}

impl Field {
    async fn with(database: TestDatabase, right: MandateRight, datasets: &[&str], until: &str) -> Self {
        let world = World::new(database).await;
        let wheel = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let nest = world.organisation("33991002", "Kraamzorg Het Nest").await;
        let stork = world.organisation("33991003", "Kraamzorg De Ooievaar").await;
        let (intermediary, client) = world.intermediary("Softwarehuis De Brug").await;
        for one in [&wheel, &nest] {
            world.mandate(&one.id, &intermediary, right, datasets, ["2026-03-02", until]).await;
        }
        Self { world, wheel, nest, stork, intermediary, client }
    }

    /// One file with the rows of these.
    fn file(organisations: &[&Organisation]) -> String {
        let files = organisations.iter().map(|one| String::from_utf8(one.file(PERIOD).bytes()).unwrap());
        let mut whole = String::new();
        for file in files {
            let (header, rows) = file.split_once("\r\n").unwrap();
            if whole.is_empty() {
                whole = format!("{header}\r\n");
            }
            whole += rows;
        }
        whole
    }

    /// Sends a file by the intermediary; the payload with all its submissions.
    async fn send(&self, text: &str, key: Option<&str>) -> Value {
        let upload = self.client.upload("levering.csv", text).await;
        assert_eq!(upload.status, StatusCode::CREATED, "{upload:?}");
        self.create(upload.json()["id"].as_str().unwrap(), key).await
    }

    async fn create(&self, upload: &str, key: Option<&str>) -> Value {
        let document = "mutation($input: CreateSubmissionInput!) { createSubmission(input: $input) {
            submission { id } submissions { id state dataset fileName rows { read accepted }
                findings { number code severity } upload { id sha256 } }
            userErrors { code path message { nl en } } } }";
        let input = json!({ "input": { "uploadId": upload, "idempotencyKey": key } });
        self.client.ask(document, &input).await["createSubmission"].take()
    }
}

fn ids(payload: &Value) -> Vec<String> {
    let all = payload["submissions"].as_array().unwrap_or_else(|| panic!("{payload}"));
    all.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

fn code(payload: &Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or_else(|| panic!("{payload}"))
}

/// Approves what was made, by whoever asks.
async fn approve(client: &Client, ids: &[String]) -> Value {
    let document = "mutation($input: ApproveSubmissionsInput!) { approveSubmissions(input: $input) {
        submissions { id state receipt { id } } receipts { id document } userErrors { code } } }";
    client.ask(document, &json!({ "input": { "submissionIds": ids } })).await["approveSubmissions"].take()
}

/// Nothing of any organisation.
fn nothing() -> Value {
    let none = json!({ "nodes": [] });
    let zero = json!({ "totalCount": 0 });
    json!({ "organisations": none, "submissions": none, "observations": none, "obligations": none, "mandates": none,
        "riskScores": zero, "signals": zero, "run": null, "account": null, "distribution": null, "overrides": zero })
}

both! {
    async fn a_file_about_several_becomes_a_submission_of_each(database: TestDatabase) {
        let field = Field::with(database, MandateRight::Deliver, &["indicatoren"], "2026-12-31").await;
        let Field { wheel, nest, stork, client, .. } = &field;
        let key = "0195f5a2-3b7c-7e10-8f6a-0c1d2e3f4a5b";
        let upload = client.upload("levering.csv", Field::file(&[nest, wheel])).await.json();
        let made = field.create(upload["id"].as_str().unwrap(), Some(key)).await;
        assert_eq!(made["userErrors"], json!([]), "{made}");
        let both = ids(&made);
        assert_eq!((both.len(), &made["submission"]["id"]), (2, &json!(both[0])));
        assert_eq!(made["submissions"][0]["fileName"], "levering-33991001.csv");
        assert_eq!(made["submissions"][1]["rows"], json!({ "read": 10, "accepted": 10 }));
        // The same again, and nothing is made twice.
        let before = field.world.tally().await;
        assert_eq!(field.create(upload["id"].as_str().unwrap(), Some(key)).await, made);
        assert_eq!(field.world.tally().await, before);

        // Each organisation sees its own, and no row of the other in the file that is kept of it.
        for (place, own, other) in [(0, wheel, nest), (1, nest, wheel)] {
            assert_eq!(own.client.look_at(&both[place]).await["state"], "CHECKED");
            assert_eq!(own.client.look_at(&both[1 - place]).await, Value::Null);
            for asker in [&own.client, client] {
                let copy = asker.get(&format!("/submissions/{}/copy.csv", both[place])).await;
                assert!(copy.status == StatusCode::OK && copy.text.contains(&own.agb_code), "{copy:?}");
                assert!(!copy.text.contains(&other.agb_code), "{copy:?}");
            }
        }
        assert_eq!(stork.client.look_at(&both[0]).await, Value::Null);

        let approved = approve(client, &both).await;
        assert_eq!(approved["userErrors"], json!([]), "{approved}");
        assert_eq!(approved["receipts"].as_array().unwrap().len(), 2);
        for (place, own) in [(0, wheel), (1, nest)] {
            let seen = own.client.look_at(&both[place]).await;
            assert_eq!((&seen["state"], seen["receipt"]["id"].is_string()), (&json!("APPROVED"), true));
            assert!(!approved["receipts"][place]["document"].to_string().contains(&both[1 - place]));
        }
        // What is in force can be computed again from what is kept, and the log has who did it.
        let all = client.ask(ALL, &Value::Null).await;
        assert_eq!(all["observations"]["nodes"].as_array().unwrap().len(), 20, "{all}");
        let owed = all["obligations"]["nodes"].as_array().unwrap();
        assert!(owed.len() == 2 && owed.iter().all(|one| one["dataset"] == "indicatoren"), "{owed:?}");
        for withheld in ["run", "account", "distribution"] {
            assert_eq!(all[withheld], Value::Null, "{withheld}");
        }
        assert_eq!((&all["riskScores"]["totalCount"], &all["signals"]["totalCount"]), (&json!(0), &json!(0)));
        assert!(field.world.service.verify_audit().await.unwrap().is_ok());
    }

    async fn a_row_of_another_is_as_a_row_of_nobody(database: TestDatabase) {
        let field = Field::with(database, MandateRight::Deliver, &["indicatoren"], "2026-12-31").await;
        let file = Field::file(&[&field.wheel, &field.stork]);
        let before = field.world.tally().await;
        let mut told = Vec::new();
        for code_in_file in [field.stork.agb_code.as_str(), "33988882"] {
            let payload = field.send(&file.replace(&field.stork.agb_code, code_in_file), None).await;
            assert_eq!((code(&payload), &payload["submission"]), ("ROW_OF_NOBODY", &Value::Null));
            assert!(payload["userErrors"][0]["message"]["en"].as_str().unwrap().contains("line 12"), "{payload}");
            told.push(payload);
        }
        assert_eq!(told[0], told[1]);
        assert_eq!(field.world.tally().await.submissions, before.submissions);
        // Nor a dataset that the mandate is not about, nor what is for learning only.
        let payload = field.send(&format!("{STAFF}33991001;2025;2025;loondienst;kraamverzorgende;52;26;1;0;0;1;0;0;0;0;;;\r\n"), None).await;
        assert_eq!(code(&payload), "ROW_OF_NOBODY");
        let learning = "agb_code;verslagjaar;periode;zorgtrajecten;meldingen;geanalyseerd_binnen_termijn;maatregelen;getoetst\r\n\
            33991001;2025;2025;430;21;19;8;6\r\n";
        assert_eq!(code(&field.send(learning, None).await), "ROW_OF_NOBODY");
        assert_eq!(code(&field.send("a;b\r\n1;2\r\n", None).await), "FILE_OF_NOBODY");
        assert_eq!(field.world.tally().await.submissions, before.submissions);
    }

    async fn data_about_persons_are_wiped_whoever_sends_them(database: TestDatabase) {
        let field = Field::with(database, MandateRight::Deliver, &["indicatoren"], "2026-12-31").await;
        let before = field.world.tally().await;
        let file = Field::file(&[&field.wheel, &field.nest]);
        for (text, told) in [
            (file.replacen(";;\r\n", ";;111222333\r\n", 1), "FILE_PERSONAL"),
            (file.replacen(";;\r\n", ";;111222333\r\n", 1).replace(&field.nest.agb_code, "33988882"), "FILE_PERSONAL"),
        ] {
            assert_eq!(code(&field.send(&text, None).await), told, "{text}");
        }
        let after = field.world.tally().await;
        assert_eq!((after.contents, after.uploads, after.submissions), (before.contents, before.uploads, before.submissions));
    }

    async fn a_mandate_that_ends_is_gone_from_the_next_request_on(database: TestDatabase) {
        let field = Field::with(database, MandateRight::Deliver, &["indicatoren"], "2026-03-02").await;
        let Field { world, wheel, client, .. } = &field;
        let made = ids(&field.send(&Field::file(&[wheel]), None).await);
        assert_eq!(client.look_at(&made[0]).await["state"], "CHECKED");
        assert_ne!(client.ask(ALL, &Value::Null).await, nothing());
        // The last day has passed; the token works on.
        world.clock.set("2026-03-03T00:00:00Z");
        assert_eq!(client.ask(ALL, &Value::Null).await, nothing());
        assert_eq!(client.look_at(&made[0]).await, Value::Null);
        assert_eq!(code(&approve(client, &made).await), "NOT_FOUND");
        assert_eq!(code(&field.send(&Field::file(&[wheel]), None).await), "ROW_OF_NOBODY");
        let viewer = client.ask("{ viewer { role organisation { id } intermediary { name } } }", &Value::Null).await;
        let brug = json!({ "role": "INTERMEDIARY", "organisation": null, "intermediary": { "name": "Softwarehuis De Brug" } });
        assert_eq!(viewer["viewer"], brug);
    }

    async fn an_organisation_gives_and_withdraws(database: TestDatabase) {
        let field = Field::with(database, MandateRight::Read, &["uren"], "2026-12-31").await;
        let Field { stork, client, wheel, .. } = &field;
        let give = "mutation($input: GiveMandateInput!) { giveMandate(input: $input) {
            mandate { id standing right datasets givenBy askedBy organisation { agbCode } intermediary { name } }
            userErrors { code path } } }";
        let mut input = json!({ "intermediaryId": field.intermediary, "right": "DELIVER", "datasets": ["indicatoren"],
            "from": "2026-03-02", "until": "2026-12-31", "idempotencyKey": "0195f5a2-3b7c-7e10-8f6a-0c1d2e3f4a5c" });
        let given = stork.client.ask(give, &json!({ "input": input })).await["giveMandate"].take();
        let mandate = &given["mandate"];
        assert_eq!((&mandate["standing"], &mandate["askedBy"]), (&json!("IN_FORCE"), &Value::Null), "{given}");
        assert_eq!(stork.client.ask(give, &json!({ "input": input })).await["giveMandate"], given);
        let submission = stork.deliver(&stork.file(PERIOD)).await;
        assert_eq!(client.look_at(&submission.id).await["state"], "APPROVED");
        // Its own mandate alone, of those there are; nobody else's.
        let list = "{ mandates { nodes { id standing withdrawnAt } totalCount } }";
        assert_eq!(stork.client.ask(list, &Value::Null).await["mandates"]["totalCount"], 1);
        let others = wheel.client.ask(list, &Value::Null).await;
        assert!(!others.to_string().contains(mandate["id"].as_str().unwrap()), "{others}");

        let withdraw = "mutation($id: ID!) { withdrawMandate(input: { mandateId: $id }) { mandate { standing withdrawnBy }
            userErrors { code } } }";
        let id = json!({ "id": mandate["id"] });
        assert_eq!(code(&wheel.client.ask(withdraw, &id).await["withdrawMandate"]), "NOT_FOUND");
        let refused = client.try_ask(withdraw, &id).await.json();
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
        let known = stork.client.ask("{ mandates { knownAt } }", &Value::Null).await["mandates"]["knownAt"].clone();
        let gone = stork.client.ask(withdraw, &id).await["withdrawMandate"].take();
        assert_eq!((&gone["mandate"]["standing"], gone["mandate"]["withdrawnBy"].is_string()), (&json!("WITHDRAWN"), true));
        assert_eq!(client.look_at(&submission.id).await, Value::Null);
        assert_eq!(code(&stork.client.ask(withdraw, &id).await["withdrawMandate"]), "MANDATE_WITHDRAWN");
        // Its history stays, and says what was known when.
        let then = "query($at: DateTime) { mandates(asKnownAt: $at) { nodes { standing } } }";
        let standing = async |at: &Value| {
            stork.client.ask(then, &json!({ "at": at })).await["mandates"]["nodes"][0]["standing"].take()
        };
        assert_eq!((standing(&known).await, standing(&Value::Null).await), (json!("IN_FORCE"), json!("WITHDRAWN")));

        for (field, value, told) in [
            ("datasets", json!([]), "MANDATE_DATASETS"),
            ("datasets", json!(["leren"]), "MANDATE_DATASETS"),
            ("datasets", json!(["indicatoren", "organisaties"]), "MANDATE_DATASETS"),
            ("from", json!("2026-03-01"), "MANDATE_DAYS"),
            ("until", json!("2026-03-01"), "MANDATE_DAYS"),
            ("until", json!("2032-03-01"), "MANDATE_DAYS"),
            ("intermediaryId", json!("int_00000000000000000000000000"), "NOT_FOUND"),
            ("intermediaryId", json!("x"), "NOT_FOUND"),
        ] {
            let mut wrong = input.clone();
            wrong[field] = value;
            wrong["idempotencyKey"] = Value::Null;
            assert_eq!(code(&stork.client.ask(give, &json!({ "input": wrong })).await["giveMandate"]), told, "{wrong}");
        }
        input["right"] = json!("READ");
        assert_eq!(code(&stork.client.ask(give, &json!({ "input": input })).await["giveMandate"]), "IDEMPOTENCY_CONFLICT");
    }

    async fn to_read_is_not_to_deliver(database: TestDatabase) {
        let field = Field::with(database, MandateRight::Read, &["indicatoren"], "2026-12-31").await;
        let Field { wheel, client, .. } = &field;
        let submission = wheel.client.submit(&wheel.file(PERIOD)).await;
        assert_eq!(client.look_at(&submission.id).await["state"], "CHECKED");
        let before = field.world.tally().await;
        assert_eq!(code(&approve(client, std::slice::from_ref(&submission.id)).await), "NOT_FOUND");
        assert_eq!(code(&client.explain(&submission, 0, "Dit klopt.").await), "NOT_FOUND");
        assert_eq!(code(&client.withdraw(&submission, "Verkeerd gestuurd").await), "NOT_FOUND");
        let ask = "mutation($of: ID!) { requestExtension(input: { organisationId: $of, dataset: \"indicatoren\",
            period: \"2025\", until: \"2026-06-20\", ground: \"Ons systeem.\" }) { userErrors { code } } }";
        let asked = client.ask(ask, &json!({ "of": wheel.id })).await["requestExtension"].take();
        assert_eq!(code(&asked), "NOT_FOUND");
        assert_eq!(code(&field.send(&Field::file(&[wheel]), None).await), "ROW_OF_NOBODY");
        let after = field.world.tally().await;
        assert_eq!((after.submissions, after.events, after.explanations), (before.submissions, before.events, before.explanations));
    }

    async fn a_question_across_files_does_not_tell_the_other_files_figures(database: TestDatabase) {
        let field = Field::with(database, MandateRight::Deliver, &["personeel"], "2026-12-31").await;
        let Field { wheel, client, .. } = &field;
        let indicators = wheel.file(PERIOD).with("KZ04B", 40, 57).with("KZ04D", 45, 57);
        let hidden = wheel.client.submit(&indicators).await;
        assert_eq!(client.look_at(&hidden.id).await, Value::Null);
        let staff = format!("{STAFF}33991001;2025;2025;loondienst;kraamverzorgende;90;45;67500;0;0;19800;0;0;0;0;;;\r\n");
        let made = ids(&field.send(&staff, None).await);
        let said = |answer: &Answer| (answer.text.contains("plausibility.files_differ"), answer.text.contains("57"));
        let question = "query($id: ID!) { submission(id: $id) { findings { code message { nl en } remedy { nl }
            occurrences { value } } } }";
        let id = json!({ "id": made[0] });
        let (its, own) = (client.try_ask(question, &id).await, wheel.client.try_ask(question, &id).await);
        assert_eq!((said(&its), said(&own)), ((true, false), (true, true)), "{its:?}\n{own:?}");
        let copy = client.get(&format!("/submissions/{}/copy.csv", made[0])).await;
        assert!(copy.status == StatusCode::OK && !copy.text.contains("57"), "{copy:?}");
    }
}

/// A receipt of an approval that was about more than a mandate is not for its holder.
#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_about_more_than_the_mandate_is_not_seen() {
    for database in [crate::harness::sqlite(), crate::harness::postgres().await] {
        let field = Field::with(database, MandateRight::Read, &["indicatoren"], "2026-12-31").await;
        let Field { wheel, client, .. } = &field;
        let staff =
            format!("{STAFF}33991001;2025;2025;loondienst;kraamverzorgende;52;26;39000;0;0;11440;0;0;0;0;;;\r\n");
        let one = wheel.client.submit(&wheel.file(PERIOD)).await;
        let other = Submission::of(&wheel.client.create(staff.into_bytes(), Some("personeel")).await);
        for submission in [&one, &other] {
            for finding in submission.shown["findings"].as_array().unwrap() {
                wheel.client.explain(submission, finding["number"].as_u64().unwrap(), "Dit klopt.").await;
            }
        }
        let approved = wheel.client.approve(&[&one, &other]).await;
        assert_eq!(approved["userErrors"], json!([]), "{approved}");
        let receipt = wheel.client.look_at(&one.id).await["receipt"]["id"].clone();
        assert!(receipt.is_string());
        let seen = client.look_at(&one.id).await;
        assert_eq!((&seen["state"], &seen["receipt"]), (&json!("APPROVED"), &Value::Null));
        let asked = client.get(&format!("/receipts/{}", receipt.as_str().unwrap())).await;
        assert_eq!(asked.status, StatusCode::NOT_FOUND);
    }
}
