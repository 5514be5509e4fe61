//! Files that came as parts of a request.

use std::{
    collections::BTreeMap,
    fmt,
    io::Read,
    sync::{Mutex, PoisonError},
};

use crate::domain::Digest;

/// A file that came whole. What it is kept in goes when its content is dropped.
pub struct ReceivedFile {
    /// What the client calls it.
    pub name: String,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Its bytes.
    pub content: Box<dyn Read + Send>,
}

impl fmt::Debug for ReceivedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedFile").field("digest", &self.digest).finish_non_exhaustive()
    }
}

/// The files of one request, each under the handle that stands for it in the variables.
#[derive(Debug, Default)]
pub struct ReceivedFiles {
    digests: BTreeMap<String, Digest>,
    files: Mutex<BTreeMap<String, ReceivedFile>>,
}

impl ReceivedFiles {
    /// These files, by their handles.
    pub fn new(files: BTreeMap<String, ReceivedFile>) -> Self {
        let digests = files.iter().map(|(handle, file)| (handle.clone(), file.digest)).collect();
        Self { digests, files: Mutex::new(files) }
    }

    /// SHA-256 of the file that `handle` stands for.
    pub(super) fn digest(&self, handle: &str) -> Option<Digest> {
        self.digests.get(handle).copied()
    }

    /// Takes the file that `handle` stands for; each can be taken once.
    pub(super) fn take(&self, handle: &str) -> Option<ReceivedFile> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).remove(handle)
    }
}
