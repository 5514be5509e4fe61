//! Bytes to text: which encoding a file is in, decided on the whole of it before a cell is read.
//!
//! UTF-8 and windows-1252 agree on every byte below 128, among which all that structures a table; so such files
//! are scanned as bytes and only the cells that need it are decoded. UTF-16 is converted on the way in.

use std::{
    collections::VecDeque,
    io::{self, Read, Seek, SeekFrom},
};

use encoding_rs::{Decoder, Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How the bytes of a file become text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextEncoding {
    /// UTF-8, proven on every byte.
    Utf8,
    /// Not UTF-8: read as windows-1252, in which every byte means something.
    Windows1252,
    /// Some characters are UTF-8 and others cannot be, or are UTF-8 as it must not be written.
    Mixed,
    /// UTF-16 that says so in its first two bytes.
    Utf16(&'static Encoding),
    /// The same, with halves of characters in it: each is read as U+FFFD.
    BrokenUtf16(&'static Encoding),
    /// UTF-16 that does not say so, or UTF-32.
    Unknown,
}

/// An encoding, and where the text begins behind the byte order mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Survey {
    pub encoding: TextEncoding,
    pub text_start: u64,
    /// Whether only the start of the file was looked at: reading on may yet end in [`NotUtf8`].
    pub is_assumed: bool,
}

/// The file is not in UTF-8, though its start is.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not UTF-8 after all")]
pub(super) struct NotUtf8;

impl NotUtf8 {
    /// Whether this is why a reading ended.
    pub(super) fn is_cause(error: &io::Error) -> bool {
        matches!(error.get_ref(), Some(source) if source.is::<Self>())
    }
}

/// UTF-8, when `head`, the start of a longer file, is that: nearly every file is, and need then not be read once more
/// for it.
pub(super) fn assume(head: &[u8]) -> Option<Survey> {
    let has_other_mark = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") || head.starts_with(b"\0\0");
    let is_utf8 = match std::str::from_utf8(head) {
        Ok(_) => true,
        // The last character may be cut.
        Err(error) => error.error_len().is_none(),
    };
    let text_start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    (is_utf8 && !has_other_mark && !looks_like_utf16(head)).then_some(Survey {
        encoding: TextEncoding::Utf8,
        text_start,
        is_assumed: true,
    })
}

/// Finds the encoding of all of `source`, whose first bytes are `head`.
pub(super) fn survey<R: Read + Seek>(source: &mut R, head: &[u8]) -> io::Result<Survey> {
    let at = |encoding, text_start| Ok(Survey { encoding, text_start, is_assumed: false });
    if head.starts_with(b"\xff\xfe\0\0") || head.starts_with(b"\0\0\xfe\xff") {
        return at(TextEncoding::Unknown, 0);
    }
    for (mark, encoding) in [(b"\xff\xfe", UTF_16LE), (b"\xfe\xff", UTF_16BE)] {
        if head.starts_with(mark) {
            source.seek(SeekFrom::Start(2))?;
            let is_whole = Converter::new(&mut *source, encoding).read_through()?;
            let found = if is_whole { TextEncoding::Utf16(encoding) } else { TextEncoding::BrokenUtf16(encoding) };
            return at(found, 2);
        }
    }
    if looks_like_utf16(head) {
        return at(TextEncoding::Unknown, 0);
    }
    let has_mark = head.starts_with(b"\xef\xbb\xbf");
    let text_start = if has_mark { 3 } else { 0 };
    source.seek(SeekFrom::Start(text_start))?;
    let found = match sequences(source)? {
        Sequences { has_other: false, .. } => TextEncoding::Utf8,
        // In Dutch text of one byte a character, a letter is not followed by just the signs that make it UTF-8.
        Sequences { has_utf8: true, .. } | Sequences { has_forged: true, .. } => TextEncoding::Mixed,
        _ if has_mark => TextEncoding::Mixed,
        _ => TextEncoding::Windows1252,
    };
    at(found, text_start)
}

/// Whether every second byte is NUL, as in Latin text of two bytes a character.
pub(super) fn looks_like_utf16(head: &[u8]) -> bool {
    let sample = head.get(..head.len().min(4096)).unwrap_or_default();
    let zeros = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let pairs = sample.len() / 2;
    let (even, odd) = (zeros(0), zeros(1));
    pairs >= 4 && even.max(odd) * 10 > pairs * 7 && even.min(odd) * 10 < pairs
}

/// What the bytes beyond ASCII are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sequences {
    /// Some are characters in UTF-8.
    has_utf8: bool,
    /// Some are not.
    has_other: bool,
    /// Some are UTF-8 written as it must not be: longer than needed, or halves of UTF-16.
    has_forged: bool,
}

fn sequences<R: Read>(source: &mut R) -> io::Result<Sequences> {
    let mut found = Sequences::default();
    let mut buffer = vec![0; 128 << 10];
    let mut kept = 0;
    loop {
        let read = source.read(buffer.get_mut(kept..).unwrap_or_default())?;
        let length = kept + read;
        let mut rest = buffer.get(..length).unwrap_or_default();
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    found.has_utf8 |= !text.is_ascii();
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (valid, after) = rest.split_at_checked(error.valid_up_to()).unwrap_or((rest, &[]));
                    found.has_utf8 |= !valid.is_ascii();
                    rest = after;
                    // A character cut in two by the end of the buffer goes on in the next.
                    let Some(wrong) = error.error_len().or_else(|| (read == 0).then_some(rest.len())) else { break };
                    found.has_other = true;
                    found.has_forged |= is_forged(rest);
                    rest = rest.get(wrong..).unwrap_or_default();
                }
            }
        }
        if read == 0 || (found.has_other && found.has_utf8) {
            return Ok(found);
        }
        kept = rest.len();
        buffer.copy_within(length - kept..length, 0);
    }
}

/// Whether the bytes begin with UTF-8 as it must not be written.
pub(super) fn is_forged(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0xc0 | 0xc1, 0x80..=0xbf, ..]
            | [0xe0, 0x80..=0x9f, 0x80..=0xbf, ..]
            | [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..]
            | [0xf0, 0x80..=0x8f, 0x80..=0xbf, 0x80..=0xbf, ..]
    )
}

/// The text of a cell in `encoding`; `scratch` holds it where it had to be decoded.
pub(super) fn decode_cell<'a>(bytes: &'a [u8], encoding: TextEncoding, scratch: &'a mut String) -> &'a str {
    if encoding != TextEncoding::Windows1252
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return text;
    }
    scratch.clear();
    scratch.push_str(&WINDOWS_1252.decode_without_bom_handling(bytes).0);
    scratch
}

/// The text of a file as a stream of bytes, in UTF-8 or in windows-1252.
pub(super) enum TextReader<R> {
    Plain(R),
    Assumed(Utf8Reader<R>),
    Converted(Converter<R>),
}

impl<R: Read + Seek> TextReader<R> {
    /// Goes to where the text begins.
    pub(super) fn open(mut source: R, survey: Survey) -> io::Result<Self> {
        source.seek(SeekFrom::Start(survey.text_start))?;
        Ok(match survey.encoding {
            TextEncoding::Utf16(encoding) | TextEncoding::BrokenUtf16(encoding) => {
                Self::Converted(Converter::new(source, encoding))
            }
            _ if survey.is_assumed => Self::Assumed(Utf8Reader { source, cut: [0; 4], cut_length: 0 }),
            _ => Self::Plain(source),
        })
    }
}

impl<R: Read> Read for TextReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(source) => source.read(buffer),
            Self::Assumed(reader) => reader.read(buffer),
            Self::Converted(converter) => converter.read(buffer),
        }
    }
}

/// Passes bytes on as long as they are UTF-8.
pub(super) struct Utf8Reader<R> {
    source: R,
    /// The first bytes of a character that the last reading cut in two.
    cut: [u8; 4],
    cut_length: usize,
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        let mut rest = buffer.get(..read).unwrap_or_default();
        let wrong = || Err(io::Error::other(NotUtf8));
        if read == 0 && self.cut_length > 0 {
            return wrong();
        }
        while let ([first, after @ ..], true) = (rest, self.cut_length > 0) {
            if let Some(place) = self.cut.get_mut(self.cut_length) {
                *place = *first;
            }
            self.cut_length += 1;
            rest = after;
            match std::str::from_utf8(self.cut.get(..self.cut_length).unwrap_or_default()) {
                Ok(_) => self.cut_length = 0,
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return wrong(),
            }
        }
        if let Err(error) = std::str::from_utf8(rest) {
            let cut = rest.get(error.valid_up_to()..).unwrap_or_default();
            match self.cut.get_mut(..cut.len()) {
                Some(place) if error.error_len().is_none() => place.copy_from_slice(cut),
                _ => return wrong(),
            }
            self.cut_length = cut.len();
        }
        Ok(read)
    }
}

/// A converter writes only where any character fits.
const LEAST_ROOM: usize = 16;

/// Converts to UTF-8 on the way.
pub(super) struct Converter<R> {
    source: R,
    decoder: Decoder,
    input: Vec<u8>,
    start: usize,
    end: usize,
    is_exhausted: bool,
    is_finished: bool,
    has_broken: bool,
    /// What was converted and did not fit.
    pending: VecDeque<u8>,
}

impl<R: Read> Converter<R> {
    fn new(source: R, encoding: &'static Encoding) -> Self {
        Self {
            source,
            decoder: encoding.new_decoder_without_bom_handling(),
            input: vec![0; 64 << 10],
            start: 0,
            end: 0,
            is_exhausted: false,
            is_finished: false,
            has_broken: false,
            pending: VecDeque::new(),
        }
    }

    /// Converts into `buffer`, which has room for a character at least; 0 at the end.
    fn convert(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.is_finished {
                return Ok(0);
            }
            if self.start == self.end && !self.is_exhausted {
                self.start = 0;
                self.end = self.source.read(&mut self.input)?;
                self.is_exhausted = self.end == 0;
            }
            let input = self.input.get(self.start..self.end).unwrap_or_default();
            let (result, read, written, has_broken) = self.decoder.decode_to_utf8(input, buffer, self.is_exhausted);
            self.start += read;
            self.has_broken |= has_broken;
            self.is_finished = self.is_exhausted && result == encoding_rs::CoderResult::InputEmpty;
            if written > 0 {
                return Ok(written);
            }
            if result == encoding_rs::CoderResult::OutputFull {
                return Err(io::Error::other("a buffer too small for one character"));
            }
        }
    }

    /// Reads to the end; whether every character was whole.
    fn read_through(mut self) -> io::Result<bool> {
        let mut buffer = vec![0; 64 << 10];
        while self.read(&mut buffer)? > 0 {}
        Ok(!self.has_broken)
    }
}

impl<R: Read> Read for Converter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.pending.is_empty() && buffer.len() >= LEAST_ROOM {
            return self.convert(buffer);
        }
        if self.pending.is_empty() {
            let mut room = [0; LEAST_ROOM];
            let count = self.convert(&mut room)?;
            self.pending.extend(room.iter().take(count));
        }
        let count = self.pending.len().min(buffer.len());
        buffer.iter_mut().zip(self.pending.drain(..count)).for_each(|(to, from)| *to = from);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn encoding(bytes: &[u8]) -> TextEncoding {
        survey(&mut Cursor::new(bytes), bytes).expect("reads").encoding
    }

    #[test]
    fn decides_on_the_whole_file() {
        assert_eq!(encoding("één".as_bytes()), TextEncoding::Utf8);
        assert_eq!(encoding(b"\xe9\xe9n"), TextEncoding::Windows1252);
        assert_eq!(encoding("één\n\u{e9}".as_bytes()), TextEncoding::Utf8);
        assert_eq!(encoding(b"\xc3\xa9\xc3\xa9n\n\xe9\xe9n\n"), TextEncoding::Mixed);
        assert_eq!(encoding(b"\xc3\xa9 en \xe9\n"), TextEncoding::Mixed, "on one line");
        assert_eq!(encoding(b"\xef\xbb\xbf\xe9"), TextEncoding::Mixed, "a mark of UTF-8 promises UTF-8");
        assert_eq!(encoding(b"\xc0\xaf"), TextEncoding::Mixed, "overlong");
        assert_eq!(encoding(b"\xed\xa0\x80"), TextEncoding::Mixed, "half of a pair");
        assert_eq!(encoding("\u{e9}".as_bytes().get(..1).expect("half")), TextEncoding::Windows1252);
        assert_eq!(encoding(b"\xff\xfea\0\0\xd8b\0"), TextEncoding::BrokenUtf16(UTF_16LE));
        assert_eq!(encoding(b"a\0b\0c\0d\0e\0\n\0"), TextEncoding::Unknown);
        assert_eq!(encoding(b"\xfe\xff\0a"), TextEncoding::Utf16(UTF_16BE));
        let long = "é".repeat(200_000);
        assert_eq!(encoding(long.as_bytes()), TextEncoding::Utf8, "a character over the end of a buffer");
    }

    #[test]
    fn utf16_is_converted_in_small_pieces_too() {
        let text = "agb_code\t👶🏽 één\r\n";
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut converter = Converter::new(Cursor::new(bytes), UTF_16LE);
        let (mut converted, mut piece) = (Vec::new(), [0; 1]);
        while let count @ 1.. = converter.read(&mut piece).expect("converts") {
            converted.extend_from_slice(&piece[..count]);
        }
        assert_eq!(String::from_utf8(converted).as_deref(), Ok(text));
    }
}
