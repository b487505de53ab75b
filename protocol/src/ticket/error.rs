//! Why a ticket is not accepted, and what to tell the person who holds the card.

use crate::carriage::CarriageError;
use crate::cbor::{CborError, CborProblem};
use crate::date::Timestamp;
use crate::municipality::Municipality;
use crate::signed::{EnvelopeError, KeyId};
use crate::words::Words;

/// Why a ticket is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// The text is no ticket's at all.
    #[error("the text is not a ticket: neither the prefix nor the address of a card")]
    NotATicket,
    /// The text cannot be turned into bytes.
    #[error(transparent)]
    Carriage(CarriageError),
    /// More bytes than a ticket has.
    #[error("the ticket has {bytes} bytes; at most {max} are read")]
    TooLong {
        /// Bytes found.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// The bytes are not those of a ticket.
    #[error("the ticket is malformed at byte {offset}: {problem}")]
    Malformed {
        /// Where, counted from 0 in the whole ticket.
        offset: usize,
        /// What is wrong there.
        problem: CborProblem,
    },
    /// No key of the manifest has the ticket's key id: a forgery, or a manifest older than the card.
    #[error("no key {key} is known")]
    UnknownKey {
        /// The id that the ticket names.
        key: KeyId,
    },
    /// The key was revoked, and every card of its batch with it.
    #[error("the key {key} was revoked")]
    KeyRevoked {
        /// Which.
        key: KeyId,
    },
    /// No key with the ticket's key id signed these bytes.
    #[error("the signature does not fit")]
    SignatureWrong,
    /// The key may not sign for that municipality, or the programme is another municipality's.
    #[error("the key {key} may not sign for {issuer}")]
    IssuerNotAllowed {
        /// Which.
        key: KeyId,
        /// The municipality that the ticket names.
        issuer: Municipality,
    },
    /// The manifest has no programme of this index that this version can read.
    #[error("no programme of index {index} is known")]
    UnknownProgramme {
        /// The index that the ticket names.
        index: u16,
    },
    /// The ticket says it was issued outside the window of its key.
    #[error("the key {key} was not valid at {issued_at}")]
    KeyNotValidThen {
        /// Which.
        key: KeyId,
        /// When the ticket says it was issued.
        issued_at: Timestamp,
    },
    /// This card was revoked or replaced.
    #[error("the card was revoked")]
    CardRevoked,
}

impl TicketError {
    /// What to tell the person. Whatever is wrong with a QR code, the code printed below it may still be good, so every
    /// text sends them there; only a card that was revoked has no code that helps.
    pub fn words(&self) -> Words {
        let seen = match self {
            Self::CardRevoked => return revoked(),
            Self::NotATicket => CarriageError::NotATicket.words(),
            Self::Carriage(error) => error.words(),
            Self::TooLong { .. } | Self::Malformed { .. } => Words::new(
                "QRコードを正しく読み取れませんでした。",
                "The QR code could not be read correctly.",
            ),
            Self::UnknownKey { .. } | Self::KeyNotValidThen { .. } => Words::new(
                "いまこのQRコードを確かめることができません。",
                "This QR code cannot be checked just now.",
            ),
            Self::UnknownProgramme { .. } => Words::new(
                "このカードの事業の情報が、この端末にまだありません。",
                "This device does not have the information of the card's programme yet.",
            ),
            Self::KeyRevoked { .. } => {
                Words::new("このQRコードは使えなくなりました。", "This QR code is no longer in use.")
            }
            Self::SignatureWrong | Self::IssuerNotAllowed { .. } => Words::new(
                "このQRコードを確かめることができませんでした。",
                "This QR code could not be confirmed.",
            ),
        };
        Words::new(
            seen.ja + "QRコードの下にある16文字のコードを入力してください。",
            seen.en + " Please type the 16 symbols printed below the QR code.",
        )
    }
}

fn revoked() -> Words {
    Words::new(
        "このカードは使えなくなりました。新しいカードをお持ちの場合は、そちらをお使いください。お持ちでない場合は、訪問した担当者におたずねください。",
        "This card is no longer in use. If you have a new one, please use that; if not, please ask your home-visit worker.",
    )
}

impl From<CarriageError> for TicketError {
    fn from(error: CarriageError) -> Self {
        match error {
            CarriageError::NotATicket => Self::NotATicket,
            other => Self::Carriage(other),
        }
    }
}

impl From<CborError> for TicketError {
    fn from(error: CborError) -> Self {
        Self::Malformed { offset: error.offset, problem: error.problem }
    }
}

impl From<EnvelopeError> for TicketError {
    fn from(error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::TooLong { bytes, max } => Self::TooLong { bytes, max },
            EnvelopeError::Malformed(error) => error.into(),
        }
    }
}
