//! Every number that the pages on the method work out, computed by the engine.

use std::{collections::BTreeSet, fs, path::Path};

use super::build::measure;
use crate::{
    catalogue::{Catalogue, DerivedFunction, IndicatorKind},
    domain::{Direction, Language},
    scoring::{
        Settings,
        arrange::Figures,
        change::own_change,
        combine::{Combiner, Counted, Entry},
        derive::derive,
        method::{Evidence, Noise, judge_rule},
        rank::{Standing, expected_ranks},
    },
    stats::{
        BetaBinomial, Measured, NegativeBinomial, Table, Tails, Transformed, Trials, area_standard_error, byar,
        chance_of_at_least, chance_of_same_count, clipped_second_moment, false_discovery_rates, fit_normal,
        normal::survival, wilson, winsorised,
    },
};

/// The arguments of a calculation: groups of numbers, or words, between semicolons.
struct Arguments(Vec<Vec<f64>>, bool);

impl Arguments {
    fn at(&self, group: usize, place: usize) -> f64 {
        self.0[group][place]
    }

    fn whole(&self, place: usize) -> u64 {
        let number = self.at(0, place);
        assert!(number >= 0.0 && number.fract() == 0.0, "{number} is not whole");
        format!("{number}").parse().expect("a whole number")
    }
}

fn proportion_table(of: &Arguments) -> (Table, u64) {
    let (events, trials) = (of.whole(0), of.whole(1));
    let family = BetaBinomial::new(of.at(0, 2), of.at(0, 3), trials).expect("a distribution");
    let mut table = Table::default();
    table.fill(&family.with_trials(trials).expect("so many"), events, events);
    (table, events)
}

fn proportion(of: &Arguments) -> Tails {
    let (table, events) = proportion_table(of);
    table.tails(events)
}

fn rate(of: &Arguments) -> Tails {
    let events = of.whole(0);
    let mut table = Table::default();
    table.fill(&NegativeBinomial::new(of.at(0, 1), of.at(0, 2)).expect("a distribution"), events, events);
    table.tails(events)
}

fn robust(of: &Arguments) -> crate::stats::Centre {
    let variance = of.at(1, 0);
    let values: Vec<Measured> = of.0[0].iter().map(|value| Measured { value: *value, variance }).collect();
    fit_normal(&values).expect("a fit")
}

fn variance(of: &Arguments) -> f64 {
    let noise = Noise::Within { respondents: Some(of.at(0, 0)), deviation: Some(of.at(0, 1)), presumed: None };
    of.0[0].get(2).map_or_else(|| noise.known(), |within| noise.variance(within * within))
}

/// The score of two measures, each with weight and r, and their correlation.
fn score(of: &Arguments) -> crate::scoring::Score {
    let mut measures = [
        measure("A", IndicatorKind::Mean, Direction::LowerIsBetter),
        measure("B", IndicatorKind::Mean, Direction::LowerIsBetter),
    ];
    for (place, measure) in measures.iter_mut().enumerate() {
        measure.weight = of.at(0, 2 * place);
    }
    let counted: Vec<Counted<'_>> = measures
        .iter()
        .enumerate()
        .map(|(place, measure)| {
            let entry = Entry::Present { r: of.at(0, 2 * place + 1), noise_share: 0.1 };
            Counted::new(measure, vec![entry])
        })
        .collect();
    let correlation = vec![vec![1.0, of.at(1, 0)], vec![of.at(1, 0), 1.0]];
    let settings = Settings::default();
    let mut scores = Combiner::new(&counted, &correlation, &settings, 0).combine(None, &|_| true, 1);
    scores.pop().expect("one member")
}

fn shortfall(of: &Arguments) -> f64 {
    let figures =
        |numerator| Some(Figures { numerator: Some(numerator), denominator: Some(100.0), ..Figures::default() });
    let derived = derive(DerivedFunction::UnwantedShortfall, &[figures(of.at(0, 0)), figures(of.at(0, 1))]);
    derived.and_then(|derived| derived.numerator).expect("both were delivered")
}

fn change(of: &Arguments) -> f64 {
    let trials = |group: usize| {
        let trials = Arguments(vec![vec![of.at(group, 1), (of.at(group, 0) * of.at(group, 1)).round()]], false);
        Some(Evidence::Proportion(Trials { trials: trials.whole(0), events: trials.whole(1) }))
    };
    let Evidence::Normal { value, noise, .. } =
        own_change(&[trials(0), trials(1)], 0.0, 100.0).expect("a change").evidence()
    else {
        panic!("a change is about normal")
    };
    Transformed { value, deviation: noise.known().sqrt() }.distance_beyond(of.at(2, 0), of.at(2, 1))
}

fn winsor(of: &Arguments) -> f64 {
    let values: Vec<Transformed> = of.0.iter().map(|one| Transformed::arcsine(one[0] * one[1], one[1])).collect();
    let (events, trials) = of.0.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one[0] * one[1], sum.1 + one[1]));
    winsorised(&values, (events / trials).sqrt().asin()).expect("a recipe").variance
}

fn compute(name: &str, of: &Arguments) -> f64 {
    match name {
        "chance_beyond" => survival(of.at(0, 0)),
        "clipped_square" => clipped_second_moment(of.at(0, 0)),
        "robust_centre" => robust(of).location,
        "robust_spread" => robust(of).dispersion.sqrt(),
        "distance" => {
            let one = Transformed { value: of.at(0, 0), deviation: of.at(0, 1).sqrt() };
            one.distance_beyond(of.at(1, 0), of.at(1, 1).powi(2))
        }
        "proportion_low" => proportion(of).lower,
        "proportion_z" => proportion(of).z(),
        "proportion_attention" => {
            let of = &Arguments(vec![vec![0.0, of.at(0, 0), of.at(0, 1), of.at(0, 2)]], of.1);
            assert!(of.1, "low is worse");
            proportion_table(of).0.chance_of_lower(survival(2.0))
        }
        "rate_high" => rate(of).upper,
        "rate_z" => rate(of).z(),
        "share_distance" => {
            let centre = of.at(1, 0).sqrt().asin();
            Transformed::arcsine(of.at(0, 0) * of.at(0, 1), of.at(0, 1)).distance_beyond(centre, of.at(1, 1))
        }
        "mean_variance" | "own_variance" => variance(of),
        "rule" => {
            let mut measure = measure("A", IndicatorKind::Rule, Direction::HigherIsBetter);
            measure.points_when_absent = of.at(0, 0);
            judge_rule(&measure, Evidence::Rule { share: of.at(0, 1) }).expect("a rule").r
        }
        "wilson_low" => wilson(of.whole(0), of.whole(1), 0.025).expect("an interval").low,
        "wilson_high" => wilson(of.whole(0), of.whole(1), 0.025).expect("an interval").high,
        "byar_low" => byar(of.whole(0), of.at(0, 1), 0.025).expect("an interval").low,
        "byar_high" => byar(of.whole(0), of.at(0, 1), 0.025).expect("an interval").high,
        "shortfall" => shortfall(of),
        "change_distance" => change(of),
        "score" => score(of).score.expect("a score"),
        "contribution" => {
            let score = score(of);
            score.contributions.iter().find(|one| one.indicator == "A").expect("it counts").standardised
        }
        "expected_rank" => {
            let standings: Vec<Standing> = of.0.iter().map(|one| Standing { sum: one[0], variance: one[1] }).collect();
            expected_ranks(&standings)[0]
        }
        "expected_signals" => of.at(0, 0) * survival(of.at(0, 1)),
        "q_value" => {
            let place = Arguments(vec![vec![of.at(1, 0)]], false).whole(0);
            false_discovery_rates(&of.0[0])[usize::try_from(place).expect("small") - 1]
        }
        "same_twice" => chance_of_same_count(of.whole(0), of.at(0, 1)).expect("a chance"),
        "rounded" => {
            let count = usize::try_from(of.whole(0)).expect("small");
            chance_of_at_least(count, &vec![0.2; usize::try_from(of.whole(1)).expect("small")])
        }
        "area_error" => area_standard_error(of.at(0, 0), of.at(0, 1), of.at(0, 2)),
        "winsor_spread" => winsor(of),
        other => panic!("no calculation is called {other}"),
    }
}

/// What a line works out: what is said, and what the engine says.
fn work_out(line: &str) -> Option<(String, f64, f64, f64)> {
    let (call, value) = line.split_once(" = ")?;
    let (name, arguments) = call.strip_suffix(')')?.split_once('(')?;
    let word = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let (want, groups): (f64, Vec<&str>) = (value.parse().ok()?, arguments.split(';').collect());
    if !word {
        return None;
    }
    let numbers = |group: &&str| group.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    let of = Arguments(groups.iter().map(numbers).collect(), arguments.ends_with("low"));
    let decimals = value.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let half = 0.5 * 0.1_f64.powi(i32::try_from(decimals).expect("few"));
    Some((name.to_owned(), compute(name, &of), want, half))
}

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).expect("a page")
}

#[test]
fn what_the_pages_work_out_is_what_the_engine_computes() {
    for name in ["methodology.md", "methodiek.md"] {
        let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
        for line in page(name).lines() {
            if let Some((calculation, got, want, half)) = work_out(line) {
                seen.insert(calculation);
                if (got - want).abs() > 1.000_001 * half {
                    wrong.push(format!("{line}, computed {got}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
        let catalogue = Catalogue::embedded().expect("a catalogue");
        let calculations = catalogue.methodology.sections.iter().flat_map(|section| &section.calculations);
        let expected: BTreeSet<String> =
            calculations.filter_map(|line| Some(line.split_once('(')?.0.to_owned())).collect();
        assert_eq!(seen, expected, "{name} leaves calculations out");
    }
}

#[test]
fn the_pages_are_those_of_the_catalogue() {
    let catalogue = Catalogue::embedded().expect("a catalogue");
    for (name, option, language) in [("methodology.md", "en", Language::En), ("methodiek.md", "nl", Language::Nl)] {
        let make = format!("kraamzicht --language {option} methodology > docs/{name}");
        assert!(page(name) == catalogue.methodology_page(language), "docs/{name} is stale: {make}");
    }
}

#[test]
fn every_route_and_check_of_the_method_has_its_section() {
    let catalogue = Catalogue::embedded().expect("a catalogue");
    let codes: BTreeSet<&str> = catalogue.methodology.sections.iter().map(|section| section.code.as_str()).collect();
    for code in [
        "levels",
        "normal",
        "proportions",
        "rates",
        "shares",
        "means",
        "rules",
        "small_numbers",
        "norms",
        "shortfall",
        "change",
        "score",
        "rank",
        "counts",
        "data_quality",
        "backtest",
        "compatibility",
        "reproducibility",
    ] {
        assert!(codes.contains(code), "{code}");
    }
    let introduction = &catalogue.methodology.introduction;
    assert!(introduction.en.contains("not yet calibrated on outcomes in kraamzorg"));
    assert!(introduction.nl.contains("nog niet geijkt op uitkomsten in de kraamzorg"));
}
