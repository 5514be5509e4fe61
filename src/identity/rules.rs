//! What the provider's claims mean here: which give the role of inspector, and which carry the code of an organisation.
//! Without a rule that fits, nobody gets in.

use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::domain::{AgbCode, Capacity};

/// The operator's rules.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// What is asked of the provider besides `openid`, so that it tells the claims.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Any of these makes an inspector.
    #[serde(default)]
    inspector: Vec<Holding>,
    /// Any of these makes somebody of the organisation whose code the claim carries.
    #[serde(default)]
    organisation: Vec<Carrying>,
}

/// A claim with a value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Holding {
    claim: Claim,
    value: String,
}

/// A claim that carries a code, where another holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Carrying {
    claim: Claim,
    #[serde(default)]
    only_with: Option<Holding>,
}

/// The name of a claim, or the names that lead to one inside of another.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Claim {
    Name(String),
    Path(Vec<String>),
}

/// Why the rules cannot be used.
#[derive(Debug, Error)]
pub enum RulesError {
    /// The text is no TOML of this form.
    #[error("{0}")]
    Form(#[from] toml::de::Error),
    /// Nobody could get in.
    #[error("there is no rule for an inspector and none for an organisation: nobody could sign in")]
    Nobody,
    /// A claim without a name, or a value or scope that is empty.
    #[error("a claim, a value or a scope is empty")]
    Empty,
}

impl Claim {
    fn steps(&self) -> &[String] {
        match self {
            Self::Name(name) => std::slice::from_ref(name),
            Self::Path(names) => names,
        }
    }

    /// The texts that the claim holds: one, or those of a list. A whole number counts as its digits.
    fn texts(&self, claims: &Map<String, Value>) -> Vec<String> {
        let Some((first, rest)) = self.steps().split_first() else { return Vec::new() };
        let found = rest.iter().try_fold(claims.get(first), |at, step| at.map(|value| value.get(step)));
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Number(number) => number.as_u64().map(|number| number.to_string()),
            _ => None,
        };
        match found.flatten() {
            Some(Value::Array(items)) => items.iter().filter_map(text).collect(),
            Some(value) => text(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.steps().is_empty() || self.steps().iter().any(String::is_empty)
    }
}

impl Holding {
    fn holds(&self, claims: &Map<String, Value>) -> bool {
        self.claim.texts(claims).contains(&self.value)
    }

    fn is_empty(&self) -> bool {
        self.claim.is_empty() || self.value.is_empty()
    }
}

impl Rules {
    /// Reads rules from TOML.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let rules: Self = toml::from_str(text)?;
        if rules.inspector.is_empty() && rules.organisation.is_empty() {
            return Err(RulesError::Nobody);
        }
        let empty = rules.inspector.iter().any(Holding::is_empty)
            || rules.scopes.iter().any(|scope| scope.trim().is_empty())
            || rules
                .organisation
                .iter()
                .any(|one| one.claim.is_empty() || one.only_with.as_ref().is_some_and(Holding::is_empty));
        if empty { Err(RulesError::Empty) } else { Ok(rules) }
    }

    /// For whom somebody with these claims asks. `None` when nothing fits, and when more than one thing does: who is
    /// both inspector and organisation, or of two organisations, is told apart by nobody here.
    pub(super) fn capacity(&self, claims: &Map<String, Value>) -> Option<Capacity> {
        let inspector = self.inspector.iter().any(|rule| rule.holds(claims));
        let mut codes: Vec<AgbCode> = Vec::new();
        for rule in &self.organisation {
            if rule.only_with.as_ref().is_none_or(|needed| needed.holds(claims)) {
                for text in rule.claim.texts(claims) {
                    // A claim that carries something else is not understood, and not passed over.
                    codes.push(text.parse().ok()?);
                }
            }
        }
        codes.sort_unstable();
        codes.dedup();
        match (inspector, codes.as_slice()) {
            (true, []) => Some(Capacity::Inspector),
            (false, [code]) => Some(Capacity::Organisation(*code)),
            _ => None,
        }
    }
}
