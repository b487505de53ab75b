//! What an accepted operation changes: before its entry is in the stream, and after.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::consent::ConsentEntry;
use yorisoi_protocol::ids::OperationId;
use yorisoi_protocol::wire::OperationBody;

use super::judge::{CONSENT_TABLE, Case, consent_id};
use super::{Failure, Service, Trouble};
use crate::randomness::draw;
use crate::storage::{ConsultationRecord, Message, SurveyAnswerRecord};

impl Service {
    /// Opens the consultation that `body` opens, if any, and says what makes its entry a message. It was judged in the same
    /// transaction, so a row in the way is an inconsistency.
    pub(super) fn message(
        &self,
        case: &Case<'_>,
        body: &OperationBody,
        due: Option<Timestamp>,
    ) -> Result<Option<Message>, Failure> {
        let consultation = match body {
            OperationBody::Ask { consultation, service, .. } => {
                let record = ConsultationRecord {
                    id: *consultation,
                    member: case.member,
                    service: *service,
                    opened_at: case.now,
                    taken_by: None,
                    taken_at: None,
                };
                if !case.tx.add_consultation(&record)? {
                    return Err(Trouble::Inconsistent("a consultation").into());
                }
                *consultation
            }
            OperationBody::FollowUp { consultation, .. } => *consultation,
            OperationBody::Survey { .. } | OperationBody::Consent(_) => return Ok(None),
        };
        Ok(Some(Message { consultation, at: case.now, due, clinician: None }))
    }

    /// Stores what else `body` says.
    pub(super) fn apply(
        &self,
        case: &Case<'_>,
        id: OperationId,
        body: &OperationBody,
    ) -> Result<(), Failure> {
        let stored = match body {
            OperationBody::Ask { .. } | OperationBody::FollowUp { .. } => case.add_photos(id, body)?,
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
    fn add_photos(&self, id: OperationId, body: &OperationBody) -> Result<bool, Failure> {
        for photo in body.photos() {
            if !self.tx.add_photo(photo.id, id.into(), self.device)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
