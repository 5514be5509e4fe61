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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Draws;

    fn series(members: usize, periods: usize, seed: u64, shift: f64) -> Series {
        let draws = Draws::new(seed, 0);
        let of = |member: usize, period: usize| {
            let own = if member == 0 && period >= periods / 2 { shift } else { 0.0 };
            // The sector rises for everyone.
            let noise = 0.1 * draws.normal((member * periods + period) as u64);
            steady(
                Evidence::Normal {
                    value: 5.0 + 0.3 * period as f64 + noise + own,
                    noise: crate::scoring::method::Noise::Known(0.01),
                    scale: crate::scoring::method::Scale::Plain,
                },
                0.0,
                1.0,
            )
        };
        let first: Period = "2020-Q1".parse().expect("a period");
        let mut all = vec![first];
        for quarter in 1..periods {
            let text = format!("{}-Q{}", 2020 + quarter / 4, quarter % 4 + 1);
            all.push(text.parse().expect("a period"));
        }
        Series {
            periods: all,
            values: (0..members).map(|member| (0..periods).map(|period| of(member, period)).collect()).collect(),
        }
    }

    #[test]
    fn a_shift_shows_in_the_sums_and_the_sector_does_not() {
        let shifted = series(40, 16, 1, -0.4).chart("A", 0).expect("a chart");
        let sums = shifted.sums.expect("sums");
        assert!(sums.down.last().is_some_and(|last| *last > sums.limit), "{sums:?}");
        assert!(sums.average.last().is_some_and(|last| *last < -sums.average_limit), "{sums:?}");
        // 931 points until one side speaks up, half of it until either does (R spc).
        assert!((sums.run_length.expect("a length") - 465.443_506).abs() < 1e-3);
        // Without a shift of its own nothing is gathered, though the sector rises by three deviations a period.
        let still = series(40, 16, 1, 0.0);
        let within = within_deviation(&still.residuals()).expect("a deviation");
        assert!((within - 0.1).abs() < 0.02, "{within}");
        let loud = (0..40).filter(|member| {
            let sums = still.chart("A", *member).and_then(|chart| chart.sums).expect("sums");
            sums.up.iter().chain(&sums.down).any(|sum| *sum > sums.limit)
        });
        // Of 40 times 16 points with a run length of 465 some 1.4 are expected.
        assert!(loud.count() <= 6);
        // The organisation's own figure rises with the sector: its runs say so.
        assert!(still.chart("A", 3).and_then(|chart| chart.runs).is_some_and(|runs| runs.is_shifted()));
    }

    #[test]
    fn short_series_have_no_limits_and_no_sums() {
        let short = series(30, 3, 2, 0.0).chart("A", 1).expect("a chart");
        assert_eq!((short.points.len(), short.limits, short.runs, short.sums), (3, None, None, None));
        let longer = series(30, 8, 2, 0.0).chart("A", 1).expect("a chart");
        let limits = longer.limits.expect("limits");
        assert!(limits.limits.low < limits.centre && longer.sums.is_none());
        let is_inside = |value: f64| limits.limits.low <= value && value <= limits.limits.high;
        assert!(longer.points.iter().all(|point| point.is_outside != is_inside(point.value)));
    }
}
