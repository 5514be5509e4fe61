//! Lists that are written instead of resolved.
//!
//! The engine makes a future, a map and a value for each field of each row. A long list that rests on a snapshot needs none
//! of it: what is asked of a row is compiled once, into the places of a table of writers, and each row is written as JSON
//! at once. Who may see what was decided where the rows came from, before the first is written; a writer decides nothing.
//!
//! What the tables do not have (fields with arguments, fields that are looked up) is left to the engine: then the list is
//! resolved as any other, and a test holds both ways to the same bytes (tests/it/plans.rs). The JSON travels through the
//! engine as [`Value::Binary`], which nothing a client sends can become, and only of a document that is [`Prepared`], whose
//! response is written with [`to_json`].

mod page;
mod prepared;
mod shapes;

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use async_graphql::{
    Name, Positioned, Response, Value,
    parser::types::{Directive, Field as AstField, FragmentDefinition, Selection, SelectionSet},
    resolver_utils::EnumType,
};

pub use self::prepared::Prepared;
pub(super) use self::{
    page::{PageOf, no_page_of, page_of},
    shapes::{ObservationRow, ObservationShape, ScoreRow, ScoreShape, SignalRow, SignalShape},
};
use super::{context::Asked, types::IndicatorType};

/// A response as JSON, with the lists that were written already.
pub fn to_json(response: &Response) -> serde_json::Result<Vec<u8>> {
    let Value::Object(fields) = &response.data else { return serde_json::to_vec(response) };
    if !fields.values().any(|value| matches!(value, Value::Binary(_))) {
        return serde_json::to_vec(response);
    }
    let written = fields.values().map(|value| if let Value::Binary(json) = value { json.len() } else { 64 });
    let mut out = Vec::with_capacity(64 + written.sum::<usize>());
    out.extend_from_slice(b"{");
    if !response.errors.is_empty() {
        out.extend_from_slice(b"\"errors\":");
        serde_json::to_writer(&mut out, &response.errors)?;
        out.push(b',');
    }
    out.extend_from_slice(b"\"data\":{");
    for (place, (name, value)) in fields.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        serde_json::to_writer(&mut out, name.as_str())?;
        out.push(b':');
        match value {
            Value::Binary(json) => out.extend_from_slice(json),
            other => serde_json::to_writer(&mut out, other)?,
        }
    }
    out.push(b'}');
    if !response.extensions.is_empty() {
        out.extend_from_slice(b",\"extensions\":");
        serde_json::to_writer(&mut out, &response.extensions)?;
    }
    out.push(b'}');
    Ok(out)
}

/// What is asked of an object: its fields, in the order of the answer.
type Plan = Vec<Step>;

/// A field that is asked for.
#[derive(Debug)]
pub(super) struct Step {
    /// The name in the answer, as it is written: `"score":`.
    key: Box<str>,
    /// Its place in the table; nothing for `__typename`.
    place: Option<usize>,
    /// What is asked of the object that it holds.
    inner: Plan,
}

/// A type of the schema as it is written.
pub(super) trait Shape: Sized + 'static {
    /// What an object of it is written from.
    type Row<'r>: Copy;

    /// Its name in the schema.
    const NAME: &'static str;

    /// Its fields.
    const FIELDS: &'static [Field<Self>];
}

type Write<S> = for<'r, 'i> fn(<S as Shape>::Row<'r>, &Step, &mut Ink<'i>);
type Compile = fn(&Compiler<'_>, &[&SelectionSet]) -> Option<Plan>;

/// A field of a type as it is written.
pub(super) struct Field<S: Shape> {
    name: &'static str,
    /// For one that holds objects.
    inner: Option<Compile>,
    write: Write<S>,
}

impl<S: Shape> Field<S> {
    /// A field that holds a scalar or an enum.
    const fn leaf(name: &'static str, write: Write<S>) -> Self {
        Self { name, inner: None, write }
    }

    /// A field that holds objects of a type.
    const fn of<Inner: Shape>(name: &'static str, write: Write<S>) -> Self {
        Self { name, inner: Some(compile::<Inner>), write }
    }
}

/// The fragments of the document.
pub(super) struct Compiler<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// Whether what is to be skipped was taken out: before there are variables, nobody knows what that is.
    is_settled: bool,
}

/// What may be asked of a type.
pub(super) trait Named: 'static {
    /// Its name in the schema.
    fn name() -> Cow<'static, str>;

    /// The place of one of its fields and, when it holds objects, how what is asked of them is compiled.
    fn find(name: &str) -> Option<(usize, Option<Compile>)>;
}

impl<S: Shape> Named for S {
    fn name() -> Cow<'static, str> {
        S::NAME.into()
    }

    fn find(name: &str) -> Option<(usize, Option<Compile>)> {
        let place = S::FIELDS.iter().position(|field| field.name == name)?;
        Some((place, S::FIELDS.get(place)?.inner))
    }
}

/// The plan for objects of a type; nothing when something is asked that its table does not have.
fn compile<S: Named>(compiler: &Compiler<'_>, sets: &[&SelectionSet]) -> Option<Plan> {
    let mut fields: Vec<(&str, Vec<&AstField>)> = Vec::new();
    for set in sets {
        compiler.collect(set, &S::name(), &mut fields)?;
    }
    let step = |(key, fields): (&str, Vec<&AstField>)| {
        let (first, key) = (fields.first()?, serde_json::to_string(key).ok()? + ":");
        let name = first.name.node.as_str();
        if name == "__typename" {
            return Some(Step { key: key.into(), place: None, inner: Plan::new() });
        }
        let (place, inner) = S::find(name)?;
        let inner = match inner {
            Some(compile) => {
                let sets: Vec<&SelectionSet> = fields.iter().map(|field| &field.selection_set.node).collect();
                compile(compiler, &sets)?
            }
            None => Plan::new(),
        };
        Some(Step { key: key.into(), place: Some(place), inner })
    };
    fields.into_iter().map(step).collect()
}

type Fragment<'a> = (Option<&'a str>, &'a [Positioned<Directive>], &'a SelectionSet);

impl<'a> Compiler<'a> {
    /// Adds the fields of a selection on an object of type `on`, by the name they have in the answer.
    fn collect(&self, set: &'a SelectionSet, on: &str, fields: &mut Vec<(&'a str, Vec<&'a AstField>)>) -> Option<()> {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    if !field.arguments.is_empty() || !self.is_asked(&field.directives) {
                        return None;
                    }
                    let key = field.response_key().node.as_str();
                    match fields.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, all)) => all.push(field),
                        None => fields.push((key, vec![field])),
                    }
                }
                other => {
                    let (condition, directives, inner) = self.fragment(other)?;
                    if !self.is_asked(directives) {
                        return None;
                    }
                    // Of an interface, say: the engine knows.
                    if condition.is_some_and(|condition| condition != on) {
                        return None;
                    }
                    self.collect(inner, on, fields)?;
                }
            }
        }
        Some(())
    }

    /// Whether what has these is asked for.
    fn is_asked(&self, directives: &[Positioned<Directive>]) -> bool {
        let is_settled = |name: &str| self.is_settled && matches!(name, "skip" | "include");
        directives.iter().all(|one| is_settled(&one.node.name.node))
    }

    /// On which type a fragment is, with which directives, and what it asks.
    fn fragment(&self, selection: &'a Selection) -> Option<Fragment<'a>> {
        match selection {
            Selection::Field(_) => None,
            Selection::FragmentSpread(spread) => {
                let found = &self.fragments.get(&spread.node.fragment_name.node)?.node;
                let condition = found.type_condition.node.on.node.as_str();
                Some((Some(condition), &spread.node.directives, &found.selection_set.node))
            }
            Selection::InlineFragment(inline) => {
                let condition = inline.node.type_condition.as_ref().map(|one| one.node.on.node.as_str());
                Some((condition, &inline.node.directives, &inline.node.selection_set.node))
            }
        }
    }

    /// How often a name of the answer is asked for in a selection.
    fn count(&self, set: &'a SelectionSet, key: &str) -> usize {
        let count = |item: &'a Positioned<Selection>| match &item.node {
            Selection::Field(field) => usize::from(field.node.response_key().node == key),
            other => self.fragment(other).map_or(0, |(.., inner)| self.count(inner, key)),
        };
        set.items.iter().map(count).sum()
    }
}

/// Writes an object.
fn object<S: Shape>(row: S::Row<'_>, plan: &Plan, ink: &mut Ink<'_>) {
    ink.out.push(b'{');
    for (number, step) in plan.iter().enumerate() {
        if number > 0 {
            ink.out.push(b',');
        }
        ink.out.extend_from_slice(step.key.as_bytes());
        match step.place.and_then(|place| S::FIELDS.get(place)) {
            Some(field) => (field.write)(row, step, ink),
            None => ink.text(S::NAME),
        }
    }
    ink.out.push(b'}');
}

/// Writes a list of objects.
fn list<'r, S: Shape>(rows: impl Iterator<Item = S::Row<'r>>, plan: &Plan, ink: &mut Ink<'_>) {
    ink.out.push(b'[');
    for (number, row) in rows.enumerate() {
        if number > 0 {
            ink.out.push(b',');
        }
        object::<S>(row, plan, ink);
    }
    ink.out.push(b']');
}

/// Writes an object, or null.
fn optional<S: Shape>(row: Option<S::Row<'_>>, plan: &Plan, ink: &mut Ink<'_>) {
    match row {
        Some(row) => object::<S>(row, plan, ink),
        None => ink.null(),
    }
}

/// What has been written, and what writers need besides their row.
pub(super) struct Ink<'i> {
    out: Vec<u8>,
    asked: &'i Asked<'i>,
    /// A list names few indicators, each of them often.
    indicators: HashMap<String, Arc<IndicatorType>>,
}

impl<'i> Ink<'i> {
    fn new(asked: &'i Asked<'i>) -> Self {
        Self { out: Vec::with_capacity(4_096), asked, indicators: HashMap::new() }
    }

    fn null(&mut self) {
        self.out.extend_from_slice(b"null");
    }

    /// A scalar that JSON has. Writing to memory does not fail.
    fn json(&mut self, value: &impl serde::Serialize) {
        if serde_json::to_writer(&mut self.out, value).is_err() {
            self.null();
        }
    }

    fn text(&mut self, text: &str) {
        self.json(&text);
    }

    /// What has one text form, such as a moment; without anything in it that JSON escapes.
    fn plain(&mut self, value: impl std::fmt::Display) {
        use std::io::Write as _;
        // Writing to memory does not fail.
        let _ = write!(self.out, "\"{value}\"");
    }

    /// A value of an enum, by its name in the schema.
    fn word<Enum: EnumType>(&mut self, value: impl Into<Enum>) {
        let value = value.into();
        match Enum::items().iter().find(|item| item.value == value) {
            Some(item) => self.text(item.name),
            None => self.null(),
        }
    }

    /// The same, or null.
    fn maybe_word<Enum: EnumType>(&mut self, value: Option<impl Into<Enum>>) {
        match value {
            Some(value) => self.word(value),
            None => self.null(),
        }
    }

    fn indicator(&mut self, code: &str) -> Arc<IndicatorType> {
        if let Some(known) = self.indicators.get(code) {
            return Arc::clone(known);
        }
        let found = Arc::new(IndicatorType::named(self.asked.catalogue(), code));
        self.indicators.insert(code.to_owned(), Arc::clone(&found));
        found
    }
}
