//! What an accepted operation changes, beside the stream.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::consent::ConsentEntry;
use yorisoi_protocol::ids::{ConsultationId, OperationId};
use yorisoi_protocol::wire::OperationBody;

use super::judge::{CONSENT_TABLE, Case, consent_id};
use super::{Failure, Service, Trouble};
use crate::randomness::draw;
use crate::storage::{ConsultationRecord, MessageRecord, SurveyAnswerRecord};

impl Service {
    /// Stores what `body` says. It was judged in the same transaction, so a row in the way is an inconsistency.
    pub(super) fn apply(
        &self,
        case: &Case<'_>,
        id: OperationId,
        body: &OperationBody,
        due: Option<Timestamp>,
    ) -> Result<(), Failure> {
        let stored = match body {
            OperationBody::Ask { consultation, service, .. } => {
                let record = ConsultationRecord {
                    id: *consultation,
                    member: case.member,
                    service: *service,
                    opened_at: case.now,
                    taken_by: None,
                    taken_at: None,
                };
                case.tx.add_consultation(&record)?
                    && case.add_message(id, *consultation, due)?
                    && case.add_photos(id, body)?
            }
            OperationBody::FollowUp { consultation, .. } => {
                case.add_message(id, *consultation, due)? && case.add_photos(id, body)?
            }
            OperationBody::Survey { survey, version, answers, day, .. } => {
                let record = SurveyAnswerRecord {
                    id: draw(&*self.randomness)?,
                    programme: case.programme.id.clone(),
                    survey: survey.clone(),
                    version: *version,
                    answers: serde_json::to_string(answers)
                        .map_err(|_| Trouble::Inconsistent("a survey answer"))?,
                    day: (*day).min(case.now.civil_date()),
                };
                case.tx.add_survey_answer(&record)?;
                case.tx.mark_survey_answered(case.member)?
            }
            OperationBody::Consent(entry) => self.add_consent(case, entry)?,
        };
        match stored {
            true => Ok(()),
            false => Err(Trouble::Inconsistent("an effect").into()),
        }
    }

    fn add_consent(&self, case: &Case<'_>, entry: &ConsentEntry) -> Result<bool, Failure> {
        let plain = serde_json::to_vec(entry).map_err(|_| Trouble::Inconsistent("a consent entry"))?;
        let id = consent_id(case.member, entry.number);
        let sealed = self.keys.sealing().seal(&*self.randomness, CONSENT_TABLE, &id, &plain)?;
        Ok(case.tx.add_consent(case.member, entry.number, &sealed)?)
    }
}

impl Case<'_> {
    fn add_message(
        &self,
        id: OperationId,
        consultation: ConsultationId,
        due: Option<Timestamp>,
    ) -> Result<bool, Failure> {
        let record = MessageRecord {
            id: id.into(),
            consultation,
            at: self.now,
            due,
            answered_at: None,
            clinician: None,
        };
        Ok(self.tx.add_message(&record)?)
    }

    fn add_photos(&self, id: OperationId, body: &OperationBody) -> Result<bool, Failure> {
        for photo in body.photos() {
            if !self.tx.add_photo(photo.id, id.into(), self.device)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
