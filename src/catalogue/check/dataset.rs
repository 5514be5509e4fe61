//! What must hold of a dataset, its columns, and the numbers taken from them.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Faults, fold, within};
use crate::{
    catalogue::{
        dataset::{Column, ColumnType, Dataset},
        indicator::Aggregate,
        load::Catalogue,
    },
    domain::{AgbCode, DataClass, Period},
};

/// The parts of an observation.
pub(super) const OBSERVATION_PARTS: [&str; 5] = ["numerator", "denominator", "value", "standard_deviation", "units"];

pub(super) fn check(catalogue: &Catalogue, dataset: &Dataset, faults: &mut Faults<'_>) {
    faults.check_text("the name", &dataset.name);
    faults.check_text("the description", &dataset.description);
    faults.check_years("`valid_years`", dataset.valid_years);
    check_roles(dataset, faults);
    check_key(dataset, faults);
    check_class(dataset, faults);
    faults.check_distinct(dataset.columns.iter().map(|column| (&column.name, column.aliases.as_slice())));
    for column in &dataset.columns {
        check_column(catalogue, dataset, column, faults);
    }
    for (part, aggregate) in &dataset.observation {
        if !OBSERVATION_PARTS.contains(&part.as_str()) {
            faults.add(format!("an observation has no `{part}`"));
        }
        check_aggregate(catalogue, dataset, part, aggregate, faults);
    }
}

fn check_roles(dataset: &Dataset, faults: &mut Faults<'_>) {
    let roles = [
        ("organisation", Some(&dataset.organisation), ColumnType::AgbCode),
        ("year", dataset.year.as_ref(), ColumnType::Year),
        ("period", dataset.period.as_ref(), ColumnType::Period),
        ("measure", dataset.measure.as_ref(), ColumnType::Indicator),
    ];
    for (role, name, kind) in roles {
        let Some(name) = name else { continue };
        match dataset.column(name) {
            None => faults.add(format!("`{role}` is the column `{name}`, which is not there")),
            Some(column) if column.kind != kind => {
                faults.add(format!("`{role}` is `{name}`, which is of another type"));
            }
            Some(_) => {}
        }
    }
    if dataset.year.is_some() != dataset.period.is_some() {
        faults.add("`year` and `period` go together".to_owned());
    }
}

/// Parts have rows of their own. What is for learning only is owed by nobody, so that its absence can be held against
/// nobody, and is as small as it can be.
fn check_class(dataset: &Dataset, faults: &mut Faults<'_>) {
    if let Some(part) = &dataset.part
        && !dataset.key.contains(part)
    {
        faults.add(format!("`part` is `{part}`, which is no part of the key"));
    }
    if dataset.class == DataClass::LearningOnly {
        if !dataset.voluntary {
            faults.add("what is for learning only must be voluntary".to_owned());
        }
        if dataset.part.is_some() {
            faults.add("what is for learning only has no parts".to_owned());
        }
        for column in dataset.columns.iter().filter(|column| column.kind == ColumnType::Text) {
            faults.add(format!("`{}` is free text, which has no place in what is for learning only", column.name));
        }
    }
}

fn check_key(dataset: &Dataset, faults: &mut Faults<'_>) {
    if dataset.key.is_empty() {
        faults.add("there is no key".to_owned());
    }
    for name in &dataset.key {
        match dataset.column(name) {
            None => faults.add(format!("the key names the column `{name}`, which is not there")),
            Some(column) if !(column.value_required && column.header_required) => {
                faults.add(format!("`{name}` is part of the key and may be empty"));
            }
            Some(_) => {}
        }
    }
}

fn check_column(catalogue: &Catalogue, dataset: &Dataset, column: &Column, faults: &mut Faults<'_>) {
    let name = &column.name;
    faults.check_text(&format!("the title of `{name}`"), &column.title);
    faults.check_text(&format!("the description of `{name}`"), &column.description);
    if let Some(years) = column.valid_years {
        faults.check_years(&format!("`{name}`"), years);
        if !within(years, dataset.valid_years) {
            faults.add(format!("`{name}` has years that the dataset has not"));
        }
    }
    let is_number = matches!(column.kind, ColumnType::Integer | ColumnType::Decimal);
    let limits = [column.minimum, column.maximum];
    if !is_number && limits.iter().any(Option::is_some) {
        faults.add(format!("`{name}` has a minimum or maximum and holds no numbers"));
    }
    if limits.iter().flatten().any(|limit| !limit.is_finite()) || !limits.iter().flatten().is_sorted() {
        faults.add(format!("`{name}` has no range from its minimum to its maximum"));
    }
    if column.maximum_length.is_some() && column.kind != ColumnType::Text {
        faults.add(format!("`{name}` has a `maximum_length` and is no text"));
    }
    if column.codes.is_empty() == (column.kind == ColumnType::Code) {
        faults.add(format!("`{name}` must have codes exactly when it is of type `code`"));
    }
    for code in &column.codes {
        faults.check_text(&format!("the name of `{}` in `{name}`", code.code), &code.name);
    }
    faults.check_distinct(column.codes.iter().map(|code| (&code.code, code.aliases.as_slice())));
    if !is_right(catalogue, dataset, column) {
        faults.add(format!("the example `{}` of `{name}` is no right value", column.example));
    }
}

/// Whether the example of `column` is a value it may hold.
fn is_right(catalogue: &Catalogue, dataset: &Dataset, column: &Column) -> bool {
    let example = column.example.as_str();
    let in_range = |number: f64| {
        number.is_finite()
            && column.minimum.is_none_or(|minimum| number >= minimum)
            && column.maximum.is_none_or(|maximum| number <= maximum)
    };
    match column.kind {
        ColumnType::AgbCode => example.parse::<AgbCode>().is_ok(),
        ColumnType::Year => example.parse().is_ok_and(|year| Period::year(year).is_ok()),
        ColumnType::Period => example.parse::<Period>().is_ok(),
        ColumnType::Indicator => catalogue
            .named_in(dataset)
            .any(|indicator| indicator.code == example || indicator.inid.as_deref() == Some(example)),
        ColumnType::Code => column.codes.iter().any(|code| code.code == example),
        // No count in this field needs more digits.
        ColumnType::Integer => example.parse::<i32>().is_ok_and(|number| in_range(f64::from(number))),
        ColumnType::Decimal => example.replacen(',', ".", 1).parse().is_ok_and(in_range),
        ColumnType::Date => is_date(example),
        ColumnType::Boolean => ["ja", "nee"].contains(&fold(example).as_str()),
        ColumnType::Identifier => {
            !example.is_empty() && example.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
        }
        ColumnType::Text => {
            !example.trim().is_empty() && column.maximum_length.is_none_or(|maximum| example.chars().count() <= maximum)
        }
    }
}

/// `2025-01-31` or `31-1-2025`.
pub(super) fn is_date(text: &str) -> bool {
    let numbers: Option<Vec<i16>> = text.split('-').map(|part| part.parse().ok()).collect();
    let Some([first, month, last]) = numbers.as_deref() else { return false };
    let (year, day) = if *first >= 1000 { (*first, *last) } else { (*last, *first) };
    let small = |number: i16| i8::try_from(number).unwrap_or(0);
    Date::new(year, small(*month), small(day)).is_ok()
}

pub(super) fn check_aggregate(
    catalogue: &Catalogue,
    dataset: &Dataset,
    part: &str,
    aggregate: &Aggregate,
    faults: &mut Faults<'_>,
) {
    let given = [!aggregate.sum.is_empty(), aggregate.maximum.is_some(), aggregate.only.is_some(), aggregate.count];
    if given.into_iter().filter(|given| *given).count() != 1 {
        faults.add(format!("`{part}` must have exactly one of `sum`, `maximum`, `only` and `count`"));
    }
    for name in aggregate.sum.iter().chain(&aggregate.maximum).chain(&aggregate.only) {
        match dataset.column(name) {
            None => faults.add(format!("`{part}` takes the column `{name}`, which `{}` has not", dataset.code)),
            Some(column) if !matches!(column.kind, ColumnType::Integer | ColumnType::Decimal) => {
                faults.add(format!("`{part}` takes the column `{name}`, which holds no numbers"));
            }
            Some(_) => {}
        }
    }
    check_filter(catalogue, dataset, &aggregate.filter, faults);
}

/// Every column and every word of `filter` must be there, or it would silently pass no row.
pub(super) fn check_filter(
    catalogue: &Catalogue,
    dataset: &Dataset,
    filter: &BTreeMap<String, Vec<String>>,
    faults: &mut Faults<'_>,
) {
    for (name, words) in filter {
        let Some(column) = dataset.column(name) else {
            faults.add(format!("a filter is on the column `{name}`, which `{}` has not", dataset.code));
            continue;
        };
        if words.is_empty() {
            faults.add(format!("the filter on `{name}` has no words"));
        }
        for word in words {
            let known = match column.kind {
                ColumnType::Code => column.codes.iter().any(|code| code.code == *word),
                ColumnType::Indicator => catalogue.named_in(dataset).any(|indicator| indicator.code == *word),
                _ => {
                    faults.add(format!("the filter is on `{name}`, which holds no codes"));
                    break;
                }
            };
            if !known {
                faults.add(format!("the filter on `{name}` has `{word}`, which that column cannot hold"));
            }
        }
    }
}
