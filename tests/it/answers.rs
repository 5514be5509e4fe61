//! Answers that are kept: the same bytes for the same question, never another's, never what was before a change, and every
//! one of them noted as read.

use std::{io::Read as _, sync::Arc};

use flate2::read::GzDecoder;
use kraamzicht::{
    catalogue::Catalogue,
    domain::{Actor, Digest, Role, Scope},
    service::{Service, Settings},
    store::Database,
    system::SystemIds,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    harness::{both, fetch, sqlite},
    scene::{Answer, Client, Organisation, PERIOD, Sector, World},
};

const SCORES: &str =
    "query($p: Period!, $at: DateTime) { riskScores(period: $p, first: 100, asKnownAt: $at) { totalCount
    nodes { organisation { id name agbCode } level score explanation { nl } overrides { reason } } } }";
const SUBMISSIONS: &str = "{ submissions { totalCount nodes { id state findings { number explanations { text } } } } }";

/// How many lines, and of how many actors, objects, addresses, documents and costs.
type Noted = (i64, i64, i64, i64, i64, i64);

/// The path of a question.
fn asking(query: &str, variables: &Value) -> String {
    let encoded = |text: &str| text.bytes().fold(String::new(), |all, byte| all + &format!("%{byte:02X}"));
    format!("/graphql?query={}&variables={}", encoded(query), encoded(&variables.to_string()))
}

/// Asks by GET, as the cache of a browser does.
async fn get(client: &Client, query: &str, variables: &Value, headers: &[(&str, &str)]) -> Answer {
    let mut request = client.request(Method::GET, &asking(query, variables));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request).await
}

/// How many answers came from memory so far.
fn again(service: &Service) -> u64 {
    service.tally().again
}

/// The tag of what is answered now, which must be kept: the second time it comes from memory, and the same.
async fn tag(service: &Service, client: &Client, query: &str, variables: &Value) -> (String, Value) {
    let first = client.try_ask(query, variables).await;
    let before = again(service);
    let second = client.try_ask(query, variables).await;
    assert_eq!(again(service), before + 1, "{query} is not kept: {first:?}");
    assert_eq!((first.header("etag"), &first.text), (second.header("etag"), &second.text));
    assert!(first.header("etag").starts_with("W/\""), "{first:?}");
    (first.header("etag").to_owned(), second.json()["data"].clone())
}

both! {
    async fn nobody_gets_what_another_may_see(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let service = &sector.world.service;
        let (one, other) = (sector.member(3).await, sector.member(4).await);
        let asked = json!({ "p": PERIOD });
        let mut seen = Vec::new();
        // Each twice, so that all of them are kept, and then once more in between.
        for round in 0..3 {
            for client in [&sector.inspector, &one.client, &other.client] {
                let before = again(service);
                let answer = client.try_ask(SCORES, &asked).await;
                assert_eq!(again(service) - before, u64::from(round > 0));
                seen.push((answer.header("etag").to_owned(), answer.text));
            }
        }
        let (first, later) = seen.split_at(3);
        assert!(later.chunks(3).all(|round| round == first), "the same bytes, each to their own");
        let shows = |text: &str, organisation: &Organisation| text.contains(&organisation.agb_code);
        assert!(shows(&first[0].1, &one) && shows(&first[0].1, &other));
        assert!(shows(&first[1].1, &one) && !shows(&first[1].1, &other));
        assert!(shows(&first[2].1, &other) && !shows(&first[2].1, &one));
        let tags: std::collections::BTreeSet<&String> = first.iter().map(|(tag, _)| tag).collect();
        assert_eq!(tags.len(), 3);
        // A tag is of use to nobody else.
        let theirs = get(&one.client, SCORES, &asked, &[("if-none-match", &first[0].0)]).await;
        assert_eq!(theirs.status, StatusCode::OK);
        // Another token with the same eyes sees the same.
        let before = again(service);
        assert_eq!(sector.member(3).await.client.try_ask(SCORES, &asked).await.text, first[1].1);
        assert_eq!(again(service), before + 1);
        assert_eq!(sector.world.client(None).try_ask(SCORES, &asked).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn after_a_change_the_next_answer_differs(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let (world, service) = (&sector.world, &sector.world.service);
        let late = sector.latecomer(0).await;
        late.deliver(&late.file("2024")).await;
        let asked = json!({ "p": PERIOD });
        let mut before = tag(service, &late.client, SUBMISSIONS, &Value::Null).await;
        let mut scores = tag(service, &sector.inspector, SCORES, &asked).await;
        // The same figures as the year before: is that right?
        let submission = late.client.submit(&late.file(PERIOD)).await;
        let after = tag(service, &late.client, SUBMISSIONS, &Value::Null).await;
        assert!(after.0 != before.0 && after.1 != before.1, "made");
        before = after;
        let question = submission.shown["findings"].as_array().unwrap().iter().find(|one| one["severity"] == "QUESTION");
        let question = question.unwrap()["number"].as_u64().unwrap();
        late.client.explain(&submission, question, "Het was een druk jaar, en dat klopt.").await;
        let after = tag(service, &late.client, SUBMISSIONS, &Value::Null).await;
        assert!(after.0 != before.0 && after.1 != before.1, "explained");
        before = after;
        let payload = late.client.approve(&[&submission]).await;
        assert_eq!(payload["userErrors"], json!([]));
        let after = tag(service, &late.client, SUBMISSIONS, &Value::Null).await;
        assert!(after.0 != before.0 && after.1 != before.1, "approved");
        before = after;
        let after = tag(service, &sector.inspector, SCORES, &asked).await;
        assert!(after.0 != scores.0 && after.1 != scores.1, "approved, for the inspectorate");
        scores = after;
        let input = json!({ "organisationId": late.id, "reason": "ACTIVE_MEASURE", "from": "2026-01-15", "reference": "M-2026-017" });
        let recorded = "mutation($input: RecordOverrideInput!) { recordOverride(input: $input) { userErrors { code } } }";
        sector.inspector.ask(recorded, &json!({ "input": input })).await;
        let after = tag(service, &sector.inspector, SCORES, &asked).await;
        assert!(after.0 != scores.0 && after.1 != scores.1, "recorded");
        scores = after;
        let was = world.service.present().await.unwrap().to_string();
        late.client.withdraw(&submission, "Verkeerde bestand gestuurd.").await;
        let after = tag(service, &sector.inspector, SCORES, &asked).await;
        assert!(after.0 != scores.0 && after.1 != scores.1, "withdrawn");
        let after = tag(service, &late.client, SUBMISSIONS, &Value::Null).await;
        assert!(after.0 != before.0 && after.1 != before.1, "withdrawn, for themselves");
        // What was known then is what was known then.
        let then = tag(service, &sector.inspector, SCORES, &json!({ "p": PERIOD, "at": was })).await;
        assert_eq!(then.1, scores.1);
    }

    async fn another_process_makes_the_change(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let service = &sector.world.service;
        let submissions = json!({});
        let kept = tag(service, &sector.inspector, SUBMISSIONS, &submissions).await;
        let store = Database::open(&sector.world.database.url).await.unwrap();
        let (clock, folder) = (sector.world.clock.clone(), tempfile::tempdir().unwrap());
        let ids = Arc::new(SystemIds::new(clock.clone()));
        let settings = Settings::new(folder.path().join("spool"));
        let elsewhere = Service::new(store, Arc::new(Catalogue::embedded().unwrap()), Arc::new(clock), ids, settings);
        let member = sector.member(5).await;
        let organisation = member.id.parse().unwrap();
        let acting = Actor { role: Role::Operator, scope: Scope::Organisation(organisation), ..Actor::OPERATOR };
        let bytes = std::io::Cursor::new(member.file(PERIOD).bytes());
        let upload = elsewhere.receive(&acting, Some(organisation), "a.csv", bytes).await.unwrap();
        elsewhere.create_submission(&acting, upload.id, Some("indicatoren")).await.unwrap();
        let after = tag(service, &sector.inspector, SUBMISSIONS, &submissions).await;
        assert!(after.0 != kept.0 && after.1 != kept.1);
    }

    async fn what_is_given_again_is_noted_again(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let (database, service) = (&sector.world.database, &sector.world.service);
        let document = "query A($p: Period!) { riskScores(period: $p) { nodes { score } } account(period: $p) { signals { tests } } }";
        let asked = json!({ "p": PERIOD });
        let mut tags = String::new();
        // Computed, from memory, and not sent at all.
        for round in 0..4 {
            service.keep_records().await.unwrap();
            let before = again(service);
            let known = if round == 3 { tags.as_str() } else { "" };
            let answer = get(&sector.inspector, document, &asked, &[("if-none-match", known)]).await;
            assert_eq!(again(service) - before, u64::from(round > 0));
            assert_eq!(answer.status.as_u16(), if round == 3 { 304 } else { 200 });
            assert_eq!(answer.text.is_empty(), round == 3);
            assert!(answer.header("ratelimit").contains("r="), "it costs its points: {answer:?}");
            answer.header("etag").clone_into(&mut tags);
            assert_eq!(service.keep_records().await.unwrap(), 2, "round {round}");
        }
        let noted: Noted = fetch(database, "SELECT COUNT(*), COUNT(DISTINCT actor), COUNT(DISTINCT object), COUNT(DISTINCT origin),
            COUNT(DISTINCT document), COUNT(DISTINCT cost) FROM audit WHERE action IN ('scores.read', 'account.read')").await;
        assert_eq!(noted, (8, 1, 1, 1, 1, 1), "the same line for each");
        let hash: (Vec<u8>,) = fetch(database, "SELECT document FROM audit WHERE action = 'scores.read'").await;
        assert_eq!(hash.0, Digest::of(document.as_bytes()).as_bytes());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_depends_on_more_is_not_kept() {
    let sector = Sector::in_world(World::new(sqlite()).await).await;
    let service = &sector.world.service;
    let asked = json!({ "p": PERIOD });
    for document in [
        "{ viewer { role } }",
        "{ organisations { nodes { name } } }",
        "query($p: Period!) { riskScores(period: $p) { totalCount } viewer { role } }",
        "query($p: Period!) { ...F } fragment F on Query { run(period: $p) { id } organisations { totalCount } }",
        "query($p: Period!) { obligations(period: $p) { totalCount } }",
        "query($p: Period!) { run(period: $p) { id } obligationRates(period: $p) { dataset } }",
        // A moment to come is shown as the present.
        "query($p: Period!) { riskScores(period: $p, asKnownAt: \"2099-01-01T00:00:00Z\") { knownAt } }",
        // Something went wrong.
        "query($p: Period!) { riskScores(period: $p, first: 101) { totalCount } }",
    ] {
        for _ in 0..2 {
            let answer = sector.inspector.try_ask(document, &asked).await;
            assert_eq!(
                (answer.header("etag"), answer.header("cache-control")),
                ("", "private, no-store"),
                "{document}"
            );
        }
    }
    assert_eq!(again(service), 0);
    // The same with a moment that was is as fixed as can be.
    let past = "query($p: Period!) { obligations(period: $p, asKnownAt: \"2026-03-01T00:00:00Z\") { totalCount } }";
    tag(service, &sector.inspector, past, &asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forms_of_an_answer() {
    let sector = Sector::in_world(World::new(sqlite()).await).await;
    let (service, client) = (&sector.world.service, &sector.inspector);
    let asked = json!({ "p": PERIOD });
    let plain = get(client, SCORES, &asked, &[]).await;
    let tag = plain.header("etag").to_owned();
    assert_eq!(plain.header("cache-control"), "private, no-cache");
    assert_eq!(plain.headers.get_all("vary").iter().count(), 1);
    assert_eq!(plain.header("vary"), "Accept, Accept-Encoding, Accept-Language, Authorization, Cookie");
    for _ in 0..2 {
        let request = client.request(Method::GET, &asking(SCORES, &asked)).header("accept-encoding", "gzip");
        let request = request.send().await.unwrap();
        let header = |name: &str| {
            request.headers().get_all(name).iter().map(|one| one.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!((header("content-encoding"), header("etag")), (vec!["gzip".to_owned()], vec![tag.clone()]));
        assert_eq!(header("vary"), ["Accept, Accept-Encoding, Accept-Language, Authorization, Cookie"]);
        let compressed = request.bytes().await.unwrap();
        let mut text = String::new();
        GzDecoder::new(&*compressed).read_to_string(&mut text).unwrap();
        assert_eq!(text, plain.text, "compressed once");
    }
    assert_eq!(again(service), 2);
    // Which form was kept makes no difference to what the client has.
    let known = format!("\"other\", {}", tag.trim_start_matches("W/"));
    for (name, value) in [("accept-encoding", "gzip"), ("accept-encoding", "identity")] {
        let answer = get(client, SCORES, &asked, &[(name, value), ("if-none-match", &known)]).await;
        assert_eq!((answer.status, answer.header("etag"), answer.text.as_str()), (StatusCode::NOT_MODIFIED, &*tag, ""));
        assert_eq!(answer.header("cache-control"), "private, no-cache");
    }
    // A condition on a POST does not hold its answer back: 304 is for GET.
    let posted = client.send(client.graphql(SCORES, &asked).header("if-none-match", "*")).await;
    assert_eq!(posted.status, StatusCode::OK);
    // The same question in other words is another, and so is another form.
    let other = get(client, SCORES, &asked, &[("accept", "application/graphql-response+json")]).await;
    assert_ne!(other.header("etag"), tag);
    let before = again(service);
    let spaced = get(client, SCORES, &json!({ "at": null, "p": PERIOD }), &[]).await;
    assert_ne!(spaced.header("etag"), tag, "null is not nothing");
    let turned = get(client, SCORES, &json!({ "p": PERIOD, "at": null }), &[]).await;
    assert_eq!((turned.header("etag"), again(service)), (spaced.header("etag"), before + 1));
    let two = "query A($p: Period!) { run(period: $p) { id } } query B($p: Period!) { run(period: $p) { inputHash } }";
    for name in ["A", "B", "A", "B"] {
        let body = json!({ "query": two, "operationName": name, "variables": asked });
        let answer = client.send(client.request(Method::POST, "/graphql").json(&body)).await;
        assert_eq!(answer.json()["data"]["run"].get("id").is_some(), name == "A", "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_noted_is_not_given_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.journal");
    // Almost full: there is room for a few lines.
    let mut waiting = vec![b'x'; (8 << 20) - 2_000];
    waiting.push(b'\n');
    std::fs::write(&path, waiting).unwrap();
    let world = World::with(sqlite(), |settings| settings.audit_journal = Some(path.clone())).await;
    let sector = Sector::in_world(world).await;
    let asked = json!({ "p": PERIOD });
    let service = &sector.world.service;
    let full = loop {
        let before = again(service);
        let answer = sector.inspector.try_ask(SCORES, &asked).await;
        if answer.status != StatusCode::OK {
            assert_eq!(again(service), before);
            break answer;
        }
    };
    assert!(again(service) > 0, "it was given again before");
    assert_eq!(full.status, StatusCode::SERVICE_UNAVAILABLE, "{full:?}");
    assert_eq!(full.json()["errors"][0]["extensions"]["code"], "UNAVAILABLE");
}
