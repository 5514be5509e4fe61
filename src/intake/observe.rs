//! Rows to observations, as each indicator's `data` says.

use std::collections::BTreeMap;

use super::cell::{Cell, Number, Row, RowSink};
use crate::{
    catalogue::{Aggregate, Catalogue, DataSource, Dataset},
    domain::{
        AgbCode, DataClass, Figures, LearningObservation, MissingReason, Observation, Observed, PartObservation, Period,
    },
};

/// Gathers the observations of a file: a sink for its accepted rows.
#[derive(Debug)]
pub struct Observer<'catalogue> {
    catalogue: &'catalogue Catalogue,
    dataset: Option<Plan>,
    gathered: Gathered<(AgbCode, Period)>,
    /// The same for each part.
    parts: Gathered<(AgbCode, Period, String)>,
}

/// By key, the totals of each source.
type Gathered<Key> = BTreeMap<Key, Vec<Option<[Total; FIGURES]>>>;

/// Numerator, denominator, value, standard deviation, units.
const FIGURES: usize = 5;
const FIGURE_NAMES: [&str; FIGURES] = ["numerator", "denominator", "value", "standard_deviation", "units"];

/// What to do with the rows of a dataset.
#[derive(Debug)]
struct Plan {
    dataset: String,
    class: DataClass,
    organisation: usize,
    period: usize,
    part: Option<usize>,
    sources: Vec<Source>,
}

/// What to do with a row for one indicator.
#[derive(Debug)]
struct Source {
    indicator: String,
    filter: Filter,
    figures: [Option<Figure>; FIGURES],
}

/// Columns, and the words of which one must stand in each.
type Filter = Vec<(usize, Vec<String>)>;

#[derive(Debug)]
struct Figure {
    function: Function,
    filter: Filter,
}

#[derive(Debug)]
enum Function {
    Sum(Vec<usize>),
    Maximum(usize),
    Only(usize),
    Count,
}

/// A figure while rows come in. Sums are of whole numbers, so that the order of the rows changes nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    value: Option<Exact>,
    rows: u32,
    missing: Option<MissingReason>,
}

/// A number in units of ten to the power -15.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Exact(i128);

const EXACT_DECIMALS: u32 = 15;
const ONE: i128 = 10_i128.pow(EXACT_DECIMALS);

impl From<Number> for Exact {
    fn from(number: Number) -> Self {
        let power = EXACT_DECIMALS.saturating_sub(number.decimals().into());
        Self(i128::from(number.mantissa()).saturating_mul(10_i128.pow(power)))
    }
}

impl Exact {
    /// The nearest floating-point number, rounded once.
    fn value(self) -> f64 {
        let (mut mantissa, mut decimals) = (self.0, EXACT_DECIMALS);
        while decimals > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            decimals -= 1;
        }
        mantissa as f64 / 10_f64.powi(decimals.cast_signed())
    }
}

impl<'catalogue> Observer<'catalogue> {
    /// An observer for files of any dataset of `catalogue`.
    pub const fn new(catalogue: &'catalogue Catalogue) -> Self {
        Self { catalogue, dataset: None, gathered: BTreeMap::new(), parts: BTreeMap::new() }
    }

    /// What was observed, by AGB code, period, indicator and part. An indicator without a row has no observation.
    pub fn finish(self) -> Observed {
        let mut observed = Observed::default();
        let Some(plan) = &self.dataset else { return observed };
        for ((agb_code, period), all) in &self.gathered {
            for (indicator, figures) in plan.figures(all) {
                match plan.class {
                    DataClass::Supervision => {
                        observed.whole.push(Observation::with(*agb_code, *period, indicator, figures));
                    }
                    DataClass::LearningOnly => {
                        observed.learning.push(LearningObservation::new(*agb_code, *period, indicator, figures));
                    }
                }
            }
        }
        for ((agb_code, period, part), all) in &self.parts {
            for (indicator, figures) in plan.figures(all) {
                let observation = Observation::with(*agb_code, *period, indicator, figures);
                observed.parts.push(PartObservation { part: part.clone(), observation });
            }
        }
        observed
    }
}

impl RowSink for Observer<'_> {
    fn row(&mut self, row: &Row<'_>) {
        if self.dataset.as_ref().is_none_or(|plan| plan.dataset != row.dataset.code) {
            self.dataset = Plan::new(self.catalogue, row.dataset);
        }
        let Some(plan) = &self.dataset else { return };
        let place = (row.cells.get(plan.organisation), row.cells.get(plan.period));
        let (Some(Cell::Agb(agb_code)), Some(Cell::Period(period))) = place else { return };
        plan.take(row, self.gathered.entry((*agb_code, *period)).or_default());
        if let Some(part) = plan.part.and_then(|part| row.cells.get(part)).and_then(in_words) {
            plan.take(row, self.parts.entry((*agb_code, *period, part)).or_default());
        }
    }

    fn restart(&mut self) {
        self.gathered.clear();
        self.parts.clear();
    }
}

impl Plan {
    /// `None` for a dataset without periods, of which nothing is observed.
    fn new(catalogue: &Catalogue, dataset: &Dataset) -> Option<Self> {
        let place = |name: &str| dataset.columns.iter().position(|column| column.name == name);
        let sources = catalogue.all_indicators().filter_map(|indicator| {
            let data = indicator.data.as_ref().filter(|data| data.dataset == dataset.code)?;
            let mut filter = compile_filter(dataset, &data.filter);
            if let Some(measure) = &dataset.measure
                && !data.filter.contains_key(measure)
            {
                filter.push((place(measure)?, vec![indicator.code.clone()]));
            }
            let figures = FIGURE_NAMES
                .map(|name| compile_figure(dataset, figure_of(data, name).or_else(|| dataset.observation.get(name))?));
            Some(Source { indicator: indicator.code.clone(), filter, figures })
        });
        Some(Self {
            dataset: dataset.code.clone(),
            class: dataset.class,
            organisation: place(&dataset.organisation)?,
            period: place(dataset.period.as_ref()?)?,
            // Never of what is for learning only: the catalogue has no such dataset.
            part: dataset.part.as_deref().filter(|_| dataset.class == DataClass::Supervision).and_then(place),
            sources: sources.collect(),
        })
    }

    /// Takes a row for every indicator it is about.
    fn take(&self, row: &Row<'_>, gathered: &mut Vec<Option<[Total; FIGURES]>>) {
        gathered.resize(self.sources.len(), None);
        for (source, totals) in self.sources.iter().zip(gathered) {
            if matches(&source.filter, row) {
                let totals = totals.get_or_insert_default();
                for (figure, total) in source.figures.iter().zip(totals) {
                    if let Some(figure) = figure {
                        figure.take(row, total);
                    }
                }
            }
        }
    }

    /// The indicators of which there are rows, with what these give.
    fn figures<'a>(&'a self, all: &'a [Option<[Total; FIGURES]>]) -> impl Iterator<Item = (String, Figures)> + 'a {
        let rows = self.sources.iter().zip(all);
        rows.filter_map(|(source, totals)| Some((source.indicator.clone(), figures(totals.as_ref()?))))
    }
}

/// How a part is named.
fn in_words(cell: &Cell<'_>) -> Option<String> {
    match cell {
        Cell::Word { text, .. } | Cell::Text(text) => Some((*text).to_owned()),
        Cell::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn figure_of<'data>(data: &'data DataSource, name: &str) -> Option<&'data Aggregate> {
    match name {
        "numerator" => data.numerator.as_ref(),
        "denominator" => data.denominator.as_ref(),
        "value" => data.value.as_ref(),
        "standard_deviation" => data.standard_deviation.as_ref(),
        _ => data.units.as_ref(),
    }
}

fn compile_figure(dataset: &Dataset, aggregate: &Aggregate) -> Option<Figure> {
    let place = |name: &String| dataset.columns.iter().position(|column| column.name == *name);
    let function = match (&aggregate.maximum, &aggregate.only) {
        (Some(column), _) => Function::Maximum(place(column)?),
        (None, Some(column)) => Function::Only(place(column)?),
        (None, None) if aggregate.count => Function::Count,
        (None, None) => Function::Sum(aggregate.sum.iter().filter_map(place).collect()),
    };
    Some(Figure { function, filter: compile_filter(dataset, &aggregate.filter) })
}

fn compile_filter(dataset: &Dataset, filter: &BTreeMap<String, Vec<String>>) -> Filter {
    let place = |name: &String| dataset.columns.iter().position(|column| column.name == *name);
    filter.iter().filter_map(|(name, words)| Some((place(name)?, words.clone()))).collect()
}

fn matches(filter: &Filter, row: &Row<'_>) -> bool {
    filter.iter().all(|(column, words)| match row.cells.get(*column) {
        Some(Cell::Word { text, .. } | Cell::Text(text)) => words.iter().any(|word| word == text),
        _ => false,
    })
}

impl Figure {
    fn take(&self, row: &Row<'_>, total: &mut Total) {
        let is_counted = matches(&self.filter, row);
        // Where there are rows, none of this sort is none, not nothing.
        if let Function::Count = self.function {
            let count = total.value.map_or(0, |count| count.0) + if is_counted { ONE } else { 0 };
            total.value = Some(Exact(count));
        } else if is_counted {
            self.function.take(row, total);
        }
    }
}

impl Function {
    fn take(&self, row: &Row<'_>, total: &mut Total) {
        total.rows = total.rows.saturating_add(1);
        match self {
            Self::Count => {}
            Self::Sum(columns) => {
                for column in columns {
                    total.take(row.cells.get(*column), |sum, number| Exact(sum.0.saturating_add(number.0)));
                }
            }
            Self::Maximum(column) => total.take(row.cells.get(*column), Ord::max),
            Self::Only(column) => {
                total.take(row.cells.get(*column), |_, number| number);
                if total.rows > 1 {
                    total.value = None;
                }
            }
        }
    }
}

impl Total {
    fn take(&mut self, cell: Option<&Cell<'_>>, join: impl Fn(Exact, Exact) -> Exact) {
        match cell {
            Some(Cell::Number(number)) => {
                let number = Exact::from(*number);
                self.value = Some(self.value.map_or(number, |value| join(value, number)));
            }
            Some(Cell::Missing(reason)) => self.missing = self.missing.or(Some(*reason)),
            _ => {}
        }
    }

    fn value(&self) -> Option<f64> {
        self.value.map(Exact::value)
    }
}

fn figures(totals: &[Total; FIGURES]) -> Figures {
    let [numerator, denominator, value, standard_deviation, units] = totals.map(|total| total.value());
    // What follows from numerator and denominator is not kept beside them: shown values are rounded.
    let value = if numerator.is_some() && denominator.is_some() { None } else { value };
    let missing = if denominator == Some(0.0) {
        Some(MissingReason::EmptyDenominator)
    } else if value.is_none() && (numerator.is_none() || denominator.is_none()) {
        let reason = totals.iter().find_map(|total| total.missing);
        Some(reason.unwrap_or(MissingReason::NotReported))
    } else {
        None
    };
    Figures { numerator, denominator, value, standard_deviation, units, missing }
}
