//! Signals about data, with the thresholds of the product's own catalogue: each shows what it is for, and seldom
//! anything else.

use jiff::civil::date;

use super::build::{code, counted, members, observation, year};
use crate::{
    catalogue::Catalogue,
    domain::{DataState, Language, Level, MissingReason, Observation, Period},
    scoring::{
        DataFinding, DataInputs, DeliveredDataset, Headline, OrganisationOutcome, Outcome, Sector, Settings, Signal,
        data_sentence, data_signal_sentence, score,
    },
    stats::Draws,
};

const YEARS: [i16; 4] = [2025, 2024, 2023, 2022];
/// Measures of clients: mean and whether they are of the smaller group of the first birth or of breastfeeding.
const CLIENTS: [(&str, f64, f64); 5] =
    [("KZ01", 0.82, 0.45), ("KZ02", 0.95, 0.3), ("KZ06", 0.78, 1.0), ("KZ07A", 0.2, 1.0), ("KZ18", 0.75, 0.8)];

/// A sector in which nothing is wrong: everyone delivered everything in time.
struct Data {
    sector: Sector,
}

impl Data {
    fn new(organisations: usize, seed: u64) -> Self {
        let catalogue = Catalogue::embedded().expect("a catalogue");
        let mut sector = Sector::new(&catalogue, year(2025));
        sector.settings = Settings { rank_draws: 20, ..Settings::default() };
        sector.members = members(organisations);
        sector.data = DataInputs::new(&catalogue, &YEARS.map(year));
        sector.data.known_on = Some(date(2026, 7, 1));
        let draws = Draws::new(seed, 0);
        let mut place = 0;
        let mut drawn = || {
            place += 1;
            draws.uniform(place)
        };
        for number in 1..=organisations {
            let size = 40.0 + 30.0 * number as f64;
            for of_year in YEARS {
                let clients = (size * (0.9 + 0.2 * drawn())).round();
                for (indicator, mean, part) in CLIENTS {
                    let of = (clients * part).round();
                    let mut events = 0.0;
                    for _ in 0..crate::scoring::value::count(of).expect("a count") {
                        events += f64::from(u8::from(drawn() < mean));
                    }
                    sector.observations.push(at(of_year, counted(number, indicator, events, of)));
                }
                for indicator in ["KZ04B", "KZ04D", "ST07"] {
                    let carers = 10.0 + number as f64;
                    sector.observations.push(at(of_year, counted(number, indicator, carers - 2.0, carers)));
                }
                for indicator in ["KZ04A", "KZ07B", "KZ19", "KZ22"] {
                    let missing = Some(MissingReason::NotApplicable);
                    sector.observations.push(at(of_year, Observation { missing, ..observation(number, indicator) }));
                }
                for dataset in ["indicatoren", "personeel"] {
                    sector.data.deliveries.push(DeliveredDataset {
                        agb_code: code(number),
                        dataset: dataset.to_owned(),
                        period: year(of_year),
                        on: date(of_year + 1, 3, 1),
                    });
                }
            }
        }
        Self { sector }
    }

    /// The figures of organisation 1 in a year.
    fn figures(&mut self, of_year: i16, change: impl Fn(&str, &mut Observation)) {
        let mut sector = std::mem::take(&mut self.sector.observations);
        for one in sector.iter_mut().filter(|one| one.agb_code == code(1) && one.period == year(of_year)) {
            let indicator = one.indicator.clone();
            change(&indicator, one);
        }
        self.sector.observations = sector;
    }

    fn deliveries(&mut self, keep: impl Fn(&mut DeliveredDataset) -> bool) {
        self.sector.data.deliveries.retain_mut(|one| one.agb_code != code(1) || keep(one));
    }

    fn forget(&mut self, indicator: &str, of_year: i16) {
        let (indicator, period) = (indicator.to_owned(), year(of_year));
        self.sector
            .observations
            .retain(|one| !(one.agb_code == code(1) && one.indicator == indicator && one.period == period));
    }

    fn first(&self) -> OrganisationOutcome {
        score(&self.sector).organisations.swap_remove(0)
    }

    /// What `signal` says of organisation 1.
    fn found(&self, signal: &str) -> DataFinding {
        let first = self.first();
        first.data.signals.into_iter().find(|one| one.code == signal).expect("a signal")
    }
}

fn at(of_year: i16, observation: Observation) -> Observation {
    Observation { period: year(of_year), ..observation }
}

fn shown(outcome: &Outcome, signal: &str) -> usize {
    let all = outcome.organisations.iter().flat_map(|one| &one.data.signals);
    all.filter(|one| one.code == signal && one.is_shown()).count()
}

#[test]
fn honest_data_show_little() {
    let mut counts = std::collections::BTreeMap::new();
    let mut organisations = 0;
    for seed in 0..8 {
        let outcome = score(&Data::new(60, seed).sector);
        organisations += outcome.organisations.len();
        for signal in ["GK01", "GK02", "GK03", "GK04", "GK05", "GK06", "GK07", "GK08", "GK09"] {
            *counts.entry(signal).or_insert(0) += shown(&outcome, signal);
        }
    }
    // Rules show nothing at all in data without a fault. Tests of chance keep what they promise: 1 %, and 0.1 %.
    for rule in ["GK01", "GK02", "GK03", "GK06", "GK08", "GK09"] {
        assert_eq!(counts[rule], 0, "{rule} {counts:?}");
    }
    assert_eq!(organisations, 480);
    assert!(counts["GK05"] <= 12 && counts["GK04"] <= 3 && counts["GK07"] <= 3, "{counts:?}");
}

#[test]
fn missing_values_after_the_day_they_were_due() {
    let mut data = Data::new(30, 1);
    data.forget("KZ06", 2025);
    let found = data.found("GK01");
    assert_eq!((found.level, found.count, found.of, found.days), (Level::Attention, 1, 11, Some(30)));
    assert_eq!((found.state, &found.indicators[..]), (DataState::Incomplete, &["KZ06".into()][..]));
    // A day later it is elevated; the second year in a row at once; before the day it is nothing.
    data.sector.data.known_on = Some(date(2026, 7, 2));
    assert_eq!(data.found("GK01").level, Level::Elevated);
    data.sector.data.known_on = Some(date(2026, 6, 2));
    data.forget("KZ06", 2024);
    assert_eq!((data.found("GK01").level, data.found("GK01").days), (Level::Elevated, Some(1)));
    data.sector.data.known_on = Some(date(2026, 6, 1));
    assert_eq!((data.found("GK01").level, data.first().data.state), (Level::Insufficient, DataState::Complete));
    // Somebody who does not know delivered nothing; somebody to whom it does not apply did.
    data.sector.data.known_on = Some(date(2026, 7, 1));
    for (reason, count) in [(MissingReason::Unknown, 2), (MissingReason::NotApplicable, 1)] {
        data.figures(2025, |indicator, one| {
            if indicator == "KZ01" {
                *one = at(2025, Observation { missing: Some(reason), ..observation(1, "KZ01") });
            }
        });
        assert_eq!(data.found("GK01").count, count, "{reason:?}");
    }
}

#[test]
fn late_and_staying_away() {
    let mut data = Data::new(30, 2);
    data.deliveries(|one| {
        if one.period == year(2025) && one.dataset == "personeel" {
            one.on = date(2026, 6, 4);
        }
        true
    });
    let found = data.found("GK02");
    assert_eq!(
        (found.level, found.days, &found.datasets[..]),
        (Level::Attention, Some(3), &["personeel".to_owned()][..])
    );
    // Late and complete is complete.
    assert_eq!(data.first().data.state, DataState::Complete);
    data.deliveries(|one| {
        if one.period == year(2024) {
            one.on = date(2025, 6, 2);
        }
        true
    });
    assert_eq!(data.found("GK02").level, Level::Elevated);

    data.deliveries(|one| one.period != year(2025) || one.dataset != "personeel");
    let found = data.found("GK03");
    assert_eq!((found.level, found.count, found.days), (Level::Attention, 1, Some(30)));
    assert!(found.indicators.contains(&"ST01".into()), "{found:?}");
    // What never came stays away from nothing.
    assert!(!found.datasets.contains(&"evaluaties".to_owned()));
    data.deliveries(|one| one.period < year(2024) || one.dataset != "personeel");
    assert_eq!(data.found("GK03").level, Level::Elevated);
}

#[test]
fn last_years_file_again() {
    let mut data = Data::new(30, 3);
    let before: Vec<Observation> = data.sector.observations.clone();
    data.figures(2025, |indicator, one| {
        let same =
            before.iter().find(|old| old.agb_code == code(1) && old.indicator == indicator && old.period == year(2024));
        if let Some(same) = same {
            *one = at(2025, same.clone());
        }
    });
    let found = data.found("GK04");
    // The carers, who stay, count for nothing.
    assert_eq!((found.level, found.count, found.of), (Level::Attention, 5, 5));
    assert!(found.chance.is_some_and(|chance| chance < 1e-3), "{found:?}");
    assert!(!found.indicators.contains(&"ST07".into()));
    assert_eq!(data.first().headline(), Headline::Suspect);
    // One of them alone is no wonder.
    let alone = |indicator: &str, one: &mut Observation| {
        if indicator != "KZ06" {
            one.numerator = one.numerator.map(|numerator| (numerator - 3.0).max(0.0));
        }
    };
    data.figures(2025, alone);
    assert_eq!((data.found("GK04").level, data.found("GK04").count), (Level::None, 1));
}

#[test]
fn rounded_percentages_smooth_and_perfect() {
    let mut data = Data::new(30, 4);
    for of_year in YEARS {
        data.figures(of_year, |_, one| one.numerator = one.numerator.map(|numerator| (numerator / 5.0).round() * 5.0));
    }
    let found = data.found("GK05");
    assert_eq!((found.level, found.count == found.of), (Level::Attention, true), "{found:?}");

    let mut data = Data::new(30, 5);
    data.figures(2025, |indicator, one| {
        if ["KZ06", "KZ07A"].contains(&indicator) {
            one.denominator = Some(100.0);
        }
    });
    assert_eq!((data.found("GK06").level, data.found("GK06").count), (Level::None, 2));
    data.figures(2025, |indicator, one| {
        if ["KZ06", "KZ07A", "KZ18"].contains(&indicator) {
            one.denominator = Some(100.0);
        }
    });
    assert_eq!((data.found("GK06").level, data.found("GK06").count), (Level::Attention, 3));

    let mut data = Data::new(30, 6);
    for of_year in YEARS {
        data.figures(of_year, |_, one| one.numerator = one.denominator.map(|of| (0.7 * of).round()));
    }
    let found = data.found("GK07");
    assert!(found.level == Level::Attention && found.chance.is_some_and(|chance| chance < 1e-3), "{found:?}");

    let mut data = Data::new(30, 7);
    data.figures(2025, |indicator, one| {
        if ["KZ01", "KZ06", "KZ18", "KZ07A"].contains(&indicator) {
            one.denominator = Some(60.0);
            one.numerator = Some(if indicator == "KZ07A" { 0.0 } else { 60.0 });
        }
    });
    assert_eq!((data.found("GK08").level, data.found("GK08").count), (Level::Attention, 3));
}

#[test]
fn files_that_contradict_each_other() {
    let mut data = Data::new(30, 8);
    data.figures(2025, |indicator, one| {
        if indicator == "KZ04B" {
            (one.numerator, one.denominator) = (Some(12.0), Some(18.0));
        }
    });
    let found = data.found("GK09");
    assert_eq!((found.level, found.count), (Level::Attention, 1), "{found:?}");
    assert_eq!(found.indicators, ["KZ04B", "ST07"]);
    // Three carers of eleven more is within what may be.
    data.figures(2025, |indicator, one| {
        if indicator == "KZ04B" {
            one.denominator = Some(14.0);
        }
    });
    assert_eq!(data.found("GK09").level, Level::None);
}

#[test]
fn incomplete_outranks_elevated_and_never_enters_the_risk_of_care() {
    let mut data = Data::new(30, 9);
    data.figures(2025, |indicator, one| {
        if ["KZ01", "KZ02", "KZ18"].contains(&indicator) {
            one.numerator = Some(0.0);
        }
    });
    let before = data.first();
    assert_eq!(before.headline(), Headline::Level(Level::Elevated));
    data.deliveries(|one| one.period != year(2025) || one.dataset != "personeel");
    let after = data.first();
    assert_eq!((after.data.state, after.headline()), (DataState::Incomplete, Headline::Incomplete));
    assert_eq!(before.score(None), after.score(None));
    let theme = |one: &OrganisationOutcome| one.score(Some("gegevenskwaliteit")).expect("a theme").score;
    assert!(theme(&after) > theme(&before), "{:?} {:?}", theme(&before), theme(&after));
    // Of the figures themselves only those of the missing file are incomplete.
    let state = |indicator: &str| after.signals.iter().find(|one| one.indicator == indicator).map(Signal::headline);
    assert_eq!(state("KZ02"), Some(Headline::Level(Level::Elevated)));
    assert_eq!(state("ST07"), Some(Headline::Incomplete));

    let catalogue = Catalogue::embedded().expect("a catalogue");
    let sentence = data_sentence(&catalogue, &after.data, None);
    assert!(sentence.get(Language::Nl).starts_with("Eerst dit: de gegevens zijn onvolledig."), "{sentence:?}");
    assert!(sentence.get(Language::En).contains("30 days after it was due"), "{sentence:?}");
    assert!(data_sentence(&catalogue, &after.data, Some("KZ02")).nl.is_empty());
    for finding in after.data.signals.iter().filter(|one| one.is_shown()) {
        let text = data_signal_sentence(&catalogue, finding);
        assert!(!text.nl.is_empty() && !text.nl.contains('{') && !text.en.contains('{'), "{text:?}");
    }
}

#[test]
fn nothing_is_said_without_signals_or_before_anything_is_known() {
    let mut data = Data::new(30, 10);
    data.sector.data.signals.clear();
    assert!(data.first().data.signals.is_empty());
    let mut data = Data::new(30, 10);
    data.sector.observations.retain(|one| one.period != Period::year(2025).expect("a year"));
    data.sector.data.known_on = None;
    data.sector.data.deliveries.clear();
    assert!(data.first().data.signals.iter().all(|one| !one.is_shown()));
}

#[test]
fn order_of_deliveries_and_signals_changes_nothing() {
    let data = Data::new(25, 11);
    let mut turned = data.sector.clone();
    turned.data.deliveries.reverse();
    turned.data.signals.reverse();
    turned.observations.reverse();
    assert_eq!(score(&data.sector), score(&turned));
    assert_eq!(crate::scoring::input_hash(&data.sector), crate::scoring::input_hash(&turned));
    turned.data.deliveries.pop();
    assert_ne!(crate::scoring::input_hash(&data.sector), crate::scoring::input_hash(&turned));
}
