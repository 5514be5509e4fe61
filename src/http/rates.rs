//! How often somebody may ask: attempts with unknown tokens and attempts to sign in per address; requests, uploads and
//! points per token or session.
//!
//! The arithmetic is governor's (GCRA). The clock is handed in, and who is remembered is bounded: of more callers than
//! that, those not seen for longest begin anew.

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::{NonZeroU32, NonZeroUsize},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::{
    Quota, RateLimiter, clock::Clock, middleware::StateInformationMiddleware, nanos::Nanos, state::StateStore,
};
use lru::LruCache;

use super::Problem;
use crate::domain::{self, Digest, Entry};

/// What the operator allows. `None` is no limit.
#[derive(Clone, Debug)]
pub struct RateSettings {
    /// Requests a minute from one address with tokens that are not known, or to sign in.
    pub attempts: Option<NonZeroU32>,
    /// Requests a minute with one token or session.
    pub requests: Option<NonZeroU32>,
    /// Files an hour with one token or session.
    pub uploads: Option<NonZeroU32>,
    /// Points a minute with one token or session: the fields that are asked for.
    pub points: Option<NonZeroU32>,
    /// The proxies in front of the server, whose word about the client's address is taken.
    pub proxies: Vec<IpAddr>,
}

impl Default for RateSettings {
    /// Enough for any client that means well.
    fn default() -> Self {
        Self {
            attempts: NonZeroU32::new(30),
            requests: NonZeroU32::new(60_000),
            uploads: NonZeroU32::new(600),
            points: NonZeroU32::new(600_000),
            proxies: Vec::new(),
        }
    }
}

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// What is limited.
    pub of: Rated,
    /// How many.
    pub limit: u32,
    /// How many were asked at once.
    pub asked: u32,
    /// After how many seconds it is worth trying again.
    pub retry_after: u64,
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rated {
    /// Attempts with unknown tokens, or to sign in, a minute.
    Attempts,
    /// Requests, a minute.
    Requests,
    /// Uploads, an hour.
    Uploads,
    /// Points, a minute.
    Points,
}

impl Rated {
    /// The time in which so many are allowed, in seconds.
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Uploads => 3_600,
            _ => 60,
        }
    }

    /// The name in headers and errors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Requests => "requests",
            Self::Uploads => "uploads",
            Self::Points => "points",
        }
    }
}

/// The limits, with what each caller used of them.
#[derive(Debug)]
pub(super) struct Rates {
    attempts: Option<Bucket<IpAddr>>,
    requests: Option<Bucket<Entry>>,
    uploads: Option<Bucket<Entry>>,
    points: Option<Bucket<Entry>>,
    /// Secrets that worked before: whoever guesses at the same address does not lock their holders out.
    known: Mutex<LruCache<Digest, ()>>,
}

/// How many callers are remembered, of each sort.
const CALLERS: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

impl Rates {
    pub(super) fn new(settings: &RateSettings, clock: &Arc<dyn domain::Clock>) -> Self {
        Self {
            attempts: settings.attempts.map(|limit| Bucket::new(Rated::Attempts, limit, clock)),
            requests: settings.requests.map(|limit| Bucket::new(Rated::Requests, limit, clock)),
            uploads: settings.uploads.map(|limit| Bucket::new(Rated::Uploads, limit, clock)),
            points: settings.points.map(|limit| Bucket::new(Rated::Points, limit, clock)),
            known: Mutex::new(LruCache::new(CALLERS)),
        }
    }

    /// Counts an attempt with `secret`, before it is looked up.
    pub(super) fn attempt(&self, origin: Option<IpAddr>, secret: Digest) -> Result<(), Rate> {
        if self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&secret).is_some() {
            return Ok(());
        }
        let (Some(attempts), Some(origin)) = (&self.attempts, origin) else { return Ok(()) };
        attempts.take(&network(origin), NonZeroU32::MIN).map(drop)
    }

    /// The attempt was none: the secret works.
    pub(super) fn recognised(&self, origin: Option<IpAddr>, secret: Digest) {
        if self.known.lock().unwrap_or_else(PoisonError::into_inner).put(secret, ()).is_none() {
            self.give_back(origin);
        }
    }

    /// The attempt was none: nobody could look whether the secret works.
    pub(super) fn not_looked_up(&self, origin: Option<IpAddr>, secret: Digest) {
        if !self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(&secret) {
            self.give_back(origin);
        }
    }

    /// The secret does not work, or no longer.
    pub(super) fn unknown(&self, secret: Digest) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).pop(&secret);
    }

    /// Counts a step of signing in, which is an attempt until it succeeds.
    pub(super) fn sign_in(&self, origin: Option<IpAddr>) -> Result<(), Rate> {
        let (Some(attempts), Some(origin)) = (&self.attempts, origin) else { return Ok(()) };
        attempts.take(&network(origin), NonZeroU32::MIN).map(drop)
    }

    /// Somebody signed in: neither of the two steps was an attempt, and `secret` is that of their session.
    pub(super) fn signed_in(&self, origin: Option<IpAddr>, secret: Digest) {
        self.recognised(origin, secret);
        self.give_back(origin);
    }

    /// How often each limit was reached since the start.
    pub(super) fn refusals(&self) -> [(Rated, u64); 4] {
        fn of<K: Hash + Eq + Clone>(bucket: Option<&Bucket<K>>) -> u64 {
            bucket.map_or(0, |bucket| bucket.refusals.load(Ordering::Relaxed))
        }
        [
            (Rated::Attempts, of(self.attempts.as_ref())),
            (Rated::Requests, of(self.requests.as_ref())),
            (Rated::Uploads, of(self.uploads.as_ref())),
            (Rated::Points, of(self.points.as_ref())),
        ]
    }

    fn give_back(&self, origin: Option<IpAddr>) {
        if let (Some(attempts), Some(origin)) = (&self.attempts, origin) {
            attempts.give_back(&network(origin));
        }
    }

    pub(super) fn request(&self, by: Entry) -> Result<(), Rate> {
        self.requests.as_ref().map_or(Ok(()), |bucket| bucket.take(&by, NonZeroU32::MIN).map(drop))
    }

    pub(super) fn uploads(&self, by: Entry, count: u32) -> Result<(), Rate> {
        let Some(count) = NonZeroU32::new(count) else { return Ok(()) };
        self.uploads.as_ref().map_or(Ok(()), |bucket| bucket.take(&by, count).map(drop))
    }

    /// Takes `cost` points; gives the headers that say how many are left.
    pub(super) fn points(&self, by: Entry, cost: u32) -> Result<HeaderMap, Rate> {
        let Some(bucket) = &self.points else { return Ok(HeaderMap::new()) };
        let left = bucket.take(&by, NonZeroU32::new(cost).unwrap_or(NonZeroU32::MIN))?;
        Ok(headers(Rated::Points, bucket.limit.get(), left, None))
    }
}

/// The fields of the IETF draft on rate limits: what is allowed, and what is left of it.
fn headers(of: Rated, limit: u32, left: u32, retry_after: Option<u64>) -> HeaderMap {
    let (name, window) = (of.as_str(), of.seconds());
    let reset = retry_after.map_or_else(String::new, |seconds| format!(";t={seconds}"));
    let mut headers = HeaderMap::new();
    for (field, text) in [
        ("ratelimit-policy", format!("\"{name}\";q={limit};w={window}")),
        ("ratelimit", format!("\"{name}\";r={left}{reset}")),
    ] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(HeaderName::from_static(field), value);
        }
    }
    headers
}

impl Rate {
    /// The headers that go with the refusal.
    pub(super) fn headers(&self) -> HeaderMap {
        headers(self.of, self.limit, 0, Some(self.retry_after))
    }
}

impl From<Rate> for Problem {
    fn from(rate: Rate) -> Self {
        Self::over_rate(rate)
    }
}

/// The network that one subscriber has: the address, or the first half of an address of version 6.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

/// The service's clock for governor.
struct ServiceClock(Arc<dyn domain::Clock>);

impl Clock for ServiceClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.now().microseconds()).unwrap_or(0))
    }
}

/// What was used, of those seen last.
struct Used<K>(Arc<Mutex<LruCache<K, Nanos, RandomState>>>);

impl<K: Hash + Eq + Clone> StateStore for Used<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (outcome, next) = decide(used.get(key).copied())?;
        used.put(key.clone(), next);
        Ok(outcome)
    }
}

/// A limit of one sort, for many callers.
struct Bucket<K: Hash + Eq + Clone> {
    of: Rated,
    limit: NonZeroU32,
    used: Used<K>,
    limiter: RateLimiter<K, Used<K>, ServiceClock, StateInformationMiddleware>,
    clock: ServiceClock,
    refusals: AtomicU64,
}

impl<K: Hash + Eq + Clone> fmt::Debug for Bucket<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("of", &self.of).field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl<K: Hash + Eq + Clone> Bucket<K> {
    fn new(of: Rated, limit: NonZeroU32, clock: &Arc<dyn domain::Clock>) -> Self {
        let used = Arc::new(Mutex::new(LruCache::with_hasher(CALLERS, RandomState::new())));
        let clock = || ServiceClock(Arc::clone(clock));
        let limiter = RateLimiter::new(quota(of, limit), Used(Arc::clone(&used)), clock());
        Self { of, limit, used: Used(used), limiter, clock: clock(), refusals: AtomicU64::new(0) }
    }

    /// Takes `count` for `key`; gives how many are left.
    fn take(&self, key: &K, count: NonZeroU32) -> Result<u32, Rate> {
        let refused = |retry_after: u64| {
            self.refusals.fetch_add(1, Ordering::Relaxed);
            Rate { of: self.of, limit: self.limit.get(), asked: count.get(), retry_after: retry_after.max(1) }
        };
        match self.limiter.check_key_n(key, count) {
            Ok(Ok(left)) => Ok(left.remaining_burst_capacity()),
            Ok(Err(not_until)) => {
                let wait = not_until.wait_time_from(self.clock.now());
                Err(refused(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)))
            }
            // More at once than is ever allowed.
            Err(_) => Err(refused(self.of.seconds())),
        }
    }

    /// Undoes having taken one.
    fn give_back(&self, key: &K) {
        let one = Nanos::from(quota(self.of, self.limit).replenish_interval());
        let mut used = self.used.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = used.get_mut(key) {
            *until = Nanos::from(until.as_u64().saturating_sub(one.as_u64()));
        }
    }
}

fn quota(of: Rated, limit: NonZeroU32) -> Quota {
    if of.seconds() == 60 { Quota::per_minute(limit) } else { Quota::per_hour(limit) }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicI64;

    use super::*;
    use crate::domain::Instant;

    struct Hand(AtomicI64);

    impl domain::Clock for Hand {
        fn now(&self) -> Instant {
            Instant::from_microseconds(self.0.load(Ordering::Relaxed))
        }
    }

    fn bucket(limit: u32) -> (Bucket<u32>, Arc<Hand>) {
        let hand = Arc::new(Hand(AtomicI64::new(1_750_000_000_000_000)));
        let clock: Arc<dyn domain::Clock> = hand.clone();
        (Bucket::new(Rated::Requests, NonZeroU32::new(limit).unwrap(), &clock), hand)
    }

    fn count(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    #[test]
    fn what_was_used_comes_back_with_time() {
        let (bucket, hand) = bucket(60);
        assert_eq!(bucket.take(&1, count(50)), Ok(10));
        let refused = bucket.take(&1, count(11)).unwrap_err();
        assert_eq!(refused, Rate { of: Rated::Requests, limit: 60, asked: 11, retry_after: 1 });
        assert_eq!(bucket.take(&1, count(10)), Ok(0), "what was refused took nothing");
        assert_eq!(bucket.take(&1, count(30)).unwrap_err().retry_after, 30);
        assert_eq!(bucket.take(&2, count(60)), Ok(0), "another's is another's");
        hand.0.fetch_add(30_000_000, Ordering::Relaxed);
        assert_eq!(bucket.take(&1, count(30)), Ok(0));
        assert_eq!(bucket.take(&1, count(61)).unwrap_err().retry_after, 60, "never, and said so");
        // A clock that goes back gives nothing away and stops nobody for long.
        hand.0.fetch_add(-10_000_000, Ordering::Relaxed);
        assert_eq!(bucket.take(&1, count(1)).unwrap_err().retry_after, 11);
    }

    #[test]
    fn what_was_no_attempt_is_given_back() {
        let (bucket, _) = bucket(2);
        for _ in 0..10 {
            assert!(bucket.take(&1, count(1)).is_ok());
            bucket.give_back(&1);
        }
        assert_eq!(bucket.take(&1, count(2)), Ok(0));
        bucket.give_back(&9);
    }

    #[test]
    fn as_many_callers_are_remembered_as_there_is_room_for() {
        let (bucket, _) = bucket(2);
        for caller in 0..25_000 {
            bucket.take(&caller, count(1)).unwrap();
        }
        assert_eq!(bucket.used.0.lock().unwrap().len(), CALLERS.get());
    }

    #[test]
    fn a_subscriber_has_one_network() {
        let same = |one: &str, other: &str| network(one.parse().unwrap()) == network(other.parse().unwrap());
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1") && !same("192.0.2.1", "192.0.2.2"));
    }
}
