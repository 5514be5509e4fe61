//! When a dataset may be delivered.

use jiff::civil::{Date, date};
use serde::{Deserialize, Deserializer};

use super::dataset::YearRange;
use crate::domain::Period;

/// The days between which a dataset is taken in: an entry of `schema/windows.toml`.
///
/// A day is written relative to the report year: `+1-06-01` is 1 June of the year after.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The dataset.
    pub dataset: String,
    /// The report years it holds for.
    pub years: YearRange,
    /// The first day on which a file about that year is taken.
    pub opens: RelativeDay,
    /// The day by which it is due. Later is late, and still taken.
    pub due: RelativeDay,
    /// The last day on which a file is taken from whoever was not given more time.
    pub closes: RelativeDay,
}

/// Who need not deliver.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExemptionRule {
    /// The most kraambedden in a year.
    pub births: u32,
}

/// How much more time can be given.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionRule {
    /// Until at most so many days after the window closes.
    pub days: u16,
}

/// Which downtime moves a deadline.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DowntimeRule {
    /// That in so many days up to the end of the due day.
    pub days: u16,
}

/// A day relative to a report year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelativeDay {
    years_later: i16,
    month: i8,
    day: i8,
}

impl RelativeDay {
    /// The day for `year`.
    pub fn in_year(self, year: i16) -> Date {
        // The parser took only month and day pairs that every year has.
        Date::new(year.saturating_add(self.years_later), self.month, self.day).unwrap_or(date(9999, 12, 31))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix('+')?.split('-');
        let (years_later, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let found = Self { years_later: years_later.parse().ok()?, month: month.parse().ok()?, day: day.parse().ok()? };
        // 2001 is no leap year: 29 February is refused.
        Date::new(2001, found.month, found.day).ok()?;
        (parts.next().is_none() && (0..=50).contains(&found.years_later)).then_some(found)
    }
}

impl<'de> Deserialize<'de> for RelativeDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not of the form +1-06-01")))
    }
}

/// What a window says of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowState {
    /// Not yet: opens on this day.
    Future(Date),
    /// Open; due on this day.
    Open(Date),
    /// No longer: closed on this day.
    Closed(Date),
}

impl Window {
    /// Whether a file about `period` is taken on `today`. A period that has not begun is never open.
    pub fn state(&self, period: Period, today: Date) -> WindowState {
        let year = period.calendar_year();
        let opens = self.opens.in_year(year).max(period.first_day());
        let closes = self.closes.in_year(year);
        if today < opens {
            WindowState::Future(opens)
        } else if today > closes {
            WindowState::Closed(closes)
        } else {
            WindowState::Open(self.due.in_year(year))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_opens_and_closes_on_the_day() {
        let day = |text| RelativeDay::parse(text).expect("a relative day");
        let window = Window {
            dataset: "indicatoren".to_owned(),
            years: YearRange { from: 2019, to: None },
            opens: day("+0-10-01"),
            due: day("+1-06-01"),
            closes: day("+2-12-31"),
        };
        let period: Period = "2024".parse().expect("a period");
        assert_eq!(window.state(period, date(2024, 9, 30)), WindowState::Future(date(2024, 10, 1)));
        assert_eq!(window.state(period, date(2024, 10, 1)), WindowState::Open(date(2025, 6, 1)));
        assert_eq!(window.state(period, date(2026, 12, 31)), WindowState::Open(date(2025, 6, 1)));
        assert_eq!(window.state(period, date(2027, 1, 1)), WindowState::Closed(date(2026, 12, 31)));
        for wrong in ["1-06-01", "+1-13-01", "+1-02-29", "+1-06", "+1-06-01-1", "+-1-06-01"] {
            assert_eq!(RelativeDay::parse(wrong), None, "{wrong}");
        }
    }
}
