//! [`Devices`] in SQLite.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{DeviceId, MemberId, Nonce, OperationId};

use super::values::{bytes, number, signed};
use super::{SqliteTransaction, StorageError};
use crate::storage::{DeviceRecord, Devices, OperationRecord};

impl Devices for SqliteTransaction<'_> {
    fn device(&self, id: DeviceId) -> Result<Option<DeviceRecord>, StorageError> {
        self.one(
            "SELECT device.id, key, member, programme, last_seq
             FROM device JOIN member ON member.id = device.member
             JOIN enrollment ON enrollment.id = member.enrollment WHERE device.id = ?1 AND erased_at IS NULL",
            (id.as_bytes(),),
            device,
        )
    }

    fn device_of_key(&self, programme: &str, key: &[u8; 32]) -> Result<Option<DeviceRecord>, StorageError> {
        self.one(
            "SELECT device.id, key, member, programme, last_seq
             FROM device JOIN member ON member.id = device.member
             JOIN enrollment ON enrollment.id = member.enrollment
             WHERE key = ?1 AND programme = ?2 AND erased_at IS NULL ORDER BY granted_at DESC, device.id LIMIT 1",
            (key, programme),
            device,
        )
    }

    fn use_nonce(
        &self,
        caller: &[u8],
        nonce: Nonce,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        self.write("DELETE FROM nonce WHERE expires < ?1", (now.millis(),))?;
        self.wrote(
            "INSERT OR IGNORE INTO nonce (caller, nonce, expires) VALUES (?1, ?2, ?3)",
            (caller, nonce.as_bytes(), expires.millis()),
        )
    }

    fn is_nonce_used(&self, caller: &[u8], nonce: Nonce) -> Result<bool, StorageError> {
        let noted = "SELECT 1 FROM nonce WHERE caller = ?1 AND nonce = ?2";
        Ok(self.one(noted, (caller, nonce.as_bytes()), |_| Ok(()))?.is_some())
    }

    fn set_last_seq(&self, device: DeviceId, seq: u64) -> Result<(), StorageError> {
        self.write("UPDATE device SET last_seq = ?2 WHERE id = ?1", (device.as_bytes(), signed(seq)))
            .map(drop)
    }

    fn operation(&self, id: OperationId) -> Result<Option<OperationRecord>, StorageError> {
        self.one(
            "SELECT origin, seq, hash, outcome FROM entry WHERE id = ?1 AND outcome IS NOT NULL
             UNION ALL SELECT device, seq, hash, outcome FROM refused WHERE id = ?1",
            (id.as_bytes(),),
            |row| {
                Ok(OperationRecord {
                    id,
                    device: DeviceId::from_bytes(bytes(row, 0)?),
                    seq: number(row, 1)?,
                    hash: bytes(row, 2)?,
                    outcome: row.get(3)?,
                })
            },
        )
    }

    fn is_taken(&self, id: OperationId) -> Result<bool, StorageError> {
        let taken = self.one(
            "SELECT EXISTS (SELECT 1 FROM entry WHERE id = ?1) OR EXISTS (SELECT 1 FROM refused WHERE id = ?1)",
            (id.as_bytes(),),
            |row| row.get(0),
        )?;
        Ok(taken.unwrap_or(false))
    }

    fn add_refused(&self, operation: &OperationRecord) -> Result<bool, StorageError> {
        self.wrote(
            "INSERT OR IGNORE INTO refused (id, device, seq, hash, outcome) VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                operation.id.as_bytes(),
                operation.device.as_bytes(),
                signed(operation.seq),
                &operation.hash,
                &operation.outcome,
            ),
        )
    }
}

fn device(row: &rusqlite::Row<'_>) -> rusqlite::Result<DeviceRecord> {
    Ok(DeviceRecord {
        id: DeviceId::from_bytes(bytes(row, 0)?),
        key: bytes(row, 1)?,
        member: MemberId::from_bytes(bytes(row, 2)?),
        programme: row.get(3)?,
        last_seq: number(row, 4)?,
    })
}
