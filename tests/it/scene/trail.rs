//! What an organisation leaves behind, and how to tell that somebody saw it.

use kraamzicht::{
    domain::{Actor, MandateRight, OrganisationKind, Registration},
    service::RegisterEntry,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answer, Client, Organisation, PERIOD, Sector, Submission};
use crate::harness::execute;

/// Counts that no other organisation has.
const CANARY: (u32, u32) = (71_933, 76_543);

/// What goes by the names in braces in fixtures/scope/expectations.toml.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trail {
    /// By name, in the order of their age.
    pub(crate) left: Vec<(&'static str, Vec<String>)>,
    /// What would tell that somebody saw any of it.
    pub(crate) canaries: Vec<String>,
    /// Who holds a mandate of theirs to deliver `indicatoren`.
    pub(crate) mandated: Option<Client>,
    /// Who holds one that ended, one that was withdrawn and one that has yet to begin; and its identifier.
    pub(crate) stranger: Option<(String, Client)>,
}

impl Trail {
    /// `template` with each of the things that it names, and beside it with one that could exist. One name may stand
    /// for several things; of the others the last is taken when there are fewer.
    pub(crate) fn fill(&self, template: &str) -> Vec<(String, String)> {
        let named: Vec<_> = self.left.iter().filter(|(name, _)| template.contains(&format!("{{{name}}}"))).collect();
        let most = named.iter().map(|(_, things)| things.len()).max().unwrap_or(1);
        let filled = |place: usize| {
            let (mut real, mut unknown) = (template.to_owned(), template.to_owned());
            for (name, things) in &named {
                let thing = &things[place.min(things.len() - 1)];
                real = real.replace(&format!("{{{name}}}"), thing);
                unknown = unknown.replace(&format!("{{{name}}}"), &other_than(name, thing));
            }
            (real, unknown)
        };
        (0..most).map(filled).collect()
    }

    /// The first of the things that go by a name.
    pub(crate) fn left_as(&self, name: &str) -> String {
        self.left.iter().find(|(known, _)| *known == name).unwrap().1[0].clone()
    }

    /// The canaries that an answer shows, in its body or its headers.
    pub(crate) fn seen_in(&self, answer: &Answer) -> Vec<&str> {
        let headers: Vec<&str> = answer.headers.values().filter_map(|value| value.to_str().ok()).collect();
        self.seen_in_text(&format!("{}\n{}", answer.text, headers.join("\n")))
    }

    /// The canaries that a text shows.
    pub(crate) fn seen_in_text(&self, text: &str) -> Vec<&str> {
        self.canaries.iter().map(String::as_str).filter(|canary| holds(text, canary)).collect()
    }
}

/// Something of the same form that is nobody's; what is not an identifier stays as it is.
fn other_than(name: &str, thing: &str) -> String {
    match name {
        "agb_code" => "33988882".to_owned(),
        "indicator" | "dataset" => thing.to_owned(),
        _ => format!("{}{}", &thing[..thing.len() - 4], if thing.ends_with("0000") { "1111" } else { "0000" }),
    }
}

/// Whether a text holds the word, or the number as a number: not among the digits of a longer one, nor in a digest.
fn holds(text: &str, canary: &str) -> bool {
    let is_number = canary.chars().all(|c| c.is_ascii_digit() || c == '.');
    text.match_indices(canary).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric() || c == '.');
        let after = text[at + canary.len()..].chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
        !is_number || !(before || (after && !canary.contains('.')))
    })
}

#[test]
fn a_number_is_found_as_a_number() {
    for text in ["71933", "{\"numerator\":71933.0}", "93,9 % (71933 van 76543)"] {
        assert!(holds(text, "71933"), "{text}");
    }
    assert!(holds("93.97724", "93.977") && holds("een geheim-leren.csv", "geheim"));
    for text in ["0.9871933", "719331", "1.71933", "f41b71933", "71933fc2"] {
        assert!(!holds(text, "71933"), "{text}");
    }
}

/// Does a mutation that must come to something; the identifier of what it made.
async fn act(client: &Client, field: &str, input_type: &str, selection: &str, input: Value) -> String {
    let document = format!(
        "mutation($input: {input_type}!) {{ done: {field}(input: $input) {{ made: {selection}
            userErrors {{ code path message {{ nl }} }} }} }}"
    );
    let done = client.ask(&document, &json!({ "input": input })).await["done"].take();
    assert_eq!(done["userErrors"], json!([]), "{field}: {done}");
    done["made"]["id"].as_str().unwrap_or_default().to_owned()
}

/// Sends a file that names itself, as whatever it says it is.
async fn send(client: &Client, name: &str, text: String) -> Submission {
    Submission::of(&client.create_named(name, text, Some("indicatoren")).await)
}

/// An organisation that leaves something of every sort behind, each with a word or a number of its own.
pub(crate) async fn kanarie(sector: &Sector) -> (Organisation, Trail) {
    let registration =
        Registration { kvk_number: Some("87651234".to_owned()), region: Some("PV31".to_owned()), merger: None };
    let entry = RegisterEntry {
        agb_code: "33988881".parse().unwrap(),
        name: "Kraamzorg Kanarie".to_owned(),
        kind: OrganisationKind::Organisation,
        registration,
    };
    sector.world.service.register(&Actor::OPERATOR, vec![entry]).await.unwrap();
    let owner = sector.world.member("33988881").await;
    let client = &owner.client;
    let text = |counts: (u32, u32), remark: &str| {
        // The second asks to be explained.
        let file = owner.file(PERIOD).with("KZ06", counts.0, counts.1).with("KZ18", 800, 999);
        String::from_utf8(file.bytes()).unwrap().replacen(";;\r\n", &format!(";;{remark}\r\n"), 1)
    };
    let approve = async |submission: &Submission| {
        let mut seen = client.approval_seen(&[submission]).await;
        seen["input"]["correction"]["reason"] = json!("De kanariereden van een correctie.");
        let payload = client.ask(&Client::approval(), &seen).await["done"].take();
        assert_eq!(payload["userErrors"], json!([]), "{payload}\n{submission:?}");
    };
    let first = send(client, "kanariebestand.csv", text((CANARY.0 - 700, CANARY.1), "kanariecel")).await;
    for finding in first.shown["findings"].as_array().unwrap() {
        if finding["severity"] == "QUESTION" {
            client.explain(&first, finding["number"].as_u64().unwrap(), "Een kanarietoelichting vooraf.").await;
        }
    }
    approve(&first).await;
    let second = send(client, "kanariebestand.csv", text(CANARY, "")).await;
    for finding in second.shown["findings"].as_array().unwrap() {
        if finding["severity"] != "ERROR" {
            client.explain(&second, finding["number"].as_u64().unwrap(), "Een kanarietoelichting.").await;
        }
    }
    assert!(!second.codes("QUESTION").is_empty(), "{second:?}");
    approve(&second).await;
    let withdrawn = send(client, "kanariebestand.csv", text((70_111, CANARY.1), "")).await;
    client.withdraw(&withdrawn, "De kanarieintrekking.").await;
    let refused = send(client, "kanariebestand.csv", text(CANARY, "").replacen("71933", "kanarieteller", 1)).await;
    assert_eq!((withdrawn.state.as_str(), refused.state.as_str()), ("CHECKED", "REJECTED"));
    let open = send(client, "kanariebestand.csv", text((CANARY.0 - 300, CANARY.1), "")).await;
    for finding in open.shown["findings"].as_array().unwrap() {
        client.explain(&open, finding["number"].as_u64().unwrap(), "Een kanarietoelichting die wacht.").await;
    }
    let asked =
        json!({ "dataset": "indicatoren", "period": PERIOD, "until": "2026-06-20", "ground": "Kanarieuitstel." });
    let extension = act(client, "requestExtension", "RequestExtensionInput", "extension { id }", asked).await;
    let inspector = &sector.inspector;
    let decided = json!({ "extensionId": extension, "grantedUntil": "2026-06-10", "reason": "Kanariebesluit." });
    act(inspector, "decideExtension", "DecideExtensionInput", "extension { id }", decided).await;
    let exempt = json!({ "organisationId": owner.id, "year": 2025, "births": 3, "ground": "Kanarievrijstelling." });
    act(inspector, "registerExemption", "RegisterExemptionInput", "exemption { ground }", exempt).await;
    let recorded = json!({ "organisationId": owner.id, "reason": "ACTIVE_MEASURE", "from": "2026-01-15",
        "reference": "Kanariemaatregel" });
    let recorded = act(inspector, "recordOverride", "RecordOverrideInput", "recorded { id }", recorded).await;
    let ended = json!({ "overrideId": recorded, "until": "2026-12-31", "ground": "Kanariegrond." });
    act(inspector, "endOverride", "EndOverrideInput", "recorded { id }", ended).await;

    let world = &sector.world;
    let (intermediary, mandated) = world.intermediary("Softwarehuis De Brug").await;
    let (no_more, stranger) = world.intermediary("Administratiekantoor De Lei").await;
    let given = json!({ "intermediaryId": intermediary, "right": "DELIVER", "datasets": ["indicatoren"],
        "from": "2026-03-02", "until": "2026-12-31" });
    let given = act(client, "giveMandate", "GiveMandateInput", "mandate { id }", given).await;
    let give = async |from, until| {
        world.mandate(&owner.id, &no_more, MandateRight::Deliver, &["indicatoren"], [from, until]).await
    };
    let to_come = give("2026-03-20", "2026-12-31").await;
    let ended = give("2026-03-02", "2026-12-31").await;
    let gone = json!({ "mandateId": ended });
    act(client, "withdrawMandate", "WithdrawMandateInput", "mandate { id }", gone).await;
    // One cannot be given about the past, so time is made to have passed.
    let past = "mdt_000000000000000000000ended";
    for statement in [
        "INSERT INTO mandate SELECT organisation_id, 'mdt_000000000000000000000ended', intermediary_id, act, '2026-02-01',
            '2026-03-01', given_by, asked_by, given_at FROM mandate WHERE from_day = '2026-03-20'",
        "INSERT INTO mandate_line SELECT holder, organisation_id, dataset, 'mdt_000000000000000000000ended',
            intermediary_id, '2026-02-01', '2026-03-01' FROM mandate_line WHERE from_day = '2026-03-20'",
    ] {
        assert!(execute(&world.database, statement).await > 0);
    }

    let submissions = [&first, &second, &withdrawn, &refused, &open];
    let upload = |one: &Submission, field: &str| one.shown["upload"][field].as_str().unwrap().to_owned();
    let mut receipts = Vec::new();
    for one in [&first, &second] {
        receipts.push(client.look_at(&one.id).await["receipt"]["id"].as_str().unwrap().to_owned());
    }
    let percent = f64::from(CANARY.0) / f64::from(CANARY.1) * 100.0;
    let mut canaries: Vec<String> = [
        "kanariebestand",
        "kanariecel",
        "kanarieteller",
        "kanarietoelichting",
        "kanariereden",
        "kanarieintrekking",
        "Kanarieuitstel",
        "Kanariebesluit",
        "Kanarievrijstelling",
        "Kanariemaatregel",
        "Kanariegrond",
        "87651234",
        &percent.to_string()[..7],
        &CANARY.0.to_string(),
        &CANARY.1.to_string(),
    ]
    .map(str::to_owned)
    .to_vec();
    canaries.extend([owner.id.clone(), owner.agb_code.clone(), owner.name.clone()]);
    for one in submissions {
        canaries.extend([one.id.clone(), upload(one, "id"), upload(one, "sha256")]);
    }
    canaries.extend(receipts.iter().chain([&extension, &recorded, &given, &to_come, &ended]).cloned());
    canaries.push(past.to_owned());
    let left = vec![
        ("organisation", vec![owner.id.clone()]),
        ("agb_code", vec![owner.agb_code.clone()]),
        ("submission", submissions.map(|one| one.id.clone()).to_vec()),
        ("earlier", vec![first.id.clone()]),
        ("later", vec![second.id.clone()]),
        ("open", vec![open.id.clone()]),
        ("receipt", receipts),
        ("upload", vec![upload(&open, "id")]),
        ("extension", vec![extension]),
        ("override", vec![recorded]),
        ("indicator", vec!["KZ06".to_owned()]),
        ("dataset", vec!["indicatoren".to_owned()]),
        ("mandate", vec![given]),
        ("intermediary", vec![intermediary]),
    ];
    (owner, Trail { left, canaries, mandated: Some(mandated), stranger: Some((no_more, stranger)) })
}

/// Asks for a path, or sends a file to it.
pub(crate) async fn knock(client: &Client, method: &str, path: &str) -> Answer {
    let request = client.request(method.parse::<Method>().unwrap(), path);
    let answer = client.send(if method == "POST" { request.body("a;b\r\n1;2\r\n") } else { request }).await;
    assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{method} {path}: {answer:?}");
    answer
}
