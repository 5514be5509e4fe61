//! Pages of lists: a cursor carries the snapshot it was taken from, so that the pages of one walk agree.

use async_graphql::{
    Error, ErrorExtensions as _, OutputType, SimpleObject,
    connection::{Connection, CursorType, Edge},
};

use crate::{domain::Instant, service::KnownAt};

/// The most rows of a page.
const LARGEST_PAGE: i32 = 100;

/// The rows of a page when the client names no number.
pub(super) const ORDINARY_PAGE: i32 = 25;

/// A place in a list as known at a moment: the row's number in the list's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) known_at: Instant,
    pub(super) position: usize,
}

impl CursorType for Cursor {
    type Error = &'static str;

    fn decode_cursor(text: &str) -> Result<Self, Self::Error> {
        let wrong = "expected a cursor from an earlier page of the same list";
        let (known_at, position) = text.split_once('-').ok_or(wrong)?;
        Ok(Self {
            known_at: Instant::from_microseconds(i64::from_str_radix(known_at, 16).map_err(|_| wrong)?),
            position: usize::from_str_radix(position, 16).map_err(|_| wrong)?,
        })
    }

    fn encode_cursor(&self) -> String {
        format!("{:x}-{:x}", self.known_at.microseconds(), self.position)
    }
}

/// What a connection says beside its edges.
#[derive(SimpleObject)]
#[graphql(name = "Totals", fake)]
pub(super) struct Totals {
    /// How many there are in all.
    total_count: usize,
    /// The moment whose knowledge the whole walk shows.
    known_at: super::scalars::DateTime,
}

/// A page of nodes.
pub(super) type Page<Node> = Connection<Cursor, Node, Totals>;

/// Which page is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageRequest {
    /// Up to where changes are looked at.
    pub(super) known_at: Instant,
    shown: Instant,
    start: usize,
    count: usize,
}

impl PageRequest {
    /// Reads `first` and `after`; a cursor's snapshot goes before `known_at`.
    pub(super) fn new(first: i32, after: Option<String>, known_at: KnownAt) -> Result<Self, Error> {
        if !(1..=LARGEST_PAGE).contains(&first) {
            return Err(bad_input(format!("`first` must be from 1 to {LARGEST_PAGE}; found {first}")));
        }
        let count = usize::try_from(first)?;
        let (counted, start) = match after {
            None => (known_at.counted, 0),
            Some(text) => {
                let cursor = Cursor::decode_cursor(&text).map_err(bad_input)?;
                (cursor.known_at.min(known_at.counted), cursor.position.saturating_add(1))
            }
        };
        Ok(Self { known_at: counted, shown: known_at.asked.unwrap_or(counted), start, count })
    }

    /// From which row up to which of so many.
    pub(super) fn range(self, total: usize) -> (usize, usize) {
        let start = self.start.min(total);
        (start, start.saturating_add(self.count).min(total))
    }

    /// Whether rows come before it.
    pub(super) const fn has_previous(self, total: usize) -> bool {
        self.start > 0 && total > 0
    }

    /// The cursor of a row.
    pub(super) const fn cursor(self, position: usize) -> Cursor {
        Cursor { known_at: self.known_at, position }
    }

    /// The moment whose knowledge is shown.
    pub(super) const fn shown(self) -> Instant {
        self.shown
    }

    /// The page of `rows`; only its own rows are made into nodes.
    pub(super) fn cut<Row, Node: OutputType>(self, rows: Vec<Row>, node: impl Fn(Row) -> Node) -> Page<Node> {
        let total_count = rows.len();
        let totals = Totals { total_count, known_at: super::scalars::DateTime(self.shown) };
        let has_next = self.range(total_count).1 < total_count;
        let mut page = Connection::with_additional_fields(self.has_previous(total_count), has_next, totals);
        let rows = rows.into_iter().enumerate().skip(self.start).take(self.count);
        page.edges.extend(rows.map(|(position, row)| Edge::new(self.cursor(position), node(row))));
        page
    }
}

/// What is wrong with an argument, for the client.
pub(super) fn bad_input(message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", "BAD_USER_INPUT"))
}
