//! Brings the template database to the newest schema, once per test run.

use kraamzicht::store::Database;

/// Runs the migrations against `url`. Every connection must be closed on return: PostgreSQL does not copy a
/// database that somebody is connected to.
pub(super) async fn migrate(url: String) {
    let database = Database::open(&url).await.unwrap();
    database.migrate().await.unwrap();
    database.close().await;
}
