//! Scoring runs: made with every change of what is in force, kept, and read back.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    Error, Service,
    packing::{pack, to_json, unpack},
};
use crate::{
    domain::{Actor, AgbCode, Digest, Instant, Organisation, OrganisationId, Period, RunId, Scope, Text},
    scoring::{
        self, Correlation, ENGINE_VERSION, Fit, Member, OrganisationOutcome, Outcome, Reader, RunKey, Score, Sector,
        Signal,
    },
    store::{self, Run, RunOutcome, Tx},
};

/// How many periods after a changed one look back at it (the correlations of method.md section 6).
const PERIODS_THAT_LOOK_BACK: i16 = 3;

/// A run as it is read: what holds for the sector, and the organisations that may be seen.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// The run's identifier.
    pub id: RunId,
    /// What it was made from.
    pub key: RunKey,
    /// SHA-256 of the canonical JSON of the whole outcome.
    pub output_hash: Digest,
    /// What was fitted to the peers.
    pub fits: Vec<Fit>,
    /// How measures go together.
    pub correlation: Correlation,
    /// The organisations within the asker's scope, by AGB code.
    pub organisations: Vec<AssessedOrganisation>,
}

/// One organisation and what the run says of it.
#[derive(Clone, Debug)]
pub struct AssessedOrganisation {
    /// The organisation.
    pub organisation: Organisation,
    /// What the run says.
    pub outcome: OrganisationOutcome,
}

/// What holds for the sector as a whole, as it is kept.
#[derive(Serialize, Deserialize)]
struct SectorPart {
    fits: Vec<Fit>,
    correlation: Correlation,
}

impl Assessment {
    /// The fit with which `signal` was compared.
    pub fn fit(&self, signal: &Signal) -> Option<&Fit> {
        self.fits.iter().find(|fit| fit.indicator == signal.indicator && Some(fit.peer_group) == signal.peer_group)
    }
}

impl Service {
    /// One sentence for a signal of `organisation`, for `reader`.
    pub fn explain_signal(&self, reader: Reader, organisation: &Organisation, signal: &Signal) -> Text {
        scoring::signal_sentence(&self.catalogue, reader, &organisation.name, signal)
    }

    /// One sentence for a score, for `reader`.
    pub fn explain_score(&self, reader: Reader, score: &Score) -> Text {
        scoring::score_sentence(&self.catalogue, reader, score)
    }

    /// Scores every period that looks at one of `changed`, with what is known at `known_at`, and keeps the runs.
    /// Part of the unit of work that changed what is in force.
    pub(super) async fn assess(
        &self,
        tx: &mut Tx,
        changed: impl IntoIterator<Item = Period>,
        known_at: Instant,
    ) -> Result<Vec<RunId>, Error> {
        let delivered = store::list_delivered_periods(tx, known_at).await?;
        let mut affected: Vec<Period> = changed
            .into_iter()
            .flat_map(|period| (0..=PERIODS_THAT_LOOK_BACK).filter_map(move |years| period.years_earlier(-years)))
            .filter(|period| delivered.contains(period))
            .collect();
        affected.sort_unstable();
        affected.dedup();

        let organisations = store::list_organisations(tx, Scope::Sector).await?;
        let mut runs = Vec::with_capacity(affected.len());
        for period in affected {
            runs.push(self.assess_period(tx, &organisations, period, known_at).await?);
        }
        Ok(runs)
    }

    async fn assess_period(
        &self,
        tx: &mut Tx,
        organisations: &[Organisation],
        period: Period,
        known_at: Instant,
    ) -> Result<RunId, Error> {
        let mut sector = self.sector(tx, organisations, period, known_at).await?;
        let catalogue_hash = self.catalogue.hash;
        let (key, outcome) = tokio::task::spawn_blocking(move || {
            let key = RunKey {
                period,
                known_at,
                engine_version: ENGINE_VERSION.to_owned(),
                catalogue_hash,
                input_hash: scoring::input_hash(&sector),
            };
            sector.seed = key.seed();
            let outcome = scoring::score(&sector);
            (key, outcome)
        })
        .await
        .map_err(Error::internal)?;
        self.keep(tx, organisations, key, outcome).await
    }

    /// All that a run of `period` looks at.
    async fn sector(
        &self,
        tx: &mut Tx,
        organisations: &[Organisation],
        period: Period,
        known_at: Instant,
    ) -> Result<Sector, Error> {
        let mut sector = Sector::new(&self.catalogue, period);
        sector.members = organisations.iter().map(|one| Member { agb_code: one.agb_code, kind: one.kind }).collect();
        for years in 0..=PERIODS_THAT_LOOK_BACK {
            if let Some(period) = period.years_earlier(years) {
                let found = store::list_observations_in_force(tx, Scope::Sector, period, known_at).await?;
                sector.observations.extend(found.into_iter().map(|(observation, _)| observation));
            }
        }
        Ok(sector)
    }

    async fn keep(
        &self,
        tx: &mut Tx,
        organisations: &[Organisation],
        key: RunKey,
        outcome: Outcome,
    ) -> Result<RunId, Error> {
        let id = key.id();
        let output_hash = Digest::of(&to_json(&outcome)?);
        let sector = pack(&SectorPart { fits: outcome.fits, correlation: outcome.correlation })?;
        let run = Run {
            id,
            period: key.period,
            known_at: key.known_at,
            engine_version: key.engine_version,
            catalogue_hash: key.catalogue_hash,
            input_hash: key.input_hash,
            output_hash,
            sector,
        };
        store::insert_run(tx, &run).await?;
        let by_code: BTreeMap<AgbCode, OrganisationId> =
            organisations.iter().map(|one| (one.agb_code, one.id)).collect();
        for one in &outcome.organisations {
            let organisation =
                *by_code.get(&one.agb_code).ok_or_else(|| Error::internal("scored an unknown organisation"))?;
            let packed = RunOutcome { organisation, outcome: pack(one)? };
            store::insert_run_outcome(tx, id, &packed).await?;
        }
        Ok(id)
    }

    /// The last run of `period` known at `known_at`, with the organisations that `actor` may see.
    pub async fn assessment(
        &self,
        actor: &Actor,
        period: Period,
        known_at: Instant,
    ) -> Result<Option<Arc<Assessment>>, Error> {
        let mut tx = self.database.read().await?;
        match store::find_latest_run(&mut tx, period, known_at).await? {
            Some(run) => self.read_run(&mut tx, actor.scope, run).await.map(Some),
            None => Ok(None),
        }
    }

    /// The last run of every period known at `known_at`, without its organisations.
    pub async fn runs(&self, known_at: Instant) -> Result<Vec<Run>, Error> {
        let mut tx = self.database.read().await?;
        Ok(store::list_runs(&mut tx, known_at).await?)
    }

    /// Reads a run through the cache, whose entries are apart for each scope.
    pub(super) async fn read_run(&self, tx: &mut Tx, scope: Scope, run: Run) -> Result<Arc<Assessment>, Error> {
        let cache_key = (run.id, scope.organisation());
        if let Ok(mut cache) = self.assessments.lock()
            && let Some(known) = cache.get(&cache_key)
        {
            return Ok(Arc::clone(known));
        }
        let assessment = Arc::new(load_run(tx, scope, run).await?);
        if let Ok(mut cache) = self.assessments.lock() {
            cache.put(cache_key, Arc::clone(&assessment));
        }
        Ok(assessment)
    }
}

async fn load_run(tx: &mut Tx, scope: Scope, run: Run) -> Result<Assessment, Error> {
    let by_id: BTreeMap<OrganisationId, Organisation> =
        store::list_organisations(tx, scope).await?.into_iter().map(|one| (one.id, one)).collect();
    let mut organisations = Vec::new();
    for one in store::list_run_outcomes(tx, scope, run.id).await? {
        let organisation = by_id.get(&one.organisation).ok_or_else(|| Error::internal("a run of nobody"))?;
        organisations.push(AssessedOrganisation { organisation: organisation.clone(), outcome: unpack(&one.outcome)? });
    }
    organisations.sort_by_key(|one| one.organisation.agb_code);
    let SectorPart { fits, correlation } = unpack(&run.sector)?;
    Ok(Assessment {
        id: run.id,
        output_hash: run.output_hash,
        key: RunKey {
            period: run.period,
            known_at: run.known_at,
            engine_version: run.engine_version,
            catalogue_hash: run.catalogue_hash,
            input_hash: run.input_hash,
        },
        fits,
        correlation,
        organisations,
    })
}
