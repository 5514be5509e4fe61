//! Identifiers: a prefix that says what is named, and 128 bits in lower-case Crockford base 32.
//!
//! `sub_01k9x6v7t0e8mbq2d3f4g5h6j7` can be read aloud, sorted by age (the bits are a UUIDv7) and not mistaken
//! for the identifier of something else.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Gives new identifiers. Handed in, so that tests and the demo can repeat themselves.
pub trait IdSource: Send + Sync {
    /// 128 bits that were not given before, rising with time (UUIDv7 in production).
    fn next(&self) -> u128;
}

/// A text that is no identifier of the wanted sort.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("expected an identifier of the form {prefix}_ and 26 characters")]
pub struct IdError {
    /// What the identifier should have begun with.
    pub prefix: &'static str,
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 26;

fn write_bits(bits: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = String::with_capacity(LENGTH);
    for position in (0..LENGTH).rev() {
        let index = usize::try_from((bits >> (5 * position)) & 31).unwrap_or(0);
        text.push(char::from(ALPHABET.get(index).copied().unwrap_or(b'0')));
    }
    // At once: whoever writes it elsewhere looks at each piece.
    f.write_str(&text)
}

fn read_bits(text: &str) -> Option<u128> {
    if text.len() != LENGTH {
        return None;
    }
    let mut bits: u128 = 0;
    for (position, byte) in text.bytes().enumerate() {
        let value = ALPHABET.iter().position(|letter| *letter == byte)?;
        // 26 x 5 = 130 bits: the first character holds only three.
        if position == 0 && value > 7 {
            return None;
        }
        bits = (bits << 5) | u128::try_from(value).ok()?;
    }
    Some(bits)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// What the text form begins with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// A new identifier from `source`.
            pub fn new(source: &dyn IdSource) -> Self {
                Self(source.next())
            }

            /// The identifier with exactly these bits.
            pub const fn from_bits(bits: u128) -> Self {
                Self(bits)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($prefix, "_"))?;
                write_bits(self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(read_bits)
                    .map(Self)
                    .ok_or(IdError { prefix: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// An organisation in the register.
    OrganisationId = "org";
    /// Bytes that were received.
    UploadId = "upl";
    /// One version of a delivery.
    SubmissionId = "sub";
    /// A request for more time.
    ExtensionId = "ext";
    /// What outranks the scores of an organisation, as it was recorded.
    OverrideId = "ovr";
    /// A party that acts for organisations.
    IntermediaryId = "int";
    /// What an organisation lets an intermediary do for it.
    MandateId = "mdt";
    /// The receipt of an approval.
    ReceiptId = "rcp";
    /// A scoring run; its bits are the first 128 of the SHA-256 of the run's key.
    RunId = "run";
    /// A bearer token (not its secret).
    TokenId = "tok";
    /// The session of somebody who signed in (not its secret).
    SessionId = "ses";
    /// A line of the audit log.
    AuditId = "aud";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_reads_back_and_tells_sorts_apart() {
        for bits in [0, 1, 31, 32, u128::MAX, 0x0192_3456_789a_7bcd_8ef0_1234_5678_9abc] {
            let id = SubmissionId::from_bits(bits);
            assert_eq!(id.to_string().parse::<SubmissionId>(), Ok(id));
            assert_eq!(id.to_string().parse::<RunId>(), Err(IdError { prefix: "run" }));
        }
        assert!("sub_8zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<SubmissionId>().is_err());
        assert!("sub_0000".parse::<SubmissionId>().is_err());
    }

    #[test]
    fn text_form_keeps_the_order_of_the_bits() {
        let earlier = UploadId::from_bits(0x0192_0000_0000_7000_8000_0000_0000_0000).to_string();
        let later = UploadId::from_bits(0x0193_0000_0000_7000_8000_0000_0000_0000).to_string();
        assert!(earlier < later);
    }
}
