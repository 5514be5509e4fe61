//! Against a norm: no variation between organisations, as the law does not vary either (method.md 3.10).

use super::{ATTENTION, ELEVATED, Evidence, Limits, Scale, limits, normal::FURTHEST};
use crate::{
    domain::Direction,
    scoring::{Measure, NormComparison},
    stats::{BetaBinomial, NegativeBinomial, Table, Tails},
};

/// How a value stands to its norm.
#[derive(Clone, Copy, Debug)]
pub(in crate::scoring) struct Breach {
    pub(in crate::scoring) comparison: NormComparison,
    /// The figures below each level, as in a judgement.
    pub(in crate::scoring) limits: Option<Limits>,
}

/// Holds the evidence of `value`, as shown, against the norm of `measure`; `None` where it has none or no side is the
/// wrong one. A norm that only orients is shown and gives no distance.
pub(in crate::scoring) fn hold_against(
    measure: &Measure,
    value: f64,
    evidence: Evidence,
    table: &mut Table,
) -> Option<Breach> {
    let norm = measure.norm?;
    let is_met = match measure.direction {
        Direction::HigherIsBetter => value >= norm.value,
        Direction::LowerIsBetter => value <= norm.value,
        Direction::Context => return None,
    };
    let comparison = NormComparison { norm: norm.value, is_legal: norm.is_legal, is_met, r: None, probability: None };
    if !norm.is_legal {
        return Some(Breach { comparison, limits: None });
    }
    if is_met {
        return Some(Breach { comparison: NormComparison { r: Some(0.0), ..comparison }, limits: None });
    }
    let distance = distance(measure, norm.value, evidence, table)?;
    let r = (measure.direction.sign() * distance.z).clamp(0.0, FURTHEST);
    let side = |tails: Tails| if measure.direction == Direction::HigherIsBetter { tails.lower } else { tails.upper };
    let comparison = NormComparison { r: Some(r), probability: distance.tails.map(side), ..comparison };
    Some(Breach { comparison, limits: (r >= ATTENTION).then_some(distance.limits).flatten() })
}

struct Distance {
    z: f64,
    /// Where chance has a part in it.
    tails: Option<Tails>,
    limits: Option<Limits>,
}

/// How far the figure lies from that of an organisation that just meets the norm.
fn distance(measure: &Measure, norm: f64, evidence: Evidence, table: &mut Table) -> Option<Distance> {
    let share = norm / measure.factor;
    match evidence {
        Evidence::Proportion(one) if share <= 0.0 => Some(certain(one.events as f64, 0.0)),
        Evidence::Proportion(one) if share >= 1.0 => Some(certain(one.events as f64, one.trials as f64)),
        Evidence::Proportion(one) => {
            table.fill(&BetaBinomial::alone(share, 0.0, one.trials).ok()?, one.events, one.events);
            Some(counted(measure.direction, one.events, table))
        }
        Evidence::Rate(one) if share <= 0.0 => Some(certain(one.events as f64, 0.0)),
        Evidence::Rate(one) => {
            let distribution = NegativeBinomial::new(share * one.exposure, 0.0).ok()?;
            table.fill(&distribution, one.events, one.events);
            Some(counted(measure.direction, one.events, table))
        }
        Evidence::Normal { value, noise, scale } => {
            let deviation = noise.known().sqrt();
            let centre = scale.read(norm);
            if deviation <= 0.0 {
                return Some(plain(value - centre, norm));
            }
            let below = |level: f64| {
                let reach = scale.interval(centre, level * deviation);
                (reach.low, reach.high)
            };
            let limits = Limits { attention: below(ATTENTION), elevated: below(ELEVATED) };
            let z = (value - centre) / deviation;
            Some(Distance { z, tails: Some(Tails::of_z(z)), limits: Some(limits) })
        }
        Evidence::Rule { share: present } => Some(plain(present - share, norm)),
    }
}

/// At a norm of all or none a single exception cannot be chance.
fn certain(events: f64, only: f64) -> Distance {
    let (low, high) = if events < only { (0.0, 1.0) } else { (1.0, 0.0) };
    let limits = Limits { attention: (only, only), elevated: (only, only) };
    Distance {
        z: FURTHEST.copysign(events - only),
        tails: Some(Tails { lower: low, upper: high }),
        limits: Some(limits),
    }
}

/// A value of which no error is known is what it is: the breach of a duty, as in a rule.
fn plain(difference: f64, norm: f64) -> Distance {
    let limits = Limits { attention: (norm, norm), elevated: (norm, norm) };
    Distance { z: ELEVATED.copysign(difference), tails: None, limits: Some(limits) }
}

fn counted(direction: Direction, events: u64, table: &Table) -> Distance {
    let tails = table.tails(events);
    Distance { z: tails.z(), tails: Some(tails), limits: limits(ELEVATED, direction, table) }
}

impl Scale {
    /// The value on this scale of one that is shown.
    fn read(self, shown: f64) -> f64 {
        match self {
            Self::Plain => shown,
            Self::Logarithm => shown.max(f64::MIN_POSITIVE).ln(),
            Self::Arcsine(factor) => (shown / factor).clamp(0.0, 1.0).sqrt().asin(),
        }
    }
}
