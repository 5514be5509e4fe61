//! What a check must know beside the bytes and the catalogue.

use std::{cmp::Ordering, collections::BTreeSet, fmt};

use jiff::civil::Date;

use crate::domain::{AgbCode, Period};

/// Who delivers, when, and how much is taken.
#[derive(Clone, Copy)]
pub struct CheckContext<'a> {
    /// The day of the check.
    pub today: Date,
    /// The dataset the uploader says it is; without it, the header decides.
    pub dataset: Option<&'a str>,
    /// For whom the uploader may deliver.
    pub organisations: &'a dyn AllowedOrganisations,
    /// The years that are open, where they are not those of the catalogue's windows.
    pub open_years: Option<&'a OpenYears>,
    /// To whom a window is open that closed for everybody else.
    pub more_time: Option<&'a dyn MoreTime>,
    /// The name of the file. Only what is named a workbook is read as one.
    pub file_name: Option<&'a str>,
    /// How much is taken.
    pub limits: Limits,
}

impl<'a> CheckContext<'a> {
    /// A file without a name, in the windows of the catalogue and with the usual limits.
    pub fn new(today: Date, dataset: Option<&'a str>, organisations: &'a dyn AllowedOrganisations) -> Self {
        Self {
            today,
            dataset,
            organisations,
            open_years: None,
            more_time: None,
            file_name: None,
            limits: Limits::default(),
        }
    }
}

/// The report years about which can be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenYears(BTreeSet<i16>);

impl OpenYears {
    /// These years.
    pub const fn new(years: BTreeSet<i16>) -> Self {
        Self(years)
    }

    /// How a year that is not open lies: `Less` before the first open year or between them, `Greater` after the last.
    /// `None` for an open year.
    pub(super) fn closed(&self, year: i16) -> Option<Ordering> {
        if self.0.contains(&year) {
            return None;
        }
        Some(if self.0.last().is_some_and(|last| year > *last) { Ordering::Greater } else { Ordering::Less })
    }
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

/// To whom more time was given than a window has.
pub trait MoreTime {
    /// Whether files of this dataset are still taken from an organisation about a period though the window closed.
    fn has(&self, dataset: &str, organisation: AgbCode, period: Period) -> bool;
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
    /// Bytes to which a packed file may expand.
    pub expanded_bytes: u64,
    /// Bytes to which a workbook may expand. Its texts are kept in memory, each several times its own size.
    pub workbook_bytes: u64,
    /// Bytes of one record.
    pub record_bytes: usize,
    /// Columns of the header.
    pub columns: usize,
    /// Data rows.
    pub rows: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            expanded_bytes: 32 << 20,
            workbook_bytes: 16 << 20,
            record_bytes: 1 << 20,
            columns: 200,
            rows: 1_000_000,
        }
    }
}
