//! What the engine made of a reply: checked, and ready to be applied in one transaction.

use serde::Deserialize;
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::digest::EntryHash;
use yorisoi_protocol::ids::{ChangeId, ConsultationId, OperationId};
use yorisoi_protocol::wire::{Change, Cursor, EntryText, Held, OperationRefusal, SignedReceipts};

/// The steps of one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Operations the reply decided.
    pub settled: Vec<Settled>,
    /// The receipts of those it holds, in their order, signed by a key that is believed; `None` where it holds none.
    pub receipts: Option<SignedReceipts>,
    /// Changes to take in.
    pub changes: Vec<Incoming>,
    /// How far the device has read afterwards.
    pub cursor: Cursor,
    /// The server's time.
    pub time: Timestamp,
}

impl Plan {
    /// Whether it holds nothing but a cursor.
    pub fn is_empty(&self) -> bool {
        self.settled.is_empty() && self.changes.is_empty()
    }
}

/// An operation the server decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Its number.
    pub seq: u64,
    /// Its id.
    pub id: OperationId,
    /// SHA-256 of its text as it was sent.
    pub hash: EntryHash,
    /// What it concerns; `None` where the text that was sent does not say so, such as of a number without its operation.
    pub concern: Option<Concern>,
    /// What it decided.
    pub settlement: Settlement,
}

/// What an operation concerns: all that is read of it once the server has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concern {
    /// A consultation.
    Consultation(ConsultationId),
    /// The survey.
    Survey,
    /// Consent.
    Consent,
}

impl Concern {
    /// Of the operation of this text.
    pub fn of(text: &EntryText) -> Option<Self> {
        #[derive(Deserialize)]
        struct Operation {
            body: Body,
        }
        // As in `OperationBody`, without what somebody wrote.
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Body {
            Ask { consultation: ConsultationId },
            FollowUp { consultation: ConsultationId },
            Survey {},
            Consent {},
        }
        Some(match text.read().ok()? {
            Operation { body: Body::Ask { consultation } | Body::FollowUp { consultation } } => {
                Self::Consultation(consultation)
            }
            Operation { body: Body::Survey {} } => Self::Survey,
            Operation { body: Body::Consent {} } => Self::Consent,
        })
    }
}

/// What the server decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// It holds the operation.
    Held(Held),
    /// It will not have it.
    Refused(OperationRefusal),
}

/// A change to take in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Its id.
    pub id: ChangeId,
    /// What it says; `None` for a kind unknown here.
    pub change: Option<Change>,
    /// Its text, for the digest and for newer versions of the library.
    pub text: EntryText,
}
