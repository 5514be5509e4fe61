//! The chart of one organisation's own figures over time: limits, runs and cumulative sums (method.md section 5).
//!
//! For looking and talking, never for levels: real series follow themselves, and what is promised of such lines holds
//! for independent values only.

use super::{
    Interval, Sector,
    arrange::Arranged,
    change::{Steady, steady, within},
    method::Evidence,
    value::read,
};
use crate::{
    domain::{AgbCode, Period},
    stats::{
        Runs, autocorrelation, control_limits, cumulative_sum, cumulative_sum_run_length, median, moving_average,
        moving_average_deviation, moving_average_run_length, runs,
    },
};

/// What a cumulative sum lets pass, in standard deviations: tuned to a shift of twice as much (k).
const REFERENCE: f64 = 0.5;
/// Where a cumulative sum speaks up (h).
const LIMIT: f64 = 5.0;
/// The weight of the newest point in a moving average (lambda), and where that speaks up (L).
const AVERAGE_WEIGHT: f64 = 0.3;
const AVERAGE_LIMIT: f64 = 2.86;
/// Cumulative sums need so many points to know what is ordinary.
const POINTS_FOR_SUMS: usize = 12;
/// Runs and limits need so many.
const POINTS_FOR_LIMITS: usize = 4;
/// Makes the median absolute deviation of a normal its standard deviation.
const NORMAL_SPREAD: f64 = 1.4826;

/// One organisation's own chart of one measure. Information; no level depends on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// The measure.
    pub indicator: String,
    /// The earliest first; only periods in which the figure is there.
    pub points: Vec<ChartPoint>,
    /// Limits of single values, in the unit in which values are shown; `None` of fewer than four points.
    pub limits: Option<ChartLimits>,
    /// How the figure runs along its median; `None` of fewer than four points.
    pub runs: Option<Runs>,
    /// The correlation of the figure with itself a period later. The further from 0, the less the lines promise.
    pub autocorrelation: Option<f64>,
    /// The lines that gather small shifts; `None` of fewer than twelve points.
    pub sums: Option<ChartSums>,
}

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChartPoint {
    /// When.
    pub period: Period,
    /// In the unit in which values are shown.
    pub value: f64,
    /// Whether it lies outside the limits.
    pub is_outside: bool,
}

/// Limits of single values: mean -+ 2.66 mean moving ranges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChartLimits {
    /// The organisation's own mean.
    pub centre: f64,
    /// The limits.
    pub limits: Interval,
}

/// Lines over what is left of the figure without its own mean and without what the sector did, in the standard
/// deviations that organisations of this sector have over time.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartSums {
    /// The cumulative sum of rises: `max(0, C + u - 0.5)`.
    pub up: Vec<f64>,
    /// The cumulative sum of falls.
    pub down: Vec<f64>,
    /// Above this a cumulative sum speaks up.
    pub limit: f64,
    /// The mean number of points until either sum does so by chance, in a series that does not follow itself.
    pub run_length: Option<f64>,
    /// The exponentially weighted mean.
    pub average: Vec<f64>,
    /// Beyond this on either side the mean speaks up.
    pub average_limit: f64,
    /// The mean number of points until it does so by chance.
    pub average_run_length: Option<f64>,
}

/// A measure of all members over time on its steady scale.
struct Series {
    /// The earliest first.
    periods: Vec<Period>,
    /// By member and period.
    values: Vec<Vec<Option<Steady>>>,
}

/// The chart of `indicator` for the organisation with `agb_code` over the last `periods` periods of `sector`; `None`
/// where there is no such organisation or measure, or nothing to draw.
pub fn chart(sector: &Sector, agb_code: AgbCode, indicator: &str, periods: usize) -> Option<Chart> {
    let arranged = Arranged::new(sector, &[sector.period], periods);
    let place = arranged.measures.iter().position(|measure| measure.code == indicator)?;
    let measure = arranged.measures.get(place)?;
    let member = arranged.members.iter().position(|member| member.agb_code == agb_code)?;
    let evidence: Vec<Vec<Option<Evidence>>> = (0..arranged.periods.len())
        .rev()
        .map(|period| {
            let figures = arranged.figures(period, place);
            figures.iter().map(|one| read(measure, one.as_ref()).evidence.ok()).collect()
        })
        .collect();
    let within = within(evidence.iter().flatten().flatten());
    let of_member =
        |member: usize| evidence.iter().map(|row| steady((*row.get(member)?)?, within, measure.factor)).collect();
    let series = Series {
        periods: arranged.periods.iter().rev().copied().collect(),
        values: (0..arranged.members.len()).map(of_member).collect(),
    };
    series.chart(indicator, member)
}

impl Series {
    fn chart(&self, indicator: &str, member: usize) -> Option<Chart> {
        let own = self.values.get(member)?;
        let there: Vec<(Period, Steady)> =
            self.periods.iter().zip(own).filter_map(|(period, one)| Some((*period, (*one)?))).collect();
        let scale = there.first()?.1.scale;
        let values: Vec<f64> = there.iter().map(|(_, one)| one.value).collect();
        let enough = values.len() >= POINTS_FOR_LIMITS;
        let limits = control_limits(&values).filter(|_| enough);
        let point = |(period, one): &(Period, Steady)| ChartPoint {
            period: *period,
            value: scale.shown(one.value),
            is_outside: limits.is_some_and(|limits| one.value < limits.low || one.value > limits.high),
        };
        Some(Chart {
            indicator: indicator.to_owned(),
            points: there.iter().map(point).collect(),
            limits: limits.map(|limits| ChartLimits {
                centre: scale.shown(limits.centre),
                limits: Interval { low: scale.shown(limits.low), high: scale.shown(limits.high) },
            }),
            runs: runs(&values).filter(|_| enough),
            autocorrelation: autocorrelation(&values).filter(|_| enough),
            sums: self.sums(member),
        })
    }

    fn sums(&self, member: usize) -> Option<ChartSums> {
        let residuals = self.residuals();
        let own = residuals.get(member).filter(|own| own.len() >= POINTS_FOR_SUMS)?;
        let deviation = within_deviation(&residuals).filter(|deviation| *deviation > 0.0)?;
        let standardised: Vec<f64> = own.iter().map(|one| one / deviation).collect();
        let falls: Vec<f64> = standardised.iter().map(|one| -one).collect();
        Some(ChartSums {
            up: cumulative_sum(&standardised, REFERENCE),
            down: cumulative_sum(&falls, REFERENCE),
            limit: LIMIT,
            run_length: cumulative_sum_run_length(REFERENCE, LIMIT, 0.0).map(|one| 0.5 * one),
            average: moving_average(&standardised, AVERAGE_WEIGHT),
            average_limit: AVERAGE_LIMIT * moving_average_deviation(AVERAGE_WEIGHT),
            average_run_length: moving_average_run_length(AVERAGE_WEIGHT, AVERAGE_LIMIT, 0.0),
        })
    }

    /// Per member what is left of its figures without the sector's middle of each period and without its own.
    fn residuals(&self) -> Vec<Vec<f64>> {
        let middle = |period: usize| {
            let values: Vec<f64> = self.values.iter().filter_map(|of| Some((*of.get(period)?)?.value)).collect();
            median(&values).unwrap_or(0.0)
        };
        let sector: Vec<f64> = (0..self.periods.len()).map(middle).collect();
        let own = |values: &Vec<Option<Steady>>| {
            let left: Vec<f64> =
                values.iter().zip(&sector).filter_map(|(one, middle)| Some((*one)?.value - middle)).collect();
            let centre = median(&left).unwrap_or(0.0);
            left.into_iter().map(|one| one - centre).collect()
        };
        self.values.iter().map(own).collect()
    }
}

/// The standard deviation over time that organisations have in common: robust, and wider for short series, of which the
/// middle follows the values.
fn within_deviation(residuals: &[Vec<f64>]) -> Option<f64> {
    let sizes: Vec<f64> = residuals
        .iter()
        .filter(|own| own.len() > 1)
        .flat_map(|own| {
            let count = own.len() as f64;
            let wider = (count / (count - 1.0)).sqrt();
            own.iter().map(move |one| wider * one.abs())
        })
        .collect();
    median(&sizes).map(|middle| NORMAL_SPREAD * middle)
}
