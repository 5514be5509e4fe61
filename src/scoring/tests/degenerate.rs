//! The edges: an answer or insufficient, never a panic and never a number that is none.

use super::build::{check_sound, code, counted, measure, members, observation, sector, signal, year};
use crate::{
    catalogue::{Derivation, DerivedFunction, IndicatorKind},
    domain::{Direction, Level, MissingReason, Observation, OrganisationKind},
    scoring::{Insufficiency, Measure, Outcome, PeerGroup, Sector, score},
};

const WORSE_LOW: Direction = Direction::HigherIsBetter;

fn sound(sector: &Sector) -> Outcome {
    let outcome = score(sector);
    check_sound(&outcome);
    outcome
}

fn one_measure(kind: IndicatorKind, count: usize, observed: impl Fn(usize) -> Observation) -> Sector {
    sector(vec![measure("M", kind, WORSE_LOW)], members(count), (1..=count).map(observed).collect())
}

#[test]
fn nothing_at_all() {
    assert!(sound(&sector(Vec::new(), Vec::new(), Vec::new())).organisations.is_empty());
    let silent = sound(&sector(vec![measure("M", IndicatorKind::Rate, WORSE_LOW)], members(2), Vec::new()));
    assert_eq!(signal(&silent, 2, "M").insufficiency, Some(Insufficiency::NotReported));
    let [overall, theme, quality] = &silent.organisations[0].scores[..] else { panic!("three scores") };
    assert_eq!((overall.theme.as_deref(), overall.coverage, overall.level), (None, 0.0, Level::Insufficient));
    assert_eq!(theme.theme.as_deref(), Some("veilige_zorg_thuis"));
    assert_eq!(quality.theme.as_deref(), Some("gegevenskwaliteit"));
}

#[test]
fn one_organisation_has_no_peers() {
    let outcome = sound(&one_measure(IndicatorKind::Proportion, 1, |number| counted(number, "M", 9.0, 10.0)));
    let alone = signal(&outcome, 1, "M");
    assert_eq!((alone.insufficiency, alone.level), (Some(Insufficiency::FewPeers), Level::Insufficient));
    assert_eq!(alone.value, Some(90.0));
    assert!(alone.interval.is_some() && outcome.fits.is_empty());
}

#[test]
fn all_nothing_all_equal_and_all_everything_are_ordinary() {
    for kind in [IndicatorKind::Proportion, IndicatorKind::Rate, IndicatorKind::Share, IndicatorKind::Mean] {
        for numerator in [0.0, 23.0, 50.0] {
            let outcome = sound(&one_measure(kind, 30, |number| counted(number, "M", numerator, 50.0)));
            let one = signal(&outcome, 7, "M");
            assert_eq!(one.level, Level::None, "{kind:?} {numerator} {one:?}");
            assert!(outcome.organisations[6].scores[0].score.is_some());
        }
    }
}

#[test]
fn equal_but_for_one_without_any_variance_says_nothing() {
    let observed =
        |number| Observation { value: Some(if number == 3 { 8.0 } else { 7.0 }), ..observation(number, "M") };
    let outcome = sound(&one_measure(IndicatorKind::Mean, 30, observed));
    assert_eq!(signal(&outcome, 3, "M").insufficiency, Some(Insufficiency::FewPeers));
}

#[test]
fn clients_one_by_one() {
    let outcome = sound(&one_measure(IndicatorKind::Proportion, 30, |number| counted(number, "M", 1.0, 1.0)));
    assert_eq!(signal(&outcome, 1, "M").insufficiency, Some(Insufficiency::SmallDenominator));
    let mut small = one_measure(IndicatorKind::Proportion, 30, |number| {
        counted(number, "M", f64::from(u8::from(number % 3 > 0)), 1.0)
    });
    small.settings.minimum_denominator = 1.0;
    assert!(signal(&sound(&small), 1, "M").z.is_some());
}

#[test]
fn a_giant_among_them() {
    for kind in [IndicatorKind::Proportion, IndicatorKind::Rate, IndicatorKind::Share, IndicatorKind::Mean] {
        for (numerator, denominator) in [(1_000_000.0, 1_000_000.0), (0.0, 1e12), (1e12, 1e-9), (f64::MAX, 1e300)] {
            let observed = |number: usize| {
                if number == 1 {
                    counted(number, "M", numerator, denominator)
                } else {
                    counted(number, "M", (number % 9) as f64, 10.0)
                }
            };
            let outcome = sound(&one_measure(kind, 30, observed));
            assert!(signal(&outcome, 2, "M").z.is_some_and(|z| z.abs() < 4.0), "{kind:?} {numerator} {denominator}");
        }
    }
}

#[test]
fn half_of_all_clients_decide_no_more_than_one_organisation() {
    for (kind, own, others) in [
        (IndicatorKind::Proportion, 0.55, 0.9),
        (IndicatorKind::Rate, 0.01, 0.3),
        (IndicatorKind::Share, 0.2, 0.6),
        (IndicatorKind::Mean, 6.0, 8.5),
        (IndicatorKind::LogMean, 20.0, 40.0),
    ] {
        // Ordinary organisations differ by a tenth; together they have as many clients as the giant.
        let observed = |number: usize| {
            let (share, n) =
                if number == 1 { (own, 2_900.0) } else { (others * (0.9 + (number % 5) as f64 / 20.0), 100.0) };
            match kind {
                IndicatorKind::Mean | IndicatorKind::LogMean => Observation {
                    value: Some(share),
                    denominator: Some(n),
                    standard_deviation: Some(1.0),
                    ..observation(number, "M")
                },
                _ => Observation { units: Some(n), ..counted(number, "M", (share * n).round(), n) },
            }
        };
        let outcome = sound(&one_measure(kind, 30, observed));
        let giant = signal(&outcome, 1, "M");
        assert_eq!(giant.level, Level::Elevated, "{kind:?} {giant:?}");
        for number in 2..=30 {
            assert_eq!(signal(&outcome, number, "M").level, Level::None, "{kind:?} {number}");
        }
        let factor = if matches!(kind, IndicatorKind::Mean | IndicatorKind::LogMean) { 1.0 } else { 100.0 };
        let typical = outcome.fits[0].typical_value / factor;
        // By clients it would lie half way.
        assert!((typical / others - 1.0).abs() < 0.15, "{kind:?} {typical}");
    }
}

#[test]
fn a_presumed_deviation_is_taken_where_nobody_gives_one() {
    for (kind, presumed, noisy) in [
        (IndicatorKind::Mean, None, false),
        (IndicatorKind::Mean, Some(6.0), true),
        (IndicatorKind::LogMean, Some(6.0), true),
    ] {
        let with = |deviation: Option<f64>| {
            let mut sector = one_measure(kind, 30, |number| Observation {
                value: Some(10.0 + (number % 7) as f64 / 2.0),
                denominator: Some(4.0),
                standard_deviation: deviation.filter(|_| number == 2),
                ..observation(number, "M")
            });
            sector.measures[0].presumed_deviation = presumed;
            sound(&sector)
        };
        let share = signal(&with(None), 1, "M").noise_share.expect("a share");
        assert_eq!(share > 0.5, noisy, "{kind:?} {share}");
        if kind == IndicatorKind::Mean {
            // What somebody measured goes before what is presumed.
            let measured = signal(&with(Some(0.5)), 1, "M").noise_share.expect("a share");
            assert!(measured < 0.2, "{measured}");
        }
    }
}

#[test]
fn impossible_figures_are_not_used() {
    for (numerator, denominator) in [(11.0, 10.0), (-1.0, 10.0), (2.5, 10.0), (f64::NAN, 10.0), (1.0, f64::INFINITY)] {
        let observed = |number: usize| match number {
            1 => counted(1, "M", numerator, denominator),
            _ => counted(number, "M", (number % 9) as f64, 10.0),
        };
        let outcome = sound(&one_measure(IndicatorKind::Proportion, 30, observed));
        let one = signal(&outcome, 1, "M");
        assert_eq!(one.insufficiency, Some(Insufficiency::NotReported), "{numerator} {denominator}");
        assert_eq!(outcome.fits[0].organisations, 29);
    }
}

#[test]
fn reasons_are_kept_and_what_does_not_apply_is_not_missed() {
    let measures = vec![
        measure("A", IndicatorKind::Proportion, WORSE_LOW),
        measure("B", IndicatorKind::Proportion, WORSE_LOW),
        measure("C", IndicatorKind::Rule, WORSE_LOW),
    ];
    let missing = |number, code, reason| Observation { missing: Some(reason), ..observation(number, code) };
    let mut observations: Vec<Observation> = (3..=30)
        .flat_map(|number| [counted(number, "A", (number % 9) as f64, 10.0), counted(number, "B", 9.0, 12.0)])
        .collect();
    observations.extend([
        missing(1, "A", MissingReason::NotApplicable),
        missing(1, "B", MissingReason::Unknown),
        counted(1, "C", 1.0, 4.0),
        missing(2, "A", MissingReason::EmptyDenominator),
        counted(2, "B", 0.0, 0.0),
    ]);
    let outcome = sound(&sector(measures, members(30), observations));
    assert_eq!(signal(&outcome, 1, "A").insufficiency, Some(Insufficiency::NotApplicable));
    assert_eq!(signal(&outcome, 1, "B").insufficiency, Some(Insufficiency::Unknown));
    assert_eq!(signal(&outcome, 2, "A").insufficiency, Some(Insufficiency::EmptyDenominator));
    assert_eq!(signal(&outcome, 2, "B").insufficiency, Some(Insufficiency::EmptyDenominator));
    // Three quarters of two points; of B and C, which apply, half is there.
    let rule = signal(&outcome, 1, "C");
    assert_eq!((rule.r, rule.z, rule.peer_group), (Some(1.5), None, None));
    assert!((outcome.organisations[0].scores[0].coverage - 0.5).abs() < 1e-15);
}

#[test]
fn what_nobody_has_to_deliver_is_missed_by_nobody() {
    let owed = measure("A", IndicatorKind::Proportion, Direction::HigherIsBetter);
    let voluntary = |delivered: usize| {
        let extra =
            Measure { is_voluntary: true, ..measure("V", IndicatorKind::Proportion, Direction::HigherIsBetter) };
        let mut observations: Vec<Observation> =
            (1..=30).map(|number| counted(number, "A", (10 + number % 9) as f64, 30.0)).collect();
        observations.extend((1..=delivered).map(|number| counted(number, "V", (11 + number % 7) as f64, 30.0)));
        sound(&sector(vec![owed.clone(), extra], members(30), observations))
    };
    let bare = voluntary(0);
    // Who did not deliver it has no word of it; who did, among too few, loses nothing by it.
    for delivered in [0, 5] {
        let outcome = voluntary(delivered);
        for (place, (one, before)) in outcome.organisations.iter().zip(&bare.organisations).enumerate() {
            assert_eq!(one.scores, before.scores);
            assert!((one.scores[0].coverage - 1.0).abs() < 1e-15);
            assert_eq!(one.signals.iter().any(|signal| signal.indicator == "V"), place < delivered);
        }
    }
    // Enough deliver it: theirs counts, and that of the others is no gap.
    let outcome = voluntary(25);
    let counts = |place: usize| outcome.organisations[place].scores[0].contributions.len();
    assert_eq!((counts(0), counts(29)), (2, 1));
    assert!(outcome.organisations.iter().all(|one| (one.scores[0].coverage - 1.0).abs() < 1e-15));
}

#[test]
fn cooperatives_have_peers_of_their_own_when_there_are_enough_and_solos_none() {
    let with = |cooperatives: usize| {
        let mut sector = one_measure(IndicatorKind::Proportion, 70, |number| {
            counted(number, "M", (number % 9 + number / 30) as f64, 20.0)
        });
        for member in sector.members.iter_mut().take(cooperatives) {
            member.kind = OrganisationKind::Cooperative;
        }
        sector.members[69].kind = OrganisationKind::Solo;
        sound(&sector)
    };
    let few = with(5);
    assert_eq!(signal(&few, 1, "M").peer_group, Some(PeerGroup::National));
    assert_eq!(signal(&few, 60, "M").peer_group, Some(PeerGroup::Organisations));
    let groups: Vec<_> = few.fits.iter().map(|fit| (fit.peer_group, fit.organisations)).collect();
    assert_eq!(groups, [(PeerGroup::Organisations, 64), (PeerGroup::National, 69)]);
    let many = with(30);
    assert_eq!(signal(&many, 1, "M").peer_group, Some(PeerGroup::Cooperatives));
    assert_eq!(many.fits.len(), 2);
    assert!(many.organisations.iter().all(|one| one.agb_code != code(70)));
}

#[test]
fn shortfall_is_derived_and_context_stays_out_of_sums() {
    let mut context = measure("CTX", IndicatorKind::Proportion, Direction::Context);
    context.weight = 3.0;
    let mut derived = measure("DER", IndicatorKind::Proportion, Direction::LowerIsBetter);
    derived.derived = Some(Derivation {
        function: DerivedFunction::UnwantedShortfall,
        inputs: vec!["CTX".to_owned(), "LESS".to_owned()],
    });
    let less = measure("LESS", IndicatorKind::Proportion, Direction::LowerIsBetter);
    let observations = (1..=30)
        .flat_map(|number| [counted(number, "CTX", 10.0, 50.0), counted(number, "LESS", (number % 30) as f64, 50.0)])
        .collect();
    let outcome = sound(&sector(vec![context, less, derived], members(30), observations));
    assert_eq!(signal(&outcome, 25, "DER").numerator, Some(15.0));
    assert_eq!(signal(&outcome, 5, "DER").numerator, Some(0.0));
    assert!(signal(&outcome, 5, "CTX").r.is_some());
    assert_eq!(outcome.correlation.indicators, ["DER", "LESS"]);
    assert_eq!(outcome.organisations[0].scores[0].contributions.len(), 2);
}

#[test]
fn earlier_periods_inform_the_correlations_only() {
    let measures =
        || vec![measure("A", IndicatorKind::Proportion, WORSE_LOW), measure("B", IndicatorKind::Proportion, WORSE_LOW)];
    let both = |number: usize, last: i16| {
        let period = year(last);
        // Enough clients that nothing has to be put together.
        let x = (number * 7 % 19 * 10) as f64;
        [("A", x), ("B", if last == 2025 { 190.0 - x } else { x })]
            .map(|(code, x)| Observation { period, ..counted(number, code, x, 200.0) })
    };
    let alone: Vec<Observation> = (1..=40).flat_map(|number| both(number, 2025)).collect();
    let mut with_history = alone.clone();
    with_history.extend((1..=40).flat_map(|number| [2024, 2023, 2022, 2021].map(|year| both(number, year))).flatten());
    // Changes, which have their own tests, would join in the false discovery rates.
    let of = |observations| {
        let mut sector = sector(measures(), members(40), observations);
        sector.settings.past_periods = 0;
        sound(&sector)
    };
    let (alone, with_history) = (of(alone), of(with_history));
    assert_eq!(alone.fits, with_history.fits);
    assert_eq!(alone.organisations[3].signals, with_history.organisations[3].signals);
    let correlation = |outcome: &Outcome| outcome.correlation.values[0][1];
    assert!(correlation(&alone) < -0.8, "{}", correlation(&alone));
    // One period against, three along; the fifth lies too far back.
    let expected = (0.9 * 0.5, 0.1);
    assert!((correlation(&with_history) - expected.0).abs() < expected.1, "{}", correlation(&with_history));
}
