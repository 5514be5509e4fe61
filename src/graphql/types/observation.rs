//! Observations: the numbers in force.

use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};

use super::{IndicatorType, NumberExplanationType, OrganisationType};
use crate::{
    catalogue::Catalogue,
    domain::{Instant, MissingReason, Observation, Organisation, SubmissionId},
    graphql::{context::Asked, scalars::PeriodText},
};

/// Why a value is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "MissingReason", remote = "MissingReason")]
pub(super) enum MissingReasonType {
    /// The cell was empty or held a dash.
    NotReported,
    /// Does not apply (n.v.t.).
    NotApplicable,
    /// The organisation does not know (onbekend).
    Unknown,
    /// A zero denominator: nothing to count.
    EmptyDenominator,
}

/// What an organisation delivered of an indicator in a period.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Observation", complex)]
pub(in crate::graphql) struct ObservationType {
    #[graphql(skip)]
    submission: SubmissionId,
    #[graphql(skip)]
    known_at: Instant,
    #[graphql(skip)]
    code: String,
    /// Whose.
    organisation: OrganisationType,
    /// When.
    period: PeriodText,
    /// The indicator.
    indicator: IndicatorType,
    /// What was counted (teller).
    numerator: Option<f64>,
    /// Out of what (noemer).
    denominator: Option<f64>,
    /// The value in the indicator's unit, where it does not follow from numerator and denominator.
    value: Option<f64>,
    /// Standard deviation within the organisation.
    standard_deviation: Option<f64>,
    /// Number of persons behind hours or days.
    units: Option<f64>,
    /// Why nothing is there, when nothing is.
    missing_reason: Option<MissingReasonType>,
    /// The submission it came with.
    submission_id: ID,
}

impl ObservationType {
    /// The type for `observation`, which came with `submission`, as known at `known_at`.
    pub(in crate::graphql) fn new(
        catalogue: &Catalogue,
        organisation: Organisation,
        observation: &Observation,
        submission: SubmissionId,
        known_at: Instant,
    ) -> Self {
        Self {
            submission,
            known_at,
            code: observation.indicator.clone(),
            organisation: organisation.into(),
            period: PeriodText(observation.period),
            indicator: IndicatorType::named(catalogue, &observation.indicator),
            numerator: observation.numerator,
            denominator: observation.denominator,
            value: observation.value,
            standard_deviation: observation.standard_deviation,
            units: observation.units,
            missing_reason: observation.missing.map(Into::into),
            submission_id: submission.to_string().into(),
        }
    }
}

#[ComplexObject]
impl ObservationType {
    /// What the organisation said about it when it delivered (toelichtingen), and about the file it came with.
    async fn explanations(&self, context: &Context<'_>) -> Result<Vec<NumberExplanationType>> {
        let asked = Asked::by(context)?;
        let said = asked.service.said_of(&asked.actor, self.submission, self.period.0, &self.code, self.known_at).await;
        Ok(said.map_err(|error| asked.failure(&error))?.into_iter().map(Into::into).collect())
    }
}
