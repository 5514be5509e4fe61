//! Distributions to about 30 digits, to hold the fast ones to.

use super::{Tails, twofold::Twofold};

/// What a distribution gives at a value, to about 30 digits before it is rounded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exact {
    pub(super) chance: f64,
    pub(super) tails: Tails,
}

/// A whole distribution with twofold chances, divided by their sum; from `centre` outwards by the ratios of
/// neighbours. `above(k)` is the chance of k + 1 divided by that of k, as numerator and denominator.
pub(super) fn distribution(centre: usize, last: usize, above: impl Fn(usize) -> (Twofold, Twofold)) -> Vec<Twofold> {
    let mut chances = vec![Twofold::of(0.0); last + 1];
    chances[centre] = Twofold::ONE;
    for k in centre..last {
        let (top, bottom) = above(k);
        chances[k + 1] = chances[k] * top / bottom;
    }
    for k in (0..centre).rev() {
        let (top, bottom) = above(k);
        chances[k] = chances[k + 1] * bottom / top;
    }
    let total = chances.iter().fold(Twofold::of(0.0), |sum, chance| sum + *chance);
    chances.into_iter().map(|chance| chance / total).collect()
}

/// Of `x`.
pub(super) fn exact(chances: &[Twofold], x: usize) -> Exact {
    let sum = |part: &[Twofold]| part.iter().fold(Twofold::of(0.0), |sum, chance| sum + *chance);
    let own = chances.get(x).copied().unwrap_or(Twofold::of(0.0));
    let (below, above) = (chances.get(..x).unwrap_or(chances), chances.get(x + 1..).unwrap_or_default());
    let tails = Tails {
        lower: (sum(below) + Twofold::of(0.5) * own).nearest(),
        upper: (sum(above) + Twofold::of(0.5) * own).nearest(),
    };
    Exact { chance: own.nearest(), tails }
}

/// The beta-binomial distribution of `trials`.
pub(super) fn beta_binomial(trials: u64, mean: f64, correlation: f64) -> Vec<Twofold> {
    let trials = usize::try_from(trials).expect("small");
    let whole = |k: usize| Twofold::of(k as f64);
    let centre = (0..=trials).rfind(|k| *k as f64 <= mean * trials as f64).unwrap_or(0);
    let (mean, rest) = (Twofold::of(mean), Twofold::ONE - Twofold::of(mean));
    let spread = Twofold::of(correlation) / (Twofold::ONE - Twofold::of(correlation));
    distribution(centre, trials, |k| {
        let left = trials - k - 1;
        ((mean + whole(k) * spread) * whole(left + 1), whole(k + 1) * (rest + whole(left) * spread))
    })
}

/// The negative binomial distribution, up to where nothing counts.
pub(super) fn negative_binomial(mean: f64, squared_variation: f64) -> Vec<Twofold> {
    let deviation = (mean + mean * mean * squared_variation).sqrt();
    let last = 2_000.0 + 80.0 * (mean + deviation) * squared_variation.max(1.0);
    let last = usize::try_from(super::number::whole(last)).expect("small");
    let whole = |k: usize| Twofold::of(k as f64);
    let centre = (0..=last).rfind(|k| *k as f64 <= mean).unwrap_or(0);
    let (mean, variation) = (Twofold::of(mean), Twofold::of(squared_variation));
    distribution(centre, last, |k| {
        (mean * (Twofold::ONE + whole(k) * variation), whole(k + 1) * (Twofold::ONE + mean * variation))
    })
}
