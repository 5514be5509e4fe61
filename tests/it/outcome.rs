//! What came of the numbers, read through GraphQL: as it is stored, and adding up as it says.

use std::io::Cursor;

use kraamzicht::{
    domain::Actor,
    service::{ApprovalRequest, Signal},
};
use serde_json::{Value, json};

use crate::{
    harness::both,
    scene::{Client, Indicators, PERIOD, Sector, World, agb_code},
};

/// All that is told of a score and the signals below it.
const SCORES: &str =
    "query($period: Period!, $theme: String) { riskScores(period: $period, theme: $theme, first: 100) {
    nodes { organisation { agbCode } headline data level score standardised expectedRank inflation
        thresholds { attention elevated } top { places chance } contributions { points isChange }
        overrides { reason explanation { nl en } } themeAlerts { level theme { code } }
        dataFindings { code name { nl } state count of indicators explanation { nl en } }
        signals { indicator { code } headline level data numerator denominator value shrunken r rPeers peerGroup peers
            typicalValue falseDiscoveryRate chanceOfAttention chanceOfElevated
            atMost { numerator value interval { low high } } pooled { periods }
            norm { norm isLegal isMet r probability } changeNeeded { level numerator value }
            typingError { slip numerator denominator } dataFindings { code }
            change { level periods past difference drift z r ordinary { low high } falseDiscoveryRate
                explanation { nl en } } } } } }";

const ACCOUNT: &str = "query($period: Period!) { account(period: $period) { suppressed explanation { nl en }
    signals { ...T } changes { ...T } scores { ...T } themeScores { ...T } themes { theme { code } signals { ...T } }
    kinds { kind rate { ...R } } sizes { size rate { ...R } }
    drifts { indicator { code } peerGroup course { period value band { low high } }
        step { difference band { low high } level } } run { id } } }
    fragment T on Tally { tests attention elevated expectedAttention expectedElevated }
    fragment R on FlagRate { organisations tests observed expected band { low high } isOrdinary }";

const CHART: &str = "query($indicator: String!, $period: Period!, $periods: Int, $by: OrganisationBy, $at: DateTime) {
    chart(indicator: $indicator, period: $period, periods: $periods, by: $by, asKnownAt: $at) {
        organisation { agbCode } points { period value isOutside } limits { centre limits { low high } }
        runs { useful longestRun crossings isShifted } autocorrelation sums { up } } }";

/// The nodes of the scores of a period.
async fn scores(client: &Client, period: &str, theme: Option<&str>) -> Vec<Value> {
    let data = client.ask(SCORES, &json!({ "period": period, "theme": theme })).await;
    data["riskScores"]["nodes"].as_array().unwrap().clone()
}

async fn account(client: &Client, period: &str) -> Value {
    client.ask(ACCOUNT, &json!({ "period": period })).await["account"].take()
}

fn of(nodes: &[Value], place: u32) -> &Value {
    let code = agb_code(place);
    nodes.iter().find(|node| node["organisation"]["agbCode"] == *code).unwrap()
}

fn signal<'a>(score: &'a Value, indicator: &str) -> &'a Value {
    let signals = score["signals"].as_array().unwrap();
    signals.iter().find(|signal| signal["indicator"]["code"] == indicator).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

#[track_caller]
fn assert_close(one: f64, other: f64) {
    assert!((one - other).abs() <= 1e-9 * other.abs().max(1.0), "{one} is not {other}");
}

/// Whether what is shown is what is stored; nothing where nothing is.
#[track_caller]
fn assert_same(shown: &Value, stored: Option<f64>) {
    match stored {
        Some(stored) => assert_close(number(shown), stored),
        None => assert_eq!(*shown, Value::Null),
    }
}

/// All of one period at once: each with its ordinary numbers as those of another place, `change` made to them.
async fn deliver_all(sector: &Sector, period: &str, change: impl Fn(u32, Indicators) -> Indicators) {
    let service = &sector.world.service;
    let mut submissions = Vec::new();
    for place in 2..30 {
        let code = agb_code(place);
        let found = service.organisation_by_agb(&Actor::OPERATOR, code.parse().unwrap()).await.unwrap().unwrap();
        let bytes = change(place, Indicators::ordinary(&code, period, place + 1)).bytes();
        let upload = service.receive(&Actor::OPERATOR, Some(found.id), "a.csv", Cursor::new(bytes)).await.unwrap();
        let made = service.create_submission(&Actor::OPERATOR, upload.id, Some("indicatoren")).await.unwrap();
        submissions.push(made.submission.id);
    }
    service.approve(&Actor::OPERATOR, &ApprovalRequest::of(&submissions)).await.unwrap();
}

fn assert_signal(shown: &Value, stored: &Signal) {
    for (name, value) in [
        ("value", stored.value),
        ("shrunken", stored.shrunken),
        ("r", stored.r),
        ("rPeers", stored.r_peers),
        ("typicalValue", stored.typical_value),
        ("falseDiscoveryRate", stored.false_discovery_rate),
        ("chanceOfAttention", stored.chance_of_attention),
        ("chanceOfElevated", stored.chance_of_elevated),
    ] {
        assert_same(&shown[name], value);
    }
    assert_same(&shown["atMost"]["numerator"], stored.at_most.as_deref().map(|most| most.numerator));
    assert_same(&shown["norm"]["norm"], stored.norm.as_deref().map(|norm| norm.norm));
    assert_same(&shown["changeNeeded"]["value"], stored.change_needed.as_deref().map(|change| change.value));
    assert_same(
        &shown["changeNeeded"]["numerator"],
        stored.change_needed.as_deref().and_then(|change| change.numerator),
    );
    assert_same(&shown["typingError"]["numerator"], stored.typing_error.as_deref().map(|error| error.numerator));
    assert_eq!(shown["pooled"].is_null(), stored.pooled.is_none());
    assert_eq!(shown["peerGroup"].is_null(), stored.peer_group.is_none());
}

both! {
    async fn what_is_shown_is_what_is_stored(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let stumbled = sector.member(5).await;
        // 381 of 415, of which the last digit was lost.
        let slip = stumbled.file(PERIOD).with("KZ06", 38, 415).with("KZ07A", 80, 415).with("KZ07B", 110, 415);
        stumbled.deliver(&slip).await;
        let now = sector.world.service.present().await.unwrap();
        let stored = sector.world.service.assessment(&Actor::OPERATOR, PERIOD.parse().unwrap(), now).await;
        let stored = stored.unwrap().unwrap();
        let shown = scores(&sector.inspector, PERIOD, None).await;
        assert_eq!((shown.len(), stored.organisations.len()), (30, 30));
        let mut compared = 0;
        for one in &stored.organisations {
            let code = one.organisation.agb_code.to_string();
            let node = shown.iter().find(|node| node["organisation"]["agbCode"] == *code).unwrap();
            let score = one.outcome.score(None).unwrap();
            assert_same(&node["standardised"], score.standardised);
            assert_same(&node["expectedRank"], score.expected_rank);
            assert_same(&node["top"]["chance"], score.top.map(|top| top.chance));
            assert_same(&node["thresholds"]["attention"], score.thresholds.map(|one| one.attention));
            assert_close(number(&node["inflation"]), score.inflation);
            for found in &one.outcome.signals {
                assert_signal(signal(node, &found.indicator), found);
                compared += usize::from(found.r.is_some());
            }
        }
        assert!(compared > 200, "{compared}");
        // The chances of a place in the top add up to its places.
        let chances: f64 = shown.iter().filter_map(|node| node["top"]["chance"].as_f64()).sum();
        assert_close(chances, number(&of(&shown, 5)["top"]["places"]));

        let slip = signal(of(&shown, 5), "KZ06");
        assert_eq!((&slip["level"], &slip["peers"]), (&json!("ELEVATED"), &json!(28)), "{slip}");
        assert_eq!(slip["typingError"]["slip"], "LOST_DIGIT", "{slip}");
        assert_close((number(&slip["typingError"]["numerator"]) / 10.0).floor(), 38.0);
        assert_ne!(slip["changeNeeded"]["level"], "ELEVATED");
        assert!(number(&slip["changeNeeded"]["numerator"]) > 38.0, "{slip}");
        assert_eq!((&slip["norm"]["isLegal"], &slip["norm"]["isMet"]), (&json!(false), &json!(false)));
        // Of 415, 80 wanted less and 110 received less: at least 30 and at most 110 got less than they wanted.
        let shortfall = signal(of(&shown, 5), "KZ23");
        assert_close(number(&shortfall["numerator"]), 30.0);
        assert_close(number(&shortfall["atMost"]["numerator"]), 110.0);
        assert_close(number(&shortfall["atMost"]["value"]), 100.0 * 110.0 / 415.0);
        // An organisation sees the same of itself, and of nobody else.
        let own = scores(&stumbled.client, PERIOD, None).await;
        assert_eq!(own.len(), 1);
        assert_eq!(own[0]["signals"], of(&shown, 5)["signals"]);
    }

    /// Whom to visit first, whom last, and by code; the few that are wanted come in the same order.
    async fn scores_come_in_the_order_asked_for(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        for theme in [Value::Null, json!("veilige_zorg_thuis")] {
            let ask = async |order: &str, filter: &str| {
                let document = format!(
                    "query($p: Period!, $theme: String) {{ riskScores(period: $p, theme: $theme, first: 100, orderBy: {order}
                        {filter}) {{ nodes {{ score standardised organisation {{ agbCode }} }} }} }}"
                );
                let mut data = sector.inspector.ask(&document, &json!({ "p": PERIOD, "theme": theme })).await;
                let Value::Array(nodes) = data["riskScores"]["nodes"].take() else { panic!("{data}") };
                nodes
            };
            let sum = |node: &Value| node["standardised"].as_f64().unwrap_or(f64::NEG_INFINITY);
            let mut all = ask("AGB_CODE", "").await;
            assert!(all.is_sorted_by_key(|node| node["organisation"]["agbCode"].as_str().unwrap().to_owned()));
            let unscored = all.iter().filter(|node| node["score"].is_null()).count();
            assert!((1..all.len()).contains(&unscored), "{theme} {all:?}");
            all.sort_by(|a, b| sum(b).total_cmp(&sum(a)));
            assert_eq!(ask("SCORE_DESCENDING", "").await, all);
            let high = |node: &Value| node["score"].as_f64().is_some_and(|score| score >= 50.0);
            let highest: Vec<Value> = all.iter().filter(|node| high(node)).cloned().collect();
            assert!((1..all.len()).contains(&highest.len()));
            assert_eq!(ask("SCORE_DESCENDING", "filter: { minimumScore: 50 }").await, highest);
            all.sort_by_key(|node| node["organisation"]["agbCode"].as_str().unwrap().to_owned());
            all.sort_by(|a, b| sum(a).total_cmp(&sum(b)));
            all.sort_by_key(|node| node["score"].is_null());
            assert_eq!(ask("SCORE_ASCENDING", "").await, all);
        }
    }

    async fn contributions_add_up(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        deliver_all(&sector, "2024", |_, file| file).await;
        let themes = sector.inspector.ask("{ catalogue { themes { code } } }", &Value::Null).await;
        let codes = themes["catalogue"]["themes"].as_array().unwrap().iter().map(|theme| theme["code"].as_str());
        let (mut added, mut changes) = (0, 0);
        for theme in codes.chain([None]) {
            for node in scores(&sector.inspector, PERIOD, theme).await {
                let Some(sum) = node["standardised"].as_f64() else { continue };
                let parts = node["contributions"].as_array().unwrap();
                assert_close(parts.iter().map(|part| number(&part["points"])).sum(), 10.0 * sum);
                changes += parts.iter().filter(|part| part["isChange"] == true).count();
                added += 1;
            }
        }
        assert!(added > 56 && changes > 56, "{added} {changes}");
    }

    async fn the_account_is_the_sum_of_its_signals(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let officer = sector.member(5).await;
        officer.deliver(&officer.file(PERIOD).with("KZ06", 290, 415)).await;
        let shown = account(&sector.inspector, PERIOD).await;
        let nodes = scores(&sector.inspector, PERIOD, None).await;
        let signals: Vec<&Value> = nodes.iter().flat_map(|node| node["signals"].as_array().unwrap()).collect();
        let tests: Vec<&&Value> = signals.iter().filter(|one| one["rPeers"].is_number()).collect();
        let beyond = |limit: f64| tests.iter().filter(|one| number(&one["rPeers"]) >= limit).count();
        let sum = |name: &str| tests.iter().map(|one| number(&one[name])).sum::<f64>();
        let tally = &shown["signals"];
        assert_eq!(tally["tests"], tests.len());
        assert_eq!((&tally["attention"], &tally["elevated"]), (&json!(beyond(2.0)), &json!(beyond(3.0))));
        assert!(beyond(3.0) > 0, "{tally}");
        assert_close(number(&tally["expectedAttention"]), sum("chanceOfAttention"));
        assert_close(number(&tally["expectedElevated"]), sum("chanceOfElevated"));
        for name in ["tests", "attention", "elevated", "expectedAttention", "expectedElevated"] {
            let parts = shown["themes"].as_array().unwrap().iter().map(|theme| number(&theme["signals"][name]));
            assert_close(parts.sum(), number(&tally[name]));
        }
        for groups in ["kinds", "sizes"] {
            let rates = || shown[groups].as_array().unwrap().iter().map(|one| &one["rate"]);
            assert_close(rates().map(|rate| number(&rate["tests"])).sum(), number(&tally["tests"]));
            let found = rates().map(|rate| number(&rate["tests"]) * number(&rate["observed"])).sum();
            assert_close(found, number(&tally["attention"]));
            let expected = rates().map(|rate| number(&rate["tests"]) * number(&rate["expected"])).sum();
            assert_close(expected, number(&tally["expectedAttention"]));
        }
        // Each number is said, in both languages.
        let elevated = tally["elevated"].to_string();
        for language in ["nl", "en"] {
            let said = shown["explanation"][language].as_str().unwrap();
            assert!(said.contains(&tally["attention"].to_string()) && said.contains(&elevated), "{said}");
        }
        // The sector's own figures are the same for all.
        let seen = account(&officer.client, PERIOD).await;
        for name in ["suppressed", "explanation", "signals", "themes", "kinds", "sizes", "drifts", "run"] {
            assert_eq!(seen[name], shown[name], "{name}");
        }
        assert_eq!(account(&officer.client, "2019").await, Value::Null);
    }

    async fn a_group_of_few_is_not_told(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let small = sector.member(5).await;
        let mut file = Indicators::of(&small.agb_code);
        for code in ["KZ01", "KZ02", "KZ04B", "KZ04D", "KZ06"] {
            file = file.row(PERIOD, code, "27", "30");
        }
        small.deliver(&file).await;
        let shown = account(&sector.inspector, PERIOD).await;
        let sizes = |account: &Value| -> Vec<(String, u64)> {
            let one = |one: &Value| {
                (one["size"].as_str().unwrap().to_owned(), one["rate"]["organisations"].as_u64().unwrap())
            };
            account["sizes"].as_array().unwrap().iter().map(one).collect()
        };
        assert_eq!(sizes(&shown), [("SMALLEST".to_owned(), 1), ("MEDIUM".to_owned(), 27)]);
        // What is told of the others would tell of the one.
        for client in [&small.client, &sector.member(9).await.client] {
            let seen = account(client, PERIOD).await;
            assert_eq!((sizes(&seen), &seen["signals"]), (Vec::new(), &shown["signals"]));
        }
    }

    async fn an_account_of_few_is_withheld(database: TestDatabase) {
        let world = World::new(database).await;
        let officer = world.organisation("33991001", "Kraamzorg De Wieg").await;
        officer.deliver(&officer.file(PERIOD)).await;
        let seen = account(&officer.client, PERIOD).await;
        assert_eq!((&seen["suppressed"], &seen["signals"], &seen["explanation"]), (&json!(true), &Value::Null, &Value::Null));
        let told = account(&world.inspector().await, PERIOD).await;
        assert_eq!((&told["suppressed"], &told["signals"]["tests"]), (&json!(false), &json!(0)));
    }

    async fn figures_stand_against_their_own_past(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        // Everyone was at about 83 % the year before, and is at about 93 % now; one fell.
        deliver_all(&sector, "2024", |place, file| {
            if place == 7 { file.with("KZ06", 420, 425) } else { file.with("KZ06", 340 + place % 9, 415) }
        })
        .await;
        let nodes = scores(&sector.inspector, PERIOD, None).await;
        let fell = signal(of(&nodes, 7), "KZ06");
        let change = &fell["change"];
        assert_eq!(change["periods"], 1);
        assert_close(number(&change["past"]), 100.0 * 420.0 / 425.0);
        assert_close(number(&change["difference"]), number(&fell["value"]) - 100.0 * 420.0 / 425.0);
        assert_eq!(change["level"], "ELEVATED", "{change}");
        assert!(number(&change["r"]) > 3.0 && number(&change["z"]) < -3.0, "{change}");
        assert!(number(&change["difference"]) < number(&change["ordinary"]["low"]), "{change}");
        assert!(change["explanation"]["nl"].as_str().unwrap().contains("Kraamzorg Nummer 07"), "{change}");

        let shown = account(&sector.inspector, PERIOD).await;
        let signals = nodes.iter().flat_map(|node| node["signals"].as_array().unwrap());
        let changes = signals.filter(|one| one["change"].is_object()).count();
        assert_eq!(shown["changes"]["tests"], changes);
        assert_close(number(&shown["changes"]["expectedAttention"]), 0.022_750_131_948_179_2 * f64::from(u32::try_from(changes).unwrap()));
        // The sector rose as a whole, which no comparison with peers shows.
        let drifts = shown["drifts"].as_array().unwrap();
        let drift = drifts.iter().find(|drift| drift["indicator"]["code"] == "KZ06").unwrap();
        let periods: Vec<&Value> = drift["course"].as_array().unwrap().iter().map(|one| &one["period"]).collect();
        assert_eq!(periods, ["2024", "2025"]);
        let step = &drift["step"];
        assert!((7.0..13.0).contains(&number(&step["difference"])), "{step}");
        assert!(number(&step["band"]["low"]) > 5.0 && number(&step["band"]["high"]) < 15.0, "{step}");
        let asked = "{ distribution(indicator: \"KZ06\", period: \"2025\") { drifts { indicator { code } peerGroup
            course { period value band { low high } } step { difference band { low high } level } } } }";
        let seen = sector.member(9).await.client.ask(asked, &Value::Null).await;
        assert_eq!(seen["distribution"]["drifts"], json!([drift]));
    }

    async fn incomplete_goes_before_every_level(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        deliver_all(&sector, "2024", |_, file| file).await;
        sector.world.clock.set("2026-07-15T09:00:00Z");
        let late = sector.member(5).await;
        late.deliver(&late.file(PERIOD).with("KZ06", 290, 415)).await;
        let inspector = sector.world.inspector().await;
        let nodes = scores(&inspector, PERIOD, None).await;
        // Nothing came of it for two years, and both are due.
        let silent = of(&nodes, 0);
        assert_eq!((&silent["headline"], &silent["data"]), (&json!("INCOMPLETE"), &json!("INCOMPLETE")), "{silent}");
        assert_eq!(silent["overrides"][0]["reason"], "TWO_PERIODS_UNDELIVERED");
        for language in ["nl", "en"] {
            let said = |of: &Value| of["explanation"][language].as_str().unwrap().len();
            assert!(said(&silent["overrides"][0]) > 40);
            assert!(silent["dataFindings"].as_array().unwrap().iter().all(|finding| said(finding) > 20), "{silent}");
        }
        let missing = silent["dataFindings"].as_array().unwrap();
        let missing = missing.iter().find(|one| one["state"] == "INCOMPLETE").unwrap();
        assert!(missing["indicators"].as_array().unwrap().contains(&json!("KZ06")), "{missing}");
        let unsaid = signal(silent, "KZ06");
        assert_eq!((&unsaid["headline"], &unsaid["level"]), (&json!("INCOMPLETE"), &json!("INSUFFICIENT")));
        assert_eq!(unsaid["dataFindings"][0]["code"], missing["code"]);
        // Complete data are told by their level.
        for node in &nodes {
            let shown = &node["headline"];
            let expected = if node["data"] == "COMPLETE" { &node["level"] } else { &node["data"] };
            assert_eq!(shown, expected, "{node}");
            let findings = node["dataFindings"].as_array().unwrap();
            assert_eq!(node["data"] == "COMPLETE", findings.iter().all(|one| one["state"] == "COMPLETE"), "{node}");
        }
        let worst = signal(of(&nodes, 5), "KZ06");
        assert_eq!(worst["level"], "ELEVATED", "{worst}");
        // What a good result elsewhere would hide.
        let order = |level: &Value| ["NONE", "ATTENTION", "ELEVATED"].iter().position(|one| level == one);
        for node in &nodes {
            for alert in node["themeAlerts"].as_array().unwrap() {
                assert!(order(&alert["level"]) > order(&node["level"]), "{node}");
            }
        }
    }

    async fn a_chart_is_ones_own(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let officer = sector.member(5).await;
        let counts = [("2025-Q1", 380, 410), ("2025-Q2", 390, 420), ("2025-Q3", 384, 400), ("2025-Q4", 371, 400)];
        let mut moments = Vec::new();
        for (period, numerator, denominator) in counts {
            officer.deliver(&officer.file(period).with("KZ06", numerator, denominator)).await;
            moments.push(sector.world.service.present().await.unwrap().to_string());
        }
        let shares: Vec<f64> =
            counts.iter().map(|(_, numerator, of)| f64::from(*numerator) / f64::from(*of)).collect();
        let asked = json!({ "indicator": "KZ06", "period": "2025-Q4" });
        let chart = officer.client.ask(CHART, &asked).await["chart"].take();
        assert_eq!(chart["organisation"]["agbCode"], *officer.agb_code);
        let points = chart["points"].as_array().unwrap();
        let periods: Vec<&Value> = points.iter().map(|point| &point["period"]).collect();
        assert_eq!(periods, ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"]);
        for (point, share) in points.iter().zip(&shares) {
            assert_close(number(&point["value"]), 100.0 * share);
        }
        // Mean -+ 2.66 mean moving ranges, on the arcsine of the root.
        let angles: Vec<f64> = shares.iter().map(|share| share.sqrt().asin()).collect();
        let centre = angles.iter().sum::<f64>() / 4.0;
        let range = angles.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>() / 3.0;
        let percent = |angle: f64| 100.0 * angle.sin().powi(2);
        assert_close(number(&chart["limits"]["centre"]), percent(centre));
        assert!((number(&chart["limits"]["limits"]["low"]) - percent(centre - 2.66 * range)).abs() < 0.01, "{chart}");
        assert!(chart["runs"].is_object() && chart["autocorrelation"].is_number() && chart["sums"].is_null());

        // The inspectorate sees it by name; others, and those who name nobody, do not.
        let named = json!({ "indicator": "KZ06", "period": "2025-Q4", "by": { "agbCode": officer.agb_code } });
        assert_eq!(sector.inspector.ask(CHART, &named).await["chart"], chart);
        assert_eq!(sector.inspector.ask(CHART, &asked).await["chart"], Value::Null);
        assert_eq!(sector.member(9).await.client.ask(CHART, &named).await["chart"], Value::Null);
        // As known then there were two figures.
        let then = json!({ "indicator": "KZ06", "period": "2025-Q4", "at": moments[1] });
        let then = officer.client.ask(CHART, &then).await["chart"].take();
        assert_eq!((&then["points"], &then["limits"]), (&json!(points[..2]), &Value::Null));
        for (indicator, periods, code) in [("KZ99", 12, None), ("KZ06", 0, Some("BAD_USER_INPUT")), ("KZ06", 41, Some("BAD_USER_INPUT"))] {
            let asked = json!({ "indicator": indicator, "period": "2025", "periods": periods });
            let answer = officer.client.try_ask(CHART, &asked).await.json();
            assert_eq!(answer["data"]["chart"], Value::Null);
            assert_eq!(answer["errors"][0]["extensions"]["code"].as_str(), code, "{answer}");
        }
    }
}
