//! What the fields of one request load together.
//!
//! Each field asks for its own row's. Whoever asks first waits until all fields that can go on have asked as well, and then
//! one of them loads for all: as many statements for a hundred rows as for one. Unlike the engine's data loader it waits
//! for no time to pass, so that how much is loaded together does not depend on how busy the machine is.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

use crate::{
    domain::{Instant, Organisation, OrganisationId, Period, Registration, SubmissionId},
    service::{Answered, Assessment, CheckedSubmission, Delivery, Error, History, ReadReceipt, Relations},
};

/// The submissions that speak of a period, by dataset.
type Speaking = Arc<BTreeMap<String, SubmissionId>>;

/// All that is loaded together in a request. Put into the request's data; without it, each row loads its own.
#[derive(Debug, Default)]
pub struct Loads {
    pub(super) organisations: Together<(), OrganisationId, Organisation>,
    pub(super) registrations: Together<Instant, OrganisationId, Registration>,
    pub(super) assessments: Together<(Instant, Period), (), Option<Arc<Assessment>>>,
    pub(super) deliveries: Together<Instant, OrganisationId, Arc<Vec<Delivery>>>,
    pub(super) submissions: Together<(Instant, usize), OrganisationId, Vec<CheckedSubmission>>,
    pub(super) histories: Together<Instant, SubmissionId, Arc<History>>,
    pub(super) relations: Together<Instant, SubmissionId, Arc<Relations>>,
    pub(super) receipts: Together<Instant, SubmissionId, ReadReceipt>,
    pub(super) answered: Together<Instant, SubmissionId, Arc<Answered>>,
    pub(super) speaking: Together<(Instant, Period), OrganisationId, Speaking>,
}

/// What is loaded together of one sort; what may not be mixed is of two groups.
pub(super) struct Together<Group, Key, Value> {
    waiting: Mutex<HashMap<Group, Arc<Batch<Key, Value>>>>,
}

struct Batch<Key, Value> {
    keys: Mutex<BTreeSet<Key>>,
    loaded: OnceCell<Result<BTreeMap<Key, Value>, Arc<Error>>>,
}

impl<Group, Key, Value> Default for Together<Group, Key, Value> {
    fn default() -> Self {
        Self { waiting: Mutex::default() }
    }
}

impl<Group, Key, Value> fmt::Debug for Together<Group, Key, Value> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Together").finish_non_exhaustive()
    }
}

impl<Group: Clone + Eq + Hash, Key: Clone + Ord, Value: Clone> Together<Group, Key, Value> {
    /// What belongs to `key`; `load` is called with all keys that are wanted of the group now, by one of those who want
    /// them.
    pub(super) async fn one<Loading>(
        &self,
        group: Group,
        key: Key,
        load: impl FnOnce(Vec<Key>) -> Loading,
    ) -> Result<Option<Value>, Arc<Error>>
    where
        Loading: Future<Output = Result<BTreeMap<Key, Value>, Error>>,
    {
        Ok(self.many(group, vec![key], load).await?.pop())
    }

    /// What belongs to each of `keys`, where there is something.
    pub(super) async fn many<Loading>(
        &self,
        group: Group,
        keys: Vec<Key>,
        load: impl FnOnce(Vec<Key>) -> Loading,
    ) -> Result<Vec<Value>, Arc<Error>>
    where
        Loading: Future<Output = Result<BTreeMap<Key, Value>, Error>>,
    {
        let batch = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let new = || Arc::new(Batch { keys: Mutex::default(), loaded: OnceCell::new() });
            let batch = waiting.entry(group.clone()).or_insert_with(new);
            batch.keys.lock().unwrap_or_else(PoisonError::into_inner).extend(keys.iter().cloned());
            Arc::clone(batch)
        };
        // A request is one task: until it has nothing more to do, all its fields get to ask.
        tokio::task::yield_now().await;
        let load_all = async || {
            let wanted = {
                let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                // Who asks from here on is of the next batch.
                if waiting.get(&group).is_some_and(|one| Arc::ptr_eq(one, &batch)) {
                    waiting.remove(&group);
                }
                batch.keys.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
            };
            load(wanted).await.map_err(Arc::new)
        };
        match batch.loaded.get_or_init(load_all).await {
            Ok(found) => Ok(keys.iter().filter_map(|key| found.get(key).cloned()).collect()),
            Err(error) => Err(Arc::clone(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn who_asks_together_loads_once() {
        let (together, times) = (Together::<u8, usize, usize>::default(), AtomicUsize::new(0));
        let load = async |keys: Vec<usize>| {
            times.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(keys.into_iter().filter(|key| !key.is_multiple_of(3)).map(|key| (key, key * 10)).collect())
        };
        // More than the engine looks at in one go, and lists in lists.
        let row = async |key: usize| {
            let first = together.one(0, key, load).await.unwrap();
            assert_eq!(first, (!key.is_multiple_of(3)).then_some(key * 10));
            together.many(1, vec![key, key + 1, key + 2], load).await.unwrap().len()
        };
        let rows = join_all((0..20).map(|outer| join_all((0..40).map(move |inner| row(outer * 40 + inner))))).await;
        assert!(rows.into_iter().flatten().all(|found| found == 2));
        assert_eq!(times.load(Ordering::Relaxed), 2, "once for each level");
        together.one(0, 1, load).await.unwrap();
        assert_eq!(times.load(Ordering::Relaxed), 3, "nothing is kept for later");
    }

    #[tokio::test]
    async fn what_fails_fails_for_all() {
        let together = Together::<(), usize, usize>::default();
        let all = join_all((0..5).map(|key| together.one((), key, async |_| Err(Error::NotFound)))).await;
        assert!(all.iter().all(|one| matches!(one, Err(error) if matches!(**error, Error::NotFound))));
    }
}
