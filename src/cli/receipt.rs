//! `receipt-key` and `verify-receipt`: the key that signs receipts, and whether a receipt holds. Verifying needs no
//! service and no database.

use std::{fs, path::Path, process::ExitCode};

use anyhow::Context as _;

use super::{
    arguments::{Global, VerifyReceiptOptions},
    exit, operate,
};
use crate::service::{ReceiptFault, verify_receipt};

/// Prints the published key.
pub(super) async fn key(global: &Global) -> anyhow::Result<ExitCode> {
    let service = operate::service(global).await?;
    println!("{}", serde_json::to_string_pretty(&service.receipt_key()?)?);
    Ok(ExitCode::SUCCESS)
}

/// Checks a receipt against a published key and prints what was signed.
pub(super) fn verify(options: &VerifyReceiptOptions) -> anyhow::Result<ExitCode> {
    let (receipt, key) = (read(&options.file)?, read(&options.key)?);
    match verify_receipt(&receipt, &key) {
        Ok(receipt) => {
            println!("{}", serde_json::to_string_pretty(&receipt)?);
            eprintln!("{} is as it was signed", options.file.display());
            Ok(ExitCode::SUCCESS)
        }
        Err(fault @ (ReceiptFault::Forged | ReceiptFault::OtherKey { .. })) => {
            eprintln!("kraamzicht: {} does not hold: {fault}", options.file.display());
            Ok(ExitCode::from(exit::NOT_INTACT))
        }
        Err(fault) => Err(fault.into()),
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}
