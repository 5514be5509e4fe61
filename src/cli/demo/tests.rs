//! The demo read back as anybody would read it: from the bytes of its files.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use jiff::civil::date;

use super::{Delivery, Demo, Expectation, ORGANISATIONS, TODAY, YEARS, generate};
use crate::domain::{AgbCode, Digest, Instant, OrganisationKind};

static DEMO: LazyLock<Demo> = LazyLock::new(|| generate(1));

/// What counts in the end: the last accepted file of each organisation, dataset and year.
static CURRENT: LazyLock<Files> = LazyLock::new(|| {
    let accepted = DEMO.deliveries.iter().filter(|delivery| delivery.expected != Expectation::Rejected);
    accepted.map(|delivery| ((delivery.agb_code, delivery.dataset, delivery.year), read(delivery))).collect()
});

type Files = BTreeMap<(AgbCode, &'static str, i16), Vec<Row>>;

/// A row by the names of the template's columns.
type Row = BTreeMap<String, String>;

fn text(bytes: &[u8]) -> String {
    if let Some(wide) = bytes.strip_prefix(b"\xff\xfe") {
        let units: Vec<u16> = wide.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        return String::from_utf16(&units).expect("well-formed UTF-16");
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let old = || encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned();
    String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| old())
}

fn read(delivery: &Delivery) -> Vec<Row> {
    let text = text(&delivery.bytes);
    let delimiter = if text.contains('\t') { b'\t' } else { b';' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let tidy = |name: &str| name.to_lowercase().replace([' ', '-'], "_");
    let header: Vec<String> = reader.headers().expect("a header").iter().map(tidy).collect();
    let row = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record.expect("as many cells as columns");
        header.iter().cloned().zip(record.iter().map(str::to_owned)).collect()
    };
    reader.records().map(row).collect()
}

/// A number in Dutch notation; `None` of an empty cell.
fn number(row: &Row, column: &str) -> Option<f64> {
    let cell = row.get(column).unwrap_or_else(|| panic!("no column {column} in {row:?}"));
    (!cell.is_empty()).then(|| cell.replace(',', ".").parse().unwrap_or_else(|_| panic!("{column} is {cell}")))
}

fn count(row: &Row, column: &str) -> f64 {
    number(row, column).unwrap_or_else(|| panic!("{column} is empty in {row:?}"))
}

fn rows(agb_code: AgbCode, dataset: &'static str, year: i16) -> &'static [Row] {
    CURRENT.get(&(agb_code, dataset, year)).map_or(&[], Vec::as_slice)
}

/// Numerator and denominator of an indicator.
fn fraction(agb_code: AgbCode, code: &str, year: i16) -> (f64, f64) {
    let row = rows(agb_code, "indicatoren", year).iter().find(|row| row["indicator_code"] == code);
    let row = row.unwrap_or_else(|| panic!("no {code} of {agb_code} in {year}"));
    (count(row, "teller"), count(row, "noemer"))
}

fn share(agb_code: AgbCode, code: &str, year: i16) -> f64 {
    let (numerator, denominator) = fraction(agb_code, code, year);
    numerator / denominator
}

/// The sum of a column of the staff file, over all rows or those of one contract.
fn staff(agb_code: AgbCode, year: i16, contract: Option<&str>, column: &str) -> f64 {
    let rows = rows(agb_code, "personeel", year).iter();
    let of = rows.filter(|row| contract.is_none_or(|contract| row["contractvorm"] == contract));
    of.filter_map(|row| number(row, column)).sum()
}

fn zzp_share(agb_code: AgbCode, year: i16) -> f64 {
    staff(agb_code, year, Some("zzp"), "uren") / staff(agb_code, year, None, "uren")
}

/// The mean over the topics of the mean marks.
fn experience(agb_code: AgbCode, year: i16) -> f64 {
    let rows = rows(agb_code, "evaluaties", year);
    rows.iter().map(|row| count(row, "gemiddelde")).sum::<f64>() / rows.len() as f64
}

fn organisation_of(story: &str) -> AgbCode {
    let story = DEMO.stories.iter().find(|one| one.code == story);
    story.expect("the story is told").organisation
}

fn deliveries_of(story: &str) -> Vec<&'static Delivery> {
    DEMO.deliveries.iter().filter(|delivery| delivery.story == Some(story)).collect()
}

/// All organisations with a file of indicators in `year`.
fn delivering(year: i16) -> Vec<AgbCode> {
    let all = DEMO.organisations.iter().map(|organisation| organisation.agb_code);
    all.filter(|agb_code| !rows(*agb_code, "indicatoren", year).is_empty()).collect()
}

/// Whether two counts are the same; counts are read as decimal numbers.
fn same(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

#[test]
fn same_seed_same_bytes() {
    let again = generate(1);
    assert!(again == *DEMO);
    let files = DEMO.deliveries.iter().flat_map(|delivery| [delivery.file_name.as_bytes(), delivery.bytes.as_slice()]);
    // On every machine. Who changes the generator on purpose changes this digest with it.
    assert_eq!(Digest::of_parts(files).to_string(), "f07e744aee0937ceb1340f9d52e1b8498354524fbecbf68a8560399168680aea");
    let other = generate(2);
    assert_eq!(other.organisations.len(), ORGANISATIONS);
    let repeated =
        other.deliveries.iter().filter(|one| DEMO.deliveries.iter().any(|delivery| delivery.bytes == one.bytes));
    assert_eq!(repeated.count(), 0);
}

#[test]
fn files_come_in_order_and_in_time() {
    // 220 organisations x (5 + 5 + 3 files); the merged one lacks 2 x 3, the silent one 3, and one has no
    // evaluations in 3 years. Two files are sent twice.
    assert_eq!(DEMO.deliveries.len(), 220 * 13 - 6 - 3 - 3 + 2);
    assert!(DEMO.deliveries.is_sorted_by_key(|delivery| delivery.at));
    let end = Instant::at_start_of(TODAY);
    for delivery in &DEMO.deliveries {
        let opens = Instant::at_start_of(date(delivery.year + 1, 2, 1));
        let due = Instant::at_start_of(date(delivery.year + 1, 6, 1));
        assert!(delivery.at >= opens && delivery.at < end, "{}", delivery.file_name);
        assert_eq!(
            delivery.at < due,
            delivery.story != Some("late-delivery"),
            "{} {}",
            delivery.file_name,
            delivery.at
        );
    }
    let organisations: BTreeSet<AgbCode> = DEMO.deliveries.iter().map(|delivery| delivery.agb_code).collect();
    assert!(organisations.into_iter().eq(DEMO.organisations.iter().map(|organisation| organisation.agb_code)));
}

#[test]
fn files_are_as_different_as_real_ones() {
    type Holds = fn(&Delivery) -> bool;
    let share_of = |holds: Holds| {
        let found = DEMO.deliveries.iter().filter(|delivery| holds(delivery)).count();
        found as f64 / DEMO.deliveries.len() as f64
    };
    let styles: [(&str, f64, f64, Holds); 5] = [
        ("UTF-16", 0.03, 0.2, |one| one.bytes.starts_with(b"\xff\xfe")),
        ("UTF-8 with a mark", 0.2, 0.5, |one| one.bytes.starts_with(b"\xef\xbb\xbf")),
        ("lines end in LF", 0.05, 0.25, |one| !text(&one.bytes).contains('\r')),
        ("other headers", 0.05, 0.3, |one| text(&one.bytes).starts_with("AGB-code")),
        ("windows-1252 beyond ASCII", 0.02, 0.3, |one| {
            !one.bytes.starts_with(b"\xff\xfe") && std::str::from_utf8(&one.bytes).is_err()
        }),
    ];
    for (name, least, most, holds) in styles {
        let share = share_of(holds);
        assert!((least..=most).contains(&share), "{name}: {share}");
    }
}

#[test]
fn indicators_add_up() {
    for ((agb_code, dataset, year), rows) in CURRENT.iter().filter(|((_, dataset, _), _)| *dataset == "indicatoren") {
        assert_eq!(rows.len(), 11, "{agb_code} {dataset} {year}");
        for row in rows {
            let (numerator, denominator) = (count(row, "teller"), count(row, "noemer"));
            let code = row["indicator_code"].as_str();
            let factor = if matches!(code, "KZ04A" | "KZ22") { 1.0 } else { 100.0 };
            assert!(code == "KZ04A" || numerator <= denominator, "{row:?}");
            assert_eq!((&row["agb_code"], &row["verslagjaar"]), (&agb_code.to_string(), &year.to_string()));
            match number(row, "waarde") {
                Some(value) => {
                    let exact = factor * numerator / denominator;
                    assert!((value - exact).abs() <= 0.05 + 1e-9, "{row:?} should be {exact}");
                }
                None => assert!(code == "KZ19" || same(denominator, 0.0), "{row:?}"),
            }
        }
        assert!(same(fraction(*agb_code, "KZ07A", *year).1, fraction(*agb_code, "KZ07B", *year).1));
    }
}

#[test]
fn staff_adds_up() {
    for ((agb_code, _, year), rows) in CURRENT.iter().filter(|((_, dataset, _), _)| *dataset == "personeel") {
        for row in rows {
            let (persons, full_time, hours) = (count(row, "aantal_personen"), count(row, "fte"), count(row, "uren"));
            assert!(full_time <= persons, "{row:?}");
            assert!((hours - 1_500.0 * full_time).abs() <= 0.05 * hours + 8.0, "{row:?}");
            for column in ["in_opleiding", "instroom", "uitstroom", "met_vergewischeck", "kckz_geregistreerd"] {
                assert!(count(row, column) <= persons, "{column} in {row:?}");
            }
            assert!(count(row, "vacatures_langer_dan_3_maanden") <= count(row, "vacatures"), "{row:?}");
            let (sick, available) = (number(row, "ziektedagen"), number(row, "beschikbare_dagen"));
            assert_eq!((sick.is_none(), available.is_none()), [row["contractvorm"] == "zzp"; 2].into(), "{row:?}");
            assert!(sick <= available, "{row:?}");
            assert!(number(row, "met_schriftelijke_overeenkomst").is_none_or(|agreed| agreed <= persons), "{row:?}");
        }
        let question = *agb_code == organisation_of("absent-category") && *year == 2025;
        assert_eq!(rows.iter().filter(|row| row["contractvorm"] == "zzp").count(), usize::from(!question));
        if *agb_code != organisation_of("copied-from-last-year") || *year != 2025 {
            let carers = staff(*agb_code, *year, None, "aantal_personen");
            let learners = staff(*agb_code, *year, Some("leerling"), "aantal_personen");
            assert!(same(fraction(*agb_code, "KZ04B", *year).1, carers - learners), "{agb_code} {year}");
        }
    }
}

#[test]
fn experience_adds_up() {
    for ((agb_code, _, year), rows) in CURRENT.iter().filter(|((_, dataset, _), _)| *dataset == "evaluaties") {
        assert!(*year >= 2023);
        let topics: Vec<String> = (1..=13).map(|number| format!("CE{number:02}")).collect();
        assert!(rows.iter().map(|row| &row["onderwerp_code"]).eq(topics.iter()), "{agb_code} {year}");
        for row in rows {
            let answered = count(row, "aantal_respons");
            assert!(answered <= count(row, "aantal_uitgenodigd"), "{row:?}");
            assert_eq!(row["aantal_uitgenodigd"], rows[0]["aantal_uitgenodigd"]);
            let Some(mean) = number(row, "gemiddelde") else {
                assert!(same(answered, 0.0), "{row:?}");
                continue;
            };
            let (high, low) = (count(row, "aandeel_9_10") / 100.0, count(row, "aandeel_tm_6") / 100.0);
            // The least and the most that the mean can be with these shares, and half a unit of rounding.
            let middle = 1.0 - high - low;
            let (least, most) = (9.0 * high + 7.0 * middle + low, 10.0 * high + 8.0 * middle + 6.0 * low);
            assert!((least - 0.01..=most + 0.01).contains(&mean), "{row:?}: {least} to {most}");
            match number(row, "standaardafwijking") {
                Some(deviation) => assert!((0.0..=4.5).contains(&deviation), "{row:?}"),
                None => assert!(same(answered, 1.0), "{row:?}"),
            }
        }
    }
}

#[test]
fn totals_are_those_of_the_field() {
    for year in [2021, 2023, 2024] {
        let mut families: Vec<f64> = delivering(year).iter().map(|code| fraction(*code, "KZ07B", year).1).collect();
        families.sort_by(|one, other| other.total_cmp(one));
        let all: f64 = families.iter().sum();
        let six: f64 = families.iter().take(6).sum();
        assert!((161_000.0..170_000.0).contains(&all), "{year}: {all}");
        assert!((six / all - 0.28).abs() < 0.02, "{year}: {}", six / all);
        assert_eq!(families.last(), Some(&4.0));
        let carers: f64 = delivering(year).iter().map(|code| fraction(*code, "KZ04B", year).1).sum();
        assert!((all / carers - 18.7).abs() < 1.5, "{year}: {} families a carer", all / carers);
    }
}

#[test]
fn means_are_the_parameters() {
    let means = [
        ("KZ01", 0.70),
        ("KZ02", 0.93),
        ("KZ04A", 12.0),
        ("KZ04B", 0.88),
        ("KZ04D", 0.80),
        ("KZ06", 0.78),
        ("KZ07A", 0.22),
        ("KZ07B", 0.30),
        ("KZ18", 0.84),
    ];
    // Of organisations of some size and without a story, each as heavy: what the parameters are about.
    let told: BTreeSet<AgbCode> = DEMO.stories.iter().map(|story| story.organisation).collect();
    let ordinary: Vec<AgbCode> = delivering(2023)
        .into_iter()
        .filter(|code| !told.contains(code) && fraction(*code, "KZ07B", 2023).1 > 100.0)
        .collect();
    assert!(ordinary.len() > 100);
    for (code, expected) in means {
        let shares: Vec<f64> = ordinary.iter().map(|one| share(*one, code, 2023)).collect();
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        assert!((mean / expected - 1.0).abs() < 0.05, "{code}: {mean}");
    }
}

#[test]
fn organisations_differ_more_than_chance_and_stay_themselves() {
    let ordinary: Vec<AgbCode> = delivering(2023)
        .into_iter()
        .filter(|code| (150.0..600.0).contains(&fraction(*code, "KZ06", 2023).1))
        .filter(|code| fraction(*code, "KZ06", 2022).1 > 0.0)
        .collect();
    let z = |code: AgbCode, year| {
        let (numerator, denominator) = fraction(code, "KZ06", year);
        (numerator - 0.78 * denominator) / (0.78 * 0.22 * denominator).sqrt()
    };
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    let factor = mean(ordinary.iter().map(|code| z(*code, 2023) * z(*code, 2023)).collect());
    assert!((1.5..3.2).contains(&factor), "over-dispersion {factor}");
    let together = mean(ordinary.iter().map(|code| z(*code, 2022) * z(*code, 2023)).collect());
    assert!(together > 0.4, "what two years share: {together}");
}

#[test]
fn there_are_solo_practices_and_cooperatives() {
    for organisation in &DEMO.organisations {
        let zzp = zzp_share(organisation.agb_code, 2022);
        match organisation.kind {
            OrganisationKind::Solo => {
                assert!(same(zzp, 1.0), "{organisation:?}");
                let persons = staff(organisation.agb_code, 2022, None, "aantal_personen");
                assert!(same(persons, 1.0), "{organisation:?}");
                assert!(fraction(organisation.agb_code, "KZ07B", 2022).1 <= 27.0, "{organisation:?}");
            }
            OrganisationKind::Cooperative => assert!(zzp > 0.75, "{organisation:?} {zzp}"),
            OrganisationKind::Organisation => assert!(zzp < 0.85, "{organisation:?} {zzp}"),
        }
    }
}

mod stories;
