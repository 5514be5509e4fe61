//! What an approval would change, held against the versions in force.

use std::collections::BTreeSet;

use super::{
    Error, Refusal, Service,
    packing::{to_json, unpack},
    reading::observed_of,
    submissions::{must_be, received},
    windows::Allowed,
};
use crate::{
    domain::{
        Actor, Difference, Digest, Instant, Observed, OrganisationId, Own, Period, Report, Severity, SubmissionId,
        SubmissionState, differences,
    },
    store::{self, Delivery, Submission, Tx},
};

/// What an approval would change.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Names this comparison: the versions in force and the numbers to come. An approval that names it is refused when
    /// either has changed.
    pub basis: Digest,
    /// What it speaks for, and what is in force there now.
    pub places: Vec<PreviewPlace>,
    /// Every number before and after with the submission that makes it so, by AGB code, period and indicator.
    pub differences: Vec<(SubmissionId, Difference)>,
}

/// An organisation, dataset and period for which a submission would speak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewPlace {
    /// The submission that would speak.
    pub by: SubmissionId,
    /// Whose.
    pub organisation: OrganisationId,
    /// The dataset.
    pub dataset: String,
    /// The period.
    pub period: Period,
    /// The number of the last version; 0 when there was none.
    pub version: i64,
    /// The submission in force; nothing when there was none or it was withdrawn.
    pub in_force: Option<SubmissionId>,
}

/// A submission that may be approved, with what its file says.
pub(super) struct Prepared {
    pub(super) submission: Submission,
    pub(super) report: Report,
    pub(super) dataset: String,
    pub(super) organisation: OrganisationId,
    pub(super) periods: Vec<Period>,
    pub(super) observed: Observed,
    /// That whoever asked is the organisation itself, where they are.
    pub(super) own: Option<Own>,
}

impl Service {
    /// What an approval of `submissions` would change now.
    pub async fn preview(&self, actor: &Actor, submissions: &[SubmissionId]) -> Result<Preview, Error> {
        let prepared = self.prepare_all(actor, submissions).await?;
        let mut tx = self.database.read(actor.scope).await?;
        let now = store::last_turn(&mut tx).await?;
        compare(&mut tx, &prepared, now).await
    }

    /// Reads the submissions, each once, and checks their files once more.
    pub(super) async fn prepare_all(
        &self,
        actor: &Actor,
        submissions: &[SubmissionId],
    ) -> Result<Vec<Prepared>, Error> {
        if submissions.is_empty() {
            return Err(Refusal::NothingAsked.into());
        }
        let wanted: BTreeSet<SubmissionId> = submissions.iter().copied().collect();
        let mut prepared = Vec::with_capacity(wanted.len());
        for id in wanted {
            prepared.push(self.prepare(actor, id).await?);
        }
        must_not_overlap(&prepared)?;
        Ok(prepared)
    }

    /// Reads a submission and checks its file once more, by the catalogue and the day of now.
    async fn prepare(&self, actor: &Actor, id: SubmissionId) -> Result<Prepared, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let now = store::last_turn(&mut tx).await?;
        let submission = store::find_submission(&mut tx, actor.scope, id, now).await?.ok_or(Error::NotFound)?;
        must_be(submission.state, SubmissionState::Checked)?;
        let gzip = store::load_content(&mut tx, submission.digest).await?.ok_or(Refusal::UploadExpired)?;
        let organisation = submission.organisation;
        let allowed = Allowed::load(&mut tx, organisation, self.now()).await?;
        drop(tx);

        let (again, observed) = self.check(received(&submission, gzip, allowed)).await?;
        if let Some(error) = again.findings.iter().find(|finding| finding.severity == Severity::Error) {
            return Err(Refusal::CheckChanged { title: error.title.clone() }.into());
        }
        let report = unpack(&submission.report)?;
        let dataset = again.dataset.ok_or_else(|| Error::internal("an accepted file of no dataset"))?;
        let own = actor.own().filter(|own| own.organisation() == organisation);
        Ok(Prepared { submission, report, dataset, organisation, periods: again.periods, observed, own })
    }
}

/// Holds what `prepared` says against what is in force at `at`.
pub(super) async fn compare(tx: &mut Tx, prepared: &[Prepared], at: Instant) -> Result<Preview, Error> {
    let mut preview = Preview { basis: Digest::of(b""), places: Vec::new(), differences: Vec::new() };
    let mut text = String::new();
    for one in prepared {
        let mut before = Vec::new();
        for period in &one.periods {
            let last = store::in_force(tx, one.organisation, &one.dataset, *period, at).await?;
            let (version, in_force) =
                last.map_or((0, None), |Delivery { version, submission, .. }| (version, submission));
            if let Some(submission) = in_force {
                let of_it = observed_of(tx, one.own, submission).await?.numbers(one.own);
                before.extend(of_it.into_iter().filter(|number| number.period == *period));
            }
            let in_words = in_force.map_or_else(|| "-".to_owned(), |id| id.to_string());
            let place = [one.submission.id.to_string(), one.organisation.to_string(), one.dataset.clone()];
            text += &[place.join(" "), period.to_string(), version.to_string(), in_words].join(" ");
            text.push('\n');
            preview.places.push(PreviewPlace {
                by: one.submission.id,
                organisation: one.organisation,
                dataset: one.dataset.clone(),
                period: *period,
                version,
                in_force,
            });
        }
        let after = one.observed.numbers(one.own);
        text += &String::from_utf8(to_json(&after)?).map_err(Error::internal)?;
        let found = differences(&before, &after);
        preview.differences.extend(found.into_iter().map(|difference| (one.submission.id, difference)));
    }
    preview.basis = Digest::of(text.as_bytes());
    preview.differences.sort_by(|(_, a), (_, b)| {
        (a.agb_code, a.period, &a.indicator, &a.part).cmp(&(b.agb_code, b.period, &b.indicator, &b.part))
    });
    Ok(preview)
}

/// Two submissions may not speak for the same organisation, dataset and period.
fn must_not_overlap(prepared: &[Prepared]) -> Result<(), Refusal> {
    let mut spoken_for = BTreeSet::new();
    let all =
        prepared.iter().flat_map(|one| one.periods.iter().map(move |period| (one.organisation, &one.dataset, *period)));
    for place in all {
        if !spoken_for.insert(place) {
            return Err(Refusal::SubmissionsOverlap);
        }
    }
    Ok(())
}
