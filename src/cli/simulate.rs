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
    stats::Table,
};

/// Draws the sectors, scores them and holds the signals against what was promised.
pub(super) fn run(global: &Global, options: &SimulateOptions) -> anyhow::Result<ExitCode> {
    let catalogue = operate::catalogue(global)?;
    let lines = simulate(options)?;
    let words = Words { catalogue: &catalogue, language: global.language.into() };
    words.print_lines(options, &lines);
    let is_kept = |basis| lines.iter().filter(|line| line.basis == basis).all(Line::is_kept);
    let (verdict, code) = match (is_kept(Basis::Known), is_kept(Basis::Estimated)) {
        (true, true) => ("SIMULATE_KEPT", ExitCode::SUCCESS),
        (true, false) => ("SIMULATE_ESTIMATE_COSTS", ExitCode::from(exit::NOT_INTACT)),
        (false, _) => ("SIMULATE_BROKEN", ExitCode::from(exit::NOT_INTACT)),
    };
    println!("\n{}", words.say(verdict, &[]));
    Ok(code)
}

fn simulate(options: &SimulateOptions) -> anyhow::Result<Vec<Line>> {
    let period = Period::year(2025).context("a year")?;
    let simulation = Simulation::new(options.organisations);
    // Ranks are no matter of false alarms.
    let settings = Settings { rank_draws: 0, ..Settings::default() };
    let bar = ProgressBar::new(options.sectors);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} ({elapsed}, {eta})")?);
    let (mut lines, mut table) = (lines(), Table::default());
    for place in 0..options.sectors {
        let sector = simulation.sector(options.seed.wrapping_add(place), period, settings.clone());
        let (mut known, mut estimated) = (Alarms::default(), Alarms::default());
        simulation.count_known(&sector, &mut table, &mut known);
        simulation.count(&score(&sector), &mut estimated);
        for line in &mut lines {
            line.add(if line.basis == Basis::Known { &known } else { &estimated });
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(lines)
}

/// What the figures are held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Basis {
    /// What they were drawn from.
    Known,
    /// What a run makes of them.
    Estimated,
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
    basis: Basis,
    class: Class,
    /// From so many standard deviations on.
    beyond: u8,
    found: FalseAlarms,
}

fn lines() -> Vec<Line> {
    let of = |(basis, class)| [2, 3].map(|beyond| Line { basis, class, beyond, found: FalseAlarms::default() });
    let known = [Class::Small, Class::Large].map(|class| (Basis::Known, class));
    let estimated = [Class::Small, Class::Large, Class::Scores].map(|class| (Basis::Estimated, class));
    known.into_iter().chain(estimated).flat_map(of).collect()
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

    /// Within the band of chance. Tests of one sector share their fits, which are uncertain themselves: with many sectors that
    /// is strict. Sums are held a little wide where they spread more than chance: fewer than promised are kept there too.
    fn is_kept(&self) -> bool {
        let (_, high) = self.found.band(self.found.promised());
        self.found.tests == 0.0
            || self.found.is_as_promised()
            || (self.class == Class::Scores && self.found.rate() <= high)
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
        for (basis, heading) in [(Basis::Known, "SIMULATE_KNOWN"), (Basis::Estimated, "SIMULATE_ESTIMATED")] {
            println!("{}", self.say(heading, &[]));
            for line in lines.iter().filter(|line| line.basis == basis && line.found.tests > 0.0) {
                self.print_line(line);
            }
        }
    }

    fn print_line(&self, line: &Line) {
        let promised = line.found.promised();
        let (low, high) = line.found.band(promised);
        let class = match line.class {
            Class::Small => "SIMULATE_SMALL",
            Class::Large => "SIMULATE_LARGE",
            Class::Scores => "SIMULATE_SCORES",
        };
        let parameters = [
            ("class", self.say(class, &[])),
            ("beyond", line.beyond.to_string()),
            ("found", self.percentage(line.found.rate())),
            ("promised", self.percentage(promised)),
            ("low", self.percentage(low)),
            ("high", self.percentage(high)),
            ("tests", self.language.number(line.found.tests, 0)),
        ];
        println!("{}", self.say(if line.is_kept() { "SIMULATE_LINE" } else { "SIMULATE_LINE_OUTSIDE" }, &parameters));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_its_band_is_told() {
        let line = |found: f64, class| {
            let found = FalseAlarms { found, tests: 10_000.0, expected: 227.5 };
            Line { basis: Basis::Estimated, class, beyond: 2, found }
        };
        // 227.5 -+ 3.29 * sqrt(10 000 * 0.02275 * 0.97725) = 178.4 to 276.6.
        let (low, high) = line(0.0, Class::Small).found.band(0.022_75);
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
        assert_eq!(found, [1.0, 2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }
}
