//! What outranks the scores of an organisation, as the inspectorate recorded it.

use async_graphql::{Enum, ID, SimpleObject};

use super::OrganisationType;
use crate::{
    domain::{Organisation, OverrideReason, OverrideRecord, RecordedOverride},
    graphql::scalars::{DateText, DateTime},
};

/// What outranks a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "OverrideReason", remote = "OverrideReason")]
pub(in crate::graphql) enum OverrideReasonType {
    /// A measure of the inspectorate is in force (lopende maatregel).
    ActiveMeasure,
    /// A calamity is under investigation (calamiteit in onderzoek).
    CalamityUnderInvestigation,
    /// Of the mandatory indicators nothing was delivered for two periods in a row (twee perioden niets aangeleverd).
    TwoPeriodsUndelivered,
}

/// What can be recorded to outrank scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "RecordableOverrideReason")]
pub(in crate::graphql) enum RecordableOverrideReason {
    /// A measure of the inspectorate is in force (lopende maatregel).
    ActiveMeasure,
    /// A calamity is under investigation (calamiteit in onderzoek).
    CalamityUnderInvestigation,
}

impl From<RecordableOverrideReason> for OverrideReason {
    fn from(reason: RecordableOverrideReason) -> Self {
        match reason {
            RecordableOverrideReason::ActiveMeasure => Self::ActiveMeasure,
            RecordableOverrideReason::CalamityUnderInvestigation => Self::CalamityUnderInvestigation,
        }
    }
}

/// What a run knew of what was recorded (vastgelegd).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "OverrideRecord")]
pub(in crate::graphql) struct OverrideRecordType {
    /// The identifier of what was recorded.
    id: ID,
    /// The first day on which it holds (vanaf).
    from: DateText,
    /// The last day on which it holds (tot en met); null where that is not known.
    until: Option<DateText>,
    /// By what it is found in the inspectorate's own files (kenmerk).
    reference: String,
}

impl From<OverrideRecord> for OverrideRecordType {
    fn from(record: OverrideRecord) -> Self {
        Self {
            id: record.id.to_string().into(),
            from: DateText(record.from),
            until: record.until.map(DateText),
            reference: record.reference,
        }
    }
}

/// What the inspectorate recorded of an organisation and outranks its scores (gaat voor).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "RecordedOverride")]
pub(in crate::graphql) struct RecordedOverrideType {
    /// Its identifier.
    id: ID,
    /// Of whom (organisatie).
    organisation: OrganisationType,
    /// What it is.
    reason: OverrideReasonType,
    /// The first day on which it holds (vanaf).
    from: DateText,
    /// The last day on which it holds (tot en met); null where that is not known.
    until: Option<DateText>,
    /// By what it is found in the inspectorate's own files (kenmerk).
    reference: String,
    /// Who recorded it: the identifier of their token (vastgelegd door).
    recorded_by: String,
    /// When (vastgelegd op).
    recorded_at: DateTime,
    /// Whether it was taken back, as it should never have been recorded (ingetrokken).
    withdrawn: bool,
    /// Why its end was changed or it was taken back (motivering); null where neither was done.
    change_ground: Option<String>,
    /// Who did that: the identifier of their token.
    changed_by: Option<String>,
    /// When.
    changed_at: Option<DateTime>,
}

impl RecordedOverrideType {
    pub(in crate::graphql) fn new(organisation: Organisation, recorded: RecordedOverride) -> Self {
        let withdrawn = recorded.is_withdrawn();
        let (record, change) = (recorded.record, recorded.change);
        Self {
            id: record.id.to_string().into(),
            organisation: organisation.into(),
            reason: record.reason.into(),
            from: DateText(record.from),
            until: record.until.map(DateText),
            reference: record.reference,
            recorded_by: recorded.recorded_by,
            recorded_at: DateTime(recorded.recorded_at),
            withdrawn,
            changed_by: change.as_ref().map(|change| change.changed_by.clone()),
            changed_at: change.as_ref().map(|change| DateTime(change.changed_at)),
            change_ground: change.map(|change| change.ground),
        }
    }
}
