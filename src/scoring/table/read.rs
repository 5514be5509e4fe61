//! A table to a sector.

use std::collections::BTreeMap;

use super::{
    Line, ScoreTable, TableFaults,
    config::{KINDS, Kind, TableConfig},
    direction_of, sign,
};
use crate::{
    domain::{AgbCode, Direction, Observation, OrganisationKind, Period},
    scoring::{
        DataInputs, Measure, Member, Sector,
        located::{Cells, Fault, Faults, Row},
    },
};

/// The period that a table is filed under; it has no other.
const YEAR: i16 = 2_000;

/// The places of the columns.
struct Columns {
    org: usize,
    indicator: usize,
    x: usize,
    n: Option<usize>,
    sd: Option<usize>,
    kind: Option<usize>,
    direction: Option<usize>,
}

/// What an indicator is, as its first row says.
struct Known {
    kind: Kind,
    word: String,
    direction: Direction,
}

pub(super) fn read(text: &str, config: &TableConfig) -> Result<ScoreTable, TableFaults> {
    let cells = Cells::read(text).map_err(TableFaults::Table)?;
    let columns = columns(&cells).map_err(TableFaults::Table)?;
    let entries: BTreeMap<&str, usize> =
        config.entries.iter().enumerate().map(|(place, entry)| (entry.code.as_str(), place)).collect();
    let (mut known, mut faults) = (BTreeMap::new(), Faults(Vec::new()));
    let mut names: Vec<&str> = cells.rows().map(|row| row.text(columns.org)).collect();
    names.sort_unstable();
    names.dedup();
    let mut lines = Vec::new();
    for row in cells.rows() {
        let entry = entries.get(row.text(columns.indicator)).copied();
        match line(row, &columns, config, entry, &names, &mut known) {
            Ok(line) => lines.push((line, row)),
            Err(fault) => faults.0.push(fault),
        }
    }
    lines.sort_by(|(a, _), (b, _)| (&a.indicator, a.organisation).cmp(&(&b.indicator, b.organisation)));
    for pair in lines.windows(2) {
        if let [(one, _), (other, row)] = pair
            && (&one.indicator, one.organisation) == (&other.indicator, other.organisation)
        {
            faults.0.push(row.fault(columns.org, format!("a second row of `{}`", other.indicator)));
        }
    }
    faults.or(()).map_err(TableFaults::Table)?;
    let rows: Vec<Line> = lines.into_iter().map(|(line, _)| line).collect();
    let measures = measures(config, &known).map_err(TableFaults::Config)?;
    Ok(ScoreTable {
        sector: sector(config, measures, names.len(), &rows, &known).map_err(TableFaults::Config)?,
        indicators: config.entries.iter().map(|entry| entry.code.clone()).collect(),
        organisations: names.into_iter().map(str::to_owned).collect(),
        rows,
    })
}

fn columns(cells: &Cells) -> Result<Columns, Faults> {
    Ok(Columns {
        org: cells.required("org")?,
        indicator: cells.required("indicator")?,
        x: cells.required("x")?,
        n: cells.column("n"),
        sd: cells.column("sd"),
        kind: cells.column("kind"),
        direction: cells.column("direction"),
    })
}

/// One row, checked against what was said of its indicator before.
fn line(
    row: Row<'_>,
    columns: &Columns,
    config: &TableConfig,
    entry: Option<usize>,
    names: &[&str],
    known: &mut BTreeMap<String, Known>,
) -> Result<Line, Fault> {
    let code = row.text(columns.indicator);
    let Some(entry) = entry.and_then(|place| config.entries.get(place)) else {
        return Err(row.fault(columns.indicator, format!("the configuration has no indicator `{code}`")));
    };
    let org = row.text(columns.org);
    let organisation =
        names.binary_search(&org).ok().filter(|_| !org.is_empty()).ok_or_else(|| row.fault(columns.org, "is empty"))?;
    let word = columns.kind.map(|place| (place, row.text(place))).filter(|(_, word)| !word.is_empty());
    let (kind, implied) = match word {
        Some((place, word)) => {
            Kind::parse(word).ok_or_else(|| row.fault(place, format!("`{word}` is no kind; there are: {KINDS}")))?
        }
        None => (
            entry
                .kind
                .ok_or_else(|| row.fault(columns.indicator, format!("neither file says the kind of `{code}`")))?,
            None,
        ),
    };
    let said = match columns.direction.map(|place| (place, row.text(place))).filter(|(_, text)| !text.is_empty()) {
        None => None,
        Some((place, text)) => Some(
            text.parse()
                .ok()
                .and_then(direction_of)
                .ok_or_else(|| row.fault(place, format!("`{text}` is no direction: 1, -1 or 0")))?,
        ),
    };
    let direction = agreed(row, columns, [said, implied, entry.direction])?;
    if let Some(configured) = entry.kind.filter(|configured| *configured != kind) {
        let place = word.map_or(columns.indicator, |(place, _)| place);
        return Err(row.fault(place, format!("is not the kind of the configuration ({configured:?})")));
    }
    let word = word.map_or_else(|| format!("{kind:?}").to_lowercase(), |(_, word)| word.to_owned());
    let first = known.entry(code.to_owned()).or_insert(Known { kind, word, direction });
    if first.kind != kind || first.direction != direction {
        let what = format!("other than in earlier rows ({}, direction {})", first.word, sign(first.direction));
        return Err(row.fault(columns.kind.or(columns.direction).unwrap_or(columns.indicator), what));
    }
    let [x, n, sd] = numbers(row, columns, kind)?;
    Ok(Line { organisation, indicator: code.to_owned(), kind: first.word.clone(), direction, x, n, sd })
}

/// The direction that all who say one agree on.
fn agreed(row: Row<'_>, columns: &Columns, said: [Option<Direction>; 3]) -> Result<Direction, Fault> {
    let place = columns.direction.or(columns.kind).unwrap_or(columns.indicator);
    let mut all = said.into_iter().flatten();
    let first = all.next().ok_or_else(|| row.fault(place, "neither file says which way is worse (direction)"))?;
    match all.find(|other| *other != first) {
        None => Ok(first),
        Some(other) => {
            Err(row.fault(place, format!("the direction is {} here and {} elsewhere", sign(first), sign(other))))
        }
    }
}

/// x, n and sd, each as its kind can have it.
fn numbers(row: Row<'_>, columns: &Columns, kind: Kind) -> Result<[Option<f64>; 3], Fault> {
    let x = row.number(columns.x)?;
    let read = |place: Option<usize>| place.map_or(Ok(None), |place| row.number(place));
    let (n, sd) = (read(columns.n)?, read(columns.sd)?);
    let at_n = columns.n.unwrap_or(columns.x);
    let is_whole = |number: f64| number >= 0.0 && number.fract() == 0.0;
    let needs_n = matches!(kind, Kind::Proportion | Kind::Rate | Kind::Share);
    let (Some(value), true) = (x, n.is_some() || !needs_n) else {
        let nothing = x.is_none() && n.is_none();
        // Half a figure is a slip; none at all is a gap.
        return if nothing || x.is_none() {
            Ok([None, n, sd])
        } else {
            Err(row.fault(at_n, "x stands here without n"))
        };
    };
    let count = n.unwrap_or(0.0);
    let wrong = match kind {
        Kind::Proportion if !is_whole(value) => Some((columns.x, "of a proportion is a whole number, at least 0")),
        Kind::Proportion if !is_whole(count) => Some((at_n, "of a proportion is a whole number, at least 0")),
        Kind::Proportion if value > count => Some((columns.x, "is more than n")),
        Kind::Rate if !is_whole(value) => Some((columns.x, "of a rate is a whole number of events, at least 0")),
        Kind::Rate if count <= 0.0 => Some((at_n, "of a rate is an exposure above 0")),
        Kind::Share if !(0.0..=1.0).contains(&value) => Some((columns.x, "of a share lies from 0 to 1")),
        Kind::Share if count <= 0.0 => Some((at_n, "of a share is the number behind it, above 0")),
        Kind::Mean | Kind::LogMean if n.is_some_and(|n| n <= 0.0) => Some((at_n, "is a number of respondents above 0")),
        Kind::ValueLog | Kind::LogMean if value < 0.0 => Some((columns.x, "has no logarithm below 0")),
        _ => None,
    };
    if let Some((place, what)) = wrong {
        return Err(row.fault(place, what));
    }
    if sd.is_some_and(|sd| sd < 0.0) {
        return Err(row.fault(columns.sd.unwrap_or(columns.x), "is a standard deviation, at least 0"));
    }
    Ok([x, n, sd])
}

fn measures(config: &TableConfig, known: &BTreeMap<String, Known>) -> Result<Vec<Measure>, Faults> {
    let mut faults = Faults(Vec::new());
    let mut measures = Vec::with_capacity(config.entries.len());
    for entry in &config.entries {
        if let Some(known) = known.get(&entry.code) {
            measures.push(entry.measure(known.kind, known.direction));
        } else {
            let what = format!("the table has no row of `{}`", entry.code);
            faults.0.push(Fault { line: entry.line, column: entry.column, what });
        }
    }
    faults.or(measures)
}

/// The code of the organisation at `place`: only their order matters.
pub(super) fn code_of(place: usize) -> Option<AgbCode> {
    format!("{place:08}").parse().ok()
}

fn sector(
    config: &TableConfig,
    measures: Vec<Measure>,
    organisations: usize,
    rows: &[Line],
    known: &BTreeMap<String, Known>,
) -> Result<Sector, Faults> {
    let period = Period::year(YEAR).map_err(|error| Faults::one(1, 1, error.to_string()))?;
    let members = (0..organisations)
        .filter_map(|place| Some(Member { agb_code: code_of(place)?, kind: OrganisationKind::Organisation }))
        .collect();
    let observation = |line: &Line| {
        let kind = known.get(&line.indicator)?.kind;
        let mut one = Observation {
            agb_code: code_of(line.organisation)?,
            period,
            indicator: line.indicator.clone(),
            numerator: None,
            denominator: None,
            value: None,
            standard_deviation: None,
            units: None,
            missing: None,
        };
        match kind {
            Kind::Proportion | Kind::Rate => (one.numerator, one.denominator) = (line.x, line.n),
            Kind::Share => (one.numerator, one.denominator, one.units) = (line.x, Some(1.0), line.n),
            Kind::Mean | Kind::LogMean => {
                (one.value, one.denominator, one.standard_deviation) = (line.x, line.n, line.sd);
            }
            Kind::Value | Kind::ValueLog => one.value = line.x,
        }
        Some(one)
    };
    Ok(Sector {
        period,
        measures,
        themes: config.themes.iter().map(|theme| theme.as_str().into()).collect(),
        members,
        observations: rows.iter().filter_map(observation).collect(),
        overrides: Vec::new(),
        data: DataInputs::default(),
        is_due: true,
        seed: 0,
        settings: config.settings.clone(),
    })
}
