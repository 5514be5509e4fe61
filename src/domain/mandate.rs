//! Mandates: what an organisation lets another party do for it, with which datasets, and for how long.

use std::{collections::BTreeSet, fmt};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Actor, Instant, IntermediaryId, MandateId, OrganisationId, Scope};

/// A party that acts for organisations: a supplier of software, a back office, a branch body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intermediary {
    /// Its identifier.
    pub id: IntermediaryId,
    /// Its name.
    pub name: String,
    /// Its number in the trade register, where that is known.
    pub kvk_number: Option<String>,
}

/// What a mandate lets its holder do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MandateRight {
    /// See what was delivered and what is to be.
    Read,
    /// See it, and send, explain, approve, withdraw and ask for more time.
    Deliver,
}

impl MandateRight {
    /// The word used in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Deliver => "deliver",
        }
    }

    /// The right written as `word`.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Read, Self::Deliver].into_iter().find(|right| right.as_str() == word)
    }

    /// What it lets be done: who may deliver sees what was delivered.
    pub const fn acts(self) -> &'static [Self] {
        match self {
            Self::Read => &[Self::Read],
            Self::Deliver => &[Self::Read, Self::Deliver],
        }
    }
}

/// The data of others that an intermediary may see or change: those of mandates in force on a day. Which they are is
/// for the database to say, by statement: nothing here can have grown old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mandated {
    /// Who holds the mandates.
    pub intermediary: IntermediaryId,
    /// What is done with the data.
    pub act: MandateRight,
    /// The day.
    pub on: Date,
}

impl Mandated {
    /// By what the lines of its mandates are found: who, and for which act.
    pub fn holder(self) -> String {
        format!("{} {}", self.intermediary, self.act.as_str())
    }
}

impl fmt::Display for Mandated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.intermediary, self.act.as_str(), self.on)
    }
}

impl Actor {
    /// The same, about to deliver: of the mandates of an intermediary, those that let it.
    #[must_use]
    pub const fn delivering(self) -> Self {
        match self.scope {
            Scope::Mandates(Mandated { intermediary, on, .. }) => {
                let scope = Scope::Mandates(Mandated { intermediary, on, act: MandateRight::Deliver });
                Self { scope, ..self }
            }
            Scope::Organisation(_) | Scope::Sector => self,
        }
    }
}

/// How it is with a mandate on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MandateStanding {
    /// It begins later.
    ToCome,
    /// It holds.
    InForce,
    /// Its last day has passed.
    Ended,
    /// It was withdrawn.
    Withdrawn,
}

/// A mandate and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// Its identifier.
    pub id: MandateId,
    /// Who gave it.
    pub organisation: OrganisationId,
    /// Who holds it.
    pub intermediary: IntermediaryId,
    /// What it lets be done.
    pub right: MandateRight,
    /// With which datasets.
    pub datasets: BTreeSet<String>,
    /// The first day on which it holds.
    pub from: Date,
    /// The last day on which it holds.
    pub until: Date,
    /// Who entered it: a token of the organisation, or the operator.
    pub given_by: String,
    /// Who of the organisation asked the operator to; nothing where the organisation did it itself.
    pub asked_by: Option<String>,
    /// When.
    pub given_at: Instant,
    /// That it was withdrawn.
    pub withdrawal: Option<MandateWithdrawal>,
}

/// How a mandate was withdrawn: it holds no more from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MandateWithdrawal {
    /// Who entered it: a token of the organisation, or the operator.
    pub by: String,
    /// Who of the organisation asked the operator to.
    pub asked_by: Option<String>,
    /// When.
    pub at: Instant,
}

impl Mandate {
    /// The most days that a mandate lasts: five years. After that it is given anew, or not.
    pub const LONGEST_DAYS: i32 = 5 * 366;

    /// How it is with it on `day`.
    pub fn standing(&self, day: Date) -> MandateStanding {
        if self.withdrawal.is_some() {
            MandateStanding::Withdrawn
        } else if day < self.from {
            MandateStanding::ToCome
        } else if day > self.until {
            MandateStanding::Ended
        } else {
            MandateStanding::InForce
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::Role;

    fn mandate() -> Mandate {
        Mandate {
            id: MandateId::from_bits(1),
            organisation: OrganisationId::from_bits(2),
            intermediary: IntermediaryId::from_bits(3),
            right: MandateRight::Deliver,
            datasets: BTreeSet::from(["indicatoren".to_owned()]),
            from: date(2026, 3, 2),
            until: date(2026, 3, 31),
            given_by: "tok_1".to_owned(),
            asked_by: None,
            given_at: Instant::from_microseconds(0),
            withdrawal: None,
        }
    }

    #[test]
    fn holds_from_its_first_day_to_its_last() {
        let mut mandate = mandate();
        let days = [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 31), date(2026, 4, 1)];
        let standings = days.map(|day| mandate.standing(day));
        assert_eq!(
            standings,
            [MandateStanding::ToCome, MandateStanding::InForce, MandateStanding::InForce, MandateStanding::Ended]
        );
        let at = Instant::from_microseconds(1);
        mandate.withdrawal = Some(MandateWithdrawal { by: "tok_1".to_owned(), asked_by: None, at });
        assert_eq!(days.map(|day| mandate.standing(day)), [MandateStanding::Withdrawn; 4]);
    }

    #[test]
    fn delivering_changes_the_act_of_an_intermediary_alone() {
        let mandated =
            |act| Scope::Mandates(Mandated { intermediary: IntermediaryId::from_bits(3), act, on: date(2026, 3, 2) });
        let actor = |scope| Actor { role: Role::Intermediary, scope, ..Actor::OPERATOR };
        assert_eq!(actor(mandated(MandateRight::Read)).delivering().scope, mandated(MandateRight::Deliver));
        for scope in [Scope::Sector, Scope::Organisation(OrganisationId::from_bits(2))] {
            assert_eq!(actor(scope).delivering().scope, scope);
        }
        assert!(MandateRight::Deliver.acts().contains(&MandateRight::Read));
        assert!(!MandateRight::Read.acts().contains(&MandateRight::Deliver));
        // What policies and statements take apart: who, the act, ten characters of a day.
        let word = mandated(MandateRight::Read).to_string();
        assert!(word.starts_with("int_") && word.ends_with(" read 2026-03-02"), "{word}");
    }
}
