//! One file of each further input, from a few organisations: to be looked at, too few to be compared.

use super::{
    csv::{Table, with_one_decimal},
    delivery::{Delivery, Expectation},
    sector::Participant,
};
use crate::domain::Instant;

/// The report year of these files.
const YEAR: i16 = 2025;

/// Which organisation, by size, sends what. Nothing is planted at any of them.
const SENDERS: [(usize, &str); 5] = [(10, "uren"), (11, "uren"), (11, "werkgebied"), (12, "werkgebied"), (26, "leren")];

/// The files, which are sent after all others, from `start` on.
pub(super) fn deliveries(participants: &[Participant], start: Instant) -> Vec<Delivery> {
    let of = |rank: usize| participants.iter().find(|one| one.rank == rank);
    let minutes = (1..).map(|minute| start.plus_seconds(60 * minute));
    let sent = SENDERS.into_iter().zip(minutes);
    sent.filter_map(|((rank, dataset), at)| Some(delivery(of(rank)?, dataset, at))).collect()
}

fn delivery(one: &Participant, dataset: &'static str, at: Instant) -> Delivery {
    let agb_code = one.organisation.agb_code;
    let families = one.families.last().copied().unwrap_or_default();
    let table = match dataset {
        "uren" => hours(families),
        "werkgebied" => area(one.rank, families),
        _ => learning(families),
    };
    let rows = table
        .rows
        .into_iter()
        .map(|row| [agb_code.to_string(), YEAR.to_string(), YEAR.to_string()].into_iter().chain(row).collect());
    let table = Table { header: table.header, rows: rows.collect() };
    Delivery {
        at,
        agb_code,
        dataset,
        year: YEAR,
        file_name: one.style.file_name(&agb_code.to_string(), dataset, YEAR),
        bytes: one.style.write(&table),
        expected: Expectation::Accepted,
        story: None,
    }
}

fn row(numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(u32::to_string).collect()
}

/// Of two hundred families one gets no care, of fifty one less than 24 hours; 46 hours indicated, 43.5 given.
fn hours(families: u32) -> Table {
    let clients = families - families / 200;
    let (below, not_wanted) = (clients / 50, clients / 120);
    let mut cells = vec!["LIP".to_owned()];
    cells.extend(row(&[families, clients, 46 * clients]));
    cells.push(with_one_decimal(435 * u64::from(clients)));
    cells.extend(row(&[below, not_wanted, families / 200, families / 6, families / 9]));
    Table {
        header: &[
            "agb_code",
            "verslagjaar",
            "periode",
            "indicatiemethode",
            "aantal_geboorten",
            "aantal_clienten",
            "geindiceerde_uren",
            "geleverde_uren",
            "onder_24_uur",
            "onder_24_uur_niet_eigen_wens",
            "geen_zorg",
            "aantal_keizersnede",
            "aantal_kwetsbaar",
        ],
        rows: vec![cells],
    }
}

/// Eight areas; in the last one nobody is taken in any more, in the one before it half.
fn area(rank: usize, families: u32) -> Table {
    let place = |number: u32| {
        let pc4 = 7400 + 10 * u32::try_from(rank).unwrap_or_default() + number;
        let asked = families / 10 + number;
        let (status, refused) = match number {
            8 => ("gestopt", asked),
            7 => ("beperkt", asked / 2),
            _ => ("actief", asked / 25),
        };
        let mut cells = vec![pc4.to_string(), status.to_owned()];
        cells.extend(row(&[asked, refused, asked / 12]));
        cells
    };
    Table {
        header: &["agb_code", "verslagjaar", "periode", "pc4", "status", "aanvragen", "geweigerd", "wachtlijst"],
        rows: (1..=8).map(place).collect(),
    }
}

fn learning(families: u32) -> Table {
    let reports = families / 20;
    Table {
        header: &[
            "agb_code",
            "verslagjaar",
            "periode",
            "zorgtrajecten",
            "meldingen",
            "geanalyseerd_binnen_termijn",
            "maatregelen",
            "getoetst",
        ],
        rows: vec![row(&[families, reports, reports - reports / 8, reports / 3, reports / 4])],
    }
}
