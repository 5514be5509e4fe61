//! `downtime`: a time in which the service could not be reached, though it was there.

use std::process::ExitCode;

use super::{
    arguments::{DowntimeOptions, Global},
    operate,
};
use crate::domain::{Actor, Downtime};

/// Notes it; the deadlines near it move on.
pub(super) async fn run(global: &Global, options: &DowntimeOptions) -> anyhow::Result<ExitCode> {
    let service = operate::service(global).await?;
    let downtime = Downtime { from: options.from, until: options.until };
    service.note_downtime(&Actor::OPERATOR, downtime, &options.reason).await?;
    println!("{} - {}", downtime.from, downtime.until);
    Ok(ExitCode::SUCCESS)
}
