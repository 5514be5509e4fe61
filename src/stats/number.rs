//! From floating point back to counts.

/// The whole part of a number; 0 for negative ones and NaN, the largest count for what is too large.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, which is meant")]
pub(super) fn whole(value: f64) -> u64 {
    value as u64
}
