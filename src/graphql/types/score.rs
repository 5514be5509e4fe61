//! Scores and the runs they come from.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};

use super::{
    DataStateType, IndicatorType, LevelType, LocalizedText, OrganisationType, SignalType, catalogue::ThemeType, signal,
    signal::IntervalType,
};
use crate::{
    domain::Organisation,
    graphql::{
        context::Asked,
        scalars::{DateTime, PeriodText},
    },
    service::{Assessment, Contribution, Score},
};

/// A scoring run: its key says from what it was made; the same key gives the same bytes anywhere.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Run")]
pub(in crate::graphql) struct RunType {
    /// Its identifier, which follows from the rest.
    id: ID,
    /// The period that was scored.
    period: PeriodText,
    /// The moment whose knowledge was used.
    known_at: DateTime,
    /// The version of the method.
    engine_version: String,
    /// SHA-256 of the catalogue.
    catalogue_hash: String,
    /// SHA-256 of what was scored.
    input_hash: String,
    /// SHA-256 of the whole outcome.
    output_hash: String,
}

impl From<&Assessment> for RunType {
    fn from(assessment: &Assessment) -> Self {
        let key = &assessment.key;
        Self {
            id: assessment.id.to_string().into(),
            period: PeriodText(key.period),
            known_at: DateTime(key.known_at),
            engine_version: key.engine_version.clone(),
            catalogue_hash: key.catalogue_hash.to_string(),
            input_hash: key.input_hash.to_string(),
            output_hash: assessment.output_hash.to_string(),
        }
    }
}

/// What one indicator adds to a score. The contributions and 50 add up to the score exactly, before it is held
/// within 0 and 100.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Contribution")]
pub(in crate::graphql) struct ContributionType {
    /// The indicator; for the theme of data quality, the signal about data.
    indicator: IndicatorType,
    /// Whether it is the change against the organisation's own past that adds it, and not the figure.
    is_change: bool,
    /// What it adds, in points.
    points: f64,
}

/// A theme's or the overall score of one organisation (risicoscore): 50 is ordinary, 70 attention, 80 elevated.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct RiskScore {
    #[graphql(skip)]
    assessment: Arc<Assessment>,
    #[graphql(skip)]
    place: usize,
    #[graphql(skip)]
    theme_code: Option<String>,
    /// Whose.
    organisation: OrganisationType,
    /// When.
    period: PeriodText,
    /// The theme (thema); null for the overall score.
    theme: Option<ThemeType>,
    /// What can be said of the data behind it; comes before the level.
    data: DataStateType,
    /// What it asks of the reader (niveau).
    level: LevelType,
    /// 50 + 10 S, held within 0 and 100; null when less than half of the weight is there.
    score: Option<f64>,
    /// The standardised sum S; standard normal in ordinary organisations.
    standardised: Option<f64>,
    /// 90 % interval of the score, if one measured again.
    interval: Option<IntervalType>,
    /// The share of ordinary organisations that score lower.
    percentile: Option<f64>,
    /// The share of applicable weight that is there (dekking).
    coverage: f64,
    /// What each indicator adds, largest first.
    contributions: Vec<ContributionType>,
    /// The rank to be expected given the noise, 1 is highest; for the overall score.
    expected_rank: Option<f64>,
    /// Among how many organisations.
    ranked: Option<usize>,
    /// One sentence that says it.
    explanation: LocalizedText,
    /// The run it comes from.
    run: RunType,
}

#[ComplexObject]
impl RiskScore {
    /// The signals of the organisation in this run, by indicator; those of the theme for a theme's score.
    fn signals(&self, context: &Context<'_>) -> Result<Vec<SignalType>> {
        let asked = Asked::by(context)?;
        let theme = self.theme_code.as_ref();
        Ok(self.assessment.organisations.get(self.place).map_or_else(Vec::new, |one| {
            let wanted = one.outcome.signals.iter().filter(|found| theme.is_none_or(|theme| found.theme == *theme));
            wanted.map(|found| signal(&asked, &self.assessment, &one.organisation, found)).collect()
        }))
    }
}

/// The type for `score` of the organisation at `place` of `assessment`.
pub(in crate::graphql) fn risk_score(
    asked: &Asked<'_>,
    assessment: &Arc<Assessment>,
    place: usize,
    organisation: &Organisation,
    score: &Score,
) -> RiskScore {
    let catalogue = asked.catalogue();
    let quality = assessment.organisations.get(place).map(|one| one.outcome.data.clone()).unwrap_or_default();
    let contribution = |one: &Contribution| ContributionType {
        indicator: IndicatorType::named(catalogue, &one.indicator),
        is_change: one.is_change,
        points: 10.0 * one.standardised,
    };
    RiskScore {
        place,
        theme_code: score.theme.clone(),
        organisation: organisation.clone().into(),
        period: PeriodText(assessment.key.period),
        theme: score.theme.as_ref().and_then(|code| ThemeType::named(catalogue, code)),
        data: quality.state.into(),
        level: score.level.into(),
        score: score.score,
        standardised: score.standardised,
        interval: score.interval.map(Into::into),
        percentile: score.percentile,
        coverage: score.coverage,
        contributions: score.contributions.iter().map(contribution).collect(),
        expected_rank: score.expected_rank,
        ranked: score.ranked,
        explanation: asked.service.explain_score(asked.reader(), &quality, score).into(),
        run: RunType::from(&**assessment),
        assessment: Arc::clone(assessment),
    }
}
