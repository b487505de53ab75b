//! The survey at the end: whether it is shown, and answering it once.

use data_encoding::BASE64URL_NOPAD;
use yorisoi_protocol::consent::{self, Purpose};
use yorisoi_protocol::survey::offer::{SurveyFacts, SurveyOffer};
use yorisoi_protocol::survey::{SurveyAnswers, SurveyAudience, SurveyDefinition};
use yorisoi_protocol::wire::OperationBody;

use super::YorisoiClient;
use crate::error::YorisoiError;
use crate::host::Notice;
use crate::store::SurveyRecord;
use crate::view::{SurveyState, SurveyView};

impl YorisoiClient {
    /// The survey of the programme, if it has one, and whether it is to be shown.
    ///
    /// # Errors
    /// [`YorisoiError::NotEnrolled`], and the errors of the store.
    pub fn survey(&self) -> Result<Option<SurveyView>, YorisoiError> {
        let place = self.place()?;
        let Some(definition) = &place.programme.survey else {
            return Ok(None);
        };
        let record = self.store.survey(&definition.id)?;
        let (now, facts) = (self.now(), self.survey_facts(definition, record.as_ref())?);
        let showings = self.store.settings()?.surveys_shown.get(&definition.id).copied();
        let offer = definition.offer(now, &facts);
        Ok(Some(SurveyView {
            state: SurveyState::from(offer),
            offer,
            reminder_due: definition.reminder_due(now, &facts, showings),
            definition: definition.clone(),
            answered_version: facts.answered,
            answers: record.map(|record| record.answers),
        }))
    }

    /// Says that the survey was just put before the person: the first time, or as the one reminder where that is due.
    /// Where neither is, nothing changes.
    ///
    /// # Errors
    /// [`YorisoiError::NotEnrolled`], and the errors of the store.
    pub fn mark_survey_shown(&self) -> Result<(), YorisoiError> {
        let place = self.place()?;
        let Some(definition) = &place.programme.survey else {
            return Ok(());
        };
        let record = self.store.survey(&definition.id)?;
        let (now, facts) = (self.now(), self.survey_facts(definition, record.as_ref())?);
        let shown = self.store.settings()?.surveys_shown.get(&definition.id).copied();
        if definition.showing(now, &facts, shown).is_none() {
            return Ok(());
        }
        self.store.change_settings(|settings| {
            let before = settings.surveys_shown.get(&definition.id).copied();
            let after = definition.showing(now, &facts, before);
            settings.surveys_shown.extend(after.map(|showings| (definition.id.clone(), showings)));
        })?;
        Ok(())
    }

    /// Answers the survey, once. Every item is mentioned; a skipped one has no choice.
    ///
    /// # Errors
    /// [`YorisoiError::SurveyNotOffered`], [`YorisoiError::SurveyAnswered`], [`YorisoiError::Survey`], and the errors of
    /// the store.
    pub fn answer_survey(&self, answers: &SurveyAnswers) -> Result<(), YorisoiError> {
        let inside = self.calls.enter();
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
        drop(inside);
        self.tell(&[Notice::Survey]);
        Ok(())
    }

    fn survey_facts(
        &self,
        definition: &SurveyDefinition,
        record: Option<&SurveyRecord>,
    ) -> Result<SurveyFacts, YorisoiError> {
        // Asked only where it decides: it reads every consultation's summary.
        let matters = definition.audience == SurveyAudience::Consulted;
        Ok(SurveyFacts {
            answered: record.map(|record| record.version),
            consulted: matters && self.store.consultation_count()? > 0,
            loss: self.family_status()?,
            consent: consent::last_state(&self.store.consents()?, Purpose::Survey),
        })
    }
}

impl From<SurveyOffer> for SurveyState {
    fn from(offer: SurveyOffer) -> Self {
        match offer {
            SurveyOffer::Offered { .. } => Self::Offered,
            SurveyOffer::Answered { .. } => Self::Answered,
            SurveyOffer::NotYet { .. }
            | SurveyOffer::Closed { .. }
            | SurveyOffer::Silenced(_)
            | SurveyOffer::NotInAudience => Self::NotOffered,
        }
    }
}
