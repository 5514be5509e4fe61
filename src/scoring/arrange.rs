//! The figures of a sector in a fixed order: by period, measure and member.

use std::cmp::Ordering;

use super::{Measure, Member, Sector, derive::derive};
use crate::domain::{MissingReason, Observation, Period};

/// The numbers of an observation.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    pub(super) numerator: Option<f64>,
    pub(super) denominator: Option<f64>,
    pub(super) value: Option<f64>,
    pub(super) standard_deviation: Option<f64>,
    pub(super) units: Option<f64>,
    pub(super) missing: Option<MissingReason>,
}

impl From<&Observation> for Figures {
    fn from(observation: &Observation) -> Self {
        Self {
            numerator: usable(observation.numerator),
            denominator: usable(observation.denominator),
            value: usable(observation.value),
            standard_deviation: usable(observation.standard_deviation),
            units: usable(observation.units),
            missing: observation.missing,
        }
    }
}

/// Numbers of a size that nothing here can have are no figures: their squares would leave the range of numbers.
fn usable(number: Option<f64>) -> Option<f64> {
    number.filter(|number| *number == 0.0 || (1e-9..=1e12).contains(&number.abs()))
}

impl Figures {
    fn compare(&self, other: &Self) -> Ordering {
        let numbers = |figures: &Self| {
            [figures.numerator, figures.denominator, figures.value, figures.standard_deviation, figures.units]
        };
        let compare = |(a, b): (Option<f64>, Option<f64>)| match (a, b) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        let pairs = numbers(self).into_iter().zip(numbers(other));
        pairs.map(compare).find(|order| order.is_ne()).unwrap_or_else(|| self.missing.cmp(&other.missing))
    }
}

/// A sector, sorted, with each measure and ranked member once.
pub(super) struct Arranged<'a> {
    /// By code.
    pub(super) measures: Vec<&'a Measure>,
    /// The ranked ones, by code.
    pub(super) members: Vec<Member>,
    /// The period that is scored, then those before it.
    pub(super) periods: Vec<Period>,
    /// By period, measure and member.
    figures: Vec<Option<Figures>>,
}

impl<'a> Arranged<'a> {
    pub(super) fn new(sector: &'a Sector) -> Self {
        let mut measures: Vec<&Measure> = sector.measures.iter().collect();
        measures.sort_by(|a, b| a.code.cmp(&b.code));
        measures.dedup_by(|a, b| a.code == b.code);
        let mut members: Vec<Member> =
            sector.members.iter().copied().filter(|member| member.kind.is_ranked()).collect();
        members.sort_unstable();
        members.dedup_by_key(|member| member.agb_code);
        let periods: Vec<Period> = std::iter::successors(Some(sector.period), |period| period.previous())
            .take(sector.settings.correlation_periods.max(1))
            .collect();
        let figures = vec![None; periods.len() * measures.len() * members.len()];
        let mut arranged = Self { measures, members, periods, figures };
        arranged.place(&sector.observations);
        arranged.fill_derived();
        arranged
    }

    /// What each member delivered of a measure in a period, in the order of the members.
    pub(super) fn figures(&self, period: usize, measure: usize) -> &[Option<Figures>] {
        let start = (period * self.measures.len() + measure) * self.members.len();
        self.figures.get(start..start + self.members.len()).unwrap_or_default()
    }

    /// Whether anything is known of a period.
    pub(super) fn is_known(&self, period: usize) -> bool {
        let size = self.measures.len() * self.members.len();
        let figures = self.figures.get(period * size..(period + 1) * size).unwrap_or_default();
        figures.iter().any(Option::is_some)
    }

    fn place(&mut self, observations: &[Observation]) {
        // Observations mostly come in runs of one measure or one member: look at the last place first.
        let (mut measure, mut member) = (0, 0);
        for observation in observations {
            let Some(period) = self.periods.iter().position(|period| *period == observation.period) else { continue };
            if self.measures.get(measure).is_none_or(|one| one.code != observation.indicator) {
                let found = self.measures.binary_search_by(|one| one.code.as_str().cmp(&observation.indicator));
                let Ok(found) = found else { continue };
                measure = found;
            }
            if self.members.get(member).is_none_or(|one| one.agb_code != observation.agb_code) {
                let found = self.members.binary_search_by_key(&observation.agb_code, |one| one.agb_code);
                let Ok(found) = found else { continue };
                member = found;
            }
            let place = (period * self.measures.len() + measure) * self.members.len() + member;
            let figures = Figures::from(observation);
            if let Some(slot) = self.figures.get_mut(place) {
                // There is at most one; should there be two, the choice may not depend on their order.
                if slot.is_none_or(|present| present.compare(&figures).is_lt()) {
                    *slot = Some(figures);
                }
            }
        }
    }

    fn fill_derived(&mut self) {
        let place =
            |measures: &[&Measure], code: &str| measures.binary_search_by(|one| one.code.as_str().cmp(code)).ok();
        for period in 0..self.periods.len() {
            for (measure, derivation) in
                self.measures.iter().enumerate().filter_map(|(at, one)| Some((at, one.derived.as_ref()?)))
            {
                let inputs: Vec<&[Option<Figures>]> = derivation
                    .inputs
                    .iter()
                    .map(|code| place(&self.measures, code).map_or(&[][..], |at| self.figures(period, at)))
                    .collect();
                let derived: Vec<Option<Figures>> = (0..self.members.len())
                    .map(|member| {
                        let figures: Vec<Option<Figures>> =
                            inputs.iter().map(|input| input.get(member).copied().flatten()).collect();
                        derive(derivation.function, &figures)
                    })
                    .collect();
                let start = (period * self.measures.len() + measure) * self.members.len();
                if let Some(places) = self.figures.get_mut(start..start + derived.len()) {
                    places.copy_from_slice(&derived);
                }
            }
        }
    }
}
