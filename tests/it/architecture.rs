//! Holds the code to the house rules: who may import whom, where SQL lives, how long a file may be, which
//! migrations belong together (docs/architecture.md).

mod source;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use source::{Target, imports, scan, without_tests};

/// The longest that a file in `src` may be.
const LINES: usize = 450;

/// A module of the house and what it may name.
struct Room {
    name: &'static str,
    /// The rooms it may import.
    rooms: &'static [&'static str],
    crates: Crates,
}

/// The crates besides `std` that a room may use.
enum Crates {
    /// These.
    Only(&'static [&'static str]),
    /// Those of the pure core, which are not behind the feature `server`; nor what std has of the outside world.
    Pure,
    /// All but these.
    AllBut(&'static [&'static str]),
}

const HOUSE: &[Room] = &[
    Room { name: "stats", rooms: &[], crates: Crates::Only(&[]) },
    Room { name: "domain", rooms: &[], crates: Crates::Only(&["jiff", "serde", "sha2", "thiserror"]) },
    Room { name: "catalogue", rooms: &["domain"], crates: Crates::Pure },
    Room { name: "intake", rooms: &["domain", "catalogue"], crates: Crates::Pure },
    Room { name: "scoring", rooms: &["domain", "catalogue", "stats"], crates: Crates::Pure },
    Room {
        name: "sheets",
        rooms: &["domain", "catalogue", "intake"],
        crates: Crates::Only(&["rust_xlsxwriter", "thiserror"]),
    },
    Room {
        name: "store",
        rooms: &["domain"],
        crates: Crates::AllBut(&["apollo_compiler", "async_graphql", "axum", "clap", "tower_http"]),
    },
    Room {
        name: "service",
        rooms: &["domain", "catalogue", "intake", "scoring", "sheets", "stats", "store"],
        crates: Crates::AllBut(&["apollo_compiler", "async_graphql", "axum", "clap", "sqlx", "tower_http"]),
    },
    Room {
        name: "graphql",
        rooms: &["domain", "catalogue", "service"],
        crates: Crates::AllBut(&["axum", "clap", "sqlx", "tower_http"]),
    },
    Room {
        name: "identity",
        rooms: &["domain"],
        crates: Crates::AllBut(&["apollo_compiler", "async_graphql", "axum", "clap", "sqlx", "tower_http"]),
    },
    Room {
        name: "http",
        rooms: &["domain", "service", "graphql", "identity", "config", "telemetry"],
        crates: Crates::AllBut(&["clap", "sqlx"]),
    },
    Room { name: "system", rooms: &["domain"], crates: Crates::AllBut(&["async_graphql", "axum", "clap", "sqlx"]) },
    Room { name: "config", rooms: &["domain"], crates: Crates::AllBut(&["async_graphql", "axum", "sqlx"]) },
    Room { name: "telemetry", rooms: &["config"], crates: Crates::AllBut(&["async_graphql", "axum", "sqlx"]) },
    Room {
        name: "cli",
        rooms: &[
            "domain",
            "catalogue",
            "intake",
            "scoring",
            "sheets",
            "stats",
            "store",
            "service",
            "graphql",
            "identity",
            "http",
            "system",
            "config",
            "telemetry",
        ],
        crates: Crates::AllBut(&[]),
    },
];

/// What a pure room may not use of the standard library: the world outside of its arguments.
const OUTSIDE: &[&[&str]] = &[
    &["std", "env"],
    &["std", "fs"],
    &["std", "net"],
    &["std", "os"],
    &["std", "process"],
    &["std", "thread"],
    &["std", "time", "Instant"],
    &["std", "time", "SystemTime"],
    &["jiff", "Timestamp", "now"],
    &["jiff", "Zoned", "now"],
];

/// The crates of Cargo.toml, as code names them.
struct Manifest {
    pure: BTreeSet<String>,
    server: BTreeSet<String>,
}

impl Manifest {
    fn read() -> Self {
        let manifest: toml::Table = read(&root().join("Cargo.toml")).parse().unwrap();
        let (mut pure, mut server) = (BTreeSet::new(), BTreeSet::new());
        for (name, settings) in manifest["dependencies"].as_table().unwrap() {
            let optional = settings.get("optional").and_then(toml::Value::as_bool).unwrap_or(false);
            if optional { &mut server } else { &mut pure }.insert(name.replace('-', "_"));
        }
        Self { pure, server }
    }

    fn all(&self) -> BTreeSet<String> {
        let standard = ["std", "core", "alloc"].map(str::to_owned);
        self.pure.iter().chain(&self.server).cloned().chain(standard).collect()
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file below `src`, by its path there.
fn sources() -> Vec<(PathBuf, String)> {
    let (mut folders, mut files) = (vec![root().join("src")], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push((path.strip_prefix(root().join("src")).unwrap().to_owned(), read(&path)));
            }
        }
    }
    files.sort();
    assert!(files.len() > 20, "src was not found");
    files
}

/// The module that a file below `src` holds: `["store", "tokens"]`; none for the roots of the crate.
fn module(path: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        path.with_extension("").iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if matches!(names.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        names.pop();
    }
    names
}

/// Whether the file holds only tests: `tests.rs`, `…_tests.rs`, or any file in a folder `tests`.
fn is_test(path: &Path) -> bool {
    module(path).iter().any(|name| name == "tests" || name.ends_with("_tests"))
}

/// What is wrong with the imports of one file.
fn forbidden_imports(path: &Path, source: &str, manifest: &Manifest) -> Vec<String> {
    let module = module(path);
    let Some(name) = module.first().filter(|_| !is_test(path)) else { return Vec::new() };
    let Some(room) = HOUSE.iter().find(|room| room.name == name) else {
        return vec![format!("{}: the room {name} is not in the table of tests/it/architecture.rs", path.display())];
    };
    let tokens = without_tests(&scan(source).0);
    let mut problems = Vec::new();
    for (target, line) in imports(&tokens, &module, &manifest.all()) {
        let named = match &target {
            Target::Own(other) => other == name || room.rooms.contains(&other.as_str()) || !is_room(other),
            Target::Other(other) => room.crates.allow(other, manifest),
        };
        if !named {
            let what = match target {
                Target::Own(other) => format!("crate::{other}"),
                Target::Other(other) => other.join("::"),
            };
            problems.push(format!("{}:{line}: {name} may not import {what}", path.display()));
        }
    }
    if !matches!(room.crates, Crates::AllBut(_)) {
        let asynchronous = tokens.iter().filter(|token| token.text == "async");
        problems.extend(asynchronous.map(|token| format!("{}:{}: {name} is not async", path.display(), token.line)));
    }
    problems
}

fn is_room(name: &str) -> bool {
    // A macro or an item of the root of the crate is not a room; a module without an entry in the table is.
    HOUSE.iter().any(|room| room.name == name) || root().join("src").join(name).is_dir()
}

impl Crates {
    fn allow(&self, path: &[String], manifest: &Manifest) -> bool {
        let name = path[0].as_str();
        let standard = matches!(name, "std" | "core" | "alloc");
        let outside = OUTSIDE.iter().any(|forbidden| {
            path.iter().zip(*forbidden).filter(|(one, other)| one == *other).count() == forbidden.len()
        });
        match self {
            Self::Only(crates) => !outside && (standard || crates.contains(&name)),
            Self::Pure => !outside && (standard || manifest.pure.contains(name)),
            Self::AllBut(crates) => !crates.contains(&name),
        }
    }
}

/// Whether a text is an SQL statement or a part of one.
fn is_sql(text: &str) -> bool {
    let statements = [
        "SELECT ",
        "INSERT INTO ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "ALTER TABLE ",
        "DROP TABLE ",
        "PRAGMA ",
        "ORDER BY ",
    ];
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    statements.iter().any(|keyword| flat.contains(keyword)) || (flat.contains("UPDATE ") && flat.contains(" SET "))
}

/// Texts that stand where they do not belong: SQL outside of `store`, paths into `schema/` outside of `catalogue`.
fn misplaced_texts(path: &Path, source: &str) -> Vec<String> {
    let module = module(path);
    let room = module.first().map_or("", String::as_str);
    let mut problems = Vec::new();
    for literal in scan(source).1 {
        let place = format!("{}:{}", path.display(), literal.line);
        if room != "store" && is_sql(&literal.text) {
            problems.push(format!("{place}: SQL outside of src/store: {}", literal.text));
        }
        if room != "catalogue" && literal.text.contains("schema/") {
            problems.push(format!("{place}: only src/catalogue reads schema/: {}", literal.text));
        }
    }
    problems
}

/// Migrations that one engine has and the other has not, and numbers used twice.
fn unpaired(sqlite: &[&str], postgres: &[&str]) -> Vec<String> {
    let mut problems = Vec::new();
    for (engine, names, other) in [("sqlite", sqlite, postgres), ("postgres", postgres, sqlite)] {
        let mut numbers = BTreeSet::new();
        for name in names {
            let number = name.split('_').next().unwrap_or_default();
            if number.len() != 4 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
                problems.push(format!("{engine}/{name} does not begin with four digits"));
            }
            if !numbers.insert(number) {
                problems.push(format!("{engine}/{name}: the number {number} is used twice"));
            }
            if !other.contains(name) {
                problems.push(format!("{engine}/{name} has no twin on the other engine"));
            }
        }
    }
    problems
}

fn names_in(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[track_caller]
fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn every_room_imports_only_what_it_may() {
    let manifest = Manifest::read();
    let problems: Vec<String> =
        sources().iter().flat_map(|(path, source)| forbidden_imports(path, source, &manifest)).collect();
    assert_none(&problems);
}

#[test]
fn sql_and_schema_files_stay_in_their_room() {
    let problems: Vec<String> = sources().iter().flat_map(|(path, source)| misplaced_texts(path, source)).collect();
    assert_none(&problems);
}

#[test]
fn sql_is_never_put_together_at_run_time() {
    // The lint on the type does not see its constructor.
    let assembled = |(path, source): &(PathBuf, String)| {
        let token = scan(source).0.into_iter().find(|token| token.text == "AssertSqlSafe")?;
        Some(format!("{}:{}: SQL is a constant text", path.display(), token.line))
    };
    assert_none(&sources().iter().filter_map(assembled).collect::<Vec<_>>());
}

#[test]
fn every_file_can_be_read_in_one_sitting() {
    let long = |(path, source): &(PathBuf, String)| {
        let lines = source.lines().count();
        (lines > LINES).then(|| format!("{}: {lines} lines, more than {LINES}", path.display()))
    };
    assert_none(&sources().iter().filter_map(long).collect::<Vec<_>>());
}

#[test]
fn migrations_come_in_pairs() {
    let (sqlite, postgres) =
        (names_in(&root().join("migrations/sqlite")), names_in(&root().join("migrations/postgres")));
    let sqlite: Vec<&str> = sqlite.iter().map(String::as_str).collect();
    let postgres: Vec<&str> = postgres.iter().map(String::as_str).collect();
    assert_none(&unpaired(&sqlite, &postgres));
}

mod tests;
