//! Distributions, intervals and robust fits: numbers in, numbers out. Knows nothing of ours.
//!
//! Reproducible: sums run in a fixed order, and the discrete distributions use additions, multiplications,
//! fused multiply-adds, divisions and square roots only, which IEEE 754 fixes to the last bit. `exp`, `ln` and `ln_1p` of the standard
//! library, which may differ in the last bit between platforms, are used in `normal`, in the search for a
//! dispersion (`root`) and for the first term in `gamma_poisson_fit`.

mod beta_binomial;
mod beta_binomial_fit;
mod chance;
mod control_chart;
mod describe;
mod discrete;
mod discrimination;
mod draws;
mod error;
mod factor;
mod gamma_poisson_fit;
mod huber;
mod interval;
mod multiplicity;
mod negative_binomial;
pub mod normal;
mod number;
mod overdispersion;
mod products;
mod root;
mod run_length;
mod sums;
mod twofold;

pub use beta_binomial::{Alone, BetaBinomial, WithTrials};
pub use beta_binomial_fit::{Trials, fit_beta_binomial, locate_beta_binomial};
pub use chance::{
    chance_of_at_least, chance_of_same_count, chance_of_same_events, chance_of_same_value, chi_square_lower,
};
pub use control_chart::{
    ControlLimits, Runs, autocorrelation, control_limits, cumulative_sum, moving_average, moving_average_deviation,
    runs,
};
pub use describe::{median, pearson, quantile};
pub use discrete::{Discrete, Table, Tails};
pub use discrimination::{
    Area, Bin, Case, Share, area_standard_error, area_under_curve, average_precision, base_rate, brier, calibration,
    precision_at, stratified_area,
};
pub use draws::Draws;
pub use error::Error;
pub use factor::triangle;
pub use gamma_poisson_fit::{Events, fit_gamma_poisson, locate_gamma_poisson};
pub use huber::{Centre, Measured, clipped_second_moment, fit_normal, locate_normal, location_variance};
pub use interval::{Bounds, byar, poisson_exact, wilson};
pub use multiplicity::false_discovery_rates;
pub use negative_binomial::NegativeBinomial;
pub use overdispersion::{Overdispersion, Transformed, dersimonian_laird, truncated, weighted_mean, winsorised};
pub use run_length::{cumulative_sum_run_length, moving_average_run_length};

#[cfg(test)]
mod grid_tests;
#[cfg(test)]
mod overdispersion_tests;
#[cfg(test)]
pub(crate) mod real_tests;
#[cfg(test)]
mod reference;
