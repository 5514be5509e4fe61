//! The clock and the identifiers of the real world, and repeatable ones for the demo and for tests.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time,
};

use crate::domain::{Clock, Digest, IdSource, Instant};

/// The clock of the system; or one that began at another moment and goes at the same pace.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    /// What to add to the moment of the system, in microseconds.
    offset: i64,
}

impl SystemClock {
    /// The time as the system has it.
    pub const fn new() -> Self {
        Self { offset: 0 }
    }

    /// A clock that tells `start` now and goes on from there: the demo has a date of its own.
    pub fn starting_at(start: Instant) -> Self {
        Self { offset: start.microseconds().saturating_sub(system_now()) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::from_microseconds(system_now().saturating_add(self.offset))
    }
}

/// Microseconds since the epoch.
fn system_now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "this is where the system's clock becomes a Clock")]
    let now = time::SystemTime::now();
    match now.duration_since(time::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros),
    }
}

const RANDOM_BITS: u32 = 74;

/// Identifiers with the bits of a `UUIDv7` (RFC 9562): 48 bits of milliseconds, then 74 random bits of which one
/// source makes every next identifier higher than the one before, also within a millisecond and when the clock
/// goes back.
#[derive(Debug)]
pub struct SystemIds<C> {
    clock: C,
    last: Mutex<u128>,
}

impl<C: Clock> SystemIds<C> {
    /// A source that takes the time from `clock`.
    pub const fn new(clock: C) -> Self {
        Self { clock, last: Mutex::new(0) }
    }
}

impl<C: Clock> IdSource for SystemIds<C> {
    fn next(&self) -> u128 {
        let payload = payload(self.clock.now(), rand::random());
        rise(&self.last, payload)
    }
}

/// Identifiers that repeat: the same seed, clock and number of calls give the same ones. For the demo and tests;
/// whoever knows the seed knows them all.
#[derive(Debug)]
pub struct SeededIds<C> {
    clock: C,
    seed: u64,
    count: AtomicU64,
    last: Mutex<u128>,
}

impl<C: Clock> SeededIds<C> {
    /// A source that takes the time from `clock` and the rest from `seed`.
    pub const fn new(seed: u64, clock: C) -> Self {
        Self { clock, seed, count: AtomicU64::new(0), last: Mutex::new(0) }
    }
}

impl<C: Clock> IdSource for SeededIds<C> {
    fn next(&self) -> u128 {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let drawn = Digest::of_parts([self.seed.to_be_bytes().as_slice(), &count.to_be_bytes()]);
        rise(&self.last, payload(self.clock.now(), drawn.leading_bits()))
    }
}

/// The 122 free bits of an identifier: milliseconds, then randomness.
fn payload(now: Instant, random: u128) -> u128 {
    let milliseconds = u128::try_from(now.microseconds().div_euclid(1_000)).unwrap_or(0) & ((1 << 48) - 1);
    (milliseconds << RANDOM_BITS) | (random & ((1 << RANDOM_BITS) - 1))
}

/// `payload`, or the one after the last when it is not higher; with the version and the variant put in.
fn rise(last: &Mutex<u128>, payload: u128) -> u128 {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    *last = payload.max(last.saturating_add(1));
    let time = *last >> RANDOM_BITS;
    let first = (*last >> 62) & 0xfff;
    let second = *last & ((1 << 62) - 1);
    (time << 80) | (7 << 76) | (first << 64) | (0b10 << 62) | second
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    struct Standing(i64);

    impl Clock for Standing {
        fn now(&self) -> Instant {
            Instant::from_microseconds(self.0)
        }
    }

    #[test]
    fn the_clock_can_start_elsewhere_and_goes_on() {
        let start = Instant::from_microseconds(1_750_000_000_000_000);
        let clock = SystemClock::starting_at(start);
        let (first, second) = (clock.now(), clock.now());
        assert!(start <= first && first <= second && first < start.plus_seconds(3_600));
        assert!(SystemClock::new().now() > Instant::from_microseconds(1_700_000_000_000_000));
    }

    #[test]
    fn identifiers_are_version_7_and_rise_though_the_clock_stands_still() {
        let ids = SystemIds::new(Standing(1_750_000_000_123_456));
        let drawn: Vec<u128> = (0..1_000).map(|_| ids.next()).collect();
        assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]));
        for bits in drawn {
            let id = uuid::Uuid::from_u128(bits);
            assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
            assert_eq!(bits >> 80, 1_750_000_000_123);
        }
    }

    #[test]
    fn two_processes_do_not_draw_the_same() {
        let clock = || Standing(1_750_000_000_000_000);
        let drawn: BTreeSet<u128> = (0..100).map(|_| SystemIds::new(clock()).next()).collect();
        assert_eq!(drawn.len(), 100);
    }

    #[test]
    fn seeded_identifiers_repeat() {
        let draw = |seed| {
            let ids = SeededIds::new(seed, Standing(1_750_000_000_000_000));
            (0..50).map(|_| ids.next()).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(draw(1).windows(2).all(|pair| pair[0] < pair[1]));
    }
}
