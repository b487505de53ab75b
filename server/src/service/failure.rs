//! How a request as a whole fails: refused with a stable code, or not possible now.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::wire::{ApiError, ApiErrorBody, ApiErrorCode};

use crate::randomness::RandomnessError;
use crate::sealing::SealingError;
use crate::storage::StorageError;

/// Why a request has no result. Whichever it is, nothing was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The request cannot have what it wants.
    #[error("refused: {:?}", .error.code)]
    Refused {
        /// What the caller is told.
        error: ApiErrorBody,
        /// Seconds until it is worth asking again.
        retry_after: Option<u32>,
    },
    /// The server cannot do it now.
    #[error(transparent)]
    Unavailable(#[from] Trouble),
}

/// What is wrong with the server. For its log; carries no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The texts at rest.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// The generator of random bytes.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    /// A row that other rows promise is missing or cannot be read.
    #[error("the database holds {0} that cannot be")]
    Inconsistent(&'static str),
    /// A piece of work ended without a result.
    #[error("a piece of work broke off")]
    BrokeOff,
}

impl Failure {
    /// A refusal with nothing to add to its code.
    pub fn refused(code: ApiErrorCode) -> Self {
        Self::Refused { error: ApiErrorBody { code, time: None, expected: None }, retry_after: None }
    }

    /// The request's time is too far from the server's, which is `time`.
    pub fn stale(time: Timestamp) -> Self {
        Self::Refused {
            error: ApiErrorBody { code: ApiErrorCode::SignatureStale, time: Some(time), expected: None },
            retry_after: None,
        }
    }

    /// The next operation of the device is number `expected`.
    pub fn sequence_gap(expected: u64) -> Self {
        Self::Refused {
            error: ApiErrorBody { code: ApiErrorCode::SequenceGap, time: None, expected: Some(expected) },
            retry_after: None,
        }
    }

    /// Too many attempts; the next is heard in so many seconds.
    pub fn too_many(seconds: u32) -> Self {
        Self::Refused {
            error: ApiErrorBody { code: ApiErrorCode::TooMany, time: None, expected: None },
            retry_after: Some(seconds),
        }
    }

    /// What the caller is told.
    pub fn api_error(&self) -> ApiError {
        let error = match self {
            Self::Refused { error, .. } => error.clone(),
            Self::Unavailable(_) => {
                ApiErrorBody { code: ApiErrorCode::Unavailable, time: None, expected: None }
            }
        };
        ApiError { error }
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Trouble::from(error).into()
    }
}

impl From<SealingError> for Failure {
    fn from(error: SealingError) -> Self {
        Trouble::from(error).into()
    }
}

impl From<RandomnessError> for Failure {
    fn from(error: RandomnessError) -> Self {
        Trouble::from(error).into()
    }
}
