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

impl Expectations {
    /// The table as it is kept.
    pub(crate) fn read() -> Self {
        toml::from_str(include_str!("../../../fixtures/scope/expectations.toml")).unwrap()
    }
}
