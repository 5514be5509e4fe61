//! The life of a submission.

use serde::{Deserialize, Serialize};

/// Where a submission is in its life.
///
/// `received → checked | rejected`, `checked → approved | withdrawn`, `approved → superseded | withdrawn`.
/// Checked is not submitted: only an approval submits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubmissionState {
    /// The bytes are here; nothing was judged yet.
    Received,
    /// Checked without errors; waits for approval.
    Checked,
    /// Checked and refused: it has errors.
    Rejected,
    /// Submitted: its numbers count.
    Approved,
    /// A later version took its place.
    Superseded,
    /// Taken back by the organisation.
    Withdrawn,
}

impl SubmissionState {
    /// All states.
    pub const ALL: [Self; 6] =
        [Self::Received, Self::Checked, Self::Rejected, Self::Approved, Self::Superseded, Self::Withdrawn];

    /// Whether a submission in this state may go to `next`.
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Received, Self::Checked | Self::Rejected)
                | (Self::Checked, Self::Approved | Self::Withdrawn)
                | (Self::Approved, Self::Superseded | Self::Withdrawn)
        )
    }

    /// The word used in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Checked => "checked",
            Self::Rejected => "rejected",
            Self::Approved => "approved",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state written as `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// How much a correction (correctie) weighs: what a version that takes the place of another one mends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CorrectionClass {
    /// Technisch: the same content, delivered otherwise.
    Technical,
    /// Inhoudelijk: figures change, but not what is to be concluded from them.
    Content,
    /// Materieel: figures change so much that earlier conclusions may no longer hold.
    Material,
}

impl CorrectionClass {
    /// The word used in the database and in receipts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Technical => "technical",
            Self::Content => "content",
            Self::Material => "material",
        }
    }

    /// The class written as `word`.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Technical, Self::Content, Self::Material].into_iter().find(|class| class.as_str() == word)
    }
}

/// Why a version took the place of another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// How much it weighs.
    pub class: CorrectionClass,
    /// Why, in the organisation's words.
    pub reason: String,
}
