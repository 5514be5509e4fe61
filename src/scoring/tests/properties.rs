//! What holds for every sector.

use proptest::prelude::*;

use super::build::{check_sound, code, counted, measure, members, observation, sector, year};
use crate::{
    catalogue::IndicatorKind,
    domain::{Code, Direction, MissingReason, Observation, OrganisationKind},
    scoring::{Measure, Member, Method, Outcome, Score, Sector, Threshold, judge_proportions, judge_values, score},
    stats::{Measured, Table, Trials},
};

const KINDS: [(&str, IndicatorKind, Direction); 8] = [
    ("A_PROPORTION", IndicatorKind::Proportion, Direction::HigherIsBetter),
    ("B_PROPORTION", IndicatorKind::Proportion, Direction::LowerIsBetter),
    ("C_CONTEXT", IndicatorKind::Proportion, Direction::Context),
    ("D_RATE", IndicatorKind::Rate, Direction::LowerIsBetter),
    ("E_SHARE", IndicatorKind::Share, Direction::Context),
    ("F_MEAN", IndicatorKind::Mean, Direction::HigherIsBetter),
    ("G_LOG_MEAN", IndicatorKind::LogMean, Direction::HigherIsBetter),
    ("H_RULE", IndicatorKind::Rule, Direction::HigherIsBetter),
];

/// One figure: is it there, a number of clients, and three shares from 0 to 1.
type Drawn = (u8, u32, f64, f64, f64);

fn observed(number: usize, measure: usize, drawn: Drawn) -> Option<Observation> {
    let (code, kind, _) = KINDS[measure];
    let (presence, clients, share, other, third) = drawn;
    let n = f64::from(clients);
    let mut observed = counted(number, code, (share * n).floor(), n);
    match kind {
        IndicatorKind::Share => observed.units = (other > 0.3).then_some((third * 50.0).round()),
        IndicatorKind::Mean => {
            observed.numerator = None;
            observed.value = Some(10.0 * share);
            observed.standard_deviation = (other > 0.2).then_some(2.0 * third);
        }
        IndicatorKind::LogMean => observed.value = Some(50.0 * share + 1e-3),
        IndicatorKind::Rate => observed.denominator = Some(n / 10.0),
        _ => {}
    }
    match presence {
        0 => None,
        1 => Some(Observation { missing: Some(MissingReason::NotApplicable), ..observation(number, code) }),
        _ => Some(observed),
    }
}

/// What the same organisation delivered a year earlier: a little else, of as many clients.
fn earlier(one: &Observation, years: i16) -> Observation {
    let shift = |number: f64| (0.9 * number).floor();
    Observation {
        period: year(2025 - years),
        numerator: one.numerator.map(shift),
        value: one.value.map(|value| 0.9 * value),
        ..one.clone()
    }
}

fn any_sector() -> impl Strategy<Value = Sector> {
    let drawn = (0_u8..12, prop_oneof![0_u32..40, 0_u32..600], 0.0..=1.0, 0.0..1.0, 0.0..1.0);
    let settings = (prop::sample::select(vec![1.0, 1.0, 0.5, 0.0]), 0_i16..4);
    (prop::collection::vec(drawn, 8..8 * 60), 0_usize..30, settings).prop_map(|(drawn, cooperatives, settings)| {
        let (kappa, history) = settings;
        let count = drawn.len() / KINDS.len();
        let mut observations: Vec<Observation> = drawn
            .chunks_exact(KINDS.len())
            .zip(1..)
            .flat_map(|(row, number)| {
                row.iter().enumerate().filter_map(move |(measure, drawn)| observed(number, measure, *drawn))
            })
            .collect();
        let now = observations.clone();
        observations.extend((1..=history).flat_map(|years| now.iter().map(move |one| earlier(one, years))));
        let mut members = members(count);
        for member in members.iter_mut().take(cooperatives) {
            member.kind = OrganisationKind::Cooperative;
        }
        for member in members.iter_mut().rev().step_by(4).take(cooperatives / 2) {
            member.kind = OrganisationKind::Solo;
        }
        let mut measures: Vec<Measure> =
            KINDS.iter().map(|(code, kind, direction)| measure(code, *kind, *direction)).collect();
        for (place, value, replaces_peers) in [(0, 60.0, false), (1, 100.0, true), (3, 150.0, false), (5, 5.0, false)] {
            measures[place].norm = Some(Threshold { value, is_legal: true, replaces_peers });
        }
        let mut sector = sector(measures, members, observations);
        (sector.settings.kappa, sector.settings.threshold_draws) = (kappa, 2_000);
        sector
    })
}

fn at_least_peers(sector: &Sector) -> bool {
    sector.members.len() >= 30
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sector_has_a_sound_outcome(sector in any_sector(), method in prop::sample::select(Method::ALL.to_vec())) {
        let mut sector = sector;
        sector.settings.method = method;
        let outcome = score(&sector);
        check_sound(&outcome);
        prop_assert_eq!(outcome.organisations.len() + outcome.solos.len(), sector.members.len());
        for organisation in outcome.organisations.iter().chain(&outcome.solos) {
            prop_assert_eq!(organisation.signals.len(), KINDS.len());
        }
    }

    #[test]
    fn order_changes_nothing(sector in any_sector(), turn in 0_usize..400) {
        let mut turned = sector.clone();
        turned.observations.reverse();
        let middle = turn % turned.observations.len().max(1);
        turned.observations.rotate_left(middle);
        turned.members.reverse();
        turned.measures.rotate_left(turn % KINDS.len());
        prop_assert_eq!(score(&sector), score(&turned));
    }

    #[test]
    fn an_organisation_without_data_changes_nothing_for_others(sector in any_sector(), number in 0_usize..90) {
        let mut larger = sector.clone();
        let agb_code = code(10_000 * number + 5_000);
        let kind = OrganisationKind::ALL[number % 3];
        larger.members.push(Member { agb_code, kind });
        let mut outcome = score(&larger);
        outcome.organisations.retain(|one| one.agb_code != agb_code);
        outcome.solos.retain(|one| one.agb_code != agb_code);
        prop_assert_eq!(score(&sector), outcome);
    }

    #[test]
    fn a_worse_numerator_never_lowers_r(sector in any_sector().prop_filter("peers", at_least_peers), more in 1_u32..40) {
        let r = |outcome: &Outcome, indicator: &str| {
            let mut all = outcome.organisations.iter().chain(&outcome.solos);
            let one = all.find(|one| one.agb_code == code(1)).expect("a member");
            one.signals.iter().find(|one| one.indicator == indicator).expect("a signal").r
        };
        let (before, after) = (score(&sector), score(&worsened(&sector, more)));
        for indicator in ["A_PROPORTION", "B_PROPORTION", "D_RATE", "H_RULE"] {
            if let (Some(before), Some(after)) = (r(&before, indicator), r(&after, indicator)) {
                prop_assert!(after >= before - 1e-9, "{} {} {}", indicator, before, after);
            }
        }
    }

    /// With fits, caps and kappa in force, and what follows from the group as a whole held: that sums are spread as they
    /// were (each is compared before it is divided by that), and that indicators do not go together.
    #[test]
    fn a_worse_numerator_never_lowers_a_sum(sector in any_sector().prop_filter("peers", at_least_peers), more in 1_u32..40) {
        let mut sector = sector;
        sector.settings.correlation_shrinkage = 1.0;
        for (theme, before, after) in sums(&sector, more, |score| score.inflation) {
            prop_assert!(after >= before - 1e-9, "{:?} {} {}", theme, before, after);
        }
    }

    /// With everything in force the organisation is one of those from which correlations and spread are estimated: its
    /// score may then go down by a little, as the method's page says.
    #[test]
    fn a_worse_numerator_hardly_lowers_a_score(sector in any_sector().prop_filter("peers", at_least_peers), more in 1_u32..40) {
        for (theme, before, after) in sums(&sector, more, |_| 1.0) {
            prop_assert!(after >= before - 0.05 * before.abs().max(1.0), "{:?} {} {}", theme, before, after);
        }
    }
}

/// The same sector with a worse numerator of the first organisation, wherever it has one.
fn worsened(sector: &Sector, more: u32) -> Sector {
    let mut worse = sector.clone();
    let mine = |one: &&mut Observation| one.agb_code == code(1) && one.period == sector.period;
    for one in worse.observations.iter_mut().filter(mine) {
        let (Some(numerator), Some(denominator)) = (one.numerator, one.denominator) else { continue };
        one.numerator = match one.indicator.as_str() {
            "A_PROPORTION" | "H_RULE" => Some((numerator - f64::from(more)).max(0.0)),
            "B_PROPORTION" => Some((numerator + f64::from(more)).min(denominator)),
            "D_RATE" => Some(numerator + f64::from(more)),
            _ => Some(numerator),
        };
    }
    worse
}

/// The sums of the first organisation, by theme, in `unit`s: before and after its numerators are made worse.
fn sums(sector: &Sector, more: u32, unit: impl Fn(&Score) -> f64) -> Vec<(Option<Code>, f64, f64)> {
    let of = |sector: &Sector| {
        let outcome = score(sector);
        outcome.organisations.into_iter().find(|one| one.agb_code == code(1)).map_or_else(Vec::new, |one| one.scores)
    };
    let (before, after) = (of(sector), of(&worsened(sector, more)));
    let both = before.into_iter().zip(after);
    both.filter_map(|(before, after)| {
        let (old, new) = (before.standardised? * unit(&before), after.standardised? * unit(&after));
        Some((before.theme, old, new))
    })
    .collect()
}

/// All the way from nothing to everything, through the cap, however much good results make up for bad ones.
#[test]
fn a_sum_rises_with_every_worse_numerator() {
    let measures = || {
        [("M", 1.0), ("N", 0.5)].map(|(code, weight)| Measure {
            weight,
            ..measure(code, IndicatorKind::Proportion, Direction::HigherIsBetter)
        })
    };
    for kappa in [1.0, 0.5, 0.0] {
        let sum = |own: usize| {
            let of = |number: usize| {
                let x = if number == 1 { own } else { 80 + number * 7 % 17 };
                [counted(number, "M", x as f64, 100.0), counted(number, "N", (70 + number % 9) as f64, 100.0)]
            };
            let mut sector = sector(measures().to_vec(), members(40), (1..=40).flat_map(of).collect());
            sector.settings.correlation_shrinkage = 1.0;
            (sector.settings.kappa, sector.settings.threshold_draws) = (kappa, 2_000);
            let first = score(&sector).organisations.swap_remove(0);
            let r = first.signals[0].r.expect("a distance");
            (r, first.scores[0].standardised.expect("a sum") * first.scores[0].inflation)
        };
        let course: Vec<(f64, f64)> = (0..=50).map(|step| sum(100 - 2 * step)).collect();
        assert!(course[0].0 < -1.0 && course[50].0 > 6.0, "through zero and the cap: {course:?}");
        for pair in course.windows(2) {
            assert!(pair[1].1 >= pair[0].1 - 1e-9, "{kappa} {pair:?}");
        }
    }
}

#[test]
fn columns_give_the_same_numbers_as_the_run() {
    let clients = |number: usize| 5 + (number * number * 31) % 600;
    let events = |number: usize| clients(number) * (60 + number * 7 % 37) / 100;
    let mean = |number: usize| 7.0 + (number * 7 % 37) as f64 / 20.0;
    let observations = (1..=5_000)
        .flat_map(|number| {
            let (x, n) = (events(number) as f64, clients(number) as f64);
            let value = Observation { value: Some(mean(number)), ..observation(number, "V") };
            [counted(number, "P", x, n), value]
        })
        .collect();
    // Without weight, as scores are not looked at.
    let measures = vec![
        Measure { weight: 0.0, ..measure("P", IndicatorKind::Proportion, Direction::HigherIsBetter) },
        Measure { weight: 0.0, ..measure("V", IndicatorKind::Mean, Direction::Context) },
    ];
    let outcome = score(&sector(measures, members(5_000), observations));
    let counts: Vec<Trials> =
        (1..=5_000).map(|number| Trials { events: events(number) as u64, trials: clients(number) as u64 }).collect();
    let values: Vec<Measured> = (1..=5_000).map(|number| Measured { value: mean(number), variance: 0.0 }).collect();
    let columns = [
        judge_proportions(&counts, Direction::HigherIsBetter, &mut Table::default()).expect("a fit"),
        judge_values(&values, Direction::Context).expect("a fit"),
    ];
    for (place, column) in columns.iter().enumerate() {
        assert!((outcome.fits[place].location - column.centre.location).abs() < 1e-15);
        for (organisation, r) in outcome.organisations.iter().zip(&column.r) {
            assert_eq!(organisation.signals[place].r, Some(*r));
        }
    }
}
