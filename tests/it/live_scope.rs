//! Who is told what: every subscription by every role, on their own data and on another's, as the table in
//! fixtures/scope/expectations.toml says; and nothing of one organisation in what another is told.

use std::time::Duration;

use kraamzicht::{domain::MandateRight, http::LiveSettings};
use serde_json::{Value, json};

use crate::{
    harness::both,
    scene::{
        Client, Event, Events, Expectations, Gets, Mandates, Organisation, PERIOD, Questions, Sector, Socket, Trail,
        World, kanarie,
    },
};

/// A document that follows `root` from a moment on.
fn follow_from(questions: &Questions, root: &str, arguments: &str, since: &str) -> String {
    if root == "checkProgress" {
        return questions.follow(root, arguments);
    }
    let comma = if arguments.is_empty() { "" } else { ", " };
    questions.follow(root, &format!("{arguments}{comma}since: \"{since}\""))
}

/// Everything that is told until there were two signs of life, or until it `is_enough`, as far as that is waited for.
async fn told(
    client: &Client,
    document: &str,
    is_enough: Option<&(dyn Fn(&Value) -> bool + Sync)>,
) -> Result<Vec<Value>, u16> {
    let mut events = Events::try_open(client, document, &Value::Null).await.map_err(|answer| answer.status.as_u16())?;
    let (mut all, mut beats) = (Vec::new(), 0);
    loop {
        assert!(beats < 40, "{document}: not told in so long: {all:?}");
        match events.event().await {
            Event::Next(result) => {
                let is_enough = is_enough.is_some_and(|is_enough| is_enough(&result));
                all.push(result);
                if is_enough {
                    return Ok(all);
                }
            }
            // The first says that the stream has begun.
            Event::Beat if is_enough.is_none() && beats == 2 => return Ok(all),
            Event::Beat => beats += 1,
            Event::Complete => return Ok(all),
            Event::End => panic!("{document} ended"),
        }
    }
}

/// Delivers once more, with a number that is out of the ordinary: when.
async fn correct(who: &Organisation) -> Value {
    let submission = who.client.submit(&who.file(PERIOD).with("KZ06", 12, 400)).await;
    for finding in submission.shown["findings"].as_array().unwrap() {
        if finding["severity"] == "QUESTION" {
            who.client.explain(&submission, finding["number"].as_u64().unwrap(), "Dit klopt.").await;
        }
    }
    let payload = who.client.approve(&[&submission]).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    payload["approvedAt"].clone()
}

/// Whether anything is told beyond that it began.
fn tells(result: &Value) -> bool {
    let lists = result["data"].as_object().into_iter().flat_map(|data| data.values());
    let mut lists = lists.filter_map(Value::as_object).flat_map(|told| told.values()).filter_map(Value::as_array);
    lists.any(|list| !list.is_empty())
}

async fn hold(trail: &Trail, client: &Client, gets: Gets, real: &str, unknown: &str, place: &str) {
    let seen = |result: &Value| !trail.seen_in_text(&result.to_string()).is_empty();
    let text = |all: &Vec<Value>| all.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    match gets {
        Gets::Refused => {
            assert_eq!(told(client, real, None).await, Err(401), "{place}");
            assert_eq!(told(client, unknown, None).await, Err(401), "{place}");
        }
        Gets::Forbidden | Gets::Nothing => {
            let answers = tokio::join!(told(client, real, None), told(client, unknown, None));
            let (real, unknown) = (answers.0.unwrap(), answers.1.unwrap());
            // When it began differs, as others do something meanwhile.
            assert_eq!(text(&real), text(&unknown), "{place}");
            assert!(!real.iter().any(tells) && !real.iter().any(seen), "{place}: {}", text(&real));
            assert_eq!(text(&real).contains("FORBIDDEN"), gets == Gets::Forbidden, "{place}: {}", text(&real));
        }
        Gets::Own | Gets::Shared => {
            let all = told(client, real, Some(&tells)).await.unwrap();
            assert!(all.iter().any(tells) && !all.iter().any(seen), "{place}: {}", text(&all));
        }
        Gets::Seen => {
            let all = told(client, real, Some(&seen)).await.unwrap();
            assert!(all.iter().any(seen), "{place}: {}", text(&all));
        }
        Gets::Found => panic!("{place}: nothing is changed here"),
    }
}

both! {
    async fn everybody_is_told_what_the_table_says(database: TestDatabase) {
        let live = LiveSettings {
            beat_every: Duration::from_secs(1), connections_each: 1_000, ..LiveSettings::default()
        };
        let sector = Sector::in_world(World::live(database, |_| (), live).await).await;
        let since = sector.world.service.present().await.unwrap().to_string();
        let (owner, trail) = kanarie(&sector).await;
        let other = sector.member(9).await;
        let (mandated, (id, stranger)) = (trail.mandated.clone().unwrap(), trail.stranger.clone().unwrap());
        let days = ["2026-03-02", "2026-12-31"];
        sector.world.mandate(&other.id, &id, MandateRight::Deliver, &["indicatoren"], days).await;
        correct(&other).await;
        let anonymous = sector.world.client(None);
        let (table, questions) = (Expectations::read(), Questions::about(PERIOD, None));
        let mandates = Mandates::read();
        let mut held = Vec::new();
        // As many at once as a small database serves in time.
        let places = std::sync::Arc::new(tokio::sync::Semaphore::new(6));
        for (root, arguments, nobody, own, foreign, all) in &table.subscription {
            let [by_mandate, by_none] = Mandates::of(&mandates.subscription, root, arguments);
            let askers = [
                (&anonymous, *nobody), (&owner.client, *own), (&other.client, *foreign), (&sector.inspector, *all),
                (&mandated, by_mandate), (&stranger, by_none),
            ];
            for (client, gets) in askers {
                for (real, unknown) in trail.fill(arguments) {
                    let place = format!("{root}({real})");
                    let real = follow_from(&questions, root, &real, &since);
                    let unknown = follow_from(&questions, root, &unknown, &since);
                    let (client, trail, places) = (client.clone(), trail.clone(), places.clone());
                    held.push(tokio::spawn(async move {
                        let _place = places.acquire().await.unwrap();
                        hold(&trail, &client, gets, &real, &unknown, &place).await;
                    }));
                }
            }
        }
        assert!(held.len() > 40);
        for one in held {
            one.await.unwrap();
        }
    }

    async fn nothing_of_one_is_told_to_another(database: TestDatabase) {
        let live = LiveSettings { beat_every: Duration::from_hours(1), ..LiveSettings::default() };
        let sector = Sector::in_world(World::live(database, |_| (), live).await).await;
        let other = sector.member(9).await;
        let questions = Questions::about(PERIOD, None);
        let documents = ["submissionsChanged", "signalsChanged", "runsPublished"];
        let mut streams = Vec::new();
        let mut socket = Socket::of(&sector.world.base, other.client.token()).await;
        for root in documents {
            let document = questions.follow(root, "");
            let mut events = Events::open(&other.client, &document, &Value::Null).await;
            events.told().await;
            streams.push(events);
            socket.subscribe(root, &document, &Value::Null).await;
            socket.told(root).await;
        }
        let mut watching = Events::open(&sector.inspector, &questions.follow("submissionsChanged", ""), &Value::Null).await;
        watching.told().await;
        let (_, trail) = kanarie(&sector).await;
        // Whatever others did, the last that is told is what the other does itself.
        let approved = correct(&other).await;
        for events in &mut streams {
            loop {
                let told = events.told().await;
                assert_eq!(trail.seen_in_text(&told.to_string()), [""; 0], "{told}");
                if told["at"] == approved {
                    break;
                }
            }
        }
        let mut last = 0;
        while last < documents.len() {
            let crate::scene::Heard::Said(said) = socket.hear().await else { panic!() };
            assert_eq!(trail.seen_in_text(&said.to_string()), [""; 0], "{said}");
            last += usize::from(said.to_string().contains(approved.as_str().unwrap()) && said["type"] == "next");
        }
        // The test has eyes.
        let mut seen = false;
        loop {
            let told = watching.told().await;
            seen |= !trail.seen_in_text(&told.to_string()).is_empty();
            if told["at"] == approved {
                break;
            }
        }
        assert!(seen);
    }
}
