//! Organisations and their codes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::OrganisationId;

/// An AGB code: eight digits, leading zeros included. There is no public check digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgbCode(u32);

/// A text that is no AGB code.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("expected an AGB code of eight digits, for example 33001234")]
pub struct AgbCodeError;

impl AgbCode {
    /// The code of a number below 100 000 000.
    pub const fn from_number(number: u32) -> Option<Self> {
        if number < 100_000_000 { Some(Self(number)) } else { None }
    }

    /// The code as a number below 100 000 000; for keys, never for showing.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl FromStr for AgbCode {
    type Err = AgbCodeError;

    fn from_str(text: &str) -> Result<Self, AgbCodeError> {
        if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(AgbCodeError);
        }
        text.parse().map(Self).map_err(|_| AgbCodeError)
    }
}

impl fmt::Display for AgbCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08}", self.0)
    }
}

impl fmt::Debug for AgbCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgbCode({self})")
    }
}

impl Serialize for AgbCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AgbCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The sort of provider, which decides with whom it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationKind {
    /// An organisation with carers in employment.
    Organisation,
    /// A cooperative or agency of self-employed carers.
    Cooperative,
    /// One self-employed carer: a natural person. Her files are checked; she is never ranked.
    Solo,
}

impl OrganisationKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Organisation, Self::Cooperative, Self::Solo];

    /// The word used in files and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Cooperative => "cooperative",
            Self::Solo => "solo",
        }
    }

    /// The kind written as `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether organisations of this kind are compared with one another and ranked.
    pub const fn is_ranked(self) -> bool {
        !matches!(self, Self::Solo)
    }
}

/// A provider in the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its identifier here.
    pub id: OrganisationId,
    /// Its AGB code, by which files name it.
    pub agb_code: AgbCode,
    /// Its name.
    pub name: String,
    /// The sort of provider.
    pub kind: OrganisationKind,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agb_code_keeps_its_zeros_and_takes_nothing_else() {
        assert_eq!("00990001".parse::<AgbCode>().map(|code| code.to_string()).as_deref(), Ok("00990001"));
        for wrong in ["990001", "009900011", "0099 001", "0099000A", "+0990001", "００９９０００１", ""] {
            assert_eq!(wrong.parse::<AgbCode>(), Err(AgbCodeError), "{wrong}");
        }
    }
}
