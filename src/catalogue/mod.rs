//! What may be delivered and how it is judged: the data of `schema/`, read, cross-checked and frozen.
//!
//! Nothing else reads `schema/`. A [`Catalogue`] is immutable and has a content hash that is part of every
//! scoring run. Files are handed in as text; this module does no input or output of its own.

mod check;
mod data_signal;
mod dataset;
mod embedded;
mod export;
mod expression;
mod finding_kind;
mod findings_page;
mod fold;
mod indicator;
mod load;
mod methodology;
mod operation;
mod plausibility;
mod rule;
mod table_schema;
mod template;
mod window;

pub use data_signal::{DATA_QUALITY, DataSignal, DataTest, Figure, FigurePair, FigurePart, FigureRelation};
pub use dataset::{Code, Column, ColumnType, Dataset, YearRange};
pub use export::{ExportColumn, ExportType, Exports};
pub use expression::{Expression, ExpressionError, MeasureAttribute, Operator};
pub use finding_kind::FindingKind;
pub use fold::fold;
pub use indicator::{
    Aggregate, Aspect, Comparison, DataSource, Derivation, DerivedFunction, Indicator, IndicatorKind, Norm, NormBasis,
    Origin, Unit,
};
pub use load::{Catalogue, CatalogueError, CatalogueErrors, Theme};
pub use methodology::{Headings, Methodology, MethodologySection};
pub use operation::{Operation, OperationError};
pub use plausibility::{CopyRule, CountFigure, CountPlace, JumpRule, Plausibility, SameCountRule};
pub use rule::Rule;
pub use template::{Choice, Explanation, Template, TemplateColumn};
pub use window::{DowntimeRule, ExemptionRule, ExtensionRule, Window, WindowState};
