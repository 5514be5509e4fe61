//! The product's rules and the way of rows to observations, on small files.

use std::io::Cursor;

use jiff::civil::date;

use super::{CheckContext, NoSink, Observer, Row, RowSink, check, corpus_tests::organisations};
use crate::{
    catalogue::Catalogue,
    domain::{LearningObservation, MissingReason, Observation, Observed, Report},
};

fn run(dataset: &str, file: &str, sink: &mut dyn RowSink) -> Report {
    let codes = organisations(&["00990001", "00990002"]);
    let context = CheckContext::new(date(2025, 2, 1), Some(dataset), &codes);
    check(Cursor::new(file), &Catalogue::embedded().expect("the catalogue"), &context, sink)
        .expect("memory can be read")
}

/// The codes and columns of what is found in one row.
fn found(dataset: &str, header: &str, row: &str) -> Vec<(String, String)> {
    let report = run(dataset, &format!("{header}\n{row}\n"), &mut NoSink);
    let found = report
        .findings
        .into_iter()
        .map(|finding| (finding.code, finding.column.map(|column| column.name).unwrap_or_default()));
    found.collect()
}

fn assert_found(dataset: &str, header: &str, cases: &[(&str, &[(&str, &str)])]) {
    for (row, expected) in cases {
        let expected: Vec<_> =
            expected.iter().map(|(code, column)| (format!("rule.{code}"), (*column).to_owned())).collect();
        assert_eq!(found(dataset, header, row), expected, "{row}");
    }
}

#[test]
fn indicators() {
    assert_found(
        "indicatoren",
        "agb_code;verslagjaar;periode;indicator_code;teller;noemer;waarde",
        &[
            ("00990001;2024;2024;KZ01;412;430;95,8", &[]),
            ("00990001;2024;2024;INID000763;412;430;96", &[]),
            ("00990001;2024;2024;KZ01;412;430;95,7", &[("value_mismatch", "waarde")]),
            ("00990001;2024;2024;KZ01;440;430;", &[("numerator_gt_denominator", "teller")]),
            ("00990001;2024;2024;KZ01;440;430;95,8", &[("numerator_gt_denominator", "teller")]),
            ("00990001;2024;2024;KZ04A;4400;430;10,2", &[]),
            ("00990001;2024;2024;KZ04A;4400;430;10,4", &[("value_mismatch", "waarde")]),
            ("00990001;2024;2024;KZ01;;;95,8", &[("value_without_denominator", "waarde")]),
            ("00990001;2024;2024;KZ01;;430;", &[("incomplete_fraction", "teller")]),
            ("00990001;2024;2024;KZ01;12;;", &[("incomplete_fraction", "noemer")]),
            ("00990001;2024;2024;KZ01;0;0;", &[]),
            ("00990001;2024;2023-Q1;KZ01;1;2;50", &[("period_year_mismatch", "periode")]),
            ("00990001;2024;2024;KZ01;9;999;", &[("placeholder_suspect", "noemer")]),
        ],
    );
}

#[test]
fn the_same_clients_for_7a_and_7b() {
    let header = "agb_code;verslagjaar;periode;indicator_code;teller;noemer;waarde\n";
    let same = format!(
        "{header}00990001;2024;2024;KZ07A;1;430;\n00990001;2024;2024;KZ07B;2;430;\n00990002;2024;2024;KZ07B;2;90;\n"
    );
    assert_eq!(run("indicatoren", &same, &mut NoSink).findings, []);
    let other = same.replace("2;430", "2;410");
    let report = run("indicatoren", &other, &mut NoSink);
    let [finding] = report.findings.as_slice() else { panic!("one finding, not {:?}", report.findings) };
    assert_eq!((finding.code.as_str(), finding.occurrences[0].line), ("rule.denominator_mismatch", Some(3)));
    assert_eq!(finding.message.nl, "De noemer is 410; de andere indicator van 7A en 7B heeft op regel 2 430 cliënten.");
    assert_eq!((report.rows.accepted, report.rows.rejected), (2, 1));
}

#[test]
fn evaluations() {
    let header = "agb_code;verslagjaar;periode;instrument;onderwerp_code;aantal_uitgenodigd;aantal_respons;gemiddelde;standaardafwijking;aandeel_9_10;aandeel_tm_6;schaal_min;schaal_max";
    assert_found(
        "evaluaties",
        header,
        &[
            ("00990001;2024;2024;PREM;CE01;100;40;8,4;1,2;40,0;5,0;1;10", &[]),
            ("00990001;2024;2024;PREM;CE01;30;40;8,4;1,2;40,0;5,0;1;10", &[("part_gt_whole", "aantal_respons")]),
            ("00990001;2024;2024;PREM;CE01;100;40;10,4;1,2;40,0;5,0;1;10", &[("out_of_scale", "gemiddelde")]),
            ("00990001;2024;2024;PREM;CE01;100;40;8,4;4,9;40,0;5,0;1;10", &[("out_of_scale", "standaardafwijking")]),
            ("00990001;2024;2024;PREM;CE01;100;40;8,4;1,2;60,0;50,0;1;10", &[("implausible", "aandeel_tm_6")]),
            ("00990001;2024;2024;PREM;CE01;100;40;8,4;1,2;40,0;5,0;10;1", &[("scale", "schaal_max")]),
            ("00990001;2024;2024;PREM;CE01;100;;8,4;;;;1;10", &[("value_without_denominator", "gemiddelde")]),
            ("00990001;2024;2024;PREM;CE01;100;0;;;;;1;10", &[]),
        ],
    );
}

#[test]
fn staffing() {
    let header = "agb_code;verslagjaar;periode;contractvorm;functie;aantal_personen;fte;uren;in_opleiding;ziektedagen;beschikbare_dagen;vacatures;vacatures_langer_dan_3_maanden";
    assert_found(
        "personeel",
        header,
        &[
            ("00990001;2024;2024-Q4;zzp;kraamverzorgende;17;9,8;3920;2;10;400;3;1", &[]),
            ("00990001;2024;2024-Q4;zzp;kraamverzorgende;7;9,8;3920;2;10;400;3;1", &[("implausible", "fte")]),
            ("00990001;2024;2024-Q4;zzp;kraamverzorgende;17;9,8;39200;2;10;400;3;1", &[("implausible", "uren")]),
            ("00990001;2024;2024;zzp;kraamverzorgende;17;9,8;3920;2;10;400;3;1", &[("implausible", "uren")]),
            (
                "00990001;2024;2024-Q4;zzp;kraamverzorgende;17;9,8;3920;20;10;400;3;1",
                &[("part_gt_whole", "in_opleiding")],
            ),
            (
                "00990001;2024;2024-Q4;zzp;kraamverzorgende;17;9,8;3920;2;500;400;3;1",
                &[("part_gt_whole", "ziektedagen")],
            ),
            (
                "00990001;2024;2024-Q4;zzp;kraamverzorgende;17;9,8;3920;2;10;400;3;4",
                &[("part_gt_whole", "vacatures_langer_dan_3_maanden")],
            ),
            (
                "00990001;2024;2024-Q4;loondienst;kraamverzorgende;17;9,8;3920;;;;;",
                &[("category_absent", "contractvorm")],
            ),
        ],
    );
}

#[test]
fn hours_of_care() {
    assert_found(
        "uren",
        "agb_code;verslagjaar;periode;indicatiemethode;aantal_geboorten;aantal_clienten;geindiceerde_uren;geleverde_uren;onder_24_uur;onder_24_uur_niet_eigen_wens;geen_zorg;aantal_keizersnede;aantal_kwetsbaar",
        &[
            ("00990001;2024;2024-Q4;LIP;430;421;19240;17905,5;12;5;2;61;48", &[]),
            ("00990001;2024;2024-Q4;LIP;430;421;19240;17905,5;12;5;2;;", &[]),
            ("00990001;2024;2023-Q4;LIP;430;421;19240;17905,5;12;5;2;61;48", &[("period_year_mismatch", "periode")]),
            ("00990001;2024;2024;LIP;420;421;19240;17905,5;12;5;;61;48", &[("part_gt_whole", "aantal_clienten")]),
            ("00990001;2024;2024;LIP;430;421;19240;17905,5;422;5;2;61;48", &[("part_gt_whole", "onder_24_uur")]),
            (
                "00990001;2024;2024;LIP;430;421;19240;17905,5;12;15;2;61;48",
                &[("part_gt_whole", "onder_24_uur_niet_eigen_wens")],
            ),
            ("00990001;2024;2024;LIP;430;421;19240;17905,5;12;5;12;61;48", &[("part_gt_whole", "geen_zorg")]),
            ("00990001;2024;2024;LIP;430;421;19240;17905,5;12;5;2;431;48", &[("part_gt_whole", "aantal_keizersnede")]),
            ("00990001;2024;2024;LIP;430;421;19240;17905,5;12;5;2;61;422", &[("part_gt_whole", "aantal_kwetsbaar")]),
            ("00990001;2024;2024;LIP;430;421;;17905,5;12;5;2;61;48", &[("incomplete_fraction", "geindiceerde_uren")]),
            ("00990001;2024;2024;LIP;430;421;33000;34000;12;5;2;61;48", &[("implausible", "geleverde_uren")]),
            ("00990001;2024;2024;LIP;430;421;19240;25000;12;5;2;61;48", &[("implausible", "geleverde_uren")]),
            ("00990001;2024;2024;LIP;430;421;9240;8905,5;12;5;2;61;48", &[("implausible", "geindiceerde_uren")]),
            ("00990001;2024;2024;KLIM;430;421;9240;8905,5;12;5;2;61;48", &[]),
            (
                "00990001;2024;2024;LIP;999;421;19240;17905,5;12;5;2;61;48",
                &[("placeholder_suspect", "aantal_geboorten")],
            ),
        ],
    );
}

#[test]
fn service_areas() {
    assert_found(
        "werkgebied",
        "agb_code;verslagjaar;periode;pc4;status;vanaf;tot;aanvragen;geweigerd;wachtlijst",
        &[
            ("00990001;2024;2024;7411;actief;2024-01-01;;38;3;2", &[]),
            ("00990001;2024;2024;7411;gestopt;1-1-2024;31-12-2024;38;38;0", &[]),
            ("00990001;2024;2024;7411;actief;;;;;", &[]),
            ("00990001;2024;2024;7411;actief;2024-12-31;2024-01-01;38;3;2", &[("date_order", "tot")]),
            ("00990001;2024;2024;7411;actief;;;3;38;2", &[("part_gt_whole", "geweigerd")]),
            ("00990001;2024;2024;7411;actief;;;3;2;38", &[("part_gt_whole", "wachtlijst")]),
            ("00990001;2024;2024;7411;actief;;;;3;", &[("incomplete_fraction", "aanvragen")]),
            ("00990001;2024;2024;7411;gestopt;;;38;3;0", &[("implausible", "geweigerd")]),
            ("00990001;2024;2024;7411;actief;;;999;3;2", &[("placeholder_suspect", "aanvragen")]),
        ],
    );
}

#[test]
fn learning() {
    assert_found(
        "leren",
        "agb_code;verslagjaar;periode;zorgtrajecten;meldingen;geanalyseerd_binnen_termijn;maatregelen;getoetst",
        &[
            ("00990001;2024;2024;430;21;19;8;6", &[]),
            ("00990001;2024;2024;430;21;22;8;6", &[("part_gt_whole", "geanalyseerd_binnen_termijn")]),
            ("00990001;2024;2024;430;21;19;8;9", &[("part_gt_whole", "getoetst")]),
            ("00990001;2024;2024;21;430;19;8;6", &[("implausible", "meldingen")]),
        ],
    );
}

#[test]
fn mergers_in_the_register() {
    let header = "agb_code;naam;soort;kvk_nummer;regio;opgegaan_in;opgegaan_op";
    assert_found(
        "organisaties",
        header,
        &[
            ("00990001;De Wieg;organisation;12345678;PV25;00990002;2024-01-01", &[]),
            ("00990001;De Wieg;organisation;;;00990002;", &[("incomplete_merger", "opgegaan_op")]),
            ("00990001;De Wieg;organisation;;;;2024-01-01", &[("incomplete_merger", "opgegaan_in")]),
            ("00990001;De Wieg;organisation;;;00990001;2024-01-01", &[("incomplete_merger", "opgegaan_in")]),
        ],
    );
}

/// A BSN refuses these files as it does the others.
#[test]
fn no_person_in_the_further_inputs() {
    let header = "agb_code;verslagjaar;periode;pc4;status;aanvragen;geweigerd;";
    for (column, value) in [("bsn", "111222333"), ("geboortedatum", "1990-01-01")] {
        let report =
            run("werkgebied", &format!("{header}{column}\n00990001;2024;2024;7411;actief;38;3;{value}\n"), &mut NoSink);
        assert!(!report.is_accepted(), "{column}");
        assert!(report.findings.iter().any(|finding| finding.code.starts_with("privacy.")), "{:?}", report.findings);
    }
}

fn observed(dataset: &str, file: &str) -> Observed {
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let mut observer = Observer::new(&catalogue);
    run(dataset, file, &mut observer);
    observer.finish()
}

fn observe(dataset: &str, file: &str) -> Vec<Observation> {
    observed(dataset, file).whole
}

#[test]
fn parts_stand_beside_the_whole_and_rows_are_counted() {
    let file = "agb_code;verslagjaar;periode;pc4;status;aanvragen;geweigerd\n00990001;2024;2024;7411;actief;38;3\n00990001;2024;2024;7412;gestopt;4;4\n00990001;2024;2024;7413;beperkt;;\n";
    let found = observed("werkgebied", file);
    let figures = |one: &Observation| (one.numerator, one.denominator, one.missing);
    let whole: Vec<_> = found.whole.iter().map(|one| (one.indicator.as_str(), figures(one))).collect();
    let none = (None, None, Some(MissingReason::NotReported));
    assert_eq!(
        whole,
        [
            ("BG01", (Some(1.0), Some(3.0), None)),
            ("BG02", (Some(7.0), Some(42.0), None)),
            ("BG03", (None, Some(42.0), Some(MissingReason::NotReported))),
        ]
    );
    let of = |indicator: &str| -> Vec<_> {
        let parts = found.parts.iter().filter(|one| one.observation.indicator == indicator);
        parts.map(|one| (one.part.as_str(), figures(&one.observation))).collect()
    };
    let active = |numerator| (Some(numerator), Some(1.0), None);
    assert_eq!(of("BG01"), [("7411", active(1.0)), ("7412", active(0.0)), ("7413", active(0.0))]);
    assert_eq!(
        of("BG02"),
        [("7411", (Some(3.0), Some(38.0), None)), ("7412", (Some(4.0), Some(4.0), None)), ("7413", none)]
    );
    assert!(found.learning.is_empty() && found.len() == 12);
}

#[test]
fn what_is_for_learning_is_nothing_else() {
    let file = "agb_code;verslagjaar;periode;zorgtrajecten;meldingen;geanalyseerd_binnen_termijn;maatregelen;getoetst\n00990001;2024;2024;430;21;19;8;6\n";
    let found = observed("leren", file);
    assert!(found.whole.is_empty() && found.parts.is_empty());
    let codes: Vec<&str> = found.learning.iter().map(LearningObservation::indicator).collect();
    assert_eq!(codes, ["LV01", "LV02", "LV03"]);
    // Nobody but the organisation itself is shown a number.
    assert_eq!(found.numbers(None), []);
}

#[test]
fn observations_follow_the_indicator_and_come_sorted() {
    let observations = observe(
        "indicatoren",
        "agb_code;verslagjaar;periode;indicator_code;teller;noemer;waarde\n00990002;2024;2024;KZ01;1;2;\n00990001;2024;2024-Q1;KZ01;3;4;\n00990001;2024;2024;KZ07A;0;0;\n00990001;2024;2024;KZ01;n.v.t.;-;\n00990001;2024;2024;KZ01;n.v.t.;-;\n",
    );
    let shown: Vec<_> = observations
        .iter()
        .map(|found| {
            (
                found.agb_code.to_string(),
                found.period.to_string(),
                found.indicator.as_str(),
                found.numerator,
                found.denominator,
                found.missing,
            )
        })
        .collect();
    let row = |agb: &str, period: &str, code, numbers: Option<(f64, f64)>, missing| {
        (agb.to_owned(), period.to_owned(), code, numbers.map(|pair| pair.0), numbers.map(|pair| pair.1), missing)
    };
    assert_eq!(
        shown,
        [
            row("00990001", "2024", "KZ01", None, Some(MissingReason::NotApplicable)),
            row("00990001", "2024", "KZ07A", Some((0.0, 0.0)), Some(MissingReason::EmptyDenominator)),
            row("00990001", "2024-Q1", "KZ01", Some((3.0, 4.0)), None),
            row("00990002", "2024", "KZ01", Some((1.0, 2.0)), None),
        ]
    );
}

#[test]
fn sums_take_the_rows_they_ask_for_and_a_row_said_twice_counts_once() {
    let file = "agb_code;verslagjaar;periode;contractvorm;functie;aantal_personen;fte;uren\n00990001;2024;2024-Q4;loondienst;kraamverzorgende;84;61,4;24560\n00990001;2024;2024-Q4;zzp;kraamverzorgende;17;9,8;3920\n00990001;2024;2024-Q4;zzp;kraamverzorgende;17;9,8;3.920\n00990001;2024;2024-Q4;zzp;planner;1;1;400\n";
    let doubtful = observe("personeel", file);
    let found = doubtful.iter().find(|one| one.indicator == "ST01").expect("the share of hours");
    // `3.920` is no certain number in a decimal column, so its row is rejected; written 3920,0 it is the same row.
    assert_eq!((found.numerator, found.denominator, found.units), (Some(3920.0), Some(28_480.0), Some(101.0)));
    assert_eq!(observe("personeel", &file.replace("3.920", "3920,0")), doubtful);
}

#[test]
fn a_register_without_periods_is_read_row_by_row() {
    #[derive(Default)]
    struct Names(Vec<(String, String)>);
    impl RowSink for Names {
        fn row(&mut self, row: &Row<'_>) {
            self.0.extend(row.text("agb_code").zip(row.text("naam")));
        }
        fn restart(&mut self) {
            self.0.clear();
        }
    }
    let mut names = Names::default();
    let file = "AGB-code,naam,soort\n00990001,\"Kraamzorg \"\"De Ooievaar\"\"\",organisation\n00990001,\"Kraamzorg \"\"De Ooievaar\"\"\",organisation\n00990002,Één,solo\n";
    let report = run("organisaties", file, &mut names);
    assert_eq!((report.rows.accepted, report.rows.unchanged, report.periods.len()), (2, 1, 0));
    assert_eq!(
        names.0,
        [("00990001".to_owned(), "Kraamzorg \"De Ooievaar\"".to_owned()), ("00990002".to_owned(), "Één".to_owned())]
    );
}

#[test]
fn every_code_that_is_used_has_its_texts() {
    let sources = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/intake")).expect("the sources");
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let mut used = 0;
    for source in sources {
        let source = std::fs::read_to_string(source.expect("an entry").path()).expect("a source");
        let words = source.split('"').filter(|word| {
            ["file.", "structure.", "row.", "cell.", "auth.", "privacy."].iter().any(|start| word.starts_with(start))
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_'))
                && !word.ends_with('.')
        });
        for word in words {
            used += 1;
            assert!(catalogue.finding_kinds.contains_key(word), "{word}");
        }
    }
    assert!(used > 60, "{used}");
}
