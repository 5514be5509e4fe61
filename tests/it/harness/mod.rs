//! What the tests stand on: throw-away databases on both engines, and the real binary as a process.
//!
//! A test that touches data is written once and runs on both engines:
//!
//! ```ignore
//! both! {
//!     async fn an_approved_submission_supersedes(database: TestDatabase) {
//!         let store = Database::open(&database.url).await.unwrap();
//!     }
//! }
//! ```

mod cluster;
mod database;
mod line;
mod migrate;
mod process;
mod query;
mod statements;
mod tests;

pub(crate) use database::{OWNER, TestDatabase, as_role, empty_postgres, postgres, sqlite};
pub(crate) use line::Line;
pub(crate) use process::Server;
pub(crate) use query::{execute, fetch};
pub(crate) use statements::{count_statements, statements_of};

/// Makes of each `async fn name(database: TestDatabase)` the tests `name::sqlite` and `name::postgres`.
macro_rules! both {
    ($($(#[$attribute:meta])* async fn $name:ident($database:ident: TestDatabase) $body:block)+) => {$(
        $(#[$attribute])*
        async fn $name($database: $crate::harness::TestDatabase) $body

        mod $name {
            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                super::$name($crate::harness::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                super::$name($crate::harness::postgres().await).await;
            }
        }
    )+};
}
pub(crate) use both;
