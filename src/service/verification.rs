//! Runs computed once more, from the files as they were received.
//!
//! Nothing that was derived is trusted: bytes are digested, checked and counted again, scored again, and what comes out
//! is compared with what is kept, or with what another database printed.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Error, Service,
    assessment::{delivered_datasets, load_run, looked_at, score_as_run},
    packing::{decompress, to_json},
    submissions::received,
    windows::Allowed,
};
use crate::{
    domain::{
        Actor, Change, Digest, Instant, Observation, Observed, Organisation, OrganisationId, Period, RunId, Scope,
        SubmissionId, Text, differences,
    },
    scoring::{ENGINE_VERSION, Outcome, RunKey},
    store::{self, Delivery, Run, Tx},
};

/// How many differences of one sort are told apart.
const TOLD: usize = 20;

/// A run with all that it says, to be verified where it was not made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExportedRun {
    /// The run.
    pub id: RunId,
    /// What it was made from.
    pub key: RunKey,
    /// SHA-256 of the canonical JSON of `outcome`.
    pub output_hash: Digest,
    /// What it says.
    pub outcome: Outcome,
}

/// What came of computing a run once more.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The run.
    pub run: RunId,
    /// What it was made from.
    pub key: RunKey,
    /// How many files it follows from.
    pub files: usize,
    /// What is not as it was; empty when every byte is.
    pub differences: Vec<Difference>,
}

/// Something that is not as it was: a code of `messages.toml` with what fills it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    code: &'static str,
    parameters: Vec<(&'static str, String)>,
}

impl Difference {
    fn new(code: &'static str, parameters: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self { code, parameters: parameters.into_iter().collect() }
    }

    /// The code.
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// What is said of it.
    pub fn text(&self, service: &Service) -> Text {
        service.catalogue.message(self.code, &self.parameters)
    }
}

/// What was found in files, once per submission: runs have most of them in common.
#[derive(Debug, Default)]
struct Files(BTreeMap<SubmissionId, Arc<Found>>);

/// What a file gives.
#[derive(Debug, Default)]
struct Found {
    observed: Observed,
    difference: Option<Difference>,
}

impl Service {
    /// Computes a stored run once more and compares it with what is kept.
    pub async fn verify(&self, id: RunId) -> Result<Verification, Error> {
        let mut tx = self.database.read(Scope::Sector).await?;
        let run = store::find_run(&mut tx, id).await?.ok_or(Error::NotFound)?;
        self.verify_run(&mut tx, run, &mut Files::default()).await
    }

    /// The same for every run that is kept, in the order in which they were made; tells each as soon as it is known.
    pub async fn verify_all(&self, mut tell: impl FnMut(Verification)) -> Result<(), Error> {
        let mut files = Files::default();
        let mut tx = self.database.read(Scope::Sector).await?;
        for run in store::list_all_runs(&mut tx).await? {
            tell(self.verify_run(&mut tx, run, &mut files).await?);
        }
        Ok(())
    }

    /// Computes a run that was made elsewhere from the files that are here.
    pub async fn verify_exported(&self, exported: ExportedRun) -> Result<Verification, Error> {
        let mut tx = self.database.read(Scope::Sector).await?;
        let ExportedRun { id, key, output_hash, outcome } = exported;
        self.compare(&mut tx, id, key, output_hash, Ok(outcome), &mut Files::default()).await
    }

    /// A stored run with all that it says.
    pub async fn export_run(&self, id: RunId) -> Result<ExportedRun, Error> {
        let mut tx = self.database.read(Scope::Sector).await?;
        let run = store::find_run(&mut tx, id).await?.ok_or(Error::NotFound)?;
        let (key, output_hash) = (key_of(&run), run.output_hash);
        let outcome = stored_outcome(&mut tx, run).await?;
        drop(tx);
        self.note_read(&Actor::OPERATOR, "run.exported", id).await?;
        Ok(ExportedRun { id, key, output_hash, outcome })
    }

    async fn verify_run(&self, tx: &mut Tx, run: Run, files: &mut Files) -> Result<Verification, Error> {
        let (id, key, output_hash) = (run.id, key_of(&run), run.output_hash);
        let kept = stored_outcome(tx, run).await;
        self.compare(tx, id, key, output_hash, kept, files).await
    }

    async fn compare(
        &self,
        tx: &mut Tx,
        id: RunId,
        key: RunKey,
        output_hash: Digest,
        kept: Result<Outcome, Error>,
        files: &mut Files,
    ) -> Result<Verification, Error> {
        let mut differences = Vec::new();
        let mut differ =
            |code, parameters: Vec<(&'static str, String)>| differences.push(Difference::new(code, parameters));
        if key.id() != id {
            differ("VERIFY_ID", vec![("expected", key.id().to_string())]);
        }
        match &kept {
            Err(_) => differ("VERIFY_UNREADABLE", Vec::new()),
            Ok(kept) if Digest::of(&to_json(kept)?) != output_hash => differ("VERIFY_KEPT", Vec::new()),
            Ok(_) => {}
        }
        if key.engine_version != ENGINE_VERSION {
            let (made, here) = (key.engine_version.clone(), ENGINE_VERSION.to_owned());
            differ("VERIFY_ENGINE", vec![("made", made), ("here", here)]);
        }
        if key.catalogue_hash != self.catalogue.hash {
            let (made, here) = (key.catalogue_hash.to_string(), self.catalogue.hash.to_string());
            differ("VERIFY_CATALOGUE", vec![("made", made), ("here", here)]);
        }
        // By another method or another catalogue everything differs; more words would only hide that.
        if key.engine_version != ENGINE_VERSION || key.catalogue_hash != self.catalogue.hash {
            return Ok(Verification { run: id, key, files: 0, differences });
        }
        let (count, again) = self.compute_again(tx, &key, files, &mut differences).await?;
        let (key_again, outcome) = again;
        if key_again.input_hash != key.input_hash {
            let (made, here) = (key.input_hash.to_string(), key_again.input_hash.to_string());
            differences.push(Difference::new("VERIFY_INPUT", [("made", made), ("here", here)]));
        }
        let digest = Digest::of(&to_json(&outcome)?);
        if digest != output_hash {
            let (made, here) = (output_hash.to_string(), digest.to_string());
            differences.push(Difference::new("VERIFY_OUTPUT", [("made", made), ("here", here)]));
        }
        if let Ok(kept) = &kept {
            differences.extend(values_that_differ(kept, &outcome)?);
        }
        Ok(Verification { run: id, key, files: count, differences })
    }

    /// The run from the files: how many there are, and what they give.
    async fn compute_again(
        &self,
        tx: &mut Tx,
        key: &RunKey,
        files: &mut Files,
        differences: &mut Vec<Difference>,
    ) -> Result<(usize, (RunKey, Outcome)), Error> {
        let organisations = store::list_registered_organisations(tx, Scope::Sector, key.known_at).await?;
        let deliveries = delivered_datasets(tx, &organisations, key.known_at).await?;
        let mut input = self.sector(tx, &organisations, &deliveries, key.period, key.known_at).await?;
        let by_id: BTreeMap<OrganisationId, &Organisation> = organisations.iter().map(|one| (one.id, one)).collect();
        let mut count = 0;
        let (mut observations, mut parts) = (Vec::new(), Vec::new());
        for delivery in in_force(tx, key.period, key.known_at).await? {
            let (Some(submission), Some(organisation)) = (delivery.submission, by_id.get(&delivery.organisation))
            else {
                continue;
            };
            let found = self.found_in(tx, submission, delivery.known_from, files).await?;
            count += 1;
            differences.extend(found.difference.clone());
            let own = |one: &&Observation| one.period == delivery.period && one.agb_code == organisation.agb_code;
            observations.extend(found.observed.whole.iter().filter(own).cloned());
            parts.extend(found.observed.parts.iter().filter(|part| own(&&part.observation)).cloned());
        }
        let mut kept_parts = Vec::new();
        for period in looked_at(key.period) {
            let found = store::list_parts_in_force(tx, Scope::Sector, period, key.known_at).await?;
            kept_parts.extend(found.into_iter().map(|(part, _)| part));
        }
        let kept = Observed { whole: input.sector.observations, parts: kept_parts, ..Observed::default() };
        let again = Observed { whole: observations, parts, ..Observed::default() };
        differences.extend(observations_that_differ(&kept, &again));
        input.sector.observations = again.whole;
        let (known_at, catalogue_hash) = (key.known_at, key.catalogue_hash);
        let work = move || score_as_run(input, known_at, catalogue_hash);
        Ok((count, tokio::task::spawn_blocking(work).await.map_err(Error::internal)?))
    }

    /// What the file of a submission gives, checked as on the day on which it was approved.
    async fn found_in(
        &self,
        tx: &mut Tx,
        id: SubmissionId,
        approved_at: Instant,
        files: &mut Files,
    ) -> Result<Arc<Found>, Error> {
        if let Some(found) = files.0.get(&id) {
            return Ok(Arc::clone(found));
        }
        let found = Arc::new(self.check_again(tx, id, approved_at).await?);
        files.0.insert(id, Arc::clone(&found));
        Ok(found)
    }

    async fn check_again(&self, tx: &mut Tx, id: SubmissionId, approved_at: Instant) -> Result<Found, Error> {
        let without = |code, parameters: Vec<(&'static str, String)>| Found {
            difference: Some(Difference::new(code, parameters)),
            observed: Observed::default(),
        };
        let submission = store::find_submission(tx, Scope::Sector, id, approved_at)
            .await?
            .ok_or_else(|| Error::internal("a delivery of no submission"))?;
        let named = || vec![("submission", id.to_string()), ("file", submission.file_name.clone())];
        let Some(gzip) = store::load_content(tx, submission.digest).await? else {
            return Ok(without("VERIFY_FILE_GONE", named()));
        };
        if !decompress(&gzip).is_ok_and(|bytes| Digest::of(&bytes) == submission.digest) {
            return Ok(without("VERIFY_FILE_CHANGED", named()));
        }
        let allowed = Allowed::load(tx, submission.organisation, approved_at).await?;
        let (report, observed) = self.check(received(&submission, gzip, allowed)).await?;
        if !report.is_accepted() {
            return Ok(without("VERIFY_FILE_REFUSED", named()));
        }
        Ok(Found { observed, difference: None })
    }
}

fn key_of(run: &Run) -> RunKey {
    RunKey {
        period: run.period,
        known_at: run.known_at,
        engine_version: run.engine_version.clone(),
        catalogue_hash: run.catalogue_hash,
        input_hash: run.input_hash,
    }
}

/// What a stored run says, put together again.
async fn stored_outcome(tx: &mut Tx, run: Run) -> Result<Outcome, Error> {
    let period = run.period;
    let all = load_run(tx, Scope::Sector, run).await?;
    Ok(Outcome {
        period,
        fits: all.fits,
        correlation: all.correlation,
        account: all.account,
        drifts: all.drifts,
        organisations: all.organisations.into_iter().map(|one| one.outcome).collect(),
        solos: all.solos.into_iter().map(|one| one.outcome).collect(),
    })
}

/// What spoke, at `known_at`, for the periods that a run of `period` looks at.
async fn in_force(tx: &mut Tx, period: Period, known_at: Instant) -> Result<Vec<Delivery>, Error> {
    let periods: Vec<Period> = looked_at(period).collect();
    let mut last: BTreeMap<(OrganisationId, String, Period), Delivery> = BTreeMap::new();
    for delivery in store::list_supervised_deliveries(tx, known_at).await? {
        if periods.contains(&delivery.period) {
            // They come in the order of their versions.
            last.insert((delivery.organisation, delivery.dataset.clone(), delivery.period), delivery);
        }
    }
    Ok(last.into_values().collect())
}

fn observations_that_differ(kept: &Observed, again: &Observed) -> Vec<Difference> {
    let mut differing = differences(&kept.numbers(None), &again.numbers(None));
    differing.retain(|one| one.change() != Change::Unchanged);
    let more = differing.len().saturating_sub(TOLD);
    differing.truncate(TOLD);
    let mut told: Vec<Difference> = differing
        .into_iter()
        .map(|one| {
            let part = one.part.map(|part| format!(" ({part})")).unwrap_or_default();
            let parameters = [
                ("agb_code", one.agb_code.to_string()),
                ("period", one.period.to_string()),
                ("indicator", one.indicator + &part),
            ];
            Difference::new("VERIFY_OBSERVATION", parameters)
        })
        .collect();
    if more > 0 {
        told.push(Difference::new("VERIFY_MORE_OBSERVATIONS", [("count", more.to_string())]));
    }
    told
}

/// The places in two outcomes that are not the same.
fn values_that_differ(kept: &Outcome, again: &Outcome) -> Result<Vec<Difference>, Error> {
    let value = |outcome: &Outcome| serde_json::to_value(outcome).map_err(Error::internal);
    let mut places = Vec::new();
    walk("", &value(kept)?, &value(again)?, &mut places);
    let more = places.len().saturating_sub(TOLD);
    places.truncate(TOLD);
    let mut told: Vec<Difference> = places
        .into_iter()
        .map(|(place, kept, again)| {
            Difference::new("VERIFY_VALUE", [("place", place), ("made", kept), ("here", again)])
        })
        .collect();
    if more > 0 {
        told.push(Difference::new("VERIFY_MORE_VALUES", [("count", more.to_string())]));
    }
    Ok(told)
}

fn walk(place: &str, kept: &Value, again: &Value, places: &mut Vec<(String, String, String)>) {
    match (kept, again) {
        (Value::Object(one), Value::Object(other)) => {
            let names: Vec<&String> = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name))).collect();
            for name in names {
                let at = |all: &serde_json::Map<String, Value>| all.get(name).cloned().unwrap_or(Value::Null);
                walk(&format!("{place}.{name}"), &at(one), &at(other), places);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (number, (one, other)) in one.iter().zip(other).enumerate() {
                walk(&format!("{place}[{}]", label(one, number)), one, other, places);
            }
        }
        _ if kept == again => {}
        _ => places.push((place.trim_start_matches('.').to_owned(), short(kept), short(again))),
    }
}

/// How a person finds an element: by its code rather than its number.
fn label(element: &Value, number: usize) -> String {
    let named = ["agb_code", "indicator", "theme"].into_iter().find_map(|name| element.get(name)?.as_str());
    named.map_or_else(|| number.to_string(), str::to_owned)
}

fn short(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    if text.chars().count() <= LONGEST { text } else { text.chars().take(LONGEST).chain(['…']).collect() }
}
