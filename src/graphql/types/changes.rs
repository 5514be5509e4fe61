//! What subscribers are told: one change after another, each once.

use async_graphql::SimpleObject;

use super::{IndicatorType, LevelType, OrganisationType, RunType, SignalType, SubmissionType, signal};
use crate::{
    graphql::{
        context::Asked,
        scalars::{DateTime, PeriodText},
    },
    service::{Assessment, CheckedSubmission, SignalChange, ToldChange},
};

/// One change of submissions.
#[derive(Clone, Debug, SimpleObject)]
pub(in crate::graphql) struct SubmissionsChanged {
    /// The moment of the change (tijdstip). Whoever comes back with it as `since` is told what came after it.
    at: DateTime,
    /// Whether more changed up to `at` than is told one by one (opnieuw ophalen): ask `submissions` as known at that moment.
    /// What comes after it is told.
    resync: bool,
    /// The submissions as the change left them (inzendingen). Empty in the first event, which says from when on changes
    /// are told, and when `resync` is true.
    submissions: Vec<SubmissionType>,
}

impl SubmissionsChanged {
    /// The type for `change`.
    pub(in crate::graphql) fn new(change: ToldChange<CheckedSubmission>) -> Self {
        let ToldChange { at, told } = change;
        Self {
            at: DateTime(at),
            resync: told.is_none(),
            submissions: told.into_iter().flatten().map(|one| SubmissionType::new(one, at)).collect(),
        }
    }
}

/// Runs that one change led to.
#[derive(Clone, Debug, SimpleObject)]
pub(in crate::graphql) struct RunsPublished {
    /// The moment of the change (tijdstip), which the runs know. Whoever comes back with it as `since` is told what came after
    /// it.
    at: DateTime,
    /// Whether more runs were made up to `at` than are told one by one (opnieuw ophalen): ask `run` of each period as known
    /// at that moment. What comes after it is told.
    resync: bool,
    /// The runs (berekeningen), by period. Empty in the first event, which says from when on changes are told, and when
    /// `resync` is true.
    runs: Vec<RunType>,
}

impl RunsPublished {
    /// The type for `change`.
    pub(in crate::graphql) fn new(change: ToldChange<std::sync::Arc<Assessment>>) -> Self {
        let ToldChange { at, told } = change;
        let runs = told.iter().flatten().map(|run| RunType::from(&**run)).collect();
        Self { at: DateTime(at), resync: told.is_none(), runs }
    }
}

/// A signal whose level became another (gewijzigd signaal).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "SignalChange")]
struct SignalChangeType {
    /// Whose.
    organisation: OrganisationType,
    /// The period.
    period: PeriodText,
    /// The indicator.
    indicator: IndicatorType,
    /// The level before (niveau hiervoor); null when there was no signal.
    before: Option<LevelType>,
    /// The level now (niveau nu); null when there is no signal any more.
    after: Option<LevelType>,
    /// The signal as it is now; null when there is none any more.
    signal: Option<SignalType>,
}

/// Signals whose level one change made another.
#[derive(Clone, Debug, SimpleObject)]
pub(in crate::graphql) struct SignalsChanged {
    /// The moment of the change (tijdstip). Whoever comes back with it as `since` is told what came after it.
    at: DateTime,
    /// Whether more changed up to `at` than is told one by one (opnieuw ophalen): ask `signals` as known at that moment.
    /// What comes after it is told.
    resync: bool,
    /// The signals, by period, AGB code and indicator. Empty in the first event, which says from when on changes are told,
    /// and when `resync` is true.
    changes: Vec<SignalChangeType>,
}

impl SignalsChanged {
    /// The type for `change`.
    pub(in crate::graphql) fn new(asked: &Asked<'_>, change: ToldChange<SignalChange>) -> Self {
        let ToldChange { at, told } = change;
        let changes = told.iter().flatten().map(|one| change_of(asked, one)).collect();
        Self { at: DateTime(at), resync: told.is_none(), changes }
    }
}

fn change_of(asked: &Asked<'_>, change: &SignalChange) -> SignalChangeType {
    let mut shown = change.run.shown_to(asked.actor.scope);
    let now = shown.find(|one| one.organisation.id == change.organisation.id).and_then(|one| {
        let found = one.outcome.signals.iter().find(|signal| signal.indicator == change.indicator)?;
        Some(signal(asked, &change.run, one, found))
    });
    SignalChangeType {
        organisation: change.organisation.clone().into(),
        period: PeriodText(change.run.key.period),
        indicator: IndicatorType::named(asked.catalogue(), &change.indicator),
        before: change.before.map(Into::into),
        after: change.after.map(Into::into),
        signal: now,
    }
}
