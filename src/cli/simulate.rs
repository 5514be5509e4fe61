//! `simulate`: sectors without anything to find, and how many signals the engine gives of them.

use std::process::ExitCode;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    arguments::{Global, SimulateOptions},
    exit, operate,
};
use crate::{
    catalogue::Catalogue,
    domain::{Language, Period},
    scoring::{Alarms, FalseAlarms, Settings, Simulation, score},
};

/// 99.9 % of a normal lies within this distance.
const Z_999: f64 = 3.290_526_731_491_926;

/// Draws the sectors, scores them and holds the signals against what was promised.
pub(super) fn run(global: &Global, options: &SimulateOptions) -> anyhow::Result<ExitCode> {
    let catalogue = operate::catalogue(global)?;
    let alarms = simulate(options)?;
    let words = Words { catalogue: &catalogue, language: global.language.into() };
    let lines = lines(&alarms);
    words.print(options, &lines);
    let is_kept = lines.iter().all(Line::is_kept);
    println!("\n{}", words.say(if is_kept { "SIMULATE_KEPT" } else { "SIMULATE_BROKEN" }, &[]));
    Ok(if is_kept { ExitCode::SUCCESS } else { ExitCode::from(exit::NOT_INTACT) })
}

fn simulate(options: &SimulateOptions) -> anyhow::Result<Alarms> {
    let period = Period::year(2025).context("a year")?;
    let simulation = Simulation::new(options.organisations);
    // Ranks are no matter of false alarms.
    let settings = Settings { rank_draws: 0, ..Settings::default() };
    let bar = ProgressBar::new(options.sectors);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} ({elapsed}, {eta})")?);
    let mut alarms = Alarms::default();
    for place in 0..options.sectors {
        let sector = simulation.sector(options.seed.wrapping_add(place), period, settings.clone());
        simulation.count(&score(&sector), &mut alarms);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(alarms)
}

/// What was found at one level in one class, beside what was promised of it.
struct Line {
    class: &'static str,
    /// From so many standard deviations on.
    beyond: u8,
    found: FalseAlarms,
    /// Whether fewer than promised are kept too: sums are held a little wide where they spread more than chance.
    may_be_fewer: bool,
}

impl Line {
    fn promised(&self) -> f64 {
        self.found.expected / self.found.tests
    }

    /// Between which shares so many tests lie with 99.9 % chance, were they independent.
    fn band(&self) -> (f64, f64) {
        let promised = self.promised();
        let width = Z_999 * (promised * (1.0 - promised) / self.found.tests).sqrt();
        ((promised - width).max(0.0), (promised + width).min(1.0))
    }

    fn is_kept(&self) -> bool {
        self.found.tests == 0.0
            || self.found.is_as_promised()
            || (self.may_be_fewer && self.found.rate() < self.promised())
    }
}

fn lines(alarms: &Alarms) -> Vec<Line> {
    let classes =
        [("SIMULATE_SMALL", alarms.small), ("SIMULATE_LARGE", alarms.large), ("SIMULATE_SCORES", alarms.overall)];
    let of = |(class, levels): (&'static str, crate::scoring::LevelAlarms)| {
        let may_be_fewer = class == "SIMULATE_SCORES";
        [
            Line { class, beyond: 2, found: levels.attention, may_be_fewer },
            Line { class, beyond: 3, found: levels.elevated, may_be_fewer },
        ]
    };
    classes.into_iter().flat_map(of).collect()
}

/// Says it in a language.
struct Words<'a> {
    catalogue: &'a Catalogue,
    language: Language,
}

impl Words<'_> {
    fn say(&self, code: &str, parameters: &[(&str, String)]) -> String {
        self.catalogue.message(code, parameters).get(self.language).to_owned()
    }

    fn percentage(&self, share: f64) -> String {
        format!("{}%", self.language.number(100.0 * share, 3))
    }

    fn print(&self, options: &SimulateOptions, lines: &[Line]) {
        let parameters = [
            ("sectors", options.sectors.to_string()),
            ("organisations", options.organisations.to_string()),
            ("seed", options.seed.to_string()),
        ];
        println!("{}\n", self.say("SIMULATE_OF", &parameters));
        for line in lines.iter().filter(|line| line.found.tests > 0.0) {
            let (low, high) = line.band();
            let parameters = [
                ("class", self.say(line.class, &[])),
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
