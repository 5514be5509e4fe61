//! What a test looks at behind the back of the service.

use sqlx::{Connection, FromRow, PgConnection, SqliteConnection, postgres::PgRow, query, query_as, sqlite::SqliteRow};

use super::TestDatabase;

/// The one row that `statement` gives.
pub(crate) async fn fetch<T>(database: &TestDatabase, statement: &'static str) -> T
where
    T: for<'row> FromRow<'row, PgRow> + for<'row> FromRow<'row, SqliteRow> + Send + Unpin,
{
    if database.is_postgres() {
        let mut connection = PgConnection::connect(&database.behind).await.unwrap();
        query_as(statement).fetch_one(&mut connection).await.unwrap()
    } else {
        let mut connection = SqliteConnection::connect(&database.behind).await.unwrap();
        query_as(statement).fetch_one(&mut connection).await.unwrap()
    }
}

/// Runs `statement`; how many rows it changed.
pub(crate) async fn execute(database: &TestDatabase, statement: &'static str) -> u64 {
    if database.is_postgres() {
        let mut connection = PgConnection::connect(&database.behind).await.unwrap();
        query(statement).execute(&mut connection).await.unwrap().rows_affected()
    } else {
        let mut connection = SqliteConnection::connect(&database.behind).await.unwrap();
        query(statement).execute(&mut connection).await.unwrap().rows_affected()
    }
}
