//! All measures of a sector against their own past, in every period that is looked at.

use std::collections::BTreeSet;

use super::{
    Change, Drift, Fit, Insufficiency, Measure, Member, PeerGroup, Settings, TypicalValue,
    arrange::Arranged,
    change::{OwnChange, is_followed, measure_of_change, own_change, within},
    combine::{Counted, Entry},
    drift::{step, typical_value},
    engine::{by_few, each},
    method::Evidence,
    peers::{Compared, Peers, Verdict, belongs, compare},
    value::Reading,
};
use crate::{domain::Period, stats::Table};

/// The changes that are followed, and what came of them by period.
pub(super) struct Past {
    /// The place of the measure among all, and the measure of its change.
    followed: Vec<(usize, Measure)>,
    /// By period and followed measure; nothing where a period is not looked at.
    periods: Vec<Vec<Changed>>,
    /// By period and followed measure, of each peer group that was fitted.
    typical: Vec<Vec<Vec<(PeerGroup, TypicalValue)>>>,
}

/// One measure's change in one period.
struct Changed {
    own: Vec<Option<OwnChange>>,
    verdicts: Vec<Result<Verdict, Insufficiency>>,
    fits: Vec<Fit>,
}

impl Changed {
    /// That of the member at `place`.
    fn of(&self, place: usize, measure: &Measure) -> Option<Change> {
        let own = self.own.get(place)?.as_ref()?;
        let verdict = self.verdicts.get(place)?.as_ref().ok()?;
        own.judged(measure, verdict.group?, verdict.model?.centre.location, &verdict.judgement)
    }
}

impl Past {
    /// The changes in the periods at `wanted`, from the readings of `compared` by period and measure.
    pub(super) fn new(
        arranged: &Arranged<'_>,
        settings: &Settings,
        compared: &[Vec<Compared>],
        wanted: &BTreeSet<usize>,
    ) -> Self {
        let all = arranged.measures.iter().enumerate();
        let followed: Vec<(usize, Measure)> = all
            .filter(|(_, measure)| is_followed(measure))
            .map(|(place, measure)| (place, measure_of_change(measure)))
            .collect();
        let of_period = |period: usize, table: &mut Table| {
            let lookback = settings.past_periods + 1;
            let places = arranged.periods.get(period).map(|one| arranged.looking_back(*one, lookback));
            let places = places.filter(|_| wanted.contains(&period)).unwrap_or_default();
            // The period itself must be there, and one before it.
            if places.first() != Some(&period) || !places.iter().skip(1).any(|place| arranged.is_known(*place)) {
                return Vec::new();
            }
            let mut one = |(place, measure): &(usize, Measure)| {
                let history: Vec<&[Reading]> =
                    places.iter().filter_map(|at| Some(&*compared.get(*at)?.get(*place)?.readings)).collect();
                let factor = arranged.measures.get(*place).map_or(1.0, |measure| measure.factor);
                changed(measure, factor, settings, &arranged.members, &history, table)
            };
            followed.iter().map(&mut one).collect()
        };
        let periods = each(arranged, of_period);
        let typical = each(arranged, |period, _| {
            let when = arranged.periods.get(period).filter(|_| wanted.contains(&period));
            let compared = compared.get(period);
            let of_measure = |(at, _): &(usize, Measure)| {
                let found = when.zip(arranged.measures.get(*at).zip(compared.and_then(|all| all.get(*at))));
                found.map_or_else(Vec::new, |(when, (measure, one))| {
                    one.fits.iter().map(|fit| typical(measure, *when, fit, settings, &arranged.members, one)).collect()
                })
            };
            followed.iter().map(of_measure).collect()
        });
        Self { followed, periods, typical }
    }

    fn at(&self, period: usize) -> impl Iterator<Item = (&(usize, Measure), &Changed)> {
        self.followed.iter().zip(self.periods.get(period).into_iter().flatten())
    }

    /// The entries of the changes that count in a period.
    pub(super) fn counted(&self, period: usize, settings: &Settings, members: &[Member]) -> Vec<Counted<'_>> {
        let entries = |changed: &Changed| -> Vec<Entry> {
            let entry = |(place, member): (usize, &Member)| match changed.verdicts.get(place) {
                Some(Ok(verdict)) if member.kind.is_ranked() => Entry::Present {
                    r: verdict.judgement.r.clamp(-settings.cap, settings.cap),
                    noise_share: verdict.judgement.noise_share,
                },
                // Who has no past misses nothing.
                _ => Entry::NotApplicable,
            };
            members.iter().enumerate().map(entry).collect()
        };
        self.at(period)
            .filter(|((_, measure), _)| measure.weight > 0.0 && measure.weight.is_finite())
            .map(|((_, measure), changed)| Counted::new(measure, entries(changed)))
            .filter(|counted| counted.entries.iter().any(|entry| matches!(entry, Entry::Present { .. })))
            .collect()
    }

    /// The changes of each of so many members in a period, by measure; `measures` are those of the sector.
    pub(super) fn changes(&self, period: Option<usize>, measures: &[&Measure], members: usize) -> Vec<Vec<Change>> {
        let most = period.and_then(|period| self.periods.get(period)).map_or(0, Vec::len);
        by_few(members, most, |places, of_members| {
            for ((measure, _), changed) in period.into_iter().flat_map(|period| self.at(period)) {
                let Some(measure) = measures.get(*measure) else { continue };
                for (place, changes) in places.clone().zip(&mut *of_members) {
                    changes.extend(changed.of(place, measure));
                }
            }
        })
    }

    /// What each peer group as a whole did, measure by measure: its course over the periods at `places`, the latest
    /// first, and its last step.
    pub(super) fn drifts(&self, arranged: &Arranged<'_>, places: &[usize]) -> Vec<Drift> {
        let Some(period) = places.first() else { return Vec::new() };
        let mut drifts = Vec::new();
        for (followed, ((at, measure_of_change), changed)) in self.at(*period).enumerate() {
            let Some(measure) = arranged.measures.get(*at) else { continue };
            for fit in &changed.fits {
                let group = fit.peer_group;
                let value = |place: &usize| {
                    let of_groups = self.typical.get(*place)?.get(followed)?;
                    of_groups.iter().find(|(one, _)| *one == group).map(|(_, value)| *value)
                };
                let members = arranged.members.iter().zip(&changed.own);
                let own: Vec<OwnChange> =
                    members.filter(|(member, _)| belongs(group, member.kind)).filter_map(|(_, own)| *own).collect();
                drifts.push(Drift {
                    indicator: measure.code.clone(),
                    peer_group: group,
                    course: places.iter().rev().filter_map(value).collect(),
                    step: step(measure_of_change.direction, fit, &own),
                });
            }
        }
        drifts.sort_by(|a, b| (&a.indicator, a.peer_group).cmp(&(&b.indicator, b.peer_group)));
        drifts
    }
}

/// Where the peers of `fit` were.
fn typical(
    measure: &Measure,
    period: Period,
    fit: &Fit,
    settings: &Settings,
    members: &[Member],
    compared: &Compared,
) -> (PeerGroup, TypicalValue) {
    let evidence = Peers::of(fit.peer_group, members, &compared.readings, settings).evidence;
    (fit.peer_group, typical_value(measure, period, fit, &evidence, within(&evidence)))
}

/// One measure's change in one period; `history` has the readings of that period first.
fn changed(
    measure: &Measure,
    factor: f64,
    settings: &Settings,
    members: &[Member],
    history: &[&[Reading]],
    table: &mut Table,
) -> Changed {
    let enough = |reading: &Reading| reading.evidence.ok().filter(|evidence| evidence.is_enough(settings));
    let all: Vec<Evidence> = history.iter().copied().flatten().filter_map(enough).collect();
    let within = within(&all);
    let mut of_member = Vec::with_capacity(history.len());
    let mut own_of = |place: usize| {
        of_member.clear();
        of_member.extend(history.iter().map(|readings| readings.get(place).and_then(enough)));
        own_change(&of_member, within, factor)
    };
    let own: Vec<Option<OwnChange>> = (0..members.len()).map(&mut own_of).collect();
    let reading = |own: &Option<OwnChange>| Reading {
        numerator: None,
        denominator: None,
        value: None,
        interval: None,
        at_most: None,
        evidence: own.as_ref().map(OwnChange::evidence).ok_or(Insufficiency::NotReported),
    };
    let readings = own.iter().map(reading).collect();
    let Compared { verdicts, fits, .. } = compare(measure, settings, members, readings, table);
    Changed { own, verdicts, fits }
}
