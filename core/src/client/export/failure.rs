//! Why an export was not written: what is read may fail, and what is written to.

use std::io::{Error, ErrorKind};

use crate::error::YorisoiError;
use crate::photo::PhotoError;
use crate::store::{PhotoFailure, StoreError};

#[derive(Debug, thiserror::Error)]
pub(super) enum ExportFailure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the export could not be written: {0}")]
    Target(#[from] Error),
}

impl From<PhotoFailure> for ExportFailure {
    fn from(failure: PhotoFailure) -> Self {
        match failure {
            PhotoFailure::Store(error) => Self::Store(error),
            PhotoFailure::Photo(PhotoError::TargetFailed(kind)) => Self::Target(kind.into()),
            // Nothing is taken in here.
            PhotoFailure::Photo(_) | PhotoFailure::TooMany { .. } => Self::Store(StoreError::Io),
        }
    }
}

impl From<rawzip::Error> for ExportFailure {
    fn from(error: rawzip::Error) -> Self {
        match error.into_kind() {
            rawzip::ErrorKind::IO(error) => Self::Target(error),
            _ => Self::Store(StoreError::Io),
        }
    }
}

impl From<ExportFailure> for YorisoiError {
    fn from(failure: ExportFailure) -> Self {
        match failure {
            ExportFailure::Store(error) => error.into(),
            ExportFailure::Target(error) => Self::Store(match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                    StoreError::Full
                }
                _ => StoreError::Io,
            }),
        }
    }
}
