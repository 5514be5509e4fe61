//! What is for learning only reaches nobody but the organisation itself (docs/adr/0010-learning-only.md).

use kraamzicht::{
    domain::{Actor, Call, Entry, Role, Scope},
    service::{ApprovalRequest, Error},
    store::STATEMENTS,
};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::{
    harness::{both, fetch},
    scene::{Client, Expectations, Gets, Organisation, PERIOD, Questions, Sector, Submission, Trail, World},
};

const HEADER: &str =
    "agb_code;verslagjaar;periode;zorgtrajecten;meldingen;geanalyseerd_binnen_termijn;maatregelen;getoetst\r\n";

/// Counts that no other file has: in the file in force, in the one that it corrected, and in one that was refused.
const CANARIES: [&str; 7] = ["71933", "76543", "68477", "71941", "76541", "76519", "71917"];

fn file(agb_code: &str, counts: &str) -> String {
    format!("{HEADER}{agb_code};2025;{PERIOD};{counts}\r\n")
}

/// A file, its correction with a reason, and a refused one with findings that show what was found.
async fn leave(officer: &Organisation) -> Trail {
    let client = &officer.client;
    let create =
        async |text: String| Submission::of(&client.create_named("geheim-leren.csv", text, Some("leren")).await);
    let mut submissions = Vec::new();
    for counts in ["76541;71941;71941;9;9", "76543;71933;68477;9;8"] {
        let submission = create(file(&officer.agb_code, counts)).await;
        assert_eq!(submission.state, "CHECKED", "{submission:?}");
        let mut seen = client.approval_seen(&[&submission]).await;
        seen["input"]["correction"]["reason"] = json!("Geheime reden van leren.");
        let payload = client.ask(&Client::approval(), &seen).await;
        assert_eq!(payload["done"]["userErrors"], json!([]), "{payload}");
        assert_eq!(payload["done"]["runIds"], json!([]), "no run follows from it");
        submissions.push(submission);
    }
    let refused = create(file(&officer.agb_code, "76519;71917;76519;9;8")).await;
    assert_eq!((refused.state.as_str(), refused.codes("ERROR")), ("REJECTED", vec!["rule.part_gt_whole"]));
    let asks = create(file(&officer.agb_code, "10;99;9;9;8")).await;
    let number = asks.shown["findings"][0]["number"].as_u64().unwrap();
    client.explain(&asks, number, "Geheime toelichting van leren.").await;
    // Nobody can tell what this is; it may be that.
    let unknown = client.create_named("geheim-leren.csv", "a;b\r\n71933;76543\r\n", None).await;
    submissions.extend([refused, asks, Submission::of(&unknown)]);
    let mut receipts = Vec::new();
    for submission in &submissions {
        let shown = client.look_at(&submission.id).await;
        receipts.extend(shown["receipt"]["id"].as_str().map(str::to_owned));
    }
    assert_eq!(receipts.len(), 2);
    let mut canaries: Vec<String> = CANARIES.iter().map(|one| (*one).to_owned()).collect();
    canaries.extend(["geheim", "Geheime", "93.977", "95.195"].map(str::to_owned));
    canaries.extend(submissions.iter().map(|one| one.shown["upload"]["sha256"].as_str().unwrap().to_owned()));
    canaries.extend(receipts.clone());
    let ids: Vec<String> = submissions.iter().map(|one| one.id.clone()).collect();
    let left = vec![
        ("organisation", vec![officer.id.clone()]),
        ("agb_code", vec![officer.agb_code.clone()]),
        ("earlier", ids[..1].to_vec()),
        ("later", ids[1..2].to_vec()),
        ("submission", ids),
        ("receipt", receipts),
        ("indicator", ["LV01", "LV02", "LV03", "KZ06"].map(str::to_owned).to_vec()),
        ("dataset", vec!["leren".to_owned()]),
    ];
    Trail { left, canaries, ..Trail::default() }
}

/// Everything that can be asked, with whatever names the organisation and what it left, each as it is now; and whether an
/// inspector may ask it.
fn everything(trail: &Trail) -> Vec<(String, bool)> {
    let questions = Questions::about(PERIOD, None);
    let asked = Expectations::read().query;
    let filled = asked.iter().flat_map(|(root, arguments, .., inspector)| {
        trail.fill(arguments).into_iter().map(move |it| (root, it.0, *inspector != Gets::Forbidden))
    });
    filled.map(|(root, arguments, may)| (questions.whole(root, &arguments), may)).collect()
}

both! {
    async fn what_is_for_learning_reaches_the_organisation_alone(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let officer = sector.member(9).await;
        let other = sector.member(10).await;
        let before = sector.world.tally().await;
        let left = leave(&officer).await;
        let after = sector.world.tally().await;
        assert_eq!((after.runs, after.outcomes, after.observations), (before.runs, before.outcomes, before.observations));
        // Runs that come later do not know of it either.
        let runs = other.deliver(&other.file(PERIOD).with("KZ06", 200, 430)).await;
        assert_eq!(runs.state, "APPROVED");

        let asked = everything(&left);
        let mut own = std::collections::BTreeSet::new();
        for (question, may) in &asked {
            for (who, client) in [("inspector", &sector.inspector), ("another organisation", &other.client)] {
                let answer = client.try_ask(question, &Value::Null).await;
                let is_refused = answer.json().get("errors").is_some();
                assert_eq!(is_refused, who == "inspector" && !may, "{who}: {question}\n{}", answer.text);
                assert_eq!(left.seen_in(&answer), [""; 0], "{who} by asking {question}\n{}", answer.text);
            }
            // The test has eyes: the organisation, asking the same, sees it.
            let answer = officer.client.try_ask(question, &Value::Null).await;
            own.extend(left.seen_in(&answer).into_iter().map(str::to_owned));
        }
        let blind: Vec<&String> = left.canaries.iter().filter(|one| !own.contains(*one)).collect();
        assert_eq!(blind, ["93.977", "95.195"], "the canaries that nobody works out");

        // What is exported, verified, logged or kept of runs has no trace of it.
        let service = &sector.world.service;
        let mut kept = String::new();
        for run in service.runs(service.present().await.unwrap()).await.unwrap() {
            kept += &serde_json::to_string(&service.export_run(run.id).await.unwrap()).unwrap();
            let verification = service.verify(run.id).await.unwrap();
            assert_eq!((verification.differences.as_slice(), verification.files), ([].as_slice(), 28));
        }
        assert!(kept.contains("KZ06") && !kept.contains("LV0") && !kept.contains("leren"));
        let audit = "SELECT CAST(COUNT(*) AS BIGINT) FROM audit
            WHERE object || result LIKE '%71933%' OR object || result LIKE '%eheim%'";
        assert_eq!(fetch::<(i64,)>(&sector.world.database, audit).await, (0,));
        assert_eq!(left.seen_in_text(&kept), [""; 0]);

        // That it was delivered is told, and no more.
        let query = "query($agb: AgbCode!) { organisation(by: { agbCode: $agb }) { deliveries(dataset: \"leren\") {
            dataset period version } } }";
        let told = sector.inspector.ask(query, &json!({ "agb": officer.agb_code })).await;
        let version = |number| json!({ "dataset": "leren", "period": "2025", "version": number });
        assert_eq!(told["organisation"]["deliveries"], json!([version(1), version(2)]));
        let learned = "{ observations(period: \"2025\", filter: { indicators: [\"LV01\"] }) { nodes { class numerator } } }";
        let learned = officer.client.ask(learned, &Value::Null).await;
        assert_eq!(learned["observations"]["nodes"], json!([{ "class": "LEARNING_ONLY", "numerator": 71_933.0 }]));
    }

    async fn nobody_acts_on_it_for_another(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let text = file(&officer.agb_code, "430;21;19;8;6");
        let open = Submission::of(&officer.client.create_named("leren.csv", text, Some("leren")).await);
        let request = ApprovalRequest::of(&[open.id.parse().unwrap()]);
        // The operator of the whole has no door to it, one who acts for the organisation has.
        let refused = world.service.approve(&Actor::OPERATOR, &request).await;
        assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
        let scope = Scope::Organisation(officer.id.parse().unwrap());
        let acting = Actor { entry: Entry::Machine, role: Role::Operator, scope, call: Call::LOCAL };
        let approval = world.service.approve(&acting, &request).await.unwrap();
        assert_eq!((approval.receipts.len(), approval.runs.len()), (1, 0));
        // Approved beside a file for supervision it has a receipt apart.
        let text = file(&officer.agb_code, "431;22;19;8;6");
        let again = Submission::of(&officer.client.create_named("leren.csv", text, Some("leren")).await);
        let beside = officer.client.submit(&officer.file(PERIOD)).await;
        let payload = officer.client.approve(&[&again, &beside]).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload}");
        let inspector = world.inspector().await;
        let shown = inspector.look_at(&beside.id).await;
        let document = format!("{{ receipt(id: {}) {{ document }} }}", shown["receipt"]["id"]);
        let document = inspector.ask(&document, &Value::Null).await["receipt"]["document"].to_string();
        assert!(document.contains(&beside.id) && !document.contains("leren"), "{document}");
    }

    async fn the_tables_of_supervision_refuse_it(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let text = file(&officer.agb_code, "430;21;19;8;6");
        Submission::of(&officer.client.create_named("leren.csv", text, Some("leren")).await);
        for statement in [
            "INSERT INTO observation (organisation_id, submission_id, period, indicator, numerator)
                SELECT organisation_id, id, '2025', 'LV01', 21 FROM submission",
            "INSERT INTO observation_part (organisation_id, submission_id, period, indicator, part, numerator)
                SELECT organisation_id, id, '2025', 'LV01', 'x', 21 FROM submission",
        ] {
            let url = &world.database.behind;
            let refused = if world.database.is_postgres() {
                sqlx::query(statement).execute(&mut PgConnection::connect(url).await.unwrap()).await.map(drop)
            } else {
                sqlx::query(statement).execute(&mut SqliteConnection::connect(url).await.unwrap()).await.map(drop)
            };
            assert!(refused.unwrap_err().to_string().contains("for learning only"), "{statement}");
        }
    }
}

/// One module names the table, and each of its statements asks for the organisation.
#[test]
fn one_door_leads_to_it() {
    let mut doors = 0;
    for (module, statements) in STATEMENTS {
        for statement in *statements {
            let sql = statement.sql;
            if sql.contains("learning_observation") {
                doors += 1;
                assert_eq!(*module, "learning", "{}", statement.name);
                let is_bound = sql.contains("organisation_id = $1") || sql.contains("VALUES ($1, ");
                assert!(is_bound && !sql.contains("IS NULL OR"), "{sql}");
            }
            // What a submission says is read by statements that know of classes.
            if sql.contains("submission.report") {
                let own = if *module == "related" { "$3" } else { "$8" };
                let knows = format!("submission.class = 'supervision' OR submission.organisation_id = {own}");
                assert!(sql.contains(&knows), "{sql}");
            }
        }
    }
    assert_eq!(doors, 3);
}
