//! The use-cases: recognise who asks, load, call the pure code, save. Owns the units of work.
//!
//! Every function takes the [`Actor`](crate::domain::Actor) who asks; what is out of their scope is not found.

mod access;
mod account;
mod approval;
mod assessment;
mod changes;
mod chart;
mod copies;
mod error;
mod holders;
mod live;
mod mandates;
mod numbers;
mod obligations;
mod once;
mod overrides;
mod packing;
mod plausibility;
mod preview;
mod progress;
mod reading;
mod receipts;
mod ranking;
mod records;
mod register;
mod related;
mod sessions;
mod shares;
mod signing;
mod submissions;
mod tally;
mod uploads;
mod verification;
mod windows;
mod wiring;

pub use access::NewToken;
pub use account::{HonestAccount, ThemeTally};
pub use approval::{Approval, ApprovalRequest};
pub use assessment::{AssessedOrganisation, Assessment};
pub use changes::{Change as ToldChange, FollowedCheck, FollowedSignals, FollowedSubmissions, Following, SignalChange};
pub use chart::{ChartQuery, OrganisationChart};
pub use copies::{AnnotatedCopy, SheetForm, TemplateForm, make_template};
pub use error::{Error, Refusal, causes, is_full};
pub use mandates::{MandateRequest, NamedMandate};
pub use numbers::{NumberInForce, NumberQuery};
pub use obligations::ExtensionRequest;
pub use overrides::{OverrideOutcome, OverrideRequest};
pub use preview::{Preview, PreviewPlace};
pub use progress::{CheckName, CheckProgress, CheckState};
pub use ranking::Ranked;
pub use reading::{Distribution, KnownAt, SubmissionQuery};
pub use receipts::{ReadReceipt, ReceiptBody, ReceiptSubmission, ReceiptVersion};
pub use records::{NotedRead, ReadWatch};
pub use register::RegisterEntry;
pub use related::{Answered, History, NumberExplanation, Relations};
pub use sessions::NewSession;
pub use signing::{ReceiptFault, ReceiptKey, Signature, SignedReceipt, verify_receipt};
pub use submissions::CheckedSubmission;
pub use tally::ServiceTally;
pub use verification::{Difference, ExportedRun, Verification};
pub use wiring::{Service, Settings, must_deliver};

pub use crate::catalogue::{ExportColumn, ExportType};
pub use crate::scoring::{
    Account, AtMost, Change, ChangeNeeded, ChartLimits, ChartPoint, ChartSums, Contribution, DataFinding, Dispersion,
    Drift, Fit, FlagRate, Headline, Insufficiency, Interval, KindRate, NormComparison, OrganisationOutcome, PeerGroup,
    Pooled, Reader, Score, Signal, Size, SizeRate, Slip, Step, Tally, Thresholds, Top, TypicalValue, TypingError,
};
pub use crate::store::{Delivery, Explanation, Sender, Submission, SubmissionEvent, Token, TokenRecord, Upload};
