//! [`Figures`] in SQLite.

use super::values::{number, word};
use super::{SqliteTransaction, StorageError};
use crate::storage::{Figures, ProgrammeFigures, ServiceFigures};

/// The consultations of a programme, with whose they are.
const CONSULTATIONS: &str = "consultation JOIN member ON member.id = consultation.member
     JOIN enrollment ON enrollment.id = member.enrollment";

/// The answered messages of a programme, with whose they are.
const ANSWERED: &str = "entry JOIN consultation ON consultation.id = entry.consultation
     JOIN member ON member.id = consultation.member JOIN enrollment ON enrollment.id = member.enrollment
     WHERE programme = ?1 AND due IS NOT NULL AND answered_at IS NOT NULL";

impl Figures for SqliteTransaction<'_> {
    fn figures(&self, programme: &str) -> Result<ProgrammeFigures, StorageError> {
        let count = |sql: &str| -> Result<u64, StorageError> {
            let value = self.one(sql, (programme,), |row| number(row, 0))?;
            Ok(value.unwrap_or_default())
        };
        Ok(ProgrammeFigures {
            cards_issued: count("SELECT count(*) FROM card WHERE programme = ?1")?,
            cards_redeemed: count(
                "SELECT count(DISTINCT device.card) FROM device JOIN card ON card.tag = device.card WHERE programme = ?1",
            )?,
            phrase_members: self.one(
                "SELECT (SELECT count(*) FROM device JOIN phrase ON phrase.tag = source WHERE programme = ?1)
                 WHERE EXISTS (SELECT 1 FROM phrase WHERE programme = ?1)",
                (programme,),
                |row| number(row, 0),
            )?,
            members: count(
                "SELECT count(*) FROM member JOIN enrollment ON enrollment.id = member.enrollment
                 WHERE programme = ?1",
            )?,
            consulted: count(&format!(
                "SELECT count(DISTINCT member) FROM {CONSULTATIONS} WHERE programme = ?1"
            ))?,
            services: self.all(
                &format!(
                    "SELECT service, count(*), count(DISTINCT member) FROM {CONSULTATIONS}
                     WHERE programme = ?1 GROUP BY service"
                ),
                (programme,),
                |row| {
                    Ok(ServiceFigures {
                        service: word(row, 0)?,
                        consultations: number(row, 1)?,
                        members: number(row, 2)?,
                    })
                },
            )?,
            waits: self
                .all(&format!("SELECT answered_at - at FROM {ANSWERED}"), (programme,), |row| row.get(0))?,
            answered_members: count(&format!("SELECT count(DISTINCT consultation.member) FROM {ANSWERED}"))?,
            surveys: self.all(
                "SELECT survey, version, answers FROM survey_answer WHERE programme = ?1",
                (programme,),
                |row| Ok((row.get(0)?, number(row, 1)?, row.get(2)?)),
            )?,
        })
    }
}
