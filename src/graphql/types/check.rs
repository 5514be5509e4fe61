//! How far the check of a file is.

use async_graphql::{Enum, ID, OneofObject, SimpleObject};

use super::SubmissionType;
use crate::{
    domain::UploadId,
    graphql::scalars::Key,
    service::{CheckName, CheckProgress, CheckState},
};

/// One way to name a check.
#[derive(OneofObject)]
pub(in crate::graphql) enum CheckBy {
    /// By the upload that is checked: the `id` that `POST /uploads` answered.
    UploadId(ID),
    /// By the `idempotencyKey` of the `createSubmission` that you send, or sent (idempotentiesleutel): for clients that send
    /// the file with it.
    IdempotencyKey(Key),
}

impl From<CheckBy> for CheckName {
    fn from(by: CheckBy) -> Self {
        match by {
            // A text that is no identifier names an upload that does not exist.
            CheckBy::UploadId(id) => Self::Upload(id.parse().unwrap_or(UploadId::from_bits(0))),
            CheckBy::IdempotencyKey(Key(key)) => Self::Key(key),
        }
    }
}

/// Where a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(name = "CheckState", remote = "CheckState")]
enum CheckStateType {
    /// Nobody checks it yet, or its check broke off (wacht).
    Waiting,
    /// It is being checked (loopt).
    Running,
    /// It was checked (klaar); see the submission.
    Done,
}

/// How far the check of a file is (voortgang van de controle).
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "CheckProgress")]
pub(in crate::graphql) struct CheckProgressType {
    /// The upload; null while it has not come.
    upload_id: Option<ID>,
    /// Where the check is.
    state: CheckStateType,
    /// How many rows were found right so far (rijen); once it is done, how many were read.
    rows: u32,
    /// How many bytes were read so far.
    bytes_read: u32,
    /// How many bytes there are; null while the file has not come, and when it is no longer kept.
    bytes_total: Option<u32>,
    /// What came of it (inzending); null until it is done.
    submission: Option<SubmissionType>,
}

impl CheckProgressType {
    /// The type for `progress`.
    pub(in crate::graphql) fn new(progress: CheckProgress) -> Self {
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            upload_id: progress.upload.map(|upload| upload.to_string().into()),
            state: progress.state.into(),
            rows: count(progress.rows),
            bytes_read: count(progress.bytes_read),
            bytes_total: progress.bytes_total.map(count),
            submission: progress.submission.map(|checked| {
                let known_at = checked.known_at;
                SubmissionType::new(checked, known_at)
            }),
        }
    }
}
