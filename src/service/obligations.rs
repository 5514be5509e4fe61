//! Who has to deliver what by when, and how far everybody is; more time, exemptions and downtime.

use std::collections::BTreeMap;

use jiff::{Span, civil::Date};

use super::{
    Error, Refusal, Service, numbers::mergers, once::Done, submissions::within_length, windows::WindowTime,
    wiring::must_deliver,
};
use crate::{
    domain::{
        Actor, Downtime, Exemption, Extension, ExtensionDecision, ExtensionId, Instant, Obligation, ObligationStatus,
        Organisation, OrganisationId, Period, PeriodPart, Role, Scope, Standing, SubmissionId, SubmissionState,
    },
    store::{self, Delivery, OpenSubmission, Tx},
};

/// How many seconds without a heartbeat are downtime: three beats that did not come.
const SILENCE: i64 = 3 * Service::HEARTBEAT_SECONDS;

/// What an organisation asks: more time.
#[derive(Clone, Debug)]
pub struct ExtensionRequest {
    /// For whom; the asker's own organisation when it is left out.
    pub organisation: Option<OrganisationId>,
    /// Of which dataset.
    pub dataset: String,
    /// About which period.
    pub period: Period,
    /// Until which day, that day included.
    pub until: Date,
    /// Why.
    pub ground: String,
}

/// What is known about a period, by organisation and dataset.
struct Known {
    deliveries: BTreeMap<(OrganisationId, String), Vec<Delivery>>,
    open: BTreeMap<(OrganisationId, String), Vec<OpenSubmission>>,
}

impl Known {
    async fn load(tx: &mut Tx, scope: Scope, period: Period, known_at: Instant) -> Result<Self, Error> {
        let mut known = Self { deliveries: BTreeMap::new(), open: BTreeMap::new() };
        for one in store::list_deliveries_of_period(tx, scope, period, known_at).await? {
            known.deliveries.entry((one.organisation, one.dataset.clone())).or_default().push(one);
        }
        for one in store::list_open(tx, scope, period, known_at).await? {
            known.open.entry((one.organisation, one.dataset.clone())).or_default().push(one);
        }
        Ok(known)
    }

    /// What is in force, and since when something has been without a break.
    fn in_force(&self, place: &(OrganisationId, String)) -> Option<(SubmissionId, Instant)> {
        let versions = self.deliveries.get(place)?;
        let submission = versions.last()?.submission?;
        let unbroken = versions.iter().rev().take_while(|one| one.submission.is_some());
        Some((submission, unbroken.last()?.known_from))
    }
}

impl Service {
    /// How often a server that is there says so.
    pub const HEARTBEAT_SECONDS: i64 = 60;

    /// What every organisation that `actor` may see has to deliver about `period`, by what is known of `known_at`, by AGB
    /// code and dataset. Whether a deadline has passed is told by `now`: nothing need change for that.
    pub async fn obligations(
        &self,
        actor: &Actor,
        period: Period,
        known_at: Instant,
        now: Instant,
    ) -> Result<Vec<Obligation>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let organisations = store::list_registered_organisations(&mut tx, actor.scope, now).await?;
        let whole = Known::load(&mut tx, actor.scope, period, known_at).await?;
        let mut quarters = Vec::new();
        if period.part() == PeriodPart::Year {
            for quarter in 1..=4 {
                if let Ok(part) = Period::new(period.calendar_year(), PeriodPart::Quarter(quarter)) {
                    quarters.push(Known::load(&mut tx, actor.scope, part, known_at).await?);
                }
            }
        }
        let year = period.calendar_year();
        let exemptions: BTreeMap<OrganisationId, Exemption> =
            store::list_exemptions(&mut tx, actor.scope, year, known_at)
                .await?
                .into_iter()
                .filter(|one| one.births.is_some())
                .map(|one| (one.organisation, one))
                .collect();
        let mut extensions: BTreeMap<(OrganisationId, String), Vec<Extension>> = BTreeMap::new();
        for one in store::list_extensions(&mut tx, actor.scope, None, Some(period), known_at).await? {
            extensions.entry((one.organisation, one.dataset.clone())).or_default().push(one);
        }
        let downtime = store::list_downtime(&mut tx, known_at).await?;
        let mergers = mergers(&mut tx, known_at).await?;
        drop(tx);
        let open = self.mandated(actor).await?;

        let mut obligations = Vec::new();
        // Who was no more when the period began owes nothing of it.
        for organisation in organisations.into_iter().filter(|one| !mergers.is_gone(one.agb_code, period.first_day())) {
            for dataset in self.catalogue.datasets.keys() {
                let place = (organisation.id, dataset.clone());
                if open.as_ref().is_some_and(|open| !open.contains(&place)) {
                    continue;
                }
                let more_time = extensions.remove(&place).unwrap_or_default();
                let exemption = exemptions.get(&organisation.id).cloned();
                let Some(bare) = self.obligation(&organisation, dataset, period, more_time, exemption, &downtime)
                else {
                    continue;
                };
                obligations.push(settle(bare, &place, &whole, &quarters, now));
            }
        }
        Ok(obligations)
    }

    /// What has to be delivered, and by when; nothing of what was. `None` for a dataset that nobody delivers then.
    fn obligation(
        &self,
        organisation: &Organisation,
        dataset: &str,
        period: Period,
        extensions: Vec<Extension>,
        exemption: Option<Exemption>,
        downtime: &[Downtime],
    ) -> Option<Obligation> {
        let year = period.calendar_year();
        let window = self.catalogue.duty(dataset, year)?;
        let time = WindowTime::of(window, year, &extensions, downtime, &self.catalogue);
        Some(Obligation {
            organisation: organisation.clone(),
            dataset: dataset.to_owned(),
            period,
            opens: window.opens.in_year(year).max(period.first_day()),
            due: window.due.in_year(year),
            closes: window.closes.in_year(year),
            taken_until: time.taken_until,
            deadline: time.deadline,
            extensions,
            exemption,
            submission: None,
            submitted_at: None,
            open_submission: None,
            status: ObligationStatus::Nothing,
            is_overdue: false,
        })
    }

    /// Asks for more time.
    pub async fn request_extension(&self, actor: &Actor, request: &ExtensionRequest) -> Result<Extension, Error> {
        must_deliver(actor)?;
        let actor = &actor.delivering();
        match self.once(actor, Box::pin(self.request_anew(actor, request))).await? {
            Done::Now(extension) => Ok(extension),
            Done::Before(known) => self.extension_as_it_was(actor, known).await,
        }
    }

    /// A request for more time as it was when it was made or decided on under a key.
    async fn extension_as_it_was(&self, actor: &Actor, known: (ExtensionId, Instant)) -> Result<Extension, Error> {
        let (id, at) = known;
        let mut tx = self.database.read(actor.scope).await?;
        store::list_extensions(&mut tx, actor.scope, Some(id), None, at).await?.pop().ok_or(Error::NotFound)
    }

    async fn request_anew(&self, actor: &Actor, request: &ExtensionRequest) -> Result<Extension, Error> {
        let ground = within_length(&request.ground)?;
        let organisation = request.organisation.or(actor.scope.itself()).ok_or(Error::NotFound)?;
        let place = (organisation, request.dataset.clone());
        if !actor.scope.includes(organisation) && !self.mandated(actor).await?.is_some_and(|open| open.contains(&place))
        {
            return Err(Error::NotFound);
        }
        self.must_be_in_window(&request.dataset, request.period, request.until)?;
        let mut tx = self.database.write(actor.scope).await?;
        let now = store::take_turn(&mut tx, self.now()).await?;
        let scope = Scope::Organisation(organisation);
        let earlier = store::list_extensions(&mut tx, scope, None, Some(request.period), now).await?;
        if earlier.iter().any(|one| one.dataset == request.dataset && one.decision.is_none()) {
            return Err(Refusal::ExtensionWaits.into());
        }
        let extension = Extension {
            id: ExtensionId::new(&*self.ids),
            organisation,
            dataset: request.dataset.clone(),
            period: request.period,
            wanted_until: request.until,
            ground,
            asked_by: actor.to_string(),
            asked_at: now,
            decision: None,
        };
        store::insert_extension(&mut tx, &extension).await?;
        self.remember(&mut tx, actor, &(extension.id, now)).await?;
        self.audit(&mut tx, actor, "extension.requested", extension.id, "done").await?;
        tx.commit().await?;
        Ok(extension)
    }

    /// Decides on a request: until a day, or not at all. Once.
    pub async fn decide_extension(
        &self,
        actor: &Actor,
        id: ExtensionId,
        granted_until: Option<Date>,
        reason: &str,
    ) -> Result<Extension, Error> {
        must_inspect(actor)?;
        match self.once(actor, Box::pin(self.decide_anew(actor, id, granted_until, reason))).await? {
            Done::Now(extension) => Ok(extension),
            Done::Before(known) => self.extension_as_it_was(actor, known).await,
        }
    }

    async fn decide_anew(
        &self,
        actor: &Actor,
        id: ExtensionId,
        granted_until: Option<Date>,
        reason: &str,
    ) -> Result<Extension, Error> {
        let reason = within_length(reason)?;
        let mut tx = self.database.write(actor.scope).await?;
        let now = store::take_turn(&mut tx, self.now()).await?;
        let found = store::list_extensions(&mut tx, actor.scope, Some(id), None, now).await?.pop();
        let mut extension = found.ok_or(Error::NotFound)?;
        if extension.decision.is_some() {
            return Err(Refusal::ExtensionDecided.into());
        }
        if let Some(until) = granted_until {
            self.must_be_in_window(&extension.dataset, extension.period, until)?;
        }
        let decision = ExtensionDecision { granted_until, reason, decided_by: actor.to_string(), decided_at: now };
        store::decide_extension(&mut tx, id, &decision).await?;
        self.remember(&mut tx, actor, &(id, now)).await?;
        let result = if granted_until.is_some() { "granted" } else { "refused" };
        self.audit(&mut tx, actor, "extension.decided", id, result).await?;
        tx.commit().await?;
        extension.decision = Some(decision);
        Ok(extension)
    }

    /// Registers that an organisation need not deliver about a year, as it had so few kraambedden; or, without a
    /// number, that it must again.
    pub async fn register_exemption(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        year: i16,
        births: Option<u32>,
        ground: &str,
    ) -> Result<Exemption, Error> {
        must_inspect(actor)?;
        match self.once(actor, Box::pin(self.register_anew(actor, organisation, year, births, ground))).await? {
            Done::Now(exemption) => Ok(exemption),
            Done::Before(at) => {
                let mut tx = self.database.read(actor.scope).await?;
                let scope = Scope::Organisation(organisation);
                store::list_exemptions(&mut tx, scope, year, at).await?.pop().ok_or(Error::NotFound)
            }
        }
    }

    async fn register_anew(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        year: i16,
        births: Option<u32>,
        ground: &str,
    ) -> Result<Exemption, Error> {
        let ground = within_length(ground)?;
        let maximum = self.catalogue.exemption.births;
        if births.is_some_and(|births| births > maximum) {
            return Err(Refusal::TooManyBirths { maximum }.into());
        }
        let mut tx = self.database.write(actor.scope).await?;
        let now = store::take_turn(&mut tx, self.now()).await?;
        let exemption =
            Exemption { organisation, year, births, ground, decided_by: actor.to_string(), decided_at: now };
        store::find_organisation(&mut tx, actor.scope, organisation).await?.ok_or(Error::NotFound)?;
        store::insert_exemption(&mut tx, &exemption).await?;
        self.remember(&mut tx, actor, &now).await?;
        let result = if births.is_some() { "exempt" } else { "ended" };
        self.audit(&mut tx, actor, "exemption.registered", organisation, result).await?;
        tx.commit().await?;
        Ok(exemption)
    }

    /// Says that the service is there. When nobody said so for a while, that while is noted as downtime.
    pub async fn beat(&self) -> Result<Option<Downtime>, Error> {
        let now = self.now();
        let mut tx = self.database.write(Scope::Sector).await?;
        let last = store::beat(&mut tx, now).await?;
        let silent = last.filter(|last| last.plus_seconds(SILENCE) < now).map(|from| Downtime { from, until: now });
        if let Some(downtime) = silent {
            let noted_at = store::take_turn(&mut tx, now).await?;
            store::insert_downtime(&mut tx, downtime, "heartbeat", noted_at, "no heartbeat").await?;
            self.audit(&mut tx, &Actor::OPERATOR, "downtime.measured", downtime.from, "done").await?;
        }
        tx.commit().await?;
        Ok(silent)
    }

    /// Notes a time in which the service could not be reached though it was there: the network, the proxy, the login.
    pub async fn note_downtime(&self, actor: &Actor, downtime: Downtime, reason: &str) -> Result<(), Error> {
        if actor.role != Role::Operator {
            return Err(Error::Forbidden(Role::Operator));
        }
        let reason = within_length(reason)?;
        let now = self.now();
        if downtime.from >= downtime.until || downtime.until > now {
            return Err(Refusal::DowntimeOrder.into());
        }
        let mut tx = self.database.write(Scope::Sector).await?;
        let noted_at = store::take_turn(&mut tx, now).await?;
        store::insert_downtime(&mut tx, downtime, &actor.to_string(), noted_at, &reason).await?;
        self.audit(&mut tx, actor, "downtime.noted", downtime.from, "done").await?;
        Ok(tx.commit().await?)
    }

    /// A day of more time lies after the due day and not too long after the window closes.
    fn must_be_in_window(&self, dataset: &str, period: Period, until: Date) -> Result<(), Refusal> {
        let year = period.calendar_year();
        let window = self.catalogue.duty(dataset, year).ok_or_else(|| {
            let known = self.catalogue.datasets.keys().filter(|code| self.catalogue.duty(code, year).is_some());
            let known: Vec<&str> = known.map(String::as_str).collect();
            Refusal::DatasetUnknown { dataset: dataset.to_owned(), known: known.join(", ") }
        })?;
        let (due, closes) = (window.due.in_year(year), window.closes.in_year(year));
        let latest = closes.saturating_add(Span::new().days(i64::from(self.catalogue.extension.days)));
        if until > due && until <= latest { Ok(()) } else { Err(Refusal::ExtensionDay { due, latest }) }
    }
}

/// What was delivered of an obligation, and how far it is with that.
fn settle(
    bare: Obligation,
    place: &(OrganisationId, String),
    whole: &Known,
    quarters: &[Known],
    now: Instant,
) -> Obligation {
    // Four quarters are a year as well; the last to come in makes it whole.
    let parts: Option<Vec<_>> = quarters.iter().map(|quarter| quarter.in_force(place)).collect();
    let in_parts = parts.and_then(|parts| parts.into_iter().max_by_key(|(_, since)| *since));
    let in_force = whole.in_force(place).or(in_parts);
    let known = std::iter::once(whole).chain(quarters);
    let open: Vec<&OpenSubmission> = known.filter_map(|known| known.open.get(place)).flatten().collect();
    let checked = open.iter().rfind(|one| one.state == SubmissionState::Checked);
    let standing = Standing {
        is_exempt: bare.exemption.is_some(),
        submitted_at: in_force.map(|(_, since)| since),
        open: checked.or(open.last()).map(|one| one.state),
        is_extended: bare
            .extensions
            .iter()
            .any(|one| one.decision.as_ref().is_some_and(|it| it.granted_until.is_some())),
        deadline: bare.deadline,
    };
    Obligation {
        submission: in_force.map(|(submission, _)| submission),
        submitted_at: standing.submitted_at,
        open_submission: checked.or(open.last()).map(|one| one.submission),
        status: standing.status(now),
        is_overdue: standing.is_overdue(now),
        ..bare
    }
}

/// Refuses everybody who does not decide.
pub(super) fn must_inspect(actor: &Actor) -> Result<(), Error> {
    if actor.role.may_decide() { Ok(()) } else { Err(Error::Forbidden(Role::Inspector)) }
}
