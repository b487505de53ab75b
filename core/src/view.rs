//! What the app shows: plain records without handles, in the words of the programme.

mod erasure;
mod photo;
mod set_aside;
mod survey;
mod sync;

pub use erasure::{ErasureState, ErasureView};
pub use photo::{PhotoSent, PhotoView};
pub use set_aside::SetAsideView;
pub use survey::{SurveyState, SurveyView};
pub use sync::{PauseReason, SyncAttempt, SyncEnd, SyncPause, SyncReport, SyncState};

use std::fmt;

use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::ids::{ConsultationId, EnrollmentId, MemberId, MessageId};
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_protocol::wire::{EnrollmentRefusal, Trust};
use yorisoi_protocol::{Eligibility, Timestamp, Words};

/// Whether something may be done, with the reason ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// A card whose code is well formed or whose ticket is signed. Whether it may still be used, only the server knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardView {
    /// The programme's id.
    pub programme: String,
    /// The programme's name.
    pub name: Words,
    /// What was read.
    pub kind: CardKind,
    /// Whether it may be redeemed now.
    pub redeem: EligibilityView,
}

/// What was read of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardKind {
    /// The typed code. It needs the server.
    Code,
    /// The ticket of its QR code, verified on the phone.
    Ticket {
        /// Whether it gives a provisional place now, without network.
        provisional: Eligibility,
    },
}

/// This device's place in a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrollmentView {
    /// The programme's id.
    pub programme: String,
    /// The programme's name.
    pub name: Words,
    /// How far it is settled.
    pub state: EnrollmentState,
    /// How far the programme trusts that this household was meant.
    pub trust: Trust,
    /// The household's place; `None` until the server gave one.
    pub enrollment: Option<EnrollmentId>,
    /// The person; `None` until the server gave a place.
    pub member: Option<MemberId>,
    /// Since when.
    pub since: Timestamp,
}

/// How far a place in a programme is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnrollmentState {
    /// A ticket was verified on the phone. What is asked waits for the server to redeem the card.
    Provisional {
        /// The first instant at which the ticket is no longer valid.
        until: Timestamp,
    },
    /// The server redeemed the card.
    Redeemed,
    /// The server did not redeem the ticket's card. What was written stays on this phone, and goes on with another card.
    Refused(EnrollmentRefusal),
}

/// The manifest this device goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestView {
    /// Its number.
    pub version: u64,
    /// When it was signed.
    pub issued_at: Timestamp,
    /// Until when it is good.
    pub not_after: Timestamp,
    /// Whether that is over. Everything goes on; dates, numbers and keys may have changed since.
    pub degraded: bool,
    /// Whether it asks for a newer version of this library.
    pub update_needed: bool,
}

/// The steps of a message, each readable offline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageStep {
    /// On this phone only.
    SavedHere,
    /// The server gave a receipt.
    HeldByServer,
    /// A clinician took it.
    TakenByClinician,
    /// Answered.
    Answered,
    /// The server refused it; it stays here.
    Refused,
}

impl MessageStep {
    /// The step in words.
    pub fn words(self) -> Words {
        match self {
            Self::SavedHere => Words::new("このスマートフォンに保存しました", "Saved here"),
            Self::HeldByServer => Words::new("サーバーに届きました", "Held by the server"),
            Self::TakenByClinician => Words::new("専門家が確認しています", "Taken by a clinician"),
            Self::Answered => Words::new("回答があります", "Answered"),
            Self::Refused => Words::new("送信できませんでした", "Not accepted"),
        }
    }
}

/// A consultation in a list.
#[derive(Clone, PartialEq, Eq)]
pub struct ConsultationView {
    /// Its id.
    pub id: ConsultationId,
    /// Who is asked.
    pub service: Service,
    /// Whom it concerns.
    pub subject: Subject,
    /// The beginning of the question.
    pub preview: String,
    /// The step of the newest own message.
    pub step: MessageStep,
    /// By when an answer to it is due.
    pub due: Option<Timestamp>,
    /// When something was last written in it.
    pub last: Timestamp,
    /// Answers not read yet.
    pub unread: u32,
    /// How many messages it has.
    pub messages: u32,
}

/// A part of the list of consultations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsultationPage {
    /// The consultations of this part.
    pub consultations: Vec<ConsultationView>,
    /// How many there are in all.
    pub total: u64,
    /// Answers not read yet in all of them.
    pub unread: u32,
    /// Where the next part begins; `None` after the last.
    pub next: Option<u64>,
}

/// A part of a consultation's messages, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagePage {
    /// The messages of this part.
    pub messages: Vec<MessageView>,
    /// How many there are in all.
    pub total: u32,
    /// Before which place older ones stand; `None` if the first is among these.
    pub before: Option<u32>,
}

/// A part of the list of drafts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftPage {
    /// The drafts of this part.
    pub drafts: Vec<DraftView>,
    /// How many there are in all.
    pub total: u64,
    /// Where the next part begins; `None` after the last.
    pub next: Option<u64>,
}

/// Without the words of the question.
impl fmt::Debug for ConsultationView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsultationView")
            .field("id", &self.id)
            .field("service", &self.service)
            .field("subject", &self.subject)
            .field("step", &self.step)
            .field("due", &self.due)
            .field("last", &self.last)
            .field("unread", &self.unread)
            .field("messages", &self.messages)
            .finish_non_exhaustive()
    }
}

/// A message in its consultation.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageView {
    /// Its id.
    pub id: MessageId,
    /// Who wrote it; `None` for the parent.
    pub role: Option<ClinicianRole>,
    /// What it says.
    pub text: String,
    /// When it was written.
    pub at: Timestamp,
    /// How far an own message has come; `None` for an answer.
    pub step: Option<MessageStep>,
    /// By when an answer is due.
    pub due: Option<Timestamp>,
    /// Since when the server holds it, by its signed receipt.
    pub held_since: Option<Timestamp>,
    /// Why the server refused it.
    pub refusal: Option<Words>,
}

/// Without what it says.
impl fmt::Debug for MessageView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageView")
            .field("id", &self.id)
            .field("role", &self.role)
            .field("at", &self.at)
            .field("step", &self.step)
            .field("due", &self.due)
            .field("held_since", &self.held_since)
            .field("refusal", &self.refusal)
            .finish_non_exhaustive()
    }
}

/// Something half-written.
#[derive(Clone, PartialEq, Eq)]
pub struct DraftView {
    /// Its id.
    pub id: MessageId,
    /// Who will be asked; `None` if a newer library offered a choice that this one does not know.
    pub service: Option<Service>,
    /// Whom it concerns; `None` likewise.
    pub subject: Option<Subject>,
    /// The consultation it adds to; `None` for a new one.
    pub consultation: Option<ConsultationId>,
    /// What is written so far.
    pub text: String,
    /// When writing began.
    pub begun: Timestamp,
    /// Whether it may be sent now; `None` while no programme is known.
    pub send: Option<EligibilityView>,
    /// Whether it is marked as ready, and sent by itself as soon as it may be.
    pub ready: bool,
}

/// Without what is written.
impl fmt::Debug for DraftView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DraftView")
            .field("id", &self.id)
            .field("service", &self.service)
            .field("subject", &self.subject)
            .field("consultation", &self.consultation)
            .field("begun", &self.begun)
            .field("send", &self.send)
            .finish_non_exhaustive()
    }
}

/// A message or a draft that holds the words that were looked for.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// Where the words stand.
    pub found_in: FoundIn,
    /// The words with what stands around them.
    pub snippet: String,
}

/// Where words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundIn {
    /// In a message.
    Message {
        /// The consultation it belongs to.
        consultation: ConsultationId,
        /// The message.
        message: MessageId,
    },
    /// In a draft.
    Draft(MessageId),
}

/// Without what is written.
impl fmt::Debug for SearchHit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchHit").field("found_in", &self.found_in).finish_non_exhaustive()
    }
}

/// One purpose and what was last said about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentView {
    /// What for.
    pub purpose: Purpose,
    /// What was said.
    pub state: ConsentState,
    /// When.
    pub at: Timestamp,
}
