//! The figures of a sector in a fixed order: by period, measure and member.

use std::{cmp::Ordering, collections::BTreeSet};

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
    /// Where the numerator is a lower bound: the upper one.
    pub(super) at_most: Option<f64>,
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
            at_most: None,
        }
    }
}

/// Numbers of a size that nothing here can have are no figures: their squares would leave the range of numbers.
fn usable(number: Option<f64>) -> Option<f64> {
    number.filter(|number| *number == 0.0 || (1e-9..=1e12).contains(&number.abs()))
}

impl Figures {
    /// Whether the organisation said nothing, not even that the measure does not apply.
    fn is_silent(&self) -> bool {
        let numbers = [self.numerator, self.denominator, self.value];
        matches!(self.missing, None | Some(MissingReason::NotReported)) && numbers.iter().all(Option::is_none)
    }

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

/// A period, the one before it, and so on.
fn backwards(period: Period) -> impl Iterator<Item = Period> {
    std::iter::successors(Some(period), |period| period.previous())
}

/// A sector, sorted, with each measure and member once.
pub(super) struct Arranged<'a> {
    /// By code.
    pub(super) measures: Vec<&'a Measure>,
    /// By code.
    pub(super) members: Vec<Member>,
    /// The latest first.
    pub(super) periods: Vec<Period>,
    /// Per period by measure and member; nothing of a period before those asked of which nothing is known.
    figures: Vec<Vec<Option<Figures>>>,
}

impl<'a> Arranged<'a> {
    /// `periods` with as many before each as `lookback`, it included.
    pub(super) fn new(sector: &'a Sector, periods: &[Period], lookback: usize) -> Self {
        let mut measures: Vec<&Measure> = sector.measures.iter().collect();
        measures.sort_by(|a, b| a.code.cmp(&b.code));
        measures.dedup_by(|a, b| a.code == b.code);
        let mut members = sector.members.clone();
        members.sort_unstable();
        members.dedup_by_key(|member| member.agb_code);
        let mut all: Vec<Period> = periods.iter().flat_map(|period| backwards(*period).take(lookback.max(1))).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        all.dedup();
        let mut known: BTreeSet<Period> = periods.iter().copied().collect();
        known.extend(
            sector.observations.chunk_by(|a, b| a.period == b.period).filter_map(|same| Some(same.first()?.period)),
        );
        let size = measures.len() * members.len();
        let figures = all.iter().map(|period| vec![None; if known.contains(period) { size } else { 0 }]).collect();
        let mut arranged = Self { measures, members, periods: all, figures };
        arranged.place(&sector.observations);
        arranged.fill_derived();
        arranged
    }

    /// What each member delivered of a measure in a period, in the order of the members.
    pub(super) fn figures(&self, period: usize, measure: usize) -> &[Option<Figures>] {
        let start = measure * self.members.len();
        self.figures.get(period).and_then(|all| all.get(start..start + self.members.len())).unwrap_or_default()
    }

    /// The places of a period and of those before it, as many as `lookback`.
    pub(super) fn looking_back(&self, period: Period, lookback: usize) -> Vec<usize> {
        let place = |period: Period| self.periods.iter().position(|one| *one == period);
        backwards(period).take(lookback.max(1)).filter_map(place).collect()
    }

    /// Whether anything is known of a period.
    pub(super) fn is_known(&self, period: usize) -> bool {
        self.figures.get(period).is_some_and(|figures| figures.iter().any(Option::is_some))
    }

    /// Whether a member delivered anything of what must be delivered.
    pub(super) fn delivered(&self, period: usize, member: usize) -> bool {
        let mandatory = self.measures.iter().enumerate().filter(|(_, measure)| measure.is_mandatory);
        mandatory.filter_map(|(place, _)| *self.figures(period, place).get(member)?).any(|figures| !figures.is_silent())
    }

    fn place(&mut self, observations: &[Observation]) {
        // Observations mostly come in runs of one measure or one member, in their order: look at the last place and the
        // next one first.
        let (mut measure, mut member) = (0, 0);
        for observation in observations {
            let Some(period) = self.periods.iter().position(|period| *period == observation.period) else { continue };
            let is_at = |place: usize| self.measures.get(place).is_some_and(|one| one.code == observation.indicator);
            let found = [measure, measure + 1]
                .into_iter()
                .find(|place| is_at(*place))
                .or_else(|| self.measures.binary_search_by(|one| one.code.as_str().cmp(&observation.indicator)).ok());
            let Some(found) = found else { continue };
            measure = found;
            if self.members.get(member).is_none_or(|one| one.agb_code != observation.agb_code) {
                let found = self.members.binary_search_by_key(&observation.agb_code, |one| one.agb_code);
                let Ok(found) = found else { continue };
                member = found;
            }
            let place = measure * self.members.len() + member;
            let figures = Figures::from(observation);
            if let Some(slot) = self.figures.get_mut(period).and_then(|all| all.get_mut(place)) {
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
                let start = measure * self.members.len();
                let all = self.figures.get_mut(period);
                if let Some(places) = all.and_then(|all| all.get_mut(start..start + derived.len())) {
                    places.copy_from_slice(&derived);
                }
            }
        }
    }
}
