//! The inputs besides the three yearly files: hours, service areas, and a register that knows mergers.

use kraamzicht::{
    domain::{Actor, Merger, OrganisationKind, Registration},
    service::{Error, Refusal, RegisterEntry},
};
use serde_json::{Value, json};

use crate::{
    harness::{both, execute},
    scene::{Client, Organisation, PERIOD, Program, Sector, Submission, World},
};

const AREA: &str = "agb_code;verslagjaar;periode;pc4;status;aanvragen;geweigerd;wachtlijst\r\n";
const HOURS: &str = "agb_code;verslagjaar;periode;indicatiemethode;aantal_geboorten;aantal_clienten;\
                     geindiceerde_uren;geleverde_uren;onder_24_uur;onder_24_uur_niet_eigen_wens;geen_zorg\r\n";

/// A service area of these postcode areas: code, status, requests, refusals.
fn area(agb_code: &str, places: &[(&str, &str, u32, u32)]) -> String {
    let row = |(pc4, status, asked, refused): &(&str, &str, u32, u32)| {
        format!("{agb_code};2025;{PERIOD};{pc4};{status};{asked};{refused};0\r\n")
    };
    AREA.to_owned() + &places.iter().map(row).collect::<String>()
}

/// Sends a file of `dataset`, explains what is asked and approves it.
async fn deliver(organisation: &Organisation, dataset: &str, file: String) -> Submission {
    let client = &organisation.client;
    let submission = Submission::of(&client.create_named(&format!("{dataset}.csv"), file, Some(dataset)).await);
    assert_eq!(submission.state, "CHECKED", "{submission:?}");
    for finding in submission.shown["findings"].as_array().unwrap() {
        if finding["severity"] == "QUESTION" {
            client.explain(&submission, finding["number"].as_u64().unwrap(), "Nagekeken: dit klopt.").await;
        }
    }
    let payload = client.approve(&[&submission]).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}\n{submission:?}");
    Submission::of(&json!({ "submission": payload["submissions"][0] }))
}

/// The numbers of the parts of an organisation: indicator, part, numerator, denominator.
async fn parts(client: &Client, at: Option<&str>) -> Vec<(String, String, f64, f64)> {
    let query = "query($at: DateTime) { observations(period: \"2025\", filter: { byPart: true }, asKnownAt: $at) {
        nodes { indicator { code } part numerator denominator } } }";
    let found = client.ask(query, &json!({ "at": at })).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let number = |value: &Value| value.as_f64().unwrap();
    let row = |node: &Value| {
        let code = text(&node["indicator"]["code"]);
        (code, text(&node["part"]), number(&node["numerator"]), number(&node["denominator"]))
    };
    found["observations"]["nodes"].as_array().unwrap().iter().map(row).collect()
}

async fn moment(client: &Client) -> String {
    client.ask("{ submissions { knownAt } }", &Value::Null).await["submissions"]["knownAt"].as_str().unwrap().to_owned()
}

/// Registers a merger on the first day of `year`.
async fn merge(world: &World, from: &Organisation, into: &str, year: i16) -> Result<usize, Error> {
    let merger = Merger { into: into.parse().unwrap(), on: jiff::civil::date(year, 1, 1) };
    let entry = RegisterEntry {
        agb_code: from.agb_code.parse().unwrap(),
        name: from.name.clone(),
        kind: OrganisationKind::Organisation,
        registration: Registration { merger: Some(merger), ..Registration::default() },
    };
    world.service.register(&Actor::OPERATOR, vec![entry]).await
}

fn code(outcome: &Result<usize, Error>) -> &'static str {
    match outcome {
        Err(Error::Refused(refusal)) => Refusal::code(refusal),
        other => panic!("{other:?}"),
    }
}

/// What an indicator says, by organisation: AGB code, numerator, denominator, who is counted in it.
async fn of_indicator(client: &Client, indicator: &str, arguments: &str) -> Vec<Value> {
    let query = format!(
        "{{ observations(period: \"2025\", first: 100, filter: {{ indicators: [\"{indicator}\"] }} {arguments}) {{
            nodes {{ organisation {{ agbCode }} numerator denominator countedFrom }} }} }}"
    );
    client.ask(&query, &Value::Null).await["observations"]["nodes"].as_array().unwrap().clone()
}

both! {
    async fn a_service_area_has_its_parts_through_its_whole_life(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let other = world.organisation("33991002", "Kraamzorg De Ooievaar").await;
        let inspector = world.inspector().await;
        let first = [("7411", "actief", 40, 4), ("7412", "beperkt", 20, 5), ("7413", "gestopt", 3, 3)];
        let delivered = deliver(&officer, "werkgebied", area("33991001", &first)).await;
        let of = |indicator: &str, part: &str, numerator, denominator| (indicator.to_owned(), part.to_owned(), numerator, denominator);
        let expected = [
            of("BG01", "7411", 1.0, 1.0),
            of("BG01", "7412", 0.0, 1.0),
            of("BG01", "7413", 0.0, 1.0),
            of("BG02", "7411", 4.0, 40.0),
            of("BG02", "7412", 5.0, 20.0),
            of("BG02", "7413", 3.0, 3.0),
        ];
        let only = |all: Vec<(String, String, f64, f64)>| -> Vec<_> { all.into_iter().filter(|one| one.0 != "BG03").collect() };
        assert_eq!(only(parts(&inspector, None).await), expected);
        assert_eq!(only(parts(&officer.client, None).await), expected);
        assert_eq!(parts(&other.client, None).await, [], "not yours");
        let whole = of_indicator(&inspector, "BG02", "").await;
        assert_eq!(whole, [json!({ "organisation": { "agbCode": "33991001" }, "numerator": 12.0, "denominator": 63.0, "countedFrom": [] })]);
        let then = moment(&inspector).await;

        // A correction takes the place of all parts, and says of each what it changes.
        let second = [("7411", "actief", 40, 4), ("7412", "gestopt", 20, 20), ("7414", "actief", 9, 1)];
        let corrected = officer.client.create_named("werkgebied.csv", area("33991001", &second), Some("werkgebied")).await;
        let corrected = Submission::of(&corrected);
        let changes = "query($ids: [ID!]!) { approvalPreview(submissionIds: $ids) { preview { differences {
            change part indicator { code } } } } }";
        let seen = officer.client.ask(changes, &json!({ "ids": [corrected.id] })).await;
        let told: Vec<(&str, &str)> = seen["approvalPreview"]["preview"]["differences"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["indicator"]["code"] == "BG02")
            .map(|one| (one["part"].as_str().unwrap_or("-"), one["change"].as_str().unwrap()))
            .collect();
        let wanted = [("-", "CHANGED"), ("7411", "UNCHANGED"), ("7412", "CHANGED"), ("7413", "DISAPPEARED"), ("7414", "NEW")];
        assert_eq!(told, wanted);
        let payload = officer.client.approve(&[&corrected]).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload}");
        let now: Vec<_> = parts(&inspector, None).await.into_iter().filter(|one| one.0 == "BG02").map(|one| one.1).collect();
        assert_eq!(now, ["7411", "7412", "7414"]);
        assert_eq!(only(parts(&inspector, Some(&then)).await), expected, "as known then");
        let between = format!("{{ submissionDifference(earlier: \"{}\", later: \"{}\") {{ counts {{ new disappeared }} }} }}", delivered.id, corrected.id);
        let found = inspector.ask(&between, &Value::Null).await;
        assert_eq!(found["submissionDifference"]["counts"], json!({ "new": 3, "disappeared": 3 }));

        // The run follows from the file, its parts too.
        let run = world.service.runs(world.service.present().await.unwrap()).await.unwrap().pop().unwrap().id;
        assert_eq!(world.service.verify(run).await.unwrap().differences, []);
        let tamper = "UPDATE observation_part SET numerator = 0 WHERE part = '7412' AND indicator = 'BG02' AND numerator = 20";
        assert_eq!(execute(&world.database, tamper).await, 1);
        let found = world.service.verify(run).await.unwrap().differences;
        let codes: Vec<&str> = found.iter().map(kraamzicht::service::Difference::code).collect();
        assert_eq!(codes, ["VERIFY_OBSERVATION"]);
        assert!(found[0].text(&world.service).nl.contains("BG02 (7412)"), "{:?}", found[0].text(&world.service));

        let gone = officer.client.withdraw(&corrected, "Verkeerd gebied").await;
        assert_eq!(gone["userErrors"], json!([]), "{gone}");
        assert_eq!(parts(&inspector, None).await, []);
        assert_eq!(only(parts(&inspector, Some(&then)).await), expected);
    }

    async fn a_postcode_area_is_named_once(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let twice = [("7411", "actief", 40, 4), ("7411", "gestopt", 40, 4)];
        let found = officer.client.create_named("w.csv", area("33991001", &twice), Some("werkgebied")).await;
        let found = Submission::of(&found);
        assert_eq!((found.state.as_str(), found.codes("ERROR")), ("REJECTED", vec!["row.conflict"]));
        for (row, code) in [
            ("0741;actief;40;4;0", "cell.range"),
            ("7411 AB;actief;40;4;0", "cell.type.integer"),
            ("7411;actief;4;40;0", "rule.part_gt_whole"),
            ("7411;soms;40;4;0", "cell.code_unknown"),
        ] {
            let file = format!("{AREA}33991001;2025;2025;{row}\r\n");
            let found = Submission::of(&officer.client.create_named("w.csv", file, Some("werkgebied")).await);
            assert_eq!((found.state.as_str(), found.codes("ERROR")), ("REJECTED", vec![code]), "{row}");
        }
    }

    async fn what_nobody_has_to_deliver_is_no_gap(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let scores = "{ riskScores(period: \"2025\", first: 100, orderBy: AGB_CODE) { nodes { score coverage
            organisation { agbCode } } } }";
        let before = sector.inspector.ask(scores, &Value::Null).await;
        let file = |agb_code: &str| format!("{HOURS}{agb_code};2025;2025;LIP;430;421;19240;17905,5;12;5;2\r\n");
        let officer = sector.member(9).await;
        deliver(&officer, "uren", file(&officer.agb_code)).await;
        let shown = of_indicator(&sector.inspector, "UR01", "").await;
        assert_eq!((&shown[0]["numerator"], &shown[0]["denominator"]), (&json!(17_905.5), &json!(19_240.0)));
        assert_eq!(of_indicator(&sector.inspector, "UR04", "").await, [0; 0], "nothing was indicated by the KLIM");
        // Too few deliver it to be compared, and nobody else is the worse for it: not even who did.
        assert_eq!(sector.inspector.ask(scores, &Value::Null).await, before);
        let owed = "{ obligations(period: \"2025\", first: 100) { nodes { dataset } } }";
        let owed = sector.inspector.ask(owed, &Value::Null).await.to_string();
        assert!(!owed.contains("uren") && !owed.contains("werkgebied") && owed.contains("personeel"), "{owed}");
        let ask = "mutation { requestExtension(input: { dataset: \"uren\", period: \"2025\", until: \"2026-07-01\",
            ground: \"Ziekte\" }) { userErrors { code } } }";
        let asked = officer.client.ask(ask, &Value::Null).await;
        assert_eq!(asked["requestExtension"]["userErrors"][0]["code"], "DATASET_UNKNOWN");
    }

    async fn the_past_counts_as_then_or_as_now(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let (from, into) = (sector.member(5).await, sector.member(6).await);
        let inspector = &sector.inspector;
        let as_then = of_indicator(inspector, "KZ06", "").await;
        assert_eq!(of_indicator(inspector, "KZ06", ", organisations: AS_NOW").await, as_then, "nobody merged yet");
        let then = moment(inspector).await;
        merge(&sector.world, &from, &into.agb_code, 2026).await.unwrap();

        assert_eq!(of_indicator(inspector, "KZ06", "").await, as_then, "the organisations as they were");
        let as_now = of_indicator(inspector, "KZ06", ", organisations: AS_NOW").await;
        assert_eq!(as_now.len(), as_then.len() - 1);
        let of = |all: &[Value], code: &str| all.iter().find(|one| one["organisation"]["agbCode"] == code).cloned();
        let sum = |name: &str| -> f64 {
            [&from, &into].iter().map(|one| of(&as_then, &one.agb_code).unwrap()[name].as_f64().unwrap()).sum()
        };
        assert_eq!(of(&as_now, &from.agb_code), None);
        let both = json!({ "organisation": { "agbCode": into.agb_code }, "numerator": sum("numerator"),
            "denominator": sum("denominator"), "countedFrom": [from.agb_code] });
        assert_eq!(of(&as_now, &into.agb_code), Some(both.clone()));
        let filtered = format!("{{ observations(period: \"2025\", organisations: AS_NOW, filter: {{ organisation: \"{}\",
            indicators: [\"KZ06\"] }}) {{ nodes {{ organisation {{ agbCode }} numerator denominator countedFrom }} }} }}", into.id);
        assert_eq!(inspector.ask(&filtered, &Value::Null).await["observations"]["nodes"], json!([both]));
        // A yes is not added: the successor's own stands.
        let yes = of(&of_indicator(inspector, "KZ22", ", organisations: AS_NOW").await, &into.agb_code).unwrap();
        assert_eq!((&yes["numerator"], &yes["denominator"], &yes["countedFrom"]), (&json!(1.0), &json!(1.0), &json!([])));
        let chart = |arguments: &str| format!("{{ chart(indicator: \"KZ06\", period: \"2025\", periods: 1,
            by: {{ agbCode: \"{}\" }} {arguments}) {{ points {{ value }} }} }}", into.agb_code);
        let alone = inspector.ask(&chart(""), &Value::Null).await;
        let together = inspector.ask(&chart(", organisations: AS_NOW"), &Value::Null).await;
        let value = |answer: &Value| answer["chart"]["points"][0]["value"].as_f64().unwrap();
        assert!((value(&together) - 100.0 * sum("numerator") / sum("denominator")).abs() < 1e-9, "{together}");
        assert!((value(&alone) - value(&together)).abs() > 1e-9);

        // Known is known from its moment on, and no organisation sees the figures of the other by it.
        let arguments = format!(", organisations: AS_NOW, asKnownAt: \"{then}\"");
        assert_eq!(of_indicator(inspector, "KZ06", &arguments).await, as_then);
        for own in [&from, &into] {
            let seen = of_indicator(&own.client, "KZ06", ", organisations: AS_NOW").await;
            assert_eq!(seen, [of(&as_then, &own.agb_code).unwrap()]);
            let charted = own.client.ask(&chart(", organisations: AS_NOW"), &Value::Null).await;
            assert_eq!(charted, if own.agb_code == into.agb_code { alone.clone() } else { json!({ "chart": null }) });
        }
        let registered = "query($id: ID!, $at: DateTime) { organisation(by: { id: $id }) {
            registration(asKnownAt: $at) { mergedInto mergedOn } } }";
        let shown = inspector.ask(registered, &json!({ "id": from.id })).await;
        let merger = json!({ "mergedInto": into.agb_code, "mergedOn": "2026-01-01" });
        assert_eq!(shown["organisation"]["registration"], merger);
        let earlier = inspector.ask(registered, &json!({ "id": from.id, "at": then })).await;
        assert_eq!(earlier["organisation"]["registration"], json!({ "mergedInto": null, "mergedOn": null }));
    }

    async fn who_is_no_more_owes_nothing_and_is_judged_no_more(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let (from, into) = (sector.latecomer(0).await, sector.member(6).await);
        let owes = async || {
            let query = format!("{{ obligations(period: \"2025\", filter: {{ organisation: \"{}\" }}) {{ totalCount }} }}", from.id);
            sector.inspector.ask(&query, &Value::Null).await["obligations"]["totalCount"].as_u64().unwrap()
        };
        let judged = async || {
            let query = "{ riskScores(period: \"2025\", first: 100) { nodes { organisation { agbCode } } } }";
            sector.inspector.ask(query, &Value::Null).await.to_string().contains(&from.agb_code)
        };
        assert!(owes().await > 0 && judged().await);
        merge(&sector.world, &from, &into.agb_code, 2025).await.unwrap();
        assert_eq!(owes().await, 0);
        // From the next run on.
        let other = sector.member(8).await;
        other.deliver(&other.file(PERIOD).with("KZ06", 200, 420)).await;
        assert!(!judged().await);
        let run = sector.world.service.runs(sector.world.service.present().await.unwrap()).await.unwrap().pop().unwrap();
        assert_eq!(sector.world.service.verify(run.id).await.unwrap().differences, []);
    }

    async fn mergers_that_cannot_be_are_refused(database: TestDatabase) {
        let world = World::new(database).await;
        let one = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let other = world.organisation("33991002", "Kraamzorg De Ooievaar").await;
        assert_eq!(code(&merge(&world, &one, "33999999", 2025).await), "SUCCESSOR_UNKNOWN");
        merge(&world, &one, &other.agb_code, 2025).await.unwrap();
        assert_eq!(code(&merge(&world, &one, &other.agb_code, 2025).await), "AGB_CODE_TAKEN", "nothing new");
        assert_eq!(code(&merge(&world, &other, &one.agb_code, 2026).await), "MERGER_CIRCLE");
        let renamed = Organisation { name: "Kraamzorg Anders".to_owned(), ..one.clone() };
        assert_eq!(code(&merge(&world, &renamed, &other.agb_code, 2026).await), "AGB_CODE_TAKEN");
        // Another day for the same merger is a correction of the register.
        merge(&world, &one, &other.agb_code, 2026).await.unwrap();
    }

    async fn the_register_is_read_from_its_file(database: TestDatabase) {
        let program = Program::on(&database.url);
        let folder = tempfile::tempdir().unwrap();
        let register = |text: &str| {
            let path = folder.path().join("organisaties.csv");
            std::fs::write(&path, text).unwrap();
            program.run(&["register", path.to_str().unwrap()])
        };
        program.run(&["migrate"]);
        register("agb_code;naam;soort;kvk_nummer;regio\r\n33991001;De Wieg;organisation;01234567;Gelderland\r\n33991002;De Ooievaar;organisation;;\r\n");
        register("agb_code;naam;soort;opgegaan_in;opgegaan_op\r\n33991001;De Wieg;organisation;33991002;1-1-2024\r\n");
        let world = World::new(database).await;
        let found = world.member("33991001").await;
        let query = "{ viewer { organisation { registration { kvkNumber region mergedInto mergedOn } } } }";
        let shown = found.client.ask(query, &Value::Null).await;
        let expected = json!({ "kvkNumber": "01234567", "region": "PV25", "mergedInto": "33991002", "mergedOn": "2024-01-01" });
        assert_eq!(shown["viewer"]["organisation"]["registration"], expected, "what a line leaves out stays");
    }
}

/// The command judges the new files as the server does.
#[test]
fn the_command_checks_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("uren.csv");
    for (row, code) in [
        ("LIP;430;421;19240;17905,5;12;5;2", "accept"),
        ("LIP;430;421;19240;17905,5;12;15;2", "rule.part_gt_whole"),
        ("LIP;430;421;;17905,5;12;5;2", "rule.incomplete_fraction"),
        ("LIP;430;421;19240;25000;12;5;2", "rule.implausible"),
        ("PDCA;430;421;19240;17905,5;12;5;2", "cell.code_unknown"),
    ] {
        std::fs::write(&path, format!("{HOURS}33991001;2025;2025;{row}\r\n")).unwrap();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_kraamzicht"))
            .args(["check", "--format", "json", path.to_str().unwrap()])
            .output()
            .unwrap();
        let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        let found = said[0]["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap());
        let found: Vec<&str> = found.collect();
        if code == "accept" {
            assert_eq!((found, &said[0]["verdict"]), (vec![], &json!("accept")), "{row}");
        } else {
            assert_eq!(found, [code], "{row}");
        }
    }
}
