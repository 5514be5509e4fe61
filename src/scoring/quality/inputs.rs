//! What signals about data need to know besides figures.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::{
    catalogue::{Aspect, Catalogue, DataSignal, IndicatorKind},
    domain::{AgbCode, Period},
};

/// What signals about data look for, and what they need to know besides figures. Empty: there are none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataInputs {
    /// The signals, each code once.
    pub signals: Vec<DataSignal>,
    /// With which dataset a measure is delivered. Derived measures are not here.
    pub datasets: BTreeMap<String, String>,
    /// The measures whose cases are new in every period: clients, hours and days, not the people who stay.
    pub counted_anew: BTreeSet<String>,
    /// The day to whose end everything is known; without it nothing is late yet.
    pub known_on: Option<Date>,
    /// By when datasets are due.
    pub due: BTreeMap<(String, Period), Date>,
    /// What was delivered: one for each organisation, dataset and period.
    pub deliveries: Vec<DeliveredDataset>,
}

/// That an organisation delivered a dataset for a period, and it is in force.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveredDataset {
    /// Who.
    pub agb_code: AgbCode,
    /// What.
    pub dataset: String,
    /// About when.
    pub period: Period,
    /// The day of the first delivery. Later corrections do not make it late.
    pub on: Date,
}

impl DataInputs {
    /// The signals of `catalogue` and what it says of measures, with the days on which `periods` are due; nothing
    /// delivered yet.
    pub fn new(catalogue: &Catalogue, periods: &[Period]) -> Self {
        let is_counted_anew =
            |aspect: Aspect, kind: IndicatorKind| aspect != Aspect::Structure || kind == IndicatorKind::Share;
        let delivered = catalogue.indicators.values().filter_map(|one| Some((&one.code, &one.data.as_ref()?.dataset)));
        Self {
            signals: catalogue.signals.values().cloned().collect(),
            datasets: delivered.map(|(code, dataset)| (code.clone(), dataset.clone())).collect(),
            counted_anew: catalogue
                .indicators
                .values()
                .filter(|one| one.data.is_some() && is_counted_anew(one.aspect, one.kind))
                .map(|one| one.code.clone())
                .collect(),
            known_on: None,
            due: catalogue
                .datasets
                .keys()
                .flat_map(|dataset| periods.iter().map(move |period| (dataset, *period)))
                .filter_map(|(dataset, period)| {
                    let window = catalogue.duty(dataset, period.calendar_year())?;
                    Some(((dataset.clone(), period), window.due.in_year(period.calendar_year())))
                })
                .collect(),
            deliveries: Vec::new(),
        }
    }

    /// By when the dataset of a measure is due.
    pub fn due_day(&self, measure: &str, period: Period) -> Option<Date> {
        self.due.get(&(self.datasets.get(measure)?.clone(), period)).copied()
    }

    /// Writes down what a run depends on and the catalogue does not say.
    pub(in crate::scoring) fn write(&self, text: &mut String) {
        use std::fmt::Write as _;

        if let Some(day) = self.known_on {
            let _ = writeln!(text, "{day}");
        }
        let mut deliveries: Vec<&DeliveredDataset> = self.deliveries.iter().collect();
        deliveries.sort_unstable();
        for one in deliveries {
            let _ = writeln!(text, "{};{};{};{}", one.agb_code, one.dataset, one.period, one.on);
        }
    }
}
