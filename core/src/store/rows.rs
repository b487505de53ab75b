//! What stands in the sealed rows.
//!
//! These types are the file format: a field may be added with a default, never renamed or given another meaning.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{ConsultationId, MessageId};
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_protocol::survey::SurveyAnswers;
use yorisoi_protocol::survey::offer::SurveyShowings;
use yorisoi_protocol::wire::{EnrollmentRefusal, EntryText, Grant, Held, OperationRefusal, Receipt};

use super::choice::Choice;
use super::entries::Entries;
use crate::family::FamilyFacts;
use crate::vault::Secret;
use crate::view::MessageStep;

/// Who this device is. Made before the first attempt to enroll, so that a repeated attempt is the same device.
#[derive(Serialize, Deserialize)]
pub struct Identity {
    /// The seed of the device's Ed25519 key.
    pub seed: Secret,
    /// What the server granted; absent until it has.
    pub grant: Option<Grant>,
    /// What a ticket gave before the server was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisional: Option<Provisional>,
    /// The programme's file as it was last known: history stays readable when a manifest no longer carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<String>,
}

/// A place that a verified ticket gave, until the server redeems its card.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisional {
    /// The card's sixteen symbols, with which it will be redeemed.
    pub code: String,
    /// The programme's id.
    pub programme: String,
    /// When the ticket was read.
    pub since: Timestamp,
    /// The first instant at which the ticket is no longer valid.
    pub until: Timestamp,
    /// Why the server did not redeem it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<EnrollmentRefusal>,
}

/// Without the code: whoever holds it holds the card's grant.
impl fmt::Debug for Provisional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provisional")
            .field("programme", &self.programme)
            .field("since", &self.since)
            .field("until", &self.until)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}

/// One operation with what became of it.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredOperation {
    pub(super) text: EntryText,
    /// Where it was acknowledged before receipts were kept together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) receipt: Option<Receipt>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) refusal: Option<OperationRefusal>,
    /// In how many syncs the server failed at it alone.
    #[serde(default, skip_serializing_if = "none")]
    pub(super) failed: u32,
}

fn none(count: &u32) -> bool {
    *count == 0
}

/// The summary of a consultation: all a list needs, and where its newest messages stand.
#[derive(Clone, Serialize, Deserialize)]
pub struct Consultation {
    /// Who is asked.
    pub service: Service,
    /// Whom it concerns.
    pub subject: Subject,
    /// The beginning of the question.
    pub preview: String,
    /// The newest own message.
    pub own: OwnMessage,
    /// When something was last written in it.
    pub last: Timestamp,
    /// The latest time of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Timestamp>,
    /// Who took it, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<(Timestamp, ClinicianRole)>,
    /// Answers not read yet.
    pub unread: u32,
    /// How many pages of the thread stand apart, each full.
    #[serde(default)]
    pub pages: u32,
    /// The messages after those pages, in the order in which this phone had them.
    pub entries: Entries,
}

/// Without the words of the question.
impl fmt::Debug for Consultation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consultation")
            .field("service", &self.service)
            .field("subject", &self.subject)
            .field("own", &self.own)
            .field("taken", &self.taken)
            .field("unread", &self.unread)
            .field("messages", &self.messages())
            .finish_non_exhaustive()
    }
}

/// How far an own message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnMessage {
    /// The number of its operation.
    pub seq: u64,
    /// Since when the server holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Timestamp>,
    /// By when an answer is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Whether the server refused it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refused: bool,
}

impl OwnMessage {
    /// A message that is on this phone only.
    pub fn saved(seq: u64) -> Self {
        Self { seq, held: None, due: None, refused: false }
    }

    /// A message the server holds.
    pub(super) fn held(seq: u64, held: Held) -> Self {
        Self { seq, held: Some(held.at), due: held.due, refused: false }
    }

    /// How far it has come, by what the server said of it.
    pub(super) fn of(seq: u64, receipt: Option<&Receipt>, refused: bool) -> Self {
        let due = receipt.and_then(|receipt| receipt.due);
        Self { seq, held: receipt.map(|receipt| receipt.at), due, refused }
    }
}

/// How many entries one page of a thread holds.
pub(super) const THREAD_PAGE: usize = 64;

impl Consultation {
    /// How many messages it has.
    pub fn messages(&self) -> u32 {
        let apart = self.pages.saturating_mul(u32::try_from(THREAD_PAGE).unwrap_or(u32::MAX));
        apart.saturating_add(u32::try_from(self.entries.len()).unwrap_or(u32::MAX))
    }

    /// The step an own message has reached. Held, taken and answered are told by the server's times alone, so a phone
    /// whose clock is wrong shows the same.
    pub fn step(&self, own: &OwnMessage) -> MessageStep {
        let Some(held) = own.held else {
            return if own.refused { MessageStep::Refused } else { MessageStep::SavedHere };
        };
        match (self.answered, self.taken) {
            (Some(at), _) if at >= held => MessageStep::Answered,
            // What arrived after it was taken waits to be taken again.
            (_, Some((at, _))) if at >= held => MessageStep::TakenByClinician,
            _ => MessageStep::HeldByServer,
        }
    }
}

/// Sums over all consultations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Answers not read yet.
    pub unread: u32,
}

/// A message with its text, as it stands in a thread.
#[derive(Clone)]
pub struct ThreadMessage {
    /// Its id.
    pub id: MessageId,
    /// When it was written.
    pub at: Timestamp,
    /// What it says.
    pub text: String,
    /// Who wrote it.
    pub writer: Writer,
}

/// Who wrote a message, with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writer {
    /// The parent.
    Parent {
        /// How far it has come.
        own: OwnMessage,
        /// Its receipt.
        receipt: Option<Receipt>,
        /// Why it was refused.
        refusal: Option<OperationRefusal>,
    },
    /// A clinician.
    Clinician(ClinicianRole),
}

/// Without what it says.
impl fmt::Debug for ThreadMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadMessage").field("id", &self.id).field("at", &self.at).finish_non_exhaustive()
    }
}

/// Something half-written.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Who will be asked.
    pub service: Choice<Service>,
    /// Whom it concerns.
    pub subject: Choice<Subject>,
    /// The consultation it adds to; absent for a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consultation: Option<ConsultationId>,
    /// What is written so far.
    pub text: String,
    /// When writing began.
    pub begun: Timestamp,
    /// When it was saved last.
    pub saved: Timestamp,
    /// Since when it is ready to be sent; absent while it is being written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<Timestamp>,
}

/// Without what is written.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("service", &self.service)
            .field("subject", &self.subject)
            .field("consultation", &self.consultation)
            .field("begun", &self.begun)
            .field("saved", &self.saved)
            .finish_non_exhaustive()
    }
}

/// An answered survey.
#[derive(Clone, Serialize, Deserialize)]
pub struct SurveyRecord {
    /// The version that was answered.
    pub version: u32,
    /// What was chosen.
    pub answers: SurveyAnswers,
    /// The number of its operation.
    pub seq: u64,
}

/// Without the answers.
impl fmt::Debug for SurveyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SurveyRecord")
            .field("version", &self.version)
            .field("seq", &self.seq)
            .finish_non_exhaustive()
    }
}

/// Settings of the person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Whether loss mode is on.
    #[serde(default)]
    pub loss_mode: bool,
    /// When each survey, by its id, was put before the person.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub surveys_shown: BTreeMap<String, SurveyShowings>,
    /// What was told of the family.
    #[serde(default, skip_serializing_if = "FamilyFacts::is_empty")]
    pub family: FamilyFacts,
}
