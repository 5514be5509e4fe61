//! Products of many factors, tabulated over a range far beyond that of a floating-point number.

use super::twofold::Line;

/// The products of the first k factors line(k) / (k + 1), for k from 0 on, but for powers of two.
#[derive(Clone, Debug)]
pub(super) struct Products {
    values: Vec<f64>,
    /// Products that go with one power of two, in their order.
    runs: Vec<Run>,
    /// By blocks of products, in which run they are.
    run_of: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Run {
    start: usize,
    end: usize,
    power: i32,
}

/// Powers of two change between blocks of so many products.
const BLOCK: usize = BLOCK_SIZE as usize;
const BLOCK_SIZE: u32 = 8;
/// A product beyond this, or 1 divided by it, gives its power of two away.
const LARGE: f64 = (1_u128 << 100) as f64 * (1_u128 << 100) as f64;
/// As many as are multiplied before one looks whether more are needed.
const AT_ONCE: usize = 256;

impl Products {
    /// Of up to `size` factors, each times `scale`, a power of two.
    pub(super) fn new(line: Line, scale: f64, size: u32) -> Self {
        let length = (size / BLOCK_SIZE + 1) * BLOCK_SIZE;
        // First the factors, then in their place the products.
        let factor = |k: u32| scale * line.at(k.into()) / (f64::from(k) + 1.0);
        let mut products: Vec<f64> = (0..length).map(factor).collect();
        let mut run_of = Vec::with_capacity(products.len() / BLOCK);
        let (mut runs, mut run) = (Vec::new(), Run::default());
        let mut product = 1.0;
        let (places, _) = products.as_chunks_mut::<BLOCK>();
        for (place, block) in places.iter_mut().enumerate() {
            let [a, b, c, d, e, f, g, h] = *block;
            // Products of products: a short chain of dependent multiplications.
            let (ab, cd, ef) = (a * b, c * d, e * f);
            let middle = product * (ab * cd);
            *block = [
                product,
                product * a,
                product * ab,
                product * (ab * c),
                middle,
                middle * e,
                middle * ef,
                middle * (ef * g),
            ];
            run_of.push(u32::try_from(runs.len()).unwrap_or(u32::MAX));
            product = middle * (ef * (g * h));
            if !(1.0 / LARGE..LARGE).contains(&product) && product >= f64::MIN_POSITIVE {
                let power = exponent_of(product);
                product *= power_of_two(-power);
                let end = (place + 1) * BLOCK;
                runs.push(Run { end, ..run });
                run = Run { start: end, end, power: run.power + power };
            }
        }
        runs.push(Run { end: products.len(), ..run });
        Self { values: products, runs, run_of }
    }

    /// The product of the first `k` factors, and the power of two that goes with it.
    pub(super) fn at(&self, k: usize) -> (f64, i32) {
        (self.values.get(k).copied().unwrap_or_default(), self.run(k).power)
    }

    fn run(&self, k: usize) -> Run {
        let run = self.run_of.get(k / BLOCK).and_then(|run| self.runs.get(*run as usize));
        run.copied().unwrap_or_default()
    }

    /// Adds to `result` some of the products from `first` on, each with one of `other` from before `end` backwards, and
    /// times `scale`, a factor with its power of two; none where one of them has no more.
    #[inline]
    pub(super) fn add_beside(
        &self,
        first: usize,
        other: &Self,
        end: usize,
        (factor, power): (f64, i32),
        result: &mut Vec<f64>,
    ) {
        let Some(last) = end.checked_sub(1) else { return };
        let (here, there) = (self.run(first), other.run(last));
        let many = AT_ONCE.min(here.end.saturating_sub(first)).min(end.saturating_sub(there.start));
        let up = self.values.get(first..first + many).unwrap_or_default();
        let down = other.values.get(end - many..end).unwrap_or_default();
        let power = here.power + there.power + power;
        let (half, rest) = if power < LEAST { (power / 2, power - power / 2) } else { (power, 0) };
        let (factor, from) = (factor * power_of_two(half), result.len());
        result.extend(up.iter().zip(down.iter().rev()).map(|(up, down)| (up * down) * factor));
        if rest != 0 {
            let rest = power_of_two(rest);
            result.iter_mut().skip(from).for_each(|chance| *chance *= rest);
        }
    }
}

/// The least power of two that is a floating-point number with all its digits.
const LEAST: i32 = f64::MIN_EXP - 1;

/// 2 to the power of `exponent`: 0 where that is too small, and the largest there is where it is too large.
#[inline]
pub(super) fn power_of_two(exponent: i32) -> f64 {
    if exponent < LEAST {
        return 0.0;
    }
    let bits = (exponent.min(f64::MAX_EXP - 1) - LEAST + 1).unsigned_abs();
    f64::from_bits(u64::from(bits) << (f64::MANTISSA_DIGITS - 1))
}

/// The largest whole number of which 2 to the power is at most `number`, which is positive and has all its digits.
pub(super) fn exponent_of(number: f64) -> i32 {
    let bits = (number.to_bits() >> (f64::MANTISSA_DIGITS - 1)) & 0x7ff;
    i32::try_from(bits).unwrap_or_default() + LEAST - 1
}
