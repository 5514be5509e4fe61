//! Questions about numbers that may be right: against the organisation's own past and the changes that others make,
//! across files, and against last year's file. Nothing here rejects; a question wants an answer before approval.
//!
//! A change is measured on a scale on which chance is the same for high and low values (arcsine for parts of a whole,
//! square root for rates, logarithm for sizes), and divided by what chance and ordinary differences between years make
//! of it: d / sqrt(between + noise). `noise` is the sampling variance of both years, so that the small are not asked more
//! than the large; `between` is what is left of the others' median squared change, over 0.4549, the median of a
//! chi-squared variable with one degree of freedom.

use std::collections::{BTreeMap, BTreeSet};

use super::collect::{Cause, Collector, Detail, Place, RecordPlace};
use crate::{
    catalogue::{Catalogue, CopyRule, Indicator, IndicatorKind, JumpRule, SameCountRule, Unit},
    domain::{AgbCode, Finding, Language, Observation, Period},
};

/// The median of a chi-squared variable with one degree of freedom.
const MEDIAN_SQUARE: f64 = 0.454_936;

/// What was delivered before about a period and those that lie a year, two years, ... earlier, by the whole sector.
#[derive(Clone, Debug)]
pub struct Past {
    period: Period,
    observations: BTreeMap<AgbCode, BTreeMap<(Period, String), Observation>>,
    /// By indicator.
    values: BTreeMap<String, Changes>,
    sizes: BTreeMap<String, Changes>,
}

/// The last change of every organisation.
#[derive(Clone, Debug, Default)]
struct Changes {
    between: f64,
    standardised: Vec<(AgbCode, f64)>,
}

/// A change on its scale, and the sampling variance in it.
#[derive(Clone, Copy, Debug)]
struct Change {
    distance: f64,
    noise: f64,
}

impl Change {
    fn standardised(self, between: f64) -> f64 {
        let variance = between + self.noise;
        match (self.distance == 0.0, variance > 0.0) {
            (true, _) => 0.0,
            (false, true) => self.distance.abs() / variance.sqrt(),
            (false, false) => f64::INFINITY,
        }
    }
}

type Reader = fn(&Indicator, &Observation) -> Option<(f64, f64)>;

impl Past {
    /// How many years back [`Past::new`] wants observations, beside those of the period itself.
    pub fn years(catalogue: &Catalogue) -> i16 {
        catalogue.plausibility.as_ref().map_or(0, |plausibility| plausibility.jump.pairs)
    }

    /// What `observations`, those in force of the whole sector, say of the changes up to `period`.
    pub fn new(catalogue: &Catalogue, period: Period, observations: Vec<Observation>) -> Self {
        let mut past = Self { period, observations: BTreeMap::new(), values: BTreeMap::new(), sizes: BTreeMap::new() };
        for one in observations {
            let own = past.observations.entry(one.agb_code).or_default();
            own.insert((one.period, one.indicator.clone()), one);
        }
        if let Some(plausibility) = &catalogue.plausibility {
            for (code, indicator) in &catalogue.indicators {
                let (values, sizes) = (
                    past.changes(indicator, plausibility.jump, value),
                    past.changes(indicator, plausibility.jump, size),
                );
                past.values.insert(code.clone(), values);
                past.sizes.insert(code.clone(), sizes);
            }
        }
        past
    }

    fn changes(&self, indicator: &Indicator, rule: JumpRule, reader: Reader) -> Changes {
        let mut found = Vec::new();
        for (agb_code, own) in &self.observations {
            let last = (0..rule.pairs).find_map(|years| {
                let later = self.period.years_earlier(years)?;
                let of = |period: Period| own.get(&(period, indicator.code.clone()));
                change(indicator, reader, of(later.years_earlier(1)?)?, of(later)?)
            });
            found.extend(last.map(|change| (*agb_code, change)));
        }
        let squares = found.iter().map(|(_, change)| change.distance * change.distance).collect();
        let noises = found.iter().map(|(_, change)| change.noise).collect();
        let between = (median(squares) / MEDIAN_SQUARE - median(noises)).max(0.0);
        let standardised = found.into_iter().map(|(code, change)| (code, change.standardised(between))).collect();
        Changes { between, standardised }
    }

    fn own(&self, agb_code: AgbCode, period: Period, indicator: &str) -> Option<&Observation> {
        self.observations.get(&agb_code)?.get(&(period, indicator.to_owned()))
    }
}

fn change(indicator: &Indicator, reader: Reader, before: &Observation, after: &Observation) -> Option<Change> {
    let ((before, noise_before), (after, noise_after)) = (reader(indicator, before)?, reader(indicator, after)?);
    Some(Change { distance: after - before, noise: noise_before + noise_after })
}

/// The value on its scale, and its sampling variance.
fn value(indicator: &Indicator, observation: &Observation) -> Option<(f64, f64)> {
    let (part, whole) = (observation.numerator, observation.denominator.filter(|whole| *whole > 0.0));
    let mean = || observation.value.or_else(|| Some(part? / whole?));
    let variance = || observation.standard_deviation.zip(whole).map_or(0.0, |(sd, n)| sd * sd / n);
    let found = match indicator.kind {
        // Anscombe's arcsine: nearly the same spread for every share, also of few.
        IndicatorKind::Proportion => {
            let (part, whole) = (part?, whole?);
            let share = ((part + 0.375) / (whole + 0.75)).clamp(0.0, 1.0);
            (share.sqrt().asin(), 1.0 / (4.0 * whole + 2.0))
        }
        IndicatorKind::Share => {
            let (part, whole) = (part?, whole?);
            let hours = indicator.hours_per_unit.unwrap_or(1_000.0);
            let units = observation.units.filter(|units| *units > 0.0).unwrap_or_else(|| (whole / hours).max(1.0));
            ((part / whole).clamp(0.0, 1.0).sqrt().asin(), 0.25 / units)
        }
        IndicatorKind::Rate => {
            let (part, whole) = (part?, whole?);
            (((part.max(0.0) + 0.375) / whole).sqrt(), 0.25 / whole)
        }
        IndicatorKind::Mean => (mean()?, variance()),
        IndicatorKind::LogMean => {
            let mean = mean().filter(|mean| *mean > 0.0)?;
            (mean.ln(), variance() / (mean * mean))
        }
        IndicatorKind::Rule => return None,
    };
    Some(found)
}

/// How many there are, on a scale on which twice as many is one step for all.
fn size(indicator: &Indicator, observation: &Observation) -> Option<(f64, f64)> {
    if indicator.kind == IndicatorKind::Rule {
        return None;
    }
    let size = observation.denominator.filter(|size| *size > 0.0)?;
    Some((size.ln(), 1.0 / size))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// The questions about `observations`, which are all of one file and of the period of `past`. `elsewhere` are those of
/// the same organisations in files of other datasets that are checked and wait for approval: they go before what is in
/// force.
pub fn questions(
    catalogue: &Catalogue,
    dataset: &str,
    observations: &[Observation],
    elsewhere: &[Observation],
    past: &Past,
) -> Vec<Finding> {
    let Some(plausibility) = &catalogue.plausibility else { return Vec::new() };
    let asked = Asked { catalogue, dataset, observations, elsewhere, past };
    let mut questions = Vec::new();
    let organisations: BTreeSet<AgbCode> = observations.iter().map(|one| one.agb_code).collect();
    for agb_code in organisations {
        questions.extend(asked.copied(agb_code, plausibility.copy));
        questions.extend(asked.size_jumps(agb_code, plausibility.jump));
        questions.extend(asked.jumps(agb_code, plausibility.jump));
        for rule in &plausibility.same_count {
            questions.extend(asked.counts_that_differ(agb_code, rule));
        }
    }
    questions
}

struct Asked<'a> {
    catalogue: &'a Catalogue,
    dataset: &'a str,
    observations: &'a [Observation],
    elsewhere: &'a [Observation],
    past: &'a Past,
}

impl Asked<'_> {
    fn of(&self, agb_code: AgbCode) -> impl Iterator<Item = (&Indicator, &Observation)> {
        let period = self.past.period;
        let own = self.observations.iter().filter(move |one| one.agb_code == agb_code && one.period == period);
        own.filter_map(|one| Some((self.catalogue.indicators.get(&one.indicator)?, one)))
    }

    /// One finding with all of `places`.
    fn finding(&self, code: &'static str, places: Vec<Detail>) -> Option<Finding> {
        let mut collector = Collector::default();
        for detail in places {
            collector.add(Cause::Kind(code), Place::Whole, RecordPlace::default(), || detail);
        }
        collector.finish(self.catalogue, Some(self.dataset), &[]).pop()
    }

    fn detail(&self, indicator: &Indicator) -> Detail {
        let named = Detail { value: Some(indicator.code.clone()), ..Detail::default() };
        named
            .with("indicator", &indicator.code)
            .with("name_nl", &indicator.name.nl)
            .with("name_en", &indicator.name.en)
            .with("period", self.past.period)
    }

    /// How many of how many others made a change as large, when that is few enough to ask.
    fn is_rare(changes: &Changes, agb_code: AgbCode, change: Change, rule: JumpRule) -> Option<(usize, usize)> {
        let own = change.standardised(changes.between);
        let others = || changes.standardised.iter().filter(|(code, _)| *code != agb_code);
        let (as_large, all) = (others().filter(|(_, other)| *other >= own).count(), others().count());
        let is_rare = own > 0.0 && all >= rule.organisations && as_large as f64 <= rule.share * all as f64;
        is_rare.then_some((as_large, all))
    }

    /// A question for each value that changed as few do.
    fn jumps(&self, agb_code: AgbCode, rule: JumpRule) -> Vec<Finding> {
        let mut found = Vec::new();
        let Some(previous) = self.past.period.years_earlier(1) else { return found };
        for (indicator, after) in self.of(agb_code) {
            let Some(before) = self.past.own(agb_code, previous, &indicator.code) else { continue };
            let (Some(change), Some(changes)) =
                (change(indicator, value, before, after), self.past.values.get(&indicator.code))
            else {
                continue;
            };
            if let Some((count, organisations)) = Self::is_rare(changes, agb_code, change, rule) {
                let mut detail = self.detail(indicator).with("previous", previous);
                for (language, suffix) in [(Language::Nl, "nl"), (Language::En, "en")] {
                    detail = detail
                        .with(&format!("before_{suffix}"), in_words(indicator, before, language))
                        .with(&format!("after_{suffix}"), in_words(indicator, after, language));
                }
                let detail = detail.with("count", count).with("organisations", organisations);
                found.extend(self.finding("plausibility.jump", vec![detail]));
            }
        }
        found
    }

    /// One question for all sizes that changed as few do: they mostly count the same clients.
    fn size_jumps(&self, agb_code: AgbCode, rule: JumpRule) -> Option<Finding> {
        let previous = self.past.period.years_earlier(1)?;
        let mut found = Vec::new();
        for (indicator, after) in self.of(agb_code) {
            let Some(before) = self.past.own(agb_code, previous, &indicator.code) else { continue };
            let (Some(change), Some(changes)) =
                (change(indicator, size, before, after), self.past.sizes.get(&indicator.code))
            else {
                continue;
            };
            if let Some((count, organisations)) = Self::is_rare(changes, agb_code, change, rule) {
                let detail = self
                    .detail(indicator)
                    .with("previous", previous)
                    .with("before", plain(before.denominator))
                    .with("after", plain(after.denominator))
                    .with("count", count)
                    .with("organisations", organisations);
                found.push((change.distance.abs(), detail));
            }
        }
        found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        self.finding("plausibility.size_jump", found.into_iter().map(|(_, detail)| detail).collect())
    }

    /// A question when the figures are those of an earlier year.
    fn copied(&self, agb_code: AgbCode, rule: CopyRule) -> Option<Finding> {
        let earlier = (1..=Past::years(self.catalogue)).filter_map(|years| self.past.period.years_earlier(years));
        let counted = earlier.map(|previous| {
            let pairs: Vec<bool> = self
                .of(agb_code)
                .filter(|(indicator, after)| indicator.kind != IndicatorKind::Rule && says_something(after))
                .filter_map(|(indicator, after)| {
                    let before = self.past.own(agb_code, previous, &indicator.code)?;
                    says_something(before).then(|| have_same_figures(before, after))
                })
                .collect();
            (pairs.iter().filter(|same| **same).count(), pairs.len(), previous)
        });
        let (count, comparable, previous) = counted
            .filter(|(count, comparable, _)| {
                *count >= rule.figures.max(1) && *count as f64 >= rule.share * *comparable as f64
            })
            .max_by_key(|(count, _, previous)| (*count, *previous))?;
        let detail = Detail::default()
            .with("period", self.past.period)
            .with("previous", previous)
            .with("count", count)
            .with("comparable", comparable);
        self.finding("plausibility.copied", vec![detail])
    }

    /// A question when what two files count is far apart. Asked of whichever file comes last.
    fn counts_that_differ(&self, agb_code: AgbCode, rule: &SameCountRule) -> Option<Finding> {
        let mut found = Vec::new();
        for (here, there) in [(&rule.one, &rule.other), (&rule.other, &rule.one)] {
            for (indicator, own) in self.of(agb_code).filter(|(one, _)| here.indicators.contains(&one.code)) {
                let Some(own) = here.figure.of(own) else { continue };
                for code in &there.indicators {
                    let Some(other) = self.elsewhere(agb_code, code) else { continue };
                    let (Some(count), Some(other_indicator)) =
                        (there.figure.of(other), self.catalogue.indicators.get(code))
                    else {
                        continue;
                    };
                    let (low, high) = (own.min(count), own.max(count));
                    if high - low >= rule.difference && high > low * rule.factor {
                        let detail = self
                            .detail(indicator)
                            .with("what_nl", &rule.name.nl)
                            .with("what_en", &rule.name.en)
                            .with("after", plain(Some(own)))
                            .with("before", plain(Some(count)))
                            .with("other", code)
                            .with("other_name_nl", &other_indicator.name.nl)
                            .with("other_name_en", &other_indicator.name.en);
                        found.push(detail);
                    }
                }
            }
        }
        self.finding("plausibility.files_differ", found)
    }

    /// What another file of the organisation says of this period.
    fn elsewhere(&self, agb_code: AgbCode, indicator: &str) -> Option<&Observation> {
        let is_it = |one: &&Observation| {
            one.agb_code == agb_code && one.period == self.past.period && one.indicator == indicator
        };
        // In the same file the rules compare.
        if self.observations.iter().any(|one| is_it(&one)) {
            return None;
        }
        self.elsewhere.iter().rev().find(is_it).or_else(|| self.past.own(agb_code, self.past.period, indicator))
    }
}

fn says_something(observation: &Observation) -> bool {
    observation.missing.is_none() && (observation.numerator.is_some() || observation.value.is_some())
}

fn have_same_figures(one: &Observation, other: &Observation) -> bool {
    let figures = |of: &Observation| [of.numerator, of.denominator, of.value, of.standard_deviation, of.units];
    figures(one) == figures(other)
}

/// `84,1 % (344 van 409)`.
fn in_words(indicator: &Indicator, observation: &Observation, language: Language) -> String {
    let (part, whole) = (observation.numerator, observation.denominator);
    let value = observation
        .value
        .or_else(|| Some(indicator.unit.factor() * part? / whole.filter(|whole| *whole > 0.0)?))
        .map(|value| language.number(value, 1));
    let percent = if indicator.unit == Unit::Percent { " %" } else { "" };
    let of = match language {
        Language::Nl => "van",
        Language::En => "of",
    };
    match (value, part.zip(whole)) {
        (Some(value), Some((part, whole))) => {
            format!("{value}{percent} ({} {of} {})", plain(Some(part)), plain(Some(whole)))
        }
        (Some(value), None) => format!("{value}{percent}"),
        (None, _) => "-".to_owned(),
    }
}

/// The shortest text of a number; a whole one without decimals.
fn plain(number: Option<f64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}
