//! The catalogue as clients see it.

use async_graphql::{Enum, SimpleObject};

use super::{LocalizedText, MethodologySectionType};
use crate::{
    catalogue::{
        Aspect, Catalogue, Column, ColumnType, DATA_QUALITY, Dataset, Indicator, IndicatorKind, NormBasis, Theme, Unit,
    },
    domain::{DataClass, Direction},
};

/// What may be delivered and how it is judged (catalogus).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Catalogue")]
pub(in crate::graphql) struct CatalogueType {
    /// SHA-256 of all of it; part of every run.
    hash: String,
    /// The themes, in order.
    themes: Vec<ThemeType>,
    /// The indicators, by code.
    indicators: Vec<IndicatorType>,
    /// The datasets that may be delivered, by code.
    datasets: Vec<DatasetType>,
    /// How everything is computed, statistic by statistic.
    methodology: Vec<MethodologySectionType>,
}

impl From<&Catalogue> for CatalogueType {
    fn from(catalogue: &Catalogue) -> Self {
        Self {
            hash: catalogue.hash.to_string(),
            themes: catalogue.themes.iter().map(Into::into).collect(),
            indicators: catalogue.all_indicators().map(|one| IndicatorType::new(catalogue, one)).collect(),
            datasets: catalogue.datasets.values().filter(|one| one.submittable).map(Into::into).collect(),
            methodology: catalogue.methodology.sections.iter().map(Into::into).collect(),
        }
    }
}

/// A group of indicators that is scored together (thema).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Theme")]
pub(in crate::graphql) struct ThemeType {
    /// Its code.
    pub(in crate::graphql) code: String,
    /// What it is called.
    pub(in crate::graphql) name: LocalizedText,
    /// What it is about.
    pub(in crate::graphql) description: LocalizedText,
}

impl From<&Theme> for ThemeType {
    fn from(theme: &Theme) -> Self {
        Self { code: theme.code.clone(), name: (&theme.name).into(), description: (&theme.description).into() }
    }
}

impl ThemeType {
    /// The theme with this code.
    pub(super) fn named(catalogue: &Catalogue, code: &str) -> Option<Self> {
        catalogue.themes.iter().find(|theme| theme.code == code).map(Into::into)
    }
}

/// Structure, process or outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "Aspect", remote = "Aspect")]
pub(in crate::graphql) enum AspectType {
    /// What is there (structuur).
    Structure,
    /// What is done (proces).
    Process,
    /// What comes of it (uitkomst).
    Outcome,
}

/// The statistical kind, which decides how a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "IndicatorKind", remote = "IndicatorKind")]
pub(in crate::graphql) enum IndicatorKindType {
    /// So many of so many: beta-binomial.
    Proportion,
    /// A share of hours or days.
    Share,
    /// A mean.
    Mean,
    /// The mean of a skewed positive quantity.
    LogMean,
    /// Events per exposure: gamma-Poisson.
    Rate,
    /// Yes or no, or items in place.
    Rule,
}

/// The unit in which a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "Unit", remote = "Unit")]
pub(in crate::graphql) enum UnitType {
    /// Percent.
    Percent,
    /// Hours (uren).
    Hours,
    /// A mark on the instrument's scale (cijfer).
    Mark,
    /// Number of items.
    Items,
    /// Yes (1) or no (0).
    YesNo,
    /// Events per hundred.
    PerHundred,
}

/// Which way is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "Direction", remote = "Direction")]
pub(in crate::graphql) enum DirectionType {
    /// A higher value is better.
    HigherIsBetter,
    /// A lower value is better.
    LowerIsBetter,
    /// Neither: context.
    Context,
}

/// How far a norm binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "NormBasis", remote = "NormBasis")]
enum NormBasisType {
    /// A legal duty.
    Legal,
    /// Somebody's reference.
    Reference,
}

/// A norm and who set it.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Norm")]
struct NormType {
    /// The value, in the indicator's unit.
    value: f64,
    /// Whether it binds or only orients.
    basis: NormBasisType,
    /// Who set it, where and when.
    source: LocalizedText,
}

/// A measure (indicator).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Indicator")]
pub(in crate::graphql) struct IndicatorType {
    /// Its code, for example `KZ06`.
    pub(in crate::graphql) code: String,
    /// Its identifier in the register of the Zorginstituut.
    pub(in crate::graphql) inid: Option<String>,
    /// What it is called.
    pub(in crate::graphql) name: LocalizedText,
    /// What it tells, and what it does not.
    pub(in crate::graphql) description: LocalizedText,
    /// The theme under which it counts.
    pub(in crate::graphql) theme: Option<ThemeType>,
    /// Structure, process or outcome.
    pub(in crate::graphql) aspect: AspectType,
    /// The statistical kind.
    pub(in crate::graphql) kind: IndicatorKindType,
    /// What is counted (teller).
    pub(in crate::graphql) numerator: LocalizedText,
    /// Out of what (noemer).
    pub(in crate::graphql) denominator: LocalizedText,
    /// The unit in which its value is shown.
    pub(in crate::graphql) unit: UnitType,
    /// Which way is worse.
    pub(in crate::graphql) direction: DirectionType,
    /// Its weight in scores.
    pub(in crate::graphql) weight: f64,
    /// A norm, where one exists.
    norm: Option<NormType>,
    /// The first report year.
    pub(in crate::graphql) valid_from: i32,
    /// The last report year; null while it is in force.
    pub(in crate::graphql) valid_to: Option<i32>,
    /// Whether the official definition was read; false where it is inferred.
    pub(in crate::graphql) verified: bool,
}

impl IndicatorType {
    /// The type for `indicator`.
    pub(in crate::graphql) fn new(catalogue: &Catalogue, indicator: &Indicator) -> Self {
        let norm = indicator.norm.as_ref().map(|norm| NormType {
            value: norm.value,
            basis: norm.basis.into(),
            source: (&norm.source).into(),
        });
        Self {
            code: indicator.code.clone(),
            inid: indicator.inid.clone(),
            name: (&indicator.name).into(),
            description: (&indicator.description).into(),
            theme: ThemeType::named(catalogue, &indicator.theme),
            aspect: indicator.aspect.into(),
            kind: indicator.kind.into(),
            numerator: (&indicator.numerator).into(),
            denominator: (&indicator.denominator).into(),
            unit: indicator.unit.into(),
            direction: indicator.direction.into(),
            weight: indicator.weight,
            norm,
            valid_from: indicator.valid_years.from.into(),
            valid_to: indicator.valid_years.to.map(Into::into),
            verified: indicator.verified,
        }
    }

    /// The indicator called `code`, or the signal about data. A run may name one that this catalogue no longer has: then
    /// its code alone.
    pub(in crate::graphql) fn named(catalogue: &Catalogue, code: &str) -> Self {
        if let Some(found) = catalogue.indicator(code) {
            return Self::new(catalogue, found);
        }
        let unknown = Self::unknown(code);
        let Some(signal) = catalogue.signals.get(code) else { return unknown };
        let (name, description) = ((&signal.name).into(), (&signal.description).into());
        Self { name, description, theme: ThemeType::named(catalogue, DATA_QUALITY), ..unknown }
    }

    fn unknown(code: &str) -> Self {
        let name = || LocalizedText::from(crate::domain::Text { nl: code.to_owned(), en: code.to_owned() });
        Self {
            code: code.to_owned(),
            inid: None,
            name: name(),
            description: name(),
            theme: None,
            aspect: AspectType::Process,
            kind: IndicatorKindType::Proportion,
            numerator: name(),
            denominator: name(),
            unit: UnitType::Percent,
            direction: DirectionType::Context,
            weight: 0.0,
            norm: None,
            valid_from: 0,
            valid_to: None,
            verified: false,
        }
    }
}

/// A CSV layout (gegevensset).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Dataset")]
struct DatasetType {
    /// Its code, by which it is delivered.
    code: String,
    /// What it is called.
    name: LocalizedText,
    /// What it is for.
    description: LocalizedText,
    /// What its figures may be used for (klasse).
    class: DataClassType,
    /// Whether nobody has to deliver it (vrijwillig): it is never late, and what is not there is no gap.
    voluntary: bool,
    /// The column that divides an organisation into parts (deel), each with figures of its own beside those of the
    /// whole; null where there are none.
    part: Option<String>,
    /// Its columns, in order.
    columns: Vec<ColumnDescription>,
}

impl From<&Dataset> for DatasetType {
    fn from(dataset: &Dataset) -> Self {
        Self {
            code: dataset.code.clone(),
            name: (&dataset.name).into(),
            description: (&dataset.description).into(),
            class: dataset.class.into(),
            voluntary: dataset.voluntary,
            part: dataset.part.clone(),
            columns: dataset.columns.iter().map(Into::into).collect(),
        }
    }
}

/// What figures may be used for (gegevensklasse).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "DataClass", remote = "DataClass")]
pub(in crate::graphql) enum DataClassType {
    /// Compared, scored and shown to the inspectorate (toezicht).
    Supervision,
    /// For learning (alleen om te leren): shown to the organisation itself alone, and in no score, signal or export.
    LearningOnly,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "ColumnType", remote = "ColumnType")]
enum ColumnTypeType {
    /// Eight digits.
    AgbCode,
    /// A report year.
    Year,
    /// A year or a quarter.
    Period,
    /// The code or the INID of an indicator.
    Indicator,
    /// One of a list of words.
    Code,
    /// A whole number.
    Integer,
    /// A number.
    Decimal,
    /// A day.
    Date,
    /// Yes or no.
    Boolean,
    /// A name for something.
    Identifier,
    /// Free text.
    Text,
}

/// A column of a dataset (kolom).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Column")]
struct ColumnDescription {
    /// Its header.
    name: String,
    /// What it is called.
    title: LocalizedText,
    /// What stands in it.
    description: LocalizedText,
    /// What its cells hold.
    #[graphql(name = "type")]
    kind: ColumnTypeType,
    /// Whether the file must have it.
    header_required: bool,
    /// Whether every row must have a value in it.
    value_required: bool,
    /// The smallest number allowed.
    minimum: Option<f64>,
    /// The largest number allowed.
    maximum: Option<f64>,
    /// The words allowed.
    codes: Vec<String>,
    /// A right value.
    example: String,
}

impl From<&Column> for ColumnDescription {
    fn from(column: &Column) -> Self {
        Self {
            name: column.name.clone(),
            title: (&column.title).into(),
            description: (&column.description).into(),
            kind: column.kind.into(),
            header_required: column.header_required,
            value_required: column.value_required,
            minimum: column.minimum,
            maximum: column.maximum,
            codes: column.codes.iter().map(|one| one.code.clone()).collect(),
            example: column.example.clone(),
        }
    }
}
