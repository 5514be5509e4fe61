//! Small numbers: groups and organisations that one period says too little of (method.md 3.8).

use std::sync::Arc;

use super::{
    Fit, Insufficiency, Measure, Member, Method, PeerGroup, Pooled, Settings,
    method::{Evidence, Model},
    peers::{Compared, Earlier, GROUPS, Peers, Verdict, belongs},
    value::{Reading, rate_of, share_of},
};
use crate::{
    catalogue::IndicatorKind,
    domain::Direction,
    stats::{Events, Table, Trials},
};

/// What one measure gives in a period, with the help of the periods before it, the latest first; with the period itself at
/// most `pooled_periods`.
///
/// A group of too few organisations takes its ordinary variation from all periods together, and what is usual from its
/// own period. An organisation whose own numbers are too small is judged on the sum of its last periods; what is usual
/// is then that of the same periods in the same parts, so that a sector that moves does not count against it. The
/// recipes of others do neither.
pub(super) fn with_history(
    measure: &Measure,
    settings: &Settings,
    members: &[Member],
    mut now: Compared,
    earlier: &[&Earlier],
    table: &mut Table,
) -> Compared {
    if measure.kind == IndicatorKind::Rule || earlier.is_empty() || settings.method != Method::Exact {
        return now;
    }
    fill_small_groups(measure, settings, members, earlier, &mut now, table);
    if matches!(measure.kind, IndicatorKind::Proportion | IndicatorKind::Rate) {
        pool_small_figures(measure, settings, members, earlier, &mut now, table);
    }
    now
}

fn fill_small_groups(
    measure: &Measure,
    settings: &Settings,
    members: &[Member],
    earlier: &[&Earlier],
    compared: &mut Compared,
    table: &mut Table,
) {
    let now = Arc::clone(&compared.readings);
    let readings: Vec<&[Reading]> = std::iter::once(&*now).chain(earlier.iter().map(|one| &*one.readings)).collect();
    for (place, group) in GROUPS.into_iter().enumerate() {
        if compared.models.get(place).is_none_or(Option::is_some) {
            continue;
        }
        let peers = Peers::of(group, members, &compared.readings, settings);
        let national = group == PeerGroup::National;
        let waiting = |place: &usize| match compared.verdicts.get(*place) {
            Some(Err(_)) => true,
            // Being held against all was second best.
            Some(Ok(verdict)) => !national && verdict.group == Some(PeerGroup::National),
            None => false,
        };
        if !peers.places.iter().any(waiting) {
            continue;
        }
        let Some((model, periods)) = from_all_periods(group, members, settings, &readings, &peers) else { continue };
        if let Some(slot) = compared.models.get_mut(place) {
            *slot = Some(model);
        }
        for place in peers.places.iter().filter(|_| !national) {
            if let Some(verdict) = compared.verdicts.get_mut(*place) {
                *verdict = Err(Insufficiency::FewPeers);
            }
        }
        compared.judge(measure, group, &peers, model, periods, table);
    }
    // A fit that nobody is held against any more says nothing.
    let used = |group: PeerGroup| {
        compared.verdicts.iter().any(|verdict| verdict.as_ref().is_ok_and(|verdict| verdict.group == Some(group)))
    };
    let used = GROUPS.map(used);
    let is_used = |fit: &Fit| GROUPS.iter().zip(used).any(|(group, used)| *group == fit.peer_group && used);
    if !compared.fits.iter().all(is_used) || !compared.fits.is_sorted_by_key(|fit| fit.peer_group) {
        let fits = &mut compared.fits;
        fits.retain(is_used);
        fits.sort_by_key(|fit| fit.peer_group);
    }
}

/// The variation of a group over all periods and its location in this one, where it has so many members at least as
/// `minimum_peers` asks of a period on average.
fn from_all_periods(
    group: PeerGroup,
    members: &[Member],
    settings: &Settings,
    readings: &[&[Reading]],
    now: &Peers,
) -> Option<(Model, usize)> {
    if now.evidence.len() < settings.minimum_peers.div_ceil(settings.pooled_periods.max(1)).max(2) {
        return None;
    }
    let mut evidence = Vec::new();
    let mut periods = 0;
    for readings in readings {
        let peers = Peers::of(group, members, readings, settings);
        periods += usize::from(!peers.evidence.is_empty());
        evidence.extend(peers.evidence);
    }
    if evidence.len() < settings.minimum_peers.max(2) {
        return None;
    }
    let model = Model::fit(settings, &evidence).ok()?.located(&now.evidence).ok()?;
    Some((model, periods))
}

fn pool_small_figures(
    measure: &Measure,
    settings: &Settings,
    members: &[Member],
    earlier: &[&Earlier],
    compared: &mut Compared,
    table: &mut Table,
) {
    for (place, member) in members.iter().enumerate() {
        let Some(Ok(own)) = compared.readings.get(place).map(|reading| reading.evidence) else { continue };
        let group = compared.verdicts.get(place).and_then(|verdict| verdict.as_ref().ok()?.group);
        let has_model = |at: usize| compared.models.get(at).is_some_and(Option::is_some);
        let at = GROUPS.iter().enumerate().position(|(at, one)| {
            group.map_or_else(|| belongs(*one, member.kind) && has_model(at), |group| group == *one)
        });
        let Some(at) = at else { continue };
        let Some(Some(model)) = compared.models.get(at).copied() else { continue };
        let before = earlier.iter().map(|one| (one.readings.get(place), one.models.get(at)));
        let before = before.filter_map(|(reading, model)| Some((reading?.evidence.ok()?, *model?)));
        let Some(sum) = Sum::of(measure, settings, own, model, before) else { continue };
        let Some((evidence, pooled)) = sum.shown(measure) else { continue };
        if !evidence.is_enough(settings) {
            continue;
        }
        let model = model.at(sum.location());
        if let (Some(Some(judgement)), Some(verdict)) =
            (model.judge(measure, &[evidence], table).pop(), compared.verdicts.get_mut(place))
        {
            let group = GROUPS.get(at).copied();
            *verdict = Ok(Verdict { group, judgement, model: Some(model), pooled: Some(Box::new(pooled)) });
        }
    }
}

/// Figures of more periods together.
#[derive(Clone, Copy, Debug)]
struct Sum {
    periods: usize,
    events: u64,
    /// Trials or exposure.
    size: f64,
    /// The events that ordinary organisations would have had.
    expected: f64,
    kind: IndicatorKind,
}

impl Sum {
    /// `own` with as many of the `earlier` figures, the latest first, as it takes; `None` where it takes none or there
    /// are none.
    fn of(
        measure: &Measure,
        settings: &Settings,
        own: Evidence,
        model: Model,
        earlier: impl Iterator<Item = (Evidence, Option<Model>)>,
    ) -> Option<Self> {
        let mut sum = Self { periods: 0, events: 0, size: 0.0, expected: 0.0, kind: measure.kind };
        sum.add(own, model)?;
        let mut usual = None;
        for (evidence, then) in earlier {
            // Where nothing is known of what was usual then, what is usual now has to serve.
            let then = then.unwrap_or(model);
            // Not by what is usual now, which moves with the very numerator: a worse one would change what is judged.
            if !sum.is_small(measure, settings, *usual.get_or_insert(then.centre.location)) {
                break;
            }
            sum.add(evidence, then)?;
        }
        (sum.periods > 1).then_some(sum)
    }

    fn add(&mut self, evidence: Evidence, model: Model) -> Option<()> {
        let (events, size) = match evidence {
            Evidence::Proportion(one) => (one.events, one.trials as f64),
            Evidence::Rate(one) => (one.events, one.exposure),
            Evidence::Normal { .. } | Evidence::Rule { .. } => return None,
        };
        self.periods += 1;
        self.events += events;
        self.size += size;
        self.expected += size * model.centre.location;
        Some(())
    }

    /// Whether so few trials, or so few adverse events expected, that chance hides everything.
    fn is_small(&self, measure: &Measure, settings: &Settings, usual: f64) -> bool {
        let expected = self.size * usual;
        let rest = self.size - expected;
        match self.kind {
            IndicatorKind::Proportion => {
                let adverse = match measure.direction {
                    Direction::LowerIsBetter => expected,
                    Direction::HigherIsBetter => rest,
                    Direction::Context => expected.min(rest),
                };
                self.size < settings.pooling_denominator || adverse < settings.pooling_events
            }
            // The unit of an exposure is anybody's choice.
            _ => expected < settings.pooling_events,
        }
    }

    /// What is usual, over the same periods in the same parts.
    fn location(&self) -> f64 {
        self.expected / self.size
    }

    fn shown(&self, measure: &Measure) -> Option<(Evidence, Pooled)> {
        let events = self.events;
        let (evidence, (value, interval)) = if self.kind == IndicatorKind::Proportion {
            let trials = super::value::count(self.size)?;
            (Evidence::Proportion(Trials { events, trials }), share_of(measure, events, trials)?)
        } else {
            let exposure = self.size;
            (Evidence::Rate(Events { events, exposure }), rate_of(measure, events, exposure)?)
        };
        let (numerator, denominator) = (events as f64, self.size);
        Some((evidence, Pooled { periods: self.periods, numerator, denominator, value, interval }))
    }
}
