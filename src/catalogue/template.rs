//! Templates: what a file of a dataset about a year looks like before it is filled in, and what may be filled in.

use super::{
    dataset::{Column, ColumnType, Dataset},
    indicator::Indicator,
    load::Catalogue,
};
use crate::domain::{Language, Period, PeriodPart, Text};

/// The template of a dataset for a year.
#[derive(Clone, Debug)]
pub struct Template<'a> {
    /// The dataset.
    pub dataset: &'a Dataset,
    /// The report year.
    pub year: i16,
    /// The columns that exist in that year, in their order.
    pub columns: Vec<TemplateColumn<'a>>,
    pub(super) catalogue: &'a Catalogue,
}

/// A column of a template.
#[derive(Clone, Debug)]
pub struct TemplateColumn<'a> {
    /// What the dataset says of it.
    pub column: &'a Column,
    /// What may be chosen; empty where anything of the right form may stand.
    pub choices: Vec<Choice>,
}

/// Something that may be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The word for it in the file.
    pub word: String,
    /// What it means, where the word does not say so.
    pub name: Option<Text>,
    /// Another word for it that is taken as well.
    pub other: Option<String>,
}

/// What is said of a column, in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What it is called and what stands in it.
    pub meaning: String,
    /// How it is written.
    pub form: String,
    /// Its unit and its limits; empty when it has none.
    pub range: String,
    /// Whether it must be filled in.
    pub required: String,
    /// A right value, in a sentence.
    pub example: String,
}

impl TemplateColumn<'_> {
    /// A right value in the year of the template.
    pub fn example(&self) -> &str {
        let example = self.column.example.as_str();
        let is_right = self.choices.is_empty() || self.choices.iter().any(|choice| choice.word == example);
        if is_right { example } else { self.choices.first().map_or(example, |choice| choice.word.as_str()) }
    }
}

impl Choice {
    fn plain(word: impl Into<String>) -> Self {
        Self { word: word.into(), name: None, other: None }
    }
}

impl Catalogue {
    /// The template of `dataset` for `year`; `None` when there is none.
    pub fn template(&self, dataset: &str, year: i16) -> Option<Template<'_>> {
        let dataset = self.datasets.get(dataset)?;
        if !Period::YEARS.contains(&year) || !dataset.valid_years.contains(year) {
            return None;
        }
        let exists = |column: &&Column| column.valid_years.is_none_or(|years| years.contains(year));
        let columns = dataset.columns.iter().filter(exists);
        let columns = columns.map(|column| TemplateColumn { column, choices: self.choices(dataset, column, year) });
        Some(Template { dataset, year, columns: columns.collect(), catalogue: self })
    }

    fn choices(&self, dataset: &Dataset, column: &Column, year: i16) -> Vec<Choice> {
        match column.kind {
            ColumnType::Year => vec![Choice::plain(year.to_string())],
            ColumnType::Period => {
                let parts = [PeriodPart::Year].into_iter().chain((1..=4).map(PeriodPart::Quarter));
                parts
                    .filter_map(|part| Period::new(year, part).ok())
                    .map(|one| Choice::plain(one.to_string()))
                    .collect()
            }
            ColumnType::Boolean => vec![Choice::plain("ja"), Choice::plain("nee")],
            ColumnType::Code => {
                let of = |name: &Text| Some(name.clone());
                let codes = column.codes.iter();
                codes.map(|code| Choice { word: code.code.clone(), name: of(&code.name), other: None }).collect()
            }
            ColumnType::Indicator => {
                let is_asked = |indicator: &&Indicator| indicator.valid_years.contains(year);
                let choice = |indicator: &Indicator| Choice {
                    word: indicator.code.clone(),
                    name: Some(indicator.name.clone()),
                    other: indicator.inid.clone(),
                };
                self.named_in(dataset).filter(is_asked).map(choice).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Template<'_> {
    /// The name of a file with it, without an ending.
    pub fn file_name(&self) -> String {
        format!("{}-{}", self.dataset.code, self.year)
    }

    /// The template as CSV: the header alone, in UTF-8 that says so, for Excel.
    pub fn csv(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|one| one.column.name.as_str()).collect();
        format!("\u{feff}{}\r\n", names.join(";"))
    }

    /// What the template is for and how it is filled in.
    pub fn introduction(&self, language: Language) -> String {
        let dataset = self.dataset.name.get(language).to_owned();
        self.say(language, "TEMPLATE_INTRO", &[("dataset", dataset), ("year", self.year.to_string())])
    }

    /// What is said of a column.
    pub fn explanation(&self, one: &TemplateColumn<'_>, language: Language) -> Explanation {
        let column = one.column;
        let say = |code: &str, parameters: &[(&str, String)]| self.say(language, code, parameters);
        let number = |value: f64| language.number(value, usize::from(value.fract() != 0.0));
        let unit = column.unit.as_ref().map(|unit| say("TEMPLATE_UNIT", &[("unit", self.unit(unit, language))]));
        let minimum = column.minimum.map(|least| say("TEMPLATE_MINIMUM", &[("minimum", number(least))]));
        let maximum = column.maximum.map(|most| say("TEMPLATE_MAXIMUM", &[("maximum", number(most))]));
        let length = column.maximum_length.map(|most| say("TEMPLATE_LENGTH", &[("maximum", most.to_string())]));
        let mut required = say(if column.value_required { "TEMPLATE_REQUIRED" } else { "TEMPLATE_OPTIONAL" }, &[]);
        if !column.header_required {
            required = say("TEMPLATE_COLUMN_OPTIONAL", &[]);
        }
        Explanation {
            meaning: format!("{}. {}", column.title.get(language), column.description.get(language)),
            form: say(form(column.kind), &[]),
            range: [unit, minimum, maximum, length].into_iter().flatten().collect::<Vec<_>>().join(", "),
            required,
            example: say("TEMPLATE_EXAMPLE", &[("example", one.example().to_owned())]),
        }
    }

    /// A sentence of the catalogue.
    pub fn say(&self, language: Language, code: &str, parameters: &[(&str, String)]) -> String {
        self.catalogue.message(code, parameters).get(language).to_owned()
    }

    /// The name of a unit; one without a name is called as the dataset has it.
    fn unit(&self, unit: &str, language: Language) -> String {
        let named = self.catalogue.messages.get(&format!("UNIT_{}", unit.to_uppercase()));
        named.map_or(unit, |name| name.get(language)).to_owned()
    }
}

const fn form(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::AgbCode => "TEMPLATE_FORM_AGB_CODE",
        ColumnType::Year => "TEMPLATE_FORM_YEAR",
        ColumnType::Period => "TEMPLATE_FORM_PERIOD",
        ColumnType::Indicator => "TEMPLATE_FORM_INDICATOR",
        ColumnType::Code => "TEMPLATE_FORM_CODE",
        ColumnType::Integer => "TEMPLATE_FORM_INTEGER",
        ColumnType::Decimal => "TEMPLATE_FORM_DECIMAL",
        ColumnType::Date => "TEMPLATE_FORM_DATE",
        ColumnType::Boolean => "TEMPLATE_FORM_BOOLEAN",
        ColumnType::Identifier => "TEMPLATE_FORM_IDENTIFIER",
        ColumnType::Text => "TEMPLATE_FORM_TEXT",
    }
}
