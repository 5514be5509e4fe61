//! Somebody who signed in at the identity provider.

use super::{AgbCode, Digest};

/// Who signed in. No name, no address: what the provider calls them only as a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// SHA-256 of the provider and of what it calls them: the same person has the same.
    pub subject: Digest,
    /// What the operator's rules make of what the provider says of them.
    pub capacity: Capacity,
}

/// For whom somebody may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// Works at the inspectorate.
    Inspector,
    /// Works for the organisation with this code.
    Organisation(AgbCode),
}
