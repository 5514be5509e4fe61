//! The engine against the oracle, against properties, at the edges and in control.

mod build;
mod change;
mod data_quality;
mod degenerate;
mod explained;
mod in_control;
mod oracle;
mod properties;
mod sentences;
mod small_numbers;
