//! Rows to observations.
