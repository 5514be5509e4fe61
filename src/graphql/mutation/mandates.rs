//! Mandates: given and withdrawn.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use super::answer;
use crate::{
    graphql::{
        context::Asked,
        scalars::{DateText, Key},
        types::{MandateRightType, MandateType, UserError},
    },
    service::{Error, MandateRequest, NamedMandate},
};

/// What is given.
#[derive(InputObject)]
struct GiveMandateInput {
    /// To whom (gemachtigde).
    intermediary_id: ID,
    /// What it lets be done.
    right: MandateRightType,
    /// With which datasets (gegevenssets), for example `indicatoren`; none that is for learning only.
    datasets: Vec<String>,
    /// The first day on which it holds (vanaf); today or later.
    from: DateText,
    /// The last day on which it holds (tot en met), at most five years on.
    until: DateText,
    /// Done once, however often it is sent with this key (idempotentiesleutel); kept for 48 hours.
    idempotency_key: Option<Key>,
}

/// What is withdrawn.
#[derive(InputObject)]
struct WithdrawMandateInput {
    /// The mandate.
    mandate_id: ID,
    /// Done once, however often it is sent with this key (idempotentiesleutel); kept for 48 hours.
    idempotency_key: Option<Key>,
}

/// What came of it.
#[derive(SimpleObject)]
struct MandatePayload {
    /// The mandate as it is now; null when nothing was done.
    mandate: Option<MandateType>,
    /// Why nothing was done.
    user_errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub(in crate::graphql) struct MandateMutation;

#[Object]
impl MandateMutation {
    /// Lets an intermediary do something for your organisation (machtiging geven).
    async fn give_mandate(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is given.")] input: GiveMandateInput,
    ) -> Result<MandatePayload> {
        let asked = Asked::once(context, input.idempotency_key)?;
        let outcome = match input.intermediary_id.parse() {
            Ok(intermediary) => {
                let request = MandateRequest {
                    organisation: None,
                    intermediary,
                    right: input.right.into(),
                    datasets: input.datasets.into_iter().collect(),
                    from: input.from.0,
                    until: input.until.0,
                    asked_by: None,
                };
                asked.service.give_mandate(&asked.actor, &request).await
            }
            Err(_) => Err(Error::NotFound),
        };
        let path = match outcome.as_ref().map_err(Error::code) {
            Err("MANDATE_DATASETS") => "datasets",
            Err("MANDATE_DAYS") => "from",
            _ => "intermediaryId",
        };
        payload(&asked, outcome, path)
    }

    /// Withdraws a mandate at once (machtiging intrekken): no request that begins after this sees anything by it.
    async fn withdraw_mandate(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is withdrawn.")] input: WithdrawMandateInput,
    ) -> Result<MandatePayload> {
        let asked = Asked::once(context, input.idempotency_key)?;
        let outcome = match input.mandate_id.parse() {
            Ok(id) => asked.service.withdraw_mandate(&asked.actor, id, None).await,
            Err(_) => Err(Error::NotFound),
        };
        payload(&asked, outcome, "mandateId")
    }
}

fn payload(asked: &Asked<'_>, outcome: Result<NamedMandate, Error>, path: &str) -> Result<MandatePayload> {
    let (found, user_errors) = answer(asked, outcome, &["input", path])?;
    let today = asked.service.now().date();
    Ok(MandatePayload { mandate: found.map(|found| MandateType::new(found, today)), user_errors })
}
