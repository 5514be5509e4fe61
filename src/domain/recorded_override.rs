//! What the inspectorate records of an organisation and outranks its scores.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Instant, OrganisationId, OverrideId, Period};

/// Why an organisation deserves a look whatever its scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverrideReason {
    /// The inspectorate has a measure in force (maatregel).
    ActiveMeasure,
    /// A calamity is under investigation (calamiteit).
    CalamityUnderInvestigation,
    /// Nothing of what must be delivered came in for two periods in a row; follows from the figures.
    TwoPeriodsUndelivered,
}

impl OverrideReason {
    /// Those that are recorded; the others follow from the figures.
    pub const RECORDED: [Self; 2] = [Self::ActiveMeasure, Self::CalamityUnderInvestigation];

    /// The word used in files and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ActiveMeasure => "active_measure",
            Self::CalamityUnderInvestigation => "calamity_under_investigation",
            Self::TwoPeriodsUndelivered => "two_periods_undelivered",
        }
    }

    /// The recorded reason written as `word`.
    pub fn parse_recorded(word: &str) -> Option<Self> {
        Self::RECORDED.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// A recorded reason with what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OverrideRecord {
    /// What it is: one of [`OverrideReason::RECORDED`].
    pub reason: OverrideReason,
    /// The first day on which it holds.
    pub from: Date,
    /// The last day on which it holds, where that is known.
    pub until: Option<Date>,
    /// By what it is found in the inspectorate's own files (kenmerk).
    pub reference: String,
    /// Its identifier.
    pub id: OverrideId,
}

impl OverrideRecord {
    /// Whether it stands beside the scores of `period`: it holds on a day of the period, or of the one after it, in which
    /// the figures are delivered and judged.
    pub fn holds_in(&self, period: Period) -> bool {
        let last_day = period.next().unwrap_or(period).last_day();
        self.from <= last_day && self.until.is_none_or(|until| until >= period.first_day())
    }
}

/// What was recorded, by whom, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedOverride {
    /// Of whom.
    pub organisation: OrganisationId,
    /// What, as it holds now.
    pub record: OverrideRecord,
    /// Who recorded it.
    pub recorded_by: String,
    /// When.
    pub recorded_at: Instant,
    /// The last change of its end.
    pub change: Option<OverrideChange>,
}

impl RecordedOverride {
    /// Whether it was taken back: it should never have been recorded.
    pub fn is_withdrawn(&self) -> bool {
        self.change.as_ref().is_some_and(|change| change.until.is_none())
    }

    /// Whether it stands beside the scores of `period`.
    pub fn holds_in(&self, period: Period) -> bool {
        !self.is_withdrawn() && self.record.holds_in(period)
    }
}

/// A change of the end of what was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideChange {
    /// The last day on which it holds; nothing where it was taken back.
    pub until: Option<Date>,
    /// Why.
    pub ground: String,
    /// By whom.
    pub changed_by: String,
    /// When.
    pub changed_at: Instant,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn holds_in_the_period_and_while_it_is_judged() {
        let record = |from, until| OverrideRecord {
            reason: OverrideReason::ActiveMeasure,
            from,
            until,
            reference: "M-1".to_owned(),
            id: OverrideId::from_bits(1),
        };
        let holds = |record: &OverrideRecord, period: &str| record.holds_in(period.parse().expect("a period"));
        let open = record(date(2025, 6, 15), None);
        assert!(["2024", "2025", "2026", "2040", "2025-Q1", "2025-Q2"].iter().all(|period| holds(&open, period)));
        assert!(["2023", "2024-Q4"].iter().all(|period| !holds(&open, period)));
        let ended = record(date(2025, 6, 15), Some(date(2025, 7, 1)));
        assert!(["2024", "2025", "2025-Q3"].iter().all(|period| holds(&ended, period)));
        assert!(["2026", "2025-Q4"].iter().all(|period| !holds(&ended, period)));
        assert_eq!(OverrideReason::parse_recorded("two_periods_undelivered"), None);
    }
}
