//! The guard: decides whether a GraphQL document may be executed. Pure; every way in passes through it.
//!
//! Parser and validator of the engine walk a document recursively and expand its fragments without remembering
//! what they saw, so a few kilobytes can hold them for minutes. Hence the order here: count brackets and tokens
//! in one pass without recursion; parse; measure what the document expands to with every fragment measured
//! once; and only then validate a document that is known to be small.

mod limits;
mod measure;
mod refusal;
mod scan;
mod spelling;
#[cfg(test)]
mod tests;
mod values;

use std::{
    borrow::Cow,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use apollo_compiler::{
    ExecutableDocument, Schema, ast,
    diagnostic::ToCliReport as _,
    executable::{self, OperationType},
    name,
    parser::Parser,
    request::coerce_variable_values,
    response::JsonMap,
    schema::{Component, ExtendedType, FieldDefinition, Type},
    validation::{DiagnosticList, Valid, WithErrors},
};

use lru::LruCache;

use super::plan::Prepared;
use crate::domain::Digest;

pub use limits::Limits;
pub use refusal::{Complaint, Exceeded, Measure, Place, Refusal};

/// More complaints than this about one document help nobody.
const COMPLAINTS: usize = 20;

/// How many admitted documents are remembered, and of how many bytes each at the most.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(256).unwrap();
const LARGEST_REMEMBERED: usize = 4 * 1024;

/// The argument of a field that is answered as known at a moment.
const MOMENT: &str = "asKnownAt";

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// Reads.
    Query,
    /// Changes something; never by GET.
    Mutation,
    /// Keeps answering.
    Subscription,
}

type AdmittedCache = LruCache<(Digest, Option<String>), Admitted>;

/// The schema to validate against and the limits to hold documents to.
#[derive(Clone)]
pub struct Guard {
    schema: Arc<Valid<Schema>>,
    limits: Limits,
    /// What was admitted, by its text and operation: most documents are asked often.
    admitted: Arc<Mutex<AdmittedCache>>,
}

/// The schema definition language text given to [`Guard::new`] is not a valid schema.
#[derive(Debug, thiserror::Error)]
#[error("the schema is invalid: {0}")]
pub struct SchemaError(String);

/// A document that was admitted, and the operation that was selected in it.
#[derive(Clone, Debug)]
pub struct Admitted {
    kind: OperationKind,
    operation_name: Option<String>,
    hash: Digest,
    cost: u32,
    respelled: Option<String>,
    document: Arc<Valid<ExecutableDocument>>,
    /// The same as the engine reads it.
    prepared: Option<Arc<Prepared>>,
    schema: Arc<Valid<Schema>>,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Guard {
    /// A guard for the schema whose text is `sdl`.
    pub fn new(sdl: &str, limits: Limits) -> Result<Self, SchemaError> {
        let invalid = |invalid: WithErrors<Schema>| SchemaError(invalid.errors.to_string());
        let mut schema = Schema::parse(sdl, "schema.graphql").map_err(invalid)?;
        know_one_of(&mut schema);
        let schema = schema.validate().map_err(invalid)?;
        Ok(Self { schema: Arc::new(schema), limits, admitted: Arc::new(Mutex::new(LruCache::new(REMEMBERED))) })
    }

    /// Judges `document` and selects the operation that `operation_name` names; without a name the document must
    /// hold exactly one operation.
    pub fn admit(&self, document: &str, operation_name: Option<&str>) -> Result<Admitted, Refusal> {
        let hash = Digest::of(document.as_bytes());
        let key = (hash, operation_name.map(str::to_owned));
        if let Some(known) = self.admitted.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let admitted = self.judge(document, operation_name, hash)?;
        if document.len() <= LARGEST_REMEMBERED {
            self.admitted.lock().unwrap_or_else(PoisonError::into_inner).put(key, admitted.clone());
        }
        Ok(admitted)
    }

    fn judge(&self, source: &str, operation_name: Option<&str>, hash: Digest) -> Result<Admitted, Refusal> {
        scan::check(source, &self.limits)?;
        let text = spelling::without_descriptions(source)?;
        let parsed = self.parse(&text)?;
        let costs = measure::check(&parsed, &self.limits)?;
        let document = parsed
            .to_executable_validate(&self.schema)
            .map_err(|invalid| Refusal::Validation(complaints(&invalid.errors)))?;
        let mut wrong = values::written(&self.schema, &document);
        if !wrong.is_empty() {
            wrong.truncate(COMPLAINTS);
            return Err(Refusal::Validation(wrong));
        }
        let respelled = spelling::spelled_out(&text).or(match text {
            Cow::Owned(text) => Some(text),
            Cow::Borrowed(_) => None,
        });
        let operation =
            document.operations.get(operation_name).map_err(|error| Refusal::Operation(error.message().to_string()))?;
        let kind = match operation.operation_type {
            OperationType::Query => OperationKind::Query,
            OperationType::Mutation => OperationKind::Mutation,
            OperationType::Subscription => OperationKind::Subscription,
        };
        let operation_name = operation.name.as_ref().map(ToString::to_string);
        let cost = costs.into_iter().find(|(name, _)| *name == operation_name).map_or(1, |(_, cost)| cost);
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        let document = Arc::new(document);
        // Only now: its parser is safe with what is small.
        let parsed = async_graphql::parser::parse_query(respelled.as_deref().unwrap_or(source)).ok();
        let prepared = parsed.map(|parsed| Arc::new(Prepared::new(parsed, operation_name.as_deref())));
        let schema = Arc::clone(&self.schema);
        Ok(Admitted { kind, operation_name, hash, cost, respelled, document, prepared, schema })
    }

    fn parse(&self, document: &str) -> Result<ast::Document, Refusal> {
        // The scan has bounded both already; these are the second wall. The parser counts white space and commas
        // as tokens, of which there cannot be more than bytes, and may count a bracket more than once.
        Parser::new()
            .recursion_limit(self.limits.nesting.saturating_mul(4))
            .token_limit(self.limits.bytes.saturating_add(1))
            .parse_ast(document, "request")
            .map_err(|invalid| Refusal::Parse(complaints(&invalid.errors)))
    }
}

impl Admitted {
    /// What the selected operation does.
    pub const fn kind(&self) -> OperationKind {
        self.kind
    }

    /// The name of the selected operation, when it has one.
    pub fn operation_name(&self) -> Option<&str> {
        self.operation_name.as_deref()
    }

    /// SHA-256 of the document's text.
    pub const fn hash(&self) -> Digest {
        self.hash
    }

    /// The document as the engine can read it, where that is not its own text.
    pub fn respelled(&self) -> Option<&str> {
        self.respelled.as_deref()
    }

    /// What the selected operation costs, in points: its fields, every fragment counted where it is spread.
    pub const fn cost(&self) -> u32 {
        self.cost
    }

    /// The document as the engine reads it; nothing when it cannot, which it then says itself.
    pub fn prepared(&self) -> Option<&Prepared> {
        self.prepared.as_deref()
    }

    /// Whether everything it asks is answered as known at a moment: each of its root fields takes `asKnownAt`.
    pub fn is_as_known_at(&self) -> bool {
        let Ok(operation) = self.document.operations.get(self.operation_name()) else { return false };
        let takes_a_moment = |field: &executable::Field| field.definition.argument_by_name(MOMENT).is_some();
        self.kind == OperationKind::Query && operation.root_fields(&self.document).all(|field| takes_a_moment(field))
    }

    /// Whether `variables` can be coerced to what the operation declares.
    pub fn check_variables(&self, variables: &serde_json::Map<String, serde_json::Value>) -> Result<(), Refusal> {
        let operation = self
            .document
            .operations
            .get(self.operation_name())
            .map_err(|error| Refusal::Operation(error.message().to_string()))?;
        let values: JsonMap =
            variables.iter().map(|(name, value)| (name.as_str().into(), value.clone().into())).collect();
        let coerced = coerce_variable_values(&self.schema, operation, &values).map_err(|error| {
            let place = error.location().and_then(|span| span.line_column(&self.document.sources)).map(Place::from);
            Refusal::Variables(vec![Complaint { message: error.message().to_string(), place }])
        })?;
        match values::given(&self.schema, operation, &coerced) {
            Some(message) => Err(Refusal::Variables(vec![Complaint { message, place: None }])),
            None => Ok(()),
        }
    }
}

/// Adds to introspection what the engine answers and the validator does not know: `__Type.isOneOf` (September 2025).
fn know_one_of(schema: &mut Schema) {
    if let Some(ExtendedType::Object(meta)) = schema.types.get_mut("__Type") {
        let field = FieldDefinition {
            description: None,
            name: name!("isOneOf"),
            arguments: Vec::new(),
            ty: Type::Named(name!("Boolean")),
            directives: ast::DirectiveList::new(),
        };
        meta.make_mut().fields.insert(name!("isOneOf"), Component::new(field));
    }
}

fn complaints(diagnostics: &DiagnosticList) -> Vec<Complaint> {
    diagnostics
        .iter()
        .take(COMPLAINTS)
        .map(|diagnostic| Complaint {
            message: diagnostic.error.to_string(),
            place: diagnostic.error.location().and_then(|span| span.line_column(diagnostic.sources)).map(Place::from),
        })
        .collect()
}
