//! What can be followed: how far a check is, submissions, runs, signals.
//!
//! The first event says from when on changes are told. Each further one is one change, told once, in the order in which
//! they were made; whoever was away comes back with the moment of the last one that they heard.

use std::str::FromStr;

use async_graphql::{Context, ID, InputObject, Result, Subscription};
use futures_util::stream::{self, Stream};

use super::{
    context::Asked,
    scalars::{DateTime, PeriodText},
    types::{CheckBy, CheckProgressType, RunsPublished, SignalsChanged, SubmissionsChanged},
};
use crate::{
    domain::{OrganisationId, SubmissionId},
    service::{FollowedSignals, FollowedSubmissions},
};

/// Which submissions are followed.
#[derive(Default, InputObject)]
struct FollowedSubmissionFilter {
    /// This one.
    id: Option<ID>,
    /// Those of this organisation.
    organisation: Option<ID>,
}

/// Which signals are followed.
#[derive(Default, InputObject)]
struct FollowedSignalFilter {
    /// Those of this period.
    period: Option<PeriodText>,
    /// Those of this organisation.
    organisation: Option<ID>,
    /// Those of these indicators.
    indicators: Option<Vec<String>>,
}

/// What can be followed.
#[derive(Debug)]
pub(super) struct Subscription;

/// The thing that a filter names. A text that is no identifier names something that never changes.
fn named<Id: FromStr>(id: Option<&ID>, nothing: fn(u128) -> Id) -> Option<Id> {
    id.map(|id| id.parse().unwrap_or_else(|_| nothing(0)))
}

/// What can be followed (volgen): told as it changes. Each has a question that answers the same.
#[Subscription]
impl Subscription {
    /// How far the check of a file is (voortgang van de controle), for who delivers it: at once, then as it goes on, until it
    /// is done. Told once as null when there is no such upload or it is not yours. The question of this name answers the
    /// same.
    #[expect(clippy::unused_async, reason = "a resolver that waits for nothing")]
    async fn check_progress(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which check.")] by: CheckBy,
    ) -> Result<impl Stream<Item = Result<Option<CheckProgressType>>> + use<>> {
        let Asked { service, actor, .. } = Asked::by(context)?;
        let (service, followed) = (service.clone(), service.follow_check(actor, by.into()));
        Ok(stream::unfold(Some(followed), move |followed| {
            let service = service.clone();
            async move {
                let mut followed = followed?;
                match followed.next().await {
                    Ok(told) => Some((Ok(told?.map(CheckProgressType::new)), Some(followed))),
                    Err(error) => Some((Err(Asked::of(&service, actor).failure(&error)), None)),
                }
            }
        }))
    }

    /// Submissions whose state changed (inzendingen): made and checked, approved, superseded, withdrawn. What is not yours
    /// is never told.
    async fn submissions_changed(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.", default)] filter: FollowedSubmissionFilter,
        #[graphql(desc = "Changes after this moment; from now on, without it.")] since: Option<DateTime>,
    ) -> Result<impl Stream<Item = Result<SubmissionsChanged>> + use<>> {
        let asked = Asked::by(context)?;
        let wanted = FollowedSubmissions {
            id: named(filter.id.as_ref(), SubmissionId::from_bits),
            organisation: named(filter.organisation.as_ref(), OrganisationId::from_bits),
        };
        let following = asked.service.follow(asked.actor, since.map(|since| since.0)).await;
        let following = following.map_err(|error| asked.failure(&error))?;
        let (service, actor) = (asked.service.clone(), asked.actor);
        Ok(stream::unfold(Some(following), move |following| {
            let service = service.clone();
            async move {
                let mut following = following?;
                match following.next_submissions(wanted).await {
                    Ok(change) => Some((Ok(SubmissionsChanged::new(change)), Some(following))),
                    Err(error) => Some((Err(Asked::of(&service, actor).failure(&error)), None)),
                }
            }
        }))
    }

    /// Runs that were made (nieuwe berekeningen): the scores and signals of their period are new.
    async fn runs_published(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of this period only.")] period: Option<PeriodText>,
        #[graphql(desc = "Changes after this moment; from now on, without it.")] since: Option<DateTime>,
    ) -> Result<impl Stream<Item = Result<RunsPublished>> + use<>> {
        let asked = Asked::by(context)?;
        let period = period.map(|period| period.0);
        let following = asked.service.follow(asked.actor, since.map(|since| since.0)).await;
        let following = following.map_err(|error| asked.failure(&error))?;
        let (service, actor) = (asked.service.clone(), asked.actor);
        Ok(stream::unfold(Some(following), move |following| {
            let service = service.clone();
            async move {
                let mut following = following?;
                match following.next_runs(period).await {
                    Ok(change) => Some((Ok(RunsPublished::new(change)), Some(following))),
                    Err(error) => Some((Err(Asked::of(&service, actor).failure(&error)), None)),
                }
            }
        }))
    }

    /// Signals whose level became another (gewijzigde signalen) in a new run, each with the level before and after. An
    /// organisation is told of its own.
    async fn signals_changed(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.", default)] filter: FollowedSignalFilter,
        #[graphql(desc = "Changes after this moment; from now on, without it.")] since: Option<DateTime>,
    ) -> Result<impl Stream<Item = Result<SignalsChanged>> + use<>> {
        let asked = Asked::by(context)?;
        let wanted = FollowedSignals {
            period: filter.period.map(|period| period.0),
            organisation: named(filter.organisation.as_ref(), OrganisationId::from_bits),
            indicators: filter.indicators,
        };
        let following = asked.service.follow(asked.actor, since.map(|since| since.0)).await;
        let following = following.map_err(|error| asked.failure(&error))?;
        let (service, actor) = (asked.service.clone(), asked.actor);
        Ok(stream::unfold(Some((following, wanted)), move |following| {
            let service = service.clone();
            async move {
                let (mut following, wanted) = following?;
                let asked = Asked::of(&service, actor);
                match following.next_signals(&wanted).await {
                    Ok(change) => Some((Ok(SignalsChanged::new(&asked, change)), Some((following, wanted)))),
                    Err(error) => Some((Err(asked.failure(&error)), None)),
                }
            }
        }))
    }
}
