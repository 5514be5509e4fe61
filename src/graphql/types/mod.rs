//! The output types, each made from what the service gives.

mod account;
mod catalogue;
mod check;
mod changes;
mod comparison;
mod course;
mod difference;
mod distribution;
mod finding;
mod mandate;
mod methodology;
mod obligation;
mod observation;
mod organisation;
mod quality;
mod receipt;
mod recorded_override;
mod score;
mod signal;
mod submission;
mod text;

pub(super) use account::AccountType;
pub(super) use catalogue::{
    AspectType, CatalogueType, DataClassType, DirectionType, IndicatorKindType, IndicatorType, ThemeType, UnitType,
};
pub(super) use changes::{RunsPublished, SignalsChanged, SubmissionsChanged};
pub(super) use check::{CheckBy, CheckProgressType};
pub(super) use comparison::SlipType;
pub(super) use course::ChartType;
pub(super) use difference::{ApprovalPreviewType, ChangeType, DeliveryVersionType, SubmissionDifference};
pub(super) use distribution::DistributionType;
pub(super) use finding::{NumberExplanationType, SeverityType};
pub(super) use mandate::{IntermediaryType, MandateRightType, MandateType};
pub(super) use methodology::MethodologySectionType;
pub(super) use obligation::{ExemptionType, ExtensionType, ObligationRatesType, ObligationStatusType, ObligationType};
pub(super) use observation::{MissingReasonType, ObservationType};
pub(super) use organisation::{OrganisationKindType, OrganisationType};
pub(super) use quality::HeadlineType;
pub(super) use receipt::{CorrectionInput, CorrectionType, ReceiptType};
pub(super) use recorded_override::{RecordableOverrideReason, RecordedOverrideType};
pub(super) use score::{RiskScore, RunType, risk_score};
pub(super) use signal::{
    DataStateType, DispersionType, InsufficiencyType, LevelType, PeerGroupType, SignalType, signal,
};
pub(super) use submission::{SubmissionStateType, SubmissionType};
pub(super) use text::{LocalizedText, UserError};
