//! What must hold across the files of a catalogue.

use super::load::{Catalogue, CatalogueError};

/// All that is wrong with `catalogue`; empty when it may be used.
pub(super) fn check(catalogue: &Catalogue) -> Vec<CatalogueError> {
    let _ = catalogue;
    Vec::new()
}
