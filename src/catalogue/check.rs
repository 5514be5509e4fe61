//! What must hold across the files of a catalogue.

use super::{
    load::{Catalogue, CatalogueError},
    rule,
};

/// All that is wrong with `catalogue`; empty when it may be used.
pub(super) fn check(catalogue: &Catalogue) -> Vec<CatalogueError> {
    rule::faults(catalogue)
}
