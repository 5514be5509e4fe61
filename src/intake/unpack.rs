//! A gzip file, read as what is packed in it. Nothing is kept: to go back is to unpack again.

use std::io::{self, Read, Seek, SeekFrom};

use flate2::read::MultiGzDecoder;

/// What is packed in a gzip file.
pub(super) struct Unpacked<R> {
    /// `None` only while it is exchanged.
    decoder: Option<MultiGzDecoder<R>>,
    position: u64,
    size: u64,
}

impl<R: Read + Seek> Unpacked<R> {
    /// Unpacks all of `source` once. `Ok(None)` when there is more than `most` bytes in it; an error of kind
    /// `InvalidData` when it is damaged.
    pub(super) fn open(mut source: R, most: u64) -> io::Result<Option<Self>> {
        source.rewind()?;
        let mut counted = MultiGzDecoder::new(source).take(most.saturating_add(1));
        let size = match io::copy(&mut counted, &mut io::sink()) {
            Err(error) if is_damage(&error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            result => result?,
        };
        let mut found = Self { decoder: Some(counted.into_inner()), position: size, size };
        found.rewind()?;
        Ok((size <= most).then_some(found))
    }
}

fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof)
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(decoder) = &mut self.decoder else { return Ok(0) };
        let count = decoder.read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl<R: Read + Seek> Seek for Unpacked<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(target) => Some(target),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        let target = target.ok_or(io::ErrorKind::InvalidInput)?;
        if target < self.position
            && let Some(decoder) = self.decoder.take()
        {
            let mut source = decoder.into_inner();
            source.rewind()?;
            self.decoder = Some(MultiGzDecoder::new(source));
            self.position = 0;
        }
        // The end is a place to ask for, not to read from.
        let skipped = target.min(self.size) - self.position.min(self.size);
        io::copy(&mut self.by_ref().take(skipped), &mut io::sink())?;
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn goes_back_and_forth() {
        let text: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut unpacked = Unpacked::open(Cursor::new(packed(&text)), 1 << 20).expect("whole").expect("small");
        assert_eq!(unpacked.seek(SeekFrom::End(0)).expect("its size"), 800_000);
        for start in [799_996, 4, 400_000] {
            unpacked.seek(SeekFrom::Start(start as u64)).expect("a place");
            let mut found = Vec::new();
            unpacked.read_to_end(&mut found).expect("the rest");
            assert_eq!(found, text[start..]);
        }
    }

    #[test]
    fn more_than_is_taken_and_damage_are_told() {
        let whole = packed(&[b';'; 5_000]);
        assert!(Unpacked::open(Cursor::new(whole.clone()), 4_999).expect("whole").is_none());
        assert!(Unpacked::open(Cursor::new(whole.clone()), 5_000).expect("whole").is_some());
        let cut = whole[..whole.len() - 6].to_vec();
        let error = Unpacked::open(Cursor::new(cut), 5_000).err().expect("cut");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
