//! What changed since a moment, one change after another, as far as whoever asks may see it.
//!
//! Changes have their moments in the order in which they are committed, so the moment up to which somebody was told is
//! all that need be remembered of them, by us while they listen and by themselves when they come back.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::OwnedSemaphorePermit;

use super::{
    AssessedOrganisation, Assessment, CheckName, CheckProgress, CheckState, CheckedSubmission, Error, Service,
    live::Ear,
};
use crate::{
    domain::{Actor, AgbCode, Instant, Level, Notice, Organisation, OrganisationId, Period, SubmissionId},
    scoring::Signal,
    store::{self, Run, SubmissionFilter},
};

/// How many signals of one change are told.
const MOST_SIGNALS: usize = 1_000;

/// One change, or many that cannot be told one by one.
#[derive(Clone, Debug)]
pub struct Change<T> {
    /// The moment of the change.
    pub at: Instant,
    /// What of it is for who follows; `None` when up to this moment more changed than is told.
    pub told: Option<Vec<T>>,
}

/// Which submissions are followed.
#[derive(Clone, Copy, Debug, Default)]
pub struct FollowedSubmissions {
    /// This one only.
    pub id: Option<SubmissionId>,
    /// Those of this organisation only.
    pub organisation: Option<OrganisationId>,
}

/// Which signals are followed.
#[derive(Clone, Debug, Default)]
pub struct FollowedSignals {
    /// Those of this period only.
    pub period: Option<Period>,
    /// Those of this organisation only.
    pub organisation: Option<OrganisationId>,
    /// Those of these indicators only.
    pub indicators: Option<Vec<String>>,
}

/// A signal whose level is another than in the run before.
#[derive(Clone, Debug)]
pub struct SignalChange {
    /// Whose.
    pub organisation: Organisation,
    /// The indicator.
    pub indicator: String,
    /// The level before; `None` when there was no signal.
    pub before: Option<Level>,
    /// The level now; `None` when there is no signal any more.
    pub after: Option<Level>,
    /// The run that says so.
    pub run: Arc<Assessment>,
}

/// Somebody who is told of changes.
#[derive(Debug)]
pub struct Following {
    service: Service,
    actor: Actor,
    ear: Ear,
    seen: Instant,
    has_begun: bool,
}

/// Somebody who is told how far a check is.
#[derive(Debug)]
pub struct FollowedCheck {
    service: Service,
    actor: Actor,
    ear: Ear,
    name: CheckName,
    told: Option<CheckProgress>,
    is_over: bool,
}

impl Service {
    /// Follows what changes after `since`, or from now on.
    pub async fn follow(&self, actor: Actor, since: Option<Instant>) -> Result<Following, Error> {
        // In this order: what changes in between is heard of.
        let ear = self.ear();
        let present = self.present().await?;
        let seen = since.map_or(present, |since| since.min(present));
        Ok(Following { service: self.clone(), actor, ear, seen, has_begun: false })
    }

    /// Follows a check.
    pub fn follow_check(&self, actor: Actor, name: CheckName) -> FollowedCheck {
        FollowedCheck { service: self.clone(), actor, ear: self.ear(), name, told: None, is_over: false }
    }

    /// The signals within the scope of `actor` whose level is another in `run` than in the run of the period before it.
    async fn changed_signals(
        &self,
        actor: &Actor,
        run: Run,
        wanted: &FollowedSignals,
    ) -> Result<Vec<SignalChange>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let moment_before = Instant::from_microseconds(run.known_at.microseconds() - 1);
        let before = match store::find_latest_run(&mut tx, run.period, moment_before).await? {
            Some(before) => Some(self.read_run(&mut tx, actor.scope, before).await?),
            None => None,
        };
        let run = self.read_run(&mut tx, actor.scope, run).await?;
        drop(tx);
        let changes = compare(actor, before.as_deref(), &run, wanted);
        // Both are read when something of them is told.
        if !changes.is_empty() {
            for read in before.iter().chain([&run]) {
                self.note_read(actor, "scores.read", read.id).await?;
            }
        }
        Ok(changes)
    }
}

/// The signals of `run` that are wanted and within scope, in the order of AGB codes and indicators.
fn signals<'run>(
    actor: &Actor,
    run: &'run Assessment,
    wanted: &FollowedSignals,
) -> BTreeMap<(AgbCode, &'run str), (&'run Organisation, Level)> {
    let shown = run.shown_to(actor.scope);
    let shown = shown.filter(|one| wanted.organisation.is_none_or(|asked| asked == one.organisation.id));
    let of = |one: &'run AssessedOrganisation| one.outcome.signals.iter().map(move |signal| (one, signal));
    let is_wanted =
        |signal: &Signal| wanted.indicators.as_ref().is_none_or(|all| all.iter().any(|one| signal.indicator == *one));
    shown
        .flat_map(of)
        .filter(|(_, signal)| is_wanted(signal))
        .map(|(one, signal)| {
            let place = (one.organisation.agb_code, signal.indicator.as_str());
            (place, (&one.organisation, signal.level))
        })
        .collect()
}

fn compare(
    actor: &Actor,
    before: Option<&Assessment>,
    run: &Arc<Assessment>,
    wanted: &FollowedSignals,
) -> Vec<SignalChange> {
    let earlier = before.map(|before| signals(actor, before, wanted)).unwrap_or_default();
    let later = signals(actor, run, wanted);
    let gone = earlier.iter().filter(|(place, _)| !later.contains_key(*place));
    let gone = gone.map(|(place, (organisation, level))| (*place, *organisation, Some(*level), None));
    let now = later.iter().map(|(place, (organisation, level))| {
        let before = earlier.get(place).map(|(_, level)| *level);
        (*place, *organisation, before, Some(*level))
    });
    let mut changed: Vec<_> = now.chain(gone).filter(|(_, _, before, after)| before != after).collect();
    changed.sort_by_key(|(place, ..)| *place);
    let change = |((_, indicator), organisation, before, after): (_, &Organisation, _, _)| SignalChange {
        organisation: organisation.clone(),
        indicator: str::to_owned(indicator),
        before,
        after,
        run: Arc::clone(run),
    };
    changed.into_iter().map(change).collect()
}

impl Following {
    /// The moment up to which everything was told.
    pub const fn seen(&self) -> Instant {
        self.seen
    }

    /// Says at first from when on changes are told; then waits for submissions that took a step.
    pub async fn next_submissions(&mut self, wanted: FollowedSubmissions) -> Result<Change<CheckedSubmission>, Error> {
        if let Some(beginning) = self.begin() {
            return Ok(beginning);
        }
        loop {
            let place = self.place().await?;
            let new = self.new_submissions(wanted).await;
            drop(place);
            match new {
                Ok(Some(change)) => return Ok(change),
                // What was not told is told when the database is back.
                Ok(None) | Err(Error::Unavailable(_)) => {}
                Err(error) => return Err(error),
            }
            self.ear.hear_of_change(self.seen).await;
        }
    }

    /// The same for runs.
    pub async fn next_runs(&mut self, period: Option<Period>) -> Result<Change<Arc<Assessment>>, Error> {
        if let Some(beginning) = self.begin() {
            return Ok(beginning);
        }
        loop {
            let place = self.place().await?;
            let new = self.new_runs(period).await;
            drop(place);
            match new {
                Ok(Some(change)) => return Ok(change),
                Ok(None) | Err(Error::Unavailable(_)) => {}
                Err(error) => return Err(error),
            }
            self.ear.hear_of_change(self.seen).await;
        }
    }

    /// The same for signals whose level became another.
    pub async fn next_signals(&mut self, wanted: &FollowedSignals) -> Result<Change<SignalChange>, Error> {
        if let Some(beginning) = self.begin() {
            return Ok(beginning);
        }
        loop {
            let place = self.place().await?;
            let new = self.new_signals(wanted).await;
            drop(place);
            match new {
                Ok(Some(change)) => return Ok(change),
                Ok(None) | Err(Error::Unavailable(_)) => {}
                Err(error) => return Err(error),
            }
            self.ear.hear_of_change(self.seen).await;
        }
    }

    /// A place among those who look at once.
    async fn place(&self) -> Result<OwnedSemaphorePermit, Error> {
        Arc::clone(&self.service.telling_places).acquire_owned().await.map_err(Error::internal)
    }

    fn begin<T>(&mut self) -> Option<Change<T>> {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        is_first.then(|| Change { at: self.seen, told: Some(Vec::new()) })
    }

    /// One line more than can be told shows that there are more.
    fn limit(&self) -> i64 {
        i64::try_from(self.service.settings.told_at_most).unwrap_or(i64::MAX - 1) + 1
    }

    /// Whether so many lines are more than can be told; then everything up to `present` counts as told.
    fn is_too_much(&mut self, lines: usize, present: Instant) -> bool {
        let is_too_much = lines > self.service.settings.told_at_most;
        if is_too_much {
            self.seen = present;
        }
        is_too_much
    }

    async fn new_submissions(
        &mut self,
        wanted: FollowedSubmissions,
    ) -> Result<Option<Change<CheckedSubmission>>, Error> {
        let present = self.service.present().await?;
        if present <= self.seen {
            return Ok(None);
        }
        let scope = self.actor.scope;
        let filter = SubmissionFilter {
            id: wanted.id,
            organisation: wanted.organisation,
            dataset: None,
            state: None,
            before: None,
            known_at: present,
            limit: self.limit(),
        };
        let mut tx = self.service.database.read(scope).await?;
        let lines = store::list_changed_submissions(&mut tx, scope, &filter, self.seen).await?;
        drop(tx);
        if self.is_too_much(lines.len(), present) {
            return Ok(Some(Change { at: present, told: None }));
        }
        let Some(at) = lines.first().map(|(at, _)| *at) else {
            self.seen = present;
            return Ok(None);
        };
        let mut told = Vec::new();
        for (_, id) in lines.into_iter().take_while(|(moment, _)| *moment == at) {
            told.extend(self.service.submission(&self.actor, id, at).await?);
        }
        self.seen = at;
        Ok(Some(Change { at, told: Some(told) }))
    }

    /// The runs of the first change that was not told; they are told once `seen` is at its moment.
    async fn runs_since(&mut self, period: Option<Period>) -> Result<Option<Change<Run>>, Error> {
        let present = self.service.present().await?;
        if present <= self.seen {
            return Ok(None);
        }
        if !self.actor.scope.compares() {
            self.seen = present;
            return Ok(None);
        }
        let mut tx = self.service.database.read(self.actor.scope).await?;
        let runs = store::list_runs_since(&mut tx, period, self.seen, present, self.limit()).await?;
        drop(tx);
        if self.is_too_much(runs.len(), present) {
            return Ok(Some(Change { at: present, told: None }));
        }
        let Some(at) = runs.first().map(|run| run.known_at) else {
            self.seen = present;
            return Ok(None);
        };
        let told = runs.into_iter().take_while(|run| run.known_at == at).collect();
        Ok(Some(Change { at, told: Some(told) }))
    }

    async fn new_runs(&mut self, period: Option<Period>) -> Result<Option<Change<Arc<Assessment>>>, Error> {
        let Some(Change { at, told }) = self.runs_since(period).await? else { return Ok(None) };
        let Some(runs) = told else { return Ok(Some(Change { at, told: None })) };
        let mut told = Vec::new();
        for run in runs {
            let mut tx = self.service.database.read(self.actor.scope).await?;
            let run = self.service.read_run(&mut tx, self.actor.scope, run).await?;
            drop(tx);
            self.service.note_read(&self.actor, "scores.read", run.id).await?;
            told.push(run);
        }
        self.seen = at;
        Ok(Some(Change { at, told: Some(told) }))
    }

    async fn new_signals(&mut self, wanted: &FollowedSignals) -> Result<Option<Change<SignalChange>>, Error> {
        loop {
            let Some(Change { at, told }) = self.runs_since(wanted.period).await? else { return Ok(None) };
            let Some(runs) = told else { return Ok(Some(Change { at, told: None })) };
            let mut told = Vec::new();
            for run in runs {
                told.extend(self.service.changed_signals(&self.actor, run, wanted).await?);
            }
            self.seen = at;
            if told.len() > MOST_SIGNALS {
                return Ok(Some(Change { at, told: None }));
            }
            if !told.is_empty() {
                return Ok(Some(Change { at, told: Some(told) }));
            }
        }
    }
}

impl FollowedCheck {
    /// How far the check is: at once, then whenever it went on, until it is done. `None` at the end. A check that does
    /// not exist is told once, as nothing.
    pub async fn next(&mut self) -> Result<Option<Option<CheckProgress>>, Error> {
        if self.is_over {
            return Ok(None);
        }
        loop {
            match self.service.check_progress(&self.actor, self.name).await {
                Ok(None) => {
                    self.is_over = true;
                    return Ok(Some(None));
                }
                Ok(Some(found)) if !self.told.as_ref().is_some_and(|told| told.is_as(&found)) => {
                    self.is_over = found.state == CheckState::Done;
                    self.told = Some(found.clone());
                    return Ok(Some(Some(found)));
                }
                Ok(Some(_)) | Err(Error::Unavailable(_)) => {}
                Err(error) => return Err(error),
            }
            let name = self.name;
            let matters = move |notice: Notice| match (notice, name) {
                (Notice::Check(heard), CheckName::Upload(upload)) => heard == upload,
                _ => true,
            };
            self.ear.hear_or_look(matters).await;
        }
    }
}
