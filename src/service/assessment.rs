//! Scoring runs: made with every change of what is in force, kept, and read back.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{
    Error, Service,
    numbers::mergers,
    packing::{pack, to_json, unpack},
    ranking::Rankings,
};
use crate::{
    domain::{
        Actor, AgbCode, Digest, Instant, Organisation, OrganisationId, OverrideReason, OverrideRecord, Period, RunId,
        Scope, Text,
    },
    scoring::{
        self, Account, Change, Correlation, DataFinding, DataInputs, DeliveredDataset, Drift, ENGINE_VERSION, Fit,
        Member, Method, OrganisationOutcome, Outcome, Override, Reader, RunKey, Score, Sector, Settings, Signal,
    },
    store::{self, Delivery, Run, RunOutcome, Tx},
};

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
    /// How many signals there are, and how many chance alone would give.
    pub account: Account,
    /// What each peer group as a whole did.
    pub drifts: Vec<Drift>,
    /// The organisations within the asker's scope, by AGB code.
    pub organisations: Vec<AssessedOrganisation>,
    /// The practices of one person within the asker's scope, by AGB code: never ranked, for themselves.
    pub solos: Vec<AssessedOrganisation>,
    pub(super) rankings: Rankings,
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
    account: Account,
    drifts: Vec<Drift>,
}

/// What a run is made from.
pub(super) struct RunInput {
    pub(super) sector: Sector,
    /// Who was no more when the period began, by what is known: their past is looked at, nothing is said of them.
    pub(super) gone: BTreeSet<AgbCode>,
}

/// Scores what was known at `known_at`.
pub(super) fn score_as_run(input: RunInput, known_at: Instant, catalogue_hash: Digest) -> (RunKey, Outcome) {
    let RunInput { mut sector, gone } = input;
    let key = RunKey {
        period: sector.period,
        known_at,
        engine_version: ENGINE_VERSION.to_owned(),
        catalogue_hash,
        input_hash: scoring::input_hash(&sector),
    };
    sector.seed = key.seed();
    let mut outcome = scoring::score(&sector);
    outcome.organisations.retain(|one| !gone.contains(&one.agb_code));
    outcome.solos.retain(|one| !gone.contains(&one.agb_code));
    (key, outcome)
}

impl Assessment {
    /// The fit with which `signal` was compared.
    pub fn fit(&self, signal: &Signal) -> Option<&Fit> {
        self.fits.iter().find(|fit| fit.indicator == signal.indicator && Some(fit.peer_group) == signal.peer_group)
    }

    /// Those whose signals may be shown within `scope`: practices of one person to themselves alone.
    pub fn shown_to(&self, scope: Scope) -> impl Iterator<Item = &AssessedOrganisation> {
        let solos = if scope.itself().is_some() { self.solos.as_slice() } else { &[] };
        self.organisations.iter().chain(solos)
    }
}

impl Service {
    /// One sentence for a signal of `organisation`, for `reader`.
    pub fn explain_signal(&self, reader: Reader, organisation: &Organisation, signal: &Signal) -> Text {
        scoring::signal_sentence(&self.catalogue, reader, &organisation.name, signal)
    }

    /// One sentence for a change of a figure of `organisation` against its own past, for `reader`.
    pub fn explain_change(&self, reader: Reader, organisation: &Organisation, change: &Change) -> Text {
        scoring::change_sentence(&self.catalogue, reader, &organisation.name, change)
    }

    /// One sentence for a signal about data.
    pub fn explain_data(&self, finding: &DataFinding) -> Text {
        scoring::data_signal_sentence(&self.catalogue, finding)
    }

    /// How many signals there are in the sector, and how many chance alone would give.
    pub fn explain_account(&self, account: &Account) -> Text {
        scoring::account_sentence(&self.catalogue, account)
    }

    /// What stands beside the scores of an organisation, and what it rests on.
    pub fn explain_override(&self, reason: OverrideReason, record: Option<&OverrideRecord>) -> Text {
        scoring::override_sentence(&self.catalogue, reason, record)
    }

    /// What is said of a score of an organisation, for `reader`; of the overall one what outranks it first, and where the
    /// data behind it are not complete, that before the score.
    pub fn explain_score(&self, reader: Reader, outcome: &OrganisationOutcome, score: &Score) -> Text {
        let mut parts = vec![
            scoring::data_sentence(&self.catalogue, &outcome.data, None),
            scoring::score_sentence(&self.catalogue, reader, score),
        ];
        if score.theme.is_none() {
            parts.insert(0, scoring::overrides_sentence(&self.catalogue, outcome));
        }
        let join = |part: fn(&Text) -> &str| {
            let said: Vec<&str> = parts.iter().map(part).filter(|text| !text.is_empty()).collect();
            said.join(" ")
        };
        Text { nl: join(|text| &text.nl), en: join(|text| &text.en) }
    }

    /// Scores every period that looks at one of `changed`, with what is known at `known_at`, and keeps the runs.
    /// Part of the unit of work that changed what is in force.
    pub(super) async fn assess(
        &self,
        tx: &mut Tx,
        changed: impl IntoIterator<Item = Period>,
        known_at: Instant,
    ) -> Result<Vec<RunId>, Error> {
        let changed: BTreeSet<Period> = changed.into_iter().collect();
        self.assess_where(tx, |period| looked_at(period).any(|one| changed.contains(&one)), known_at).await
    }

    /// Scores every period of which anything was delivered and that is `affected`, and keeps the runs.
    pub(super) async fn assess_where(
        &self,
        tx: &mut Tx,
        affected: impl Fn(Period) -> bool,
        known_at: Instant,
    ) -> Result<Vec<RunId>, Error> {
        let own = tx.enter(Scope::Sector).await?;
        let delivered = store::list_delivered_periods(tx, known_at).await?;
        let affected: Vec<Period> = delivered.into_iter().filter(|period| affected(*period)).collect();

        let organisations = store::list_registered_organisations(tx, Scope::Sector, known_at).await?;
        let deliveries = delivered_datasets(tx, &organisations, known_at).await?;
        let mut runs = Vec::new();
        for period in affected {
            runs.push(self.assess_period(tx, &organisations, &deliveries, period, known_at).await?);
        }
        tx.enter(own).await?;
        Ok(runs)
    }

    async fn assess_period(
        &self,
        tx: &mut Tx,
        organisations: &[Organisation],
        deliveries: &[DeliveredDataset],
        period: Period,
        known_at: Instant,
    ) -> Result<RunId, Error> {
        let input = self.sector(tx, organisations, deliveries, period, known_at).await?;
        let catalogue_hash = self.catalogue.hash;
        let work = move || score_as_run(input, known_at, catalogue_hash);
        let (key, outcome) = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
        self.keep(tx, organisations, key, outcome).await
    }

    /// All that a run of `period` looks at.
    pub(super) async fn sector(
        &self,
        tx: &mut Tx,
        organisations: &[Organisation],
        deliveries: &[DeliveredDataset],
        period: Period,
        known_at: Instant,
    ) -> Result<RunInput, Error> {
        let mut sector = Sector::new(&self.catalogue, period);
        sector.members = organisations.iter().map(|one| Member { agb_code: one.agb_code, kind: one.kind }).collect();
        let periods: Vec<Period> = looked_at(period).collect();
        for period in &periods {
            let found = store::list_observations_in_force(tx, Scope::Sector, *period, known_at).await?;
            sector.observations.extend(found.into_iter().map(|(observation, _)| observation));
        }
        let codes: BTreeMap<OrganisationId, AgbCode> = organisations.iter().map(|one| (one.id, one.agb_code)).collect();
        for one in store::list_overrides(tx, Scope::Sector, None, known_at).await? {
            if let Some(agb_code) = codes.get(&one.organisation).filter(|_| one.holds_in(period)) {
                sector.overrides.push(Override { agb_code: *agb_code, record: one.record });
            }
        }
        sector.data = DataInputs::new(&self.catalogue, &periods);
        sector.data.known_on = Some(known_at.date());
        sector.data.deliveries = deliveries.iter().filter(|one| periods.contains(&one.period)).cloned().collect();
        let mandatory = sector.measures.iter().filter(|measure| measure.is_mandatory);
        let mut due = mandatory.filter_map(|measure| sector.data.due_day(&measure.code, period));
        sector.is_due = due.all(|day| known_at.date() > day);
        let mergers = mergers(tx, known_at).await?;
        let gone = organisations.iter().map(|one| one.agb_code);
        let gone = gone.filter(|code| mergers.is_gone(*code, period.first_day())).collect();
        Ok(RunInput { sector, gone })
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
        let Outcome { fits, correlation, account, drifts, .. } = outcome;
        let sector = pack(&SectorPart { fits, correlation, account, drifts })?;
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
        for one in outcome.organisations.iter().chain(&outcome.solos) {
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
        if !actor.scope.compares() {
            return Ok(None);
        }
        let key = (period, known_at, actor.scope);
        let known = self.latest.lock().ok().and_then(|mut latest| latest.get(&key).map(Arc::clone));
        let run = if let Some(known) = known {
            known
        } else {
            let mut tx = self.database.read(actor.scope).await?;
            let Some(run) = store::find_latest_run(&mut tx, period, known_at).await? else { return Ok(None) };
            // Up to the moment of the last change nothing is added any more; after it, something may be.
            let is_fixed = actor.call.present.is_some_and(|present| known_at <= present);
            let run = self.read_run(&mut tx, actor.scope, run).await?;
            if is_fixed && let Ok(mut latest) = self.latest.lock() {
                latest.put(key, Arc::clone(&run));
            }
            run
        };
        self.note_read(actor, "scores.read", run.id).await?;
        Ok(Some(run))
    }

    /// What a run of `period` would say now by `method`: for audit, and not kept.
    pub async fn audit_run(
        &self,
        actor: &Actor,
        period: Period,
        known_at: Instant,
        method: Method,
    ) -> Result<Option<Assessment>, Error> {
        let mut tx = self.database.read(Scope::Sector).await?;
        if !store::list_delivered_periods(&mut tx, known_at).await?.contains(&period) {
            return Ok(None);
        }
        let all = store::list_registered_organisations(&mut tx, Scope::Sector, known_at).await?;
        let deliveries = delivered_datasets(&mut tx, &all, known_at).await?;
        let mut input = self.sector(&mut tx, &all, &deliveries, period, known_at).await?;
        drop(tx);
        input.sector.settings.method = method;
        let catalogue_hash = self.catalogue.hash;
        let work = move || score_as_run(input, known_at, catalogue_hash);
        let (key, outcome) = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
        let output_hash = Digest::of(&to_json(&outcome)?);
        self.note_read(actor, "scores.computed", key.id()).await?;
        let by_code: BTreeMap<AgbCode, &Organisation> = all.iter().map(|one| (one.agb_code, one)).collect();
        let seen = |outcome: OrganisationOutcome| {
            let organisation = by_code.get(&outcome.agb_code).filter(|one| actor.scope.includes(one.id))?;
            Some(AssessedOrganisation { organisation: (*organisation).clone(), outcome })
        };
        let organisations: Vec<_> = outcome.organisations.into_iter().filter_map(seen).collect();
        Ok(Some(Assessment {
            id: key.id(),
            key,
            output_hash,
            fits: outcome.fits,
            correlation: outcome.correlation,
            account: outcome.account,
            drifts: outcome.drifts,
            rankings: Rankings::of(&organisations),
            organisations,
            solos: outcome.solos.into_iter().filter_map(seen).collect(),
        }))
    }

    /// The last run of every period known at `known_at`, without its organisations.
    pub async fn runs(&self, known_at: Instant) -> Result<Vec<Run>, Error> {
        let mut tx = self.database.read(Scope::Sector).await?;
        Ok(store::list_runs(&mut tx, known_at).await?)
    }

    /// Reads a run through the cache, whose entries are apart for each scope.
    pub(super) async fn read_run(&self, tx: &mut Tx, scope: Scope, run: Run) -> Result<Arc<Assessment>, Error> {
        let cache_key = (run.id, scope);
        if let Ok(mut cache) = self.assessments.lock()
            && let Some(known) = cache.get(&cache_key)
        {
            return Ok(Arc::clone(known));
        }
        let own = tx.enter(scope).await?;
        let assessment = Arc::new(load_run(tx, scope, run).await?);
        tx.enter(own).await?;
        if let Ok(mut cache) = self.assessments.lock() {
            cache.put(cache_key, Arc::clone(&assessment));
        }
        Ok(assessment)
    }
}

/// The periods that a run of `period` looks at, the latest first.
pub(super) fn looked_at(period: Period) -> impl Iterator<Item = Period> {
    std::iter::successors(Some(period), |period| period.previous()).take(Settings::default().lookback())
}

/// What is in force at `known_at`, each with the day of its first delivery.
pub(super) async fn delivered_datasets(
    tx: &mut Tx,
    organisations: &[Organisation],
    known_at: Instant,
) -> Result<Vec<DeliveredDataset>, Error> {
    let codes: BTreeMap<OrganisationId, AgbCode> = organisations.iter().map(|one| (one.id, one.agb_code)).collect();
    // Sorted, so that the lines of one organisation, dataset and period follow one another, the first first.
    let lines = store::list_supervised_deliveries(tx, known_at).await?;
    let same =
        |a: &Delivery, b: &Delivery| (a.organisation, &a.dataset, a.period) == (b.organisation, &b.dataset, b.period);
    let in_force = lines.chunk_by(same).filter_map(|lines| {
        let (first, last) = (lines.first()?, lines.last()?);
        last.submission?;
        Some(DeliveredDataset {
            agb_code: *codes.get(&first.organisation)?,
            dataset: first.dataset.clone(),
            period: first.period,
            on: first.known_from.date(),
        })
    });
    Ok(in_force.collect())
}

pub(super) async fn load_run(tx: &mut Tx, scope: Scope, run: Run) -> Result<Assessment, Error> {
    let known = store::list_organisations(tx, scope).await?;
    let outcomes = store::list_run_outcomes(tx, scope, run.id).await?;
    let work = move || unpack_run(known, &outcomes, run);
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

fn unpack_run(known: Vec<Organisation>, outcomes: &[RunOutcome], run: Run) -> Result<Assessment, Error> {
    let by_id: BTreeMap<OrganisationId, Organisation> = known.into_iter().map(|one| (one.id, one)).collect();
    let (mut organisations, mut solos) = (Vec::new(), Vec::new());
    for one in outcomes {
        let organisation = by_id.get(&one.organisation).ok_or_else(|| Error::internal("a run of nobody"))?;
        let is_ranked = organisation.kind.is_ranked();
        let of_its_kind = if is_ranked { &mut organisations } else { &mut solos };
        of_its_kind.push(AssessedOrganisation { organisation: organisation.clone(), outcome: unpack(&one.outcome)? });
    }
    for all in [&mut organisations, &mut solos] {
        all.sort_by_key(|one| one.organisation.agb_code);
    }
    let SectorPart { fits, correlation, account, drifts } = unpack(&run.sector)?;
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
        account,
        drifts,
        rankings: Rankings::of(&organisations),
        organisations,
        solos,
    })
}
