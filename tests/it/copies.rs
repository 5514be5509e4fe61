//! Files given back with remarks, and templates, over HTTP with real tokens.

use kraamzicht::domain::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    harness::{both, sqlite},
    scene::{Answer, Client, PERIOD, Submission, World},
};

/// Where the copies of a submission are, as its sender is told.
async fn links(client: &Client, id: &str) -> Value {
    let query = "query($id: ID!) { submission(id: $id) { annotatedCopy { csv xlsx } } }";
    client.ask(query, &json!({ "id": id })).await["submission"]["annotatedCopy"].take()
}

/// Fetches a file as bytes.
async fn bytes(client: &Client, path: &str) -> Vec<u8> {
    let response = client.request(Method::GET, path).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.bytes().await.unwrap().to_vec()
}

fn assert_refused(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{answer:?}");
}

/// The codes of what is wrong in a submission, with their rows.
fn wrong(submission: &Submission) -> Vec<Value> {
    let findings = submission.shown["findings"].as_array().unwrap().iter();
    let wrong = findings.filter(|one| one["severity"] == "ERROR");
    wrong.map(|one| json!([one["code"], one["column"], one["occurrences"][0]["row"]])).collect()
}

both! {
    async fn a_rejected_file_comes_back_with_remarks_and_mended_in_that_copy_it_is_accepted(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let client = &officer.client;
        let sent = client.submit(&officer.file(PERIOD).with("KZ06", 500, 80)).await;
        assert_eq!(sent.state, "REJECTED");
        let links = links(client, &sent.id).await;
        assert_eq!(links["csv"], json!(format!("/submissions/{}/copy.csv", sent.id)));

        let copy = client.get(links["csv"].as_str().unwrap()).await;
        assert_eq!((copy.status, copy.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
        assert_eq!(copy.header("cache-control"), "no-store");
        assert!(copy.header("content-disposition").ends_with("''indicatoren-opmerkingen.csv"), "{copy:?}");
        let lines: Vec<&str> = copy.text.lines().collect();
        assert!(lines[0].ends_with(";toelichting;\"Opmerkingen van Kraamzicht\""), "{}", lines[0]);
        let row = lines.iter().find(|line| line.contains(";KZ06;")).unwrap();
        assert!(row.starts_with("33991001;2025;2025;KZ06;500;80;;;\"» Fout, kolom E teller: "), "{row}");
        assert_eq!(lines.iter().filter(|line| line.contains('»')).count(), 1, "{lines:?}");
        let english = client.request(Method::GET, links["csv"].as_str().unwrap()).header("accept-language", "en");
        let english = client.send(english).await;
        assert!(english.text.contains("» Error, column E teller: ") && english.text.contains("Remarks by Kraamzicht"));

        // Sent again as it is, it is as wrong as it was, in both forms.
        let again = Submission::of(&client.create(copy.text.clone(), Some("indicatoren")).await);
        assert_eq!((wrong(&again), again.shown["findings"].as_array().unwrap().len()), (wrong(&sent), 1));
        let workbook = bytes(client, links["xlsx"].as_str().unwrap()).await;
        assert!(workbook.starts_with(b"PK"));
        let again = Submission::of(&client.create_named("kopie.xlsx", workbook, None).await);
        assert_eq!((wrong(&again), again.state.as_str()), (wrong(&sent), "REJECTED"));
        // A copy of a copy.
        let second = client.get(&format!("/submissions/{}/copy.csv", again.id)).await;
        assert_eq!(second.text.matches("Opmerkingen van Kraamzicht").count(), 1, "{}", second.text);

        let mended = copy.text.replace(";KZ06;500;80;", ";KZ06;371;401;");
        let accepted = Submission::of(&client.create(mended, Some("indicatoren")).await);
        assert_eq!((accepted.state.as_str(), &accepted.shown["findings"]), ("CHECKED", &json!([])));
        assert_eq!(world.spooled(), 0, "nothing is left on disk");
    }

    async fn only_who_delivered_a_file_gets_it_back(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let other = world.organisation("33991002", "Kraamzorg De Ooievaar").await;
        let inspector = world.client(Some(world.token(Role::Inspector, None).await.as_str()));
        let sent = officer.client.submit(&officer.file(PERIOD)).await;
        let absent = format!("{}{}", &sent.id[..sent.id.len() - 1], if sent.id.ends_with('0') { '1' } else { '0' });
        for ending in ["csv", "xlsx"] {
            let path = |id: &str| format!("/submissions/{id}/copy.{ending}");
            let there_is_none = officer.client.get(&path(&absent)).await;
            assert_refused(&there_is_none, StatusCode::NOT_FOUND, "NOT_FOUND");
            for client in [&other.client, &inspector] {
                let answer = client.get(&path(&sent.id)).await;
                assert_eq!((answer.status, &answer.text), (there_is_none.status, &there_is_none.text));
            }
            let nobody = world.client(None).get(&path(&sent.id)).await;
            assert_refused(&nobody, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED");
            assert_eq!(officer.client.get(&path(&sent.id)).await.status, StatusCode::OK);
        }
        for path in [format!("/submissions/{}/copy.pdf", sent.id), "/submissions/x/copy.csv".to_owned()] {
            assert_refused(&officer.client.get(&path).await, StatusCode::NOT_FOUND, "NOT_FOUND");
        }
        let seen = inspector.look_at(&sent.id).await;
        if !seen.is_null() {
            assert_eq!(links(&inspector, &sent.id).await, Value::Null);
        }
    }

    async fn of_personal_data_no_byte_is_kept_and_none_comes_back(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let header = "agb_code;verslagjaar;periode;indicator_code;teller;noemer;waarde;toelichting";
        let row = "33991001;2025;2025;KZ06;371;401;;";
        for text in [
            format!("{header}\r\n{row}bsn 111222333\r\n"),
            format!("{header};bsn\r\n{row};1\r\n"),
            format!("{header};geboortedatum\r\n{row};1990-01-01\r\n"),
        ] {
            let before = world.tally().await.contents;
            let sent = Submission::of(&officer.client.create(text, None).await);
            assert_eq!((sent.state.as_str(), world.tally().await.contents), ("REJECTED", before));
            for ending in ["csv", "xlsx"] {
                let answer = officer.client.get(&format!("/submissions/{}/copy.{ending}", sent.id)).await;
                assert_refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "COPY_PERSONAL");
                assert!(!answer.text.contains("111222333") && !answer.text.contains("1990"));
            }
            assert_eq!(links(&officer.client, &sent.id).await, Value::Null);
        }
        let letter = Submission::of(&officer.client.create("%PDF-1.7 een brief", None).await);
        let answer = officer.client.get(&format!("/submissions/{}/copy.csv", letter.id)).await;
        assert_refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "COPY_NO_TABLE");
    }

    async fn a_copy_of_many_rows_is_csv_only_and_of_bytes_that_went_there_is_none(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let row = "33991001;2025;2025;KZ06;371;401;;\r\n".repeat(20_000);
        let header = "agb_code;verslagjaar;periode;indicator_code;teller;noemer;waarde;toelichting\r\n";
        let sent = Submission::of(&officer.client.create(format!("{header}{row}"), None).await);
        let path = |ending: &str| format!("/submissions/{}/copy.{ending}", sent.id);
        let answer = officer.client.get(&path("xlsx")).await;
        assert_refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "COPY_TOO_LARGE");
        assert!(answer.json()["detail"].as_str().unwrap().contains("40000 cellen"), "{answer:?}");
        let copy = officer.client.get(&path("csv")).await;
        // Far more than a report lists: all rows but the first say the same.
        assert_eq!((copy.text.lines().count(), copy.text.matches("» Tip").count()), (20_001, 19_999));

        world.clock.set("2026-12-31T12:00:00Z");
        world.service.sweep().await.unwrap();
        let later = world.member(&officer.agb_code).await;
        let answer = later.client.get(&path("csv")).await;
        assert_refused(&answer, StatusCode::UNPROCESSABLE_ENTITY, "UPLOAD_EXPIRED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_are_there_for_everybody() {
    let world = World::new(sqlite()).await;
    let nobody = world.client(None);
    let csv = nobody.get("/templates/indicatoren/2025.csv").await;
    let header = "\u{feff}agb_code;verslagjaar;periode;indicator_code;teller;noemer;waarde;toelichting\r\n";
    assert_eq!((csv.status, csv.text.as_str()), (StatusCode::OK, header));
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"indicatoren-2025.csv\"");
    let described = nobody.get("/templates/personeel/2025.json").await;
    assert_eq!(described.header("content-type"), "application/json");
    assert_eq!(described.json()["resources"][0]["schema"]["fields"][0]["name"], "agb_code");
    let workbook = bytes(&nobody, "/templates/evaluaties/2025.xlsx").await;

    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    for (name, template) in
        [("leeg.xlsx", workbook), ("leeg.csv", bytes(&nobody, "/templates/personeel/2025.csv").await)]
    {
        let empty = Submission::of(&officer.client.create_named(name, template, None).await);
        assert_eq!((empty.state.as_str(), empty.codes("ERROR")), ("REJECTED", vec!["file.no_rows"]));
    }
    let filled = format!("{header}33991001;2025;2025;KZ06;371;401;;\r\n");
    assert_eq!(Submission::of(&officer.client.create(filled, None).await).state, "CHECKED");

    for (path, code) in [
        ("/templates/niets/2025.csv", "DATASET_UNKNOWN"),
        ("/templates/indicatoren/1999.xlsx", "TEMPLATE_YEAR"),
        ("/templates/indicatoren/2025.pdf", "NOT_FOUND"),
        ("/templates/indicatoren/x.csv", "NOT_FOUND"),
        ("/templates/indicatoren/2025", "NOT_FOUND"),
    ] {
        assert_refused(&nobody.get(path).await, StatusCode::NOT_FOUND, code);
    }
}
