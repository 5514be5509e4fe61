//! Against a norm: no variation between organisations, as the law does not vary either (method.md 3.10).

use super::{ATTENTION, ELEVATED, Evidence, Limits, Scale, limits, normal::FURTHEST};
use crate::{
    domain::Direction,
    scoring::{Measure, NormComparison},
    stats::{BetaBinomial, NegativeBinomial, Table, Tails, normal},
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
    let (tails, limits) = distance(measure, norm.value, evidence, table)?;
    let r = (measure.direction.sign() * tails.z()).clamp(0.0, FURTHEST);
    let probability = if measure.direction == Direction::HigherIsBetter { tails.lower } else { tails.upper };
    let comparison = NormComparison { r: Some(r), probability: Some(probability), ..comparison };
    Some(Breach { comparison, limits: (r >= ATTENTION).then_some(limits).flatten() })
}

/// The tails of the figure in an organisation that just meets the norm, and the figures below each level.
fn distance(measure: &Measure, norm: f64, evidence: Evidence, table: &mut Table) -> Option<(Tails, Option<Limits>)> {
    let share = norm / measure.factor;
    let direction = measure.direction;
    match evidence {
        Evidence::Proportion(one) => {
            // At a norm of all or none a single exception cannot be chance.
            if share <= 0.0 || share >= 1.0 {
                let only = if share <= 0.0 { 0.0 } else { one.trials as f64 };
                let tails =
                    if share <= 0.0 { Tails { lower: 1.0, upper: 0.0 } } else { Tails { lower: 0.0, upper: 1.0 } };
                return Some((tails, Some(Limits { attention: (only, only), elevated: (only, only) })));
            }
            let family = BetaBinomial::new(share, 0.0, one.trials).ok()?;
            table.fill(&family.with_trials(one.trials).ok()?, one.events, one.events);
            Some((table.tails(one.events), limits(ELEVATED, direction, table)))
        }
        Evidence::Rate(one) => {
            if share <= 0.0 {
                let none = Limits { attention: (0.0, 0.0), elevated: (0.0, 0.0) };
                return Some((Tails { lower: 1.0, upper: 0.0 }, Some(none)));
            }
            let distribution = NegativeBinomial::new(share * one.exposure, 0.0).ok()?;
            table.fill(&distribution, one.events, one.events);
            Some((table.tails(one.events), limits(ELEVATED, direction, table)))
        }
        Evidence::Normal { value, noise, scale } => {
            let deviation = noise.known().sqrt();
            let centre = scale.read(norm);
            let below = |level: f64| {
                let reach = scale.interval(centre, level * deviation);
                (reach.low, reach.high)
            };
            let limits = Limits { attention: below(ATTENTION), elevated: below(ELEVATED) };
            // Without a known error the value is what it is: a plain breach of a duty, as in a rule.
            let z = if deviation > 0.0 { (value - centre) / deviation } else { ELEVATED.copysign(value - centre) };
            Some((Tails::of_z(z.clamp(-FURTHEST, FURTHEST)), Some(limits)))
        }
        Evidence::Rule { share: present } => {
            // A share of what a rule asks, held against what it must be: a duty.
            let z = ELEVATED.copysign(present - share);
            let met = (share, share);
            let tails = Tails { lower: normal::cdf(z), upper: normal::survival(z) };
            Some((tails, Some(Limits { attention: met, elevated: met })))
        }
    }
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
