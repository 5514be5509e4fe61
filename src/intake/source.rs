//! The text table in a file: the file itself, what is packed in it, or the sheet of a workbook.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use super::{
    container::{self, Container, Refusal},
    context::CheckContext,
    header::KnownNames,
    unpack::Unpacked,
    workbook::{self, Refused},
};
use crate::catalogue::Catalogue;

/// How much of the start of a file is looked at to tell what it is.
pub(super) const HEAD: u64 = 256 << 10;

/// The bytes of a text table.
pub(super) enum Opened<R> {
    Plain(R),
    Unpacked(Box<Unpacked<R>>),
    /// The sheet with this name.
    Sheet(String, Cursor<Vec<u8>>),
}

/// Why there are no rows to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unopened {
    /// Not a byte.
    Empty,
    /// More bytes than are taken.
    TooLarge(u64),
    /// Not a text table.
    Refused(Refusal),
}

/// Tells what `source` is and opens it. Packed files and workbooks are opened only when their names say what they are:
/// who calls a workbook a CSV file did not save it as one.
pub(super) fn open<R: Read + Seek>(
    mut source: R,
    catalogue: &Catalogue,
    context: &CheckContext<'_>,
) -> io::Result<Result<Opened<R>, Unopened>> {
    let size = source.seek(SeekFrom::End(0))?;
    if size == 0 {
        return Ok(Err(Unopened::Empty));
    }
    let limits = &context.limits;
    let name = context.file_name.unwrap_or_default().to_ascii_lowercase();
    let is_named = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let head = head(&mut source)?;
    let refused = |refusal| Ok(Err(Unopened::Refused(refusal)));
    match container::look(&mut source, &head, size, limits)? {
        Container::Text if size > limits.bytes => Ok(Err(Unopened::TooLarge(size))),
        Container::Text => Ok(Ok(Opened::Plain(source))),
        // What it says of its own size is not asked: it is unpacked and counted.
        Container::Gzip(Refusal { format, .. }) if is_named(&[".gz"]) => {
            let mut unpacked = match Unpacked::open(source, limits.expanded_bytes) {
                Ok(Some(unpacked)) => unpacked,
                Ok(None) => return refused(Refusal { code: "file.too_large", format }),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    return refused(Refusal { code: "file.is_archive", format });
                }
                Err(error) => return Err(error),
            };
            let inner = self::head(&mut unpacked)?;
            let inner_size = unpacked.seek(SeekFrom::End(0))?;
            Ok(match container::look(&mut unpacked, &inner, inner_size, limits)? {
                Container::Text => Ok(Opened::Unpacked(Box::new(unpacked))),
                Container::Gzip(inner) | Container::Workbook(inner) | Container::Other(inner) => {
                    Err(Unopened::Refused(inner))
                }
            })
        }
        Container::Workbook(refusal) if is_named(&[".xlsx", ".xlsm"]) => {
            let known = KnownNames::new(catalogue, context.dataset);
            match workbook::read(source, limits, &known)? {
                Ok(table) => Ok(Ok(Opened::Sheet(table.sheet, Cursor::new(table.text)))),
                Err(Refused::TooLarge) => refused(Refusal { code: "file.too_large", ..refusal }),
                Err(Refused::NoTable) => refused(refusal),
            }
        }
        Container::Gzip(refusal) | Container::Workbook(refusal) | Container::Other(refusal) => refused(refusal),
    }
}

fn head<R: Read + Seek>(source: &mut R) -> io::Result<Vec<u8>> {
    source.rewind()?;
    let mut head = Vec::new();
    source.by_ref().take(HEAD).read_to_end(&mut head)?;
    Ok(head)
}

impl<R: Read> Read for Opened<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(source) => source.read(buffer),
            Self::Unpacked(source) => source.read(buffer),
            Self::Sheet(_, source) => source.read(buffer),
        }
    }
}

impl<R: Read + Seek> Seek for Opened<R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Plain(source) => source.seek(position),
            Self::Unpacked(source) => source.seek(position),
            Self::Sheet(_, source) => source.seek(position),
        }
    }
}
