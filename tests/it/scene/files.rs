//! The files that organisations send.

use std::fmt::Write as _;

/// The year that the files are about unless they say otherwise.
pub(crate) const PERIOD: &str = "2025";

/// The first line of an indicator file.
const HEADER: &str = "agb_code;verslagjaar;periode;indicator_code;teller;noemer;waarde;toelichting\r\n";

/// Indicators that take a numerator out of a denominator of clients, with an ordinary share in percent.
const ORDINARY: [(&str, u32); 10] = [
    ("KZ01", 90),
    ("KZ02", 95),
    ("KZ04B", 80),
    ("KZ04D", 85),
    ("KZ06", 93),
    ("KZ07A", 20),
    ("KZ07B", 8),
    ("KZ18", 78),
    ("KZ19", 70),
    ("KZ22", 100),
];

/// A file with indicators of one organisation, put together row by row.
#[derive(Clone, Debug)]
pub(crate) struct Indicators {
    agb_code: String,
    rows: String,
}

impl Indicators {
    /// A file without rows.
    pub(crate) fn of(agb_code: &str) -> Self {
        Self { agb_code: agb_code.to_owned(), rows: String::new() }
    }

    /// A whole file with ordinary numbers; `place` makes those of one organisation differ from another's.
    pub(crate) fn ordinary(agb_code: &str, period: &str, place: u32) -> Self {
        let mut file = Self::of(agb_code);
        for (step, (code, percent)) in (0_u32..).zip(ORDINARY) {
            let (numerator, denominator) = match code {
                "KZ19" => ((place + step) % 3 + 5, 10),
                "KZ22" => (1, 1),
                _ => {
                    let denominator = 400 + place * 3;
                    let swing = (place * 7 + step * 5) % 9;
                    ((denominator * percent / 100 + swing).saturating_sub(4).min(denominator), denominator)
                }
            };
            file = file.row(period, code, &numerator.to_string(), &denominator.to_string());
        }
        file
    }

    /// With one more row; the value is left for the reader to work out.
    pub(crate) fn row(mut self, period: &str, indicator: &str, numerator: &str, denominator: &str) -> Self {
        let year = period.get(..4).unwrap();
        writeln!(self.rows, "{};{year};{period};{indicator};{numerator};{denominator};;\r", self.agb_code).unwrap();
        self
    }

    /// With the counts of `indicator` replaced.
    pub(crate) fn with(mut self, indicator: &str, numerator: u32, denominator: u32) -> Self {
        let changed: Vec<String> = self
            .rows
            .lines()
            .map(|line| {
                let mut cells: Vec<String> = line.split(';').map(str::to_owned).collect();
                if cells[3] == indicator {
                    (cells[4], cells[5]) = (numerator.to_string(), denominator.to_string());
                }
                cells.join(";") + "\r\n"
            })
            .collect();
        self.rows = changed.concat();
        self
    }

    /// Without the row of `indicator`.
    pub(crate) fn without(mut self, indicator: &str) -> Self {
        let kept = self.rows.lines().filter(|line| line.split(';').nth(3) != Some(indicator));
        self.rows = kept.map(|line| line.to_owned() + "\r\n").collect();
        self
    }

    /// The bytes of the file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        format!("{HEADER}{}", self.rows).into_bytes()
    }
}
