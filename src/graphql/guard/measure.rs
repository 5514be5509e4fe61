//! What a document expands to. Every fragment is measured once, sums saturate, and the recursion is bounded by
//! the nesting that the scan allowed.

use std::collections::BTreeMap;

use apollo_compiler::{
    Node,
    ast::{Argument, Definition, DirectiveList, Document, FragmentDefinition, Selection, Value},
};

use super::{Complaint, Limits, Measure, Refusal, scan::within};

/// Each list of introspection is taken to hold this many.
const LIST_LENGTH: usize = 10;

/// What a selection set expands to.
#[derive(Clone, Copy, Default)]
struct Cost {
    /// Fields of the set itself.
    own_fields: usize,
    /// Fields of the set and below.
    fields: usize,
    /// Deepest field, not looking below introspection.
    depth: usize,
    /// Selection sets inside one another, this one included.
    selection_depth: usize,
    /// Deepest field below introspection.
    introspection_depth: usize,
    /// Weight, were the whole set introspection.
    weight: usize,
    /// Weight of what is below introspection.
    introspection_weight: usize,
}

/// What is counted as it is written.
#[derive(Default)]
struct Written {
    aliases: usize,
    directives: usize,
    doubled_input_field: Option<String>,
}

type Fragments<'a> = BTreeMap<&'a str, Cost>;

/// What each operation costs: its name and its fields, every fragment counted where it is spread.
pub(super) type Costs = Vec<(Option<String>, usize)>;

/// Refuses a document that asks too much, has fragments in a circle, or gives an input field twice; else says what its
/// operations cost.
pub(super) fn check(document: &Document, limits: &Limits) -> Result<Costs, Refusal> {
    let mut operations = Vec::new();
    let mut fragments = Vec::new();
    let mut written = Written::default();
    for definition in &document.definitions {
        match definition {
            Definition::OperationDefinition(operation) => {
                written.directives(&operation.directives);
                for variable in &operation.variables {
                    written.directives(&variable.directives);
                    written.value(variable.default_value.as_ref());
                }
                written.selections(&operation.selection_set);
                operations.push(operation);
            }
            Definition::FragmentDefinition(fragment) => {
                written.directives(&fragment.directives);
                written.selections(&fragment.selection_set);
                fragments.push(fragment);
            }
            // Definitions of types: the validator refuses them.
            _ => {}
        }
    }
    within(Measure::Operations, operations.len(), limits.operations)?;
    within(Measure::Fragments, fragments.len(), limits.fragments)?;
    within(Measure::Aliases, written.aliases, limits.aliases)?;
    within(Measure::Directives, written.directives, limits.directives)?;
    if let Some(name) = written.doubled_input_field {
        return Err(refused(format!("there can be only one input field named `{name}`")));
    }
    let known = measure_fragments(&fragments)?;
    let mut costs = Costs::new();
    for operation in operations {
        let cost = measure(&operation.selection_set, &known);
        within(Measure::Depth, cost.depth, limits.depth)?;
        within(Measure::IntrospectionDepth, cost.introspection_depth, limits.introspection_depth)?;
        within(Measure::RootFields, cost.own_fields, limits.root_fields)?;
        within(Measure::Fields, cost.fields, limits.fields)?;
        within(Measure::SelectionDepth, cost.selection_depth, limits.selection_depth)?;
        within(Measure::IntrospectionWeight, cost.introspection_weight, limits.introspection_weight)?;
        costs.push((operation.name.as_ref().map(ToString::to_string), cost.fields));
    }
    Ok(costs)
}

fn refused(message: String) -> Refusal {
    Refusal::Validation(vec![Complaint { message, place: None }])
}

/// Measures each fragment once, those first that spread nothing unmeasured. What then remains goes in a circle.
fn measure_fragments<'a>(fragments: &[&'a Node<FragmentDefinition>]) -> Result<Fragments<'a>, Refusal> {
    let names: Vec<&str> = fragments.iter().map(|fragment| fragment.name.as_str()).collect();
    let mut waiting: Vec<(&FragmentDefinition, Vec<&str>)> = Vec::new();
    for fragment in fragments {
        let mut spreads = Vec::new();
        find_spreads(&fragment.selection_set, &mut spreads);
        // A spread of a fragment that is not there costs nothing; the validator refuses it.
        spreads.retain(|spread| names.contains(spread));
        waiting.push((fragment, spreads));
    }
    let mut known = Fragments::new();
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut later = Vec::new();
        for (fragment, spreads) in waiting {
            if spreads.iter().all(|spread| known.contains_key(spread)) {
                known.insert(fragment.name.as_str(), measure(&fragment.selection_set, &known));
            } else {
                later.push((fragment, spreads));
            }
        }
        if let Some((fragment, _)) = later.first()
            && later.len() == before
        {
            return Err(refused(format!("fragment `{}` spreads fragments that go in a circle", fragment.name)));
        }
        waiting = later;
    }
    Ok(known)
}

fn find_spreads<'a>(selections: &'a [Selection], into: &mut Vec<&'a str>) {
    for selection in selections {
        match selection {
            Selection::Field(field) => find_spreads(&field.selection_set, into),
            Selection::InlineFragment(inline) => find_spreads(&inline.selection_set, into),
            Selection::FragmentSpread(spread) => into.push(spread.fragment_name.as_str()),
        }
    }
}

fn measure(selections: &[Selection], known: &Fragments<'_>) -> Cost {
    let mut total = Cost::default();
    for selection in selections {
        total.add(match selection {
            Selection::Field(field) => measure(&field.selection_set, known).below(field.name.as_str()),
            Selection::InlineFragment(inline) => measure(&inline.selection_set, known),
            Selection::FragmentSpread(spread) => known.get(spread.fragment_name.as_str()).copied().unwrap_or_default(),
        });
    }
    total.selection_depth += usize::from(!selections.is_empty());
    total
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.own_fields = self.own_fields.saturating_add(other.own_fields);
        self.fields = self.fields.saturating_add(other.fields);
        self.depth = self.depth.max(other.depth);
        self.selection_depth = self.selection_depth.max(other.selection_depth);
        self.introspection_depth = self.introspection_depth.max(other.introspection_depth);
        self.weight = self.weight.saturating_add(other.weight);
        self.introspection_weight = self.introspection_weight.saturating_add(other.introspection_weight);
    }

    /// The cost of a field `name` that has this cost below it.
    fn below(self, name: &str) -> Self {
        let times = if is_introspection_list(name) { LIST_LENGTH } else { 1 };
        let outside = Self {
            own_fields: 1,
            fields: self.fields.saturating_add(1),
            depth: self.depth.saturating_add(1),
            selection_depth: self.selection_depth,
            introspection_depth: self.introspection_depth,
            weight: self.weight.saturating_mul(times).saturating_add(1),
            introspection_weight: self.introspection_weight,
        };
        // Names that begin with two underscores are reserved, so no field of ours can hide here.
        if matches!(name, "__schema" | "__type") {
            return Self {
                depth: 1,
                introspection_depth: self.depth.max(self.introspection_depth),
                introspection_weight: self.weight.saturating_add(1),
                ..outside
            };
        }
        outside
    }
}

fn is_introspection_list(name: &str) -> bool {
    matches!(
        name,
        "types" | "fields" | "args" | "inputFields" | "interfaces" | "possibleTypes" | "enumValues" | "directives"
    )
}

impl Written {
    fn selections(&mut self, selections: &[Selection]) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    self.aliases += usize::from(field.alias.is_some());
                    self.directives(&field.directives);
                    self.arguments(&field.arguments);
                    self.selections(&field.selection_set);
                }
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.directives);
                    self.selections(&inline.selection_set);
                }
                Selection::FragmentSpread(spread) => self.directives(&spread.directives),
            }
        }
    }

    fn directives(&mut self, directives: &DirectiveList) {
        self.directives += directives.0.len();
        for directive in &directives.0 {
            self.arguments(&directive.arguments);
        }
    }

    fn arguments(&mut self, arguments: &[Node<Argument>]) {
        for argument in arguments {
            self.value(Some(&argument.value));
        }
    }

    /// The validator does not notice an input field given twice; the engine would take one of the two.
    fn value(&mut self, value: Option<&Node<Value>>) {
        match value.map(AsRef::as_ref) {
            Some(Value::List(items)) => {
                for item in items {
                    self.value(Some(item));
                }
            }
            Some(Value::Object(fields)) => {
                let mut names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
                names.sort_unstable();
                if let Some(pair) = names.windows(2).find(|pair| pair.first() == pair.last()) {
                    self.doubled_input_field = pair.first().map(|name| (*name).to_owned());
                }
                for (_, value) in fields {
                    self.value(Some(value));
                }
            }
            _ => {}
        }
    }
}
