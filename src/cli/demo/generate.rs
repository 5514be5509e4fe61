//! From a seed to the whole demo.

use jiff::civil::{Date, date};

use super::{
    course,
    csv::{Table, rounded_ratio, with_one_decimal},
    delivery::{DATASETS, Delivery, Expectation, ordinary_moment, working_moment},
    experience, further, indicators,
    plot::Plot,
    sector::{DemoOrganisation, Participant, YEARS, participants},
    staff,
    stories::{Planted, Story},
};
use crate::domain::{Instant, Text};

/// The day on which the demo is looked at: two weeks after the files of 2025 were due.
pub const TODAY: Date = date(2026, 6, 15);

const WEEK: i64 = 7 * 24 * 60 * 60;

/// An invented sector, its files and its stories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demo {
    /// The organisations, by AGB code.
    pub organisations: Vec<DemoOrganisation>,
    /// The files, in the order in which they are sent.
    pub deliveries: Vec<Delivery>,
    /// Files of the further inputs, sent after all others; each organisation approves its own.
    pub further: Vec<Delivery>,
    /// What was planted, to be found.
    pub stories: Vec<Story>,
}

/// The demo of `seed`: the same seed gives the same bytes, always and everywhere.
pub fn generate(seed: u64) -> Demo {
    let participants = participants(seed);
    let mut deliveries: Vec<Delivery> = participants.iter().flat_map(|one| deliveries(one, seed)).collect();
    deliveries.sort_by_key(|delivery| (delivery.at, delivery.agb_code, delivery.dataset));
    let end = deliveries.last().map_or(Instant::at_start_of(TODAY), |last| last.at);
    let further = further::deliveries(&participants, end);
    let mut organisations: Vec<DemoOrganisation> = participants.iter().map(|one| one.organisation.clone()).collect();
    organisations.sort_by_key(|organisation| organisation.agb_code);
    Demo { organisations, deliveries, further, stories: stories(&participants) }
}

fn stories(participants: &[Participant]) -> Vec<Story> {
    let name_of = |plot| {
        let found = participants.iter().find(|one| one.has(plot));
        found.map_or("", |one| one.organisation.name.as_str())
    };
    let story = |one: &Participant| {
        let partner = if one.has(Plot::MergerTakesOver) { Plot::MergerIsAbsorbed } else { Plot::MergerTakesOver };
        Some(one.planted?.story(one.organisation.agb_code, name_of(partner)))
    };
    participants.iter().filter_map(story).collect()
}

/// Everything that one organisation sends.
fn deliveries(one: &Participant, seed: u64) -> Vec<Delivery> {
    let mut course = course::ordinary(one.organisation.kind, &mut one.stream(seed, "course"));
    if let Some(planted) = one.planted {
        planted.plot.change(&mut course);
    }
    let mut deliveries = Vec::new();
    let mut figures_before = Vec::new();
    for ((year, conduct), families) in YEARS.into_iter().zip(&course).zip(one.families) {
        let stream = |purpose| one.stream_of_year(seed, purpose, year);
        let groups = staff::groups(conduct, one.organisation.kind, families, &mut stream("groups"));
        let mut figures = indicators::figures(conduct, families, staff::carers(&groups), &mut stream("figures"));
        let planted = one.planted.filter(|planted| planted.shows_in(year));
        match planted.map(|planted| planted.plot) {
            Some(Plot::CopiedFromLastYear) => figures.clone_from(&figures_before),
            Some(Plot::TinyAndUnlucky) => Plot::unlucky(&mut figures),
            _ => {}
        }
        let agb_code = one.organisation.agb_code;
        let moment = moment(planted, year, one, seed);
        for (dataset, minutes) in DATASETS.into_iter().zip([0, 4, 9]) {
            if dataset == "evaluaties" && year < experience::SINCE {
                continue;
            }
            if one.planted.is_some_and(|planted| !planted.delivers(dataset, year)) {
                continue;
            }
            let table = match dataset {
                "indicatoren" => indicators::table(agb_code, year, &figures, &mut stream("remarks")),
                "personeel" => staff::table(agb_code, year, conduct, &groups, &mut stream("staff")),
                _ => experience::table(agb_code, year, conduct, families, &mut stream("experience")),
            };
            let at = moment.plus_seconds(60 * minutes);
            let sent = Sent { one, dataset, year, at, planted };
            deliveries.extend(sent.versions(table));
        }
        figures_before = figures;
    }
    deliveries
}

/// When an organisation sends its files about `year`.
fn moment(planted: Option<&Planted>, year: i16, one: &Participant, seed: u64) -> Instant {
    let mut stream = one.stream_of_year(seed, "moment", year);
    let on = |month, day| Instant::at_start_of(date(year + 1, month, day));
    match planted.map(|planted| planted.plot) {
        Some(Plot::LateDelivery) => working_moment(on(8, 19), &mut stream),
        Some(Plot::Mistakes) => working_moment(on(5, 19), &mut stream),
        Some(Plot::Correction) => working_moment(on(4, 2), &mut stream),
        _ => ordinary_moment(year, &mut stream),
    }
}

/// A table on its way.
struct Sent<'a> {
    one: &'a Participant,
    dataset: &'static str,
    year: i16,
    at: Instant,
    planted: Option<&'static Planted>,
}

impl Sent<'_> {
    /// The file, or the files where there is a mistaken one first.
    fn versions(&self, mut table: Table) -> Vec<Delivery> {
        match (self.planted.map(|planted| planted.plot), self.dataset) {
            (Some(Plot::Mistakes), "indicatoren") => {
                let mut mistaken = table.clone();
                make_mistakes(&mut mistaken);
                vec![
                    self.delivery(&mistaken, self.at.plus_seconds(-WEEK), Expectation::Rejected),
                    self.delivery(&table, self.at, Expectation::Accepted),
                ]
            }
            (Some(Plot::Correction), "indicatoren") => {
                let mut first = table.clone();
                halve_continuity(&mut first);
                vec![
                    self.delivery(&first, self.at, Expectation::Accepted),
                    self.delivery(&table, self.at.plus_seconds(5 * WEEK), Expectation::Accepted),
                ]
            }
            (Some(Plot::AbsentCategory), "personeel") => {
                table.rows.retain(|row| !row.iter().any(|cell| cell == "zzp"));
                let explanation = Text {
                    nl: "Wij werken sinds 2025 niet meer met zzp'ers; er is daarom geen rij.".to_owned(),
                    en: "Since 2025 we no longer work with self-employed carers; hence no row.".to_owned(),
                };
                vec![self.delivery(&table, self.at, Expectation::AcceptedWithQuestions { explanation })]
            }
            _ => vec![self.delivery(&table, self.at, Expectation::Accepted)],
        }
    }

    fn delivery(&self, table: &Table, at: Instant, expected: Expectation) -> Delivery {
        let agb_code = self.one.organisation.agb_code;
        Delivery {
            at,
            agb_code,
            dataset: self.dataset,
            year: self.year,
            file_name: self.one.style.file_name(&agb_code.to_string(), self.dataset, self.year),
            bytes: self.one.style.write(table),
            expected,
            story: self.planted.map(|planted| planted.code),
        }
    }
}

/// Six mistakes that people make, each in a row of its own.
fn make_mistakes(table: &mut Table) {
    let mut change = |row, column, change: fn(&mut String)| {
        if let Some(cell) = table.cell_mut(row, column) {
            change(cell);
        }
    };
    change(0, "agb_code", |cell| {
        cell.pop();
    });
    change(1, "periode", |cell| *cell = format!("12/31/{cell}"));
    change(3, "indicator_code", |cell| "KZ99".clone_into(cell));
    change(5, "teller", |cell| cell.push('7'));
    change(6, "waarde", |cell| {
        // 22,1 becomes 2,21.
        if let Some((whole, decimals)) = cell.replace(',', "").split_at_checked(1) {
            *cell = format!("{whole},{decimals}");
        }
    });
    change(8, "noemer", |cell| *cell = format!("ca. {cell}"));
}

/// Counts only half of the families with at most two carers: a wrong number that no check can know to be wrong.
fn halve_continuity(table: &mut Table) {
    let Some(row) = table.rows.iter_mut().find(|row| row.iter().any(|cell| cell == "KZ06")) else { return };
    let [_, _, _, _, numerator, denominator, value, _] = row.as_mut_slice() else { return };
    let (Ok(all), Ok(of)) = (numerator.parse::<u64>(), denominator.parse::<u64>()) else { return };
    *numerator = (all / 2).to_string();
    *value = rounded_ratio(1000 * (all / 2), of).map_or_else(String::new, with_one_decimal);
}
