//! Signing in, as the provider and the operator make it: changed keys, other clocks, limits, a provider that is away.

use std::num::NonZeroU32;

use kraamzicht::http::RateSettings;
use reqwest::{Method, StatusCode, Url};
use serde_json::json;

use crate::{
    harness::sqlite,
    scene::{Browser, Lobby, World},
    sign_in::{assert_refused, code, parameters, with},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_providers_keys_may_change_at_any_time() {
    let lobby = Lobby::new(sqlite()).await;
    lobby.inspector().await;
    let asked = lobby.provider.set(json!({})).await;
    assert_eq!(asked, 1);
    lobby.inspector().await;
    assert_eq!(lobby.provider.set(json!({ "rotate": true })).await, 1, "keys are remembered");
    lobby.inspector().await;
    assert_eq!(lobby.provider.set(json!({ "rotate": true })).await, 2, "an unknown one is looked up again");
    // At once again: not asked each time somebody comes with a key of their own making.
    for _ in 0..3 {
        assert_refused(&lobby.browser().sign_in().await, 403, "SIGN_IN_TOKEN");
    }
    assert_eq!(lobby.provider.set(json!({})).await, 2);
    lobby.at("2026-03-02T09:01:00Z").await;
    lobby.inspector().await;
    assert_eq!(lobby.provider.set(json!({ "alg": "ES256" })).await, 3);
    lobby.inspector().await;
    // What was taken back is not believed for longer than an hour.
    lobby.at("2026-03-02T10:01:30Z").await;
    lobby.inspector().await;
    assert_eq!(lobby.provider.set(json!({})).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_differ_a_little() {
    let lobby = Lobby::new(sqlite()).await;
    lobby.world.clock.set("2026-03-02T09:20:00Z");
    let at = async |moment: &str| {
        let now = kraamzicht::domain::Instant::parse(moment).unwrap().microseconds() / 1_000;
        lobby.provider.set(json!({ "now": now })).await;
        lobby.provider.next("inspecteur-1", json!({ "roles": "kraamzicht-inspecteur" })).await;
        lobby.browser().sign_in().await.status.as_u16()
    };
    assert_eq!(at("2026-03-02T09:19:10Z").await, 303);
    assert_eq!(at("2026-03-02T09:20:55Z").await, 303);
    assert_eq!(at("2026-03-02T09:21:30Z").await, 403, "made in the future");
    assert_eq!(at("2026-03-02T08:10:00Z").await, 403, "over for ten minutes");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tries_to_get_in_is_held_up() {
    let rates = RateSettings { attempts: NonZeroU32::new(4), ..RateSettings::default() };
    let lobby = Lobby::limited(sqlite(), rates).await;
    // Whoever gets in has not tried.
    for _ in 0..6 {
        lobby.inspector().await;
    }
    let mut known = lobby.inspector().await;
    let mut browser = lobby.browser();
    for _ in 0..2 {
        browser.begin().await;
        assert_refused(&browser.get("/sign-in/callback?state=x&code=x").await, 400, "SIGN_IN_STATE");
    }
    let token = lobby.world.client(Some(&format!("kz_{:064x}", 1)));
    for answer in [
        browser.get("/sign-in").await,
        browser.get("/sign-in/callback?state=x&code=x").await,
        token.get("/v1/exports/scores").await,
    ] {
        assert_refused(&answer, 429, "RATE_LIMITED");
        assert!(
            answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=60).contains(&seconds)),
            "{answer:?}"
        );
        assert_eq!((&answer.json()["limit"], &answer.json()["windowSeconds"]), (&json!(4), &json!(60)));
    }
    let mut guesser = lobby.browser();
    guesser.own().insert(Browser::SESSION.to_owned(), format!("kzs_{:064x}", 1));
    assert_eq!(guesser.ask("who-am-i", &json!({})).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(known.ask("who-am-i", &json!({})).await.status, StatusCode::OK, "who is in is not locked out");
    lobby.at("2026-03-02T09:02:00Z").await;
    lobby.inspector().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_a_session_are_counted() {
    let rates = RateSettings { requests: NonZeroU32::new(3), ..RateSettings::default() };
    let lobby = Lobby::limited(sqlite(), rates).await;
    let mut browser = lobby.inspector().await;
    let mut other = lobby.inspector().await;
    for _ in 0..3 {
        assert_eq!(browser.ask("who-am-i", &json!({})).await.status, StatusCode::OK);
    }
    let answer = browser.ask("who-am-i", &json!({})).await;
    assert_eq!((answer.status, code(&answer)), (StatusCode::TOO_MANY_REQUESTS, json!("RATE_LIMITED")));
    assert_eq!(other.ask("who-am-i", &json!({})).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_away_says_so_on_a_page() {
    let lobby = Lobby::new(sqlite()).await;
    let mut signed_in = lobby.inspector().await;
    let Lobby { world, provider } = lobby;
    let mut browser = Browser::clone(&signed_in);
    browser.own().clear();
    drop(provider);
    // Who is in stays in; their session here ends without it.
    assert_eq!(signed_in.ask("who-am-i", &json!({})).await.status, StatusCode::OK);
    world.clock.set("2026-03-02T11:00:00Z");
    let answer = browser.get("/sign-in").await;
    // Its description is known from before: the browser finds out.
    assert_eq!(answer.status.as_u16(), 303);
    let lost = with(&format!("{}/sign-in/callback", world.base), "code", Some("x"));
    let state = &parameters(answer.header("location"))["state"];
    let back = with(&with(&lost, "state", Some(state)), "iss", Some(&provider_of(answer.header("location"))));
    let answer = browser.get(&back).await;
    assert_refused(&answer, 503, "UNAVAILABLE");
    assert_eq!(answer.header("retry-after"), "60");
    let asked = |language: &str| {
        browser
            .request(Method::GET, "/sign-in/callback")
            .header("accept", "text/html,*/*;q=0.8")
            .header("accept-language", language)
    };
    for (language, words) in [("nl", "Meld u opnieuw aan"), ("en", "Sign in again")] {
        let request = asked(language);
        let page = browser.clone().send(request).await;
        assert_eq!((page.status.as_u16(), page.header("content-language")), (400, language));
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(
            page.text.contains(words)
                && page.text.contains("SIGN_IN_STATE")
                && page.header("content-security-policy").contains("default-src 'none'")
        );
    }
}

/// The issuer at whose address a browser is sent to sign in.
fn provider_of(url: &str) -> String {
    Url::parse(url).unwrap().origin().ascii_serialization()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_provider_nobody_signs_in_and_no_cookie_counts() {
    let world = World::new(sqlite()).await;
    let nobody = world.client(None);
    for (method, path) in
        [(Method::GET, "/sign-in"), (Method::GET, "/sign-in/callback?code=x&state=x"), (Method::POST, "/sign-out")]
    {
        assert_refused(&nobody.send(nobody.request(method, path)).await, 404, "NOT_FOUND");
    }
    let cookie = format!("kraamzicht=kzs_{:064x}; __Host-kraamzicht=kzs_{:064x}", 1, 1);
    let answer = nobody.send(nobody.request(Method::GET, "/session").header("cookie", &cookie)).await;
    assert_eq!(answer.json(), json!({ "signIn": false, "session": null }));
    let answer = nobody.send(nobody.request(Method::GET, "/v1/exports/scores").header("cookie", &cookie)).await;
    assert_refused(&answer, 401, "UNAUTHENTICATED");
}

/// The options by which the binary is told of a provider; nothing listens there.
fn options(folder: &std::path::Path, issuer: &str, public_url: &str) -> Vec<String> {
    let data = folder.join("data").to_str().unwrap().to_owned();
    let claims = folder.join("claims.toml").to_str().unwrap().to_owned();
    let secret = folder.join("secret").to_str().unwrap().to_owned();
    let options = [
        "--data-dir",
        &data,
        "--log",
        "debug",
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--oidc-issuer",
        issuer,
        "--oidc-client-id",
        "kraamzicht",
        "--oidc-client-secret-file",
        &secret,
        "--oidc-claims",
        &claims,
        "--public-url",
        public_url,
    ];
    options.map(str::to_owned).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_says_where_people_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("claims.toml", "[[inspector]]\nclaim = \"roles\"\nvalue = \"inspecteur\"\n");
    write("secret", "hunter2\n");
    let start = |issuer: &str, public_url: &str| {
        let options = options(folder.path(), issuer, public_url);
        crate::harness::Server::start(&options.iter().map(String::as_str).collect::<Vec<_>>())
    };
    // A provider that is away does not keep the service from starting.
    let server = start("https://127.0.0.1:1/zorg", "https://kraamzicht.example").unwrap();
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for _ in 0..2 {
        let answer = http.get(server.url("/sign-in")).header("accept", "text/html").send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"60".parse().unwrap()));
        let page = answer.text().await.unwrap();
        assert!(page.contains("De aanmelddienst is nu niet bereikbaar") && !page.contains("127.0.0.1"), "{page}");
    }
    // Cookies are for this host, over TLS.
    let cookie = format!("__Host-kraamzicht=kzs_{:064x}", 1);
    let answer =
        http.post(server.url("/sign-out")).header("cookie", &cookie).header("origin", "https://kraamzicht.example");
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.headers()["set-cookie"], "__Host-kraamzicht=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
    let foreign = http.post(server.url("/sign-out")).header("origin", server.url("")).send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN, "where it listens is not where browsers find it");
    assert!(
        !server.output().contains("hunter2") && server.output().contains("cannot be reached"),
        "{}",
        server.output()
    );
    drop(server);

    for (issuer, public_url, said) in [
        ("http://login.example", "https://kraamzicht.example", "the issuer must begin with https://"),
        ("https://login.example", "http://kraamzicht.example", "the public URL must begin with https://"),
        ("https://login.example", "https://kraamzicht.example/x", "without a path"),
        ("login.example", "https://kraamzicht.example", "no URL"),
    ] {
        let ended = start(issuer, public_url).unwrap_err();
        assert!(ended.contains(said) && !ended.contains("hunter2"), "{ended}");
    }
    write("claims.toml", "scopes = [\"roles\"]\n");
    let ended = start("https://login.example", "https://kraamzicht.example").unwrap_err();
    assert!(ended.contains("nobody could sign in"), "{ended}");
    let alone = ["serve", "--oidc-issuer", "https://login.example"];
    let ended = crate::harness::Server::start(&alone).unwrap_err();
    assert!(ended.contains("--oidc-client-id") && ended.contains("--public-url"), "{ended}");
}
