//! What a table's indicators are and how they weigh: a TOML file.

use std::{collections::BTreeSet, ops::Range};

use serde::Deserialize;
use toml::Spanned;

use super::{direction_of, sign};
use crate::{
    catalogue::IndicatorKind,
    domain::Direction,
    scoring::{
        Measure, Settings,
        located::{Fault, Faults},
    },
};

/// The measures, the themes and the constants for a table.
#[derive(Clone, Debug)]
pub struct TableConfig {
    /// In the order of the file.
    pub(super) entries: Vec<Entry>,
    /// In the order in which they are written.
    pub(super) themes: Vec<String>,
    pub(super) settings: Settings,
}

/// What the file says of an indicator.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) code: String,
    /// Where it stands.
    pub(super) line: u64,
    pub(super) column: u64,
    pub(super) theme: String,
    pub(super) weight: f64,
    pub(super) direction: Option<Direction>,
    pub(super) kind: Option<Kind>,
}

/// The words for what x, n and sd are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// x of n.
    Proportion,
    /// x events, n exposure.
    Rate,
    /// x a share, n the effective number behind it.
    Share,
    /// x a mean, n respondents, sd within.
    Mean,
    /// The same on the scale of the logarithm.
    LogMean,
    /// x a value without a sampling variance.
    Value,
    /// The same on the scale of the logarithm.
    ValueLog,
}

const LOW_IS_BAD: &str = "_lowbad";

/// The words, for messages.
pub(super) const KINDS: &str =
    "proportion, rate, share, mean, log_mean, value, value_log; the last two also with _lowbad";

impl Kind {
    /// The kind written as `word`, and the direction that the word implies.
    pub(super) fn parse(word: &str) -> Option<(Self, Option<Direction>)> {
        let (stem, direction) = match word.strip_suffix(LOW_IS_BAD) {
            Some(stem) => (stem, Some(Direction::HigherIsBetter)),
            None => (word, None),
        };
        let kind = match stem {
            "proportion" => Self::Proportion,
            "rate" => Self::Rate,
            "share" => Self::Share,
            "mean" => Self::Mean,
            "log_mean" => Self::LogMean,
            "value" => Self::Value,
            "value_log" => Self::ValueLog,
            _ => return None,
        };
        let may_be_low = direction.is_none() || matches!(kind, Self::Value | Self::ValueLog);
        may_be_low.then_some((kind, direction))
    }

    /// The route in the engine.
    pub(super) const fn route(self) -> IndicatorKind {
        match self {
            Self::Proportion => IndicatorKind::Proportion,
            Self::Rate => IndicatorKind::Rate,
            Self::Share => IndicatorKind::Share,
            Self::Mean | Self::Value => IndicatorKind::Mean,
            Self::LogMean | Self::ValueLog => IndicatorKind::LogMean,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    themes: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    settings: Settings,
    indicators: Vec<FileEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    code: Spanned<String>,
    theme: Option<Spanned<String>>,
    weight: Option<Spanned<f64>>,
    direction: Option<Spanned<i64>>,
    kind: Option<Spanned<String>>,
}

impl TableConfig {
    /// Reads the text of the file.
    pub fn read(text: &str) -> Result<Self, Faults> {
        let places = Places(text);
        let file: File = toml::from_str(text).map_err(|error| {
            let (line, column) = places.of(&error.span().unwrap_or_default());
            Faults::one(line, column, error.message())
        })?;
        let mut faults = Faults(Vec::new());
        check_settings(&file.settings, &places, &mut faults);
        if file.indicators.is_empty() {
            faults.0.push(places.fault(&(0..0), "there is no [[indicators]]"));
        }
        let named: Option<BTreeSet<&str>> =
            file.themes.as_ref().map(|themes| themes.iter().map(|theme| theme.get_ref().as_str()).collect());
        let (mut entries, mut seen, mut mentioned) = (Vec::new(), BTreeSet::new(), Vec::new());
        for one in &file.indicators {
            let entry = read_entry(one, &places, named.as_ref(), &mut faults);
            if !seen.insert(one.code.get_ref()) {
                faults.0.push(places.fault(&one.code.span(), format!("`{}` stands twice", entry.code)));
            }
            if !entry.theme.is_empty() && !mentioned.contains(&entry.theme) {
                mentioned.push(entry.theme.clone());
            }
            entries.push(entry);
        }
        let themes = match file.themes {
            Some(themes) => themes.into_iter().map(Spanned::into_inner).collect(),
            None => mentioned,
        };
        faults.or(Self { entries, themes, settings: file.settings })
    }
}

fn read_entry(one: &FileEntry, places: &Places<'_>, themes: Option<&BTreeSet<&str>>, faults: &mut Faults) -> Entry {
    let (line, column) = places.of(&one.code.span());
    let mut wrong = |span: &Range<usize>, what: String| faults.0.push(places.fault(span, what));
    let code = one.code.get_ref().clone();
    let mut direction = one.direction.as_ref().and_then(|sign| {
        let found = direction_of(*sign.get_ref());
        if found.is_none() {
            wrong(&sign.span(), "a direction is 1 (high is worse), -1 (low is worse) or 0 (context)".to_owned());
        }
        found
    });
    let mut kind = None;
    if let Some(word) = &one.kind {
        match Kind::parse(word.get_ref()) {
            None => wrong(&word.span(), format!("`{}` is no kind; there are: {KINDS}", word.get_ref())),
            Some((found, implied)) => {
                kind = Some(found);
                if let (Some(said), Some(implied)) = (direction, implied)
                    && said != implied
                {
                    wrong(&word.span(), format!("the direction is {}, this kind says {}", sign(said), sign(implied)));
                }
                direction = direction.or(implied);
            }
        }
    }
    let is_context = direction == Some(Direction::Context);
    let weight = match &one.weight {
        Some(weight) if weight.get_ref().is_finite() && *weight.get_ref() >= 0.0 => *weight.get_ref(),
        Some(weight) => {
            wrong(&weight.span(), format!("a weight is at least 0, not {}", weight.get_ref()));
            0.0
        }
        None => {
            if !is_context {
                wrong(&one.code.span(), format!("`{code}` has no weight"));
            }
            0.0
        }
    };
    let theme = one.theme.as_ref().map_or("", |theme| theme.get_ref().as_str());
    match &one.theme {
        Some(span) if themes.is_some_and(|themes| !themes.contains(theme)) => {
            wrong(&span.span(), format!("`{theme}` is not among the themes"));
        }
        None if !is_context => wrong(&one.code.span(), format!("`{code}` has no theme")),
        _ => {}
    }
    let theme = theme.to_owned();
    Entry { code, line, column, theme, weight, direction, kind }
}

impl Entry {
    /// The measure, as the engine knows it. Values are shown as they are.
    pub(super) fn measure(&self, kind: Kind, direction: Direction) -> Measure {
        Measure {
            code: self.code.as_str().into(),
            theme: self.theme.as_str().into(),
            kind: kind.route(),
            direction,
            weight: self.weight,
            factor: 1.0,
            points_when_absent: 0.0,
            hours_per_unit: 1.0,
            presumed_deviation: None,
            derived: None,
            norm: None,
            is_mandatory: false,
            is_voluntary: false,
        }
    }
}

fn check_settings(settings: &Settings, places: &Places<'_>, faults: &mut Faults) {
    let within = |value: f64, low: f64, high: f64| (low..=high).contains(&value);
    let rules = [
        ("cap", within(settings.cap, f64::MIN_POSITIVE, 1e6), "above 0"),
        ("minimum_denominator", within(settings.minimum_denominator, 0.0, 1e12), "at least 0"),
        ("minimum_peers", settings.minimum_peers >= 2, "at least 2"),
        ("minimum_pairs", settings.minimum_pairs >= 2, "at least 2"),
        ("correlation_shrinkage", within(settings.correlation_shrinkage, 0.0, 1.0), "from 0 to 1"),
        ("minimum_coverage", within(settings.minimum_coverage, 0.0, 1.0), "from 0 to 1"),
        ("kappa", within(settings.kappa, 0.0, 1.0), "from 0 to 1"),
        ("threshold_draws", settings.threshold_draws >= 1_000, "at least 1000"),
    ];
    for (name, is_right, range) in rules {
        if !is_right {
            faults.0.push(places.fault(&places.setting(name), format!("{name} must be {range}")));
        }
    }
}

/// From places in a text to lines and columns.
struct Places<'t>(&'t str);

impl Places<'_> {
    /// The line and the character in it, both from 1.
    fn of(&self, span: &Range<usize>) -> (u64, u64) {
        let before = self.0.get(..span.start).unwrap_or(self.0);
        let line = before.bytes().filter(|byte| *byte == b'\n').count();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
        (line as u64 + 1, column as u64 + 1)
    }

    fn fault(&self, span: &Range<usize>, what: impl Into<String>) -> Fault {
        let (line, column) = self.of(span);
        Fault { line, column, what: what.into() }
    }

    /// Where the value of a setting stands.
    fn setting(&self, name: &str) -> Range<usize> {
        toml::de::DeTable::parse(self.0)
            .ok()
            .and_then(|table| Some(table.get_ref().get("settings")?.get_ref().get(name)?.span()))
            .unwrap_or_default()
    }
}
