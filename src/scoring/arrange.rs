//! The figures of a sector in a fixed order: by period, measure and member.

use std::cmp::Ordering;

use super::{Measure, Member, Sector, derive::derive, engine::at_once};
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
        let mut known: Vec<Vec<&[Observation]>> = vec![Vec::new(); all.len()];
        for same in sector.observations.chunk_by(|a, b| a.period == b.period) {
            let place = same.first().and_then(|first| all.iter().position(|period| *period == first.period));
            if let Some(observations) = place.and_then(|place| known.get_mut(place)) {
                observations.push(same);
            }
        }
        let busy = known.iter().filter(|observations| !observations.is_empty()).count();
        let works: Vec<_> = all.iter().map(|period| periods.contains(period)).zip(known).collect();
        let mut arranged = Self { measures, members, periods: all, figures: Vec::new() };
        arranged.figures = at_once(works, busy, |(is_asked, observations), _| {
            if is_asked || !observations.is_empty() { arranged.figures_of(&observations) } else { Vec::new() }
        });
        arranged
    }

    /// The figures of one period, by measure and member.
    fn figures_of(&self, observations: &[&[Observation]]) -> Vec<Option<Figures>> {
        let mut figures = vec![None; self.measures.len() * self.members.len()];
        self.place(observations, &mut figures);
        self.fill_derived(&mut figures);
        figures
    }

    /// What each member delivered of a measure in a period, in the order of the members.
    pub(super) fn figures(&self, period: usize, measure: usize) -> &[Option<Figures>] {
        self.figures.get(period).map_or(&[], |all| self.of_measure(all, measure))
    }

    fn of_measure<'f>(&self, figures: &'f [Option<Figures>], measure: usize) -> &'f [Option<Figures>] {
        let start = measure * self.members.len();
        figures.get(start..start + self.members.len()).unwrap_or_default()
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

    fn place(&self, observations: &[&[Observation]], figures: &mut [Option<Figures>]) {
        // Observations mostly come in runs of one measure or one member, in their order: look at the last place and the
        // next one first.
        let (mut measure, mut member) = (0, 0);
        for observation in observations.iter().copied().flatten() {
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
            let found = Figures::from(observation);
            if let Some(slot) = figures.get_mut(place) {
                // There is at most one; should there be two, the choice may not depend on their order.
                if slot.is_none_or(|present| present.compare(&found).is_lt()) {
                    *slot = Some(found);
                }
            }
        }
    }

    fn fill_derived(&self, figures: &mut [Option<Figures>]) {
        let place = |code: &str| self.measures.binary_search_by(|one| one.code.as_str().cmp(code)).ok();
        for (measure, derivation) in
            self.measures.iter().enumerate().filter_map(|(at, one)| Some((at, one.derived.as_ref()?)))
        {
            let of_input = |code: &String| place(code).map_or(&[][..], |at| self.of_measure(figures, at));
            let inputs: Vec<&[Option<Figures>]> = derivation.inputs.iter().map(of_input).collect();
            let derived: Vec<Option<Figures>> = (0..self.members.len())
                .map(|member| {
                    let figures: Vec<Option<Figures>> =
                        inputs.iter().map(|input| input.get(member).copied().flatten()).collect();
                    derive(derivation.function, &figures)
                })
                .collect();
            let start = measure * self.members.len();
            if let Some(places) = figures.get_mut(start..start + derived.len()) {
                places.copy_from_slice(&derived);
            }
        }
    }
}
