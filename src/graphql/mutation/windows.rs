//! More time asked for and decided on, and exemptions.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use super::answer;
use crate::{
    graphql::{
        context::Asked,
        scalars::{DateText, Key, PeriodText},
        types::{ExemptionType, ExtensionType, UserError},
    },
    service::{Error, ExtensionRequest},
};

/// What is asked: more time.
#[derive(InputObject)]
struct RequestExtensionInput {
    /// For whom (organisatie); an organisation asks for itself and leaves it out.
    organisation_id: Option<ID>,
    /// The dataset (gegevensset), for example `indicatoren`.
    dataset: String,
    /// The period (periode).
    period: PeriodText,
    /// Until which day, that day included (tot en met).
    until: DateText,
    /// Why, 3 to 1,000 characters (grond).
    ground: String,
    /// Done once, however often it is sent with this key (idempotentiesleutel); kept for 48 hours.
    idempotency_key: Option<Key>,
}

/// What came of it.
#[derive(SimpleObject)]
struct RequestExtensionPayload {
    /// The request; null when it was not made.
    extension: Option<ExtensionType>,
    /// Why not.
    user_errors: Vec<UserError>,
}

/// What is decided on a request for more time.
#[derive(InputObject)]
struct DecideExtensionInput {
    /// The request (verzoek).
    extension_id: ID,
    /// Until which day, that day included, time is given (toegestaan tot en met); left out, it is refused.
    granted_until: Option<DateText>,
    /// Why, 3 to 1,000 characters (motivering).
    reason: String,
    /// Done once, however often it is sent with this key (idempotentiesleutel); kept for 48 hours.
    idempotency_key: Option<Key>,
}

/// What came of it.
#[derive(SimpleObject)]
struct DecideExtensionPayload {
    /// The request with its decision; null when nothing was decided.
    extension: Option<ExtensionType>,
    /// Why not.
    user_errors: Vec<UserError>,
}

/// Who need not deliver.
#[derive(InputObject)]
struct RegisterExemptionInput {
    /// The organisation.
    organisation_id: ID,
    /// The report year (verslagjaar).
    year: i32,
    /// Kraambedden in that year; left out, the exemption ends.
    births: Option<u32>,
    /// Why, 3 to 1,000 characters (grond).
    ground: String,
    /// Done once, however often it is sent with this key (idempotentiesleutel); kept for 48 hours.
    idempotency_key: Option<Key>,
}

/// What came of it.
#[derive(SimpleObject)]
struct RegisterExemptionPayload {
    /// What was registered; null when nothing was.
    exemption: Option<ExemptionType>,
    /// Why not.
    user_errors: Vec<UserError>,
}

#[derive(Debug, Default)]
pub(in crate::graphql) struct WindowMutation;

#[Object]
impl WindowMutation {
    /// Asks for more time to deliver (uitstel vragen). The inspectorate decides.
    async fn request_extension(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is asked.")] input: RequestExtensionInput,
    ) -> Result<RequestExtensionPayload> {
        let asked = Asked::once(context, input.idempotency_key)?;
        let outcome = match input.organisation_id.as_ref().map(|id| id.parse()).transpose() {
            Ok(organisation) => {
                let request = ExtensionRequest {
                    organisation,
                    dataset: input.dataset,
                    period: input.period.0,
                    until: input.until.0,
                    ground: input.ground,
                };
                asked.service.request_extension(&asked.actor, &request).await
            }
            Err(_) => Err(Error::NotFound),
        };
        let path = match outcome.as_ref().map_err(Error::code) {
            Err("TEXT_LENGTH") => "ground",
            Err("EXTENSION_DAY") => "until",
            Err("NOT_FOUND") => "organisationId",
            _ => "dataset",
        };
        let (extension, user_errors) = answer(&asked, outcome, &["input", path])?;
        Ok(RequestExtensionPayload { extension: extension.map(Into::into), user_errors })
    }

    /// Decides on a request for more time (besluit op uitstel); for the inspectorate, once.
    async fn decide_extension(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is decided.")] input: DecideExtensionInput,
    ) -> Result<DecideExtensionPayload> {
        let asked = Asked::once(context, input.idempotency_key)?;
        let until = input.granted_until.map(|until| until.0);
        let outcome = match input.extension_id.parse() {
            Ok(id) => asked.service.decide_extension(&asked.actor, id, until, &input.reason).await,
            Err(_) => Err(Error::NotFound),
        };
        let path = match outcome.as_ref().map_err(Error::code) {
            Err("TEXT_LENGTH") => "reason",
            Err("EXTENSION_DAY") => "grantedUntil",
            _ => "extensionId",
        };
        let (extension, user_errors) = answer(&asked, outcome, &["input", path])?;
        Ok(DecideExtensionPayload { extension: extension.map(Into::into), user_errors })
    }

    /// Registers that an organisation need not deliver about a year (vrijstelling), or that it must again; for the
    /// inspectorate.
    async fn register_exemption(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Who, and why.")] input: RegisterExemptionInput,
    ) -> Result<RegisterExemptionPayload> {
        let asked = Asked::once(context, input.idempotency_key)?;
        let outcome = match (input.organisation_id.parse(), input.year.try_into()) {
            (Ok(id), Ok(year)) => {
                asked.service.register_exemption(&asked.actor, id, year, input.births, &input.ground).await
            }
            _ => Err(Error::NotFound),
        };
        let path = match outcome.as_ref().map_err(Error::code) {
            Err("TEXT_LENGTH") => "ground",
            Err("TOO_MANY_BIRTHS") => "births",
            _ => "organisationId",
        };
        let (exemption, user_errors) = answer(&asked, outcome, &["input", path])?;
        Ok(RegisterExemptionPayload { exemption: exemption.map(Into::into), user_errors })
    }
}
