//! Files that commands write.

use std::{
    fs::{self, File},
    io::{self, BufWriter},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::words::Words;

/// A file that comes into being whole or not at all: it is written beside its place and put there at the end.
#[derive(Debug)]
pub(super) struct Output {
    target: PathBuf,
    part: PathBuf,
}

impl Output {
    /// Where `target` will be. `None`, and said so, when it is there and may not be overwritten.
    pub(super) fn to(target: &Path, may_overwrite: bool, words: Words<'_>) -> Option<Self> {
        let file = target.display().to_string();
        if !may_overwrite && target.exists() {
            eprintln!("kraamzicht: {}", words.say("OUTPUT_EXISTS", &[("file", file)]));
            return None;
        }
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        Some(Self { target: target.to_owned(), part: target.with_file_name(name) })
    }

    /// Writes with `write` and puts the file in its place; says where, unless there was a reason not to write it.
    pub(super) fn write<E>(
        self,
        words: Words<'_>,
        write: impl FnOnce(&mut BufWriter<File>) -> anyhow::Result<Result<(), E>>,
    ) -> anyhow::Result<Result<(), E>> {
        let unwritable = || format!("{} cannot be written", self.target.display());
        let mut out = BufWriter::new(File::create(&self.part).with_context(unwritable)?);
        let outcome = write(&mut out).map(|outcome| outcome.map(|()| out.into_inner()));
        match outcome {
            Ok(Ok(written)) => {
                let written = written.map_err(io::IntoInnerError::into_error).with_context(unwritable)?;
                drop(written);
                fs::rename(&self.part, &self.target).with_context(unwritable)?;
                eprintln!("{}", words.say("OUTPUT_WRITTEN", &[("file", self.target.display().to_string())]));
                Ok(Ok(()))
            }
            failed => {
                fs::remove_file(&self.part).ok();
                failed.map(|outcome| outcome.map(drop)).with_context(unwritable)
            }
        }
    }
}
