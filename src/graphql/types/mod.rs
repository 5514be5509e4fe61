//! The output types, each made from what the service gives.

mod catalogue;
mod distribution;
mod finding;
mod methodology;
mod observation;
mod organisation;
mod score;
mod signal;
mod submission;
mod text;

pub(super) use catalogue::{CatalogueType, IndicatorType};
pub(super) use distribution::DistributionType;
pub(super) use finding::SeverityType;
pub(super) use methodology::MethodologySectionType;
pub(super) use observation::ObservationType;
pub(super) use organisation::OrganisationType;
pub(super) use score::{RiskScore, RunType, risk_score};
pub(super) use signal::{DataStateType, LevelType, SignalType, signal};
pub(super) use submission::{SubmissionStateType, SubmissionType};
pub(super) use text::{LocalizedText, UserError};
