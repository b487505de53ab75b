//! [`Cards`] in SQLite.

use rusqlite::Row;
use rusqlite::types::Type;
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{DeviceId, EnrollmentId, MemberId};

use super::values::{bytes, number, optional_time, time, wrong};
use super::{SqliteTransaction, StorageError};
use crate::keys::CodeTag;
use crate::storage::{CardRecord, CardStatus, Cards, GrantRecord, Joined};

/// The columns that [`card`] reads.
const CARD: &str =
    "SELECT tag, programme, number, batch, issued_at, household, status, replaced_by, status_at FROM card";

impl Cards for SqliteTransaction<'_> {
    fn add_programme(&self, id: &str, index: u16, text: &str) -> Result<bool, StorageError> {
        self.wrote("INSERT OR IGNORE INTO programme (id, idx, text) VALUES (?1, ?2, ?3)", (id, index, text))
    }

    fn programme(&self, id: &str) -> Result<Option<String>, StorageError> {
        self.one("SELECT text FROM programme WHERE id = ?1", (id,), |row| row.get(0))
    }

    fn programmes(&self) -> Result<Vec<String>, StorageError> {
        self.all("SELECT text FROM programme ORDER BY idx", (), |row| row.get(0))
    }

    fn programme_at(&self, index: u16) -> Result<Option<String>, StorageError> {
        self.one("SELECT text FROM programme WHERE idx = ?1", (index,), |row| row.get(0))
    }

    fn add_card(&self, card: &CardRecord) -> Result<bool, StorageError> {
        let (status, by) = words(card.status);
        self.wrote(
            "INSERT OR IGNORE INTO card
             (tag, programme, number, batch, issued_at, household, status, replaced_by, status_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            (
                &card.tag,
                &card.programme,
                card.number,
                card.batch,
                card.issued_at.millis(),
                &card.household,
                status,
                by,
                card.status_at.millis(),
            ),
        )
    }

    fn set_card_status(&self, tag: &CodeTag, status: CardStatus, at: Timestamp) -> Result<(), StorageError> {
        let (status, by) = words(status);
        self.write(
            "UPDATE card SET status = ?2, replaced_by = ?3, status_at = ?4 WHERE tag = ?1",
            (tag, status, by, at.millis()),
        )
        .map(drop)
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
            "SELECT tag, programme, number, batch, issued_at, household, status, replaced_by, status_at,
                    (SELECT count(*) FROM device WHERE device.card = card.tag)
             FROM card WHERE programme = ?1 ORDER BY number",
            (programme,),
            |row| Ok((card(row)?, number(row, 9)?)),
        )
    }

    fn numbered_card(&self, programme: &str, number: u32) -> Result<Option<CodeTag>, StorageError> {
        self.one("SELECT tag FROM card WHERE programme = ?1 AND number = ?2", (programme, number), |row| {
            bytes(row, 0)
        })
    }

    fn lock_card(&self, tag: &CodeTag) -> Result<Option<CardRecord>, StorageError> {
        self.one(&format!("{CARD} WHERE tag = ?1"), (tag,), card)
    }

    fn joined(
        &self,
        source: &CodeTag,
        device_key: &[u8; 32],
        since: Timestamp,
    ) -> Result<Joined, StorageError> {
        let known = self.one(
            "SELECT source, device.card, programme, key, device.id, member, enrollment, granted_at, erased_at
             FROM device JOIN member ON member.id = device.member
             JOIN enrollment ON enrollment.id = member.enrollment WHERE source = ?1 AND key = ?2",
            (source, device_key),
            |row| Ok((grant(row)?, optional_time(row, 8)?)),
        )?;
        let erased = known.as_ref().is_some_and(|(_, erased_at)| erased_at.is_some());
        let own = known.map(|(grant, _)| grant).filter(|_| !erased);
        let enrollment = self.one(
            "SELECT enrollment FROM device JOIN member ON member.id = device.member
             WHERE source = ?1 ORDER BY granted_at, device.id LIMIT 1",
            (source,),
            |row| bytes(row, 0).map(EnrollmentId::from_bytes),
        )?;
        let members = self.one(
            "SELECT count(*) FROM device WHERE source = ?1 AND granted_at >= ?2",
            (source, since.millis()),
            |row| number(row, 0),
        )?;
        Ok(Joined { own, erased, enrollment, members: members.unwrap_or_default() })
    }

    fn add_grant(&self, grant: &GrantRecord) -> Result<bool, StorageError> {
        let enrollment = grant.enrollment.as_bytes();
        let member = grant.member.as_bytes();
        let taken = self.one(
            "SELECT 1 FROM device WHERE (source = ?1 AND key = ?2) OR id = ?3",
            (&grant.source, &grant.device_key, grant.device.as_bytes()),
            |_| Ok(()),
        )?;
        if taken.is_some() {
            return Ok(false);
        }
        self.write(
            "INSERT OR IGNORE INTO enrollment (id, card, programme) VALUES (?1, ?2, ?3)",
            (enrollment, &grant.card, &grant.programme),
        )?;
        self.write("INSERT OR IGNORE INTO member (id, enrollment) VALUES (?1, ?2)", (member, enrollment))?;
        self.wrote(
            "INSERT OR IGNORE INTO device (id, key, member, source, card, granted_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                grant.device.as_bytes(),
                &grant.device_key,
                member,
                &grant.source,
                &grant.card,
                grant.granted_at.millis(),
            ),
        )
    }
}

fn words(status: CardStatus) -> (&'static str, Option<u32>) {
    match status {
        CardStatus::Issued => ("issued", None),
        CardStatus::Revoked => ("revoked", None),
        CardStatus::Replaced { by } => ("replaced", Some(by)),
    }
}

fn status(row: &Row<'_>, column: usize) -> rusqlite::Result<CardStatus> {
    match row.get_ref(column)?.as_str()? {
        "issued" => Ok(CardStatus::Issued),
        "revoked" => Ok(CardStatus::Revoked),
        "replaced" => Ok(CardStatus::Replaced { by: number(row, column + 1)? }),
        _ => Err(wrong(column, Type::Text)),
    }
}

fn card(row: &Row<'_>) -> rusqlite::Result<CardRecord> {
    Ok(CardRecord {
        tag: bytes(row, 0)?,
        programme: row.get(1)?,
        number: number(row, 2)?,
        batch: number(row, 3)?,
        issued_at: time(row, 4)?,
        household: bytes(row, 5)?,
        status: status(row, 6)?,
        status_at: time(row, 8)?,
    })
}

fn grant(row: &Row<'_>) -> rusqlite::Result<GrantRecord> {
    let card = match row.get_ref(1)? {
        rusqlite::types::ValueRef::Null => None,
        _ => Some(bytes(row, 1)?),
    };
    Ok(GrantRecord {
        source: bytes(row, 0)?,
        card,
        programme: row.get(2)?,
        device_key: bytes(row, 3)?,
        device: DeviceId::from_bytes(bytes(row, 4)?),
        member: MemberId::from_bytes(bytes(row, 5)?),
        enrollment: EnrollmentId::from_bytes(bytes(row, 6)?),
        granted_at: time(row, 7)?,
    })
}
