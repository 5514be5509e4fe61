//! The robust normal fit: Huber location, Paule-Mandel variance between organisations.

use super::{
    Error,
    describe::{median, spread},
    normal,
    root::falling_root,
    sums::sum_of,
};

/// Distances beyond this count as this in the fit of a dispersion (c).
pub(super) const CLIP: f64 = 1.5;

/// From so many organisations on the search begins at the answer for some of them.
const MANY: usize = 4_096;

/// Squares of smaller distances are lost.
const SMALLEST_DISTANCE: f64 = 1e-100;

/// The mean square of a standard normal distance clipped at `clip`: K(c) = the expectation of `psi_c(Z)^2`, 0.778 for 1.5.
pub fn clipped_second_moment(clip: f64) -> f64 {
    let beyond = normal::survival(clip);
    1.0 - 2.0 * beyond - 2.0 * clip * normal::density(clip) + 2.0 * clip * clip * beyond
}

/// A value with its sampling variance, which may be 0 where it is not known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The value.
    pub value: f64,
    /// Its sampling variance.
    pub variance: f64,
}

/// The ordinary organisation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Centre {
    /// Where ordinary organisations lie.
    pub location: f64,
    /// How they vary among themselves: a variance, a correlation or a squared variation, as the fit says.
    pub dispersion: f64,
}

/// Location and variance between organisations, at least two.
///
/// Solves together, with u = (y - location) / sqrt(s^2 + dispersion) and psi clipping at 1.5: the psi(u) / sqrt(v) add
/// up to zero (Huber, Annals of Mathematical Statistics 35 (1964) 73), and the mean of psi(u)^2 equals
/// K(1.5) (1 - 1/I) (Paule and Mandel, Journal of Research of the NBS 87 (1982) 377, made robust); the dispersion is 0
/// when that mean is no larger without it. Fails with [`Error::NoSpread`] where most values without sampling variance
/// are equal but not all.
pub fn fit_normal(measured: &[Measured]) -> Result<Centre, Error> {
    check(measured)?;
    let Some(start) = Start::of(measured) else {
        let values: Vec<f64> = measured.iter().map(|one| one.value).collect();
        return Ok(Centre { location: median(&values).unwrap_or(0.0), dispersion: 0.0 });
    };
    let count = measured.len() as f64;
    let target = clipped_second_moment(CLIP) * (1.0 - 1.0 / count);
    let certain = measured.iter().any(|one| one.variance <= 0.0);
    // Without any sampling variance, no dispersion at all would divide by zero.
    let negligible = (1e-9 * start.typical) * (1e-9 * start.typical);
    let least = if certain { negligible } else { 0.0 };
    let most = 16.0 * start.widest * start.widest;
    let mut problem = Problem::new(measured, start.location);
    let dispersion = falling_root((negligible, most), start.dispersion, |dispersion| {
        problem.weigh(dispersion.max(least));
        (problem.mean_clipped_square(problem.settle()) / target).ln()
    });
    let dispersion = match dispersion {
        Some(dispersion) if dispersion > least => dispersion,
        _ if certain => return Err(Error::NoSpread),
        _ => 0.0,
    };
    problem.weigh(dispersion);
    Ok(Centre { location: problem.settle(), dispersion })
}

/// From where the search begins.
struct Start {
    location: f64,
    dispersion: f64,
    /// The middle and the largest distance.
    typical: f64,
    widest: f64,
}

impl Start {
    /// `None` where all values are equal.
    fn of(measured: &[Measured]) -> Option<Self> {
        let few = measured.len() < MANY;
        let some = if few { measured.to_vec() } else { spread(measured, MANY / 2) };
        let values: Vec<f64> = some.iter().map(|one| one.value).collect();
        let centre = median(&values).unwrap_or(0.0);
        let distances: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
        let widest = measured.iter().map(|one| (one.value - centre).abs()).fold(0.0, f64::max);
        if widest <= (1e-14 * centre.abs()).max(SMALLEST_DISTANCE) {
            return None;
        }
        let typical = median(&distances).filter(|typical| *typical > 1e-12 * centre.abs()).unwrap_or(widest);
        let square = typical * typical;
        if few {
            return Some(Self { location: centre, dispersion: square, typical, widest });
        }
        // Of very many, some that are spread evenly over them say about where the answer lies.
        let fit = fit_normal(&some).unwrap_or(Centre { location: centre, dispersion: square });
        Some(Self { location: fit.location, dispersion: fit.dispersion.max(1e-3 * square), typical, widest })
    }
}

/// The sampling variance of the location of a robust fit, from how the organisations pull at it: the sum of
/// psi(u)^2 / v over the square of the sum of 1 / v over those with |u| <= `clip`, times I / (I - 1) (Huber, Robust
/// Statistics, 1981, section 6.4). The variances are those of the values around the location, dispersion included;
/// holds for all three fits, which solve sum psi(u) / sqrt(v) = 0. `None` where nothing says how sure it is.
pub fn location_variance(measured: &[Measured], location: f64, clip: f64) -> Option<f64> {
    let (mut pulls, mut slope) = (0.0, 0.0);
    for one in measured {
        let distance = (one.value - location) / one.variance.sqrt();
        pulls += (distance * distance).min(clip * clip) / one.variance;
        if distance.abs() <= clip {
            slope += 1.0 / one.variance;
        }
    }
    let count = measured.len() as f64;
    let variance = pulls / (slope * slope) * count / (count - 1.0);
    (variance.is_finite() && variance > 0.0).then_some(variance)
}

/// The location where the variance between organisations is known, by the first of the equations of [`fit_normal`].
/// Fails with [`Error::NoSpread`] where that and a sampling variance are both 0.
pub fn locate_normal(measured: &[Measured], dispersion: f64) -> Result<f64, Error> {
    check(measured)?;
    if !(dispersion >= 0.0 && dispersion.is_finite()) {
        return Err(Error::NegativeDispersion(dispersion));
    }
    if measured.iter().any(|one| one.variance + dispersion <= 0.0) {
        return Err(Error::NoSpread);
    }
    let values: Vec<f64> = measured.iter().map(|one| one.value).collect();
    let mut problem = Problem::new(measured, median(&values).unwrap_or(0.0));
    problem.weigh(dispersion);
    Ok(problem.settle())
}

fn check(measured: &[Measured]) -> Result<(), Error> {
    if measured.len() < 2 {
        return Err(Error::TooFew(measured.len()));
    }
    for one in measured {
        for (number, fine) in [(one.value, true), (one.variance, one.variance >= 0.0)] {
            if !(number.is_finite() && fine) {
                return Err(Error::NotANumberOfItsKind(number));
            }
        }
    }
    Ok(())
}

/// A value with its sampling variance and what it weighs with the dispersion at hand.
struct Weighed {
    value: f64,
    variance: f64,
    weight: f64,
    /// The root of the weight.
    root: f64,
}

struct Problem {
    values: Vec<Weighed>,
    /// From which every search for a location begins: the answer may not depend on where the last one ended.
    start: f64,
}

impl Problem {
    fn new(measured: &[Measured], start: f64) -> Self {
        let weighed = |one: &Measured| Weighed { value: one.value, variance: one.variance, weight: 0.0, root: 0.0 };
        Self { values: measured.iter().map(weighed).collect(), start }
    }

    fn weigh(&mut self, dispersion: f64) {
        for one in &mut self.values {
            one.weight = 1.0 / (one.variance + dispersion);
            one.root = one.weight.sqrt();
        }
    }

    fn mean_clipped_square(&self, location: f64) -> f64 {
        let [sum] = sum_of(&self.values, |one| {
            let distance = one.value - location;
            [(distance * distance * one.weight).min(CLIP * CLIP)]
        });
        sum / self.values.len() as f64
    }

    /// The Huber location: Newton steps on a function that is straight between its kinks, then, should they not
    /// settle, reweighting, which always does.
    fn settle(&self) -> f64 {
        const NEWTON_STEPS: usize = 20;
        const STEPS: usize = 500;
        let mut location = self.start;
        let [all] = sum_of(&self.values, |one| [one.weight]);
        for step in 0..STEPS {
            let [pull, slope] = sum_of(&self.values, |one| {
                let distance = one.value - location;
                if distance.abs() * one.root <= CLIP {
                    [distance * one.weight, one.weight]
                } else {
                    [(CLIP * one.root).copysign(distance), 0.0]
                }
            });
            let change = if step < NEWTON_STEPS && slope > 0.0 { pull / slope } else { pull / self.clipped(location) };
            location += change;
            if change.abs() <= 1e-15 * location.abs().max(limit_of_rounding(all)) {
                break;
            }
        }
        location
    }

    /// The sum of the weights, those far from `location` clipped.
    fn clipped(&self, location: f64) -> f64 {
        let [sum] = sum_of(&self.values, |one| {
            let size = (one.value - location).abs() * one.root;
            [if size <= CLIP { one.weight } else { one.weight * CLIP / size }]
        });
        sum
    }
}

/// Scaled by 1e-15, a change of 1e-12 standard errors of the location: rounding, should it lie near zero.
fn limit_of_rounding(weights: f64) -> f64 {
    if weights > 0.0 { 1e3 / weights.sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_variance(values: &[f64]) -> Vec<Measured> {
        values.iter().map(|value| Measured { value: *value, variance: 0.0 }).collect()
    }

    #[test]
    fn clipped_moment_of_a_normal() {
        assert!((clipped_second_moment(1.5) - 0.778_465_216_174_47).abs() < 1e-13);
        assert!((clipped_second_moment(30.0) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn solves_both_equations() {
        let values: Vec<Measured> = (0..40_u8)
            .map(|i| Measured { value: f64::from(u32::from(i) * u32::from(i) % 37), variance: f64::from(i % 5) })
            .collect();
        let fit = fit_normal(&values).expect("a fit");
        let mut pull = 0.0;
        for one in &values {
            let sd = (one.variance + fit.dispersion).sqrt();
            pull += ((one.value - fit.location) / sd).clamp(-CLIP, CLIP) / sd;
        }
        assert!(pull.abs() < 1e-12, "{pull}");
        let mut problem = Problem::new(&values, fit.location);
        problem.weigh(fit.dispersion);
        let square = problem.mean_clipped_square(fit.location);
        assert!((square - clipped_second_moment(CLIP) * (1.0 - 1.0 / 40.0)).abs() < 1e-12);
    }

    #[test]
    fn equal_values_have_no_dispersion_and_nearly_equal_ones_no_answer() {
        assert_eq!(fit_normal(&without_variance(&[3.0; 5])), Ok(Centre { location: 3.0, dispersion: 0.0 }));
        assert_eq!(fit_normal(&without_variance(&[3.0, 3.0, 3.0, 3.0, 4.0])), Err(Error::NoSpread));
        assert_eq!(fit_normal(&without_variance(&[3.0])), Err(Error::TooFew(1)));
        let infinite = [Measured { value: 1.0, variance: f64::INFINITY }; 3];
        assert_eq!(fit_normal(&infinite), Err(Error::NotANumberOfItsKind(f64::INFINITY)));
    }

    #[test]
    fn certainty_of_a_location() {
        let equal = |values: &[f64]| -> Vec<Measured> {
            values.iter().map(|value| Measured { value: *value, variance: 1.0 }).collect()
        };
        // Nobody beyond the clip: the variance of a mean.
        let variance = location_variance(&equal(&[-1.0, 0.0, 1.0, 0.0]), 0.0, 1.5).expect("a variance");
        assert!((variance - 2.0 / 3.0 / 4.0).abs() < 1e-15);
        // One far out pulls as if at the clip, and says nothing of the slope.
        let variance = location_variance(&equal(&[-1.0, 0.0, 1.0, 90.0]), 0.0, 1.5).expect("a variance");
        assert!((variance - 4.25 / 9.0 * 4.0 / 3.0).abs() < 1e-15);
        assert_eq!(location_variance(&equal(&[1.0]), 0.0, 1.5), None);
        assert_eq!(location_variance(&[Measured { value: 0.0, variance: 0.0 }; 3], 0.0, 1.5), None);
    }

    #[test]
    fn large_sampling_variances_leave_no_dispersion() {
        let values = [1.0, 2.0, 3.0].map(|value| Measured { value, variance: 100.0 });
        assert_eq!(fit_normal(&values).map(|fit| fit.dispersion), Ok(0.0));
    }
}
