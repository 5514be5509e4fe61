//! What one version of a delivery changes in another, number by number.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AgbCode, Figures, Period, ReportedNumber};

/// What becomes of one observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Nieuw: there was none.
    New,
    /// Gewijzigd: its figures differ.
    Changed,
    /// Ongewijzigd: the same figures.
    Unchanged,
    /// Vervallen: there is none any more.
    Disappeared,
}

impl Change {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::New, Self::Changed, Self::Unchanged, Self::Disappeared];
}

/// One number before and after; at least one of the two is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Whose.
    pub agb_code: AgbCode,
    /// When.
    pub period: Period,
    /// The indicator's code.
    pub indicator: String,
    /// Of which part; nothing for the whole.
    pub part: Option<String>,
    /// As it is in the earlier version.
    pub before: Option<Figures>,
    /// As it is in the later version.
    pub after: Option<Figures>,
}

impl Difference {
    /// What becomes of it.
    pub fn change(&self) -> Change {
        match (&self.before, &self.after) {
            (None, _) => Change::New,
            (_, None) => Change::Disappeared,
            (Some(before), Some(after)) if before == after => Change::Unchanged,
            _ => Change::Changed,
        }
    }
}

/// What `after` says otherwise than `before`: every number of either once, by AGB code, period, indicator and part, the
/// whole before its parts.
pub fn differences(before: &[ReportedNumber], after: &[ReportedNumber]) -> Vec<Difference> {
    type Key<'a> = (AgbCode, Period, &'a str, Option<&'a str>);
    fn key(one: &ReportedNumber) -> Key<'_> {
        (one.agb_code, one.period, one.indicator.as_str(), one.part.as_deref())
    }
    let mut all: BTreeMap<Key<'_>, (Option<Figures>, Option<Figures>)> = BTreeMap::new();
    for one in before {
        all.entry(key(one)).or_default().0 = Some(one.figures);
    }
    for one in after {
        all.entry(key(one)).or_default().1 = Some(one.figures);
    }
    all.into_iter()
        .map(|((agb_code, period, indicator, part), (before, after))| Difference {
            agb_code,
            period,
            indicator: indicator.to_owned(),
            part: part.map(str::to_owned),
            before,
            after,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(period: &str, indicator: &str, numerator: f64) -> ReportedNumber {
        ReportedNumber {
            agb_code: "33001234".parse().expect("a code"),
            period: period.parse().expect("a period"),
            indicator: indicator.to_owned(),
            part: None,
            figures: Figures { numerator: Some(numerator), denominator: Some(100.0), ..Figures::default() },
        }
    }

    #[test]
    fn every_observation_of_either_version_is_told_once() {
        let before = [number("2024", "KZ01", 1.0), number("2024", "KZ02", 2.0), number("2025", "KZ01", 3.0)];
        let after = [number("2025", "KZ01", 4.0), number("2024", "KZ02", 2.0), number("2024", "KZ04B", 5.0)];
        let found: Vec<_> = differences(&before, &after)
            .iter()
            .map(|one| (one.period.to_string(), one.indicator.clone(), one.change()))
            .collect();
        let expected = [
            ("2024", "KZ01", Change::Disappeared),
            ("2024", "KZ02", Change::Unchanged),
            ("2024", "KZ04B", Change::New),
            ("2025", "KZ01", Change::Changed),
        ];
        assert_eq!(
            found,
            expected.map(|(period, indicator, change)| (period.to_owned(), indicator.to_owned(), change))
        );
    }

    #[test]
    fn parts_are_compared_with_themselves() {
        let of =
            |part: &str, numerator| ReportedNumber { part: Some(part.to_owned()), ..number("2025", "BG02", numerator) };
        let before = [number("2025", "BG02", 3.0), of("7411", 1.0), of("7412", 2.0)];
        let after = [number("2025", "BG02", 3.0), of("7411", 2.0), of("7413", 1.0)];
        let found: Vec<_> = differences(&before, &after)
            .into_iter()
            .map(|one| (one.part.clone().unwrap_or_default(), one.change()))
            .collect();
        let expected =
            [("", Change::Unchanged), ("7411", Change::Changed), ("7412", Change::Disappeared), ("7413", Change::New)];
        assert_eq!(found, expected.map(|(part, change)| (part.to_owned(), change)));
    }

    #[test]
    fn a_number_that_becomes_missing_is_changed() {
        let before = number("2024", "KZ01", 1.0);
        let missing =
            Figures { numerator: None, missing: Some(super::super::MissingReason::Unknown), ..before.figures };
        let after = ReportedNumber { figures: missing, ..before.clone() };
        assert_eq!(differences(&[before], &[after]).first().map(Difference::change), Some(Change::Changed));
    }
}
