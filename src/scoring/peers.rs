//! With whom each organisation is compared in one period, on that period's own figures.

use std::sync::Arc;

use super::{
    Dispersion, Fit, Insufficiency, Measure, Member, PeerGroup, Pooled, Settings,
    method::{Breach, Evidence, Judgement, Model, hold_against, judge_rule},
    value::Reading,
};
use crate::{catalogue::IndicatorKind, domain::OrganisationKind, stats::Table};

/// The groups in the order in which they are tried: one's own sort first. Practices of one person are never held
/// against the others.
pub(super) const GROUPS: [PeerGroup; 4] =
    [PeerGroup::Organisations, PeerGroup::Cooperatives, PeerGroup::Solos, PeerGroup::National];

/// A judgement and what it rests on.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    /// The peers; `None` for rules.
    pub(super) group: Option<PeerGroup>,
    pub(super) judgement: Judgement,
    /// The model it was judged by; `None` for rules.
    pub(super) model: Option<Model>,
    /// What was judged in place of this period's own figures.
    pub(super) pooled: Option<Box<Pooled>>,
}

/// One measure of all members in one period.
#[derive(Clone, Debug, Default)]
pub(super) struct Compared {
    /// Shared with what later periods ask of it.
    pub(super) readings: Arc<[Reading]>,
    pub(super) verdicts: Vec<Result<Verdict, Insufficiency>>,
    /// How they stand to the norm; nothing where there is none.
    pub(super) breaches: Vec<Option<Breach>>,
    /// By [`GROUPS`].
    pub(super) models: [Option<Model>; GROUPS.len()],
    pub(super) fits: Vec<Fit>,
}

/// What later periods ask of one measure of a period.
#[derive(Debug)]
pub(super) struct Earlier {
    pub(super) readings: Arc<[Reading]>,
    /// By [`GROUPS`].
    pub(super) models: [Option<Model>; GROUPS.len()],
}

/// Judges the members on one measure, in their order.
///
/// Organisations are compared with their own sort where at least `minimum_peers` of them delivered enough; else with
/// all; else not at all.
pub(super) fn compare(
    measure: &Measure,
    settings: &Settings,
    members: &[Member],
    readings: Arc<[Reading]>,
    table: &mut Table,
) -> Compared {
    let verdict = |reading: &Reading| match reading.evidence {
        Err(reason) => Err(reason),
        Ok(evidence) if !evidence.is_enough(settings) => Err(Insufficiency::SmallDenominator),
        Ok(evidence) if measure.kind == IndicatorKind::Rule => {
            let judgement = judge_rule(measure, evidence)?;
            Ok(Verdict { group: None, judgement, model: None, pooled: None })
        }
        Ok(_) => Err(Insufficiency::FewPeers),
    };
    let verdicts = readings.iter().map(verdict).collect();
    let breach = |reading: &Reading| hold_against(measure, reading.value?, reading.evidence.ok()?, table);
    let breaches = if measure.norm.is_some() { readings.iter().map(breach).collect() } else { Vec::new() };
    let mut compared = Compared { readings, verdicts, breaches, ..Compared::default() };
    if measure.kind == IndicatorKind::Rule {
        return compared;
    }
    for (place, group) in GROUPS.into_iter().enumerate() {
        if group == PeerGroup::National && !compared.is_anyone_left(members) {
            continue;
        }
        let peers = Peers::of(group, members, &compared.readings, settings);
        if peers.evidence.len() < settings.minimum_peers.max(2) {
            continue;
        }
        let Ok(model) = Model::fit(settings, &peers.evidence) else { continue };
        if let Some(slot) = compared.models.get_mut(place) {
            *slot = Some(model);
        }
        compared.judge(measure, group, &peers, model, 1, table);
    }
    compared
}

impl Compared {
    /// What later periods ask of it.
    pub(super) fn earlier(&self) -> Earlier {
        Earlier { readings: Arc::clone(&self.readings), models: self.models }
    }

    /// Whether a ranked member delivered anything and has no verdict yet: it may need the national group.
    fn is_anyone_left(&self, members: &[Member]) -> bool {
        let waiting = |(member, verdict): (&Member, &Result<Verdict, Insufficiency>)| {
            let small = matches!(verdict, Err(Insufficiency::SmallDenominator));
            let own = GROUPS
                .iter()
                .zip(&self.models)
                .any(|(group, model)| *group != PeerGroup::National && model.is_some() && belongs(*group, member.kind));
            member.kind.is_ranked() && (matches!(verdict, Err(Insufficiency::FewPeers)) || (small && !own))
        };
        members.iter().zip(&self.verdicts).any(waiting)
    }

    /// Gives those of `peers` that have no verdict yet one by `model`, and keeps the fit.
    pub(super) fn judge(
        &mut self,
        measure: &Measure,
        group: PeerGroup,
        peers: &Peers,
        model: Model,
        periods: usize,
        table: &mut Table,
    ) {
        self.fits.push(fit(measure, group, peers, model, periods));
        let judgements = model.judge(measure, &peers.evidence, table);
        for (place, judgement) in peers.places.iter().zip(judgements) {
            if let (Some(verdict), Some(judgement)) = (self.verdicts.get_mut(*place), judgement)
                && verdict.is_err()
            {
                *verdict = Ok(Verdict { group: Some(group), judgement, model: Some(model), pooled: None });
            }
        }
    }
}

/// The members of a group that have enough evidence.
pub(super) struct Peers {
    pub(super) places: Vec<usize>,
    pub(super) evidence: Vec<Evidence>,
}

impl Peers {
    pub(super) fn of(group: PeerGroup, members: &[Member], readings: &[Reading], settings: &Settings) -> Self {
        let (places, evidence) = members
            .iter()
            .zip(readings)
            .enumerate()
            .filter(|(_, (member, _))| belongs(group, member.kind))
            .filter_map(|(place, (_, reading))| Some((place, reading.evidence.ok()?)))
            .filter(|(_, evidence)| evidence.is_enough(settings))
            .unzip();
        Self { places, evidence }
    }
}

pub(super) const fn belongs(group: PeerGroup, kind: OrganisationKind) -> bool {
    match group {
        PeerGroup::Organisations => matches!(kind, OrganisationKind::Organisation),
        PeerGroup::Cooperatives => matches!(kind, OrganisationKind::Cooperative),
        PeerGroup::Solos => matches!(kind, OrganisationKind::Solo),
        PeerGroup::National => kind.is_ranked(),
    }
}

fn fit(measure: &Measure, peer_group: PeerGroup, peers: &Peers, model: Model, periods: usize) -> Fit {
    let location = model.centre.location;
    Fit {
        indicator: measure.code.clone(),
        peer_group,
        organisations: peers.evidence.len(),
        periods,
        location,
        typical_value: peers.evidence.first().map_or(location, |evidence| model.typical_value(measure, *evidence)),
        dispersion: model.centre.dispersion,
        dispersion_kind: match measure.kind {
            _ if model.follows_a_recipe() => Dispersion::Variance,
            IndicatorKind::Proportion => Dispersion::IntraclassCorrelation,
            IndicatorKind::Rate => Dispersion::SquaredVariation,
            IndicatorKind::Share | IndicatorKind::Mean | IndicatorKind::LogMean => Dispersion::Variance,
            IndicatorKind::Rule => Dispersion::None,
        },
    }
}
