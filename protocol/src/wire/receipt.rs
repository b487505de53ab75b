//! The server's signed word that it holds an operation.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::date::Timestamp;
use crate::digest::{EntryHash, sha256};
use crate::ids::{MemberId, OperationId};

/// A receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Since when the server holds it.
    pub at: Timestamp,
    /// By when an answer is due; absent where none is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Which key signed.
    pub key: ReceiptKeyId,
    /// Ed25519 over [`receipt_text`], base64url.
    pub signature: String,
}

/// The first four bytes of the SHA-256 of a receipt key, in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReceiptKeyId(String);

impl ReceiptKeyId {
    /// The name of this public key.
    pub fn of(public_key: &[u8; 32]) -> Self {
        let [a, b, c, d, ..] = sha256(public_key);
        Self(HEXLOWER.encode(&[a, b, c, d]))
    }
}

impl Receipt {
    /// Whether `public_key` signed this receipt for that operation of that member.
    pub fn vouches(
        &self,
        public_key: &[u8; 32],
        member: MemberId,
        operation: OperationId,
        hash: &EntryHash,
    ) -> bool {
        let Ok(signature) = BASE64URL_NOPAD.decode(self.signature.as_bytes()) else {
            return false;
        };
        let text = receipt_text(member, operation, hash, self.at, self.due);
        self.key == ReceiptKeyId::of(public_key)
            && UnparsedPublicKey::new(&ED25519, public_key).verify(text.as_bytes(), &signature).is_ok()
    }
}

/// What a receipt's signature is over: six lines, the last without a line end. Times are milliseconds since 1970; `due`
/// is `-` where no answer is expected; the hash is base64url.
pub fn receipt_text(
    member: MemberId,
    operation: OperationId,
    hash: &EntryHash,
    at: Timestamp,
    due: Option<Timestamp>,
) -> String {
    let due = due.map_or_else(|| "-".to_owned(), |due| due.millis().to_string());
    let hash = BASE64URL_NOPAD.encode(hash);
    format!("yorisoi/receipt/1\n{member}\n{operation}\n{hash}\n{}\n{due}", at.millis())
}
