//! What is for learning only (Wkkgz article 9): numbers that no supervisor may use, held apart by their type.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Actor, AgbCode, Figures, OrganisationId, Period, Role};

/// What the figures of a dataset may be used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataClass {
    /// Toezicht: compared, scored and shown to the inspectorate.
    #[default]
    Supervision,
    /// Alleen om te leren: shown to the organisation itself and to nobody else.
    LearningOnly,
}

impl DataClass {
    /// The word used in files and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Supervision => "supervision",
            Self::LearningOnly => "learning_only",
        }
    }

    /// The class written as `word`.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Supervision, Self::LearningOnly].into_iter().find(|class| class.as_str() == word)
    }
}

/// Proof that whoever reads is the organisation itself. There is no other way to the numbers that are for learning
/// only, and none for the inspectorate to have it: only [`Actor::own`] gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own(OrganisationId);

impl Own {
    /// Which organisation.
    pub const fn organisation(self) -> OrganisationId {
        self.0
    }
}

impl Actor {
    /// That they are, or act for, one organisation. Nothing for the inspectorate, and nothing for an operator who did
    /// not say for whom.
    pub const fn own(&self) -> Option<Own> {
        match (self.role, self.scope.itself()) {
            (Role::Organisation | Role::Operator, Some(organisation)) => Some(Own(organisation)),
            _ => None,
        }
    }
}

/// One measure of one organisation in one period, for learning only.
///
/// It is no [`Observation`](super::Observation) and becomes none, so that it cannot be handed to what scores, compares
/// or exports:
///
/// ```compile_fail,E0308
/// use kraamzicht::{domain::LearningObservation, scoring::Sector};
///
/// fn leak(sector: &mut Sector, learning: LearningObservation) {
///     sector.observations.push(learning);
/// }
/// ```
///
/// Its figures are read with the proof that the reader is the organisation itself, and are in no log:
///
/// ```compile_fail,E0061
/// fn leak(learning: &kraamzicht::domain::LearningObservation) -> Option<f64> {
///     learning.figures().numerator
/// }
/// ```
#[derive(Clone, PartialEq)]
pub struct LearningObservation {
    agb_code: AgbCode,
    period: Period,
    indicator: String,
    figures: Figures,
}

impl LearningObservation {
    /// The number of `indicator` that an organisation delivered about `period`.
    pub const fn new(agb_code: AgbCode, period: Period, indicator: String, figures: Figures) -> Self {
        Self { agb_code, period, indicator, figures }
    }

    /// Whose.
    pub const fn agb_code(&self) -> AgbCode {
        self.agb_code
    }

    /// When.
    pub const fn period(&self) -> Period {
        self.period
    }

    /// The indicator's code, for example `LV01`.
    pub fn indicator(&self) -> &str {
        &self.indicator
    }

    /// Its figures, for the organisation itself.
    pub const fn figures(&self, _reader: Own) -> Figures {
        self.figures
    }
}

impl fmt::Debug for LearningObservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LearningObservation({} {} {})", self.agb_code, self.period, self.indicator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Call, Entry, Scope};

    #[test]
    fn only_an_organisation_is_itself() {
        let organisation = OrganisationId::from_bits(1);
        let own = |role, scope| Actor { entry: Entry::Machine, role, scope, call: Call::LOCAL }.own();
        let itself = Scope::Organisation(organisation);
        assert_eq!(own(Role::Organisation, itself).map(Own::organisation), Some(organisation));
        assert_eq!(own(Role::Operator, itself).map(Own::organisation), Some(organisation));
        // However narrow a question of the inspectorate is.
        assert_eq!(own(Role::Inspector, itself), None);
        assert_eq!(own(Role::Inspector, Scope::Sector), None);
        assert_eq!(Actor::OPERATOR.own(), None);
    }

    #[test]
    fn a_log_has_no_figures() {
        let figures = Figures { numerator: Some(71_933.0), ..Figures::default() };
        let period = Period::year(2025).expect("a period");
        let one = LearningObservation::new("33001234".parse().expect("a code"), period, "LV01".to_owned(), figures);
        assert!(!format!("{one:?}").contains("71933"));
    }
}
