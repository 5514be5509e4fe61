//! Measures that follow from other measures of the same organisation and period.

use super::arrange::Figures;
use crate::{catalogue::DerivedFunction, domain::MissingReason};

/// The figures that follow from `inputs`, in the function's order; `None` when an input was not delivered.
pub(super) fn derive(function: DerivedFunction, inputs: &[Option<Figures>]) -> Option<Figures> {
    match (function, inputs) {
        (DerivedFunction::UnwantedShortfall, [Some(wants_less), Some(received_less)]) => {
            Some(unwanted_shortfall(wants_less, received_less))
        }
        (DerivedFunction::UnwantedShortfall, _) => None,
    }
}

/// Of N clients A wanted less and B received less: between max(0, B - A) and min(B, N - A) received less without
/// wanting less. Only over the same N, as the bounds say nothing about clients who were not asked both.
fn unwanted_shortfall(wants_less: &Figures, received_less: &Figures) -> Figures {
    if let Some(reason) = received_less.missing.or(wants_less.missing) {
        return Figures { missing: Some(reason), ..Figures::default() };
    }
    match (wants_less.numerator, wants_less.denominator, received_less.numerator, received_less.denominator) {
        (Some(less), Some(of), Some(received), Some(clients)) if (of - clients).abs() < 0.5 => {
            let (least, most) = ((received - less).max(0.0), received.min(clients - less));
            // More who wanted less than there are clients: what intake refuses is no figure here either.
            if most < least {
                return Figures { missing: Some(MissingReason::NotReported), ..Figures::default() };
            }
            Figures { numerator: Some(least), denominator: Some(clients), at_most: Some(most), ..Figures::default() }
        }
        _ => Figures { missing: Some(MissingReason::NotReported), ..Figures::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numerator: f64, denominator: f64) -> Figures {
        Figures { numerator: Some(numerator), denominator: Some(denominator), ..Figures::default() }
    }

    #[test]
    fn shortfall_is_the_least_that_was_unwanted() {
        let derive = |inputs: &[Option<Figures>]| derive(DerivedFunction::UnwantedShortfall, inputs);
        let shortfall = |a, b| derive(&[Some(a), Some(b)]);
        let numerator = |figures: Option<Figures>| figures.and_then(|figures| figures.numerator);
        assert_eq!(numerator(shortfall(of(30.0, 100.0), of(45.0, 100.0))), Some(15.0));
        assert_eq!(numerator(shortfall(of(45.0, 100.0), of(30.0, 100.0))), Some(0.0));
        let most = |a, b| shortfall(a, b).and_then(|figures| figures.at_most);
        assert_eq!(most(of(30.0, 100.0), of(45.0, 100.0)), Some(45.0));
        assert_eq!(most(of(70.0, 100.0), of(45.0, 100.0)), Some(30.0));
        assert_eq!(numerator(shortfall(of(110.0, 100.0), of(45.0, 100.0))), None);
        let other_clients = shortfall(of(30.0, 90.0), of(45.0, 100.0)).expect("both were delivered");
        assert_eq!((other_clients.numerator, other_clients.missing), (None, Some(MissingReason::NotReported)));
        let missing = Figures { missing: Some(MissingReason::NotApplicable), ..Figures::default() };
        let reason = shortfall(of(30.0, 90.0), missing).and_then(|figures| figures.missing);
        assert_eq!(reason, Some(MissingReason::NotApplicable));
        assert!(derive(&[None, Some(of(45.0, 100.0))]).is_none());
    }
}
