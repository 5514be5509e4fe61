//! How a statement is told a scope.
//!
//! What a mandate opens is asked for with three parameters: the organisation that the scope is all of, the holder of
//! mandates, and the day on which they must hold. A statement that mandates open nothing of has one, [`closed`].

use crate::domain::Scope;

/// The parameters of a statement that mandates open something of. Without any, nothing is filtered.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// The organisation that all rows are of.
    pub whole: Option<String>,
    /// By what the lines of mandates are found that all rows are in.
    pub holder: Option<String>,
    /// The day on which these mandates hold.
    pub day: Option<String>,
}

impl Filter {
    /// By `scope`.
    pub(super) fn of(scope: Scope) -> Self {
        let (holder, day) = match scope {
            Scope::Mandates(mandated) => (Some(mandated.holder()), Some(mandated.on.to_string())),
            Scope::Organisation(_) | Scope::Sector => (None, None),
        };
        Self { whole: scope.itself().map(|id| id.to_string()), holder, day }
    }
}

/// The same where no mandate opens anything: for an intermediary an organisation that is none.
pub(super) fn closed(scope: Scope) -> Option<String> {
    (scope != Scope::Sector).then(|| scope.to_string())
}
