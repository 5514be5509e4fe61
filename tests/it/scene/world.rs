//! The service as its clients meet it, with a clock that the test sets.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use kraamzicht::{
    catalogue::Catalogue,
    domain::{Actor, Clock, Instant, MandateRight, OrganisationKind, Role},
    http::{LiveSettings, RateSettings, ServerSettings, routes, serve},
    service::{MandateRequest, Service, Settings},
    store::Database,
    system::SystemIds,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{Client, Organisation};
use crate::harness::{TestDatabase, fetch};

/// A clock that goes on by a millisecond each time it is looked at, so that every moment differs and none depends
/// on how fast the machine is.
#[derive(Clone, Debug)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    fn at(moment: &str) -> Self {
        Self(Arc::new(AtomicI64::new(Instant::parse(moment).unwrap().microseconds())))
    }

    /// How far it has gone, in looks.
    pub(crate) fn looks(&self) -> i64 {
        self.0.load(Ordering::SeqCst) / 1_000
    }

    /// Sets it to a later moment.
    pub(crate) fn set(&self, moment: &str) {
        let later = Instant::parse(moment).unwrap().microseconds();
        assert!(self.0.swap(later, Ordering::SeqCst) < later, "a clock does not go back");
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        Instant::from_microseconds(self.0.fetch_add(1_000, Ordering::SeqCst))
    }
}

/// A service on a database of its own, behind a real socket.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) clock: TestClock,
    pub(crate) database: TestDatabase,
    pub(crate) base: String,
    pub(crate) spool: TempDir,
    _keys: TempDir,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<()>>,
}

/// How many rows there are of what an act may leave behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) contents: i64,
    pub(crate) uploads: i64,
    pub(crate) submissions: i64,
    pub(crate) events: i64,
    pub(crate) explanations: i64,
    pub(crate) deliveries: i64,
    pub(crate) observations: i64,
    pub(crate) runs: i64,
    pub(crate) outcomes: i64,
    pub(crate) audit: i64,
}

impl Tally {
    /// What is there now.
    pub(crate) async fn of(database: &TestDatabase) -> Self {
        type Row = (i64, i64, i64, i64, i64, i64, i64, i64, i64, i64);
        let row: Row = fetch(
            database,
            "SELECT (SELECT COUNT(*) FROM content), (SELECT COUNT(*) FROM upload), (SELECT COUNT(*) FROM submission),
                (SELECT COUNT(*) FROM submission_event), (SELECT COUNT(*) FROM explanation),
                (SELECT COUNT(*) FROM delivery), (SELECT COUNT(*) FROM observation), (SELECT COUNT(*) FROM run),
                (SELECT COUNT(*) FROM run_organisation), (SELECT COUNT(*) FROM audit)",
        )
        .await;
        let (contents, uploads, submissions, events, explanations, deliveries, observations, runs, outcomes, audit) =
            row;
        Self { contents, uploads, submissions, events, explanations, deliveries, observations, runs, outcomes, audit }
    }
}

/// The catalogue that the program carries, read once for all tests.
pub(super) fn catalogue() -> Arc<Catalogue> {
    static CATALOGUE: OnceLock<Arc<Catalogue>> = OnceLock::new();
    Arc::clone(CATALOGUE.get_or_init(|| Arc::new(Catalogue::embedded().unwrap())))
}

/// A server that waits for nobody when it ends.
fn quick(rates: RateSettings) -> ServerSettings {
    ServerSettings { grace: Duration::ZERO, rates, ..ServerSettings::default() }
}

/// Serves until it is told to stop: where it is, what stops it, and what has ended then.
async fn begin(
    service: &Service,
    server: impl FnOnce(&str) -> ServerSettings,
) -> (String, oneshot::Sender<()>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let settings = server(&base);
    let router = routes(service, &settings).unwrap();
    let (stop, stopped) = oneshot::channel();
    let shutdown = async { stopped.await.unwrap_or_default() };
    let served = tokio::spawn(async { serve(listener, router, shutdown, settings).await.unwrap() });
    (base, stop, served)
}

impl World {
    /// A world on 2 March 2026, nine in the morning.
    pub(crate) async fn new(database: TestDatabase) -> Self {
        Self::with(database, |_| ()).await
    }

    /// A world whose operator decided otherwise.
    pub(crate) async fn with(database: TestDatabase, adjust: impl FnOnce(&mut Settings)) -> Self {
        let url = database.url.clone();
        Self::by_way_of(&url, database, adjust).await
    }

    /// A world whose service reaches its database by another way than the test does.
    pub(crate) async fn by_way_of(url: &str, database: TestDatabase, adjust: impl FnOnce(&mut Settings)) -> Self {
        Box::pin(Self::made(url, database, adjust, |_, _| quick(RateSettings::default()))).await
    }

    /// A world whose connections that stay open are held to this, and are let end.
    pub(crate) async fn live(database: TestDatabase, adjust: impl FnOnce(&mut Settings), live: LiveSettings) -> Self {
        let url = database.url.clone();
        Self::live_by_way_of(&url, database, adjust, live).await
    }

    /// The same, by another way to the database.
    pub(crate) async fn live_by_way_of(
        url: &str,
        database: TestDatabase,
        adjust: impl FnOnce(&mut Settings),
        live: LiveSettings,
    ) -> Self {
        let settings = ServerSettings { live, ..ServerSettings::default() };
        Box::pin(Self::made(url, database, adjust, |_, _| settings)).await
    }

    /// Another process on the same database, as far as that goes within one: nothing is shared but the clock and the key.
    /// Gives where it is, and what ends it.
    pub(crate) async fn another(&self, url: &str, adjust: impl FnOnce(&mut Settings)) -> (String, oneshot::Sender<()>) {
        let store = Database::open(url).await.unwrap();
        let mut settings = self.service.settings().clone();
        settings.audit_journal = None;
        adjust(&mut settings);
        let ids = Arc::new(SystemIds::new(self.clock.clone()));
        let service = Service::new(store, catalogue(), Arc::new(self.clock.clone()), ids, settings);
        let (base, stop, _) = begin(&service, |_| ServerSettings::default()).await;
        (base, stop)
    }

    /// Asks the server to stop, and waits until it did.
    pub(crate) async fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.served.take().unwrap().await.unwrap();
    }

    /// A world whose operator allows no more than this.
    pub(crate) async fn limited(database: TestDatabase, rates: RateSettings) -> Self {
        Self::serving(database, |_, _| quick(rates)).await
    }

    /// A world whose operator decided otherwise about the server, knowing where it is and by which clock it goes.
    pub(crate) async fn serving(
        database: TestDatabase,
        server: impl FnOnce(&str, &TestClock) -> ServerSettings,
    ) -> Self {
        let url = database.url.clone();
        let quick = |base: &str, clock: &TestClock| ServerSettings { grace: Duration::ZERO, ..server(base, clock) };
        Box::pin(Self::made(&url, database, |_| (), quick)).await
    }

    async fn made(
        url: &str,
        database: TestDatabase,
        adjust: impl FnOnce(&mut Settings),
        server: impl FnOnce(&str, &TestClock) -> ServerSettings,
    ) -> Self {
        let store = Database::open(url).await.unwrap();
        store.migrate().await.unwrap();
        let spool = tempfile::tempdir().unwrap();
        let clock = TestClock::at("2026-03-02T09:00:00Z");
        let keys = tempfile::tempdir().unwrap();
        let mut settings = Settings::new(spool.path().to_owned());
        settings.signing_key = keys.path().join("signing.key");
        settings.audit_journal = Some(keys.path().join("audit.journal"));
        adjust(&mut settings);
        let ids = Arc::new(SystemIds::new(clock.clone()));
        let service = Service::new(store, catalogue(), Arc::new(clock.clone()), ids, settings);
        let (base, stop, served) = begin(&service, |base| server(base, &clock)).await;
        Self { service, clock, database, base, spool, _keys: keys, stop: Some(stop), served: Some(served) }
    }

    /// Somebody with this token, or without any.
    pub(crate) fn client(&self, token: Option<&str>) -> Client {
        Client::new(&self.base, token)
    }

    /// Somebody of the inspectorate.
    pub(crate) async fn inspector(&self) -> Client {
        let token = self.token(Role::Inspector, None).await;
        self.client(Some(&token))
    }

    /// A new organisation with its token.
    pub(crate) async fn organisation(&self, agb_code: &str, name: &str) -> Organisation {
        self.register(&[(agb_code.to_owned(), name.to_owned())]).await;
        self.member(agb_code).await
    }

    /// A registered organisation, with a new token.
    pub(crate) async fn member(&self, agb_code: &str) -> Organisation {
        let token = self.token(Role::Organisation, Some(agb_code)).await;
        let found = self.service.organisation_by_agb(&Actor::OPERATOR, agb_code.parse().unwrap()).await;
        let found = found.unwrap().unwrap();
        let client = self.client(Some(&token));
        Organisation { agb_code: agb_code.to_owned(), name: found.name, id: found.id.to_string(), client }
    }

    /// A new intermediary: its identifier, and with a token that works for a month.
    pub(crate) async fn intermediary(&self, name: &str) -> (String, Client) {
        let id = self.service.register_intermediary(&Actor::OPERATOR, name, None).await.unwrap().id;
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).unwrap();
        let token = self.service.create_intermediary_token(id, "test", 30 * 24 * 3_600, secret).await.unwrap();
        (id.to_string(), self.client(Some(&token.secret)))
    }

    /// Lets an intermediary act for an organisation, as asked by somebody; the mandate's identifier.
    pub(crate) async fn mandate(
        &self,
        organisation: &str,
        intermediary: &str,
        right: MandateRight,
        datasets: &[&str],
        [from, until]: [&str; 2],
    ) -> String {
        let request = MandateRequest {
            organisation: Some(organisation.parse().unwrap()),
            intermediary: intermediary.parse().unwrap(),
            right,
            datasets: datasets.iter().map(|dataset| (*dataset).to_owned()).collect(),
            from: from.parse().unwrap(),
            until: until.parse().unwrap(),
            asked_by: Some(format!("De bestuurder van {organisation}")),
        };
        self.service.give_mandate(&Actor::OPERATOR, &request).await.unwrap().mandate.id.to_string()
    }

    /// Adds organisations to the register.
    pub(crate) async fn register(&self, organisations: &[(String, String)]) {
        let entry = |(agb_code, name): &(String, String)| {
            (agb_code.parse().unwrap(), name.clone(), OrganisationKind::Organisation)
        };
        self.service.register(&Actor::OPERATOR, organisations.iter().map(entry).collect()).await.unwrap();
    }

    /// A token that works for a day.
    pub(crate) async fn token(&self, role: Role, agb_code: Option<&str>) -> String {
        let agb_code = agb_code.map(|code| code.parse().unwrap());
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).unwrap();
        self.service.create_token(role, agb_code, "test", 24 * 3_600, secret).await.unwrap().secret
    }

    /// What is in the database now.
    pub(crate) async fn tally(&self) -> Tally {
        Tally::of(&self.database).await
    }

    /// How many files lie in the spool folder.
    pub(crate) fn spooled(&self) -> usize {
        std::fs::read_dir(self.spool.path()).unwrap().count()
    }
}
