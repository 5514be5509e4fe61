//! The trusted documents, admitted by the guard before anybody asks for them.

use std::collections::BTreeMap;

use super::guard::{Admitted, Guard, Refusal};
use crate::{catalogue::Operation, domain::Digest};

/// What the identifier of a document begins with: the digest that it is.
const PREFIX: &str = "sha256:";

/// A document that the guard admits, found by its identifier.
#[derive(Clone, Debug)]
pub struct TrustedDocument {
    /// The document as it is written down.
    pub operation: Operation,
    /// What the guard made of it.
    pub admitted: Admitted,
}

/// The documents that may be asked for by their identifier.
#[derive(Clone, Debug, Default)]
pub struct TrustedDocuments(BTreeMap<Digest, TrustedDocument>);

/// A document that the guard refuses.
#[derive(Debug, thiserror::Error)]
#[error("{name}.graphql is refused: {refusal:?}")]
pub struct DocumentError {
    /// The name of its file.
    pub name: String,
    /// Why.
    pub refusal: Refusal,
}

impl TrustedDocuments {
    /// `operations`, each judged by `guard` as what any client sends is; each holds one operation.
    pub fn new(guard: &Guard, operations: Vec<Operation>) -> Result<Self, DocumentError> {
        let admit = |operation: Operation| match guard.admit(&operation.document, None) {
            Ok(admitted) => Ok((operation.id, TrustedDocument { operation, admitted })),
            Err(refusal) => Err(DocumentError { name: operation.name, refusal }),
        };
        operations.into_iter().map(admit).collect::<Result<_, _>>().map(Self)
    }

    /// The document that `id` names: `sha256:` and 64 hexadecimal characters in lower case.
    pub fn find(&self, id: &str) -> Option<&TrustedDocument> {
        let digest = id.strip_prefix(PREFIX)?;
        let found = self.0.get(&digest.parse::<Digest>().ok()?);
        found.filter(|document| document.operation.id.to_string() == digest)
    }

    /// All of them, in the order of their names.
    pub fn all(&self) -> Vec<&Operation> {
        let mut all: Vec<&Operation> = self.0.values().map(|document| &document.operation).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// The identifier of `operation`.
    pub fn id(operation: &Operation) -> String {
        format!("{PREFIX}{}", operation.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::{guard::Limits, sdl};

    fn documents() -> TrustedDocuments {
        let guard = Guard::new(&sdl(), Limits::default()).unwrap();
        TrustedDocuments::new(&guard, Operation::embedded().unwrap()).unwrap()
    }

    #[test]
    fn every_document_is_valid_and_its_example_fits() {
        let documents = documents();
        let all = documents.all();
        assert!(all.len() >= 10);
        for operation in all {
            let found = documents.find(&TrustedDocuments::id(operation)).unwrap();
            assert!(found.admitted.operation_name().is_some(), "{} has no name", operation.name);
            found
                .admitted
                .check_variables(&operation.variables)
                .unwrap_or_else(|error| panic!("{}: {error:?}", operation.name));
        }
    }

    #[test]
    fn an_identifier_has_one_form() {
        let documents = documents();
        let id = TrustedDocuments::id(documents.all()[0]);
        assert!(documents.find(&id).is_some());
        for wrong in
            [id.to_uppercase(), id.replace("sha256:", ""), format!("{id} "), format!("sha256:{}", "0".repeat(64))]
        {
            assert!(documents.find(&wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn what_the_guard_refuses_is_not_written_down() {
        let guard = Guard::new(&sdl(), Limits::default()).unwrap();
        for body in ["query Q { nothing }", "query A { viewer { role } } query B { viewer { role } }"] {
            let operation = Operation::read("x", format!("# nl: x\n# en: x\n{body}\n")).unwrap();
            assert!(TrustedDocuments::new(&guard, vec![operation]).is_err(), "{body}");
        }
    }
}
