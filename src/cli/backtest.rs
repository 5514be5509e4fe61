//! `backtest`: what was forecast against what inspectors found.

use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::{
    arguments::{BacktestOptions, Global, ReportFormat},
    operate,
    score_table::{read, refused},
    words::Words,
};
use crate::scoring::{
    AreaFigure, Backtest, BacktestColumns, CALIBRATED_FROM, Figures, Group, LeftOut, ShareFigure, backtest,
    read_outcomes,
};

/// Prints the report.
pub(super) fn run(global: &Global, options: &BacktestOptions) -> anyhow::Result<ExitCode> {
    let catalogue = operate::catalogue(global)?;
    let columns = BacktestColumns {
        score: options.score.clone(),
        outcome: options.outcome.clone(),
        probability: options.probability.clone(),
        selection_probability: options.selection_probability.clone(),
        team: options.team.clone(),
        size: options.size.clone(),
        sort: options.sort.clone(),
    };
    let condition = match &options.only {
        None => None,
        Some(text) => match text.split_once('=') {
            Some(parts) => Some(parts),
            None => bail!("--where takes COLUMN=VALUE, not `{text}`"),
        },
    };
    let (visits, left_out) = match read_outcomes(&read(&options.file)?, &columns, condition) {
        Ok(read) => read,
        Err(faults) => return Ok(refused(&options.file, &faults)),
    };
    let report = backtest(&visits, &options.tops).context("the scores cannot be compared")?;
    match options.format {
        ReportFormat::Json => println!("{}", serde_json::to_string_pretty(&report)?),
        ReportFormat::Human => {
            Words { catalogue: &catalogue, language: global.language.into() }.print(&report, left_out);
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Words<'_> {
    fn number(&self, number: f64) -> String {
        self.language.number(number, 4)
    }

    fn share(&self, share: ShareFigure) -> String {
        format!("{} ({} - {})", self.number(share.value), self.number(share.low), self.number(share.high))
    }

    fn area(&self, area: Option<AreaFigure>) -> String {
        area.map_or_else(
            || "-".to_owned(),
            |area| {
                let (low, high) = (self.number(area.low), self.number(area.high));
                format!("{} ± {} ({low} - {high})", self.number(area.value), self.number(area.standard_error))
            },
        )
    }

    fn print(&self, report: &Backtest, left_out: LeftOut) {
        for (code, count) in
            [("BACKTEST_NO_OUTCOME", left_out.without_outcome), ("BACKTEST_NO_SCORE", left_out.without_score)]
        {
            if count > 0 {
                println!("{}", self.say(code, &[("count", count.to_string())]));
            }
        }
        println!("{}", self.say("BACKTEST_ORDINARY", &[]));
        self.print_figures(&report.ordinary);
        match &report.weighted {
            Some(figures) => {
                println!("\n{}", self.say("BACKTEST_WEIGHTED", &[]));
                self.print_figures(figures);
            }
            None => println!("\n{}", self.say("BACKTEST_UNWEIGHTED", &[])),
        }
        if !report.teams.is_empty() {
            println!("\n{}", self.say("BACKTEST_WITHIN_TEAMS", &[("area", self.area(report.within_teams))]));
        }
        for (code, groups) in
            [("BACKTEST_TEAM", &report.teams), ("BACKTEST_SIZE", &report.sizes), ("BACKTEST_SORT", &report.sorts)]
        {
            self.print_groups(code, groups);
        }
        if !report.may_be_calibrated {
            println!("\n{}", self.say("BACKTEST_TOO_FEW", &[("minimum", CALIBRATED_FROM.to_string())]));
        }
    }

    fn print_figures(&self, figures: &Figures) {
        let line = |code: &str, value: String| println!("  {:<44} {value}", self.say(code, &[]));
        line("BACKTEST_VISITS", format!("{} / {}", figures.findings, figures.visits));
        line("BACKTEST_BASE", self.share(figures.base_rate));
        line("BACKTEST_AREA", self.area(figures.area));
        if let Some(average) = figures.average_precision {
            line("BACKTEST_AVERAGE_PRECISION", self.number(average));
        }
        for top in &figures.tops {
            let name = self.say("BACKTEST_TOP", &[("count", top.visits.to_string())]);
            println!("  {name:<44} {}, × {}", self.share(top.precision), self.share(top.lift));
        }
        if let Some(brier) = figures.brier {
            line("BACKTEST_BRIER", format!("{} ({})", self.number(brier), self.number(figures.brier_of_base_rate)));
        }
        for bin in &figures.calibration {
            let name = self.say("BACKTEST_BIN", &[("count", bin.visits.to_string())]);
            println!("  {name:<44} {} -> {}", self.number(bin.forecast), self.share(bin.observed));
        }
    }

    fn print_groups(&self, code: &str, groups: &[Group]) {
        if !groups.is_empty() {
            println!("\n{}", self.say(code, &[]));
        }
        for group in groups {
            let counts = format!("{} / {}", group.findings, group.visits);
            println!("  {:<24} {counts:>12}  {}  {}", group.name, self.share(group.base_rate), self.area(group.area));
        }
    }
}
