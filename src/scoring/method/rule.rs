//! Rules: points on the z scale, no statistics pretended (method.md 3.7).

use super::Judgement;
use crate::scoring::Measure;

/// The points when nothing is there, in proportion to what is missing.
pub(super) fn judge(measure: &Measure, share: f64) -> Judgement {
    Judgement { r: measure.points_when_absent * (1.0 - share), ..Judgement::default() }
}
