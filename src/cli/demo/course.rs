//! How an organisation does over the years: the chances from which its figures are then drawn.
//!
//! Means are the fixture parameters of domain.md section 7. Only the 84 % of breastfeeding and the totals are
//! anchored in published figures; all others are assumptions. Organisations differ by a beta distribution, and a
//! good or bad year is followed by a like one.

use super::{random::Stream, sector::YEARS};
use crate::domain::OrganisationKind;

/// What holds for one organisation in one year. Shares and chances lie between 0 and 1.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Conduct {
    /// Intake at home before week 36 (KZ01).
    pub(super) timely_intake: f64,
    /// Birth assistance within the hour (KZ02).
    pub(super) birth_assistance: f64,
    /// Hours of training a carer (KZ04A).
    pub(super) training_hours: f64,
    /// Carers trained this year (KZ04B).
    pub(super) trained: f64,
    /// Carers trained in early signals of risk (KZ04D).
    pub(super) risk_signals: f64,
    /// At most two carers in a family (KZ06).
    pub(super) continuity: f64,
    /// Clients who want less than indicated (KZ07A).
    pub(super) wants_less: f64,
    /// Clients who received less than indicated (KZ07B).
    pub(super) received_less: f64,
    /// Breastfeeding kept (KZ18).
    pub(super) breastfeeding: f64,
    /// Subjects with a written work agreement (KZ19).
    pub(super) agreements: f64,
    /// How far along the document on tailored care is; from one half on it is there (KZ22).
    pub(super) tailored_care: f64,
    /// Respondents of whom the answers are good ones (CE01 to CE13).
    pub(super) satisfied: f64,
    /// Invited clients who respond.
    pub(super) response: f64,
    /// Hours of care given by self-employed carers.
    pub(super) zzp_share: f64,
    /// Days lost through sickness.
    pub(super) sick_leave: f64,
    /// Carers who came this year, for one who is there.
    pub(super) inflow: f64,
    /// Carers who left this year, for one who is there.
    pub(super) outflow: f64,
    /// Vacancies for one employed carer.
    pub(super) vacancies: f64,
    /// Not employed, and with a written agreement.
    pub(super) written_agreement: f64,
    /// With a check of how they did their work before (vergewischeck).
    pub(super) checked: f64,
    /// Registered with the KCKZ.
    pub(super) registered: f64,
}

/// One organisation over [`YEARS`].
pub(super) type Course = [Conduct; YEARS.len()];

/// How much more or less the whole sector works with self-employed carers: rising until enforcement began in 2025.
const ZZP_OF_YEAR: [f64; YEARS.len()] = [0.85, 0.95, 1.05, 1.15, 1.0];

/// The units behind the differences between organisations in what happens to clients. A variance of p(1-p)/251 is
/// about twice that of chance alone for an organisation of the middle size (some 300 families).
const CLIENT_UNITS: u32 = 250;

/// The same for carers, of whom there are fewer.
const CARER_UNITS: u32 = 60;

/// The course of an ordinary organisation of this kind.
pub(super) fn ordinary(kind: OrganisationKind, stream: &mut Stream) -> Course {
    let mut course = Course::default();
    for (mean, units, field) in varying() {
        set(&mut course, field, chain(mean, units, stream));
    }
    for conduct in &mut course {
        conduct.training_hours *= 24.0;
    }
    // What is asked for in writing most organisations simply have; the others lack a little of it.
    let mostly = |part: f64, otherwise: f64, stream: &mut Stream| if stream.chance(part) { 1.0 } else { otherwise };
    let agreements = mostly(0.8, 0.85, stream);
    let written_agreement = mostly(0.93, 0.9, stream);
    for conduct in &mut course {
        conduct.agreements = agreements;
        conduct.written_agreement = written_agreement;
    }
    let zzp = match kind {
        // Beta(1, 6): mean 0.14 and standard deviation 0.12, as near as whole parameters come to section 7.
        OrganisationKind::Organisation => {
            let shares = chain(1.0 / 7.0, 7, stream);
            pairwise(shares, ZZP_OF_YEAR, |share, year| (share * year).min(0.95))
        }
        OrganisationKind::Cooperative => chain(0.93, CARER_UNITS, stream),
        OrganisationKind::Solo => [1.0; YEARS.len()],
    };
    set(&mut course, |conduct| &mut conduct.zzp_share, zzp);
    course
}

/// A place in a [`Conduct`].
pub(super) type Field = fn(&mut Conduct) -> &mut f64;

/// What varies between organisations: mean, units, and where it belongs.
fn varying() -> [(f64, u32, Field); 18] {
    [
        (0.70, CLIENT_UNITS, |conduct| &mut conduct.timely_intake),
        (0.93, CLIENT_UNITS, |conduct| &mut conduct.birth_assistance),
        // Half of 24 hours, with a standard deviation of 2.4 hours.
        (0.50, 24, |conduct| &mut conduct.training_hours),
        (0.88, CARER_UNITS, |conduct| &mut conduct.trained),
        (0.80, CARER_UNITS, |conduct| &mut conduct.risk_signals),
        (0.78, CLIENT_UNITS, |conduct| &mut conduct.continuity),
        (0.22, CLIENT_UNITS, |conduct| &mut conduct.wants_less),
        (0.30, CLIENT_UNITS, |conduct| &mut conduct.received_less),
        (0.84, CLIENT_UNITS, |conduct| &mut conduct.breastfeeding),
        (0.70, 10, |conduct| &mut conduct.tailored_care),
        (0.87, 100, |conduct| &mut conduct.satisfied),
        (0.33, 50, |conduct| &mut conduct.response),
        (0.075, 160, |conduct| &mut conduct.sick_leave),
        (0.09, 100, |conduct| &mut conduct.inflow),
        (0.11, 100, |conduct| &mut conduct.outflow),
        (0.06, 50, |conduct| &mut conduct.vacancies),
        (0.98, 100, |conduct| &mut conduct.checked),
        (0.96, 100, |conduct| &mut conduct.registered),
    ]
}

/// Gives `field` one value a year.
pub(super) fn set(course: &mut Course, field: Field, values: [f64; YEARS.len()]) {
    for (conduct, value) in course.iter_mut().zip(values) {
        *field(conduct) = value;
    }
}

/// Five years of a share that is Beta(mean x units, (1 - mean) x units) in every year, with a correlation of 0.8
/// between a year and the next (Pitt, Chatfield and Walker 2002): each year is drawn from the beta distribution that
/// follows from 4 x units invisible trials of the year before.
fn chain(mean: f64, units: u32, stream: &mut Stream) -> [f64; YEARS.len()] {
    let a = super::random::rounded(mean * f64::from(units));
    let b = units.saturating_sub(a);
    let trials = 4 * units;
    let mut share = stream.beta(a, b);
    let mut years = [share; YEARS.len()];
    for year in years.iter_mut().skip(1) {
        let successes = stream.binomial(trials, share);
        share = stream.beta(a + successes, b + trials - successes);
        *year = share;
    }
    years
}

fn pairwise<const N: usize>(one: [f64; N], other: [f64; N], combine: impl Fn(f64, f64) -> f64) -> [f64; N] {
    let mut both = one;
    for (value, factor) in both.iter_mut().zip(other) {
        *value = combine(*value, factor);
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chain_keeps_its_mean_its_spread_and_its_memory() {
        let mut stream = Stream::new(5, "test", &[]);
        let chains: Vec<_> = (0..3_000).map(|_| chain(0.3, 40, &mut stream)).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let first: Vec<f64> = chains.iter().map(|years| years[0] - 0.3).collect();
        let second: Vec<f64> = chains.iter().map(|years| years[1] - 0.3).collect();
        let last: Vec<f64> = chains.iter().map(|years| years[4] - 0.3).collect();
        let product = |one: &[f64], other: &[f64]| mean(&one.iter().zip(other).map(|(x, y)| x * y).collect::<Vec<_>>());
        let expected = 0.3 * 0.7 / 41.0;
        for values in [&first, &second, &last] {
            assert!(mean(values).abs() < 0.005, "{}", mean(values));
            assert!((product(values, values) / expected - 1.0).abs() < 0.12, "{}", product(values, values));
        }
        let memory = product(&first, &second) / expected;
        assert!((memory - 0.8).abs() < 0.1, "{memory}");
        assert!((product(&first, &last) / expected - 0.41).abs() < 0.1);
    }
}
