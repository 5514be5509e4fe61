//! What a distribution or a fit refuses.

use std::fmt;

/// A violated precondition, with the offending value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Error {
    /// A mean share must lie strictly between 0 and 1.
    MeanOutsideUnit(f64),
    /// A mean count must be positive and finite.
    MeanNotPositive(f64),
    /// A correlation within organisations must be at least 0 and below 1.
    CorrelationOutsideUnit(f64),
    /// A squared variation must be finite and at least 0.
    NegativeDispersion(f64),
    /// More trials, or a larger mean, than are summed term by term.
    TooLarge(f64),
    /// A value, variance, numerator or exposure that is not finite, or is negative where it may not be.
    NotANumberOfItsKind(f64),
    /// More successes than trials, or no trials.
    ImpossibleCount {
        /// The successes.
        events: u64,
        /// The trials.
        trials: u64,
    },
    /// A fit needs at least two organisations.
    TooFew(usize),
    /// Most values are equal and carry no sampling variance: there is no measure of what is ordinary.
    NoSpread,
    /// A tail probability must lie strictly between 0 and 1/2.
    TailOutsideHalf(f64),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MeanOutsideUnit(value) => write!(f, "mean share {value} is not between 0 and 1"),
            Self::MeanNotPositive(value) => write!(f, "mean count {value} is not positive and finite"),
            Self::CorrelationOutsideUnit(value) => write!(f, "correlation {value} is not in [0, 1)"),
            Self::NegativeDispersion(value) => write!(f, "dispersion {value} is negative or not finite"),
            Self::TooLarge(value) => write!(f, "{value} is too large to be summed term by term"),
            Self::NotANumberOfItsKind(value) => write!(f, "{value} is not finite or is negative"),
            Self::ImpossibleCount { events, trials } => write!(f, "{events} of {trials} is impossible"),
            Self::TooFew(count) => write!(f, "{count} organisations are too few to fit"),
            Self::NoSpread => f.write_str("most values are equal and none has a sampling variance"),
            Self::TailOutsideHalf(value) => write!(f, "tail probability {value} is not between 0 and 1/2"),
        }
    }
}

impl std::error::Error for Error {}
