//! From what was judged to the signal, with what would change it.

use super::{
    ChangeNeeded, Insufficiency, Measure, Signal,
    method::{Breach, Limits},
    peers::{Compared, Verdict},
    slip::typing_error,
    value::Reading,
};
use crate::{
    catalogue::IndicatorKind,
    domain::{DataState, Level},
    stats::Table,
};

/// What there is of one measure of one member.
pub(super) struct Row<'a> {
    pub(super) measure: &'a Measure,
    pub(super) reading: &'a Reading,
    pub(super) outcome: &'a Result<Verdict, Insufficiency>,
    breach: Option<&'a Breach>,
}

impl<'a> Row<'a> {
    /// That of the member at `place`.
    pub(super) fn of(measure: &'a Measure, compared: &'a Compared, place: usize) -> Option<Self> {
        let breach = compared.breaches.get(place).and_then(Option::as_ref);
        Some(Self { measure, reading: compared.readings.get(place)?, outcome: compared.verdicts.get(place)?, breach })
    }
}

/// The signal of a member whose data are in this state.
pub(super) fn signal(row: &Row<'_>, data: DataState, table: &mut Table) -> Signal {
    let Row { measure, reading, outcome, breach } = *row;
    let verdict = outcome.as_ref().ok();
    let judgement = verdict.map(|verdict| &verdict.judgement);
    let against_norm = breach.and_then(|breach| breach.comparison.r);
    let replaced = measure.norm.is_some_and(|norm| norm.replaces_peers);
    let by_peers = judgement.map(|judgement| judgement.r).filter(|_| !replaced || against_norm.is_none());
    // What is met to the letter is no reason to look away from peers, nor the other way round.
    let r = [by_peers, against_norm].into_iter().flatten().reduce(f64::max);
    let level = r.map_or(Level::Insufficient, Level::of);
    let flagged = level >= Level::Attention;
    Signal {
        indicator: measure.code.clone(),
        theme: measure.theme.clone(),
        level,
        insufficiency: outcome.as_ref().err().copied().filter(|_| r.is_none()),
        peer_group: verdict.and_then(|verdict| verdict.group),
        numerator: reading.numerator,
        denominator: reading.denominator,
        value: reading.value,
        interval: reading.interval,
        at_most: reading.at_most.clone(),
        pooled: verdict.and_then(|verdict| verdict.pooled.clone()),
        typical_value: verdict.and_then(|verdict| Some(verdict.model?.typical_value(measure, reading.evidence.ok()?))),
        ordinary: judgement.and_then(|judgement| judgement.ordinary),
        shrunken: judgement.and_then(|judgement| judgement.shrunken),
        z: judgement.and_then(|judgement| judgement.z),
        r,
        r_peers: judgement.filter(|judgement| judgement.z.is_some()).map(|judgement| judgement.r),
        probability_low: judgement.and_then(|judgement| judgement.tails).map(|tails| tails.lower),
        probability_high: judgement.and_then(|judgement| judgement.tails).map(|tails| tails.upper),
        noise_share: judgement.map(|judgement| judgement.noise_share),
        chance_of_attention: judgement.and_then(|judgement| judgement.chance_of_attention),
        chance_of_elevated: judgement.and_then(|judgement| judgement.chance_of_elevated),
        false_discovery_rate: None,
        norm: breach.map(|breach| Box::new(breach.comparison)),
        change_needed: flagged.then(|| change_needed(measure, level, reading, verdict, breach)).flatten().map(Box::new),
        data,
        typing_error: verdict
            .filter(|_| flagged)
            .zip(reading.evidence.ok())
            .and_then(|(verdict, own)| typing_error(measure, own, verdict, table))
            .map(Box::new),
    }
}

/// A figure that was held against something, and the figures below each level there.
struct Held {
    figure: f64,
    limits: Limits,
}

impl Held {
    /// By how much the figure has to change to be below `level`.
    fn distance(&self, level: Level) -> f64 {
        let (low, high) = if level == Level::Elevated { self.limits.elevated } else { self.limits.attention };
        if self.figure < low {
            low - self.figure
        } else if self.figure > high {
            high - self.figure
        } else {
            0.0
        }
    }
}

fn change_needed(
    measure: &Measure,
    level: Level,
    reading: &Reading,
    verdict: Option<&Verdict>,
    breach: Option<&Breach>,
) -> Option<ChangeNeeded> {
    if measure.kind == IndicatorKind::Rule {
        return items_needed(measure, level, reading);
    }
    let counted = matches!(measure.kind, IndicatorKind::Proportion | IndicatorKind::Rate);
    let own = if counted { reading.numerator? } else { reading.value? };
    let pooled = verdict.and_then(|verdict| verdict.pooled.as_deref());
    let judged = pooled.map_or(own, |pooled| pooled.numerator);
    let peers =
        verdict.and_then(|verdict| Some(Held { figure: judged, limits: *verdict.judgement.limits.as_deref()? }));
    let norm = breach.and_then(|breach| Some(Held { figure: own, limits: breach.limits? }));
    let held: Vec<&Held> = peers.iter().chain(&norm).collect();
    // Both ask for a change the same way: the larger one serves both.
    let change = held.iter().map(|one| one.distance(level)).reduce(|a, b| if b.abs() > a.abs() { b } else { a })?;
    let still = |one: &&Held| {
        Held { figure: one.figure + change, limits: one.limits }.distance(Level::Attention).abs() > 1e-9 * own.abs()
    };
    let after = if held.iter().any(still) { Level::Attention } else { Level::None };
    if !counted {
        let value = own + change;
        let numerator = reading.numerator.and(reading.denominator).map(|of| value / measure.factor * of);
        return Some(ChangeNeeded { level: after, numerator, value });
    }
    let numerator = own + change;
    let possible = 0.0..=if measure.kind == IndicatorKind::Proportion { reading.denominator? } else { f64::MAX };
    // What earlier periods weigh may be more than this one can make up for.
    if !possible.contains(&numerator) {
        return None;
    }
    let size = pooled.map(|pooled| pooled.denominator).or(reading.denominator)?;
    Some(ChangeNeeded { level: after, numerator: Some(numerator), value: measure.factor * (judged + change) / size })
}

/// How many items of a rule bring it below `level`.
fn items_needed(measure: &Measure, level: Level, reading: &Reading) -> Option<ChangeNeeded> {
    let (present, all) = (reading.numerator?, reading.denominator?);
    let items = super::value::count(all)?;
    let r = |present: f64| measure.points_when_absent * (1.0 - present / all);
    let enough = (0..=items).map(|item| item as f64).find(|item| *item > present && Level::of(r(*item)) < level)?;
    Some(ChangeNeeded { level: Level::of(r(enough)), numerator: Some(enough), value: measure.factor * enough / all })
}
