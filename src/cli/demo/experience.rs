//! The files `evaluaties`: answers drawn one by one and then summed up, so that mean, spread and shares agree.

use super::{
    course::Conduct,
    csv::{Table, rounded_ratio, with_one_decimal, with_two_decimals},
    random::{Stream, rounded},
};
use crate::domain::AgbCode;

/// The first report year with the PREM.
pub(super) const SINCE: i16 = 2023;

const HEADER: [&str; 13] = [
    "agb_code",
    "verslagjaar",
    "periode",
    "instrument",
    "onderwerp_code",
    "aantal_uitgenodigd",
    "aantal_respons",
    "gemiddelde",
    "standaardafwijking",
    "aandeel_9_10",
    "aandeel_tm_6",
    "schaal_min",
    "schaal_max",
];

/// How much more often than average the answers on topics CE01 to CE13 are good ones.
const TOPICS: [f64; 13] = [0.04, 0.02, 0.01, -0.03, 0.0, 0.03, -0.02, 0.01, -0.05, 0.02, 0.0, -0.01, 0.03];

/// The topics on which clients notice that the carers change and must hand over to one another.
const CONTINUITY_TOPICS: [&str; 3] = ["CE04", "CE07", "CE09"];

/// How many respondents gave each mark, 1 to 10.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Marks([u32; 10]);

impl Marks {
    /// Marks of `respondents`, of whom a share `satisfied` answers with nine times in ten a 9 or 10 and the others
    /// have mixed feelings: two binomial distributions over the scale.
    fn drawn(respondents: u32, satisfied: f64, stream: &mut Stream) -> Self {
        let (good, mixed) = (marks_of(0.93), marks_of(0.60));
        let mut marks = Self::default();
        for _ in 0..respondents {
            let chances = if stream.chance(satisfied) { &good } else { &mixed };
            let mut left = stream.unit();
            // What rounding leaves over belongs to the last mark.
            let mut chosen = chances.len() - 1;
            for (place, chance) in chances.iter().enumerate() {
                if left < *chance {
                    chosen = place;
                    break;
                }
                left -= chance;
            }
            if let Some(count) = marks.0.get_mut(chosen) {
                *count += 1;
            }
        }
        marks
    }

    fn counted(self) -> impl Iterator<Item = (u64, u64)> {
        (1..).zip(self.0.map(u64::from))
    }

    fn respondents(self) -> u64 {
        self.counted().map(|(_, count)| count).sum()
    }

    /// The mean, in hundredths.
    fn mean(self) -> Option<u64> {
        rounded_ratio(100 * self.counted().map(|(mark, count)| mark * count).sum::<u64>(), self.respondents())
    }

    /// The standard deviation of these answers (divided by n, so that it is never above half the scale), in
    /// hundredths; none of fewer than two.
    fn standard_deviation(self) -> Option<u64> {
        let n = self.respondents();
        let sum: u64 = self.counted().map(|(mark, count)| mark * count).sum();
        let squares: u64 = self.counted().map(|(mark, count)| mark * mark * count).sum();
        let spread = (n * squares - sum * sum) as f64;
        (n > 1).then(|| u64::from(rounded(100.0 * spread.sqrt() / n as f64)))
    }

    /// The share of marks `from` to `to`, in tenths of a per cent.
    fn share(self, from: u64, to: u64) -> Option<u64> {
        let inside: u64 = self.counted().filter(|(mark, _)| (from..=to).contains(mark)).map(|(_, count)| count).sum();
        rounded_ratio(1000 * inside, self.respondents())
    }
}

/// The chances of the marks 1 to 10: 1 and nine steps that are each taken with probability `step`.
fn marks_of(step: f64) -> [f64; 10] {
    let mut chances = [0.0; 10];
    if let Some(first) = chances.first_mut() {
        *first = 1.0;
    }
    for _ in 1..10 {
        let mut below = 0.0;
        for chance in &mut chances {
            let here = *chance;
            *chance = here * (1.0 - step) + below * step;
            below = here;
        }
    }
    chances
}

/// The table of one organisation and year.
pub(super) fn table(agb_code: AgbCode, year: i16, conduct: &Conduct, families: u32, stream: &mut Stream) -> Table {
    let invited = stream.binomial(families, 0.88);
    let respondents = stream.binomial(invited, conduct.response);
    // Seen from 78 % of families with at most two carers: fewer of them is felt in the handover.
    let unsteady = (0.78 - conduct.continuity).max(0.0);
    let rows = TOPICS
        .iter()
        .zip(1..)
        .map(|(offset, number)| {
            let code = format!("CE{number:02}");
            let felt = if CONTINUITY_TOPICS.contains(&code.as_str()) { 0.5 * unsteady } else { 0.0 };
            let answered = respondents - stream.binomial(respondents, 0.02);
            let marks = Marks::drawn(answered, (conduct.satisfied + offset - felt).clamp(0.0, 1.0), stream);
            let two = |number: Option<u64>| number.map_or_else(String::new, with_two_decimals);
            let one = |number: Option<u64>| number.map_or_else(String::new, with_one_decimal);
            vec![
                agb_code.to_string(),
                year.to_string(),
                year.to_string(),
                "PREM".to_owned(),
                code,
                invited.to_string(),
                marks.respondents().to_string(),
                two(marks.mean()),
                two(marks.standard_deviation()),
                one(marks.share(9, 10)),
                one(marks.share(1, 6)),
                "1".to_owned(),
                "10".to_owned(),
            ]
        })
        .collect();
    Table { header: &HEADER, rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_of_known_marks() {
        // 6, 8, 9, 10, 10: mean 8.6, variance 2.24, standard deviation 1.4967.
        let marks = Marks([0, 0, 0, 0, 0, 1, 0, 1, 1, 2]);
        assert_eq!((marks.mean(), marks.standard_deviation()), (Some(860), Some(150)));
        assert_eq!((marks.share(9, 10), marks.share(1, 6)), (Some(600), Some(200)));
        assert_eq!(Marks::default().mean(), None);
        assert_eq!(Marks([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]).standard_deviation(), None);
    }

    #[test]
    fn marks_have_the_mean_of_their_distribution() {
        let chances = marks_of(0.6);
        assert!((chances.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let mean: f64 = chances.iter().zip(1..).map(|(chance, mark)| chance * f64::from(mark)).sum();
        assert!((mean - 6.4).abs() < 1e-9, "{mean}");
        let marks = Marks::drawn(20_000, 0.87, &mut Stream::new(3, "test", &[]));
        // 1 + 9 x (0.87 x 0.93 + 0.13 x 0.60) = 8.98
        assert!(marks.mean().is_some_and(|mean| (895..=902).contains(&mean)), "{:?}", marks.mean());
    }
}
