//! Connections that stay open: how many there may be, and how long what may take.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What connections that stay open may do: streams of events, and sockets.
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// How many there may be in all.
    pub connections: usize,
    /// How many one caller may have.
    pub connections_each: usize,
    /// How many operations may go on at once on one socket.
    pub operations: usize,
    /// The most bytes of a message that comes in on a socket.
    pub message_bytes: usize,
    /// How long the client of a socket may take to say who it is.
    pub init_time_limit: Duration,
    /// How often a socket is pinged. One that said nothing since the last ping is closed.
    pub ping_every: Duration,
    /// How often a stream of events has a sign of life, and callers are looked up once more when nothing happens.
    pub beat_every: Duration,
    /// How long a client may take to receive one message.
    pub send_time_limit: Duration,
}

impl Default for LiveSettings {
    fn default() -> Self {
        Self {
            connections: 1_024,
            connections_each: 20,
            operations: 20,
            message_bytes: 64 * 1024,
            init_time_limit: Duration::from_secs(10),
            ping_every: Duration::from_secs(25),
            beat_every: Duration::from_secs(12),
            send_time_limit: Duration::from_secs(30),
        }
    }
}

/// Counts the connections that stay open.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    most_each: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_caller: HashMap<String, usize>,
}

/// A place that is taken until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    caller: Option<String>,
}

impl Places {
    pub(super) fn new(settings: &LiveSettings) -> Arc<Self> {
        let (most, most_each) = (settings.connections, settings.connections_each);
        Arc::new(Self { most, most_each, taken: Mutex::default() })
    }

    /// A place for somebody; nothing when all are taken.
    pub(super) fn take(self: &Arc<Self>) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = taken.all < self.most;
        taken.all += usize::from(is_free);
        is_free.then(|| Place { places: Arc::clone(self), caller: None })
    }
}

impl Place {
    /// Says whose place it is; false when they have too many.
    pub(super) fn is_for(&mut self, caller: String) -> bool {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.by_caller.entry(caller.clone()).or_default();
        if *count >= self.places.most_each {
            return false;
        }
        *count += 1;
        self.caller = Some(caller);
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        let Some(caller) = &self.caller else { return };
        let count = taken.by_caller.get_mut(caller).map(|count| {
            *count = count.saturating_sub(1);
            *count
        });
        if count == Some(0) {
            taken.by_caller.remove(caller);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_back() {
        let places = Places::new(&LiveSettings { connections: 3, connections_each: 2, ..LiveSettings::default() });
        let of = |caller: &str| {
            let mut place = places.take()?;
            place.is_for(caller.to_owned()).then_some(place)
        };
        let (one, two) = (of("a").unwrap(), of("a").unwrap());
        assert!(of("a").is_none(), "no more for one");
        let three = of("b").unwrap();
        assert!(of("c").is_none() && places.take().is_none(), "no more in all");
        drop((one, three));
        assert!(of("a").is_some() && of("c").is_some());
        drop(two);
        let taken = places.taken.lock().unwrap();
        assert_eq!((taken.all, taken.by_caller.len()), (0, 0));
    }
}
