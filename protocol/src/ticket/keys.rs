//! The keys that tickets are verified with, and the cards that are no longer good. Both come from a manifest.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::code::EnrollmentCode;
use crate::date::Timestamp;
use crate::municipality::Municipality;
use crate::signed::KeyId;
use crate::wire::PublicKey;

/// A key that signs the tickets of a batch of cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketKey {
    /// The id of `public`; anything else is refused.
    pub kid: KeyId,
    /// The key.
    pub public: PublicKey,
    /// For which municipalities it may sign.
    pub issuers: Vec<Municipality>,
    /// The first instant at which a ticket it signs may have been issued.
    pub not_before: Timestamp,
    /// The first instant at which none may have been any more.
    pub expires: Timestamp,
    /// What it is good for.
    pub status: KeyStatus,
}

/// What a key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyStatus {
    /// Signs new cards and verifies the ones it signed.
    Active,
    /// Signs no more; verifies the tickets issued before the key's `expires`.
    Retired,
    /// Stolen or lost: verifies nothing, whatever a ticket says about when it was issued.
    Revoked,
    /// A status that this version does not know: verifies nothing.
    #[serde(other)]
    Unknown,
}

impl KeyStatus {
    /// Whether tickets may be verified with such a key.
    pub fn verifies(self) -> bool {
        matches!(self, Self::Active | Self::Retired)
    }
}

/// The first eight bytes of a code's data bits: which card is revoked. Sixteen hex digits in text. They are all of the
/// code but one bit, so they are published only of cards that are dead.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CardPrefix([u8; 8]);

/// Text that is not sixteen lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a revoked card is named by sixteen lower-case hex digits")]
pub struct CardPrefixError;

impl CardPrefix {
    /// The prefix of a card's code.
    pub fn of(code: &EnrollmentCode) -> Self {
        let [prefix @ .., _] = code.data_bits();
        Self(prefix)
    }
}

impl fmt::Debug for CardPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardPrefix")
    }
}

impl TryFrom<String> for CardPrefix {
    type Error = CardPrefixError;

    fn try_from(text: String) -> Result<Self, CardPrefixError> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(CardPrefixError)
    }
}

impl From<CardPrefix> for String {
    fn from(prefix: CardPrefix) -> Self {
        HEXLOWER.encode(&prefix.0)
    }
}

/// The revoked cards of one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedCards {
    /// The key that signed their tickets.
    pub kid: KeyId,
    /// The cards.
    pub cards: Vec<CardPrefix>,
}

/// The keys and the revoked cards of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TicketKeys {
    keys: Vec<TicketKey>,
    revoked: Vec<RevokedCards>,
}

impl TicketKeys {
    /// These keys and these revoked cards.
    pub fn new(keys: Vec<TicketKey>, revoked: Vec<RevokedCards>) -> Self {
        Self { keys, revoked }
    }

    /// All keys.
    pub fn keys(&self) -> &[TicketKey] {
        &self.keys
    }

    /// All revoked cards, by the key that signed their tickets.
    pub fn revoked(&self) -> &[RevokedCards] {
        &self.revoked
    }

    /// The keys with this id: usually one, but ids are not unique.
    pub fn with_id(&self, id: KeyId) -> impl Iterator<Item = &TicketKey> {
        self.keys.iter().filter(move |key| key.kid == id)
    }

    /// Whether this card, its ticket signed by that key, is revoked.
    pub fn is_revoked(&self, key: KeyId, card: CardPrefix) -> bool {
        self.revoked.iter().filter(|revoked| revoked.kid == key).any(|revoked| revoked.cards.contains(&card))
    }
}
