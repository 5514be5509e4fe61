//! The closed list of ways in which a request may end badly.
//!
//! Each has one stable code; the GraphQL code, the HTTP status, the exit code and the texts follow from it.

use std::io::{self, ErrorKind};

use jiff::civil::Date;
use thiserror::Error as ThisError;

use crate::{
    catalogue::Catalogue,
    domain::{Role, SubmissionId, SubmissionState, Text},
    intake::NoCopy,
    sheets::TooLarge,
    store,
};

/// Why a request was not done.
#[derive(Debug, ThisError)]
pub enum Error {
    /// Nobody known is asking.
    #[error("nobody known is asking")]
    Unauthenticated,
    /// Somebody known, in the wrong role.
    #[error("this takes the role {}", .0.as_str())]
    Forbidden(Role),
    /// Absent, or out of scope: the same to whoever asks.
    #[error("not found")]
    NotFound,
    /// An ordinary "no", with what to do about it.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// Somebody else was first.
    #[error("another change was first")]
    Conflict,
    /// The database is away or busy; nothing was changed and trying again is safe.
    #[error("not available")]
    Unavailable(#[source] store::Error),
    /// There is no room on the disk for what is made of a file; it is not the file's fault.
    #[error("no room on the disk")]
    NoRoom(#[source] io::Error),
    /// A fault of this program.
    #[error("internal fault")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// An ordinary "no".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The bytes are gone.
    UploadExpired,
    /// No such dataset.
    DatasetUnknown {
        /// What was asked.
        dataset: String,
        /// What there is.
        known: String,
    },
    /// The submission is not where it should be.
    SubmissionState {
        /// Where it is.
        state: SubmissionState,
        /// Where it should be.
        expected: SubmissionState,
    },
    /// Two submissions in one approval about the same.
    SubmissionsOverlap,
    /// An approval of nothing.
    NothingAsked,
    /// Questions without an answer.
    QuestionsOpen {
        /// How many.
        count: usize,
    },
    /// What was right when it was checked is no longer (a period closed, the catalogue changed).
    CheckChanged {
        /// The first error now found.
        title: Text,
    },
    /// A file with data about persons, of which no byte was kept, is not given back.
    CopyPersonal,
    /// What is no table has no rows to remark on.
    CopyNoTable,
    /// More than fits in a workbook.
    CopyTooLarge {
        /// The most cells.
        cells: usize,
        /// The most text.
        mebibytes: usize,
    },
    /// A dataset has no template for a year.
    TemplateYear {
        /// The dataset.
        dataset: String,
        /// What was asked.
        year: i16,
        /// The first year there is.
        from: i16,
        /// The last.
        to: i16,
    },
    /// No such finding.
    FindingUnknown {
        /// What was asked.
        finding: usize,
    },
    /// An error is not to be explained but mended.
    FindingIsError,
    /// Too short or too long.
    TextLength {
        /// The fewest characters.
        minimum: usize,
        /// The most characters.
        maximum: usize,
        /// How many there are.
        found: usize,
    },
    /// The file is in force already.
    AlreadyInForce {
        /// The submission that is in force.
        submission: SubmissionId,
    },
    /// Something is in force, and the approval does not name what was seen of it.
    VersionNotSeen,
    /// What was seen is no longer so.
    VersionChanged,
    /// A version takes the place of another without a reason.
    CorrectionMissing,
    /// More time until a day before the due day or too long after the closing.
    ExtensionDay {
        /// The due day.
        due: Date,
        /// The last day until which time can be given.
        latest: Date,
    },
    /// A request for more time waits for a decision.
    ExtensionWaits,
    /// A request for more time was decided on.
    ExtensionDecided,
    /// What outranks scores begins in the future or ends before it begins.
    OverrideDays {
        /// The day on which it was asked.
        today: Date,
    },
    /// What outranked scores was taken back.
    OverrideWithdrawn,
    /// Too many kraambedden for an exemption.
    TooManyBirths {
        /// The most.
        maximum: u32,
    },
    /// Downtime that ends before it begins, or in the future.
    DowntimeOrder,
    /// An idempotency key that was used for something else.
    IdempotencyConflict,
    /// A submission of no file, or of two.
    UploadChoice,
    /// A file with data about persons, of which no byte was kept.
    FilePersonal {
        /// What was found.
        title: Text,
    },
    /// A file that does not say of whom it is, sent by one who delivers for others.
    FileOfNobody,
    /// A file with a row of nobody for whom the sender may deliver it.
    RowOfNobody {
        /// The line on which the row starts.
        line: u64,
    },
    /// A mandate about no dataset, or about one that no mandate is about.
    MandateDatasets {
        /// About which mandates are.
        known: String,
    },
    /// A mandate that begins in the past, ends before it begins, or lasts too long.
    MandateDays {
        /// The day on which it is given.
        today: Date,
        /// The most days it lasts.
        longest: i32,
    },
    /// A mandate that was withdrawn before.
    MandateWithdrawn,
    /// An intermediary with that name is there already.
    IntermediaryTaken {
        /// The name.
        name: String,
    },
    /// The register has that code.
    AgbCodeTaken {
        /// The code.
        agb_code: String,
    },
    /// A merger into an organisation that the register does not have.
    SuccessorUnknown {
        /// The code of that organisation.
        agb_code: String,
    },
    /// Mergers that lead back to where they began.
    MergerCircle {
        /// Where.
        agb_code: String,
    },
}

impl Refusal {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UploadExpired => "UPLOAD_EXPIRED",
            Self::DatasetUnknown { .. } => "DATASET_UNKNOWN",
            Self::SubmissionState { .. } => "SUBMISSION_STATE",
            Self::SubmissionsOverlap => "SUBMISSIONS_OVERLAP",
            Self::NothingAsked => "NOTHING_ASKED",
            Self::QuestionsOpen { .. } => "QUESTIONS_OPEN",
            Self::CheckChanged { .. } => "CHECK_CHANGED",
            Self::CopyPersonal => NoCopy::Personal.code(),
            Self::CopyNoTable => NoCopy::NoTable.code(),
            Self::CopyTooLarge { .. } => TooLarge::CODE,
            Self::TemplateYear { .. } => "TEMPLATE_YEAR",
            Self::FindingUnknown { .. } => "FINDING_UNKNOWN",
            Self::FindingIsError => "FINDING_IS_ERROR",
            Self::TextLength { .. } => "TEXT_LENGTH",
            Self::AlreadyInForce { .. } => "ALREADY_IN_FORCE",
            Self::VersionNotSeen => "VERSION_NOT_SEEN",
            Self::VersionChanged => "VERSION_CHANGED",
            Self::CorrectionMissing => "CORRECTION_MISSING",
            Self::ExtensionDay { .. } => "EXTENSION_DAY",
            Self::ExtensionWaits => "EXTENSION_WAITS",
            Self::ExtensionDecided => "EXTENSION_DECIDED",
            Self::OverrideDays { .. } => "OVERRIDE_DAYS_ORDER",
            Self::OverrideWithdrawn => "OVERRIDE_WITHDRAWN",
            Self::TooManyBirths { .. } => "TOO_MANY_BIRTHS",
            Self::DowntimeOrder => "DOWNTIME_ORDER",
            Self::IdempotencyConflict => "IDEMPOTENCY_CONFLICT",
            Self::UploadChoice => "UPLOAD_CHOICE",
            Self::FilePersonal { .. } => "FILE_PERSONAL",
            Self::FileOfNobody => "FILE_OF_NOBODY",
            Self::RowOfNobody { .. } => "ROW_OF_NOBODY",
            Self::MandateDatasets { .. } => "MANDATE_DATASETS",
            Self::MandateDays { .. } => "MANDATE_DAYS",
            Self::MandateWithdrawn => "MANDATE_WITHDRAWN",
            Self::IntermediaryTaken { .. } => "INTERMEDIARY_TAKEN",
            Self::AgbCodeTaken { .. } => "AGB_CODE_TAKEN",
            Self::SuccessorUnknown { .. } => "SUCCESSOR_UNKNOWN",
            Self::MergerCircle { .. } => "MERGER_CIRCLE",
        }
    }

    /// What is said of it, in both languages.
    pub fn text(&self, catalogue: &Catalogue) -> Text {
        let fill = |parameters: &[(&str, String)]| catalogue.message(self.code(), parameters);
        match self {
            Self::UploadExpired
            | Self::CopyPersonal
            | Self::CopyNoTable
            | Self::SubmissionsOverlap
            | Self::NothingAsked
            | Self::FindingIsError
            | Self::VersionNotSeen
            | Self::VersionChanged
            | Self::CorrectionMissing
            | Self::ExtensionWaits
            | Self::ExtensionDecided
            | Self::OverrideWithdrawn
            | Self::DowntimeOrder
            | Self::IdempotencyConflict
            | Self::UploadChoice
            | Self::FileOfNobody
            | Self::MandateWithdrawn => fill(&[]),
            Self::RowOfNobody { line } => fill(&[("line", line.to_string())]),
            Self::MandateDatasets { known } => fill(&[("known", known.clone())]),
            Self::MandateDays { today, longest } => {
                fill(&[("today", today.to_string()), ("longest", longest.to_string())])
            }
            Self::IntermediaryTaken { name } => fill(&[("name", name.clone())]),
            Self::OverrideDays { today } => fill(&[("today", today.to_string())]),
            Self::ExtensionDay { due, latest } => fill(&[("due", due.to_string()), ("latest", latest.to_string())]),
            Self::TooManyBirths { maximum } => fill(&[("maximum", maximum.to_string())]),
            Self::AlreadyInForce { submission } => fill(&[("submission", submission.to_string())]),
            Self::DatasetUnknown { dataset, known } => fill(&[("dataset", dataset.clone()), ("known", known.clone())]),
            Self::SubmissionState { state, expected } => {
                fill(&[("state", state.as_str().to_owned()), ("expected", expected.as_str().to_owned())])
            }
            Self::QuestionsOpen { count } => fill(&[("count", count.to_string())]),
            Self::CheckChanged { title } | Self::FilePersonal { title } => {
                Text { nl: fill(&[("title", title.nl.clone())]).nl, en: fill(&[("title", title.en.clone())]).en }
            }
            Self::CopyTooLarge { cells, mebibytes } => {
                fill(&[("cells", cells.to_string()), ("mebibytes", mebibytes.to_string())])
            }
            Self::TemplateYear { dataset, year, from, to } => fill(&[
                ("dataset", dataset.clone()),
                ("year", year.to_string()),
                ("from", from.to_string()),
                ("to", to.to_string()),
            ]),
            Self::FindingUnknown { finding } => fill(&[("finding", finding.to_string())]),
            Self::TextLength { minimum, maximum, found } => fill(&[
                ("minimum", minimum.to_string()),
                ("maximum", maximum.to_string()),
                ("found", found.to_string()),
            ]),
            Self::AgbCodeTaken { agb_code } | Self::SuccessorUnknown { agb_code } | Self::MergerCircle { agb_code } => {
                fill(&[("agb_code", agb_code.clone())])
            }
        }
    }
}

/// What went wrong with all that it came from, for the log: the first says what, the last why.
pub fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let all = std::iter::successors(Some(error), |error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl Error {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden(_) => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Refused(refusal) => refusal.code(),
            Self::Conflict => "CONFLICT",
            Self::Unavailable(_) => "UNAVAILABLE",
            Self::NoRoom(_) => "NO_ROOM",
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// What is said of it, in both languages; an internal fault says no more than `reference`.
    pub fn text(&self, catalogue: &Catalogue, reference: &str) -> Text {
        match self {
            Self::Refused(refusal) => refusal.text(catalogue),
            Self::Forbidden(role) => catalogue.message(self.code(), &[("role", role.as_str().to_owned())]),
            _ => catalogue.message(self.code(), &[("reference", reference.to_owned())]),
        }
    }

    /// A file of our own could not be written or read: no room, or else a fault.
    pub(super) fn disk(source: io::Error) -> Self {
        if is_full(&source) { Self::NoRoom(source) } else { Self::internal(source) }
    }

    /// A fault of this program, from whatever said so.
    pub(super) fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }
}

/// Whether a write failed for want of room: the disk, a quota, or the largest file that this process may write.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Conflict { .. } => Self::Conflict,
            store::Error::Unavailable(_) | store::Error::Journal(_) => Self::Unavailable(error),
            _ => Self::internal(error),
        }
    }
}
