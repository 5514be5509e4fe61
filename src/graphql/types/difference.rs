//! What one version changes in another.

use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};

use super::{IndicatorType, observation::MissingReasonType};
use crate::{
    catalogue::Catalogue,
    domain::{Change, Difference, Figures, SubmissionId},
    graphql::{
        context::Asked,
        scalars::{AgbCodeText, DateTime, PeriodText},
    },
    service::{Delivery, Preview, PreviewPlace},
};

/// What becomes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "Change", remote = "Change")]
pub(in crate::graphql) enum ChangeType {
    /// There was none (nieuw).
    New,
    /// Its figures differ (gewijzigd).
    Changed,
    /// The same figures (ongewijzigd).
    Unchanged,
    /// There is none any more (vervallen).
    Disappeared,
}

/// The figures of a number in one version (cijfers).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Figures")]
struct FiguresType {
    /// What was counted (teller).
    numerator: Option<f64>,
    /// Out of what (noemer).
    denominator: Option<f64>,
    /// The value in the indicator's unit (waarde), where it does not follow from numerator and denominator.
    value: Option<f64>,
    /// Standard deviation within the organisation (standaardafwijking).
    standard_deviation: Option<f64>,
    /// Number of persons behind hours or days (personen).
    units: Option<f64>,
    /// Why nothing is there (reden van ontbreken), when nothing is.
    missing_reason: Option<MissingReasonType>,
}

impl From<&Figures> for FiguresType {
    fn from(figures: &Figures) -> Self {
        Self {
            numerator: figures.numerator,
            denominator: figures.denominator,
            value: figures.value,
            standard_deviation: figures.standard_deviation,
            units: figures.units,
            missing_reason: figures.missing.map(Into::into),
        }
    }
}

/// One number before and after (verschil).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Difference")]
pub(in crate::graphql) struct DifferenceType {
    /// What becomes of it (verandering).
    change: ChangeType,
    /// Whose (AGB-code).
    agb_code: AgbCodeText,
    /// When (periode).
    period: PeriodText,
    /// The indicator.
    indicator: IndicatorType,
    /// Of which part of the organisation (deel), for example a postcode area (PC4); null for the whole.
    part: Option<String>,
    /// The figures of the earlier version (was); null when it had none.
    before: Option<FiguresType>,
    /// The figures of the later version (wordt); null when it has none.
    after: Option<FiguresType>,
    /// The submission that brings the later version (inzending).
    submission_id: ID,
}

impl DifferenceType {
    /// The type for `difference`, which `submission` makes.
    pub(in crate::graphql) fn new(catalogue: &Catalogue, submission: SubmissionId, difference: &Difference) -> Self {
        Self {
            change: difference.change().into(),
            agb_code: AgbCodeText(difference.agb_code),
            period: PeriodText(difference.period),
            indicator: IndicatorType::named(catalogue, &difference.indicator),
            part: difference.part.clone(),
            before: difference.before.as_ref().map(Into::into),
            after: difference.after.as_ref().map(Into::into),
            submission_id: submission.to_string().into(),
        }
    }
}

/// How many numbers there are of each change (aantallen).
#[derive(Clone, Copy, Debug, SimpleObject)]
pub(in crate::graphql) struct ChangeCounts {
    /// New (nieuw).
    new: usize,
    /// Changed (gewijzigd).
    changed: usize,
    /// Unchanged (ongewijzigd).
    unchanged: usize,
    /// Disappeared (vervallen).
    disappeared: usize,
}

impl ChangeCounts {
    /// Counts `differences`.
    fn of<'a>(differences: impl Iterator<Item = &'a Difference>) -> Self {
        let mut counts = Self { new: 0, changed: 0, unchanged: 0, disappeared: 0 };
        for difference in differences {
            match difference.change() {
                Change::New => counts.new += 1,
                Change::Changed => counts.changed += 1,
                Change::Unchanged => counts.unchanged += 1,
                Change::Disappeared => counts.disappeared += 1,
            }
        }
        counts
    }
}

/// A dataset and period for which a submission would speak, and what is in force there now.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "PreviewPlace")]
struct PreviewPlaceType {
    /// The submission that would speak (inzending).
    submission_id: ID,
    /// The organisation (organisatie).
    organisation_id: ID,
    /// The dataset (gegevensset).
    dataset: String,
    /// The period (periode).
    period: PeriodText,
    /// The number of the last version (versie); 0 when there was none.
    version: i64,
    /// The submission in force (van kracht); null when there is none or it was withdrawn.
    in_force_id: Option<ID>,
}

impl From<&PreviewPlace> for PreviewPlaceType {
    fn from(place: &PreviewPlace) -> Self {
        Self {
            submission_id: place.by.to_string().into(),
            organisation_id: place.organisation.to_string().into(),
            dataset: place.dataset.clone(),
            period: PeriodText(place.period),
            version: place.version,
            in_force_id: place.in_force.map(|id| id.to_string().into()),
        }
    }
}

/// What an approval would change (voorvertoning), held against the versions in force.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "ApprovalPreview", complex)]
pub(in crate::graphql) struct ApprovalPreviewType {
    #[graphql(skip)]
    preview: Preview,
    /// Names this comparison (grondslag): to be handed in with the approval, which is refused when anything that was
    /// compared has changed in between.
    basis: String,
    /// Whether the approval takes the place of something in force (vervangt), so that it wants a correction's class
    /// and reason.
    supersedes: bool,
    /// For what the submissions would speak.
    places: Vec<PreviewPlaceType>,
    /// How many numbers there are of each change.
    counts: ChangeCounts,
}

impl From<Preview> for ApprovalPreviewType {
    fn from(preview: Preview) -> Self {
        Self {
            basis: preview.basis.to_string(),
            supersedes: preview.places.iter().any(|place| place.in_force.is_some()),
            places: preview.places.iter().map(Into::into).collect(),
            counts: ChangeCounts::of(preview.differences.iter().map(|(_, difference)| difference)),
            preview,
        }
    }
}

#[ComplexObject]
impl ApprovalPreviewType {
    /// Every number before and after (verschillen), by AGB code, period and indicator.
    #[expect(clippy::unused_async, reason = "a resolver that waits for nothing")]
    async fn differences(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only these changes.")] changes: Option<Vec<ChangeType>>,
    ) -> Result<Vec<DifferenceType>> {
        let catalogue = Asked::by(context)?.catalogue();
        let wanted = |found: &Difference| wants(changes.as_deref(), found);
        let found = self.preview.differences.iter().filter(|(_, found)| wanted(found));
        Ok(found.map(|(by, found)| DifferenceType::new(catalogue, *by, found)).collect())
    }
}

/// Whether a difference is one of those asked for.
pub(in crate::graphql) fn wants(changes: Option<&[ChangeType]>, found: &Difference) -> bool {
    changes.is_none_or(|changes| changes.contains(&found.change().into()))
}

/// What two versions differ in (vergelijking).
#[derive(Clone, Debug, SimpleObject)]
pub(in crate::graphql) struct SubmissionDifference {
    /// How many numbers there are of each change.
    counts: ChangeCounts,
    /// Every number before and after that was asked for (verschillen), by period and indicator.
    differences: Vec<DifferenceType>,
}

impl SubmissionDifference {
    /// The type for what `later` says otherwise.
    pub(in crate::graphql) fn new(
        catalogue: &Catalogue,
        later: SubmissionId,
        found: &[Difference],
        changes: Option<&[ChangeType]>,
    ) -> Self {
        let shown = found.iter().filter(|one| wants(changes, one));
        Self {
            counts: ChangeCounts::of(found.iter()),
            differences: shown.map(|one| DifferenceType::new(catalogue, later, one)).collect(),
        }
    }
}

/// Which submission speaks for a dataset and period, and since when (versie).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "DeliveryVersion")]
pub(in crate::graphql) struct DeliveryVersionType {
    /// The dataset (gegevensset).
    dataset: String,
    /// The period (periode).
    period: PeriodText,
    /// 1 for the first delivery; each change one more (versie).
    version: i64,
    /// The submission that speaks from then on; null for a withdrawal (intrekking).
    submission_id: Option<ID>,
    /// Since when (bekend sinds).
    known_from: DateTime,
}

impl From<&Delivery> for DeliveryVersionType {
    fn from(delivery: &Delivery) -> Self {
        Self {
            dataset: delivery.dataset.clone(),
            period: PeriodText(delivery.period),
            version: delivery.version,
            submission_id: delivery.submission.map(|id| id.to_string().into()),
            known_from: DateTime(delivery.known_from),
        }
    }
}
