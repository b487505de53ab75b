//! [`Clinicians`] in SQLite.

use yorisoi_protocol::Timestamp;

use super::values::{bytes, named, number, word};
use super::{SqliteTransaction, StorageError};
use crate::storage::{ClinicianRecord, Clinicians, PasswordHash, SessionRecord};

impl Clinicians for SqliteTransaction<'_> {
    fn add_clinician(&self, clinician: &ClinicianRecord) -> Result<bool, StorageError> {
        let password = &clinician.password;
        self.wrote(
            "INSERT OR IGNORE INTO clinician (login, role, iterations, salt, hash) VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                &clinician.login,
                named(&clinician.role),
                password.iterations,
                &password.salt,
                &password.hash,
            ),
        )
    }

    fn clinician(&self, login: &str) -> Result<Option<ClinicianRecord>, StorageError> {
        self.one(
            "SELECT login, role, iterations, salt, hash FROM clinician WHERE login = ?1",
            (login,),
            |row| {
                Ok(ClinicianRecord {
                    login: row.get(0)?,
                    role: word(row, 1)?,
                    password: PasswordHash {
                        iterations: number(row, 2)?,
                        salt: bytes(row, 3)?,
                        hash: bytes(row, 4)?,
                    },
                })
            },
        )
    }

    fn add_session(
        &self,
        token: &[u8; 32],
        login: &str,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        self.write("DELETE FROM session WHERE expires <= ?1", (now.millis(),))?;
        self.write(
            "INSERT INTO session (token, login, expires) VALUES (?1, ?2, ?3)",
            (token, login, expires.millis()),
        )
        .map(drop)
    }

    fn session(&self, token: &[u8; 32], now: Timestamp) -> Result<Option<SessionRecord>, StorageError> {
        self.one(
            "SELECT clinician.login, role FROM session JOIN clinician ON clinician.login = session.login
             WHERE token = ?1 AND expires > ?2",
            (token, now.millis()),
            |row| Ok(SessionRecord { login: row.get(0)?, role: word(row, 1)? }),
        )
    }
}
