//! docs/security.md says which test holds what: the tests it names exist, and what it says holds is held by one.

use std::{fs, path::Path};

/// Where a test stands, in the words of the page.
fn exists(reference: &str) -> bool {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |path: &str| fs::read_to_string(top.join(path)).unwrap_or_default();
    if let Some(reference) = reference.strip_prefix("suites::") {
        let (file, title) = reference.split_once("::").unwrap();
        let suite = text(&format!("tests/suites/{file}.test.mjs"));
        return ['\'', '`'].iter().any(|quote| suite.contains(&format!("test({quote}{title}")));
    }
    if reference.starts_with("scripts/") {
        return top.join(reference).is_file();
    }
    let (module, function) = reference.rsplit_once("::").unwrap();
    let path = module.replace("::", "/");
    let files = if let Some(path) = path.strip_prefix("it/") {
        vec![format!("tests/it/{path}.rs")]
    } else {
        let path = path.strip_prefix("lib/").unwrap_or_else(|| panic!("{reference} is no test"));
        vec![format!("src/{path}.rs"), format!("src/{path}/tests.rs")]
    };
    let is_test = |file: &String| {
        let text = text(file);
        let head = format!("fn {function}(");
        text.find(&head).is_some_and(|at| {
            let mut before =
                text[..at].rsplit('\n').skip(1).map(str::trim).take_while(|line| line.starts_with(['#', '/']));
            let is_marked = before.any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"));
            // As `both!` takes them.
            is_marked || text[at..].lines().next().is_some_and(|line| line.contains(": TestDatabase) {"))
        })
    };
    files.iter().any(is_test)
}

#[test]
fn every_test_that_the_page_names_exists() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security.md")).unwrap();
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .filter(|row: &Vec<&str>| !matches!(row[0], "group" | "advice"))
        .collect();
    assert!(rows.len() > 60, "{} rows", rows.len());
    let mut missing = Vec::new();
    for row in &rows {
        let [name, state, how] = row[..] else { panic!("{row:?}") };
        assert!(["holds", "partly", "open", "operator", "none"].contains(&state), "{name}: {state}");
        let named: Vec<&str> = how.split('`').skip(1).step_by(2).filter(|code| is_reference(code)).collect();
        missing.extend(
            named.iter().filter(|reference| !exists(reference)).map(|reference| format!("{name}: {reference}")),
        );
        let below = how.contains("See the table below");
        assert!(state != "holds" || !named.is_empty() || below, "{name} holds by no test");
    }
    assert!(missing.is_empty(), "there is no such test:\n{}", missing.join("\n"));
}

fn is_reference(code: &str) -> bool {
    ["it::", "lib::", "suites::", "scripts/"].iter().any(|beginning| code.starts_with(beginning))
}

#[test]
fn a_name_that_is_no_test_is_not_taken_for_one() {
    assert!(exists("it::walls::every_table_has_its_wall") && exists("lib::http::rates::a_subscriber_has_one_network"));
    for wrong in [
        "it::walls::every_table",
        "it::walls::tables",
        "it::nowhere::a_test",
        "lib::http::rates::attempt",
        "suites::probes::documents that never were",
        "scripts/nothing",
    ] {
        assert!(!exists(wrong), "{wrong}");
    }
}
