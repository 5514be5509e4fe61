//! The files `indicatoren`: counts drawn from an organisation's chances.

use super::{
    course::Conduct,
    csv::{Table, rounded_ratio, with_one_decimal},
    random::{Stream, rounded},
};
use crate::domain::AgbCode;

const HEADER: [&str; 8] =
    ["agb_code", "verslagjaar", "periode", "indicator_code", "teller", "noemer", "waarde", "toelichting"];

/// Subjects asked after in KZ19.
const AGREEMENT_SUBJECTS: u32 = 12;

/// Remarks as quality officers add them.
const REMARKS: [&str; 8] = [
    "cliënten die tijdens het kraambed verhuisden zijn niet meegeteld",
    "ziekenhuisopnames zijn geëxcludeerd",
    "geïndiceerd volgens het LIP, laatste herindicatie",
    "cijfers gecontroleerd door de coördinator planning",
    "registratie loopt sinds maart via een nieuw systeem; vergeleken met de oude lijsten",
    "geëvalueerd in het teamoverleg",
    "inclusief de cliënten van de \"zomerpool\"",
    "één locatie heeft later aangeleverd",
];

/// What the value of an indicator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// 100 x numerator / denominator, with one decimal.
    Percent,
    /// Numerator / denominator, with one decimal.
    Mean,
    /// The numerator itself, for yes or no.
    YesNo,
    /// Nothing: the counts say it.
    Nothing,
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Figure {
    /// The indicator.
    pub(super) code: &'static str,
    /// The numerator.
    pub(super) numerator: u32,
    /// The denominator.
    pub(super) denominator: u32,
    /// What the value is.
    pub(super) shown: Shown,
}

impl Figure {
    /// `numerator` of `denominator`, shown as a percentage.
    pub(super) fn percent(code: &'static str, numerator: u32, denominator: u32) -> Self {
        Self { code, numerator, denominator, shown: Shown::Percent }
    }

    fn value(&self) -> String {
        let (numerator, denominator) = (u64::from(self.numerator), u64::from(self.denominator));
        let tenths = match self.shown {
            Shown::Percent => rounded_ratio(1000 * numerator, denominator),
            Shown::Mean => rounded_ratio(10 * numerator, denominator),
            Shown::YesNo => return numerator.to_string(),
            Shown::Nothing => None,
        };
        tenths.map_or_else(String::new, with_one_decimal)
    }
}

/// The figures of one organisation in one year.
///
/// KZ07A and KZ07B are about the same clients, and each client has one answer to both: who received less and did
/// not want less is a shortfall.
pub(super) fn figures(conduct: &Conduct, families: u32, carers: u32, stream: &mut Stream) -> Vec<Figure> {
    let first_children = stream.binomial(families, 0.44);
    let calls = stream.binomial(families, 0.27);
    let breastfed = stream.binomial(families, 0.69);
    let mut drawn = |code, of, chance| Figure::percent(code, stream.binomial(of, chance), of);
    let mut figures = vec![
        drawn("KZ01", first_children, conduct.timely_intake),
        drawn("KZ02", calls, conduct.birth_assistance),
        drawn("KZ04B", carers, conduct.trained),
        drawn("KZ04D", carers, conduct.risk_signals),
        drawn("KZ06", families, conduct.continuity),
        drawn("KZ07A", families, conduct.wants_less),
        drawn("KZ07B", families, conduct.received_less),
        drawn("KZ18", breastfed, conduct.breastfeeding),
    ];
    let hours = f64::from(carers) * conduct.training_hours * stream.between(0.95, 1.05);
    figures.push(Figure { code: "KZ04A", numerator: rounded(hours), denominator: carers, shown: Shown::Mean });
    let agreed = stream.binomial(AGREEMENT_SUBJECTS, conduct.agreements);
    figures.push(Figure { shown: Shown::Nothing, ..Figure::percent("KZ19", agreed, AGREEMENT_SUBJECTS) });
    let tailored = u32::from(conduct.tailored_care > 0.5);
    figures.push(Figure { shown: Shown::YesNo, ..Figure::percent("KZ22", tailored, 1) });
    figures.sort_by_key(|figure| figure.code);
    figures
}

/// The table of one organisation and year, with a remark here and there.
pub(super) fn table(agb_code: AgbCode, year: i16, figures: &[Figure], stream: &mut Stream) -> Table {
    let remarked = if stream.chance(0.35) { stream.below(11) } else { u32::MAX };
    let remark = stream.pick(&REMARKS).copied().unwrap_or_default();
    let rows = figures
        .iter()
        .zip(0..)
        .map(|(figure, place)| {
            vec![
                agb_code.to_string(),
                year.to_string(),
                year.to_string(),
                figure.code.to_owned(),
                figure.numerator.to_string(),
                figure.denominator.to_string(),
                figure.value(),
                if place == remarked { remark.to_owned() } else { String::new() },
            ]
        })
        .collect();
    Table { header: &HEADER, rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_follow_from_the_counts() {
        let figure = |shown| Figure { shown, ..Figure::percent("KZ", 412, 430) };
        assert_eq!(figure(Shown::Percent).value(), "95,8");
        assert_eq!(Figure::percent("KZ", 0, 0).value(), "");
        assert_eq!(Figure { shown: Shown::YesNo, ..Figure::percent("KZ", 1, 1) }.value(), "1");
        assert_eq!(figure(Shown::Nothing).value(), "");
        let hours = Figure { code: "KZ04A", numerator: 1_234, denominator: 100, shown: Shown::Mean };
        assert_eq!(hours.value(), "12,3");
    }
}
