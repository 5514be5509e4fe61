//! What people read.

use jiff::civil::date;

use super::build::{counted, measure, members, sector, signal, year};
use crate::{
    catalogue::{Catalogue, IndicatorKind},
    domain::{AgbCode, Language, Level, Observation, OverrideId, OverrideReason, OverrideRecord, Text},
    scoring::{
        Member, Outcome, Reader, Sector, Signal, Slip, account_sentence, override_sentence, score, score_sentence,
        signal_sentence,
    },
};

fn catalogue() -> Catalogue {
    Catalogue::embedded().expect("the product's own")
}

/// A sector with the product's own catalogue in which the first organisation stands out.
fn outcome(catalogue: &Catalogue) -> Outcome {
    let mut sector = Sector::new(catalogue, year(2025));
    sector.settings.rank_draws = 50;
    sector.members = members(40);
    for number in 1..=40 {
        let x = (number * 7 % 13) as f64;
        let first = number == 1;
        sector.observations.extend([
            counted(number, "KZ06", if first { 19.0 } else { 180.0 + x }, if first { 210.0 } else { 200.0 }),
            counted(number, "KZ07A", 20.0, 200.0),
            counted(number, "KZ07B", if first { 120.0 } else { 20.0 + x }, 200.0),
            counted(number, "KZ22", if first { 0.0 } else { 1.0 }, 1.0),
            counted(number, "ST06", if first { 3.0 } else { 4.0 }, 4.0),
            Observation { value: Some(8.0 + 0.03 * x), ..counted(number, "CE05", 0.0, 50.0) },
        ]);
        if first {
            sector.observations.push(Observation { period: year(2024), ..counted(1, "KZ01", 3.0, 9.0) });
        }
        sector.observations.push(counted(
            number,
            "KZ01",
            if first { 9.0 } else { 80.0 + x },
            if first { 10.0 } else { 100.0 },
        ));
    }
    score(&sector)
}

fn complete(text: &Text) {
    for language in [Language::Nl, Language::En] {
        let sentence = text.get(language);
        assert!(!sentence.is_empty() && !sentence.contains(['{', '}', '?']), "{sentence}");
        assert!(sentence.ends_with('.'), "{sentence}");
        // Every text was found: codes are in capitals.
        assert!(!sentence.contains('_'), "{sentence}");
    }
}

#[test]
fn every_signal_and_score_can_be_said_to_either_reader() {
    let catalogue = catalogue();
    let outcome = outcome(&catalogue);
    for organisation in &outcome.organisations {
        for reader in [Reader::Inspector, Reader::Organisation] {
            for one in &organisation.signals {
                complete(&signal_sentence(&catalogue, reader, "Kraamzorg Voorbeeld", one));
            }
            for one in &organisation.scores {
                complete(&score_sentence(&catalogue, reader, one));
            }
        }
    }
    complete(&account_sentence(&catalogue, &outcome.account));
    for reason in [
        OverrideReason::ActiveMeasure,
        OverrideReason::CalamityUnderInvestigation,
        OverrideReason::TwoPeriodsUndelivered,
    ] {
        complete(&override_sentence(&catalogue, reason, None));
    }
    for until in [None, Some(date(2026, 2, 28))] {
        let (from, reference, id) = (date(2025, 9, 1), "M-2025-17".to_owned(), OverrideId::from_bits(1));
        let record = OverrideRecord { reason: OverrideReason::ActiveMeasure, from, until, reference, id };
        let said = override_sentence(&catalogue, record.reason, Some(&record));
        complete(&said);
        for text in [&said.nl, &said.en] {
            assert!(text.contains("2025-09-01") && text.contains("M-2025-17"), "{text}");
            assert_eq!(text.contains("2026-02-28"), until.is_some(), "{text}");
        }
    }
}

fn said(catalogue: &Catalogue, reader: Reader, one: &Signal) -> String {
    signal_sentence(catalogue, reader, "Kraamzorg Voorbeeld", one).nl
}

#[test]
fn bounds_norms_pools_slips_and_what_would_change_it_are_said() {
    let catalogue = catalogue();
    let outcome = outcome(&catalogue);
    let shortfall = signal(&outcome, 1, "KZ23");
    assert_eq!(shortfall.at_most.as_deref().map(|most| most.numerator), Some(120.0));
    let sentence = said(&catalogue, Reader::Inspector, shortfall);
    assert!(sentence.starts_with("Kraamzorg Voorbeeld heeft ten minste 50,0% (100 van 200) op Ongewild"), "{sentence}");
    assert!(sentence.contains("kan het ten hoogste 60,0% zijn"), "{sentence}");

    let continuity = signal(&outcome, 1, "KZ06");
    assert_eq!(continuity.typing_error.as_deref().map(|error| error.slip), Some(Slip::LostDigit));
    let sentence = said(&catalogue, Reader::Organisation, continuity);
    assert!(sentence.contains("een cijfer is weggevallen: 195 van 210 zou gewoon zijn"), "{sentence}");
    assert!(sentence.contains("van 210 in deze periode zou het signaal aandacht zijn"), "{sentence}");
    assert!(
        sentence.contains("anderen hanteren 90,0%") && sentence.ends_with("een vraag, geen oordeel."),
        "{sentence}"
    );

    let agreements = signal(&outcome, 1, "ST06");
    assert_eq!((agreements.level, agreements.z, agreements.r_peers), (Level::Elevated, None, None));
    let sentence = said(&catalogue, Reader::Inspector, agreements);
    assert!(sentence.contains("75,0% (3 van 4)") && sentence.contains("niet met andere aanbieders"), "{sentence}");
    assert!(sentence.contains("De wettelijke norm is 100,0%; daaraan is niet voldaan."), "{sentence}");
    assert!(sentence.contains("Bij 4 van 4 in deze periode zou het signaal geen zijn."), "{sentence}");

    let intake = signal(&outcome, 1, "KZ01");
    let sentence = said(&catalogue, Reader::Organisation, intake);
    assert!(sentence.contains("(12 van 19, over 2 perioden)"), "{sentence}");
    assert!(said(&catalogue, Reader::Organisation, signal(&outcome, 2, "KZ01")).ends_with("Dit valt niet op."));
}

#[test]
fn a_score_names_its_largest_parts_and_sums_up_the_rest() {
    let catalogue = catalogue();
    let mut measures = Vec::new();
    for code in ["KZ01", "KZ02", "KZ06", "KZ07B", "KZ18"] {
        let mut one = measure(code, IndicatorKind::Proportion, catalogue.indicators[code].direction);
        one.weight = 1.0;
        measures.push(one);
    }
    let observations = (1..=30)
        .flat_map(|number| {
            let codes = ["KZ01", "KZ02", "KZ06", "KZ07B", "KZ18"];
            codes
                .into_iter()
                .enumerate()
                .map(move |(place, code)| counted(number, code, ((number * (place + 3)) % 17 + 20) as f64, 60.0))
        })
        .collect();
    let outcome = score(&sector(measures, members(30), observations));
    let overall = &outcome.organisations[4].scores[0];
    let inspector = score_sentence(&catalogue, Reader::Inspector, overall);
    assert_eq!(inspector.nl.matches("(KZ").count(), 3, "{}", inspector.nl);
    assert!(inspector.nl.contains("(overige)") && inspector.en.contains("(the others)"));
    let own = score_sentence(&catalogue, Reader::Organisation, overall);
    assert!(own.nl.starts_with("Uw score is ") && !own.nl.contains("(KZ"), "{}", own.nl);
    let unscored = Member { agb_code: "00000099".parse::<AgbCode>().expect("a code"), ..members(1)[0] };
    let mut silent = Sector::new(&catalogue, year(2025));
    silent.members = vec![unscored];
    let outcome = score(&silent);
    let nothing = score_sentence(&catalogue, Reader::Organisation, &outcome.organisations[0].scores[0]);
    assert!(nothing.nl.starts_with("Er is geen score voor u"), "{}", nothing.nl);
}
