//! Chance that repeats itself: `SplitMix64` read as a counter, and the few distributions the demo needs.
//!
//! Every use has a stream of its own, named by what it is for. So a change in one part of the generator leaves the
//! draws of all others as they were. Only additions, multiplications and comparisons are used, no functions of the
//! platform's mathematics library: the same seed gives the same bytes on every machine.

/// The odd number nearest to 2^64 divided by the golden ratio: the step of `SplitMix64` (Steele, Lea, Flood 2014).
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A sequence of draws. Draw i is a function of the stream's key and i alone.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    state: u64,
}

impl Stream {
    /// The stream for `purpose` and `numbers` under `seed`.
    pub(super) fn new(seed: u64, purpose: &str, numbers: &[u64]) -> Self {
        let words = purpose.bytes().map(u64::from).chain(numbers.iter().copied());
        Self { state: words.fold(mix(seed), |key, word| mix(key.wrapping_add(STEP) ^ mix(word))) }
    }

    /// The next 64 bits.
    fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// A whole number from 0 to below `bound`; 0 for a bound of 0.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let wide = u64::from(self.draw_half()) * u64::from(bound);
        u32::try_from(wide >> 32).unwrap_or(0)
    }

    fn draw_half(&mut self) -> u32 {
        u32::try_from(self.draw() >> 32).unwrap_or(0)
    }

    /// A number from 0 to below 1, in steps of 2^-53.
    pub(super) fn unit(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// A number between `low` and `high`.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Whether something with this probability happens.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// How many of `trials` succeed.
    pub(super) fn binomial(&mut self, trials: u32, probability: f64) -> u32 {
        (0..trials).fold(0, |successes, _| successes + u32::from(self.chance(probability)))
    }

    /// A draw from Beta(a, b) with whole parameters of at least 1: the a-th smallest of a + b - 1 uniform draws.
    pub(super) fn beta(&mut self, a: u32, b: u32) -> f64 {
        let (a, b) = (a.max(1), b.max(1));
        let mut draws: Vec<u64> = (1..a + b).map(|_| self.draw()).collect();
        let place = usize::try_from(a - 1).unwrap_or(0);
        let (_, chosen, _) = draws.select_nth_unstable(place);
        (*chosen >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// A draw close to the standard normal distribution: the sum of twelve uniform draws less six.
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    /// Puts `items` in an order of chance (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(u32::try_from(last + 1).unwrap_or(u32::MAX));
            items.swap(last, usize::try_from(other).unwrap_or(0));
        }
    }

    /// One of `items`, each as likely; `None` of nothing.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let place = self.below(u32::try_from(items.len()).unwrap_or(u32::MAX));
        items.get(usize::try_from(place).unwrap_or(0))
    }
}

/// The finalizer of `SplitMix64`: a bijection of 64 bits without visible pattern.
const fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The whole number nearest to `value`; 0 below 0.
pub(super) fn rounded(value: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from a float saturates: below 0 becomes 0, and counts here are far below 2^32"
    )]
    let whole = (value + 0.5).floor() as u32;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_those_of_splitmix64() {
        // The reference implementation's first three outputs for state 1234567.
        let mut stream = Stream { state: 1_234_567 };
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([stream.draw(), stream.draw(), stream.draw()], expected);
    }

    #[test]
    fn streams_differ_by_seed_purpose_and_number() {
        let first = |seed, purpose, numbers: &[u64]| Stream::new(seed, purpose, numbers).draw();
        let all = [
            first(1, "a", &[1]),
            first(2, "a", &[1]),
            first(1, "b", &[1]),
            first(1, "a", &[2]),
            first(1, "a", &[1, 0]),
        ];
        for (place, one) in all.iter().enumerate() {
            assert!(!all[..place].contains(one), "stream {place} repeats another");
        }
        assert_eq!(first(1, "a", &[1]), all[0]);
    }

    fn moments(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let draws: Vec<f64> = (0..20_000).map(|_| draw()).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        (mean, draws.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / 20_000.0)
    }

    #[test]
    fn distributions_have_their_mean_and_variance() {
        let mut stream = Stream::new(7, "test", &[]);
        let (mean, variance) = moments(|| stream.beta(3, 7));
        assert!((mean - 0.3).abs() < 0.005 && (variance - 0.3 * 0.7 / 11.0).abs() < 0.001, "{mean} {variance}");
        let (mean, variance) = moments(|| f64::from(stream.binomial(40, 0.2)));
        assert!((mean - 8.0).abs() < 0.1 && (variance - 6.4).abs() < 0.3, "{mean} {variance}");
        let (mean, variance) = moments(|| stream.normal());
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
        let (mean, variance) = moments(|| f64::from(stream.below(12)));
        assert!((mean - 5.5).abs() < 0.1 && (variance - 143.0 / 12.0).abs() < 0.4, "{mean} {variance}");
    }

    #[test]
    fn rounding_keeps_to_counts() {
        assert_eq!([-3.0, -0.2, 0.49, 0.5, 7.5, f64::NAN].map(rounded), [0, 0, 0, 1, 8, 0]);
    }
}
