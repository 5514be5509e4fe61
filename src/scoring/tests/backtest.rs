//! Outcomes held against forecasts.

use std::fs;

use crate::{
    scoring::{Backtest, BacktestColumns, Visit, backtest, read_outcomes},
    stats::real_tests::real_data,
};

#[track_caller]
fn close(got: f64, want: f64) {
    assert!((got - want).abs() <= 1e-9, "{got} and not {want}");
}

/// The visits of a table, with columns called as there.
fn chicago(text: &str, outcome: &str, score: &str, condition: Option<(&str, &str)>) -> Backtest {
    let columns = BacktestColumns {
        outcome: outcome.to_owned(),
        score: score.to_owned(),
        probability: "score".to_owned(),
        team: "Inspector_Assigned".to_owned(),
        size: "pastMinor".to_owned(),
        ..BacktestColumns::default()
    };
    let (visits, _) = read_outcomes(text, &columns, condition).expect("a table");
    backtest(&visits, &[]).expect("sound")
}

#[test]
fn chicago_food_inspections() {
    let Some(real) = real_data("chicago_food_inspections") else { return };
    let read = |path: &str| fs::read_to_string(real.join(path)).expect("beside the others");
    let inputs = read("inputs/chicago_food_inspections_backtest.csv");
    let given = read("outputs/backtest_chicago_test_scores.csv");
    let test = Some(("Test", "1"));
    for found in [chicago(&inputs, "criticalFound", "score", test), chicago(&given, "criticalFound", "score", None)] {
        let mut rows = csv::Reader::from_reader(fs::File::open(real.join("outputs/backtest_chicago.csv")).expect("it"));
        let row: std::collections::BTreeMap<String, String> =
            rows.deserialize().next().expect("the first is the city's model").expect("a row");
        let want = |column: &str| row[column].parse::<f64>().expect("a number");
        let figures = &found.ordinary;
        assert_eq!(
            (figures.visits.to_string(), figures.findings.to_string()),
            (row["n"].clone(), row["positives"].clone())
        );
        close(figures.area.expect("both outcomes").value, want("auc"));
        close(figures.average_precision.expect("findings"), want("avg_precision"));
        close(figures.brier.expect("chances"), want("brier"));
        close(figures.brier_of_base_rate, want("brier_base"));
        let counts: Vec<usize> = figures.tops.iter().map(|top| top.visits).collect();
        assert_eq!(counts, [10, 50, 100, 163, 200, 818]);
        for top in &figures.tops {
            close(top.precision.value, want(&format!("prec@{}", top.visits)));
            assert!(top.precision.low < top.precision.value && top.precision.value < top.precision.high);
        }
        close(figures.tops[3].lift.value, want("lift@10%"));
        let bins = read("outputs/backtest_chicago_calibration.csv");
        let bins: Vec<Vec<f64>> = bins
            .lines()
            .skip(1)
            .map(|line| line.split(',').map(|cell| cell.parse().expect("a number")).collect())
            .collect();
        assert_eq!(figures.calibration.len(), bins.len());
        for (bin, row) in figures.calibration.iter().zip(bins) {
            close(bin.visits as f64, row[1]);
            close(bin.forecast, row[2]);
            close(bin.observed.value, row[3]);
        }
    }
    // Scores with ties: what was found before, alone.
    for (column, auc, average) in
        [("pastCritical", 0.537_915_071_6, 0.184_485_629_5), ("pastSerious", 0.504_737_451_6, 0.161_823_406_6)]
    {
        let found = chicago(&inputs, "criticalFound", column, test).ordinary;
        close(found.area.expect("both outcomes").value, auc);
        close(found.average_precision.expect("findings"), average);
    }
    // Who inspects says most of it: compared within inspectors the model has little left.
    let found = chicago(&inputs, "criticalFound", "score", test);
    let (within, all) = (found.within_teams.expect("teams"), found.ordinary.area.expect("both outcomes"));
    assert!(within.value < all.value - 0.05, "{within:?} {all:?}");
    assert_eq!(found.teams.iter().map(|team| team.visits).sum::<usize>(), 1_637);
    assert_eq!(found.sizes.iter().map(|size| size.visits).sum::<usize>(), 1_637);
}

fn visit(score: f64, finding: bool, selection_probability: Option<f64>) -> Visit {
    Visit { score, forecast: None, finding, selection_probability, team: None, size: None, sort: None }
}

#[test]
fn weights_undo_the_selection() {
    // 20 of 100 with a high score are bad, 10 of 100 with a low one; all the high ones were visited, a tenth of the low.
    let mut visits: Vec<Visit> = (0..100).map(|number| visit(1.0, number < 20, Some(1.0))).collect();
    visits.extend((0..10).map(|number| visit(0.0, number < 1, Some(0.1))));
    let found = backtest(&visits, &[100]).expect("sound");
    close(found.ordinary.base_rate.value, 21.0 / 110.0);
    let weighted = found.weighted.expect("every chance is known");
    close(weighted.base_rate.value, 0.15);
    close(weighted.tops[0].lift.value, 0.2 / 0.15);
    // Of all 30 x 170 pairs: 20 x 90 right, 20 x 80 and 10 x 90 tied.
    close(weighted.area.expect("both").value, (20.0 * 90.0 + 0.5 * (20.0 * 80.0 + 10.0 * 90.0)) / (30.0 * 170.0));
    let wider = |area: crate::scoring::AreaFigure| area.standard_error;
    assert!(wider(weighted.area.expect("both")) > 0.0);
    visits.push(visit(0.0, false, None));
    assert_eq!(backtest(&visits, &[100]).expect("sound").weighted, None, "one chance is not known");
}

#[test]
fn faults_are_pointed_at() {
    let refused = |text: &str| read_outcomes(text, &BacktestColumns::default(), None).expect_err("refused").to_string();
    assert_eq!(
        refused("score,result\n1,1\n"),
        "line 1, column 1: there is no column `outcome`; there are: score, result"
    );
    assert_eq!(
        refused("score,outcome,selection_probability\nx,1,1\n2,deels,1\n3,ja,0\n"),
        "line 2, column 1: score: `x` is not a number\n\
         line 3, column 2: outcome: `deels` is no outcome: write 1 for a finding, 0 for none\n\
         line 4, column 3: selection_probability: a chance lies above 0 and at most 1, not 0"
    );
    let (visits, left_out) =
        read_outcomes("score;outcome\n1;ja\n;nee\n2;\n", &BacktestColumns::default(), None).expect("a table");
    assert_eq!((visits.len(), left_out.without_score, left_out.without_outcome), (1, 1, 1));
}
