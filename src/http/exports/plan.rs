//! Which rows a page has: the answers of the use-cases, filtered, in a fixed order, behind the row that was asked for.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Export,
    rows::{Item, SubmissionRow},
    wanted::{After, Wanted},
};
use crate::{
    domain::{Actor, AgbCode, DataClass, Instant, Organisation, Period, Succession},
    service::{AssessedOrganisation, Assessment, Error, NumberQuery, Service, SubmissionQuery},
};

/// How many submissions are read at once.
const BATCH: usize = 100;

/// The place of a row in the order of its export: period, organisation, and what it is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) period: Period,
    pub(super) agb_code: AgbCode,
    /// Theme or indicator; empty for an overall score.
    pub(super) of: String,
    /// Empty for the whole.
    pub(super) part: String,
}

impl Key {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '~');
        let mut next = || parts.next();
        let (period, agb_code, of, part) = (next()?, next()?, next()?, next()?);
        Some(Self {
            period: period.parse().ok()?,
            agb_code: agb_code.parse().ok()?,
            of: of.to_owned(),
            part: part.to_owned(),
        })
    }

    fn text(&self) -> String {
        let Self { period, agb_code, of, part } = self;
        format!("{period}~{agb_code}~{of}~{part}")
    }
}

/// The rows of a page.
pub(super) struct Page {
    pub(super) items: Vec<Item>,
    /// After which row the next page begins, when there is one.
    pub(super) next: Option<String>,
}

/// What the rows follow from: the runs where they come from runs, which stay when other things change; else the moment.
pub(super) async fn snapshot(
    service: &Service,
    export: Export,
    wanted: &Wanted,
    known_at: Instant,
) -> Result<String, Error> {
    match export {
        Export::Scores | Export::Signals => {
            let runs = service.runs(known_at).await?;
            let runs = runs.iter().filter(|run| wanted.periods.as_ref().is_none_or(|some| some.contains(&run.period)));
            Ok(runs.map(|run| run.id.to_string()).collect::<Vec<_>>().join(" "))
        }
        Export::Observations | Export::Submissions => Ok(known_at.to_string()),
    }
}

/// The page that `wanted` asks for, as known at `known_at`.
pub(super) async fn plan(
    service: &Service,
    actor: &Actor,
    export: Export,
    wanted: &Wanted,
    known_at: Instant,
) -> Result<Page, Error> {
    if export == Export::Submissions {
        return submissions(service, actor, wanted, known_at).await;
    }
    let after = match &wanted.after {
        Some(After::Row(key)) => Some(key),
        _ => None,
    };
    let mut walk = Walk { after, limit: wanted.limit, rows: Vec::new() };
    let organisations = match export {
        Export::Observations => service.organisations(actor).await?,
        _ => Vec::new(),
    };
    for period in periods(service, wanted, known_at).await? {
        if after.is_some_and(|after| period < after.period) {
            continue;
        }
        match export {
            Export::Observations => {
                walk.take(numbers(service, actor, wanted, &organisations, period, known_at).await?);
            }
            _ => {
                if let Some(run) = service.assessment(actor, period, known_at).await? {
                    let rows =
                        if export == Export::Scores { scores(&run, wanted) } else { signals(&run, actor, wanted) };
                    walk.take(rows);
                }
            }
        }
        if walk.is_full() {
            break;
        }
    }
    Ok(walk.page())
}

/// Rows in their order, up to one more than a page has.
struct Walk<'a> {
    after: Option<&'a Key>,
    limit: usize,
    rows: Vec<(Key, Item)>,
}

impl Walk<'_> {
    fn take(&mut self, mut rows: Vec<(Key, Item)>) {
        rows.retain(|(key, _)| self.after.is_none_or(|after| key > after));
        rows.sort_by(|(a, _), (b, _)| a.cmp(b));
        let room = (self.limit + 1).saturating_sub(self.rows.len());
        rows.truncate(room);
        self.rows.append(&mut rows);
    }

    const fn is_full(&self) -> bool {
        self.rows.len() > self.limit
    }

    fn page(mut self) -> Page {
        let is_full = self.is_full();
        self.rows.truncate(self.limit);
        let next = self.rows.last().filter(|_| is_full).map(|(key, _)| key.text());
        Page { items: self.rows.into_iter().map(|(_, item)| item).collect(), next }
    }
}

/// The periods that are asked for, or else all of which anything was delivered; the earliest first.
async fn periods(service: &Service, wanted: &Wanted, known_at: Instant) -> Result<Vec<Period>, Error> {
    if let Some(some) = &wanted.periods {
        return Ok(some.iter().copied().collect());
    }
    let mut all = service.periods(known_at).await?;
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

fn is_wanted(wanted: &Wanted, one: &AssessedOrganisation) -> bool {
    wanted.organisation.is_none_or(|code| one.organisation.agb_code == code)
}

fn key(run: &Assessment, one: &AssessedOrganisation, of: &str) -> Key {
    Key { period: run.key.period, agb_code: one.organisation.agb_code, of: of.to_owned(), part: String::new() }
}

fn scores(run: &Arc<Assessment>, wanted: &Wanted) -> Vec<(Key, Item)> {
    let mut rows = Vec::new();
    for (place, one) in run.organisations.iter().enumerate().filter(|(_, one)| is_wanted(wanted, one)) {
        for (number, score) in one.outcome.scores.iter().enumerate() {
            let theme = score.theme.as_deref();
            if wanted.themes.as_ref().is_none_or(|some| some.contains(theme.unwrap_or("overall"))) {
                let item = Item::Score { run: Arc::clone(run), place, number };
                rows.push((key(run, one, theme.unwrap_or_default()), item));
            }
        }
    }
    rows
}

fn signals(run: &Arc<Assessment>, actor: &Actor, wanted: &Wanted) -> Vec<(Key, Item)> {
    let mut rows = Vec::new();
    let shown = run.shown_to(actor.scope).enumerate();
    for (place, one) in shown.filter(|(_, one)| is_wanted(wanted, one)) {
        for (number, signal) in one.outcome.signals.iter().enumerate() {
            let by_theme = wanted.themes.as_ref().is_none_or(|some| some.contains(&*signal.theme));
            let by_indicator = wanted.indicators.as_ref().is_none_or(|some| some.contains(&*signal.indicator));
            if by_theme && by_indicator {
                let item = Item::Signal { run: Arc::clone(run), scope: actor.scope, place, number };
                rows.push((key(run, one, &signal.indicator), item));
            }
        }
    }
    rows
}

async fn numbers(
    service: &Service,
    actor: &Actor,
    wanted: &Wanted,
    organisations: &[Organisation],
    period: Period,
    known_at: Instant,
) -> Result<Vec<(Key, Item)>, Error> {
    let by_code: BTreeMap<AgbCode, &Organisation> = organisations.iter().map(|one| (one.agb_code, one)).collect();
    let organisation = match wanted.organisation {
        Some(code) => match by_code.get(&code) {
            Some(one) => Some(one.id),
            None => return Ok(Vec::new()),
        },
        None => None,
    };
    let succession = Succession::AsThen;
    let query = NumberQuery { organisation, period, by_part: wanted.by_part, for_learning: false, succession };
    let found = service.numbers(actor, &query, known_at).await?;
    let rows = found.into_iter().filter_map(|one| {
        let number = &one.number;
        let is_wanted = wanted.indicators.as_ref().is_none_or(|some| some.contains(&number.indicator));
        // What is for learning only was not asked for; it could not come either.
        if !is_wanted || one.class != DataClass::Supervision {
            return None;
        }
        let organisation = (*by_code.get(&number.agb_code)?).clone();
        let (of, part) = (number.indicator.clone(), number.part.clone().unwrap_or_default());
        let key = Key { period: number.period, agb_code: number.agb_code, of, part };
        Some((key, Item::Observation(Box::new((organisation, one)))))
    });
    Ok(rows.collect())
}

/// Newest first, read in batches; of each report only its counts are kept.
async fn submissions(service: &Service, actor: &Actor, wanted: &Wanted, known_at: Instant) -> Result<Page, Error> {
    let organisations: BTreeMap<_, _> =
        service.organisations(actor).await?.into_iter().map(|one| (one.id, one)).collect();
    let organisation = match wanted.organisation {
        Some(code) => match organisations.values().find(|one| one.agb_code == code) {
            Some(one) => Some(one.id),
            None => return Ok(Page { items: Vec::new(), next: None }),
        },
        None => None,
    };
    let mut query = SubmissionQuery {
        organisation,
        dataset: wanted.dataset.clone(),
        state: wanted.state,
        before: match wanted.after {
            Some(After::Submission(id)) => Some(id),
            _ => None,
        },
        limit: BATCH,
    };
    let (mut items, mut last) = (Vec::new(), None);
    loop {
        let batch = service.submissions(actor, &query, known_at).await?;
        let is_last = batch.len() < BATCH;
        for one in batch {
            query.before = Some(one.submission.id);
            // What is for learning only, and what nobody could recognise, is in no export.
            let is_exported = one.submission.class == DataClass::Supervision;
            let periods = &one.report.periods;
            let is_wanted = wanted.periods.as_ref().is_none_or(|some| periods.iter().any(|one| some.contains(one)));
            let Some(organisation) = organisations.get(&one.submission.organisation) else { continue };
            if !is_exported || !is_wanted {
                continue;
            }
            if items.len() == wanted.limit {
                return Ok(Page { items, next: last });
            }
            last = Some(one.submission.id.to_string());
            items.push(Item::Submission(Box::new(SubmissionRow::new(organisation.clone(), one))));
        }
        if is_last {
            return Ok(Page { items, next: None });
        }
    }
}
