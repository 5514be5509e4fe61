//! Who holds which secret, remembered for as long as the database provably holds what it held.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use lru::LruCache;

use super::Error;
use crate::{
    domain::{Digest, Instant, Scope},
    store::{self, Database, Mark, Tx},
};

/// How many holders are remembered.
const HOLDERS: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// Holders by the digests of their secrets, each with the moment of the last change that is whole, and with the mark of the
/// database before it was asked. What was changed since, by whomever, is another mark: then it is asked anew.
pub(super) struct Holders<T>(Mutex<LruCache<Digest, (Mark, T, Instant)>>);

impl<T: Clone> Holders<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(LruCache::new(HOLDERS)))
    }

    /// Who holds `secret`, as `look` finds them in the database.
    pub(super) async fn find(
        &self,
        database: &Database,
        secret: Digest,
        look: impl AsyncFnOnce(&mut Tx, Digest) -> Result<Option<(T, Instant)>, store::Error>,
    ) -> Result<Option<(T, Instant)>, Error> {
        let mark = database.mark();
        if let Some(mark) = mark
            && let Some((since, holder, present)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&secret)
            && *since == mark
        {
            return Ok(Some((holder.clone(), *present)));
        }
        let found = look(&mut database.glance(Scope::Sector).await?, secret).await?;
        if let Some(mark) = mark
            && let Some((holder, present)) = &found
        {
            let known = (mark, holder.clone(), *present);
            self.0.lock().unwrap_or_else(PoisonError::into_inner).put(secret, known);
        }
        Ok(found)
    }
}
