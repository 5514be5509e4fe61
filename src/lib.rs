//! Kraamzicht takes in the quality data of Dutch kraamzorg organisations and serves explained, reproducible
//! risk signals. The modules, in the order in which they depend on one another:

pub mod catalogue; // what may be delivered and how it is judged: the data of schema/
pub mod cli;
pub mod domain; // the words of the field as types
pub mod intake; // bytes to findings and typed rows
pub mod scoring;
pub mod stats; // distributions, intervals, robust fits // observations to explained signals and scores

#[cfg(feature = "server")]
pub mod graphql; // the schema and the guard in front of it
#[cfg(feature = "server")]
pub mod http; // handlers, problems, uploads, the server
#[cfg(feature = "server")]
pub mod system; // the real clock and identifiers
#[cfg(feature = "server")]
pub mod telemetry; // the log
