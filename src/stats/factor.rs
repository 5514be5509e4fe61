//! The triangle from which correlated draws are made.

/// The lower triangle L of a correlation matrix R = L L', row by row up to the diagonal (Cholesky).
///
/// Correlations that were estimated pair by pair need not fit together. A row that the ones before it leave nothing to
/// is made of them alone, and every row is given length 1, so that each draw keeps its variance.
pub fn triangle(correlation: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(correlation.len());
    for (place, wanted) in correlation.iter().enumerate() {
        let mut row: Vec<f64> = Vec::with_capacity(place + 1);
        for (before, correlated) in rows.iter().zip(wanted) {
            let along = before.iter().zip(&row).fold(0.0, |sum, (a, b)| sum + a * b);
            let diagonal = before.get(row.len()).copied().unwrap_or(0.0);
            row.push(if diagonal > 0.0 { (correlated - along) / diagonal } else { 0.0 });
        }
        let explained = row.iter().fold(0.0, |sum, one| sum + one * one);
        row.push((1.0 - explained).max(0.0).sqrt());
        let length = row.iter().fold(0.0, |sum, one| sum + one * one).sqrt();
        for one in &mut row {
            *one /= length;
        }
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(rows: &[Vec<f64>], a: usize, b: usize) -> f64 {
        rows[a].iter().zip(&rows[b]).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn gives_back_the_matrix_where_it_can() {
        let matrix = vec![vec![1.0, 0.5, -0.2], vec![0.5, 1.0, 0.3], vec![-0.2, 0.3, 1.0]];
        let rows = triangle(&matrix);
        for (a, row) in matrix.iter().enumerate() {
            for (b, wanted) in row.iter().enumerate() {
                assert!((product(&rows, a, b) - wanted).abs() < 1e-15);
            }
        }
        // These three cannot be together.
        let impossible = vec![vec![1.0, 0.9, 0.9], vec![0.9, 1.0, -0.9], vec![0.9, -0.9, 1.0]];
        let rows = triangle(&impossible);
        assert!((0..3).all(|row| (product(&rows, row, row) - 1.0).abs() < 1e-15), "{rows:?}");
    }
}
