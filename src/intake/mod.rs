//! Bytes to findings and typed rows, by pure functions.
