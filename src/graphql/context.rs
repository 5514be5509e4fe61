//! What a resolver has at hand, and how failures become GraphQL errors.

use std::collections::BTreeMap;

use async_graphql::{Context, ErrorExtensions as _, Value};

use super::{
    files::{ReceivedFile, ReceivedFiles},
    page::bad_input,
    scalars::{DateTime, FileHandle, Key},
};
use crate::{
    catalogue::Catalogue,
    domain::{Actor, Digest, Once},
    service::{Error, KnownAt, Reader, Service, causes},
};

/// Who asks, and what answers.
pub(super) struct Asked<'a> {
    pub(super) service: &'a Service,
    pub(super) actor: Actor,
    files: Option<&'a ReceivedFiles>,
}

impl<'a> Asked<'a> {
    /// Refuses when nobody known is asking.
    pub(super) fn by(context: &Context<'a>) -> async_graphql::Result<Self> {
        let service = context.data::<Service>()?;
        let actor = context.data_opt::<Actor>().copied().ok_or_else(|| failure(service, &Error::Unauthenticated))?;
        Ok(Self { service, actor, files: context.data_opt::<ReceivedFiles>() })
    }

    /// What `actor` has at hand outside of a request, as when they are told something.
    pub(super) const fn of(service: &'a Service, actor: Actor) -> Self {
        Self { service, actor, files: None }
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
        let known_at = self.service.known_at(asked.map(|asked| asked.0)).await;
        known_at.map_err(|error| self.failure(&error))
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
