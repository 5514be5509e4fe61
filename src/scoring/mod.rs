//! Observations to explained signals and scores (method.md).
//!
//! A pure function: the same [`Sector`] gives the same [`Outcome`] to the last bit, on every machine, whatever
//! the order of what is handed in.

mod outcome;
mod run;
mod sector;

pub use outcome::{
    Contribution, Correlation, Dispersion, Fit, Insufficiency, Interval, OrganisationOutcome, Outcome, PeerGroup,
    Score, Signal,
};
pub use run::{ENGINE_VERSION, RunKey, input_hash};
pub use sector::{Measure, Member, Sector, Settings};
