//! What is written of scores, signals and observations, field by field, as the types of `graphql::types` say it.

use super::{Field, Ink, Shape, list, object, optional, page::Listed};
use crate::{
    catalogue::Theme,
    domain::{Organisation, Text},
    graphql::types::{
        AspectType, DataClassType, DataStateType, DirectionType, DispersionType, HeadlineType, IndicatorKindType,
        IndicatorType, InsufficiencyType, LevelType, LocalizedText, MissingReasonType, ObservationType,
        OrganisationKindType, PeerGroupType, RiskScore, SignalType, SlipType, ThemeType, UnitType,
    },
    service::{
        AssessedOrganisation, Assessment, AtMost, ChangeNeeded, Contribution, Fit, Headline, Interval, NormComparison,
        NumberInForce, Pooled, Score, Signal, Thresholds, Top, TypingError,
    },
};

/// A text in both languages: Dutch, English.
struct TextShape;

impl Shape for TextShape {
    type Row<'r> = (&'r str, &'r str);
    const NAME: &'static str = "LocalizedText";
    const FIELDS: &'static [Field<Self>] =
        &[Field::leaf("nl", |(nl, _), _, ink| ink.text(nl)), Field::leaf("en", |(_, en), _, ink| ink.text(en))];
}

const fn both(text: &Text) -> (&str, &str) {
    (text.nl.as_str(), text.en.as_str())
}

const fn localized(text: &LocalizedText) -> (&str, &str) {
    (text.nl.as_str(), text.en.as_str())
}

struct IntervalShape;

impl Shape for IntervalShape {
    type Row<'r> = Interval;
    const NAME: &'static str = "Interval";
    const FIELDS: &'static [Field<Self>] =
        &[Field::leaf("low", |row, _, ink| ink.json(&row.low)), Field::leaf("high", |row, _, ink| ink.json(&row.high))];
}

struct OrganisationShape;

impl Shape for OrganisationShape {
    type Row<'r> = &'r Organisation;
    const NAME: &'static str = "Organisation";
    const FIELDS: &'static [Field<Self>] = &[
        Field::leaf("id", |row, _, ink| ink.plain(row.id)),
        Field::leaf("agbCode", |row, _, ink| ink.plain(row.agb_code)),
        Field::leaf("name", |row, _, ink| ink.text(&row.name)),
        Field::leaf("kind", |row, _, ink| ink.word::<OrganisationKindType>(row.kind)),
    ];
}

/// A theme, from wherever it is known.
#[derive(Clone, Copy)]
struct ThemeRow<'r> {
    code: &'r str,
    name: (&'r str, &'r str),
    description: (&'r str, &'r str),
}

impl<'r> From<&'r Theme> for ThemeRow<'r> {
    fn from(theme: &'r Theme) -> Self {
        Self { code: &theme.code, name: both(&theme.name), description: both(&theme.description) }
    }
}

impl<'r> From<&'r ThemeType> for ThemeRow<'r> {
    fn from(theme: &'r ThemeType) -> Self {
        Self { code: &theme.code, name: localized(&theme.name), description: localized(&theme.description) }
    }
}

struct ThemeShape;

impl Shape for ThemeShape {
    type Row<'r> = ThemeRow<'r>;
    const NAME: &'static str = "Theme";
    const FIELDS: &'static [Field<Self>] = &[
        Field::leaf("code", |row, _, ink| ink.text(row.code)),
        Field::of::<TextShape>("name", |row, step, ink| object::<TextShape>(row.name, &step.inner, ink)),
        Field::of::<TextShape>("description", |row, step, ink| object::<TextShape>(row.description, &step.inner, ink)),
    ];
}

struct IndicatorShape;

impl Shape for IndicatorShape {
    type Row<'r> = &'r IndicatorType;
    const NAME: &'static str = "Indicator";
    const FIELDS: &'static [Field<Self>] = &[
        Field::leaf("code", |row, _, ink| ink.text(&row.code)),
        Field::leaf("inid", |row, _, ink| ink.json(&row.inid)),
        Field::of::<TextShape>("name", |row, step, ink| object::<TextShape>(localized(&row.name), &step.inner, ink)),
        Field::of::<TextShape>("description", |row, step, ink| {
            object::<TextShape>(localized(&row.description), &step.inner, ink);
        }),
        Field::of::<ThemeShape>("theme", |row, step, ink| {
            optional::<ThemeShape>(row.theme.as_ref().map(Into::into), &step.inner, ink);
        }),
        Field::leaf("aspect", |row, _, ink| ink.word::<AspectType>(row.aspect)),
        Field::leaf("kind", |row, _, ink| ink.word::<IndicatorKindType>(row.kind)),
        Field::of::<TextShape>("numerator", |row, step, ink| {
            object::<TextShape>(localized(&row.numerator), &step.inner, ink);
        }),
        Field::of::<TextShape>("denominator", |row, step, ink| {
            object::<TextShape>(localized(&row.denominator), &step.inner, ink);
        }),
        Field::leaf("unit", |row, _, ink| ink.word::<UnitType>(row.unit)),
        Field::leaf("direction", |row, _, ink| ink.word::<DirectionType>(row.direction)),
        Field::leaf("weight", |row, _, ink| ink.json(&row.weight)),
        Field::leaf("validFrom", |row, _, ink| ink.json(&row.valid_from)),
        Field::leaf("validTo", |row, _, ink| ink.json(&row.valid_to)),
        Field::leaf("verified", |row, _, ink| ink.json(&row.verified)),
    ];
}

fn indicator(code: &str, step: &super::Step, ink: &mut Ink<'_>) {
    let found = ink.indicator(code);
    object::<IndicatorShape>(&found, &step.inner, ink);
}

struct AtMostShape;

impl Shape for AtMostShape {
    type Row<'r> = &'r AtMost;
    const NAME: &'static str = "AtMost";
    const FIELDS: &'static [Field<Self>] = &[
        Field::leaf("numerator", |row, _, ink| ink.json(&row.numerator)),
        Field::leaf("value", |row, _, ink| ink.json(&row.value)),
        Field::of::<IntervalShape>("interval", |row, step, ink| {
            object::<IntervalShape>(row.interval, &step.inner, ink);
        }),
    ];
}

struct PooledShape;

impl Shape for PooledShape {
    type Row<'r> = &'r Pooled;
    const NAME: &'static str = "Pooled";
    const FIELDS: &'static [Field<Self>] = &[
        Field::leaf("periods", |row, _, ink| ink.json(&row.periods)),
        Field::leaf("numerator", |row, _, ink| ink.json(&row.numerator)),
        Field::leaf("denominator", |row, _, ink| ink.json(&row.denominator)),
        Field::leaf("value", |row, _, ink| ink.json(&row.value)),
        Field::of::<IntervalShape>("interval", |row, step, ink| {
            object::<IntervalShape>(row.interval, &step.inner, ink);
        }),
    ];
}

struct NormComparisonShape;

impl Shape for NormComparisonShape {
    type Row<'r> = &'r NormComparison;
    const NAME: &'static str = "NormComparison";
    const FIELDS: &'static [Field<Self>] = &[
        Field::leaf("norm", |row, _, ink| ink.json(&row.norm)),
        Field::leaf("isLegal", |row, _, ink| ink.json(&row.is_legal)),
        Field::leaf("isMet", |row, _, ink| ink.json(&row.is_met)),
        Field::leaf("r", |row, _, ink| ink.json(&row.r)),
        Field::leaf("probability", |row, _, ink| ink.json(&row.probability)),
    ];
}

struct ChangeNeededShape;

impl Shape for ChangeNeededShape {
    type Row<'r> = &'r ChangeNeeded;
    const NAME: &'static str = "ChangeNeeded";
    const FIELDS: &'static [Field<Self>] = &[
        Field::leaf("level", |row, _, ink| ink.word::<LevelType>(row.level)),
        Field::leaf("numerator", |row, _, ink| ink.json(&row.numerator)),
        Field::leaf("value", |row, _, ink| ink.json(&row.value)),
    ];
}

struct TypingErrorShape;

impl Shape for TypingErrorShape {
    type Row<'r> = &'r TypingError;
    const NAME: &'static str = "TypingError";
    const FIELDS: &'static [Field<Self>] = &[
        Field::leaf("slip", |row, _, ink| ink.word::<SlipType>(row.slip)),
        Field::leaf("numerator", |row, _, ink| ink.json(&row.numerator)),
        Field::leaf("denominator", |row, _, ink| ink.json(&row.denominator)),
    ];
}

struct FitShape;

impl Shape for FitShape {
    type Row<'r> = &'r Fit;
    const NAME: &'static str = "Fit";
    const FIELDS: &'static [Field<Self>] = &[
        Field::leaf("peerGroup", |row, _, ink| ink.word::<PeerGroupType>(row.peer_group)),
        Field::leaf("organisations", |row, _, ink| ink.json(&row.organisations)),
        Field::leaf("periods", |row, _, ink| ink.json(&row.periods)),
        Field::leaf("typicalValue", |row, _, ink| ink.json(&row.typical_value)),
        Field::leaf("location", |row, _, ink| ink.json(&row.location)),
        Field::leaf("dispersion", |row, _, ink| ink.json(&row.dispersion)),
        Field::leaf("dispersionKind", |row, _, ink| ink.word::<DispersionType>(row.dispersion_kind)),
    ];
}

/// A signal of an organisation in a run.
#[derive(Clone, Copy)]
pub(in crate::graphql) struct SignalRow<'r> {
    pub(in crate::graphql) assessment: &'r Assessment,
    pub(in crate::graphql) one: &'r AssessedOrganisation,
    pub(in crate::graphql) signal: &'r Signal,
}

/// Signals, but for what was said of their numbers, the signals about data and the change over time.
pub(in crate::graphql) struct SignalShape;

impl Listed for SignalShape {
    type Node = SignalType;
}

impl Shape for SignalShape {
    type Row<'r> = SignalRow<'r>;
    const NAME: &'static str = "Signal";
    const FIELDS: &'static [Field<Self>] = &[
        Field::of::<OrganisationShape>("organisation", |row, step, ink| {
            object::<OrganisationShape>(&row.one.organisation, &step.inner, ink);
        }),
        Field::leaf("period", |row, _, ink| ink.plain(row.assessment.key.period)),
        Field::of::<IndicatorShape>("indicator", |row, step, ink| indicator(&row.signal.indicator, step, ink)),
        Field::leaf("headline", |row, _, ink| ink.word::<HeadlineType>(row.signal.headline())),
        Field::leaf("data", |row, _, ink| ink.word::<DataStateType>(row.signal.data)),
        Field::leaf("level", |row, _, ink| ink.word::<LevelType>(row.signal.level)),
        Field::leaf("insufficiency", |row, _, ink| ink.maybe_word::<InsufficiencyType>(row.signal.insufficiency)),
        Field::of::<TextShape>("explanation", |row, step, ink| {
            let asked = ink.asked;
            let said = asked.service.explain_signal(asked.reader(), &row.one.organisation, row.signal);
            object::<TextShape>(both(&said), &step.inner, ink);
        }),
        Field::leaf("numerator", |row, _, ink| ink.json(&row.signal.numerator)),
        Field::leaf("denominator", |row, _, ink| ink.json(&row.signal.denominator)),
        Field::leaf("value", |row, _, ink| ink.json(&row.signal.value)),
        Field::of::<IntervalShape>("interval", |row, step, ink| {
            optional::<IntervalShape>(row.signal.interval, &step.inner, ink);
        }),
        Field::of::<AtMostShape>("atMost", |row, step, ink| {
            optional::<AtMostShape>(row.signal.at_most.as_deref(), &step.inner, ink);
        }),
        Field::of::<PooledShape>("pooled", |row, step, ink| {
            optional::<PooledShape>(row.signal.pooled.as_deref(), &step.inner, ink);
        }),
        Field::leaf("peerGroup", |row, _, ink| ink.maybe_word::<PeerGroupType>(row.signal.peer_group)),
        Field::leaf("peers", |row, _, ink| ink.json(&row.assessment.fit(row.signal).map(|fit| fit.organisations))),
        Field::leaf("typicalValue", |row, _, ink| ink.json(&row.signal.typical_value)),
        Field::of::<IntervalShape>("ordinary", |row, step, ink| {
            optional::<IntervalShape>(row.signal.ordinary, &step.inner, ink);
        }),
        Field::leaf("shrunken", |row, _, ink| ink.json(&row.signal.shrunken)),
        Field::leaf("z", |row, _, ink| ink.json(&row.signal.z)),
        Field::leaf("r", |row, _, ink| ink.json(&row.signal.r)),
        Field::leaf("rPeers", |row, _, ink| ink.json(&row.signal.r_peers)),
        Field::leaf("probabilityLow", |row, _, ink| ink.json(&row.signal.probability_low)),
        Field::leaf("probabilityHigh", |row, _, ink| ink.json(&row.signal.probability_high)),
        Field::leaf("noiseShare", |row, _, ink| ink.json(&row.signal.noise_share)),
        Field::leaf("chanceOfAttention", |row, _, ink| ink.json(&row.signal.chance_of_attention)),
        Field::leaf("chanceOfElevated", |row, _, ink| ink.json(&row.signal.chance_of_elevated)),
        Field::leaf("falseDiscoveryRate", |row, _, ink| ink.json(&row.signal.false_discovery_rate)),
        Field::of::<NormComparisonShape>("norm", |row, step, ink| {
            optional::<NormComparisonShape>(row.signal.norm.as_deref(), &step.inner, ink);
        }),
        Field::of::<ChangeNeededShape>("changeNeeded", |row, step, ink| {
            optional::<ChangeNeededShape>(row.signal.change_needed.as_deref(), &step.inner, ink);
        }),
        Field::of::<TypingErrorShape>("typingError", |row, step, ink| {
            optional::<TypingErrorShape>(row.signal.typing_error.as_deref(), &step.inner, ink);
        }),
        Field::of::<FitShape>("fit", |row, step, ink| {
            optional::<FitShape>(row.assessment.fit(row.signal), &step.inner, ink);
        }),
    ];
}

struct ContributionShape;

impl Shape for ContributionShape {
    type Row<'r> = &'r Contribution;
    const NAME: &'static str = "Contribution";
    const FIELDS: &'static [Field<Self>] = &[
        Field::of::<IndicatorShape>("indicator", |row, step, ink| indicator(&row.indicator, step, ink)),
        Field::leaf("isChange", |row, _, ink| ink.json(&row.is_change)),
        Field::leaf("points", |row, _, ink| ink.json(&(10.0 * row.standardised))),
    ];
}

struct TopShape;

impl Shape for TopShape {
    type Row<'r> = Top;
    const NAME: &'static str = "TopPlace";
    const FIELDS: &'static [Field<Self>] = &[
        Field::leaf("places", |row, _, ink| ink.json(&row.places)),
        Field::leaf("chance", |row, _, ink| ink.json(&row.chance)),
    ];
}

struct ThresholdsShape;

impl Shape for ThresholdsShape {
    type Row<'r> = Thresholds;
    const NAME: &'static str = "Thresholds";
    const FIELDS: &'static [Field<Self>] = &[
        Field::leaf("attention", |row, _, ink| ink.json(&row.attention)),
        Field::leaf("elevated", |row, _, ink| ink.json(&row.elevated)),
    ];
}

struct RunShape;

impl Shape for RunShape {
    type Row<'r> = &'r Assessment;
    const NAME: &'static str = "Run";
    const FIELDS: &'static [Field<Self>] = &[
        Field::leaf("id", |row, _, ink| ink.plain(row.id)),
        Field::leaf("period", |row, _, ink| ink.plain(row.key.period)),
        Field::leaf("knownAt", |row, _, ink| ink.plain(row.key.known_at)),
        Field::leaf("engineVersion", |row, _, ink| ink.text(&row.key.engine_version)),
        Field::leaf("catalogueHash", |row, _, ink| ink.plain(row.key.catalogue_hash)),
        Field::leaf("inputHash", |row, _, ink| ink.plain(row.key.input_hash)),
        Field::leaf("outputHash", |row, _, ink| ink.plain(row.output_hash)),
    ];
}

/// A score of an organisation in a run.
#[derive(Clone, Copy)]
pub(in crate::graphql) struct ScoreRow<'r> {
    pub(in crate::graphql) assessment: &'r Assessment,
    /// Where its organisation is in the run.
    pub(in crate::graphql) place: usize,
    pub(in crate::graphql) one: &'r AssessedOrganisation,
    pub(in crate::graphql) score: &'r Score,
}

/// Scores, but for what outranks them, alerts of themes and signals about data.
pub(in crate::graphql) struct ScoreShape;

impl Listed for ScoreShape {
    type Node = RiskScore;
}

impl Shape for ScoreShape {
    type Row<'r> = ScoreRow<'r>;
    const NAME: &'static str = "RiskScore";
    const FIELDS: &'static [Field<Self>] = &[
        Field::of::<OrganisationShape>("organisation", |row, step, ink| {
            object::<OrganisationShape>(&row.one.organisation, &step.inner, ink);
        }),
        Field::leaf("period", |row, _, ink| ink.plain(row.assessment.key.period)),
        Field::of::<ThemeShape>("theme", |row, step, ink| {
            let themes = &ink.asked.catalogue().themes;
            let code = row.score.theme.as_deref();
            let found = code.and_then(|code| themes.iter().find(|theme| theme.code == code));
            optional::<ThemeShape>(found.map(Into::into), &step.inner, ink);
        }),
        Field::leaf("headline", |row, _, ink| {
            let (outcome, score) = (&row.one.outcome, row.score);
            let of_theme = Headline::of(outcome.data.state, score.level);
            ink.word::<HeadlineType>(if score.theme.is_none() { outcome.headline() } else { of_theme });
        }),
        Field::leaf("data", |row, _, ink| ink.word::<DataStateType>(row.one.outcome.data.state)),
        Field::leaf("level", |row, _, ink| ink.word::<LevelType>(row.score.level)),
        Field::leaf("score", |row, _, ink| ink.json(&row.score.score)),
        Field::leaf("standardised", |row, _, ink| ink.json(&row.score.standardised)),
        Field::of::<IntervalShape>("interval", |row, step, ink| {
            optional::<IntervalShape>(row.score.interval, &step.inner, ink);
        }),
        Field::leaf("percentile", |row, _, ink| ink.json(&row.score.percentile)),
        Field::leaf("coverage", |row, _, ink| ink.json(&row.score.coverage)),
        Field::of::<ContributionShape>("contributions", |row, step, ink| {
            list::<ContributionShape>(row.score.contributions.iter(), &step.inner, ink);
        }),
        Field::leaf("expectedRank", |row, _, ink| ink.json(&row.score.expected_rank)),
        Field::leaf("ranked", |row, _, ink| ink.json(&row.score.ranked)),
        Field::of::<TopShape>("top", |row, step, ink| optional::<TopShape>(row.score.top, &step.inner, ink)),
        Field::of::<ThresholdsShape>("thresholds", |row, step, ink| {
            optional::<ThresholdsShape>(row.score.thresholds, &step.inner, ink);
        }),
        Field::leaf("inflation", |row, _, ink| ink.json(&row.score.inflation)),
        Field::of::<TextShape>("explanation", |row, step, ink| {
            let asked = ink.asked;
            let said = asked.service.explain_score(asked.reader(), &row.one.outcome, row.score);
            object::<TextShape>(both(&said), &step.inner, ink);
        }),
        Field::of::<RunShape>("run", |row, step, ink| object::<RunShape>(row.assessment, &step.inner, ink)),
        Field::of::<SignalShape>("signals", |row, step, ink| {
            let ScoreRow { assessment, one, score, .. } = row;
            let wanted = one
                .outcome
                .signals
                .iter()
                .filter(|found| score.theme.as_ref().is_none_or(|theme| found.theme == **theme));
            list::<SignalShape>(wanted.map(|signal| SignalRow { assessment, one, signal }), &step.inner, ink);
        }),
    ];
}

/// A number in force.
#[derive(Clone, Copy)]
pub(in crate::graphql) struct ObservationRow<'r> {
    pub(in crate::graphql) organisation: &'r Organisation,
    pub(in crate::graphql) found: &'r NumberInForce,
}

/// Observations, but for what was said of them.
pub(in crate::graphql) struct ObservationShape;

impl Listed for ObservationShape {
    type Node = ObservationType;
}

impl Shape for ObservationShape {
    type Row<'r> = ObservationRow<'r>;
    const NAME: &'static str = "Observation";
    const FIELDS: &'static [Field<Self>] = &[
        Field::of::<OrganisationShape>("organisation", |row, step, ink| {
            object::<OrganisationShape>(row.organisation, &step.inner, ink);
        }),
        Field::leaf("period", |row, _, ink| ink.plain(row.found.number.period)),
        Field::of::<IndicatorShape>("indicator", |row, step, ink| indicator(&row.found.number.indicator, step, ink)),
        Field::leaf("part", |row, _, ink| ink.json(&row.found.number.part)),
        Field::leaf("class", |row, _, ink| ink.word::<DataClassType>(row.found.class)),
        Field::leaf("numerator", |row, _, ink| ink.json(&row.found.number.figures.numerator)),
        Field::leaf("denominator", |row, _, ink| ink.json(&row.found.number.figures.denominator)),
        Field::leaf("value", |row, _, ink| ink.json(&row.found.number.figures.value)),
        Field::leaf("standardDeviation", |row, _, ink| ink.json(&row.found.number.figures.standard_deviation)),
        Field::leaf("units", |row, _, ink| ink.json(&row.found.number.figures.units)),
        Field::leaf("missingReason", |row, _, ink| {
            ink.maybe_word::<MissingReasonType>(row.found.number.figures.missing);
        }),
        Field::leaf("submissionId", |row, _, ink| ink.plain(row.found.submission)),
        Field::leaf("countedFrom", |row, _, ink| {
            let codes: Vec<String> = row.found.counted_from.iter().map(ToString::to_string).collect();
            ink.json(&codes);
        }),
    ];
}
