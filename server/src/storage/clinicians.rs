//! Clinicians and their log-ins. Passwords and session tokens arrive here only as hashes.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::question::ClinicianRole;

use super::StorageError;

/// PBKDF2-HMAC-SHA-256 of a password.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash {
    /// How often it was iterated.
    pub iterations: u32,
    /// Random.
    pub salt: [u8; 16],
    /// The result.
    pub hash: [u8; 32],
}

/// Somebody who answers.
#[derive(Clone, PartialEq, Eq)]
pub struct ClinicianRecord {
    /// The name they log in with.
    pub login: String,
    /// What they are.
    pub role: ClinicianRole,
    /// What their password is known by.
    pub password: PasswordHash,
}

/// A log-in that has not run out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Who.
    pub login: String,
    /// What they are.
    pub role: ClinicianRole,
}

/// Clinicians and sessions.
pub trait Clinicians {
    /// Adds a clinician; `false` if the log-in name is taken.
    ///
    /// # Errors
    /// [`StorageError`].
    fn add_clinician(&self, clinician: &ClinicianRecord) -> Result<bool, StorageError>;

    /// The clinician with this log-in name.
    ///
    /// # Errors
    /// [`StorageError`].
    fn clinician(&self, login: &str) -> Result<Option<ClinicianRecord>, StorageError>;

    /// Adds a session under the SHA-256 of its token, and forgets those that ran out before `now`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn add_session(
        &self,
        token: &[u8; 32],
        login: &str,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<(), StorageError>;

    /// The session of this token hash, if it has not run out at `now`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn session(&self, token: &[u8; 32], now: Timestamp) -> Result<Option<SessionRecord>, StorageError>;
}
