//! Changes against one's own past: as many false alarms as promised in a sector that moves as a whole, and the sector's
//! own step seen.

use super::build::{check_sound, code, counted, measure, members, sector, year};
use crate::{
    catalogue::IndicatorKind,
    domain::{Direction, Level, Observation},
    scoring::{Outcome, Sector, score, score_periods},
    stats::{Draws, normal},
};

const ORGANISATIONS: usize = 120;
const YEARS: [i16; 5] = [2025, 2024, 2023, 2022, 2021];
/// 99.9 % of a normal lies within this distance.
const Z_999: f64 = 3.290_526_731_491_926;

/// Proportions of organisations that differ lastingly, waver from year to year, and move together by `drift` a year on
/// the scale of the arcsine.
fn drifting(seed: u64, drift: f64) -> Vec<Observation> {
    let (lasting, wavering, chance) = (Draws::new(seed, 0), Draws::new(seed, 1), Draws::new(seed, 2));
    let mut observations = Vec::new();
    let mut drawn = 0;
    for number in 1..=ORGANISATIONS {
        let trials = 40 + 2 * number;
        for (at, period) in YEARS.into_iter().enumerate() {
            let angle = 0.95
                + 0.12 * lasting.normal(number as u64)
                + 0.03 * wavering.normal((number * 10 + at) as u64)
                + drift * f64::from(period - 2021);
            let share = angle.sin().powi(2);
            let mut events = 0.0;
            for _ in 0..trials {
                drawn += 1;
                events += f64::from(u8::from(chance.uniform(drawn) < share));
            }
            observations.push(Observation { period: year(period), ..counted(number, "A", events, trials as f64) });
        }
    }
    observations
}

fn sector_of(direction: Direction, observations: Vec<Observation>) -> Sector {
    let mut sector =
        sector(vec![measure("A", IndicatorKind::Proportion, direction)], members(ORGANISATIONS), observations);
    sector.settings.rank_draws = 10;
    sector
}

#[test]
fn false_alarms_are_as_promised_while_the_sector_moves() {
    let (mut alarms, mut elevated, mut tests) = (0.0, 0.0, 0.0);
    let mut steps = 0;
    for seed in 0..60 {
        // A fall of some four percent points a year, for everyone.
        let outcome = score(&sector_of(Direction::HigherIsBetter, drifting(seed, -0.04)));
        for organisation in &outcome.organisations {
            let [change] = &organisation.changes[..] else { panic!("one change") };
            assert_eq!(change.periods, 4);
            alarms += f64::from(u8::from(change.level >= Level::Attention));
            elevated += f64::from(u8::from(change.level == Level::Elevated));
            tests += 1.0;
        }
        let step = outcome.drifts[0].step.expect("a step");
        assert!(step.difference < 0.0 && step.band.low < step.difference && step.difference < step.band.high);
        steps += usize::from(step.level == Level::Elevated);
        assert_eq!(outcome.account.changes.tests, ORGANISATIONS);
    }
    for (found, rate) in [(alarms, normal::survival(2.0)), (elevated, normal::survival(3.0))] {
        let width = Z_999 * (tests * rate * (1.0_f64 - rate)).sqrt();
        assert!((found - tests * rate).abs() <= width, "{found} of {tests} and not {}", tests * rate);
    }
    assert_eq!(steps, 60, "the sector fell for all to see");
}

#[test]
fn a_sector_that_stands_still_steps_as_seldom_as_promised() {
    let mut beyond = 0.0;
    let sectors = 160;
    for seed in 1_000..1_000 + sectors {
        let outcome = score(&sector_of(Direction::Context, drifting(seed, 0.0)));
        let step = outcome.drifts[0].step.expect("a step");
        assert!((step.probability - 2.0 * normal::survival(step.z.abs())).abs() < 1e-12);
        beyond += f64::from(u8::from(step.probability < 0.1));
    }
    // A tenth lies beyond the 90 % band.
    let expected = 0.1 * sectors as f64;
    assert!((beyond - expected).abs() <= Z_999 * (expected * 0.9).sqrt(), "{beyond} of {sectors}");
}

#[test]
fn the_course_of_the_sector_has_a_band_that_holds() {
    let mut inside = 0.0;
    let sectors = 150;
    for seed in 2_000..2_000 + sectors {
        let outcome = score(&sector_of(Direction::HigherIsBetter, drifting(seed, -0.02)));
        let course = &outcome.drifts[0].course;
        let years: Vec<i16> = course.iter().map(|one| one.period.calendar_year()).collect();
        assert_eq!(years, [2022, 2023, 2024, 2025]);
        let last = course.last().expect("a last");
        // The mean share of organisations of which the angle is normal: (1 - e^(-2 variance) cos(2 mean)) / 2.
        let (mean, variance) = (0.95_f64 - 0.08, 0.12_f64 * 0.12 + 0.03 * 0.03);
        let truth = 50.0 * (1.0 - (-2.0 * variance).exp() * (2.0 * mean).cos());
        let band = last.band.expect("a band");
        inside += f64::from(u8::from(band.low <= truth && truth <= band.high));
    }
    let expected = 0.9 * sectors as f64;
    assert!((inside - expected).abs() <= Z_999 * (expected * 0.1).sqrt(), "{inside} of {sectors}");
}

fn changed(by: f64, direction: Direction) -> Outcome {
    let mut observations = drifting(7, -0.01);
    for one in observations.iter_mut().filter(|one| one.agb_code == code(60) && one.period == year(2025)) {
        let of = one.denominator.expect("counted");
        one.numerator = one.numerator.map(|numerator| (numerator + by * of).round().clamp(0.0, of));
    }
    score(&sector_of(direction, observations))
}

#[test]
fn a_change_of_ones_own_is_found_on_the_worse_side_only_and_of_context_on_both() {
    let level = |by, direction| {
        let outcome = changed(by, direction);
        check_sound(&outcome);
        let change = outcome.organisations[59].changes[0].clone();
        assert!(change.ordinary.low < change.drift && change.drift < change.ordinary.high, "{change:?}");
        assert!((change.probability_low + change.probability_high - 1.0).abs() < 1e-12);
        (change.level, change.difference > 0.0)
    };
    assert_eq!(level(-0.3, Direction::HigherIsBetter), (Level::Elevated, false));
    assert_eq!(level(0.25, Direction::HigherIsBetter), (Level::None, true));
    assert_eq!(level(0.25, Direction::LowerIsBetter), (Level::Elevated, true));
    assert_eq!(level(-0.3, Direction::Context).0, Level::Elevated);
    assert_eq!(level(0.25, Direction::Context).0, Level::Elevated);
}

#[test]
fn a_change_counts_for_half_and_context_by_its_change_alone() {
    let outcome = changed(-0.3, Direction::HigherIsBetter);
    assert_eq!(outcome.correlation.indicators, ["A", "A.change"]);
    let overall = outcome.organisations[59].score(None).expect("a score");
    let of = |is_change| overall.contributions.iter().find(|one| one.is_change == is_change).expect("a part");
    let (figure, change) = (of(false), of(true));
    assert_eq!((figure.indicator.as_str(), change.indicator.as_str()), ("A", "A"));
    let organisation = &outcome.organisations[59];
    let r = (organisation.signals[0].r.expect("compared").min(4.0), organisation.changes[0].r.min(4.0));
    assert!((change.standardised / figure.standardised - 0.5 * r.1 / r.0).abs() < 1e-12);
    assert!((overall.coverage - 1.0).abs() < 1e-15);

    let context = changed(-0.3, Direction::Context);
    assert_eq!(context.correlation.indicators, ["A.change"]);
    assert!(context.organisations[59].score(None).and_then(|score| score.score).is_some_and(|score| score > 80.0));
}

#[test]
fn who_has_no_past_misses_nothing() {
    let mut observations = drifting(8, 0.0);
    observations.retain(|one| one.agb_code != code(1) || one.period == year(2025));
    let outcome = score(&sector_of(Direction::HigherIsBetter, observations));
    let [new, other, ..] = &outcome.organisations[..] else { panic!("organisations") };
    assert!(new.changes.is_empty() && other.changes.len() == 1);
    let score = new.score(None).expect("a score");
    assert!((score.coverage - 1.0).abs() < 1e-15 && score.contributions.len() == 1, "{score:?}");
}

#[test]
fn periods_together_are_as_periods_one_by_one() {
    let sector = sector_of(Direction::LowerIsBetter, drifting(9, 0.01));
    let together = score_periods(&sector, &[year(2025), year(2023)]);
    for outcome in together {
        check_sound(&outcome);
        let alone = Sector { period: outcome.period, ..sector.clone() };
        assert_eq!(score(&alone), outcome);
    }
    let mut turned = sector.clone();
    turned.observations.reverse();
    turned.members.reverse();
    assert_eq!(score(&turned), score(&sector));
}
