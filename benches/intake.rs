//! What a check costs beside the least that any reader of CSV must do.
//!
//! Writes indicator files of a million rows and compares processor time: a pass of the csv crate over byte records, the
//! whole check of the clean file, and the check of a file in which every row is wrong. With `--check` it fails when
//! the check of the clean file takes more than three times the pass, the wrong file more than three times the clean one,
//! or the whole more than 64 MiB.
//!
//! `cargo bench --no-default-features --bench intake -- --check`

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
    process::ExitCode,
};

use jiff::civil::date;
use kraamzicht::{
    catalogue::Catalogue,
    intake::{AllowedOrganisations, CheckContext, NoSink, check},
};

const ROWS: u32 = 1_000_000;
const INDICATORS: u32 = 10;
const YEARS: [i16; 2] = [2023, 2024];
const PERIODS: u32 = 5;
const RUNS: usize = 7;

/// Every code that the clean file names.
struct Everyone;

impl AllowedOrganisations for Everyone {
    fn allows(&self, code: kraamzicht::domain::AgbCode) -> bool {
        (40_000_000..41_000_000).contains(&code.number())
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let must_hold = std::env::args().any(|argument| argument == "--check");
    let folder = tempfile::tempdir()?;
    let clean = folder.path().join("clean.csv");
    let wrong = folder.path().join("wrong.csv");
    write_rows(&clean, false)?;
    write_rows(&wrong, true)?;
    let catalogue = corpus_catalogue()?;

    let pass = best_of(|| count_byte_records(&clean))?;
    let checked = best_of(|| check_file(&clean, &catalogue, true))?;
    let rejected = best_of(|| check_file(&wrong, &catalogue, false))?;
    let memory = peak_memory()?;
    let megabytes = fs::metadata(&clean)?.len() as f64 / 1e6;

    println!("{ROWS} rows, {megabytes:.1} MB; processor seconds, best of {RUNS}");
    println!("csv byte records      {pass:.3}");
    println!("check, clean          {checked:.3}  {:.2} x the pass (at most 3)", checked / pass);
    println!("check, all rows wrong {rejected:.3}  {:.2} x clean (at most 3)", rejected / checked);
    println!("peak memory           {memory} KiB (at most 65536)");
    let holds = checked <= 3.0 * pass && rejected <= 3.0 * checked && memory < 65_536;
    Ok(if holds || !must_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A file of unique rows in the order of a register: organisation, year, period, indicator. In the wrong one every row
/// names an indicator that does not exist.
fn write_rows(path: &Path, is_wrong: bool) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    write!(file, "agb_code;verslagjaar;periode;indicator_code;teller;noemer;waarde;toelichting\r\n")?;
    for row in 0..ROWS {
        let indicator = row % INDICATORS + 1;
        let period = row / INDICATORS % PERIODS;
        let year = if (row / (INDICATORS * PERIODS)).is_multiple_of(2) { YEARS[0] } else { YEARS[1] };
        let agb = 40_000_000 + row / (INDICATORS * PERIODS * 2);
        let denominator = 37 + row.wrapping_mul(2_654_435_761) % 900;
        let numerator = row.wrapping_mul(40_503) % (denominator + 1);
        let tenths = (2000 * numerator + denominator) / (2 * denominator);
        let (percent, tenth) = (tenths / 10, tenths % 10);
        let code = if is_wrong { "XX" } else { "KZ" };
        let note = if row % 10 == 3 { "kleine groep dit jaar" } else { "" };
        write!(file, "{agb};{year};{year}")?;
        if period > 0 {
            write!(file, "-Q{period}")?;
        }
        write!(file, ";{code}{indicator:03};{numerator};{denominator};{percent},{tenth};{note}\r\n")?;
    }
    file.flush()
}

fn count_byte_records(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_path(path)?;
    let mut record = csv::ByteRecord::new();
    let mut rows = 0_u32;
    while reader.read_byte_record(&mut record)? {
        rows += 1;
    }
    if rows == ROWS { Ok(()) } else { Err(format!("{rows} rows").into()) }
}

fn check_file(path: &Path, catalogue: &Catalogue, is_clean: bool) -> Result<(), Box<dyn std::error::Error>> {
    let context = CheckContext::new(date(2025, 2, 1), Some("indicator"), &Everyone);
    let report = check(File::open(path)?, catalogue, &context, &mut NoSink)?;
    let expected = if is_clean { report.rows.accepted } else { report.rows.rejected };
    let is_right =
        report.rows.read == u64::from(ROWS) && expected == u64::from(ROWS) && report.findings.is_empty() == is_clean;
    if is_right {
        Ok(())
    } else {
        Err(format!("{:?} {:?}", report.rows, report.findings.first().map(|finding| &finding.message)).into())
    }
}

fn corpus_catalogue() -> Result<Catalogue, Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus/catalogue");
    let mut files = std::collections::BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root)?.to_string_lossy().into_owned();
                files.insert(name, fs::read_to_string(&path)?);
            }
        }
    }
    Ok(Catalogue::load(&files)?)
}

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The least processor time of several runs: the others were disturbed.
fn best_of(work: impl Fn() -> Outcome) -> Result<f64, Box<dyn std::error::Error>> {
    let mut best = f64::INFINITY;
    for _ in 0..RUNS {
        let before = processor_seconds()?;
        work()?;
        best = best.min(processor_seconds()? - before);
    }
    Ok(best)
}

/// Processor time of this process on all its threads, in seconds: nanoseconds are only in schedstat.
fn processor_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    let text = fs::read_to_string("/proc/self/schedstat")?;
    let nanoseconds: f64 = text.split(' ').next().unwrap_or_default().parse()?;
    Ok(nanoseconds / 1e9)
}

/// The most memory this process ever had, in KiB.
fn peak_memory() -> Result<u64, Box<dyn std::error::Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
