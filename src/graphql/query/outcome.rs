//! Questions about what came of the numbers: scores, signals, distributions.

use std::borrow::Cow;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};

use super::data::{OrganisationBy, SuccessionType, organisation_by};
use crate::{
    domain::{Level, Period, Succession},
    graphql::{
        context::Asked,
        page::{ORDINARY_PAGE, Page, PageRequest, bad_input},
        plan::{PageOf, ScoreRow, ScoreShape, SignalRow, SignalShape, no_page_of, page_of},
        scalars::{DateTime, PeriodText},
        types::{
            AccountType, ChartType, DistributionType, LevelType, RecordedOverrideType, RiskScore, RunType, SignalType,
            risk_score, signal,
        },
    },
    service::{Assessment, ChartQuery, Ranked},
};

/// The most periods of a chart: ten years of quarters.
const LONGEST_CHART: i32 = 40;
/// The periods of a chart when the client names no number.
const ORDINARY_CHART: i32 = 12;

/// In which order scores come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
enum RiskScoreOrder {
    /// The highest score first; those without a score last.
    #[default]
    ScoreDescending,
    /// The lowest score first; those without a score last.
    ScoreAscending,
    /// By AGB code.
    AgbCode,
}

/// Which scores are wanted.
#[derive(Default, InputObject)]
struct RiskScoreFilter {
    /// With one of these levels.
    levels: Option<Vec<LevelType>>,
    /// Of at least so many points.
    minimum_score: Option<f64>,
    /// Of this organisation.
    organisation: Option<ID>,
    /// Only those of organisations of which something outranks the scores (gaat voor), or only the others.
    overridden: Option<bool>,
}

/// Which recorded overrides are wanted.
#[derive(Default, InputObject)]
struct OverrideFilter {
    /// Of this organisation.
    organisation: Option<ID>,
}

/// Which signals are wanted.
#[derive(Default, InputObject)]
struct SignalFilter {
    /// Of this organisation.
    organisation: Option<ID>,
    /// Of these indicators.
    indicators: Option<Vec<String>>,
    /// Of this theme.
    theme: Option<String>,
    /// With one of these levels.
    levels: Option<Vec<LevelType>>,
}

#[derive(Debug, Default)]
pub(super) struct OutcomeQuery;

#[Object]
impl OutcomeQuery {
    /// What the inspectorate recorded of organisations and outranks their scores (gaat voor): measures in force and
    /// calamities under investigation, ended and taken back ones too; by organisation, the oldest first. An organisation
    /// sees its own.
    async fn overrides(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.", default)] filter: OverrideFilter,
        #[graphql(desc = "How many, at most 100.", default_with = "ORDINARY_PAGE")] first: i32,
        #[graphql(desc = "After the row with this cursor.")] after: Option<String>,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Result<Page<RecordedOverrideType>> {
        let asked = Asked::by(context)?;
        let known_at = asked.known_at(as_known_at).await?;
        let page = PageRequest::new(first, after, known_at)?;
        let found = asked.service.overrides(&asked.actor, page.known_at).await;
        let mut found = found.map_err(|error| asked.failure(&error))?;
        found.retain(|(whose, _)| filter.organisation.as_ref().is_none_or(|id| whose.id.to_string() == id.as_str()));
        Ok(page.cut(found, |(organisation, recorded)| RecordedOverrideType::new(organisation, recorded)))
    }

    /// The scores of a period (risicoscores): whom to visit first, as a question. An organisation sees its own.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn risk_scores(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The period, for example 2025.")] period: PeriodText,
        #[graphql(desc = "Of this theme; overall without one.")] theme: Option<String>,
        #[graphql(desc = "Which.", default)] filter: RiskScoreFilter,
        #[graphql(desc = "In which order.", default)] order_by: RiskScoreOrder,
        #[graphql(desc = "How many, at most 100.", default_with = "ORDINARY_PAGE")] first: i32,
        #[graphql(desc = "After the row with this cursor.")] after: Option<String>,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Result<PageOf<RiskScore>> {
        let asked = Asked::by(context)?;
        let page = PageRequest::new(first, after, asked.known_at(as_known_at).await?)?;
        let Some(assessment) = asked.assessment(period.0, page.known_at).await? else {
            return Ok(no_page_of::<ScoreShape>(&asked, context, page));
        };
        let ranked = ranked(&assessment, theme.as_deref(), &filter, order_by);
        let rows = ranked.iter().map(|ranked| {
            let (one, score) = assessment.ranked(*ranked);
            ScoreRow { assessment: &assessment, place: ranked.place, one, score }
        });
        let node = |row: ScoreRow<'_>| risk_score(&asked, &assessment, row.place, row.one, row.score);
        Ok(page_of::<ScoreShape>(&asked, context, page, rows, node))
    }

    /// The signals of a period (signalen), by AGB code and indicator. An organisation sees its own.
    async fn signals(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The period, for example 2025.")] period: PeriodText,
        #[graphql(desc = "Which.", default)] filter: SignalFilter,
        #[graphql(desc = "How many, at most 100.", default_with = "ORDINARY_PAGE")] first: i32,
        #[graphql(desc = "After the row with this cursor.")] after: Option<String>,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Result<PageOf<SignalType>> {
        let asked = Asked::by(context)?;
        let page = PageRequest::new(first, after, asked.known_at(as_known_at).await?)?;
        let Some(assessment) = asked.assessment(period.0, page.known_at).await? else {
            return Ok(no_page_of::<SignalShape>(&asked, context, page));
        };
        let levels = filter.levels.as_ref().map(|levels| to_levels(levels));
        let organisation = filter.organisation.as_ref().map(|id| id.as_str());
        let rows: Vec<_> = assessment
            .shown_to(asked.actor.scope)
            .filter(|one| organisation.is_none_or(|id| one.organisation.id.to_string() == id))
            .flat_map(|one| one.outcome.signals.iter().map(move |found| (one, found)))
            .filter(|(_, found)| levels.as_ref().is_none_or(|levels| levels.contains(&found.level)))
            .filter(|(_, found)| filter.theme.as_ref().is_none_or(|theme| found.theme == *theme))
            .filter(|(_, found)| {
                filter.indicators.as_ref().is_none_or(|codes| codes.iter().any(|code| found.indicator == *code))
            })
            .collect();
        let rows = rows.iter().map(|(one, signal)| SignalRow { assessment: &assessment, one, signal });
        let node = |row: SignalRow<'_>| signal(&asked, &assessment, row.one, row.signal);
        Ok(page_of::<SignalShape>(&asked, context, page, rows, node))
    }

    /// How the values of an indicator lie over the sector: anonymous, for comparing oneself.
    async fn distribution(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The indicator's code, for example `KZ06`.")] indicator: String,
        #[graphql(desc = "The period, for example 2025.")] period: PeriodText,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Option<Result<DistributionType>> {
        find_distribution(context, &indicator, period.0, as_known_at).await.transpose()
    }

    /// The last scoring run of a period.
    async fn run(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The period, for example 2025.")] period: PeriodText,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Option<Result<RunType>> {
        find_run(context, period.0, as_known_at).await.transpose()
    }

    /// The honest account of a period (verantwoording): how many signals there are, and how many chance alone would
    /// give. Of the whole sector, anonymous.
    async fn account(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The period, for example 2025.")] period: PeriodText,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Option<Result<AccountType>> {
        find_account(context, period.0, as_known_at).await.transpose()
    }

    /// The chart of an organisation's own figures over time (grafiek). An organisation sees its own; null where there is
    /// nothing to draw or it is not yours.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn chart(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The indicator's code, for example `KZ06`.")] indicator: String,
        #[graphql(desc = "The last period, for example 2025 or 2025-Q4.")] period: PeriodText,
        #[graphql(desc = "Over how many periods of that length, at most 40; 12 without it.")] periods: Option<i32>,
        #[graphql(desc = "Whose; without it, the asker's own.")] by: Option<OrganisationBy>,
        #[graphql(
            desc = "As which organisations, where some merged; as they were, without it. As they are now is for the inspectorate.",
            default
        )]
        organisations: SuccessionType,
        #[graphql(desc = "A moment in the past whose knowledge is wanted.")] as_known_at: Option<DateTime>,
    ) -> Option<Result<ChartType>> {
        let periods = periods.unwrap_or(ORDINARY_CHART);
        let span = Span { indicator, period: period.0, periods, succession: organisations.into() };
        find_chart(context, span, by, as_known_at).await.transpose()
    }
}

async fn find_distribution(
    context: &Context<'_>,
    indicator: &str,
    period: Period,
    as_known_at: Option<DateTime>,
) -> Result<Option<DistributionType>> {
    let asked = Asked::by(context)?;
    let known_at = asked.known_at(as_known_at).await?.counted;
    let found = asked.service.distribution(&asked.actor, indicator, period, known_at).await;
    let found = found.map_err(|error| asked.failure(&error))?;
    Ok(found.map(|found| DistributionType::new(&asked, &found)))
}

async fn find_run(context: &Context<'_>, period: Period, as_known_at: Option<DateTime>) -> Result<Option<RunType>> {
    let asked = Asked::by(context)?;
    let known_at = asked.known_at(as_known_at).await?.counted;
    Ok(asked.assessment(period, known_at).await?.map(|found| RunType::from(&*found)))
}

async fn find_account(
    context: &Context<'_>,
    period: Period,
    as_known_at: Option<DateTime>,
) -> Result<Option<AccountType>> {
    let asked = Asked::by(context)?;
    let known_at = asked.known_at(as_known_at).await?.counted;
    let found = asked.service.account(&asked.actor, period, known_at).await;
    Ok(found.map_err(|error| asked.failure(&error))?.map(|found| AccountType::new(&asked, found)))
}

/// What a chart is of.
struct Span {
    indicator: String,
    period: Period,
    periods: i32,
    succession: Succession,
}

async fn find_chart(
    context: &Context<'_>,
    span: Span,
    by: Option<OrganisationBy>,
    as_known_at: Option<DateTime>,
) -> Result<Option<ChartType>> {
    let asked = Asked::by(context)?;
    let Span { indicator, period, periods, succession } = span;
    if !(1..=LONGEST_CHART).contains(&periods) {
        return Err(bad_input(format!("`periods` must be from 1 to {LONGEST_CHART}; found {periods}")));
    }
    let known_at = asked.known_at(as_known_at).await?.counted;
    let organisation = match by {
        Some(by) => organisation_by(context, by).await?.map(|found| found.id),
        None => asked.actor.scope.itself(),
    };
    let Some(organisation) = organisation else { return Ok(None) };
    let query = ChartQuery { organisation, indicator, period, periods: usize::try_from(periods)?, succession };
    let found = asked.service.chart(&asked.actor, query, known_at).await;
    Ok(found.map_err(|error| asked.failure(&error))?.map(|found| ChartType::new(&asked, found)))
}

/// The scores that are wanted, in the order asked for.
fn ranked<'a>(
    assessment: &'a Assessment,
    theme: Option<&str>,
    filter: &RiskScoreFilter,
    order: RiskScoreOrder,
) -> Cow<'a, [Ranked]> {
    let mut found = match order {
        RiskScoreOrder::ScoreDescending => Cow::from(assessment.ranking(theme)),
        RiskScoreOrder::ScoreAscending => assessment.reversed_ranking(theme).into(),
        RiskScoreOrder::AgbCode => {
            let mut found = assessment.ranking(theme).to_vec();
            found.sort_by_key(|ranked| ranked.place);
            found.into()
        }
    };
    let RiskScoreFilter { levels, minimum_score, organisation, overridden } = filter;
    if levels.is_some() || minimum_score.is_some() || organisation.is_some() || overridden.is_some() {
        let levels = levels.as_ref().map(|levels| to_levels(levels));
        found.to_mut().retain(|ranked| {
            let (one, score) = assessment.ranked(*ranked);
            organisation.as_ref().is_none_or(|id| one.organisation.id.to_string() == id.as_str())
                && overridden.is_none_or(|wanted| wanted != one.outcome.overrides.is_empty())
                && levels.as_ref().is_none_or(|levels| levels.contains(&score.level))
                && minimum_score.is_none_or(|least| score.score.is_some_and(|points| points >= least))
        });
    }
    found
}

fn to_levels(levels: &[LevelType]) -> Vec<Level> {
    levels.iter().map(|level| (*level).into()).collect()
}
