//! What belongs to many submissions or organisations, loaded together: a list is as many statements as its first row.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    CheckedSubmission, Error, ReadReceipt, Service, mandates::shown_report, packing::unpack, reading::with_report,
    receipts,
};
use crate::{
    domain::{Actor, Correction, Finding, Instant, OrganisationId, Period, Report, SubmissionId, Text},
    store::{self, Delivery, Explanation, SubmissionEvent},
};

/// What a submission shares with others.
#[derive(Clone, Debug, Default)]
pub struct Relations {
    /// The latest earlier submission of the same organisation that was made of the same bytes.
    pub same_bytes_as: Option<SubmissionId>,
    /// Why it took the place of an earlier version.
    pub correction: Option<Correction>,
    /// Which versions it is, of which periods.
    pub versions: Vec<Delivery>,
}

/// The life of a submission, and what was said of its findings.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Its steps, in order.
    pub events: Vec<SubmissionEvent>,
    /// What was said.
    pub explanations: Vec<Explanation>,
}

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

/// What was said of the findings of a submission.
#[derive(Clone, Debug)]
pub struct Answered {
    submission: SubmissionId,
    report: Report,
    explanations: Vec<Explanation>,
}

impl Answered {
    /// What was said about the numbers of `codes` in `period`, and about the file as a whole.
    pub fn about(&self, period: Period, codes: &[&str]) -> Vec<NumberExplanation> {
        let period = period.to_string();
        let about = |finding: &Finding| -> Option<Option<String>> {
            let mut named = finding.occurrences.iter().filter_map(|place| {
                let same = place.parameters.get("period").is_none_or(|of| *of == period);
                Some((place.parameters.get("indicator")?, same))
            });
            let Some(first) = named.next() else { return Some(None) };
            let it = std::iter::once(first).chain(named).find(|(code, same)| *same && codes.contains(&code.as_str()));
            it.map(|(code, _)| Some(code.clone()))
        };
        let said = self.explanations.iter().filter_map(|explanation| {
            let finding = self.report.findings.get(explanation.finding)?;
            Some(NumberExplanation {
                submission: self.submission,
                code: finding.code.clone(),
                question: finding.message.clone(),
                indicator: about(finding)?,
                text: explanation.text.clone(),
                at: explanation.at,
            })
        });
        said.collect()
    }
}

impl Service {
    /// The lives of those of these submissions that `actor` may see, up to `known_at`.
    pub async fn histories(
        &self,
        actor: &Actor,
        ids: &[SubmissionId],
        known_at: Instant,
    ) -> Result<BTreeMap<SubmissionId, Arc<History>>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let events = store::list_events_of(&mut tx, actor.scope, ids, known_at).await?;
        let mut said = store::list_explanations_of(&mut tx, actor.scope, ids, known_at).await?;
        let history = |(id, events)| {
            let explanations = said.remove(&id).unwrap_or_default();
            (id, Arc::new(History { events, explanations }))
        };
        Ok(events.into_iter().map(history).collect())
    }

    /// What those of these submissions that `actor` may see share with others, as known at `known_at`.
    pub async fn relations(
        &self,
        actor: &Actor,
        ids: &[SubmissionId],
        known_at: Instant,
    ) -> Result<BTreeMap<SubmissionId, Arc<Relations>>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let same = store::list_same(&mut tx, actor.scope, ids).await?;
        let mut corrections = store::list_corrections(&mut tx, actor.scope, ids, known_at).await?;
        let mut versions: BTreeMap<SubmissionId, Vec<Delivery>> = BTreeMap::new();
        for one in store::list_versions(&mut tx, actor.scope, ids, known_at).await? {
            if let Some(submission) = one.submission {
                versions.entry(submission).or_default().push(one);
            }
        }
        let relations = |(id, same_bytes_as)| {
            let (correction, versions) = (corrections.remove(&id), versions.remove(&id).unwrap_or_default());
            (id, Arc::new(Relations { same_bytes_as, correction, versions }))
        };
        Ok(same.into_iter().map(relations).collect())
    }

    /// The receipts of those of these submissions that `actor` may see, as known at `known_at`.
    pub async fn receipts_of(
        &self,
        actor: &Actor,
        ids: &[SubmissionId],
        known_at: Instant,
    ) -> Result<BTreeMap<SubmissionId, ReadReceipt>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let found = store::list_receipts(&mut tx, actor.scope, ids, known_at).await?;
        found.iter().map(|(id, receipt)| Ok((*id, receipts::read(receipt)?))).collect()
    }

    /// What was said of those of these submissions that `actor` may see and of which anything was said up to `known_at`.
    pub async fn answered(
        &self,
        actor: &Actor,
        ids: &[SubmissionId],
        known_at: Instant,
    ) -> Result<BTreeMap<SubmissionId, Arc<Answered>>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let mut said = store::list_explanations_of(&mut tx, actor.scope, ids, known_at).await?;
        let asked: Vec<SubmissionId> = said.keys().copied().collect();
        let mut found = BTreeMap::new();
        for one in store::list_submissions_of(&mut tx, actor.scope, &asked, known_at).await? {
            let explanations = said.remove(&one.id).unwrap_or_default();
            let answered =
                Answered { submission: one.id, report: shown_report(actor, unpack(&one.report)?), explanations };
            found.insert(one.id, Arc::new(answered));
        }
        Ok(found)
    }

    /// The submissions that speak of `period` at `known_at`, of each organisation that `actor` may see, by dataset.
    pub async fn speaking(
        &self,
        actor: &Actor,
        period: Period,
        known_at: Instant,
    ) -> Result<BTreeMap<OrganisationId, Arc<BTreeMap<String, SubmissionId>>>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        // In the order of versions: the last line of a dataset holds.
        let lines = store::list_deliveries_of_period(&mut tx, actor.scope, period, known_at).await?;
        let mut last: BTreeMap<OrganisationId, BTreeMap<String, Option<SubmissionId>>> = BTreeMap::new();
        for line in lines {
            last.entry(line.organisation).or_default().insert(line.dataset, line.submission);
        }
        let spoken = |all: BTreeMap<String, Option<SubmissionId>>| {
            all.into_iter().filter_map(|(dataset, submission)| Some((dataset, submission?))).collect()
        };
        Ok(last.into_iter().map(|(organisation, all)| (organisation, Arc::new(spoken(all)))).collect())
    }

    /// From which indicators `indicator` is made, itself included, and in which datasets they come.
    pub fn made_from<'a>(&'a self, indicator: &'a str) -> (Vec<&'a str>, BTreeSet<&'a str>) {
        let found = self.catalogue.indicators.get(indicator);
        let inputs = found.and_then(|found| found.derived.as_ref()).map(|derived| derived.inputs.as_slice());
        let codes: Vec<&str> =
            inputs.unwrap_or_default().iter().map(String::as_str).chain(std::iter::once(indicator)).collect();
        let data = codes.iter().filter_map(|code| self.catalogue.indicators.get(*code)?.data.as_ref());
        let datasets = data.map(|data| data.dataset.as_str()).collect();
        (codes, datasets)
    }

    /// Every version of what these organisations delivered, those that `actor` may see, up to `known_at`, by dataset, period
    /// and version.
    pub async fn deliveries(
        &self,
        actor: &Actor,
        organisations: &[OrganisationId],
        known_at: Instant,
    ) -> Result<BTreeMap<OrganisationId, Arc<Vec<Delivery>>>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let mut found: BTreeMap<OrganisationId, Vec<Delivery>> = BTreeMap::new();
        for one in store::list_deliveries_of_organisations(&mut tx, actor.scope, organisations, known_at).await? {
            found.entry(one.organisation).or_default().push(one);
        }
        Ok(found.into_iter().map(|(id, all)| (id, Arc::new(all))).collect())
    }

    /// The latest submissions of each of these organisations that `actor` may see, at most so many of each, newest first.
    pub async fn latest_submissions(
        &self,
        actor: &Actor,
        organisations: &[OrganisationId],
        most: usize,
        known_at: Instant,
    ) -> Result<BTreeMap<OrganisationId, Vec<CheckedSubmission>>, Error> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut tx = self.database.read(actor.scope).await?;
        let mut found: BTreeMap<OrganisationId, Vec<CheckedSubmission>> = BTreeMap::new();
        for one in store::list_latest_submissions(&mut tx, actor.scope, organisations, most, known_at).await? {
            found.entry(one.organisation).or_default().push(with_report(actor, one, known_at)?);
        }
        Ok(found)
    }
}
