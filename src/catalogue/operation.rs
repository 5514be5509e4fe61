//! The trusted documents: questions and changes that are written down, each known by the SHA-256 of its text.

use serde_json::{Map, Value};
use thiserror::Error;

use super::embedded;
use crate::domain::{Digest, Text};

/// A GraphQL document that is written down, with what it is called and an example of its variables.
///
/// Its text begins with lines of comment: `# nl:` and `# en:` say what it is for, `# variables:` has the example.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The name of its file, without the ending.
    pub name: String,
    /// What it is for.
    pub title: Text,
    /// The whole text, comments included.
    pub document: String,
    /// SHA-256 of the text, by which it is asked for.
    pub id: Digest,
    /// Variables to begin with.
    pub variables: Map<String, Value>,
}

/// A document that cannot be offered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{name}.graphql: {fault}")]
pub struct OperationError {
    /// The name of its file, without the ending.
    pub name: String,
    /// What is wrong with it.
    pub fault: String,
}

impl Operation {
    /// The documents that were built into the binary, in the order of their names.
    pub fn embedded() -> Result<Vec<Self>, OperationError> {
        embedded::operations().into_iter().map(|(name, document)| Self::read(&name, document)).collect()
    }

    /// The document with this text.
    pub fn read(name: &str, document: String) -> Result<Self, OperationError> {
        let fault = |fault: &str| OperationError { name: name.to_owned(), fault: fault.to_owned() };
        let said = |key: &str| {
            let head = document.lines().map_while(|line| line.strip_prefix("# "));
            head.filter_map(|line| line.strip_prefix(key)?.strip_prefix(": ")).map(str::trim).next()
        };
        let title =
            |key| said(key).map(str::to_owned).ok_or_else(|| fault("its first lines have no title in `nl` and `en`"));
        let title = Text { nl: title("nl")?, en: title("en")? };
        let variables = match said("variables") {
            Some(text) => serde_json::from_str(text).map_err(|_| fault("its variables are no JSON object"))?,
            None => Map::new(),
        };
        Ok(Self { name: name.to_owned(), title, id: Digest::of(document.as_bytes()), variables, document })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_says_what_it_is_for() {
        let text = "# nl: Wie?\n# en: Who?\n# variables: {\"a\": 1}\nquery Who { viewer { role } } # nl: niets\n";
        let read = Operation::read("who", text.to_owned()).unwrap();
        assert_eq!(
            (read.title.nl.as_str(), read.title.en.as_str(), read.variables["a"].as_i64()),
            ("Wie?", "Who?", Some(1))
        );
        assert_eq!((read.id, read.document.as_str()), (Digest::of(text.as_bytes()), text));
        for broken in
            ["query Who { viewer }", "# nl: Wie?\nquery Q { a }", "# nl: W\n# en: W\n# variables: 1\nquery Q { a }"]
        {
            assert!(Operation::read("who", broken.to_owned()).is_err(), "{broken}");
        }
    }

    #[test]
    fn all_are_there_under_ids_of_their_own() {
        let all = Operation::embedded().unwrap();
        let ids: std::collections::BTreeSet<Digest> = all.iter().map(|one| one.id).collect();
        assert!(all.len() >= 10 && ids.len() == all.len(), "{} {}", all.len(), ids.len());
    }
}
