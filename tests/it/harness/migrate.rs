//! Brings the template database to the newest schema, once per test run.

/// Runs the migrations against `url`. Every connection must be closed on return: PostgreSQL does not copy a
/// database that somebody is connected to.
pub(super) async fn migrate(_url: String) {
    // Filled in with the store: `Database::open(&url)`, `migrate()`, `close()`.
}
