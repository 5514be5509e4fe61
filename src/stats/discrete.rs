//! Exact tails of discrete distributions, for all values at once.
//!
//! The chances are set out from the centre, where one is set to 1, until what is left out cannot matter, and divided by
//! their own sum: no logarithms, no gamma functions. Tails are summed from the far end inwards, so that the smallest
//! keeps all its digits; a chance above one half is 1 minus the other tail.
//!
//! Chances are held in blocks, and of tails only those that begin with a block: the few chances between are added when
//! one is asked for, which is seldom.

/// As many chances as are summed at a time.
const BLOCK: usize = 8;

/// A distribution on 0, 1, 2, ... of which chances are known but for a factor.
pub trait Discrete {
    /// The value near the mean of which the chance is set to 1.
    fn centre(&self) -> usize;

    /// The largest possible value, where there is one.
    fn last(&self) -> Option<usize>;

    /// Adds some of the next chances above the centre to `chances`, those so far from next to it upwards; none when there
    /// are no more.
    fn add_above(&self, chances: &mut Vec<f64>);

    /// The same going down.
    fn add_below(&self, chances: &mut Vec<f64>);

    /// An upper bound of all ratios of neighbours beyond one that equals `ratio`, going up; at least 1 where there is
    /// none.
    fn bound_above(&self, ratio: f64) -> f64;

    /// The same, going down.
    fn bound_below(&self, ratio: f64) -> f64;
}

/// The whole part of `mean`, at most `last`: a value near the middle.
pub(super) fn nearest(mean: f64, last: usize) -> usize {
    place(super::number::whole(mean)).min(last)
}

/// Adds the chances that follow the last of `chances`, which begin at 1, given the ratios of neighbours.
pub(super) fn follow(chances: &mut Vec<f64>, [a, b, c, d, e, f, g, h]: [f64; 8]) {
    let chance = chances.last().copied().unwrap_or(1.0);
    // Products of products: a short chain of dependent multiplications.
    let (ab, cd, ef, gh) = (a * b, c * d, e * f, g * h);
    let middle = chance * (ab * cd);
    chances.extend_from_slice(&[
        chance * a,
        chance * ab,
        chance * (ab * c),
        middle,
        middle * e,
        middle * ef,
        middle * (ef * g),
        middle * (ef * gh),
    ]);
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
    /// The value near the mean of which the chance is set to 1.
    centre: usize,
    below: Wing,
    above: Wing,
    /// The sum of all chances.
    total: f64,
}

/// The chances on one side of the centre, from next to it outwards.
#[derive(Clone, Debug, Default)]
struct Wing {
    /// In whole blocks; 0 where they are negligible.
    chances: Vec<f64>,
    /// Of each block the sum of it and of all farther ones.
    sums: Vec<f64>,
}

/// What may be left out of a tail, relative to it.
const NEGLIGIBLE: f64 = 1e-15;
/// Tails down to this size are exact at the least.
const SMALLEST_TAIL: f64 = 1e-3;

impl Table {
    /// Tabulates `distribution`. Tails of the values from `lowest` to `highest` are exact to `NEGLIGIBLE`; so are
    /// all tails above 1e-3. Beyond what is tabulated a tail is 0.
    pub fn fill(&mut self, distribution: &impl Discrete, lowest: u64, highest: u64) {
        let last = distribution.last().unwrap_or(usize::MAX);
        let centre = distribution.centre();
        self.centre = centre;
        self.below.fill(
            centre.saturating_sub(place(lowest)),
            |chances| distribution.add_below(chances),
            |ratio| distribution.bound_below(ratio),
        );
        self.above.fill(
            place(highest).min(last).saturating_sub(centre),
            |chances| distribution.add_above(chances),
            |ratio| distribution.bound_above(ratio),
        );
        self.total = 1.0 + (self.below.all() + self.above.all());
    }

    /// The chance of exactly `x`.
    pub fn chance(&self, x: u64) -> f64 {
        let (side, _, distance) = self.side(place(x));
        side.at(distance) / self.total
    }

    /// The side on which `x` is, the other one, and how far from the centre it is.
    fn side(&self, x: usize) -> (&Wing, &Wing, usize) {
        if x < self.centre {
            (&self.below, &self.above, self.centre - x)
        } else {
            (&self.above, &self.below, x - self.centre)
        }
    }

    /// The mid-p tails of `x`.
    pub fn tails(&self, x: u64) -> Tails {
        let x = place(x);
        let (side, other, distance) = self.side(x);
        let own = 0.5 * side.at(distance);
        let outward = side.beyond(distance) + own;
        let (outward, inward) = if outward <= 0.5 * self.total {
            let outward = outward / self.total;
            (outward, 1.0 - outward)
        } else {
            let inward = (other.all() + side.within(distance) + own) / self.total;
            (1.0 - inward, inward)
        };
        if x < self.centre { Tails { lower: outward, upper: inward } } else { Tails { lower: inward, upper: outward } }
    }

    /// The chance of a value whose lower mid-p tail is at most `tail` (below one half).
    pub fn chance_of_lower(&self, tail: f64) -> f64 {
        self.below.edge(&self.above, tail * self.total).sum / self.total
    }

    /// The chance of a value whose upper mid-p tail is at most `tail` (below one half).
    pub fn chance_of_upper(&self, tail: f64) -> f64 {
        self.above.edge(&self.below, tail * self.total).sum / self.total
    }

    /// The lowest and highest values of which both mid-p tails are more than `tail` (below one half).
    pub fn between(&self, tail: f64) -> (u64, u64) {
        let most = tail * self.total;
        let (low, high) = (self.below.edge(&self.above, most), self.above.edge(&self.below, most));
        let low = (self.centre + low.inward + 1).saturating_sub(low.outward);
        let high = (self.centre + high.outward).saturating_sub(high.inward + 1);
        // Where two values hold nearly all, both of their tails may be at most so much.
        (low as u64, high.max(low) as u64)
    }
}

/// Where the tails of a side become small: the value nearest to the centre, or across it, of which the mid-p tail is at
/// most so much.
struct Edge {
    /// How far out it is.
    outward: usize,
    /// How far across the centre it is.
    inward: usize,
    /// The sum of its chance and all farther out.
    sum: f64,
}

impl Wing {
    fn fill(&mut self, reach: usize, add: impl Fn(&mut Vec<f64>), bound: impl Fn(f64) -> f64) {
        self.chances.clear();
        self.set_out(reach, add, bound);
        self.chances.resize(self.chances.len().next_multiple_of(BLOCK), 0.0);
        let (blocks, _) = self.chances.as_chunks::<BLOCK>();
        self.sums.resize(blocks.len(), 0.0);
        let mut beyond = 0.0;
        for ([a, b, c, d, e, f, g, h], sum) in blocks.iter().zip(&mut self.sums).rev() {
            beyond += ((a + b) + (c + d)) + ((e + f) + (g + h));
            *sum = beyond;
        }
    }

    /// Sets out chances outwards, until what lies beyond is negligible and they reach at least so far.
    fn set_out(&mut self, reach: usize, add: impl Fn(&mut Vec<f64>), bound: impl Fn(f64) -> f64) {
        loop {
            let had = self.chances.len();
            add(&mut self.chances);
            let (nearer, chance) = match *self.chances.as_slice() {
                [.., nearer, chance] => (nearer, chance),
                [chance] => (1.0, chance),
                [] => return,
            };
            if self.chances.len() == had || chance < f64::MIN_POSITIVE {
                return;
            }
            if self.chances.len() >= reach && chance < NEGLIGIBLE {
                let bound = bound(chance / nearer);
                let smallest = self.at(reach).min(SMALLEST_TAIL);
                if bound < 1.0 && chance * bound < NEGLIGIBLE * smallest * (1.0 - bound) {
                    return;
                }
            }
        }
    }

    /// The chance at a distance from the centre.
    fn at(&self, distance: usize) -> f64 {
        distance.checked_sub(1).map_or(1.0, |step| self.chances.get(step).copied().unwrap_or(0.0))
    }

    /// The sum of the chances beyond a distance.
    fn beyond(&self, distance: usize) -> f64 {
        let block = distance / BLOCK;
        let farther = self.sums.get(block + 1).copied().unwrap_or(0.0);
        let end = self.chances.len().min((block + 1) * BLOCK);
        self.chances.get(distance..end).map_or(0.0, |rest| rest.iter().rev().fold(farther, |sum, chance| sum + chance))
    }

    /// The sum of all chances but that of the centre.
    fn all(&self) -> f64 {
        self.sums.first().copied().unwrap_or(0.0)
    }

    /// The sum of the chances nearer to the centre than a distance, with that of the centre.
    fn within(&self, distance: usize) -> f64 {
        let nearer = distance.checked_sub(1).and_then(|steps| self.chances.get(..steps.min(self.chances.len())));
        nearer.map_or(0.0, |nearer| nearer.iter().rev().fold(0.0, |sum, chance| sum + chance) + 1.0)
    }

    /// Where mid-p tails of this side become at most `most`; `other` is the other side.
    fn edge(&self, other: &Self, most: f64) -> Edge {
        let all = self.all();
        if all + 0.5 > most {
            let (outward, sum) = self.edge_outward(most);
            return Edge { outward, inward: 0, sum };
        }
        let (mut inward, mut sum) = (0, all + 1.0);
        for chance in other.chances.iter().take_while(|chance| **chance > 0.0) {
            if sum + 0.5 * chance > most {
                break;
            }
            sum += chance;
            inward += 1;
        }
        Edge { outward: 0, inward, sum }
    }

    /// The least distance, above 0, at which mid-p tails are at most `most`, and the sum from there on.
    fn edge_outward(&self, most: f64) -> (usize, f64) {
        // Of the blocks that are small as a whole the nearest, and then of the one before it as much as fits.
        let block = self.sums.partition_point(|sum| *sum > most);
        let (mut distance, mut sum) = (block * BLOCK, self.sums.get(block).copied().unwrap_or(0.0));
        while distance > 0 && sum + 0.5 * self.at(distance) <= most {
            sum += self.at(distance);
            distance -= 1;
        }
        (distance + 1, sum)
    }
}

fn place(x: u64) -> usize {
    usize::try_from(x).unwrap_or(usize::MAX)
}
