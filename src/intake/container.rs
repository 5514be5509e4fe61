//! What a file is, told by its first bytes: nothing here expands anything.

use std::io::{self, Read, Seek, SeekFrom};

use super::context::Limits;

/// What a file that cannot be read as a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The code of the finding.
    pub code: &'static str,
    /// What it is, for the message: a name of a format.
    pub format: &'static str,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    /// Text, as far as its first bytes tell.
    Text,
    /// A gzip file; what it is when it is not unpacked.
    Gzip(Refusal),
    /// A workbook in XLSX; what it is when it is not read.
    Workbook(Refusal),
    /// Something that cannot be read as a table.
    Other(Refusal),
}

/// Looks at the first bytes of `source`, and of an archive at its table of contents. Leaves `source` anywhere.
pub(super) fn look<R: Read + Seek>(source: &mut R, head: &[u8], size: u64, limits: &Limits) -> io::Result<Container> {
    const ARCHIVES: [(&[u8], &str); 5] = [
        (b"Rar!\x1a\x07", "RAR"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
    ];
    const BINARIES: [(&[u8], &str); 7] = [
        (b"%PDF-", "PDF"),
        (b"\x89PNG", "PNG"),
        (b"\xff\xd8\xff", "JPEG"),
        (b"GIF8", "GIF"),
        (b"SQLite format 3\0", "SQLite"),
        (b"PAR1", "Parquet"),
        (b"\x7fELF", "ELF"),
    ];
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        let refusal = zip(source, size, limits)?;
        let is_workbook = refusal.code == "file.is_spreadsheet" && refusal.format == "XLSX";
        return Ok(if is_workbook { Container::Workbook(refusal) } else { Container::Other(refusal) });
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Ok(Container::Other(ole2(head)));
    }
    if head.starts_with(b"\x1f\x8b") {
        return gzip(source, size, limits).map(Container::Gzip);
    }
    if head.get(257..262) == Some(b"ustar") {
        return Ok(Container::Other(Refusal { code: "file.is_archive", format: "tar" }));
    }
    let is = |(magic, _): &&(&[u8], &str)| head.starts_with(magic);
    if let Some((_, format)) = ARCHIVES.iter().find(is) {
        return Ok(Container::Other(Refusal { code: "file.is_archive", format }));
    }
    if let Some((_, format)) = BINARIES.iter().find(is) {
        return Ok(Container::Other(Refusal { code: "file.binary", format }));
    }
    Ok(other_text(head).or_else(|| binary(head)).map_or(Container::Text, Container::Other))
}

/// The old container of Office holds workbooks, letters and encrypted files; its table of contents names what is in it.
fn ole2(head: &[u8]) -> Refusal {
    let holds = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memchr::memmem::find(head, &name).is_some()
    };
    if holds("WordDocument") || holds("PowerPoint Document") {
        Refusal { code: "file.not_text_table", format: "Office" }
    } else {
        Refusal { code: "file.is_spreadsheet", format: "XLS" }
    }
}

/// Text, but of another sort than a table.
fn other_text(head: &[u8]) -> Option<Refusal> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let start = text.get(..text.len().min(1024)).unwrap_or_default().to_ascii_lowercase();
    let holds = |word: &[u8]| memchr::memmem::find(&start, word).is_some();
    if start.starts_with(b"<?xml") && holds(b"excel.sheet") {
        return Some(Refusal { code: "file.is_spreadsheet", format: "XML" });
    }
    if start.starts_with(b"<?xml") {
        return Some(Refusal { code: "file.not_text_table", format: "XML" });
    }
    if [&b"<!doctype html"[..], b"<html", b"<table", b"<head", b"<body"].iter().any(|tag| start.starts_with(tag)) {
        return Some(Refusal { code: "file.not_text_table", format: "HTML" });
    }
    if start.starts_with(b"{\\rtf") {
        return Some(Refusal { code: "file.not_text_table", format: "RTF" });
    }
    let opening = start.split_first().filter(|(first, _)| matches!(first, b'{' | b'['));
    if opening.is_some_and(|(_, rest)| {
        rest.trim_ascii_start().starts_with(b"\"") || rest.trim_ascii_start().starts_with(b"{")
    }) {
        return Some(Refusal { code: "file.not_text_table", format: "JSON" });
    }
    None
}

/// More than one in twenty bytes is a control character that no text has. The two bytes of UTF-16 are not judged here.
fn binary(head: &[u8]) -> Option<Refusal> {
    let sample = head.get(..head.len().min(8192)).unwrap_or_default();
    let is_utf16 =
        sample.starts_with(b"\xff\xfe") || sample.starts_with(b"\xfe\xff") || super::decode::looks_like_utf16(sample);
    let odd = sample.iter().filter(|byte| **byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c)).count();
    if !is_utf16 && odd * 20 > sample.len() { Some(Refusal { code: "file.binary", format: "?" }) } else { None }
}

/// A gzip file says at its end how long its content is, modulo 2^32. It may lie; nothing is expanded on its word.
fn gzip<R: Read + Seek>(source: &mut R, size: u64, limits: &Limits) -> io::Result<Refusal> {
    /// Honest tables do not get smaller than this.
    const LEAST_RATIO: u64 = 200;
    let mut last = [0; 4];
    source.seek(SeekFrom::Start(size.saturating_sub(4)))?;
    let is_whole = source.read_exact(&mut last).is_ok();
    let expanded = u64::from(u32::from_le_bytes(last));
    let is_bomb = is_whole && (expanded > limits.expanded_bytes || expanded / LEAST_RATIO > size);
    Ok(Refusal { code: if is_bomb { "file.too_large" } else { "file.is_archive" }, format: "gzip" })
}

/// What a zip file holds, by its central directory at the end.
fn zip<R: Read + Seek>(source: &mut R, size: u64, limits: &Limits) -> io::Result<Refusal> {
    /// The end record is 22 bytes and a comment of at most 65 535.
    const TAIL: u64 = 22 + 65_535;
    source.seek(SeekFrom::Start(size.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    source.by_ref().take(TAIL).read_to_end(&mut tail)?;
    let archive = Refusal { code: "file.is_archive", format: "ZIP" };
    let Some(end) = memchr::memmem::rfind(&tail, b"PK\x05\x06") else { return Ok(archive) };
    let end = tail.get(end..).unwrap_or_default();
    let (length, offset) = (u64::from(number(end, 12, 4)), u64::from(number(end, 16, 4)));
    source.seek(SeekFrom::Start(offset))?;
    let mut directory = Vec::new();
    source.by_ref().take(length.min(1 << 20)).read_to_end(&mut directory)?;
    let mut entries = directory.as_slice();
    let mut expanded = 0_u64;
    let mut code = archive;
    while entries.starts_with(b"PK\x01\x02") {
        expanded = expanded.saturating_add(u64::from(number(entries, 24, 4)));
        let (name, extra, comment) = (number(entries, 28, 2), number(entries, 30, 2), number(entries, 32, 2));
        let name_end = 46 + name as usize;
        let name = entries.get(46..name_end).unwrap_or_default();
        if name.starts_with(b"xl/") {
            code = Refusal { code: "file.is_spreadsheet", format: "XLSX" };
        } else if name == b"content.xml" {
            code = Refusal { code: "file.is_spreadsheet", format: "ODS" };
        } else if name.starts_with(b"word/") {
            code = Refusal { code: "file.not_text_table", format: "DOCX" };
        }
        entries = entries.get(name_end + extra as usize + comment as usize..).unwrap_or_default();
    }
    if expanded > limits.expanded_bytes {
        code.code = "file.too_large";
    }
    Ok(code)
}

/// The little-endian number of `length` bytes at `at`.
fn number(bytes: &[u8], at: usize, length: usize) -> u32 {
    let bytes = bytes.get(at..at + length).unwrap_or_default();
    bytes.iter().rev().fold(0, |number, byte| (number << 8) | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn code(bytes: &[u8]) -> Option<&'static str> {
        match look(&mut Cursor::new(bytes), bytes, bytes.len() as u64, &Limits::default()).expect("reads") {
            Container::Text => None,
            Container::Gzip(found) | Container::Workbook(found) | Container::Other(found) => Some(found.code),
        }
    }

    #[test]
    fn tells_containers_by_their_first_bytes() {
        assert_eq!(code(b"agb_code;verslagjaar\r\n"), None);
        assert_eq!(code(b"PK\x03\x04 cut off"), Some("file.is_archive"));
        assert_eq!(code(b"\x1f\x8b"), Some("file.is_archive"));
        assert_eq!(code(b"  <HTML><body>"), Some("file.not_text_table"));
        assert_eq!(code(b"[ {\"agb_code\": 1}]"), Some("file.not_text_table"));
        assert_eq!(code(b"[concept]\n"), None);
        assert_eq!(code(b"\xff\xfea\0g\0b\0"), None);
    }
}
