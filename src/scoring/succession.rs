//! The figures of organisations that merged, counted together.

use crate::{catalogue::IndicatorKind, domain::Figures};

/// The figures of several organisations as those of one; `all` has that one's own first, where it has any
/// (`is_own_first`).
///
/// Counts and hours are added, means weighed by how many stand behind them. A yes or no cannot be added: there the own
/// one stands, and that of another is nobody's. Who has nothing to say is left out.
pub fn counted_together(kind: IndicatorKind, all: &[Figures], is_own_first: bool) -> Option<Figures> {
    let own = all.first().copied().filter(|_| is_own_first);
    if kind == IndicatorKind::Rule || all.len() < 2 {
        return if kind == IndicatorKind::Rule { own } else { all.first().copied() };
    }
    let present: Vec<&Figures> = all.iter().filter(|one| one.missing.is_none()).collect();
    match present.as_slice() {
        [] => all.first().copied(),
        [one] => Some(**one),
        several => added(several).or_else(|| weighed(several)).or(own),
    }
}

/// Numerators and denominators added; nothing when one of them has neither.
fn added(all: &[&Figures]) -> Option<Figures> {
    let sum = |of: fn(&Figures) -> Option<f64>| all.iter().try_fold(0.0, |sum, one| Some(sum + of(one)?));
    Some(Figures {
        numerator: Some(sum(|one| one.numerator)?),
        denominator: Some(sum(|one| one.denominator)?),
        units: sum(|one| one.units),
        ..Figures::default()
    })
}

/// The mean of all, with the spread within and between them; nothing when one does not say of how many it is the mean.
fn weighed(all: &[&Figures]) -> Option<Figures> {
    let means: Option<Vec<(f64, f64)>> =
        all.iter().map(|one| one.value.zip(one.denominator.filter(|count| *count > 0.0))).collect();
    let means = means?;
    let count = means.iter().fold(0.0, |sum, (_, count)| sum + count);
    let mean = means.iter().fold(0.0, |sum, (mean, count)| sum + mean * count) / count;
    let squares = all.iter().zip(&means).try_fold(0.0, |sum, (one, (own, of))| {
        let deviation = one.standard_deviation?;
        Some(sum + (of - 1.0) * deviation * deviation + of * (own - mean) * (own - mean))
    });
    Some(Figures {
        denominator: Some(count),
        value: Some(mean),
        standard_deviation: squares.filter(|_| count > 1.0).map(|squares| (squares / (count - 1.0)).sqrt()),
        ..Figures::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MissingReason;

    fn ratio(numerator: f64, denominator: f64) -> Figures {
        Figures { numerator: Some(numerator), denominator: Some(denominator), ..Figures::default() }
    }

    fn mean(value: f64, count: f64, deviation: f64) -> Figures {
        Figures {
            value: Some(value),
            denominator: Some(count),
            standard_deviation: Some(deviation),
            ..Figures::default()
        }
    }

    #[test]
    fn counts_are_added() {
        let both = counted_together(IndicatorKind::Proportion, &[ratio(30.0, 100.0), ratio(45.0, 50.0)], true);
        assert_eq!(both, Some(ratio(75.0, 150.0)));
        let silent = Figures { missing: Some(MissingReason::Unknown), ..Figures::default() };
        let one = counted_together(IndicatorKind::Proportion, &[silent, ratio(45.0, 50.0)], true);
        assert_eq!(one, Some(ratio(45.0, 50.0)), "who knows nothing takes nothing away");
        assert_eq!(counted_together(IndicatorKind::Proportion, &[silent, silent], true), Some(silent));
        let hours = |numerator, units| Figures { units, ..ratio(numerator, 1_000.0) };
        let both = counted_together(IndicatorKind::Share, &[hours(100.0, Some(8.0)), hours(300.0, Some(4.0))], true);
        assert_eq!(both, Some(Figures { units: Some(12.0), ..ratio(400.0, 2_000.0) }));
    }

    #[test]
    fn a_mean_is_that_of_all_respondents() {
        // 8, 8, 10, 10 and 4, 6 as one sample: mean 46 / 6, squared deviations 27 1/3.
        let (first, second) = (mean(9.0, 4.0, (4.0_f64 / 3.0).sqrt()), mean(5.0, 2.0, 2.0_f64.sqrt()));
        let both = counted_together(IndicatorKind::Mean, &[first, second], true).expect("a mean");
        assert_eq!(both.denominator, Some(6.0));
        let close = |found: Option<f64>, expected: f64| found.is_some_and(|found| (found - expected).abs() < 1e-12);
        assert!(close(both.value, 46.0 / 6.0), "{both:?}");
        assert!(close(both.standard_deviation, (82.0_f64 / 3.0 / 5.0).sqrt()), "{both:?}");
        // Of how many is not said: the own mean stands.
        let vague = Figures { denominator: None, ..second };
        assert_eq!(counted_together(IndicatorKind::Mean, &[first, vague], true), Some(first));
        assert_eq!(counted_together(IndicatorKind::Mean, &[vague, first], false), None);
    }

    #[test]
    fn a_yes_is_not_added() {
        let (yes, no) = (ratio(1.0, 1.0), ratio(0.0, 1.0));
        assert_eq!(counted_together(IndicatorKind::Rule, &[no, yes], true), Some(no));
        assert_eq!(counted_together(IndicatorKind::Rule, &[yes], false), None, "another's yes is not one's own");
    }
}
