//! Observations: the numbers in force.

use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};

use super::{IndicatorType, NumberExplanationType, OrganisationType, catalogue::DataClassType};
use crate::{
    catalogue::Catalogue,
    domain::{Instant, MissingReason, Organisation, ReportedNumber, SubmissionId},
    graphql::{
        context::Asked,
        scalars::{AgbCodeText, PeriodText},
    },
    service::NumberInForce,
};

/// Why a value is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "MissingReason", remote = "MissingReason")]
pub(in crate::graphql) enum MissingReasonType {
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
    /// Of which part of the organisation (deel), for example a postcode area (PC4); null for the whole.
    part: Option<String>,
    /// What it may be used for (klasse).
    class: DataClassType,
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
    /// The submission it came with; of several counted together, the organisation's own where there is one.
    submission_id: ID,
    /// Whose figures are counted in it besides its own (meegeteld), after mergers: their AGB codes.
    counted_from: Vec<AgbCodeText>,
}

impl ObservationType {
    /// The type for a number in force, as known at `known_at`.
    pub(in crate::graphql) fn new(
        catalogue: &Catalogue,
        organisation: Organisation,
        found: NumberInForce,
        known_at: Instant,
    ) -> Self {
        let NumberInForce { number, submission, class, counted_from } = found;
        let ReportedNumber { period, indicator, part, figures, .. } = number;
        Self {
            submission,
            known_at,
            organisation: organisation.into(),
            period: PeriodText(period),
            indicator: IndicatorType::named(catalogue, &indicator),
            code: indicator,
            part,
            class: class.into(),
            numerator: figures.numerator,
            denominator: figures.denominator,
            value: figures.value,
            standard_deviation: figures.standard_deviation,
            units: figures.units,
            missing_reason: figures.missing.map(Into::into),
            submission_id: submission.to_string().into(),
            counted_from: counted_from.into_iter().map(AgbCodeText).collect(),
        }
    }
}

#[ComplexObject]
impl ObservationType {
    /// What the organisation said about it when it delivered (toelichtingen), and about the file it came with.
    async fn explanations(&self, context: &Context<'_>) -> Result<Vec<NumberExplanationType>> {
        let asked = Asked::by(context)?;
        let known_at = self.known_at;
        let answered = async |ids: Vec<SubmissionId>| asked.service.answered(&asked.actor, &ids, known_at).await;
        let answered = asked.loads().answered.one(known_at, self.submission, answered).await;
        let answered = answered.map_err(|error| asked.failure(&error))?;
        let said = answered.iter().flat_map(|one| one.about(self.period.0, &[&self.code]));
        Ok(said.map(Into::into).collect())
    }
}
