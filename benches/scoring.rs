//! How long a run takes: 200 organisations, 40 measures (24 proportions with n from 20 to 4000, 4 shares, 8 means,
//! 4 rules). `cargo bench --no-default-features --bench scoring`; with `-- --check` it fails above 10 ms a period.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench prints, and stops at what cannot be")]

use std::{
    hint::black_box,
    process::ExitCode,
    time::{Duration, Instant},
};

use kraamzicht::{
    catalogue::IndicatorKind,
    domain::{AgbCode, Direction, Observation, OrganisationKind, Period},
    scoring::{DataInputs, Measure, Member, Sector, Settings, score},
};

const ORGANISATIONS: u32 = 200;
const MEASURES: u32 = 40;
const BUDGET: Duration = Duration::from_millis(10);
const REPEATS: usize = 40;

fn main() -> ExitCode {
    let alone = best(&sector(1));
    let with_history = best(&sector(4));
    let values = f64::from(ORGANISATIONS * MEASURES);
    for (what, time, periods) in [("one period", alone, 1.0), ("with 3 before it", with_history, 4.0)] {
        let each = time.as_secs_f64() * 1e9 / (values * periods);
        println!("{ORGANISATIONS} x {MEASURES}, {what}: {:.2} ms, {each:.0} ns a value", time.as_secs_f64() * 1e3);
    }
    let checked = std::env::args().any(|argument| argument == "--check");
    if checked && alone > BUDGET {
        println!("over the budget of {} ms", BUDGET.as_millis());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// The shortest of some runs: what the machine can do when nobody else has it.
fn best(sector: &Sector) -> Duration {
    let once = || {
        let start = Instant::now();
        black_box(score(black_box(sector)));
        start.elapsed()
    };
    (0..REPEATS).map(|_| once()).min().unwrap_or_default()
}

/// Repeatable draws (Steele, Lea and Flood, `SplitMix64`).
struct Draws(u64);

impl Draws {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    /// From `low` to `high`, evenly over orders of magnitude.
    fn size(&mut self, low: f64, high: f64) -> f64 {
        (low * (high / low).powf(self.uniform())).round()
    }
}

fn kind(measure: u32) -> IndicatorKind {
    match measure {
        0..24 => IndicatorKind::Proportion,
        24..28 => IndicatorKind::Share,
        28..36 => IndicatorKind::Mean,
        _ => IndicatorKind::Rule,
    }
}

fn sector(periods: i16) -> Sector {
    let mut draws = Draws(2025);
    let period = Period::year(2025).expect("a year");
    let members: Vec<Member> = (0..ORGANISATIONS)
        .map(|number| Member {
            agb_code: format!("{:08}", 33_000_000 + number).parse().expect("eight digits"),
            kind: if number % 5 == 4 { OrganisationKind::Cooperative } else { OrganisationKind::Organisation },
        })
        .collect();
    let measures: Vec<Measure> = (0..MEASURES)
        .map(|number| Measure {
            code: format!("M{number:02}"),
            theme: format!("T{}", number % 6),
            kind: kind(number),
            direction: if number % 2 == 0 { Direction::HigherIsBetter } else { Direction::LowerIsBetter },
            weight: 1.0,
            factor: 100.0,
            points_when_absent: 2.0,
            hours_per_unit: 1_000.0,
            derived: None,
            norm: None,
            is_mandatory: false,
        })
        .collect();
    let mut observations = Vec::new();
    for back in 0..periods {
        let when = period.years_earlier(back).expect("a year");
        for member in &members {
            // One size per organisation and period; each measure covers its own part of the clients.
            let clients = draws.size(20.0, 4_000.0);
            for number in 0..MEASURES {
                observations.push(observation(member.agb_code, when, number, clients, &mut draws));
            }
        }
    }
    let themes = (0..6).map(|number| format!("T{number}")).collect();
    Sector {
        period,
        measures,
        themes,
        members,
        observations,
        overrides: Vec::new(),
        is_due: true,
        data: DataInputs::default(),
        seed: 2_025,
        settings: Settings::default(),
    }
}

fn observation(agb_code: AgbCode, period: Period, number: u32, clients: f64, draws: &mut Draws) -> Observation {
    let centre = 0.6 + 0.015 * f64::from(number % 24);
    let share = (centre + 0.08 * draws.normal()).clamp(0.0, 1.0);
    let asked = (clients * (0.7 + 0.3 * draws.uniform())).round().max(20.0);
    let mut observation = Observation {
        agb_code,
        period,
        indicator: format!("M{number:02}"),
        numerator: Some((share * asked).round()),
        denominator: Some(asked),
        value: None,
        standard_deviation: None,
        units: None,
        missing: None,
    };
    match kind(number) {
        IndicatorKind::Share => {
            observation.numerator = Some(share * asked * 45.0);
            observation.denominator = Some(asked * 45.0);
            observation.units = Some((asked / 20.0).ceil());
        }
        IndicatorKind::Mean => {
            observation.numerator = None;
            observation.value = Some(8.0 + 0.4 * draws.normal());
            observation.standard_deviation = Some(1.0 + draws.uniform());
        }
        IndicatorKind::Rule => {
            observation.numerator = Some(f64::from(u8::from(draws.uniform() < 0.95)));
            observation.denominator = Some(1.0);
        }
        IndicatorKind::Proportion | IndicatorKind::LogMean | IndicatorKind::Rate => {}
    }
    observation
}
