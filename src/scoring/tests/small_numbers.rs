//! Organisations and groups that one period says too little of.

use super::build::{check_sound, counted, measure, members, sector, signal, year};
use crate::{
    catalogue::IndicatorKind,
    domain::{Direction, Level, Observation, OrganisationKind},
    scoring::{Insufficiency, Outcome, PeerGroup, Sector, score, score_periods},
};

fn sound(sector: &Sector) -> Outcome {
    let outcome = score(sector);
    check_sound(&outcome);
    outcome
}

/// Forty organisations of 400 clients and one, the first, of `small`, in the years up to 2025.
fn with_a_small_one(direction: Direction, years: &[i16], small: impl Fn(i16) -> (f64, f64)) -> Sector {
    let mut observations = Vec::new();
    for one in years {
        let period = year(*one);
        let (numerator, denominator) = small(*one);
        observations.push(Observation { period, ..counted(1, "M", numerator, denominator) });
        observations.extend((2..=41).map(|number| {
            // The sector goes down by five points a year.
            let share = 0.5 + 0.05 * f64::from(2025 - *one) + 0.01 * (number % 11) as f64;
            Observation { period, ..counted(number, "M", (400.0 * share).round(), 400.0) }
        }));
    }
    sector(vec![measure("M", IndicatorKind::Proportion, direction)], members(41), observations)
}

const YEARS: [i16; 5] = [2025, 2024, 2023, 2022, 2021];

#[test]
fn small_numbers_are_put_together_until_there_are_thirty() {
    let outcome = sound(&with_a_small_one(Direction::HigherIsBetter, &YEARS, |_| (7.0, 12.0)));
    let one = signal(&outcome, 1, "M");
    let pooled = one.pooled.as_deref().expect("12 clients are few");
    assert_eq!((pooled.periods, pooled.numerator, pooled.denominator), (3, 21.0, 36.0));
    assert_eq!((one.numerator, one.denominator), (Some(7.0), Some(12.0)));
    assert!((pooled.value - 100.0 * 21.0 / 36.0).abs() < 1e-12);
    assert!(signal(&outcome, 2, "M").pooled.is_none());
    // The fit is of this period's own figures.
    assert_eq!((outcome.fits[0].organisations, outcome.fits[0].periods), (41, 1));
}

#[test]
fn at_most_four_periods_and_no_others_make_up_for_too_few() {
    let outcome = sound(&with_a_small_one(Direction::HigherIsBetter, &YEARS, |_| (3.0, 4.0)));
    let one = signal(&outcome, 1, "M");
    assert_eq!(one.pooled.as_deref().map(|pooled| (pooled.periods, pooled.denominator)), Some((4, 16.0)));
    assert!(one.r.is_some());
    // Two periods of two clients stay below five.
    let outcome = sound(&with_a_small_one(Direction::HigherIsBetter, &[2025, 2024], |_| (1.0, 2.0)));
    assert_eq!(signal(&outcome, 1, "M").insufficiency, Some(Insufficiency::SmallDenominator));
    // What was not delivered this year is not made up from earlier ones.
    let mut silent = with_a_small_one(Direction::HigherIsBetter, &YEARS, |_| (7.0, 12.0));
    silent.observations.retain(|one| one.period != year(2025) || one.agb_code != super::build::code(1));
    assert_eq!(signal(&sound(&silent), 1, "M").insufficiency, Some(Insufficiency::NotReported));
}

#[test]
fn few_expected_adverse_events_are_put_together_too() {
    // Of 60 clients about 27 are expected to go without: enough.
    let outcome = sound(&with_a_small_one(Direction::HigherIsBetter, &YEARS, |_| (33.0, 60.0)));
    assert!(signal(&outcome, 1, "M").pooled.is_none());
    // Of a rate, less than three events a year are expected of the small one, and five in two years.
    let mut rates = Vec::new();
    for one in YEARS {
        let period = year(one);
        rates.push(Observation { period, ..counted(1, "M", 2.0, 0.5) });
        rates.extend((2..=41).map(|number| Observation { period, ..counted(number, "M", 30.0, 6.0) }));
    }
    let measures = vec![measure("M", IndicatorKind::Rate, Direction::LowerIsBetter)];
    let outcome = sound(&sector(measures, members(41), rates));
    let pooled = signal(&outcome, 1, "M").pooled.as_deref().expect("2.5 events are few");
    assert_eq!((pooled.periods, pooled.numerator, pooled.denominator), (2, 4.0, 1.0));
}

#[test]
fn a_sector_that_moves_does_not_count_against_the_small() {
    // Exactly as usual in each of its years, over which the sector falls by five points a year.
    let usual = |one: i16| (10.0 * (0.55 + 0.05 * f64::from(2025 - one)), 10.0);
    let outcome = sound(&with_a_small_one(Direction::HigherIsBetter, &YEARS, |one| (usual(one).0.round(), 10.0)));
    let one = signal(&outcome, 1, "M");
    assert_eq!(one.pooled.as_deref().map(|pooled| pooled.periods), Some(3));
    let typical = one.typical_value.expect("compared");
    assert!((typical - 60.0).abs() < 0.5, "{typical}");
    assert!(outcome.fits[0].typical_value < 56.0);
}

/// `count` cooperatives a year among 60 organisations, whose shares spread much more.
fn with_cooperatives(count: usize, years: &[i16], worst: f64) -> Outcome {
    let mut members = members(60 + count);
    for member in members.iter_mut().skip(60) {
        member.kind = OrganisationKind::Cooperative;
    }
    let mut observations = Vec::new();
    for one in years {
        for number in 1..=60 + count {
            let share = if number > 60 { 0.3 + 0.05 * (number % 7) as f64 } else { 0.7 + 0.01 * (number % 7) as f64 };
            let share = if number == 61 && *one == 2025 { worst } else { share };
            observations
                .push(Observation { period: year(*one), ..counted(number, "M", (500.0 * share).round(), 500.0) });
        }
    }
    let measures = vec![measure("M", IndicatorKind::Proportion, Direction::HigherIsBetter)];
    sound(&sector(measures, members, observations))
}

#[test]
fn a_small_group_takes_its_variation_from_four_periods_and_what_is_usual_from_its_own() {
    let outcome = with_cooperatives(7, &YEARS, 0.3);
    let one = signal(&outcome, 61, "M");
    assert_eq!((one.peer_group, one.level), (Some(PeerGroup::Cooperatives), Level::None));
    let fit = outcome.fits.iter().find(|fit| fit.peer_group == PeerGroup::Cooperatives).expect("fitted");
    assert_eq!((fit.organisations, fit.periods), (7, 4));
    assert!((0.4..0.5).contains(&fit.location), "{fit:?}");
    // Nobody is held against all together any more.
    assert!(outcome.fits.iter().all(|fit| fit.peer_group != PeerGroup::National));
    assert_eq!(signal(&with_cooperatives(7, &YEARS, 0.0), 61, "M").level, Level::Elevated);
}

#[test]
fn without_enough_in_four_periods_the_group_falls_back_to_all_and_then_to_nobody() {
    let national = with_cooperatives(7, &YEARS[..2], 0.3);
    assert_eq!(signal(&national, 61, "M").peer_group, Some(PeerGroup::National));
    let too_few_now = with_cooperatives(4, &YEARS, 0.3);
    assert_eq!(signal(&too_few_now, 61, "M").peer_group, Some(PeerGroup::National));
    let mut nobody = with_a_small_one(Direction::HigherIsBetter, &YEARS[..1], |_| (9.0, 12.0));
    nobody.members.truncate(12);
    assert_eq!(signal(&sound(&nobody), 1, "M").insufficiency, Some(Insufficiency::FewPeers));
}

#[test]
fn practices_of_one_person_are_held_against_their_own_kind_alone_and_never_scored() {
    let solos = |count: usize| {
        let mut sector = with_a_small_one(Direction::HigherIsBetter, &YEARS[..1], |_| (300.0, 400.0));
        for (place, mut member) in members(count).into_iter().enumerate() {
            member.agb_code = super::build::code(1_000 + place);
            member.kind = OrganisationKind::Solo;
            sector.members.push(member);
            sector.observations.push(counted(1_000 + place, "M", (place % 9) as f64, 40.0));
        }
        sector
    };
    let without = score(&solos(0));
    let few = sound(&solos(15));
    // Whatever they deliver, nothing changes for the others.
    assert_eq!((&few.organisations, &few.account), (&without.organisations, &without.account));
    assert_eq!(few.solos.len(), 15);
    assert_eq!(few.solos[0].signals[0].insufficiency, Some(Insufficiency::FewPeers));
    let many = sound(&solos(25));
    assert_eq!(many.solos[3].signals[0].peer_group, Some(PeerGroup::Solos));
    assert_eq!(many.organisations, without.organisations);
}

#[test]
fn periods_together_are_as_one_by_one() {
    let mut sector = with_a_small_one(Direction::HigherIsBetter, &YEARS, |one| (f64::from(one % 7), 12.0));
    // One is asked twice.
    let periods = [2025, 2024, 2025, 2023].map(year);
    for (period, together) in periods.into_iter().zip(score_periods(&sector, &periods)) {
        sector.period = period;
        assert_eq!(score(&sector), together);
        assert_eq!(together.period, period);
    }
}
