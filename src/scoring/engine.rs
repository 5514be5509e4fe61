//! The run itself.

use super::{
    Correlation, Insufficiency, Measure, OrganisationOutcome, Outcome, Score, Sector, Settings, Signal,
    account::Account,
    arrange::Arranged,
    combine::{Counted, Entry, combine},
    correlation::{Column, correlate},
    peers::{Verdict, compare},
    value::{Reading, read},
};
use crate::{
    domain::{Direction, Level},
    stats::Table,
};

/// The theme that is shown apart and never mixed into the risk of care (method.md section 7).
const DATA_QUALITY: &str = "gegevenskwaliteit";

/// Scores `sector`.
///
/// Total: any sector has an outcome, in which everything is finite, and what cannot be said is insufficient. The order
/// of members, measures and observations does not matter. Members that are not ranked do not take part.
pub fn score(sector: &Sector) -> Outcome {
    let arranged = Arranged::new(sector);
    let settings = &sector.settings;
    let mut table = Table::default();
    let mut fits = Vec::new();
    let mut judged = Vec::with_capacity(arranged.measures.len());
    for (place, measure) in arranged.measures.iter().enumerate() {
        let (one, of_measure) = judge(&arranged, settings, 0, place, measure, &mut table);
        fits.extend(of_measure);
        judged.push(one);
    }
    let counted: Vec<Counted<'_>> = arranged
        .measures
        .iter()
        .zip(&judged)
        .filter(|(measure, _)| counts(measure))
        .map(|(measure, one)| Counted { measure, entries: one.entries(settings) })
        .collect();
    let columns = columns(&arranged, settings, &counted, &mut table);
    let correlation = Correlation {
        indicators: counted.iter().map(|one| one.measure.code.clone()).collect(),
        values: correlate(&columns, settings),
    };
    let scores = scores(sector, &counted, arranged.members.len(), &correlation.values);
    let organisations = organisations(&arranged, &judged, scores);
    Outcome {
        period: sector.period,
        fits,
        correlation,
        account: Account::of(&arranged.members, &[], &organisations),
        organisations,
        solos: Vec::new(),
    }
}

/// Whether a measure enters sums: context does not, nor does what weighs nothing.
fn counts(measure: &Measure) -> bool {
    measure.direction != Direction::Context && measure.weight > 0.0 && measure.weight.is_finite()
}

/// One measure of all members in one period.
struct Judged {
    readings: Vec<Reading>,
    verdicts: Vec<Verdict>,
}

fn judge(
    arranged: &Arranged<'_>,
    settings: &Settings,
    period: usize,
    place: usize,
    measure: &Measure,
    table: &mut Table,
) -> (Judged, Vec<super::Fit>) {
    let readings: Vec<Reading> =
        arranged.figures(period, place).iter().map(|figures| read(measure, settings, figures.as_ref())).collect();
    let (verdicts, fits) = compare(measure, settings, &arranged.members, &readings, table);
    (Judged { readings, verdicts }, fits)
}

impl Judged {
    fn entries(&self, settings: &Settings) -> Vec<Entry> {
        let entry = |verdict: &Verdict| match verdict {
            Ok((_, judgement)) => {
                Entry::Present { r: judgement.r.clamp(-settings.cap, settings.cap), noise_share: judgement.noise_share }
            }
            Err(Insufficiency::NotApplicable) => Entry::NotApplicable,
            Err(_) => Entry::Absent,
        };
        self.verdicts.iter().map(entry).collect()
    }
}

/// The capped r of every measure that counts, in this period and those before it of which anything is known.
fn columns(
    arranged: &Arranged<'_>,
    settings: &Settings,
    counted: &[Counted<'_>],
    table: &mut Table,
) -> Vec<Vec<Column>> {
    let column = |entries: &[Entry]| {
        let r = |entry: &Entry| match entry {
            Entry::Present { r, .. } => Some(*r),
            Entry::Absent | Entry::NotApplicable => None,
        };
        entries.iter().map(r).collect()
    };
    let mut columns: Vec<Vec<Column>> = counted.iter().map(|one| vec![column(&one.entries)]).collect();
    for period in (1..arranged.periods.len()).filter(|period| arranged.is_known(*period)) {
        let measures = arranged.measures.iter().enumerate().filter(|(_, measure)| counts(measure));
        for ((place, measure), columns) in measures.zip(&mut columns) {
            let (judged, _) = judge(arranged, settings, period, place, measure, table);
            columns.push(column(&judged.entries(settings)));
        }
    }
    columns
}

/// Per member: the overall score, then the themes in their order.
fn scores(sector: &Sector, counted: &[Counted<'_>], members: usize, correlation: &[Vec<f64>]) -> Vec<Vec<Score>> {
    let mut of_members: Vec<Vec<Score>> = (0..members).map(|_| Vec::with_capacity(sector.themes.len() + 1)).collect();
    let themes = sector.themes.iter().map(|theme| Some(theme.as_str()));
    for theme in std::iter::once(None).chain(themes) {
        let belongs = |measure: &Measure| theme.map_or(measure.theme != DATA_QUALITY, |theme| measure.theme == theme);
        let of_theme: Vec<(usize, &Counted<'_>)> =
            counted.iter().enumerate().filter(|(_, one)| belongs(one.measure)).collect();
        let combined = combine(theme, &of_theme, members, correlation, &sector.settings);
        for (scores, score) in of_members.iter_mut().zip(combined) {
            scores.push(score);
        }
    }
    of_members
}

fn organisations(arranged: &Arranged<'_>, judged: &[Judged], scores: Vec<Vec<Score>>) -> Vec<OrganisationOutcome> {
    arranged
        .members
        .iter()
        .zip(scores)
        .enumerate()
        .map(|(member, (organisation, scores))| OrganisationOutcome {
            agb_code: organisation.agb_code,
            overrides: Vec::new(),
            scores,
            signals: arranged
                .measures
                .iter()
                .zip(judged)
                .filter_map(|(measure, one)| {
                    Some(signal(measure, one.readings.get(member)?, one.verdicts.get(member)?))
                })
                .collect(),
        })
        .collect()
}

fn signal(measure: &Measure, reading: &Reading, verdict: &Verdict) -> Signal {
    let judgement = verdict.as_ref().ok().map(|(_, judgement)| judgement);
    Signal {
        indicator: measure.code.clone(),
        theme: measure.theme.clone(),
        level: judgement.map_or(Level::Insufficient, |judgement| Level::of(judgement.r)),
        insufficiency: verdict.as_ref().err().copied(),
        peer_group: verdict.as_ref().ok().and_then(|(group, _)| *group),
        numerator: reading.numerator,
        denominator: reading.denominator,
        value: reading.value,
        interval: reading.interval,
        ordinary: judgement.and_then(|judgement| judgement.ordinary),
        at_most: None,
        pooled: None,
        shrunken: judgement.and_then(|judgement| judgement.shrunken),
        z: judgement.and_then(|judgement| judgement.z),
        r: judgement.map(|judgement| judgement.r),
        r_peers: judgement.filter(|judgement| judgement.z.is_some()).map(|judgement| judgement.r),
        probability_low: judgement.and_then(|judgement| judgement.tails).map(|tails| tails.lower),
        probability_high: judgement.and_then(|judgement| judgement.tails).map(|tails| tails.upper),
        noise_share: judgement.map(|judgement| judgement.noise_share),
        chance_of_attention: judgement.and_then(|judgement| judgement.chance_of_attention),
        chance_of_elevated: judgement.and_then(|judgement| judgement.chance_of_elevated),
        false_discovery_rate: None,
        norm: None,
        change_needed: None,
        typing_error: None,
    }
}
