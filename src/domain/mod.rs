//! The words of the field as types: what an organisation, a period, an observation, a finding, a signal *is*.
//!
//! Pure values with their invariants. No clock, no database, no files; time and identifiers are handed in
//! through [`Clock`] and [`IdSource`].

mod actor;
mod call;
mod clock;
mod code;
mod difference;
mod digest;
mod finding;
mod id;
mod learning;
mod mandate;
mod merger;
mod notice;
mod obligation;
mod observation;
mod organisation;
mod period;
mod person;
mod recorded_override;
mod signal;
mod spreadsheet;
mod submission;
mod text;

pub use actor::{Actor, Entry, Role, Scope};
pub use call::{Call, Once};
pub use clock::{Clock, Instant};
pub use code::Code;
pub use difference::{Change, Difference, differences};
pub use digest::{Digest, Hasher};
pub use finding::{ColumnPlace, Finding, Occurrence, Report, RowCounts, RowFate, Severity};
pub use id::{
    AuditId, ExtensionId, IdError, IdSource, IntermediaryId, MandateId, OrganisationId, OverrideId, ReceiptId, RunId,
    SessionId, SubmissionId, TokenId, UploadId,
};
pub use learning::{DataClass, LearningObservation, Own};
pub use mandate::{Intermediary, Mandate, MandateRight, MandateStanding, MandateWithdrawal, Mandated};
pub use merger::{Merger, MergerCircle, Mergers, Registration, Succession};
pub use notice::{Notice, UnknownNotice};
pub use obligation::{
    Downtime, Exemption, Extension, ExtensionDecision, Obligation, ObligationRates, ObligationStatus, Standing,
    deadline,
};
pub use observation::{Figures, MissingReason, Observation, Observed, PartObservation, ReportedNumber};
pub use organisation::{AgbCode, AgbCodeError, Organisation, OrganisationKind};
pub use period::{Period, PeriodError, PeriodPart};
pub use person::{Capacity, Person};
pub use recorded_override::{OverrideChange, OverrideReason, OverrideRecord, RecordedOverride};
pub use signal::{DataState, Direction, Level};
pub use spreadsheet::{is_calculated, neutralised, restored};
pub use submission::{Correction, CorrectionClass, SubmissionState};
pub use text::{Language, Text};
