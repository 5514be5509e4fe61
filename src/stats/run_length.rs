//! How long charts stay silent: mean run lengths of cumulative sums and moving averages.

use super::{control_chart::moving_average_deviation, normal};

/// The mean number of points until a one-sided cumulative sum of independent normal values with mean `shift` passes
/// `limit`, starting at 0; two-sided where `both` sides are watched (for `shift` 0: half of it).
///
/// L(z) = 1 + L(0) cdf(r - z - shift) + the integral over 0..limit of L(x) density(x + r - z - shift), solved at the
/// nodes of Gauss and Legendre (Vance, Journal of Quality Technology 18 (1986) 188).
pub fn cumulative_sum_run_length(reference: f64, limit: f64, shift: f64) -> Option<f64> {
    let nodes = Nodes::between(0.0, limit)?;
    let size = nodes.places.len() + 1;
    // The last unknown is L(0).
    let starts: Vec<f64> = nodes.places.iter().copied().chain([0.0]).collect();
    let mut system = Vec::with_capacity(size);
    for (row, start) in starts.iter().enumerate() {
        let step = |place: f64| normal::density(place + reference - start - shift);
        let kernel = nodes.places.iter().zip(&nodes.weights).map(|(place, weight)| -weight * step(*place));
        let mut line: Vec<f64> = kernel.chain([-normal::cdf(reference - start - shift), 1.0]).collect();
        if let Some(diagonal) = line.get_mut(row) {
            *diagonal += 1.0;
        }
        system.push(line);
    }
    solve(system)?.last().copied().filter(|length| length.is_finite() && *length >= 1.0)
}

/// The mean number of points until an exponentially weighted mean of independent normal values with mean `shift`
/// passes `limit` times [`moving_average_deviation`] on either side, starting at 0.
///
/// L(z) = 1 + 1/weight times the integral of L(x) density((x - (1 - weight) z) / weight - shift) (Crowder,
/// Technometrics 29 (1987) 401).
pub fn moving_average_run_length(weight: f64, limit: f64, shift: f64) -> Option<f64> {
    if !(weight > 0.0 && weight <= 1.0) {
        return None;
    }
    let end = limit * moving_average_deviation(weight);
    let nodes = Nodes::between(-end, end)?;
    let step = |from: f64, to: f64| normal::density((to - (1.0 - weight) * from) / weight - shift) / weight;
    let mut system = Vec::with_capacity(nodes.places.len());
    for (row, start) in nodes.places.iter().enumerate() {
        let kernel = nodes.places.iter().zip(&nodes.weights).map(|(place, width)| -width * step(*start, *place));
        let mut line: Vec<f64> = kernel.chain([1.0]).collect();
        if let Some(diagonal) = line.get_mut(row) {
            *diagonal += 1.0;
        }
        system.push(line);
    }
    let lengths = solve(system)?;
    let later = nodes.places.iter().zip(&nodes.weights).zip(&lengths);
    let length = later.fold(1.0, |sum, ((place, width), length)| sum + width * step(0.0, *place) * length);
    (length.is_finite() && length >= 1.0).then_some(length)
}

/// Gauss-Legendre nodes of an interval.
struct Nodes {
    places: Vec<f64>,
    weights: Vec<f64>,
}

impl Nodes {
    const COUNT: usize = 60;

    fn between(low: f64, high: f64) -> Option<Self> {
        let (middle, half) = (f64::midpoint(low, high), 0.5 * (high - low));
        if !(half.is_finite() && half > 0.0) {
            return None;
        }
        let (mut places, mut weights) = (Vec::with_capacity(Self::COUNT), Vec::with_capacity(Self::COUNT));
        let count = Self::COUNT as f64;
        for index in 0..Self::COUNT {
            let mut x = (std::f64::consts::PI * (index as f64 + 0.75) / (count + 0.5)).cos();
            let mut slope = 1.0;
            // Newton converges from here for every node.
            for _ in 0..100 {
                let (value, derivative) = legendre(Self::COUNT, x);
                slope = derivative;
                let change = value / derivative;
                x -= change;
                if change.abs() < 1e-15 {
                    break;
                }
            }
            places.push(middle + half * x);
            weights.push(half * 2.0 / ((1.0 - x * x) * slope * slope));
        }
        Some(Self { places, weights })
    }
}

/// The Legendre polynomial of degree `degree` at `x`, and its derivative.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for k in 2..=degree {
        let k = k as f64;
        (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
    }
    (value, degree as f64 * (x * value - before) / (x * x - 1.0))
}

/// The solution of linear equations, each a row of coefficients and then its right side; `None` where there is none.
fn solve(mut system: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let size = system.len();
    for column in 0..size {
        let largest = |row: &Vec<f64>| row.get(column).map_or(0.0, |value| value.abs());
        let pivot = (column..size).max_by(|a, b| {
            let value = |place: &usize| system.get(*place).map_or(0.0, largest);
            value(a).total_cmp(&value(b))
        })?;
        system.swap(column, pivot);
        let (above, below) = system.split_at_mut(column + 1);
        let lead = above.last()?;
        let first = *lead.get(column).filter(|value| **value != 0.0)?;
        for row in below {
            let factor = row.get(column)? / first;
            for (value, lead) in row.iter_mut().zip(lead).skip(column) {
                *value -= factor * lead;
            }
        }
    }
    let mut solution = vec![0.0; size];
    for (place, row) in system.iter().enumerate().rev() {
        let known: f64 = row.iter().zip(&solution).skip(place + 1).map(|(a, b)| a * b).sum();
        *solution.get_mut(place)? = (row.get(size)? - known) / row.get(place)?;
    }
    Some(solution)
}
