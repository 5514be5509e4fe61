//! What an organisation has to deliver, by when, and how far it is.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{ExtensionId, Instant, Organisation, OrganisationId, Period, SubmissionId, SubmissionState};

/// How far an organisation is with what it has to deliver about a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObligationStatus {
    /// Niets: nothing was sent.
    Nothing,
    /// Concept: a file was sent, and it has errors.
    Draft,
    /// Gecontroleerd, niet ingediend: a file without errors waits for approval.
    Checked,
    /// Ingediend: something is in force, and it was in time.
    Submitted,
    /// Te laat ingediend: something is in force, and it came after the deadline.
    Late,
    /// Uitstel: nothing was sent, and there is more time.
    Extended,
    /// Vrijgesteld: need not deliver.
    Exempt,
}

impl ObligationStatus {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Nothing, Self::Draft, Self::Checked, Self::Submitted, Self::Late, Self::Extended, Self::Exempt];

    /// Whether something is in force.
    pub const fn is_submitted(self) -> bool {
        matches!(self, Self::Submitted | Self::Late)
    }
}

/// A request for more time (uitstel) and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Its identifier.
    pub id: ExtensionId,
    /// Whose.
    pub organisation: OrganisationId,
    /// Of which dataset.
    pub dataset: String,
    /// About which period.
    pub period: Period,
    /// Until which day, that day included, was asked.
    pub wanted_until: Date,
    /// Why.
    pub ground: String,
    /// By whom.
    pub asked_by: String,
    /// When.
    pub asked_at: Instant,
    /// What was decided; nothing yet when there is none.
    pub decision: Option<ExtensionDecision>,
}

/// What was decided on a request for more time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionDecision {
    /// Until which day, that day included; nothing when it was refused.
    pub granted_until: Option<Date>,
    /// Why.
    pub reason: String,
    /// By whom.
    pub decided_by: String,
    /// When.
    pub decided_at: Instant,
}

/// That an organisation need not deliver about a year (vrijstelling).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// Whose.
    pub organisation: OrganisationId,
    /// The report year.
    pub year: i16,
    /// Kraambedden in that year; nothing when the exemption has ended.
    pub births: Option<u32>,
    /// Why.
    pub ground: String,
    /// By whom.
    pub decided_by: String,
    /// When.
    pub decided_at: Instant,
}

/// A time in which the service could not be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Downtime {
    /// From this moment.
    pub from: Instant,
    /// Until this one.
    pub until: Instant,
}

/// What an organisation has to deliver of a dataset about a period, and how far it is.
#[derive(Clone, Debug)]
pub struct Obligation {
    /// Whose.
    pub organisation: Organisation,
    /// The dataset.
    pub dataset: String,
    /// The period.
    pub period: Period,
    /// The first day on which a file is taken.
    pub opens: Date,
    /// The day by which it is due for everybody.
    pub due: Date,
    /// The last day on which a file is taken from whoever was not given more time.
    pub closes: Date,
    /// The moment after which no file is taken from this organisation: the end of the last day, or of the day until which
    /// it was given time, moved on by the time that the service could not be reached.
    pub taken_until: Instant,
    /// The moment after which it is late for this organisation: the end of the due day or of the day until which it was
    /// given time, moved on by the time that the service could not be reached.
    pub deadline: Instant,
    /// Requests for more time, the oldest first.
    pub extensions: Vec<Extension>,
    /// Why it need not deliver, when it need not.
    pub exemption: Option<Exemption>,
    /// What is in force.
    pub submission: Option<SubmissionId>,
    /// Since when something has been in force without a break. A correction changes nothing of it.
    pub submitted_at: Option<Instant>,
    /// What waits for approval, or has errors.
    pub open_submission: Option<SubmissionId>,
    /// How far it is.
    pub status: ObligationStatus,
    /// Whether the deadline has passed and nothing is in force.
    pub is_overdue: bool,
}

/// What decides how far an organisation is.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Whether it need not deliver.
    pub is_exempt: bool,
    /// Since when something has been in force.
    pub submitted_at: Option<Instant>,
    /// Where the file is that was sent and not approved: checked, or with errors; the former when there are both.
    pub open: Option<SubmissionState>,
    /// Whether more time was given.
    pub is_extended: bool,
    /// The moment after which it is late.
    pub deadline: Instant,
}

impl Standing {
    /// How far it is at `now`.
    pub fn status(&self, now: Instant) -> ObligationStatus {
        match self.submitted_at {
            Some(at) if at >= self.deadline && !self.is_exempt => ObligationStatus::Late,
            Some(_) if !self.is_exempt => ObligationStatus::Submitted,
            _ if self.is_exempt => ObligationStatus::Exempt,
            _ if self.open == Some(SubmissionState::Checked) => ObligationStatus::Checked,
            _ if self.open.is_some() => ObligationStatus::Draft,
            _ if self.is_extended && now < self.deadline => ObligationStatus::Extended,
            _ => ObligationStatus::Nothing,
        }
    }

    /// Whether the deadline has passed at `now` and nothing is in force.
    pub fn is_overdue(&self, now: Instant) -> bool {
        !self.is_exempt && self.submitted_at.is_none() && now >= self.deadline
    }
}

/// The end of the day `due`, moved on by the time that the service could not be reached in the `days` before it and
/// until it. Time that was down twice counts once.
pub fn deadline(due: Date, days: i32, downtimes: &[Downtime]) -> Instant {
    let mut end = Instant::at_start_of(due.tomorrow().unwrap_or(due));
    let mut counted_from = end.plus_seconds(-i64::from(days) * 24 * 60 * 60);
    let mut sorted = downtimes.to_vec();
    sorted.sort_by_key(|one| (one.from, one.until));
    for Downtime { from, until } in sorted {
        let from = from.max(counted_from);
        if from < end && from < until {
            end = Instant::from_microseconds(end.microseconds() + until.microseconds() - from.microseconds());
            counted_from = until;
        }
    }
    end
}

/// How many of what has to be delivered is there, and in time.
#[derive(Clone, Debug, PartialEq)]
pub struct ObligationRates {
    /// How many obligations have each status, in the order of [`ObligationStatus::ALL`].
    pub counts: Vec<(ObligationStatus, usize)>,
    /// How many of them are overdue.
    pub overdue: usize,
    /// Which part of those who must deliver did; nothing when nobody must.
    pub completeness: Option<f64>,
    /// Which part of those who must deliver did in time; nothing when nobody must.
    pub timeliness: Option<f64>,
}

impl ObligationRates {
    /// The rates of `obligations`.
    pub fn of(obligations: &[&Obligation]) -> Self {
        let count = |status| obligations.iter().filter(|one| one.status == status).count();
        let counts: Vec<_> = ObligationStatus::ALL.into_iter().map(|status| (status, count(status))).collect();
        let of = |wanted: &dyn Fn(ObligationStatus) -> bool| -> usize {
            counts.iter().filter(|(status, _)| wanted(*status)).map(|(_, count)| count).sum()
        };
        let must = of(&|status| status != ObligationStatus::Exempt);
        let part = |some: usize| (must > 0).then(|| some as f64 / must as f64);
        Self {
            overdue: obligations.iter().filter(|one| one.is_overdue).count(),
            completeness: part(of(&|status| status.is_submitted())),
            timeliness: part(of(&|status| status == ObligationStatus::Submitted)),
            counts,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const HOUR: i64 = 3_600;

    fn down(from: Instant, hours: i64) -> Downtime {
        Downtime { from, until: from.plus_seconds(hours * HOUR) }
    }

    #[test]
    fn downtime_moves_the_deadline_and_counts_once() {
        let due = date(2026, 6, 1);
        let end = Instant::at_start_of(date(2026, 6, 2));
        let at = |hours: i64| end.plus_seconds(hours * HOUR);
        let moved = |downtimes: &[Downtime]| {
            (deadline(due, 7, downtimes).microseconds() - end.microseconds()) / 1_000_000 / HOUR
        };
        assert_eq!(moved(&[]), 0);
        assert_eq!(moved(&[down(at(-30), 4)]), 4);
        // Long before, or after: nothing was lost. Half of it within the week: half.
        assert_eq!(moved(&[down(at(-200), 10), down(at(3), 5)]), 0);
        assert_eq!(moved(&[down(at(-7 * 24 - 2), 4)]), 2);
        // The service goes down an hour before the end and comes back two hours after: an hour is left then.
        assert_eq!(moved(&[down(at(-1), 3)]), 3);
        // The same time measured and noted by the operator.
        assert_eq!(moved(&[down(at(-10), 4), down(at(-8), 4), down(at(-9), 1)]), 6);
        // What is down within the time that was added counts as well.
        assert_eq!(moved(&[down(at(2), 1), down(at(-10), 4)]), 5);
    }

    #[test]
    fn one_status_for_every_obligation() {
        let deadline = Instant::at_start_of(date(2026, 6, 2));
        let (before, after) = (deadline.plus_seconds(-1), deadline);
        let nothing = Standing { is_exempt: false, submitted_at: None, open: None, is_extended: false, deadline };
        let status = |standing: Standing| standing.status(before);
        assert_eq!(status(nothing), ObligationStatus::Nothing);
        assert_eq!(status(Standing { is_extended: true, ..nothing }), ObligationStatus::Extended);
        assert_eq!(Standing { is_extended: true, ..nothing }.status(after), ObligationStatus::Nothing);
        assert_eq!(
            status(Standing { open: Some(SubmissionState::Rejected), is_extended: true, ..nothing }),
            ObligationStatus::Draft
        );
        assert_eq!(status(Standing { open: Some(SubmissionState::Checked), ..nothing }), ObligationStatus::Checked);
        let submitted = Standing { submitted_at: Some(before), open: Some(SubmissionState::Checked), ..nothing };
        assert_eq!(status(submitted), ObligationStatus::Submitted);
        assert_eq!(status(Standing { submitted_at: Some(after), ..nothing }), ObligationStatus::Late);
        assert_eq!(status(Standing { is_exempt: true, ..submitted }), ObligationStatus::Exempt);
        assert!(nothing.is_overdue(after) && !nothing.is_overdue(before) && !submitted.is_overdue(after));
    }
}
