//! The description of the HTTP side is that of the routes there are, and of what they answer; and what is counted.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    harness::{both, sqlite},
    scene::{Answer, Client, PERIOD, Sector, World},
};

/// Routes that are no part of the API for machines: pages, and GraphQL, which describes itself.
const OTHERS: [&str; 6] = ["/", "/console", "/console.css", "/console.js", "/console/examples.json", "/schema.graphql"];

/// Every path that `src/http` has a route for.
fn routes() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
                let named = text.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next());
                found.extend(named.map(str::to_owned));
            }
        }
    }
    found
}

async fn description(client: &Client) -> Value {
    client.get("/openapi.json").await.json()
}

/// The part of the description that `pointer` leads to.
fn resolved<'a>(document: &'a Value, part: &'a Value) -> &'a Value {
    match part["$ref"].as_str() {
        Some(pointer) => document.pointer(pointer.strip_prefix('#').unwrap()).unwrap_or_else(|| panic!("{pointer}")),
        None => part,
    }
}

/// Every `$ref` of the description.
fn references(part: &Value, found: &mut Vec<String>) {
    match part {
        Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|one| references(one, found));
        }
        Value::Array(items) => items.iter().for_each(|one| references(one, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_described_and_no_other() {
    let world = World::new(sqlite()).await;
    let document = description(&world.client(None)).await;
    let described: BTreeSet<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    let mut expected = routes();
    assert!(expected.len() > 15, "{expected:?}");
    for other in OTHERS {
        assert!(expected.remove(other), "{other} is no route");
    }
    assert!(expected.remove("/graphql"));
    assert_eq!(described, expected);
    // The design rules of the Dutch government (NLGov ADR 2): no slash at the end, lower case with hyphens, nouns.
    for path in &described {
        let steps = path.split('/').skip(1).filter(|step| !step.starts_with('{'));
        assert!(
            !path.ends_with('/')
                && steps
                    .clone()
                    .all(|step| step.chars().all(|letter| letter.is_ascii_lowercase() || ".1-".contains(letter))),
            "{path}"
        );
    }
    let mut found = Vec::new();
    references(&document, &mut found);
    let unknown: Vec<&String> = found.iter().filter(|one| document.pointer(&one[1..]).is_none()).collect();
    assert!(found.len() > 100 && unknown.is_empty(), "{unknown:?}");
    for kind in ["parameters", "headers", "responses", "schemas"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let pointer = format!("#/components/{kind}/{name}");
            assert!(found.contains(&pointer), "{pointer} is used nowhere");
        }
    }
}

/// What an operation is asked with: its path with everything filled in, who asks, and the status to expect.
fn trials(
    officer: &str,
    submission: &str,
    receipt: &str,
) -> Vec<(&'static str, String, &'static str, &'static str, u16)> {
    let mut trials = vec![
        ("/uploads", "/uploads?fileName=a.csv".to_owned(), "POST", "officer", 201),
        ("/uploads", "/uploads".to_owned(), "POST", "inspector", 403),
        ("/uploads", "/uploads".to_owned(), "POST", "nobody", 401),
        ("/receipts/key", "/receipts/key".to_owned(), "GET", "nobody", 200),
        ("/receipts/{id}", format!("/receipts/{receipt}"), "GET", "officer", 200),
        ("/receipts/{id}", "/receipts/other".to_owned(), "GET", "officer", 404),
        ("/receipts/{id}", format!("/receipts/{receipt}"), "GET", "nobody", 401),
        ("/submissions/{id}/{file}", format!("/submissions/{submission}/copy.csv"), "GET", "officer", 200),
        ("/submissions/{id}/{file}", format!("/submissions/{submission}/copy.xlsx"), "GET", "officer", 200),
        ("/submissions/{id}/{file}", format!("/submissions/{submission}/copy.csv"), "GET", "inspector", 404),
        ("/submissions/{id}/{file}", format!("/submissions/{submission}/copy.csv"), "GET", "nobody", 401),
        ("/templates/{dataset}/{file}", "/templates/indicatoren/2025.csv".to_owned(), "GET", "nobody", 200),
        ("/templates/{dataset}/{file}", "/templates/indicatoren/2025.xlsx".to_owned(), "GET", "nobody", 200),
        ("/templates/{dataset}/{file}", "/templates/indicatoren/2025.json".to_owned(), "GET", "nobody", 200),
        ("/templates/{dataset}/{file}", "/templates/other/2025.csv".to_owned(), "GET", "nobody", 404),
        ("/session", "/session".to_owned(), "GET", "officer", 200),
        // Where nobody signs in.
        ("/sign-in", "/sign-in".to_owned(), "GET", "nobody", 404),
        ("/sign-in/callback", "/sign-in/callback?code=x".to_owned(), "GET", "nobody", 404),
        ("/sign-out", "/sign-out".to_owned(), "POST", "officer", 404),
        ("/health", "/health".to_owned(), "GET", "nobody", 200),
        ("/ready", "/ready".to_owned(), "GET", "nobody", 200),
        ("/metrics", "/metrics".to_owned(), "GET", "nobody", 200),
        ("/openapi.json", "/openapi.json".to_owned(), "GET", "nobody", 200),
    ];
    for path in ["/v1/exports/scores", "/v1/exports/signals", "/v1/exports/observations", "/v1/exports/submissions"] {
        trials.push((path, format!("{path}?period=2025&organisation={officer}"), "GET", "officer", 200));
        trials.push((path, format!("{path}?format=csv&dialect=excel-nl&limit=2"), "GET", "inspector", 200));
        trials.push((path, format!("{path}?limit=x"), "GET", "officer", 400));
        trials.push((path, path.to_owned(), "GET", "nobody", 401));
    }
    trials
}

/// Fails unless the answer is one that the description has for `operation`.
fn assert_described(document: &Value, operation: &Value, answer: &Answer) {
    let status = answer.status.as_u16().to_string();
    let described = resolved(document, &operation["responses"][&status]);
    assert!(described.is_object(), "{status} of {}", operation["operationId"]);
    let essence = answer.header("content-type").split(';').next().unwrap();
    assert!(described["content"][essence].is_object(), "{essence} of {}: {answer:?}", operation["operationId"]);
    assert_eq!(answer.header("api-version"), document["info"]["version"].as_str().unwrap());
    for header in described["headers"].as_object().unwrap().keys() {
        // These two depend on the form and on what there is.
        if !["Content-Disposition", "Link"].contains(&header.as_str()) {
            assert!(!answer.header(header).is_empty(), "{header} of {}: {answer:?}", operation["operationId"]);
        }
    }
    if essence == "application/json" && described["content"][essence]["schema"]["type"] == "array" {
        let row = resolved(document, &described["content"][essence]["schema"]["items"]);
        let rows = answer.json();
        let rows = rows.as_array().unwrap();
        assert!(!rows.is_empty(), "nothing to look at");
        let names: BTreeSet<&String> = row["properties"].as_object().unwrap().keys().collect();
        assert!(rows.iter().all(|one| one.as_object().unwrap().keys().collect::<BTreeSet<_>>() == names));
    }
    if essence == "application/problem+json" {
        let known = document["components"]["schemas"]["Problem"]["properties"].as_object().unwrap();
        assert!(answer.json().as_object().unwrap().keys().all(|field| known.contains_key(field)), "{answer:?}");
    }
}

both! {
    async fn every_operation_answers_as_it_is_described(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let officer = sector.latecomer(0).await;
        let delivered = officer.deliver(&officer.file(PERIOD)).await;
        let receipt = delivered.shown["receipt"]["id"].as_str().unwrap();
        let nobody = sector.world.client(None);
        let document = description(&nobody).await;
        let mut tried: BTreeMap<String, usize> = BTreeMap::new();
        for (path, asked, method, who, status) in trials(&officer.agb_code, &delivered.id, receipt) {
            let client = match who {
                "officer" => &officer.client,
                "inspector" => &sector.inspector,
                _ => &nobody,
            };
            let operation = &document["paths"][path][method.to_ascii_lowercase()];
            let mut request = client.request(method.parse().unwrap(), &asked);
            if method == "POST" {
                request = request.header("content-type", "text/csv").body("x");
            }
            // A workbook is no text.
            let response = request.send().await.unwrap();
            let (found, headers) = (response.status(), response.headers().clone());
            let text = String::from_utf8_lossy(&response.bytes().await.unwrap()).into_owned();
            let answer = Answer { status: found, headers, text };
            assert_eq!(answer.status.as_u16(), status, "{asked} {answer:?}");
            assert_described(&document, operation, &answer);
            *tried.entry(path.to_owned()).or_default() += 1;
        }
        let untried: Vec<&String> = document["paths"].as_object().unwrap().keys().filter(|path| !tried.contains_key(*path)).collect();
        assert!(untried.is_empty(), "{untried:?}");
        // What is not described is refused.
        for path in ["/v1/exports/scores", "/metrics", "/openapi.json", "/health"] {
            assert_eq!(nobody.send(nobody.request(Method::DELETE, path)).await.status, StatusCode::METHOD_NOT_ALLOWED);
        }
    }

    async fn what_happens_is_counted_without_names(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let nobody = sector.world.client(None);
        let officer = sector.latecomer(0).await;
        let numbers = async || {
            let answer = nobody.get("/metrics").await;
            assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8"));
            let lines = answer.text.lines().filter(|line| !line.starts_with('#'));
            let pairs = lines.map(|line| line.rsplit_once(' ').unwrap());
            pairs.map(|(name, number)| (name.to_owned(), number.parse::<f64>().unwrap())).collect::<BTreeMap<_, _>>()
        };
        let before = numbers().await;
        let grown = |after: &BTreeMap<String, f64>, name: &str| {
            after.get(name).unwrap_or_else(|| panic!("{name} of {after:#?}")) - before.get(name).unwrap_or(&0.0)
        };
        let refused = officer.client.submit(&officer.file(PERIOD).with("KZ06", 500, 80)).await;
        assert_eq!(refused.state, "REJECTED");
        let delivered = officer.deliver(&officer.file(PERIOD)).await;
        officer.client.get("/v1/exports/scores").await;
        officer.client.get("/v1/exports/scores?limit=x").await;
        nobody.get("/templates/indicatoren/2025.csv").await;
        nobody.get("/33990000/Kraamzorg").await;
        nobody.send(nobody.request(Method::from_bytes(b"KRAAMZORG").unwrap(), "/health")).await;
        let after = numbers().await;
        for (name, expected) in [
            ("kraamzicht_checks_total{outcome=\"accepted\"}", 1.0),
            ("kraamzicht_checks_total{outcome=\"rejected\"}", 1.0),
            ("kraamzicht_approvals_total", 1.0),
            ("kraamzicht_withdrawals_total", 0.0),
            ("kraamzicht_rate_limited_total{limit=\"requests\"}", 0.0),
            ("kraamzicht_http_requests_total{method=\"POST\",route=\"/uploads\",status=\"201\"}", 2.0),
            ("kraamzicht_http_requests_total{method=\"GET\",route=\"/v1/exports/scores\",status=\"200\"}", 1.0),
            ("kraamzicht_http_requests_total{method=\"GET\",route=\"/v1/exports/scores\",status=\"400\"}", 1.0),
            ("kraamzicht_http_requests_total{method=\"GET\",route=\"/templates/{dataset}/{file}\",status=\"200\"}", 1.0),
            ("kraamzicht_http_requests_total{method=\"GET\",route=\"other\",status=\"404\"}", 1.0),
            ("kraamzicht_http_requests_total{method=\"other\",route=\"/health\",status=\"405\"}", 1.0),
            ("kraamzicht_http_request_duration_seconds_count{method=\"GET\",route=\"/v1/exports/scores\"}", 2.0),
        ] {
            assert!((grown(&after, name) - expected).abs() < 1e-9, "{name}: {}", grown(&after, name));
        }
        assert!(grown(&after, "kraamzicht_runs_total") >= 1.0);
        assert!(after["kraamzicht_audit_journal_bytes"] > 0.0, "a read waits");
        sector.world.service.keep_records().await.unwrap();
        officer.client.withdraw(&delivered, "Verkeerd jaar.").await;
        let later = numbers().await;
        assert!(later["kraamzicht_audit_journal_bytes"].abs() < 1e-9 && (later["kraamzicht_withdrawals_total"] - 1.0).abs() < 1e-9);
        let (open, most) = (later["kraamzicht_database_connections"], later["kraamzicht_database_connections_limit"]);
        assert!(open >= 1.0 && open <= most && later["kraamzicht_database_connections_idle"] <= open);
        let text = nobody.get("/metrics").await.text;
        // Without the numbers themselves, in which any digits may follow one another.
        let text: String = text.lines().map(|line| line.rsplit_once(' ').map_or(line, |(name, _)| name)).collect();
        for name in ["3399", "Kraamzorg", "KRAAMZORG", "org_", "tok_", "sub_", "127.0.0.1"] {
            assert!(!text.contains(name), "{name}");
        }
        let forwarded = nobody.request(Method::GET, "/metrics").header("x-forwarded-for", "192.0.2.1");
        let forwarded = nobody.send(forwarded).await;
        assert_eq!((forwarded.status, &forwarded.json()["code"]), (StatusCode::NOT_FOUND, &json!("NOT_FOUND")));
    }
}
