//! What a device process is told to do: one JSON object a line, such as `{"do":"sync"}`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::ids::{ConsultationId, MessageId};
use yorisoi_protocol::question::{Service, Subject};
use yorisoi_protocol::survey::SurveyAnswers;

/// One thing a person does with the phone.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Command {
    CheckCard {
        typed: String,
    },
    Enroll {
        typed: String,
    },
    Enrollment,
    MayAsk,
    SafetyContacts,
    DecideConsent(Decision),
    Consents,
    SaveDraft(Draft),
    Drafts,
    SendDraft {
        id: MessageId,
    },
    DiscardDraft {
        id: MessageId,
    },
    Ask {
        service: Service,
        subject: Subject,
        text: String,
    },
    FollowUp {
        consultation: ConsultationId,
        text: String,
    },
    Consultations,
    Messages {
        consultation: ConsultationId,
    },
    MarkRead {
        consultation: ConsultationId,
    },
    UnreadCount,
    Search {
        words: String,
    },
    Survey,
    AnswerSurvey {
        answers: SurveyAnswers,
    },
    LossMode,
    SetLossMode {
        on: bool,
    },
    Export {
        to: PathBuf,
    },
    Sync,
    /// As the system lets an app in the background.
    SyncWithin {
        seconds: u32,
    },
    SyncState,
    /// Follows the server's hints in the background until told to stop.
    LiveStart,
    LiveStop,
    /// Ends the process.
    Stop,
}

/// A decision about a purpose, with the text that was shown.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Decision {
    pub(crate) purpose: Purpose,
    pub(crate) state: ConsentState,
    pub(crate) text_id: String,
    pub(crate) language: String,
    pub(crate) text: String,
}

/// What is written so far; one of these for every keystroke.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Draft {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<MessageId>,
    pub(crate) service: Service,
    pub(crate) subject: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) consultation: Option<ConsultationId>,
    pub(crate) text: String,
}
