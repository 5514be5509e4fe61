//! The schema and its text.

use async_graphql::{Executor, SDLExportOptions};

use super::{
    mutation::Mutation,
    page::Page,
    query::Query,
    subscription::Subscription,
    types::{
        IntermediaryType, MandateType, ObligationType, ObservationType, OrganisationType, RecordedOverrideType,
        RiskScore, SignalType, SubmissionType,
    },
};
use crate::service::Service;

/// The executable schema over `service`.
pub fn schema(service: Service) -> impl Executor {
    build().data(service).finish()
}

/// The schema's text, sorted so that changes are small; `schema/kraamzicht.graphql` holds it.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items().include_specified_by();
    build().finish().sdl_with_options(options)
}

fn build() -> async_graphql::SchemaBuilder<Query, Mutation, Subscription> {
    // Limits and validation are the guard's, before execution; suggestions would tell names.
    async_graphql::Schema::build(Query::default(), Mutation::default(), Subscription)
        .validation_mode(async_graphql::ValidationMode::Fast)
        .disable_suggestions()
        // The engine has no words for pages.
        .override_output_type_description::<Page<IntermediaryType>>("A page of intermediaries.")
        .override_output_type_description::<Page<MandateType>>("A page of mandates.")
        .override_output_type_description::<Page<ObligationType>>("A page of obligations.")
        .override_output_type_description::<Page<ObservationType>>("A page of observations.")
        .override_output_type_description::<Page<OrganisationType>>("A page of organisations.")
        .override_output_type_description::<Page<RecordedOverrideType>>("A page of what outranks scores.")
        .override_output_type_description::<Page<RiskScore>>("A page of scores.")
        .override_output_type_description::<Page<SignalType>>("A page of signals.")
        .override_output_type_description::<Page<SubmissionType>>("A page of submissions.")
}
