//! The GraphQL surface: the schema, and the guard that every document passes before it is executed.
//!
//! Types are made from what the service gives, once per row and not per field; nothing here knows a database.

mod context;
mod files;
pub mod guard;
mod mutation;
mod page;
mod query;
mod scalars;
mod schema;
mod subscription;
mod types;

pub use files::{ReceivedFile, ReceivedFiles};
pub use schema::{schema, sdl};
