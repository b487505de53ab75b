//! [`Cards`] in SQLite.

use rusqlite::Row;
use yorisoi_protocol::ids::{DeviceId, EnrollmentId, MemberId};

use super::values::{bytes, number, time};
use super::{SqliteTransaction, StorageError};
use crate::keys::CodeTag;
use crate::storage::{CardRecord, Cards, GrantRecord};

impl Cards for SqliteTransaction<'_> {
    fn add_programme(&self, id: &str, index: u16, text: &str) -> Result<bool, StorageError> {
        self.wrote("INSERT OR IGNORE INTO programme (id, idx, text) VALUES (?1, ?2, ?3)", (id, index, text))
    }

    fn programme(&self, id: &str) -> Result<Option<String>, StorageError> {
        self.one("SELECT text FROM programme WHERE id = ?1", (id,), |row| row.get(0))
    }

    fn add_card(&self, card: &CardRecord) -> Result<bool, StorageError> {
        self.wrote(
            "INSERT OR IGNORE INTO card (tag, programme, number, batch, issued_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                &card.tag,
                &card.programme,
                card.number,
                card.batch,
                card.issued_at.millis(),
            ),
        )
    }

    fn last_card(&self, programme: &str) -> Result<(u32, u32), StorageError> {
        let last = self.one(
            "SELECT coalesce(max(number), 0), coalesce(max(batch), 0) FROM card WHERE programme = ?1",
            (programme,),
            |row| Ok((number(row, 0)?, number(row, 1)?)),
        )?;
        Ok(last.unwrap_or_default())
    }

    fn cards(&self, programme: &str) -> Result<Vec<(CardRecord, u32)>, StorageError> {
        self.all(
            "SELECT tag, programme, number, batch, issued_at, (SELECT count(*) FROM device WHERE device.tag = card.tag)
             FROM card WHERE programme = ?1 ORDER BY number",
            (programme,),
            |row| Ok((card(row)?, number(row, 5)?)),
        )
    }

    fn lock_card(&self, tag: &CodeTag) -> Result<Option<CardRecord>, StorageError> {
        self.one("SELECT tag, programme, number, batch, issued_at FROM card WHERE tag = ?1", (tag,), card)
    }

    fn grants(&self, tag: &CodeTag) -> Result<Vec<GrantRecord>, StorageError> {
        self.all(
            "SELECT device.tag, key, device.id, member.id, member.enrollment, granted_at
             FROM device JOIN member ON member.id = device.member
             WHERE device.tag = ?1 ORDER BY granted_at, device.id",
            (tag,),
            |row| {
                Ok(GrantRecord {
                    tag: bytes(row, 0)?,
                    device_key: bytes(row, 1)?,
                    device: DeviceId::from_bytes(bytes(row, 2)?),
                    member: MemberId::from_bytes(bytes(row, 3)?),
                    enrollment: EnrollmentId::from_bytes(bytes(row, 4)?),
                    granted_at: time(row, 5)?,
                })
            },
        )
    }

    fn add_grant(&self, grant: &GrantRecord) -> Result<bool, StorageError> {
        let enrollment = grant.enrollment.as_bytes();
        let member = grant.member.as_bytes();
        let taken = self.one(
            "SELECT 1 FROM device WHERE (tag = ?1 AND key = ?2) OR id = ?3",
            (&grant.tag, &grant.device_key, grant.device.as_bytes()),
            |_| Ok(()),
        )?;
        if taken.is_some() {
            return Ok(false);
        }
        self.write(
            "INSERT OR IGNORE INTO enrollment (id, tag, programme) SELECT ?1, tag, programme FROM card WHERE tag = ?2",
            (enrollment, &grant.tag),
        )?;
        self.write("INSERT OR IGNORE INTO member (id, enrollment) VALUES (?1, ?2)", (member, enrollment))?;
        self.wrote(
            "INSERT OR IGNORE INTO device (id, key, member, tag, granted_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            (grant.device.as_bytes(), &grant.device_key, member, &grant.tag, grant.granted_at.millis()),
        )
    }
}

fn card(row: &Row<'_>) -> rusqlite::Result<CardRecord> {
    Ok(CardRecord {
        tag: bytes(row, 0)?,
        programme: row.get(1)?,
        number: number(row, 2)?,
        batch: number(row, 3)?,
        issued_at: time(row, 4)?,
    })
}
