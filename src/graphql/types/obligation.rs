//! What has to be delivered by when, and how far everybody is.

use async_graphql::{Enum, ID, SimpleObject};

use super::OrganisationType;
use crate::{
    domain::{Exemption, Extension, Obligation, ObligationRates, ObligationStatus},
    graphql::scalars::{DateText, DateTime, PeriodText},
};

/// How far an organisation is with what it has to deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "ObligationStatus", remote = "ObligationStatus")]
pub(in crate::graphql) enum ObligationStatusType {
    /// Nothing was sent (niets).
    Nothing,
    /// A file was sent, and it has errors (concept).
    Draft,
    /// A file without errors waits for approval (gecontroleerd, niet ingediend).
    Checked,
    /// Something is in force, and it was in time (ingediend).
    Submitted,
    /// Something is in force, and it came after the deadline (te laat ingediend).
    Late,
    /// Nothing was sent, and there is more time (uitstel).
    Extended,
    /// Need not deliver (vrijgesteld).
    Exempt,
}

/// A request for more time, and what came of it (uitstel).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Extension")]
pub(in crate::graphql) struct ExtensionType {
    /// Its identifier.
    id: ID,
    /// The organisation that asked (organisatie).
    organisation_id: ID,
    /// The dataset (gegevensset).
    dataset: String,
    /// The period (periode).
    period: PeriodText,
    /// Until which day, that day included, was asked (gevraagd tot en met).
    wanted_until: DateText,
    /// Why (grond).
    ground: String,
    /// Who asked: the identifier of their token (gevraagd door).
    asked_by: String,
    /// When (gevraagd op).
    asked_at: DateTime,
    /// Whether it was decided on (besloten).
    decided: bool,
    /// Until which day, that day included, time was given (toegestaan tot en met); null when it was refused or waits.
    granted_until: Option<DateText>,
    /// Why it was decided so (motivering).
    decision_reason: Option<String>,
    /// Who decided: the identifier of their token (besloten door).
    decided_by: Option<String>,
    /// When (besloten op).
    decided_at: Option<DateTime>,
}

impl From<Extension> for ExtensionType {
    fn from(extension: Extension) -> Self {
        let decision = extension.decision;
        Self {
            id: extension.id.to_string().into(),
            organisation_id: extension.organisation.to_string().into(),
            dataset: extension.dataset,
            period: PeriodText(extension.period),
            wanted_until: DateText(extension.wanted_until),
            ground: extension.ground,
            asked_by: extension.asked_by,
            asked_at: DateTime(extension.asked_at),
            decided: decision.is_some(),
            granted_until: decision.as_ref().and_then(|decision| decision.granted_until.map(DateText)),
            decided_at: decision.as_ref().map(|decision| DateTime(decision.decided_at)),
            decided_by: decision.as_ref().map(|decision| decision.decided_by.clone()),
            decision_reason: decision.map(|decision| decision.reason),
        }
    }
}

/// That an organisation need not deliver about a year (vrijstelling).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Exemption")]
pub(in crate::graphql) struct ExemptionType {
    /// The organisation.
    organisation_id: ID,
    /// The report year (verslagjaar).
    year: i32,
    /// Kraambedden in that year; null when the exemption has ended.
    births: Option<u32>,
    /// Why (grond).
    ground: String,
    /// Who registered it: the identifier of their token.
    decided_by: String,
    /// When.
    decided_at: DateTime,
}

impl From<Exemption> for ExemptionType {
    fn from(exemption: Exemption) -> Self {
        Self {
            organisation_id: exemption.organisation.to_string().into(),
            year: exemption.year.into(),
            births: exemption.births,
            ground: exemption.ground,
            decided_by: exemption.decided_by,
            decided_at: DateTime(exemption.decided_at),
        }
    }
}

/// What an organisation has to deliver of a dataset about a period, and how far it is (verplichting).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Obligation")]
pub(in crate::graphql) struct ObligationType {
    /// Whose.
    organisation: OrganisationType,
    /// The dataset (gegevensset).
    dataset: String,
    /// The period (periode).
    period: PeriodText,
    /// How far it is (stand).
    status: ObligationStatusType,
    /// Whether the deadline has passed and nothing is in force (achterstallig).
    overdue: bool,
    /// The first day on which a file is taken (opent).
    opens: DateText,
    /// The day by which it is due for everybody (uiterste dag).
    due: DateText,
    /// The last day on which a file is taken, late or not, from whoever was not given more time (sluit).
    closes: DateText,
    /// The moment after which no file is taken from this organisation (aanname tot): the end of the last day or of the
    /// day until which time was given, moved on by the time that the service could not be reached.
    taken_until: DateTime,
    /// The moment after which it is late for this organisation (uiterste moment): the end of the due day or of the day
    /// until which time was given, moved on by the time that the service could not be reached.
    deadline: DateTime,
    /// Requests for more time (uitstel), the oldest first.
    extensions: Vec<ExtensionType>,
    /// Why it need not deliver (vrijstelling), when it need not.
    exemption: Option<ExemptionType>,
    /// The submission in force (van kracht).
    submission_id: Option<ID>,
    /// Since when something has been in force without a break (ingediend op). A correction changes nothing of it.
    submitted_at: Option<DateTime>,
    /// The submission that waits for approval, or has errors (openstaand).
    open_submission_id: Option<ID>,
}

impl From<Obligation> for ObligationType {
    fn from(obligation: Obligation) -> Self {
        Self {
            organisation: obligation.organisation.into(),
            dataset: obligation.dataset,
            period: PeriodText(obligation.period),
            status: obligation.status.into(),
            overdue: obligation.is_overdue,
            opens: DateText(obligation.opens),
            due: DateText(obligation.due),
            closes: DateText(obligation.closes),
            taken_until: DateTime(obligation.taken_until),
            deadline: DateTime(obligation.deadline),
            extensions: obligation.extensions.into_iter().map(Into::into).collect(),
            exemption: obligation.exemption.map(Into::into),
            submission_id: obligation.submission.map(|id| id.to_string().into()),
            submitted_at: obligation.submitted_at.map(DateTime),
            open_submission_id: obligation.open_submission.map(|id| id.to_string().into()),
        }
    }
}

/// How many obligations have a status.
#[derive(Clone, Copy, Debug, SimpleObject)]
struct ObligationCount {
    /// The status (stand).
    status: ObligationStatusType,
    /// How many have it (aantal).
    count: usize,
}

/// How much of what has to be delivered is there, and in time (volledigheid en tijdigheid).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "ObligationRates")]
pub(in crate::graphql) struct ObligationRatesType {
    /// The dataset (gegevensset); null for all together.
    dataset: Option<String>,
    /// How many obligations have each status.
    counts: Vec<ObligationCount>,
    /// For how many the deadline has passed and nothing is in force (achterstallig).
    overdue: usize,
    /// Which part of those who must deliver did (volledigheid), from 0 to 1; null when nobody must.
    completeness: Option<f64>,
    /// Which part of those who must deliver did in time (tijdigheid), from 0 to 1; null when nobody must.
    timeliness: Option<f64>,
}

impl ObligationRatesType {
    /// The type for the rates of a dataset, or of all.
    pub(in crate::graphql) fn new(dataset: Option<String>, rates: &ObligationRates) -> Self {
        let counts =
            rates.counts.iter().map(|(status, count)| ObligationCount { status: (*status).into(), count: *count });
        Self {
            dataset,
            counts: counts.collect(),
            overdue: rates.overdue,
            completeness: rates.completeness,
            timeliness: rates.timeliness,
        }
    }
}
