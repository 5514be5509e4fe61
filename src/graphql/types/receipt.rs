//! Receipts, and why a version took the place of another.

use async_graphql::{Enum, ID, InputObject, SimpleObject};

use super::submission::RowCountsType;
use crate::{
    domain::{Correction, CorrectionClass, Instant},
    graphql::scalars::{AgbCodeText, DateTime, PeriodText},
    service::{ReadReceipt, ReceiptSubmission, ReceiptVersion},
};

/// How much a correction weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "CorrectionClass", remote = "CorrectionClass")]
pub(in crate::graphql) enum CorrectionClassType {
    /// The same content, delivered otherwise (technisch).
    Technical,
    /// Figures change, but not what is to be concluded from them (inhoudelijk).
    Content,
    /// Figures change so much that earlier conclusions may no longer hold (materieel).
    Material,
}

/// Why a version takes the place of another.
#[derive(InputObject)]
pub(in crate::graphql) struct CorrectionInput {
    /// How much it weighs (soort correctie).
    class: CorrectionClassType,
    /// Why, 3 to 1,000 characters (reden).
    reason: String,
}

impl From<CorrectionInput> for Correction {
    fn from(input: CorrectionInput) -> Self {
        Self { class: input.class.into(), reason: input.reason }
    }
}

/// Why a version took the place of another (correctie).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Correction")]
pub(in crate::graphql) struct CorrectionType {
    /// How much it weighs (soort correctie).
    class: CorrectionClassType,
    /// Why, in the organisation's words (reden).
    reason: String,
}

impl From<Correction> for CorrectionType {
    fn from(correction: Correction) -> Self {
        Self { class: correction.class.into(), reason: correction.reason }
    }
}

/// A version of a period (versie).
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "ReceiptVersion")]
struct ReceiptVersionType {
    /// The period (periode).
    period: PeriodText,
    /// 1 for the first delivery (versie).
    version: i64,
}

impl From<ReceiptVersion> for ReceiptVersionType {
    fn from(version: ReceiptVersion) -> Self {
        Self { period: PeriodText(version.period), version: version.version }
    }
}

/// One submission on a receipt.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "ReceiptSubmission")]
struct ReceiptSubmissionType {
    /// The submission (inzending).
    submission_id: ID,
    /// The dataset (gegevensset).
    dataset: String,
    /// What the file was called (bestandsnaam).
    file_name: String,
    /// SHA-256 of the file.
    sha256: String,
    /// Where its rows went (rijen).
    rows: RowCountsType,
    /// Of how many numbers it consists (aantal cijfers).
    observations: usize,
    /// How many questions were answered (beantwoorde vragen).
    questions: usize,
    /// Which version it is, of which period.
    versions: Vec<ReceiptVersionType>,
    /// Why it takes the place of an earlier version (correctie), where it does.
    correction: Option<CorrectionType>,
}

impl From<ReceiptSubmission> for ReceiptSubmissionType {
    fn from(line: ReceiptSubmission) -> Self {
        Self {
            submission_id: line.id.to_string().into(),
            dataset: line.dataset,
            file_name: line.file_name,
            sha256: line.sha256.to_string(),
            rows: line.rows.into(),
            observations: line.observations,
            questions: line.questions,
            versions: line.versions.into_iter().map(Into::into).collect(),
            correction: line.correction.map(Into::into),
        }
    }
}

/// The proof of an approval (ontvangstbewijs), signed. Also at `GET /receipts/ID`; the key at `GET /receipts/key`.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "Receipt")]
pub(in crate::graphql) struct ReceiptType {
    /// Its identifier.
    id: ID,
    /// The moment from which the submissions count (goedgekeurd op).
    approved_at: DateTime,
    /// Who approved (goedgekeurd door): the identifier of their token, or `operator`.
    approved_by: String,
    /// Whose submissions (organisatie).
    organisation_id: ID,
    /// Its AGB code.
    agb_code: AgbCodeText,
    /// What was submitted.
    submissions: Vec<ReceiptSubmissionType>,
    /// The comparison that was seen before (grondslag); null when nothing was in force.
    basis: Option<String>,
    /// SHA-256 of the catalogue by which the files were judged.
    catalogue_hash: String,
    /// The version of the scoring engine.
    engine_version: String,
    /// The version of the program.
    program_version: String,
    /// The scoring runs that followed.
    run_ids: Vec<ID>,
    /// The key that signed.
    key_id: String,
    /// The whole document as JSON, to be kept and verified (`kraamzicht verify-receipt`).
    document: String,
}

impl ReceiptType {
    /// The type for a receipt; `None` when it holds a moment or a code that is none.
    pub(in crate::graphql) fn new(receipt: ReadReceipt) -> Option<Self> {
        let ReadReceipt { body, document } = receipt;
        Some(Self {
            id: body.id.to_string().into(),
            approved_at: DateTime(Instant::parse(&body.approved_at)?),
            approved_by: body.approved_by,
            organisation_id: body.organisation.to_string().into(),
            agb_code: AgbCodeText(body.agb_code),
            submissions: body.submissions.into_iter().map(Into::into).collect(),
            basis: body.basis.map(|basis| basis.to_string()),
            catalogue_hash: body.catalogue_hash.to_string(),
            engine_version: body.engine_version,
            program_version: body.program_version,
            run_ids: body.runs.iter().map(|id| id.to_string().into()).collect(),
            key_id: body.key_id,
            document,
        })
    }
}
