//! The request by which somebody asks: what the audit log notes of it, and the key that makes it be done once.

use core::net::IpAddr;

use super::{Digest, Instant};

/// The request by which somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its number in this process; 0 for work at the machine itself.
    pub number: u64,
    /// The address it came from; `None` for work at the machine itself.
    pub origin: Option<IpAddr>,
    /// SHA-256 of the GraphQL document, when it has one.
    pub document: Option<Digest>,
    /// What it costs, in points, when that was measured.
    pub cost: Option<u32>,
    /// The moment of the last change that was whole when it came in, when that was looked up.
    pub present: Option<Instant>,
    /// The key under which it is done once.
    pub once: Option<Once>,
}

/// A promise of the caller: requests with the same key are the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Once {
    /// The key, as the caller chose it (a UUID).
    pub key: u128,
    /// SHA-256 of what is asked, by which a key that is used for something else is found out.
    pub fingerprint: Digest,
}

impl Call {
    /// Work at the machine itself.
    pub const LOCAL: Self = Self { number: 0, origin: None, document: None, cost: None, present: None, once: None };
}
