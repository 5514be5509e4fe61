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

#[derive(RustEmbed)]
#[folder = "schema/operations/"]
#[include = "*.graphql"]
struct Operations;

/// The trusted documents: name to text, in the order of the names.
pub(super) fn operations() -> BTreeMap<String, String> {
    Operations::iter()
        .filter_map(|path| {
            let file = Operations::get(&path)?;
            let name = path.strip_suffix(".graphql").unwrap_or(&path).to_owned();
            Some((name, String::from_utf8_lossy(&file.data).into_owned()))
        })
        .collect()
}
