//! May this operation be accepted? Reads, decides, writes nothing.

use yorisoi_protocol::consent::ConsentEntry;
use yorisoi_protocol::ids::{ConsultationId, DeviceId, MemberId};
use yorisoi_protocol::question::{Service as Asked, TextError, check_text};
use yorisoi_protocol::survey::{SurveyAnswers, SurveyDefinition};
use yorisoi_protocol::wire::{
    OperationBody, OperationRefusal, Photo, PhotosError, RefusalCode, check_photos,
};
use yorisoi_protocol::{Eligibility, Programme, Timestamp};

use super::{Failure, Service, Trouble};
use crate::storage::Transaction;

/// What sealed consent entries are bound to, beside member and number.
pub(super) const CONSENT_TABLE: &str = "consent";

/// What a judgement turns on, beside the operation.
pub(super) struct Case<'a> {
    pub(super) tx: &'a dyn Transaction,
    pub(super) member: MemberId,
    pub(super) device: DeviceId,
    pub(super) programme: &'a Programme,
    /// Whether it can be used now, by the facts that a card proves.
    pub(super) open: bool,
    /// When the operation was made, by the phone's clock.
    pub(super) at: Timestamp,
    pub(super) now: Timestamp,
}

/// The judgement.
pub(super) enum Verdict {
    Accept {
        /// By when an answer is due.
        due: Option<Timestamp>,
    },
    Refuse(OperationRefusal),
}

impl Service {
    pub(super) fn judge(&self, case: &Case<'_>, body: &OperationBody) -> Result<Verdict, Failure> {
        let refusal = match body {
            OperationBody::Ask { consultation, service, text, begun, .. } => {
                case.ask(*consultation, *service, text, *begun)?
            }
            OperationBody::FollowUp { consultation, text, begun, .. } => {
                case.follow_up(*consultation, text, *begun)?
            }
            OperationBody::Survey { survey, version, answers, .. } => {
                case.survey(survey, *version, answers)?
            }
            OperationBody::Consent(entry) => self.consent(case, entry)?,
        };
        let refusal = match refusal {
            None => case.photos(body.photos())?,
            Some(refusal) => Some(refusal),
        };
        Ok(match refusal {
            Some(refusal) => Verdict::Refuse(refusal),
            None => Verdict::Accept { due: case.due(body) },
        })
    }

    fn consent(&self, case: &Case<'_>, entry: &ConsentEntry) -> Result<Option<OperationRefusal>, Failure> {
        let (number, previous) = match case.tx.last_consent(case.member)? {
            None => (0, ConsentEntry::chain_start()),
            Some((number, sealed)) => {
                let id = consent_id(case.member, number);
                let plain = self.keys.sealing().open(CONSENT_TABLE, &id, &sealed)?;
                let last: ConsentEntry =
                    serde_json::from_slice(&plain).map_err(|_| Trouble::Inconsistent("a consent entry"))?;
                (number, last.chain_hash())
            }
        };
        let follows = entry.previous_sha256 == previous && number.checked_add(1) == Some(entry.number);
        Ok((!follows).then(|| refuse(RefusalCode::ConsentChain)))
    }
}

/// What a consent entry is sealed for.
pub(super) fn consent_id(member: MemberId, number: u32) -> Vec<u8> {
    [&member.as_bytes()[..], &number.to_be_bytes()].concat()
}

impl Case<'_> {
    fn ask(
        &self,
        consultation: ConsultationId,
        service: Asked,
        text: &str,
        begun: Timestamp,
    ) -> Result<Option<OperationRefusal>, Failure> {
        if let Some(refusal) = unsendable(text) {
            return Ok(Some(refusal));
        }
        if !self.programme.services.contains(&service) {
            return Ok(Some(refuse(RefusalCode::ServiceNotOffered)));
        }
        if let Some(refusal) = self.outside_window(begun) {
            return Ok(Some(refusal));
        }
        let taken = self.tx.consultation(consultation)?.is_some();
        Ok(taken.then(|| refuse(RefusalCode::ConsultationExists)))
    }

    fn follow_up(
        &self,
        consultation: ConsultationId,
        text: &str,
        begun: Timestamp,
    ) -> Result<Option<OperationRefusal>, Failure> {
        if let Some(refusal) = unsendable(text).or_else(|| self.outside_window(begun)) {
            return Ok(Some(refusal));
        }
        let found = self.tx.consultation(consultation)?;
        // Somebody else's consultation is as unknown as one that does not exist.
        let own = found.is_some_and(|found| found.member == self.member);
        Ok((!own).then(|| refuse(RefusalCode::UnknownConsultation)))
    }

    fn photos(&self, photos: &[Photo]) -> Result<Option<OperationRefusal>, Failure> {
        match check_photos(photos) {
            Err(PhotosError::TooMany) => return Ok(Some(refuse(RefusalCode::TooManyPhotos))),
            Err(PhotosError::Size) => return Ok(Some(refuse(RefusalCode::PhotoSize))),
            Err(PhotosError::Twice) => return Ok(Some(refuse(RefusalCode::PhotoKnown))),
            Ok(()) => {}
        }
        for photo in photos {
            if self.tx.photo(photo.id)?.is_some() {
                return Ok(Some(refuse(RefusalCode::PhotoKnown)));
            }
        }
        Ok(None)
    }

    fn survey(
        &self,
        id: &str,
        version: u32,
        answers: &SurveyAnswers,
    ) -> Result<Option<OperationRefusal>, Failure> {
        let definition = self.programme.survey.as_ref();
        let Some(survey) = definition.filter(|survey| survey.id == id && survey.version == version) else {
            return Ok(Some(refuse(RefusalCode::SurveyMismatch)));
        };
        if survey.check(answers).is_err() {
            return Ok(Some(refuse(RefusalCode::SurveyMismatch)));
        }
        if self.tx.survey_answered(self.member)? {
            return Ok(Some(refuse(RefusalCode::SurveyAnswered)));
        }
        Ok(self.survey_closed(survey))
    }

    /// Like a message, an answer given in time may arrive within the programme's grace.
    fn survey_closed(&self, survey: &SurveyDefinition) -> Option<OperationRefusal> {
        let [first, last] = survey.open;
        let given = self.at.min(self.now);
        let arrives_until = last.ends_at().plus_hours(self.programme.rules.answers_grace_hours);
        let in_time = survey.is_open(self.now) || survey.is_open(given) && self.now < arrives_until;
        let turns = match self.now < first.starts_at() {
            true => first.starts_at(),
            false => last.ends_at(),
        };
        (!in_time).then_some(OperationRefusal { code: RefusalCode::SurveyClosed, at: Some(turns) })
    }

    /// Nothing begins after it was sent, and nothing is sent after it arrives: a phone's clock that runs ahead does
    /// not move the window.
    fn outside_window(&self, begun: Timestamp) -> Option<OperationRefusal> {
        // What may be used now takes whatever was begun before: only where it may not, what was begun decides.
        if self.open {
            return None;
        }
        let begun = begun.min(self.at).min(self.now);
        let facts = self.programme.card_facts();
        let (code, at) = match self.programme.send_at(&facts, begun, self.now).eligibility {
            // What turns on facts that a card does not prove refuses nobody.
            Eligibility::Eligible { .. } | Eligibility::Unknown { .. } => return None,
            Eligibility::NotYet { from } => (RefusalCode::NotYet, from),
            Eligibility::Ended { since } => (RefusalCode::Ended, since),
        };
        Some(OperationRefusal { code, at: Some(at) })
    }

    fn due(&self, body: &OperationBody) -> Option<Timestamp> {
        match body {
            OperationBody::Ask { .. } | OperationBody::FollowUp { .. } => {
                Some(self.now.plus_hours(self.programme.answer_within_hours))
            }
            OperationBody::Survey { .. } | OperationBody::Consent(_) => None,
        }
    }
}

fn unsendable(text: &str) -> Option<OperationRefusal> {
    match check_text(text) {
        Ok(()) => None,
        Err(TextError::Empty) => Some(refuse(RefusalCode::TextEmpty)),
        Err(TextError::TooLong { .. }) => Some(refuse(RefusalCode::TextTooLong)),
    }
}

fn refuse(code: RefusalCode) -> OperationRefusal {
    OperationRefusal { code, at: None }
}
