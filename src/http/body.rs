//! Reading a request body: never more than a limit, never waiting for ever.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use http_body_util::BodyExt as _;

/// Why a body could not be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BodyError {
    /// It is longer than allowed.
    #[error("the body is too large")]
    TooLarge,
    /// Nothing arrived for too long.
    #[error("nothing arrived for too long")]
    Stalled,
    /// The connection broke, or the body is not what its headers say.
    #[error("the body was cut off")]
    CutOff,
}

/// A body that is read piece by piece.
pub(super) struct LimitedBody {
    body: Body,
    remaining: u64,
    patience: Duration,
}

impl LimitedBody {
    /// Refuses at once what announces more than `limit` bytes.
    pub(super) fn new(body: Body, limit: u64, patience: Duration) -> Result<Self, BodyError> {
        if body.size_hint().lower() > limit {
            return Err(BodyError::TooLarge);
        }
        Ok(Self { body, remaining: limit, patience })
    }

    /// The next piece; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        loop {
            let frame = match tokio::time::timeout(self.patience, self.body.frame()).await {
                Err(_) => return Err(BodyError::Stalled),
                Ok(None) => return Ok(None),
                Ok(Some(Err(_))) => return Err(BodyError::CutOff),
                Ok(Some(Ok(frame))) => frame,
            };
            // Trailers say nothing here.
            let Ok(piece) = frame.into_data() else { continue };
            let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            self.remaining = self.remaining.checked_sub(length).ok_or(BodyError::TooLarge)?;
            return Ok(Some(piece));
        }
    }

    /// The whole body.
    pub(super) async fn collect(mut self) -> Result<Vec<u8>, BodyError> {
        let mut all = Vec::new();
        while let Some(piece) = self.next().await? {
            all.extend_from_slice(&piece);
        }
        Ok(all)
    }
}
