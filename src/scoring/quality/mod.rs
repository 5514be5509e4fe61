//! Signals about the data themselves: a theme of their own, never mixed into the risk of care (method.md section 7).
//!
//! What they make of the figures is said before any level: incomplete outranks elevated. Benford's law has no place
//! here: shares of one organisation's clients are bounded and of one size, and honest data fail it nearly always.

mod delivery;
mod figures;
mod inputs;
mod sentence;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Measure, Member, Score, Settings,
    arrange::Figures,
    combine::{Combiner, Counted, Entry},
};
use crate::{
    catalogue::{DATA_QUALITY, DataSignal, DataTest, IndicatorKind},
    domain::{Code, DataState, Direction, Level, Period},
};
pub use inputs::{DataInputs, DeliveredDataset};
pub use sentence::{data_sentence, data_signal_sentence};

/// What can be said of one organisation's data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataQuality {
    /// The worst that a signal makes of them. Said before any level: incomplete outranks elevated.
    pub state: DataState,
    /// One per signal about data, sorted by code.
    pub signals: Vec<DataFinding>,
}

/// One signal about one organisation's data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataFinding {
    /// The signal's code, for example `GK04`.
    pub code: String,
    /// What it asks of the reader; `insufficient` where there is nothing to test.
    pub level: Level,
    /// What it makes of the figures it is about: `complete` unless it shows.
    pub state: DataState,
    /// How many figures, series, indicators, datasets or comparisons show it.
    pub count: usize,
    /// Out of how many that could.
    pub of: usize,
    /// Days after the day on which it was due.
    pub days: Option<i32>,
    /// The chance of it in data without a fault.
    pub chance: Option<f64>,
    /// The indicators it is about, sorted.
    pub indicators: Vec<Code>,
    /// The datasets it is about, sorted.
    pub datasets: Vec<String>,
}

impl DataFinding {
    /// Whether it is there.
    pub fn is_shown(&self) -> bool {
        self.level >= Level::Attention
    }

    /// The points with which it enters the theme of data quality: 0, 2 for attention, 3 for elevated.
    pub(super) fn points(&self) -> Option<f64> {
        match self.level {
            Level::Insufficient => None,
            Level::None => Some(0.0),
            Level::Attention => Some(2.0),
            Level::Elevated => Some(3.0),
        }
    }
}

impl DataQuality {
    /// What can be said of the figures of one indicator.
    pub fn state_of(&self, indicator: &str) -> DataState {
        let about = self.signals.iter().filter(|one| one.indicators.iter().any(|code| code == indicator));
        about.map(|one| one.state).max().unwrap_or_default()
    }

    /// The signals that make of the figures what they are, of one indicator or of all.
    pub fn reasons(&self, indicator: Option<&str>) -> impl Iterator<Item = &DataFinding> {
        self.signals.iter().filter(move |one| {
            one.state > DataState::Complete
                && indicator.is_none_or(|indicator| one.indicators.iter().any(|code| code == indicator))
        })
    }
}

/// What a test found.
#[derive(Clone, Debug, Default)]
struct Found {
    /// `None`: there was nothing to test.
    level: Option<Level>,
    count: usize,
    of: usize,
    days: Option<i32>,
    chance: Option<f64>,
    indicators: BTreeSet<Code>,
    datasets: BTreeSet<String>,
}

impl Found {
    /// Tested, and shown or not.
    fn tested(is_shown: bool) -> Self {
        Self { level: Some(if is_shown { Level::Attention } else { Level::None }), ..Self::default() }
    }
}

/// The figures of one organisation, with the measures and periods they are of.
struct Own<'a> {
    inputs: &'a DataInputs,
    measures: &'a [&'a Measure],
    /// The period that is looked at, then those before it.
    periods: &'a [Period],
    /// By period and measure.
    figures: &'a [Vec<Option<Figures>>],
}

impl<'a> Own<'a> {
    /// The measures that were delivered as such, with their figures of the period so many before.
    fn delivered(&self, period: usize) -> impl Iterator<Item = (&'a Measure, Option<Figures>)> {
        let row = self.figures.get(period).map(Vec::as_slice).unwrap_or_default();
        let all = self.measures.iter().zip(row).map(|(measure, figures)| (*measure, *figures));
        all.filter(|(measure, _)| measure.derived.is_none())
    }
}

/// The deliveries of all organisations, arranged.
pub(super) struct Deliveries<'a> {
    /// Per organisation the datasets and periods, with their day.
    of_member: BTreeMap<crate::domain::AgbCode, BTreeMap<(&'a str, Period), jiff::civil::Date>>,
    /// Of which datasets and periods anybody delivered.
    anybody: BTreeSet<(&'a str, Period)>,
}

impl<'a> Deliveries<'a> {
    pub(super) fn new(inputs: &'a DataInputs) -> Self {
        let mut arranged = Self { of_member: BTreeMap::new(), anybody: BTreeSet::new() };
        for one in &inputs.deliveries {
            let key = (one.dataset.as_str(), one.period);
            arranged.anybody.insert(key);
            let days = arranged.of_member.entry(one.agb_code).or_default();
            days.entry(key).and_modify(|day| *day = one.on.min(*day)).or_insert(one.on);
        }
        arranged
    }
}

/// All signals about the data of `member`; `figures` by period, this one first, and measure.
pub(super) fn data_quality(
    inputs: &DataInputs,
    deliveries: &Deliveries<'_>,
    member: Member,
    measures: &[&Measure],
    periods: &[Period],
    figures: &[Vec<Option<Figures>>],
) -> DataQuality {
    let own = Own { inputs, measures, periods, figures };
    let mut signals: Vec<DataFinding> =
        inputs.signals.iter().map(|signal| finding(signal, &own, deliveries, member)).collect();
    signals.sort_by(|a, b| a.code.cmp(&b.code));
    let state = signals.iter().map(|one| one.state).max().unwrap_or_default();
    DataQuality { state, signals }
}

fn finding(signal: &DataSignal, own: &Own<'_>, deliveries: &Deliveries<'_>, member: Member) -> DataFinding {
    let on_time = || delivery::OnTime::new(own, deliveries, member);
    let found = match &signal.test {
        DataTest::MissingValues { elevated_after_days } => on_time().missing_values(*elevated_after_days),
        DataTest::LateDelivery { elevated_after_days } => on_time().late(*elevated_after_days),
        DataTest::MissingStream { elevated_after_days } => on_time().missing_stream(*elevated_after_days),
        DataTest::RepeatedFigures { chance } => figures::repeated(own, *chance),
        DataTest::RoundedCounts { chance, least_count, periods } => {
            figures::rounded(own, *chance, *least_count, *periods)
        }
        DataTest::EqualDenominators { denominator, indicators } => {
            figures::equal_denominators(own, *denominator, *indicators)
        }
        DataTest::SmoothSeries { chance, least_periods, least_count } => {
            figures::smooth(own, *chance, *least_periods, *least_count)
        }
        DataTest::AllPerfect { above_denominator, indicators } => {
            figures::perfect(own, *above_denominator, *indicators)
        }
        DataTest::Contradictions { pairs } => figures::contradictions(own, pairs),
    };
    let level = found.level.unwrap_or(Level::Insufficient);
    DataFinding {
        code: signal.code.clone(),
        level,
        state: if level >= Level::Attention { signal.state } else { DataState::Complete },
        count: found.count,
        of: found.of,
        days: found.days,
        chance: found.chance,
        indicators: found.indicators.into_iter().collect(),
        datasets: found.datasets.into_iter().collect(),
    }
}

/// The scores of the theme of data quality, in the order of the members: the same sum as that of other themes, of points
/// from a table. Signals about data are taken as independent, and none of the sum is noise.
pub(super) fn quality_scores(
    signals: &[DataSignal],
    quality: &[DataQuality],
    members: &[Member],
    settings: &Settings,
) -> Vec<Score> {
    let mut measures: Vec<Measure> = signals.iter().map(measure_of).collect();
    measures.sort_by(|a, b| a.code.cmp(&b.code));
    let entry = |code: &str, (member, quality): (&Member, &DataQuality)| {
        let finding = quality.signals.iter().find(|one| one.code == code).filter(|_| member.kind.is_ranked());
        let points = finding.and_then(DataFinding::points);
        points.map_or(Entry::NotApplicable, |r| Entry::Present { r, noise_share: 0.0 })
    };
    let counted: Vec<Counted<'_>> = measures
        .iter()
        .map(|measure| {
            let entries = members.iter().zip(quality).map(|one| entry(&measure.code, one)).collect();
            Counted::new(measure, entries)
        })
        .collect();
    let row = |place: usize| (0..measures.len()).map(|other| f64::from(u8::from(other == place))).collect();
    let independent: Vec<Vec<f64>> = (0..measures.len()).map(row).collect();
    let settings = Settings { kappa: 1.0, ..settings.clone() };
    Combiner::new(&counted, &independent, &settings, 0).combine(Some(&DATA_QUALITY.into()), &|_| true, members.len())
}

/// A signal about data as a measure of its theme: points from a table, as rules have.
fn measure_of(signal: &DataSignal) -> Measure {
    Measure {
        code: signal.code.as_str().into(),
        theme: DATA_QUALITY.into(),
        kind: IndicatorKind::Rule,
        direction: Direction::LowerIsBetter,
        weight: signal.weight,
        factor: 1.0,
        points_when_absent: 2.0,
        hours_per_unit: 1.0,
        presumed_deviation: None,
        derived: None,
        norm: None,
        is_mandatory: false,
        is_voluntary: false,
    }
}
