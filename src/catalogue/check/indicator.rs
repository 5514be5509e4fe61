//! What must hold of an indicator.

use std::collections::BTreeMap;

use super::{
    Faults,
    dataset::{check_aggregate, check_filter},
    fold, within,
};
use crate::catalogue::{
    dataset::Dataset,
    indicator::{Aggregate, Comparison, DataSource, Derivation, DerivedFunction, Indicator, IndicatorKind, NormBasis},
    load::{Catalogue, CatalogueError},
};
use crate::domain::DataClass;

pub(super) fn check(catalogue: &Catalogue, indicator: &Indicator, faults: &mut Faults<'_>) {
    for (what, text) in [
        ("the name", &indicator.name),
        ("the description", &indicator.description),
        ("the numerator", &indicator.numerator),
        ("the denominator", &indicator.denominator),
    ] {
        faults.check_text(what, text);
    }
    if catalogue.themes.iter().all(|theme| theme.code != indicator.theme) {
        faults.add(format!("there is no theme `{}`", indicator.theme));
    }
    if indicator.inid.as_deref().is_some_and(|inid| !is_inid(inid)) {
        faults.add("an INID is `INID` and six digits".to_owned());
    }
    if indicator.verified && indicator.sources.is_empty() {
        faults.add("it is verified, and names no source".to_owned());
    }
    faults.check_years("`valid_years`", indicator.valid_years);
    check_numbers(indicator, faults);
    match (&indicator.data, &indicator.derived) {
        (Some(data), None) => check_data(catalogue, indicator, data, faults),
        (None, Some(derivation)) => check_derivation(catalogue, indicator, derivation, faults),
        _ => faults.add("there must be exactly one of `data` and `derived`".to_owned()),
    }
}

/// No code or INID may be read as that of another indicator.
pub(super) fn check_identifiers(catalogue: &Catalogue, all: &mut Vec<CatalogueError>) {
    let mut owners = BTreeMap::new();
    for indicator in catalogue.all_indicators() {
        for word in [&indicator.code].into_iter().chain(&indicator.inid) {
            if let Some(first) = owners.insert(fold(word), &indicator.code) {
                Faults::of(&format!("indicators/{}.toml", indicator.code), all)
                    .add(format!("`{word}` already names the indicator `{first}`"));
            }
        }
    }
}

fn is_inid(text: &str) -> bool {
    text.strip_prefix("INID").is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn check_numbers(indicator: &Indicator, faults: &mut Faults<'_>) {
    let is_positive = |number: f64| number.is_finite() && number > 0.0;
    if !(indicator.weight.is_finite() && indicator.weight >= 0.0) {
        faults.add("the weight must be a number of at least 0".to_owned());
    }
    if indicator.points_when_absent.is_some() != (indicator.kind == IndicatorKind::Rule) {
        faults.add("`points_when_absent` belongs to the kind `rule`, and to no other".to_owned());
    }
    if indicator.hours_per_unit.is_some() && indicator.kind != IndicatorKind::Share {
        faults.add("`hours_per_unit` belongs to the kind `share`".to_owned());
    }
    if indicator.presumed_deviation.is_some() && !matches!(indicator.kind, IndicatorKind::Mean | IndicatorKind::LogMean)
    {
        faults.add("`presumed_deviation` belongs to the kinds `mean` and `log_mean`".to_owned());
    }
    for (name, number) in [
        ("points_when_absent", indicator.points_when_absent),
        ("hours_per_unit", indicator.hours_per_unit),
        ("presumed_deviation", indicator.presumed_deviation),
    ] {
        if number.is_some_and(|number| !is_positive(number)) {
            faults.add(format!("`{name}` must be a number above 0"));
        }
    }
    if let Some(norm) = &indicator.norm {
        faults.check_text("the source of the norm", &norm.source);
        if !norm.value.is_finite() {
            faults.add("the norm must be a number".to_owned());
        }
    }
    let is_legal = indicator.norm.as_ref().is_some_and(|norm| norm.basis == NormBasis::Legal);
    if indicator.comparison == Some(Comparison::Norm) && !is_legal {
        faults.add("only a legal norm can stand in place of peers".to_owned());
    }
}

fn check_data(catalogue: &Catalogue, indicator: &Indicator, data: &DataSource, faults: &mut Faults<'_>) {
    let Some(dataset) = catalogue.datasets.get(&data.dataset) else {
        faults.add(format!("there is no dataset `{}`", data.dataset));
        return;
    };
    if !within(indicator.valid_years, dataset.valid_years) {
        faults.add(format!("it has years that the dataset `{}` has not", dataset.code));
    }
    if dataset.class == DataClass::LearningOnly && (indicator.weight != 0.0 || indicator.norm.is_some()) {
        faults.add("what is for learning only has weight 0 and no norm".to_owned());
    }
    check_filter(catalogue, dataset, &data.filter, faults);
    for (part, aggregate) in [
        ("numerator", &data.numerator),
        ("denominator", &data.denominator),
        ("value", &data.value),
        ("standard_deviation", &data.standard_deviation),
        ("units", &data.units),
    ] {
        if let Some(aggregate) = aggregate {
            check_aggregate(catalogue, dataset, part, aggregate, faults);
        }
    }
    check_parts(indicator, dataset, data, faults);
}

/// Every kind needs its numbers, from the indicator's own source or from the dataset's.
fn check_parts(indicator: &Indicator, dataset: &Dataset, data: &DataSource, faults: &mut Faults<'_>) {
    let has = |own: &Option<Aggregate>, part: &str| own.is_some() || dataset.observation.contains_key(part);
    let has_ratio = has(&data.numerator, "numerator") && has(&data.denominator, "denominator");
    let has_value = has(&data.value, "value");
    let is_complete = match indicator.kind {
        IndicatorKind::Proportion | IndicatorKind::Rate => has_ratio,
        IndicatorKind::Share => has_ratio && (has(&data.units, "units") || indicator.hours_per_unit.is_some()),
        IndicatorKind::Mean | IndicatorKind::LogMean | IndicatorKind::Rule => has_ratio || has_value,
    };
    if !is_complete {
        faults.add("it lacks a number that its kind needs".to_owned());
    }
}

fn check_derivation(catalogue: &Catalogue, indicator: &Indicator, derivation: &Derivation, faults: &mut Faults<'_>) {
    let wanted = match derivation.function {
        DerivedFunction::UnwantedShortfall => 2,
    };
    if derivation.inputs.len() != wanted {
        faults.add(format!("its function takes {wanted} inputs"));
    }
    for input in &derivation.inputs {
        match catalogue.indicators.get(input) {
            None => faults.add(format!("its input `{input}` is no indicator")),
            Some(found) if found.data.is_none() => faults.add(format!("its input `{input}` is itself derived")),
            Some(found) if !within(indicator.valid_years, found.valid_years) => {
                faults.add(format!("it has years that its input `{input}` has not"));
            }
            Some(_) => {}
        }
    }
}
