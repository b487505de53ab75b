//! The consent ledger: an append-only list of what a person agreed to, refused or withdrew.
//!
//! An entry names the exact text by its SHA-256 and is chained to the entry before it ([`verify_chain`]), so a lost entry
//! is seen. Where a purpose stands follows from its entries and the versions of their texts ([`standing`]). Each purpose
//! is decided by itself; nothing is pre-ticked, and silence is a no.

mod chain;
mod standing;
mod text_id;

pub use chain::{ChainBreak, ChainBreakKind, verify_chain};
pub use standing::{Standing, granted, last_state, standing};
pub use text_id::{TextId, TextIdError};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::date::Timestamp;
use crate::digest::sha256;

/// What consent is asked for, each by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Answering questions: without it nothing is sent.
    Service,
    /// Photos with a question.
    Photo,
    /// Handing over to the city's own support.
    MunicipalHandoff,
    /// The survey at the end.
    Survey,
    /// Anonymous statistics.
    Statistics,
}

/// What was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    /// Agreed.
    Grant,
    /// Refused.
    Deny,
    /// Agreed before, not any more.
    Withdraw,
}

/// Who decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The person.
    #[serde(rename = "self")]
    Own,
    /// A legal representative of a person too young to decide.
    Representative,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentEntry {
    /// 1 for the first entry of a member, then one more each.
    pub number: u32,
    /// What for.
    pub purpose: Purpose,
    /// Which text was shown: a [`TextId`] as text.
    pub text_id: String,
    /// SHA-256 of that text, lower-case hex.
    pub text_sha256: String,
    /// Its language, `ja` or `en`.
    pub language: String,
    /// What was said.
    pub state: ConsentState,
    /// When, by the phone's trusted time.
    pub at: Timestamp,
    /// SHA-256 of the JSON text of the entry before, lower-case hex; 64 zeros for the first.
    pub previous_sha256: String,
    // The three below came later. Absent they are not written, so the hash of an older entry stays what it was.
    /// Who decided; absent: the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// How far the phone's time could be relied on: `good`, `plausible`, `adjusted` or `clock_suspect`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// The version of the library that wrote the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdk: Option<String>,
}

impl ConsentEntry {
    /// What the next entry names as its predecessor.
    pub fn chain_hash(&self) -> String {
        // Serialising a struct of strings and numbers cannot fail; an empty text would only break the chain visibly.
        HEXLOWER.encode(&sha256(serde_json::to_string(self).unwrap_or_default().as_bytes()))
    }

    /// What the first entry names as its predecessor.
    pub fn chain_start() -> String {
        "0".repeat(64)
    }
}

#[cfg(test)]
#[path = "consent_tests.rs"]
mod tests;
