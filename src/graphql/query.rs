//! The questions.

mod check;
mod data;
mod life;
mod mandates;
mod obligations;
mod outcome;

use async_graphql::MergedObject;

/// All questions that can be asked.
#[derive(Debug, Default, MergedObject)]
pub(super) struct Query(
    check::CheckQuery,
    data::DataQuery,
    life::LifeQuery,
    mandates::MandateQuery,
    obligations::ObligationQuery,
    outcome::OutcomeQuery,
);
