//! Levels and directions of signals.

use serde::{Deserialize, Serialize};

/// What an outcome asks of the reader. A signal is a question, not a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Too few data to say anything. Outranks every other level: never a guess.
    Insufficient,
    /// Nothing out of the ordinary (r below 2).
    None,
    /// Attention (r from 2): expected of 2.3 % of ordinary organisations.
    Attention,
    /// Elevated (r from 3): expected of 0.13 % of ordinary organisations.
    Elevated,
}

impl Level {
    /// All levels.
    pub const ALL: [Self; 4] = [Self::Insufficient, Self::None, Self::Attention, Self::Elevated];

    /// The level of an oriented z (positive = worse); method.md section 4.
    pub fn of(r: f64) -> Self {
        if r >= 3.0 {
            Self::Elevated
        } else if r >= 2.0 {
            Self::Attention
        } else {
            Self::None
        }
    }

    /// The word used in files and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Insufficient => "insufficient",
            Self::None => "none",
            Self::Attention => "attention",
            Self::Elevated => "elevated",
        }
    }

    /// The level written as `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == word)
    }
}

/// What can be said of the figures behind an outcome. Said before any level: incomplete outranks elevated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataState {
    /// Nothing is missing and nothing is odd.
    #[default]
    Complete,
    /// Something about them asks to be looked at before they are believed.
    Suspect,
    /// Something that must be there is not.
    Incomplete,
}

impl DataState {
    /// All states, the best first.
    pub const ALL: [Self; 3] = [Self::Complete, Self::Suspect, Self::Incomplete];

    /// The word used in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Suspect => "suspect",
            Self::Incomplete => "incomplete",
        }
    }
}

/// Which way is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// A higher value is better.
    HigherIsBetter,
    /// A lower value is better.
    LowerIsBetter,
    /// Neither: context, judged on both sides and left out of scores.
    Context,
}

impl Direction {
    /// +1 when high is worse, -1 when low is worse, 0 for context.
    pub const fn sign(self) -> f64 {
        match self {
            Self::HigherIsBetter => -1.0,
            Self::LowerIsBetter => 1.0,
            Self::Context => 0.0,
        }
    }
}
