//! Exact tails of discrete distributions, for all values at once.
//!
//! The chances follow from one another by the ratio of neighbours. They are built up from the centre outwards,
//! starting at 1, until what is left out cannot matter, and divided by their own sum: no logarithms, no gamma
//! functions, a relative error of a few units in the last place per step. Tails are summed from the far end
//! inwards, so that the smallest keeps all its digits; a chance above one half is 1 minus the other tail.

/// As many ratios as are taken at a time.
pub(super) const BLOCK: usize = 8;
/// Ratios of neighbours, one after the other.
pub(super) type Block = [f64; BLOCK];

/// A distribution on 0, 1, 2, ... with neighbouring chances in a known ratio.
pub trait Discrete {
    /// The mean, from near which the chances are built up.
    fn mean(&self) -> f64;

    /// The largest possible value, where there is one.
    fn last(&self) -> Option<usize>;

    /// The chance of `k` + 1 divided by that of `k`, of `k` + 2 by that of `k` + 1, and so on; 0 beyond the last.
    fn above(&self, k: usize) -> [f64; 8];

    /// The chance of `k` - 1 divided by that of `k`, of `k` - 2 by that of `k` - 1, and so on; 0 beyond 0.
    fn below(&self, k: usize) -> [f64; 8];

    /// An upper bound of all ratios beyond one that equals `ratio`, going up; at least 1 where there is none.
    fn bound_above(&self, ratio: f64) -> f64;

    /// The same, going down.
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
        let (lower, upper) = super::normal::lower_and_upper(z);
        Self { lower, upper }
    }
}

/// The chances and tails of one distribution. Empty until filled; filling again reuses its memory.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The value of the first entry.
    first: usize,
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
    /// Tabulates `distribution`. Tails of the values from `lowest` to `highest` are exact to `NEGLIGIBLE`; so are
    /// all tails above 1e-3. Beyond what is tabulated a tail is 0.
    pub fn fill(&mut self, distribution: &impl Discrete, lowest: u64, highest: u64) {
        let place = |x: u64| usize::try_from(x).unwrap_or(usize::MAX);
        let start = place(super::number::whole(distribution.mean())).min(distribution.last().unwrap_or(usize::MAX));
        let reach = start.saturating_sub(place(lowest));
        self.descending.clear();
        walk(
            reach,
            |walked| distribution.below(start - walked.min(start)),
            |ratio| distribution.bound_below(ratio),
            &mut self.descending,
        );
        // Steps below 0 had ratio 0.
        self.descending.truncate(start);
        self.first = start - self.descending.len();
        self.chances.clear();
        self.chances.extend(self.descending.iter().rev());
        self.chances.push(1.0);
        let reach = place(highest).min(distribution.last().unwrap_or(usize::MAX)).saturating_sub(start);
        walk(
            reach,
            |walked| distribution.above(start + walked),
            |ratio| distribution.bound_above(ratio),
            &mut self.chances,
        );
        self.sum_tails();
    }

    fn sum_tails(&mut self) {
        self.total = self.chances.chunks(BLOCK).fold(0.0, |sum, block| sum + block.iter().sum::<f64>());
        // All of it is written.
        self.tails.resize(self.chances.len(), 0.0);
        self.split = sum_up(&self.chances, &mut self.tails, 0.5 * self.total);
        let chances = self.chances.get(self.split..).unwrap_or_default();
        let tails = self.tails.get_mut(self.split..).unwrap_or_default();
        sum_down(chances, tails);
    }

    /// The chance of exactly `x`.
    pub fn chance(&self, x: u64) -> f64 {
        let chance = self.place(x).and_then(|place| self.chances.get(place));
        chance.map_or(0.0, |chance| chance / self.total)
    }

    fn place(&self, x: u64) -> Option<usize> {
        usize::try_from(x).ok()?.checked_sub(self.first)
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
        ((self.first + low) as u64, (self.first + high) as u64)
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

/// The sum of each chance and all before it, as long as it is at most `most`; gives how many. Four at a time, which do
/// not wait for one another.
fn sum_up(chances: &[f64], tails: &mut [f64], most: f64) -> usize {
    let (mut sum, mut count) = (0.0, 0);
    for ([a, b, c, d], places) in chances.as_chunks::<4>().0.iter().zip(tails.as_chunks_mut::<4>().0) {
        let (ab, cd) = (a + b, c + d);
        let next = sum + (ab + cd);
        if next > most {
            break;
        }
        *places = [sum + a, sum + ab, sum + (ab + c), next];
        (sum, count) = (next, count + 4);
    }
    for (chance, tail) in chances.iter().zip(tails).skip(count) {
        sum += chance;
        if sum > most {
            break;
        }
        *tail = sum;
        count += 1;
    }
    count
}

/// The sum of each chance and all after it.
fn sum_down(chances: &[f64], tails: &mut [f64]) {
    let mut sum = 0.0;
    let (rest, blocks) = chances.as_rchunks::<4>();
    let (tails_rest, tail_blocks) = tails.as_rchunks_mut::<4>();
    for ([a, b, c, d], places) in blocks.iter().zip(tail_blocks).rev() {
        let (ab, cd) = (a + b, c + d);
        let next = sum + (ab + cd);
        *places = [next, sum + (cd + b), sum + cd, sum + d];
        sum = next;
    }
    for (chance, tail) in rest.iter().zip(tails_rest).rev() {
        sum += chance;
        *tail = sum;
    }
}

/// Builds up chances outwards from 1, with the ratios that follow a number of steps, until what lies beyond is
/// negligible and at least `reach` steps are made.
fn walk(reach: usize, ratios: impl Fn(usize) -> Block, bound: impl Fn(f64) -> f64, chances: &mut Vec<f64>) {
    let offset = chances.len();
    let (mut walked, mut chance) = (0, 1.0);
    loop {
        let block = ratios(walked);
        let [a, b, c, d, e, f, g, h] = block;
        // Products of products: a short chain of dependent multiplications.
        let (ab, cd, ef, gh) = (a * b, c * d, e * f, g * h);
        let abcd = ab * cd;
        let middle = chance * abcd;
        let last = middle * (ef * gh);
        chances.extend_from_slice(&[
            chance * a,
            chance * ab,
            chance * (ab * c),
            middle,
            middle * e,
            middle * ef,
            middle * (ef * g),
            last,
        ]);
        walked += BLOCK;
        chance = last;
        if chance < f64::MIN_POSITIVE {
            break;
        }
        let bound = bound(h);
        if walked >= reach && bound < 1.0 {
            let farthest = reach.checked_sub(1).and_then(|step| chances.get(offset + step)).copied();
            let smallest = farthest.unwrap_or(1.0).min(SMALLEST_TAIL);
            if chance * bound < NEGLIGIBLE * smallest * (1.0 - bound) {
                break;
            }
        }
    }
}
