//! Pages that are written.

use std::{borrow::Cow, iter, marker::PhantomData};

use async_graphql::{
    Context, ContextSelectionSet, OutputType, Positioned, ServerResult, Value,
    connection::{CursorType as _, PageInfo},
    parser::types::Field as AstField,
    registry::Registry,
};
use bytes::Bytes;

use super::{Compile, Field, Ink, Named, Plan, Shape, Step, compile, list, object, prepared::planned};
use crate::graphql::{
    context::Asked,
    page::{Page, PageRequest},
};

/// A page of nodes: resolved by the engine, or written already. One type in the schema.
pub(in crate::graphql) enum PageOf<Node: OutputType> {
    /// For the engine.
    Resolved(Box<Page<Node>>),
    /// JSON.
    Written(Bytes),
}

impl<Node: OutputType> OutputType for PageOf<Node> {
    fn type_name() -> Cow<'static, str> {
        Page::<Node>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Page::<Node>::create_type_info(registry)
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, field: &Positioned<AstField>) -> ServerResult<Value> {
        match self {
            Self::Resolved(page) => page.resolve(context, field).await,
            Self::Written(json) => Ok(Value::Binary(json.clone())),
        }
    }
}

/// A type of which there are pages.
pub(in crate::graphql) trait Listed: Shape {
    /// The type that the engine resolves.
    type Node: OutputType;
}

/// The page of `rows` that is asked for: written where all that is asked of it can be, else each of its rows made into a
/// node.
pub(in crate::graphql) fn page_of<'r, S: Listed>(
    asked: &Asked<'_>,
    context: &Context<'_>,
    page: PageRequest,
    rows: impl ExactSizeIterator<Item = S::Row<'r>>,
    node: impl Fn(S::Row<'r>) -> S::Node,
) -> PageOf<S::Node> {
    match planned::<Paged<S>>(context) {
        Some(plan) => PageOf::Written(write::<S>(page, rows, &plan, Ink::new(asked))),
        None => PageOf::Resolved(Box::new(page.cut(rows.collect(), node))),
    }
}

/// The page of an empty list.
pub(in crate::graphql) fn no_page_of<S: Listed>(
    asked: &Asked<'_>,
    context: &Context<'_>,
    page: PageRequest,
) -> PageOf<S::Node> {
    match planned::<Paged<S>>(context) {
        Some(plan) => PageOf::Written(write::<S>(page, iter::empty(), &plan, Ink::new(asked))),
        None => PageOf::Resolved(Box::new(page.cut(Vec::new(), |one| one))),
    }
}

const EDGES: usize = 0;
const NODES: usize = 1;
const PAGE_INFO: usize = 2;
const TOTAL_COUNT: usize = 3;
const KNOWN_AT: usize = 4;

/// What may be asked of a page.
pub(super) struct Paged<S>(PhantomData<S>);

impl<S: Listed> Named for Paged<S> {
    fn name() -> Cow<'static, str> {
        Page::<S::Node>::type_name()
    }

    fn find(name: &str) -> Option<(usize, Option<Compile>)> {
        Some(match name {
            "edges" => (EDGES, Some(compile::<Edged<S>> as Compile)),
            "nodes" => (NODES, Some(compile::<S> as Compile)),
            "pageInfo" => (PAGE_INFO, Some(compile::<PageInfoShape> as Compile)),
            "totalCount" => (TOTAL_COUNT, None),
            "knownAt" => (KNOWN_AT, None),
            _ => return None,
        })
    }
}

const CURSOR: usize = 0;
const NODE: usize = 1;

/// What may be asked of a row of a page.
struct Edged<S>(PhantomData<S>);

impl<S: Listed> Named for Edged<S> {
    fn name() -> Cow<'static, str> {
        format!("{}Edge", S::Node::type_name()).into()
    }

    fn find(name: &str) -> Option<(usize, Option<Compile>)> {
        Some(match name {
            "cursor" => (CURSOR, None),
            "node" => (NODE, Some(compile::<S> as Compile)),
            _ => return None,
        })
    }
}

struct PageInfoShape;

impl Shape for PageInfoShape {
    type Row<'r> = &'r PageInfo;
    const NAME: &'static str = "PageInfo";
    const FIELDS: &'static [Field<Self>] = &[
        Field::leaf("hasPreviousPage", |row, _, ink| ink.json(&row.has_previous_page)),
        Field::leaf("hasNextPage", |row, _, ink| ink.json(&row.has_next_page)),
        Field::leaf("startCursor", |row, _, ink| ink.json(&row.start_cursor)),
        Field::leaf("endCursor", |row, _, ink| ink.json(&row.end_cursor)),
    ];
}

fn write<'r, S: Listed>(
    page: PageRequest,
    all: impl ExactSizeIterator<Item = S::Row<'r>>,
    plan: &Plan,
    mut ink: Ink<'_>,
) -> Bytes {
    let total = all.len();
    let (start, end) = page.range(total);
    let rows: Vec<S::Row<'_>> = all.skip(start).take(end - start).collect();
    let cursor = |position: usize| page.cursor(position).encode_cursor();
    let begin = |ink: &mut Ink<'_>, number: usize, step: &Step| {
        ink.out.extend_from_slice(if number > 0 { b"," } else { b"{" });
        ink.out.extend_from_slice(step.key.as_bytes());
    };
    for (number, step) in plan.iter().enumerate() {
        begin(&mut ink, number, step);
        match step.place {
            Some(EDGES) => {
                ink.out.push(b'[');
                for (place, row) in rows.iter().enumerate() {
                    if place > 0 {
                        ink.out.push(b',');
                    }
                    for (number, of_edge) in step.inner.iter().enumerate() {
                        begin(&mut ink, number, of_edge);
                        match of_edge.place {
                            Some(CURSOR) => ink.plain(cursor(start + place)),
                            Some(_) => object::<S>(*row, &of_edge.inner, &mut ink),
                            None => ink.text(&Edged::<S>::name()),
                        }
                    }
                    ink.out.push(b'}');
                }
                ink.out.push(b']');
            }
            Some(NODES) => list::<S>(rows.iter().copied(), &step.inner, &mut ink),
            Some(PAGE_INFO) => {
                let (first, last) = (start, end.saturating_sub(1));
                let info = PageInfo {
                    has_previous_page: page.has_previous(total),
                    has_next_page: end < total,
                    start_cursor: (!rows.is_empty()).then(|| cursor(first)),
                    end_cursor: (!rows.is_empty()).then(|| cursor(last)),
                };
                object::<PageInfoShape>(&info, &step.inner, &mut ink);
            }
            Some(TOTAL_COUNT) => ink.json(&total),
            Some(_) => ink.plain(page.shown()),
            None => ink.text(&Paged::<S>::name()),
        }
    }
    ink.out.push(b'}');
    ink.out.into()
}
