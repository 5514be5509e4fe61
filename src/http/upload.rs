//! Receiving a file: a request body goes to a spool file, never to memory, with its digest on the way.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::Duration,
};

use axum::{
    body::Body,
    extract::Query,
    http::{HeaderMap, Uri, header::CONTENT_DISPOSITION},
};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use tokio::io::AsyncWriteExt as _;

use super::{
    Problem, Reference,
    body::{BodyError, LimitedBody},
};
use crate::{
    domain::{Digest, Text},
    service::is_full,
};

/// The name of a file whose sender gave none.
pub(super) const NAMELESS: &str = "upload.csv";

const SUFFIX: &str = ".spool";
const LONGEST_NAME: usize = 120;

/// Where files are received and how patiently.
#[derive(Clone, Debug)]
pub struct SpoolSettings {
    /// The folder; it exists, and only this process writes in it.
    pub folder: PathBuf,
    /// The most bytes of one file.
    pub limit: u64,
    /// How long to wait for each next piece.
    pub patience: Duration,
    /// How long the whole may take.
    pub time_limit: Duration,
}

impl SpoolSettings {
    /// Files up to `limit` bytes in `folder`, waiting 30 seconds for each piece and ten minutes for the whole.
    pub fn new(folder: impl Into<PathBuf>, limit: u64) -> Self {
        Self { folder: folder.into(), limit, patience: Duration::from_secs(30), time_limit: Duration::from_mins(10) }
    }
}

/// A file that was received whole. It is deleted when this value is dropped.
#[derive(Debug)]
pub struct Spooled {
    file: SpoolFile,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub digest: Digest,
}

/// The bytes of a file that was received; it is deleted when this is dropped.
#[derive(Debug)]
struct SpooledBytes {
    file: fs::File,
    _spooled: Spooled,
}

impl io::Read for SpooledBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Spooled {
    /// Its bytes, from the first.
    pub fn into_bytes(self) -> Result<impl io::Read + Send + 'static, UploadError> {
        let file = fs::File::open(self.path())?;
        Ok(SpooledBytes { file, _spooled: self })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.file.path
    }
}

/// Why a file was not received. Nothing of it is left.
#[derive(Debug, Error)]
pub enum UploadError {
    /// More bytes than allowed.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The most bytes allowed.
        limit: u64,
    },
    /// Nothing arrived for too long, or the whole took too long.
    #[error("the client stopped sending")]
    Stalled,
    /// The connection broke.
    #[error("the file was cut off")]
    CutOff,
    /// It could not be written.
    #[error("the file could not be kept: {0}")]
    Disk(#[from] io::Error),
}

impl From<BodyError> for UploadError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Self::TooLarge { limit: 0 },
            BodyError::Stalled => Self::Stalled,
            BodyError::CutOff => Self::CutOff,
        }
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::TooLarge { limit } => Self::too_large(limit),
            UploadError::Stalled => Self::timed_out(),
            UploadError::CutOff => Self {
                closes_connection: true,
                ..Self::bad_request(Text {
                    nl: "Het bestand kwam niet heel aan. Er is niets bewaard; verstuur het opnieuw.".to_owned(),
                    en: "The file did not arrive whole. Nothing was kept; send it again.".to_owned(),
                })
            },
            UploadError::Disk(source) => {
                tracing::error!(error = %source, "an upload could not be written to the spool folder");
                if is_full(&source) {
                    Self::no_room()
                } else {
                    Self { closes_connection: true, ..Self::unavailable(60) }
                }
            }
        }
    }
}

/// Receives `body`. What announces more than the limit is refused at once, without reading.
pub async fn spool(body: Body, settings: &SpoolSettings) -> Result<Spooled, UploadError> {
    tokio::time::timeout(settings.time_limit, receive(body, settings))
        .await
        .unwrap_or(Err(UploadError::Stalled))
        .map_err(|error| match error {
            UploadError::TooLarge { .. } => UploadError::TooLarge { limit: settings.limit },
            other => other,
        })
}

async fn receive(body: Body, settings: &SpoolSettings) -> Result<Spooled, UploadError> {
    let mut body = LimitedBody::new(body, settings.limit, settings.patience)?;
    let mut spooling = Spooling::begin(settings)?;
    while let Some(piece) = body.next().await? {
        spooling.write(&piece).await?;
    }
    spooling.finish().await
}

/// A file that is coming in. Dropped before it is whole, nothing of it is left.
pub(super) struct Spooling {
    spool_file: SpoolFile,
    file: tokio::fs::File,
    hasher: Sha256,
    bytes: u64,
    limit: u64,
}

impl Spooling {
    pub(super) fn begin(settings: &SpoolSettings) -> Result<Self, UploadError> {
        let (spool_file, file) = SpoolFile::create(&settings.folder)?;
        let file = tokio::fs::File::from_std(file);
        Ok(Self { spool_file, file, hasher: Sha256::new(), bytes: 0, limit: settings.limit })
    }

    pub(super) async fn write(&mut self, piece: &[u8]) -> Result<(), UploadError> {
        self.bytes = self.bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        if self.bytes > self.limit {
            return Err(UploadError::TooLarge { limit: self.limit });
        }
        self.hasher.update(piece);
        Ok(self.file.write_all(piece).await?)
    }

    pub(super) async fn finish(mut self) -> Result<Spooled, UploadError> {
        self.file.flush().await?;
        let digest = Digest::from_bytes(self.hasher.finalize().into());
        Ok(Spooled { file: self.spool_file, bytes: self.bytes, digest })
    }
}

/// Deletes what an earlier process left in `folder`; returns how many files. To be called at the start.
pub fn clear_spool(folder: &Path) -> io::Result<usize> {
    let mut count = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(SUFFIX)) {
            fs::remove_file(path)?;
            count += 1;
        }
    }
    Ok(count)
}

#[derive(Debug)]
struct SpoolFile {
    path: PathBuf,
}

impl SpoolFile {
    /// Creates the file on this thread: were it done on another and this task cancelled meanwhile, the file would
    /// come into being after its owner was gone.
    fn create(folder: &Path) -> io::Result<(Self, fs::File)> {
        let path = folder.join(format!("{}{SUFFIX}", Reference::new()));
        let file = fs::File::create_new(&path)?;
        Ok((Self { path }, file))
    }
}

impl Drop for SpoolFile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path)
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!(%error, "a spool file could not be deleted");
        }
    }
}

/// The name that the client gives the file: the parameter `fileName` of the address, else the
/// `Content-Disposition` header. It is for showing only: no path, no control characters, at most 120 characters.
/// `None` when nothing usable is left.
pub fn file_name(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let in_address = query_value(uri, "fileName").and_then(|name| clean(&name));
    in_address.or_else(|| {
        let header = String::from_utf8_lossy(headers.get(CONTENT_DISPOSITION)?.as_bytes()).into_owned();
        disposition_name(&header).and_then(|name| clean(&name))
    })
}

fn query_value(uri: &Uri, wanted: &str) -> Option<String> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    pairs.into_iter().find(|(name, _)| name == wanted).map(|(_, value)| value)
}

/// `filename*=UTF-8''…` goes before `filename="…"`, as RFC 6266 says.
fn disposition_name(header: &str) -> Option<String> {
    let parameter = |wanted: &str| {
        header.split(';').filter_map(|part| part.split_once('=')).find_map(|(name, value)| {
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().trim_matches('"').to_owned())
        })
    };
    let encoded = parameter("filename*").and_then(|value| {
        let (charset, rest) = value.split_once('\'')?;
        let (_, text) = rest.split_once('\'')?;
        if !charset.eq_ignore_ascii_case("utf-8") {
            return None;
        }
        // The same percent-encoding as in an address, but for the plus sign.
        let uri: Uri = format!("/?name={}", text.replace('+', "%2B")).parse().ok()?;
        query_value(&uri, "name")
    });
    encoded.or_else(|| parameter("filename"))
}

pub(super) fn clean(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|character| !is_hidden(*character)).take(LONGEST_NAME).collect();
    let trimmed = kept.trim_matches(|character: char| character == '.' || character.is_whitespace());
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// Control characters, and those that turn the direction of reading: `gpj.exe` must not look like `exe.jpg`.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
