//! What a device process says: one JSON object a line, with what was asked for, with what went wrong, or with an event.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use yorisoi_core::YorisoiError;
use yorisoi_core::view;
use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::ids::{ConsultationId, EnrollmentId, MemberId, MessageId};
use yorisoi_protocol::question::ClinicianRole;
use yorisoi_protocol::safety::ShownContact;
use yorisoi_protocol::{Timestamp, Words};

/// One line of a device process.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    /// It was done; here is what was asked for.
    Ok(Value),
    /// It was not done.
    Error(Refusal),
    /// Something happened.
    Event(Event),
}

/// Something that happened unasked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    /// The library is open; commands are read from now on.
    Ready,
    Consents,
    /// A consultation changed.
    Consultation(ConsultationId),
    Drafts,
    Enrollment,
    Erasure,
    Family,
    Manifest,
    Survey,
    Sync,
    /// Following the hints ended with an error that trying again cannot mend.
    LiveEnded(Refusal),
}

/// An error as the library reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) kind: String,
    pub(crate) code: String,
    pub(crate) ja: String,
    pub(crate) en: String,
}

impl From<&YorisoiError> for Refusal {
    fn from(error: &YorisoiError) -> Self {
        let Words { ja, en } = error.words();
        Self { kind: format!("{:?}", error.kind()).to_lowercase(), code: error.code().to_owned(), ja, en }
    }
}

/// Whether something may be done, in words.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct May {
    pub(crate) allowed: bool,
    pub(crate) words: Words,
    pub(crate) path: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Card {
    pub(crate) programme: String,
    pub(crate) name: Words,
    pub(crate) redeem: May,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Enrollment {
    pub(crate) programme: String,
    pub(crate) enrollment: Option<EnrollmentId>,
    pub(crate) member: Option<MemberId>,
    pub(crate) state: EnrollmentState,
    pub(crate) since: Timestamp,
}

/// How far a place is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EnrollmentState {
    Provisional,
    Redeemed,
    Refused,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Consent {
    pub(crate) purpose: Purpose,
    pub(crate) state: ConsentState,
    pub(crate) at: Timestamp,
}

/// A number to call.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Contact {
    pub(crate) label: Words,
    pub(crate) digits: String,
    pub(crate) stale: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Consultation {
    pub(crate) id: ConsultationId,
    pub(crate) preview: String,
    pub(crate) step: Step,
    pub(crate) due: Option<Timestamp>,
    pub(crate) unread: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: MessageId,
    pub(crate) role: Option<ClinicianRole>,
    pub(crate) text: String,
    pub(crate) at: Timestamp,
    pub(crate) step: Option<Step>,
    pub(crate) due: Option<Timestamp>,
    pub(crate) held_since: Option<Timestamp>,
    pub(crate) refusal: Option<Words>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeptDraft {
    pub(crate) id: MessageId,
    pub(crate) text: String,
    pub(crate) begun: Timestamp,
    pub(crate) send: Option<May>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Hit {
    /// Absent for a draft.
    pub(crate) consultation: Option<ConsultationId>,
    pub(crate) snippet: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Synced {
    pub(crate) requests: u32,
    pub(crate) held: u32,
    pub(crate) refused: u32,
    pub(crate) received: u32,
    pub(crate) pending: u64,
    pub(crate) verified_at: Option<Timestamp>,
    pub(crate) retry_after_seconds: Option<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SyncState {
    pub(crate) pending: u64,
    pub(crate) verified_at: Option<Timestamp>,
    pub(crate) digest: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Survey {
    pub(crate) state: SurveyState,
    pub(crate) questions: BTreeMap<String, Words>,
    pub(crate) answers: Option<BTreeMap<String, Option<u8>>>,
}

/// The library's [`view::SurveyState`], with a name on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SurveyState {
    NotOffered,
    Offered,
    Answered,
}

/// The library's [`view::MessageStep`], readable back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    SavedHere,
    HeldByServer,
    TakenByClinician,
    Answered,
    Refused,
}

impl From<view::MessageStep> for Step {
    fn from(step: view::MessageStep) -> Self {
        match step {
            view::MessageStep::SavedHere => Self::SavedHere,
            view::MessageStep::HeldByServer => Self::HeldByServer,
            view::MessageStep::TakenByClinician => Self::TakenByClinician,
            view::MessageStep::Answered => Self::Answered,
            view::MessageStep::Refused => Self::Refused,
        }
    }
}

impl Step {
    /// What the phone shows.
    pub(crate) fn words(self) -> Words {
        match self {
            Self::SavedHere => view::MessageStep::SavedHere,
            Self::HeldByServer => view::MessageStep::HeldByServer,
            Self::TakenByClinician => view::MessageStep::TakenByClinician,
            Self::Answered => view::MessageStep::Answered,
            Self::Refused => view::MessageStep::Refused,
        }
        .words()
    }
}

impl From<view::EligibilityView> for May {
    fn from(view: view::EligibilityView) -> Self {
        Self { allowed: view.eligibility.allowed(), words: view.words, path: view.path }
    }
}

impl From<view::CardView> for Card {
    fn from(view: view::CardView) -> Self {
        Self { programme: view.programme, name: view.name, redeem: view.redeem.into() }
    }
}

impl From<view::EnrollmentView> for Enrollment {
    fn from(view: view::EnrollmentView) -> Self {
        Self {
            programme: view.programme,
            enrollment: view.enrollment,
            member: view.member,
            state: view.state.into(),
            since: view.since,
        }
    }
}

impl From<view::EnrollmentState> for EnrollmentState {
    fn from(state: view::EnrollmentState) -> Self {
        match state {
            view::EnrollmentState::Provisional { .. } => Self::Provisional,
            view::EnrollmentState::Redeemed => Self::Redeemed,
            view::EnrollmentState::Refused(_) => Self::Refused,
        }
    }
}

impl From<view::ConsentView> for Consent {
    fn from(view: view::ConsentView) -> Self {
        Self { purpose: view.purpose, state: view.state, at: view.at }
    }
}

impl From<ShownContact> for Contact {
    fn from(shown: ShownContact) -> Self {
        let ShownContact { contact, stale, .. } = shown;
        Self { label: contact.label, digits: contact.digits.into(), stale }
    }
}

impl From<view::ConsultationView> for Consultation {
    fn from(view: view::ConsultationView) -> Self {
        Self {
            id: view.id,
            preview: view.preview,
            step: view.step.into(),
            due: view.due,
            unread: view.unread,
        }
    }
}

impl From<view::MessageView> for Message {
    fn from(view: view::MessageView) -> Self {
        Self {
            id: view.id,
            role: view.role,
            text: view.text,
            at: view.at,
            step: view.step.map(Step::from),
            due: view.due,
            held_since: view.held_since,
            refusal: view.refusal,
        }
    }
}

impl From<view::DraftView> for KeptDraft {
    fn from(view: view::DraftView) -> Self {
        Self { id: view.id, text: view.text, begun: view.begun, send: view.send.map(May::from) }
    }
}

impl From<view::SearchHit> for Hit {
    fn from(hit: view::SearchHit) -> Self {
        let consultation = match hit.found_in {
            view::FoundIn::Message { consultation, .. } => Some(consultation),
            view::FoundIn::Draft(_) => None,
        };
        Self { consultation, snippet: hit.snippet }
    }
}

impl From<view::SyncReport> for Synced {
    fn from(report: view::SyncReport) -> Self {
        Self {
            requests: report.requests,
            held: report.held,
            refused: report.refused,
            received: report.received,
            pending: report.pending,
            verified_at: report.verified_at,
            retry_after_seconds: report.retry_after_seconds,
        }
    }
}

impl From<view::SyncState> for SyncState {
    fn from(state: view::SyncState) -> Self {
        Self { pending: state.pending, verified_at: state.verified_at, digest: state.digest }
    }
}

impl From<view::SurveyView> for Survey {
    fn from(view: view::SurveyView) -> Self {
        let items = view.definition.items.into_iter();
        Self {
            state: match view.state {
                view::SurveyState::NotOffered => SurveyState::NotOffered,
                view::SurveyState::Offered => SurveyState::Offered,
                view::SurveyState::Answered => SurveyState::Answered,
            },
            questions: items.map(|item| (item.id, item.text)).collect(),
            answers: view.answers,
        }
    }
}
