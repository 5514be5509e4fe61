//! Questions of plausibility, on a sector made up with the product's own catalogue.

use super::{Past, questions};
use crate::{
    catalogue::Catalogue,
    domain::{AgbCode, Finding, Observation, Period, Severity},
};

const SIZE: u32 = 120;

/// Numbers that look drawn and always come again (`SplitMix64`).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn binomial(&mut self, trials: u32, share: f64) -> f64 {
        (0..trials).filter(|_| self.next() < share).count() as f64
    }
}

fn code(place: u32) -> AgbCode {
    format!("3300{place:04}").parse().expect("a code")
}

fn period(text: &str) -> Period {
    text.parse().expect("a period")
}

fn counted(place: u32, when: &str, indicator: &str, numerator: f64, denominator: f64) -> Observation {
    Observation {
        agb_code: code(place),
        period: period(when),
        indicator: indicator.to_owned(),
        numerator: Some(numerator),
        denominator: Some(denominator),
        value: None,
        standard_deviation: None,
        units: None,
        missing: None,
    }
}

/// Families of an organisation: 20 for the first, 2,400 for the last.
fn families(place: u32) -> u32 {
    20 * (place + 1)
}

/// Two years of a sector; the share moves a little between years, the size by chance alone.
fn sector(organisations: u32) -> Vec<Observation> {
    let mut draws = Draws(7);
    let mut all = Vec::new();
    for place in 0..organisations {
        let share = 0.6 + 0.3 * draws.next();
        for (year, shift) in [("2023", 0.0), ("2024", 0.06 * (draws.next() - 0.5))] {
            let size = families(place);
            all.push(counted(place, year, "KZ06", draws.binomial(size, share + shift), f64::from(size)));
        }
    }
    all
}

/// What is asked of a file about 2025 with these observations.
fn asked(past: Vec<Observation>, file: &[Observation], elsewhere: &[Observation]) -> Vec<Finding> {
    let catalogue = Catalogue::embedded().expect("the catalogue");
    let past = Past::new(&catalogue, period("2025"), past);
    questions(&catalogue, "indicatoren", file, elsewhere, &past)
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn a_jump_as_few_make_is_asked_about_with_the_count() {
    let past = sector(SIZE);
    let own = past.iter().rfind(|one| one.agb_code == code(40)).expect("it delivered").clone();
    let (before, size) = (own.numerator.expect("a count"), own.denominator.expect("a count"));
    let file = [counted(40, "2025", "KZ06", (before - 0.35 * size).round(), size)];
    let found = asked(past.clone(), &file, &[]);
    assert_eq!(codes(&found), ["plausibility.jump"]);
    let finding = &found[0];
    assert_eq!((finding.severity, finding.count), (Severity::Question, 1));
    let parameters = &finding.occurrences[0].parameters;
    assert_eq!((parameters["indicator"].as_str(), parameters["count"].as_str()), ("KZ06", "0"));
    for (text, words) in [(&finding.message.nl, "0 van de 119"), (&finding.message.en, "Of 119 other organisations 0")]
    {
        assert!(text.contains(words) && text.contains("2024") && text.contains("2025"), "{text}");
        assert!(!text.contains('{') && !text.contains("()"), "{text}");
    }
    assert!(finding.message.nl.contains(&format!(" % ({before} van {size})")), "{}", finding.message.nl);

    // The same change of an organisation of twenty families is within what chance does to the small.
    let last = |place| past.iter().rfind(|one| one.agb_code == code(place)).expect("it delivered").clone();
    let small = last(0);
    let one_less = small.numerator.expect("a count") - 2.0;
    assert_eq!(codes(&asked(past.clone(), &[counted(0, "2025", "KZ06", one_less, 20.0)], &[])), Vec::<&str>::new());
    // Of a sector too small to say "two in a hundred", nothing is asked.
    assert_eq!(codes(&asked(sector(50), &file, &[])), Vec::<&str>::new());
}

#[test]
fn the_small_are_asked_no_more_than_the_large_and_both_seldom() {
    let past = sector(SIZE);
    let mut draws = Draws(11);
    let mut of_size = [0, 0];
    for place in 0..SIZE {
        let own = past.iter().rfind(|one| one.agb_code == code(place)).expect("it delivered");
        let share = own.numerator.expect("a count") / own.denominator.expect("a count");
        let size = families(place);
        for _ in 0..10 {
            let file = [counted(place, "2025", "KZ06", draws.binomial(size, share), f64::from(size))];
            of_size[usize::from(place >= SIZE / 2)] += asked_quickly(&past, &file);
        }
    }
    // Six hundred files of each half; twelve are two in a hundred.
    assert!(of_size.iter().all(|count| *count <= 24), "{of_size:?}");
}

/// How many questions, with the sector read once.
fn asked_quickly(past: &[Observation], file: &[Observation]) -> usize {
    use std::sync::OnceLock;
    static READ: OnceLock<(Catalogue, Past)> = OnceLock::new();
    let (catalogue, past) = READ.get_or_init(|| {
        let catalogue = Catalogue::embedded().expect("the catalogue");
        let read = Past::new(&catalogue, period("2025"), past.to_vec());
        (catalogue, read)
    });
    questions(catalogue, "indicatoren", file, &[], past).iter().filter(|one| one.code == "plausibility.jump").count()
}

#[test]
fn a_digit_too_many_is_one_question_about_all_denominators() {
    let mut past = sector(SIZE);
    let more: Vec<_> = past.iter().map(|one| Observation { indicator: "KZ01".to_owned(), ..one.clone() }).collect();
    past.extend(more);
    let tenfold = ["KZ01", "KZ06"].map(|indicator| {
        let own =
            past.iter().rfind(|one| one.agb_code == code(40) && one.indicator == indicator).expect("it delivered");
        let ten = |figure: Option<f64>| 10.0 * figure.expect("a count");
        counted(40, "2025", indicator, ten(own.numerator), ten(own.denominator))
    });
    let found = asked(past, &tenfold, &[]);
    assert_eq!(codes(&found), ["plausibility.size_jump"]);
    let places: Vec<_> = found[0].occurrences.iter().map(|place| place.value.as_deref().unwrap_or_default()).collect();
    assert_eq!((found[0].count, places), (2, vec!["KZ01", "KZ06"]));
    assert!(found[0].message.nl.contains("820") && found[0].message.nl.contains("8200"), "{}", found[0].message.nl);
}

#[test]
fn the_file_of_an_earlier_year_is_recognised() {
    let own = |when: &str, shift: f64| {
        ["KZ01", "KZ02", "KZ06", "KZ18"].map(|indicator| counted(3, when, indicator, 300.0 + shift, 400.0)).to_vec()
    };
    let past = [own("2023", 5.0), own("2024", 9.0)].concat();
    let found = asked(past.clone(), &own("2025", 5.0), &[]);
    assert_eq!(codes(&found), ["plausibility.copied"]);
    assert!(
        found[0].message.nl.contains("4 van de 4 cijfers over 2025 zijn precies die over 2023"),
        "{:?}",
        found[0].message
    );
    assert_eq!(codes(&asked(past.clone(), &own("2025", 6.0), &[])), Vec::<&str>::new());
    // Two figures that happen to be the same are no copy, nor is a yes that stays a yes.
    let two: Vec<_> = own("2025", 5.0).into_iter().take(2).collect();
    assert_eq!(codes(&asked(past, &two, &[])), Vec::<&str>::new());
    let yes = |when: &str| ["KZ22"; 3].map(|indicator| counted(3, when, indicator, 1.0, 1.0)).to_vec();
    assert_eq!(codes(&asked(yes("2024"), &yes("2025"), &[])), Vec::<&str>::new());
    // What is not known twice is not the same.
    let unknown =
        |when: &str| own(when, 0.0).into_iter().map(|one| Observation { numerator: None, ..one }).collect::<Vec<_>>();
    assert_eq!(codes(&asked(unknown("2024"), &unknown("2025"), &[])), Vec::<&str>::new());
}

#[test]
fn carers_are_compared_across_files_whichever_comes_last() {
    let indicators = |carers| vec![counted(3, "2025", "KZ04B", 40.0, carers)];
    let staff = |persons| vec![Observation { units: Some(persons), ..counted(3, "2025", "ST01", 1_000.0, 60_000.0) }];
    let found = asked(staff(80.0), &indicators(50.0), &[]);
    assert_eq!(codes(&found), ["plausibility.files_differ"]);
    let said = &found[0].message.nl;
    assert!(
        said.contains("kraamverzorgenden") && said.contains("50 bij KZ04B") && said.contains("80 bij ST01"),
        "{said}"
    );
    // The other way about, and against a file that only waits: that one goes before what is in force.
    assert_eq!(codes(&asked(indicators(50.0), &staff(80.0), &[])), ["plausibility.files_differ"]);
    assert_eq!(codes(&asked(Vec::new(), &indicators(50.0), &staff(80.0))), ["plausibility.files_differ"]);
    assert_eq!(codes(&asked(staff(80.0), &indicators(50.0), &staff(52.0))), Vec::<&str>::new());
    // A few carers more or less, and files of others, are no question.
    assert_eq!(codes(&asked(staff(6.0), &indicators(3.0), &[])), Vec::<&str>::new());
    let other = staff(80.0).into_iter().map(|one| Observation { agb_code: code(4), ..one }).collect();
    assert_eq!(codes(&asked(other, &indicators(50.0), &[])), Vec::<&str>::new());
}
