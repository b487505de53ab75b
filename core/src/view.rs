//! What the app shows: plain records without handles, in the words of the programme.

use yorisoi_protocol::consent::{ConsentState, Purpose};
use yorisoi_protocol::ids::{ConsultationId, EnrollmentId, MemberId, MessageId};
use yorisoi_protocol::programme::SafetyContact;
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_protocol::survey::{SurveyAnswers, SurveyDefinition};
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
}

/// A card whose code is well formed. Whether it was issued, only the server knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardView {
    /// The programme's id.
    pub programme: String,
    /// The programme's name.
    pub name: Words,
    /// Whether it may be redeemed now.
    pub redeem: EligibilityView,
}

/// This device's place in a programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrollmentView {
    /// The programme's id.
    pub programme: String,
    /// The programme's name.
    pub name: Words,
    /// The household's place.
    pub enrollment: EnrollmentId,
    /// The person.
    pub member: MemberId,
    /// Since when.
    pub since: Timestamp,
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

/// A message in its consultation.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// Something half-written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftView {
    /// Its id.
    pub id: MessageId,
    /// Who will be asked.
    pub service: Service,
    /// Whom it concerns.
    pub subject: Subject,
    /// The consultation it adds to; `None` for a new one.
    pub consultation: Option<ConsultationId>,
    /// What is written so far.
    pub text: String,
    /// When writing began.
    pub begun: Timestamp,
    /// Whether it may be sent now.
    pub send: EligibilityView,
}

/// A message that holds the words that were looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// The consultation it belongs to.
    pub consultation: ConsultationId,
    /// The words with what stands around them.
    pub snippet: String,
}

/// What one sync did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncReport {
    /// Requests made.
    pub requests: u32,
    /// Operations the server now holds.
    pub held: u32,
    /// Operations the server refused.
    pub refused: u32,
    /// Changes received, those of a repeated page included.
    pub received: u32,
    /// Operations still waiting.
    pub pending: u64,
    /// When phone and server were found to hold the same; `None` if this sync did not get so far.
    pub verified_at: Option<Timestamp>,
    /// After how many seconds the server asks to be tried again.
    pub retry_after_seconds: Option<u32>,
}

/// How far sync has come, readable offline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncState {
    /// Operations not settled yet.
    pub pending: u64,
    /// When phone and server were last found to hold the same.
    pub verified_at: Option<Timestamp>,
    /// The digest of what this phone holds of the stream.
    pub digest: String,
}

/// The survey and what can be done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyView {
    /// Its definition.
    pub definition: SurveyDefinition,
    /// Whether it may be answered now.
    pub state: SurveyState,
    /// What was chosen, once it was answered.
    pub answers: Option<SurveyAnswers>,
}

/// What can be done with the survey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SurveyState {
    /// Not open yet, closed, or silenced by loss mode or consent: show nothing.
    NotOffered,
    /// It may be answered.
    Offered,
    /// It was answered here.
    Answered,
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

/// Numbers to call with no network.
pub type SafetyContacts = Vec<SafetyContact>;
