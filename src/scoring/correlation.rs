//! How measures go together in ordinary organisations (method.md section 6).

use std::collections::BTreeMap;

use super::Settings;
use crate::domain::Code;

/// How many sums are kept side by side.
const LANES: usize = 4;
/// A variance below this share of the mean square is rounding.
const ROUNDING: f64 = 1e-12;

/// The capped r of one measure in one period, per member; 0 where it is not there.
#[derive(Clone, Debug, Default)]
pub(super) struct Distances {
    values: Vec<f64>,
    /// 1 where it is there, else 0.
    there: Vec<f64>,
    own: Sums,
}

impl FromIterator<Option<f64>> for Distances {
    fn from_iter<I: IntoIterator<Item = Option<f64>>>(of_members: I) -> Self {
        let (values, there): (Vec<f64>, Vec<f64>) =
            of_members.into_iter().map(|r| (r.unwrap_or(0.0), f64::from(u8::from(r.is_some())))).unzip();
        let mut one = Self { values, there, own: Sums::default() };
        one.own = Sums::of_pairs(&one, &one);
        one
    }
}

impl Distances {
    fn is_full(&self) -> bool {
        self.own.count >= self.values.len() as f64
    }
}

/// The sums from which a correlation follows. Distances are of the order of 1, so that nothing is lost in them.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    count: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Sums {
    fn of(x: &Distances, y: &Distances) -> Self {
        if x.is_full() && y.is_full() && x.values.len() == y.values.len() {
            let xy = product(&x.values, &y.values);
            Self { count: x.own.count, x: x.own.x, y: y.own.x, xx: x.own.xx, yy: y.own.xx, xy }
        } else {
            Self::of_pairs(x, y)
        }
    }

    fn of_pairs(x: &Distances, y: &Distances) -> Self {
        Self {
            count: product(&x.there, &y.there),
            x: product(&x.values, &y.there),
            y: product(&x.there, &y.values),
            xx: product_of_square(&x.values, &y.there),
            yy: product_of_square(&y.values, &x.there),
            xy: product(&x.values, &y.values),
        }
    }

    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.x += other.x;
        self.y += other.y;
        self.xx += other.xx;
        self.yy += other.yy;
        self.xy += other.xy;
    }

    /// Pearson's correlation; 0 where one of the two does not vary.
    fn correlation(&self) -> f64 {
        let n = self.count;
        let (x, y) = (self.xx - self.x * self.x / n, self.yy - self.y * self.y / n);
        if !(x > ROUNDING * self.xx && y > ROUNDING * self.yy) {
            return 0.0;
        }
        let correlation = (self.xy - self.x * self.y / n) / (x * y).sqrt();
        if correlation.is_finite() { correlation.clamp(-1.0, 1.0) } else { 0.0 }
    }
}

/// The sum of products, in so many sums side by side, always in the same order.
fn product(x: &[f64], y: &[f64]) -> f64 {
    summed(x, y, |x, y| x * y)
}

fn product_of_square(x: &[f64], y: &[f64]) -> f64 {
    summed(x, y, |x, y| x * x * y)
}

fn summed(x: &[f64], y: &[f64], of: impl Fn(f64, f64) -> f64) -> f64 {
    let mut sums = [0.0; LANES];
    let (whole_x, rest_x) = x.as_chunks::<LANES>();
    let (whole_y, rest_y) = y.as_chunks::<LANES>();
    for (x, y) in whole_x.iter().zip(whole_y) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += of(*x, *y);
        }
    }
    let rest: f64 = rest_x.iter().zip(rest_y).map(|(x, y)| of(*x, *y)).sum();
    sums.iter().sum::<f64>() + rest
}

/// The sums of every two measures that count in a period, which is part of more runs than its own.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Sorted.
    codes: Vec<Code>,
    /// The second with the first, the third with the first and the second, and so on.
    pairs: Vec<Sums>,
}

impl FromIterator<(Code, Distances)> for Columns {
    fn from_iter<I: IntoIterator<Item = (Code, Distances)>>(columns: I) -> Self {
        let columns: BTreeMap<Code, Distances> = columns.into_iter().collect();
        let mut pairs = Vec::with_capacity(columns.len() * columns.len() / 2);
        for (place, x) in columns.values().enumerate() {
            pairs.extend(columns.values().take(place).map(|y| Sums::of(x, y)));
        }
        Self { codes: columns.into_keys().collect(), pairs }
    }
}

impl Columns {
    fn place(&self, code: &Code) -> Option<usize> {
        self.codes.binary_search(code).ok()
    }

    /// The sums of the measures at two places.
    fn pair(&self, one: usize, other: usize) -> Option<&Sums> {
        let (first, second) = (one.min(other), one.max(other));
        self.pairs.get(second * second.saturating_sub(1) / 2 + first)
    }
}

/// The matrix over `measures`: Pearson's correlation of their distances, pairwise over members and periods, 0 below
/// `minimum_pairs`, drawn towards none; ones on the diagonal.
pub(super) fn correlate(periods: &[&Columns], measures: &[Code], settings: &Settings) -> Vec<Vec<f64>> {
    let place_in = |period: &&Columns| measures.iter().map(|code| period.place(code)).collect();
    let places: Vec<Vec<Option<usize>>> = periods.iter().map(place_in).collect();
    let mut values = vec![vec![1.0; measures.len()]; measures.len()];
    for place in 0..measures.len() {
        for other in 0..place {
            let mut sums = Sums::default();
            for (period, places) in periods.iter().zip(&places) {
                if let (Some(Some(one)), Some(Some(other))) = (places.get(place), places.get(other))
                    && let Some(pair) = period.pair(*one, *other)
                {
                    sums.add(pair);
                }
            }
            let correlation = shrunken(&sums, settings);
            for (row, column) in [(place, other), (other, place)] {
                if let Some(value) = values.get_mut(row).and_then(|row| row.get_mut(column)) {
                    *value = correlation;
                }
            }
        }
    }
    values
}

fn shrunken(sums: &Sums, settings: &Settings) -> f64 {
    if sums.count < settings.minimum_pairs as f64 {
        return 0.0;
    }
    (1.0 - settings.correlation_shrinkage) * sums.correlation()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Draws, pearson};

    #[test]
    fn sums_give_the_correlation_of_the_pairs() {
        let draws = Draws::new(4, 0);
        let settings = Settings { correlation_shrinkage: 0.0, ..Settings::default() };
        let codes = ["b", "a"].map(Code::from);
        for (members, holes) in [(203, 0), (203, 7), (61, 3), (1, 0)] {
            let column = |shift: usize| -> Vec<Option<f64>> {
                let r = |place: usize| draws.normal(place as u64) + 0.5 * draws.normal((1_000 * shift + place) as u64);
                let is_there = |place: usize| holes == 0 || !(place + shift).is_multiple_of(holes);
                (0..members).map(|place| is_there(place).then(|| r(place))).collect()
            };
            let periods: Vec<[Vec<Option<f64>>; 2]> =
                (1..4).map(|period| [column(2 * period), column(2 * period + 1)]).collect();
            let pairs: Vec<(f64, f64)> =
                periods.iter().flat_map(|[x, y]| x.iter().zip(y).filter_map(|(x, y)| Some(((*x)?, (*y)?)))).collect();
            let columns = |both: &[Vec<Option<f64>>; 2]| {
                let one = |(code, one): (&Code, &Vec<Option<f64>>)| (code.clone(), one.iter().copied().collect());
                codes.iter().zip(both).map(one).collect()
            };
            let columns: Vec<Columns> = periods.iter().map(columns).collect();
            let want = if pairs.len() < settings.minimum_pairs { 0.0 } else { pearson(&pairs).expect("varies") };
            let got = correlate(&columns.iter().collect::<Vec<_>>(), &codes, &settings);
            assert!((got[0][1] - want).abs() < 1e-13, "{members} {holes} {got:?} {want}");
            assert_eq!((got[0][0], got[0][1]), (1.0, got[1][0]));
        }
        let constant = |code: &Code| (code.clone(), vec![Some(0.7); 40].into_iter().collect());
        let columns: Columns = codes.iter().map(constant).collect();
        assert!(correlate(&[&columns], &codes, &settings)[0][1].abs() <= 0.0);
    }
}
