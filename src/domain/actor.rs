//! Who acts, and what they may see.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Call, OrganisationId, SessionId, TokenId};

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Delivers for one organisation and sees that organisation.
    Organisation,
    /// Works at the inspectorate and sees all organisations; changes nothing of theirs.
    Inspector,
    /// Runs the service: the command line on the machine itself. No token carries this role.
    Operator,
}

impl Role {
    /// The word used in files and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Inspector => "inspector",
            Self::Operator => "operator",
        }
    }

    /// Whether this role delivers files, answers questions and approves.
    pub const fn may_deliver(self) -> bool {
        matches!(self, Self::Organisation | Self::Operator)
    }

    /// Whether this role decides about more time and exemptions.
    pub const fn may_decide(self) -> bool {
        matches!(self, Self::Inspector | Self::Operator)
    }

    /// The role of a token, written as `word`.
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

/// By what somebody was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entry {
    /// At the machine itself, on its command line.
    Machine,
    /// A program, by the bearer token that it sent.
    Token(TokenId),
    /// A person in a browser, by the cookie of the session that they signed in to.
    Session(SessionId),
}

impl fmt::Display for Entry {
    /// How the audit log names them: never by a name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine => f.write_str(Role::Operator.as_str()),
            Self::Token(token) => token.fmt(f),
            Self::Session(session) => session.fmt(f),
        }
    }
}

/// Somebody who was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// By what they were recognised.
    pub entry: Entry,
    /// What they may do.
    pub role: Role,
    /// What they may see.
    pub scope: Scope,
    /// The request by which they ask.
    pub call: Call,
}

impl Actor {
    /// The operator, who works on the machine itself.
    pub const OPERATOR: Self =
        Self { entry: Entry::Machine, role: Role::Operator, scope: Scope::Sector, call: Call::LOCAL };
}

impl fmt::Display for Actor {
    /// How the audit log names them: by what they came in with, never by a name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entry.fmt(f)
    }
}
