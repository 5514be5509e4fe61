//! What happens to some organisations on purpose, so that the demo has something to find.

use jiff::civil::date;

use super::{
    course::{Course, set},
    indicators::Figure,
    sector::{Participant, YEARS},
};
use crate::domain::Merger;

/// A planted event. Each happens to one organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Plot {
    SupplyShortfall,
    ZzpShift,
    LateBirthAssistance,
    BrokenContinuity,
    ZzpExit,
    QuietlyExcellent,
    WantsLess,
    TurnoverAndSickness,
    TrainingCollapse,
    Correction,
    Mistakes,
    LateDelivery,
    MergerTakesOver,
    NoWrittenAgreements,
    MergerIsAbsorbed,
    MissingStream,
    AbsentCategory,
    CopiedFromLastYear,
    SilentThisYear,
    TinyAndUnlucky,
}

impl Plot {
    /// Changes how the organisation does.
    pub(super) fn change(self, course: &mut Course) {
        match self {
            Self::SupplyShortfall => {
                set(course, |conduct| &mut conduct.received_less, [0.30, 0.36, 0.43, 0.50, 0.57]);
                set(course, |conduct| &mut conduct.wants_less, [0.22; YEARS.len()]);
            }
            Self::ZzpShift => set(course, |conduct| &mut conduct.zzp_share, [0.10, 0.19, 0.30, 0.42, 0.55]),
            Self::LateBirthAssistance => {
                set(course, |conduct| &mut conduct.birth_assistance, [0.93, 0.90, 0.86, 0.82, 0.77]);
            }
            Self::BrokenContinuity => {
                set(course, |conduct| &mut conduct.continuity, [0.78, 0.76, 0.68, 0.59, 0.50]);
                set(course, |conduct| &mut conduct.satisfied, [0.87, 0.87, 0.85, 0.80, 0.75]);
            }
            Self::ZzpExit => {
                set(course, |conduct| &mut conduct.zzp_share, [0.40, 0.42, 0.43, 0.44, 0.15]);
                change_last(course, |last| {
                    last.outflow = 0.34;
                    last.vacancies = 0.22;
                });
            }
            Self::QuietlyExcellent => be_excellent(course),
            Self::WantsLess => {
                set(course, |conduct| &mut conduct.wants_less, [0.43, 0.44, 0.45, 0.45, 0.46]);
                set(course, |conduct| &mut conduct.received_less, [0.43, 0.44, 0.45, 0.45, 0.46]);
            }
            Self::TurnoverAndSickness => {
                set(course, |conduct| &mut conduct.outflow, [0.11, 0.11, 0.13, 0.22, 0.34]);
                set(course, |conduct| &mut conduct.sick_leave, [0.075, 0.075, 0.08, 0.12, 0.16]);
            }
            Self::TrainingCollapse => {
                set(course, |conduct| &mut conduct.training_hours, [13.0, 12.5, 12.0, 8.0, 4.0]);
                set(course, |conduct| &mut conduct.trained, [0.90, 0.90, 0.88, 0.66, 0.40]);
                set(course, |conduct| &mut conduct.risk_signals, [0.82, 0.82, 0.80, 0.62, 0.42]);
            }
            Self::NoWrittenAgreements => {
                set(course, |conduct| &mut conduct.zzp_share, [0.30; YEARS.len()]);
                set(course, |conduct| &mut conduct.written_agreement, [0.0; YEARS.len()]);
            }
            Self::AbsentCategory => change_last(course, |last| last.zzp_share = 0.0),
            Self::Correction
            | Self::Mistakes
            | Self::LateDelivery
            | Self::MergerTakesOver
            | Self::MergerIsAbsorbed
            | Self::MissingStream
            | Self::CopiedFromLastYear
            | Self::SilentThisYear
            | Self::TinyAndUnlucky => {}
        }
    }

    /// In the merger the families of the absorbed organisation move to the other; and the tiny one is tiny.
    pub(super) fn move_families(participants: &mut [Participant]) {
        let mut moved = [0; YEARS.len()];
        if let Some(leaving) = participants.iter_mut().find(|one| one.has(Self::MergerIsAbsorbed)) {
            for ((year, families), moving) in YEARS.into_iter().zip(&mut leaving.families).zip(&mut moved) {
                if leaving.planted.is_some_and(|planted| planted.shows_in(year)) {
                    *moving = std::mem::take(families);
                }
            }
        }
        if let Some(taking) = participants.iter_mut().find(|one| one.has(Self::MergerTakesOver)) {
            for (families, moving) in taking.families.iter_mut().zip(moved) {
                *families += moving;
            }
        }
        if let Some(tiny) = participants.iter_mut().find(|one| one.has(Self::TinyAndUnlucky)) {
            tiny.families = [9, 7, 10, 9, 8];
        }
    }

    /// The register knows of the merger: from the first day of its first year.
    pub(super) fn merge(participants: &mut [Participant]) {
        let code = |one: &Participant| one.organisation.agb_code;
        let into = participants.iter().find(|one| one.has(Self::MergerTakesOver)).map(code);
        if let Some(leaving) = participants.iter_mut().find(|one| one.has(Self::MergerIsAbsorbed)) {
            let year = YEARS.into_iter().find(|year| leaving.planted.is_some_and(|planted| planted.shows_in(*year)));
            leaving.organisation.merger = into.zip(year).map(|(into, year)| Merger { into, on: date(year, 1, 1) });
        }
    }

    /// Puts unlucky counts in the place of drawn ones: bad in per cent, ordinary for eight families.
    pub(super) fn unlucky(figures: &mut [Figure]) {
        let unlucky = [("KZ01", 1, 3), ("KZ02", 1, 2), ("KZ06", 4, 8), ("KZ07B", 4, 8), ("KZ18", 4, 6)];
        for figure in figures {
            for (code, numerator, denominator) in unlucky {
                if figure.code == code {
                    *figure = Figure::percent(code, numerator, denominator);
                }
            }
        }
    }
}

fn be_excellent(course: &mut Course) {
    for conduct in course {
        conduct.timely_intake = 0.88;
        conduct.birth_assistance = 0.985;
        conduct.training_hours = 17.0;
        conduct.trained = 0.98;
        conduct.risk_signals = 0.95;
        conduct.continuity = 0.92;
        conduct.received_less = 0.15;
        conduct.wants_less = 0.14;
        conduct.breastfeeding = 0.92;
        conduct.agreements = 1.0;
        conduct.tailored_care = 1.0;
        conduct.satisfied = 0.95;
        conduct.zzp_share = 0.08;
        conduct.sick_leave = 0.035;
        conduct.outflow = 0.05;
        conduct.vacancies = 0.02;
        conduct.written_agreement = 1.0;
        conduct.checked = 1.0;
        conduct.registered = 1.0;
    }
}

fn change_last(course: &mut Course, change: impl Fn(&mut super::course::Conduct)) {
    if let Some(last) = course.last_mut() {
        change(last);
    }
}
