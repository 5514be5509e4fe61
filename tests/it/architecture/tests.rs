//! The checks see what they are there to see: each planted violation is found, and nothing else.

use std::path::Path;

use super::{Manifest, forbidden_imports, is_sql, misplaced_texts, source::scan, unpaired};

fn found(path: &str, source: &str) -> Vec<String> {
    let problems = forbidden_imports(Path::new(path), source, &Manifest::read());
    problems.into_iter().map(|problem| problem.split_once(": ").unwrap().1.to_owned()).collect()
}

#[test]
fn a_forbidden_room_is_found_in_every_form() {
    let expected = ["intake may not import crate::store"];
    for source in [
        "use crate::store::Database;",
        "use crate::{catalogue::Catalogue, store::{self, Database}};",
        "fn open() { crate::store::open() }",
        "use super::super::store;",
        "mod inner { use super::super::super::store::Database; }",
        "use {crate::store};",
        "pub use crate::store as cellar;",
    ] {
        assert_eq!(found("intake/table.rs", source), expected, "{source}");
    }
    assert_eq!(found("intake/mod.rs", "use super::store;"), expected);
    assert_eq!(found("domain/period.rs", "use crate::stats;"), ["domain may not import crate::stats"]);
    assert_eq!(found("http/router.rs", "use crate::cli::run;"), ["http may not import crate::cli"]);
    assert_eq!(found("graphql/query.rs", "use crate::store::Row;"), ["graphql may not import crate::store"]);
}

#[test]
fn a_forbidden_crate_is_found_in_every_form() {
    for source in
        ["use tokio::sync::Mutex;", "use tokio;", "use {serde::Serialize, tokio};", "#[tokio::main] fn f() {}"]
    {
        let problems = found("scoring/fit.rs", source);
        assert!(
            problems.len() == 1 && problems[0].starts_with("scoring may not import tokio"),
            "{source}: {problems:?}"
        );
    }
    assert_eq!(found("stats/normal.rs", "use serde::Serialize;"), ["stats may not import serde::Serialize"]);
    assert_eq!(found("domain/id.rs", "use toml::Table;"), ["domain may not import toml::Table"]);
    assert_eq!(found("service/approve.rs", "use sqlx::Row;"), ["service may not import sqlx::Row"]);
    assert_eq!(found("graphql/mod.rs", "use axum::Json;"), ["graphql may not import axum::Json"]);
}

#[test]
fn the_outside_world_is_found_in_a_pure_room() {
    assert_eq!(found("catalogue/load.rs", "use std::fs::read;"), ["catalogue may not import std::fs::read"]);
    assert_eq!(found("intake/mod.rs", "use std::{fmt, env};"), ["intake may not import std::env"]);
    assert_eq!(
        found("domain/clock.rs", "fn now() { jiff::Timestamp::now(); }"),
        ["domain may not import jiff::Timestamp::now"]
    );
    assert_eq!(found("scoring/run.rs", "async fn run() {}"), ["scoring is not async"]);
    assert_eq!(found("store/files.rs", "use std::fs::read;"), [""; 0]);
}

#[test]
fn what_may_be_imported_is_let_be() {
    for (path, source) in [
        ("scoring/fit.rs", "use crate::{domain::Period, stats::normal};\nuse super::sector::Sector;"),
        ("intake/table.rs", "use super::store::Records; // a module of our own room"),
        ("intake/table.rs", "// use tokio::sync;\n/* crate::store /* nested */ crate::http */ fn f() {}"),
        (
            "intake/table.rs",
            r##"const TEXT: &str = r#"use "tokio"::sync"#; const OTHER: &str = "crate::store\" tokio::x";"##,
        ),
        ("intake/table.rs", "fn f<'a>(text: &'a str) -> char { let quote = '\"'; let other = '\\''; quote }"),
        ("intake/table.rs", "#[cfg(test)]\nmod tests { use tokio::sync; fn f() { { std::fs::read(); } } }\nfn g() {}"),
        ("intake/table/tests.rs", "use crate::store::Database;"),
        ("cli/serve.rs", "use crate::{http, service, store};\nuse tokio::net;"),
        ("lib.rs", "pub mod store;"),
    ] {
        assert_eq!(found(path, source), [""; 0], "{source}");
    }
}

#[test]
fn code_after_a_test_module_is_seen() {
    let source = "#[cfg(test)]\nmod tests { fn f() { {} } }\nuse crate::store::Database;";
    assert_eq!(found("intake/table.rs", source), ["intake may not import crate::store"]);
}

#[test]
fn an_unknown_room_is_asked_to_sign_in() {
    assert!(found("attic/mod.rs", "")[0].contains("attic is not in the table"));
}

#[test]
fn misplaced_texts_are_found_at_their_line() {
    let source = "// SELECT nothing\nconst A: &str = \"x\";\nconst B: &str = \"SELECT 1\n  FROM t\";";
    let problems = misplaced_texts(Path::new("service/list.rs"), source);
    assert!(problems.len() == 1 && problems[0].starts_with("service/list.rs:3: SQL outside"), "{problems:?}");
    assert_eq!(misplaced_texts(Path::new("store/list.rs"), source), [""; 0]);
    let source = "include_str!(\"../../schema/themes.toml\")";
    assert_eq!(misplaced_texts(Path::new("cli/schema.rs"), source).len(), 1);
    assert_eq!(misplaced_texts(Path::new("catalogue/embedded.rs"), source).len(), 0);
}

#[test]
fn sql_is_told_from_prose() {
    assert!(is_sql("UPDATE submission\n SET state = $1"));
    assert!(is_sql("INSERT INTO upload (id) VALUES ($1)"));
    assert!(!is_sql("select the period, or update it and set a new one"));
    assert!(!is_sql("SELECTION and PRAGMATIC"));
}

#[test]
fn a_line_is_counted_through_texts_and_comments() {
    let (tokens, literals) = scan("/* a\n b */ let x = \"c\nd\";\nlast");
    assert_eq!(literals[0].line, 2);
    assert_eq!(tokens.last().map(|token| (token.text.as_str(), token.line)), Some(("last", 4)));
}

#[test]
fn a_migration_without_its_twin_is_found() {
    assert_eq!(unpaired(&["0001_start.sql"], &["0001_start.sql"]), [""; 0]);
    assert_eq!(unpaired(&["0001_start.sql", "0002_tokens.sql"], &["0001_start.sql"]).len(), 1);
    assert_eq!(unpaired(&["0001_start.sql"], &["0001_begin.sql"]).len(), 2);
    let twice = ["0001_start.sql", "0001_tokens.sql"];
    assert!(unpaired(&twice, &twice)[0].contains("used twice"));
    assert_eq!(unpaired(&["start.sql"], &["start.sql"]).len(), 2);
}
