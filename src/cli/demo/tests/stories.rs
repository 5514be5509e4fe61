//! Every story can be seen in the data.

use super::*;

#[test]
fn every_story_is_told_in_both_languages() {
    assert_eq!(DEMO.stories.len(), 20);
    let codes: BTreeSet<_> = DEMO.stories.iter().map(|story| story.code).collect();
    let organisations: BTreeSet<_> = DEMO.stories.iter().map(|story| story.organisation).collect();
    assert_eq!((codes.len(), organisations.len()), (20, 20));
    for story in &DEMO.stories {
        for text in [&story.title.nl, &story.title.en, &story.what.nl, &story.what.en] {
            assert!(!text.is_empty() && !text.contains(['{', '\n']) && !text.contains("  "), "{text}");
        }
        assert!(YEARS.contains(story.years.start()) && YEARS.contains(story.years.end()), "{story:?}");
    }
}

#[test]
fn zzp_rises_in_one_and_drops_in_another() {
    let shift = organisation_of("zzp-shift");
    assert!((zzp_share(shift, 2021) - 0.10).abs() < 0.01 && (zzp_share(shift, 2025) - 0.55).abs() < 0.01);
    assert!(YEARS.windows(2).all(|years| zzp_share(shift, years[0]) < zzp_share(shift, years[1])));
    let exit = organisation_of("zzp-exit");
    assert!((zzp_share(exit, 2024) - 0.44).abs() < 0.01 && (zzp_share(exit, 2025) - 0.15).abs() < 0.01);
    let leaving = staff(exit, 2025, None, "uitstroom") / staff(exit, 2025, None, "aantal_personen");
    assert!(leaving > 0.25, "{leaving}");
}

#[test]
fn shortfall_is_there_only_where_supply_is_short() {
    let lower_bound = |code, year| share(code, "KZ07B", year) - share(code, "KZ07A", year);
    let short = organisation_of("supply-shortfall");
    assert!(lower_bound(short, 2021) < 0.15 && lower_bound(short, 2025) > 0.28, "{}", lower_bound(short, 2025));
    assert!((share(short, "KZ07A", 2025) - 0.22).abs() < 0.04);
    let poor = organisation_of("wants-less");
    for year in YEARS {
        assert!(share(poor, "KZ07A", year) > 0.38 && lower_bound(poor, year).abs() < 0.06, "{year}");
    }
}

#[test]
fn care_gets_worse_where_it_should() {
    let fell = |story, code, from: f64, to: f64| {
        let one = organisation_of(story);
        let (before, after) = (share(one, code, 2021), share(one, code, 2025));
        assert!(before > from && after < to, "{story} {code}: {before} to {after}");
    };
    fell("late-birth-assistance", "KZ02", 0.89, 0.82);
    fell("broken-continuity", "KZ06", 0.74, 0.54);
    fell("training-collapse", "KZ04A", 11.0, 5.0);
    fell("training-collapse", "KZ04B", 0.75, 0.6);
    fell("training-collapse", "KZ04D", 0.65, 0.6);
    let changing = organisation_of("broken-continuity");
    assert!(experience(changing, 2023) - experience(changing, 2025) > 0.25);
    let leaving = organisation_of("turnover-and-sickness");
    let rate =
        |year, of, by| staff(leaving, year, Some("loondienst"), of) / staff(leaving, year, Some("loondienst"), by);
    assert!(rate(2025, "uitstroom", "aantal_personen") > 0.22);
    assert!(rate(2025, "ziektedagen", "beschikbare_dagen") > 0.14);
    assert!(rate(2022, "ziektedagen", "beschikbare_dagen") < 0.10);
}

#[test]
fn one_is_quietly_excellent() {
    let best = organisation_of("quietly-excellent");
    let all = delivering(2025);
    for (code, better_when_higher) in [("KZ01", true), ("KZ06", true), ("KZ07B", false), ("KZ18", true)] {
        let better = all.iter().filter(|other| fraction(**other, code, 2025).1 > 100.0).filter(|other| {
            (share(**other, code, 2025) > share(best, code, 2025)) == better_when_higher && **other != best
        });
        assert!(better.count() <= 3, "{code}");
    }
    assert!(experience(best, 2025) > 9.2, "{}", experience(best, 2025));
}

#[test]
fn a_tiny_one_looks_terrible_by_chance() {
    let tiny = organisation_of("tiny-and-unlucky");
    assert_eq!(fraction(tiny, "KZ06", 2025), (4.0, 8.0));
    // The chance of 4 or fewer out of 8 in an ordinary organisation (78 %), by the binomial distribution.
    let ways = [1.0, 8.0, 28.0, 56.0, 70.0];
    let chance: f64 = ways.iter().zip(0..).map(|(ways, x)| ways * 0.78_f64.powi(x) * 0.22_f64.powi(8 - x)).sum();
    assert!(chance > 0.05, "{chance}");
}

#[test]
fn a_merger_moves_the_families() {
    let (taking, leaving) = (organisation_of("merger-takes-over"), organisation_of("merger-is-absorbed"));
    let families = |code, year| fraction(code, "KZ07B", year).1;
    let growth = families(taking, 2024) / (families(taking, 2023) + families(leaving, 2023));
    assert!((growth - 1.0).abs() < 0.12, "{growth}");
    let last = DEMO.deliveries.iter().filter(|delivery| delivery.agb_code == leaving).map(|one| one.year).max();
    assert_eq!(last, Some(2023));
}

#[test]
fn a_file_with_mistakes_is_followed_by_a_right_one() {
    let files: Vec<_> = deliveries_of("mistakes").into_iter().filter(|one| one.dataset == "indicatoren").collect();
    let [wrong, right] = files.as_slice() else { panic!("two files, not {}", files.len()) };
    assert_eq!((&wrong.expected, &right.expected), (&Expectation::Rejected, &Expectation::Accepted));
    assert_eq!(wrong.at.plus_seconds(7 * 86_400), right.at);
    let (wrong, right) = (read(wrong), read(right));
    let changed: BTreeSet<&str> = wrong
        .iter()
        .zip(&right)
        .flat_map(|(wrong, right)| wrong.iter().filter(|(column, cell)| right[*column] != **cell))
        .map(|(column, _)| column.as_str())
        .collect();
    assert!(changed.into_iter().eq(["agb_code", "indicator_code", "noemer", "periode", "teller", "waarde"]));
    assert_eq!(DEMO.deliveries.iter().filter(|one| one.expected == Expectation::Rejected).count(), 1);
}

#[test]
fn late_missing_and_corrected_files() {
    let late = deliveries_of("late-delivery");
    assert_eq!(late.len(), 3);
    assert!(late.iter().all(|one| one.at.date().month() == 8 && one.at.date().year() == 2025));

    let missing = organisation_of("missing-stream");
    assert!(DEMO.deliveries.iter().all(|one| one.agb_code != missing || one.dataset != "evaluaties"));
    let silent = organisation_of("silent-this-year");
    assert!(DEMO.deliveries.iter().all(|one| one.agb_code != silent || one.year < 2025));

    let versions: Vec<_> = deliveries_of("correction").into_iter().filter(|one| one.dataset == "indicatoren").collect();
    let [first, second] = versions.as_slice() else { panic!("two versions, not {}", versions.len()) };
    assert!(first.at < second.at && first.expected == Expectation::Accepted);
    let kept = |delivery| {
        let rows = read(delivery);
        let row = rows.iter().find(|row| row["indicator_code"] == "KZ06").expect("KZ06").clone();
        (count(&row, "teller"), 100.0 * count(&row, "teller") / count(&row, "noemer") - count(&row, "waarde"))
    };
    assert!(same((kept(second).0 / 2.0).floor(), kept(first).0));
    assert!(kept(first).1.abs() <= 0.05 + 1e-9, "the first version agrees with itself");
}

#[test]
fn figures_are_copied_from_last_year_by_one_only() {
    let copied: Vec<AgbCode> = delivering(2025)
        .into_iter()
        .filter(|code| fraction(*code, "KZ07B", 2025).1 > 50.0)
        .filter(|code| {
            ["KZ01", "KZ02", "KZ06", "KZ07A", "KZ18"]
                .iter()
                .all(|one| fraction(*code, one, 2024) == fraction(*code, one, 2025))
        })
        .collect();
    assert_eq!(copied, [organisation_of("copied-from-last-year")]);
}

#[test]
fn agreements_and_rows_are_missing_where_they_should() {
    let without = organisation_of("no-written-agreements");
    for year in YEARS {
        assert!(same(staff(without, year, Some("zzp"), "met_schriftelijke_overeenkomst"), 0.0));
        assert!(staff(without, year, Some("zzp"), "aantal_personen") > 2.0);
    }
    let questions: Vec<_> = DEMO
        .deliveries
        .iter()
        .filter(|one| matches!(one.expected, Expectation::AcceptedWithQuestions { .. }))
        .map(|one| (one.agb_code, one.dataset, one.year))
        .collect();
    assert_eq!(questions, [(organisation_of("absent-category"), "personeel", 2025)]);
}
