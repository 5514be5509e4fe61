//! What is found of a document once, however often it is asked.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{
    Context, Name, Positioned, Request,
    parser::types::{
        DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
    },
};

use super::{Compile, Compiler, Named, ObservationShape, Plan, ScoreShape, SignalShape, compile, page::Paged};

/// A document as the engine executes it, with what is written of it.
#[derive(Debug)]
pub struct Prepared {
    /// Without what is asked of the lists in `plans`: the engine neither checks nor copies that each time.
    document: ExecutableDocument,
    plans: Plans,
}

/// The plans of root fields, by their names in the answer.
#[derive(Clone, Debug)]
struct Plans(Arc<HashMap<Name, Arc<Plan>>>);

impl Prepared {
    /// Of `document`, which was validated, and its operation of this name.
    pub fn new(mut document: ExecutableDocument, operation_name: Option<&str>) -> Self {
        let operation = match &mut document.operations {
            DocumentOperations::Single(operation) => Some(operation),
            DocumentOperations::Multiple(operations) => operation_name.and_then(|name| operations.get_mut(name)),
        };
        let mut plans = HashMap::new();
        if let Some(operation) = operation.filter(|operation| operation.node.ty == OperationType::Query) {
            let compiler = Compiler { fragments: &document.fragments, is_settled: false };
            for (place, key, plan) in found(&operation.node, &compiler) {
                let item = operation.node.selection_set.node.items.get_mut(place);
                if let Some(Selection::Field(field)) = item.map(|item| &mut item.node) {
                    leave_the_type(&mut field.node);
                    plans.insert(key, Arc::new(plan));
                }
            }
        }
        Self { document, plans: Plans(Arc::new(plans)) }
    }

    /// `request`, asking this document.
    #[must_use]
    pub fn ask(&self, request: Request) -> Request {
        let mut request = request.data(self.plans.clone());
        request.set_parsed_query(self.document.clone());
        request
    }
}

/// How what is asked of a field of the root is compiled, where that is a list that is written.
fn of_root(field: &str) -> Option<Compile> {
    Some(match field {
        "riskScores" => compile::<Paged<ScoreShape>>,
        "signals" => compile::<Paged<SignalShape>>,
        "observations" => compile::<Paged<ObservationShape>>,
        _ => return None,
    })
}

/// The fields of the root that can be written whatever the variables are: their places, names in the answer, and plans.
fn found(operation: &OperationDefinition, compiler: &Compiler<'_>) -> Vec<(usize, Name, Plan)> {
    let set = &operation.selection_set.node;
    let of_one = |(place, item): (usize, &Positioned<Selection>)| {
        let Selection::Field(field) = &item.node else { return None };
        let compile = of_root(&field.node.name.node)?;
        let plan = plan_of(compile, compiler, set, &field.node)?;
        Some((place, field.node.response_key().node.clone(), plan))
    };
    set.items.iter().enumerate().filter_map(of_one).collect()
}

/// The plan of a field of the root, whose selection is `set`. What is asked for twice is resolved twice and put together by
/// the engine.
fn plan_of(compile: Compile, compiler: &Compiler<'_>, set: &SelectionSet, field: &Field) -> Option<Plan> {
    let is_once = compiler.count(set, &field.response_key().node) == 1;
    is_once.then(|| compile(compiler, &[&field.selection_set.node]))?
}

/// A selection must ask something; this costs nothing.
fn leave_the_type(field: &mut Field) {
    let position = field.selection_set.pos;
    let name = Positioned::new(Name::new("__typename"), position);
    let nothing = Positioned::new(SelectionSet::default(), position);
    let of_type = Field { alias: None, name, arguments: Vec::new(), directives: Vec::new(), selection_set: nothing };
    field.selection_set.node.items =
        vec![Positioned::new(Selection::Field(Positioned::new(of_type, position)), position)];
}

/// What is asked of a field of the root, when all of it can be written: found before, or now that the variables have said
/// what is to be skipped.
pub(super) fn planned<S: Named>(context: &Context<'_>) -> Option<Arc<Plan>> {
    let Plans(plans) = context.data_opt()?;
    let key = &context.item.node.response_key().node;
    if let Some(plan) = plans.get(key) {
        return Some(Arc::clone(plan));
    }
    let compiler = Compiler { fragments: &context.query_env.fragments, is_settled: true };
    let set = &context.query_env.operation.node.selection_set.node;
    plan_of(compile::<S>, &compiler, set, &context.item.node).map(Arc::new)
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    /// What the engine is left with of the operation `Q`, whether it has a plan or not: fields of the root, and of these.
    fn left(text: &str) -> Vec<(String, bool, usize)> {
        let prepared = Prepared::new(parse_query(text).unwrap(), Some("Q"));
        let operations: Vec<_> = prepared.document.operations.iter().collect();
        let (_, operation) = operations.iter().find(|(name, _)| name.is_none_or(|name| name == "Q")).unwrap();
        let of_one = |item: &Positioned<Selection>| {
            let Selection::Field(field) = &item.node else { return ("...".to_owned(), false, 0) };
            let key = &field.node.response_key().node;
            let count = field.node.selection_set.node.items.len();
            (key.to_string(), prepared.plans.0.contains_key(key), count)
        };
        operation.node.selection_set.node.items.iter().map(of_one).collect()
    }

    fn one(key: &str, is_found: bool, count: usize) -> (String, bool, usize) {
        (key.to_owned(), is_found, count)
    }

    #[test]
    fn lists_are_found_once_and_the_rest_is_left() {
        let page = "nodes { score } totalCount";
        assert_eq!(left(&format!("{{ riskScores {{ {page} }} }}")), [one("riskScores", true, 1)]);
        assert_eq!(
            left(&format!(
                "query Q {{ a: signals @skip(if: $no) {{ ...F }} viewer {{ id role }} }} fragment F on SignalConnection {{ {page} }} query R {{ viewer {{ id }} }}"
            )),
            [one("a", false, 1), one("viewer", false, 2)],
            "a signal has no score, says its table"
        );
        assert_eq!(
            left(&format!(
                "query Q {{ a: riskScores {{ ...F }} b: riskScores {{ {page} }} }} fragment F on RiskScoreConnection {{ {page} }}"
            )),
            [one("a", true, 1), one("b", true, 1)]
        );
        for not_yet in [
            "query Q { riskScores { totalCount nodes @skip(if: $no) { score } } }",
            "query Q { riskScores { totalCount ... @include(if: $no) { totalCount } } }",
            "query Q { riskScores { totalCount ...F @include(if: $no) } } fragment F on RiskScoreConnection { totalCount }",
            "query Q { riskScores { totalCount nodes { change { z } } } }",
        ] {
            assert_eq!(left(not_yet), [one("riskScores", false, 2)], "{not_yet}");
        }
        let twice = "query Q { riskScores { totalCount } ... { riskScores { totalCount } } }";
        assert_eq!(left(twice), [one("riskScores", false, 1), ("...".to_owned(), false, 0)]);
        assert_eq!(left("mutation Q { signals { totalCount knownAt } }"), [one("signals", false, 2)]);
    }
}
