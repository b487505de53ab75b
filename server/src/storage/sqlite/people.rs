//! [`People`] in SQLite.

use yorisoi_protocol::ids::MemberId;

use super::values::{blob, number};
use super::{SqliteTransaction, StorageError};
use crate::storage::{People, SurveyAnswerRecord};

impl People for SqliteTransaction<'_> {
    fn survey_answered(&self, member: MemberId) -> Result<bool, StorageError> {
        let answered = self.one(
            "SELECT 1 FROM member WHERE id = ?1 AND survey_answered = 1",
            (member.as_bytes(),),
            |_| Ok(()),
        )?;
        Ok(answered.is_some())
    }

    fn mark_survey_answered(&self, member: MemberId) -> Result<bool, StorageError> {
        self.wrote(
            "UPDATE member SET survey_answered = 1 WHERE id = ?1 AND survey_answered = 0",
            (member.as_bytes(),),
        )
    }

    fn add_survey_answer(&self, answer: &SurveyAnswerRecord) -> Result<(), StorageError> {
        self.write(
            "INSERT INTO survey_answer (id, programme, survey, version, answers, day) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                &answer.id,
                &answer.programme,
                &answer.survey,
                answer.version,
                &answer.answers,
                answer.day.to_string(),
            ),
        )
        .map(drop)
    }

    fn last_consent(&self, member: MemberId) -> Result<Option<(u32, Vec<u8>)>, StorageError> {
        self.one(
            "SELECT number, sealed FROM consent WHERE member = ?1 ORDER BY number DESC LIMIT 1",
            (member.as_bytes(),),
            |row| Ok((number(row, 0)?, blob(row, 1)?)),
        )
    }

    fn add_consent(&self, member: MemberId, number: u32, sealed: &[u8]) -> Result<bool, StorageError> {
        self.wrote(
            "INSERT OR IGNORE INTO consent (member, number, sealed) VALUES (?1, ?2, ?3)",
            (member.as_bytes(), number, sealed),
        )
    }
}
