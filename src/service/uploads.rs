//! Bytes that come in.

use std::io::Read;

use super::{
    Error, Service,
    packing::{Packed, compress_counting},
    wiring::must_deliver,
};
use crate::{
    domain::{Actor, OrganisationId, Scope, UploadId},
    store::{self, Sender, Upload},
};

impl Service {
    /// Keeps the bytes of `source` as an upload of `organisation` (the actor's own when it is left out), or of the
    /// intermediary that sends them.
    pub async fn receive(
        &self,
        actor: &Actor,
        organisation: Option<OrganisationId>,
        file_name: &str,
        source: impl Read + Send + 'static,
    ) -> Result<Upload, Error> {
        must_deliver(actor)?;
        let sender = match (actor.scope, organisation) {
            // Whom it is about is read from it.
            (Scope::Mandates(mandated), None) => Some(Sender::Intermediary(mandated.intermediary)),
            (scope, asked) => asked.or(scope.itself()).filter(|asked| scope.includes(*asked)).map(Sender::Organisation),
        };
        let sender = sender.ok_or(Error::NotFound)?;
        let packed = tokio::task::spawn_blocking(move || compress_counting(source)).await.map_err(Error::internal)?;
        let Packed { gzip, digest, size } = packed?;
        let now = self.now();
        let upload = Upload {
            id: UploadId::new(&*self.ids),
            sender,
            file_name: file_name.to_owned(),
            digest,
            size,
            received_at: now,
            expires_at: now.plus_seconds(self.settings.upload_lifetime),
        };
        let mut tx = self.database.write(actor.scope).await?;
        // In this order: bytes are seen by way of an upload of them.
        store::insert_upload(&mut tx, &upload).await?;
        store::save_content(&mut tx, digest, size, &gzip).await?;
        self.audit(&mut tx, actor, "upload.received", upload.id, "done").await?;
        tx.commit().await?;
        Ok(upload)
    }

    /// Lets go of uploads that expired, of idempotency keys that are free again, of sign-ins that nobody ended, and of checks that
    /// broke off.
    pub async fn sweep(&self) -> Result<(), Error> {
        let mut tx = self.database.write(Scope::Sector).await?;
        store::delete_expired_uploads(&mut tx, self.now()).await?;
        store::delete_old_outcomes(&mut tx, self.keys_since()).await?;
        store::delete_old_sign_ins(&mut tx, self.sign_ins_since()).await?;
        store::delete_old_checks(&mut tx, self.checks_since()).await?;
        Ok(tx.commit().await?)
    }
}
