//! The GraphQL surface: the schema, and the guard that every document passes before it is executed.

pub mod guard;
