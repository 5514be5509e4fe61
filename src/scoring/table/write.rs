//! What was found, in the layout of the oracle's files.

use std::collections::BTreeMap;

use super::{Line, ScoreTable, read::code_of, seventeen_digits, sign};
use crate::{
    domain::AgbCode,
    scoring::{OrganisationOutcome, Outcome, Score, Signal},
};

fn number(number: Option<f64>) -> String {
    number.map(seventeen_digits).unwrap_or_default()
}

/// A file of rows.
struct Rows(csv::Writer<Vec<u8>>);

impl Rows {
    fn new(names: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut rows = Self(csv::Writer::from_writer(Vec::new()));
        rows.add(names);
        rows
    }

    fn add(&mut self, cells: impl IntoIterator<Item = impl AsRef<str>>) {
        let cells: csv::StringRecord = cells.into_iter().map(|cell| cell.as_ref().to_owned()).collect();
        // Memory does not refuse, and rows are all as long as the first.
        let _ = self.0.write_record(&cells);
    }

    fn text(self) -> String {
        self.0.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

pub(super) fn fits(table: &ScoreTable, outcome: &Outcome) -> String {
    let lines: BTreeMap<&str, &Line> = table.rows.iter().map(|line| (line.indicator.as_str(), line)).collect();
    let mut rows = Rows::new(["indicator", "kind", "direction", "mu", "dispersion", "organisations"]);
    for fit in &outcome.fits {
        let Some(line) = lines.get(fit.indicator.as_str()) else { continue };
        rows.add([
            fit.indicator.to_string(),
            line.kind.clone(),
            sign(line.direction).to_string(),
            seventeen_digits(fit.location),
            seventeen_digits(fit.dispersion),
            fit.organisations.to_string(),
        ]);
    }
    rows.text()
}

pub(super) fn indicators(table: &ScoreTable, outcome: &Outcome) -> String {
    let mut rows = Rows::new([
        "org",
        "indicator",
        "kind",
        "direction",
        "x",
        "n",
        "sd",
        "eligible",
        "z_high",
        "p_lo_mid",
        "p_up_mid",
        "B",
        "P0_2",
        "P0_3",
        "r",
        "level",
    ]);
    let by_code = by_code(outcome);
    for line in &table.rows {
        let signal =
            code_of(line.organisation).and_then(|code| by_code.get(&code)).and_then(|one| signal(one, &line.indicator));
        let of = |figure: fn(&Signal) -> Option<f64>| number(signal.and_then(figure));
        let is_eligible = signal.is_some_and(|signal| signal.insufficiency.is_none());
        rows.add([
            table.organisations.get(line.organisation).cloned().unwrap_or_default(),
            line.indicator.clone(),
            line.kind.clone(),
            sign(line.direction).to_string(),
            number(line.x),
            number(line.n),
            number(line.sd),
            if is_eligible { "True" } else { "False" }.to_owned(),
            of(|signal| signal.z),
            of(|signal| signal.probability_low),
            of(|signal| signal.probability_high),
            of(|signal| signal.noise_share),
            of(|signal| signal.chance_of_attention),
            of(|signal| signal.chance_of_elevated),
            of(|signal| signal.r),
            signal.map_or("insufficient", |signal| signal.level.as_str()).to_owned(),
        ]);
    }
    rows.text()
}

fn by_code(outcome: &Outcome) -> BTreeMap<AgbCode, &OrganisationOutcome> {
    outcome.organisations.iter().map(|one| (one.agb_code, one)).collect()
}

fn signal<'a>(organisation: &'a OrganisationOutcome, indicator: &str) -> Option<&'a Signal> {
    let signals = &organisation.signals;
    signals.binary_search_by(|one| one.indicator.as_str().cmp(indicator)).ok().and_then(|place| signals.get(place))
}

/// The measures that count, in the order of the configuration, with their places in the matrix.
fn counted<'a>(table: &'a ScoreTable, outcome: &'a Outcome) -> Vec<(&'a str, usize)> {
    let place = |code: &String| outcome.correlation.indicators.iter().position(|other| other == code);
    table.indicators.iter().filter_map(|code| Some((code.as_str(), place(code)?))).collect()
}

pub(super) fn correlation(table: &ScoreTable, outcome: &Outcome) -> String {
    let counted = counted(table, outcome);
    let mut rows = Rows::new(std::iter::once("").chain(counted.iter().map(|(code, _)| *code)));
    for (code, place) in &counted {
        let values = outcome.correlation.values.get(*place).map_or(&[][..], Vec::as_slice);
        let cells = counted.iter().map(|(_, other)| number(values.get(*other).copied()));
        rows.add(std::iter::once((*code).to_owned()).chain(cells));
    }
    rows.text()
}

const OF_A_SCORE: [&str; 7] = ["coverage", "phi", "S", "score", "lo90", "hi90", "level"];

pub(super) fn scores(table: &ScoreTable, outcome: &Outcome) -> String {
    let counted = counted(table, outcome);
    let themes: Vec<Option<&str>> =
        table.sector.themes.iter().map(|theme| Some(theme.as_str())).chain(std::iter::once(None)).collect();
    let mut names = vec!["org".to_owned()];
    for theme in &themes {
        names.extend(OF_A_SCORE.iter().map(|figure| format!("{figure}_{}", theme.unwrap_or("overall"))));
    }
    names.extend(counted.iter().map(|(code, _)| format!("contribution_{code}")));
    names.push("expected_rank_overall".to_owned());
    let width = names.len();
    let mut rows = Rows::new(names);
    // What the parts of a sum are is also said where there is too little of them for a score.
    let has_gap = outcome.organisations.iter().any(|one| one.score(None).is_some_and(|score| score.score.is_none()));
    let uncovered = has_gap.then(|| table.score_uncovered());
    let by_code_uncovered = uncovered.as_ref().map(by_code).unwrap_or_default();
    let by_code = by_code(outcome);
    for (place, name) in table.organisations.iter().enumerate() {
        let organisation = code_of(place).and_then(|code| by_code.get(&code)).copied();
        let mut cells = Vec::with_capacity(width);
        cells.push(name.clone());
        for theme in &themes {
            cells.extend(score_cells(organisation.and_then(|one| one.score(*theme))));
        }
        let overall = organisation.and_then(|one| one.score(None));
        let parts =
            code_of(place).and_then(|code| by_code_uncovered.get(&code)).and_then(|one| one.score(None)).or(overall);
        let missing = parts.filter(|score| score.score.is_some()).map(|_| 0.0);
        for (code, _) in &counted {
            let contribution = parts.and_then(|score| score.contributions.iter().find(|one| one.indicator == *code));
            // What is missing adds nothing.
            cells.push(number(contribution.map_or(missing, |one| Some(one.standardised))));
        }
        cells.push(number(overall.and_then(|score| score.expected_rank)));
        rows.add(cells);
    }
    rows.text()
}

fn score_cells(score: Option<&Score>) -> [String; 7] {
    let Some(score) = score else { return Default::default() };
    [
        seventeen_digits(score.coverage),
        seventeen_digits(score.inflation),
        number(score.standardised),
        number(score.score),
        number(score.interval.map(|interval| interval.low)),
        number(score.interval.map(|interval| interval.high)),
        score.level.as_str().to_owned(),
    ]
}
