//! What can go wrong with the database file.

use crate::vault::VaultError;

/// Why the store did not do it. Nothing of the call was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The file was written by a newer version of the library; it is left untouched.
    #[error("the database has version {found}; this library knows {known}")]
    Newer {
        /// The file's version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// The file is not a database of Yorisoi, or its content is damaged.
    #[error("the database is damaged")]
    Damaged,
    /// No room on the phone.
    #[error("the phone's storage is full")]
    Full,
    /// Another process holds the database for too long.
    #[error("the database is busy")]
    Busy,
    /// Another process changed the root key; this one must open the library anew.
    #[error("another process changed the root key")]
    KeysChanged,
    /// The store is suspended; it goes on after it was resumed.
    #[error("the database is suspended")]
    Suspended,
    /// Reading or writing the file failed.
    #[error("reading or writing the database failed")]
    Io,
    /// The platform gave no random bytes.
    #[error("the platform gave no random bytes")]
    NoRandomness,
    /// No row of this id.
    #[error("there is no such row")]
    NotFound,
    /// The consent to the service is not given.
    #[error("the consent to the service is not given")]
    NotConsented,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged,
            // A column of another type or a missing table: not a file this library wrote.
            None => Self::Damaged,
            Some(_) => Self::Io,
        }
    }
}

impl From<VaultError> for StoreError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::DoesNotOpen => Self::Damaged,
            VaultError::NewerKey => Self::KeysChanged,
            VaultError::NoRandomness => Self::NoRandomness,
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(_: serde_json::Error) -> Self {
        Self::Damaged
    }
}
