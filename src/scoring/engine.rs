//! The run itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use rayon::prelude::*;

use super::{
    Correlation, Insufficiency, Measure, Member, OrganisationOutcome, Outcome, Score, Sector, Settings, Signal,
    account::Account,
    arrange::{Arranged, Figures},
    combine::{Combiner, Counted, Entry},
    correlation::{Columns, correlate},
    method::Breach,
    past::Past,
    peers::{Compared, Earlier, Verdict, compare},
    quality::{DataQuality, Deliveries, data_quality, quality_scores},
    signal::{Row, signal},
    small::with_history,
    value::read,
};
use crate::{
    catalogue::{DATA_QUALITY, IndicatorKind},
    domain::{AgbCode, Code, Direction, OverrideReason, OverrideRecord, Period},
    stats::{Table, false_discovery_rates},
};

/// Scores `sector`.
///
/// Total: any sector has an outcome, in which everything is finite, and what cannot be said is insufficient. The order
/// of members, measures and observations does not matter. Practices of one person are compared with their own kind and
/// take no part in anything else.
pub fn score(sector: &Sector) -> Outcome {
    let mut outcomes = score_periods(sector, &[sector.period]);
    outcomes.pop().unwrap_or_else(|| Outcome::nothing(sector.period))
}

/// Scores more periods of one sector, in the order asked: the same outcomes as one by one, for less work. What is
/// neither figure nor setting (overrides, what is due) is taken to hold for all of them.
pub fn score_periods(sector: &Sector, periods: &[Period]) -> Vec<Outcome> {
    let settings = &sector.settings;
    let lookback = settings.lookback();
    let arranged = Arranged::new(sector, periods, lookback);
    let own: BTreeSet<usize> =
        periods.iter().flat_map(|period| arranged.looking_back(*period, settings.own_periods())).collect();
    let mut compared = each(&arranged, |period, table| {
        let is_asked = arranged.periods.get(period).is_some_and(|one| periods.contains(one));
        let wanted = is_asked || arranged.is_known(period);
        match (wanted, own.contains(&period)) {
            (true, true) => compare_period(&arranged, settings, period, table),
            (true, false) => read_period(&arranged, period),
            (false, _) => Vec::new(),
        }
    });
    let past = Past::new(&arranged, settings, &compared, &own);
    let columns = each(&arranged, |period, _| {
        columns(&arranged, settings, compared.get(period).map_or(&[], Vec::as_slice), &past, period)
    });
    let deliveries = Deliveries::new(&sector.data);
    let earlier: Vec<Vec<Earlier>> = compared.iter().map(|all| all.iter().map(Compared::earlier).collect()).collect();
    // Each run has what was compared in its period for its own: it is as much as what comes out.
    let mut compared_in = |(place, period): (usize, &Period)| {
        let of_period = arranged.periods.iter().position(|one| one == period).and_then(|at| compared.get_mut(at))?;
        let comes_again = periods.iter().skip(place + 1).any(|later| later == period);
        Some((*period, if comes_again { of_period.clone() } else { std::mem::take(of_period) }))
    };
    let asked: Vec<(Period, Vec<Compared>)> = periods.iter().enumerate().filter_map(&mut compared_in).collect();
    let run = |(period, compared): (Period, Vec<Compared>), table: &mut Table| {
        let places = arranged.looking_back(period, lookback);
        let apart: Vec<Measure> = arranged.measures.iter().map(|measure| measure.apart()).collect();
        let measures = apart.iter().collect();
        let run = Run { sector, arranged: &arranged, measures, past: &past, deliveries: &deliveries, places, period };
        run.outcome(compared, &earlier, &columns, table)
    };
    at_once(asked, periods.len(), run)
}

/// What `of` gives for each period that is looked at, in their order.
pub(super) fn each<T: Send>(arranged: &Arranged<'_>, of: impl Fn(usize, &mut Table) -> T + Sync) -> Vec<T> {
    let known = (0..arranged.periods.len()).filter(|period| arranged.is_known(*period)).count();
    at_once((0..arranged.periods.len()).collect(), known, of)
}

/// What `of` makes of each, in their order, worked out on all processors at once where more than one of them is `busy`. A
/// table is memory to work in: what it held before changes nothing, so neither does the number of processors.
pub(super) fn at_once<One: Send, T: Send>(
    all: Vec<One>,
    busy: usize,
    of: impl Fn(One, &mut Table) -> T + Sync,
) -> Vec<T> {
    if busy < 2 {
        let mut table = Table::default();
        return all.into_iter().map(|one| of(one, &mut table)).collect();
    }
    all.into_par_iter().with_max_len(1).map_init(Table::default, |table, one| of(one, table)).collect()
}

fn compare_period(arranged: &Arranged<'_>, settings: &Settings, period: usize, table: &mut Table) -> Vec<Compared> {
    let one = |(place, measure): (usize, &&Measure)| {
        let figures = arranged.figures(period, place);
        let readings = figures.iter().map(|figures| read(measure, figures.as_ref())).collect();
        compare(measure, settings, &arranged.members, readings, table)
    };
    arranged.measures.iter().enumerate().map(one).collect()
}

/// What is only the past of others is read and not compared.
fn read_period(arranged: &Arranged<'_>, period: usize) -> Vec<Compared> {
    let one = |(place, measure): (usize, &&Measure)| {
        let figures = arranged.figures(period, place);
        let readings = figures.iter().map(|figures| read(measure, figures.as_ref())).collect();
        Compared { readings, ..Compared::default() }
    };
    arranged.measures.iter().enumerate().map(one).collect()
}

/// Whether a measure enters sums: context does not, nor does what weighs nothing.
fn counts(measure: &Measure) -> bool {
    measure.direction != Direction::Context && measure.weight > 0.0 && measure.weight.is_finite()
}

/// Whether nothing was reported.
fn is_silent(verdict: &Result<Verdict, Insufficiency>) -> bool {
    matches!(verdict, Err(Insufficiency::NotReported))
}

/// The entries of every measure that counts.
fn counted<'a>(
    measures: &[&'a Measure],
    members: &[Member],
    settings: &Settings,
    compared: &[Compared],
) -> Vec<Counted<'a>> {
    let measures = measures.iter().zip(compared).filter(|(measure, _)| counts(measure));
    let entries = |measure: &Measure, one: &Compared| {
        let breach = |place: usize| one.breaches.get(place).and_then(Option::as_ref);
        let rows = one.verdicts.iter().zip(members).enumerate();
        rows.map(|(place, (verdict, member))| entry(measure, settings, *member, verdict, breach(place))).collect()
    };
    let all = measures.map(|(measure, one)| Counted::new(measure, entries(measure, one)));
    // What nobody has to deliver is there when somebody did.
    all.filter(|one| {
        !one.measure.is_voluntary || one.entries.iter().any(|entry| matches!(entry, Entry::Present { .. }))
    })
    .collect()
}

fn entry(
    measure: &Measure,
    settings: &Settings,
    member: Member,
    verdict: &Result<Verdict, Insufficiency>,
    breach: Option<&Breach>,
) -> Entry {
    let present = |r: f64, noise_share| Entry::Present { r: r.clamp(-settings.cap, settings.cap), noise_share };
    if !member.kind.is_ranked() {
        return Entry::NotApplicable;
    }
    match (verdict, breach.and_then(|breach| breach.comparison.r)) {
        // All of its distance is in units of chance.
        (_, Some(r)) if measure.norm.is_some_and(|norm| norm.replaces_peers) => present(r, 1.0),
        (Ok(verdict), _) => present(verdict.judgement.r, verdict.judgement.noise_share),
        (Err(Insufficiency::NotApplicable), _) => Entry::NotApplicable,
        // Nobody is held to what nobody has to deliver, nor to what too few deliver to be compared.
        (Err(_), _) if measure.is_voluntary => Entry::NotApplicable,
        (Err(_), _) => Entry::Absent,
    }
}

/// The capped r of every measure that counts, of figures and of changes. From each period's own figures: what was put
/// together from more periods would be correlated with itself.
fn columns(arranged: &Arranged<'_>, settings: &Settings, compared: &[Compared], past: &Past, period: usize) -> Columns {
    let r = |entry: &Entry| match entry {
        Entry::Present { r, .. } => Some(*r),
        Entry::Absent | Entry::NotApplicable => None,
    };
    // A period that is only the past of others was not compared.
    let figures = counted(&arranged.measures, &arranged.members, settings, compared);
    let changes = past.counted(period, settings, &arranged.members);
    let all: Vec<&Counted<'_>> = figures.iter().chain(&changes).collect();
    // Who has nothing at all is left out, so that sums do not depend on who else there is.
    let is_there = |place: &usize| all.iter().any(|one| one.entries.get(*place).and_then(r).is_some());
    let members: Vec<usize> = (0..arranged.members.len()).filter(is_there).collect();
    let column = |one: &&Counted<'_>| {
        let distances = members.iter().map(|place| one.entries.get(*place).and_then(r)).collect();
        (one.measure.code.clone(), distances)
    };
    all.iter().map(column).collect()
}

/// One period of a sector.
struct Run<'a> {
    sector: &'a Sector,
    arranged: &'a Arranged<'a>,
    /// As arranged, with names that no other run has: two processors that count at once who has a name wait for each other.
    measures: Vec<&'a Measure>,
    past: &'a Past,
    deliveries: &'a Deliveries<'a>,
    /// Where the period and those before it are; the latest first.
    places: Vec<usize>,
    period: Period,
}

impl Run<'_> {
    fn outcome(
        &self,
        compared: Vec<Compared>,
        earlier: &[Vec<Earlier>],
        columns: &[Columns],
        table: &mut Table,
    ) -> Outcome {
        let settings = &self.sector.settings;
        let own = self.places.get(..settings.own_periods().min(self.places.len())).unwrap_or_default();
        let judged = self.judge(compared, earlier, table);
        let mut counted = counted(&self.measures, &self.arranged.members, settings, &judged);
        if let Some(period) = self.places.first() {
            counted.extend(self.past.counted(*period, settings, &self.arranged.members));
        }
        let looked_at = own.iter().take(settings.correlation_periods.max(1));
        let looked_at: Vec<&Columns> = looked_at.filter_map(|place| columns.get(*place)).collect();
        let indicators: Vec<Code> = counted.iter().map(|one| one.measure.code.clone()).collect();
        let values = correlate(&looked_at, &indicators, settings);
        let correlation = Correlation { indicators, values };
        let quality = self.quality();
        let scores = || self.scores(&counted, &correlation.values, &quality);
        let mut signals = || self.signals(&judged, &quality, table);
        // Where more runs are made at once, whoever is done with theirs takes half of another's.
        let (scores, signals) = match rayon::current_thread_index() {
            Some(_) => rayon::join(scores, signals),
            None => (scores(), signals()),
        };
        let fits = judged.iter().flat_map(|one| one.fits.iter().cloned()).collect();
        let all = self.organisations(scores, quality, signals);
        let (organisations, solos): (Vec<_>, Vec<_>) =
            all.into_iter().zip(&self.arranged.members).partition(|(_, member)| member.kind.is_ranked());
        let (mut organisations, members): (Vec<OrganisationOutcome>, Vec<Member>) = organisations.into_iter().unzip();
        discover(&self.measures, &mut organisations);
        let clients: Vec<Option<f64>> = self.clients(&judged);
        Outcome {
            period: self.period,
            fits,
            correlation,
            drifts: self.past.drifts(self.arranged, own),
            account: Account::of(&members, &clients, &organisations),
            organisations,
            solos: solos.into_iter().map(|(one, _)| one).collect(),
        }
    }

    /// Per member, what can be said of its data.
    fn quality(&self) -> Vec<DataQuality> {
        let arranged = self.arranged;
        let inputs = &self.sector.data;
        if inputs.signals.is_empty() {
            return vec![DataQuality::default(); arranged.members.len()];
        }
        let periods: Vec<Period> =
            self.places.iter().filter_map(|place| arranged.periods.get(*place)).copied().collect();
        let of_member = |(place, member): (usize, &Member)| {
            let row = |period: &usize| {
                let figures = (0..arranged.measures.len()).map(|at| arranged.figures(*period, at));
                figures.map(|figures| figures.get(place).copied().flatten()).collect()
            };
            let figures: Vec<Vec<Option<Figures>>> = self.places.iter().map(row).collect();
            data_quality(inputs, self.deliveries, *member, &self.measures, &periods, &figures)
        };
        arranged.members.iter().enumerate().map(of_member).collect()
    }

    /// Every measure in this period, small numbers together with those before.
    fn judge(&self, compared: Vec<Compared>, earlier: &[Vec<Earlier>], table: &mut Table) -> Vec<Compared> {
        let settings = &self.sector.settings;
        let of_measure = |(at, (measure, now)): (usize, (&&Measure, Compared))| {
            let periods = self.places.iter().take(settings.pooled_periods.max(1)).skip(1);
            let earlier: Vec<&Earlier> = periods.filter_map(|place| earlier.get(*place)?.get(at)).collect();
            with_history(measure, settings, &self.arranged.members, now, &earlier, table)
        };
        self.measures.iter().zip(compared).enumerate().map(of_measure).collect()
    }

    /// Per member: the overall score, then the themes in their order.
    fn scores(&self, counted: &[Counted<'_>], correlation: &[Vec<f64>], quality: &[DataQuality]) -> Vec<Vec<Score>> {
        let sector = self.sector;
        let members = self.arranged.members.len();
        let combiner = Combiner::new(counted, correlation, &sector.settings, sector.seed);
        let mut of_members: Vec<Vec<Score>> =
            (0..members).map(|_| Vec::with_capacity(sector.themes.len() + 1)).collect();
        let themes = sector.themes.iter().map(Some);
        for theme in std::iter::once(None).chain(themes) {
            let belongs =
                |measure: &Measure| theme.map_or(measure.theme != DATA_QUALITY, |theme| measure.theme == *theme);
            let combined = if theme.is_some_and(|theme| *theme == *DATA_QUALITY) && !sector.data.signals.is_empty() {
                quality_scores(&sector.data.signals, quality, &self.arranged.members, &sector.settings)
            } else {
                combiner.combine(theme, &belongs, members)
            };
            for (scores, score) in of_members.iter_mut().zip(combined) {
                scores.push(score);
            }
        }
        of_members
    }

    fn organisations(
        &self,
        scores: Vec<Vec<Score>>,
        quality: Vec<DataQuality>,
        signals: Vec<Vec<Signal>>,
    ) -> Vec<OrganisationOutcome> {
        let overrides = self.overrides();
        let changes = self.past.changes(self.places.first().copied(), &self.measures, quality.len());
        let members = self.arranged.members.iter().zip(scores).zip(overrides).zip(quality).zip(signals).zip(changes);
        members
            .map(|(((((member, scores), (overrides, records)), data), signals), changes)| OrganisationOutcome {
                agb_code: member.agb_code,
                scores: if member.kind.is_ranked() { scores } else { Vec::new() },
                overrides,
                records,
                signals,
                changes,
                data,
            })
            .collect()
    }

    /// Per member, measure by measure.
    fn signals(&self, judged: &[Compared], quality: &[DataQuality], table: &mut Table) -> Vec<Vec<Signal>> {
        by_few(quality.len(), judged.len(), |places, of_members| {
            for (measure, one) in self.measures.iter().zip(judged) {
                for ((place, signals), data) in places.clone().zip(&mut *of_members).zip(&quality[places.clone()]) {
                    let row = Row::of(measure, one, place);
                    let told = row.filter(|row| !measure.is_voluntary || !is_silent(row.outcome));
                    signals.extend(told.map(|row| signal(&row, data.state_of(&measure.code), table)));
                }
            }
        })
    }

    /// Per member, sorted: those recorded and the one that follows from what was not delivered, and the records.
    fn overrides(&self) -> Vec<(Vec<OverrideReason>, Vec<OverrideRecord>)> {
        let arranged = self.arranged;
        let mut recorded: BTreeMap<AgbCode, BTreeSet<&OverrideRecord>> = BTreeMap::new();
        for one in &self.sector.overrides {
            recorded.entry(one.agb_code).or_default().insert(&one.record);
        }
        let records: Vec<BTreeSet<&OverrideRecord>> =
            arranged.members.iter().map(|member| recorded.remove(&member.agb_code).unwrap_or_default()).collect();
        let mut overrides: Vec<BTreeSet<OverrideReason>> =
            records.iter().map(|records| records.iter().map(|record| record.reason).collect()).collect();
        // Before the day it is due nobody is late with this period: look at the two before it.
        let expected = self.places.iter().skip(usize::from(!self.sector.is_due)).take(2);
        let expected: Vec<usize> = expected
            .copied()
            .filter(|period| (0..arranged.members.len()).any(|one| arranged.delivered(*period, one)))
            .collect();
        if expected.len() == 2 {
            for (place, (reasons, member)) in overrides.iter_mut().zip(&arranged.members).enumerate() {
                let silent = expected.iter().all(|period| !arranged.delivered(*period, place));
                if silent && member.kind.is_ranked() {
                    reasons.insert(OverrideReason::TwoPeriodsUndelivered);
                }
            }
        }
        let both = overrides.into_iter().zip(records);
        both.map(|(reasons, records)| (reasons.into_iter().collect(), records.into_iter().cloned().collect())).collect()
    }

    /// About how many clients each ranked member has: the largest denominator of its proportions.
    fn clients(&self, judged: &[Compared]) -> Vec<Option<f64>> {
        let proportions: Vec<&Compared> = self
            .measures
            .iter()
            .zip(judged)
            .filter(|(measure, _)| measure.kind == IndicatorKind::Proportion)
            .map(|(_, one)| one)
            .collect();
        let largest = |(place, _): (usize, &Member)| {
            let denominators = proportions.iter().filter_map(|one| one.readings.get(place)?.denominator);
            denominators.fold(None, |most: Option<f64>, one| Some(most.map_or(one, |most| most.max(one))))
        };
        self.arranged.members.iter().enumerate().filter(|(_, member)| member.kind.is_ranked()).map(largest).collect()
    }
}

/// So many members are gone through together.
const FEW: usize = 16;

/// For each member a list of at most `most` that `fill` adds to, for a few members at a time: what is known of a measure lies
/// member after member, and what comes out measure after measure.
pub(super) fn by_few<T>(members: usize, most: usize, mut fill: impl FnMut(Range<usize>, &mut [Vec<T>])) -> Vec<Vec<T>> {
    let mut all: Vec<Vec<T>> = (0..members).map(|_| Vec::with_capacity(most)).collect();
    for (number, few) in all.chunks_mut(FEW).enumerate() {
        let start = number * FEW;
        fill(start..start + few.len(), few);
    }
    all
}

/// Gives every comparison with peers, of a figure or of a change, its false discovery rate.
fn discover(measures: &[&Measure], organisations: &mut [OrganisationOutcome]) {
    let probability = |measure: Option<&&Measure>, low: f64, high: f64| match measure.map(|measure| measure.direction) {
        Some(Direction::HigherIsBetter) => low,
        Some(Direction::LowerIsBetter) => high,
        Some(Direction::Context) | None => (2.0 * low.min(high)).min(1.0),
    };
    let mut tests: Vec<(f64, &mut Option<f64>)> = Vec::with_capacity(2 * measures.len() * organisations.len());
    for organisation in organisations {
        // Signals and changes stand in the order of the measures.
        let mut rest = measures.iter();
        for signal in &mut organisation.signals {
            let measure = rest.find(|measure| measure.code == signal.indicator);
            if let (Some(low), Some(high)) = (signal.probability_low, signal.probability_high) {
                tests.push((probability(measure, low, high), &mut signal.false_discovery_rate));
            }
        }
        let mut rest = measures.iter();
        for change in &mut organisation.changes {
            let measure = rest.find(|measure| measure.code == change.indicator);
            let chance = probability(measure, change.probability_low, change.probability_high);
            tests.push((chance, &mut change.false_discovery_rate));
        }
    }
    let probabilities: Vec<f64> = tests.iter().map(|(probability, _)| *probability).collect();
    for ((_, slot), rate) in tests.iter_mut().zip(false_discovery_rates(&probabilities)) {
        **slot = Some(rate);
    }
}
