//! What a check must know beside the bytes and the catalogue.

use std::{collections::BTreeSet, fmt};

use jiff::civil::Date;

use crate::domain::AgbCode;

/// Who delivers, when, and how much is taken.
#[derive(Clone, Copy)]
pub struct CheckContext<'a> {
    /// The day of the check.
    pub today: Date,
    /// The dataset the uploader says it is; without it, the header decides.
    pub dataset: Option<&'a str>,
    /// For whom the uploader may deliver.
    pub organisations: &'a dyn AllowedOrganisations,
    /// How much is taken.
    pub limits: Limits,
}

impl fmt::Debug for CheckContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckContext")
            .field("today", &self.today)
            .field("dataset", &self.dataset)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// For whom an uploader may deliver.
///
/// The answer is the same for a code of another organisation and for a code of none: a finding must not tell
/// which codes exist.
pub trait AllowedOrganisations {
    /// Whether the uploader may deliver for this code.
    fn allows(&self, code: AgbCode) -> bool;

    /// Whether this code is on a list of the uploader's own, so that lost leading zeros can be put back without
    /// a guess.
    fn lists(&self, code: AgbCode) -> bool {
        self.allows(code)
    }
}

impl AllowedOrganisations for BTreeSet<AgbCode> {
    fn allows(&self, code: AgbCode) -> bool {
        self.contains(&code)
    }
}

/// Every organisation: for a file that is checked outside any account.
#[derive(Clone, Copy, Debug)]
pub struct AnyOrganisation;

impl AllowedOrganisations for AnyOrganisation {
    fn allows(&self, _: AgbCode) -> bool {
        true
    }

    fn lists(&self, _: AgbCode) -> bool {
        false
    }
}

/// How much is taken; beyond it a file is refused, never cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes to which an archive or workbook may expand. It is refused in any case; this decides how.
    pub expanded_bytes: u64,
    /// Bytes of one record.
    pub record_bytes: usize,
    /// Columns of the header.
    pub columns: usize,
    /// Data rows.
    pub rows: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 256 << 20, expanded_bytes: 32 << 20, record_bytes: 1 << 20, columns: 200, rows: 2_000_000 }
    }
}
