//! The numbers in force, as far as whoever asks may see them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Error, Service};
use crate::{
    catalogue::Catalogue,
    domain::{
        Actor, AgbCode, DataClass, Figures, Instant, MergerCircle, Mergers, Observation, Observed, OrganisationId, Own,
        Period, ReportedNumber, Scope, SubmissionId, Succession,
    },
    scoring::counted_together,
    store::{self, Tx},
};

/// Which numbers are wanted.
#[derive(Clone, Debug)]
pub struct NumberQuery {
    /// Of this organisation.
    pub organisation: Option<OrganisationId>,
    /// Of this period.
    pub period: Period,
    /// Those of parts of organisations, in place of those of the whole.
    pub by_part: bool,
    /// Those for learning only too. Only the organisation itself gets them, and no export asks for them.
    pub for_learning: bool,
    /// As which organisations.
    pub succession: Succession,
}

/// A number in force.
#[derive(Clone, Debug)]
pub struct NumberInForce {
    /// The number.
    pub number: ReportedNumber,
    /// The submission it came with; of several counted together, that of the organisation itself where there is one.
    pub submission: SubmissionId,
    /// What it may be used for.
    pub class: DataClass,
    /// Whose figures are counted in it besides those of the organisation itself.
    pub counted_from: Vec<AgbCode>,
}

impl Service {
    /// The numbers that `query` asks for that were in force at `known_at`, by AGB code, indicator and part. Those for
    /// learning only are among them for the organisation itself, and for nobody else.
    pub async fn numbers(
        &self,
        actor: &Actor,
        query: &NumberQuery,
        known_at: Instant,
    ) -> Result<Vec<NumberInForce>, Error> {
        let NumberQuery { organisation, period, by_part, for_learning, succession } = *query;
        // What counts with a successor may have been delivered by another.
        let scope = match organisation.map(|asked| actor.scope.of_organisation(asked)) {
            Some(None) => return Ok(Vec::new()),
            Some(Some(narrow)) if succession == Succession::AsThen => narrow,
            _ => actor.scope,
        };
        let mut tx = self.database.read(actor.scope).await?;
        let asked = match organisation {
            Some(asked) if !scope.includes(asked) => {
                // Of all that mandates open, only this.
                let Some(found) = store::find_organisation(&mut tx, scope, asked).await? else { return Ok(Vec::new()) };
                Some(found.agb_code)
            }
            _ => None,
        };
        let mut observed: Vec<(Observed, SubmissionId)> = Vec::new();
        if by_part {
            let found = store::list_parts_in_force(&mut tx, scope, period, known_at).await?;
            observed
                .extend(found.into_iter().map(|(one, by)| (Observed { parts: vec![one], ..Observed::default() }, by)));
        } else {
            let found = store::list_observations_in_force(&mut tx, scope, period, known_at).await?;
            observed
                .extend(found.into_iter().map(|(one, by)| (Observed { whole: vec![one], ..Observed::default() }, by)));
            if let Some(own) = actor.own().filter(|_| for_learning) {
                let found = store::list_learning_in_force(&mut tx, own, period, known_at).await?;
                observed.extend(
                    found.into_iter().map(|(one, by)| (Observed { learning: vec![one], ..Observed::default() }, by)),
                );
            }
        }
        let mut numbers: Vec<NumberInForce> =
            observed.iter().flat_map(|(one, by)| in_force(one, *by, actor.own())).collect();
        if succession == Succession::AsThen {
            numbers.retain(|one| asked.is_none_or(|asked| one.number.agb_code == asked));
        } else {
            let mergers = mergers(&mut tx, known_at).await?;
            let visible = store::list_organisations(&mut tx, actor.scope).await?;
            let asked = visible.iter().find(|one| Some(one.id) == organisation).map(|one| one.agb_code);
            let visible: BTreeSet<AgbCode> = visible.into_iter().map(|one| one.agb_code).collect();
            let successor = |code: AgbCode| {
                let found = mergers.successor(code, known_at.date());
                if visible.contains(&found) { found } else { code }
            };
            numbers = as_now(&self.catalogue, numbers, successor);
            numbers.retain(|one| organisation.is_none() || Some(one.number.agb_code) == asked);
        }
        let key = |one: &NumberInForce| (one.number.agb_code, one.number.indicator.clone(), one.number.part.clone());
        numbers.sort_by_cached_key(key);
        Ok(numbers)
    }
}

fn in_force(observed: &Observed, submission: SubmissionId, reader: Option<Own>) -> Vec<NumberInForce> {
    let class = if observed.learning.is_empty() { DataClass::Supervision } else { DataClass::LearningOnly };
    let number = |number| NumberInForce { number, submission, class, counted_from: Vec::new() };
    observed.numbers(reader).into_iter().map(number).collect()
}

/// All mergers as known at `known_at`. The register lets no circle in.
pub(super) async fn mergers(tx: &mut Tx, known_at: Instant) -> Result<Mergers, Error> {
    let own = tx.enter(Scope::Sector).await?;
    let all = store::list_registrations(tx, Scope::Sector, known_at).await?;
    tx.enter(own).await?;
    let known = all.into_iter().filter_map(|(_, code, registration)| Some((code, registration.merger?)));
    Mergers::new(known).map_err(|MergerCircle(code)| Error::internal(format!("{code} merged into itself")))
}

/// Each number with its successor, those of one successor together.
fn as_now(
    catalogue: &Catalogue,
    numbers: Vec<NumberInForce>,
    successor: impl Fn(AgbCode) -> AgbCode,
) -> Vec<NumberInForce> {
    let mut together: BTreeMap<(AgbCode, String, Option<String>), Vec<NumberInForce>> = BTreeMap::new();
    for one in numbers {
        let number = &one.number;
        let key = (successor(number.agb_code), number.indicator.clone(), number.part.clone());
        together.entry(key).or_default().push(one);
    }
    let one_of = |((agb_code, ..), mut all): ((AgbCode, String, Option<String>), Vec<NumberInForce>)| {
        all.sort_by_key(|one| (one.number.agb_code != agb_code, one.number.agb_code));
        let figures: Vec<Figures> = all.iter().map(|one| one.number.figures).collect();
        let first = all.first()?;
        let (is_own_first, submission, class) = (first.number.agb_code == agb_code, first.submission, first.class);
        let kind = catalogue.indicator(&first.number.indicator)?.kind;
        let figures = counted_together(kind, &figures, is_own_first)?;
        let is_added = first.number.figures != figures || !is_own_first;
        let others = all.iter().filter(|one| is_added && one.number.agb_code != agb_code);
        let counted_from = others.map(|one| one.number.agb_code).collect();
        let number = ReportedNumber { agb_code, figures, ..first.number.clone() };
        Some(NumberInForce { number, submission, class, counted_from })
    };
    together.into_iter().filter_map(one_of).collect()
}

/// Observations with the past of merged organisations counted to `successor`; the order does not matter.
pub(super) fn observations_as_now(
    catalogue: &Catalogue,
    observations: Vec<Observation>,
    successor: impl Fn(AgbCode) -> AgbCode,
) -> Vec<Observation> {
    let mut together: BTreeMap<(AgbCode, Period, String), Vec<Observation>> = BTreeMap::new();
    for one in observations {
        together.entry((successor(one.agb_code), one.period, one.indicator.clone())).or_default().push(one);
    }
    let one_of = |((agb_code, period, indicator), mut all): ((AgbCode, Period, String), Vec<Observation>)| {
        all.sort_by_key(|one| (one.agb_code != agb_code, one.agb_code));
        let is_own_first = all.first()?.agb_code == agb_code;
        let figures: Vec<Figures> = all.iter().map(Observation::figures).collect();
        let kind = catalogue.indicators.get(&indicator)?.kind;
        let figures = counted_together(kind, &figures, is_own_first)?;
        Some(Observation::with(agb_code, period, indicator, figures))
    };
    together.into_iter().filter_map(one_of).collect()
}
