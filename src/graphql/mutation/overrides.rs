//! What outranks scores: recorded, ended, taken back.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use super::answer;
use crate::{
    graphql::{
        context::Asked,
        scalars::{DateText, Key},
        types::{RecordableOverrideReason, RecordedOverrideType, UserError},
    },
    service::{Error, OverrideOutcome, OverrideRequest},
};

/// What is recorded.
#[derive(InputObject)]
struct RecordOverrideInput {
    /// Of whom (organisatie).
    organisation_id: ID,
    /// What it is.
    reason: RecordableOverrideReason,
    /// The first day on which it holds (vanaf); not in the future.
    from: DateText,
    /// The last day on which it holds (tot en met), where that is known.
    until: Option<DateText>,
    /// By what it is found in the inspectorate's own files, 3 to 1,000 characters (kenmerk).
    reference: String,
    /// Done once, however often it is sent with this key (idempotentiesleutel); kept for 48 hours.
    idempotency_key: Option<Key>,
}

/// What changes of what was recorded.
#[derive(InputObject)]
struct EndOverrideInput {
    /// What was recorded.
    override_id: ID,
    /// The last day on which it holds (tot en met); left out, it is taken back as never rightly recorded.
    until: Option<DateText>,
    /// Why, 3 to 1,000 characters (motivering).
    ground: String,
    /// Done once, however often it is sent with this key (idempotentiesleutel); kept for 48 hours.
    idempotency_key: Option<Key>,
}

/// What came of it.
#[derive(SimpleObject)]
struct OverridePayload {
    /// What is recorded now; null when nothing was done.
    recorded: Option<RecordedOverrideType>,
    /// The scoring runs that followed.
    run_ids: Vec<ID>,
    /// Why nothing was done.
    user_errors: Vec<UserError>,
}

impl OverridePayload {
    fn new(outcome: Option<OverrideOutcome>, user_errors: Vec<UserError>) -> Self {
        let runs = outcome.iter().flat_map(|outcome| &outcome.runs);
        Self {
            run_ids: runs.map(|id| id.to_string().into()).collect(),
            recorded: outcome.map(|outcome| RecordedOverrideType::new(outcome.organisation, outcome.recorded)),
            user_errors,
        }
    }
}

#[derive(Debug, Default)]
pub(in crate::graphql) struct OverrideMutation;

#[Object]
impl OverrideMutation {
    /// Records what outranks the scores of an organisation: a measure in force, a calamity under investigation
    /// (vastleggen wat voorgaat); for the inspectorate. The periods in which it holds are scored anew.
    async fn record_override(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is recorded.")] input: RecordOverrideInput,
    ) -> Result<OverridePayload> {
        let asked = Asked::once(context, input.idempotency_key)?;
        let outcome = match input.organisation_id.parse() {
            Ok(organisation) => {
                let request = OverrideRequest {
                    organisation,
                    reason: input.reason.into(),
                    from: input.from.0,
                    until: input.until.map(|until| until.0),
                    reference: input.reference,
                };
                asked.service.record_override(&asked.actor, &request).await
            }
            Err(_) => Err(Error::NotFound),
        };
        let path = match outcome.as_ref().map_err(Error::code) {
            Err("TEXT_LENGTH") => "reference",
            Err("OVERRIDE_DAYS_ORDER") => "from",
            _ => "organisationId",
        };
        let (outcome, user_errors) = answer(&asked, outcome, &["input", path])?;
        Ok(OverridePayload::new(outcome, user_errors))
    }

    /// Says until when something outranks scores, or takes it back (beeindigen of intrekken); for the inspectorate.
    async fn end_override(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What changes.")] input: EndOverrideInput,
    ) -> Result<OverridePayload> {
        let asked = Asked::once(context, input.idempotency_key)?;
        let until = input.until.map(|until| until.0);
        let outcome = match input.override_id.parse() {
            Ok(id) => asked.service.end_override(&asked.actor, id, until, &input.ground).await,
            Err(_) => Err(Error::NotFound),
        };
        let path = match outcome.as_ref().map_err(Error::code) {
            Err("TEXT_LENGTH") => "ground",
            Err("OVERRIDE_DAYS_ORDER") => "until",
            _ => "overrideId",
        };
        let (outcome, user_errors) = answer(&asked, outcome, &["input", path])?;
        Ok(OverridePayload::new(outcome, user_errors))
    }
}
