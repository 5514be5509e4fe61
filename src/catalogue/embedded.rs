//! The files of `schema/` as they were when the binary was built.

use std::collections::BTreeMap;

use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "schema/"]
#[include = "*.toml"]
struct Schema;

/// Path below `schema/` to text, in the order of the paths.
pub(super) fn files() -> BTreeMap<String, String> {
    Schema::iter()
        .filter_map(|path| {
            let file = Schema::get(&path)?;
            Some((path.into_owned(), String::from_utf8_lossy(&file.data).into_owned()))
        })
        .collect()
}
