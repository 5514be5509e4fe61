//! Tokens that end at once, and limits on what a caller may ask. The clock is the test's.

use std::num::NonZeroU32;

use kraamzicht::{
    domain::{Actor, AuditId, Instant, Role, Scope},
    http::RateSettings,
    store::{self, AuditEntry, Database},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    harness::{both, fetch, sqlite},
    scene::{Answer, Client, PERIOD, World},
};

const ASK: &str = "{ viewer { role } }";

async fn ask(client: &Client) -> Answer {
    client.try_ask(ASK, &Value::Null).await
}

/// No limits but those that the test is about.
fn unlimited() -> RateSettings {
    RateSettings { attempts: None, requests: None, uploads: None, points: None, proxies: Vec::new() }
}

/// What a refused caller is told: after how many seconds to come again.
fn told(answer: &Answer, limit: u64, window: u64) -> u64 {
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{answer:?}");
    let body = answer.json();
    let said = if body["errors"].is_array() { &body["errors"][0]["extensions"] } else { &body };
    assert_eq!(
        (&said["code"], &said["limit"], &said["windowSeconds"]),
        (&json!("RATE_LIMITED"), &json!(limit), &json!(window))
    );
    let seconds = said["retryAfter"].as_u64().unwrap();
    assert_eq!(answer.header("retry-after"), seconds.to_string());
    assert!(answer.header("ratelimit").contains(";r=0;t="), "{answer:?}");
    assert!(body.get("data").is_none() && (1..=window).contains(&seconds));
    seconds
}

fn line(number: u128) -> AuditEntry {
    AuditEntry {
        id: AuditId::from_bits(number),
        at: Instant::from_microseconds(1),
        actor: "operator".to_owned(),
        action: "scores.read".into(),
        object: number.to_string(),
        result: "done".to_owned(),
        origin: "local".to_owned(),
        document: None,
        cost: None,
    }
}

both! {
    async fn a_mark_is_another_after_every_change_of_whomever(database: TestDatabase) {
        let [one, other] = [Database::open(&database.url).await.unwrap(), Database::open(&database.url).await.unwrap()];
        one.migrate().await.unwrap();
        let mark = one.mark();
        assert_eq!(mark.is_none(), database.is_postgres(), "where it is not to be had for less, it is asked each time");
        other.ping().await.unwrap();
        other.read(Scope::Sector).await.unwrap().commit().await.unwrap();
        assert_eq!(one.mark(), mark, "who only reads changes nothing");
        let mut seen = vec![mark];
        for (count, writer) in [&one, &other, &one].into_iter().enumerate() {
            let mut tx = writer.write(Scope::Sector).await.unwrap();
            store::append_audit(&mut tx, &line(count as u128)).await.unwrap();
            assert_eq!(seen.last(), Some(&one.mark()), "what is not whole is not there yet");
            tx.commit().await.unwrap();
            let mark = one.mark();
            assert!(mark.is_none() || !seen.contains(&mark), "{mark:?} after {seen:?}");
            seen.push(mark);
        }
        one.close().await;
        assert_eq!(one.mark(), None);
        other.close().await;
    }

    async fn lines_go_into_the_log_once_however_many(database: TestDatabase) {
        let store = Database::open(&database.url).await.unwrap();
        store.migrate().await.unwrap();
        let lines: Vec<AuditEntry> = (0..200).map(line).collect();
        // Some, the same again, none, and the others.
        for (lines, count) in [(&lines[..150], 150), (&lines[..150], 150), (&[], 150), (&lines[150..], 200)] {
            let mut tx = store.write(Scope::Sector).await.unwrap();
            store::append_audit_once(&mut tx, lines).await.unwrap();
            tx.commit().await.unwrap();
            let mut tx = store.read(Scope::Sector).await.unwrap();
            assert_eq!(store::verify_audit(&mut tx).await.unwrap(), Ok(count));
        }
        store.close().await;
    }

    async fn a_token_that_was_taken_back_works_for_no_further_request(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let colleague = world.member("33991001").await;
        let receipt = officer.deliver(&officer.file(PERIOD)).await.shown["receipt"]["id"].as_str().unwrap().to_owned();
        let tokens = world.service.tokens(&Actor::OPERATOR).await.unwrap();
        let first = tokens[0].token.id;
        let revoked = world.service.revoke_token(&Actor::OPERATOR, first).await.unwrap();
        let before = world.tally().await;
        assert_eq!(world.service.revoke_token(&Actor::OPERATOR, first).await.unwrap(), revoked, "once is enough");
        for answer in [
            ask(&officer.client).await,
            officer.client.upload("a.csv", "x").await,
            officer.client.get(&format!("/receipts/{receipt}")).await,
        ] {
            assert_eq!((answer.status, answer.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"), "{answer:?}");
        }
        assert_eq!(ask(&colleague.client).await.status, StatusCode::OK, "another's token is another's");
        assert_eq!(world.tally().await, before);
        let inspector = Actor { role: Role::Inspector, ..Actor::OPERATOR };
        assert!(world.service.revoke_token(&inspector, tokens[1].token.id).await.is_err());
        assert!(world.service.tokens(&inspector).await.is_err());
    }

    async fn a_token_ends_at_its_moment(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let token = world.service.tokens(&Actor::OPERATOR).await.unwrap().pop().unwrap().token;
        assert_eq!(ask(&officer.client).await.status, StatusCode::OK);
        world.clock.set(&token.expires_at.plus_seconds(-1).to_string());
        assert_eq!(ask(&officer.client).await.status, StatusCode::OK);
        world.clock.set(&token.expires_at.to_string());
        assert_eq!(ask(&officer.client).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn the_last_use_of_a_token_is_known_to_the_minute(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let used = async || {
            world.service.keep_records().await.unwrap();
            world.service.tokens(&Actor::OPERATOR).await.unwrap().pop().unwrap().used_at
        };
        assert_eq!(used().await, None);
        for _ in 0..20 {
            ask(&officer.client).await;
        }
        let first = used().await.unwrap();
        assert!(first.to_string().starts_with("2026-03-02T09:00:0"), "{first}");
        ask(&officer.client).await;
        assert_eq!(used().await, Some(first), "one write a minute");
        world.clock.set("2026-03-02T09:01:30Z");
        ask(&officer.client).await;
        let second = used().await.unwrap();
        assert!(second.to_string().starts_with("2026-03-02T09:01:30"), "{second}");
        let rows: (i64,) = fetch(&world.database, "SELECT COUNT(*) FROM token_use").await;
        assert_eq!(rows, (1,));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_is_held_up_and_locks_nobody_out() {
    let world = World::limited(sqlite(), RateSettings { attempts: NonZeroU32::new(3), ..unlimited() }).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    // Known, and no attempt, however often.
    for _ in 0..10 {
        assert_eq!(ask(&officer.client).await.status, StatusCode::OK);
    }
    let newcomer = world.member("33991001").await;
    let guess = |number: u32| world.client(Some(&format!("kz_{number:064x}")));
    for number in 0..3 {
        assert_eq!(ask(&guess(number)).await.status, StatusCode::UNAUTHORIZED);
    }
    let seconds = told(&ask(&guess(4)).await, 3, 60);
    told(&world.client(Some("nonsense")).upload("a.csv", "x").await, 3, 60);
    assert_eq!(ask(&officer.client).await.status, StatusCode::OK, "who is known is not held up");
    told(&ask(&newcomer.client).await, 3, 60);
    // Without a token there is nothing to guess.
    assert_eq!(ask(&world.client(None)).await.status, StatusCode::UNAUTHORIZED);
    let later = Instant::parse("2026-03-02T09:00:02Z").unwrap().plus_seconds(seconds.try_into().unwrap());
    world.clock.set(&later.to_string());
    assert_eq!(ask(&newcomer.client).await.status, StatusCode::OK);
    // A token that was taken back is not known any more.
    let tokens = world.service.tokens(&Actor::OPERATOR).await.unwrap();
    world.service.revoke_token(&Actor::OPERATOR, tokens[0].token.id).await.unwrap();
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(ask(&officer.client).await.status.as_u16());
    }
    assert!(answers.starts_with(&[401]) && answers.ends_with(&[429]), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_that_of_the_client_behind_our_proxy() {
    let settings =
        RateSettings { attempts: NonZeroU32::new(1), proxies: vec!["127.0.0.1".parse().unwrap()], ..unlimited() };
    let world = World::limited(sqlite(), settings).await;
    let guesser = world.client(Some(&format!("kz_{:064x}", 1)));
    for (client, status) in
        [("192.0.2.1", 401), ("192.0.2.1", 429), ("192.0.2.2", 401), ("2001:db8::1", 401), ("2001:db8::2", 429)]
    {
        let request = guesser.graphql(ASK, &Value::Null).header("x-forwarded-for", client);
        assert_eq!(guesser.send(request).await.status.as_u16(), status, "{client}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_files_and_points_are_counted_per_token() {
    let settings = |of: &str| {
        let limit = |name: &str, most: u32| NonZeroU32::new(most).filter(|_| name == of);
        RateSettings {
            requests: limit("requests", 4),
            uploads: limit("uploads", 2),
            points: limit("points", 10),
            ..unlimited()
        }
    };
    for (of, window) in [("requests", 60), ("uploads", 3_600), ("points", 60)] {
        let world = World::limited(sqlite(), settings(of)).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let colleague = world.member("33991001").await;
        let act = async |client: &Client| match of {
            "uploads" => client.upload("a.csv", "x").await,
            _ => ask(client).await,
        };
        let (most, limit) = match of {
            "requests" => (4, 4),
            "uploads" => (2, 2),
            // Two fields each.
            _ => (5, 10),
        };
        for number in 0..most {
            let answer = act(&officer.client).await;
            assert!(answer.status.is_success(), "{of} {number}: {answer:?}");
            if of == "points" {
                assert_eq!(answer.header("ratelimit-policy"), "\"points\";q=10;w=60");
                assert_eq!(answer.header("ratelimit"), format!("\"points\";r={}", 8 - 2 * number));
            }
        }
        let seconds = told(&act(&officer.client).await, limit, window);
        if of == "requests" {
            told(&officer.client.upload("a.csv", "x").await, limit, window);
        }
        if of == "points" {
            let large = "{ a: viewer { role } b: viewer { role } c: viewer { role } d: viewer { role } e: viewer { role } f: viewer { role } }";
            let answer = colleague.client.try_ask(large, &Value::Null).await;
            told(&answer, limit, window);
            assert_eq!(answer.json()["errors"][0]["extensions"]["asked"], 12);
        }
        assert!(act(&colleague.client).await.status.is_success(), "{of}: another's limit is another's");
        let later = Instant::parse("2026-03-02T09:00:03Z").unwrap();
        world.clock.set(&later.plus_seconds(seconds.try_into().unwrap()).to_string());
        assert!(act(&officer.client).await.status.is_success(), "{of}");
        assert_eq!(world.spooled(), 0);
    }
}
