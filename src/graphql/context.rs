//! What a resolver has at hand, and how failures become GraphQL errors.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use async_graphql::{Context, ErrorExtensions as _, Value};
use tokio::sync::OnceCell;

use super::{
    files::{ReceivedFile, ReceivedFiles},
    loads::Loads,
    page::bad_input,
    scalars::{DateTime, FileHandle, Key},
};
use crate::{
    catalogue::Catalogue,
    domain::{Actor, Digest, Instant, Once, Period},
    service::{Assessment, Error, KnownAt, Reader, Service, causes},
};

/// The moment that a query is answered from, for all of its fields: that of the last change when it is first asked for.
/// Put into the request's data, where it also tells afterwards whether the answer follows from that moment alone.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    present: Arc<OnceCell<Instant>>,
    moves: Arc<AtomicBool>,
}

impl Snapshot {
    /// The moment of the last change, as the service says it.
    pub fn at(present: Instant) -> Self {
        Self { present: Arc::new(OnceCell::new_with(Some(present))), moves: Arc::default() }
    }

    /// Whether the clock was looked at: the same question may be answered otherwise though nothing changed.
    pub fn moves(&self) -> bool {
        self.moves.load(Ordering::Relaxed)
    }
}

/// Who asks, and what answers.
pub(super) struct Asked<'a> {
    pub(super) service: &'a Service,
    pub(super) actor: Actor,
    files: Option<&'a ReceivedFiles>,
    snapshot: Option<&'a Snapshot>,
    loads: Option<&'a Loads>,
    /// Where the request has none.
    own_loads: OnceLock<Loads>,
}

impl<'a> Asked<'a> {
    /// Refuses when nobody known is asking.
    pub(super) fn by(context: &Context<'a>) -> async_graphql::Result<Self> {
        let service = context.data::<Service>()?;
        let actor = context.data_opt::<Actor>().copied().ok_or_else(|| failure(service, &Error::Unauthenticated))?;
        Ok(Self {
            service,
            actor,
            files: context.data_opt::<ReceivedFiles>(),
            snapshot: context.data_opt::<Snapshot>(),
            loads: context.data_opt::<Loads>(),
            own_loads: OnceLock::new(),
        })
    }

    /// What `actor` has at hand outside of a request, as when they are told something.
    pub(super) const fn of(service: &'a Service, actor: Actor) -> Self {
        Self { service, actor, files: None, snapshot: None, loads: None, own_loads: OnceLock::new() }
    }

    /// The same, with what the field asks done once under `key`.
    pub(super) fn once(context: &Context<'a>, key: Option<Key>) -> async_graphql::Result<Self> {
        let mut asked = Self::by(context)?;
        if let Some(Key(key)) = key {
            let field = context.field();
            let arguments = field.arguments()?.into_iter().map(|(name, value)| (name.to_string(), value));
            let payload = asked.canonical(arguments);
            let parts = [field.name().as_bytes(), b" ", payload.as_bytes()];
            asked.actor.call.once = Some(Once { key, fingerprint: Digest::of_parts(parts) });
        }
        Ok(asked)
    }

    /// One text for one payload, whoever writes it: fields sorted, without those that are null, and without the key; a
    /// file by its digest.
    fn canonical(&self, fields: impl Iterator<Item = (String, Value)>) -> String {
        let counts = |(name, value): &(String, Value)| *value != Value::Null && name != "idempotencyKey";
        let sorted: BTreeMap<String, String> =
            fields.filter(counts).map(|(name, value)| (name, self.text(value))).collect();
        let fields: Vec<String> = sorted.into_iter().map(|(name, value)| format!("{name}:{value}")).collect();
        format!("{{{}}}", fields.join(","))
    }

    fn text(&self, value: Value) -> String {
        match value {
            Value::Object(fields) => self.canonical(fields.into_iter().map(|(name, value)| (name.to_string(), value))),
            Value::List(items) => {
                let items: Vec<String> = items.into_iter().map(|item| self.text(item)).collect();
                format!("[{}]", items.join(","))
            }
            // An enum's value is the same written in the document and in the variables.
            Value::Enum(name) => format!("{:?}", name.as_str()),
            Value::String(text) => match self.files.and_then(|files| files.digest(&text)) {
                Some(digest) => format!("file {digest}"),
                None => format!("{text:?}"),
            },
            other => other.to_string(),
        }
    }

    /// The file that `handle` stands for. It comes as a part of the request, and is used once.
    pub(super) fn file(&self, handle: &FileHandle) -> async_graphql::Result<ReceivedFile> {
        self.files.and_then(|files| files.take(&handle.0)).ok_or_else(|| {
            bad_input("a file comes as a part of a multipart request, null in the variables and used once".to_owned())
        })
    }

    /// What the fields of this request load together.
    pub(super) fn loads(&self) -> &Loads {
        self.loads.unwrap_or_else(|| self.own_loads.get_or_init(Loads::default))
    }

    /// The last run of `period` known at `known_at`, as far as the asker may see it.
    pub(super) async fn assessment(
        &self,
        period: Period,
        known_at: Instant,
    ) -> async_graphql::Result<Option<Arc<Assessment>>> {
        let load = async |_: Vec<()>| {
            let found = self.service.assessment(&self.actor, period, known_at).await?;
            Ok(BTreeMap::from([((), found)]))
        };
        let found = self.loads().assessments.one((known_at, period), (), load).await;
        Ok(found.map_err(|error| self.failure(&error))?.flatten())
    }

    /// The catalogue.
    pub(super) fn catalogue(&self) -> &'a Catalogue {
        self.service.catalogue()
    }

    /// For whom sentences are.
    pub(super) fn reader(&self) -> Reader {
        Service::reader(&self.actor)
    }

    /// The moment whose knowledge is asked for; without one, that of the last change.
    pub(super) async fn known_at(&self, asked: Option<DateTime>) -> async_graphql::Result<KnownAt> {
        let asked = asked.map(|asked| asked.0);
        let Some(snapshot) = self.snapshot else {
            return self.service.known_at(asked).await.map_err(|error| self.failure(&error));
        };
        let present = snapshot.present.get_or_try_init(|| self.service.present()).await;
        let known_at = self.service.known_at_since(*present.map_err(|error| self.failure(&error))?, asked);
        if known_at.asked < asked {
            // A moment to come is shown as the present one.
            snapshot.moves.store(true, Ordering::Relaxed);
        }
        Ok(known_at)
    }

    /// The time by the clock. The one place where a question may look at it: its answer is then not kept.
    pub(super) fn now(&self) -> Instant {
        if let Some(snapshot) = self.snapshot {
            snapshot.moves.store(true, Ordering::Relaxed);
        }
        self.service.now()
    }

    /// What went wrong, for the client.
    pub(super) fn failure(&self, error: &Error) -> async_graphql::Error {
        failure(self.service, error)
    }
}

/// A GraphQL error with a stable code and the text in both languages. What is internal is logged, once, and only
/// its reference is shown.
fn failure(service: &Service, error: &Error) -> async_graphql::Error {
    let reference = match error {
        Error::Internal(source) => {
            let reference = service.new_reference();
            tracing::error!(error.reference = %reference, error.source = causes(source.as_ref()), "a request failed");
            reference
        }
        Error::Unavailable(source) => {
            tracing::warn!(error.source = causes(source), "the database is not available");
            String::new()
        }
        _ => String::new(),
    };
    let text = error.text(service.catalogue(), &reference);
    let code = error.code();
    async_graphql::Error::new(text.en).extend_with(|_, extensions| {
        extensions.set("code", code);
        extensions.set("messageNl", text.nl);
        if !reference.is_empty() {
            extensions.set("reference", reference);
        }
    })
}
