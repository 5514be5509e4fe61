//! The catalogue's texts in the language that was asked for.

use crate::{catalogue::Catalogue, domain::Language};

/// Says things in one language; each command adds the sentences of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) language: Language,
}

impl Words<'_> {
    /// The text `code`, with its placeholders filled.
    pub(super) fn say(&self, code: &str, parameters: &[(&str, String)]) -> String {
        self.catalogue.message(code, parameters).get(self.language).to_owned()
    }
}
