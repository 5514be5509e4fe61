//! What others build upon: the GraphQL schema, the statements, the migrations.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use apollo_compiler::{Schema, ast::InputValueDefinition, schema::ExtendedType};
use kraamzicht::{
    graphql,
    store::{Database, STATEMENTS},
};
use sqlx::{Column, Connection, Either, Executor, PgConnection, SqlSafeStr, SqliteConnection, Statement};

use crate::harness::{TestDatabase, both, empty_postgres, fetch, postgres, sqlite};

#[test]
fn the_schema_is_as_it_is_kept() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/kraamzicht.graphql");
    let kept = fs::read_to_string(path).unwrap();
    let hint = "schema/kraamzicht.graphql is not what the program serves; when that is meant, run:\n    \
                cargo run --quiet -- schema > schema/kraamzicht.graphql";
    assert!(kept == graphql::sdl(), "{hint}");
    // The command that mends it does.
    let printed = Command::new(env!("CARGO_BIN_EXE_kraamzicht")).arg("schema").output().unwrap();
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), graphql::sdl());
}

#[test]
fn everything_in_the_schema_is_described() {
    let schema = Schema::parse_and_validate(graphql::sdl(), "schema.graphql").unwrap();
    let mut silent = Vec::new();
    let mut seen = 0;
    let mut look = |name: String, description: Option<&str>| {
        seen += 1;
        if description.is_none_or(|text| text.trim().len() < 4) {
            silent.push(name);
        }
    };
    let inputs = |owner: &str, inputs: Vec<&InputValueDefinition>| {
        inputs
            .iter()
            .map(|one| (format!("{owner}.{}", one.name), one.description.as_deref().map(str::to_owned)))
            .collect::<Vec<_>>()
    };
    for (name, kind) in schema.types.iter().filter(|(_, kind)| !kind.is_built_in()) {
        look(name.to_string(), kind.description().map(|text| &**text));
        match kind {
            ExtendedType::Object(object) => {
                for field in object.fields.values() {
                    let place = format!("{name}.{}", field.name);
                    for (argument, text) in inputs(&place, field.arguments.iter().map(|one| &**one).collect()) {
                        look(argument, text.as_deref());
                    }
                    look(place, field.description.as_deref());
                }
            }
            ExtendedType::Interface(interface) => {
                for field in interface.fields.values() {
                    look(format!("{name}.{}", field.name), field.description.as_deref());
                }
            }
            ExtendedType::InputObject(input) => {
                for (field, text) in inputs(name, input.fields.values().map(|one| &***one).collect()) {
                    look(field, text.as_deref());
                }
            }
            ExtendedType::Enum(choice) => {
                for value in choice.values.values() {
                    look(format!("{name}.{}", value.value), value.description.as_deref());
                }
            }
            ExtendedType::Scalar(_) | ExtendedType::Union(_) => {}
        }
    }
    assert!(silent.is_empty() && seen > 300, "{seen} seen; without a word: {silent:#?}");
}

/// What goes in and what comes out of a statement, as an engine understands it.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    parameters: usize,
    columns: Vec<String>,
}

impl Shape {
    fn of(statement: &impl Statement) -> Self {
        let parameters = match statement.parameters() {
            Some(Either::Left(types)) => types.len(),
            Some(Either::Right(count)) => count,
            None => 0,
        };
        Self { parameters, columns: statement.columns().iter().map(|column| column.name().to_owned()).collect() }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_means_the_same_on_both_engines() {
    let (small, large) = (sqlite(), postgres().await);
    Database::open(&small.url).await.unwrap().migrate().await.unwrap();
    let mut one = SqliteConnection::connect(&small.url).await.unwrap();
    let mut other = PgConnection::connect(&large.behind).await.unwrap();
    let mut wrong = Vec::new();
    let mut names = BTreeSet::new();
    for (module, statements) in STATEMENTS {
        for statement in *statements {
            let name = format!("{module}::{}", statement.name);
            // What the text says: the highest `$n`.
            let numbers = statement.sql.split('$').skip(1).filter_map(|rest| {
                rest.split(|letter: char| !letter.is_ascii_digit()).next().and_then(|digits| digits.parse().ok())
            });
            let said: usize = numbers.max().unwrap_or(0);
            let found =
                (one.prepare(statement.sql.into_sql_str()).await, other.prepare(statement.sql.into_sql_str()).await);
            match found {
                (Ok(one), Ok(other)) => {
                    let (one, other) = (Shape::of(&one), Shape::of(&other));
                    if one != other || one.parameters != said {
                        wrong.push(format!("{name}: {said} parameters said;\n  {one:?}\n  {other:?}"));
                    }
                    // A result without a name is called after the engine's fancy.
                    wrong.extend(
                        one.columns
                            .iter()
                            .filter(|column| column.contains(['(', '?']))
                            .map(|column| format!("{name}: {column}")),
                    );
                }
                (one, other) => wrong.push(format!("{name}: {:?} {:?}", one.err(), other.err())),
            }
            assert!(names.insert(name.clone()), "{name} is there twice");
        }
    }
    assert!(wrong.is_empty() && names.len() > 30, "{} statements; {wrong:#?}", names.len());
}

#[test]
fn every_statement_is_on_the_list() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut modules = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if fs::read_to_string(&path).unwrap().contains("\nstatements! {") {
            modules.insert(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    let listed: BTreeSet<String> = STATEMENTS.iter().map(|(module, _)| (*module).to_owned()).collect();
    assert_eq!(modules, listed);
}

/// The numbers and names of the migrations of an engine.
fn migrations(engine: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// How many migrations a database has gone through.
async fn gone_through(database: &TestDatabase) -> i64 {
    fetch::<(i64,)>(database, "SELECT COUNT(*) FROM _sqlx_migrations").await.0
}

/// The tables of both engines have the same columns, in the same order, required alike.
#[tokio::test(flavor = "multi_thread")]
async fn both_engines_have_the_same_tables() {
    let (small, large) = (sqlite(), postgres().await);
    Database::open(&small.url).await.unwrap().migrate().await.unwrap();
    let one: (String,) = fetch(
        &small,
        "SELECT GROUP_CONCAT(line, ';') FROM (SELECT tables.name || '.' || columns.name || ' ' || columns.\"notnull\" AS line
            FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
            WHERE tables.type = 'table' AND tables.name NOT LIKE '\\_sqlx%' ESCAPE '\\' ORDER BY tables.name, columns.cid)",
    )
    .await;
    let mut other = PgConnection::connect(&large.behind).await.unwrap();
    let other: (String,) = sqlx::query_as(
        "SELECT STRING_AGG(table_name || '.' || column_name || ' ' || CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END, ';'
            ORDER BY table_name COLLATE \"C\", ordinal_position)
            FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
            WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT LIKE '\\_sqlx%'",
    )
    .fetch_one(&mut other)
    .await
    .unwrap();
    let (one, other): (Vec<&str>, Vec<&str>) = (one.0.split(';').collect(), other.0.split(';').collect());
    assert_eq!(one, other);
    assert!(one.len() > 60 && migrations("sqlite") == migrations("postgres"));
}

both! {
    async fn migrations_can_be_run_again(database: TestDatabase) {
        let store = Database::open(&database.url).await.unwrap();
        store.migrate().await.unwrap();
        store.migrate().await.unwrap();
        let expected = i64::try_from(migrations("sqlite").len()).unwrap();
        assert_eq!(gone_through(&database).await, expected);
    }

    async fn processes_that_start_together_migrate_once(database: TestDatabase) {
        for _ in 0..3 {
            let fresh = if database.is_postgres() { empty_postgres().await } else { sqlite() };
            let folder = tempfile::tempdir().unwrap();
            let start = || {
                let mut command = Command::new(env!("CARGO_BIN_EXE_kraamzicht"));
                command.args(["--database-url", &fresh.url, "--data-dir", folder.path().to_str().unwrap(), "migrate"]);
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            };
            for process in [start(), start(), start(), start()] {
                let output = process.wait_with_output().unwrap();
                assert!(output.status.success(), "{output:?}");
            }
            assert_eq!(gone_through(&fresh).await, i64::try_from(migrations("sqlite").len()).unwrap());
        }
    }
}
