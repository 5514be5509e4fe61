//! Where the real data of others lie, which are not part of the project.

use std::{
    fs,
    io::{Write as _, stderr},
    path::{Path, PathBuf},
};

/// `shared/oracle/real` beside the project, or beside a folder that the project lies in. Where there is none, says so
/// past the capture of the test's output, for the test then proves nothing.
pub(crate) fn real_data(test: &str) -> Option<PathBuf> {
    let beside =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1).map(|folder| folder.join("shared/oracle/real"));
    let found = beside.into_iter().find(|folder| fs::exists(folder).unwrap_or(false));
    if found.is_none() {
        let _ = writeln!(stderr(), "NOT CHECKED: {test}: there is no ../shared/oracle/real with the real data");
    }
    found
}
