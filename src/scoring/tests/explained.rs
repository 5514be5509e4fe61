//! What stands beside a level: norms, what would change it, circumstances, counts of the period.

use jiff::civil::date;
use proptest::prelude::*;

use super::build::{check_sound, code, counted, measure, members, observation, sector, signal, year};
use crate::{
    catalogue::IndicatorKind,
    domain::{
        Direction, Level, MissingReason, Observation, OrganisationKind, OverrideId, OverrideReason, OverrideRecord,
    },
    scoring::{Headline, Measure, Outcome, Override, Sector, Size, Threshold, input_hash, score},
};

fn sound(sector: &Sector) -> Outcome {
    let outcome = score(sector);
    check_sound(&outcome);
    outcome
}

fn with_norm(kind: IndicatorKind, direction: Direction, value: f64, is_legal: bool, replaces_peers: bool) -> Measure {
    Measure { norm: Some(Threshold { value, is_legal, replaces_peers }), ..measure("N", kind, direction) }
}

/// Forty organisations with 90 of 100, the first with `first`.
fn held_against(one: Measure, first: (f64, f64)) -> Outcome {
    let observed = |number| {
        if number == 1 {
            counted(1, "N", first.0, first.1)
        } else {
            counted(number, "N", 88.0 + (number % 5) as f64, 100.0)
        }
    };
    sound(&sector(vec![one], members(40), (1..=40).map(observed).collect()))
}

#[test]
fn a_legal_norm_gives_a_level_and_a_reference_none() {
    let norm =
        |value, is_legal| with_norm(IndicatorKind::Proportion, Direction::HigherIsBetter, value, is_legal, false);
    // Binomial(100, 0.95): at most 85, counting 85 half.
    let broken = held_against(norm(95.0, true), (85.0, 100.0));
    let one = signal(&broken, 1, "N");
    let comparison = one.norm.as_deref().expect("a norm");
    assert!(!comparison.is_met && comparison.is_legal);
    // In exact fractions.
    assert!((comparison.probability.expect("legal") - 8.645_415_758_493_811e-5).abs() < 1e-17, "{comparison:?}");
    assert_eq!((one.level, one.r), (Level::Elevated, comparison.r));
    assert!(one.r_peers.is_some_and(|r| r < 2.5), "{one:?}");
    // Only what peers say enters sums.
    let without = held_against(measure("N", IndicatorKind::Proportion, Direction::HigherIsBetter), (85.0, 100.0));
    assert_eq!(broken.organisations[0].scores, without.organisations[0].scores);

    let met = held_against(norm(80.0, true), (85.0, 100.0));
    let one = signal(&met, 1, "N");
    assert_eq!(one.norm.as_deref().map(|norm| (norm.is_met, norm.r)), Some((true, Some(0.0))));
    let reference = held_against(norm(99.0, false), (85.0, 100.0));
    let one = signal(&reference, 1, "N");
    assert_eq!(one.norm.as_deref().map(|norm| (norm.is_met, norm.r, norm.probability)), Some((false, None, None)));
    assert_eq!(one.r, one.r_peers);
}

#[test]
fn where_the_norm_replaces_peers_it_alone_enters_sums() {
    let alone = with_norm(IndicatorKind::Proportion, Direction::HigherIsBetter, 100.0, true, true);
    let outcome = held_against(alone, (3.0, 4.0));
    let one = signal(&outcome, 1, "N");
    // Four are too few for peers; for a duty towards each of them they are not.
    assert_eq!((one.level, one.r_peers, one.insufficiency), (Level::Elevated, None, None));
    assert_eq!(
        one.change_needed.as_deref().map(|change| (change.level, change.numerator)),
        Some((Level::None, Some(4.0)))
    );
    let score = &outcome.organisations[0].scores[0];
    assert_eq!((score.coverage, score.contributions.len()), (1.0, 1));
    let rate = with_norm(IndicatorKind::Rate, Direction::LowerIsBetter, 0.0, true, false);
    let outcome = held_against(rate, (1.0, 50.0));
    assert_eq!(signal(&outcome, 1, "N").level, Level::Elevated);
    assert_eq!(signal(&outcome, 1, "N").change_needed.as_deref().and_then(|change| change.numerator), Some(0.0));
    let mean = with_norm(IndicatorKind::Mean, Direction::HigherIsBetter, 95.0, true, false);
    let outcome = held_against(mean, (85.0, 100.0));
    assert_eq!(signal(&outcome, 1, "N").norm.as_deref().and_then(|norm| norm.r), Some(3.0));
}

#[test]
fn the_change_that_is_needed_lowers_the_level_and_one_less_does_not() {
    let measures = |direction| vec![measure("M", IndicatorKind::Proportion, direction)];
    for (direction, worst, better) in [
        (Direction::HigherIsBetter, 30.0, 1.0),
        (Direction::LowerIsBetter, 95.0, -1.0),
        (Direction::Context, 20.0, 1.0),
    ] {
        let at = |numerator: f64| {
            let observed = |number: usize| {
                let x = if number == 1 { numerator } else { 60.0 + (number * 7 % 13) as f64 };
                counted(number, "M", x, 100.0)
            };
            sound(&sector(measures(direction), members(200), (1..=200).map(observed).collect()))
        };
        let one = at(worst);
        let one = signal(&one, 1, "M");
        assert_eq!(one.level, Level::Elevated);
        let needed = one.change_needed.as_deref().expect("a level can be left");
        let numerator = needed.numerator.expect("a count");
        assert_eq!(needed.level, Level::Attention);
        assert!((needed.value - numerator).abs() < 1e-9);
        // One of 200 hardly moves the peers.
        assert_eq!(signal(&at(numerator), 1, "M").level, Level::Attention, "{direction:?} {needed:?}");
        assert_eq!(signal(&at(numerator - better), 1, "M").level, Level::Elevated, "{direction:?} {needed:?}");
    }
}

#[test]
fn a_value_and_a_rule_say_what_they_need() {
    let share = |number: usize| if number == 1 { 90.0 } else { 300.0 + (number * 7 % 13) as f64 };
    let measures = vec![
        Measure { weight: 1.0, ..measure("M", IndicatorKind::Share, Direction::HigherIsBetter) },
        Measure { points_when_absent: 3.0, ..measure("R", IndicatorKind::Rule, Direction::HigherIsBetter) },
    ];
    let mut observations: Vec<Observation> =
        (1..=40).map(|number| counted(number, "M", 1_000.0 * share(number), 1_000_000.0)).collect();
    observations.push(counted(1, "R", 0.0, 4.0));
    let outcome = sound(&sector(measures, members(40), observations));
    let one = signal(&outcome, 1, "M");
    assert_eq!(one.level, Level::Elevated);
    let needed = one.change_needed.as_deref().expect("flagged");
    assert_eq!(needed.level, Level::Attention);
    assert!((needed.numerator.expect("hours") - 10_000.0 * needed.value).abs() < 1e-6, "{needed:?}");
    let rule = signal(&outcome, 1, "R");
    assert_eq!((rule.level, rule.r_peers), (Level::Elevated, None));
    assert_eq!(
        rule.change_needed.as_deref().map(|change| (change.level, change.numerator)),
        Some((Level::Attention, Some(1.0)))
    );
}

#[test]
fn circumstances_stand_beside_scores_and_change_none() {
    let mut mandatory = measure("M", IndicatorKind::Proportion, Direction::HigherIsBetter);
    mandatory.is_mandatory = true;
    let mut observations = Vec::new();
    for number in 3..=40 {
        for period in [year(2025), year(2024), year(2023)] {
            observations.push(Observation { period, ..counted(number, "M", 80.0 + (number % 9) as f64, 100.0) });
        }
    }
    // The second says that it does not apply; the first says nothing since 2023; the third nothing this year.
    for period in [year(2025), year(2024)] {
        let missing = Some(MissingReason::NotApplicable);
        observations.push(Observation { period, missing, ..observation(2, "M") });
    }
    observations.push(Observation { period: year(2023), ..counted(1, "M", 80.0, 100.0) });
    observations.retain(|one| one.agb_code != code(3) || one.period != year(2025));
    let mut sector = sector(vec![mandatory], members(40), observations);
    let plain = sound(&sector);
    let reasons = |outcome: &Outcome, number: usize| outcome.organisations[number - 1].overrides.clone();
    assert_eq!(reasons(&plain, 1), [OverrideReason::TwoPeriodsUndelivered]);
    assert!((2..=40).all(|number| reasons(&plain, number).is_empty()));

    sector.is_due = false;
    assert!((1..=40).all(|number| reasons(&sound(&sector), number).is_empty()));
    sector.is_due = true;
    let put = |number, reason, reference: &str| Override {
        agb_code: code(number),
        record: OverrideRecord {
            reason,
            from: date(2025, 9, 1),
            until: None,
            reference: reference.to_owned(),
            id: OverrideId::from_bits(1),
        },
    };
    sector.overrides = vec![
        put(7, OverrideReason::CalamityUnderInvestigation, "C-2"),
        put(7, OverrideReason::ActiveMeasure, "M-2"),
        put(7, OverrideReason::ActiveMeasure, "M-1"),
        put(99, OverrideReason::ActiveMeasure, "M-3"),
    ];
    let hash = input_hash(&sector);
    let told = sound(&sector);
    assert_eq!(reasons(&told, 7), [OverrideReason::ActiveMeasure, OverrideReason::CalamityUnderInvestigation]);
    for (one, other) in plain.organisations.iter().zip(&told.organisations) {
        assert_eq!((&one.scores, &one.signals), (&other.scores, &other.signals));
    }
    let seventh = &told.organisations[6];
    let references: Vec<&str> = seventh.records.iter().map(|record| record.reference.as_str()).collect();
    assert_eq!((references, seventh.headline()), (vec!["M-1", "M-2", "C-2"], Headline::Overridden));
    assert_ne!(plain.organisations[6].headline(), Headline::Overridden);
    sector.overrides.reverse();
    assert_eq!((sound(&sector), input_hash(&sector)), (told, hash));
    sector.overrides[1].record.until = Some(date(2025, 12, 31));
    assert_ne!(input_hash(&sector), hash);
}

#[test]
fn signals_are_counted_beside_what_chance_would_give() {
    let mut members = members(60);
    for member in members.iter_mut().take(25) {
        member.kind = OrganisationKind::Cooperative;
    }
    let observed = |number: usize| {
        let clients = if number.is_multiple_of(2) { 100.0 } else { 2_000.0 };
        let share = if number == 60 { 0.2 } else { 0.6 + 0.01 * (number * 7 % 13) as f64 };
        counted(number, "M", (clients * share).round(), clients)
    };
    let measures = vec![measure("M", IndicatorKind::Proportion, Direction::HigherIsBetter)];
    let outcome = sound(&sector(measures, members, (1..=60).map(observed).collect()));
    let account = &outcome.account;
    let signals: Vec<_> = outcome.organisations.iter().map(|one| &one.signals[0]).collect();
    let expected: f64 = signals.iter().filter_map(|one| one.chance_of_attention).sum();
    assert_eq!((account.signals.tests, account.signals.attention, account.signals.elevated), (60, 1, 1));
    assert!((account.signals.expected_attention - expected).abs() < 1e-12);
    assert_eq!(account.scores.tests, 60);
    assert!((account.scores.expected_attention - 60.0 * 0.022_750_131_948).abs() < 1e-9);
    let kinds: Vec<_> = account.kinds.iter().map(|one| (one.kind, one.rate.organisations)).collect();
    assert_eq!(kinds, [(OrganisationKind::Organisation, 35), (OrganisationKind::Cooperative, 25)]);
    let sizes: Vec<_> = account.sizes.iter().map(|one| (one.size, one.rate.tests)).collect();
    assert_eq!(sizes, [(Size::Small, 30), (Size::Large, 30)]);
    let small = account.sizes[0].rate;
    assert!((small.observed - 1.0 / 30.0).abs() < 1e-15 && small.is_ordinary, "{small:?}");
    // The one signal is far from chance, the rest together are as good as certain chance.
    let rate = |number: usize| signal(&outcome, number, "M").false_discovery_rate.expect("a test");
    assert!(rate(60) < 1e-3 && (1..60).all(|number| rate(number) > 0.05));
    // A theme that stands out is told apart from an overall score that does not.
    let alerts: Vec<_> = outcome.organisations[59].theme_alerts().collect();
    assert!(alerts.is_empty(), "the overall score has the same level");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// What a slip of the keyboard is said to have been gives no level when it is put right.
    #[test]
    fn a_slip_put_right_is_ordinary(
        x in 0_u32..400,
        n in prop::sample::select(vec![40_u32, 55, 120, 212, 399]),
        direction in prop::sample::select(vec![Direction::HigherIsBetter, Direction::LowerIsBetter]),
    ) {
        let at = |x: f64, n: f64| {
            let observed = |number: usize| {
                if number == 1 { counted(1, "M", x, n) } else { counted(number, "M", 55.0 + (number * 7 % 13) as f64, 100.0) }
            };
            let measures = vec![measure("M", IndicatorKind::Proportion, direction)];
            sound(&sector(measures, members(250), (1..=250).map(observed).collect()))
        };
        let outcome = at(f64::from(x.min(n)), f64::from(n));
        let one = signal(&outcome, 1, "M");
        if let Some(slip) = one.typing_error.as_deref() {
            prop_assert!(one.level >= Level::Attention);
            let right = at(slip.numerator, slip.denominator);
            // One of 250 hardly moves the peers; what lies at the very edge may.
            prop_assert!(signal(&right, 1, "M").r.expect("peers") < 2.02, "{:?}", one);
        }
    }
}
