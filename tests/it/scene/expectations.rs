//! The table of who gets what: fixtures/scope/expectations.toml.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What an asker gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Gets {
    Refused,
    Forbidden,
    Nothing,
    Own,
    Shared,
    Seen,
    Found,
}

/// The root field, its arguments or input, and what anonymous, owner, other and inspector get.
pub(crate) type Line = (String, String, Gets, Gets, Gets, Gets);

/// The whole table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectations {
    pub(crate) query: Vec<Line>,
    pub(crate) mutation: Vec<Line>,
    pub(crate) subscription: Vec<Line>,
    /// With the method and the route in front.
    pub(crate) route: Vec<(String, String, String, Gets, Gets, Gets, Gets)>,
    pub(crate) whose: BTreeMap<String, Vec<String>>,
    pub(crate) doors: BTreeMap<String, Gets>,
}

/// What intermediaries get by the same doors: the one with a mandate of the owner in force, and the one without.
#[derive(Debug, Deserialize)]
pub(crate) struct Mandates {
    pub(crate) query: Vec<(String, String, Gets, Gets)>,
    pub(crate) mutation: Vec<(String, String, Gets, Gets)>,
    pub(crate) subscription: Vec<(String, String, Gets, Gets)>,
    /// The method and the path asked for.
    pub(crate) route: Vec<(String, String, Gets, Gets)>,
}

impl Mandates {
    /// The table as it is kept.
    pub(crate) fn read() -> Self {
        toml::from_str(include_str!("../../../fixtures/scope/mandates.toml")).unwrap()
    }

    /// What the line of two words in `lines` says.
    pub(crate) fn of(lines: &[(String, String, Gets, Gets)], one: &str, other: &str) -> [Gets; 2] {
        let found = lines.iter().find(|line| line.0 == one && line.1 == other);
        let Some((.., mandated, stranger)) = found else { panic!("no line in mandates.toml for {one} {other}") };
        [*mandated, *stranger]
    }
}

impl Expectations {
    /// The table as it is kept.
    pub(crate) fn read() -> Self {
        toml::from_str(include_str!("../../../fixtures/scope/expectations.toml")).unwrap()
    }
}
