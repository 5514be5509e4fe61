//! Changes that are done once though they are asked for twice.
//!
//! What came of a change is noted under the caller's key in the transaction of the change itself. A repeated request
//! finds it and is answered from it; one that runs beside the first fails on the key's constraint at its end, leaves
//! nothing, and finds it then. What was refused is not noted: it left nothing behind, and may be tried again.

use serde::{Serialize, de::DeserializeOwned};

use super::{Error, Refusal, Service, packing::to_json};
use crate::{
    domain::{Actor, Instant},
    store::{self, Tx},
};

/// For how many seconds keys are kept.
const KEPT_SECONDS: i64 = 48 * 60 * 60;

/// What came of a change.
pub(super) enum Done<T, Known> {
    /// It was made now.
    Now(T),
    /// It was made before, under the same key.
    Before(Known),
}

impl Service {
    /// Does `work` (boxed: it is large), unless what came of it is known under the key of the actor's request. `work` notes what came of it
    /// with [`remember`](Self::remember).
    pub(super) async fn once<T, Known: DeserializeOwned>(
        &self,
        actor: &Actor,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<Done<T, Known>, Error> {
        if let Some(known) = self.known(actor).await? {
            return Ok(Done::Before(known));
        }
        match work.await {
            Ok(done) => Ok(Done::Now(done)),
            // Another request with the key was faster, or the commit was done though its answer got lost.
            Err(error) => match self.known(actor).await {
                Ok(Some(known)) => Ok(Done::Before(known)),
                Err(conflict @ Error::Refused(_)) => Err(conflict),
                _ => Err(error),
            },
        }
    }

    /// What came of an earlier request with the key of this one; refuses a key that was used for something else.
    pub(super) async fn known<Known: DeserializeOwned>(&self, actor: &Actor) -> Result<Option<Known>, Error> {
        let Some(once) = actor.call.once else { return Ok(None) };
        let mut tx = self.database.read(actor.scope).await?;
        let found = store::find_outcome(&mut tx, &actor.to_string(), once.key, self.keys_since()).await?;
        let Some(found) = found else { return Ok(None) };
        if found.fingerprint != once.fingerprint {
            return Err(Refusal::IdempotencyConflict.into());
        }
        serde_json::from_str(&found.outcome).map(Some).map_err(Error::internal)
    }

    /// Notes what came of the request under its key: identifiers and moments, from which the same answer can be given
    /// again. Part of the unit of work that makes the change.
    pub(super) async fn remember<Known: Serialize>(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        outcome: &Known,
    ) -> Result<(), Error> {
        let Some(once) = actor.call.once else { return Ok(()) };
        let outcome = String::from_utf8(to_json(outcome)?).map_err(Error::internal)?;
        let (caller, now) = (actor.to_string(), self.now());
        Ok(store::insert_outcome(tx, &caller, once, &outcome, now, self.keys_since()).await?)
    }

    /// Keys of before this are free again.
    pub(super) fn keys_since(&self) -> Instant {
        self.now().plus_seconds(-KEPT_SECONDS)
    }
}
