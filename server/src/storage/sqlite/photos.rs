//! [`Photos`] in SQLite.

use yorisoi_protocol::ids::{DeviceId, MessageId, PhotoId};

use super::values::{blob, bytes, number, signed};
use super::{SqliteTransaction, StorageError};
use crate::storage::{PhotoRecord, Photos};

impl Photos for SqliteTransaction<'_> {
    fn add_photo(&self, id: PhotoId, message: MessageId, device: DeviceId) -> Result<bool, StorageError> {
        self.wrote(
            "INSERT OR IGNORE INTO photo (id, message, device) VALUES (?1, ?2, ?3)",
            (id.as_bytes(), message.as_bytes(), device.as_bytes()),
        )
    }

    fn photo(&self, id: PhotoId) -> Result<Option<PhotoRecord>, StorageError> {
        self.one("SELECT message, device, held FROM photo WHERE id = ?1", (id.as_bytes(),), |row| {
            Ok(PhotoRecord {
                id,
                message: MessageId::from_bytes(bytes(row, 0)?),
                device: DeviceId::from_bytes(bytes(row, 1)?),
                held: number(row, 2)?,
            })
        })
    }

    fn append_part(
        &self,
        id: PhotoId,
        offset: u64,
        bytes: usize,
        sealed: &[u8],
    ) -> Result<bool, StorageError> {
        let held = offset.saturating_add(bytes as u64);
        let grown = self.wrote(
            "UPDATE photo SET held = ?3 WHERE id = ?1 AND held = ?2",
            (id.as_bytes(), signed(offset), signed(held)),
        )?;
        if grown {
            self.write(
                "INSERT INTO photo_part (photo, start, sealed) VALUES (?1, ?2, ?3)",
                (id.as_bytes(), signed(offset), sealed),
            )?;
        }
        Ok(grown)
    }

    fn part(&self, id: PhotoId, offset: u64) -> Result<Option<Vec<u8>>, StorageError> {
        self.one(
            "SELECT sealed FROM photo_part WHERE photo = ?1 AND start = ?2",
            (id.as_bytes(), signed(offset)),
            |row| blob(row, 0),
        )
    }

    fn drop_parts(&self, id: PhotoId) -> Result<(), StorageError> {
        self.write("DELETE FROM photo_part WHERE photo = ?1", (id.as_bytes(),))?;
        self.write("UPDATE photo SET held = 0 WHERE id = ?1", (id.as_bytes(),)).map(drop)
    }
}
