//! Whether one slip of the keyboard could have turned an ordinary figure into the one delivered.

use super::{
    Measure, Slip, TypingError,
    method::{ATTENTION, Evidence, hold_against},
    peers::Verdict,
};
use crate::stats::{Events, Table, Trials};

/// From so many trials or expected events on, a figure is ordinary when it lies within two standard deviations; below,
/// by its exact chance.
const EXACT: f64 = 400.0;

/// The likeliest slip after whose correction the figure would have no level, judged as `verdict` was; of equally
/// likely ones that which leads nearest to what is usual.
pub(super) fn typing_error(
    measure: &Measure,
    own: Evidence,
    verdict: &Verdict,
    table: &mut Table,
) -> Option<TypingError> {
    let typed = Counts::of(own)?;
    let model = verdict.model?;
    let rest = verdict
        .pooled
        .as_deref()
        .map_or((0.0, 0.0), |pooled| (pooled.numerator - typed.events as f64, pooled.denominator - typed.size));
    for slip in [Slip::SwappedDigits, Slip::DoubledDigit, Slip::Exchanged, Slip::LostDigit] {
        let distance = |one: &Counts| (one.together(rest).share() - model.centre.location).abs();
        let mut meant: Vec<Counts> = typed.meant(slip).into_iter().filter(|one| one.can_be()).collect();
        meant.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        let ordinary = meant
            .into_iter()
            .find(|one| is_lawful(measure, *one, table) && is_ordinary(measure, verdict, one.together(rest), table));
        if let Some(one) = ordinary {
            return Some(TypingError { slip, numerator: one.events as f64, denominator: one.size });
        }
    }
    None
}

/// A numerator and a denominator as they are typed.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Counts {
    events: u64,
    size: f64,
    /// Whether they are events among trials, not during an exposure.
    among: bool,
}

impl Counts {
    fn of(evidence: Evidence) -> Option<Self> {
        match evidence {
            Evidence::Proportion(one) => Some(Self { events: one.events, size: one.trials as f64, among: true }),
            Evidence::Rate(one) => Some(Self { events: one.events, size: one.exposure, among: false }),
            Evidence::Normal { .. } | Evidence::Rule { .. } => None,
        }
    }

    fn share(self) -> f64 {
        self.events as f64 / self.size
    }

    fn can_be(self) -> bool {
        self.size > 0.0 && (!self.among || self.events as f64 <= self.size)
    }

    fn together(self, (events, size): (f64, f64)) -> Self {
        let events = super::value::count(self.events as f64 + events).unwrap_or(self.events);
        Self { events, size: self.size + size, ..self }
    }

    fn evidence(self) -> Option<Evidence> {
        let events = self.events;
        Some(if self.among {
            Evidence::Proportion(Trials { events, trials: super::value::count(self.size)? })
        } else {
            Evidence::Rate(Events { events, exposure: self.size })
        })
    }

    /// What may have been meant.
    fn meant(self, slip: Slip) -> Vec<Self> {
        let size = super::value::count(self.size);
        if slip == Slip::Exchanged {
            return size.map(|size| Self { events: size, size: self.events as f64, ..self }).into_iter().collect();
        }
        let numerators = readings(self.events, slip).into_iter().map(|events| Self { events, ..self });
        let denominators = size.map(|size| readings(size, slip)).unwrap_or_default();
        numerators.chain(denominators.into_iter().map(|size| Self { size: size as f64, ..self })).collect()
    }
}

/// The numbers that one slip turns into `typed`.
fn readings(typed: u64, slip: Slip) -> Vec<u64> {
    let digits = typed.to_string().into_bytes();
    let mut meant: Vec<Vec<u8>> = Vec::new();
    match slip {
        Slip::SwappedDigits => {
            for place in 1..digits.len() {
                let mut other = digits.clone();
                other.swap(place - 1, place);
                meant.push(other);
            }
        }
        Slip::DoubledDigit => {
            for place in 1..digits.len() {
                if digits.get(place) == digits.get(place - 1) {
                    let mut other = digits.clone();
                    other.remove(place);
                    meant.push(other);
                }
            }
        }
        Slip::LostDigit => {
            for place in 0..=digits.len() {
                for digit in b'0'..=b'9' {
                    let mut other = digits.clone();
                    other.insert(place, digit);
                    meant.push(other);
                }
            }
        }
        Slip::Exchanged => {}
    }
    let number = |digits: Vec<u8>| {
        let has_no_front = digits.len() > 1 && digits.first() == Some(&b'0');
        String::from_utf8(digits).ok().filter(|_| !has_no_front)?.parse().ok()
    };
    let mut numbers: Vec<u64> = meant.into_iter().filter_map(number).filter(|number| *number != typed).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Whether it gives no signal against a norm.
fn is_lawful(measure: &Measure, one: Counts, table: &mut Table) -> bool {
    let breach =
        one.evidence().and_then(|evidence| hold_against(measure, measure.factor * one.share(), evidence, table));
    breach.and_then(|breach| breach.comparison.r).unwrap_or(0.0) < ATTENTION
}

fn is_ordinary(measure: &Measure, verdict: &Verdict, one: Counts, table: &mut Table) -> bool {
    let Some(model) = verdict.model else { return false };
    let (location, dispersion) = (model.centre.location, model.centre.dispersion);
    let (variance, exact) = if one.among {
        (location * (1.0 - location) * (1.0 / one.size + (1.0 - 1.0 / one.size) * dispersion), one.size)
    } else {
        (location / one.size + location * location * dispersion, location * one.size)
    };
    let distance = (one.share() - location) / variance.sqrt();
    let sign = measure.direction.sign();
    let worse = if sign == 0.0 { distance.abs() } else { sign * distance };
    // Far out by any count: the exact chance would not say otherwise.
    if exact > EXACT || worse > 2.0 * ATTENTION {
        return worse < ATTENTION;
    }
    let judged = one.evidence().and_then(|evidence| model.judge(measure, &[evidence], table).pop()?);
    judged.is_some_and(|judgement| judgement.r < ATTENTION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_a_number() {
        assert_eq!(readings(1_223, Slip::SwappedDigits), [1_232, 2_123]);
        assert_eq!(readings(1_223, Slip::DoubledDigit), [123]);
        assert_eq!(readings(10, Slip::SwappedDigits), [] as [u64; 0]);
        let lost = readings(7, Slip::LostDigit);
        assert!(lost.contains(&17) && lost.contains(&70) && !lost.contains(&7), "{lost:?}");
        assert_eq!(lost.len(), 18);
        assert!(readings(0, Slip::LostDigit).contains(&40));
    }

    #[test]
    fn every_reading_is_one_slip_from_what_was_typed() {
        for meant in [12_u64, 100, 4_096, 55, 90_901] {
            let digits = meant.to_string().into_bytes();
            let typed = |digits: Vec<u8>| String::from_utf8(digits).ok()?.parse::<u64>().ok();
            for place in 0..digits.len() {
                let mut lost = digits.clone();
                lost.remove(place);
                let mut doubled = digits.clone();
                doubled.insert(place, digits[place]);
                // A number that lost its front may begin with zeros, which nobody types.
                let lost_reads = lost.first() == Some(&b'0') || lost.is_empty();
                assert!(lost_reads || readings(typed(lost).expect("digits"), Slip::LostDigit).contains(&meant));
                assert!(readings(typed(doubled).expect("digits"), Slip::DoubledDigit).contains(&meant));
            }
        }
    }
}
