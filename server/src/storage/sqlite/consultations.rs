//! [`Consultations`] in SQLite.

use rusqlite::Row;
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{ConsultationId, MemberId, MessageId};

use super::values::{bytes, named, number, optional_time, time, word};
use super::{SqliteTransaction, StorageError};
use crate::storage::{ConsultationRecord, Consultations, MessageRecord, WaitingRecord};

impl Consultations for SqliteTransaction<'_> {
    fn add_consultation(&self, consultation: &ConsultationRecord) -> Result<bool, StorageError> {
        self.wrote(
            "INSERT OR IGNORE INTO consultation (id, member, service, opened_at) VALUES (?1, ?2, ?3, ?4)",
            (
                consultation.id.as_bytes(),
                consultation.member.as_bytes(),
                named(&consultation.service),
                consultation.opened_at.millis(),
            ),
        )
    }

    fn consultation(&self, id: ConsultationId) -> Result<Option<ConsultationRecord>, StorageError> {
        self.one(
            "SELECT id, member, service, opened_at, taken_by, taken_at FROM consultation WHERE id = ?1",
            (id.as_bytes(),),
            consultation,
        )
    }

    fn take(&self, id: ConsultationId, clinician: &str, at: Timestamp) -> Result<bool, StorageError> {
        self.wrote(
            "UPDATE consultation SET taken_by = ?2, taken_at = ?3
             WHERE id = ?1 AND (taken_by IS NULL OR taken_by = ?2)",
            (id.as_bytes(), clinician, at.millis()),
        )
    }

    fn messages(&self, id: ConsultationId) -> Result<Vec<MessageRecord>, StorageError> {
        // All are of one member: the order of the index is that of the stream.
        self.all(
            "SELECT id, at, due, answered_at, clinician FROM entry WHERE consultation = ?1 ORDER BY member, position",
            (id.as_bytes(),),
            |row| {
                Ok(MessageRecord {
                    id: MessageId::from_bytes(bytes(row, 0)?),
                    consultation: id,
                    at: time(row, 1)?,
                    due: optional_time(row, 2)?,
                    answered_at: optional_time(row, 3)?,
                    clinician: row.get(4)?,
                })
            },
        )
    }

    fn mark_answered(&self, id: ConsultationId, at: Timestamp) -> Result<(), StorageError> {
        self.write(
            "UPDATE entry SET answered_at = ?2
             WHERE consultation = ?1 AND due IS NOT NULL AND answered_at IS NULL",
            (id.as_bytes(), at.millis()),
        )
        .map(drop)
    }

    fn waiting(&self) -> Result<Vec<WaitingRecord>, StorageError> {
        self.all(
            "SELECT consultation.id, consultation.member, service, opened_at, taken_by, taken_at, min(at), min(due), count(*)
             FROM entry JOIN consultation ON consultation.id = entry.consultation
             WHERE due IS NOT NULL AND answered_at IS NULL
             GROUP BY consultation.id ORDER BY min(due), consultation.id",
            (),
            |row| {
                Ok(WaitingRecord {
                    consultation: consultation(row)?,
                    since: time(row, 6)?,
                    due: time(row, 7)?,
                    messages: number(row, 8)?,
                })
            },
        )
    }
}

fn consultation(row: &Row<'_>) -> rusqlite::Result<ConsultationRecord> {
    Ok(ConsultationRecord {
        id: ConsultationId::from_bytes(bytes(row, 0)?),
        member: MemberId::from_bytes(bytes(row, 1)?),
        service: word(row, 2)?,
        opened_at: time(row, 3)?,
        taken_by: row.get(4)?,
        taken_at: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_millis),
    })
}
