//! The distributions and intervals against grids of independent answers (fixtures/oracle/README.md).

use std::collections::BTreeMap;

use statrs::distribution::{Binomial, Discrete as _, DiscreteCDF, NegativeBinomial as SecondNegativeBinomial, Poisson};

use super::{
    BetaBinomial, Bounds, Discrete, Draws, NegativeBinomial, Table, Tails, byar, chance_of_same_count,
    cumulative_sum_run_length, moving_average_run_length, normal, poisson_exact, reference, twofold::Twofold, wilson,
};

fn rows(name: &str) -> Vec<BTreeMap<String, String>> {
    let path = format!("{}/fixtures/oracle/{name}.csv", env!("CARGO_MANIFEST_DIR"));
    let mut reader = csv::Reader::from_path(&path).expect("a grid");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} of {row:?}"))
}

fn count(row: &BTreeMap<String, String>, column: &str) -> u64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} of {row:?}"))
}

fn close(got: f64, want: f64, relative: f64, what: &dyn std::fmt::Debug) {
    assert!((got - want).abs() <= relative * want.abs(), "{got} and not {want}: {what:?}");
}

/// Everything that is told of a value is right to this, relative to itself.
const EXACT: f64 = 1e-13;
/// Smaller ones are beyond what numbers of this kind hold in full.
const SMALLEST: f64 = 1e-290;

/// One row: chance and mid-p tails against 32 digits, and against the grid where that is right itself. Gives how many of
/// the grid's numbers are.
fn check(
    table: &mut Table,
    distribution: &impl Discrete,
    chances: &[Twofold],
    row: &BTreeMap<String, String>,
    columns: [&str; 3],
    grid_error: f64,
) -> usize {
    let x = count(row, "x");
    table.fill(distribution, x, x);
    let (tails, exact) = (table.tails(x), reference::exact(chances, usize::try_from(x).expect("small")));
    let got = [table.chance(x), tails.upper, tails.lower];
    let want = [exact.chance, exact.tails.upper, exact.tails.lower];
    let mut right = 0;
    for ((got, want), column) in got.into_iter().zip(want).zip(columns) {
        let grid = number(row, column);
        if want > SMALLEST {
            close(got, want, EXACT, &(column, row));
            close(grid, want, grid_error, &(column, row));
            if (grid - want).abs() <= 0.7 * EXACT * want {
                close(got, grid, EXACT, &(column, row));
                right += 1;
            }
        }
    }
    if exact.tails.upper.min(exact.tails.lower) > SMALLEST {
        let z = number(row, "z_midp");
        // The grid's z follow from its tails.
        let tolerance = EXACT.max(2.0 * grid_error);
        assert!((tails.z() - z).abs() <= tolerance * z.abs().max(1.0), "{} {z} {row:?}", tails.z());
        assert!((tails.z() - exact.tails.z()).abs() <= EXACT * z.abs().max(1.0), "{} {z} {row:?}", tails.z());
    }
    right
}

#[test]
fn binomial() {
    let mut table = Table::default();
    let mut right = 0;
    let mut known = BTreeMap::new();
    for row in rows("grids/exact_binomial") {
        let (n, p) = (count(&row, "n"), number(&row, "p0"));
        let family = BetaBinomial::new(p, 0.0, n).expect("legal");
        let distribution = family.with_trials(n).expect("legal");
        let chances = known.entry((n, p.to_bits())).or_insert_with(|| reference::beta_binomial(n, p, 0.0));
        right += check(&mut table, &distribution, chances, &row, ["pmf", "midp_upper", "midp_lower"], 2e-13);
        // statrs takes logarithms of gamma functions, here of numbers up to 20,000.
        let (x, second) = (count(&row, "x"), Binomial::new(p, n).expect("legal"));
        let (chance, upper) = (table.chance(x), table.tails(x).upper - 0.5 * table.chance(x));
        if chance > SMALLEST {
            close(chance, second.pmf(x), 1e-10, &row);
        }
        if upper > 1e-9 {
            close(upper, second.sf(x), 1e-10, &row);
        }
    }
    assert!(right > 800, "{right}");
}

#[test]
fn beta_binomial() {
    const COLUMNS: [&str; 3] = ["pmf_mp40", "midp_upper_mp40", "midp_lower_mp40"];
    let mut table = Table::default();
    let mut right = 0;
    let mut known = BTreeMap::new();
    for row in rows("grids/exact_betabinomial") {
        let (n, mean, correlation) = (count(&row, "n"), number(&row, "mu"), number(&row, "rho"));
        let family = BetaBinomial::new(mean, correlation, n).expect("legal");
        let distribution = family.with_trials(n).expect("legal");
        let chances = known
            .entry((n, mean.to_bits(), correlation.to_bits()))
            .or_insert_with(|| reference::beta_binomial(n, mean, correlation));
        right += check(&mut table, &distribution, chances, &row, COLUMNS, 6.5e-12);
    }
    assert!(right > 1_000, "{right}");
}

#[test]
fn poisson_and_negative_binomial() {
    let mut table = Table::default();
    let mut right = 0;
    let mut known = BTreeMap::new();
    for row in rows("grids/exact_poisson_negbin") {
        let (mean, variation) = (number(&row, "expected"), number(&row, "tau2"));
        let distribution = NegativeBinomial::new(mean, variation).expect("legal");
        let chances = known
            .entry((mean.to_bits(), variation.to_bits()))
            .or_insert_with(|| reference::negative_binomial(mean, variation));
        right += check(&mut table, &distribution, chances, &row, ["pmf", "midp_upper", "midp_lower"], 1.1e-12);
        let x = count(&row, "x");
        let second = if variation > 0.0 {
            let size = 1.0 / variation;
            SecondNegativeBinomial::new(size, size / (size + mean)).expect("legal").sf(x)
        } else {
            Poisson::new(mean).expect("legal").sf(x)
        };
        if second > 1e-9 {
            close(table.tails(x).upper - 0.5 * table.chance(x), second, 1e-11, &row);
        }
    }
    assert!(right > 700, "{right}");
}

/// The reference itself, against mpmath at 60 digits.
#[test]
fn the_reference() {
    let known = [
        (5_000, 52, 0.02, 0.001, [1.745_325_807_230_657_8e-3, 9.891_058_587_259_431e-1, 1.089_414_127_405_693e-2]),
        (5_000, 500, 0.1, 0.2, [4.404_026_622_010_175_3e-4, 3.270_538_103_115_837e-1, 6.729_461_896_884_164e-1]),
        (5_000, 5_000, 0.5, 0.01, [4.195_329_208_195_157e-92, 2.097_664_604_097_578_6e-92, 1.0]),
        (168, 4, 0.02, 0.05, [4.867_884_284_528_526e-2, 2.664_230_313_472_072e-1, 7.335_769_686_527_928e-1]),
        (1_000, 3, 0.9, 0.2, [6.597_561_974_170_999e-10, 9.999_999_991_207_991e-1, 8.792_009_491_921_963e-10]),
    ];
    for (n, x, mean, correlation, want) in known {
        let got = reference::exact(&reference::beta_binomial(n, mean, correlation), x);
        for (got, want) in [got.chance, got.tails.upper, got.tails.lower].into_iter().zip(want) {
            close(got, want, 2.0 * f64::EPSILON, &(n, x, mean, correlation));
        }
    }
    let known = [
        (2_589, 1_000.0, 0.1, [8.604_275_656_500_656e-7, 1.292_274_466_941_886_7e-4, 9.998_707_725_533_058e-1]),
        (1, 1_000.0, 0.1, [8.963_237_175_178_07e-20, 1.0, 5.386_905_542_282_02e-20]),
        (212, 50.0, 0.4, [3.732_647_464_433_564e-5, 8.805_414_354_550_913e-4, 9.991_194_585_645_449e-1]),
    ];
    for (x, mean, variation, want) in known {
        let got = reference::exact(&reference::negative_binomial(mean, variation), x);
        for (got, want) in [got.chance, got.tails.upper, got.tails.lower].into_iter().zip(want) {
            close(got, want, 2.0 * f64::EPSILON, &(x, mean, variation));
        }
    }
}

/// Between and beyond the points of the grids: what is told of any value is right to 1e-13. Single roundings go either
/// way, so that errors grow with the root of the number of steps; only those of a binomial's two constants go one way,
/// 1e-16 each for every client between the value and the centre.
#[test]
fn anywhere() {
    let mut table = Table::default();
    let (draws, mut places) = (Draws::new(2_026, 0), 0..);
    let mut between = |low: f64, high: f64| low + (high - low) * draws.uniform(places.next().expect("endless"));
    for _ in 0..60 {
        let mean = between(-7.0, 7.0);
        let mean = 1.0 / (1.0 + mean.exp());
        let correlation = if between(0.0, 1.0) < 0.2 { 0.0 } else { between(-9.0, -0.2).exp() };
        let n = between(0.0, 9.2).exp().floor();
        let trials = super::number::whole(n);
        let chances = reference::beta_binomial(trials, mean, correlation);
        let family = BetaBinomial::new(mean, correlation, trials).expect("legal");
        table.fill(&family.with_trials(trials).expect("legal"), 0, trials);
        let what = (trials, mean, correlation);
        for share in 0..=20 {
            held(&table, &chances, super::number::whole(n * f64::from(share) / 20.0), &what);
        }
        let (mean, variation) = (between(-4.0, 7.0).exp(), (between(-9.0, 1.0)).exp());
        let chances = reference::negative_binomial(mean, variation);
        let last = super::number::whole(mean + 12.0 * (mean + mean * mean * variation).sqrt());
        table.fill(&NegativeBinomial::new(mean, variation).expect("legal"), 0, last);
        for share in 0..=20 {
            held(&table, &chances, last * share / 20, &(mean, variation));
        }
    }
}

fn held(table: &Table, chances: &[Twofold], x: u64, what: &dyn std::fmt::Debug) {
    let (tails, exact) = (table.tails(x), reference::exact(chances, usize::try_from(x).expect("small")));
    let pairs = [(table.chance(x), exact.chance), (tails.upper, exact.tails.upper), (tails.lower, exact.tails.lower)];
    for (got, want) in pairs {
        if want > SMALLEST {
            close(got, want, EXACT, &(x, what));
        }
    }
}

#[test]
fn normal_distribution() {
    let rows_of_it = rows("own/normal");
    assert!(rows_of_it.len() > 600);
    for row in rows_of_it {
        let x = number(&row, "x");
        let got = [normal::density(x), normal::cdf(x), normal::survival(x)];
        for (got, column) in got.into_iter().zip(["density", "lower", "upper"]) {
            let want = number(&row, column);
            if want > SMALLEST {
                close(got, want, 2e-15, &(column, &row));
            }
        }
    }
    for row in rows("own/normal_quantile") {
        let (probability, want) = (number(&row, "probability"), number(&row, "x"));
        // Where the x is near 0, of the steps in which the probability itself is given.
        close(normal::quantile(probability), want, 1e-15, &row);
    }
}

#[test]
fn false_alarms_by_size() {
    /// The correlation for which the table was made.
    const CORRELATION: f64 = 0.02;
    let mut table = Table::default();
    for row in rows("grids/exact_false_alarm_by_size") {
        let n = count(&row, "n");
        let family = BetaBinomial::new(number(&row, "mu"), CORRELATION, n).expect("legal");
        table.fill(&family.with_trials(n).expect("legal"), 0, n);
        let chances = reference::beta_binomial(n, number(&row, "mu"), CORRELATION);
        for (column, z) in [("P(z>=2)", 2.0), ("P(z>=3)", 3.0)] {
            let want = number(&row, column);
            let tail = normal::survival(z);
            let got = [table.chance_of_lower(tail), table.chance_of_upper(tail)];
            let nearest = if (got[0] - want).abs() < (got[1] - want).abs() { got[0] } else { got[1] };
            // The table was summed from chances like those of the grid.
            assert!((nearest - want).abs() <= 1e-12 * want.max(1e-6), "{got:?} {row:?}");
            let places = 0..chances.len();
            let exact: Vec<_> = places.map(|x| reference::exact(&chances, x)).collect();
            let sum = |beyond: fn(&Tails) -> f64| -> f64 {
                exact.iter().filter(|one| beyond(&one.tails) <= tail).map(|one| one.chance).sum()
            };
            let wanted = [sum(|tails| tails.lower), sum(|tails| tails.upper)];
            for (got, want) in got.into_iter().zip(wanted) {
                close(got, want, EXACT, &row);
            }
        }
    }
}

fn same(bounds: Bounds, low: f64, high: f64, what: &dyn std::fmt::Debug) {
    for (got, want) in [(bounds.low, low), (bounds.high, high)] {
        // Some write a 0 as the 1e-17 that was left of it.
        assert!((got - want).abs() <= EXACT * want.abs().max(1e-3), "{got} and not {want}: {what:?}");
    }
}

#[test]
fn wilson_intervals() {
    for row in rows("grids/phe_proportion_wilson_grid") {
        let (x, n) = (count(&row, "x"), count(&row, "n"));
        same(wilson(x, n, 0.025).expect("legal"), number(&row, "lower95_0cl"), number(&row, "upper95_0cl"), &row);
        same(wilson(x, n, 0.001).expect("legal"), number(&row, "lower99_8cl"), number(&row, "upper99_8cl"), &row);
    }
    for row in rows("grids/statsmodels_proportion_ci") {
        let tail = (1.0 - number(&row, "conf")) / 2.0;
        let bounds = wilson(count(&row, "x"), count(&row, "n"), tail).expect("legal");
        same(bounds, number(&row, "wilson_lo"), number(&row, "wilson_hi"), &row);
    }
    for row in rows("sector_a/phe_wilson_KZ06_a") {
        let bounds = wilson(count(&row, "x"), count(&row, "n"), 0.025).expect("legal");
        same(bounds, number(&row, "lower95_0cl"), number(&row, "upper95_0cl"), &row);
    }
}

#[test]
fn byar_and_exact_poisson_intervals() {
    for row in rows("grids/phe_rate_byar_grid") {
        let (x, exposure) = (count(&row, "x"), number(&row, "n") / 1_000.0);
        same(byar(x, exposure, 0.025).expect("legal"), number(&row, "lower95_0cl"), number(&row, "upper95_0cl"), &row);
        same(byar(x, exposure, 0.001).expect("legal"), number(&row, "lower99_8cl"), number(&row, "upper99_8cl"), &row);
    }
    for row in rows("sector_a/phe_byar_KL01_a") {
        let bounds = byar(count(&row, "x"), number(&row, "n"), 0.025).expect("legal");
        same(bounds, number(&row, "lower95_0cl"), number(&row, "upper95_0cl"), &row);
    }
    for row in rows("grids/scipy_poisson_exact_ci") {
        let bounds = poisson_exact(count(&row, "x"), (1.0 - number(&row, "conf")) / 2.0).expect("legal");
        same(bounds, number(&row, "exact_lo"), number(&row, "exact_hi"), &row);
    }
}

#[test]
fn run_lengths() {
    let rows = rows("grids/spc_arl");
    assert!(rows.len() > 15);
    for row in rows {
        let limit = number(&row, "par");
        let length = |shift: f64| match row["chart"].strip_prefix("EWMA lambda=") {
            Some(weight) => moving_average_run_length(weight.parse().expect("a weight"), limit, shift),
            None => cumulative_sum_run_length(0.5, limit, shift),
        };
        let both_sides = if row["ARL0_one"] == "NA" { 1.0 } else { 0.5 };
        let columns = [("ARL0_two", 0.0, both_sides), ("ARL_half", 0.5, 1.0), ("ARL_1", 1.0, 1.0), ("ARL_2", 2.0, 1.0)];
        for (column, shift, factor) in columns {
            close(factor * length(shift).expect("a run length"), number(&row, column), 1e-4, &(column, &row));
        }
    }
    assert_eq!(cumulative_sum_run_length(0.5, 0.0, 0.0), None);
    assert_eq!(moving_average_run_length(1.5, 3.0, 0.0), None);
    // A Shewhart chart: an average of one value.
    let shewhart = moving_average_run_length(1.0, 3.0, 0.0).expect("a run length");
    close(shewhart, 0.5 / normal::survival(3.0), 1e-9, &"3 standard deviations");
}

#[test]
fn chance_of_a_copied_figure() {
    let rows = rows("grids/copy_paste_chance");
    assert_eq!(rows.len(), 16);
    for row in rows {
        let chance = chance_of_same_count(count(&row, "n"), number(&row, "mu")).expect("legal");
        close(chance, number(&row, "P_same_x_given_same_n"), EXACT, &row);
    }
}
