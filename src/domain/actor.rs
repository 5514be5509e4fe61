//! Who acts, and what they may see.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Call, IntermediaryId, MandateRight, Mandated, OrganisationId, SessionId, TokenId};

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Delivers for one organisation and sees that organisation.
    Organisation,
    /// Acts for organisations that gave it a mandate, and sees what that lets it.
    Intermediary,
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
            Self::Intermediary => "intermediary",
            Self::Inspector => "inspector",
            Self::Operator => "operator",
        }
    }

    /// Whether this role delivers files, answers questions and approves.
    pub const fn may_deliver(self) -> bool {
        matches!(self, Self::Organisation | Self::Intermediary | Self::Operator)
    }

    /// Whether this role gives mandates and withdraws them.
    pub const fn may_mandate(self) -> bool {
        matches!(self, Self::Organisation | Self::Operator)
    }

    /// Whether this role decides about more time and exemptions.
    pub const fn may_decide(self) -> bool {
        matches!(self, Self::Inspector | Self::Operator)
    }

    /// The role of a token, written as `word`.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Organisation, Self::Intermediary, Self::Inspector].into_iter().find(|role| role.as_str() == word)
    }
}

/// Whose data may be seen. Every query on organisation data takes one and filters by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One organisation.
    Organisation(OrganisationId),
    /// What the mandates of an intermediary let it see.
    Mandates(Mandated),
    /// The whole sector.
    Sector,
}

impl Scope {
    /// The scope of `role` on the day `on`: that of its organisation, its intermediary, or neither. Nothing where these
    /// do not go together.
    pub fn of(
        role: Role,
        organisation: Option<OrganisationId>,
        intermediary: Option<IntermediaryId>,
        on: Date,
    ) -> Option<Self> {
        match (role, organisation, intermediary) {
            (Role::Organisation, Some(organisation), None) => Some(Self::Organisation(organisation)),
            (Role::Intermediary, None, Some(intermediary)) => {
                Some(Self::Mandates(Mandated { intermediary, act: MandateRight::Read, on }))
            }
            (Role::Inspector, None, None) => Some(Self::Sector),
            _ => None,
        }
    }

    /// The organisation that it is all of. Nothing for the others: that is no filter, ask [`Scope::of_organisation`].
    pub const fn itself(self) -> Option<OrganisationId> {
        match self {
            Self::Organisation(id) => Some(id),
            Self::Mandates(_) | Self::Sector => None,
        }
    }

    /// Whether all data of `organisation` are inside. Never for an intermediary, who sees what a mandate names.
    pub fn includes(self, organisation: OrganisationId) -> bool {
        match self {
            Self::Organisation(own) => own == organisation,
            Self::Mandates(_) => false,
            Self::Sector => true,
        }
    }

    /// As far as it is about `organisation`: nothing where that is outside. What an intermediary may see of it is still
    /// for the statements to say, and of which organisation a row is for the caller.
    pub fn of_organisation(self, organisation: OrganisationId) -> Option<Self> {
        match self {
            Self::Mandates(_) => Some(self),
            _ => self.includes(organisation).then_some(Self::Organisation(organisation)),
        }
    }

    /// Whether what compares organisations is inside: runs, scores, signals. No mandate is about those.
    pub const fn compares(self) -> bool {
        !matches!(self, Self::Mandates(_))
    }
}

impl fmt::Display for Scope {
    /// How the database is told; no two scopes have the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organisation(id) => id.fmt(f),
            Self::Mandates(mandated) => mandated.fmt(f),
            Self::Sector => f.write_str("sector"),
        }
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
