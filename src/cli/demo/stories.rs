//! The planted events: to whom they happen, when, and what one sees of them.

use std::ops::RangeInclusive;

use super::plot::Plot;
use crate::domain::{AgbCode, Text};

/// A planted event, told to who looks at the demo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Its code, by which deliveries name it.
    pub code: &'static str,
    /// What it is called.
    pub title: Text,
    /// To which organisation it happens.
    pub organisation: AgbCode,
    /// The report years in which it shows.
    pub years: RangeInclusive<i16>,
    /// What happens, and where one sees it.
    pub what: Text,
}

/// A planted event before anybody is chosen for it by name. Pairs of words are Dutch and English.
#[derive(Debug)]
pub(super) struct Planted {
    /// What it does to the data.
    pub(super) plot: Plot,
    /// The place by size of the organisation it happens to. The cooperatives (47, 59, ...) are left alone.
    pub(super) rank: usize,
    /// The code of its story.
    pub(super) code: &'static str,
    /// The first and the last report year in which it shows.
    years: (i16, i16),
    title: (&'static str, &'static str),
    what: (&'static str, &'static str),
}

impl Planted {
    /// What happens to the organisation at this place.
    pub(super) fn at(rank: usize) -> Option<&'static Self> {
        PLANTED.iter().find(|planted| planted.rank == rank)
    }

    /// Whether it shows in `year`.
    pub(super) const fn shows_in(&self, year: i16) -> bool {
        self.years.0 <= year && year <= self.years.1
    }

    /// Whether an organisation with this plot delivers `dataset` about `year` at all.
    pub(super) fn delivers(&self, dataset: &str, year: i16) -> bool {
        match self.plot {
            Plot::MergerIsAbsorbed | Plot::SilentThisYear => !self.shows_in(year),
            Plot::MissingStream => dataset != "evaluaties",
            _ => true,
        }
    }

    /// Its story, about `organisation`; `partner` is the name of the other in a merger.
    pub(super) fn story(&self, organisation: AgbCode, partner: &str) -> Story {
        let text = |(nl, en): (&str, &str)| Text {
            nl: nl.replace("{partner}", partner),
            en: en.replace("{partner}", partner),
        };
        Story {
            code: self.code,
            title: text(self.title),
            organisation,
            years: self.years.0..=self.years.1,
            what: text(self.what),
        }
    }
}

/// All planted events, by the size of the organisation.
static PLANTED: [Planted; 20] = [
    Planted {
        plot: Plot::SupplyShortfall,
        rank: 9,
        years: (2022, 2025),
        code: "supply-shortfall",
        title: ("Tekort door aanbod groeit", "Supply shortfall grows"),
        what: (
            "Steeds meer cliënten kregen minder zorg dan geïndiceerd (KZ07B van 30 naar 57 %), terwijl niet meer \
             cliënten minder wilden (KZ07A gewoon): het verschil kan niet uit wensen komen.",
            "Ever more clients received less care than indicated (KZ07B from 30 to 57 %), while no more clients \
             wanted less (KZ07A ordinary): wishes cannot explain the difference.",
        ),
    },
    Planted {
        plot: Plot::ZzpShift,
        rank: 14,
        years: (2021, 2025),
        code: "zzp-shift",
        title: ("Van loondienst naar zzp", "From employment to ZZP"),
        what: (
            "Het aandeel zorguren door zzp'ers stijgt in vijf jaar van 10 naar 55 %.",
            "The share of hours of care by self-employed carers rises from 10 to 55 % in five years.",
        ),
    },
    Planted {
        plot: Plot::LateBirthAssistance,
        rank: 18,
        years: (2022, 2025),
        code: "late-birth-assistance",
        title: ("Te laat bij de bevalling", "Late at the birth"),
        what: (
            "De kraamverzorgende is steeds minder vaak binnen een uur na de oproep aanwezig: KZ02 daalt van 93 \
             naar 77 %.",
            "The carer is ever less often there within an hour of the call: KZ02 falls from 93 to 77 %.",
        ),
    },
    Planted {
        plot: Plot::BrokenContinuity,
        rank: 22,
        years: (2023, 2025),
        code: "broken-continuity",
        title: ("Wisselende gezichten, dalende ervaring", "Changing faces, falling experience"),
        what: (
            "Steeds minder gezinnen houden het bij twee verzorgenden (KZ06 van 78 naar 50 %) en de \
             cliëntervaring daalt mee, het meest bij CE04, CE07 en CE09.",
            "Ever fewer families have at most two carers (KZ06 from 78 to 50 %), and client experience falls \
             with it, most on CE04, CE07 and CE09.",
        ),
    },
    Planted {
        plot: Plot::ZzpExit,
        rank: 25,
        years: (2025, 2025),
        code: "zzp-exit",
        title: ("Zzp'ers plotseling weg", "ZZP carers suddenly gone"),
        what: (
            "Na de handhaving op schijnzelfstandigheid zakt het zzp-aandeel in 2025 van 44 naar 15 %; vertrek en \
             vacatures lopen op.",
            "After the enforcement on false self-employment the ZZP share drops from 44 to 15 % in 2025; leavers \
             and vacancies go up.",
        ),
    },
    Planted {
        plot: Plot::QuietlyExcellent,
        rank: 28,
        years: (2021, 2025),
        code: "quietly-excellent",
        title: ("Stil en uitstekend", "Quietly excellent"),
        what: (
            "Op vrijwel alles beter dan anderen, vijf jaar lang. Hier valt niets te zoeken en iets te leren.",
            "Better than others on nearly everything, five years long. Nothing to look for here, something to \
             learn.",
        ),
    },
    Planted {
        plot: Plot::WantsLess,
        rank: 31,
        years: (2021, 2025),
        code: "wants-less",
        title: ("Cliënten willen minder zorg", "Clients want less care"),
        what: (
            "In dit werkgebied met veel lage inkomens wil 45 % minder zorg dan geïndiceerd, en even veel kregen \
             minder. KZ07B is hoog, maar er is geen tekort door aanbod: kijk naar de eigen bijdrage.",
            "In this area with many low incomes 45 % want less care than indicated, and as many received less. \
             KZ07B is high, but there is no supply shortfall: look at the co-payment.",
        ),
    },
    Planted {
        plot: Plot::TurnoverAndSickness,
        rank: 35,
        years: (2024, 2025),
        code: "turnover-and-sickness",
        title: ("Verloop en verzuim samen", "Turnover and sickness together"),
        what: (
            "In twee jaar stijgt het vertrek van 13 naar 34 % en het verzuim van 8 naar 16 %.",
            "In two years leavers rise from 13 to 34 % and sick leave from 8 to 16 %.",
        ),
    },
    Planted {
        plot: Plot::TrainingCollapse,
        rank: 40,
        years: (2024, 2025),
        code: "training-collapse",
        title: ("Scholing valt stil", "Training comes to a halt"),
        what: (
            "De scholing zakt van 12 naar 4 uur per verzorgende; nog 40 % is dit jaar bijgeschoold (KZ04A, KZ04B, \
             KZ04D).",
            "Training falls from 12 to 4 hours a carer; no more than 40 % were trained this year (KZ04A, KZ04B, \
             KZ04D).",
        ),
    },
    Planted {
        plot: Plot::Correction,
        rank: 45,
        years: (2025, 2025),
        code: "correction",
        title: ("Een correctie", "A correction"),
        what: (
            "De eerste versie van de indicatoren over 2025 telde bij KZ06 maar de helft van de gezinnen met \
             hooguit twee verzorgenden. De tweede versie vervangt haar; de eerste blijft bewaard.",
            "The first version of the indicators of 2025 counted only half of the families with at most two \
             carers at KZ06. The second version takes its place; the first is kept.",
        ),
    },
    Planted {
        plot: Plot::Mistakes,
        rank: 50,
        years: (2025, 2025),
        code: "mistakes",
        title: ("Een bestand met fouten", "A file with mistakes"),
        what: (
            "Het eerste bestand met indicatoren over 2025 wordt afgewezen: een AGB-code met zeven cijfers, een \
             Engelse datum, een onbekende indicator, teller boven noemer, een verschoven komma, woorden in een \
             getal. Een week later is het goed.",
            "The first file with indicators of 2025 is rejected: an AGB code of seven digits, an English date, an \
             unknown indicator, a numerator above its denominator, a misplaced comma, words in a number. A week \
             later it is right.",
        ),
    },
    Planted {
        plot: Plot::LateDelivery,
        rank: 55,
        years: (2024, 2024),
        code: "late-delivery",
        title: ("Te laat aangeleverd", "Delivered late"),
        what: (
            "De drie bestanden over 2024 kwamen pas in augustus 2025.",
            "The three files of 2024 came only in August 2025.",
        ),
    },
    Planted {
        plot: Plot::MergerTakesOver,
        rank: 60,
        years: (2024, 2025),
        code: "merger-takes-over",
        title: ("Fusie: neemt over", "Merger: takes over"),
        what: (
            "Neemt in 2024 de gezinnen en het personeel van {partner} over en groeit in een jaar sterk.",
            "Takes over the families and staff of {partner} in 2024 and grows strongly in one year.",
        ),
    },
    Planted {
        plot: Plot::NoWrittenAgreements,
        rank: 65,
        years: (2021, 2025),
        code: "no-written-agreements",
        title: ("Geen overeenkomst met zzp'ers", "No agreements with ZZP carers"),
        what: (
            "Bijna een derde van de uren komt van zzp'ers en met geen van hen is er een schriftelijke \
             overeenkomst (ST06, Wkkgz artikel 4).",
            "Nearly a third of the hours comes from self-employed carers, and there is a written agreement with \
             none of them (ST06, Wkkgz article 4).",
        ),
    },
    Planted {
        plot: Plot::MergerIsAbsorbed,
        rank: 72,
        years: (2024, 2025),
        code: "merger-is-absorbed",
        title: ("Fusie: gaat op in een ander", "Merger: is absorbed by another"),
        what: (
            "Gaat in 2024 op in {partner} en levert daarna niets meer aan. Dat is in orde: er is niets meer.",
            "Is absorbed by {partner} in 2024 and delivers nothing after that, as it should.",
        ),
    },
    Planted {
        plot: Plot::MissingStream,
        rank: 80,
        years: (2023, 2025),
        code: "missing-stream",
        title: ("Een stroom ontbreekt", "A stream is missing"),
        what: (
            "Levert nooit evaluaties aan, de rest steeds op tijd. Het beeld is onvolledig, niet slecht.",
            "Never delivers evaluations, all else always in time. The picture is incomplete, not bad.",
        ),
    },
    Planted {
        plot: Plot::AbsentCategory,
        rank: 85,
        years: (2025, 2025),
        code: "absent-category",
        title: ("Geen rij voor zzp", "No row for ZZP"),
        what: (
            "Het personeelsbestand over 2025 heeft geen rij voor zzp'ers. Vergeten of geen? De intake vraagt het; \
             de organisatie antwoordt.",
            "The staff file of 2025 has no row for self-employed carers. Forgotten or none? Intake asks; the \
             organisation answers.",
        ),
    },
    Planted {
        plot: Plot::CopiedFromLastYear,
        rank: 90,
        years: (2025, 2025),
        code: "copied-from-last-year",
        title: ("Overgenomen van vorig jaar", "Copied from last year"),
        what: (
            "Alle tellers en noemers over 2025 zijn gelijk aan die over 2024.",
            "All numerators and denominators of 2025 equal those of 2024.",
        ),
    },
    Planted {
        plot: Plot::SilentThisYear,
        rank: 100,
        years: (2025, 2025),
        code: "silent-this-year",
        title: ("Nog niets over 2025", "Nothing yet of 2025"),
        what: (
            "Leverde vier jaar trouw aan en over 2025 nog niets, twee weken na de uiterste dag.",
            "Delivered faithfully for four years and nothing of 2025 yet, two weeks after the last day.",
        ),
    },
    Planted {
        plot: Plot::TinyAndUnlucky,
        rank: 194,
        years: (2025, 2025),
        code: "tiny-and-unlucky",
        title: ("Klein en pech", "Tiny and unlucky"),
        what: (
            "Met acht gezinnen lijkt 50 % bij KZ06 en KZ07B rampzalig. Bij zulke aantallen is het gewoon toeval: \
             geen signaal.",
            "With eight families 50 % on KZ06 and KZ07B looks like disaster. With such numbers it is ordinary \
             chance: no signal.",
        ),
    },
];
