//! Scores and the runs they come from.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};

use super::{
    DataStateType, IndicatorType, LevelType, LocalizedText, OrganisationType, SignalType,
    catalogue::ThemeType,
    quality::{DataFindingType, HeadlineType, data_finding},
    signal,
    signal::IntervalType,
};
use crate::{
    graphql::{
        context::Asked,
        scalars::{DateTime, PeriodText},
        types::recorded_override::{OverrideReasonType, OverrideRecordType},
    },
    service::{AssessedOrganisation, Assessment, Contribution, Headline, OrganisationOutcome, Score, Thresholds, Top},
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

/// What is known of an organisation besides figures, and outranks its scores (gaat voor): shown apart, no part of them.
#[derive(Clone, Debug, SimpleObject)]
struct Override {
    /// What it is.
    reason: OverrideReasonType,
    /// What the inspectorate recorded (vastgelegd); null for what follows from the figures.
    record: Option<OverrideRecordType>,
    /// One sentence that says it.
    explanation: LocalizedText,
}

/// A theme whose level is above that of the overall score: what good results elsewhere would hide (thema-attentie).
#[derive(Clone, Debug, SimpleObject)]
struct ThemeAlert {
    /// The theme (thema); null when this catalogue no longer has it.
    theme: Option<ThemeType>,
    /// Its level (niveau).
    level: LevelType,
    /// Its score, from 0 to 100.
    score: Option<f64>,
    /// One sentence that says it.
    explanation: LocalizedText,
}

/// The chance of standing at the top (kans op een plaats in de top).
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "TopPlace")]
struct TopType {
    /// How many places the top has.
    places: usize,
    /// The chance of having one of them, if one measured again.
    chance: f64,
}

impl From<Top> for TopType {
    fn from(top: Top) -> Self {
        Self { places: top.places, chance: top.chance }
    }
}

/// From where on a standardised sum has a level (drempels).
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "Thresholds")]
struct ThresholdsType {
    /// From here on attention: 2.3 % of ordinary organisations.
    attention: f64,
    /// From here on elevated: 0.13 % of ordinary organisations.
    elevated: f64,
}

impl From<Thresholds> for ThresholdsType {
    fn from(thresholds: Thresholds) -> Self {
        Self { attention: thresholds.attention, elevated: thresholds.elevated }
    }
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
    /// What is said first of it: of an overall score what outranks it, the state of the data, or else the level.
    headline: HeadlineType,
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
    /// The chance of standing among the first so many (kans op een plaats in de top); for the overall score.
    top: Option<TopType>,
    /// From where on the sum has a level (drempels); null without a score.
    thresholds: Option<ThresholdsType>,
    /// By how much sums were divided because they spread more than chance.
    inflation: f64,
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
            wanted.map(|found| signal(&asked, &self.assessment, one, found)).collect()
        }))
    }

    /// What outranks the scores of the organisation (gaat voor), shown apart.
    fn overrides(&self, context: &Context<'_>) -> Result<Vec<Override>> {
        let asked = Asked::by(context)?;
        let all = self.outcome().into_iter().flat_map(OrganisationOutcome::overrides_with_records);
        let shown = all.map(|(reason, record)| Override {
            reason: reason.into(),
            record: record.cloned().map(Into::into),
            explanation: asked.service.explain_override(reason, record).into(),
        });
        Ok(shown.collect())
    }

    /// The themes whose level is above that of the overall score (thema-attenties); empty for a theme's score.
    fn theme_alerts(&self, context: &Context<'_>) -> Result<Vec<ThemeAlert>> {
        let asked = Asked::by(context)?;
        let Some(outcome) = self.outcome().filter(|_| self.theme_code.is_none()) else { return Ok(Vec::new()) };
        let alert = |score: &Score| ThemeAlert {
            theme: score.theme.as_ref().and_then(|code| ThemeType::named(asked.catalogue(), code)),
            level: score.level.into(),
            score: score.score,
            explanation: asked.service.explain_score(asked.reader(), outcome, score).into(),
        };
        Ok(outcome.theme_alerts().map(alert).collect())
    }

    /// The signals about the organisation's data that show (gegevenskwaliteit), by code; never part of the score of care.
    fn data_findings(&self, context: &Context<'_>) -> Result<Vec<DataFindingType>> {
        let asked = Asked::by(context)?;
        let shown = self.outcome().into_iter().flat_map(|outcome| &outcome.data.signals).filter(|one| one.is_shown());
        Ok(shown.map(|finding| data_finding(&asked, finding)).collect())
    }
}

impl RiskScore {
    fn outcome(&self) -> Option<&OrganisationOutcome> {
        self.assessment.organisations.get(self.place).map(|one| &one.outcome)
    }
}

/// The type for `score` of `one`, which is at `place` of `assessment`.
pub(in crate::graphql) fn risk_score(
    asked: &Asked<'_>,
    assessment: &Arc<Assessment>,
    place: usize,
    one: &AssessedOrganisation,
    score: &Score,
) -> RiskScore {
    let catalogue = asked.catalogue();
    let quality = &one.outcome.data;
    let headline =
        if score.theme.is_none() { one.outcome.headline() } else { Headline::of(quality.state, score.level) };
    let contribution = |one: &Contribution| ContributionType {
        indicator: IndicatorType::named(catalogue, &one.indicator),
        is_change: one.is_change,
        points: 10.0 * one.standardised,
    };
    RiskScore {
        place,
        theme_code: score.theme.as_deref().map(str::to_owned),
        organisation: one.organisation.clone().into(),
        period: PeriodText(assessment.key.period),
        theme: score.theme.as_ref().and_then(|code| ThemeType::named(catalogue, code)),
        headline: headline.into(),
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
        top: score.top.map(Into::into),
        thresholds: score.thresholds.map(Into::into),
        inflation: score.inflation,
        explanation: asked.service.explain_score(asked.reader(), &one.outcome, score).into(),
        run: RunType::from(&**assessment),
        assessment: Arc::clone(assessment),
    }
}
