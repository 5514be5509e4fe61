//! What the validator leaves unlooked at in values: variables inside lists and objects, a default of null, input objects
//! of which exactly one field is given (`@oneOf`), and scalars of ours. Held against graphql-js by tests/suites.

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::{
    ExecutableDocument, Name, Node, Schema,
    ast::{Argument, DirectiveList, InputValueDefinition, Type, Value, VariableDefinition},
    executable::{Operation, Selection, SelectionSet},
    response::{JsonMap, JsonValue},
    schema::ExtendedType,
};

use super::{Complaint, Place};
use crate::graphql::scalars::unreadable;

/// Where a variable stands.
struct Use<'a> {
    variable: &'a Name,
    wanted: &'a Type,
    /// What stands there when the variable is left out.
    has_default: bool,
    /// In an input object of which exactly one field is given.
    is_one_of: bool,
    place: Option<Place>,
}

/// What one operation or fragment uses.
#[derive(Default)]
struct Used<'a> {
    variables: Vec<Use<'a>>,
    fragments: BTreeSet<&'a str>,
}

struct Reader<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    complaints: Vec<Complaint>,
}

/// All that is wrong with the values that are written in `document`, which is otherwise valid.
pub(super) fn written(schema: &Schema, document: &ExecutableDocument) -> Vec<Complaint> {
    let mut reader = Reader { schema, document, complaints: Vec::new() };
    let mut fragments: BTreeMap<&str, Used<'_>> = BTreeMap::new();
    for (name, fragment) in &document.fragments {
        let mut used = Used::default();
        reader.directives(&fragment.directives, &mut used);
        reader.selections(&fragment.selection_set, &mut used);
        fragments.insert(name.as_str(), used);
    }
    for operation in document.operations.iter() {
        let mut used = Used::default();
        reader.directives(&operation.directives, &mut used);
        for variable in &operation.variables {
            if let Some(value) = &variable.default_value {
                reader.value(&variable.ty, value, false, false, &mut used);
            }
        }
        reader.selections(&operation.selection_set, &mut used);
        reader.variables(operation, &used, &fragments);
    }
    reader.complaints
}

/// What is wrong with `values`, which were coerced to what `operation` declares.
pub(super) fn given(schema: &Schema, operation: &Operation, values: &JsonMap) -> Option<String> {
    operation.variables.iter().find_map(|variable| {
        let value = values.get(variable.name.as_str())?;
        let wrong = wrong(schema, &variable.ty, value)?;
        Some(format!("variable `${}`: {wrong}", variable.name))
    })
}

fn wrong(schema: &Schema, wanted: &Type, value: &JsonValue) -> Option<String> {
    match (value, schema.types.get(wanted.inner_named_type())?) {
        (JsonValue::Null, _) => None,
        (JsonValue::Array(items), _) if wanted.is_list() => {
            items.iter().find_map(|item| wrong(schema, wanted.item_type(), item))
        }
        (_, _) if wanted.is_list() => wrong(schema, wanted.item_type(), value),
        (JsonValue::Object(fields), ExtendedType::InputObject(input)) => {
            if is_one_of(&input.directives) && (fields.len() != 1 || fields.values().any(JsonValue::is_null)) {
                return Some(one_of(&input.name));
            }
            fields.iter().find_map(|(name, field)| wrong(schema, &input.fields.get(name.as_str())?.ty, field))
        }
        (_, ExtendedType::Scalar(scalar)) => unreadable(&scalar.name, value.as_str()),
        _ => None,
    }
}

fn is_one_of(directives: &apollo_compiler::schema::DirectiveList) -> bool {
    directives.has("oneOf")
}

fn one_of(name: &Name) -> String {
    format!("exactly one field of `{name}` must be given, and not null")
}

impl<'a> Reader<'a> {
    fn selections(&mut self, selections: &'a SelectionSet, used: &mut Used<'a>) {
        for selection in &selections.selections {
            match selection {
                Selection::Field(field) => {
                    self.arguments(&field.definition.arguments, &field.arguments, used);
                    self.directives(&field.directives, used);
                    self.selections(&field.selection_set, used);
                }
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.directives, used);
                    self.selections(&inline.selection_set, used);
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.directives, used);
                    used.fragments.insert(spread.fragment_name.as_str());
                }
            }
        }
    }

    fn directives(&mut self, directives: &'a DirectiveList, used: &mut Used<'a>) {
        for directive in directives {
            if let Some(definition) = self.schema.directive_definitions.get(&directive.name) {
                self.arguments(&definition.arguments, &directive.arguments, used);
            }
        }
    }

    fn arguments(
        &mut self,
        definitions: &'a [Node<InputValueDefinition>],
        given: &'a [Node<Argument>],
        used: &mut Used<'a>,
    ) {
        for argument in given {
            if let Some(definition) = definitions.iter().find(|definition| definition.name == argument.name) {
                self.value(&definition.ty, &argument.value, definition.default_value.is_some(), false, used);
            }
        }
    }

    fn value(
        &mut self,
        wanted: &'a Type,
        value: &'a Node<Value>,
        has_default: bool,
        is_one_of_field: bool,
        used: &mut Used<'a>,
    ) {
        let place = self.place(value);
        let schema = self.schema;
        match (&**value, schema.types.get(wanted.inner_named_type())) {
            (Value::Variable(variable), _) => {
                used.variables.push(Use { variable, wanted, has_default, is_one_of: is_one_of_field, place });
            }
            (Value::Null, _) | (_, None) => {}
            (Value::List(items), _) if wanted.is_list() => {
                for item in items {
                    self.value(wanted.item_type(), item, false, false, used);
                }
            }
            (_, _) if wanted.is_list() => self.value(wanted.item_type(), value, false, false, used),
            (Value::Object(fields), Some(ExtendedType::InputObject(input))) => {
                let is_one_of = is_one_of(&input.directives);
                if is_one_of && (fields.len() != 1 || fields.iter().any(|(_, field)| field.is_null())) {
                    self.complaints.push(Complaint { message: one_of(&input.name), place });
                }
                for (name, field) in fields {
                    if let Some(definition) = input.fields.get(name) {
                        self.value(&definition.ty, field, definition.default_value.is_some(), is_one_of, used);
                    }
                }
            }
            (value, Some(ExtendedType::Scalar(scalar))) => {
                let text = value.as_str();
                let message = unreadable(&scalar.name, text);
                self.complaints.extend(message.map(|message| Complaint { message, place }));
            }
            _ => {}
        }
    }

    /// Holds every variable that `operation` uses, by way of fragments too, to its declaration.
    fn variables(&mut self, operation: &Operation, own: &Used<'_>, fragments: &BTreeMap<&str, Used<'_>>) {
        let mut waiting: Vec<&str> = own.fragments.iter().copied().collect();
        let mut seen: BTreeSet<&str> = waiting.iter().copied().collect();
        let mut all = vec![own];
        while let Some(used) = waiting.pop().and_then(|name| fragments.get(name)) {
            waiting.extend(used.fragments.iter().filter(|name| seen.insert(name)));
            all.push(used);
        }
        for one in all.into_iter().flat_map(|used| &used.variables) {
            let declared = operation.variables.iter().find(|variable| variable.name == *one.variable);
            if let Some(declared) = declared.filter(|declared| !fits(declared, one)) {
                // Of one field that is given the value is never null, whatever its type says.
                let wanted = if one.is_one_of { one.wanted.clone().non_null() } else { one.wanted.clone() };
                let message = format!(
                    "variable `${}` of type `{}` cannot be used where `{wanted}` is expected",
                    one.variable, declared.ty
                );
                self.complaints.push(Complaint { message, place: one.place });
            }
        }
    }

    fn place(&self, value: &Node<Value>) -> Option<Place> {
        value.location().and_then(|span| span.line_column(&self.document.sources)).map(Place::from)
    }
}

/// `IsVariableUsageAllowed` of the specification.
fn fits(declared: &VariableDefinition, one: &Use<'_>) -> bool {
    if one.is_one_of && !declared.ty.is_non_null() {
        return false;
    }
    let has_value = declared.default_value.as_ref().is_some_and(|value| !value.is_null());
    if one.wanted.is_non_null() && !declared.ty.is_non_null() && (has_value || one.has_default) {
        return declared.ty.is_assignable_to(&one.wanted.clone().nullable());
    }
    declared.ty.is_assignable_to(one.wanted)
}
