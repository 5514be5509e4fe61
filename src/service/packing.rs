//! Compression and canonical JSON of what is kept as bytes.

use std::{
    collections::BTreeMap,
    io::{Read, Write as _},
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::Error;
use crate::domain::{Digest, Hasher};

/// Bytes as they are kept.
pub(super) struct Packed {
    /// Compressed. The same bytes always give the same result.
    pub(super) gzip: Vec<u8>,
    /// Of the bytes as they were.
    pub(super) digest: Digest,
    /// How many they were.
    pub(super) size: u64,
}

/// Compresses, measures and digests `source` in one pass.
pub(super) fn compress_counting(mut source: impl Read) -> Result<Packed, Error> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        let count = source.read(&mut buffer).map_err(Error::internal)?;
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        encoder.write_all(bytes).map_err(Error::internal)?;
        hasher.update(bytes);
        size += bytes.len() as u64;
    }
    Ok(Packed { gzip: encoder.finish().map_err(Error::internal)?, digest: hasher.finish(), size })
}

/// What was compressed.
pub(super) fn decompress(packed: &[u8]) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

/// Canonical JSON: fields in the order of their declaration, maps sorted, no white space.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(Error::internal)
}

/// Canonical JSON, compressed.
pub(super) fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    Ok(compress_counting(to_json(value)?.as_slice())?.gzip)
}

/// What [`pack`] was given.
pub(super) fn unpack<T: DeserializeOwned>(packed: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(&decompress(packed)?).map_err(Error::internal)
}

/// One text for one value, whoever writes it: keys sorted, no white space (RFC 8785, for values whose numbers are whole
/// and whose keys are ASCII).
pub(super) fn canonical(value: Value) -> Result<Vec<u8>, Error> {
    to_json(&sorted(value))
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let by_key: BTreeMap<String, Value> = map.into_iter().collect();
            Value::Object(by_key.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        Value::Array(all) => Value::Array(all.into_iter().map(sorted).collect()),
        other => other,
    }
}
