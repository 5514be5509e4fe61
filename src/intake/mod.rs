//! Bytes to findings and typed rows, by pure functions that stream: memory does not grow with the file.
//!
//! [`check()`] reads a file as one of the catalogue's datasets, reports everything that is wrong with it where it
//! is wrong, and hands each row that is right, typed, to a [`RowSink`]; [`Observer`] is the sink that makes
//! observations. Nothing here knows a clock, a database or an organisation's name.

mod annotate;
mod cell;
mod check;
mod coerce;
mod coerce_text;
mod collect;
mod container;
mod context;
mod copied;
mod date;
mod decode;
mod dialect;
mod divide;
mod duplicates;
mod excerpt;
mod expected;
mod fill;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod groups;
mod header;
mod header_check;
mod layout;
mod number;
mod observe;
mod passes;
mod plain;
mod plausibility;
mod prefix;
mod program;
mod remarks;
mod row_check;
mod row_period;
mod row_shape;
mod rules;
mod scan;
mod source;
mod text;
mod unpack;
mod values;
mod words;
mod workbook;

pub use annotate::{NoCopy, annotate};
pub use cell::{Cell, NoSink, Number, Row, RowSink};
pub use check::check;
pub use context::{AllowedOrganisations, AnyOrganisation, CheckContext, Limits, MoreTime, OpenYears};
pub use copied::{CopiedCell, CopiedRow, CopySink, CsvCopy};
pub use divide::{Divided, Undivided, divide};
pub use excerpt::{Excerpt, ExcerptPlace, TextSpan, excerpts};
pub use observe::Observer;
pub use plausibility::{Past, questions};

#[cfg(test)]
mod annotate_tests;
#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod plausibility_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod rule_tests;
