//! Records the app shows.

use std::collections::HashMap;

use yorisoi_core::client as core_client;
use yorisoi_core::view as core;
use yorisoi_protocol::consent as protocol_consent;
use yorisoi_protocol::ids::{ConsultationId, MessageId};
use yorisoi_protocol::survey as protocol_survey;

use crate::error::YorisoiError;
use crate::types::{ConsentState, Eligibility, Moment, Purpose, SurveyState, Words};

/// Whether something may be done, with the reason ready to be shown.
#[derive(uniffi::Record)]
pub struct EligibilityView {
    /// The answer.
    pub eligibility: Eligibility,
    /// The answer in words, with its date.
    pub words: Words,
    /// The rules that decided, outermost first, for support staff.
    pub path: Vec<String>,
    /// The rule that decided, in words.
    pub reason: Words,
}

impl From<core::EligibilityView> for EligibilityView {
    fn from(view: core::EligibilityView) -> Self {
        Self {
            eligibility: view.eligibility.into(),
            words: view.words.into(),
            path: view.path,
            reason: view.reason.into(),
        }
    }
}

/// A message or a draft that holds the words that were looked for.
#[derive(uniffi::Record)]
pub struct SearchHit {
    /// Where the words stand.
    pub found_in: FoundIn,
    /// The words with what stands around them.
    pub snippet: String,
}

impl From<core::SearchHit> for SearchHit {
    fn from(hit: core::SearchHit) -> Self {
        let found_in = match hit.found_in {
            core::FoundIn::Message { consultation, message } => {
                FoundIn::Message { consultation: consultation.to_string(), message: message.to_string() }
            }
            core::FoundIn::Draft(draft) => FoundIn::Draft { draft: draft.to_string() },
        };
        Self { found_in, snippet: hit.snippet }
    }
}

/// Where words stand.
#[derive(uniffi::Enum)]
pub enum FoundIn {
    /// In a message.
    Message {
        /// The consultation it belongs to.
        consultation: String,
        /// The message.
        message: String,
    },
    /// In a draft.
    Draft {
        /// The draft.
        draft: String,
    },
}

/// The survey and what can be done with it.
#[derive(uniffi::Record)]
pub struct SurveyView {
    /// Its questions.
    pub items: Vec<SurveyItem>,
    /// Whether it may be answered now.
    pub state: SurveyState,
    /// Whether the one reminder may be shown now.
    pub reminder_due: bool,
    /// Which version was answered, once it was: the questions may have moved on.
    pub answered_version: Option<u32>,
    /// What was chosen, once it was answered: the index into the item's scale, or nothing where it was skipped.
    pub answers: Option<HashMap<String, Option<u8>>>,
}

/// One question of the survey.
#[derive(uniffi::Record)]
pub struct SurveyItem {
    /// Its name in answers.
    pub id: String,
    /// Its text.
    pub text: Words,
    /// The steps of its scale, in order.
    pub scale: Vec<Words>,
}

impl From<core::SurveyView> for SurveyView {
    fn from(view: core::SurveyView) -> Self {
        let protocol_survey::SurveyDefinition { items, scales, .. } = view.definition;
        let item = |item: protocol_survey::SurveyItem| SurveyItem {
            scale: scales.get(&item.scale).into_iter().flatten().cloned().map(Words::from).collect(),
            id: item.id,
            text: item.text.into(),
        };
        Self {
            items: items.into_iter().map(item).collect(),
            state: view.state.into(),
            reminder_due: view.reminder_due,
            answered_version: view.answered_version,
            answers: view.answers.map(|answers| answers.into_iter().collect()),
        }
    }
}

/// One purpose and what was last said about it.
#[derive(uniffi::Record)]
pub struct ConsentView {
    /// What for.
    pub purpose: Purpose,
    /// What was said.
    pub state: ConsentState,
    /// When.
    pub at: Moment,
}

impl From<core::ConsentView> for ConsentView {
    fn from(view: core::ConsentView) -> Self {
        Self { purpose: view.purpose.into(), state: view.state.into(), at: view.at.into() }
    }
}

/// Where a purpose stands with respect to one text.
#[derive(uniffi::Enum)]
pub enum Standing {
    /// Never decided: denied, and may be asked.
    NeverAsked,
    /// Granted for this text.
    Granted,
    /// Refused.
    Denied {
        /// The name of an older text whose grant still is in force, if there is one.
        old: Option<String>,
    },
    /// Granted once and taken back.
    Withdrawn,
    /// Granted for another version only: this one is to be asked for, and until then the old one holds.
    AskAgain {
        /// The name of the text whose grant is in force.
        old: String,
    },
}

impl From<protocol_consent::Standing> for Standing {
    fn from(standing: protocol_consent::Standing) -> Self {
        match standing {
            protocol_consent::Standing::NeverAsked => Self::NeverAsked,
            protocol_consent::Standing::Granted => Self::Granted,
            protocol_consent::Standing::Denied { old } => Self::Denied { old },
            protocol_consent::Standing::Withdrawn => Self::Withdrawn,
            protocol_consent::Standing::AskAgain { old } => Self::AskAgain { old },
        }
    }
}

/// The text a person saw before deciding.
#[derive(uniffi::Record)]
pub struct ConsentText {
    /// Its name and version, such as `service-ja-1`.
    pub id: String,
    /// Its language, `ja` or `en`.
    pub language: String,
    /// The text itself; the ledger keeps its SHA-256.
    pub text: String,
}

impl From<ConsentText> for core_client::ConsentText {
    fn from(text: ConsentText) -> Self {
        let ConsentText { id, language, text } = text;
        Self { id, language, text }
    }
}

/// An id that is none names nothing.
pub(crate) fn consultation_id(text: &str) -> Result<ConsultationId, YorisoiError> {
    ConsultationId::parse(text).map_err(|_| YorisoiError::not_found())
}

pub(crate) fn message_id(text: &str) -> Result<MessageId, YorisoiError> {
    MessageId::parse(text).map_err(|_| YorisoiError::not_found())
}
