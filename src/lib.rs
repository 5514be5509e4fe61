//! Kraamzicht takes in the quality data of Dutch kraamzorg organisations and serves explained, reproducible
//! risk signals. The modules, in the order in which they depend on one another; those of the second half have a
//! clock, a socket or a database and are left out without the feature `server`.

// distributions, intervals, robust fits: f64 in, Result out
pub mod stats;
// the words of the field as types
pub mod domain;
// what may be delivered and how it is judged: the data of schema/
pub mod catalogue;
// bytes to findings and typed rows
pub mod intake;
// observations to explained signals and scores
pub mod scoring;

// workbooks for people: values in, bytes out
#[cfg(feature = "server")]
pub mod sheets;
// the only place with SQL
#[cfg(feature = "server")]
pub mod store;
// the use-cases: authorise, load, call pure code, save
#[cfg(feature = "server")]
pub mod service;
// the GraphQL schema, and the guard in front of it
#[cfg(feature = "server")]
pub mod graphql;
// who signs in, as the identity provider says it
#[cfg(feature = "server")]
pub mod identity;
// handlers, problems, uploads, the console and the server around them
#[cfg(feature = "server")]
pub mod http;
// the real clock and identifiers
#[cfg(feature = "server")]
pub mod system;
// the log
#[cfg(feature = "server")]
pub mod telemetry;
// the commands
#[cfg(feature = "server")]
pub mod cli;
