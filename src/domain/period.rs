//! Reporting periods: a calendar year or one of its quarters.

use std::{cmp::Ordering, fmt, str::FromStr};

use jiff::civil::{Date, date};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// A year or a quarter. Text form `2025` or `2025-Q1`; `2025-K1` (kwartaal) is read as `2025-Q1`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    year: i16,
    part: PeriodPart,
}

/// Which part of the year a period covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeriodPart {
    /// The whole year.
    Year,
    /// A quarter, 1 to 4.
    Quarter(u8),
}

/// A text that is no period.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("expected a year such as 2025 or a quarter such as 2025-Q1")]
pub struct PeriodError;

impl Period {
    /// The years a period may lie in.
    pub const YEARS: std::ops::RangeInclusive<i16> = 2000..=2099;

    /// The whole of `year`.
    pub fn year(year: i16) -> Result<Self, PeriodError> {
        Self::new(year, PeriodPart::Year)
    }

    /// A period of `year`, which must lie in [`Period::YEARS`], with a quarter from 1 to 4.
    pub fn new(year: i16, part: PeriodPart) -> Result<Self, PeriodError> {
        let part_exists = match part {
            PeriodPart::Year => true,
            PeriodPart::Quarter(quarter) => (1..=4).contains(&quarter),
        };
        if part_exists && Self::YEARS.contains(&year) { Ok(Self { year, part }) } else { Err(PeriodError) }
    }

    /// The calendar year the period lies in.
    pub const fn calendar_year(self) -> i16 {
        self.year
    }

    /// Which part of the year.
    pub const fn part(self) -> PeriodPart {
        self.part
    }

    /// The same part of the year, `years` earlier; `None` outside [`Period::YEARS`].
    pub fn years_earlier(self, years: i16) -> Option<Self> {
        Self::new(self.year.checked_sub(years)?, self.part).ok()
    }

    /// The period of the same length before this one.
    pub fn previous(self) -> Option<Self> {
        match self.part {
            PeriodPart::Year => self.years_earlier(1),
            PeriodPart::Quarter(1) => Self::new(self.year - 1, PeriodPart::Quarter(4)).ok(),
            PeriodPart::Quarter(quarter) => Self::new(self.year, PeriodPart::Quarter(quarter - 1)).ok(),
        }
    }

    /// The period after this one, of the same length; `None` after the last year that periods have.
    pub fn next(self) -> Option<Self> {
        match self.part {
            PeriodPart::Year => self.years_earlier(-1),
            PeriodPart::Quarter(4) => Self::new(self.year + 1, PeriodPart::Quarter(1)).ok(),
            PeriodPart::Quarter(quarter) => Self::new(self.year, PeriodPart::Quarter(quarter + 1)).ok(),
        }
    }

    /// The first day.
    pub const fn first_day(self) -> Date {
        match self.part {
            PeriodPart::Quarter(2) => date(self.year, 4, 1),
            PeriodPart::Quarter(3) => date(self.year, 7, 1),
            PeriodPart::Quarter(4) => date(self.year, 10, 1),
            _ => date(self.year, 1, 1),
        }
    }

    /// The last day.
    pub const fn last_day(self) -> Date {
        match self.part {
            PeriodPart::Quarter(1) => date(self.year, 3, 31),
            PeriodPart::Quarter(2) => date(self.year, 6, 30),
            PeriodPart::Quarter(3) => date(self.year, 9, 30),
            _ => date(self.year, 12, 31),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let (year, rest) = text.split_at_checked(4).ok_or(PeriodError)?;
        if !digits(year) {
            return Err(PeriodError);
        }
        let year = year.parse().map_err(|_| PeriodError)?;
        let part = match rest.as_bytes() {
            [] => PeriodPart::Year,
            [b'-', b'Q' | b'q' | b'K' | b'k', quarter @ b'1'..=b'4'] => PeriodPart::Quarter(quarter - b'0'),
            _ => return Err(PeriodError),
        };
        Self::new(year, part)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            PeriodPart::Year => write!(f, "{}", self.year),
            PeriodPart::Quarter(quarter) => write!(f, "{}-Q{quarter}", self.year),
        }
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Period({self})")
    }
}

impl Ord for Period {
    /// By year; within a year the whole year first, then the quarters.
    fn cmp(&self, other: &Self) -> Ordering {
        (self.year, self.part).cmp(&(other.year, other.part))
    }
}

impl PartialOrd for Period {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_forms() {
        for (text, shown) in [("2025", "2025"), ("2025-Q1", "2025-Q1"), ("2025-k4", "2025-Q4")] {
            assert_eq!(text.parse::<Period>().map(|period| period.to_string()).as_deref(), Ok(shown));
        }
        for wrong in ["", "25", "2025-", "2025-Q5", "2025Q1", "2025-Q11", "jan-24", "1999", "2100", "+025", "é025"] {
            assert_eq!(wrong.parse::<Period>(), Err(PeriodError), "{wrong}");
        }
    }

    #[test]
    fn order_and_neighbours() {
        let period = |text: &str| text.parse::<Period>().expect("a period");
        let mut periods = ["2025-Q2", "2024", "2025", "2024-Q4"].map(period);
        periods.sort();
        assert_eq!(periods, ["2024", "2024-Q4", "2025", "2025-Q2"].map(period));
        assert_eq!(period("2025-Q1").previous(), Some(period("2024-Q4")));
        assert_eq!(period("2025").previous(), Some(period("2024")));
        assert_eq!(period("2000").previous(), None);
        assert_eq!(period("2024-Q1").last_day(), date(2024, 3, 31));
    }
}
