//! How measures go together in ordinary organisations (method.md section 6).

use super::Settings;
use crate::stats::pearson;

/// The capped r of one measure in one period, per member.
pub(super) type Column = Vec<Option<f64>>;

/// The matrix over so many measures: Pearson's correlation of their columns, `periods[period][measure]`, pairwise over
/// members and periods, 0 below `minimum_pairs`, drawn towards none; ones on the diagonal.
pub(super) fn correlate(periods: &[Vec<Option<&Column>>], measures: usize, settings: &Settings) -> Vec<Vec<f64>> {
    let mut values = vec![vec![1.0; measures]; measures];
    let mut pairs = Vec::new();
    for place in 0..measures {
        for other in 0..place {
            let correlation = one(periods, place, other, settings, &mut pairs);
            for (row, column) in [(place, other), (other, place)] {
                if let Some(value) = values.get_mut(row).and_then(|row| row.get_mut(column)) {
                    *value = correlation;
                }
            }
        }
    }
    values
}

fn one(
    periods: &[Vec<Option<&Column>>],
    place: usize,
    other: usize,
    settings: &Settings,
    pairs: &mut Vec<(f64, f64)>,
) -> f64 {
    pairs.clear();
    for columns in periods {
        if let (Some(Some(column)), Some(Some(other))) = (columns.get(place), columns.get(other)) {
            pairs.extend(column.iter().zip(other.iter()).filter_map(|(a, b)| Some(((*a)?, (*b)?))));
        }
    }
    if pairs.len() < settings.minimum_pairs {
        return 0.0;
    }
    (1.0 - settings.correlation_shrinkage) * pearson(pairs).unwrap_or(0.0)
}
