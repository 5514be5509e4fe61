//! The use-cases: recognise who asks, load, call the pure code, save. Owns the units of work.
//!
//! Every function takes the [`Actor`](crate::domain::Actor) who asks; what is out of their scope is not found.

mod access;
mod approval;
mod assessment;
mod error;
mod obligations;
mod packing;
mod plausibility;
mod preview;
mod reading;
mod receipts;
mod register;
mod signing;
mod submissions;
mod uploads;
mod verification;
mod wiring;

pub use access::NewToken;
pub use approval::{Approval, ApprovalRequest};
pub use assessment::{AssessedOrganisation, Assessment};
pub use error::{Error, Refusal};
pub use obligations::ExtensionRequest;
pub use plausibility::NumberExplanation;
pub use preview::{Preview, PreviewPlace};
pub use reading::{Distribution, Relations, SubmissionQuery};
pub use receipts::{ReadReceipt, ReceiptBody, ReceiptSubmission, ReceiptVersion};
pub use signing::{ReceiptFault, ReceiptKey, Signature, SignedReceipt, verify_receipt};
pub use submissions::CheckedSubmission;
pub use verification::{Difference, ExportedRun, Verification};
pub use wiring::{Service, Settings, must_deliver};

pub use crate::scoring::{
    Contribution, Dispersion, Fit, Insufficiency, Interval, OrganisationOutcome, PeerGroup, Reader, Score, Signal,
};
pub use crate::store::{Delivery, Explanation, Submission, SubmissionEvent, Upload};
