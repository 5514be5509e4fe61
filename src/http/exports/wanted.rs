//! What is asked of an export, read from the address.

use std::{collections::BTreeSet, str::FromStr};

use axum::{
    extract::Query,
    http::{HeaderMap, StatusCode, Uri},
};

use super::{Export, plan::Key};
use crate::{
    domain::{AgbCode, Instant, Period, SubmissionId, SubmissionState, Text},
    http::{Problem, negotiate},
};

/// The most rows of a page.
pub(in crate::http) const LARGEST_PAGE: usize = 50_000;
/// The rows of a page when the client names no number: more than a year of the whole sector has.
pub(in crate::http) const ORDINARY_PAGE: usize = 10_000;

const JSON: &str = "application/json";
const CSV: &str = "text/csv";

/// In which form rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// An array of flat objects.
    Json,
    /// RFC 4180, with a comma and a decimal point.
    Csv,
    /// For Excel in Dutch: a semicolon, a decimal comma and a byte order mark.
    ExcelNl,
}

impl Form {
    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => JSON,
            Self::Csv | Self::ExcelNl => "text/csv; charset=utf-8; header=present",
        }
    }
}

/// After which row.
#[derive(Clone, Debug)]
pub(super) enum After {
    Row(Key),
    Submission(SubmissionId),
}

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// As it was given, to be given again for the next page.
    pub(super) given: Vec<(String, String)>,
    pub(super) form: Form,
    pub(super) limit: usize,
    pub(super) after: Option<After>,
    pub(super) as_known_at: Option<Instant>,
    pub(super) periods: Option<BTreeSet<Period>>,
    /// Codes; `overall` for what is of no theme.
    pub(super) themes: Option<BTreeSet<String>>,
    pub(super) indicators: Option<BTreeSet<String>>,
    pub(super) organisation: Option<AgbCode>,
    pub(super) by_part: bool,
    pub(super) dataset: Option<String>,
    pub(super) state: Option<SubmissionState>,
}

/// The parameters of every export.
const COMMON: [&str; 7] = ["period", "organisation", "asKnownAt", "limit", "after", "format", "dialect"];

/// The parameters that `export` takes.
pub(in crate::http) fn parameters(export: Export) -> impl Iterator<Item = &'static str> {
    let own: &[&str] = match export {
        Export::Scores => &["theme"],
        Export::Signals => &["theme", "indicator"],
        Export::Observations => &["indicator", "byPart"],
        Export::Submissions => &["dataset", "state"],
    };
    own.iter().chain(&COMMON).copied()
}

impl Wanted {
    /// Reads the address; the first thing that is not understood is said.
    pub(super) fn read(export: Export, uri: &Uri, headers: &HeaderMap) -> Result<Self, Problem> {
        let Query(given) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| wrong("?", "naam=waarde&…", "name=value&…", uri.query().unwrap_or_default()))?;
        let known: Vec<&str> = parameters(export).collect();
        let mut seen = BTreeSet::new();
        for (name, _) in &given {
            if !known.contains(&name.as_str()) {
                let names = known.join(", ");
                return Err(wrong(name, &format!("een van {names}"), &format!("one of {names}"), name));
            }
            if !seen.insert(name) {
                return Err(wrong(
                    name,
                    "één keer, meer waarden met een komma",
                    "once, more values with a comma",
                    name,
                ));
            }
        }
        let text = |name: &str| given.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str());
        let list = |name: &str| text(name).map(|value| value.split(',').map(str::to_owned).collect());
        let form = form(text("format"), text("dialect"), headers)?;
        let limit = parsed(text("limit"), "limit", "een getal van 1 tot 50000", "a number from 1 to 50000", |text| {
            text.parse().ok().filter(|limit| (1..=LARGEST_PAGE).contains(limit))
        })?;
        let after = parsed(
            text("after"),
            "after",
            "de waarde uit een Link naar de volgende bladzijde",
            "the value from a Link to the next page",
            |text| match export {
                Export::Submissions => text.parse().ok().map(After::Submission),
                _ => Key::parse(text).map(After::Row),
            },
        )?;
        let moment = ("een moment zoals 2026-03-15T09:00:00Z", "a moment such as 2026-03-15T09:00:00Z");
        let period = ("een periode zoals 2025 of 2025-Q1", "a period such as 2025 or 2025-Q1");
        let code = ("een AGB-code van acht cijfers", "an AGB code of eight digits");
        let yes = ("true of false", "true or false");
        let states = SubmissionState::ALL.map(|state| state.as_str().to_ascii_uppercase()).join(", ");
        let state = |text: &str| SubmissionState::ALL.into_iter().find(|one| one.as_str().eq_ignore_ascii_case(text));
        Ok(Self {
            form,
            limit: limit.unwrap_or(ORDINARY_PAGE),
            after,
            as_known_at: parsed(text("asKnownAt"), "asKnownAt", moment.0, moment.1, Instant::parse)?,
            periods: parsed(text("period"), "period", period.0, period.1, |text| {
                text.split(',').map(|one| one.parse().ok()).collect()
            })?,
            themes: list("theme"),
            indicators: list("indicator"),
            organisation: parsed(text("organisation"), "organisation", code.0, code.1, from_text)?,
            by_part: parsed(text("byPart"), "byPart", yes.0, yes.1, from_text)?.unwrap_or(false),
            dataset: text("dataset").map(str::to_owned),
            state: parsed(text("state"), "state", &format!("een van {states}"), &format!("one of {states}"), state)?,
            given,
        })
    }

    /// One text for one question, however it was written.
    pub(super) fn canonical(&self) -> String {
        let Self { form, limit, after, periods, themes, indicators, organisation, by_part, dataset, state, .. } = self;
        // `asKnownAt` says which snapshot, and the snapshot has a name of its own.
        format!(
            "{form:?} {limit} {after:?} {periods:?} {themes:?} {indicators:?} {organisation:?} {by_part} {dataset:?} \
             {state:?}"
        )
    }
}

fn form(format: Option<&str>, dialect: Option<&str>, headers: &HeaderMap) -> Result<Form, Problem> {
    let is_csv = match format {
        Some("csv") => true,
        Some("json") => false,
        Some(other) => return Err(wrong("format", "csv of json", "csv or json", other)),
        None => match negotiate::preferred(headers, &[JSON, CSV]) {
            Some(preferred) => preferred == CSV,
            None => return Err(not_acceptable()),
        },
    };
    match dialect {
        None if !is_csv => Ok(Form::Json),
        None | Some("plain") if is_csv => Ok(Form::Csv),
        Some("excel-nl") if is_csv => Ok(Form::ExcelNl),
        Some(other) if is_csv => Err(wrong("dialect", "plain of excel-nl", "plain or excel-nl", other)),
        other => Err(wrong("dialect", "alleen bij format=csv", "only with format=csv", other.unwrap_or_default())),
    }
}

fn from_text<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn parsed<T>(
    text: Option<&str>,
    name: &str,
    nl: &str,
    en: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    text.map(|text| read(text).ok_or_else(|| wrong(name, nl, en, text))).transpose()
}

/// 400: a parameter that is not understood, with what was expected and found.
fn wrong(name: &str, nl: &str, en: &str, found: &str) -> Problem {
    let found: String = found.chars().take(80).collect();
    Problem::bad_request(Text {
        nl: format!("De parameter `{name}` is niet te lezen. Verwacht: {nl}. Gevonden: `{found}`."),
        en: format!("The parameter `{name}` cannot be read. Expected: {en}. Found: `{found}`."),
    })
}

/// 406: neither of the two forms will do.
fn not_acceptable() -> Problem {
    let text = |nl: &str, en: &str| Text { nl: nl.to_owned(), en: en.to_owned() };
    Problem::new(
        StatusCode::NOT_ACCEPTABLE,
        "NOT_ACCEPTABLE",
        text("Vorm niet beschikbaar", "Not acceptable"),
        text(
            "Dit is er als application/json en als text/csv; noem een van die in de kop Accept, of stuur format=csv.",
            "This comes as application/json and as text/csv; name one of them in the Accept header, or send format=csv.",
        ),
    )
}
