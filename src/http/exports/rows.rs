//! What stands in the columns of a row, in the order of `schema/exports.toml`, which a test holds it to.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::write::{Cell, Row};
use crate::{
    domain::{Organisation, Period, RowCounts, Scope, Severity},
    service::{
        AssessedOrganisation, Assessment, CheckedSubmission, Headline, NumberInForce, Reader, Score, Service, Signal,
        Submission,
    },
};

/// What a row is of.
pub(super) enum Item {
    /// A score, by its place in a run.
    Score {
        run: Arc<Assessment>,
        place: usize,
        number: usize,
    },
    /// A signal, by its place among those of a run that are shown within the scope.
    Signal {
        run: Arc<Assessment>,
        scope: Scope,
        place: usize,
        number: usize,
    },
    Observation(Box<(Organisation, NumberInForce)>),
    Submission(Box<SubmissionRow>),
}

/// A submission without its report: only what was counted in it.
pub(super) struct SubmissionRow {
    organisation: Organisation,
    submission: Submission,
    periods: Vec<Period>,
    rows: RowCounts,
    /// Errors, questions and notes.
    findings: [u64; 3],
}

impl SubmissionRow {
    pub(super) fn new(organisation: Organisation, checked: CheckedSubmission) -> Self {
        let CheckedSubmission { mut submission, report, .. } = checked;
        submission.report = Vec::new();
        let count = |severity| report.findings.iter().filter(|one| one.severity == severity).count() as u64;
        let findings = [Severity::Error, Severity::Question, Severity::Note].map(count);
        Self { organisation, submission, periods: report.periods, rows: report.rows, findings }
    }
}

impl Item {
    /// The row, with its sentences for `reader`.
    pub(super) fn cells(&self, service: &Service, reader: Reader) -> Row {
        let found = match self {
            Self::Score { run, place, number } => run.organisations.get(*place).and_then(|one| {
                let score = one.outcome.scores.get(*number)?;
                Some(score_row(service, reader, run, one, score))
            }),
            Self::Signal { run, scope, place, number } => run.shown_to(*scope).nth(*place).and_then(|one| {
                let signal = one.outcome.signals.get(*number)?;
                Some(signal_row(service, reader, run, one, signal))
            }),
            Self::Observation(found) => Some(observation_row(&found.0, &found.1)),
            Self::Submission(found) => Some(submission_row(found)),
        };
        // Every place was taken from the run itself.
        found.unwrap_or_default()
    }
}

fn text(text: &impl ToString) -> Cell {
    Cell::Text(text.to_string())
}

/// A word of a closed list, as GraphQL writes it.
fn word(word: impl Serialize) -> Cell {
    match serde_json::to_value(word) {
        Ok(Value::String(word)) => Cell::Text(word.to_ascii_uppercase()),
        _ => Cell::Nothing,
    }
}

fn headline(headline: Headline) -> Cell {
    match headline {
        Headline::Level(level) => word(level),
        other => word(other),
    }
}

fn who(organisation: &Organisation) -> Row {
    vec![
        ("agb_code", text(&organisation.agb_code)),
        ("organisation", text(&organisation.name)),
        ("organisation_id", text(&organisation.id)),
    ]
}

fn score_row(service: &Service, reader: Reader, run: &Assessment, one: &AssessedOrganisation, score: &Score) -> Row {
    let quality = &one.outcome.data;
    let said_first =
        if score.theme.is_none() { one.outcome.headline() } else { Headline::of(quality.state, score.level) };
    let explanation = service.explain_score(reader, &one.outcome, score);
    let mut row = who(&one.organisation);
    row.extend([
        ("period", text(&run.key.period)),
        ("theme", score.theme.as_ref().into()),
        ("headline", headline(said_first)),
        ("data", word(quality.state)),
        ("level", word(score.level)),
        ("score", score.score.into()),
        ("standardised", score.standardised.into()),
        ("interval_low", score.interval.map(|interval| interval.low).into()),
        ("interval_high", score.interval.map(|interval| interval.high).into()),
        ("percentile", score.percentile.into()),
        ("coverage", Cell::Number(score.coverage)),
        ("attention_from", score.thresholds.map(|from| from.attention).into()),
        ("elevated_from", score.thresholds.map(|from| from.elevated).into()),
        ("inflation", Cell::Number(score.inflation)),
        ("expected_rank", score.expected_rank.into()),
        ("ranked", score.ranked.into()),
        ("top_places", score.top.map(|top| top.places).into()),
        ("top_chance", score.top.map(|top| top.chance).into()),
        ("overridden", Cell::Flag(!one.outcome.overrides.is_empty())),
        ("explanation_nl", Cell::Text(explanation.nl)),
        ("explanation_en", Cell::Text(explanation.en)),
    ]);
    row.extend(of_run(run));
    row
}

fn of_run(run: &Assessment) -> Row {
    vec![("run_id", text(&run.id)), ("run_known_at", text(&run.key.known_at))]
}

fn signal_row(service: &Service, reader: Reader, run: &Assessment, one: &AssessedOrganisation, signal: &Signal) -> Row {
    let explanation = service.explain_signal(reader, &one.organisation, signal);
    let (pooled, norm) = (signal.pooled.as_deref(), signal.norm.as_deref());
    let mut row = who(&one.organisation);
    row.extend([
        ("period", text(&run.key.period)),
        ("indicator", text(&signal.indicator)),
        ("theme", text(&signal.theme)),
        ("headline", headline(signal.headline())),
        ("data", word(signal.data)),
        ("level", word(signal.level)),
        ("insufficiency", signal.insufficiency.map_or(Cell::Nothing, word)),
        ("numerator", signal.numerator.into()),
        ("denominator", signal.denominator.into()),
        ("value", signal.value.into()),
        ("interval_low", signal.interval.map(|interval| interval.low).into()),
        ("interval_high", signal.interval.map(|interval| interval.high).into()),
        ("at_most", signal.at_most.as_deref().map(|most| most.value).into()),
        ("pooled_periods", pooled.map(|pooled| pooled.periods).into()),
        ("pooled_value", pooled.map(|pooled| pooled.value).into()),
        ("peer_group", signal.peer_group.map_or(Cell::Nothing, word)),
        ("peers", run.fit(signal).map(|fit| fit.organisations).into()),
        ("typical_value", signal.typical_value.into()),
        ("ordinary_low", signal.ordinary.map(|interval| interval.low).into()),
        ("ordinary_high", signal.ordinary.map(|interval| interval.high).into()),
        ("shrunken", signal.shrunken.into()),
        ("z", signal.z.into()),
        ("r", signal.r.into()),
        ("r_peers", signal.r_peers.into()),
        ("probability_low", signal.probability_low.into()),
        ("probability_high", signal.probability_high.into()),
        ("noise_share", signal.noise_share.into()),
        ("chance_of_attention", signal.chance_of_attention.into()),
        ("chance_of_elevated", signal.chance_of_elevated.into()),
        ("false_discovery_rate", signal.false_discovery_rate.into()),
        ("norm", norm.map(|norm| norm.norm).into()),
        ("norm_met", norm.map_or(Cell::Nothing, |norm| Cell::Flag(norm.is_met))),
        ("explanation_nl", Cell::Text(explanation.nl)),
        ("explanation_en", Cell::Text(explanation.en)),
    ]);
    row.extend(of_run(run));
    row
}

fn observation_row(organisation: &Organisation, found: &NumberInForce) -> Row {
    let (number, figures) = (&found.number, &found.number.figures);
    let mut row = who(organisation);
    row.extend([
        ("period", text(&number.period)),
        ("indicator", text(&number.indicator)),
        ("part", number.part.as_ref().into()),
        ("numerator", figures.numerator.into()),
        ("denominator", figures.denominator.into()),
        ("value", figures.value.into()),
        ("standard_deviation", figures.standard_deviation.into()),
        ("units", figures.units.into()),
        ("missing_reason", figures.missing.map_or(Cell::Nothing, word)),
        ("submission_id", text(&found.submission)),
    ]);
    row
}

fn submission_row(found: &SubmissionRow) -> Row {
    let SubmissionRow { organisation, submission, periods, rows, findings } = found;
    let [errors, questions, notes] = *findings;
    let periods: Vec<String> = periods.iter().map(ToString::to_string).collect();
    let mut row = vec![("submission_id", text(&submission.id))];
    row.extend(who(organisation));
    row.extend([
        ("dataset", submission.dataset.as_ref().into()),
        ("periods", Cell::Text(periods.join(" "))),
        ("file_name", text(&submission.file_name)),
        ("sha256", text(&submission.digest)),
        ("state", word(submission.state)),
        ("state_since", text(&submission.state_since)),
        ("created_at", text(&submission.created_at)),
        ("rows_read", Cell::Count(rows.read)),
        ("rows_accepted", Cell::Count(rows.accepted)),
        ("rows_unchanged", Cell::Count(rows.unchanged)),
        ("rows_superseded", Cell::Count(rows.superseded)),
        ("rows_rejected", Cell::Count(rows.rejected)),
        ("errors", Cell::Count(errors)),
        ("questions", Cell::Count(questions)),
        ("notes", Cell::Count(notes)),
    ]);
    row
}
