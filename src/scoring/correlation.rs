//! How measures go together in ordinary organisations (method.md section 6).

use super::Settings;
use crate::stats::pearson;

/// The capped r of one measure in one period, per member.
pub(super) type Column = Vec<Option<f64>>;

/// The matrix over measures: Pearson's correlation of `columns[measure][period]`, pairwise over members and periods,
/// 0 below `minimum_pairs`, drawn towards none; ones on the diagonal.
pub(super) fn correlate(columns: &[Vec<Column>], settings: &Settings) -> Vec<Vec<f64>> {
    let mut values: Vec<Vec<f64>> = Vec::with_capacity(columns.len());
    let mut pairs = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let mut row: Vec<f64> =
            columns.iter().take(place).map(|other| one(column, other, settings, &mut pairs)).collect();
        row.push(1.0);
        values.push(row);
    }
    // The other half is the mirror image.
    for place in 0..values.len() {
        let mirrored: Vec<f64> = values.iter().skip(place + 1).filter_map(|row| row.get(place).copied()).collect();
        if let Some(row) = values.get_mut(place) {
            row.extend(mirrored);
        }
    }
    values
}

fn one(column: &[Column], other: &[Column], settings: &Settings, pairs: &mut Vec<(f64, f64)>) -> f64 {
    pairs.clear();
    for (period, earlier) in column.iter().zip(other) {
        pairs.extend(period.iter().zip(earlier).filter_map(|(a, b)| Some(((*a)?, (*b)?))));
    }
    if pairs.len() < settings.minimum_pairs {
        return 0.0;
    }
    (1.0 - settings.correlation_shrinkage) * pearson(pairs).unwrap_or(0.0)
}
