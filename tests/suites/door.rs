//! A door that asks nobody for a token, for suites that expect one: `open_door DATA_DIR`.
//!
//! At `/graphql` is the service's own schema, whoever comes being taken for the inspectorate; at `/faults/graphql` a schema
//! whose fields fail in every way a field can, which graphql-js is held against. Both stand behind the endpoint and the
//! guard of the service. Development only.
#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use async_graphql::{Data, EmptyMutation, EmptySubscription, Object, Schema};
use axum::{
    Router,
    http::{HeaderMap, request::Parts},
};
use kraamzicht::{
    catalogue::Catalogue,
    domain::{Actor, Call, Entry, Role, Scope},
    graphql::{
        self,
        guard::{Admitted, Guard, Limits},
    },
    http::{Authenticate, GraphqlEndpoint, Metrics, Problem, ServerSettings, protect, serve},
    service::{Service, Settings},
    store::Database,
    system::{SystemClock, SystemIds},
};
use tokio::net::TcpListener;

/// Takes everybody for an inspector.
struct Open;

impl Authenticate for Open {
    type Caller = Actor;

    async fn authenticate(&self, _: &Parts) -> Result<Actor, Problem> {
        Ok(Actor { entry: Entry::Machine, role: Role::Inspector, scope: Scope::Sector, call: Call::LOCAL })
    }

    fn admit(&self, mut actor: Actor, asked: &Admitted, _: usize) -> Result<(Data, HeaderMap), Problem> {
        actor.call.document = Some(asked.hash());
        let mut data = Data::default();
        data.insert(actor);
        Ok((data, HeaderMap::new()))
    }

    fn admit_ad_hoc(&self, _: &Actor) -> Result<(), Problem> {
        Ok(())
    }

    async fn still(&self, _: &Parts, _: &Actor) -> Result<(), Problem> {
        Ok(())
    }

    fn name(&self, actor: &Actor) -> String {
        actor.to_string()
    }
}

/// A field that fails; `differential.test.mjs` has the same.
fn failed<T>() -> async_graphql::Result<T> {
    Err("failed".into())
}

struct Faults;
struct Part(i32);

#[Object]
#[expect(clippy::unused_async, reason = "resolvers are asynchronous")]
impl Faults {
    async fn fine(&self) -> &'static str {
        "fine"
    }

    async fn maybe(&self) -> Option<async_graphql::Result<&'static str>> {
        Some(failed())
    }

    async fn sure(&self) -> async_graphql::Result<&'static str> {
        failed()
    }

    async fn nothing(&self) -> Option<&'static str> {
        None
    }

    async fn part(&self, number: i32) -> Option<Part> {
        Some(Part(number))
    }

    async fn sure_part(&self, number: i32) -> Part {
        Part(number)
    }

    async fn maybe_parts(&self) -> Option<Vec<Option<Part>>> {
        Some(parts().map(Some).collect())
    }

    async fn parts(&self) -> Vec<Option<Part>> {
        parts().map(Some).collect()
    }

    async fn sure_parts(&self) -> Option<Vec<Part>> {
        Some(parts().collect())
    }
}

#[Object]
#[expect(clippy::unused_async, reason = "resolvers are asynchronous")]
impl Part {
    async fn number(&self) -> i32 {
        self.0
    }

    /// Fails in the second.
    async fn maybe(&self) -> Option<async_graphql::Result<i32>> {
        Some(if self.0 == 1 { failed() } else { Ok(self.0) })
    }

    /// Fails in the second.
    async fn sure(&self) -> async_graphql::Result<i32> {
        if self.0 == 1 { failed() } else { Ok(self.0) }
    }

    async fn below(&self) -> Option<Self> {
        Some(Self(self.0))
    }

    async fn sure_below(&self) -> Self {
        Self(self.0)
    }

    async fn sure_parts(&self) -> Vec<Self> {
        parts().collect()
    }
}

fn parts() -> impl Iterator<Item = Part> {
    (0..3).map(Part)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).context("open_door DATA_DIR")?;
    let folder = Path::new(&folder);
    let database = Database::open_sqlite(&folder.join("kraamzicht.db")).await?;
    let clock = SystemClock::new();
    let settings = Settings::new(folder.join("spool"));
    let ids = Arc::new(SystemIds::new(clock));
    let service = Service::new(database, Arc::new(Catalogue::embedded()?), Arc::new(clock), ids, settings);

    let guard = |sdl: &str| Guard::new(sdl, Limits::default()).map(Arc::new);
    let own = GraphqlEndpoint::new(graphql::schema(service), guard(&graphql::sdl())?, Open);
    let faults = Schema::build(Faults, EmptyMutation, EmptySubscription)
        .validation_mode(async_graphql::ValidationMode::Fast)
        .finish();
    let faults_guard = guard(&faults.sdl())?;
    let faults = GraphqlEndpoint::new(faults, faults_guard, Open);

    let settings = ServerSettings::default();
    let router = Router::new().merge(own.routes()).nest("/faults", faults.routes());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, protect(router, &settings, &Metrics::default()), std::future::pending(), settings).await?;
    Ok(())
}
