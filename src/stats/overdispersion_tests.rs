//! The published recipes against the programs that published them: `FunnelPlotR` and `metafor`.
//!
//! Held on purpose to what the recipes say, not to the known defects of the reference (docs/methodology.md): its limits
//! for the root of a ratio are not squared back, its limits for a rate use the standard error of a share, and the angle
//! of the arcsine wraps for small denominators.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{real_tests::real_data, *};

type Row = BTreeMap<String, String>;

/// As the reference rounds them.
const Z_95: f64 = 1.959_964;
const Z_998: f64 = 3.090_232;

fn rows(path: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn fixture(name: &str) -> Vec<Row> {
    rows(&[env!("CARGO_MANIFEST_DIR"), "fixtures/oracle/sector_a", name].iter().collect::<PathBuf>())
}

/// The outputs on real data, where they are present.
fn real(name: &str) -> Option<Vec<Row>> {
    Some(rows(&real_data(name)?.join("outputs").join(name)))
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap_or(f64::NAN)
}

#[track_caller]
fn close(got: f64, want: f64, what: &dyn std::fmt::Debug) {
    assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{got} and not {want}: {what:?}");
}

/// Compares y, s, the distances and, where `limits`, the over-dispersed limits of every row.
fn check_rows(rows: &[Row], values: &[Transformed], found: Overdispersion, shown: impl Fn(f64) -> Option<f64>) {
    assert_eq!(rows.len(), values.len());
    for (row, one) in rows.iter().zip(values) {
        close(found.target, number(row, "target_transformed"), row);
        close(one.value, number(row, "Y"), row);
        close(one.distance(found.target), number(row, "Uzscore"), row);
        let spread = one.deviation.hypot(found.variance.sqrt());
        for (z, low, high) in [(Z_95, "OD95LCL", "OD95UCL"), (Z_998, "OD99LCL", "OD99UCL")] {
            for (end, column) in [(found.target - z * spread, low), (found.target + z * spread, high)] {
                if let Some(limit) = shown(end) {
                    close(limit, number(row, column), &(column, row));
                }
            }
        }
    }
}

fn check_summary(rows: &[Row], case: &str, kept: &str, found: Overdispersion) {
    let row = rows.iter().find(|row| row["case"] == case).expect("a case");
    close(found.factor, number(row, "phi"), row);
    close(found.variance, number(row, "tau2"), row);
    assert_eq!(found.kept.to_string(), row[kept], "{row:?}");
}

fn sums(rows: &[Row]) -> (f64, f64) {
    rows.iter().fold((0.0, 0.0), |sum, row| (sum.0 + number(row, "numerator"), sum.1 + number(row, "denominator")))
}

fn transformed(rows: &[Row], of: impl Fn(f64, f64) -> Transformed) -> Vec<Transformed> {
    rows.iter().map(|row| of(number(row, "numerator"), number(row, "denominator"))).collect()
}

fn check_proportions(rows: &[Row]) -> Overdispersion {
    let (events, trials) = sums(rows);
    let values = transformed(rows, Transformed::arcsine);
    let found = winsorised(&values, (events / trials).sqrt().asin()).expect("a recipe");
    let quarter = 0.0..=std::f64::consts::FRAC_PI_2;
    // Beyond a right angle the reference wraps; we clip, and do not compare.
    check_rows(rows, &values, found, |angle| quarter.contains(&angle).then(|| angle.sin().powi(2)));
    found
}

#[test]
fn proportions_of_the_sector() {
    let summary = fixture("funnelplotr_summary_a.csv");
    for case in ["KZ02", "KZ06", "KZ07B"] {
        let found = check_proportions(&fixture(&format!("funnelplotr_PR_{case}_a.csv")));
        check_summary(&summary, case, "I", found);
    }
}

#[test]
fn ratios_of_the_sector() {
    let rows = fixture("funnelplotr_SR_SHMI_KL01_a.csv");
    let values = transformed(&rows, Transformed::log_ratio);
    let found = truncated(&values, 0.0).expect("a recipe");
    check_rows(&rows, &values, found, |end| Some(end.exp()));
    let summary = fixture("funnelplotr_summary_a.csv");
    let row = summary.iter().find(|row| row["case"] == "KL01").expect("a case");
    close(found.factor, number(row, "phi"), row);
    close(found.variance, number(row, "tau2"), row);
    let left_out = rows.iter().filter(|row| row["truncated"] == "1").count();
    assert_eq!(found.kept, rows.len() - left_out);
}

#[test]
fn real_proportions_and_rates() {
    let Some(summary) = real("funnelplotr_summary.csv") else { return };
    for (file, case) in [("medpar_PR_died", "medpar_PR_died"), ("ae_PR_2017-04", "ae_PR_2017-04")] {
        let found = check_proportions(&real(&format!("funnelplotr_{file}.csv")).expect("beside the summary"));
        check_summary(&summary, case, "n_used", found);
    }
    for case in ["ae_RC_2017-04", "dk_cdi_RC"] {
        let rows = real(&format!("funnelplotr_{case}.csv")).expect("beside the summary");
        let (events, exposure) = sums(&rows);
        let values = transformed(&rows, Transformed::log_rate);
        let found = winsorised(&values, (events / exposure).ln()).expect("a recipe");
        check_rows(&rows, &values, found, |_| None);
        check_summary(&summary, case, "n_used", found);
    }
}

#[test]
fn real_ratios() {
    let Some(summary) = real("funnelplotr_summary.csv") else { return };
    let rows = real("funnelplotr_medpar_SR_CQC.csv").expect("beside the summary");
    let values = transformed(&rows, Transformed::root_ratio);
    let found = winsorised(&values, 1.0).expect("a recipe");
    check_rows(&rows, &values, found, |_| None);
    check_summary(&summary, "medpar_SR_CQC", "n_used", found);
    for case in ["medpar_SR_SHMI", "medpar_SR_SHMI_noround"] {
        let rows = real(&format!("funnelplotr_{case}.csv")).expect("beside the summary");
        let values = transformed(&rows, Transformed::log_ratio);
        let found = truncated(&values, 0.0).expect("a recipe");
        check_rows(&rows, &values, found, |end| Some(end.exp()));
        check_summary(&summary, case, "n_used", found);
    }
}

#[test]
fn real_meta_analysis() {
    let Some(summary) = real("metafor_summary.csv") else { return };
    for set in ["medpar_died_asin", "medpar_los_logSR"] {
        let rows = real(&format!("metafor_in_{set}.csv")).expect("beside the summary");
        let one = |row: &Row| Transformed { value: number(row, "yi"), deviation: number(row, "vi").sqrt() };
        let values: Vec<Transformed> = rows.iter().map(one).collect();
        let found = dersimonian_laird(&values).expect("a recipe");
        let row = summary.iter().find(|row| row["set"] == set && row["method"] == "DL").expect("a set");
        close(found.target, number(row, "mu"), row);
        close(found.variance, number(row, "tau2"), row);
        close(found.factor, number(row, "H2"), row);
        let shrunken = real(&format!("metafor_blup_DL_{set}.csv")).expect("beside the summary");
        for (row, one) in shrunken.iter().zip(&values) {
            let own = found.variance / (found.variance + one.deviation * one.deviation);
            close(found.target + own * (one.value - found.target), number(row, "blup"), row);
        }
    }
}

#[test]
fn recipes_refuse_what_has_no_sampling_variance() {
    let at = |value, deviation| Transformed { value, deviation };
    assert_eq!(winsorised(&[at(1.0, 0.0), at(2.0, 1.0)], 0.0), Err(Error::NotANumberOfItsKind(0.0)));
    assert_eq!(dersimonian_laird(&[at(1.0, 1.0)]), Err(Error::TooFew(1)));
    assert_eq!(truncated(&[at(1.0, 1.0), at(2.0, 1.0)], 0.0).map(|found| found.kept), Ok(2));
}
