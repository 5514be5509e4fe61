//! Bytes to text: which encoding a file is in, decided on the whole of it before a cell is read.
//!
//! UTF-8 and windows-1252 agree on every byte below 128, among which all that structures a table; so such files
//! are scanned as bytes and only the cells that need it are decoded. UTF-16 is converted on the way in.

use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::{Decoder, Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How the bytes of a file become text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextEncoding {
    /// UTF-8, proven on every byte.
    Utf8,
    /// Not UTF-8: read as windows-1252, in which every byte means something.
    Windows1252,
    /// Some lines are UTF-8 and others cannot be.
    Mixed,
    /// UTF-16 that says so in its first two bytes.
    Utf16(&'static Encoding),
    /// UTF-16 that does not say so, or UTF-32.
    Unknown,
}

/// An encoding, and where the text begins behind the byte order mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Survey {
    pub encoding: TextEncoding,
    pub text_start: u64,
}

/// Finds the encoding of all of `source`, whose first bytes are `head`.
pub(super) fn survey<R: Read + Seek>(source: &mut R, head: &[u8]) -> io::Result<Survey> {
    let at = |encoding, text_start| Ok(Survey { encoding, text_start });
    if head.starts_with(b"\xff\xfe\0\0") || head.starts_with(b"\0\0\xfe\xff") {
        return at(TextEncoding::Unknown, 0);
    }
    if head.starts_with(b"\xff\xfe") {
        return at(TextEncoding::Utf16(UTF_16LE), 2);
    }
    if head.starts_with(b"\xfe\xff") {
        return at(TextEncoding::Utf16(UTF_16BE), 2);
    }
    if looks_like_utf16(head) {
        return at(TextEncoding::Unknown, 0);
    }
    let text_start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    source.seek(SeekFrom::Start(text_start))?;
    if is_utf8(source)? {
        return at(TextEncoding::Utf8, text_start);
    }
    source.seek(SeekFrom::Start(text_start))?;
    let has_utf8_lines = has_utf8_lines(source)?;
    at(if has_utf8_lines { TextEncoding::Mixed } else { TextEncoding::Windows1252 }, text_start)
}

/// Whether every second byte is NUL, as in Latin text of two bytes a character.
pub(super) fn looks_like_utf16(head: &[u8]) -> bool {
    let sample = head.get(..head.len().min(4096)).unwrap_or_default();
    let zeros = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let pairs = sample.len() / 2;
    let (even, odd) = (zeros(0), zeros(1));
    pairs >= 4 && even.max(odd) * 10 > pairs * 7 && even.min(odd) * 10 < pairs
}

fn is_utf8<R: Read>(source: &mut R) -> io::Result<bool> {
    let mut buffer = vec![0; 128 << 10];
    let mut kept = 0;
    loop {
        let read = source.read(buffer.get_mut(kept..).unwrap_or_default())?;
        let length = kept + read;
        let bytes = buffer.get(..length).unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(_) if read == 0 => return Ok(true),
            Ok(_) => kept = 0,
            // A character cut in two by the end of the buffer goes on in the next.
            Err(error) if error.error_len().is_none() && read > 0 => {
                let start = error.valid_up_to();
                buffer.copy_within(start..length, 0);
                kept = length - start;
            }
            Err(_) => return Ok(false),
        }
    }
}

/// Whether some line has characters beyond ASCII and is UTF-8. Lines longer than the buffer are judged in pieces.
fn has_utf8_lines<R: Read>(source: &mut R) -> io::Result<bool> {
    let mut buffer = vec![0; 128 << 10];
    let mut kept = 0;
    loop {
        let read = source.read(buffer.get_mut(kept..).unwrap_or_default())?;
        let length = kept + read;
        let bytes = buffer.get(..length).unwrap_or_default();
        let whole = match memchr::memrchr2(b'\n', b'\r', bytes) {
            Some(last) if read > 0 && length < buffer.len() || last + 1 == length => last + 1,
            Some(last) if read > 0 => last + 1,
            _ if read > 0 && length < buffer.len() => 0,
            _ => length,
        };
        let (lines, _) = bytes.split_at_checked(whole).unwrap_or((bytes, &[]));
        let is_utf8_line = |line: &[u8]| !line.is_ascii() && std::str::from_utf8(line).is_ok();
        if lines.split(|byte| matches!(byte, b'\n' | b'\r')).any(is_utf8_line) {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        buffer.copy_within(whole..length, 0);
        kept = length - whole;
    }
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
    Converted(Converter<R>),
}

impl<R: Read + Seek> TextReader<R> {
    /// Goes to where the text begins.
    pub(super) fn open(mut source: R, survey: Survey) -> io::Result<Self> {
        source.seek(SeekFrom::Start(survey.text_start))?;
        Ok(match survey.encoding {
            TextEncoding::Utf16(encoding) => Self::Converted(Converter::new(source, encoding)),
            _ => Self::Plain(source),
        })
    }
}

impl<R: Read> Read for TextReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(source) => source.read(buffer),
            Self::Converted(converter) => converter.read(buffer),
        }
    }
}

/// Converts to UTF-8 on the way.
pub(super) struct Converter<R> {
    source: R,
    decoder: Decoder,
    input: Vec<u8>,
    start: usize,
    end: usize,
    is_exhausted: bool,
    is_finished: bool,
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
        }
    }
}

impl<R: Read> Read for Converter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
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
            let (result, read, written, _) = self.decoder.decode_to_utf8(input, buffer, self.is_exhausted);
            self.start += read;
            self.is_finished = self.is_exhausted && result == encoding_rs::CoderResult::InputEmpty;
            if written > 0 {
                return Ok(written);
            }
            if result == encoding_rs::CoderResult::OutputFull {
                return Err(io::Error::other("a buffer too small for one character"));
            }
        }
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
        let (mut converted, mut piece) = (Vec::new(), [0; 4]);
        while let count @ 1.. = converter.read(&mut piece).expect("converts") {
            converted.extend_from_slice(&piece[..count]);
        }
        assert_eq!(String::from_utf8(converted).as_deref(), Ok(text));
    }
}
