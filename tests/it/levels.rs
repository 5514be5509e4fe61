//! A list takes as many statements as its first rows, whatever is asked of each row.

use serde_json::{Value, json};

use crate::{
    harness::{both, count_statements, statements_of},
    scene::{PERIOD, Sector, World},
};

/// Lists, each with fields that are looked up for each row.
const LISTS: [(&str, &str); 5] = [
    (
        "submissions",
        "query($n: Int!) { submissions(first: $n) { nodes { id organisation { name registration { region } }
            findings { number explanations { text } } versions { version } correction { reason } sameBytesAsId
            receipt { id submissions { submissionId } } events { state } } } }",
    ),
    (
        "organisations",
        "query($n: Int!, $p: Period!) { organisations(first: $n) { nodes { id registration { region }
            riskScore(period: $p) { score } signals(period: $p) { value explanations { text } }
            deliveries { version submissionId } submissions(first: 3) { id events { state } receipt { id }
            organisation { id } } } } }",
    ),
    (
        "signals",
        "query($n: Int!, $p: Period!) { signals(period: $p, first: $n) { nodes { value indicator { code } explanations { text }
            organisation { id registration { region } submissions { id } } } } }",
    ),
    (
        "observations",
        "query($n: Int!, $p: Period!) { observations(period: $p, first: $n) { nodes { value indicator { code } explanations { text }
            organisation { id deliveries { version } } } } }",
    ),
    (
        "riskScores",
        "query($n: Int!, $p: Period!) { riskScores(period: $p, first: $n, orderBy: AGB_CODE) { nodes { score
            signals { value explanations { text } } organisation { id submissions { id versions { version } } } } } }",
    ),
];

both! {
    async fn more_rows_are_no_more_statements(database: TestDatabase) {
        count_statements();
        let sector = Sector::in_world(World::new(database).await).await;
        let (late, member) = (sector.latecomer(1).await, sector.member(7).await);
        // The same figures as the year before: a question.
        late.deliver(&late.file("2024")).await;
        let submission = late.client.submit(&late.file(PERIOD)).await;
        for finding in submission.shown["findings"].as_array().unwrap() {
            if finding["severity"] == "QUESTION" {
                late.client.explain(&submission, finding["number"].as_u64().unwrap(), "Nagekeken: dit klopt.").await;
            }
        }
        assert_eq!(late.client.approve(&[&submission]).await["userErrors"], json!([]));
        // The same bytes once more, and a correction.
        member.client.submit(&member.file(PERIOD)).await;
        member.deliver(&member.file(PERIOD).with("KZ02", 300, 421)).await;
        for (list, document) in LISTS {
            let ask = async |count: u32| {
                let answer = sector.inspector.try_ask(document, &json!({ "n": count, "p": PERIOD })).await;
                // The driver tells of a statement when it has done with it, on SQLite after the answer perhaps; a connection
                // that answers anew has told. There are eight, which take turns.
                for _ in 0..16 {
                    sector.world.service.ping().await.unwrap();
                }
                let statements = statements_of(answer.header("x-request-id"));
                assert!(!statements.is_empty(), "{list}: nothing was counted: {answer:?}");
                let json = answer.json();
                assert!(json.get("errors").is_none(), "{answer:?}");
                (json["data"][list]["nodes"].as_array().unwrap().clone(), statements)
            };
            // What is read of a run once is not part of it.
            ask(1).await;
            let (few, before) = ask(2).await;
            let (many, after) = ask(30).await;
            assert_eq!((few.len(), many.len()), (2, 30), "{list}");
            let more: Vec<&String> = after.iter().filter(|one| !before.contains(one)).collect();
            assert_eq!(before.len(), after.len(), "{list}: 2 rows and 30 rows; {more:#?}");
            assert_eq!(few, many[..2], "{list}: each row has its own");
            assert!(many.iter().any(|one| *one != many[0]));
        }
        let all = sector.inspector.ask(LISTS[0].1, &json!({ "n": 100 })).await["submissions"]["nodes"].take();
        let all = all.as_array().unwrap();
        let find = |id: &str| all.iter().find(|one| one["id"] == id).unwrap();
        let said = &find(&submission.id)["findings"];
        assert!(said.as_array().unwrap().iter().any(|one| one["explanations"][0]["text"] == "Nagekeken: dit klopt."));
        assert!(all.iter().all(|one| one["events"].as_array().is_some_and(|steps| !steps.is_empty())));
        let corrections: Vec<&Value> = all.iter().filter(|one| one["correction"].is_object()).collect();
        assert_eq!(corrections.len(), 1);
        assert_eq!(all.iter().filter(|one| one["sameBytesAsId"].is_string()).count(), 1);
        let receipts = all.iter().filter(|one| one["receipt"].is_object());
        for one in receipts.clone() {
            let lines = one["receipt"]["submissions"].as_array().unwrap();
            assert!(lines.iter().any(|line| line["submissionId"] == one["id"]), "{one}");
        }
        assert_eq!(receipts.count(), all.len() - 1, "all were approved but the same bytes");
    }
}
