//! The gamma-Poisson or negative binomial distribution: events at a rate that differs between organisations.

use super::{
    Discrete, Error,
    discrete::{follow, nearest},
    twofold::{Line, Twofold},
};

/// Events with mean `mean` and variance mean + mean^2 `squared_variation`.
///
/// The chance of k + 1 is that of k times mean (1 + k v) / ((k + 1) (1 + mean v)), with v the squared coefficient of
/// variation of the rate (Greenwood and Yule, Journal of the Royal Statistical Society 83 (1920) 255). With v = 0
/// it is the Poisson distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NegativeBinomial {
    mean: f64,
    squared_variation: f64,
    /// mean v / (1 + mean v), to which the ratios tend.
    limit: f64,
    /// mean (1 + k v) / (1 + mean v)
    rated: Line,
}

impl NegativeBinomial {
    /// Distributions with a larger mean, or mean times squared variation, are not tabulated: their tails are that long.
    pub const LARGEST: f64 = 200_000.0;

    /// `mean` positive, `squared_variation` finite and at least 0, both within [`Self::LARGEST`].
    pub fn new(mean: f64, squared_variation: f64) -> Result<Self, Error> {
        if !(mean > 0.0 && mean.is_finite()) {
            return Err(Error::MeanNotPositive(mean));
        }
        if !(squared_variation >= 0.0 && squared_variation.is_finite()) {
            return Err(Error::NegativeDispersion(squared_variation));
        }
        let size = mean * squared_variation.max(1.0);
        if size > Self::LARGEST {
            return Err(Error::TooLarge(size));
        }
        let (exact, variation) = (Twofold::of(mean), Twofold::of(squared_variation));
        let rate = exact / (Twofold::ONE + exact * variation);
        let limit = rate * variation;
        Ok(Self { mean, squared_variation, limit: limit.nearest(), rated: Line::new(rate, limit) })
    }
}

impl Discrete for NegativeBinomial {
    fn centre(&self) -> usize {
        nearest(self.mean, usize::MAX)
    }

    fn last(&self) -> Option<usize> {
        None
    }

    #[inline]
    fn add_above(&self, chances: &mut Vec<f64>) {
        let first = (self.centre() + chances.len()) as f64;
        let ratio = |step: usize| {
            let k = first + step as f64;
            self.rated.at(k) / (k + 1.0)
        };
        follow(chances, std::array::from_fn(ratio));
    }

    #[inline]
    fn add_below(&self, chances: &mut Vec<f64>) {
        let first = self.centre() as f64 - chances.len() as f64;
        let ratio = |step: usize| {
            let k = first - step as f64;
            if k >= 1.0 { k / self.rated.at(k - 1.0) } else { 0.0 }
        };
        follow(chances, std::array::from_fn(ratio));
    }

    /// The ratios tend to mean v / (1 + mean v): from above where v is at most 1, from below where it is more.
    #[inline]
    fn bound_above(&self, ratio: f64) -> f64 {
        ratio.max(self.limit)
    }

    #[inline]
    fn bound_below(&self, ratio: f64) -> f64 {
        if self.squared_variation <= 1.0 { ratio } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_distribution() {
        assert_eq!(NegativeBinomial::new(0.0, 0.1), Err(Error::MeanNotPositive(0.0)));
        assert_eq!(NegativeBinomial::new(1.0, -0.1), Err(Error::NegativeDispersion(-0.1)));
        assert_eq!(NegativeBinomial::new(1e5, 50.0), Err(Error::TooLarge(5e6)));
    }
}
