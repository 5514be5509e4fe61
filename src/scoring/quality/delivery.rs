//! What is missing, what came late, and what stays away.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Deliveries, Found, Own};
use crate::{
    domain::{Code, Level, MissingReason, Period, PeriodPart},
    scoring::{Member, arrange::Figures},
};

/// What one organisation delivered, against the days on which it was due.
pub(super) struct OnTime<'a> {
    own: &'a Own<'a>,
    days: BTreeMap<(&'a str, Period), Date>,
    anybody: &'a BTreeSet<(&'a str, Period)>,
}

impl<'a> OnTime<'a> {
    pub(super) fn new(own: &'a Own<'a>, deliveries: &'a Deliveries<'a>, member: Member) -> Self {
        let days = deliveries.of_member.get(&member.agb_code).cloned().unwrap_or_default();
        Self { own, days, anybody: &deliveries.anybody }
    }

    fn period(&self, back: usize) -> Option<Period> {
        self.own.periods.get(back).copied()
    }

    /// The days by which `day` is past the day on which `dataset` was due; 0 or less: in time.
    fn days_late(&self, dataset: &str, period: Period, day: Date) -> Option<i32> {
        let due = *self.own.inputs.due.get(&(dataset.to_owned(), period))?;
        due.until(day).ok().map(|span| span.get_days())
    }

    /// The days since `dataset` was due, where that day has passed.
    fn overdue(&self, dataset: &str, period: Period) -> Option<i32> {
        self.days_late(dataset, period, self.own.inputs.known_on?).filter(|days| *days > 0)
    }

    fn delivered(&self, dataset: &str, back: usize) -> bool {
        self.period(back).is_some_and(|period| self.days.keys().any(|key| *key == (dataset, period)))
    }

    fn delivered_earlier(&self, dataset: &str) -> bool {
        (1..self.own.periods.len()).any(|back| self.delivered(dataset, back))
    }

    /// Whether anybody delivered `dataset` in the period before: then who did not then, and does not now, is silent for
    /// the second time.
    fn was_live(&self, dataset: &str) -> bool {
        self.period(1).is_some_and(|period| self.anybody.iter().any(|key| *key == (dataset, period)))
    }

    /// Whether the organisation owes `dataset`: a year is owed by all, a quarter by who delivered one before.
    fn is_owed(&self, dataset: &str, period: Period) -> bool {
        matches!(period.part(), PeriodPart::Year) || self.delivered_earlier(dataset)
    }

    /// Whether a dataset that used to come is not there.
    fn stays_away(&self, dataset: &str) -> bool {
        !self.delivered(dataset, 0) && self.delivered_earlier(dataset)
    }

    /// Mandatory figures that are not there after their day. Those of a dataset that stays away as a whole are left to
    /// that signal.
    pub(super) fn missing_values(&self, elevated_after_days: i32) -> Found {
        let Some(period) = self.period(0) else { return Found::default() };
        let earlier: BTreeMap<&str, Option<Figures>> =
            self.own.delivered(1).map(|(measure, figures)| (measure.code.as_str(), figures)).collect();
        let mut found = Found::default();
        let mut is_second = false;
        for (measure, figures) in self.own.delivered(0).filter(|(measure, _)| measure.is_mandatory) {
            let Some(dataset) = self.own.inputs.datasets.get(measure.code.as_str()) else { continue };
            let Some(days) = self.overdue(dataset, period) else { continue };
            if !self.is_owed(dataset, period) || self.stays_away(dataset) {
                continue;
            }
            found.of += 1;
            if is_missing(figures.as_ref()) {
                found.count += 1;
                found.days = found.days.max(Some(days));
                found.indicators.insert(measure.code.clone());
                let before = earlier.get(measure.code.as_str()).and_then(Option::as_ref);
                is_second |= self.was_live(dataset) && is_missing(before);
            }
        }
        found.level = (found.of > 0).then(|| level(found.days, elevated_after_days, is_second));
        found
    }

    /// Datasets that came after their day.
    pub(super) fn late(&self, elevated_after_days: i32) -> Found {
        let late = |back: usize| {
            let of_period = self.days.iter().filter(move |((_, period), _)| self.period(back) == Some(*period));
            let lateness = of_period
                .filter_map(|((dataset, period), on)| Some((*dataset, self.days_late(dataset, *period, *on)?)));
            lateness.collect::<Vec<_>>()
        };
        let now = late(0);
        let before: BTreeSet<&str> =
            late(1).iter().filter(|(_, days)| *days > 0).map(|(dataset, _)| *dataset).collect();
        let mut found = Found { of: now.len(), ..Found::default() };
        let mut is_second = false;
        for (dataset, days) in now.iter().filter(|(_, days)| *days > 0) {
            found.count += 1;
            found.days = found.days.max(Some(*days));
            found.datasets.insert((*dataset).to_owned());
            found.indicators.extend(self.indicators(dataset));
            is_second |= before.contains(dataset);
        }
        found.level = (found.of > 0).then(|| level(found.days, elevated_after_days, is_second));
        found
    }

    /// Datasets that came before and do not now, after their day.
    pub(super) fn missing_stream(&self, elevated_after_days: i32) -> Found {
        let Some(period) = self.period(0) else { return Found::default() };
        let datasets: BTreeSet<&str> = self.own.inputs.due.keys().map(|(dataset, _)| dataset.as_str()).collect();
        let mut found = Found::default();
        let mut is_second = false;
        for dataset in datasets.into_iter().filter(|dataset| self.delivered_earlier(dataset)) {
            let Some(days) = self.overdue(dataset, period) else { continue };
            found.of += 1;
            if self.stays_away(dataset) {
                found.count += 1;
                found.days = found.days.max(Some(days));
                found.datasets.insert(dataset.to_owned());
                found.indicators.extend(self.indicators(dataset));
                is_second |= self.was_live(dataset) && !self.delivered(dataset, 1);
            }
        }
        found.level = (found.of > 0).then(|| level(found.days, elevated_after_days, is_second));
        found
    }

    /// The measures that are delivered with `dataset`, and those that follow from them.
    fn indicators(&self, dataset: &str) -> BTreeSet<Code> {
        let is_of = |code: &str| self.own.inputs.datasets.get(code).is_some_and(|one| one == dataset);
        let follows = |inputs: &[String]| inputs.iter().any(|code| is_of(code));
        let all = self.own.measures.iter();
        all.filter(|one| is_of(&one.code) || one.derived.as_ref().is_some_and(|derivation| follows(&derivation.inputs)))
            .map(|one| one.code.clone())
            .collect()
    }
}

/// Nothing was said, or that it is not known. What does not apply, or has nobody to count, is said.
fn is_missing(figures: Option<&Figures>) -> bool {
    let Some(figures) = figures else { return true };
    match figures.missing {
        Some(MissingReason::NotReported | MissingReason::Unknown) => true,
        Some(MissingReason::NotApplicable | MissingReason::EmptyDenominator) => false,
        None => [figures.numerator, figures.denominator, figures.value].iter().all(Option::is_none),
    }
}

fn level(days: Option<i32>, elevated_after_days: i32, is_second: bool) -> Level {
    match days {
        None => Level::None,
        Some(days) if days > elevated_after_days || is_second => Level::Elevated,
        Some(_) => Level::Attention,
    }
}
