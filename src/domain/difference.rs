//! What one version of a delivery changes in another, number by number.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AgbCode, Observation, Period};

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

/// One observation before and after; at least one of the two is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Whose.
    pub agb_code: AgbCode,
    /// When.
    pub period: Period,
    /// The indicator's code.
    pub indicator: String,
    /// As it is in the earlier version.
    pub before: Option<Observation>,
    /// As it is in the later version.
    pub after: Option<Observation>,
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

/// What `after` says otherwise than `before`: every observation of either once, by AGB code, period and indicator.
pub fn differences(before: &[Observation], after: &[Observation]) -> Vec<Difference> {
    type Key<'a> = (AgbCode, Period, &'a str);
    let mut all: BTreeMap<Key<'_>, (Option<&Observation>, Option<&Observation>)> = BTreeMap::new();
    for one in before {
        all.entry((one.agb_code, one.period, one.indicator.as_str())).or_default().0 = Some(one);
    }
    for one in after {
        all.entry((one.agb_code, one.period, one.indicator.as_str())).or_default().1 = Some(one);
    }
    all.into_iter()
        .map(|((agb_code, period, indicator), (before, after))| Difference {
            agb_code,
            period,
            indicator: indicator.to_owned(),
            before: before.cloned(),
            after: after.cloned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation(period: &str, indicator: &str, numerator: f64) -> Observation {
        Observation {
            agb_code: "33001234".parse().expect("a code"),
            period: period.parse().expect("a period"),
            indicator: indicator.to_owned(),
            numerator: Some(numerator),
            denominator: Some(100.0),
            value: None,
            standard_deviation: None,
            units: None,
            missing: None,
        }
    }

    #[test]
    fn every_observation_of_either_version_is_told_once() {
        let before =
            [observation("2024", "KZ01", 1.0), observation("2024", "KZ02", 2.0), observation("2025", "KZ01", 3.0)];
        let after =
            [observation("2025", "KZ01", 4.0), observation("2024", "KZ02", 2.0), observation("2024", "KZ04B", 5.0)];
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
    fn a_number_that_becomes_missing_is_changed() {
        let before = observation("2024", "KZ01", 1.0);
        let after =
            Observation { numerator: None, missing: Some(super::super::MissingReason::Unknown), ..before.clone() };
        assert_eq!(differences(&[before], &[after]).first().map(Difference::change), Some(Change::Changed));
    }
}
