//! What no organisation sends and somebody will: files that are too large, too long or too wide in every way.
//!
//! Each is made while it is read and checked without a limit on its bytes. With `--check` it fails when a file is not
//! rejected with the code that is expected, or the whole takes 64 MiB.
//!
//! `cargo bench --no-default-features --bench giants -- --check`

use std::{
    fs,
    io::{self, Cursor, Read, Seek, SeekFrom, Write},
    path::Path,
    process::ExitCode,
    time::Instant,
};

use flate2::{Compression, write::GzEncoder};
use jiff::civil::date;
use kraamzicht::{
    catalogue::Catalogue,
    intake::{AnyOrganisation, CheckContext, Limits, NoSink, check},
};

const GIGABYTE: u64 = 1 << 30;
/// The header of the corpus's layout for staff, in which a rule wants a row for zzp of every organisation and period.
const STAFF: &str = "agb_code;verslagjaar;periode;contractvorm;functie;aantal_personen;fte;uren\r\n";
const HEADER: &str = "agb_code;verslagjaar;periode;indicator_code;teller;noemer;waarde;toelichting\r\n";

/// A beginning, and then a pattern for ever, up to a size.
struct Made {
    beginning: Vec<u8>,
    pattern: Vec<u8>,
    size: u64,
    position: u64,
}

impl Made {
    fn new(beginning: &str, pattern: &str, size: u64) -> Self {
        // A long pattern is copied in few pieces.
        let repeated = pattern.as_bytes().repeat((64 << 10) / pattern.len().max(1) + 1);
        Self { beginning: beginning.as_bytes().to_vec(), pattern: repeated, size, position: 0 }
    }
}

impl Read for Made {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size - self.position).unwrap_or(usize::MAX);
        let at = usize::try_from(self.position).unwrap_or(usize::MAX);
        let rest = match self.beginning.get(at..) {
            Some(rest) if !rest.is_empty() => rest,
            _ => self.pattern.get((at - self.beginning.len()) % self.pattern.len()..).unwrap_or_default(),
        };
        let count = rest.len().min(buffer.len()).min(left);
        buffer.iter_mut().zip(rest).take(count).for_each(|(to, from)| *to = *from);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Made {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = target(to, self.size, self.position)?;
        Ok(self.position)
    }
}

fn target(to: SeekFrom, size: u64, position: u64) -> io::Result<u64> {
    let target = match to {
        SeekFrom::Start(target) => Some(target),
        SeekFrom::End(offset) => size.checked_add_signed(offset),
        SeekFrom::Current(offset) => position.checked_add_signed(offset),
    };
    Ok(target.ok_or(io::ErrorKind::InvalidInput)?.min(size))
}

/// A header, and then rows that each are about another organisation and period.
struct Apart {
    header: &'static str,
    /// What stands behind code, year and period; as long in every row.
    rest: &'static str,
    rows: u64,
    position: u64,
}

impl Apart {
    fn new(header: &'static str, rest: &'static str, rows: u64) -> Self {
        Self { header, rest, rows, position: 0 }
    }

    /// The bytes of a row: `00000001;2024;2024-Q1;` and the rest.
    fn width(&self) -> u64 {
        22 + self.rest.len() as u64
    }

    fn size(&self) -> u64 {
        self.header.len() as u64 + self.rows * self.width()
    }
}

impl Read for Apart {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let above = self.header.len() as u64;
        let mut piece = Vec::new();
        let mut skipped = self.position;
        if self.position < above {
            piece.extend_from_slice(self.header.as_bytes());
        } else {
            let first = (self.position - above) / self.width();
            skipped = (self.position - above) % self.width();
            for row in first..self.rows.min(first + 1_000) {
                write!(piece, "{:08};2024;2024-Q{};{}", row / 4, row % 4 + 1, self.rest)?;
            }
        }
        let piece = piece.get(usize::try_from(skipped).unwrap_or(usize::MAX)..).unwrap_or_default();
        let count = piece.len().min(buffer.len());
        buffer.iter_mut().zip(piece).take(count).for_each(|(to, from)| *to = *from);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Apart {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = target(to, self.size(), self.position)?;
        Ok(self.position)
    }
}

trait Source: Read + Seek {}
impl<T: Read + Seek> Source for T {}

/// What it is called here, what it calls itself, the finding that it must have, and its bytes.
type Case<'c> = (&'c str, &'c str, &'c str, Box<dyn Source>);

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let must_hold = std::env::args().any(|argument| argument == "--check");
    let catalogue = corpus_catalogue()?;
    let mut holds = true;
    let row = "00990001;2024;2024;KZ001;412;430;95,8;\r\n";
    let with_header = |pattern: &str, size| Made::new(HEADER, pattern, size);
    let quoted = format!("{HEADER}\"");
    let cases: Vec<Case<'_>> = vec![
        ("one line", "a.csv", "file.record_too_long", Box::new(Made::new("", "x", GIGABYTE))),
        ("one line below a header", "a.csv", "file.record_too_long", Box::new(with_header("x", GIGABYTE))),
        ("one open quote", "a.csv", "row.unclosed_quote", Box::new(Made::new("\"", "x;\r\n", GIGABYTE))),
        ("one open quote in a row", "a.csv", "row.unclosed_quote", Box::new(Made::new(&quoted, "x", GIGABYTE))),
        ("an open quote in each row", "a.csv", "row.unclosed_quote", Box::new(with_header("\"x\r\n", GIGABYTE / 8))),
        ("only quotes", "a.csv", "file.record_too_long", Box::new(Made::new("\"", "\"\"", GIGABYTE / 8))),
        ("only delimiters", "a.csv", "file.record_too_long", Box::new(with_header(";", GIGABYTE / 8))),
        ("only line ends", "a.csv", "file.no_rows", Box::new(with_header("\n", GIGABYTE / 8))),
        ("ten million rows", "a.csv", "file.too_large", Box::new(with_header(row, 40 * 10_000_000))),
        ("ten million short rows", "a.csv", "row.ragged", Box::new(with_header("a;b\n", 4 * 10_000_000))),
        (
            "a million columns",
            "a.csv",
            "structure.too_many_columns",
            Box::new(Made::new(HEADER.trim_end(), ";kolom", 6_000_000)),
        ),
        ("a bomb", "a.csv.gz", "file.too_large", Box::new(Cursor::new(bomb(HEADER.as_bytes())?))),
        ("a bomb that calls itself CSV", "a.csv", "file.too_large", Box::new(Cursor::new(bomb(HEADER.as_bytes())?))),
    ];
    let embedded = Catalogue::embedded()?;
    let staff = |rows| Box::new(Apart::new(STAFF, "loondienst;kraamverzorgende;5;4,0;1500,0\r\n", rows));
    // A rule that compares rows of an organisation and period with one another.
    let compared = Box::new(Apart::new(HEADER, "KZ07A;100;430;;\r\n", 10_000_000));
    let (large, lacking) = ("file.too_large", "rule.category_absent");
    let apart: [(Case<'_>, _, _); 3] = [
        (("ten million organisations", "a.csv", large, staff(10_000_000)), &catalogue, None),
        (("a million, and one row too many", "a.csv", lacking, staff(1_000_001)), &catalogue, None),
        (("ten million that are compared", "a.csv", large, compared), &embedded, None),
    ];
    let cases = cases.into_iter().map(|case| (case, &catalogue, Some("indicator"))).chain(apart);
    for ((name, file_name, code, source), catalogue, dataset) in cases {
        let usual = CheckContext::new(date(2025, 2, 1), dataset, &AnyOrganisation);
        let limits = Limits { bytes: u64::MAX, ..Limits::default() };
        let context = CheckContext { file_name: Some(file_name), limits, ..usual };
        let before = Instant::now();
        let report = check(source, catalogue, &context, &mut NoSink)?;
        let codes: Vec<_> = report.findings.iter().map(|finding| (finding.code.as_str(), finding.count)).collect();
        let is_right = codes.iter().any(|(found, _)| *found == code) && !report.is_accepted() && report.rows.add_up();
        holds &= is_right;
        let seconds = before.elapsed().as_secs_f64();
        let memory = peak_memory()?;
        let mark = if is_right { "" } else { "  NOT RIGHT" };
        println!("{name:30} {seconds:6.2} s, {memory} KiB so far, {} rows, {codes:?}{mark}", report.rows.read);
    }
    holds &= peak_memory()? < 65_536;
    Ok(if holds || !must_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A gigabyte of delimiters, packed a thousandfold.
fn bomb(beginning: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(beginning)?;
    let piece = vec![b';'; 1 << 16];
    for _ in 0..GIGABYTE >> 16 {
        encoder.write_all(&piece)?;
    }
    encoder.finish()
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

/// The most memory this process ever had, in KiB.
fn peak_memory() -> Result<u64, Box<dyn std::error::Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
