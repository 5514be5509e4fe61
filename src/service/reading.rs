//! Questions about what was delivered and what came of it, as known at any moment.

use std::sync::Arc;

use super::{Assessment, CheckedSubmission, Error, Service, packing::unpack};
use crate::{
    domain::{
        Actor, Correction, Difference, Instant, Level, Observed, OrganisationId, Own, Period, Scope, SubmissionId,
        SubmissionState, differences,
    },
    scoring::{Fit, Interval, Reader, Signal},
    stats,
    store::{self, Delivery, Explanation, Submission, SubmissionEvent, SubmissionFilter, Tx},
};

/// The fewest organisations of which a distribution is shown outside the inspectorate.
pub(super) const SMALLEST_DISTRIBUTION: usize = 10;

/// Which submissions are wanted, newest first.
#[derive(Clone, Debug, Default)]
pub struct SubmissionQuery {
    /// Of this organisation.
    pub organisation: Option<OrganisationId>,
    /// Of this dataset.
    pub dataset: Option<String>,
    /// In this state.
    pub state: Option<SubmissionState>,
    /// Made before this one.
    pub before: Option<SubmissionId>,
    /// At most so many.
    pub limit: usize,
}

/// A moment whose knowledge is asked for.
#[derive(Clone, Copy, Debug)]
pub struct KnownAt {
    /// As the client named it, and never later than now.
    pub asked: Option<Instant>,
    /// Up to where changes are looked at: never later than the last one that is whole, since one that is under way
    /// may have a moment between that and now.
    pub counted: Instant,
}

/// How the values of an indicator lie over the sector: nobody's name, nobody's number.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// The run it was taken from.
    pub run: Arc<Assessment>,
    /// The indicator.
    pub indicator: String,
    /// How many organisations have a value.
    pub organisations: usize,
    /// Whether quantiles are withheld because they are too few.
    pub suppressed: bool,
    /// The 5, 25, 50, 75 and 95 % quantiles of the values, in the indicator's unit; empty when withheld.
    pub quantiles: Vec<(f64, f64)>,
    /// How many organisations have which level.
    pub levels: Vec<(Level, usize)>,
    /// What was fitted, per peer group.
    pub fits: Vec<Fit>,
    /// The asker's own signal, for an organisation.
    pub own: Option<Signal>,
    /// The lowest and the highest value, for the inspectorate alone.
    pub extremes: Option<Interval>,
}

/// What a submission shares with others.
#[derive(Clone, Debug)]
pub struct Relations {
    /// The latest earlier submission of the same organisation that was made of the same bytes.
    pub same_bytes_as: Option<SubmissionId>,
    /// Why it took the place of an earlier version.
    pub correction: Option<Correction>,
    /// Which versions it is, of which periods.
    pub versions: Vec<Delivery>,
}

impl Service {
    /// The moment of the last change: what is asked as known then is answered the same for ever.
    pub async fn present(&self) -> Result<Instant, Error> {
        let mut tx = self.database.read(Scope::Sector).await?;
        Ok(store::last_turn(&mut tx).await?)
    }

    /// The moment whose knowledge is asked for; without one, that of the last change.
    pub async fn known_at(&self, asked: Option<Instant>) -> Result<KnownAt, Error> {
        let present = self.present().await?;
        let latest = present.max(self.now());
        let asked = asked.map(|asked| asked.min(latest));
        Ok(KnownAt { asked, counted: asked.map_or(present, |asked| asked.min(present)) })
    }

    /// For whom sentences are that `actor` reads.
    pub fn reader(actor: &Actor) -> Reader {
        if actor.scope.organisation().is_some() { Reader::Organisation } else { Reader::Inspector }
    }

    /// One submission as known at `known_at`, with what its check said.
    pub async fn submission(
        &self,
        actor: &Actor,
        id: SubmissionId,
        known_at: Instant,
    ) -> Result<Option<CheckedSubmission>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let found = store::find_submission(&mut tx, actor.scope, id, known_at).await?;
        found.map(|found| with_report(found, known_at)).transpose()
    }

    /// The submissions that `actor` may see, as known at `known_at`, newest first.
    pub async fn submissions(
        &self,
        actor: &Actor,
        query: &SubmissionQuery,
        known_at: Instant,
    ) -> Result<Vec<CheckedSubmission>, Error> {
        let filter = SubmissionFilter {
            id: None,
            organisation: query.organisation,
            dataset: query.dataset.as_deref(),
            state: query.state,
            before: query.before,
            known_at,
            limit: i64::try_from(query.limit).unwrap_or(i64::MAX),
        };
        let mut tx = self.database.read(actor.scope).await?;
        let found = store::list_submissions(&mut tx, actor.scope, &filter).await?;
        found.into_iter().map(|one| with_report(one, known_at)).collect()
    }

    /// The life of a submission and what was said of its findings, up to `known_at`.
    pub async fn history(
        &self,
        actor: &Actor,
        id: SubmissionId,
        known_at: Instant,
    ) -> Result<(Vec<SubmissionEvent>, Vec<Explanation>), Error> {
        let mut tx = self.database.read(actor.scope).await?;
        store::find_submission(&mut tx, actor.scope, id, known_at).await?.ok_or(Error::NotFound)?;
        let events = store::list_submission_events(&mut tx, id, known_at).await?;
        let explanations = store::list_explanations(&mut tx, id, known_at).await?;
        Ok((events, explanations))
    }

    /// What a submission shares with others, as known at `known_at`.
    pub async fn relations(&self, actor: &Actor, id: SubmissionId, known_at: Instant) -> Result<Relations, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let found = store::find_submission(&mut tx, actor.scope, id, known_at).await?.ok_or(Error::NotFound)?;
        Ok(Relations {
            same_bytes_as: store::find_same_submission(&mut tx, &found).await?,
            correction: store::find_correction(&mut tx, id, known_at).await?,
            versions: store::list_deliveries(&mut tx, actor.scope, Some(id), known_at).await?,
        })
    }

    /// Every version of what an organisation delivered, up to `known_at`, by dataset, period and version.
    pub async fn deliveries(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        known_at: Instant,
    ) -> Result<Vec<Delivery>, Error> {
        if !actor.scope.includes(organisation) {
            return Ok(Vec::new());
        }
        let mut tx = self.database.read(Scope::Organisation(organisation)).await?;
        Ok(store::list_deliveries(&mut tx, Scope::Organisation(organisation), None, known_at).await?)
    }

    /// What the version of `later` says otherwise than that of `earlier`; nothing when one of them cannot be seen, was
    /// never approved, or they are of two organisations or datasets.
    pub async fn difference(
        &self,
        actor: &Actor,
        earlier: SubmissionId,
        later: SubmissionId,
        known_at: Instant,
    ) -> Result<Option<Vec<Difference>>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let mut sides = Vec::with_capacity(2);
        for id in [earlier, later] {
            let Some(found) = store::find_submission(&mut tx, actor.scope, id, known_at).await? else {
                return Ok(None);
            };
            if store::list_deliveries(&mut tx, actor.scope, Some(id), known_at).await?.is_empty() {
                return Ok(None);
            }
            let numbers = observed_of(&mut tx, actor.own(), id).await?.numbers(actor.own());
            sides.push((found.organisation, found.dataset, numbers));
        }
        let [(one, its_dataset, before), (other, other_dataset, after)] = sides.as_slice() else { return Ok(None) };
        Ok((one == other && its_dataset == other_dataset).then(|| differences(before, after)))
    }

    /// The periods of which something was in force at `known_at`.
    pub async fn periods(&self, known_at: Instant) -> Result<Vec<Period>, Error> {
        let mut tx = self.database.read(Scope::Sector).await?;
        Ok(store::list_delivered_periods(&mut tx, known_at).await?)
    }

    /// How the values of `indicator` lie over the sector. The one place where an organisation's question is
    /// answered from the data of all: it leaves here as counts and quantiles, and not at all below ten.
    pub async fn distribution(
        &self,
        actor: &Actor,
        indicator: &str,
        period: Period,
        known_at: Instant,
    ) -> Result<Option<Distribution>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let Some(run) = store::find_latest_run(&mut tx, period, known_at).await? else { return Ok(None) };
        let sector = self.read_run(&mut tx, Scope::Sector, run.clone()).await?;
        let visible = self.read_run(&mut tx, actor.scope, run).await?;
        drop(tx);
        self.note_read(actor, "distribution.read", visible.id).await?;

        let signals = |assessment: &Assessment| -> Vec<Signal> {
            let all = assessment.organisations.iter().flat_map(|one| &one.outcome.signals);
            all.filter(|signal| signal.indicator == indicator).cloned().collect()
        };
        let all = signals(&sector);
        let mut values: Vec<f64> = all.iter().filter_map(|signal| signal.value).collect();
        values.sort_by(f64::total_cmp);
        let inspector = actor.scope == Scope::Sector;
        let suppressed = !inspector && values.len() < SMALLEST_DISTRIBUTION;
        let quantiles = if suppressed {
            Vec::new()
        } else {
            [0.05, 0.25, 0.5, 0.75, 0.95]
                .into_iter()
                .filter_map(|share| Some((share, stats::quantile(&values, share)?)))
                .collect()
        };
        let extremes = values.first().zip(values.last()).map(|(low, high)| Interval { low: *low, high: *high });
        Ok(Some(Distribution {
            indicator: indicator.to_owned(),
            organisations: values.len(),
            suppressed,
            quantiles,
            levels: if suppressed { Vec::new() } else { count_levels(&all) },
            fits: visible.fits.iter().filter(|fit| fit.indicator == indicator).cloned().collect(),
            own: actor.scope.organisation().and_then(|_| signals(&visible).pop()),
            extremes: extremes.filter(|_| inspector),
            run: visible,
        }))
    }
}

fn count_levels(signals: &[Signal]) -> Vec<(Level, usize)> {
    Level::ALL.into_iter().map(|level| (level, signals.iter().filter(|signal| signal.level == level).count())).collect()
}

/// What was appended with a submission that the caller has seen to be within scope; what is for learning only, for the
/// organisation itself.
pub(super) async fn observed_of(tx: &mut Tx, reader: Option<Own>, submission: SubmissionId) -> Result<Observed, Error> {
    let learning = match reader {
        Some(own) => store::list_learning_of(tx, own, submission).await?,
        None => Vec::new(),
    };
    Ok(Observed {
        whole: store::list_observations_of(tx, submission).await?,
        parts: store::list_parts_of(tx, submission).await?,
        learning,
    })
}

pub(super) fn with_report(submission: Submission, known_at: Instant) -> Result<CheckedSubmission, Error> {
    let report = unpack(&submission.report)?;
    Ok(CheckedSubmission { submission, report, known_at })
}
