//! Who acts, and what they may see.

use serde::{Deserialize, Serialize};

use super::{OrganisationId, TokenId};

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Delivers for one organisation and sees that organisation.
    Organisation,
    /// Works at the inspectorate and sees all organisations; changes nothing of theirs.
    Inspector,
}

impl Role {
    /// The word used in files and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Inspector => "inspector",
        }
    }

    /// The role written as `word`.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Organisation, Self::Inspector].into_iter().find(|role| role.as_str() == word)
    }
}

/// Whose data may be seen. Every query on organisation data takes one and filters by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One organisation.
    Organisation(OrganisationId),
    /// The whole sector.
    Sector,
}

impl Scope {
    /// The organisation to filter by; `None` means no filter.
    pub const fn organisation(self) -> Option<OrganisationId> {
        match self {
            Self::Organisation(id) => Some(id),
            Self::Sector => None,
        }
    }

    /// Whether data of `organisation` are inside.
    pub fn includes(self, organisation: OrganisationId) -> bool {
        self.organisation().is_none_or(|own| own == organisation)
    }
}

/// Somebody who was recognised: the holder of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The token by which they came; it names them in the audit log.
    pub token: TokenId,
    /// What they may see.
    pub scope: Scope,
}

impl Actor {
    /// The role that follows from the scope.
    pub const fn role(&self) -> Role {
        match self.scope {
            Scope::Organisation(_) => Role::Organisation,
            Scope::Sector => Role::Inspector,
        }
    }
}
