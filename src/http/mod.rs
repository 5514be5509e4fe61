//! HTTP: the GraphQL handler, signing in, uploads, problems, the console and the server around them.
//!
//! Handlers know nothing of storage. [`Problem`] is the one shape of failure outside GraphQL; [`protect`] is the
//! one place with what every response has (request id, security headers, language, panics).

mod api;
mod body;
mod console;
mod copies;
mod exports;
mod graphql;
mod metrics;
mod negotiate;
mod openapi;
mod origin;
mod places;
mod problem;
mod rates;
mod reference;
mod server;
mod session;
mod upload;
mod workers;

pub use api::{WiringError, routes};
pub use console::console_routes;
pub use graphql::{Authenticate, GraphqlEndpoint};
pub use metrics::Metrics;
pub use places::LiveSettings;
pub use problem::{Problem, language_tag, preferred_language};
pub use rates::{Rate, RateSettings, Rated};
pub use reference::Reference;
pub use server::{ServerSettings, protect, serve, stop_signal};
pub use upload::{SpoolSettings, Spooled, UploadError, clear_spool, file_name, spool};
