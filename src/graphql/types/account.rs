//! The honest account of a period: how many signals there are, and how many chance alone would give.

use std::collections::BTreeSet;

use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};

use super::{
    LocalizedText, RunType, catalogue::ThemeType, course::SectorDriftType, course::sector_drift,
    organisation::OrganisationKindType, signal::IntervalType,
};
use crate::{
    graphql::{context::Asked, scalars::PeriodText},
    service::{FlagRate, HonestAccount, KindRate, Size, SizeRate, Tally, ThemeTally},
};

/// What was found among comparisons with peers, and what chance alone would give. What is held against a norm or a rule
/// is no matter of chance and is not counted.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "Tally")]
pub(super) struct TallyType {
    /// How many comparisons.
    tests: usize,
    /// How many are at least at attention (waargenomen).
    attention: usize,
    /// How many are elevated (verhoogd).
    elevated: usize,
    /// How many would be at least at attention were all organisations ordinary (verwacht door toeval): the sum of the
    /// exact chances.
    expected_attention: f64,
    /// How many would be elevated were all organisations ordinary.
    expected_elevated: f64,
}

impl From<Tally> for TallyType {
    fn from(tally: Tally) -> Self {
        Self {
            tests: tally.tests,
            attention: tally.attention,
            elevated: tally.elevated,
            expected_attention: tally.expected_attention,
            expected_elevated: tally.expected_elevated,
        }
    }
}

/// The signals of one theme (thema).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "ThemeTally")]
struct ThemeTallyType {
    /// The theme; null when this catalogue no longer has it.
    theme: Option<ThemeType>,
    /// What was found and what chance alone would give.
    signals: TallyType,
}

/// The share of comparisons with a signal, of either level, in a group of organisations (signaalkans).
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "FlagRate")]
struct FlagRateType {
    /// How many organisations.
    organisations: usize,
    /// How many comparisons.
    tests: usize,
    /// The share of them with a signal (waargenomen).
    observed: f64,
    /// The share that chance alone would give (verwacht).
    expected: f64,
    /// Where that share lies with 99 % chance.
    band: IntervalType,
    /// Whether the observed share lies within the band.
    is_ordinary: bool,
}

impl From<FlagRate> for FlagRateType {
    fn from(rate: FlagRate) -> Self {
        Self {
            organisations: rate.organisations,
            tests: rate.tests,
            observed: rate.observed,
            expected: rate.expected,
            band: rate.band.into(),
            is_ordinary: rate.is_ordinary,
        }
    }
}

/// The share with a signal among organisations of one sort (soort).
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "KindRate")]
struct KindRateType {
    /// The sort.
    kind: OrganisationKindType,
    /// Its share.
    rate: FlagRateType,
}

impl From<&KindRate> for KindRateType {
    fn from(one: &KindRate) -> Self {
        Self { kind: one.kind.into(), rate: one.rate.into() }
    }
}

/// Classes of organisations by size (grootteklasse): the largest denominator of their proportions in the period, about
/// their clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "SizeClass", remote = "Size")]
enum SizeType {
    /// Fewer than 50 clients.
    Smallest,
    /// 50 to 199 clients.
    Small,
    /// 200 to 999 clients.
    Medium,
    /// 1000 clients and more.
    Large,
}

/// The share with a signal among organisations of one size (grootte).
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "SizeRate")]
struct SizeRateType {
    /// The class of size.
    size: SizeType,
    /// Its share.
    rate: FlagRateType,
}

impl From<&SizeRate> for SizeRateType {
    fn from(one: &SizeRate) -> Self {
        Self { size: one.size.into(), rate: one.rate.into() }
    }
}

/// The honest account of a period (verantwoording): the signals that there are beside those that chance alone would
/// give, over the whole sector and anonymous. Outside the inspectorate counts are withheld below ten organisations, and
/// so is each group from which one of fewer than ten would follow.
#[derive(Debug, SimpleObject)]
#[graphql(name = "Account", complex)]
pub(in crate::graphql) struct AccountType {
    #[graphql(skip)]
    found: HonestAccount,
    /// The period.
    period: PeriodText,
    /// Whether the counts are withheld because there are too few organisations.
    suppressed: bool,
    /// One sentence that says it; null when withheld.
    explanation: Option<LocalizedText>,
    /// Indicators of organisations (signalen); null when withheld.
    signals: Option<TallyType>,
    /// Changes of indicators against organisations' own pasts (veranderingen); null when withheld.
    changes: Option<TallyType>,
    /// Overall scores (totaalscores); null when withheld.
    scores: Option<TallyType>,
    /// Scores of themes (themascores), but that of data quality; null when withheld.
    theme_scores: Option<TallyType>,
    /// The signals by theme, which add up to all; empty when withheld.
    themes: Vec<ThemeTallyType>,
    /// The share with a signal by sort of organisation.
    kinds: Vec<KindRateType>,
    /// The share with a signal by size of organisation.
    sizes: Vec<SizeRateType>,
    /// The run it was taken from.
    run: RunType,
}

#[ComplexObject]
impl AccountType {
    /// What each peer group as a whole did (ontwikkeling van de sector), by indicator and peer group; empty when
    /// withheld.
    fn drifts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of these indicators only.")] indicators: Option<Vec<String>>,
    ) -> Result<Vec<SectorDriftType>> {
        let asked = Asked::by(context)?;
        let indicators: Option<BTreeSet<String>> = indicators.map(|codes| codes.into_iter().collect());
        let wanted = |code: &str| indicators.as_ref().is_none_or(|codes| codes.contains(code));
        let drifts = self.found.run.drifts.iter().filter(|one| !self.suppressed && wanted(&one.indicator));
        Ok(drifts.map(|drift| sector_drift(&asked, drift)).collect())
    }
}

impl AccountType {
    /// The type for `found`.
    pub(in crate::graphql) fn new(asked: &Asked<'_>, found: HonestAccount) -> Self {
        let account = found.account.as_ref();
        let tally = |of: fn(&crate::service::Account) -> Tally| account.map(|account| of(account).into());
        let theme = |one: &ThemeTally| ThemeTallyType {
            theme: ThemeType::named(asked.catalogue(), &one.theme),
            signals: one.signals.into(),
        };
        Self {
            period: PeriodText(found.run.key.period),
            suppressed: account.is_none(),
            explanation: account.map(|account| asked.service.explain_account(account).into()),
            signals: tally(|account| account.signals),
            changes: tally(|account| account.changes),
            scores: tally(|account| account.scores),
            theme_scores: tally(|account| account.themes),
            themes: found.themes.iter().map(theme).collect(),
            kinds: account.map_or_else(Vec::new, |account| account.kinds.iter().map(Into::into).collect()),
            sizes: account.map_or_else(Vec::new, |account| account.sizes.iter().map(Into::into).collect()),
            run: RunType::from(&*found.run),
            found,
        }
    }
}
