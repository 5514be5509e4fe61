//! What is told between processes when something changed: a kind and an identifier, never a value.

use std::{fmt, str::FromStr};

use super::{Instant, UploadId};

/// Something happened. What it was is read from the database, by who may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A change that has this moment is whole.
    Change(Instant),
    /// The check of this upload went on, or ended.
    Check(UploadId),
}

/// A text that tells nothing known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a notice of an unknown kind")]
pub struct UnknownNotice;

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Change(at) => write!(f, "change {}", at.microseconds()),
            Self::Check(upload) => write!(f, "check {upload}"),
        }
    }
}

impl FromStr for Notice {
    type Err = UnknownNotice;

    fn from_str(text: &str) -> Result<Self, UnknownNotice> {
        let (kind, rest) = text.split_once(' ').ok_or(UnknownNotice)?;
        match kind {
            "change" => rest.parse().map(|at| Self::Change(Instant::from_microseconds(at))).map_err(|_| UnknownNotice),
            "check" => rest.parse().map(Self::Check).map_err(|_| UnknownNotice),
            _ => Err(UnknownNotice),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_reads_back() {
        let upload = UploadId::from_bits(0x0192_3456_789a_7bcd_8ef0_1234_5678_9abc);
        for notice in [Notice::Change(Instant::from_microseconds(1_772_442_000_000_001)), Notice::Check(upload)] {
            assert_eq!(notice.to_string().parse(), Ok(notice));
        }
        for other in ["", "change", "change x", "check sub_0", "vacuum 1"] {
            assert_eq!(other.parse::<Notice>(), Err(UnknownNotice), "{other}");
        }
    }
}
