//! Who gets what by which door: every field of the schema and every route, by every role, on their own data and on
//! another's, as the table in fixtures/scope/expectations.toml says. What that table does not know fails here.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use kraamzicht::{
    domain::{Actor, MandateRight, OverrideReason},
    service::OverrideRequest,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    harness::{Line, both, postgres},
    scene::{
        Answer, Client, Expectations, Gets, Mandates, Organisation, PERIOD, Questions, Sector, Trail, World, kanarie,
        knock,
    },
};

/// The whole cast: one that left something of everything behind, and everybody who may ask for it.
struct Cast {
    sector: Sector,
    trail: Trail,
    owner: Organisation,
    other: Organisation,
    anonymous: Client,
    mandated: Client,
    stranger: Client,
}

impl Cast {
    async fn on(world: World) -> Self {
        let sector = Sector::in_world(world).await;
        let (owner, trail) = kanarie(&sector).await;
        let other = sector.member(9).await;
        let request = OverrideRequest {
            organisation: other.id.parse().unwrap(),
            reason: OverrideReason::ActiveMeasure,
            from: jiff::civil::date(2026, 1, 15),
            until: None,
            reference: format!("M-{}", other.agb_code),
        };
        sector.world.service.record_override(&Actor::OPERATOR, &request).await.unwrap();
        let anonymous = sector.world.client(None);
        let (mandated, (id, stranger)) = (trail.mandated.clone().unwrap(), trail.stranger.clone().unwrap());
        let days = ["2026-03-02", "2026-12-31"];
        sector.world.mandate(&other.id, &id, MandateRight::Deliver, &["indicatoren"], days).await;
        Self { sector, trail, owner, other, anonymous, mandated, stranger }
    }

    /// Those who ask, what each gets, and what would tell that they got their own.
    fn askers(&self, gets: [Gets; 4], [mandated, stranger]: [Gets; 2]) -> [(&str, &Client, Gets); 6] {
        let [anonymous, owner, other, inspector] = gets;
        [
            ("anonymous", &self.anonymous, anonymous),
            ("owner", &self.owner.client, owner),
            ("other", &self.other.client, other),
            ("inspector", &self.sector.inspector, inspector),
            ("mandated", &self.mandated, mandated),
            ("stranger", &self.stranger, stranger),
        ]
    }

    /// Holds the answers to what one asker asked, each beside that to what does not exist, to what they should get.
    fn hold(&self, place: &str, gets: Gets, answers: &[(Answer, Answer)]) {
        let names = [&self.owner.id, &self.owner.agb_code, &self.owner.name];
        let mut told = false;
        for (answer, unknown) in answers {
            let seen = self.trail.seen_in(answer);
            told |= !seen.is_empty();
            let said = || format!("{place} should get {gets:?}: {seen:?}\n{}", answer.text);
            let codes = codes(answer);
            match gets {
                Gets::Refused => {
                    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", said());
                    assert_alike(place, answer, unknown);
                }
                Gets::Forbidden => {
                    assert!(codes.contains("FORBIDDEN"), "{}", said());
                    assert_alike(place, answer, unknown);
                }
                Gets::Nothing => assert_alike(place, answer, unknown),
                Gets::Own | Gets::Shared => {
                    assert!(codes.is_empty() && answer.status.as_u16() < 400, "{}", said());
                    assert!(names.iter().all(|name| !answer.text.contains(*name)), "{}", said());
                }
                Gets::Seen => assert!(codes.is_empty(), "{}", said()),
                Gets::Found => {
                    assert!(["NOT_FOUND", "FORBIDDEN"].iter().all(|code| !codes.contains(*code)), "{}", said());
                }
            }
            let blind = matches!(gets, Gets::Refused | Gets::Forbidden | Gets::Nothing);
            assert!(!blind || seen.is_empty(), "{}", said());
        }
        assert!(gets != Gets::Seen || told, "{place} shows nothing of what it should");
    }
}

/// Whether somebody may see nothing of the owner's.
fn is_foreign(who: &str) -> bool {
    matches!(who, "other" | "stranger")
}

/// The codes of all that was refused in an answer.
fn codes(answer: &Answer) -> BTreeSet<String> {
    fn look(value: &Value, codes: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match (name.as_str(), value) {
                        ("userErrors" | "errors", Value::Array(errors)) => codes.extend(errors.iter().filter_map(code)),
                        _ => look(value, codes),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| look(item, codes)),
            _ => {}
        }
    }
    fn code(error: &Value) -> Option<String> {
        error["code"].as_str().or(error["extensions"]["code"].as_str()).map(str::to_owned)
    }
    let mut found = BTreeSet::new();
    let body = serde_json::from_str(&answer.text).unwrap_or_default();
    if answer.status.as_u16() >= 400 {
        found.extend(code(&body));
    }
    look(&body, &mut found);
    found
}

/// The same bytes under the same headers, save what counts requests, and the tag: a digest of what was asked, by whom and
/// of which snapshot.
fn assert_alike(place: &str, answer: &Answer, unknown: &Answer) {
    let headers = |answer: &Answer| -> BTreeMap<String, String> {
        let counted = ["date", "etag", "ratelimit", "x-request-id"];
        let all = answer.headers.iter().filter(|(name, _)| !counted.contains(&name.as_str()));
        all.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
    };
    assert_eq!((answer.status, &answer.text), (unknown.status, &unknown.text), "{place}");
    assert_eq!(headers(answer), headers(unknown), "{place}");
}

#[test]
fn the_table_knows_the_whole_schema_and_every_route() {
    let (table, questions) = (Expectations::read(), Questions::about(PERIOD, None));
    let known = |lines: &[crate::scene::Line]| lines.iter().map(|line| line.0.clone()).collect::<BTreeSet<_>>();
    assert_eq!(known(&table.query), questions.roots().into_iter().collect(), "query: a line for every root field");
    assert_eq!(known(&table.mutation), questions.mutations().into_iter().collect(), "mutation: a line for each");
    assert_eq!(
        known(&table.subscription),
        questions.subscriptions().into_iter().collect(),
        "subscription: a line for each"
    );

    let mut whose = BTreeMap::new();
    for (who, types) in &table.whose {
        for name in types {
            assert_eq!(whose.insert(name.clone(), who.as_str()), None, "whose: {name} is there twice");
        }
    }
    assert_eq!(whose.keys().cloned().collect::<BTreeSet<_>>(), questions.objects(), "whose: every type, once");
    let leads_in = |from: &str, to: &str| {
        ["sector", "everybody"].contains(&whose[from])
            && ["organisation", "envelope"].contains(whose.get(to).unwrap_or(&""))
    };
    let leads = questions.leads().into_iter().filter(|(from, _, to)| leads_in(from, to));
    let doors: BTreeSet<String> = leads.map(|(from, field, _)| format!("{from}.{field}")).collect();
    assert_eq!(doors, table.doors.keys().cloned().collect(), "doors: from what is nobody's to what is somebody's");

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    let routes: BTreeSet<String> = table.route.iter().map(|line| line.1.clone()).collect();
    assert_eq!(routes, routes_in(&folder), "route: a line for each");
}

/// The routes that the code below `folder` names.
fn routes_in(folder: &Path) -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            routes.extend(routes_in(&path));
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let named =
                text.split(".route(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
            routes.extend(named.map(str::to_owned));
        }
    }
    routes
}

#[test]
fn the_questions_ask_for_every_field() {
    let (table, questions) = (Expectations::read(), Questions::about(PERIOD, None));
    let trail = Trail::default();
    let mut asked = BTreeSet::new();
    for (root, arguments, ..) in &table.query {
        asked.extend(questions.asked_by(&questions.whole(root, &trail.fill(arguments)[0].0)));
    }
    for (root, arguments, ..) in &table.subscription {
        asked.extend(questions.asked_by(&questions.follow(root, &trail.fill(arguments)[0].0)));
    }
    for root in questions.mutations() {
        asked.extend(questions.asked_by(&questions.change(&root)));
    }
    // A page shows each node twice: by its edge too.
    let counts = |from: &str, field: &str| field != "edges" && !from.ends_with("Edge");
    let all = questions.leads().into_iter().filter(|(from, field, _)| counts(from, field));
    let missing: Vec<String> =
        all.map(|(from, field, _)| format!("{from}.{field}")).filter(|field| !asked.contains(field)).collect();
    assert_eq!(missing, [""; 0], "nobody asks for these");
}

both! {
    async fn everybody_gets_what_the_table_says(database: TestDatabase) {
        let cast = Cast::on(World::new(database).await).await;
        let (table, questions) = (Expectations::read(), Questions::about(PERIOD, None));
        let mandates = Mandates::read();
        let mut told = BTreeSet::new();
        for (root, arguments, anonymous, owner, other, inspector) in &table.query {
            let held = Mandates::of(&mandates.query, root, arguments);
            for (who, client, gets) in cast.askers([*anonymous, *owner, *other, *inspector], held) {
                let mut answers = Vec::new();
                for (real, unknown) in cast.trail.fill(arguments) {
                    let answer = client.try_ask(&questions.whole(root, &real), &Value::Null).await;
                    let beside = client.try_ask(&questions.whole(root, &unknown), &Value::Null).await;
                    told.extend(cast.trail.seen_in(&answer).into_iter().map(|canary| (is_foreign(who), canary.to_owned())));
                    let whole = who == "other" && gets == Gets::Own && arguments.is_empty();
                    assert!(!whole || answer.text.contains(&cast.other.agb_code), "{root} hides one's own");
                    answers.push((answer, beside));
                }
                cast.hold(&format!("{root}({arguments}) by {who}"), gets, &answers);
            }
        }
        for (method, _, path, anonymous, owner, other, inspector) in &table.route {
            let held = Mandates::of(&mandates.route, method, path);
            for (who, client, gets) in cast.askers([*anonymous, *owner, *other, *inspector], held) {
                let mut answers = Vec::new();
                for (real, unknown) in cast.trail.fill(path) {
                    // Their own questions are asked above.
                    let answer = if path == "/graphql" {
                        client.try_ask("{ viewer { role } }", &Value::Null).await
                    } else {
                        knock(client, method, &real).await
                    };
                    let beside = if real == unknown { answer.clone() } else { knock(client, method, &unknown).await };
                    told.extend(cast.trail.seen_in(&answer).into_iter().map(|canary| (is_foreign(who), canary.to_owned())));
                    answers.push((answer, beside));
                }
                cast.hold(&format!("{method} {path} by {who}"), gets, &answers);
            }
        }
        assert_eq!(told.iter().filter(|(foreign, _)| *foreign).collect::<Vec<_>>(), Vec::<&(bool, String)>::new());
        // The test has eyes: those who may, see all of it.
        let blind: Vec<&String> = cast.trail.canaries.iter().filter(|one| !told.contains(&(false, (*one).clone()))).collect();
        assert_eq!(blind, Vec::<&String>::new(), "nobody sees these");
    }

    async fn everybody_changes_what_the_table_says(database: TestDatabase) {
        let cast = Cast::on(World::new(database).await).await;
        let (table, questions) = (Expectations::read(), Questions::about(PERIOD, None));
        let mandates = Mandates::read();
        // First those who may not, who change nothing; then those who may.
        for may in [false, true] {
            let before = cast.sector.world.tally().await;
            for (root, input, anonymous, owner, other, inspector) in &table.mutation {
                let held = Mandates::of(&mandates.mutation, root, input);
                for (who, client, gets) in cast.askers([*anonymous, *owner, *other, *inspector], held) {
                    if matches!(gets, Gets::Found | Gets::Own) != may {
                        continue;
                    }
                    let document = questions.change(root);
                    let mut answers = Vec::new();
                    for (real, unknown) in cast.trail.fill(input) {
                        let variables = |text: &str| json!({ "input": serde_json::from_str::<Value>(text).unwrap() });
                        let answer = client.try_ask(&document, &variables(&real)).await;
                        let beside = client.try_ask(&document, &variables(&unknown)).await;
                        assert!(gets != Gets::Nothing || codes(&answer).contains("NOT_FOUND"), "{root}: {answer:?}");
                        answers.push((answer, beside));
                    }
                    cast.hold(&format!("{root} by {who}"), gets, &answers[..]);
                    if is_foreign(who) {
                        assert!(answers.iter().all(|(answer, _)| cast.trail.seen_in(answer).is_empty()), "{root}");
                    }
                }
            }
            assert!(may || cast.sector.world.tally().await == before, "somebody changed something");
        }
    }

    async fn a_cursor_of_another_opens_nothing(database: TestDatabase) {
        let cast = Cast::on(World::new(database).await).await;
        for (root, question) in Questions::about(PERIOD, None).walks() {
            let ask = async |client: &Client, after: &Value| {
                let answer = client.try_ask(&question, &json!({ "after": after })).await;
                assert_eq!(codes(&answer), BTreeSet::new(), "{root}: {answer:?}");
                answer
            };
            let of = |answer: &Answer| answer.json()["data"][&root].clone();
            let total = of(&ask(&cast.other.client, &Value::Null).await)["totalCount"].clone();
            for client in [&cast.owner.client, &cast.sector.inspector] {
                let cursor = of(&ask(client, &Value::Null).await)["pageInfo"]["endCursor"].clone();
                assert!(cursor.is_string(), "{root}");
                let page = ask(&cast.other.client, &cursor).await;
                assert_eq!(of(&page)["totalCount"], total, "{root}: {page:?}");
                assert_eq!(cast.trail.seen_in(&page), [""; 0], "{root}");
            }
        }
    }
}

/// What is another's costs the work of what does not exist: the database is told as much. The clock would say it less
/// well, and differently on each machine.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_anothers_takes_the_work_of_what_is_not_there() {
    let database = postgres().await;
    let line = Line::to(&database).await;
    let url = line.url.clone();
    let cast = Cast::on(World::by_way_of(&url, database, |_| ()).await).await;
    let (table, questions) = (Expectations::read(), Questions::about(PERIOD, None));
    let mandates = Mandates::read();
    let mut compared = 0;
    let lines = table.query.iter().map(|line| (line, false)).chain(table.mutation.iter().map(|line| (line, true)));
    let mut asked_by_foreign = Vec::new();
    for ((root, asked, _, _, gets, _), changes) in lines {
        let held = if changes { &mandates.mutation } else { &mandates.query };
        let [_, stranger] = Mandates::of(held, root, asked);
        asked_by_foreign.push((root, asked, changes, &cast.other.client, *gets));
        asked_by_foreign.push((root, asked, changes, &cast.stranger, stranger));
    }
    for (root, asked, changes, client, gets) in asked_by_foreign {
        if !matches!(gets, Gets::Nothing | Gets::Forbidden) {
            continue;
        }
        for (real, unknown) in cast.trail.fill(asked) {
            let takes = async |text: &str| {
                let before = line.sent();
                if changes {
                    let input = serde_json::from_str::<Value>(text).unwrap();
                    client.try_ask(&questions.change(root), &json!({ "input": input })).await;
                } else {
                    client.try_ask(&questions.whole(root, text), &Value::Null).await;
                }
                line.sent() - before
            };
            // The first time on each connection it learns the statements; the least is what the work takes. A statement
            // more would be longer than this; the names of prepared ones differ by a digit.
            let (mut foreign, mut missing) = (u64::MAX, u64::MAX);
            let mut turns = 0..40;
            while turns.next().is_some() && (turns.start < 3 || foreign.abs_diff(missing) >= 40) {
                foreign = foreign.min(takes(&real).await);
                missing = missing.min(takes(&unknown).await);
            }
            assert!(foreign.abs_diff(missing) < 40, "{root}: {real} takes {foreign}, what is not there {missing}");
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared}");
}
