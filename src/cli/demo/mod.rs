//! The demo's generator: from a seed to an invented sector as real files and a script of events.
//!
//! All data are invented. Names and codes are meant to belong to nobody; where one does, that is chance. The
//! generator is a pure function: it writes and sends nothing and knows no clock. Its caller does, through the same
//! intake, approval and scoring as everybody's files.

mod course;
mod csv;
mod delivery;
mod experience;
mod further;
mod generate;
mod indicators;
mod names;
mod plot;
mod random;
mod sector;
mod staff;
mod stories;
#[cfg(test)]
mod tests;

pub use delivery::{Delivery, Expectation};
pub use generate::{Demo, TODAY, generate};
pub use sector::{DemoOrganisation, ORGANISATIONS, YEARS};
pub use stories::Story;
