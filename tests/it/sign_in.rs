//! People sign in at a real provider (npm `oidc-provider`, tests/provider), ask in a session, and sign out.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};

use crate::{
    harness::{TestDatabase, both, fetch},
    scene::{Answer, Browser, Lobby, PERIOD, document_id},
};

/// The last line of the audit log about signing in or out: who, what, and how it ended.
async fn last_line(database: &TestDatabase) -> (String, String, String) {
    let last = "SELECT actor, action, result FROM audit WHERE action LIKE 'session.%' ORDER BY sequence DESC LIMIT 1";
    fetch(database, last).await
}

async fn sessions(database: &TestDatabase) -> i64 {
    fetch::<(i64,)>(database, "SELECT COUNT(*) FROM session").await.0
}

/// The address with one parameter of its query changed, or left out.
pub(crate) fn with(url: &str, name: &str, value: Option<&str>) -> String {
    let mut url = Url::parse(url).unwrap();
    let pairs: Vec<(String, String)> =
        url.query_pairs().filter(|(key, _)| key != name).map(|(key, value)| (key.into(), value.into())).collect();
    url.query_pairs_mut().clear().extend_pairs(pairs).extend_pairs(value.map(|value| (name, value)));
    url.to_string()
}

pub(crate) fn parameters(url: &str) -> BTreeMap<String, String> {
    Url::parse(url).unwrap().query_pairs().map(|(key, value)| (key.into(), value.into())).collect()
}

pub(crate) fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (status, &json!(code)), "{answer:?}");
}

pub(crate) fn code(answer: &Answer) -> Value {
    answer.json()["errors"][0]["extensions"]["code"].take()
}

both! {
    async fn a_person_signs_in_asks_and_signs_out(database: TestDatabase) {
        let lobby = Lobby::new(database).await;
        let base = lobby.world.base.clone();
        lobby.provider.next("inspecteur-1", json!({ "roles": ["other", "kraamzicht-inspecteur"], "name": "Annelies" })).await;
        let mut browser = lobby.browser();
        assert_eq!(browser.get("/session").await.json(), json!({ "signIn": true, "session": null }));
        assert_eq!(browser.ask("who-am-i", &json!({})).await.status, StatusCode::UNAUTHORIZED);

        let begun = browser.begin().await;
        let asked = parameters(&begun);
        assert!(begun.starts_with(&format!("{}/auth?", lobby.provider.issuer())), "{begun}");
        assert_eq!((asked["response_type"].as_str(), asked["code_challenge_method"].as_str()), ("code", "S256"));
        assert_eq!((asked["scope"].as_str(), &asked["redirect_uri"]), ("openid roles", &format!("{base}/sign-in/callback")));
        let secrets: std::collections::BTreeSet<&String> =
            ["state", "nonce", "code_challenge"].iter().map(|name| &asked[*name]).collect();
        assert!(secrets.len() == 3 && secrets.iter().all(|secret| secret.len() >= 43));
        let back = browser.through(&begun).await;
        let answer = browser.get(&back).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/console"), "{answer:?}");
        let cookies: Vec<&str> = answer.headers.get_all("set-cookie").iter().map(|one| one.to_str().unwrap()).collect();
        assert!(cookies[0].starts_with("kraamzicht=kzs_") && cookies[0].ends_with("; Path=/; Max-Age=28800; HttpOnly; SameSite=Lax"));
        assert_eq!(cookies[1], "kraamzicht-sign-in=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
        let session = browser.session().await;
        assert_eq!((&session["role"], &session["organisation"]), (&json!("inspector"), &Value::Null));
        assert!(session["expiresAt"].as_str().unwrap().starts_with("2026-03-02T17:00:0"), "{session}");

        // Written down, yes, by POST and by GET; of their own, no.
        let answer = browser.ask("who-am-i", &json!({})).await;
        assert_eq!(answer.json()["data"]["viewer"]["role"], "INSPECTOR", "{answer:?}");
        assert_eq!(answer.header("query-cost"), "7");
        assert!(answer.header("vary").contains("Cookie") && answer.header("cache-control").contains("private"));
        let read = browser.get(&format!("/graphql?documentId={}", document_id("who-am-i"))).await;
        assert_eq!(read.json()["data"], answer.json()["data"]);
        for query in ["{ viewer { role } }", "{ __typename }"] {
            let answer = browser.post("/graphql", &json!({ "query": query })).await;
            assert_eq!((answer.status, code(&answer)), (StatusCode::FORBIDDEN, json!("TRUSTED_DOCUMENTS_ONLY")));
        }
        assert_eq!(browser.get("/graphql?query=%7Bviewer%7Brole%7D%7D").await.status, StatusCode::FORBIDDEN);
        let token = lobby.world.inspector().await;
        assert_eq!(token.ask("{ viewer { role } }", &Value::Null).await["viewer"]["role"], "INSPECTOR");
        let named = token.request(Method::POST, "/graphql").json(&json!({ "documentId": document_id("who-am-i") }));
        assert_eq!(token.send(named).await.json()["data"]["viewer"]["role"], "INSPECTOR");

        // Nothing of who they are is kept, and nobody reads a secret out of the database.
        let (who, action, result) = last_line(&lobby.world.database).await;
        assert!(who.starts_with("ses_") && action == "session.begun" && result == "inspector");
        let secret = browser.own()[Browser::SESSION].clone();
        let kept: (Vec<u8>, Vec<u8>) = fetch(&lobby.world.database, "SELECT secret_digest, subject FROM session").await;
        assert_eq!(kept.0, kraamzicht::domain::Digest::of(secret.as_bytes()).as_bytes());
        let subject = format!("{}\0inspecteur-1", lobby.provider.issuer());
        assert_eq!(kept.1, kraamzicht::domain::Digest::of(subject.as_bytes()).as_bytes());

        // A page of another site has the cookie sent along, and changes nothing.
        let document = json!({ "documentId": document_id("who-am-i") });
        for (name, value) in [("origin", "https://elders.example"), ("origin", "null"), ("sec-fetch-site", "cross-site"), ("x-none", "")] {
            let request = browser.request(Method::POST, "/graphql").header(name, value).json(&document);
            let answer = browser.send(request).await;
            assert_eq!((answer.status, code(&answer)), (StatusCode::FORBIDDEN, json!("CROSS_ORIGIN")), "{name} {value}");
            for place in ["/uploads", "/sign-out"] {
                let request = browser.request(Method::POST, place).header(name, value);
                assert_refused(&browser.send(request).await, 403, "CROSS_ORIGIN");
            }
        }
        assert_eq!(browser.session().await["role"], "inspector");

        let answer = browser.post("/sign-out", &Value::Null).await;
        let next = answer.json()["next"].as_str().unwrap().to_owned();
        assert!(next.starts_with(&format!("{}/session/end?client_id=kraamzicht&post_logout_redirect_uri=", lobby.provider.issuer())), "{next}");
        assert_eq!(answer.header("set-cookie"), "kraamzicht=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
        assert_eq!(last_line(&lobby.world.database).await, (who, "session.ended".to_owned(), "done".to_owned()));
        // The provider knows this place, and asks whether to sign out there too.
        assert_eq!(browser.get(&next).await.status, StatusCode::OK);
        browser.own().insert(Browser::SESSION.to_owned(), secret);
        assert_eq!(browser.ask("who-am-i", &json!({})).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(browser.session().await, Value::Null);
        assert_eq!(browser.post("/sign-out", &Value::Null).await.status, StatusCode::OK, "twice is no mistake");
        assert!(lobby.world.service.verify_audit().await.unwrap().is_ok());
    }

    async fn an_organisation_works_in_a_session_and_sees_itself_alone(database: TestDatabase) {
        let lobby = Lobby::new(database).await;
        let world = &lobby.world;
        let own = world.organisation("33991001", "Kraamzorg De Wieg").await;
        let other = world.organisation("33991002", "Kraamzorg Het Nest").await;
        let theirs = other.deliver(&other.file(PERIOD)).await;
        let receipt = theirs.shown["receipt"]["id"].as_str().unwrap().to_owned();
        let mut browser = lobby.signed_in("medewerker-1", json!({ "agb_code": "33991001" })).await;
        let session = browser.session().await;
        assert_eq!(session["organisation"], json!({ "agbCode": "33991001", "name": "Kraamzorg De Wieg" }), "{session}");
        assert_eq!(session["role"], "organisation");

        // What they do by cookie is what they do by token.
        let request = browser.request(Method::POST, "/uploads?fileName=a.csv").header("origin", &world.base);
        let request = request.header("content-type", "text/csv").body(own.file(PERIOD).bytes());
        let upload = browser.send(request).await;
        assert_eq!(upload.status, StatusCode::CREATED, "{upload:?}");
        let input = json!({ "input": { "uploadId": upload.json()["id"], "dataset": "indicatoren", "idempotencyKey": "0c8fbd8b-7a4b-4b67-8a37-2a5f0d4f6f01" } });
        let made = browser.ask("check-a-file", &input).await.json()["data"]["createSubmission"].take();
        assert_eq!((&made["submission"]["state"], &made["userErrors"]), (&json!("CHECKED"), &json!([])), "{made}");
        let again = browser.ask("check-a-file", &input).await.json()["data"]["createSubmission"].take();
        assert_eq!(again["submission"]["id"], made["submission"]["id"], "done once");
        let approval = json!({ "input": { "submissionIds": [made["submission"]["id"]] } });
        let approved = browser.ask("approve", &approval).await.json()["data"]["approveSubmissions"].take();
        assert_eq!(approved["submissions"][0]["state"], "APPROVED", "{approved}");
        let mine = approved["submissions"][0]["receipt"]["id"].as_str().unwrap().to_owned();
        assert_eq!(browser.get(&format!("/receipts/{mine}")).await.status, StatusCode::OK);

        // And of another they see nothing.
        assert_eq!(browser.get(&format!("/receipts/{receipt}")).await.status, StatusCode::NOT_FOUND);
        let variables = json!({ "period": PERIOD, "organisation": other.id });
        let mut told = String::new();
        for (document, variables) in [
            ("one-organisation", &variables),
            ("my-submissions", &json!({})),
            ("whom-first", &json!({ "period": PERIOD })),
            ("what-is-due", &json!({ "period": PERIOD })),
            ("withdraw", &json!({ "input": { "submissionId": theirs.id, "reason": "Niet van ons" } })),
        ] {
            told += &browser.ask(document, variables).await.text;
        }
        told += &browser.get("/v1/exports/submissions").await.text;
        told += &browser.get("/v1/exports/scores").await.text;
        assert!(told.contains("33991001") && !told.contains("33991002") && !told.contains("Het Nest"), "{told}");
        let (actor,): (String,) =
            fetch(&world.database, "SELECT actor FROM audit WHERE action = 'submissions.approved' OR action = 'submission.approved' ORDER BY sequence DESC LIMIT 1").await;
        assert!(actor.starts_with("ses_"), "{actor}");
        // An inspector of the same provider delivers nothing.
        let mut inspector = lobby.inspector().await;
        let request = inspector.request(Method::POST, "/uploads").header("origin", &world.base).body("x");
        assert_refused(&inspector.send(request).await, 403, "FORBIDDEN");
    }

    async fn a_session_ends_by_its_clock(database: TestDatabase) {
        let lobby = Lobby::new(database).await;
        let mut busy = lobby.inspector().await;
        let mut idle = lobby.inspector().await;
        let works = async |browser: &mut Browser| {
            let status = browser.ask("who-am-i", &json!({})).await.status;
            lobby.world.service.keep_records().await.unwrap();
            status == StatusCode::OK
        };
        assert!(works(&mut busy).await && works(&mut idle).await);
        for moment in ["2026-03-02T09:29:00Z", "2026-03-02T09:58:00Z", "2026-03-02T10:27:00Z"] {
            lobby.at(moment).await;
            assert!(works(&mut busy).await, "{moment}");
        }
        assert!(!works(&mut idle).await, "unused for longer than half an hour");
        assert_eq!(idle.session().await, Value::Null);
        lobby.at("2026-03-02T10:57:30Z").await;
        assert!(!works(&mut busy).await, "unused for half an hour");
        // However much it is used, a session lasts eight hours.
        let mut busy = lobby.inspector().await;
        for minutes in (11 * 60 + 20..19 * 60 - 3).step_by(20).chain([18 * 60 + 57]) {
            lobby.at(&format!("2026-03-02T{:02}:{:02}:00Z", minutes / 60, minutes % 60)).await;
            assert!(works(&mut busy).await, "{minutes}");
        }
        lobby.at("2026-03-02T18:58:00Z").await;
        assert!(!works(&mut busy).await, "its time is over");
    }

    async fn who_is_refused_is_told_why_and_noted(database: TestDatabase) {
        let lobby = Lobby::new(database).await;
        let world = &lobby.world;
        world.organisation("33991001", "Kraamzorg De Wieg").await;
        let inspector = json!({ "roles": ["kraamzicht-inspecteur"] });
        lobby.provider.next("inspecteur-1", inspector.clone()).await;

        // What was not asked by this browser.
        let mut victim = lobby.browser();
        let begun = victim.begin().await;
        let back = victim.through(&begun).await;
        let mut other = lobby.browser();
        assert_refused(&other.get(&back).await, 400, "SIGN_IN_STATE");
        other.begin().await;
        assert_refused(&other.get(&back).await, 400, "SIGN_IN_STATE");
        for changed in [
            with(&back, "state", Some("other")),
            with(&back, "state", None),
            format!("{back}&state=other"),
            format!("{back}&code=other"),
        ] {
            assert_refused(&victim.get(&changed).await, 400, "SIGN_IN_STATE");
        }
        assert_eq!(last_line(&world.database).await, ("nobody".to_owned(), "session.refused".to_owned(), "SIGN_IN_STATE".to_owned()));
        // None of this took it away; the answer itself works, once.
        let kept = victim.jars.clone();
        assert_eq!(victim.get(&back).await.status.as_u16(), 303);
        victim.jars = kept;
        assert_refused(&victim.get(&back).await, 400, "SIGN_IN_STATE");

        // Of another issuer, or of none.
        for iss in [Some("https://elders.example"), None] {
            let mut browser = lobby.browser();
            let begun = browser.begin().await;
            let back = browser.through(&begun).await;
            assert_refused(&browser.get(&with(&back, "iss", iss)).await, 400, "SIGN_IN_STATE");
        }
        // Too late.
        let mut browser = lobby.browser();
        let begun = browser.begin().await;
        let back = browser.through(&begun).await;
        lobby.world.clock.set("2026-03-02T09:10:30Z");
        assert_refused(&browser.get(&back).await, 400, "SIGN_IN_STATE");
        lobby.at("2026-03-02T09:10:31Z").await;

        // Made for another attempt: its nonce; and a code that was stolen, or used before.
        for (name, value) in [("nonce", Some("other")), ("nonce", None), ("code_challenge", Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"))] {
            let mut browser = lobby.browser();
            let begun = with(&browser.begin().await, name, value);
            let back = browser.through(&begun).await;
            assert_refused(&browser.get(&back).await, 403, "SIGN_IN_TOKEN");
        }
        let mut thief = lobby.browser();
        let begun = thief.begin().await;
        let stolen = &parameters(&thief.through(&begun).await)["code"];
        let mut again = lobby.browser();
        let begun = again.begin().await;
        let back = again.through(&begun).await;
        assert_refused(&again.get(&with(&back, "code", Some(stolen))).await, 403, "SIGN_IN_TOKEN");
        assert_eq!(last_line(&world.database).await.2, "SIGN_IN_TOKEN");
        // Without PKCE the provider gives no code.
        let mut browser = lobby.browser();
        let begun = with(&with(&browser.begin().await, "code_challenge", None), "code_challenge_method", None);
        let back = browser.through(&begun).await;
        assert_eq!(parameters(&back)["error"], "invalid_request");
        assert_refused(&browser.get(&back).await, 403, "SIGN_IN_DENIED");
        lobby.provider.set(json!({ "deny": true })).await;
        assert_refused(&lobby.browser().sign_in().await, 403, "SIGN_IN_DENIED");
        lobby.provider.set(json!({ "deny": false })).await;

        // Known there, and nobody here.
        for claims in [
            json!({}),
            json!({ "roles": ["other"] }),
            json!({ "agb_code": "33999999" }),
            json!({ "agb_code": "x" }),
            json!({ "agb_code": "33991001", "roles": ["kraamzicht-inspecteur"] }),
        ] {
            lobby.provider.next("iemand", claims.clone()).await;
            let mut browser = lobby.browser();
            let answer = browser.sign_in().await;
            assert_refused(&answer, 403, "SIGN_IN_NO_ROLE");
            assert!(!browser.own().contains_key(Browser::SESSION), "{claims}");
            assert_eq!(last_line(&world.database).await.2, "SIGN_IN_NO_ROLE");
        }
        assert_eq!(sessions(&world.database).await, 1, "of all these, one got in");
    }

    async fn a_session_is_new_at_each_sign_in(database: TestDatabase) {
        let lobby = Lobby::new(database).await;
        let mut browser = lobby.inspector().await;
        let first = browser.own()[Browser::SESSION].clone();
        // Whoever plants a session does not get the one that is signed in to.
        let planted = format!("kzs_{:064x}", 7);
        browser.sign_in().await;
        let second = browser.own()[Browser::SESSION].clone();
        assert!(first != second && second != planted);
        let mut old = browser.clone();
        old.own().insert(Browser::SESSION.to_owned(), first);
        assert_eq!(old.ask("who-am-i", &json!({})).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(browser.ask("who-am-i", &json!({})).await.status, StatusCode::OK);
        let subjects: (i64, i64) = fetch(&lobby.world.database, "SELECT COUNT(*), COUNT(DISTINCT subject) FROM session").await;
        assert_eq!(subjects, (2, 1), "the same person");
        let mut other = lobby.browser();
        other.own().insert(Browser::SESSION.to_owned(), planted.clone());
        lobby.provider.next("inspecteur-2", json!({ "roles": "kraamzicht-inspecteur" })).await;
        assert_eq!(other.sign_in().await.status.as_u16(), 303);
        assert_ne!(other.own()[Browser::SESSION], planted);
        // Sign-ins that nobody ended are let go of.
        lobby.browser().begin().await;
        let waiting = async || fetch::<(i64,)>(&lobby.world.database, "SELECT COUNT(*) FROM sign_in").await.0;
        assert_eq!(waiting().await, 1);
        lobby.at("2026-03-02T09:11:00Z").await;
        lobby.world.service.sweep().await.unwrap();
        assert_eq!(waiting().await, 0);
    }
}
