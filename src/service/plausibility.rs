//! Questions of plausibility with a new submission, and what was answered, for whoever looks at the numbers.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Error, Service,
    mandates::shown_report,
    numbers::{mergers, observations_as_now},
    packing::{pack, unpack},
};
use crate::{
    domain::{
        Actor, Finding, Instant, Observation, OrganisationId, Period, Report, Scope, SubmissionId, SubmissionState,
        Text,
    },
    intake::{self, Past},
    store::{self, SubmissionFilter, Tx},
};

/// How many waiting submissions of an organisation are looked at for what other files count.
const WAITING: i64 = 30;

/// What an organisation said about a number.
#[derive(Clone, Debug)]
pub struct NumberExplanation {
    /// With which submission.
    pub submission: SubmissionId,
    /// The code of the finding that was answered.
    pub code: String,
    /// What was found or asked.
    pub question: Text,
    /// The indicator it was about; nothing when it was about the file or a row of it.
    pub indicator: Option<String>,
    /// What was said.
    pub text: String,
    /// When.
    pub at: Instant,
}

impl Service {
    /// What is asked about the observations of a new file of `dataset`.
    pub(super) async fn questions(
        &self,
        organisation: OrganisationId,
        dataset: &str,
        observations: &Arc<Vec<Observation>>,
    ) -> Result<Vec<Finding>, Error> {
        if self.catalogue.plausibility.is_none() {
            return Ok(Vec::new());
        }
        let mut tx = self.database.read(Scope::Organisation(organisation)).await?;
        let elsewhere = Arc::new(self.waiting_elsewhere(&mut tx, organisation, dataset).await?);
        let periods: BTreeSet<Period> = observations.iter().map(|one| one.period).collect();
        let mut questions = Vec::new();
        for period in periods {
            let past = self.past(&mut tx, period).await?;
            let (catalogue, dataset) = (Arc::clone(&self.catalogue), dataset.to_owned());
            let (observations, elsewhere) = (Arc::clone(observations), Arc::clone(&elsewhere));
            let ask = move || intake::questions(&catalogue, &dataset, &observations, &elsewhere, &past);
            questions.extend(tokio::task::spawn_blocking(ask).await.map_err(Error::internal)?);
        }
        Ok(questions)
    }

    /// The numbers of other datasets of an organisation that are checked and wait for approval, older files first.
    async fn waiting_elsewhere(
        &self,
        tx: &mut Tx,
        organisation: OrganisationId,
        dataset: &str,
    ) -> Result<Vec<Observation>, Error> {
        let filter = SubmissionFilter {
            id: None,
            organisation: Some(organisation),
            dataset: None,
            state: Some(SubmissionState::Checked),
            before: None,
            known_at: store::last_turn(tx).await?,
            limit: WAITING,
        };
        let mut waiting = store::list_submissions(tx, Scope::Organisation(organisation), &filter).await?;
        waiting.retain(|one| one.dataset.as_deref() != Some(dataset));
        let mut observations = Vec::new();
        for one in waiting.iter().rev() {
            if let Some(packed) = store::find_draft(tx, one.id).await? {
                observations.extend(unpack::<Vec<Observation>>(&packed)?);
            }
        }
        Ok(observations)
    }

    /// What the sector delivered up to `period`. The same until something else comes into force.
    async fn past(&self, tx: &mut Tx, period: Period) -> Result<Arc<Past>, Error> {
        let own = tx.enter(Scope::Sector).await?;
        let key = (period, store::count_deliveries(tx).await?);
        tx.enter(own).await?;
        if let Ok(mut cache) = self.pasts.lock()
            && let Some(known) = cache.get(&key)
        {
            return Ok(Arc::clone(known));
        }
        let now = store::last_turn(tx).await?;
        let own = tx.enter(Scope::Sector).await?;
        let mut observations = Vec::new();
        for years in 0..=Past::years(&self.catalogue) {
            if let Some(earlier) = period.years_earlier(years) {
                let found = store::list_observations_in_force(tx, Scope::Sector, earlier, now).await?;
                observations.extend(found.into_iter().map(|(observation, _)| observation));
            }
        }
        // Who took another over in the period is held against what both did before.
        let mergers = mergers(tx, now).await?;
        tx.enter(own).await?;
        let catalogue = Arc::clone(&self.catalogue);
        let read = move || {
            let successor = |code| mergers.successor(code, period.last_day());
            Arc::new(Past::new(&catalogue, period, observations_as_now(&catalogue, observations, successor)))
        };
        let past = tokio::task::spawn_blocking(read).await.map_err(Error::internal)?;
        if let Ok(mut cache) = self.pasts.lock() {
            cache.put(key, Arc::clone(&past));
        }
        Ok(past)
    }

    /// Keeps what a checked file says until it is approved, so that the organisation's other files can be compared.
    pub(super) async fn keep_draft(
        &self,
        tx: &mut Tx,
        submission: SubmissionId,
        observations: &[Observation],
    ) -> Result<(), Error> {
        Ok(store::insert_draft(tx, submission, &pack(&observations)?).await?)
    }

    /// What was said, up to `known_at`, about one number of a submission; and about its file as a whole.
    pub async fn said_of(
        &self,
        actor: &Actor,
        submission: SubmissionId,
        period: Period,
        indicator: &str,
        known_at: Instant,
    ) -> Result<Vec<NumberExplanation>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        said_of(&mut tx, actor, submission, period, &[indicator], known_at).await
    }

    /// What was said, up to `known_at`, about the numbers from which an indicator of an organisation was made.
    pub async fn said_of_indicator(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        period: Period,
        indicator: &str,
        known_at: Instant,
    ) -> Result<Vec<NumberExplanation>, Error> {
        if !actor.scope.includes(organisation) {
            return Ok(Vec::new());
        }
        let found = self.catalogue.indicators.get(indicator);
        let inputs = found.and_then(|found| found.derived.as_ref()).map(|derived| derived.inputs.as_slice());
        let codes: Vec<&str> =
            inputs.unwrap_or_default().iter().map(String::as_str).chain(std::iter::once(indicator)).collect();
        let data = codes.iter().filter_map(|code| self.catalogue.indicators.get(*code)?.data.as_ref());
        let datasets: BTreeSet<&str> = data.map(|data| data.dataset.as_str()).collect();
        let mut tx = self.database.read(actor.scope).await?;
        let mut said = Vec::new();
        for dataset in datasets {
            let last = store::in_force(&mut tx, organisation, dataset, period, known_at).await?;
            if let Some(submission) = last.and_then(|last| last.submission) {
                said.extend(said_of(&mut tx, actor, submission, period, &codes, known_at).await?);
            }
        }
        Ok(said)
    }
}

async fn said_of(
    tx: &mut Tx,
    actor: &Actor,
    submission: SubmissionId,
    period: Period,
    codes: &[&str],
    known_at: Instant,
) -> Result<Vec<NumberExplanation>, Error> {
    let explanations = store::list_explanations(tx, submission, known_at).await?;
    if explanations.is_empty() {
        return Ok(Vec::new());
    }
    let Some(found) = store::find_submission(tx, actor.scope, submission, known_at).await? else {
        return Ok(Vec::new());
    };
    let report: Report = shown_report(actor, unpack(&found.report)?);
    let period = period.to_string();
    let about = |finding: &Finding| -> Option<Option<String>> {
        let mut named = finding.occurrences.iter().filter_map(|place| {
            Some((place.parameters.get("indicator")?, place.parameters.get("period").is_none_or(|of| *of == period)))
        });
        let Some(first) = named.next() else { return Some(None) };
        let it = std::iter::once(first).chain(named).find(|(code, same)| *same && codes.contains(&code.as_str()));
        it.map(|(code, _)| Some(code.clone()))
    };
    let said = explanations.into_iter().filter_map(|explanation| {
        let finding = report.findings.get(explanation.finding)?;
        Some(NumberExplanation {
            submission,
            code: finding.code.clone(),
            question: finding.message.clone(),
            indicator: about(finding)?,
            text: explanation.text,
            at: explanation.at,
        })
    });
    Ok(said.collect())
}
