//! The consent ledger: an append-only list of what a person agreed to, refused or withdrew.
//!
//! An entry names the exact text by its SHA-256 and is chained to the entry before it, so a lost entry is seen. The
//! state of a purpose is that of its last entry; a purpose without an entry is denied. Nothing is pre-ticked.

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

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentEntry {
    /// 1 for the first entry of a member, then one more each.
    pub number: u32,
    /// What for.
    pub purpose: Purpose,
    /// Which text was shown.
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

/// Whether the purpose is granted by these entries, oldest first.
pub fn granted(entries: &[ConsentEntry], purpose: Purpose) -> bool {
    let last = entries.iter().rev().find(|entry| entry.purpose == purpose);
    last.is_some_and(|entry| entry.state == ConsentState::Grant)
}
