//! How long scoring takes: 200 organisations and 40 measures, of one period and of twelve (24 proportions with n from
//! 20 to 4000, 4 shares, 8 means, 4 rules); and 55 000 organisations, 60 measures, 24 periods, as columns (40
//! proportions, 20 values; sizes log-normal around 60, at most 4 000), on one thread and on more.
//! `cargo bench --no-default-features --bench scoring`; with `-- --check` it fails above 10 ms and 100 ms by the clock
//! on two cores, and 4 s on two cores of processor time within 2 GiB; with `-- --small` it leaves the large sector out.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench prints, and stops at what cannot be")]

use std::{
    hint::black_box,
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use kraamzicht::{
    catalogue::IndicatorKind,
    domain::{AgbCode, Direction, Observation, OrganisationKind, Period},
    scoring::{DataInputs, Measure, Member, Sector, Settings, judge_proportions, judge_values, score_periods},
    stats::{Draws, Measured, Table, Trials},
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ORGANISATIONS: u32 = 200;
const MEASURES: u32 = 40;
const PERIODS: u16 = 12;
/// How many values are scored before the processor is asked how long it took: it counts in hundredths of a second, and what
/// starts cold is not to weigh.
const REPEATED_VALUES: f64 = 4_800_000.0;
/// What one period, twelve of them and the large sector may take.
const BUDGETS: [Duration; 3] = [Duration::from_millis(10), Duration::from_millis(100), Duration::from_secs(4)];
/// What all of it may take, in KiB.
const MEMORY: u64 = 2 * 1_024 * 1_024;

fn main() -> ExitCode {
    let has = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    let year =
        |back| Period::year(2025).and_then(|last| last.years_earlier(back).ok_or(kraamzicht::domain::PeriodError));
    let mut over = Vec::new();
    let mut small = Vec::new();
    for (periods, budget) in [(1, BUDGETS[0]), (PERIODS, BUDGETS[1])] {
        let back = i16::try_from(periods).expect("a few");
        let asked: Vec<Period> = (0..back).map(|back| year(back).expect("a year")).collect();
        let sector = sector(back);
        let values = f64::from(ORGANISATIONS * MEASURES) * f64::from(periods);
        let (wall, spent) = times(&sector, &asked, (REPEATED_VALUES / values).ceil());
        // By the value, what the processor spent; how long it takes is what the clock says, at best where others use the
        // machine as well.
        let time = spent.unwrap_or(wall);
        small.push(time.as_secs_f64() * 1e9 / values);
        println!(
            "{ORGANISATIONS} x {MEASURES} x {periods}: {} of processor on average, {:.2} ms by the clock at best, {:.0} ns a value",
            spent.map_or("unknown ms".to_owned(), |spent| format!("{:.2} ms", spent.as_secs_f64() * 1e3)),
            wall.as_secs_f64() * 1e3,
            time.as_secs_f64() * 1e9 / values
        );
        if wall > budget {
            over.push(format!("{periods} periods: over {} ms by the clock", budget.as_millis()));
        }
    }
    if !has("--small") {
        large(small.first().copied().unwrap_or_default(), &mut over);
    }
    for line in &over {
        println!("{line}");
    }
    if has("--check") && !over.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// The shortest of some runs by the clock, and what a run takes of the processor on average.
fn times(sector: &Sector, periods: &[Period], repeats: f64) -> (Duration, Option<Duration>) {
    let once = || {
        let start = Instant::now();
        let outcomes = score_periods(black_box(sector), periods);
        // Whoever scores does something with what comes out: letting it go again is not scoring.
        let elapsed = start.elapsed();
        drop(black_box(outcomes));
        elapsed
    };
    let before = cpu_seconds();
    let mut shortest = once();
    let mut runs = 1.0;
    while runs < repeats {
        shortest = shortest.min(once());
        runs += 1.0;
    }
    let spent = cpu_seconds().zip(before).map(|(after, before)| Duration::from_secs_f64((after - before) / runs));
    (shortest, spent)
}

const LARGE_ORGANISATIONS: usize = 55_000;
const LARGE_MEASURES: usize = 60;
const LARGE_PERIODS: usize = 24;

/// The large sector: the same digest whatever the number of threads.
fn large(small: f64, over: &mut Vec<String>) {
    let columns = LARGE_MEASURES * LARGE_PERIODS;
    let sizes = sizes();
    let part = LARGE_MEASURES;
    let digests: Vec<u64> = [1, 2, 3].map(|threads| judge_all(&sizes, part, threads)).to_vec();
    if digests.iter().any(|digest| Some(digest) != digests.first()) {
        over.push("the number of threads changes the outcome".to_owned());
    }
    let (wall, cpu) = (Instant::now(), cpu_seconds());
    let digest = judge_all(&sizes, columns, 2);
    let (wall, cpu) = (wall.elapsed(), cpu_seconds().zip(cpu).map(|(after, before)| after - before));
    let values = (columns * LARGE_ORGANISATIONS) as f64;
    let each = wall.as_secs_f64() * 1e9 / values;
    println!(
        "{LARGE_ORGANISATIONS} x {LARGE_MEASURES} x {LARGE_PERIODS} = {:.1} million values, 2 threads: {:.2} s, {each:.0} ns a value, digest {digest:016x}",
        values / 1e6,
        wall.as_secs_f64()
    );
    let spent = cpu.map_or(wall, |cpu| Duration::from_secs_f64(0.5 * cpu));
    if let Some(cpu) = cpu {
        println!(
            "  {cpu:.2} s of processor: {:.2} s on each of two cores; {:.0} ns a value on one, {small:.0} for the small sector",
            0.5 * cpu,
            cpu * 1e9 / values
        );
    }
    if spent > BUDGETS[2] {
        over.push(format!("the large sector: over {} s on two cores", BUDGETS[2].as_secs()));
    }
    if let Some(peak) = peak_memory() {
        println!("  at most {} MiB in memory", peak / 1_024);
        if peak > MEMORY {
            over.push("the large sector: over 2 GiB".to_owned());
        }
    }
}

/// Judges the first so many columns, each on one thread, and adds up what comes out in a way that order does not
/// change.
fn judge_all(sizes: &[u32], columns: usize, threads: u64) -> u64 {
    let (next, digest) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut work = Work::default();
                loop {
                    let column = next.fetch_add(1, Ordering::Relaxed);
                    if column >= columns as u64 {
                        break;
                    }
                    digest.fetch_add(work.judge(sizes, column), Ordering::Relaxed);
                }
            });
        }
    });
    digest.into_inner()
}

#[derive(Default)]
struct Work {
    table: Table,
    counts: Vec<Trials>,
    values: Vec<Measured>,
}

impl Work {
    fn judge(&mut self, sizes: &[u32], column: u64) -> u64 {
        let draws = Draws::new(2_025, column);
        let centre = 0.55 + 0.01 * (column % 40) as f64;
        let judged = if column % 60 < 40 {
            self.counts.clear();
            self.counts.extend(sizes.iter().zip(0..).map(|(size, place)| proportion(*size, centre, draws.bits(place))));
            judge_proportions(&self.counts, Direction::HigherIsBetter, &mut self.table)
        } else {
            self.values.clear();
            self.values.extend(sizes.iter().zip(0..).map(|(size, place)| {
                let spread = (0.04 + 1.5 / f64::from(*size)).sqrt();
                Measured { value: 8.0 + spread * about_normal(draws.bits(place)), variance: 1.5 / f64::from(*size) }
            }));
            judge_values(&self.values, Direction::LowerIsBetter)
        };
        let judged = judged.expect("a fit");
        let mix = |digest: u64, number: f64| digest.rotate_left(5).wrapping_add(number.to_bits());
        judged.r.into_iter().fold(mix(column, judged.centre.dispersion), mix)
    }
}

/// Normal enough to be generated at no cost: the sum of four uniforms.
fn about_normal(bits: u64) -> f64 {
    let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xffff).sum();
    (sum as f64 - 131_070.0) / 37_837.0
}

fn proportion(size: u32, centre: f64, bits: u64) -> Trials {
    let n = f64::from(size);
    let spread = (centre * (1.0 - centre) * (1.0 / n + 0.02)).sqrt();
    let share = (centre + spread * about_normal(bits)).clamp(0.0, 1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the size")]
    let events = (share * n).round() as u64;
    Trials { events, trials: u64::from(size) }
}

fn sizes() -> Vec<u32> {
    let draws = Draws::new(55, 0);
    let size = |place| (60.0 * (1.1 * draws.normal(place)).exp()).clamp(5.0, 4_000.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 5 and 4 000")]
    (0..LARGE_ORGANISATIONS as u64).map(|place| size(place) as u32).collect()
}

/// What this process has used of the processors, where the system says so.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    // In hundredths of a second on every Linux there is.
    Some((fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?) / 100.0)
}

/// The most memory this process has had, in KiB, where the system says so.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

/// Repeatable draws, one after the other.
struct Sequence(Draws, u64);

impl Sequence {
    fn uniform(&mut self) -> f64 {
        self.1 += 1;
        self.0.uniform(self.1)
    }

    fn normal(&mut self) -> f64 {
        self.1 += 1;
        self.0.normal(self.1)
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
    let mut draws = Sequence(Draws::new(2_025, 0), 0);
    let period = Period::year(2025).expect("a year");
    let members: Vec<Member> = (0..ORGANISATIONS)
        .map(|number| Member {
            agb_code: format!("{:08}", 33_000_000 + number).parse().expect("eight digits"),
            kind: if number % 5 == 4 { OrganisationKind::Cooperative } else { OrganisationKind::Organisation },
        })
        .collect();
    let measures: Vec<Measure> = (0..MEASURES)
        .map(|number| Measure {
            code: format!("M{number:02}").into(),
            theme: format!("T{}", number % 6).into(),
            kind: kind(number),
            direction: if number % 2 == 0 { Direction::HigherIsBetter } else { Direction::LowerIsBetter },
            weight: 1.0,
            factor: 100.0,
            points_when_absent: 2.0,
            hours_per_unit: 1_000.0,
            presumed_deviation: None,
            derived: None,
            norm: None,
            is_mandatory: false,
            is_voluntary: false,
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
    let themes = (0..6).map(|number| format!("T{number}").into()).collect();
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

fn observation(agb_code: AgbCode, period: Period, number: u32, clients: f64, draws: &mut Sequence) -> Observation {
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
