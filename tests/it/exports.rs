//! Flat exports: the very numbers of GraphQL, page by page, within the same walls.

use std::num::NonZeroU32;

use kraamzicht::{
    domain::{Actor, Digest, OrganisationKind, Role},
    http::RateSettings,
};
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::{
    harness::{both, fetch, sqlite},
    scene::{ADDRESS, Answer, Client, PERIOD, Sector, Submission, Tour, World},
};

/// A line of the audit log: who, what, of what, from where, by which document, at what cost.
type Line = (String, String, String, Option<String>, Option<Vec<u8>>, Option<i64>);

const EXPORTS: [&str; 4] = ["scores", "signals", "observations", "submissions"];

/// Where the columns of each export stand in GraphQL: the root field, and `column=path` where they differ.
const SAME: [(&str, &str, &str, &str); 4] = [
    (
        "scores",
        "riskScores",
        "theme { code } headline data level score standardised interval { low high } percentile coverage
            thresholds { attention elevated } inflation expectedRank ranked top { places chance } overridden: coverage
            explanation { nl en } run { id knownAt }",
        "theme=theme.code interval_low=interval.low interval_high=interval.high attention_from=thresholds.attention
            elevated_from=thresholds.elevated top_places=top.places top_chance=top.chance explanation_nl=explanation.nl
            explanation_en=explanation.en run_id=run.id run_known_at=run.knownAt overridden=-",
    ),
    (
        "signals",
        "signals",
        "indicator { code theme { code } } headline data level insufficiency numerator denominator value
            interval { low high } atMost { value } pooled { periods value } peerGroup peers typicalValue
            ordinary { low high } shrunken z r rPeers probabilityLow probabilityHigh noiseShare chanceOfAttention
            chanceOfElevated falseDiscoveryRate norm { norm isMet } explanation { nl en }",
        "indicator=indicator.code theme=indicator.theme.code interval_low=interval.low interval_high=interval.high
            at_most=atMost.value pooled_periods=pooled.periods pooled_value=pooled.value ordinary_low=ordinary.low
            ordinary_high=ordinary.high norm=norm.norm norm_met=norm.isMet explanation_nl=explanation.nl
            explanation_en=explanation.en run_id=- run_known_at=-",
    ),
    (
        "observations",
        "observations",
        "indicator { code } part numerator denominator value standardDeviation units missingReason submissionId",
        "indicator=indicator.code",
    ),
    (
        "submissions",
        "submissions",
        "id dataset periods fileName upload { sha256 } state stateSince createdAt
            rows { read accepted unchanged superseded rejected } findings { severity }",
        "submission_id=id sha256=upload.sha256 rows_read=rows.read rows_accepted=rows.accepted
            rows_unchanged=rows.unchanged rows_superseded=rows.superseded rows_rejected=rows.rejected periods=- errors=-
            questions=- notes=-",
    ),
];

/// All nodes of a root field, page by page.
async fn nodes(client: &Client, root: &str, fields: &str, period: &str) -> Vec<Value> {
    let period = if root == "submissions" { String::new() } else { format!("period: \"{period}\", ") };
    let order = if root == "riskScores" { "orderBy: AGB_CODE, " } else { "" };
    let own_period = if root == "submissions" { "" } else { "period" };
    let query = format!(
        "query($after: String, $theme: String) {{ page: {root}({period}{order}{theme}first: 100, after: $after) {{
            nodes {{ organisation {{ id agbCode name }} {own_period} {fields} }} pageInfo {{ hasNextPage endCursor }} }} }}",
        theme = if root == "riskScores" { "theme: $theme, " } else { "" },
    );
    let query = if root == "riskScores" { query } else { query.replace(", $theme: String", "") };
    let mut themes = vec![Value::Null];
    if root == "riskScores" {
        let catalogue = client.ask("{ catalogue { themes { code } } }", &Value::Null).await;
        themes.extend(catalogue["catalogue"]["themes"].as_array().unwrap().iter().map(|theme| theme["code"].clone()));
    }
    let mut all = Vec::new();
    for theme in themes {
        let mut after = Value::Null;
        loop {
            let variables = if root == "riskScores" {
                json!({ "after": after, "theme": theme })
            } else {
                json!({ "after": after })
            };
            let page = client.ask(&query, &variables).await["page"].take();
            all.extend(page["nodes"].as_array().unwrap().iter().cloned());
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
    }
    all
}

fn camel(column: &str) -> String {
    let mut parts = column.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        let (head, tail) = part.split_at(1);
        all + &head.to_ascii_uppercase() + tail
    })
}

/// What GraphQL says of each column of `row`, by the paths of `renamed`.
fn same_row(node: &Value, row: &Map<String, Value>, renamed: &str) -> Vec<(String, Value, Value)> {
    let who = "agb_code=organisation.agbCode organisation=organisation.name organisation_id=organisation.id";
    let paths: Vec<(&str, &str)> =
        renamed.split_whitespace().chain(who.split(' ')).map(|pair| pair.split_once('=').unwrap()).collect();
    row.iter()
        .filter_map(|(column, found)| {
            let path = paths
                .iter()
                .find(|(name, _)| name == column)
                .map_or_else(|| camel(column), |(_, path)| (*path).to_owned());
            (path != "-").then(|| {
                let expected = path.split('.').fold(node, |node, step| &node[step]);
                (column.clone(), found.clone(), expected.clone())
            })
        })
        .collect()
}

/// The rows of an export as JSON.
async fn rows(client: &Client, path: &str) -> Vec<Value> {
    let answer = client.get(path).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (StatusCode::OK, "application/json"),
        "{path} {answer:?}"
    );
    answer.json().as_array().unwrap().clone()
}

fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link");
    (!link.is_empty()).then(|| link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned())
}

both! {
    async fn an_export_says_what_graphql_says_to_the_last_digit(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let officer = sector.member(4).await;
        for (client, is_sector) in [(&sector.inspector, true), (&officer.client, false)] {
            for (export, root, fields, renamed) in SAME {
                let fields = fields.replace("overridden: coverage", "");
                let mut nodes = nodes(client, root, &fields, PERIOD).await;
                let period = if export == "submissions" { "" } else { "?period=2025" };
                let found = rows(client, &format!("/v1/exports/{export}{period}")).await;
                assert!(found.len() > if is_sector { 25 } else { 0 }, "{export}: {}", found.len());
                let columns = match export {
                    "scores" => &sector.world.service.catalogue().exports.scores,
                    "signals" => &sector.world.service.catalogue().exports.signals,
                    "observations" => &sector.world.service.catalogue().exports.observations,
                    _ => &sector.world.service.catalogue().exports.submissions,
                };
                if export == "scores" {
                    let key = |node: &Value| (node["organisation"]["agbCode"].to_string(), node["theme"]["code"].as_str().unwrap_or_default().to_owned());
                    nodes.sort_by_key(key);
                }
                assert_eq!(found.len(), nodes.len(), "{export}");
                for (row, node) in found.iter().zip(&nodes) {
                    let row = row.as_object().unwrap();
                    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
                    assert_eq!(row.keys().map(String::as_str).collect::<Vec<_>>(), names, "{export}: the columns as documented");
                    for column in columns {
                        let value = &row[&column.name];
                        let fits = match column.kind.as_str() {
                            "string" => value.is_string(),
                            "number" => value.is_f64(),
                            "integer" => value.is_u64(),
                            _ => value.is_boolean(),
                        };
                        assert!(fits || (column.optional && value.is_null()), "{export}.{}: {value}", column.name);
                    }
                    for (column, found, expected) in same_row(node, row, renamed) {
                        assert_eq!(found, expected, "{export}.{column} of {node}");
                    }
                }
                // As text it says the same.
                let answer = client.get(&format!("/v1/exports/{export}?format=csv{}", period.replace('?', "&"))).await;
                assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
                let mut reader = csv::Reader::from_reader(answer.text.as_bytes());
                let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
                let lines: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
                assert_eq!(lines.len(), found.len());
                for (line, row) in lines.iter().zip(&found) {
                    for (name, cell) in header.iter().zip(line) {
                        let expected = match &row[name] {
                            Value::Null => String::new(),
                            Value::String(text) => text.clone(),
                            other => other.to_string(),
                        };
                        assert_eq!(cell, expected, "{export}.{name}");
                    }
                }
            }
        }
    }

    async fn pages_of_one_walk_agree_and_an_unchanged_answer_is_not_sent_again(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let late = sector.latecomer(1).await;
        let client = &sector.inspector;
        let mut before = Vec::new();
        for export in EXPORTS {
            let path = format!("/v1/exports/{export}?period=2025");
            let whole = client.get(&path).await;
            assert!(whole.header("etag").starts_with("W/\"") && next(&whole).is_none(), "{whole:?}");
            assert_eq!((whole.header("cache-control"), whole.header("vary").contains("Authorization")), ("private, no-cache", true));
            let first = client.get(&format!("{path}&limit=7")).await;
            assert_ne!(first.header("etag"), whole.header("etag"), "another page is another answer");
            before.push((path, whole, first));
        }
        late.deliver(&late.file(PERIOD)).await;
        for (path, whole, first) in before {
            // The walk goes on as it was when it began.
            let mut found: Vec<Value> = first.json().as_array().unwrap().clone();
            let mut link = next(&first);
            while let Some(path) = link {
                let page = client.get(&path).await;
                assert_eq!(page.status, StatusCode::OK, "{path} {page:?}");
                let rows = page.json().as_array().unwrap().clone();
                assert!((1..=7).contains(&rows.len()), "{path}");
                found.extend(rows);
                link = next(&page);
            }
            assert_eq!(json!(found), whole.json(), "{path}");
            let then = client.get(&format!("{path}&asKnownAt={}", whole.header("known-at"))).await;
            assert_eq!(then.text, whole.text, "{path}: as known then");

            let ask = |tag: String| client.request(Method::GET, &path).header("if-none-match", tag);
            let changed = client.send(ask(whole.header("etag").to_owned())).await;
            assert_eq!(changed.status, StatusCode::OK, "{path}: there is more now");
            assert_ne!(changed.text, whole.text);
            let tag = changed.header("etag").to_owned();
            for tag in [tag.clone(), format!("\"x\", {tag}"), tag.trim_start_matches("W/").to_owned(), "*".to_owned()] {
                let same = client.send(ask(tag)).await;
                assert_eq!((same.status, same.text.as_str(), same.header("etag")), (StatusCode::NOT_MODIFIED, "", changed.header("etag")));
            }
            // Another's answer is another answer.
            let others = late.client.request(Method::GET, &path).header("if-none-match", &tag);
            assert_eq!(late.client.send(others).await.status, StatusCode::OK);
            // What changes no score leaves scores as they are.
            late.client.submit(&late.file(PERIOD)).await;
            let same = client.send(ask(tag)).await;
            let is_of_runs = path.contains("/scores") || path.contains("/signals");
            assert_eq!(same.status == StatusCode::NOT_MODIFIED, is_of_runs, "{path}");
        }
    }

    async fn an_export_shows_everybody_their_own_and_nobody_what_is_for_learning(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let officer = sector.member(3).await;
        let header = "agb_code;verslagjaar;periode;zorgtrajecten;meldingen;geanalyseerd_binnen_termijn;maatregelen;getoetst";
        let file = format!("{header}\r\n{};2025;2025;76543;71933;68477;9;8\r\n", officer.agb_code);
        let learning = Submission::of(&officer.client.create_named("geheim.csv", file, Some("leren")).await);
        let payload = officer.client.approve(&[&learning]).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload}");
        let unknown = officer.client.create_named("geheim2.csv", "a;b\r\n71933;76543\r\n", None).await;
        assert_eq!(unknown["submission"]["dataset"], Value::Null);
        let own = officer.client.ask("{ observations(period: \"2025\") { nodes { numerator } } submissions { totalCount } }", &Value::Null).await;
        assert!(own.to_string().contains("71933") && own["submissions"]["totalCount"] == 3, "GraphQL shows it to whose it is: {own}");
        let another = sector.member(5).await;
        for export in EXPORTS {
            for extra in ["", "?format=csv", "?period=2025", "?organisation=33990003"] {
                let path = format!("/v1/exports/{export}{extra}");
                for client in [&officer.client, &another.client, &sector.inspector] {
                    let text = client.get(&path).await.text;
                    for secret in [":71933", ",71933", ":76543", ",76543", ":68477", ",68477", "geheim", "LV0", "leren", learning.id.as_str()] {
                        assert!(!text.contains(secret), "{path} has {secret}");
                    }
                }
                // Own rows and no others; of another, nothing, as of nobody.
                for row in rows(&officer.client, &path.replace("format=csv", "format=json")).await {
                    assert_eq!(row["agb_code"], officer.agb_code, "{path}");
                }
            }
            let foreign = another.client.get(&format!("/v1/exports/{export}?organisation={}", officer.agb_code)).await;
            let nobody = another.client.get(&format!("/v1/exports/{export}?organisation=33999999")).await;
            assert_eq!((foreign.status, &foreign.text), (nobody.status, &nobody.text));
            assert_eq!(foreign.json(), json!([]));
            let anonymous = sector.world.client(None).get(&format!("/v1/exports/{export}")).await;
            assert_eq!((anonymous.status, &anonymous.json()["code"]), (StatusCode::UNAUTHORIZED, &json!("UNAUTHENTICATED")));
        }
    }

    async fn a_practice_of_one_person_is_exported_to_itself_alone(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let entry = ("33997001".parse().unwrap(), "Kraamzorg Eva".to_owned(), OrganisationKind::Solo);
        sector.world.service.register(&Actor::OPERATOR, vec![entry]).await.unwrap();
        let eva = sector.world.member("33997001").await;
        eva.deliver(&eva.file(PERIOD)).await;
        let own = rows(&eva.client, "/v1/exports/signals?period=2025").await;
        assert!(!own.is_empty() && own.iter().all(|row| row["agb_code"] == "33997001"));
        assert_eq!(rows(&eva.client, "/v1/exports/scores").await, Vec::<Value>::new(), "never scored");
        for export in ["scores", "signals"] {
            let text = sector.inspector.get(&format!("/v1/exports/{export}")).await.text;
            assert!(text.contains("33990005") && !text.contains("33997001") && !text.contains("Eva"), "{export}");
        }
    }

    async fn a_read_of_scores_by_an_export_leaves_its_line(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let (database, service) = (&sector.world.database, &sector.world.service);
        let officer = sector.member(3).await;
        for (client, export) in [(&officer.client, "scores"), (&sector.inspector, "signals"), (&sector.inspector, "scores")] {
            service.keep_records().await.unwrap();
            let read = client.get(&format!("/v1/exports/{export}?period=2025&limit=3")).await;
            assert_eq!(service.keep_records().await.unwrap(), 1, "one line, however many rows");
            let (actor, action, object, origin, hash, cost): Line = fetch(
                database,
                "SELECT actor, action, object, origin, document, cost FROM audit ORDER BY sequence DESC LIMIT 1",
            ).await;
            let exports = &service.catalogue().exports;
            let columns = if export == "scores" { &exports.scores } else { &exports.signals };
            assert!(actor.starts_with("tok_") && action == "scores.read");
            assert_eq!((json!(object), origin.as_deref()), (read.json()[0]["run_id"].clone(), Some("127.0.0.1")));
            assert_eq!(cost, Some(i64::try_from(columns.len()).unwrap()));
            let document = format!("GET /v1/exports/{export}");
            assert_eq!(hash.as_deref(), Some(Digest::of(document.as_bytes()).as_bytes().as_slice()));
            // Nothing was read: nothing left.
            let again = client.request(Method::GET, &format!("/v1/exports/{export}?period=2025&limit=3"));
            let again = client.send(again.header("if-none-match", read.header("etag"))).await;
            assert_eq!((again.status, service.keep_records().await.unwrap()), (StatusCode::NOT_MODIFIED, 0));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_wrongly_is_said() {
    let world = World::new(sqlite()).await;
    let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
    for (path, told) in [
        ("scores?period=2025-Q5", "`period`"),
        ("scores?limit=0", "`limit`"),
        ("scores?limit=50001", "`limit`"),
        ("scores?indicator=KZ06", "`indicator`"),
        ("scores?period=2025&period=2024", "`period`"),
        ("signals?asKnownAt=gisteren", "`asKnownAt`"),
        ("signals?after=nonsense", "`after`"),
        ("observations?byPart=misschien", "`byPart`"),
        ("observations?organisation=1", "`organisation`"),
        ("submissions?state=LOST", "`state`"),
        ("submissions?after=2025~33991001~~", "`after`"),
        ("submissions?format=xml", "`format`"),
        ("submissions?format=csv&dialect=excel-fr", "`dialect`"),
        ("submissions?format=json&dialect=excel-nl", "`dialect`"),
    ] {
        let answer = officer.client.get(&format!("/v1/exports/{path}")).await;
        let problem = answer.json();
        assert_eq!(
            (answer.status, &problem["code"]),
            (StatusCode::BAD_REQUEST, &json!("BAD_REQUEST")),
            "{path} {answer:?}"
        );
        assert!(problem["detail"].as_str().unwrap().contains(told), "{path}: {problem}");
    }
    let picky = officer.client.request(Method::GET, "/v1/exports/scores").header("accept", "application/xml");
    let picky = officer.client.send(picky).await;
    assert_eq!((picky.status, &picky.json()["code"]), (StatusCode::NOT_ACCEPTABLE, &json!("NOT_ACCEPTABLE")));
    let csv = officer.client.request(Method::GET, "/v1/exports/scores").header("accept", "text/csv");
    assert!(officer.client.send(csv).await.text.starts_with("agb_code,organisation,"));
    assert_eq!(officer.client.get("/v1/exports/scores/").await.status, StatusCode::NOT_FOUND);
    assert_eq!(officer.client.get("/v1/exports/receipts").await.status, StatusCode::NOT_FOUND);
    let wrong = officer.client.send(officer.client.request(Method::POST, "/v1/exports/scores")).await;
    assert_eq!((wrong.status, wrong.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spreadsheet_in_dutch_opens_it_and_calculates_nothing() {
    let world = World::new(sqlite()).await;
    let officer = world.organisation("33991001", "=HYPERLINK(\"x\")").await;
    let sent = officer.client.create_named("-2%2B3.csv", officer.file(PERIOD).bytes(), Some("indicatoren")).await;
    officer.client.approve(&[&Submission::of(&sent)]).await;
    let csv = officer.client.get("/v1/exports/submissions?format=csv&dialect=excel-nl").await;
    assert!(csv.text.starts_with("\u{feff}submission_id;agb_code;"), "{csv:?}");
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"submissions.csv\"");
    assert!(csv.text.contains(";\"'=HYPERLINK(\"\"x\"\")\";") && csv.text.contains(";'-2+3.csv;"), "{csv:?}");
    let numbers = officer.client.get("/v1/exports/observations?format=csv&dialect=excel-nl&indicator=KZ06").await;
    let line = numbers.text.lines().nth(1).unwrap();
    let [.., numerator, denominator, _, _, _, _, _] = line.split(';').collect::<Vec<_>>()[..] else { panic!("{line}") };
    assert!(numerator.ends_with(",0") && denominator.ends_with(",0"), "{line}");
    let json = rows(&officer.client, "/v1/exports/submissions").await;
    assert_eq!((&json[0]["file_name"], &json[0]["organisation"]), (&json!("-2+3.csv"), &json!("=HYPERLINK(\"x\")")));
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_are_counted_like_everything_else() {
    let count = |number| NonZeroU32::new(number);
    let unlimited = RateSettings { attempts: None, requests: None, uploads: None, points: None, proxies: Vec::new() };
    let world = World::limited(sqlite(), RateSettings { requests: count(2), ..unlimited.clone() }).await;
    let inspector = world.client(Some(&world.token(Role::Inspector, None).await));
    for status in [StatusCode::OK, StatusCode::OK, StatusCode::TOO_MANY_REQUESTS] {
        assert_eq!(inspector.get("/v1/exports/submissions").await.status, status);
    }
    let world = World::limited(sqlite(), RateSettings { points: count(40), ..unlimited }).await;
    let inspector = world.client(Some(&world.token(Role::Inspector, None).await));
    let first = inspector.get("/v1/exports/scores").await;
    assert!(first.status == StatusCode::OK && first.header("ratelimit").starts_with("\"points\";r="), "{first:?}");
    let refused = inspector.get("/v1/exports/scores").await;
    assert_eq!((refused.status, &refused.json()["code"]), (StatusCode::TOO_MANY_REQUESTS, &json!("RATE_LIMITED")));
}

/// Who asks for it compressed got no answer at all, once.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_comes_compressed_for_who_wants_it() {
    let world = World::new(sqlite()).await;
    let inspector = world.inspector().await;
    for export in EXPORTS {
        let request = inspector.request(Method::GET, &format!("/v1/exports/{export}"));
        let response = request.header("accept-encoding", "gzip").send().await.unwrap();
        assert_eq!(
            (response.status(), &response.headers()["content-encoding"]),
            (StatusCode::OK, &"gzip".parse().unwrap())
        );
        assert!(response.bytes().await.unwrap().starts_with(&[0x1f, 0x8b]), "{export}");
    }
}

/// The guide, as a newcomer types it.
#[tokio::test(flavor = "multi_thread")]
async fn the_guide_is_true() {
    let sector = Sector::in_world(World::new(sqlite()).await).await;
    let token = sector.world.token(Role::Inspector, None).await;
    let (server, token) = (format!("server={}\n", sector.inspector.base()), format!("token={token}\n"));
    let folder = tempfile::tempdir().unwrap();
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/api.md")).unwrap();
    let walked = tokio::task::spawn_blocking(move || {
        let replaced = [(ADDRESS, server.as_str()), ("token=kz_0000\n", token.as_str())];
        Tour::of(&page, "Exports, step by step").walk(&replaced, folder.path());
    });
    walked.await.unwrap();
}
