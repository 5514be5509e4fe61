//! Numbers of twice the precision, about 32 digits: sums of two floating-point numbers (Dekker, Numerische Mathematik
//! 18 (1971) 224; Knuth, The Art of Computer Programming 2, 4.2.2).
//!
//! Chances follow from one another by ratios. What rounding leaves of a constant in them goes into every ratio, the same
//! way, and adds up over thousands of steps; errors of single ratios go either way and do not.

use std::ops::{Add, Div, Mul, Sub};

/// The sum of its two parts, of which the second is within half a unit in the last place of the first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Twofold(f64, f64);

impl Twofold {
    pub(super) const ONE: Self = Self(1.0, 0.0);

    /// Exactly.
    pub(super) const fn of(number: f64) -> Self {
        Self(number, 0.0)
    }

    /// The nearest floating-point number.
    pub(super) const fn nearest(self) -> f64 {
        self.0
    }

    /// Of two numbers of which the first is by far the larger.
    fn ordered(large: f64, small: f64) -> Self {
        let sum = large + small;
        Self(sum, small - (sum - large))
    }
}

impl Add for Twofold {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let sum = self.0 + other.0;
        let part = sum - self.0;
        let lost = (self.0 - (sum - part)) + (other.0 - part);
        Self::ordered(sum, lost + (self.1 + other.1))
    }
}

impl Sub for Twofold {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + Self(-other.0, -other.1)
    }
}

impl Mul for Twofold {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let product = self.0 * other.0;
        let lost = self.0.mul_add(other.0, -product);
        Self::ordered(product, lost + (self.0 * other.1 + self.1 * other.0))
    }
}

impl Div for Twofold {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        let inverse = 1.0 / other.0;
        let first = self.0 * inverse;
        let rest = first.mul_add(-other.0, self.0) + (self.1 - first * other.1);
        Self::ordered(first, rest * inverse)
    }
}

/// start + k step for whole k, each rounded but once: errors at different k have nothing to do with one another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    /// Multiples of `GRID`, so that their sum is exact.
    coarse: (f64, f64),
    fine: (f64, f64),
}

/// With k step up to 2^25 the sum of multiples of this has 53 bits.
const GRID: f64 = 1.0 / (1 << 28) as f64;

/// The nearest multiple of `GRID`, and what is left.
fn split(number: Twofold) -> (f64, f64) {
    // So large that nothing finer than GRID fits beside it.
    const LARGE: f64 = 1.5 * GRID * (1_u64 << 52) as f64;
    let coarse = (number.0 + LARGE) - LARGE;
    (coarse, (number.0 - coarse) + number.1)
}

impl Line {
    pub(super) fn new(start: Twofold, step: Twofold) -> Self {
        let ((start, start_fine), (step, step_fine)) = (split(start), split(step));
        Self { coarse: (start, step), fine: (start_fine, step_fine) }
    }

    #[inline]
    pub(super) fn at(&self, k: f64) -> f64 {
        (self.coarse.0 + k * self.coarse.1) + (self.fine.0 + k * self.fine.1)
    }
}
