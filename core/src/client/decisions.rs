//! What a person decides: consent, survey, loss mode.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use yorisoi_protocol::consent::{ConsentEntry, ConsentState, Purpose};
use yorisoi_protocol::digest::sha256;
use yorisoi_protocol::survey::{SurveyAnswers, SurveyDefinition};
use yorisoi_protocol::wire::OperationBody;

use super::YorisoiClient;
use crate::error::YorisoiError;
use crate::host::Notice;
use crate::store::{Settings, SurveyRecord};
use crate::view::{ConsentView, SurveyState, SurveyView};

/// The text a person saw before deciding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentText {
    /// Its name and version, such as `service-ja-1`.
    pub id: String,
    /// Its language, `ja` or `en`.
    pub language: String,
    /// The text itself; the ledger keeps its SHA-256.
    pub text: String,
}

impl YorisoiClient {
    /// Writes down a decision about a purpose. It is in force here at once and sent by the next sync.
    ///
    /// # Errors
    /// [`YorisoiError::NotEnrolled`], and the errors of the store.
    pub fn decide_consent(
        &self,
        purpose: Purpose,
        state: ConsentState,
        text: &ConsentText,
    ) -> Result<(), YorisoiError> {
        self.enrolled()?;
        let at = self.now();
        let entry = |number, previous_sha256| ConsentEntry {
            number,
            purpose,
            text_id: text.id.clone(),
            text_sha256: HEXLOWER.encode(&sha256(text.text.as_bytes())),
            language: text.language.clone(),
            state,
            at,
            previous_sha256,
        };
        self.store.append_consent(entry, at)?;
        Ok(())
    }

    /// What was last said about each purpose. A purpose without an entry was never decided and counts as denied.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn consents(&self) -> Result<Vec<ConsentView>, YorisoiError> {
        let mut views: Vec<ConsentView> = Vec::new();
        for entry in self.store.consents()? {
            views.retain(|view| view.purpose != entry.purpose);
            views.push(ConsentView { purpose: entry.purpose, state: entry.state, at: entry.at });
        }
        Ok(views)
    }

    /// The survey of the programme, if it has one, and whether it is to be shown.
    ///
    /// # Errors
    /// [`YorisoiError::NotEnrolled`], and the errors of the store.
    pub fn survey(&self) -> Result<Option<SurveyView>, YorisoiError> {
        let (_, programme) = self.enrolled()?;
        let Some(definition) = &programme.survey else {
            return Ok(None);
        };
        let record = self.store.survey(&definition.id)?;
        let state = match &record {
            Some(_) => SurveyState::Answered,
            None if self.survey_offered(definition)? => SurveyState::Offered,
            None => SurveyState::NotOffered,
        };
        Ok(Some(SurveyView {
            definition: definition.clone(),
            state,
            answers: record.map(|record| record.answers),
        }))
    }

    /// Answers the survey, once. Every item is mentioned; a skipped one has no choice.
    ///
    /// # Errors
    /// [`YorisoiError::SurveyNotOffered`], [`YorisoiError::SurveyAnswered`], [`YorisoiError::Survey`], and the errors of
    /// the store.
    pub fn answer_survey(&self, answers: &SurveyAnswers) -> Result<(), YorisoiError> {
        let view = self.survey()?.ok_or(YorisoiError::SurveyNotOffered)?;
        match view.state {
            SurveyState::Answered => return Err(YorisoiError::SurveyAnswered),
            SurveyState::NotOffered => return Err(YorisoiError::SurveyNotOffered),
            SurveyState::Offered => view.definition.check(answers)?,
        }
        let (now, SurveyDefinition { id, version, .. }) = (self.now(), view.definition);
        let body = OperationBody::Survey {
            survey: id.clone(),
            version,
            answers: answers.clone(),
            day: now.civil_date(),
            blind: BASE64URL_NOPAD.encode(&self.random_id()?),
        };
        let record = |seq| SurveyRecord { version, answers: answers.clone(), seq };
        if !self.store.answer_survey(&id, record, body, now)? {
            return Err(YorisoiError::SurveyAnswered);
        }
        self.tell(&[Notice::Survey]);
        Ok(())
    }

    /// Whether loss mode is on.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn loss_mode(&self) -> Result<bool, YorisoiError> {
        Ok(self.store.settings()?.loss_mode)
    }

    /// Turns loss mode on or off. No reason is asked, nothing is sent, entitlement stays.
    ///
    /// # Errors
    /// The errors of the store.
    pub fn set_loss_mode(&self, on: bool) -> Result<(), YorisoiError> {
        self.store.keep_settings(&Settings { loss_mode: on })?;
        self.tell(&[Notice::Survey]);
        Ok(())
    }

    /// Open, not silenced by loss mode, and not refused: a denied or withdrawn consent is never asked around.
    fn survey_offered(&self, definition: &SurveyDefinition) -> Result<bool, YorisoiError> {
        let refused = self
            .consents()?
            .iter()
            .any(|view| view.purpose == Purpose::Survey && view.state != ConsentState::Grant);
        Ok(definition.is_open(self.now()) && !refused && !self.loss_mode()?)
    }
}
