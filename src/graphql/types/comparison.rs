//! What a signal says beside its level: more periods together, norms, slips, and what would lower it.

use async_graphql::{Enum, SimpleObject};

use super::{LevelType, signal::IntervalType};
use crate::service::{AtMost, ChangeNeeded, NormComparison, Pooled, Slip, TypingError};

/// The most that a numerator can be of which only a lower bound is known (hooguit).
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "AtMost")]
pub(super) struct AtMostType {
    /// The most that the numerator can be (teller).
    numerator: f64,
    /// The value it gives, in the indicator's unit (waarde).
    value: f64,
    /// 95 % interval of that value.
    interval: IntervalType,
}

impl From<AtMost> for AtMostType {
    fn from(most: AtMost) -> Self {
        Self { numerator: most.numerator, value: most.value, interval: most.interval.into() }
    }
}

/// The figures of more periods together, which were compared because those of one are too small (samengenomen
/// perioden).
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "Pooled")]
pub(super) struct PooledType {
    /// Over how many periods, this one included (over m perioden).
    periods: usize,
    /// What was counted in all together (teller).
    numerator: f64,
    /// Out of what, in all together (noemer).
    denominator: f64,
    /// The value in the indicator's unit (waarde).
    value: f64,
    /// 95 % interval of that value.
    interval: IntervalType,
}

impl From<Pooled> for PooledType {
    fn from(pooled: Pooled) -> Self {
        Self {
            periods: pooled.periods,
            numerator: pooled.numerator,
            denominator: pooled.denominator,
            value: pooled.value,
            interval: pooled.interval.into(),
        }
    }
}

/// How a value stands to a norm (norm), from this period's figures.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "NormComparison")]
pub(super) struct NormComparisonType {
    /// The norm, in the indicator's unit.
    norm: f64,
    /// Whether the law sets it (wettelijk); what only orients gives no signal.
    is_legal: bool,
    /// Whether the value is on the right side of it (voldoet).
    is_met: bool,
    /// How far beyond what chance explains the value is on the wrong side, in standard deviations; 0 on the right one.
    /// Null for a norm that only orients.
    r: Option<f64>,
    /// The chance of a value this far on the wrong side in an organisation that just meets the norm. Null for a norm
    /// that only orients.
    probability: Option<f64>,
}

impl From<NormComparison> for NormComparisonType {
    fn from(norm: NormComparison) -> Self {
        Self { norm: norm.norm, is_legal: norm.is_legal, is_met: norm.is_met, r: norm.r, probability: norm.probability }
    }
}

/// The smallest change of the figure that lowers the level, all else being equal (wat nodig is voor een lager niveau).
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "ChangeNeeded")]
pub(super) struct ChangeNeededType {
    /// The level it would then have (niveau).
    level: LevelType,
    /// The numerator (teller) of this period that gives it; null where there is no numerator.
    numerator: Option<f64>,
    /// The value that gives it, in the indicator's unit; of what is no count, the value beyond which it does.
    value: f64,
}

impl From<ChangeNeeded> for ChangeNeededType {
    fn from(change: ChangeNeeded) -> Self {
        Self { level: change.level.into(), numerator: change.numerator, value: change.value }
    }
}

/// Slips of the keyboard (typefout).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "Slip", remote = "Slip")]
pub(in crate::graphql) enum SlipType {
    /// Two neighbouring digits changed places (verwisselde cijfers).
    SwappedDigits,
    /// A digit was typed twice (dubbel getypt cijfer).
    DoubledDigit,
    /// Numerator and denominator changed places (teller en noemer verwisseld).
    Exchanged,
    /// A digit was left out (weggevallen cijfer).
    LostDigit,
}

/// One slip of the keyboard after whose correction the figure would be ordinary (mogelijke typefout): a question, not a
/// finding.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "TypingError")]
pub(super) struct TypingErrorType {
    /// What may have happened.
    slip: SlipType,
    /// What the numerator (teller) may have been meant to be.
    numerator: f64,
    /// What the denominator (noemer) may have been meant to be.
    denominator: f64,
}

impl From<TypingError> for TypingErrorType {
    fn from(error: TypingError) -> Self {
        Self { slip: error.slip.into(), numerator: error.numerator, denominator: error.denominator }
    }
}
