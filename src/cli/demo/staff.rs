//! The files `personeel`: carers by form of contract.

use super::{
    course::Conduct,
    csv::{Table, with_one_decimal, with_two_decimals},
    random::{Stream, rounded},
};
use crate::domain::{AgbCode, OrganisationKind};

const HEADER: [&str; 18] = [
    "agb_code",
    "verslagjaar",
    "periode",
    "contractvorm",
    "functie",
    "aantal_personen",
    "fte",
    "uren",
    "in_opleiding",
    "ziektedagen",
    "beschikbare_dagen",
    "instroom",
    "uitstroom",
    "vacatures",
    "vacatures_langer_dan_3_maanden",
    "met_schriftelijke_overeenkomst",
    "met_vergewischeck",
    "kckz_geregistreerd",
];

/// Hours of care for a family: 165,000 families and some 9,000 carers of 0.6 full time (domain.md 3.4).
const HOURS_A_FAMILY: f64 = 48.0;

/// Hours of care in a year of full-time work, after training, travel, leave and sickness.
const HOURS_OF_FULL_TIME: f64 = 1_500.0;

/// Days a full-time carer is available in a year.
const DAYS_OF_FULL_TIME: f64 = 215.0;

/// A form of contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contract {
    Employment,
    SelfEmployed,
    Agency,
    Secondment,
    Learner,
}

impl Contract {
    const fn word(self) -> &'static str {
        match self {
            Self::Employment => "loondienst",
            Self::SelfEmployed => "zzp",
            Self::Agency => "uitzend",
            Self::Secondment => "detachering",
            Self::Learner => "leerling",
        }
    }

    /// Whether the law wants a written agreement beside the contract (Wkkgz article 4, first paragraph, under b).
    const fn wants_agreement(self) -> bool {
        matches!(self, Self::SelfEmployed | Self::Agency | Self::Secondment)
    }
}

/// The carers under one form of contract.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    contract: Contract,
    persons: u32,
    /// Full-time equivalents, in hundredths; never above the persons.
    full_time: u32,
    /// Hours of care, in tenths.
    hours: u32,
}

impl Group {
    /// The group that gives about `hours` hours of care; nobody for less than a tenth of a full-time year, unless
    /// `always`.
    fn giving(hours: f64, contract: Contract, always: bool, stream: &mut Stream) -> Self {
        if !always && hours < 0.1 * HOURS_OF_FULL_TIME {
            return Self { contract, persons: 0, full_time: 0, hours: 0 };
        }
        let full_time = hours / (HOURS_OF_FULL_TIME * stream.between(0.96, 1.04));
        let persons = rounded(full_time / stream.between(0.55, 0.65)).max(rounded(full_time.ceil())).max(1);
        Self { contract, persons, full_time: rounded(100.0 * full_time), hours: rounded(10.0 * hours) }
    }
}

/// The groups of an organisation with this many families. The row of the self-employed is always there.
pub(super) fn groups(conduct: &Conduct, kind: OrganisationKind, families: u32, stream: &mut Stream) -> Vec<Group> {
    let hours = f64::from(families) * HOURS_A_FAMILY * stream.between(0.94, 1.06);
    let large = families > 250 && kind == OrganisationKind::Organisation;
    let learners = if large { stream.between(0.02, 0.05) } else { 0.0 };
    let agency = if large && stream.chance(0.3) { stream.between(0.01, 0.03) } else { 0.0 };
    let seconded = if large && stream.chance(0.1) { 0.01 } else { 0.0 };
    let others = (1.0 - conduct.zzp_share).max(0.0);
    let solo = kind == OrganisationKind::Solo;
    let mut groups = Vec::new();
    if !solo {
        let employed = others * (1.0 - learners - agency - seconded);
        let always = conduct.zzp_share < 0.5;
        groups.push(Group::giving(hours * employed, Contract::Employment, always, stream));
    }
    groups.push(Group::giving(hours * conduct.zzp_share, Contract::SelfEmployed, solo, stream));
    let smaller = [(agency, Contract::Agency), (seconded, Contract::Secondment), (learners, Contract::Learner)];
    for (share, contract) in smaller {
        let group = Group::giving(hours * others * share, contract, false, stream);
        if group.persons > 0 {
            groups.push(group);
        }
    }
    groups
}

/// The carers who are trained and registered: all but the learners. The denominator of KZ04A to KZ04D.
pub(super) fn carers(groups: &[Group]) -> u32 {
    groups.iter().filter(|group| group.contract != Contract::Learner).map(|group| group.persons).sum()
}

/// The table of one organisation and year.
pub(super) fn table(agb_code: AgbCode, year: i16, conduct: &Conduct, groups: &[Group], stream: &mut Stream) -> Table {
    let rows = groups
        .iter()
        .map(|group| {
            let mut row = vec![
                agb_code.to_string(),
                year.to_string(),
                year.to_string(),
                group.contract.word().to_owned(),
                "kraamverzorgende".to_owned(),
                group.persons.to_string(),
                with_two_decimals(u64::from(group.full_time)),
                with_one_decimal(u64::from(group.hours)),
            ];
            row.extend(particulars(group, conduct, stream));
            row
        })
        .collect();
    Table { header: &HEADER, rows }
}

/// The cells from `in_opleiding` on.
fn particulars(group: &Group, conduct: &Conduct, stream: &mut Stream) -> [String; 10] {
    let persons = group.persons;
    let learner = group.contract == Contract::Learner;
    let available = rounded(f64::from(group.full_time) / 100.0 * DAYS_OF_FULL_TIME);
    // Who works for herself reports sick to nobody: an empty cell, not a zero.
    let days = |days: u32| if group.contract == Contract::SelfEmployed { String::new() } else { days.to_string() };
    let sick = stream.binomial(available, conduct.sick_leave);
    let vacancies =
        if group.contract == Contract::Employment { stream.binomial(persons, conduct.vacancies) } else { 0 };
    let agreed = stream.binomial(persons, conduct.written_agreement).to_string();
    [
        if learner { persons } else { 0 }.to_string(),
        days(sick),
        days(available),
        stream.binomial(persons, conduct.inflow).to_string(),
        stream.binomial(persons, conduct.outflow).to_string(),
        vacancies.to_string(),
        stream.binomial(vacancies, 0.4).to_string(),
        if group.contract.wants_agreement() { agreed } else { String::new() },
        stream.binomial(persons, conduct.checked).to_string(),
        if learner { 0 } else { stream.binomial(persons, conduct.registered) }.to_string(),
    ]
}
