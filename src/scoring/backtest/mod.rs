//! The proof: what was forecast held against what inspectors found (method.md section 8).

mod read;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::stats::{
    self, Area, Bin, Case, Error, Share, area_under_curve, average_precision, base_rate, brier, calibration,
    precision_at, stratified_area,
};

pub use read::{BacktestColumns, LeftOut, read_outcomes};

/// The fewest outcomes from which a chance of a finding may be told (method.md section 8).
pub const CALIBRATED_FROM: usize = 60;

/// How many groups forecasts are put in to compare them with what was seen.
const BINS: usize = 10;
/// More different sizes than this are put in four classes.
const SIZE_CLASSES: usize = 12;

/// What was known of an organisation before a visit, and what the visit found.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    /// The score, higher is worse.
    pub score: f64,
    /// The chance of a finding that was told beforehand, where one was.
    pub forecast: Option<f64>,
    /// Whether there was a finding.
    pub finding: bool,
    /// The chance it had of being visited, where that is known: above 0, at most 1.
    pub selection_probability: Option<f64>,
    /// Who went.
    pub team: Option<String>,
    /// The size or size class of the organisation.
    pub size: Option<String>,
    /// The sort of organisation.
    pub sort: Option<String>,
}

/// The whole report. Visits count the same in `ordinary`; in `weighted` each stands for as many as had the same small
/// chance of being visited.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Backtest {
    /// Every visit counted once.
    pub ordinary: Figures,
    /// Weighted by 1 / the probability of selection; where that is known of every visit.
    pub weighted: Option<Figures>,
    /// The area when visits are compared within teams only.
    pub within_teams: Option<AreaFigure>,
    /// Per team.
    pub teams: Vec<Group>,
    /// Per size, or per class of a quarter of the visits.
    pub sizes: Vec<Group>,
    /// Per sort of organisation.
    pub sorts: Vec<Group>,
    /// Whether there are enough outcomes to tell a chance of a finding.
    pub may_be_calibrated: bool,
}

/// How well the scores told the outcomes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// How many visits.
    pub visits: usize,
    /// How many with a finding.
    pub findings: usize,
    /// The share with a finding.
    pub base_rate: ShareFigure,
    /// The chance that one with a finding scored higher than one without; `None` when all turned out alike.
    pub area: Option<AreaFigure>,
    /// The mean precision over the findings.
    pub average_precision: Option<f64>,
    /// Among the highest scores.
    pub tops: Vec<Top>,
    /// The mean squared error of the chances told beforehand, where there are any.
    pub brier: Option<f64>,
    /// The same had everybody been told the base rate.
    pub brier_of_base_rate: f64,
    /// What was told beforehand against what was seen, in tenths.
    pub calibration: Vec<BinFigure>,
}

/// A share with its 95 % interval (Wilson).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ShareFigure {
    /// The share.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// An area under the curve with its standard error (Hanley and `McNeil`) and 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AreaFigure {
    /// The area.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// The lower end, at least 0.
    pub low: f64,
    /// The upper end, at most 1.
    pub high: f64,
}

/// The visits with the highest scores.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Top {
    /// How many (k).
    pub visits: usize,
    /// The share of them with a finding.
    pub precision: ShareFigure,
    /// That share over the base rate.
    pub lift: ShareFigure,
}

/// Visits with about the same chance told beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BinFigure {
    /// How many.
    pub visits: usize,
    /// The mean chance told beforehand.
    pub forecast: f64,
    /// The share with a finding.
    pub observed: ShareFigure,
}

/// Visits that have something in common.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// What.
    pub name: String,
    /// How many visits.
    pub visits: usize,
    /// How many with a finding.
    pub findings: usize,
    /// The share with a finding.
    pub base_rate: ShareFigure,
    /// The area; `None` when all turned out alike.
    pub area: Option<AreaFigure>,
}

impl From<Share> for ShareFigure {
    fn from(share: Share) -> Self {
        Self { value: share.value, low: share.interval.low, high: share.interval.high }
    }
}

impl From<Area> for AreaFigure {
    fn from(area: Area) -> Self {
        let width = stats::normal::Z_95 * area.standard_error;
        Self {
            value: area.value,
            standard_error: area.standard_error,
            low: (area.value - width).max(0.0),
            high: (area.value + width).min(1.0),
        }
    }
}

impl From<Bin> for BinFigure {
    fn from(bin: Bin) -> Self {
        Self { visits: bin.cases, forecast: bin.forecast, observed: bin.observed.into() }
    }
}

/// Holds `visits` against their outcomes; `tops` says for which k, those without sense are left out. Without `tops` it
/// is 10, 50, 100, 200, a tenth and a half of all.
pub fn backtest(visits: &[Visit], tops: &[usize]) -> Result<Backtest, Error> {
    let mut tops =
        if tops.is_empty() { vec![10, 50, 100, 200, visits.len() / 10, visits.len() / 2] } else { tops.to_vec() };
    tops.sort_unstable();
    tops.dedup();
    let is_weighted = visits.iter().all(|visit| visit.selection_probability.is_some());
    let teams = grouped(visits, |visit| visit.team.clone());
    let strata: Vec<Vec<Case>> = teams.values().map(|of_team| cases(of_team.iter().copied(), false)).collect();
    let strata: Vec<&[Case]> = strata.iter().map(Vec::as_slice).collect();
    let sizes = size_classes(visits);
    let by_size = grouped(visits, |visit| sizes.name(visit));
    let by_sort = grouped(visits, |visit| visit.sort.clone());
    Ok(Backtest {
        ordinary: figures(visits, &tops, false)?,
        weighted: if is_weighted { Some(figures(visits, &tops, true)?) } else { None },
        within_teams: stratified_area(&strata)?.map(Into::into),
        teams: groups(&teams)?,
        sizes: groups(&by_size)?,
        sorts: groups(&by_sort)?,
        may_be_calibrated: visits.len() >= CALIBRATED_FROM,
    })
}

fn cases<'v>(visits: impl Iterator<Item = &'v Visit>, is_weighted: bool) -> Vec<Case> {
    let weight = |visit: &Visit| match visit.selection_probability {
        Some(probability) if is_weighted => 1.0 / probability,
        _ => 1.0,
    };
    visits.map(|visit| Case { score: visit.score, outcome: visit.finding, weight: weight(visit) }).collect()
}

fn figures(visits: &[Visit], tops: &[usize], is_weighted: bool) -> Result<Figures, Error> {
    let cases = cases(visits.iter(), is_weighted);
    let base = base_rate(&cases)?;
    let mut highest = Vec::with_capacity(tops.len());
    for count in tops {
        let Some(precision) = precision_at(&cases, *count)?.map(ShareFigure::from) else { continue };
        if base.value > 0.0 {
            let over = |value: f64| value / base.value;
            let lift =
                ShareFigure { value: over(precision.value), low: over(precision.low), high: over(precision.high) };
            highest.push(Top { visits: *count, precision, lift });
        }
    }
    let forecasts: Option<Vec<Case>> = visits
        .iter()
        .zip(&cases)
        .map(|(visit, case)| visit.forecast.map(|chance| Case { score: chance, ..*case }))
        .collect();
    Ok(Figures {
        visits: visits.len(),
        findings: visits.iter().filter(|visit| visit.finding).count(),
        base_rate: base.into(),
        area: area_under_curve(&cases)?.map(Into::into),
        average_precision: average_precision(&cases)?,
        tops: highest,
        brier: forecasts.as_deref().map(brier).transpose()?,
        brier_of_base_rate: base.value * (1.0 - base.value),
        calibration: match &forecasts {
            Some(forecasts) => calibration(forecasts, BINS)?.into_iter().map(Into::into).collect(),
            None => Vec::new(),
        },
    })
}

fn grouped(visits: &[Visit], name: impl Fn(&Visit) -> Option<String>) -> BTreeMap<String, Vec<&Visit>> {
    let mut groups: BTreeMap<String, Vec<&Visit>> = BTreeMap::new();
    for visit in visits {
        if let Some(name) = name(visit) {
            groups.entry(name).or_default().push(visit);
        }
    }
    groups
}

fn groups(grouped: &BTreeMap<String, Vec<&Visit>>) -> Result<Vec<Group>, Error> {
    let group = |(name, visits): (&String, &Vec<&Visit>)| {
        let cases = cases(visits.iter().copied(), false);
        Ok(Group {
            name: name.clone(),
            visits: visits.len(),
            findings: visits.iter().filter(|visit| visit.finding).count(),
            base_rate: base_rate(&cases)?.into(),
            area: area_under_curve(&cases)?.map(Into::into),
        })
    };
    grouped.iter().map(group).collect()
}

/// Sizes as they are given, or the quarters of many different numbers.
enum Sizes {
    AsGiven,
    /// The upper ends of the first three quarters.
    Quarters([f64; 3]),
}

impl Sizes {
    fn name(&self, visit: &Visit) -> Option<String> {
        let given = visit.size.as_ref()?;
        match (self, given.parse::<f64>()) {
            (Self::Quarters([first, second, third]), Ok(size)) => Some(match size {
                size if size <= *first => format!("1: <= {first}"),
                size if size <= *second => format!("2: <= {second}"),
                size if size <= *third => format!("3: <= {third}"),
                _ => format!("4: > {third}"),
            }),
            _ => Some(given.clone()),
        }
    }
}

fn size_classes(visits: &[Visit]) -> Sizes {
    let numbers: Option<Vec<f64>> =
        visits.iter().filter_map(|visit| visit.size.as_ref()).map(|size| size.parse().ok()).collect();
    let mut numbers = numbers.unwrap_or_default();
    numbers.sort_by(f64::total_cmp);
    let distinct = numbers.chunk_by(|a, b| a.total_cmp(b).is_eq()).count();
    let quarter = |share| stats::quantile(&numbers, share);
    match (quarter(0.25), quarter(0.5), quarter(0.75)) {
        (Some(first), Some(second), Some(third)) if distinct > SIZE_CLASSES => Sizes::Quarters([first, second, third]),
        _ => Sizes::AsGiven,
    }
}
