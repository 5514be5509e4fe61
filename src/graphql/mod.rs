//! The GraphQL surface: the schema, and the guard that every document passes before it is executed.
//!
//! Types are made from what the service gives, once per row and not per field; nothing here knows a database.

mod context;
mod documents;
mod files;
pub mod guard;
mod loads;
mod mutation;
mod page;
mod plan;
mod query;
mod scalars;
mod schema;
mod subscription;
mod types;

pub use crate::catalogue::{Operation, OperationError};
pub use context::Snapshot;
pub use documents::{DocumentError, TrustedDocument, TrustedDocuments};
pub use files::{ReceivedFile, ReceivedFiles};
pub use loads::Loads;
pub use plan::{Prepared, to_json};
pub use schema::{schema, sdl};
