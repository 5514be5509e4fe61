//! Receipts: what an approval hands out, signed.

use serde::{Deserialize, Serialize};

use super::{
    Error, ReceiptKey, Service, SignedReceipt,
    packing::{canonical, to_json},
};
use crate::{
    domain::{
        Actor, AgbCode, Correction, Digest, Instant, OrganisationId, Period, ReceiptId, RowCounts, RunId, Scope,
        SubmissionId,
    },
    scoring::ENGINE_VERSION,
    store::{self, Receipt, Tx},
};

/// The form of a receipt, which goes up when its fields change their meaning.
const FORM: &str = "kraamzicht-receipt/1";

/// What a receipt says. Every number in it is whole, so that its canonical JSON is one text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptBody {
    /// The form of this document.
    pub form: String,
    /// The receipt's identifier.
    pub id: ReceiptId,
    /// The moment from which the submissions count (RFC 3339, UTC).
    pub approved_at: String,
    /// Who approved: the identifier of their token, or `operator`.
    pub approved_by: String,
    /// Whose submissions.
    pub organisation: OrganisationId,
    /// Its AGB code.
    pub agb_code: AgbCode,
    /// What was submitted.
    pub submissions: Vec<ReceiptSubmission>,
    /// The comparison that was seen before; nothing when nothing was in force.
    pub basis: Option<Digest>,
    /// SHA-256 of the catalogue: the columns, rules and indicators by which the files were judged.
    pub catalogue_hash: Digest,
    /// The version of the scoring engine.
    pub engine_version: String,
    /// The version of the program.
    pub program_version: String,
    /// The scoring runs that followed.
    pub runs: Vec<RunId>,
    /// The key that signs this.
    pub key_id: String,
}

/// One submission on a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptSubmission {
    /// Its identifier.
    pub id: SubmissionId,
    /// The dataset.
    pub dataset: String,
    /// What the file was called.
    pub file_name: String,
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// Where its rows went.
    pub rows: RowCounts,
    /// Of how many numbers it consists.
    pub observations: usize,
    /// How many questions were answered.
    pub questions: usize,
    /// Which version it is, of which period.
    pub versions: Vec<ReceiptVersion>,
    /// Why it takes the place of an earlier version, where it does.
    pub correction: Option<Correction>,
}

/// A version of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptVersion {
    /// The period.
    pub period: Period,
    /// 1 for the first delivery.
    pub version: i64,
}

/// A receipt as it is read back.
#[derive(Clone, Debug)]
pub struct ReadReceipt {
    /// What it says.
    pub body: ReceiptBody,
    /// The whole document, as it is downloaded and verified.
    pub document: String,
}

/// What all receipts of one approval have in common.
pub(super) struct Approved<'a> {
    pub(super) actor: &'a Actor,
    pub(super) at: Instant,
    pub(super) basis: Option<Digest>,
    pub(super) runs: &'a [RunId],
}

impl Service {
    /// The key by which receipts are verified. Made when there is none yet.
    pub fn receipt_key(&self) -> Result<ReceiptKey, Error> {
        Ok(self.signer()?.published())
    }

    /// Signs and keeps the receipt of one organisation's submissions, as part of their approval.
    pub(super) async fn hand_out(
        &self,
        tx: &mut Tx,
        approved: &Approved<'_>,
        organisation: OrganisationId,
        submissions: Vec<ReceiptSubmission>,
    ) -> Result<ReceiptId, Error> {
        let signer = self.signer()?;
        let key_id = signer.published().key_id;
        let found = store::find_organisation(tx, Scope::Organisation(organisation), organisation).await?;
        let id = ReceiptId::new(&*self.ids);
        let ids: Vec<SubmissionId> = submissions.iter().map(|one| one.id).collect();
        let body = ReceiptBody {
            form: FORM.to_owned(),
            id,
            approved_at: approved.at.to_string(),
            approved_by: approved.actor.to_string(),
            organisation,
            agb_code: found.ok_or(Error::NotFound)?.agb_code,
            submissions,
            basis: approved.basis,
            catalogue_hash: self.catalogue.hash,
            engine_version: ENGINE_VERSION.to_owned(),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            runs: approved.runs.to_vec(),
            key_id: key_id.clone(),
        };
        let body = canonical(serde_json::to_value(&body).map_err(Error::internal)?)?;
        let signature = signer.sign(&body);
        let receipt = Receipt { organisation, id, at: approved.at, body, signature, key_id };
        store::insert_receipt(tx, &receipt, &ids).await?;
        Ok(id)
    }

    /// One receipt, when `actor` may see it.
    pub async fn receipt(&self, actor: &Actor, id: ReceiptId) -> Result<Option<ReadReceipt>, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let now = store::last_turn(&mut tx).await?;
        let found = store::find_receipt(&mut tx, actor.scope, id, now).await?;
        found.as_ref().map(read).transpose()
    }
}

pub(super) fn read(receipt: &Receipt) -> Result<ReadReceipt, Error> {
    let signed = SignedReceipt::new(&receipt.body, &receipt.key_id, &receipt.signature)?;
    let document = String::from_utf8(to_json(&signed)?).map_err(Error::internal)?;
    Ok(ReadReceipt { body: serde_json::from_slice(&receipt.body).map_err(Error::internal)?, document })
}
