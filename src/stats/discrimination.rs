//! How well scores told who would turn out badly: discrimination and calibration of a forecast against its outcomes.
//!
//! Everything is weighted; with weights of one these are the ordinary statistics. Nothing compares pairs: a sort and
//! one pass.

use std::cmp::Ordering;

use super::{Bounds, Error, describe::quantile, interval::wilson_of};

/// The tail on either side of a 95 % interval.
const TAIL: f64 = 0.025;

/// A forecast and what came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    /// The forecast: higher was thought worse. Finite.
    pub score: f64,
    /// Whether it turned out badly.
    pub outcome: bool,
    /// How many it stands for: 1, or 1 / the probability of having been looked at. Positive and finite.
    pub weight: f64,
}

/// A share of cases, with what its interval rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// The weighted share that turned out badly.
    pub value: f64,
    /// Wilson's 95 % interval, at the effective number of cases.
    pub interval: Bounds,
    /// The number of equal weights that would say as much (Kish): the square of the sum over the sum of squares.
    pub effective: f64,
}

/// The area under the curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// The chance that a bad case scored higher than a good one, ties for a half.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
}

/// A group of cases with about the same forecast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// How many cases.
    pub cases: usize,
    /// The weighted mean of what was forecast.
    pub forecast: f64,
    /// What was seen.
    pub observed: Share,
}

/// Sums over cases, in the order in which they are added.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    weight: f64,
    squares: f64,
    bad: f64,
}

impl Sums {
    fn add(&mut self, case: &Case, part: f64) {
        let weight = part * case.weight;
        self.weight += weight;
        self.squares += weight * case.weight;
        self.bad += if case.outcome { weight } else { 0.0 };
    }

    fn share(self) -> Result<Share, Error> {
        let effective = self.weight * self.weight / self.squares;
        let value = (self.bad / self.weight).clamp(0.0, 1.0);
        let interval = wilson_of(value * effective, effective, TAIL)?;
        Ok(Share { value, interval, effective })
    }
}

fn check(cases: &[Case]) -> Result<(), Error> {
    let wrong = |case: &&Case| !(case.score.is_finite() && case.weight > 0.0 && case.weight.is_finite());
    match cases.iter().find(wrong) {
        Some(case) => Err(Error::NotANumberOfItsKind(if case.score.is_finite() { case.weight } else { case.score })),
        None if cases.is_empty() => Err(Error::TooFew(0)),
        None => Ok(()),
    }
}

/// Highest first; of equal scores in the order in which they were given.
fn ranked(cases: &[Case]) -> Vec<Case> {
    let mut ranked = cases.to_vec();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    ranked
}

fn same_score(a: &Case, b: &Case) -> bool {
    a.score.partial_cmp(&b.score).is_some_and(Ordering::is_eq)
}

/// The share that turned out badly.
pub fn base_rate(cases: &[Case]) -> Result<Share, Error> {
    check(cases)?;
    let mut sums = Sums::default();
    for case in cases {
        sums.add(case, 1.0);
    }
    sums.share()
}

/// The area under the receiver operating characteristic, P(S+ > S-) + P(S+ = S-) / 2, with the standard error of Hanley
/// and `McNeil` (Radiology 143 (1982) 29): sqrt((A(1-A) + (P-1)(Q1-A^2) + (N-1)(Q2-A^2)) / (PN)), Q1 = A/(2-A),
/// Q2 = 2A^2/(1+A), P and N the effective numbers. `None` when all turned out alike.
pub fn area_under_curve(cases: &[Case]) -> Result<Option<Area>, Error> {
    stratified_area(&[cases])
}

/// The same within strata: only cases of one stratum are compared with one another, so that a difference between
/// strata, for instance between teams of inspectors, neither makes nor hides an area.
pub fn stratified_area(strata: &[&[Case]]) -> Result<Option<Area>, Error> {
    let (mut concordant, mut pairs) = (0.0, 0.0);
    let (mut bad, mut good) = (Sums::default(), Sums::default());
    for cases in strata.iter().filter(|cases| !cases.is_empty()) {
        check(cases)?;
        let (mut bad_above, mut sums) = (0.0, (Sums::default(), Sums::default()));
        for tied in ranked(cases).chunk_by(same_score) {
            let (mut bad_here, mut good_here) = (0.0, 0.0);
            for case in tied {
                let (place, side) =
                    if case.outcome { (&mut bad_here, &mut sums.0) } else { (&mut good_here, &mut sums.1) };
                *place += case.weight;
                side.add(case, 1.0);
            }
            concordant += good_here * (bad_above + 0.5 * bad_here);
            bad_above += bad_here;
        }
        // A stratum in which all turned out alike has no pairs and says nothing.
        if sums.0.weight > 0.0 && sums.1.weight > 0.0 {
            pairs += sums.0.weight * sums.1.weight;
            bad = Sums { weight: bad.weight + sums.0.weight, squares: bad.squares + sums.0.squares, ..bad };
            good = Sums { weight: good.weight + sums.1.weight, squares: good.squares + sums.1.squares, ..good };
        }
    }
    if pairs <= 0.0 {
        return Ok(None);
    }
    let value = concordant / pairs;
    let effective = |sums: Sums| sums.weight * sums.weight / sums.squares;
    Ok(Some(Area { value, standard_error: area_standard_error(value, effective(bad), effective(good)) }))
}

/// The standard error of an area of `value` from so many bad and good cases (Hanley and `McNeil`).
pub fn area_standard_error(value: f64, bad: f64, good: f64) -> f64 {
    let square = value * value;
    let (first, second) = (value / (2.0 - value), 2.0 * square / (1.0 + value));
    let above = |count: f64, chance: f64| (count - 1.0).max(0.0) * (chance - square);
    let sum = value * (1.0 - value) + above(bad, first) + above(good, second);
    (sum.max(0.0) / (bad * good)).sqrt()
}

/// The share of bad cases among the `count` with the highest scores. Of cases tied at the cut an equal part of each is
/// taken, which is what drawing among them gives on average. `None` for none, or more than there are.
pub fn precision_at(cases: &[Case], count: usize) -> Result<Option<Share>, Error> {
    check(cases)?;
    if count == 0 || count > cases.len() {
        return Ok(None);
    }
    let (mut sums, mut left) = (Sums::default(), count);
    for tied in ranked(cases).chunk_by(same_score) {
        let taken = left.min(tied.len());
        for case in tied {
            sums.add(case, taken as f64 / tied.len() as f64);
        }
        left -= taken;
        if left == 0 {
            break;
        }
    }
    sums.share().map(Some)
}

/// The mean precision over the bad cases, each at the lowest score that finds it; `None` without bad cases.
pub fn average_precision(cases: &[Case]) -> Result<Option<f64>, Error> {
    check(cases)?;
    let (mut sums, mut total, mut bad_before) = (Sums::default(), 0.0, 0.0);
    for tied in ranked(cases).chunk_by(same_score) {
        for case in tied {
            sums.add(case, 1.0);
        }
        total += (sums.bad - bad_before) * sums.bad / sums.weight;
        bad_before = sums.bad;
    }
    Ok((sums.bad > 0.0).then(|| total / sums.bad))
}

/// The mean squared distance between forecast chances, the scores, and outcomes (Brier, Monthly Weather Review 78
/// (1950) 1).
pub fn brier(cases: &[Case]) -> Result<f64, Error> {
    check(cases)?;
    let (mut squares, mut weight) = (0.0, 0.0);
    for case in cases {
        let distance = case.score - f64::from(u8::from(case.outcome));
        squares += case.weight * distance * distance;
        weight += case.weight;
    }
    Ok(squares / weight)
}

/// Forecast chances, the scores, against what was seen, in `bins` groups between the quantiles of the forecasts (type
/// 7, the upper end within). Forecasts that are equal are never parted, so that there may be fewer groups.
pub fn calibration(cases: &[Case], bins: usize) -> Result<Vec<Bin>, Error> {
    check(cases)?;
    let mut sorted = ranked(cases);
    sorted.reverse();
    let scores: Vec<f64> = sorted.iter().map(|case| case.score).collect();
    let mut groups = Vec::with_capacity(bins);
    let mut start = 0;
    for bin in 1..=bins {
        let end = if bin == bins {
            sorted.len()
        } else {
            let edge = quantile(&scores, bin as f64 / bins as f64).unwrap_or(f64::INFINITY);
            scores.partition_point(|score| *score <= edge)
        };
        let Some(group) = sorted.get(start..end).filter(|group| !group.is_empty()) else { continue };
        let (mut sums, mut forecast) = (Sums::default(), 0.0);
        for case in group {
            sums.add(case, 1.0);
            forecast += case.weight * case.score;
        }
        groups.push(Bin { cases: group.len(), forecast: forecast / sums.weight, observed: sums.share()? });
        start = end;
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn case(score: f64, outcome: bool, weight: f64) -> Case {
        Case { score, outcome, weight }
    }

    /// The definition, over all pairs.
    fn area_by_pairs(cases: &[Case]) -> Option<f64> {
        let (mut concordant, mut pairs) = (0.0, 0.0);
        for bad in cases.iter().filter(|case| case.outcome) {
            for good in cases.iter().filter(|case| !case.outcome) {
                let weight = bad.weight * good.weight;
                pairs += weight;
                concordant += weight * 0.5 * f64::from(1 + bad.score.total_cmp(&good.score) as i8);
            }
        }
        (pairs > 0.0).then(|| concordant / pairs)
    }

    fn cases() -> impl Strategy<Value = Vec<Case>> {
        let one = (0..12_i32, any::<bool>(), 1..5_u8);
        prop::collection::vec(one, 1..60).prop_map(|all| {
            all.into_iter().map(|(score, outcome, weight)| case(f64::from(score), outcome, f64::from(weight))).collect()
        })
    }

    proptest! {
        #[test]
        fn area_is_that_of_all_pairs(cases in cases()) {
            let got = area_under_curve(&cases).expect("sound").map(|area| area.value);
            match (got, area_by_pairs(&cases)) {
                (Some(got), Some(want)) => prop_assert!((got - want).abs() < 1e-12),
                (got, want) => prop_assert_eq!(got, want),
            }
        }

        #[test]
        fn a_weight_of_k_is_k_cases(cases in cases()) {
            let copies: Vec<Case> = cases.iter().flat_map(|one| {
                (1..10_u8).filter(|copy| f64::from(*copy) <= one.weight).map(|_| Case { weight: 1.0, ..*one })
            }).collect();
            let (a, b) = (base_rate(&cases).expect("sound"), base_rate(&copies).expect("sound"));
            prop_assert!((a.value - b.value).abs() < 1e-12);
            prop_assert!(a.effective <= cases.len() as f64 + 1e-9);
            prop_assert!((brier(&cases).expect("sound") - brier(&copies).expect("sound")).abs() < 1e-9);
            let average = |cases: &[Case]| average_precision(cases).expect("sound");
            prop_assert!((average(&cases).unwrap_or(0.0) - average(&copies).unwrap_or(0.0)).abs() < 1e-12);
        }

        #[test]
        fn all_of_them_have_the_base_rate(cases in cases()) {
            let all = precision_at(&cases, cases.len()).expect("sound").expect("all");
            prop_assert!((all.value - base_rate(&cases).expect("sound").value).abs() < 1e-12);
            let bins = calibration(&cases, 10).expect("sound");
            prop_assert_eq!(bins.iter().map(|bin| bin.cases).sum::<usize>(), cases.len());
            prop_assert!(bins.windows(2).all(|pair| pair[0].forecast < pair[1].forecast));
        }
    }

    #[test]
    fn ties_at_the_cut_are_shared() {
        let cases = [case(3.0, true, 1.0), case(2.0, true, 1.0), case(2.0, false, 1.0), case(1.0, false, 1.0)];
        let at = |count| precision_at(&cases, count).expect("sound").map(|share| share.value);
        assert_eq!((at(0), at(1), at(2), at(3), at(5)), (None, Some(1.0), Some(0.75), Some(2.0 / 3.0), None));
    }

    #[test]
    fn strata_are_not_compared_with_one_another() {
        // Within each team the scores are the wrong way round; between the teams they are right.
        let strict = [case(0.8, true, 1.0), case(0.9, false, 1.0)];
        let mild = [case(0.1, true, 1.0), case(0.2, false, 1.0)];
        let area = stratified_area(&[&strict, &mild]).expect("sound").expect("pairs");
        assert!(area.value.abs() < 1e-15);
        let together = area_under_curve(&[strict, mild].concat()).expect("sound").expect("pairs");
        assert!((together.value - 0.25).abs() < 1e-15);
        assert_eq!(stratified_area(&[&strict[..1], &mild[1..]]), Ok(None));
    }

    #[test]
    fn standard_error_of_method_md() {
        // 6 + 24, 20 + 100 and 60 + 300 cases at an area of 0.7: 0.13, 0.07 and 0.04.
        let rounded = |bad, good| (100.0 * area_standard_error(0.7, bad, good)).round();
        assert_eq!((rounded(6.0, 24.0), rounded(20.0, 100.0), rounded(60.0, 300.0)), (13.0, 7.0, 4.0));
    }

    #[test]
    fn refuses_what_is_no_forecast() {
        assert_eq!(base_rate(&[]), Err(Error::TooFew(0)));
        assert!(brier(&[case(f64::NAN, true, 1.0)]).is_err());
        assert!(area_under_curve(&[case(0.0, true, 0.0)]).is_err());
    }
}
