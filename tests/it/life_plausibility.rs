//! Questions about numbers that may be right, and what becomes of their answers, on both databases.

use std::io::Cursor;

use kraamzicht::{
    domain::{Actor, AgbCode, SubmissionState},
    service::ApprovalRequest,
};
use serde_json::{Value, json};

use crate::{
    harness::both,
    scene::{Indicators, PERIOD, Sector, Submission, World},
};

/// More organisations than a jump is compared with at the least.
const OTHERS: u32 = 54;

const STAFF: &str = "agb_code;verslagjaar;periode;contractvorm;functie;aantal_personen;fte;uren;in_opleiding;ziektedagen;\
    beschikbare_dagen;instroom;uitstroom;vacatures;vacatures_langer_dan_3_maanden;met_schriftelijke_overeenkomst;\
    met_vergewischeck;kckz_geregistreerd\r\n";

fn agb_code(place: u32) -> String {
    format!("3398{place:04}")
}

/// A year of a sector, delivered and approved at once.
async fn deliver_year(world: &World, period: &str, shift: u32) {
    let mut submissions = Vec::new();
    for place in 0..OTHERS {
        let code: AgbCode = agb_code(place).parse().unwrap();
        let organisation = world.service.organisation_by_agb(&Actor::OPERATOR, code).await.unwrap().unwrap();
        let bytes = Indicators::ordinary(&agb_code(place), period, place + shift).bytes();
        let upload = world.service.receive(&Actor::OPERATOR, Some(organisation.id), "a.csv", Cursor::new(bytes)).await;
        let checked = world.service.create_submission(&Actor::OPERATOR, upload.unwrap().id, Some("indicatoren")).await;
        let checked = checked.unwrap();
        assert_eq!(checked.submission.state, SubmissionState::Checked);
        submissions.push(checked.submission.id);
    }
    world.service.approve(&Actor::OPERATOR, &ApprovalRequest::of(&submissions)).await.unwrap();
}

fn codes(payload: &Value) -> Vec<&str> {
    payload["userErrors"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

fn number(submission: &Submission, code: &str) -> u64 {
    let findings = submission.shown["findings"].as_array().unwrap();
    findings.iter().find(|one| one["code"] == code).unwrap()["number"].as_u64().unwrap()
}

both! {
    async fn a_rare_jump_wants_an_answer_that_travels_with_the_number(database: TestDatabase) {
        let world = World::new(database).await;
        let names: Vec<_> = (0..OTHERS).map(|place| (agb_code(place), format!("Kraamzorg {place:02}"))).collect();
        world.register(&names).await;
        deliver_year(&world, "2024", 0).await;
        deliver_year(&world, PERIOD, 1).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        officer.deliver(&Indicators::ordinary("33991001", "2024", 40)).await;

        // An ordinary year is no question; one in which 17 of every hundred more ... is.
        let ordinary = officer.client.submit(&Indicators::ordinary("33991001", PERIOD, 41)).await;
        assert_eq!((ordinary.state.as_str(), ordinary.codes("QUESTION")), ("CHECKED", vec![]));
        let file = Indicators::ordinary("33991001", PERIOD, 41).with("KZ06", 200, 523);
        let checked = officer.client.submit(&file).await;
        assert_eq!((checked.state.as_str(), checked.codes("QUESTION")), ("CHECKED", vec!["plausibility.jump"]));
        let asked = number(&checked, "plausibility.jump");
        let said = checked.shown["findings"][usize::try_from(asked).unwrap()]["message"]["nl"].as_str().unwrap();
        assert!(said.contains(&format!("0 van de {OTHERS} andere organisaties")) && said.contains("KZ06"), "{said}");

        assert_eq!(codes(&officer.client.approve(&[&checked]).await), ["QUESTIONS_OPEN"]);
        officer.client.explain(&checked, asked, "Twee locaties zijn gesloten.").await;
        assert_eq!(codes(&officer.client.approve(&[&checked]).await), Vec::<&str>::new());

        // The inspectorate sees it with the number and with the signal; others see nothing of it.
        let inspector = world.inspector().await;
        let query = "query($of: ID!) {
            observations(period: \"2025\", filter: { organisation: $of, indicators: [\"KZ06\", \"KZ18\"] }) { nodes {
                indicator { code } explanations { code indicatorCode text submissionId question { nl } } } }
            signals(period: \"2025\", filter: { organisation: $of, indicators: [\"KZ06\"] }) { nodes {
                explanations { text } } } }";
        let data = inspector.ask(query, &json!({ "of": officer.id })).await;
        let [first, second] = [0, 1].map(|place| &data["observations"]["nodes"][place]);
        assert_eq!((&first["indicator"]["code"], &second["explanations"]), (&json!("KZ06"), &json!([])));
        let shown = &first["explanations"][0];
        assert_eq!(
            (&shown["text"], &shown["indicatorCode"], &shown["submissionId"], shown["question"]["nl"].as_str().unwrap()),
            (&json!("Twee locaties zijn gesloten."), &json!("KZ06"), &json!(checked.id), said)
        );
        assert_eq!(data["signals"]["nodes"][0]["explanations"], json!([{ "text": "Twee locaties zijn gesloten." }]));
        let other = world.member(&agb_code(3)).await;
        let data = other.client.ask(query, &json!({ "of": officer.id })).await;
        assert_eq!((&data["observations"]["nodes"], &data["signals"]["nodes"]), (&json!([]), &json!([])));
        // The receipt counts the answer.
        let query = "query($id: ID!) { submission(id: $id) { receipt { submissions { questions } } } }";
        let kept = officer.client.ask(query, &json!({ "id": checked.id })).await;
        assert_eq!(kept["submission"]["receipt"]["submissions"], json!([{ "questions": 1 }]));
    }

    async fn last_years_file_is_asked_about_and_never_refused(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let officer = sector.latecomer(0).await;
        officer.deliver(&officer.file("2024")).await;
        let copied = officer.client.submit(&officer.file(PERIOD)).await;
        assert_eq!((copied.state.as_str(), copied.codes("QUESTION")), ("CHECKED", vec!["plausibility.copied"]));
        officer.client.explain(&copied, number(&copied, "plausibility.copied"), "Toevallig gelijk gebleven.").await;
        assert_eq!(codes(&officer.client.approve(&[&copied]).await), Vec::<&str>::new());
        // It was about the whole file: it stands with every number.
        let query = "{ observations(period: \"2025\", first: 2) { nodes { explanations { indicatorCode text } } } }";
        let data = officer.client.ask(query, &Value::Null).await;
        for node in data["observations"]["nodes"].as_array().unwrap() {
            let said = json!([{ "indicatorCode": null, "text": "Toevallig gelijk gebleven." }]);
            assert_eq!(node["explanations"], said);
        }
    }

    async fn carers_are_compared_with_a_file_that_still_waits(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let indicators = officer.client.submit(&officer.file(PERIOD).with("KZ04B", 40, 50).with("KZ04D", 45, 50)).await;
        assert_eq!((indicators.state.as_str(), indicators.codes("QUESTION")), ("CHECKED", vec![]));
        let staff = |persons: u32| {
            format!("{STAFF}33991001;2025;2025;loondienst;kraamverzorgende;{persons};{0};{1};0;0;{2};0;0;0;0;;;\r\n",
                persons / 2, persons / 2 * 1_500, persons * 220)
        };
        let submission = Submission::of(&officer.client.create(staff(52).into_bytes(), Some("personeel")).await);
        // A file without the self-employed is asked about; not about its carers.
        assert_eq!((submission.state.as_str(), submission.codes("QUESTION")), ("CHECKED", vec!["rule.category_absent"]));
        let submission = Submission::of(&officer.client.create(staff(90).into_bytes(), Some("personeel")).await);
        assert_eq!(submission.codes("QUESTION"), ["rule.category_absent", "plausibility.files_differ"]);
        let said = submission.shown["findings"][1]["message"]["en"].as_str().unwrap();
        assert!(said.contains("90 at ST01") && said.contains("50 at KZ04B"), "{said}");
    }
}
