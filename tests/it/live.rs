//! Streams of events: what changes is told once, in order, to who may see it, and to nobody who may no longer.

use std::time::Duration;

use kraamzicht::{
    domain::{Actor, Role},
    http::LiveSettings,
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::http::StatusCode;

use crate::{
    harness::{TestDatabase, both, fetch, sqlite},
    scene::{ADDRESS, Event, Events, PERIOD, Sector, Socket, Submission, Tour, World},
};

pub(crate) const SUBMISSIONS: &str = "subscription($since: DateTime, $filter: FollowedSubmissionFilter! = {}) {
    submissionsChanged(since: $since, filter: $filter) { at resync submissions { id state stateSince organisation { id } } } }";
const RUNS: &str =
    "subscription($since: DateTime) { runsPublished(since: $since) { at resync runs { id period knownAt } } }";
const SIGNALS: &str =
    "subscription($since: DateTime) { signalsChanged(since: $since) { at resync changes { period before after
    organisation { agbCode } indicator { code } signal { level value } } } }";
pub(crate) const CHECK: &str =
    "subscription($by: CheckBy!) { checkProgress(by: $by) { uploadId state rows bytesRead bytesTotal
    submission { id state } } }";

/// Signs of life so far apart that no test sees one.
pub(crate) fn patient() -> LiveSettings {
    LiveSettings { beat_every: Duration::from_hours(1), ..LiveSettings::default() }
}

pub(crate) fn none() -> Value {
    json!({})
}

pub(crate) fn states(told: &Value) -> Vec<(String, String)> {
    let of = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    told["submissions"].as_array().unwrap().iter().map(|one| (of(one, "id"), of(one, "state"))).collect()
}

pub(crate) fn pair(submission: &Submission, state: &str) -> (String, String) {
    (submission.id.clone(), state.to_owned())
}

both! {
    async fn a_submission_is_followed_through_its_life(database: TestDatabase) {
        let world = World::live(database, |_| (), patient()).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let inspector = world.inspector().await;
        let mut events = Events::open(&officer.client, SUBMISSIONS, &none()).await;
        let mut watching = Events::open(&inspector, SUBMISSIONS, &none()).await;
        assert_eq!(events.event().await, Event::Beat, "the stream has begun");
        let begun = events.told().await;
        watching.told().await;
        assert_eq!((&begun["resync"], &begun["submissions"]), (&json!(false), &json!([])));

        let mut heard = Vec::new();
        let first = officer.client.submit(&officer.file(PERIOD)).await;
        heard.push(events.told().await);
        assert_eq!(states(&heard[0]), [pair(&first, "CHECKED")]);
        officer.client.approve(&[&first]).await;
        heard.push(events.told().await);
        assert_eq!(states(&heard[1]), [pair(&first, "APPROVED")]);
        let second = officer.client.submit(&officer.file(PERIOD).with("KZ06", 301, 400)).await;
        heard.push(events.told().await);
        officer.client.approve(&[&second]).await;
        heard.push(events.told().await);
        assert_eq!(states(&heard[3]), [pair(&first, "SUPERSEDED"), pair(&second, "APPROVED")], "one change, one event");
        officer.client.withdraw(&second, "Verkeerd gestuurd").await;
        heard.push(events.told().await);
        for told in &heard {
            assert_eq!(&watching.told().await, told, "the inspectorate hears the same");
            assert_eq!(told["submissions"][0]["stateSince"], told["at"], "as the change left it");
            // By polling, the same.
            let asked = json!({ "at": told["at"], "id": told["submissions"][0]["id"] });
            let polled = officer.client.ask("query($id: ID!, $at: DateTime!) { submission(id: $id, asKnownAt: $at) {
                id state stateSince organisation { id } } }", &asked).await;
            assert_eq!(polled["submission"], told["submissions"][0]);
        }
        // Who was away hears what they missed, each once.
        for (place, since) in [&begun].into_iter().chain(&heard).enumerate() {
            let mut again = Events::open(&officer.client, SUBMISSIONS, &json!({ "since": since["at"] })).await;
            assert_eq!(again.told().await["at"], since["at"]);
            for told in &heard[place..] {
                assert_eq!(&again.told().await, told);
            }
        }
        // One of them alone.
        let one = json!({ "since": begun["at"], "filter": { "id": second.id } });
        let mut one = Events::open(&officer.client, SUBMISSIONS, &one).await;
        one.told().await;
        assert_eq!(states(&one.told().await), [pair(&second, "CHECKED")]);
        assert_eq!(states(&one.told().await), [pair(&second, "APPROVED")]);
    }

    async fn runs_and_signals_are_told_and_that_is_noted(database: TestDatabase) {
        let sector = Sector::in_world(World::live(database, |_| (), patient()).await).await;
        let (officer, other) = (sector.member(3).await, sector.member(4).await);
        let mut runs = Events::open(&other.client, RUNS, &none()).await;
        let mut signals = Events::open(&sector.inspector, SIGNALS, &none()).await;
        let mut own = Events::open(&officer.client, SIGNALS, &none()).await;
        let mut others = Events::open(&other.client, SIGNALS, &none()).await;
        for events in [&mut runs, &mut signals, &mut own, &mut others] {
            events.told().await;
        }
        let levels = "query($p: Period!) { signals(period: $p, first: 100, filter: { indicators: [\"KZ06\"] }) { nodes {
            level value organisation { agbCode } } } run(period: $p) { id period knownAt } }";
        let variables = json!({ "p": PERIOD });
        let before = sector.inspector.ask(levels, &variables).await;
        sector.world.service.keep_records().await.unwrap();
        // From an ordinary number to one that asks to be looked at.
        let changed = officer.file(PERIOD).with("KZ06", 12, 400);
        let submission = officer.client.submit(&changed).await;
        for finding in submission.shown["findings"].as_array().unwrap() {
            if finding["severity"] == "QUESTION" {
                officer.client.explain(&submission, finding["number"].as_u64().unwrap(), "Dit klopt.").await;
            }
        }
        let payload = officer.client.approve(&[&submission]).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload}");
        let told = runs.told().await;
        let after = other.client.ask(levels, &variables).await;
        assert!(told["runs"].as_array().unwrap().contains(&after["run"]), "{told} {after}");
        assert_eq!(told["at"], payload["approvedAt"]);

        let told = signals.told().await;
        let all = sector.inspector.ask(levels, &variables).await;
        let level = |of: &Value, code: &Value| -> Value {
            let nodes = of["signals"]["nodes"].as_array().unwrap();
            nodes.iter().find(|one| one["organisation"]["agbCode"] == *code).unwrap()["level"].clone()
        };
        let changes = told["changes"].as_array().unwrap();
        let its = |code: &str| changes.iter().filter(|one| one["organisation"]["agbCode"] == code).cloned().collect::<Vec<_>>();
        let mine = its(&officer.agb_code);
        assert!(mine.iter().any(|one| one["indicator"]["code"] == "KZ06" && one["after"] == "ELEVATED"), "{told}");
        for one in changes.iter().filter(|one| one["indicator"]["code"] == "KZ06" && one["period"] == PERIOD) {
            let code = &one["organisation"]["agbCode"];
            assert_eq!((&one["before"], &one["after"]), (&level(&before, code), &level(&all, code)));
            assert_eq!(one["signal"]["level"], one["after"]);
            assert_ne!(one["before"], one["after"]);
        }
        // The organisation hears its own part of it.
        let told = own.told().await;
        assert_eq!(told["changes"], json!(mine));

        // Who read these scores stands in the audit log, with what they asked.
        sector.world.service.keep_records().await.unwrap();
        let hash = kraamzicht::domain::Digest::of(SIGNALS.as_bytes()).as_bytes().to_vec();
        let run = after["run"]["id"].as_str().unwrap();
        let lines = "SELECT action, object, document, cost FROM audit ORDER BY sequence";
        let lines = all_lines(&sector.world.database, lines).await;
        let noted = lines.iter().filter(|(action, object, document, _)| {
            action == "scores.read" && object == run && document.as_ref() == Some(&hash)
        });
        let costs: Vec<_> = noted.map(|(.., cost)| *cost).collect();
        let expected = if its(&other.agb_code).is_empty() { 2 } else { 3 };
        assert_eq!(costs, vec![Some(14); expected]);
    }

    async fn a_check_is_followed_until_it_is_done(database: TestDatabase) {
        let adjust = |settings: &mut kraamzicht::service::Settings| settings.progress_every = Duration::from_millis(1);
        let world = World::live(database, adjust, patient()).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let other = world.organisation("33991002", "Kraamzorg Ooievaar").await;
        // Long enough to be looked at while it is checked.
        let mut file = String::from_utf8(officer.file(PERIOD).bytes()).unwrap();
        let last = file.lines().last().unwrap().to_owned();
        for _ in 0..20_000 {
            file.push_str(&last);
            file.push_str("\r\n");
        }
        let upload = officer.client.upload("lang.csv", file.clone()).await.json();
        let by = json!({ "by": { "uploadId": upload["id"] } });
        let query = CHECK.replacen("subscription", "query", 1);
        let mut events = Events::open(&officer.client, CHECK, &by).await;
        let waiting = events.told().await;
        assert_eq!((&waiting["state"], &waiting["bytesTotal"]), (&json!("WAITING"), &json!(file.len())));
        assert_eq!(officer.client.ask(&query, &by).await["checkProgress"], waiting);
        // What is another's is as what is not there.
        for unknown in [upload["id"].clone(), json!("upl_00000000000000000000000000"), json!("x")] {
            let unknown = json!({ "by": { "uploadId": unknown } });
            let mut events = Events::open(&other.client, CHECK, &unknown).await;
            assert_eq!(events.told().await, Value::Null);
            assert_eq!(events.last().await, Event::Complete);
            assert_eq!(other.client.ask(&query, &unknown).await["checkProgress"], Value::Null);
        }
        let key = "0198c5a2-7f3e-7b1a-9c4d-5e6f70819203";
        let mut by_key = Events::open(&officer.client, CHECK, &json!({ "by": { "idempotencyKey": key } })).await;
        assert_eq!(by_key.told().await["state"], "WAITING");
        let input = json!({ "input": { "uploadId": upload["id"], "idempotencyKey": key } });
        let create = "mutation($input: CreateSubmissionInput!) { createSubmission(input: $input) { submission { id state } } }";
        let client = officer.client.clone();
        let created = tokio::spawn(async move { client.ask(create, &input).await["createSubmission"]["submission"].take() });
        for mut events in [events, by_key] {
            let mut running = 0;
            let done = loop {
                let told = events.told().await;
                if told["state"] != "RUNNING" {
                    break told;
                }
                running += 1;
                assert!(told["bytesRead"].as_u64() <= told["bytesTotal"].as_u64(), "{told}");
                assert_eq!((&told["uploadId"], &told["submission"]), (&upload["id"], &Value::Null));
            };
            assert!(running > 0, "it was looked at while it went on");
            assert_eq!((&done["state"], &done["bytesRead"]), (&json!("DONE"), &json!(file.len())));
            assert!(done["submission"]["id"].is_string());
            assert_eq!(officer.client.ask(&query, &by).await["checkProgress"], done, "by polling, the same");
            assert_eq!(events.last().await, Event::Complete);
        }
        let created = created.await.unwrap();
        assert_eq!(officer.client.ask(&query, &by).await["checkProgress"]["submission"], created);
        let (left,): (i64,) = fetch(&world.database, "SELECT COUNT(*) FROM running_check").await;
        assert_eq!(left, 0);
    }

    async fn whoever_missed_too_much_is_told_so(database: TestDatabase) {
        let world = World::live(database, |settings| settings.told_at_most = 3, patient()).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let mut events = Events::open(&officer.client, SUBMISSIONS, &none()).await;
        let begun = events.told().await;
        let mut all = Vec::new();
        for place in 0..4 {
            all.push(officer.client.submit(&officer.file(PERIOD).with("KZ06", 301 + place, 400)).await);
            events.told().await;
        }
        let mut late = Events::open(&officer.client, SUBMISSIONS, &json!({ "since": begun["at"] })).await;
        late.told().await;
        let told = late.told().await;
        assert_eq!((&told["resync"], &told["submissions"]), (&json!(true), &json!([])));
        // Asked as known at that moment, everything is there; what comes after it is told.
        let asked = "query($at: DateTime!) { submissions(asKnownAt: $at) { totalCount } }";
        assert_eq!(officer.client.ask(asked, &json!({ "at": told["at"] })).await["submissions"]["totalCount"], 4);
        officer.client.withdraw(&all[0], "Verkeerd gestuurd").await;
        assert_eq!(states(&late.told().await), [pair(&all[0], "WITHDRAWN")]);
        // Three can be told.
        let since = events.told().await;
        assert_eq!(states(&since), [pair(&all[0], "WITHDRAWN")]);
        for one in &all[1..] {
            officer.client.withdraw(one, "Verkeerd gestuurd").await;
        }
        let mut back = Events::open(&officer.client, SUBMISSIONS, &json!({ "since": since["at"] })).await;
        back.told().await;
        for one in &all[1..] {
            assert_eq!(states(&back.told().await), [pair(one, "WITHDRAWN")]);
        }
    }

    async fn a_token_that_was_taken_back_hears_nothing_more(database: TestDatabase) {
        let world = World::live(database, |_| (), patient()).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let token = world.token(Role::Organisation, Some("33991001")).await;
        let mut events = Events::open(&world.client(Some(&token)), SUBMISSIONS, &none()).await;
        let mut socket = Socket::of(&world.base, &token).await;
        socket.subscribe("1", SUBMISSIONS, &none()).await;
        events.told().await;
        socket.told("1").await;
        officer.client.submit(&officer.file(PERIOD)).await;
        assert_eq!(events.told().await, socket.told("1").await);
        revoke_last(&world).await;
        officer.client.submit(&officer.file(PERIOD).with("KZ06", 301, 400)).await;
        let last = events.result().await;
        assert_eq!(last["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        assert_eq!(last.get("data"), None, "{last}");
        assert_eq!((events.last().await, events.last().await), (Event::Complete, Event::End));
        assert_eq!(socket.closed().await, 4403);
    }

    async fn a_token_that_expired_is_found_out_when_nothing_happens(database: TestDatabase) {
        let live = LiveSettings { beat_every: Duration::from_millis(20), ..LiveSettings::default() };
        let world = World::live(database, |_| (), live).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let mut events = Events::open(&officer.client, SUBMISSIONS, &none()).await;
        let mut socket = Socket::of(&world.base, officer.client.token()).await;
        for _ in 0..3 {
            events.event().await;
        }
        world.clock.set("2026-03-05T09:00:00Z");
        let mut beats = 0;
        let last = loop {
            assert!(beats < 200, "the stream goes on");
            match events.event().await {
                Event::Next(told) if told.get("errors").is_some() => break told,
                Event::Next(_) => {}
                Event::Beat => beats += 1,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(last["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        assert_eq!(events.last().await, Event::Complete);
        assert_eq!(socket.closed().await, 4403);
    }

    async fn a_server_that_stops_lets_go_of_all(database: TestDatabase) {
        let mut world = World::live(database, |_| (), patient()).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let mut events = Events::open(&officer.client, SUBMISSIONS, &none()).await;
        let mut socket = Socket::of(&world.base, officer.client.token()).await;
        socket.subscribe("1", SUBMISSIONS, &none()).await;
        events.told().await;
        socket.told("1").await;
        world.stop().await;
        // Without the end of the operation: whoever listens comes back.
        assert_eq!(events.last().await, Event::End);
        assert_eq!(socket.closed().await, 1012);
    }
}

/// Every line that a statement gives of the log.
async fn all_lines(
    database: &TestDatabase,
    statement: &'static str,
) -> Vec<(String, String, Option<Vec<u8>>, Option<i64>)> {
    use sqlx::Connection as _;
    if database.is_postgres() {
        let mut connection = sqlx::PgConnection::connect(&database.behind).await.unwrap();
        sqlx::query_as(statement).fetch_all(&mut connection).await.unwrap()
    } else {
        let mut connection = sqlx::SqliteConnection::connect(&database.url).await.unwrap();
        sqlx::query_as(statement).fetch_all(&mut connection).await.unwrap()
    }
}

/// Takes back the token that was made last.
async fn revoke_last(world: &World) {
    let tokens = world.service.tokens(&Actor::OPERATOR).await.unwrap();
    let last = tokens.into_iter().max_by_key(|one| one.token.id).unwrap();
    world.service.revoke_token(&Actor::OPERATOR, last.token.id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_protocol_is_kept() {
    let live = LiveSettings { connections_each: 2, ..patient() };
    let world = World::live(sqlite(), |_| (), live).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    let client = &officer.client;
    // A question is told once, with the end of it.
    let mut once = Events::open(client, "{ viewer { role } }", &none()).await;
    assert_eq!(once.told().await, json!({ "role": "ORGANISATION" }));
    assert_eq!((once.last().await, once.last().await), (Event::Complete, Event::End));
    // What is wrong with a document is told by an event.
    for (wrong, code) in [
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription($since: Int) { runsPublished(since: $since) { at } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { runsPublished { at } submissionsChanged { at } }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let mut events = Events::open(client, wrong, &none()).await;
        let told = events.result().await;
        assert_eq!(told["errors"][0]["extensions"]["code"], code, "{told}");
        assert_eq!(told.get("data"), None);
        assert_eq!((events.last().await, events.last().await), (Event::Complete, Event::End));
    }
    // What is wrong with the request, by its status.
    let refused = Events::try_open(&world.client(None), SUBMISSIONS, &none()).await.unwrap_err();
    assert_eq!((refused.status, refused.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"));
    let get = client.request(Method::GET, "/graphql?query=mutation%7Bx%7D").header("accept", "text/event-stream");
    assert_eq!(client.send(get).await.status, 200, "an unknown field is the document's fault");
    let mutation = "/graphql?query=mutation%7BwithdrawSubmission(input:%7BsubmissionId:%22x%22,reason:%22Weg%22%7D)%7BrunIds%7D%7D";
    let get = client.send(client.request(Method::GET, mutation).header("accept", "text/event-stream")).await;
    assert_eq!((get.status, get.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    // By GET, as browsers do.
    let get =
        client.request(Method::GET, "/graphql?query=%7Bviewer%7Brole%7D%7D").header("accept", "text/event-stream");
    let get = client.send(get).await;
    assert!(get.text.ends_with("event: complete\ndata: \n\n") && get.header("x-accel-buffering") == "no", "{get:?}");
    assert_eq!((get.header("content-type"), get.header("content-encoding")), ("text/event-stream; charset=utf-8", ""));
    // Over a plain request nobody is told.
    let plain = client.try_ask(SUBMISSIONS, &none()).await;
    assert_eq!(plain.status, StatusCode::BAD_REQUEST);
    assert!(plain.text.contains("OPERATION_RESOLUTION_FAILURE") && plain.text.contains("text/event-stream"));
    // No more at once than allowed; a place that is free is given again.
    let (one, two) = (Events::open(client, RUNS, &none()).await, Events::open(client, RUNS, &none()).await);
    let third = Events::try_open(client, RUNS, &none()).await.unwrap_err();
    assert_eq!((third.status, third.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "10"));
    drop((one, two));
    while Events::try_open(client, RUNS, &none()).await.is_err() {
        tokio::task::yield_now().await;
    }
}

/// The page tells what is so.
#[tokio::test(flavor = "multi_thread")]
async fn the_guide_to_subscriptions_is_true() {
    let sector = Sector::in_world(World::live(sqlite(), |_| (), patient()).await).await;
    let token = sector.world.token(Role::Organisation, Some(&crate::scene::agb_code(1))).await;
    let (server, token) = (format!("server={}\n", sector.world.base), format!("token={token}\n"));
    let folder = tempfile::tempdir().unwrap();
    let file = sector.latecomer(1).await.file(PERIOD).bytes();
    std::fs::write(folder.path().join("indicatoren.csv"), file).unwrap();
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/api.md")).unwrap();
    let walked = tokio::task::spawn_blocking(move || {
        let replaced = [(ADDRESS, server.as_str()), ("token=kz_0000\n", token.as_str())];
        Tour::of(&page, "Subscriptions, step by step").walk(&replaced, folder.path());
    });
    walked.await.unwrap();
}
