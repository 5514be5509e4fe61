//! Until when something is in time and until when it is taken, for one organisation.

use std::collections::BTreeSet;

use super::Error;
use crate::{
    catalogue::{Catalogue, Window},
    domain::{AgbCode, Downtime, Extension, Instant, OrganisationId, Period, PeriodPart, Scope, deadline},
    intake::MoreTime,
    store::{self, Tx},
};

/// The two moments of a window, as they are for one organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WindowTime {
    /// After which it is late.
    pub deadline: Instant,
    /// After which it is not taken.
    pub taken_until: Instant,
}

impl WindowTime {
    /// The moments of `window` in `year`, with the time that was given by `extensions` and that `downtime` took.
    pub(super) fn of<'e>(
        window: &Window,
        year: i16,
        extensions: impl IntoIterator<Item = &'e Extension>,
        downtime: &[Downtime],
        catalogue: &Catalogue,
    ) -> Self {
        let granted = extensions.into_iter().filter_map(|one| one.decision.as_ref()?.granted_until).max();
        let end = |day| deadline(granted.map_or(day, |until| until.max(day)), catalogue.downtime.days.into(), downtime);
        Self { deadline: end(window.due.in_year(year)), taken_until: end(window.closes.in_year(year)) }
    }
}

/// What files of one organisation may hold.
#[derive(Clone, Debug)]
pub(super) struct Allowed {
    /// The codes that they may be about.
    pub codes: BTreeSet<AgbCode>,
    /// What is known of its time at `at`.
    extensions: Vec<Extension>,
    downtime: Vec<Downtime>,
    at: Instant,
}

impl Allowed {
    /// What a file of `organisation` may hold at `at`, by what was known then.
    pub(super) async fn load(tx: &mut Tx, organisation: OrganisationId, at: Instant) -> Result<Self, Error> {
        let scope = Scope::Organisation(organisation);
        let own = store::find_organisation(tx, scope, organisation).await?;
        Ok(Self {
            codes: own.into_iter().map(|own| own.agb_code).collect(),
            extensions: store::list_extensions(tx, scope, None, None, at).await?,
            downtime: store::list_downtime(tx, at).await?,
            at,
        })
    }

    /// Nothing, at `at`.
    pub(super) const fn nobody(at: Instant) -> Self {
        Self { codes: BTreeSet::new(), extensions: Vec::new(), downtime: Vec::new(), at }
    }

    /// The moment.
    pub(super) const fn at(&self) -> Instant {
        self.at
    }

    /// Whether a file of `dataset` about `period` is taken at its moment.
    pub(super) fn is_open(&self, catalogue: &Catalogue, dataset: &str, period: Period) -> bool {
        let year = period.calendar_year();
        let Some(window) = catalogue.window(dataset, year) else { return true };
        // Time for a year is time for its quarters: four of them are a year.
        let covers = |given: Period| {
            given == period || (given.part() == PeriodPart::Year && given.calendar_year() == period.calendar_year())
        };
        let about = self.extensions.iter().filter(|one| one.dataset == dataset && covers(one.period));
        self.at < WindowTime::of(window, year, about, &self.downtime, catalogue).taken_until
    }
}

/// The same with the catalogue, for whoever checks a file.
pub(super) struct OpenWindows<'a>(pub(super) &'a Allowed, pub(super) &'a Catalogue);

impl MoreTime for OpenWindows<'_> {
    fn has(&self, dataset: &str, organisation: AgbCode, period: Period) -> bool {
        self.0.codes.contains(&organisation) && self.0.is_open(self.1, dataset, period)
    }
}
