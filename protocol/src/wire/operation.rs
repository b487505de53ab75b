//! A change the device wants the server to accept.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::consent::ConsentEntry;
use crate::date::{CivilDate, Timestamp};
use crate::ids::{ConsultationId, OperationId};
use crate::question::{Service, Subject};
use crate::survey::SurveyAnswers;
use crate::wire::{EntryText, Photo};

/// One operation. A device numbers its operations without gaps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Random, and the same in every attempt to send it.
    pub id: OperationId,
    /// 1 for a device's first operation, then one more each.
    pub seq: u64,
    /// When it was made, by the phone's trusted time.
    pub at: Timestamp,
    /// What is wanted.
    pub body: OperationBody,
}

/// What an operation wants.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationBody {
    /// Opens a consultation with its question. The message has the operation's bytes as its id.
    Ask {
        /// The new consultation.
        consultation: ConsultationId,
        /// Who is asked.
        service: Service,
        /// Whom it concerns.
        subject: Subject,
        /// The question.
        text: String,
        /// When writing began, which decides whether it was begun inside the window.
        begun: Timestamp,
        /// Its photos, which follow in parts; see [`check_photos`](super::check_photos).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        photos: Vec<Photo>,
    },
    /// Adds to a consultation of the same member.
    FollowUp {
        /// The consultation.
        consultation: ConsultationId,
        /// The text.
        text: String,
        /// When writing began.
        begun: Timestamp,
        /// As in [`OperationBody::Ask`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        photos: Vec<Photo>,
    },
    /// Answers the survey, once per member. The server keeps the answers apart from the member.
    Survey {
        /// The survey's id.
        survey: String,
        /// Its version.
        version: u32,
        /// What was chosen.
        answers: SurveyAnswers,
        /// The day it was answered.
        day: CivilDate,
        /// Sixteen random bytes, base64url. The server keeps a hash of the operation but not these, so the hash cannot
        /// be tried against the few possible answers.
        blind: String,
    },
    /// Adds a line to the consent ledger.
    Consent(ConsentEntry),
}

impl OperationBody {
    /// The photos it names.
    pub fn photos(&self) -> &[Photo] {
        match self {
            Self::Ask { photos, .. } | Self::FollowUp { photos, .. } => photos,
            Self::Survey { .. } | Self::Consent(_) => &[],
        }
    }
}

/// Its kind only: the rest is what somebody wrote, chose or decided.
impl fmt::Debug for OperationBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ask { .. } => "Ask",
            Self::FollowUp { .. } => "FollowUp",
            Self::Survey { .. } => "Survey",
            Self::Consent(_) => "Consent",
        })
    }
}

/// What every operation has, whatever it wants: enough to give an unknown kind a proper refusal.
#[derive(Deserialize)]
pub struct OperationHead {
    /// See [`Operation::id`].
    pub id: OperationId,
    /// See [`Operation::seq`].
    pub seq: u64,
    /// See [`Operation::at`].
    pub at: Timestamp,
    body: Box<RawValue>,
}

/// Without its body, which is somebody's question.
impl fmt::Debug for OperationHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationHead").field("id", &self.id).field("seq", &self.seq).finish_non_exhaustive()
    }
}

/// Why an operation's text cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// Its head is not that of an operation, so not even a refusal can name it.
    #[error("the text is not an operation")]
    Malformed,
    /// Its head is, but its body is of no kind known here.
    #[error("the operation is of an unknown kind")]
    UnknownKind,
}

impl OperationHead {
    /// What takes the place of a refused operation where its number is asked for once more: of no kind that any server
    /// accepts, so that what was refused stays refused and what came after it is not held up.
    ///
    /// # Errors
    /// [`serde_json::Error`], which the parts do not give rise to.
    pub fn void(&self) -> Result<EntryText, serde_json::Error> {
        #[derive(Serialize)]
        struct Void {
            id: OperationId,
            seq: u64,
            at: Timestamp,
            body: &'static str,
        }
        EntryText::write(&Void { id: self.id, seq: self.seq, at: self.at, body: "void" })
    }

    /// Reads the head of an operation.
    ///
    /// # Errors
    /// [`OperationError::Malformed`].
    pub fn read(text: &EntryText) -> Result<Self, OperationError> {
        text.read().map_err(|_| OperationError::Malformed)
    }

    /// Reads what it wants.
    ///
    /// # Errors
    /// [`OperationError::UnknownKind`].
    pub fn body(&self) -> Result<OperationBody, OperationError> {
        serde_json::from_slice(self.body.get().as_bytes()).map_err(|_| OperationError::UnknownKind)
    }
}
