//! Consultations and their messages: who waits, since when, and in whose hands. The texts are in the stream.

use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{ConsultationId, MemberId, MessageId};
use yorisoi_protocol::question::Service;

use super::StorageError;

/// One concern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsultationRecord {
    /// Its id.
    pub id: ConsultationId,
    /// Whose.
    pub member: MemberId,
    /// Who is asked.
    pub service: Service,
    /// When the server took it in.
    pub opened_at: Timestamp,
    /// The log-in of the clinician who took it.
    pub taken_by: Option<String>,
    /// When they last took it.
    pub taken_at: Option<Timestamp>,
}

/// A [message](super::Message) as it stands, without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRecord {
    /// The id of its entry in the stream.
    pub id: MessageId,
    /// Its consultation.
    pub consultation: ConsultationId,
    /// When the server took it in or made it.
    pub at: Timestamp,
    /// By when an answer is due; none for an answer.
    pub due: Option<Timestamp>,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// The log-in of the clinician who wrote it; none for the parent.
    pub clinician: Option<String>,
}

/// A consultation that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRecord {
    /// The consultation.
    pub consultation: ConsultationRecord,
    /// Since when its oldest waiting message waits.
    pub since: Timestamp,
    /// The first instant at which an answer is due.
    pub due: Timestamp,
    /// How many messages wait.
    pub messages: u32,
}

/// Consultations and messages.
pub trait Consultations {
    /// Opens a consultation; `false` if its id is taken.
    ///
    /// # Errors
    /// [`StorageError`].
    fn add_consultation(&self, consultation: &ConsultationRecord) -> Result<bool, StorageError>;

    /// The consultation with this id.
    ///
    /// # Errors
    /// [`StorageError`].
    fn consultation(&self, id: ConsultationId) -> Result<Option<ConsultationRecord>, StorageError>;

    /// Puts a consultation that nobody else has into a clinician's hands; `false` if somebody else has it.
    ///
    /// # Errors
    /// [`StorageError`].
    fn take(&self, id: ConsultationId, clinician: &str, at: Timestamp) -> Result<bool, StorageError>;

    /// The messages of a consultation in the order of their entries.
    ///
    /// # Errors
    /// [`StorageError`].
    fn messages(&self, id: ConsultationId) -> Result<Vec<MessageRecord>, StorageError>;

    /// Notes that every waiting message of a consultation was answered at `at`.
    ///
    /// # Errors
    /// [`StorageError`].
    fn mark_answered(&self, id: ConsultationId, at: Timestamp) -> Result<(), StorageError>;

    /// The consultations that wait, soonest due first.
    ///
    /// # Errors
    /// [`StorageError`].
    fn waiting(&self) -> Result<Vec<WaitingRecord>, StorageError>;
}
