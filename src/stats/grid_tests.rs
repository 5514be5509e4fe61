//! The distributions and intervals against grids of independent answers (fixtures/oracle/README.md).

use std::collections::BTreeMap;

use statrs::distribution::{Binomial, Discrete as _, DiscreteCDF, NegativeBinomial as SecondNegativeBinomial, Poisson};

use super::{
    BetaBinomial, Bounds, Discrete, NegativeBinomial, Table, byar, chance_of_same_count, cumulative_sum_run_length,
    moving_average_run_length, poisson_exact, wilson,
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

/// Both mid-p tails, where they can be told from zero, and z.
fn check(table: &mut Table, distribution: &impl Discrete, row: &BTreeMap<String, String>, columns: [&str; 2]) -> bool {
    let x = count(row, "x");
    let [upper, lower] = columns.map(|column| number(row, column));
    if upper.min(lower) <= 1e-290 {
        return false;
    }
    table.fill(distribution, x, x);
    let tails = table.tails(x);
    close(tails.upper, upper, 1e-10, row);
    close(tails.lower, lower, 1e-10, row);
    let z = number(row, "z_midp");
    assert!((tails.z() - z).abs() <= 1e-9 * z.abs().max(1.0), "{} {z} {row:?}", tails.z());
    true
}

#[test]
fn binomial() {
    let mut table = Table::default();
    let mut checked = 0;
    for row in rows("grids/exact_binomial") {
        let (n, p) = (count(&row, "n"), number(&row, "p0"));
        let family = BetaBinomial::new(p, 0.0, n).expect("legal");
        let distribution = family.with_trials(n).expect("legal");
        checked += usize::from(check(&mut table, &distribution, &row, ["midp_upper", "midp_lower"]));
        let (x, second) = (count(&row, "x"), Binomial::new(p, n).expect("legal"));
        table.fill(&distribution, x, x);
        // Where both think it far from zero: statrs takes logarithms of gamma functions.
        if second.pmf(x) > 1e-12 {
            close(table.chance(x), second.pmf(x), 1e-9, &row);
        }
    }
    assert!(checked > 200, "{checked}");
}

#[test]
fn beta_binomial() {
    let mut table = Table::default();
    let mut checked = 0;
    for row in rows("grids/exact_betabinomial") {
        let (n, mean, correlation) = (count(&row, "n"), number(&row, "mu"), number(&row, "rho"));
        let family = BetaBinomial::new(mean, correlation, n).expect("legal");
        let distribution = family.with_trials(n).expect("legal");
        checked += usize::from(check(&mut table, &distribution, &row, ["midp_upper_mp40", "midp_lower_mp40"]));
        let chance = number(&row, "pmf_mp40");
        if chance > 1e-290 {
            let x = count(&row, "x");
            table.fill(&distribution, x, x);
            close(table.chance(x), chance, 1e-10, &row);
        }
    }
    assert!(checked > 450, "{checked}");
}

#[test]
fn poisson_and_negative_binomial() {
    let mut table = Table::default();
    let mut checked = 0;
    for row in rows("grids/exact_poisson_negbin") {
        let (mean, variation) = (number(&row, "expected"), number(&row, "tau2"));
        let distribution = NegativeBinomial::new(mean, variation).expect("legal");
        checked += usize::from(check(&mut table, &distribution, &row, ["midp_upper", "midp_lower"]));
        let x = count(&row, "x");
        table.fill(&distribution, x, x);
        let second = if variation > 0.0 {
            let size = 1.0 / variation;
            SecondNegativeBinomial::new(size, size / (size + mean)).expect("legal").sf(x)
        } else {
            Poisson::new(mean).expect("legal").sf(x)
        };
        if second > 1e-9 {
            close(table.tails(x).upper - 0.5 * table.chance(x), second, 1e-6, &row);
        }
    }
    assert!(checked > 200, "{checked}");
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
        for (column, z) in [("P(z>=2)", 2.0), ("P(z>=3)", 3.0)] {
            let want = number(&row, column);
            let (lower, upper) =
                (table.chance_of_lower(super::normal::survival(z)), table.chance_of_upper(super::normal::survival(z)));
            let nearest = if (lower - want).abs() < (upper - want).abs() { lower } else { upper };
            assert!((nearest - want).abs() <= 1e-10 * want.max(1e-6), "{lower} {upper} {row:?}");
        }
    }
}

fn same(bounds: Bounds, low: f64, high: f64, what: &dyn std::fmt::Debug) {
    for (got, want) in [(bounds.low, low), (bounds.high, high)] {
        assert!((got - want).abs() <= 1e-9 * want.abs().max(1e-3), "{got} and not {want}: {what:?}");
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
    close(shewhart, 0.5 / super::normal::survival(3.0), 1e-9, &"3 standard deviations");
}

#[test]
fn chance_of_a_copied_figure() {
    let rows = rows("grids/copy_paste_chance");
    assert_eq!(rows.len(), 16);
    for row in rows {
        let chance = chance_of_same_count(count(&row, "n"), number(&row, "mu")).expect("legal");
        close(chance, number(&row, "P_same_x_given_same_n"), 1e-10, &row);
    }
}
