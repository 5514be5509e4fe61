//! What breaks off half way, comes all at once, or finds no room: one clear outcome each, and nothing half in.

use std::{collections::BTreeMap, str::FromStr as _, thread};

use futures_util::FutureExt as _;
use kraamzicht::{
    domain::{Digest, Instant, Role, Scope},
    store::{self, Database, Tx},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions, query};

use crate::{
    harness::{TestDatabase, both, fetch, sqlite},
    scene::{Client, Organisation, PERIOD, Program, Wire, World, agb_code, last_year, make_in_real_time, until},
};

async fn officer_of(world: &World) -> Organisation {
    world.organisation("33991001", "Kraamzorg De Wieg").await
}

fn code(payload: &Value) -> String {
    payload["userErrors"][0]["code"].as_str().unwrap_or("APPROVED").to_owned()
}

/// How many submissions speak for a period, receipts, and corrections.
async fn proofs(database: &TestDatabase) -> (i64, i64, i64) {
    let statement = "SELECT (SELECT COUNT(DISTINCT submission_id) FROM delivery WHERE version =
            (SELECT MAX(last.version) FROM delivery AS last WHERE last.organisation_id = delivery.organisation_id
                AND last.dataset = delivery.dataset AND last.period = delivery.period)),
        (SELECT COUNT(*) FROM receipt), (SELECT COUNT(*) FROM correction)";
    fetch(database, statement).await
}

both! {
    async fn of_twenty_files_at_once_each_has_one_outcome(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = officer_of(&world).await;
        let before = world.tally().await;
        let at_once = (0..20).map(|number| {
            let (client, file) = (officer.client.clone(), officer.file(PERIOD).with("KZ06", 350 + number, 400));
            tokio::spawn(async move {
                let submission = client.submit(&file).await;
                // Half of them look first, and are overtaken; the others say that nothing is in force.
                let variables = if number % 2 == 0 {
                    client.approval_seen(&[&submission]).await
                } else {
                    Client::approval_of(&[&submission])
                };
                let answer = client.try_ask(&Client::approval(), &variables).await;
                (submission, answer)
            })
        });
        let mut outcomes: BTreeMap<String, i64> = BTreeMap::new();
        let mut answers = Vec::new();
        for one in at_once.collect::<Vec<_>>() {
            answers.push(one.await.unwrap());
        }
        let mut approved = Vec::new();
        for (submission, answer) in answers {
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            let outcome = code(&answer.json()["data"]["done"]);
            let state = officer.client.look_at(&submission.id).await["state"].as_str().unwrap().to_owned();
            match outcome.as_str() {
                "APPROVED" => assert!(state == "APPROVED" || state == "SUPERSEDED", "{state}"),
                "VERSION_NOT_SEEN" | "VERSION_CHANGED" => assert_eq!(state, "CHECKED"),
                _ => panic!("{answer:?}"),
            }
            approved.extend((state == "APPROVED").then_some(submission.id));
            *outcomes.entry(outcome).or_default() += 1;
        }
        let count = outcomes["APPROVED"];
        assert_eq!((approved.len(), outcomes.values().sum::<i64>()), (1, 20), "{outcomes:?}");
        let after = world.tally().await;
        assert_eq!((after.uploads, after.submissions, after.deliveries), (20, 20, count));
        assert_eq!((after.observations, after.runs), (10 * count, count));
        assert_eq!(after.audit, before.audit + 20 + 20 + count, "an upload and a check each, and the approvals");
        assert_eq!(world.service.verify_audit().await.unwrap(), Ok(after.audit));
        assert_eq!(proofs(&world.database).await, (1, count, count - 1));
        assert_eq!(world.spooled(), 0);
    }

    async fn an_upload_cut_half_way_leaves_nothing_and_the_next_is_fine(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = officer_of(&world).await;
        let token = world.token(Role::Organisation, Some(&officer.agb_code)).await;
        let before = world.tally().await;
        let file = officer.file(PERIOD).bytes();
        let half = &file[..file.len() / 2];
        for headers in [format!("Content-Length: {}", file.len()), "Transfer-Encoding: chunked".to_owned()] {
            let mut wire = Wire::to(&world.base).await;
            wire.begin_upload(&token, &headers).await;
            if headers.contains("chunked") {
                wire.say(format!("{:x}\r\n", half.len()).as_bytes()).await.unwrap();
            }
            wire.say(half).await.unwrap();
            until(|| world.spooled() == 1).await;
            drop(wire);
            until(|| world.spooled() == 0).await;
        }
        assert_eq!(world.tally().await, before);
        let kept = officer.deliver(&officer.file(PERIOD)).await;
        assert_eq!((kept.state.as_str(), world.tally().await.uploads, world.spooled()), ("APPROVED", 1, 0));
    }

    /// The client goes away at ever later moments of its approval. Whatever became of it, doing it again makes it so
    /// once, and what is there can be read.
    async fn who_goes_away_during_an_approval_finds_all_of_it_or_nothing(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = officer_of(&world).await;
        let token = world.token(Role::Organisation, Some(&officer.agb_code)).await;
        let prepare = async |number: u32| {
            let submission = officer.client.submit(&officer.file(PERIOD).with("KZ06", 350 + number, 400)).await;
            let seen = officer.client.approval_seen(&[&submission]).await;
            (submission, seen)
        };
        let mut looks = 0;
        // The second one takes the place of another, as all that follow.
        for number in 0..2 {
            let (_, seen) = prepare(number).await;
            let begun = world.clock.looks();
            assert_eq!(code(&officer.client.ask(&Client::approval(), &seen).await["done"]), "APPROVED");
            looks = world.clock.looks() - begun;
        }

        let mut states: BTreeMap<String, i64> = BTreeMap::new();
        for moment in 0..=looks {
            let (submission, seen) = prepare(u32::try_from(moment).unwrap() + 2).await;
            let (before, proofs_before) = (world.tally().await, proofs(&world.database).await);
            let body = json!({ "query": Client::approval(), "variables": seen }).to_string();
            let mut wire = Wire::to(&world.base).await;
            let head = format!(
                "POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            let begun = world.clock.looks();
            wire.say((head + &body).as_bytes()).await.unwrap();
            until(|| world.clock.looks() >= begun + moment).await;
            drop(wire);

            // Who comes back does the same again, until it is clear.
            let again = loop {
                let answer = officer.client.try_ask(&Client::approval(), &seen).await;
                assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
                let json = answer.json();
                if json["errors"].is_null() {
                    break code(&json["data"]["done"]);
                }
                assert_eq!(json["errors"][0]["extensions"]["code"], "CONFLICT", "{answer:?}");
            };
            assert!(again == "APPROVED" || again == "SUBMISSION_STATE", "{again}");
            *states.entry(again).or_default() += 1;
            let shown = officer.client.look_at(&submission.id).await;
            assert_eq!((&shown["state"], shown["receipt"]["id"].is_string()), (&json!("APPROVED"), true), "{shown}");
            let (after, proofs_after) = (world.tally().await, proofs(&world.database).await);
            assert_eq!(after.deliveries, before.deliveries + 1, "{moment} of {looks}");
            assert_eq!((after.observations, after.runs), (before.observations + 10, before.runs + 1));
            assert_eq!((after.audit, after.events), (before.audit + 1, before.events + 2));
            assert_eq!(proofs_after, (1, proofs_before.1 + 1, proofs_before.2 + 1));
        }
        assert!(states.contains_key("APPROVED"), "nobody went away in time: {states:?}");
        assert_eq!(world.service.verify_audit().await.unwrap(), Ok(world.tally().await.audit));
    }

    /// Who asks goes away at ever later moments of the beginning of a reading. Whoever has its connection next can write.
    async fn who_goes_away_at_the_beginning_leaves_nothing_begun(database: TestDatabase) {
        let store = Database::open(&database.url).await.unwrap();
        store.migrate().await.unwrap();
        let (mut looks, mut whole) = (1_u32, 0);
        while whole < 3 {
            let mut reading = Box::pin(store.read(Scope::Sector));
            for _ in 0..looks {
                if reading.as_mut().now_or_never().is_some() {
                    whole += 1;
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(reading);
            for _ in 0..4 {
                let mut tx = store.write(Scope::Sector).await.unwrap();
                store::beat(&mut tx, Instant::from_microseconds(1)).await.unwrap();
                tx.commit().await.unwrap();
            }
            looks += looks.div_ceil(32);
        }
        store.close().await;
    }

    /// A thread that serves connections ends before the last work is done, and leaves that its connections to the database.
    async fn a_transaction_outlives_the_thread_that_began_it(database: TestDatabase) {
        let store = Database::open(&database.url).await.unwrap();
        store.migrate().await.unwrap();
        let begun = thread::spawn({
            let store = store.clone();
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                // The pool has one connection at most so far: another is opened here.
                let begin = async { (store.read(Scope::Sector).await, store.write(Scope::Sector).await) };
                runtime.block_on(begin)
            }
        });
        let (reading, tx) = begun.join().unwrap();
        let (reading, mut tx) = (reading.unwrap(), tx.unwrap());
        store::beat(&mut tx, Instant::from_microseconds(1)).await.unwrap();
        tx.commit().await.unwrap();
        drop(reading);
        store.close().await;
    }

    /// The last day ends at ever other moments of an approval: before it all is refused, after it all is done.
    async fn a_period_that_closes_during_an_approval_is_closed_or_not(database: TestDatabase) {
        let world = World::with(database, |settings| settings.upload_lifetime = 10 * 365 * 24 * 3_600).await;
        let year = 2_024;
        // Each organisation once: what is closed stays so.
        let mut outcomes: BTreeMap<String, u32> = BTreeMap::new();
        world.clock.set("2026-03-02T10:00:00Z");
        let mut checked = Vec::new();
        for (years_later, place) in (0..16).zip(1..) {
            let officer = world.organisation(&format!("339910{place:02}"), &format!("Kraamzorg {place}")).await;
            let period = (year + years_later).to_string();
            checked.push((officer.agb_code.clone(), period));
        }
        for (round, (agb_code, period)) in checked.iter().enumerate() {
            let closes = period.parse::<i16>().unwrap() + 2;
            world.clock.set(&format!("{closes}-12-31T20:00:00Z"));
            let officer = world.member(agb_code).await;
            let submission = officer.client.submit(&officer.file(period)).await;
            assert_eq!(submission.state, "CHECKED", "{submission:?}");
            let before = world.tally().await;
            let seen = Client::approval_of(&[&submission]);
            // So many looks are left.
            world.clock.set(&format!("{closes}-12-31T23:59:59.{:03}Z", 999 - round));
            let payload = officer.client.ask(&Client::approval(), &seen).await["done"].take();
            let after = world.tally().await;
            let state = officer.client.look_at(&submission.id).await["state"].clone();
            let outcome = code(&payload);
            match outcome.as_str() {
                "APPROVED" => {
                    assert_eq!((&state, after.deliveries), (&json!("APPROVED"), before.deliveries + 1));
                    let at = payload["approvedAt"].as_str().unwrap();
                    assert!(at.starts_with(&format!("{closes}-12-31T23:59")), "{at}");
                }
                "CHECK_CHANGED" => {
                    assert_eq!((&state, after), (&json!("CHECKED"), before));
                    let message = &payload["userErrors"][0]["message"];
                    assert!(message["nl"].as_str().unwrap().contains("Periode gesloten"), "{message}");
                }
                _ => panic!("{payload}"),
            }
            *outcomes.entry(outcome).or_default() += 1;
        }
        assert_eq!(outcomes.len(), 2, "both happen: {outcomes:?}");
    }

    /// The real binary, and a file that may not grow: the system's own error at the write that is too much.
    async fn without_room_it_says_so_and_goes_on_when_there_is(database: TestDatabase) {
        let period = last_year();
        make_in_real_time(&database, &period).await;
        let mut program = Program::on(&database.url);
        let code_of_one = agb_code(0);
        let token = program.token(&code_of_one);
        program.start();
        let client = program.client(&token);
        let officer = Organisation { agb_code: code_of_one, name: String::new(), id: String::new(), client };
        let checked = officer.client.submit(&officer.file(&period)).await;
        let seen = Client::approval_of(&[&checked]);
        let count = async || fetch::<(i64, i64, i64)>(
            &database,
            "SELECT (SELECT COUNT(*) FROM upload), (SELECT COUNT(*) FROM delivery), (SELECT COUNT(*) FROM audit)",
        ).await;
        let before = count().await;

        // The spool file finds no room half way.
        program.server().limit_files(Some(16 << 20));
        let mut wire = Wire::to(program.server().url("").trim_end_matches('/')).await;
        wire.begin_upload(&token, &format!("Content-Length: {}", 40 << 20)).await;
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..24 {
            // It stops reading once it has answered.
            if wire.say(&piece).await.is_err() {
                break;
            }
        }
        let answer = wire.hear_to_the_end().await;
        assert!(answer.starts_with("HTTP/1.1 507 "), "{answer}");
        let head = answer.to_ascii_lowercase();
        assert!(head.contains("retry-after: 300") && answer.contains("NO_ROOM"), "{answer}");
        assert!(answer.contains("later opnieuw") || answer.contains("try again later"), "{answer}");
        assert_eq!((count().await, std::fs::read_dir(program.spool()).unwrap().count()), (before, 0));
        // What is small fits beside it.
        assert_eq!(officer.client.upload("a.csv", officer.file("2024").bytes()).await.status, StatusCode::CREATED);
        let before = count().await;

        // No byte fits any more.
        program.server().limit_files(Some(0));
        let refused = officer.client.upload("b.csv", officer.file("2023").bytes()).await;
        assert_eq!(refused.status, StatusCode::INSUFFICIENT_STORAGE, "{refused:?}");
        // Nor does a copy with remarks, which is made on that disk.
        for form in ["csv", "xlsx"] {
            let refused = officer.client.get(&format!("/submissions/{}/copy.{form}", checked.id)).await;
            assert_eq!(refused.status, StatusCode::INSUFFICIENT_STORAGE, "{refused:?}");
            assert_eq!((&refused.json()["code"], refused.header("retry-after")), (&json!("NO_ROOM"), "300"));
        }
        if !database.is_postgres() {
            // The database is such a file too.
            let refused = officer.client.try_ask(&Client::approval(), &seen).await;
            assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{refused:?}");
            assert!(refused.text.contains("UNAVAILABLE") && refused.header("retry-after") == "5", "{refused:?}");
        }
        assert_eq!(officer.client.get("/health").await.status, StatusCode::OK);
        assert_eq!(officer.client.look_at(&checked.id).await["state"], "CHECKED", "what is there can be read");
        assert_eq!((count().await, std::fs::read_dir(program.spool()).unwrap().count()), (before, 0));

        // With room all goes on.
        program.server().limit_files(None);
        let again = officer.client.upload("b.csv", officer.file("2023").bytes()).await;
        assert_eq!(again.status, StatusCode::CREATED, "{again:?}\n{}", program.server().output());
        let copy = officer.client.get(&format!("/submissions/{}/copy.csv", checked.id)).await;
        assert_eq!(copy.status, StatusCode::OK, "{copy:?}");
        assert_eq!(code(&officer.client.ask(&Client::approval(), &seen).await["done"]), "APPROVED");
        assert_eq!(count().await, (before.0 + 1, before.1 + 1, before.2 + 2));
        program.run(&["verify-audit"]);
    }
}

/// PostgreSQL that takes no changes for a while, as a standby or one that an operator put aside.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_takes_no_changes_is_said_to_be_away() {
    let world = World::new(crate::harness::postgres().await).await;
    let officer = officer_of(&world).await;
    let checked = officer.client.submit(&officer.file(PERIOD)).await;
    let seen = Client::approval_of(&[&checked]);
    let before = world.tally().await;
    // It holds for those who connect from now on, but not for who says otherwise.
    let options = PgConnectOptions::from_str(&world.database.behind).unwrap();
    let options = options.options([("default_transaction_read_only", "off")]);
    let mut operator = PgConnection::connect_with(&options).await.unwrap();
    let mut put = async |setting: &'static str| {
        query(setting).execute(&mut operator).await.unwrap();
        let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        query(others).execute(&mut operator).await.unwrap();
    };
    put("DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$")
    .await;
    let refused = officer.client.try_ask(&Client::approval(), &seen).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{refused:?}");
    assert!(refused.text.contains("UNAVAILABLE"), "{refused:?}");
    let refused = officer.client.upload("a.csv", officer.file("2024").bytes()).await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"), "{refused:?}");
    assert_eq!(officer.client.look_at(&checked.id).await["state"], "CHECKED", "what is there can be read");
    assert_eq!((world.tally().await, world.spooled()), (before, 0));

    put("DO $$ BEGIN
        EXECUTE format('ALTER DATABASE %I RESET default_transaction_read_only', current_database()); END $$")
    .await;
    assert_eq!(code(&officer.client.ask(&Client::approval(), &seen).await["done"]), "APPROVED");
}

/// SQLite's own word for a full disk, which its limit of pages gives too.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_full_is_unavailable_and_changes_nothing() {
    let database = sqlite();
    let opened = Database::open(&database.url).await.unwrap();
    opened.migrate().await.unwrap();
    let bytes = vec![7; 4 << 20];
    let mut tx = opened.write(Scope::Sector).await.unwrap();
    let Tx::Sqlite(connection, ..) = &mut tx else { panic!("this is SQLite") };
    query("PRAGMA max_page_count = 1").execute(&mut **connection).await.unwrap();
    let kept = store::save_content(&mut tx, Digest::of(&bytes), bytes.len() as u64, &bytes).await;
    assert!(matches!(kept, Err(store::Error::Unavailable(_))), "{kept:?}");
    drop(tx);
    assert_eq!(fetch::<(i64,)>(&database, "SELECT COUNT(*) FROM content").await, (0,));
}

/// What SQLite does of itself to a change that finds no room, and what becomes of the connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_sqlite_rolled_back_itself_leaves_no_connection_that_cannot_write() {
    let database = sqlite();
    let opened = Database::open(&database.url).await.unwrap();
    opened.migrate().await.unwrap();
    let mut tx = opened.write(Scope::Sector).await.unwrap();
    let Tx::Sqlite(connection, ..) = &mut tx else { panic!("this is SQLite") };
    query("ROLLBACK").execute(&mut **connection).await.unwrap();
    drop(tx);
    for _ in 0..10 {
        opened.write(Scope::Sector).await.unwrap().commit().await.unwrap();
    }
}
