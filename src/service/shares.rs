//! Of whom a file is: an organisation sends its own, an intermediary one about those that gave it a mandate.

use std::{collections::BTreeMap, io::Cursor};

use super::{
    Error, Refusal, Service,
    packing::{Packed, compress_counting, decompress},
    submissions::{ReceivedFile, must_be_impersonal},
    windows::Allowed,
};
use crate::{
    domain::{Actor, AgbCode, OrganisationId, Scope, UploadId},
    intake::{self, AnyOrganisation, CheckContext, Divided, Limits, Undivided},
    store::{self, Sender, Upload},
};

/// What a file says of one organisation, as a file.
pub(super) struct Share {
    /// Under what it is kept.
    pub(super) upload: Upload,
    /// Whose.
    pub(super) organisation: OrganisationId,
    /// To be checked.
    pub(super) file: ReceivedFile,
    /// Whether it was made of rows of a larger one, and is not kept yet.
    pub(super) is_new: bool,
}

/// The rows of one organisation; nothing where they are all there are.
type Rows = (OrganisationId, AgbCode, Option<Packed>);

impl Service {
    /// The files of which submissions are made. One that an intermediary sent must be about organisations for which it
    /// may deliver that dataset and nobody else: a code of another is refused in the words for a code of nobody.
    pub(super) async fn shares(
        &self,
        actor: &Actor,
        upload: &Upload,
        gzip: Vec<u8>,
        dataset: Option<&str>,
    ) -> Result<Vec<Share>, Error> {
        let declared = dataset.map(str::to_owned);
        let (dataset, all) = match upload.sender {
            Sender::Organisation(organisation) => {
                let file = self.received(actor, organisation, gzip, &upload.file_name, declared).await?;
                return Ok(vec![Share { upload: upload.clone(), organisation, file, is_new: false }]);
            }
            Sender::Intermediary(_) => match self.divided(actor, upload, &gzip, declared.clone()).await {
                Err(refused @ Error::Refused(_)) => {
                    // It may hold what should not have been sent at all.
                    let (name, allowed) = (upload.file_name.clone(), Allowed::nobody(self.now()));
                    let (report, _) = self.check(ReceivedFile { gzip, name, dataset: declared, allowed }).await?;
                    must_be_impersonal(&report)?;
                    return Err(refused);
                }
                divided => divided?,
            },
        };
        let mut shares = Vec::with_capacity(all.len());
        for (organisation, agb_code, rows) in all {
            let (is_new, upload, gzip) = match rows {
                None => (false, upload.clone(), gzip.clone()),
                Some(Packed { gzip, digest, size }) => {
                    let (id, file_name) = (UploadId::new(&*self.ids), share_name(&upload.file_name, agb_code));
                    (true, Upload { id, file_name, digest, size, ..upload.clone() }, gzip)
                }
            };
            let dataset = Some(dataset.clone());
            let file = self.received(actor, organisation, gzip, &upload.file_name, dataset).await?;
            shares.push(Share { upload, organisation, file, is_new });
        }
        Ok(shares)
    }

    async fn received(
        &self,
        actor: &Actor,
        organisation: OrganisationId,
        gzip: Vec<u8>,
        name: &str,
        dataset: Option<String>,
    ) -> Result<ReceivedFile, Error> {
        let mut tx = self.database.read(actor.scope).await?;
        let allowed = Allowed::load(&mut tx, organisation, self.now()).await?;
        Ok(ReceivedFile { gzip, name: name.to_owned(), dataset, allowed })
    }

    /// The dataset of a file that an intermediary sent, and the rows of each organisation in it.
    async fn divided(
        &self,
        actor: &Actor,
        upload: &Upload,
        gzip: &[u8],
        dataset: Option<String>,
    ) -> Result<(String, Vec<Rows>), Error> {
        let Scope::Mandates(mandated) = actor.scope else { return Err(Error::NotFound) };
        let mut tx = self.database.read(actor.scope).await?;
        let open = store::list_mandated(&mut tx, mandated).await?;
        drop(tx);
        let _place = self.check_places.acquire().await.map_err(Error::internal)?;
        let (catalogue, today, limit) = (self.catalogue.clone(), self.now().date(), self.settings.upload_limit);
        let (bytes, name) = (decompress(gzip)?, upload.file_name.clone());
        let work = move || {
            let context = CheckContext {
                limits: Limits { bytes: limit, ..Limits::default() },
                file_name: Some(&name),
                ..CheckContext::new(today, dataset.as_deref(), &AnyOrganisation)
            };
            let may = |dataset: &str, code: AgbCode| open.iter().any(|(_, one, of)| *one == code && of == dataset);
            let divided = intake::divide(Cursor::new(bytes), &catalogue, &context, may).map_err(Error::internal)?;
            let (dataset, divided) = divided.map_err(|undivided| match undivided {
                Undivided::Unknown => Refusal::FileOfNobody,
                Undivided::Row { line } => Refusal::RowOfNobody { line },
            })?;
            let ids: BTreeMap<AgbCode, OrganisationId> = open.into_iter().map(|(id, code, _)| (code, id)).collect();
            let parts: Vec<(AgbCode, Option<Packed>)> = match divided {
                Divided::Whole(code) => vec![(code, None)],
                Divided::Shares(shares) => {
                    let pack =
                        |(code, bytes): (AgbCode, Vec<u8>)| Ok((code, Some(compress_counting(bytes.as_slice())?)));
                    shares.into_iter().map(pack).collect::<Result<_, Error>>()?
                }
            };
            let whose = |(code, rows)| ids.get(&code).map(|id| (*id, code, rows)).ok_or(Error::NotFound);
            Ok((dataset, parts.into_iter().map(whose).collect::<Result<_, Error>>()?))
        };
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
    }
}

/// What the file with the rows of one organisation is called: `levering.xlsx` becomes `levering-33001234.csv`.
fn share_name(name: &str, agb_code: AgbCode) -> String {
    let lower = name.to_ascii_lowercase();
    let endings = [".csv.gz", ".csv", ".xlsx", ".xlsm", ".txt", ".gz"];
    let ending = endings.into_iter().find(|ending| lower.ends_with(ending)).unwrap_or_default();
    let stem = name.get(..name.len() - ending.len()).unwrap_or(name);
    format!("{stem}-{agb_code}.csv")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_named_after_its_file_and_its_organisation() {
        let code = "33001234".parse().expect("a code");
        for (name, share) in [
            ("levering.XLSX", "levering-33001234.csv"),
            ("a.b.csv.gz", "a.b-33001234.csv"),
            ("zonder", "zonder-33001234.csv"),
            ("é.csv", "é-33001234.csv"),
        ] {
            assert_eq!(share_name(name, code), share);
        }
    }
}
