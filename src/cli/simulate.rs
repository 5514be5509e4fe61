//! `simulate`: sectors without anything to find, and how many signals the engine gives of them.

use std::process::ExitCode;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    arguments::{Global, SimulateOptions},
    exit, operate,
    words::Words,
};
use crate::{
    domain::Period,
    scoring::{Alarms, FalseAlarms, Settings, Simulation, score},
};

/// 99.9 % of a normal lies within this distance.
const Z_999: f64 = 3.290_526_731_491_926;

/// Draws the sectors, scores them and holds the signals against what was promised.
pub(super) fn run(global: &Global, options: &SimulateOptions) -> anyhow::Result<ExitCode> {
    let catalogue = operate::catalogue(global)?;
    let lines = simulate(options)?;
    let words = Words { catalogue: &catalogue, language: global.language.into() };
    words.print_lines(options, &lines);
    let is_kept = lines.iter().all(Line::is_kept);
    println!("\n{}", words.say(if is_kept { "SIMULATE_KEPT" } else { "SIMULATE_BROKEN" }, &[]));
    Ok(if is_kept { ExitCode::SUCCESS } else { ExitCode::from(exit::NOT_INTACT) })
}

fn simulate(options: &SimulateOptions) -> anyhow::Result<Vec<Line>> {
    let period = Period::year(2025).context("a year")?;
    let simulation = Simulation::new(options.organisations);
    // Ranks are no matter of false alarms.
    let settings = Settings { rank_draws: 0, ..Settings::default() };
    let bar = ProgressBar::new(options.sectors);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} ({elapsed}, {eta})")?);
    let mut lines = lines();
    for place in 0..options.sectors {
        let sector = simulation.sector(options.seed.wrapping_add(place), period, settings.clone());
        let mut alarms = Alarms::default();
        simulation.count(&score(&sector), &mut alarms);
        for line in &mut lines {
            line.add(&alarms);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(lines)
}

/// Whose signals are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Small,
    Large,
    Scores,
}

/// What was found at one level in one class, beside what was promised of it.
struct Line {
    class: Class,
    /// From so many standard deviations on.
    beyond: u8,
    found: FalseAlarms,
}

fn lines() -> Vec<Line> {
    let of = |class| [2, 3].map(|beyond| Line { class, beyond, found: FalseAlarms::default() });
    [Class::Small, Class::Large, Class::Scores].into_iter().flat_map(of).collect()
}

impl Line {
    /// Adds what was found in one sector.
    fn add(&mut self, alarms: &Alarms) {
        let levels = match self.class {
            Class::Small => alarms.small,
            Class::Large => alarms.large,
            Class::Scores => alarms.overall,
        };
        let one = if self.beyond == 2 { levels.attention } else { levels.elevated };
        self.found.found += one.found;
        self.found.tests += one.tests;
        self.found.expected += one.expected;
    }

    fn promised(&self) -> f64 {
        self.found.expected / self.found.tests
    }

    /// Between which shares so many independent tests lie with 99.9 % chance (method.md section 4). Tests of one sector
    /// share their fits and spread a little more: with very many sectors this band is strict.
    fn band(&self) -> (f64, f64) {
        let promised = self.promised();
        let width = Z_999 * (promised * (1.0 - promised) / self.found.tests).sqrt();
        ((promised - width).max(0.0), (promised + width).min(1.0))
    }

    /// Sums are held a little wide where they spread more than chance: fewer signals than promised are kept there too.
    fn is_kept(&self) -> bool {
        let (low, high) = self.band();
        let found = self.found.rate();
        self.found.tests == 0.0 || (found <= high && (found >= low || self.class == Class::Scores))
    }
}

impl Words<'_> {
    fn percentage(&self, share: f64) -> String {
        format!("{}%", self.language.number(100.0 * share, 3))
    }

    fn print_lines(&self, options: &SimulateOptions, lines: &[Line]) {
        let parameters = [
            ("sectors", options.sectors.to_string()),
            ("organisations", options.organisations.to_string()),
            ("seed", options.seed.to_string()),
        ];
        println!("{}\n", self.say("SIMULATE_OF", &parameters));
        for line in lines.iter().filter(|line| line.found.tests > 0.0) {
            let (low, high) = line.band();
            let class = match line.class {
                Class::Small => "SIMULATE_SMALL",
                Class::Large => "SIMULATE_LARGE",
                Class::Scores => "SIMULATE_SCORES",
            };
            let parameters = [
                ("class", self.say(class, &[])),
                ("beyond", line.beyond.to_string()),
                ("found", self.percentage(line.found.rate())),
                ("promised", self.percentage(line.promised())),
                ("low", self.percentage(low)),
                ("high", self.percentage(high)),
                ("tests", self.language.number(line.found.tests, 0)),
            ];
            println!(
                "{}",
                self.say(if line.is_kept() { "SIMULATE_LINE" } else { "SIMULATE_LINE_OUTSIDE" }, &parameters)
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_its_band_is_told() {
        let line = |found: f64, class| {
            let found = FalseAlarms { found, tests: 10_000.0, expected: 227.5 };
            Line { class, beyond: 2, found }
        };
        // 227.5 -+ 3.29 * sqrt(10 000 * 0.02275 * 0.97725) = 178.4 to 276.6.
        let (low, high) = line(0.0, Class::Small).band();
        assert!((low - 0.017_843).abs() < 1e-6 && (high - 0.027_657).abs() < 1e-6, "{low} {high}");
        let kept = |found, class| line(found, class).is_kept();
        assert_eq!([178.0, 179.0, 276.0, 277.0].map(|found| kept(found, Class::Large)), [false, true, true, false]);
        assert_eq!([0.0, 277.0].map(|found| kept(found, Class::Scores)), [true, false]);
    }

    #[test]
    fn each_line_takes_what_is_its_own() {
        let one = |found| FalseAlarms { found, tests: 10.0, expected: 1.0 };
        let of =
            |attention, elevated| crate::scoring::LevelAlarms { attention: one(attention), elevated: one(elevated) };
        let alarms = Alarms { small: of(1.0, 2.0), large: of(3.0, 4.0), overall: of(5.0, 6.0) };
        let mut lines = lines();
        for line in &mut lines {
            line.add(&alarms);
        }
        let found: Vec<f64> = lines.iter().map(|line| line.found.found).collect();
        assert_eq!(found, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }
}
