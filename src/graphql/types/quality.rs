//! What is said before any level: the state of the data and the signals that make it so.

use async_graphql::{Enum, SimpleObject};

use super::{DataStateType, LevelType, LocalizedText};
use crate::{
    domain::{Level, Text},
    graphql::context::Asked,
    service::{DataFinding, Headline},
};

/// What is said first of an outcome: of an overall score what outranks it, the state of its data, or else its level.
/// Incomplete outranks elevated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "Headline")]
pub(in crate::graphql) enum HeadlineType {
    /// The inspectorate recorded what outranks the overall score (gaat voor): see `overrides`.
    Overridden,
    /// Something that must be there is not (onvolledig): no level says more than that.
    Incomplete,
    /// The data ask to be looked at before they are believed (twijfelachtig).
    Suspect,
    /// The data are complete, and too few to say anything (onvoldoende gegevens).
    Insufficient,
    /// The data are complete, and nothing is out of the ordinary (geen).
    None,
    /// The data are complete, and ask for attention (aandacht).
    Attention,
    /// The data are complete, and the level is elevated (verhoogd).
    Elevated,
}

impl From<Headline> for HeadlineType {
    fn from(headline: Headline) -> Self {
        match headline {
            Headline::Overridden => Self::Overridden,
            Headline::Incomplete => Self::Incomplete,
            Headline::Suspect => Self::Suspect,
            Headline::Level(Level::Insufficient) => Self::Insufficient,
            Headline::Level(Level::None) => Self::None,
            Headline::Level(Level::Attention) => Self::Attention,
            Headline::Level(Level::Elevated) => Self::Elevated,
        }
    }
}

/// A signal about the data themselves (gegevenskwaliteit): a theme of its own, never mixed into the risk of care.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "DataFinding")]
pub(super) struct DataFindingType {
    /// The signal's code, for example `GK04`.
    code: String,
    /// What it is called.
    name: LocalizedText,
    /// What it asks of the reader (niveau).
    level: LevelType,
    /// What it makes of the figures it is about.
    state: DataStateType,
    /// How many figures, series, indicators, datasets or comparisons show it.
    count: usize,
    /// Out of how many that could.
    of: usize,
    /// Days after the day on which it was due (dagen te laat); null where nothing is late.
    days: Option<i32>,
    /// The chance of it in data without a fault; null where chance plays no part.
    chance: Option<f64>,
    /// The codes of the indicators it is about, sorted.
    indicators: Vec<String>,
    /// The codes of the datasets (gegevenssets) it is about, sorted.
    datasets: Vec<String>,
    /// One sentence that says it.
    explanation: LocalizedText,
}

/// The type for `finding`.
pub(super) fn data_finding(asked: &Asked<'_>, finding: &DataFinding) -> DataFindingType {
    let unnamed = || Text { nl: finding.code.clone(), en: finding.code.clone() };
    let named = asked.catalogue().signals.get(&finding.code).map(|signal| signal.name.clone());
    DataFindingType {
        code: finding.code.clone(),
        name: named.unwrap_or_else(unnamed).into(),
        level: finding.level.into(),
        state: finding.state.into(),
        count: finding.count,
        of: finding.of,
        days: finding.days,
        chance: finding.chance,
        indicators: finding.indicators.iter().map(ToString::to_string).collect(),
        datasets: finding.datasets.clone(),
        explanation: asked.service.explain_data(finding).into(),
    }
}
