//! What one process changes is told by another: as it is announced, and when it was not.

use std::time::Duration;

use kraamzicht::service::Settings;
use serde_json::json;

use crate::{
    harness::{Line, execute, postgres, sqlite},
    live::{CHECK, SUBMISSIONS, none, pair, patient, states},
    scene::{Client, Events, PERIOD, World},
};

/// Nobody else's: what other processes change is heard of through PostgreSQL.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_changes_is_announced() {
    let database = postgres().await;
    let url = database.url.clone();
    // Nobody looks by themselves.
    let deaf = |settings: &mut Settings| settings.look_every = Duration::from_hours(1);
    let world = World::live(database, deaf, patient()).await;
    let (elsewhere, _stop) = world.another(&url, deaf).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    let there = Client::new(&elsewhere, Some(officer.client.token()));
    let mut events = Events::open(&there, SUBMISSIONS, &none()).await;
    events.told().await;
    let upload = officer.client.upload("a.csv", officer.file(PERIOD).bytes()).await.json();
    let mut check = Events::open(&there, CHECK, &json!({ "by": { "uploadId": upload["id"] } })).await;
    assert_eq!(check.told().await["state"], "WAITING");
    let input = json!({ "uploadId": upload["id"] });
    let create = "mutation($input: CreateSubmissionInput!) { createSubmission(input: $input) { submission { id } } }";
    let made = officer.client.ask(create, &json!({ "input": input })).await;
    let told = events.told().await;
    assert_eq!(told["submissions"][0]["id"], made["createSubmission"]["submission"]["id"]);
    let done = loop {
        let told = check.told().await;
        if told["state"] == "DONE" {
            break told;
        }
    };
    assert_eq!(done["submission"]["id"], made["createSubmission"]["submission"]["id"]);
}

/// Where no notice comes, a look from time to time finds it.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_announced_is_found() {
    let look = |settings: &mut Settings| settings.look_every = Duration::from_millis(20);
    // On SQLite another process announces nothing.
    let database = sqlite();
    let url = database.url.clone();
    let world = World::live(database, look, patient()).await;
    let (elsewhere, _stop) = world.another(&url, look).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    let there = Client::new(&elsewhere, Some(officer.client.token()));
    let mut events = Events::open(&there, SUBMISSIONS, &none()).await;
    events.told().await;
    let submission = officer.client.submit(&officer.file(PERIOD)).await;
    assert_eq!(states(&events.told().await), [pair(&submission, "CHECKED")]);

    // On PostgreSQL the line was cut while it was announced.
    let database = postgres().await;
    let (line, url) = (Line::to(&database).await, database.url.clone());
    let way = line.url.clone();
    let world = World::live_by_way_of(&way, database, look, patient()).await;
    let (elsewhere, _stop) = world.another(&url, look).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    let mut events = Events::open(&officer.client, SUBMISSIONS, &none()).await;
    events.told().await;
    let mut there = officer.clone();
    there.client = Client::new(&elsewhere, Some(officer.client.token()));
    let first = there.client.submit(&officer.file(PERIOD)).await;
    assert_eq!(states(&events.told().await), [pair(&first, "CHECKED")]);
    line.cut();
    let second = there.client.submit(&officer.file(PERIOD).with("KZ06", 301, 400)).await;
    line.mend();
    assert_eq!(states(&events.told().await), [pair(&second, "CHECKED")], "nothing is lost");
    // And it listens again.
    let third = there.client.submit(&officer.file(PERIOD).with("KZ06", 302, 400)).await;
    assert_eq!(states(&events.told().await), [pair(&third, "CHECKED")]);
}

/// A notice that came to nothing tells nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_notice_is_let_pass() {
    let deaf = |settings: &mut Settings| settings.look_every = Duration::from_hours(1);
    let world = World::live(postgres().await, deaf, patient()).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    let mut events = Events::open(&officer.client, SUBMISSIONS, &none()).await;
    events.told().await;
    execute(&world.database, "SELECT pg_notify('kraamzicht', 'drop table submission')").await;
    execute(&world.database, "SELECT pg_notify('kraamzicht', 'change 9223372036854775807')").await;
    let submission = officer.client.submit(&officer.file(PERIOD)).await;
    assert_eq!(states(&events.told().await), [pair(&submission, "CHECKED")]);
}
