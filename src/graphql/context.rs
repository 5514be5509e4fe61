//! What a resolver has at hand, and how failures become GraphQL errors.

use async_graphql::{Context, ErrorExtensions as _};

use super::scalars::DateTime;
use crate::{
    catalogue::Catalogue,
    domain::{Actor, Instant},
    service::{Error, Reader, Service},
};

/// Who asks, and what answers.
pub(super) struct Asked<'a> {
    pub(super) service: &'a Service,
    pub(super) actor: Actor,
}

/// A moment whose knowledge is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct KnownAt {
    /// As the client named it, and never later than now.
    pub(super) asked: Option<Instant>,
    /// Up to where changes are looked at: never later than the last one that is whole, since one that is under way
    /// may have a moment between that and now.
    pub(super) counted: Instant,
}

impl<'a> Asked<'a> {
    /// Refuses when nobody known is asking.
    pub(super) fn by(context: &Context<'a>) -> async_graphql::Result<Self> {
        let service = context.data::<Service>()?;
        let actor = context.data_opt::<Actor>().copied().ok_or_else(|| failure(service, &Error::Unauthenticated))?;
        Ok(Self { service, actor })
    }

    /// The catalogue.
    pub(super) fn catalogue(&self) -> &'a Catalogue {
        self.service.catalogue()
    }

    /// For whom sentences are.
    pub(super) fn reader(&self) -> Reader {
        if self.actor.scope.organisation().is_some() { Reader::Organisation } else { Reader::Inspector }
    }

    /// The moment whose knowledge is asked for; without one, that of the last change.
    pub(super) async fn known_at(&self, asked: Option<DateTime>) -> async_graphql::Result<KnownAt> {
        let present = self.service.present().await.map_err(|error| self.failure(&error))?;
        let latest = present.max(self.service.now());
        let asked = asked.map(|asked| asked.0.min(latest));
        Ok(KnownAt { asked, counted: asked.map_or(present, |asked| asked.min(present)) })
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
            tracing::error!(error.reference = %reference, error.source = %source, "a request failed");
            reference
        }
        Error::Unavailable(source) => {
            tracing::warn!(error.source = %source, "the database is not available");
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
