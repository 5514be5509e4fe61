//! Exact tails of discrete distributions, for all values at once.
//!
//! The chances follow from one another by the ratio of neighbours. They are built up from the centre outwards,
//! starting at 1, until what is left out cannot matter, and divided by their own sum: no logarithms, no gamma
//! functions, a relative error of a few units in the last place per step. Tails are summed from the far end
//! inwards, so that the smallest keeps all its digits; a chance above one half is 1 minus the other tail.

/// A distribution on 0, 1, 2, ... with neighbouring chances in a known ratio.
pub trait Discrete {
    /// The mean, from near which the chances are built up.
    fn mean(&self) -> f64;

    /// The largest possible value, where there is one.
    fn last(&self) -> Option<u64>;

    /// A pair whose quotient is the chance of `k` + 1 divided by that of `k`; `k` is a whole number.
    fn neighbours(&self, k: f64) -> (f64, f64);

    /// An upper bound of all ratios beyond one that equals `ratio`, going up; at least 1 where there is none.
    fn bound_above(&self, ratio: f64) -> f64;

    /// The same, going down, of the reciprocal ratios.
    fn bound_below(&self, ratio: f64) -> f64;
}

/// Mid-p chances of a value: all beyond it and half of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tails {
    /// Of this or lower.
    pub lower: f64,
    /// Of this or higher.
    pub upper: f64,
}

impl Tails {
    /// The z with the same tail: negative when the value is low. Taken from the smaller tail.
    pub fn z(self) -> f64 {
        if self.upper < self.lower { -super::normal::quantile(self.upper) } else { super::normal::quantile(self.lower) }
    }

    /// Of a normal distance.
    pub fn of_z(z: f64) -> Self {
        Self { lower: super::normal::cdf(z), upper: super::normal::survival(z) }
    }
}

/// The chances and tails of one distribution. Empty until filled; filling again reuses its memory.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The value of the first entry.
    first: u64,
    /// Chances, not yet divided by `total`.
    chances: Vec<f64>,
    /// Below `split` the sum of this and all lower chances, from there on of this and all higher ones.
    tails: Vec<f64>,
    split: usize,
    total: f64,
    descending: Vec<f64>,
}

/// What may be left out of a tail, relative to it.
const NEGLIGIBLE: f64 = 1e-17;
/// Tails down to this size are exact at the least.
const SMALLEST_TAIL: f64 = 1e-3;

impl Table {
    /// Tabulates `distribution`. Tails of the values from `lowest` to `highest` are exact to [`NEGLIGIBLE`]; so are
    /// all tails above 1e-3. Beyond what is tabulated a tail is 0.
    pub fn fill(&mut self, distribution: &impl Discrete, lowest: u64, highest: u64) {
        let last = distribution.last();
        let start = super::number::whole(distribution.mean()).min(last.unwrap_or(u64::MAX));
        self.chances.clear();
        self.descending.clear();
        let below = walk_down(distribution, start, lowest, &mut self.descending);
        self.first = start - self.descending.len() as u64;
        self.chances.extend(self.descending.iter().rev());
        self.chances.push(1.0);
        let above = walk_up(distribution, start, highest, last, &mut self.chances);
        self.total = below + 1.0 + above;
        self.sum_tails();
    }

    fn sum_tails(&mut self) {
        let half = 0.5 * self.total;
        self.tails.clear();
        self.tails.resize(self.chances.len(), 0.0);
        let mut sum = 0.0;
        self.split = self.chances.len();
        for (place, (tail, chance)) in self.tails.iter_mut().zip(&self.chances).enumerate() {
            if sum + chance > half {
                self.split = place;
                break;
            }
            sum += chance;
            *tail = sum;
        }
        sum = 0.0;
        for (tail, chance) in self.tails.iter_mut().zip(&self.chances).skip(self.split).rev() {
            sum += chance;
            *tail = sum;
        }
    }

    /// The chance of exactly `x`.
    pub fn chance(&self, x: u64) -> f64 {
        self.place(x).map_or(0.0, |place| self.chances.get(place).copied().unwrap_or(0.0) / self.total)
    }

    fn place(&self, x: u64) -> Option<usize> {
        usize::try_from(x.checked_sub(self.first)?).ok()
    }

    /// The mid-p tails of `x`.
    pub fn tails(&self, x: u64) -> Tails {
        let Some(place) = self.place(x) else { return Tails { lower: 0.0, upper: 1.0 } };
        if place >= self.chances.len() {
            return Tails { lower: 1.0, upper: 0.0 };
        }
        if place < self.split {
            let lower = self.lower(place);
            Tails { lower, upper: 1.0 - lower }
        } else {
            let upper = self.upper(place);
            Tails { lower: 1.0 - upper, upper }
        }
    }

    /// Of a place below the split.
    fn lower(&self, place: usize) -> f64 {
        let lower = place.checked_sub(1).and_then(|place| self.tails.get(place)).copied().unwrap_or(0.0);
        (lower + 0.5 * self.chances.get(place).copied().unwrap_or(0.0)) / self.total
    }

    /// Of a place from the split on.
    fn upper(&self, place: usize) -> f64 {
        let higher = self.tails.get(place + 1).copied().unwrap_or(0.0);
        (higher + 0.5 * self.chances.get(place).copied().unwrap_or(0.0)) / self.total
    }

    /// The chance of a value whose lower mid-p tail is at most `tail` (below one half).
    pub fn chance_of_lower(&self, tail: f64) -> f64 {
        let count = first_place(0, self.split, |place| self.lower(place) > tail);
        count.checked_sub(1).and_then(|place| self.tails.get(place)).map_or(0.0, |sum| sum / self.total)
    }

    /// The chance of a value whose upper mid-p tail is at most `tail` (below one half).
    pub fn chance_of_upper(&self, tail: f64) -> f64 {
        let place = first_place(self.split, self.chances.len(), |place| self.upper(place) <= tail);
        self.tails.get(place).map_or(0.0, |sum| sum / self.total)
    }

    /// The lowest and highest values of which both mid-p tails are more than `tail` (below one half).
    pub fn between(&self, tail: f64) -> (u64, u64) {
        let low = first_place(0, self.split, |place| self.lower(place) > tail);
        let beyond = first_place(self.split, self.chances.len(), |place| self.upper(place) <= tail);
        // Where one value holds nearly all, it may lie on neither side of the split.
        let high = beyond.max(low + 1) - 1;
        (self.first + low as u64, self.first + high as u64)
    }
}

/// The first place from `low` up to `high` for which `holds`, which stays true once it is; else `high`.
fn first_place(low: usize, high: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (low, high);
    while low < high {
        let middle = usize::midpoint(low, high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// Whether what lies beyond a chance is negligible, given a bound on the ratios beyond it.
fn is_negligible(chance: f64, bound: f64, smallest: f64) -> bool {
    chance < f64::MIN_POSITIVE || (bound < 1.0 && chance * bound < NEGLIGIBLE * smallest * (1.0 - bound))
}

fn walk_up(distribution: &impl Discrete, start: u64, highest: u64, last: Option<u64>, chances: &mut Vec<f64>) -> f64 {
    let (mut k, mut chance, mut sum, mut smallest) = (start, 1.0, 0.0, SMALLEST_TAIL);
    while last.is_none_or(|last| k < last) {
        let (top, bottom) = distribution.neighbours(k as f64);
        let ratio = top / bottom;
        if k >= highest && is_negligible(chance, distribution.bound_above(ratio), smallest) {
            break;
        }
        chance *= ratio;
        k += 1;
        sum += chance;
        chances.push(chance);
        if k <= highest {
            smallest = chance.min(SMALLEST_TAIL);
        }
        if chance < f64::MIN_POSITIVE {
            break;
        }
    }
    sum
}

fn walk_down(distribution: &impl Discrete, start: u64, lowest: u64, chances: &mut Vec<f64>) -> f64 {
    let (mut k, mut chance, mut sum, mut smallest) = (start, 1.0, 0.0, SMALLEST_TAIL);
    while k > 0 {
        let (top, bottom) = distribution.neighbours((k - 1) as f64);
        let ratio = bottom / top;
        if k <= lowest && is_negligible(chance, distribution.bound_below(ratio), smallest) {
            break;
        }
        chance *= ratio;
        k -= 1;
        sum += chance;
        chances.push(chance);
        if k >= lowest {
            smallest = chance.min(SMALLEST_TAIL);
        }
        if chance < f64::MIN_POSITIVE {
            break;
        }
    }
    sum
}
