//! How many statements a request sends to its database: counted where the driver says so, by the request's reference.

use std::{
    collections::HashMap,
    fmt::{Debug, Write as _},
    sync::{Mutex, OnceLock},
};

use tracing::{
    Event,
    field::{Field, Visit},
    span::{Attributes, Id},
};
use tracing_subscriber::{
    Layer, Registry,
    filter::Targets,
    layer::{Context, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

static COUNTED: Mutex<Option<HashMap<String, Vec<String>>>> = Mutex::new(None);

/// Begins to count, once for all tests of this process.
pub(crate) fn count_statements() {
    static COUNTING: OnceLock<()> = OnceLock::new();
    COUNTING.get_or_init(|| {
        *COUNTED.lock().unwrap() = Some(HashMap::new());
        let heard = Targets::new()
            .with_target("sqlx::query", tracing::Level::TRACE)
            .with_target("kraamzicht::http::server", tracing::Level::INFO);
        tracing_subscriber::registry().with(Counting.with_filter(heard)).init();
    });
}

/// The beginnings of the statements that the request with this reference (`x-request-id`) sent, sorted.
pub(crate) fn statements_of(reference: &str) -> Vec<String> {
    let mut found = COUNTED.lock().unwrap().as_ref().unwrap().get(reference).cloned().unwrap_or_default();
    found.sort();
    found
}

struct Counting;

struct Reference(String);

#[derive(Default)]
struct Summary(String);

impl Visit for Summary {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // A short statement is its own summary.
        if matches!(field.name(), "summary" | "db.statement") {
            write!(self.0, "{value:?}").unwrap();
        }
    }
}

impl Visit for Reference {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "reference" {
            self.0 = format!("{value:?}");
        }
    }
}

impl Layer<Registry> for Counting {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, Registry>) {
        let mut reference = Reference(String::new());
        attributes.record(&mut reference);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(reference);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, Registry>) {
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(Reference(reference)) = span.extensions().get() {
                let mut counted = COUNTED.lock().unwrap();
                let mut summary = Summary::default();
                event.record(&mut summary);
                // What the driver asks for itself when a connection is new.
                if ["PRAGMA", "pg_catalog"].iter().any(|own| summary.0.contains(own)) {
                    return;
                }
                counted.get_or_insert_default().entry(reference.clone()).or_default().push(summary.0);
            }
        }
    }
}
