//! A person with a browser, and the identity provider at which they sign in.

use std::{collections::BTreeMap, path::Path, process::Command, sync::Arc};

use kraamzicht::{
    http::{RateSettings, ServerSettings},
    identity::{Provider, ProviderSettings, Rules},
};
use reqwest::{Method, RequestBuilder, redirect::Policy};
use serde_json::{Value, json};

use super::{Answer, World};
use crate::harness::{Server, TestDatabase};

/// What the claims of the test's provider mean.
const RULES: &str = r#"
    scopes = ["roles"]
    [[inspector]]
    claim = "roles"
    value = "kraamzicht-inspecteur"
    [[organisation]]
    claim = "agb_code"
"#;

/// The client's secret, of letters that a header may not hold as they are.
const SECRET: &str = "een geheim+voor/de%test";

/// `oidc-provider` of npm, in a process of its own (tests/provider).
#[derive(Debug)]
pub(crate) struct TestProvider {
    server: Server,
    http: reqwest::Client,
}

impl TestProvider {
    /// Starts it for the service at `base`.
    fn start(base: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = root.join("target/provider");
        assert!(
            folder.join("node_modules/oidc-provider").is_dir(),
            "the identity provider of the tests is not installed: run scripts/test"
        );
        let mut command = Command::new("node");
        let script = include_str!("../../provider/provider.mjs");
        command.current_dir(folder).args(["--input-type=module", "--eval", script, base]);
        let server = Server::start_command(command).unwrap_or_else(|error| panic!("{error}"));
        Self { server, http: reqwest::Client::new() }
    }

    /// As it calls itself.
    pub(crate) fn issuer(&self) -> String {
        self.server.url("")
    }

    /// Changes what it does: how often its keys were asked for.
    pub(crate) async fn set(&self, change: Value) -> u64 {
        let answer = self.http.post(self.server.url("/control")).json(&change).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["keysAsked"].as_u64().unwrap()
    }

    /// Lets who signs in next be this person.
    pub(crate) async fn next(&self, sub: &str, claims: Value) {
        self.set(json!({ "sub": sub, "claims": claims })).await;
    }
}

/// A world in which people sign in.
#[derive(Debug)]
pub(crate) struct Lobby {
    pub(crate) world: World,
    pub(crate) provider: TestProvider,
}

impl Lobby {
    /// With ordinary limits.
    pub(crate) async fn new(database: TestDatabase) -> Self {
        Self::limited(database, RateSettings::default()).await
    }

    /// Whose operator allows no more than this.
    pub(crate) async fn limited(database: TestDatabase, rates: RateSettings) -> Self {
        let mut provider = None;
        let world = World::serving(database, |base, clock| {
            let started = TestProvider::start(base);
            let settings = ProviderSettings {
                issuer: started.issuer(),
                client_id: "kraamzicht".to_owned(),
                client_secret: Some(SECRET.parse().unwrap()),
                public_url: base.parse().unwrap(),
                rules: Rules::parse(RULES).unwrap(),
                authorities: None,
            };
            let sign_in = Some(Provider::new(settings, Arc::new(clock.clone())).unwrap());
            provider = Some(started);
            ServerSettings { rates, sign_in, ..ServerSettings::default() }
        });
        let world = world.await;
        Self { world, provider: provider.unwrap() }
    }

    /// Sets the clock of the service and of the provider.
    pub(crate) async fn at(&self, moment: &str) {
        self.world.clock.set(moment);
        let now = kraamzicht::domain::Instant::parse(moment).unwrap().microseconds() / 1_000;
        self.provider.set(json!({ "now": now })).await;
    }

    /// A new browser.
    pub(crate) fn browser(&self) -> Browser {
        let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        Browser { http, base: self.world.base.clone(), jars: BTreeMap::new() }
    }

    /// Somebody of the inspectorate, signed in.
    pub(crate) async fn inspector(&self) -> Browser {
        self.signed_in("inspecteur-1", json!({ "roles": ["kraamzicht-inspecteur"] })).await
    }

    /// Somebody with these claims, signed in.
    pub(crate) async fn signed_in(&self, sub: &str, claims: Value) -> Browser {
        self.provider.next(sub, claims).await;
        let mut browser = self.browser();
        let answer = browser.sign_in().await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/console"), "{answer:?}");
        browser
    }
}

/// A person's browser: follows no redirect by itself, keeps cookies by host and port, and says from where it asks.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    http: reqwest::Client,
    base: String,
    pub(crate) jars: BTreeMap<String, BTreeMap<String, String>>,
}

impl Browser {
    /// The name of the session's cookie.
    pub(crate) const SESSION: &str = "kraamzicht";

    /// Asks to sign in: where it is sent.
    pub(crate) async fn begin(&mut self) -> String {
        let answer = self.get("/sign-in").await;
        assert_eq!(answer.status.as_u16(), 303, "{answer:?}");
        answer.header("location").to_owned()
    }

    /// Goes through the provider from `url`, until that sends it back: where to.
    pub(crate) async fn through(&mut self, url: &str) -> String {
        let mut url = url.to_owned();
        for _ in 0..10 {
            let answer = self.send(self.request(Method::GET, &url)).await;
            let next = answer.header("location").to_owned();
            assert!(answer.status.is_redirection(), "{url}: {answer:?}");
            url = reqwest::Url::parse(&url).unwrap().join(&next).unwrap().to_string();
            if url.starts_with(&self.base) {
                return url;
            }
        }
        panic!("the provider sends nobody back: {url}");
    }

    /// The whole way; the answer of the service at its end.
    pub(crate) async fn sign_in(&mut self) -> Answer {
        let begun = self.begin().await;
        let back = self.through(&begun).await;
        self.get(&back).await
    }

    /// Fetches a page: of the service, or of anywhere.
    pub(crate) async fn get(&mut self, place: &str) -> Answer {
        let request = self.request(Method::GET, place);
        self.send(request).await
    }

    /// Sends from a page of the service.
    pub(crate) async fn post(&mut self, place: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, place).header("origin", &self.base).json(body);
        self.send(request).await
    }

    /// Asks a trusted document, by the name of its file.
    pub(crate) async fn ask(&mut self, document: &str, variables: &Value) -> Answer {
        let body = json!({ "documentId": document_id(document), "variables": variables });
        self.post("/graphql", &body).await
    }

    /// Who the service says is signed in.
    pub(crate) async fn session(&mut self) -> Value {
        self.get("/session").await.json()["session"].take()
    }

    /// A request with the cookies of where it goes.
    pub(crate) fn request(&self, method: Method, place: &str) -> RequestBuilder {
        let url = if place.starts_with('/') { format!("{}{place}", self.base) } else { place.to_owned() };
        let url = reqwest::Url::parse(&url).unwrap();
        let jar = self.jars.get(url.authority());
        let cookies: Vec<String> = jar.into_iter().flatten().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.http.request(method, url);
        if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) }
    }

    /// Sends a request and keeps the cookies of the answer.
    pub(crate) async fn send(&mut self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let jar = self.jars.entry(response.url().authority().to_owned()).or_default();
        for cookie in response.headers().get_all("set-cookie") {
            let mut parts = cookie.to_str().unwrap().split(';').map(str::trim);
            let (name, value) = parts.next().unwrap().split_once('=').unwrap();
            let gone = value.is_empty() || parts.any(|part| part.eq_ignore_ascii_case("max-age=0"));
            if gone {
                jar.remove(name)
            } else {
                jar.insert(name.to_owned(), value.to_owned())
            };
        }
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    /// The cookies of the service.
    pub(crate) fn own(&mut self) -> &mut BTreeMap<String, String> {
        let authority = self.base.trim_start_matches("http://").to_owned();
        self.jars.entry(authority).or_default()
    }
}

/// The identifier of a trusted document, by the name of its file without its number.
pub(crate) fn document_id(name: &str) -> String {
    let all = kraamzicht::catalogue::Operation::embedded().unwrap();
    let found = all.iter().find(|one| one.name.split_once('-').is_some_and(|(_, rest)| rest == name));
    format!("sha256:{}", found.unwrap_or_else(|| panic!("{name}")).id)
}
