//! What the register says of an organisation besides who it is, and how mergers carry its past to its successor.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::AgbCode;

/// What the register says of an organisation besides its code, name and sort.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Its number in the trade register (KvK): eight digits.
    pub kvk_number: Option<String>,
    /// The province in which it gives most of its care, by its CBS code, for example `PV25`.
    pub region: Option<String>,
    /// Into whom it merged (fusie).
    pub merger: Option<Merger>,
}

/// That an organisation merged into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merger {
    /// The organisation that went on.
    pub into: AgbCode,
    /// The first day on which it was no longer independent.
    pub on: Date,
}

/// As which organisations figures are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Succession {
    /// Zoals toen: the organisations as they were, each with what it delivered itself.
    #[default]
    AsThen,
    /// Zoals nu: what an organisation delivered before it merged counts with its successor.
    AsNow,
}

/// Who merged into whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mergers(BTreeMap<AgbCode, Merger>);

/// Mergers that lead back to where they began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0} would merge into itself, by way of others")]
pub struct MergerCircle(pub AgbCode);

impl Mergers {
    /// These mergers, the last of each organisation.
    pub fn new(mergers: impl IntoIterator<Item = (AgbCode, Merger)>) -> Result<Self, MergerCircle> {
        let all = Self(mergers.into_iter().collect());
        let circle = all.0.keys().find(|code| all.end_of(**code, |_| true) == **code);
        circle.map_or(Ok(()), |code| Err(MergerCircle(*code))).map(|()| all)
    }

    /// Whether `code` was no longer independent on the whole of the days from `day` on.
    pub fn is_gone(&self, code: AgbCode, day: Date) -> bool {
        self.0.get(&code).is_some_and(|merger| merger.on <= day)
    }

    /// With whom the past of `code` counts on `day`: itself, or who is left of the mergers up to that day.
    pub fn successor(&self, code: AgbCode, day: Date) -> AgbCode {
        self.end_of(code, |merger| merger.on <= day)
    }

    fn end_of(&self, code: AgbCode, counts: impl Fn(&Merger) -> bool) -> AgbCode {
        let (mut last, mut seen) = (code, BTreeSet::from([code]));
        while let Some(merger) = self.0.get(&last).filter(|merger| counts(merger)) {
            last = merger.into;
            if !seen.insert(last) {
                break;
            }
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn code(number: u32) -> AgbCode {
        AgbCode::from_number(number).expect("a code")
    }

    fn merger(from: u32, into: u32, year: i16) -> (AgbCode, Merger) {
        (code(from), Merger { into: code(into), on: date(year, 1, 1) })
    }

    #[test]
    fn the_past_goes_to_who_is_left() {
        let mergers = Mergers::new([merger(1, 2, 2023), merger(2, 3, 2025)]).expect("no circle");
        let successor = |from, day| mergers.successor(code(from), day).number();
        assert_eq!(successor(1, date(2022, 12, 31)), 1, "not yet");
        assert_eq!(successor(1, date(2023, 1, 1)), 2);
        assert_eq!(successor(1, date(2025, 6, 1)), 3);
        assert_eq!((successor(3, date(2025, 6, 1)), successor(9, date(2025, 6, 1))), (3, 9));
        assert!(mergers.is_gone(code(2), date(2025, 1, 1)) && !mergers.is_gone(code(2), date(2024, 12, 31)));
    }

    #[test]
    fn a_circle_is_no_merger() {
        let circle = Mergers::new([merger(1, 2, 2023), merger(2, 3, 2024), merger(3, 1, 2025)]);
        assert!(matches!(circle, Err(MergerCircle(_))));
        // One who leads into a circle of others is told too.
        assert!(Mergers::new([merger(9, 1, 2023), merger(1, 2, 2023), merger(2, 1, 2024)]).is_err());
        assert!(Mergers::new([merger(1, 1, 2023)]).is_err());
    }
}
