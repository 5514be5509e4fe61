//! What the API costs beside its best peer: mercurius with graphql-jit, serving the same scores from memory, and beside the
//! same bytes from memory. Processor time of the serving process per request, all in one run on this machine.
//!
//! `cargo bench --bench peers`, with `-- --check` failing where a bound is broken. Needs Node and npm; installs the peer
//! into target/peers, and plays the demo's sector there when it is not there yet.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench prints, and stops at what cannot be")]

mod load;
mod servers;

use std::{fs, path::Path, process::ExitCode, time::Duration};

use serde_json::{Value, json};

use self::{
    load::{Request, fetch},
    servers::{Server, bytes, kraamzicht, peer},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Where everything is put.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/peers");
/// How long each is asked at a time, and how often.
const TIME: Duration = Duration::from_millis(1_200);
const ROUNDS: usize = 6;

const PAGE: &str = "query Page($p: Period!) { riskScores(period: $p, first: 25) { nodes { score level percentile
    organisation { name } } } }";

/// Two pages of a hundred organisations; those that the sector has too few are asked for once more.
const LIST: &str = "query List($p: Period!, $after: String, $rest: Int!) {
    a: riskScores(period: $p, first: 100) { nodes { ...S } }
    b: riskScores(period: $p, first: 100, after: $after) { nodes { ...S } }
    c: riskScores(period: $p, first: $rest) { nodes { ...S } } }
    fragment S on RiskScore { organisation { name } signals { indicator { code } level value z r typicalValue } }";

/// All that the peer has to know.
const EXPORT: &str = "query Export($p: Period!, $after: String) {
    riskScores(period: $p, first: 100, after: $after) { totalCount pageInfo { endCursor hasNextPage }
    nodes { score percentile level organisation { name } signals { indicator { code } level value z r typicalValue } } } }";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = arguments.iter().position(|argument| argument == "--bytes") {
        servers::serve_bytes(arguments.get(place + 1).expect("a file"));
        return ExitCode::SUCCESS;
    }
    fs::create_dir_all(FOLDER).expect("target can be written");
    let table = measure();
    println!("\n{:<62}{:>10}{:>12}{:>8}", "processor time per request", "ms", "beside ms", "ratio");
    let mut is_kept = true;
    for (what, own, other, most) in &table {
        let ratio = own / other;
        let verdict = most.map_or(String::new(), |most| format!("  at most {most:.2}"));
        println!("{what:<62}{own:>10.4}{other:>12.4}{ratio:>8.2}{verdict}");
        is_kept &= most.is_none_or(|most| ratio <= most);
    }
    if is_kept || !arguments.iter().any(|argument| argument == "--check") {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

type Line = (&'static str, f64, f64, Option<f64>);

fn measure() -> Vec<Line> {
    let uncached = kraamzicht(&["--answers-kept", "0"]);
    let (scores, after) = export(&uncached);
    fs::write(Path::new(FOLDER).join("scores.json"), json!(scores).to_string()).expect("target can be written");
    let peer = peer();
    let rest = 200_usize.saturating_sub(scores.len());
    let of_page = json!({ "query": PAGE, "variables": { "p": "2025" } });
    let of_list = json!({ "query": LIST, "variables": { "p": "2025", "after": after, "rest": rest } });
    let [page, list] = [of_page, of_list].map(|body| body.to_string());
    let (own_page, own_list) = (uncached.post(&page), uncached.post(&list));
    let (its_page, its_list) = (peer.post(&page), peer.post(&list));
    let same = |one: &Request, other: &Request| {
        let [one, other] =
            [one, other].map(|request| serde_json::from_slice::<Value>(&fetch(request).body).expect("JSON"));
        assert!(one.get("errors").is_none() && is_same(&one["data"], &other["data"]), "both say the same");
    };
    same(&own_page, &its_page);
    same(&own_list, &its_list);
    let signals: usize = scores.iter().filter_map(|one| one["signals"].as_array()).map(Vec::len).sum();
    let (page_bytes, list_bytes) = (fetch(&own_page).body, fetch(&own_list).body);
    println!(
        "{} organisations, {:.1} signals each; a page of {} bytes, a list of {} bytes",
        scores.len(),
        signals as f64 / scores.len() as f64,
        page_bytes.len(),
        list_bytes.len()
    );
    let [own, its, own_all, its_all] = load::alternate([&own_page, &its_page, &own_list, &its_list], TIME, ROUNDS);
    drop((uncached, peer));

    let kept = kraamzicht(&[]);
    let (kept_page, kept_list) = (kept.post(&page), kept.post(&list));
    let known_list = kept.get_known(&list);
    let (page_server, list_server) = (bytes("page", &page_bytes), bytes("list", &list_bytes));
    let (plain_page, plain_list) = (page_server.post(&page), list_server.post(&list));
    let [page_again, page_plain, list_again, list_plain, list_known] =
        load::alternate([&kept_page, &plain_page, &kept_list, &plain_list, &known_list], TIME, ROUNDS);
    vec![
        ("25 rows x 4 fields, computed; mercurius with JIT", own, its, Some(1.0)),
        ("200 organisations x signals, computed; mercurius with JIT", own_all, its_all, Some(1.0 / 3.0)),
        ("200 organisations x signals, unchanged; the bytes from memory", list_again, list_plain, Some(2.0)),
        ("200 organisations x signals, 304; the bytes from memory", list_known, list_plain, Some(2.0)),
        ("25 rows x 4 fields, unchanged; the bytes from memory", page_again, page_plain, None),
    ]
}

/// Whether both say the same: to JavaScript 3.0 is 3.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| is_same(one, other)))
        }
        (one, other) => one == other,
    }
}

/// Every score with its signals, and the cursor of the hundredth.
fn export(server: &Server) -> (Vec<Value>, Value) {
    let (mut all, mut after, mut hundredth) = (Vec::new(), Value::Null, Value::Null);
    loop {
        let body = json!({ "query": EXPORT, "variables": { "p": "2025", "after": after } });
        let answer: Value = serde_json::from_slice(&fetch(&server.post(&body.to_string())).body).expect("JSON");
        let page = &answer["data"]["riskScores"];
        all.extend(page["nodes"].as_array().expect("scores").clone());
        after = page["pageInfo"]["endCursor"].clone();
        if hundredth.is_null() {
            hundredth = after.clone();
        }
        if page["pageInfo"]["hasNextPage"] != true {
            return (all, hundredth);
        }
    }
}
