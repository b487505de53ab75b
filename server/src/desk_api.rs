//! What crosses the wire between a clinician's desk and the server, under `/v1/desk`. JSON, never compressed.
//!
//! `POST /v1/desk/sessions` logs in; every other request carries `authorization: Bearer <token>`.

use std::fmt;

use serde::{Deserialize, Serialize};
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{ChangeId, ConsultationId, MessageId, PhotoId};
use yorisoi_protocol::question::{ClinicianRole, Service, Subject};
use yorisoi_protocol::wire::PhotoKind;

/// `POST`: logs in. [`LogIn`] → [`Session`].
pub const SESSIONS_PATH: &str = "/v1/desk/sessions";
/// `GET`: what waits. → [`Queue`].
pub const QUEUE_PATH: &str = "/v1/desk/queue";

/// `GET`: a consultation that one has taken. → [`ConsultationView`].
pub fn consultation_path(id: ConsultationId) -> String {
    format!("/v1/desk/consultations/{id}")
}

/// `POST` without a body: takes a consultation. → [`TakeReply`].
pub fn take_path(id: ConsultationId) -> String {
    format!("/v1/desk/consultations/{id}/take")
}

/// `POST`: answers. [`AnswerRequest`] → [`AnswerReply`].
pub fn answers_path(id: ConsultationId) -> String {
    format!("/v1/desk/consultations/{id}/answers")
}

/// `GET`: a photo of a consultation that one has taken, once it is there: its bytes, as `image/jpeg` or `image/png`.
pub fn photo_path(consultation: ConsultationId, photo: PhotoId) -> String {
    format!("/v1/desk/consultations/{consultation}/photos/{photo}")
}

/// A log-in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogIn {
    /// The clinician's name here.
    pub login: String,
    /// Their password.
    pub password: String,
}

/// What a log-in gives.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Proves the log-in until it runs out.
    pub token: String,
    /// What the clinician is.
    pub role: ClinicianRole,
    /// When it runs out.
    pub expires: Timestamp,
}

/// What waits for this clinician's role, soonest due first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// The consultations.
    pub consultations: Vec<QueueItem>,
}

/// One consultation that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueItem {
    /// Its id.
    pub consultation: ConsultationId,
    /// Who is asked.
    pub service: Service,
    /// Since when its oldest waiting message waits.
    pub waiting_since: Timestamp,
    /// When the first answer is due.
    pub due: Timestamp,
    /// How many messages wait.
    pub messages: u32,
    /// In whose hands it is.
    pub taken: Taken,
}

/// In whose hands a consultation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// Nobody's.
    None,
    /// The asking clinician's.
    Mine,
    /// Another's.
    Other,
}

/// What taking gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeReply {
    /// The consultation, now the asking clinician's.
    pub consultation: ConsultationId,
}

/// A consultation with its texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsultationView {
    /// Its id.
    pub consultation: ConsultationId,
    /// Who is asked.
    pub service: Service,
    /// Whom it concerns.
    pub subject: Subject,
    /// Its messages in their order.
    pub messages: Vec<MessageView>,
}

/// One message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// Its id.
    pub id: MessageId,
    /// Who wrote it.
    pub from: Author,
    /// When the server took it in or made it.
    pub at: Timestamp,
    /// By when an answer is due; absent for an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// What it says.
    pub text: String,
    /// Its photos.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<PhotoView>,
}

/// A photo of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoView {
    /// Its id.
    pub id: PhotoId,
    /// Its container.
    pub kind: PhotoKind,
    /// Its size.
    pub bytes: u64,
    /// How many bytes of it are here.
    pub held: u64,
    /// Whether it is here in full, and may be looked at. Photos come after their text, and may never come.
    pub there: bool,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The parent who asked.
    Parent,
    /// A clinician.
    Clinician(ClinicianRole),
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRequest {
    /// Drawn at random by the caller, and the same in every attempt.
    pub id: ChangeId,
    /// The answer.
    pub text: String,
}

/// What answering gives; the same for every attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerReply {
    /// The answer's id.
    pub id: ChangeId,
    /// When it was given.
    pub at: Timestamp,
}

/// Without the password.
impl fmt::Debug for LogIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogIn")
    }
}

/// Without the token.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({:?}, until {})", self.role, self.expires)
    }
}

/// Without the text.
impl fmt::Debug for MessageView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageView({}, {:?})", self.id, self.from)
    }
}

/// Without the text.
impl fmt::Debug for AnswerRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnswerRequest({})", self.id)
    }
}
