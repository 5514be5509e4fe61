//! The chart of one organisation's own figures over time.

use std::{collections::BTreeSet, iter::successors};

use super::{
    Error, Service,
    numbers::{mergers, observations_as_now},
    reading::SMALLEST_DISTRIBUTION,
};
use crate::{
    domain::{Actor, AgbCode, Instant, Organisation, OrganisationId, Period, Scope, Succession},
    scoring::{self, Chart, Member, Sector},
    store,
};

/// Which chart is wanted.
#[derive(Clone, Debug)]
pub struct ChartQuery {
    /// Whose.
    pub organisation: OrganisationId,
    /// Of which indicator.
    pub indicator: String,
    /// Up to which period.
    pub period: Period,
    /// Over how many periods, that one included.
    pub periods: usize,
    /// As which organisations: as now, with what those it took over did before. For the inspectorate, who sees both.
    pub succession: Succession,
}

/// A chart and whose it is.
#[derive(Clone, Debug)]
pub struct OrganisationChart {
    /// Whose.
    pub organisation: Organisation,
    /// The chart.
    pub chart: Chart,
}

impl Service {
    /// The chart that `query` asks for, from what was in force at `known_at`; nothing when the organisation is out of
    /// scope, or has nothing to draw.
    ///
    /// What the sector did is taken out of its cumulative sums. Of fewer than ten other organisations, they are withheld
    /// outside the inspectorate: the sums would show the figures of those others.
    pub async fn chart(
        &self,
        actor: &Actor,
        query: ChartQuery,
        known_at: Instant,
    ) -> Result<Option<OrganisationChart>, Error> {
        if !actor.scope.includes(query.organisation) {
            return Ok(None);
        }
        let mut tx = self.database.read(Scope::Sector).await?;
        let all = store::list_registered_organisations(&mut tx, Scope::Sector, known_at).await?;
        let Some(organisation) = all.iter().find(|one| one.id == query.organisation).cloned() else { return Ok(None) };
        let mut sector = Sector::new(&self.catalogue, query.period);
        sector.members = all.iter().map(|one| Member { agb_code: one.agb_code, kind: one.kind }).collect();
        let wanted = with_inputs(&sector, &query.indicator);
        sector.measures.retain(|measure| wanted.contains(measure.code.as_str()));
        if sector.measures.is_empty() {
            return Ok(None);
        }
        for period in successors(Some(query.period), |period| period.previous()).take(query.periods) {
            let found = store::list_observations_in_force(&mut tx, Scope::Sector, period, known_at).await?;
            let of_it = found.into_iter().map(|(observation, _)| observation);
            sector.observations.extend(of_it.filter(|observation| wanted.contains(&observation.indicator)));
        }
        if query.succession == Succession::AsNow && actor.scope == Scope::Sector {
            let mergers = mergers(&mut tx, known_at).await?;
            let successor = |code| mergers.successor(code, known_at.date());
            sector.observations = observations_as_now(&self.catalogue, sector.observations, successor);
        }
        drop(tx);
        self.note_read(actor, "chart.read", organisation.id).await?;
        let agb_code = organisation.agb_code;
        let others: BTreeSet<AgbCode> =
            sector.observations.iter().map(|one| one.agb_code).filter(|code| *code != agb_code).collect();
        let work = move || scoring::chart(&sector, agb_code, &query.indicator, query.periods);
        let chart = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
        Ok(chart.map(|mut chart| {
            if actor.scope != Scope::Sector && others.len() < SMALLEST_DISTRIBUTION {
                chart.sums = None;
            }
            OrganisationChart { organisation, chart }
        }))
    }
}

/// The measure called `indicator` and those it follows from.
fn with_inputs(sector: &Sector, indicator: &str) -> BTreeSet<String> {
    let measure = sector.measures.iter().filter(|measure| measure.code == indicator);
    let inputs = measure.clone().filter_map(|measure| measure.derived.as_ref()).flat_map(|one| one.inputs.clone());
    measure.map(|measure| measure.code.to_string()).chain(inputs).collect()
}
