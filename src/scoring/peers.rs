//! With whom each organisation is compared, and what comes of it.

use super::{
    Dispersion, Fit, Insufficiency, Measure, Member, PeerGroup, Settings,
    method::{Evidence, Judgement, Model, judge_rule},
    value::Reading,
};
use crate::{catalogue::IndicatorKind, domain::OrganisationKind, stats::Table};

/// A judgement and the peers behind it; no peers for rules.
pub(super) type Verdict = Result<(Option<PeerGroup>, Judgement), Insufficiency>;

/// Judges the members on one measure, in their order, and gives what was fitted.
///
/// Organisations are compared with their own sort where at least `minimum_peers` of them delivered; else with all;
/// else not at all.
pub(super) fn compare(
    measure: &Measure,
    settings: &Settings,
    members: &[Member],
    readings: &[Reading],
    table: &mut Table,
) -> (Vec<Verdict>, Vec<Fit>) {
    let mut verdicts: Vec<Verdict> =
        readings.iter().map(|reading| reading.evidence.and(Err(Insufficiency::FewPeers))).collect();
    if measure.kind == IndicatorKind::Rule {
        for (verdict, reading) in verdicts.iter_mut().zip(readings) {
            *verdict = reading.evidence.and_then(|evidence| Ok((None, judge_rule(measure, evidence)?)));
        }
        return (verdicts, Vec::new());
    }
    let mut fits = Vec::new();
    for group in [PeerGroup::Organisations, PeerGroup::Cooperatives, PeerGroup::National] {
        let peers = Peers::of(group, members, readings);
        let waiting = peers.places.iter().any(|place| is_waiting(verdicts.get(*place)));
        if !waiting || peers.evidence.len() < settings.minimum_peers.max(2) {
            continue;
        }
        let Ok(model) = Model::fit(settings, &peers.evidence) else { continue };
        fits.push(fit(measure, group, &peers, model));
        let judgements = model.judge(measure, &peers.evidence, table);
        for (place, judgement) in peers.places.iter().zip(judgements) {
            if let (Some(verdict), Some(judgement)) = (verdicts.get_mut(*place), judgement)
                && verdict.is_err()
            {
                *verdict = Ok((Some(group), judgement));
            }
        }
    }
    (verdicts, fits)
}

fn is_waiting(verdict: Option<&Verdict>) -> bool {
    verdict.is_some_and(Result::is_err)
}

/// The members of a group that have evidence.
struct Peers {
    places: Vec<usize>,
    evidence: Vec<Evidence>,
}

impl Peers {
    fn of(group: PeerGroup, members: &[Member], readings: &[Reading]) -> Self {
        let (places, evidence) = members
            .iter()
            .zip(readings)
            .enumerate()
            .filter(|(_, (member, _))| belongs(group, member.kind))
            .filter_map(|(place, (_, reading))| Some((place, reading.evidence.ok()?)))
            .unzip();
        Self { places, evidence }
    }
}

const fn belongs(group: PeerGroup, kind: OrganisationKind) -> bool {
    match group {
        PeerGroup::Organisations => matches!(kind, OrganisationKind::Organisation),
        PeerGroup::Cooperatives => matches!(kind, OrganisationKind::Cooperative),
        PeerGroup::Solos => matches!(kind, OrganisationKind::Solo),
        PeerGroup::National => kind.is_ranked(),
    }
}

fn fit(measure: &Measure, peer_group: PeerGroup, peers: &Peers, model: Model) -> Fit {
    Fit {
        indicator: measure.code.clone(),
        peer_group,
        organisations: peers.evidence.len(),
        periods: 1,
        location: model.centre.location,
        typical_value: model.typical_value(measure, &peers.evidence),
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
