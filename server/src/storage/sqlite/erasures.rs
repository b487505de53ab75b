//! [`Erasures`] in SQLite. What is removed is overwritten (`secure_delete`).

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{DeviceId, MemberId};

use super::values::{bytes, optional_time};
use super::{SqliteTransaction, StorageError};
use crate::storage::{ErasableRecord, Erasures};

/// In the order in which rows refer to each other.
const REMOVED: [&str; 6] = [
    "DELETE FROM photo_part WHERE photo IN (SELECT photo.id FROM photo JOIN device ON device.id = photo.device WHERE member = ?1)",
    "DELETE FROM photo WHERE device IN (SELECT id FROM device WHERE member = ?1)",
    "DELETE FROM entry WHERE member = ?1",
    "DELETE FROM consultation WHERE member = ?1",
    "DELETE FROM refused WHERE device IN (SELECT id FROM device WHERE member = ?1)",
    "DELETE FROM consent WHERE member = ?1",
];

impl Erasures for SqliteTransaction<'_> {
    fn erasable(&self, id: DeviceId) -> Result<Option<ErasableRecord>, StorageError> {
        self.one("SELECT key, member, erased_at FROM device WHERE id = ?1", (id.as_bytes(),), |row| {
            Ok(ErasableRecord {
                id,
                key: bytes(row, 0)?,
                member: MemberId::from_bytes(bytes(row, 1)?),
                erased_at: optional_time(row, 2)?,
            })
        })
    }

    fn erase_member(&self, member: MemberId, at: Timestamp) -> Result<(), StorageError> {
        for removed in REMOVED {
            self.write(removed, (member.as_bytes(),))?;
        }
        // How much was written is theirs too.
        self.write(
            "UPDATE member SET position = 0, digest = 0, survey_answered = 0 WHERE id = ?1",
            (member.as_bytes(),),
        )?;
        self.write(
            "UPDATE device SET erased_at = ?2, last_seq = 0 WHERE member = ?1 AND erased_at IS NULL",
            (member.as_bytes(), at.millis()),
        )
        .map(drop)
    }
}
